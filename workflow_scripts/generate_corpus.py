"""Write one raw file of a constructed language, in the layout of a real corpus."""

from crosstag import job
from crosstag.synthetic.conll import write_conll

job.begin(snakemake.log[0])
write_conll(snakemake.output[0], **snakemake.params.corpus)
