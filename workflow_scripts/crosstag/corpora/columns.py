"""Raw corpora with one token a line in columns, as in the CoNLL-2002 and CoNLL-2003 tasks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from crosstag.corpora import tags
from crosstag.corpora.sentence import FORM, NER, Sentence
from crosstag.errors import InputError, nearest

DOCUMENT_MARKER = "-DOCSTART-"
#: ASCII blanks only: a no-break space or a line separator is part of a token, not of the layout.
_BLANKS = re.compile(r"[ \t]+")

Marker = Literal["none", "line", "token"]


def read(
    path: str | Path,
    *,
    columns: Sequence[str],
    types: Sequence[str],
    encoding: str = "utf-8",
    document_marker: Marker = "none",
) -> Iterator[Sentence]:
    """Sentences of a raw file, entity tags brought to IOB2 by the shared tasks' own rules.

    Blank lines separate sentences. CR LF and LF end a line; a byte-order mark is dropped. No token
    is dropped but document markers.

    Args:
        path: the raw file.
        columns: names of its columns in order; `FORM` and `NER` among them.
        types: entity types that may occur.
        encoding: of the file, e.g. `utf-8`, `latin-1`.
        document_marker: what a row `-DOCSTART- …` is. `line`: it stands alone between sentences
            (CoNLL-2003). `token`: it is glued to the front of an article's first sentence (Dutch,
            CoNLL-2002); the row is dropped and the sentence kept. `none`: there are none.

    Yields:
        Sentences with the named columns; the first of a document has the comment `newdoc`.

    Raises:
        InputError: with file and line: a byte that the encoding does not have, a carriage return
            that ends no line, a row with too few or too many columns, a tag that is not `O`,
            `B-type` or `I-type` with a known type, a document marker where none belongs, a file
            without a sentence.
    """
    rows: list[list[str]] = []
    new_document = False
    found_any = False
    for number, line in _lines(Path(path), encoding):
        stripped = line.strip(" \t")
        if not stripped:
            if rows:
                yield _sentence(rows, columns, new_document)
                found_any, new_document, rows = True, False, []
            continue
        row = _BLANKS.split(stripped)
        if row[0] == DOCUMENT_MARKER:
            if document_marker == "none" or (document_marker == "token" and rows):
                where = "no document marker" if document_marker == "none" else "it first"
                raise InputError(
                    f"{path}, line {number}: found {DOCUMENT_MARKER}, expected {where} in a "
                    "sentence (see the corpus's document_marker in the config)"
                )
            if rows:
                raise InputError(
                    f"{path}, line {number}: found {DOCUMENT_MARKER} inside a sentence, expected "
                    "a line of its own (see the corpus's document_marker in the config)"
                )
            new_document = True
            continue
        if len(row) != len(columns):
            raise InputError(
                f"{path}, line {number}: found {len(row)} columns in {stripped[:80]!r}, "
                f"expected {len(columns)} ({' '.join(columns)})"
            )
        _check_tag(row[columns.index(NER)], types, path, number)
        rows.append(row)
    if rows:  # the last sentence may lack its blank line
        yield _sentence(rows, columns, new_document)
        found_any = True
    if not found_any:
        raise InputError(f"{path}: found no sentence, expected at least one")


def _lines(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    with path.open("rb") as raw:
        for number, line in enumerate(raw, 1):
            if number == 1 and encoding.lower().replace("_", "-") in {"utf-8", "utf8"}:
                line = line.removeprefix(b"\xef\xbb\xbf")
            try:
                text = line.decode(encoding)
            except UnicodeDecodeError as error:
                byte = line[error.start]
                raise InputError(
                    f"{path}, line {number}, byte {error.start + 1}: found 0x{byte:02x}, which is "
                    f"not {encoding}; expected {encoding} (older releases are often latin-1: set "
                    "the corpus's encoding in the config)"
                ) from None
            text = text.removesuffix("\n").removesuffix("\r")
            if "\r" in text:
                raise InputError(
                    f"{path}, line {number}: found a carriage return inside the line, expected "
                    "lines that end in LF or CR LF"
                )
            yield number, text


def _check_tag(tag: str, types: Sequence[str], path: str | Path, number: int) -> None:
    prefix, kind = tags.split(tag)
    if tag == tags.OUTSIDE or (prefix in ("B", "I") and kind in types):
        return
    known = [tags.OUTSIDE, *(f"{p}-{kind}" for kind in types for p in "BI")]
    raise InputError(
        f"{path}, line {number}: found the tag {tag!r}, expected O or B-/I- with one of "
        f"{', '.join(types)}{nearest(tag, known)}"
    )


def _sentence(rows: list[list[str]], columns: Sequence[str], new_document: bool) -> Sentence:
    values: dict[str, Any] = {
        name: list(column) for name, column in zip(columns, zip(*rows, strict=True), strict=True)
    }
    values[NER] = tags.to_iob2(values[NER])
    assert FORM in values
    return Sentence(values, ["newdoc"] if new_document else [])
