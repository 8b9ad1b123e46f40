# Named helpers of the rules, and the only place that reads `config`.
#
# Rules take the smallest slice of the config that they need, as params, and a change elsewhere in the
# config then leaves its outputs alone. What is under `compute` goes through threads and resources,
# which Snakemake does not hold against an output.

import functools
import os
import re
import sys

sys.path.insert(0, os.path.join(workflow.basedir, "workflow_scripts"))

from crosstag import closure, job, raw
from crosstag.config import parse as parse_config
from crosstag.corpora.registry import READERS
from crosstag.errors import InputError
from crosstag.taggers.registry import TAGGERS

try:
    CONFIG = parse_config(config, files=workflow.configfiles)
except InputError as error:
    raise WorkflowError(str(error)) from None

# A kill -9 of Snakemake would leave its jobs running: they watch this process and end with it.
job.watch_this_process()

EVALUATED_SPLITS = ["dev", "test"]
TABLE_FORMATS = ["csv", "md", "tex", "html"]
FIGURE_FORMATS = ["pdf", "png", "svg", "csv"]


wildcard_constraints:
    corpus="[a-z0-9_]+",
    language="[a-z]{3}",
    split="train|dev|test",
    task="ner",
    model="[a-z0-9_]+",
    run="[a-z0-9_]+(-[a-z]{3})?",
    seed="[0-9]+",


# Paths ---------------------------------------------------------------------------------------


def results(path):
    return f"{CONFIG.results_dir}/{path}"


def log_of(stage, *wildcards):
    return record_of("logs", stage, wildcards, "log")


def benchmark_of(stage, *wildcards):
    return record_of("benchmarks", stage, wildcards, "tsv")


def record_of(kind, stage, wildcards, suffix):
    names = ",".join(f"{{{name}}}" for name in wildcards)
    return results(f"{kind}/{os.path.join(stage, names or 'log')}.{suffix}")


def raw_path(corpus, language, split):
    return os.path.join(CONFIG.data_root, CONFIG.corpora[corpus].languages[language].files[split])


def canonical(corpus, language, split):
    return results(f"corpora/{corpus}/{language}/{split}.conllup")


def run_file(task, model, run, seed, name):
    return results(f"runs/{task}/{model}/{run}/seed-{seed}/{name}")


def score_file(task, model, run, seed, corpus, language, split):
    return results(f"scores/{task}/{model}/{run}/seed-{seed}/{corpus}-{language}-{split}.json")


# Code and compute ----------------------------------------------------------------------------


@functools.cache  # thousands of jobs share a few scripts
def code(name, *modules):
    """Digest of a script and all of the project that it imports."""
    return closure.digest(name, modules)


def tagger_module(model):
    return TAGGERS[CONFIG.models[model].tagger].partition(":")[0]


def tagger_code(name):
    """The same for a script that loads the tagger of the wildcard `model`."""
    return lambda wildcards: code(name, tagger_module(wildcards.model))


def gpus():
    return 0 if CONFIG.compute.device == "cpu" else 1


# Corpora -------------------------------------------------------------------------------------


def corpus_language(wildcards):
    return CONFIG.corpora[wildcards.corpus].languages[wildcards.language]


def raw_file(wildcards):
    return raw_path(wildcards.corpus, wildcards.language, wildcards.split)


def raw_digest(wildcards):
    """Content of a raw file that the user put there: a file may be new and yet look older."""
    if corpus_language(wildcards).constructed:
        return None
    return raw.digest(raw_file(wildcards), cache=".snakemake/crosstag-raw-digests.json")


def reader_slice(wildcards):
    raw_format = corpus_language(wildcards).raw.model_dump()
    return {**raw_format, "types": CONFIG.corpora[wildcards.corpus].types}


def reader_code(wildcards):
    reader = READERS[corpus_language(wildcards).raw.format]
    return code("read_corpus.py", reader.partition(":")[0])


def lacks(corpus, language):
    """Why a corpus in a language cannot be read here, or None."""
    entry = CONFIG.corpora[corpus].languages[language]
    if entry.constructed:
        return None
    absent = [
        path
        for split in entry.files
        if not os.path.exists(path := raw_path(corpus, language, split))
    ]
    title = CONFIG.corpora[corpus].title
    return f"{title}, {language}: no file {absent[0]}" if absent else None


def run_lacks(run):
    """Why a run cannot be computed here, or None."""
    parent = CONFIG.parent_run(run)
    for corpus, language, _ in CONFIG.run_parts(run):
        if reason := lacks(corpus, language):
            return reason
    return run_lacks(parent) if parent else None


def any_of(names):
    """Constraint for a wildcard that is one of these names; no names, no match."""
    return "|".join(map(re.escape, sorted(names))) or r"(?!)"


def constructed_slice(wildcards):
    corpus, language, split = CONSTRUCTED[
        os.path.join(CONFIG.data_root, wildcards.constructed_file)
    ]
    made = CONFIG.corpora[corpus].languages[language].constructed
    return {
        "language": language,
        "layout": made.layout,
        "split": split,
        "sentences": made.sentences[split],
        "seed": CONFIG.synthetic.seed,
    }


def constructed_files():
    """Raw files that the generator writes: path to (corpus, language, split)."""
    return {
        raw_path(corpus, language, split): (corpus, language, split)
        for corpus, entry in CONFIG.corpora.items()
        for language, item in entry.languages.items()
        if item.constructed
        for split in item.files
    }


# Runs ----------------------------------------------------------------------------------------


def training_files(wildcards):
    return [canonical(c, lang, "train") for c, lang, _ in CONFIG.run_parts(wildcards.run)]


def development_files(wildcards):
    return [canonical(c, lang, "dev") for c, lang, _ in CONFIG.run_parts(wildcards.run)]


def parent_files(wildcards):
    parent = CONFIG.parent_run(wildcards.run)
    if parent is None:
        return []
    names = ["model.safetensors", "config.json", "optimiser.safetensors"]
    return [
        run_file(wildcards.task, wildcards.model, parent, wildcards.seed, name) for name in names
    ]


def model_slice(wildcards):
    """What decides a run's model: settings and optimisation, not its label in tables."""
    model = CONFIG.models[wildcards.model]
    optimisation = model.optimisation.model_dump()
    training, _ = CONFIG.split_run_key(wildcards.run)
    if CONFIG.trainings[training].learning_rate is not None:
        optimisation["learning_rate"] = CONFIG.trainings[training].learning_rate
    return {
        "tagger": model.tagger,
        "settings": model.settings.model_dump(),
        "optimisation": optimisation,
    }


def evaluated_files(wildcards):
    return [canonical(wildcards.corpus, wildcards.language, split) for split in EVALUATED_SPLITS]


def parts_slice(wildcards):
    return [list(part) for part in CONFIG.run_parts(wildcards.run)]


# Studies -------------------------------------------------------------------------------------


def cells(item):
    """(model, run, languages that it is evaluated on) of a regime table or an error figure."""
    models = item.models if hasattr(item, "models") else [item.model]
    for model in models:
        for training in item.regimes.values():
            languages = CONFIG.training_languages(training)
            runs = dict.fromkeys(CONFIG.run_key(training, lang) for lang in languages)
            for run in runs:
                _, only = CONFIG.split_run_key(run)
                yield model, run, [only] if only else languages


def computable(item):
    for model, run, languages in cells(item):
        if run_lacks(run) is None:
            yield model, run, [lang for lang in languages if lacks(item.corpus, lang) is None]


def scores_of(item):
    """Score files that a table or figure is made of: what is computable here."""
    return [
        score_file(item.task, model, run, seed, item.corpus, language, split)
        for model, run, languages in computable(item)
        for seed in CONFIG.seeds
        for language in languages
        for split in sorted({item.split, item.selection_split})
    ]


def missing_of(item):
    """Why a run or a corpus in a language is not to be had, by run key or `corpus/language`."""
    reasons = {}
    for _, run, languages in cells(item):
        if reason := run_lacks(run):
            reasons[run] = reason
        for language in languages:
            if reason := lacks(item.corpus, language):
                reasons[f"{item.corpus}/{language}"] = reason
    if reasons and CONFIG.missing_corpora == "fail":
        raise WorkflowError("missing_corpora is fail:\n  " + "\n  ".join(reasons.values()))
    return dict(sorted(reasons.items()))


def study_slice(study, item_name):
    """All that a table or figure shows besides scores: labels, names, regimes, seeds."""
    item = getattr(getattr(CONFIG.studies, study), item_name)
    kind = "table" if item_name.startswith("table") else "figure"
    models = item.models if hasattr(item, "models") else [item.model]
    languages = list(
        dict.fromkeys(
            language
            for training in item.regimes.values()
            for language in CONFIG.training_languages(training)
        )
    )
    constructed = [
        CONFIG.corpora[item.corpus].languages[language].constructed is not None
        for language in languages
    ]
    only_model = {"model": item.model} if kind == "figure" else {}
    return {
        **only_model,
        "study": study,
        kind: item_name.removeprefix(kind),
        "task": item.task,
        "corpus": item.corpus,
        "split": item.split,
        "selection_split": item.selection_split,
        "rows": [{"model": m, "label": CONFIG.models[m].label} for m in models],
        "regimes": [
            {
                "regime": regime,
                "label": regime.capitalize(),
                "training": training,
                "per_language": CONFIG.trainings[training].per_language,
            }
            for regime, training in item.regimes.items()
        ],
        "languages": languages,
        "language_names": {code: CONFIG.languages[code].name for code in languages},
        "seeds": CONFIG.seeds,
        "constructed": all(constructed),
        "missing": missing_of(item),
    }


def table_files(study, name):
    return {f: results(f"tables/{study}/{name}.{f}") for f in TABLE_FORMATS}


def figure_files(study, name):
    return {f: results(f"figures/{study}/{name}.{f}") for f in FIGURE_FORMATS}


def outputs_of(kind, formats):
    """Every table or figure of the config's studies in every format."""
    return [
        results(f"{kind}s/{study}/{item}.{suffix}")
        for study, entry in CONFIG.studies
        if entry is not None
        for item, value in entry
        if value is not None and item.startswith(kind)
        for suffix in formats
    ]


TABLES = outputs_of("table", TABLE_FORMATS)
FIGURES = outputs_of("figure", FIGURE_FORMATS)
