"""The words of a language: inherited from its ancestors by regular sound changes, or coined."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from functools import lru_cache

from crosstag.synthetic.chance import coin, stream
from crosstag.synthetic.languages import FAMILY, Language, Rules
from crosstag.synthetic.world import world

VOWELS = "aeiouäöü"
SYLLABLES = {"function": (1,), "pronoun": (1,), "verb": (1, 2, 2), "number": (1, 2)}


@dataclass(frozen=True)
class Word:
    """A stem as phonemes, and the branch of the family tree in which it was coined."""

    stem: str
    origin: str


def apply(rules: Rules, text: str) -> str:
    """`text` after the ordered rules."""
    for pattern, replacement in rules:
        text = re.sub(pattern, replacement, text)
    return text


@lru_cache(maxsize=64)
def words(branch: str, seed: int) -> dict[str, Word]:
    """Concept -> word in a branch of the family tree. Words of one origin are cognates."""
    node = FAMILY[branch]
    inherited = words(node.parent, seed) if node.parent else {}
    result: dict[str, Word] = {}
    used: set[tuple[bool, str]] = set()
    for concept in world(seed).concepts:
        # A stream for each word: a concept added to the world leaves the other words alone.
        rng = stream(seed, "word", branch, concept)
        bound = concept.startswith("suffix:")
        word = Word("", branch)
        if concept in inherited and rng.random() < node.retention:
            old = inherited[concept]
            word = Word(apply(node.changes, old.stem), old.origin)
        # A sound change may make two words one; the rarer of them gives way to a new word.
        while not word.stem or (bound, word.stem) in used:
            # New words are coined before the branch's sound changes, so they sound like the rest.
            word = Word(apply(node.changes, _coin(rng, concept)), branch)
        used.add((bound, word.stem))
        result[concept] = word
    return result


def _coin(rng: random.Random, concept: str) -> str:
    kind, _, name = concept.partition(":")
    if kind == "suffix":
        return rng.choice("aeiou") + ("sk" if name == "nationality" else rng.choice("nrstlmdk"))
    return coin(rng, rng.choice(SYLLABLES.get(kind, (1, 2, 2, 3))))


@lru_cache(maxsize=1 << 16)
def written(language: Language, seed: int, concept: str, *suffixes: str) -> str:
    """A word or name with the named suffixes, spelt; in lower case, acronyms apart."""
    kind, _, gloss = concept.partition(":")
    if kind in ("digits", "punctuation"):
        return gloss
    lexicon, name = words(language.code, seed), world(seed).names.get(concept)
    endings = [lexicon[f"suffix:{suffix}"].stem for suffix in suffixes]
    if kind == "acronym":
        # Spelt letter by letter, and hyphenated before a suffix as in many languages.
        letters = "".join(apply(language.spelling, letter) for letter in name)
        return "-".join([letters.upper(), *(apply(language.spelling, end) for end in endings)])
    stem = apply(language.adaptation, name) if name else lexicon[concept].stem
    if kind == "nationality":
        stem = stem.rstrip(VOWELS) + lexicon["suffix:nationality"].stem
    for ending in endings:
        stem += ending.lstrip(VOWELS) if stem[-1] in VOWELS else ending
    return apply(language.spelling, stem)
