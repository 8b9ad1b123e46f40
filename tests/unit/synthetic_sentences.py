"""Sentences of the constructed languages for their tests, and the names that are in them."""

from __future__ import annotations

from pathlib import Path

from crosstag.synthetic import lexicon
from crosstag.synthetic.chance import stream
from crosstag.synthetic.grammar import Token
from crosstag.synthetic.news import articles
from crosstag.synthetic.world import Node, world

DOC = Path(lexicon.__file__).parents[3] / "docs" / "constructed_languages.md"


def propositions(seed: int, count: int, *parts: str) -> list[Node]:
    """News of a world, an article after another."""
    texts = articles(world(seed), stream(seed, *parts), count)
    return [proposition for text in texts for proposition in text]


def truth(tokens: list[Token]) -> set[tuple[int, int, str]]:
    """Start, end and type of every name."""
    places: dict = {}
    for index, token in enumerate(tokens):
        if token.entity:
            places.setdefault(token.entity, []).append(index)
    for where in places.values():
        assert where == list(range(where[0], where[-1] + 1)), "a name is in one piece"
    return {(where[0], where[-1] + 1, mention.type) for mention, where in places.items()}


ME, MY = Node("pronoun:i", "recipient"), Node("pronoun:my", "poss")
FLIGHT = Node(
    "noun:flight",
    "theme",
    (
        MY,
        Node("adjective:cheap", "mod", entity="cost"),
        Node("place:3", "source", entity="LOC").labelled("fromloc.city_name"),
        Node("noun:pm", "at", (Node("digits:7", "first"),), "time"),
    ),
)
SHOW = Node("verb:show", "root", (ME, FLIGHT)).to("root", "imperative")


def question(concept: str, *children: Node) -> Node:
    return Node(concept, "root", children).to("root", "question")


UTTERED = [
    SHOW,
    question(
        "verb:leave",
        Node("noun:flight", "wh", (Node("pronoun:which", "det"),)),
        Node("place:5", "source", entity="fromloc"),
        Node("adverb:tomorrow", "time", entity="date"),
    ),
    question("verb:be", Node("pronoun:what", "wh"), Node("noun:weather", "agent")),
    question("verb:change", Node("pronoun:when", "wh"), Node("place:2", "place")),
    question("verb:watch", Node("pronoun:you", "agent"), Node("pronoun:what", "wh")),
    question("verb:serve", Node("noun:flight", "agent"), Node("noun:meal", "theme")),
    Node(
        "verb:remind",
        "root",
        (
            Node("pronoun:i", "theme"),
            Node("verb:pay", "content", (Node("noun:bill", "theme"),), "todo").to(
                "content", "infinitive"
            ),
        ),
    ).to("root", "imperative", "negative"),
    Node("fragment:x", "root", (FLIGHT.to("item"),)),
]
