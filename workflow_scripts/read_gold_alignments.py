"""Bring the gold word alignments of a part of a bitext in step with its canonical text."""

from crosstag import job, registry
from crosstag.bitexts.filters import filter_pairs
from crosstag.bitexts.gold_alignments import with_alignments, write_gold
from crosstag.bitexts.registry import BITEXTS
from crosstag.corpora import raw_files

log = job.begin(snakemake.log[0])
options = dict(snakemake.params.reader)
read = registry.load(BITEXTS, options.pop("format"))
paths = raw_files.expand(snakemake.params.files, snakemake.params.root)
source, _, target = snakemake.wildcards.pair.partition("-")
pairs = read(paths, source=source, target=target, **options)
if gold := snakemake.input.get("alignments"):
    pairs = with_alignments(pairs, gold)
kept = filter_pairs(pairs, **snakemake.params.filters)
log.info("%d pairs kept", write_gold(snakemake.output.gold, kept))
