"""Predictions beside gold, as CoNLL-U Plus: FORM, the task's column (NER, SLOT), PREDICTED."""

from __future__ import annotations

import os
from collections.abc import Sequence

from crosstag.corpora import conllup
from crosstag.corpora.sentence import FORM, TASKS, Sentence
from crosstag.errors import InputError

PREDICTED = "PREDICTED"


def write(
    path: str | os.PathLike[str], sentences: Sequence[Sentence], labels: Sequence[Sequence[str]]
) -> None:
    """Write gold sentences with one predicted label a token.

    Raises:
        ValueError: if a sentence has another number of labels than of tokens.
    """
    gold = sentences[0].label_column if sentences else TASKS["ner"]
    beside = (
        Sentence({FORM: s.tokens, gold: s.labels, PREDICTED: list(predicted)}, s.comments)
        for s, predicted in zip(sentences, labels, strict=True)
    )
    conllup.write(path, beside, [FORM, gold, PREDICTED])


def read(
    path: str | os.PathLike[str], task: str = "ner"
) -> tuple[list[list[str]], list[list[str]]]:
    """Gold and predicted tags by sentence.

    Raises:
        InputError: if the file has no predictions for the task.
    """
    sentences = conllup.read(path)
    gold = TASKS[task]
    for sentence in sentences[:1]:
        if lacking := {gold, PREDICTED} - sentence.columns.keys():
            raise InputError(
                f"{path}: found the columns {' '.join(sentence.columns)}, expected also "
                f"{' '.join(sorted(lacking))} for the task {task}"
            )
    return [s.columns[gold] for s in sentences], [s.columns[PREDICTED] for s in sentences]
