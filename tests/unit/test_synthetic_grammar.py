"""Sentences of the constructed languages: order, endings, questions, and what each token says."""

from __future__ import annotations

from collections import Counter

import pytest
from crosstag.synthetic.annotation import TAGSETS, chunks
from crosstag.synthetic.glosses import interlinear
from crosstag.synthetic.grammar import Token, realise
from crosstag.synthetic.languages import LANGUAGES
from crosstag.synthetic.trees import text_of
from crosstag.synthetic.world import Node, world
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_sentences import DOC, SHOW, UTTERED, propositions, truth

#: parts of speech inside noun phrases, and those in no chunk
NP_PARTS = {"noun", "name", "adjective", "article", "pronoun", "number", "digits"}
NO_CHUNK = {"adverb", "subordinator", "conjunction", "full-stop", "comma", "dash"}


@pytest.mark.parametrize("code", LANGUAGES)
def test_sentence_lengths(code):
    sentences = [realise(p, LANGUAGES[code], 1) for p in propositions(1, 400, code)]
    lengths = [len(tokens) for tokens in sentences]
    assert 7 < sum(lengths) / len(lengths) < 11
    assert sum(5 <= length <= 16 for length in lengths) > 0.85 * len(lengths)
    assert max(lengths) < 30


def resolve(node: Node, path: tuple[int, ...]) -> Node:
    for index in path:
        node = node.children[index]
    return node


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 3), part=st.text(max_size=5), code=st.sampled_from(sorted(LANGUAGES)))
def test_every_token_is_sound_and_knows_what_it_realises(seed, part, code):
    for proposition in propositions(seed, 8, part):
        tokens = realise(proposition, LANGUAGES[code], seed)
        truth(tokens)
        for token in tokens:
            for text in (token.form, token.lemma):
                assert text and not any(char.isspace() for char in text) and text != "-DOCSTART-"
            node = resolve(proposition, token.path)
            if token.concept.split(":")[0] not in ("function", "punctuation"):
                assert node.concept == token.concept
            if token.entity:
                assert resolve(proposition, token.entity.path).entity == token.entity.type
            for tags in TAGSETS.values():
                assert token.pos in tags or token.pos.split(".")[0] in tags
        assert tokens[0].form[0] == tokens[0].form[0].upper()


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 3), part=st.text(max_size=5))
def test_one_proposition_says_the_same_in_all_languages(seed, part):
    def content(tokens: list[Token]) -> Counter:
        own = ("function", "punctuation")
        return Counter(
            (t.path, t.concept, t.entity) for t in tokens if t.concept.split(":")[0] not in own
        )

    for proposition in propositions(seed, 8, part):
        said = [realise(proposition, language, seed) for language in LANGUAGES.values()]
        assert all(content(tokens) == content(said[0]) for tokens in said)
        assert max(content(said[0]).values()) == 1, "word alignments are one to one"


def test_word_order_articles_and_cases():
    place = Node("place:3", "theme", entity="LOC")
    agent = Node("noun:doctor", "agent", (Node("adjective:new", "mod"),)).to("agent", "definite")
    goal = Node("place:4", "goal", entity="LOC")
    day = Node("weekday:2", "time")
    sentence = Node("verb:visit", children=(agent, place, goal, day)).to("root", "past")
    # A star stands for a case suffix.
    expected = {
        "qaa": "the new doctor visit place:3 to place:4 on 2 .",
        "qab": "the new doctor to place:4 on 2 place:3* visit .",
        "qac": "visit the doctor new place:3 to place:4 on 2 .",
        "qad": "new doctor visit place:3* place:4* on 2 .",
        "qae": "new doctor place:4* 2 on place:3* visit .",
        "qaf": "the new doctor visit place:3 to place:4 on 2 .",
        "qag": "new doctor place:4 to 2 on place:3 visit .",
        "qah": "visit new doctor place:3* to place:4 on 2 .",
        "qai": "doctor new visit place:3 to place:4 on 2 .",
        "qaj": "new doctor place:4* 2 on place:3* visit .",
    }
    for code, order in expected.items():
        tokens = realise(sentence, LANGUAGES[code], 1)
        stars = ["*" if t.entity and t.form != t.lemma else "" for t in tokens]
        glosses = [t.concept if t.entity else t.concept.split(":")[1] for t in tokens]
        assert " ".join(map("".join, zip(glosses, stars, strict=True))) == order, code
    nouns = [realise(sentence, LANGUAGES[code], 1) for code in ("qaa", "qab")]
    doctors = [next(t.form for t in s if t.concept == "noun:doctor") for s in nouns]
    assert doctors[0].islower() and doctors[1][0].isupper()


@pytest.mark.parametrize("code", LANGUAGES)
def test_without_suffixes_a_word_has_one_form(code):
    forms: dict[str, set[str]] = {}
    for proposition in propositions(1, 200, "x"):
        for token in realise(proposition, LANGUAGES[code], 1):
            forms.setdefault(token.concept, set()).add(token.form.lower())
    varied = any(len(found) > 1 for found in forms.values())
    assert varied == LANGUAGES[code].suffixes


def test_an_imperative():
    expected = {
        "qaa": "show i my cheap flight from 3 at 7 pm .",
        "qag": "i 3 from 7 pm at my cheap flight show .",
        "qai": "show i my flight cheap from 3 at 7 pm .",
        "qaj": "i* 3* 7 pm at my cheap flight* show .",
    }
    for code, order in expected.items():
        tokens = realise(SHOW, LANGUAGES[code], 1)
        stars = ["*" if token.suffixes else "" for token in tokens]
        glosses = [token.concept.split(":")[1] for token in tokens]
        assert " ".join(map("".join, zip(glosses, stars, strict=True))) == order
        assert [t.pos for t in tokens if t.concept == "verb:show"] == ["verb.imperative"]
        assert truth(tokens) == {
            (glosses.index(first), glosses.index(last) + 1, label)
            for first, last, label in (
                ("cheap", "cheap", "cost"),
                ("3", "3", "fromloc.city_name"),
                ("7", "pm", "time"),
            )
        }
        pm = next(token for token in tokens if token.concept == "noun:pm")
        assert pm.form == pm.form.lower() and pm.pos == "noun", "a slot's value is no name"


def test_questions():
    def said(node: Node, code: str) -> str:
        return " ".join(t.concept.split(":")[1] for t in realise(node, LANGUAGES[code], 1))

    _, which, what, *_, serve, _, _ = UTTERED
    assert said(which, "qaa") == "which flight leave from 5 tomorrow ?"
    assert said(which, "qae") == "which flight 5 from tomorrow leave ?"
    assert said(what, "qac") == "what be weather ?"
    assert said(serve, "qaa") == said(serve, "qac") == "serve flight meal ?"
    assert said(serve, "qab") == "flight meal serve ?"


def test_a_slot_over_a_clause_and_names_in_slots():
    remind = UTTERED[6]
    tokens = realise(remind, LANGUAGES["qaa"], 1)
    inside = [t.concept.split(":")[1] for t in tokens if t.entity]
    assert inside == ["pay", "bill"] and {t.entity.type for t in tokens if t.entity} == {"todo"}
    titles = world(1).entities["album"].items
    title = next(t for t in titles if {p.relation for p in t.children} == {"first", "part"})
    item = Node("fragment:x", children=(Node("adverb:now", "item"), title.labelled("s").to("item")))
    forms = {}
    for code, language in LANGUAGES.items():
        name = [token for token in realise(item, language, 1) if token.entity]
        assert {token.entity.type for token in name} == {"s"}
        content = [t.form for t in name if not t.concept.startswith("function")]
        assert len(content) == 3 and all(form == form.title() for form in content if code != "qaf")
        forms[code] = " ".join(token.form for token in name)
    assert forms["qaj"] == forms["qaa"] != forms["qab"], "one leaves titles as they are"


def test_a_wrong_relation_is_named():
    with pytest.raises(ValueError, match=r"noun:car under verb:hit: .*'themes'; choose from agent"):
        realise(Node("verb:hit", "root", (Node("noun:car", "themes"),)), LANGUAGES["qaa"], 1)
    with pytest.raises(ValueError, match=r"noun:car under noun:law: .*'agent'"):
        law = Node("noun:law", "theme", (Node("noun:car", "agent"),))
        realise(Node("verb:hit", "root", (law,)), LANGUAGES["qaa"], 1)


def test_chunks_follow_the_phrase():
    for proposition in propositions(1, 50, "chunks"):
        tokens = realise(proposition, LANGUAGES["qaa"], 1)
        for token, chunk in zip(tokens, chunks(tokens), strict=True):
            kind = token.pos.partition(".")[0]
            assert (chunk == "I-NP") == (kind in NP_PARTS), (token, chunk)
            assert (chunk == "O") == (kind in NO_CHUNK), (token, chunk)


def example() -> Node:
    """The sentence that the documentation glosses."""
    minister = Node("noun:minister", "agent", (Node("adjective:new", "mod"),))
    city = Node("noun:city", "place", (Node("adjective:old", "mod"),)).to("place", "definite")
    theme = Node("noun:worker", "theme").to("theme", "plural")
    parts = (minister.to("agent", "definite"), theme, city, Node("place:3", "source", entity="LOC"))
    return Node("verb:meet", "root", parts).to("root", "past")


@pytest.mark.parametrize("code", ["qaa", "qag", "qah"])
def test_the_documentation_glosses_what_the_code_says(code):
    language = LANGUAGES[code]
    tokens = realise(example(), language, 1)
    rows = zip(*interlinear(tokens, language, 1), strict=True)
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    text = DOC.read_text("utf-8")
    head, *rest = table.split("\n")
    assert head in text and all(row in text for row in rest), f"\n{table}"
    assert text_of(tokens, language) in text
