"""Words of languages that are written without blanks between them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from crosstag.corpora.columns import at_blanks

_THAI = re.compile("[\u0e00-\u0e7f]")


def segmenter(name: str) -> Callable[[str], str]:
    """A function that parts the words of a line by one blank each, and changes no other character.

    Args:
        name: `pythainlp`: Thai, by PyThaiNLP's `newmm` (longest matching of its dictionary within
            Thai character clusters); what blanks part and holds no Thai letter stays as it is.
    """
    cut = {"pythainlp": _thai_words}[name]

    def segmented(line: str) -> str:
        return " ".join(word for chunk in at_blanks(line) for word in cut(chunk))

    return segmented


def _thai_words(chunk: str) -> Sequence[str]:
    if not _THAI.search(chunk):
        return [chunk]
    from pythainlp.tokenize import word_tokenize

    words: list[str] = word_tokenize(chunk, engine="newmm", keep_whitespace=True)
    if "".join(words) != chunk:
        raise ValueError(f"pythainlp changed the text of {chunk!r} into {words}")
    return words
