"""Pairs whose words blanks part, from text that is written without blanks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from crosstag.bitexts.pairs import Pair
from crosstag.corpora.segmentation import segmenter


def segment(pairs: Iterable[Pair], names: Sequence[str | None]) -> Iterator[Pair]:
    """The pairs with one blank between two words, on the sides that are to be segmented.

    Args:
        names: of the segmenters of source and target; None leaves a side as it is.
    """
    source, target = (segmenter(name) if name else str for name in names)
    if not any(names):
        return iter(pairs)
    return (replace(pair, source=source(pair.source), target=target(pair.target)) for pair in pairs)
