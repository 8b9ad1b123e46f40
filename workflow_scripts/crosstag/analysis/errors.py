"""Counts of recall errors by gold type, each regime against fine-tuning.

mueller2020, section 5.1 and Figure 1: "we plot [...] the counts of recall errors (including O-tags)
on validation data made by the monolingual and polyglot models, compared to the finetuned model",
across all languages; the deltas are "Errors minus FT Errors".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import pandas as pd

from crosstag.analysis.selection import (
    Choice,
    Score,
    Spec,
    choose_runs,
    index_scores,
    lookup,
    missing_reason,
    training_key,
)

ERROR_COLUMNS = [
    *("study", "figure", "task", "model", "regime", "tag", "errors", "delta", "gold", "seed"),
    *("note", "label", "corpus", "split", "languages"),
]
# The regime that the others are compared with.
REFERENCE = "finetuned"
# The order of mueller2020, Figure 1; types it lacks follow by name, and O comes last.
TAG_ORDER = ["PER", "ORG", "LOC", "GPE", "MISC"]


def order_tags(tags: Iterable[str]) -> list[str]:
    """The tags that occur, in the order in which they are shown."""
    known = {tag: rank for rank, tag in enumerate(TAG_ORDER)}
    return sorted(set(tags), key=lambda tag: (tag == "O", known.get(tag, len(known)), tag))


def count_recall_errors(
    scores: Iterable[Score], spec: Spec, missing: Mapping[str, str]
) -> pd.DataFrame:
    """One row a regime and gold type: tokens whose predicted tag differs from the gold tag.

    `spec` is a figure's: `study figure task model corpus regimes languages seeds selection_split`,
    and `split` for the data whose errors are counted (the paper: validation). For each regime and
    language the run is the one chosen on `selection_split`. `errors` and `gold` are tokens, summed
    over languages; `delta` is errors minus those of the regime `finetuned` (empty when that one is
    missing); `seed` is the chosen run's, or `language=seed` pairs where each language has its own.

    Sums over different sets of languages cannot be compared, so a regime that lacks any language
    has a single row: no tag, no counts, and the reason in `note`.
    """
    spec = {**spec, "rows": [{"model": spec["model"]}]}
    scores = list(scores)
    index = index_scores(scores)
    choices = choose_runs(scores, spec, missing)
    counts: dict[str, tuple[Counter[str], Counter[str]]] = {}
    notes: dict[str, str] = {}
    for regime in spec["regimes"]:
        name = regime["regime"]
        reasons = _reasons(spec, regime, missing)
        if reasons:
            notes[name] = "; ".join(reasons)
            continue
        errors: Counter[str] = Counter()
        gold: Counter[str] = Counter()
        for language in spec["languages"]:
            choice = choices[spec["model"], name, language]
            key = (choice.training, choice.seed, spec["corpus"], language, spec["split"])
            token = lookup(index, (spec["task"], spec["model"], *key))["token"]
            # Not Counter.update of errors alone: a type without errors must still be a zero.
            gold.update(token["gold_by_type"])
            errors.update(token["errors_by_type"])
        for tag in errors:
            if errors[tag] > gold[tag]:
                raise ValueError(
                    f"{errors[tag]} errors on {gold[tag]} gold tokens of {tag} in regime {name}; "
                    "expected no more errors than tokens"
                )
        counts[name] = errors, gold

    reference = counts.get(REFERENCE)
    tags = order_tags(tag for _, gold in counts.values() for tag in gold)
    rows = []
    for regime in spec["regimes"]:
        name = regime["regime"]
        base = {
            **{key: spec[key] for key in ("study", "figure", "task", "model", "corpus", "split")},
            "regime": name,
            "label": regime["label"],
            "languages": " ".join(spec["languages"]),
        }
        if name not in counts:
            rows.append({**base, "note": notes[name]})
            continue
        errors, gold = counts[name]
        seed = _seeds([choices[spec["model"], name, language] for language in spec["languages"]])
        for tag in tags:
            delta = None if reference is None else errors[tag] - reference[0][tag]
            note = "" if reference is not None else f"no delta: {REFERENCE} is missing"
            rows.append(
                {
                    **base,
                    **{"tag": tag, "errors": errors[tag], "gold": gold[tag], "delta": delta},
                    **{"seed": seed, "note": note},
                }
            )
    frame = pd.DataFrame(rows, columns=ERROR_COLUMNS)
    return frame.astype({column: "Int64" for column in ("errors", "delta", "gold")})


def _reasons(spec: Spec, regime: Mapping[str, str], missing: Mapping[str, str]) -> list[str]:
    """The distinct reasons for which languages of this regime are missing, in their order."""
    reasons = {}
    for language in spec["languages"]:
        training = training_key(regime, language)
        reason = missing_reason(missing, spec["model"], training, spec["corpus"], language)
        if reason is not None:
            reasons[reason] = None
    return list(reasons)


def _seeds(choices: list[Choice]) -> str:
    """One seed when one run serves all languages, else `language=seed` pairs."""
    if len({choice.training for choice in choices}) == 1:
        return str(choices[0].seed)
    return " ".join(f"{choice.language}={choice.seed}" for choice in choices)
