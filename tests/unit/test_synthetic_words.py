"""Words of the constructed languages: scripts, spelling, cognates, senses and endings."""

from __future__ import annotations

import re

import pytest
from crosstag.synthetic import languages, lexicon
from crosstag.synthetic.grammar import realise
from crosstag.synthetic.languages import FAMILY, LANGUAGES, rules
from crosstag.synthetic.lexicon import VOWELS, apply, morphemes, senses, words, written
from crosstag.synthetic.world import UTTERANCES, Node, world
from synthetic_sentences import DOC, propositions

# Ranges of code points; marks that combine with letters are part of a script.
SCRIPTS = {
    "latin": "a-zà-öø-ÿş",
    "cyrillic": "\u0400-\u04ff",
    "greek": "\u0370-\u03ff",
    "devanagari": "\u0900-\u0963",
    "armenian": "\u0530-\u058f",
    "thai": "\u0e01-\u0e3a\u0e40-\u0e4e",
}
SCRIPT = dict(
    pair.split("=")
    for pair in "qaa=latin qab=latin qac=latin qad=cyrillic qae=cyrillic qaf=greek qag=devanagari "
    "qah=armenian qai=thai qaj=latin".split()
)


def vocabulary(code: str, seed: int = 1) -> list[str]:
    """All words and names that a language spells by itself."""
    known = world(seed)
    kept = LANGUAGES[code].shared
    concepts = [c for c in known.concepts if not c.startswith("suffix:")]
    names = [c for c in known.names if c.partition(":")[0] not in kept]
    return [written(LANGUAGES[code], seed, concept) for concept in concepts + names]


@pytest.mark.parametrize("code", LANGUAGES)
def test_script(code):
    own = re.compile(f"[{SCRIPTS[SCRIPT[code]]}]+", re.IGNORECASE)
    assert all(own.fullmatch(word) for word in vocabulary(code))
    kept = 0
    for proposition in propositions(1, 200, "x"):
        for token in realise(proposition, LANGUAGES[code], 1):
            if token.concept.partition(":")[0] in LANGUAGES[code].shared:
                # A name that is shared is as it is in qaa, endings apart.
                assert token.form.lower().startswith(written(LANGUAGES["qaa"], 1, token.concept))
                kept += 1
            else:
                assert own.fullmatch(token.form.replace("-", "")) or re.fullmatch(
                    "[0-9]+|[.,-]", token.form
                )
    assert bool(kept) == bool(LANGUAGES[code].shared)


def test_names_survive_transliteration():
    # A name is shared between scripts only after transliteration, and mostly recognisable in one.
    names = [name for name in world(1).names if name.startswith("place:")]
    ours, theirs = ([written(LANGUAGES[c], 1, n) for n in names] for c in ("qaa", "qad"))
    assert not set(ours) & set(theirs)
    inverse = {cyrillic: latin for latin, cyrillic in LANGUAGES["qad"].spelling}
    latin = ["".join(inverse.get(char, char) for char in name) for name in theirs]
    assert 0.4 < sum(a == b for a, b in zip(ours, latin, strict=True)) / len(names) < 0.95


def test_abugidas_are_well_formed():
    """No sign stands without a letter that carries it."""
    consonant, vowel, sign = "[\u0915-\u0939]", "[\u0905-\u0914]", "[\u093e-\u094c]"
    syllable = f"(?:{consonant}\u094d)*{consonant}{sign}?|{vowel}"
    assert all(re.fullmatch(f"(?:{syllable})+", word) for word in vocabulary("qag"))
    consonant, before, above = "[\u0e01-\u0e2e]", "[\u0e40-\u0e44]", "[\u0e32\u0e34-\u0e39]"
    syllable = f"{before}?{consonant}{above}?"
    assert all(re.fullmatch(f"(?:{syllable})+", word) for word in vocabulary("qai"))


@pytest.mark.parametrize(
    ("code", "phonemes", "expected"),
    [
        ("qag", "kat", "क\u0924"),
        ("qag", "kata", "कत\u093e"),
        ("qag", "kitra", "क\u093fत\u094dर\u093e"),
        ("qag", "akai", "अकइ"),
        ("qag", "a", "अ"),
        ("qai", "tren", "แตรน"),
        ("qai", "tolu", "โตลู"),
        ("qai", "doleno", "โดเลโน"),
        ("qai", "neka", "เนกา"),
        ("qai", "aike", "ไอเก"),
        ("qai", "kia", "กิอา"),
        ("qaf", "karos", "κάρος"),
        ("qaf", "skum", "σκουμ"),
        ("qaf", "kubat", "κούμπατ"),
        ("qah", "etoru", "էտորու"),
        ("qaj", "xašöc", "haşöts"),
        ("qad", "skata", "ската"),
    ],
)
def test_spelling(code, phonemes, expected):
    assert apply(LANGUAGES[code].spelling, phonemes) == expected


def cognates(one: str, other: str, seed: int = 1) -> float:
    """The share of concepts for which two languages have words of one origin."""
    left, right = words(one, seed), words(other, seed)
    return sum(left[c].origin == right[c].origin for c in left) / len(left)


def test_relatives_share_cognates(monkeypatch):
    monkeypatch.setitem(FAMILY, "isolate", languages.Branch(None))
    for seed in (1, 2):
        assert cognates("qaa", "qab", seed) > cognates("qaa", "qad", seed) + 0.1
        assert cognates("qad", "qae", seed) > cognates("qad", "qac", seed) + 0.1
        assert cognates("qaa", "qac", seed) > 0.4
        assert cognates("qaa", "isolate", seed) == 0
        # From the nearest relative of qaa to the most distant language.
        rates = [cognates("qaa", code, seed) for code in "qaf qab qac qag qai qaj".split()]
        assert rates == sorted(rates, reverse=True)
        assert rates[0] > 0.85 and 0.05 < rates[-1] < 0.15
    left, right = words("qaa", 1), words("qab", 1)
    pairs = [(left[c].stem, right[c].stem) for c in left if left[c].origin == right[c].origin]
    same = sum(a == b for a, b in pairs) / len(pairs)
    assert 0.2 < same < 0.8, "cognates are related, not copies"


def test_sound_changes_are_regular():
    parent, child = words("proto", 1), words("qac", 1)
    kept = [c for c in child if child[c].origin == "proto"]
    assert all(child[c].stem == apply(FAMILY["qac"].changes, parent[c].stem) for c in kept)
    assert apply(FAMILY["qac"].changes, "skata") == "eskada"
    assert apply(FAMILY["west"].changes, "patspok") == "fatspoh"
    assert rules("(?<=a)b> c>d") == (("(?<=a)b", ""), ("c", "d"))


def test_words_of_a_language_are_distinct_and_speakable():
    for code in LANGUAGES:
        stems = [w.stem for c, w in words(code, 1).items() if not c.startswith("suffix:")]
        assert len(set(stems)) == len(stems)
        runs = ["".join("V" if c in VOWELS else "C" for c in stem) for stem in stems]
        assert all("V" in run and "CCCC" not in run for run in runs)


def test_a_new_concept_leaves_other_words_alone(monkeypatch):
    before = {code: words(code, 7) for code in LANGUAGES}
    doubled = {code: senses(language, 7) for code, language in LANGUAGES.items()}
    monkeypatch.setitem(
        UTTERANCES, "zoo", {"noun": "tiger", "verb": "feed", "adjective": "striped"}
    )
    cached = (world, words, lexicon._stems)
    try:
        for function in cached:
            function.cache_clear()
        for code, language in LANGUAGES.items():
            after = words(code, 7)
            assert {"noun:tiger", "verb:feed"} <= set(after) - set(before[code])
            assert {concept: after[concept] for concept in before[code]} == before[code]
            assert senses(language, 7).items() >= doubled[code].items()
    finally:
        monkeypatch.undo()
        for function in cached:
            function.cache_clear()


@pytest.mark.parametrize("code", LANGUAGES)
def test_polysemy(code):
    language, fields = LANGUAGES[code], world(1).fields
    doubled = senses(language, 1)
    assert len(doubled) / len(fields) == pytest.approx(language.polysemy, abs=0.06)
    assert bool(doubled) == bool(language.polysemy)
    for concept, other in doubled.items():
        assert written(language, 1, concept) == written(language, 1, other)
        assert fields[concept] != fields[other], "the context tells which is meant"
        assert concept.split(":")[0] == other.split(":")[0]
    involved = [*doubled, *doubled.values()]
    assert len(involved) == len(set(involved)), "no word has three senses"
    for concept in doubled:
        (token, *_) = realise(Node("fragment:x", children=(Node(concept, "item"),)), language, 1)
        assert token.concept == concept, "the truth stays"


def test_vowel_harmony():
    ends: dict[bool, set[str]] = {True: set(), False: set()}
    for concept in (c for c in words("qaj", 1) if c.startswith("noun:")):
        stem, *endings = morphemes(LANGUAGES["qaj"], 1, concept, "plural", "ablative")
        front = [phoneme for phoneme in stem if phoneme in VOWELS][-1] in "eiöü"
        assert not set("".join(endings)) & set("aou" if front else "eöü"), concept
        ends[front].add(endings[-1])
    assert ends[True] and ends[False], "both kinds of stem occur"
    assert not ends[True] & ends[False]


def test_the_words_of_utterances_are_in_every_lexicon():
    for code in LANGUAGES:
        for field in UTTERANCES.values():
            for kind, names in field.items():
                assert {f"{kind}:{name}" for name in names.split()} <= words(code, 1).keys()
    entities = world(1).entities
    for key in "city airline artist album movie track restaurant playlist".split():
        assert len(entities[key].items) >= 40
        assert all(node.entity in ("LOC", "ORG", "PER", "MISC") for node in entities[key].items)


def test_the_documentation_has_the_measured_cognates():
    text = DOC.read_text("utf-8")
    for one in LANGUAGES:
        rates = [f"{100 * cognates(one, other):.0f}" for other in LANGUAGES]
        assert f"| `{one}` | {' | '.join(rates)} |" in text, f"| `{one}` | {' | '.join(rates)} |"
