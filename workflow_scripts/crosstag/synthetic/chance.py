"""Seeded choice: independent random streams, Zipf-distributed draws, pronounceable new words."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from itertools import accumulate
from typing import Generic, TypeVar

T = TypeVar("T")

# A phoneme is one character; a choice stands in the list as often as it should be drawn.
SINGLE = "ptkbdgmnlrsvhjfzščptkmnlrstdkbns"
CLUSTERS = ["tr", "pr", "kr", "br", "gr", "dr", "st", "sk", "sp", "pl", "kl", "bl"]
VOWELS = "aaaaeeeeiiiooouu"
CODAS = "nrlstkmnr"


def stream(seed: int, *parts: str) -> random.Random:
    """A random stream of its own for each seed and naming parts, the same in every process."""
    digest = hashlib.sha256("\0".join([str(seed), *parts]).encode()).digest()
    return random.Random(int.from_bytes(digest, "big"))


class Zipf(Generic[T]):
    """Draws from `items`, the one of rank r = 1, 2 … in proportion to 1 / (r + 2) ** exponent."""

    def __init__(self, items: Sequence[T], exponent: float = 1.0) -> None:
        self.items = tuple(items)
        # The shift by 2 keeps the first ranks from making up most of a small inventory.
        self._weights = list(accumulate((r + 3) ** -exponent for r in range(len(self.items))))

    def draw(self, rng: random.Random) -> T:
        return rng.choices(self.items, cum_weights=self._weights)[0]


def coin(rng: random.Random, syllables: int, closed: float = 0.4) -> str:
    """A new phoneme string; its last syllable ends in a consonant with probability `closed`."""
    word = ""
    for index in range(syllables):
        # Consonants pile up only at the start of a word: inner syllables are simple, mostly open.
        word += rng.choice(SINGLE if index else [*SINGLE, *CLUSTERS]) + rng.choice(VOWELS)
        if rng.random() < (closed if index == syllables - 1 else 0.12):
            word += rng.choice(CODAS)
    return word
