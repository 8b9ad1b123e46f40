"""The CoNLL-2002 files that tagger benchmarks read.

It needs the standard library alone, so that other environments can import it too. The benchmark
that imports it has put `workflow_scripts` on the path.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from crosstag.corpora import columns
from crosstag.corpora.sentence import NER, Sentence
from crosstag.corpora.types import Types

KINDS = ("PER", "LOC", "ORG", "MISC")


def read(path: Path, encoding: str) -> Iterator[Sentence]:
    return columns.read(
        [path], columns=["FORM", "XPOS", NER], types=Types(KINDS), encoding=encoding
    )
