"""A learned rotation as what one language's vectors go through when a tagger reads them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from torch import Tensor

from crosstag.alignment import rotation
from crosstag.encoders.store import Store
from crosstag.errors import InputError


def mover(path: Path, language: str, store: Store) -> Callable[[Tensor], Tensor]:
    """What moves the vectors of a language of the pair into the space of the pair's target.

    Kulshreshtha et al. (2020), section 4.2: "the source language data is first transformed to the
    target language space and then used to train".

    Args:
        path: of the rotation.
        language: of the store's text.
        store: whose vectors are to be moved.

    Raises:
        InputError: if the rotation was learned from other vectors than the store's, or for another
            pair of languages.
    """
    learned = rotation.load(path)
    learned.check(store)
    source, target = learned.about["pair"].split("-")
    if language not in (source, target):
        raise InputError(
            f"{path}: found an alignment of {source} and {target}, expected one of {language}"
        )
    return learned.source if language == source else learned.target
