"""The constructed languages as data: a family tree with sound changes, grammars and spellings.

Sound changes and spellings are ordered rules, a regular expression and its replacement, written
`pattern>replacement`. They read phonemes, one character each (`c` is ts, `x` is kh, `j` as in yes).
"""

from __future__ import annotations

from dataclasses import dataclass

Rules = tuple[tuple[str, str], ...]


def rules(text: str) -> Rules:
    """Rules from their notation, one after the other, separated by blanks."""
    return tuple((left, right) for left, _, right in (r.rpartition(">") for r in text.split()))


@dataclass(frozen=True)
class Branch:
    """A node of the family tree: what it keeps of its parent's words, and how they changed.

    `retention` is the share of the parent's words that live on; the others are coined anew.
    """

    parent: str | None
    retention: float = 1.0
    changes: Rules = ()


@dataclass(frozen=True, eq=False)
class Language:
    """A language: its place in the family tree (`FAMILY[code]`), its grammar and its spelling.

    `order` is a permutation of S, V and O. `cases` names the relations that a suffix on the noun
    marks and no adposition. `capitals` names the kinds of word, names apart, that are capitalised.
    `adaptation` is what happens to the world's names beside the spelling.
    """

    code: str
    order: str
    spelling: Rules
    adjective_first: bool = True
    postpositions: bool = False
    articles: bool = True
    cases: frozenset[str] = frozenset()
    capitals: frozenset[str] = frozenset({"nationality"})
    adaptation: Rules = ()


_UMLAUTS = "a(?=[^aeiouäöü]+i)>ä o(?=[^aeiouäöü]+i)>ö u(?=[^aeiouäöü]+i)>ü"
_VOICING = " ".join(f"(?<=[aeiou]){a}(?=[aeiou])>{b}" for a, b in ("pb", "td", "kg"))

FAMILY = {
    "proto": Branch(None),
    # The stops shift as in Grimm's law; later one daughter drops final vowels, one has umlaut.
    "west": Branch("proto", 0.85, rules("(?<!s)p>f b>p ^d>t (?<!s)k>h")),
    "qaa": Branch("west", 0.85, rules("(?<=[aeiou][^aeiou])[aeo]$> h(?![aeiou])>x")),
    "qab": Branch("west", 0.85, rules(f"^t(?=[aeiou])>c {_UMLAUTS} [ao]$>e")),
    # Stops are voiced between vowels; words gain a vowel at either end.
    "qac": Branch("proto", 0.75, rules(f"{_VOICING} ^s(?=[ptk])>es h> (?<=[ptkm])$>o")),
    # Velars are palatalised, s backs to sh after r, u, k and i.
    "east": Branch("proto", 0.82, rules("k(?=[ei])>č g(?=[ei])>ž (?<=[ruki])s>š")),
    "qad": Branch("east", 0.88, rules("h>g e(?=[^aeiou]+[ao])>je j+>j")),
    "qae": Branch("east", 0.88, rules("f>p v>b ^(?=s[ptk])>i h>x")),
}

_CYRILLIC = rules("ja>я ju>ю je>є") + tuple(
    zip("abvgdežzijklmnoprstufxcčš", "абвгдежзийклмнопрстуфхцчш", strict=True)
)

_ALL = (
    Language(
        "qaa",
        order="SVO",
        capitals=frozenset({"nationality", "weekday", "month"}),
        spelling=rules("š>sh č>ch ž>zh j>y x>kh"),
    ),
    Language(
        "qab",
        order="SOV",
        cases=frozenset({"theme", "of"}),
        capitals=frozenset({"noun"}),
        adaptation=rules("a$>e"),
        spelling=rules("(?<=[aeiouäöü])k$>ck v>w z>s c(?!k)>z š>sch č>tsch ž>sch x>ch"),
    ),
    Language(
        "qac",
        order="VSO",
        adjective_first=False,
        capitals=frozenset(),
        adaptation=rules("^s(?=[ptk])>es (?<=[tkm])$>o h>"),
        spelling=rules(
            r"o([nrs])$>ó\1 a([nrs])$>á\1 ks>x g(?=[ei])>gu k(?=[ei])>qu k>c č>ch š>x ž>j nj>ñ j>y"
        ),
    ),
    Language(
        "qad",
        order="SVO",
        articles=False,
        cases=frozenset({"theme", "goal", "of"}),
        adaptation=rules("h>g"),
        spelling=_CYRILLIC,
    ),
    Language(
        "qae",
        order="SOV",
        postpositions=True,
        articles=False,
        cases=frozenset({"theme", "goal", "of", "place"}),
        adaptation=rules("f>p h>x"),
        # Its i is the dotted one, U+0456.
        spelling=rules("i>\u0456 e>э x>қ") + _CYRILLIC,
    ),
)
LANGUAGES = {language.code: language for language in _ALL}
