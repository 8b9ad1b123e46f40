"""Text as word aligners get it: numbers for words, and only pairs that they can read.

Aligners know words by equality alone. As numbers, no word can be taken for another tool's special
word (`NULL`, `|||`), and none is parted where another tool sees a blank (U+00A0, U+3000).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from crosstag.bitexts.pairs import Alignment, Link

#: forward: each target word has at most one source word; backward: the other way round
Direction = Literal["forward", "backward"]
#: words of source and of target
TokenPair = tuple[Sequence[str], Sequence[str]]
NumberedPair = tuple[list[str], list[str]]


class Numbered(NamedTuple):
    """Text to be aligned and text that is only learnt from.

    Attributes:
        pairs: pairs that an aligner can read: first those of the text, in order, then the others.
        places: where in the text those of its pairs stand that are among `pairs`.
        size: how many pairs the text has.
    """

    pairs: list[NumberedPair]
    places: list[int]
    size: int

    def whole(self, links: Iterable[Iterable[Link]]) -> list[Alignment]:
        """One alignment for each pair of the text; those that could not be read have no links.

        Args:
            links: of the first `len(places)` pairs, in order.
        """
        alignments = [Alignment()] * self.size
        for place, found in zip(self.places, links, strict=True):
            alignments[place] = Alignment(tuple(sorted(found)))
        return alignments


def number(
    text: Iterable[TokenPair], others: Iterable[TokenPair], *, lowercase: bool, longest: int
) -> Numbered:
    """Numbers as decimal digits, from 0 on each side by first occurrence.

    Args:
        text: pairs to be aligned.
        others: further pairs to learn from.
        lowercase: words that differ in case alone are the same word.
        longest: pairs with more words on a side cannot be read, nor those with an empty side.
    """
    vocabularies: tuple[dict[str, str], dict[str, str]] = ({}, {})

    def numbered(pair: TokenPair) -> NumberedPair:
        source, target = (
            [
                known.setdefault(word.lower() if lowercase else word, str(len(known)))
                for word in side
            ]
            for known, side in zip(vocabularies, pair, strict=True)
        )
        return source, target

    pairs: list[NumberedPair] = []
    places: list[int] = []
    size = skipped = 0
    for size, pair in enumerate(text, 1):
        if all(0 < len(side) <= longest for side in pair):
            places.append(size - 1)
            pairs.append(numbered(pair))
    for pair in others:
        if all(0 < len(side) <= longest for side in pair):
            pairs.append(numbered(pair))
        else:
            skipped += 1
    if skipped or len(places) < size:
        logging.getLogger("crosstag").warning(
            "pairs with an empty side or one of more than %d words: %d of %d to be aligned, which "
            "get no links, and %d others, which are not learnt from",
            longest, size - len(places), size, skipped,
        )  # fmt: skip
    return Numbered(pairs, places, size)
