"""Scores of predictions beside gold: spans through seqeval, tokens, errors by type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from crosstag.corpora import tags
from crosstag.corpora.spans import SpanCounts
from crosstag.evaluation.seqeval_alone import precision_recall_fscore_support


def score(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Span and token scores of a corpus.

    Spans are scored by seqeval in its default mode, which is the shared tasks' scorer on every
    sequence, malformed ones included. Shares are 0 to 1, and 0 where a denominator is 0, as there.

    Args:
        gold: gold tags by sentence.
        predicted: predicted tags by sentence, of the same lengths.

    Returns:
        `sentences`, `tokens`; `spans`: `micro` and `types` with precision, recall, f1 and the
        counts gold, predicted, correct; `token`: accuracy, correct, and by type of the *gold* tag
        (`O` included) all tokens and those whose predicted tag differs from the gold tag.

    Raises:
        ValueError: if lengths differ.
    """
    total = SpanCounts()
    by_type: dict[str, SpanCounts] = {}
    tokens: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    for gold_tags, predicted_tags in zip(gold, predicted, strict=True):
        total.add(gold_tags, predicted_tags)
        found = {tags.split(tag)[1] for tag in (*gold_tags, *predicted_tags)} - {""}
        for kind in found:
            by_type.setdefault(kind, SpanCounts()).add(
                _only(gold_tags, kind), _only(predicted_tags, kind)
            )
        for gold_tag, predicted_tag in zip(gold_tags, predicted_tags, strict=True):
            kind = tags.split(gold_tag)[1] or tags.OUTSIDE
            tokens[kind] += 1
            errors[kind] += gold_tag != predicted_tag
    count = sum(tokens.values())
    correct = count - sum(errors.values())
    # seqeval wants lists of lists, at least one.
    lists = [[list(sentence) for sentence in side] or [[]] for side in (gold, predicted)]
    types = sorted(by_type)
    # seqeval finds types in gold and predictions together, in alphabetical order.
    each = np.atleast_2d(
        np.array(precision_recall_fscore_support(*lists, average=None, zero_division=0)[:3]).T
    )
    micro = precision_recall_fscore_support(*lists, average="micro", zero_division=0)[:3]
    return {
        "sentences": len(gold),
        "tokens": count,
        "spans": {
            "micro": _shares(micro, total),
            "types": {
                kind: _shares(row, by_type[kind])
                for kind, row in zip(types, each if types else [], strict=True)
            },
        },
        "token": {
            "accuracy": correct / max(count, 1),
            "correct": correct,
            "gold_by_type": dict(sorted(tokens.items())),
            "errors_by_type": {kind: errors[kind] for kind in sorted(tokens)},
        },
    }


def _only(sequence: Sequence[str], kind: str) -> list[str]:
    """A tag sequence with the spans of one type alone, as IOB2."""
    kept = [tags.OUTSIDE] * len(sequence)
    for span_kind, start, end in tags.spans(sequence):
        if span_kind == kind:
            kept[start:end] = [f"B-{kind}", *[f"I-{kind}"] * (end - start - 1)]
    return kept


def _shares(values: Sequence[float], counts: SpanCounts) -> dict[str, float | int]:
    precision, recall, f1 = (float(value) for value in values)
    return {
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "gold": counts.gold,
        "predicted": counts.predicted,
        "correct": counts.correct,
    }
