"""Errors on entities whose names other languages' training sets have: mueller2020, Figure 2.

Section 5.1: "We identify such 'common entities' as entities in the validation set of a language l
which share some level of surface form overlap (either n-gram or exact match) and type with an
entity appearing in the training set of language l' ≠ l." Footnote 8: "n-gram overlap with n = 4, 5,
6, 7, 8 and exact name overlap. We report the average rate across each granularity." The rate is
"the harmonic mean between the rate of precision errors and the rate of recall errors".

The paper can be read in two ways, and both are computed:

`error_rate`  of the common entities, how many are errors. Recall: gold common entities that are not
    predicted, of all gold common entities. Precision: predicted common entities that are not gold,
    of all predicted common entities. This is the "error rate on common entities" of the text.
`error_share`  of all errors, how many are on common entities: the caption's "rate of errors
    containing surface forms that overlap". Only so can fine-tuning raise the rate, as the text has
    it, by "decreasing errors on 'non-common entities'".

An entity is right if its type and both its ends are. A surface form is the entity's words with one
space between; its n-grams are of Unicode characters, the spaces among them, and case counts (the
paper is silent on all three). A name shorter than n has no n-gram.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from crosstag.analysis.selection import (
    Choice,
    Score,
    ScoreKey,
    Spec,
    choose_runs,
    describe,
    mean,
    missing_reason,
    training_key,
)
from crosstag.corpora import conllup, tags
from crosstag.corpora.sentence import NER, TASKS, Sentence
from crosstag.evaluation.predictions import PREDICTED

COMMON_COLUMNS = [
    *("study", "figure", "task", "model", "regime", "language", "metric", "value", "count"),
    *("granularity", "errors", "seed", "note", "label", "corpus", "split", "searched"),
]
METRICS = ("error_rate", "error_share")
EXACT = "exact"
#: footnote 8
GRANULARITIES = ("4", "5", "6", "7", "8", EXACT)
#: granularity of a value that is averaged over them, language of one that is over languages
MEAN, AVERAGE = "mean", "AVG"

Entity = tuple[str, str]  # type, surface form
Path_ = str | os.PathLike[str]


def entities(sentence: Sentence, column: str) -> dict[tuple[str, int, int], Entity]:
    """Type and surface form of the spans of a column, by (type, first token, token after last)."""
    return {
        span: (span[0], " ".join(sentence.tokens[span[1] : span[2]]))
        for span in tags.spans(sentence.columns[column])
    }


def pieces(form: str, granularity: str) -> set[str]:
    """What two surface forms must have one of in common: the n-grams, or the whole form."""
    if granularity == EXACT:
        return {form}
    n = int(granularity)
    return {form[start : start + n] for start in range(len(form) - n + 1)}


class Inventory:
    """Which languages' training entities have a piece of a name, by granularity and type.

    A piece is kept once with its language, or with `""` where several have it, so memory grows
    with the pieces and not with languages × pieces.
    """

    def __init__(self) -> None:
        self._owner: dict[str, dict[Entity, str]] = {g: {} for g in GRANULARITIES}

    def add(self, language: str, names: Iterable[Entity]) -> None:
        """Add the training entities of one language."""
        for kind, form in set(names):
            for granularity, owner in self._owner.items():
                for piece in pieces(form, granularity):
                    if owner.setdefault((kind, piece), language) != language:
                        owner[kind, piece] = ""

    def is_common(self, entity: Entity, granularity: str, language: str) -> bool:
        """Whether a training entity of *another* language has this type and one of the pieces."""
        kind, form = entity
        owner = self._owner[granularity]
        return any(
            owner.get((kind, piece), language) != language for piece in pieces(form, granularity)
        )


@dataclass(slots=True)
class Counts:
    """Entities of one side, predicted (precision) or gold (recall), at one granularity."""

    common: int = 0
    common_errors: int = 0
    errors: int = 0

    def ratio(self, metric: str) -> tuple[int, int]:
        """Errors on common entities, and what they are a part of."""
        return self.common_errors, self.common if metric == "error_rate" else self.errors


# by granularity: predicted side, gold side
SideCounts = dict[str, tuple[Counts, Counts]]


def count_errors(
    sentences: Iterable[Sentence], inventory: Inventory, language: str, column: str = NER
) -> SideCounts:
    """Errors of one language's predictions, in all and on common entities.

    Args:
        sentences: with the columns `column` and `PREDICTED`.
        inventory: training entities of all languages.
        language: of the sentences.
        column: of the gold tags.
    """
    found: SideCounts = {granularity: (Counts(), Counts()) for granularity in GRANULARITIES}
    # Names recur, and the same one is gold and predicted: look each up once.
    common: dict[Entity, list[bool]] = {}
    for sentence in sentences:
        predicted, gold = entities(sentence, PREDICTED), entities(sentence, column)
        for side, (ours, theirs) in enumerate(((predicted, gold), (gold, predicted))):
            for span, entity in ours.items():
                wrong = span not in theirs
                if entity not in common:
                    common[entity] = [
                        inventory.is_common(entity, g, language) for g in GRANULARITIES
                    ]
                for granularity, is_common in zip(GRANULARITIES, common[entity], strict=True):
                    counts = found[granularity][side]
                    counts.errors += wrong
                    counts.common += is_common
                    counts.common_errors += wrong and is_common
    return found


def harmonic_mean(first: float, second: float) -> float:
    """0 where both are."""
    return 2 * first * second / (first + second) if first + second else 0.0


def prediction_key(path: Path_) -> ScoreKey:
    """What `…/{task}/{model}/{training}/seed-{seed}/{corpus}-{language}-{split}.conllup` is of."""
    task, model, training, seed, name = Path(path).with_suffix("").parts[-5:]
    corpus, language, split = name.split("-")
    return task, model, training, int(seed.removeprefix("seed-")), corpus, language, split


def measure_common_errors(
    scores: Iterable[Score],
    predictions: Iterable[Path_],
    training: Mapping[str, Path_],
    spec: Spec,
    missing: Mapping[str, str],
) -> pd.DataFrame:
    """Precision, recall and mean rates by regime, language, metric and granularity.

    One row a number: `metric` is `error_rate` or `error_share` (see above) for the harmonic mean,
    or the same with `precision_` or `recall_` in front for a side, which also has `errors` (on
    common entities) and `count` (what they are a part of). `value` is in percent, empty where its
    denominator is 0. At granularity `mean` is the average over those granularities at which every
    regime of the language has a value, so that regimes are averaged over the same; `note` names
    the others. Language `AVG` is the mean over languages.

    Args:
        scores: of all seeds on `selection_split`, to choose the run by.
        predictions: canonical files with gold and predicted tags, of all seeds or of the chosen.
        training: language → canonical training corpus.
        spec: a figure's: `study figure task model corpus regimes languages seeds split
            selection_split`.
        missing: see `selection.missing_reason`. A regime and language that lack a run have one row
            with the reason in `note`. Training sets of languages that are not in `training` are
            not searched; `searched` names those that were.

    Raises:
        ValueError: if a score or the predictions of a chosen run are not there.
    """
    spec = {**spec, "rows": [{"model": spec["model"]}]}
    choices = choose_runs(scores, spec, missing)
    files = {prediction_key(path): path for path in predictions}
    inventory, column = Inventory(), TASKS[spec["task"]]
    for language, path in training.items():
        names = (name for s in conllup.iterate(path) for name in entities(s, column).values())
        inventory.add(language, names)
    counted: dict[tuple[str, str], SideCounts] = {}  # by regime and language
    for (_, regime, language), choice in choices.items():
        file = files.get(key := _key(spec, choice))
        if file is None:
            raise ValueError(f"no predictions of {describe(key)}; expected those of every seed")
        counted[regime, language] = count_errors(conllup.iterate(file), inventory, language, column)

    rows: list[dict[str, Any]] = []
    for regime in spec["regimes"]:
        means: dict[str, list[float | None]] = {metric: [] for metric in METRICS}
        for language in spec["languages"]:
            base = _base(spec, regime, language, training)
            choice = choices.get((spec["model"], regime["regime"], language))
            if choice is None:
                run = training_key(regime, language)
                reason = missing_reason(missing, spec["model"], run, spec["corpus"], language)
                rows.append({**base, "note": reason})
            for metric, values in means.items():
                if choice is None:
                    values.append(None)
                    continue
                others = [found for (_, code), found in counted.items() if code == language]
                usable = [
                    granularity
                    for granularity in GRANULARITIES
                    if all(_harmonic(found[granularity], metric) is not None for found in others)
                ]
                found = counted[regime["regime"], language]
                of_metric = _metric_rows({**base, "seed": choice.seed}, metric, found, usable)
                values.append(of_metric[-1]["value"])
                rows += of_metric
        base = _base(spec, regime, AVERAGE, training)
        rows += [_average_row(spec, base, metric, values) for metric, values in means.items()]
    frame = pd.DataFrame(rows, columns=COMMON_COLUMNS)
    frame["value"] = frame["value"].astype("Float64").round(6)
    return frame.astype(dict.fromkeys(("count", "errors", "seed"), "Int64"))


def _key(spec: Spec, choice: Choice) -> ScoreKey:
    run = (spec["task"], choice.model, choice.training, choice.seed)
    return (*run, spec["corpus"], choice.language, spec["split"])


def _base(
    spec: Spec, regime: Mapping[str, Any], language: str, training: Mapping[str, Path_]
) -> dict[str, Any]:
    return {
        **{key: spec[key] for key in ("study", "figure", "task", "model", "corpus", "split")},
        **{"regime": regime["regime"], "label": regime["label"], "language": language},
        "searched": " ".join(other for other in training if other != language),
        "note": "",
    }


def _percent(counts: Counts, metric: str) -> float | None:
    errors, whole = counts.ratio(metric)
    return 100 * errors / whole if whole else None


def _harmonic(sides: tuple[Counts, Counts], metric: str) -> float | None:
    precision, recall = (_percent(side, metric) for side in sides)
    if precision is None or recall is None:
        return None
    return harmonic_mean(precision, recall)


def _metric_rows(
    base: Mapping[str, Any], metric: str, found: SideCounts, usable: list[str]
) -> list[dict[str, Any]]:
    """Rows of a metric: both sides and their harmonic mean by granularity, then the average."""
    rows = []
    for granularity, sides in found.items():
        here = {**base, "granularity": granularity}
        for side, counts in zip(("precision", "recall"), sides, strict=True):
            errors, whole = counts.ratio(metric)
            numbers = {"value": _percent(counts, metric), "errors": errors, "count": whole}
            rows.append({**here, "metric": f"{side}_{metric}", **numbers})
        rows.append({**here, "metric": metric, "value": _harmonic(sides, metric)})
    values = [_harmonic(found[granularity], metric) for granularity in usable]
    rest = " ".join(granularity for granularity in GRANULARITIES if granularity not in usable)
    average = {"granularity": MEAN, "value": mean(values) if values else None}  # type: ignore[arg-type]
    note = f"not averaged over, for want of a rate in every regime: {rest}" if rest else ""
    return [*rows, {**base, "metric": metric, **average, "note": note}]


def _average_row(
    spec: Spec, base: Mapping[str, Any], metric: str, values: list[float | None]
) -> dict[str, Any]:
    """The mean over languages; none where a language has no value."""
    codes = zip(spec["languages"], values, strict=True)
    lacking = " ".join(language for language, value in codes if value is None)
    value = None if lacking else mean(values)  # type: ignore[arg-type]
    note = f"no average: missing {lacking}" if lacking else ""
    return {**base, "metric": metric, "granularity": MEAN, "value": value, "note": note}
