"""Bring one raw corpus file to CoNLL-U Plus and count what it holds."""

from crosstag import files, job, registry
from crosstag.corpora import conllup
from crosstag.corpora.counts import Counts
from crosstag.corpora.registry import READERS

log = job.begin(snakemake.log[0])
options = dict(snakemake.params.reader)
read = registry.load(READERS, options.pop("format"))
counts = Counts()
sentences = counts.watch(read(snakemake.input[0], **options))
written = conllup.write(snakemake.output.conllup, sentences, options["columns"])
assert written == counts.tokens, f"read {counts.tokens} tokens but wrote {written}"
files.write_json(
    snakemake.output.counts, counts.as_json(raw_sha256=files.sha256(snakemake.input[0]))
)
log.info("%d sentences, %d tokens", counts.sentences, counts.tokens)
