"""Predictions beside gold, as CoNLL-U Plus with the columns FORM NER PREDICTED."""

from __future__ import annotations

import os
from collections.abc import Sequence

from crosstag.corpora import conllup
from crosstag.corpora.sentence import FORM, NER, Sentence

PREDICTED = "PREDICTED"


def write(
    path: str | os.PathLike[str], sentences: Sequence[Sentence], labels: Sequence[Sequence[str]]
) -> None:
    """Write gold sentences with one predicted label a token.

    Raises:
        ValueError: if a sentence has another number of labels than of tokens.
    """
    beside = (
        Sentence({FORM: s.tokens, NER: s.columns[NER], PREDICTED: list(predicted)}, s.comments)
        for s, predicted in zip(sentences, labels, strict=True)
    )
    conllup.write(path, beside, [FORM, NER, PREDICTED])


def read(path: str | os.PathLike[str]) -> tuple[list[list[str]], list[list[str]]]:
    """Gold and predicted tags by sentence."""
    sentences = conllup.read(path)
    return [s.columns[NER] for s in sentences], [s.columns[PREDICTED] for s in sentences]
