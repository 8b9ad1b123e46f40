"""Column files of many layouts, how the tests read them, and what is said about bad ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from crosstag.corpora import columns
from crosstag.corpora.sentence import Sentence
from crosstag.corpora.types import Types
from crosstag.errors import InputError
from hypothesis import strategies as st
from real_corpora import ROOT

DATA = ROOT / "tests" / "data" / "columns"
TYPES = ["PER", "LOC", "ORG", "MISC"]
WIKIANN = {"columns": ["FORM", "NER"], "separator": "tab"}
LAYOUTS = {
    "english.txt": {"columns": ["FORM", "XPOS", "CHUNK", "NER"], "document_marker": "line"},
    "german.txt": {
        "columns": ["FORM", "LEMMA", "XPOS", "CHUNK", "NER"],
        "encoding": "latin-1",
        "document_marker": "line",
    },
    "spanish.txt": {"columns": ["FORM", "XPOS", "NER"]},
    "dutch.txt": {"columns": ["FORM", "XPOS", "NER"], "document_marker": "token"},
    "wikiann": {**WIKIANN, "prefix": "zh"},
    "plain.tsv": WIKIANN,
    "characters.txt": {"columns": ["FORM", "NER"]},
    "masakhaner.txt": {"columns": ["FORM", "NER"]},
    "pioner.conll03": {"columns": ["FORM", "_", "_", "NER"]},
    "eiec.txt": {"columns": ["FORM", "NER"]},
}
PAIR = {"columns": ["FORM", "NER"]}


#: any token that is no layout and no document marker: no ASCII blank, tab or line end in it
TOKENS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=" \t\r\n"), min_size=1, max_size=6
)
ROWS = st.tuples(TOKENS, st.sampled_from("O B-PER I-PER B-LOC I-LOC".split()))
TEXTS = st.lists(st.lists(ROWS, min_size=1, max_size=5), min_size=1, max_size=5)


def read_layout(name: str, path: Path | None = None) -> list[Sentence]:
    types = Types([*TYPES, "DATE"])
    return list(columns.read([path or DATA / name], types=types, **LAYOUTS[name]))


def text_of(sentence: Sentence) -> str:
    """`token/tag token/tag`."""
    return " ".join(
        f"{f}/{t}" for f, t in zip(sentence.tokens, sentence.columns["NER"], strict=True)
    )


def read_bytes(content: bytes, tmp_path: Path, **options) -> list[Sentence]:
    path = tmp_path / "raw.txt"
    path.write_bytes(content)
    return list(columns.read([path], **{**PAIR, "types": Types(TYPES), **options}))


def complaint(content: bytes, tmp_path: Path, **options) -> str:
    """What is said about a file, from its line on; its name is checked here."""
    with pytest.raises(InputError) as caught:
        read_bytes(content, tmp_path, **options)
    message = str(caught.value)
    assert message.startswith(str(tmp_path / "raw.txt")), message
    return message.removeprefix(str(tmp_path / "raw.txt"))[2:]
