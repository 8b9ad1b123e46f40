"""Counting spans, for decisions that are made often: early stopping, error analysis.

The published scores go through seqeval (`evaluation/scores.py`); the tests hold the two equal on
every input. Importing seqeval costs a job two seconds (scikit-learn), which training need not pay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crosstag.corpora import tags


@dataclass(slots=True)
class SpanCounts:
    """Gold, predicted and correct spans over sentences; a span is correct if type and both ends
    are."""

    gold: int = 0
    predicted: int = 0
    correct: int = 0

    def add(self, gold: Sequence[str], predicted: Sequence[str]) -> None:
        """Count one sentence.

        Raises:
            ValueError: if the two have unequal lengths.
        """
        if len(gold) != len(predicted):
            raise ValueError(f"{len(gold)} gold tags but {len(predicted)} predicted ones")
        gold_spans, predicted_spans = set(tags.spans(gold)), set(tags.spans(predicted))
        self.gold += len(gold_spans)
        self.predicted += len(predicted_spans)
        self.correct += len(gold_spans & predicted_spans)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 0 to 1; 0 where nothing is gold or predicted."""
        return 2 * self.correct / max(self.gold + self.predicted, 1)
