# Named helpers of the rules of word alignments, of alignments and of what is made of them; see
# common.smk.

BITEXT_STORE = ["encoder", "bitext", "pair", "part", "language"]


# Word alignments -----------------------------------------------------------------------------


def pair_name(pair):
    """A pair of languages as tables show it."""
    return "–".join(CONFIG.languages[code].name for code in pair.split("-"))


def canonical_sides(bitext, pair, part):
    return [results(f"bitexts/{bitext}/{pair}/{part}.{side}") for side in ("source", "target")]


def links_file(aligner, bitext, pair, part, kind):
    """Links of a part of a bitext; `kind` is a direction or a symmetrisation."""
    return results(f"word_alignments/{aligner}/{bitext}/{pair}/{part}.{kind}.pharaoh")


def extra_texts(aligner, bitext, pair, part):
    """What an aligner learns from beside the text itself, where there is some of the pair."""
    return [
        text
        for text in getattr(CONFIG.aligners[aligner], "training", [])
        if (text.bitext, text.part) != (bitext, part)
        and pair in CONFIG.bitexts[text.bitext].pairs
        and text.part in CONFIG.bitexts[text.bitext].pairs[pair].parts
    ]


def given_links(aligner, bitext, pair, part):
    """The user's files of an aligner of links that are there already, by direction."""
    entry = CONFIG.aligners[aligner]
    names = {"bitext": bitext, "pair": pair, "part": part}
    return {
        direction: os.path.join(CONFIG.data_root, path.format(**names))
        for direction, path in (
            ("forward", entry.forward),
            ("backward", entry.backward or entry.forward),
        )
    }


def align_input(wildcards):
    names = wildcards.bitext, wildcards.pair, wildcards.part
    program = CONFIG.aligners[wildcards.aligner].program
    source, target = canonical_sides(*names)
    files = {"source": source, "target": target}
    if program == "files":
        files["links"] = given_links(wildcards.aligner, *names)[wildcards.direction]
    elif program == "gold":
        bitext, pair, part = names
        files["links"] = results(f"bitexts/{bitext}/{pair}/{part}.gold.pharaoh")
    else:
        files["training"] = [
            side
            for text in extra_texts(wildcards.aligner, *names)
            for side in canonical_sides(text.bitext, wildcards.pair, text.part)
        ]
    return files


def aligner_slice(wildcards):
    entry = CONFIG.aligners[wildcards.aligner]
    options = entry.model_dump(exclude={"training", "forward", "backward"})
    # Without options the program gets its usual ones.
    return {name: v for name, v in options.items() if name != "options" or v is not None}


def given_links_digest(wildcards):
    if CONFIG.aligners[wildcards.aligner].program != "files":
        return None
    names = wildcards.bitext, wildcards.pair, wildcards.part
    path = given_links(wildcards.aligner, *names)[wildcards.direction]
    return raw.digest(path, cache=RAW_DIGESTS)


def aligner_code(wildcards):
    place = ALIGNERS[CONFIG.aligners[wildcards.aligner].program].partition(":")[0]
    return code("align_words.py", place)


def untranslated(bitext, pair, part):
    """Why the config has no such text, or None."""
    entry = CONFIG.bitexts[bitext]
    if pair not in entry.pairs:
        return f"{entry.title}: no text in {pair_name(pair)}"
    if part not in entry.pairs[pair].parts:
        return f"{entry.title}, {pair_name(pair)}: no part {part}"
    return None


def lacks_text(bitext, pair, part):
    """Why a part of a bitext that the config has cannot be read here, or None."""
    item = CONFIG.bitexts[bitext].pairs[pair].parts[part]
    missing = None if item.constructed else first_missing([*item.files, *filter(None, [item.gold])])
    return (
        f"{CONFIG.bitexts[bitext].title}, {pair_name(pair)}: no file {missing}" if missing else None
    )


def lacks_links(aligner, bitext, pair, part):
    """Why the words of a text that is there cannot be aligned here, or None."""
    if CONFIG.aligners[aligner].program == "files":
        for path in given_links(aligner, bitext, pair, part).values():
            if not os.path.exists(path):
                return f"aligner {aligner}, {pair_name(pair)}: no file {path}"
    for text in extra_texts(aligner, bitext, pair, part):
        if reason := lacks_text(text.bitext, pair, text.part):
            return reason
    return None


def unlinked(aligner, bitext, pair, part):
    """Why the config has no word alignment of a text, or None."""
    if reason := untranslated(bitext, pair, part):
        return reason
    if CONFIG.aligners[aligner].program == "gold" and not has_gold(bitext, pair, part):
        return f"{CONFIG.bitexts[bitext].title}, {pair_name(pair)}: no gold word alignments"
    return None


# Alignments ----------------------------------------------------------------------------------


def alignments_by(method):
    return any_of(key for key, item in CONFIG.alignments.items() if item.method == method)


def is_tuned(model):
    """Whether a model's vectors come from an encoder that is tuned for a pair of languages."""
    alignment = CONFIG.aligned(model)
    return alignment is not None and CONFIG.alignments[alignment].method == "finetuning"


def moving_modules(model):
    """What a model's alignment runs when vectors are read."""
    alignment = CONFIG.aligned(model)
    method = alignment and CONFIG.alignments[alignment].method
    return [ALIGNMENTS[method].partition(":")[0]] if method in ALIGNMENTS else []


def alignment_folder(encoder, alignment, pair):
    return results(f"alignments/{encoder}/{alignment}/{pair}")


def run_alignment(wildcards):
    """The rotation that a run's vectors go through, if any."""
    model = wildcards.model
    if not moving_modules(model):
        return []
    key, pair = CONFIG.models[model].encoder, CONFIG.run_pair(wildcards.run)
    return [f"{alignment_folder(key, CONFIG.aligned(model), pair)}/alignment.safetensors"]


def text_of(alignment, pair):
    """Bitext and part that an alignment of a pair is learned from; None if there is none."""
    text = CONFIG.alignments[alignment].text
    there = (name for name in text.bitexts if pair in CONFIG.bitexts[name].pairs)
    bitext = next(there, None)
    return (bitext, text.part) if bitext else None


def alignment_links(alignment, pair):
    bitext, part = text_of(alignment, pair)
    text = CONFIG.alignments[alignment].text
    return links_file(text.aligner, bitext, pair, part, text.symmetrisation)


def bitext_store(encoder, bitext, pair, part, language):
    return results(f"embeddings/{encoder}/bitexts/{bitext}/{pair}/{part}.{language}.arrow")


def bitext_stores(encoder, alignment, pair):
    """The vectors of both sides of the text of an alignment."""
    names = text_of(alignment, pair)
    return [
        bitext_store(encoder, names[0], pair, names[1], language) for language in pair.split("-")
    ]


def alignment_texts(alignment, pair):
    bitext, part = text_of(alignment, pair)
    return dict(zip(("source_text", "target_text"), canonical_sides(bitext, pair, part)))


def rotation_input(wildcards):
    alignment, pair = wildcards.alignment, wildcards.pair
    source, target = bitext_stores(wildcards.encoder, alignment, pair)
    files = {"source": source, "target": target, "links": alignment_links(alignment, pair)}
    dictionary = CONFIG.alignments[alignment].dictionary
    if dictionary is None:
        return files
    dictionary = results(f"dictionaries/{dictionary}/{pair}.tsv")
    return {**files, "dictionary": dictionary, **alignment_texts(alignment, pair)}


def tuning_input(wildcards):
    alignment, pair = wildcards.alignment, wildcards.pair
    source, target = alignment_texts(alignment, pair).values()
    texts = {"source": source, "target": target, "links": alignment_links(alignment, pair)}
    return {**texts, **encoder_input(wildcards)}


def alignment_slice(wildcards):
    return CONFIG.alignments[wildcards.alignment].settings()


def encoder_pooling(wildcards):
    return encoder_of(wildcards.encoder).pooling


def tuning_code(wildcards):
    return code("finetune_encoder.py", *encoder_modules(wildcards))


def unaligned(alignment, pair):
    """Why the config has no such alignment of a pair of languages, or None."""
    item, names = CONFIG.alignments[alignment], text_of(alignment, pair)
    if names is None:
        titles = ", ".join(CONFIG.bitexts[name].title for name in item.text.bitexts)
        return f"no parallel text in {pair_name(pair)} ({titles})"
    if reason := unlinked(item.text.aligner, names[0], pair, names[1]):
        return reason
    dictionary = getattr(item, "dictionary", None)
    if dictionary and pair not in CONFIG.dictionaries[dictionary].pairs:
        return f"{CONFIG.dictionaries[dictionary].title}: no dictionary of {pair_name(pair)}"
    return None


def lacks_alignment(alignment, pair):
    """Why an alignment that the config has cannot be learned here, or None."""
    item, (bitext, part) = CONFIG.alignments[alignment], text_of(alignment, pair)
    if reason := lacks_text(bitext, pair, part):
        return reason
    if reason := lacks_links(item.text.aligner, bitext, pair, part):
        return reason
    if dictionary := getattr(item, "dictionary", None):
        entry = CONFIG.dictionaries[dictionary].pairs[pair]
        missing = None if entry.constructed else first_missing(entry.files)
        if missing:
            title = CONFIG.dictionaries[dictionary].title
            return f"{title}, {pair_name(pair)}: no file {missing}"
    return None


def stop_or(reasons):
    """The reasons, unless the config says that a lack of data is to stop the run."""
    if reasons and CONFIG.missing_corpora == "fail":
        raise WorkflowError("missing_corpora is fail:\n  " + "\n  ".join(dict.fromkeys(reasons)))
    return reasons


# Table 3 and figure 2 of kulshreshtha2020 ----------------------------------------------------


def transfers():
    """(family key, family, target, its entry) of every column of table 3."""
    for key, family in CONFIG.studies.kulshreshtha2020.table3.families.items():
        for target, item in family.targets.items():
            yield key, family, target, item


def transfer_pairs():
    """Pairs of languages of table 3, each once."""
    return list(dict.fromkeys(f"{family.source}-{target}" for _, family, target, _ in transfers()))


def untransferred(model, family, target, item):
    """Why a cell of table 3 cannot be computed: (reason, whether data are missing), or None."""
    pair, alignment = f"{family.source}-{target}", CONFIG.aligned(model)
    for reason in (
        lacks_encoder(model),
        run_lacks(item.training),
        lacks(item.corpus, target, EVALUATED_SPLITS),
    ):
        if reason:
            return reason, True
    if alignment:
        if reason := unaligned(alignment, pair):
            return reason, False
        if reason := lacks_alignment(alignment, pair):
            return reason, True
    parts = [(part.corpus, part.language) for part in CONFIG.run_parts(item.training)]
    for corpus, language in [*parts, (item.corpus, target)]:
        if reason := unread(model, corpus).get(language):
            return reason, False
    return None


def transfer_cells():
    """Cells of table 3, those that cannot be computed here with the reason."""
    found, missing = [], []
    for row, model in CONFIG.studies.kulshreshtha2020.table3.rows.items():
        for key, family, target, item in transfers():
            cell = {"row": row, "column": f"{key}_{target}"}
            lack = untransferred(model, family, target, item)
            if lack:
                missing += [lack[0]] if lack[1] else []
                found.append({**cell, "missing": lack[0]})
            else:
                run = CONFIG.transfer_key(model, item.training, family.source, target)
                found.append({**cell, "model": model, "training": run})
    stop_or(missing)
    return found


def transfer_scores(splits):
    """Score files of the cells of table 3 that can be computed here."""

    def files(wildcards):
        columns = {f"{key}_{t}": (family, t, item) for key, family, t, item in transfers()}
        return list(
            dict.fromkeys(
                score_file(
                    family.task, cell["model"], cell["training"], seed, item.corpus, target, split
                )
                for cell in transfer_cells()
                if "missing" not in cell
                for family, target, item in [columns[cell["column"]]]
                for seed in CONFIG.seeds
                for split in splits
            )
        )

    return files


def transfer_coverage(wildcards):
    """What says which languages are left out, for the params of table 3 and figure 2."""
    corpora = {item.corpus for _, _, _, item in transfers()}
    corpora |= {
        part.corpus for _, _, _, item in transfers() for part in CONFIG.run_parts(item.training)
    }
    paths = [
        path
        for model in CONFIG.studies.kulshreshtha2020.table3.rows.values()
        for corpus in sorted(corpora)
        for path in coverage_files(model, corpus)
    ]
    return list(dict.fromkeys(paths))


def transfer_columns(distances):
    columns = []
    for key, family, target, item in transfers():
        column = {
            "column": f"{key}_{target}",
            "group": key,
            "family": family.label,
            "task": family.task,
            "corpus": item.corpus,
            "source": family.source,
            "target": target,
            "source_name": CONFIG.languages[family.source].name,
            "target_name": CONFIG.languages[target].name,
            "note": item.note,
        }
        if distances:
            column["distance"] = item.distance
            if item.distance_label is not None:
                column["distance_label"] = item.distance_label
        columns.append(column)
    return columns


def language_pairs_slice(distances=False):
    """What table 3 and figure 2 share; see reporting/alignment_table.py."""
    table = CONFIG.studies.kulshreshtha2020.table3
    made = [
        CONFIG.corpora[item.corpus].languages[target].constructed is not None
        for _, _, target, item in transfers()
    ]
    return {
        "study": "kulshreshtha2020",
        "seeds": CONFIG.seeds,
        "constructed": all(made),
        "columns": transfer_columns(distances),
        "rows": [{"row": r, "label": CONFIG.models[m].label} for r, m in table.rows.items()],
        "cells": transfer_cells(),
    }


def table3_slice(wildcards):
    split = CONFIG.studies.kulshreshtha2020.table3.split
    return {**language_pairs_slice(), "table": "3", "split": split, "splits": EVALUATED_SPLITS}


def figure2_slice(wildcards):
    item = CONFIG.studies.kulshreshtha2020.figure2
    columns = {"panels": [{"task": task, "label": title} for task, title in item.panels.items()]}
    return {
        **language_pairs_slice(distances=True),
        **columns,
        "figure": "2",
        "split": item.split,
        "baseline": item.baseline,
    }


# What shows the alignments themselves --------------------------------------------------------


def diagnosed_cells():
    item = CONFIG.studies.kulshreshtha2020.table_diagnostics
    rows = CONFIG.studies.kulshreshtha2020.table3.rows
    found, missing = [], []
    for alignment, model in ((CONFIG.aligned(rows[row]), rows[row]) for row in item.rows):
        for pair in transfer_pairs():
            cell = {"alignment": alignment, "pair": pair}
            if reason := unaligned(alignment, pair):
                found.append({**cell, "missing": reason})
            elif reason := lacks_encoder(model) or lacks_alignment(alignment, pair):
                missing.append(reason)
                found.append({**cell, "missing": reason})
            else:
                found.append(cell)
    stop_or(missing)
    return found


def diagnosed_encoder():
    study = CONFIG.studies.kulshreshtha2020
    return CONFIG.models[study.table3.rows[study.table_diagnostics.rows[0]]].encoder


def diagnostics(wildcards):
    return [
        f"{alignment_folder(diagnosed_encoder(), cell['alignment'], cell['pair'])}/diagnostics.csv"
        for cell in diagnosed_cells()
        if "missing" not in cell
    ]


def diagnostics_slice(wildcards):
    item = CONFIG.studies.kulshreshtha2020.table_diagnostics
    rows = CONFIG.studies.kulshreshtha2020.table3.rows
    pairs = transfer_pairs()
    return {
        "study": "kulshreshtha2020",
        "table": "diagnostics",
        "encoder": diagnosed_encoder(),
        "constructed": all(is_constructed_text(cell) for cell in diagnosed_cells()),
        "by_layer": item.by_layer,
        "note": item.note,
        "pairs": [{"pair": pair, "label": pair_name(pair)} for pair in pairs],
        "alignments": [
            {"alignment": CONFIG.aligned(rows[row]), "label": CONFIG.models[rows[row]].label}
            for row in item.rows
        ],
        "cells": diagnosed_cells(),
    }


def is_constructed_text(cell):
    names = text_of(cell["alignment"], cell["pair"])
    if names is None:
        return True
    part = CONFIG.bitexts[names[0]].pairs[cell["pair"]].parts.get(names[1])
    return part is None or part.constructed is not None


def aligned_texts():
    """(bitext, pair, part, label) of every column of the table of aligners."""
    for text in CONFIG.studies.kulshreshtha2020.table_aligners.texts:
        entry = CONFIG.bitexts[text.bitext]
        there = [
            pair
            for pair, item in entry.pairs.items()
            if text.part in item.parts and has_gold(text.bitext, pair, text.part)
        ]
        for pair in text.pairs or there:
            after = f" ({text.label})" if text.label else ""
            yield text.bitext, pair, text.part, f"{pair_name(pair)}{after}"


def aligner_cells():
    item = CONFIG.studies.kulshreshtha2020.table_aligners
    found, missing = [], []
    for bitext, pair, part, _ in aligned_texts():
        for aligner in item.aligners:
            for symmetrisation in item.symmetrisations:
                cell = {"bitext": bitext, "pair": pair, "part": part}
                cell |= {"aligner": aligner, "symmetrisation": symmetrisation}
                reason = unlinked(aligner, bitext, pair, part)
                if not reason and not has_gold(bitext, pair, part):
                    title = CONFIG.bitexts[bitext].title
                    reason = f"{title}, {pair_name(pair)}: no gold word alignments"
                if not reason:
                    reason = lacks_text(bitext, pair, part)
                    reason = reason or lacks_links(aligner, bitext, pair, part)
                    missing += [reason] if reason else []
                found.append({**cell, "missing": reason} if reason else cell)
    stop_or(missing)
    return found


def aligner_scores(wildcards):
    return [
        results(
            f"word_alignments/{cell['aligner']}/{cell['bitext']}/{cell['pair']}/"
            + f"{cell['part']}.{cell['symmetrisation']}.json"
        )
        for cell in aligner_cells()
        if "missing" not in cell
    ]


def aligners_slice(wildcards):
    item = CONFIG.studies.kulshreshtha2020.table_aligners
    texts = list(aligned_texts())
    made = [
        CONFIG.bitexts[b].pairs[p].parts[part].constructed is not None for b, p, part, _ in texts
    ]
    return {
        "study": "kulshreshtha2020",
        "table": "aligners",
        "constructed": all(made),
        "note": item.note,
        "pairs": [
            {"bitext": b, "pair": p, "part": part, "label": name} for b, p, part, name in texts
        ],
        "aligners": [{"aligner": key, "label": label} for key, label in item.aligners.items()],
        "symmetrisations": [
            {"symmetrisation": key, "label": label} for key, label in item.symmetrisations.items()
        ],
        "cells": aligner_cells(),
    }


def projection_names():
    """Encoder, alignment and pair of the figure of projected vectors."""
    study = CONFIG.studies.kulshreshtha2020
    model = study.table3.rows[study.figure_projection.row]
    return CONFIG.models[model].encoder, CONFIG.aligned(model), study.figure_projection.pair


def unprojected():
    """Why the figure of projected vectors cannot be drawn here, or None."""
    study = CONFIG.studies.kulshreshtha2020
    _, alignment, pair = projection_names()
    if reason := unaligned(alignment, pair):
        return reason
    reason = lacks_encoder(study.table3.rows[study.figure_projection.row])
    reason = reason or lacks_alignment(alignment, pair)
    stop_or([reason] if reason else [])
    return reason


def projection_input(wildcards):
    encoder, alignment, pair = projection_names()
    if unprojected():
        return {}
    source, target = bitext_stores(encoder, alignment, pair)
    files = {
        "source": source,
        "target": target,
        "links": alignment_links(alignment, pair),
        **alignment_texts(alignment, pair),
    }
    if CONFIG.alignments[alignment].method == "rotation":
        folder = alignment_folder(encoder, alignment, pair)
        return {**files, "alignment": f"{folder}/alignment.safetensors"}
    source, target = bitext_stores(f"{encoder}.{alignment}.{pair}", alignment, pair)
    return {**files, "source_after": source, "target_after": target}


def projection_slice(wildcards):
    item = CONFIG.studies.kulshreshtha2020.figure_projection
    _, alignment, pair = projection_names()
    source, target = pair.split("-")
    model = CONFIG.studies.kulshreshtha2020.table3.rows[item.row]
    return {
        "study": "kulshreshtha2020",
        "figure": "projection",
        "source": source,
        "target": target,
        "source_name": CONFIG.languages[source].name,
        "target_name": CONFIG.languages[target].name,
        "alignment_label": CONFIG.models[model].label,
        "held_out_pairs": CONFIG.alignments[alignment].held_out_pairs,
        "pairs": item.pairs,
        "labels": item.labels,
        "layer": item.layer,
        "seed": item.seed,
        "constructed": is_constructed_text({"alignment": alignment, "pair": pair}),
        "missing": unprojected(),
    }
