"""Bring the raw files of a part of a bitext to two files of one sentence a line, and count."""

from crosstag import files, job, registry
from crosstag.bitexts import parallel
from crosstag.bitexts.filters import filter_pairs
from crosstag.bitexts.pairs import Counts
from crosstag.bitexts.registry import BITEXTS
from crosstag.bitexts.segmentation import segment
from crosstag.corpora import raw_files

log = job.begin(snakemake.log[0])
options = dict(snakemake.params.reader)
read = registry.load(BITEXTS, options.pop("format"))
paths = raw_files.expand(snakemake.params.files, snakemake.params.root)
source, _, target = snakemake.wildcards.pair.partition("-")
counts = Counts()
pairs = read(paths, source=source, target=target, counts=counts, **options)
pairs = segment(pairs, snakemake.params.segmentation)
kept = filter_pairs(pairs, counts=counts, **snakemake.params.filters)
parallel.write_bitext(snakemake.output.source, snakemake.output.target, kept, counts)
files.write_json(
    snakemake.output.counts,
    {**counts.as_json(), "raw_sha256": files.sha256_of_all(snakemake.input)},
)
log.info("%d pairs read, %d kept", counts.read, counts.kept)
