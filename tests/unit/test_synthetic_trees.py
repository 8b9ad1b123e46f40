"""Trees of the constructed languages' sentences, and the text that these are written as."""

from __future__ import annotations

import itertools

import pytest
from crosstag.synthetic.grammar import CLAUSE, PHRASE, Token, realise
from crosstag.synthetic.languages import LANGUAGES
from crosstag.synthetic.trees import UD_TAGS, text_of, tree, universal
from crosstag.synthetic.world import Node
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_sentences import SHOW, UTTERED, propositions


def check_tree(tokens: list[Token]) -> list[str]:
    """One root, no cycle, no crossing arcs; the oracle follows heads and compares all arcs."""
    arcs = tree(tokens)
    assert len(arcs) == len(tokens)
    assert [relation for head, relation in arcs if head == 0] == ["root"]
    for start in range(1, len(arcs) + 1):
        seen, at = set(), start
        while at:
            assert at not in seen, "no cycle"
            seen.add(at)
            at = arcs[at - 1][0]
    spans = [sorted((i, head)) for i, (head, _) in enumerate(arcs, 1)]
    for (a, b), (c, d) in itertools.combinations(spans, 2):
        assert not (a < c < b < d or c < a < d < b), "no arcs cross"
    relations = [relation for _, relation in arcs]
    assert set(relations) <= set(
        "root nsubj obj iobj obl nmod amod det nummod case mark aux cop advmod appos conj cc punct "
        "flat compound parataxis ccomp".split()
    )
    for token, relation in zip(tokens, relations, strict=True):
        assert (relation == "punct") == (universal(token.pos) == "PUNCT")
        assert universal(token.pos) in UD_TAGS.values()
    return relations


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 3), part=st.text(max_size=5), code=st.sampled_from(sorted(LANGUAGES)))
def test_every_sentence_has_a_projective_tree(seed, part, code):
    for proposition in propositions(seed, 8, part):
        check_tree(realise(proposition, LANGUAGES[code], seed))


HEAD = st.sampled_from(
    "noun:law noun:city last:3 first:4 place:5 firm:6 acronym:7 digits:8 number:two weekday:2 "
    "adjective:new adverb:now pronoun:i pronoun:which nationality:3".split()
)
FEATURE = st.frozensets(st.sampled_from("definite plural title name upper fronted".split()))


def anything(heads, relations: set[str], children) -> st.SearchStrategy[Node]:
    """Nodes of the grammar, whether or not they make sense."""
    return st.builds(
        Node,
        heads,
        st.sampled_from(sorted(relations)),
        children,
        st.sampled_from([None, "PER", "slot.a"]),
        FEATURE,
    )


def some(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[tuple[Node, ...]]:
    return st.lists(parts, max_size=4).map(tuple)


VERBS = st.sampled_from(["verb:be", "verb:find"])
NOMINAL = anything(HEAD, PHRASE, st.just(()))
for _ in range(2):
    NOMINAL = anything(HEAD, PHRASE, some(NOMINAL))
PART = NOMINAL.flatmap(lambda n: st.sampled_from(sorted(CLAUSE - {"content"})).map(n.to))
CONTENT = anything(VERBS, {"content"}, some(PART))


@settings(deadline=None, max_examples=100)
@given(
    node=anything(VERBS, {"root"}, some(PART | CONTENT)),
    features=st.sets(st.sampled_from("question imperative future past negative".split())),
    code=st.sampled_from(sorted(LANGUAGES)),
)
def test_anything_that_can_be_said_has_a_projective_tree(node, features, code):
    def size(node: Node) -> int:
        return 1 + sum(size(child) for child in node.children)

    node = node.to("root", *features)
    tokens = realise(node, LANGUAGES[code], 1)
    check_tree(tokens)
    assert sum(t.concept[:4] not in ("func", "punc") for t in tokens) == size(node), "all is said"


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_utterance_has_a_projective_tree(code):
    for node in UTTERED:
        check_tree(realise(node, LANGUAGES[code], 1))
    only = Node("fragment:x", children=(Node("punctuation:-", "item"),))
    assert tree(realise(only, LANGUAGES[code], 1)) == [(0, "root")]


def test_trees():
    def shown(node: Node, code: str = "qaa") -> str:
        tokens = realise(node, LANGUAGES[code], 1)
        names = [token.concept.split(":")[1] for token in tokens]
        arcs = tree(tokens)
        heads = ["0" if not head else names[head - 1] for head, _ in arcs]
        return " ".join(f"{n}<{h}:{r}" for n, h, (_, r) in zip(names, heads, arcs, strict=True))

    person = Node("last:1", "agent", (Node("first:2", "first"),), "PER")
    office = Node("noun:leader", "predicate", (Node("firm:3", "of", entity="ORG"),))
    copula = Node("verb:be", "root", (person, office.to("predicate", "definite")))
    copula = copula.to("root", "future", "negative")
    assert shown(copula) == (
        "2<leader:nsubj 1<2:flat not<leader:advmod will<leader:aux be<leader:cop the<leader:det "
        "leader<0:root of<3:case 3<leader:nmod .<leader:punct"
    )
    doctor = Node("last:5", "theme", (Node("noun:doctor", "apposition"),), "PER")
    clause = Node("verb:find", "content", (Node("pronoun:they", "agent"), doctor)).to("", "past")
    said = Node("verb:say", "root", (person, clause.to("content"))).to("root", "past")
    assert shown(said, "qad") == (
        "2<say:nsubj 1<2:flat say<0:root that<find:mark they<find:nsubj find<say:ccomp "
        "5<find:obj ,<doctor:punct doctor<5:appos .<say:punct"
    )
    assert shown(UTTERED[2]) == "what<0:root weather<what:nsubj be<what:cop ?<what:punct"
    assert shown(SHOW).startswith("show<0:root i<show:iobj my<flight:nmod cheap<flight:amod")


def test_text():
    clause = Node("verb:visit", "root", (Node("place:1", "agent"), Node("place:2", "theme")))
    for code, language in LANGUAGES.items():
        tokens = realise(clause, language, 1)
        forms = [token.form for token in tokens[:-1]]
        blank = "" if code == "qai" else " "
        assert text_of(tokens, language) == blank.join(forms) + "."
    result = Node(
        "fragment:x",
        children=tuple(
            Node(concept, "item")
            for concept in ("firm:1", "punctuation:,", "digits:3", "digits:4", "noun:law")
        ),
    )
    (firm, *_, law) = realise(result, LANGUAGES["qai"], 1)
    assert text_of(realise(result, LANGUAGES["qai"], 1), LANGUAGES["qai"]) == (
        f"{firm.form}, 3 4{law.form}"
    )
