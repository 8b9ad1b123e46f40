# Constructed languages: raw files in the layouts of the real corpora.

CONSTRUCTED = constructed_files()


rule generate_corpus:
    output:
        os.path.join(CONFIG.data_root, "{constructed_file}"),
    log:
        log_of("generate_corpus", "constructed_file"),
    benchmark:
        benchmark_of("generate_corpus", "constructed_file")
    wildcard_constraints:
        constructed_file=any_of(os.path.relpath(f, CONFIG.data_root) for f in CONSTRUCTED),
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=500,
        runtime=10,
    params:
        corpus=constructed_slice,
        code=code("generate_corpus.py"),
    script:
        "../workflow_scripts/generate_corpus.py"
