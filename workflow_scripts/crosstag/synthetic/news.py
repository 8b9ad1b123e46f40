"""What is said: seeded news articles, each a list of propositions in no language yet."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from crosstag.synthetic.world import FILLERS, Node, World


def articles(world: World, rng: random.Random, sentences: int) -> Iterator[list[Node]]:
    """Articles of about eight propositions, together exactly `sentences` of them."""
    while sentences > 0:
        size = min(rng.randint(5, 11), sentences)
        yield _Article(world, rng).propositions(size)
        sentences -= size


class _Article:
    """One article: a field of life, and a cast of entities that it keeps coming back to."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self.world, self.rng = world, rng
        self.field = rng.choice(sorted(world.predicates))
        self.cast: defaultdict[str, list[Node]] = defaultdict(list)
        self.named: set[Node] = set()

    def propositions(self, size: int) -> list[Node]:
        """`size` propositions: a dateline or results at the top of some, then sentences."""
        kinds = [self.dateline] if self.chance(0.4) else []
        if self.field == "sport":
            kinds += [self.result] * self.rng.randint(1, 3)
        result = []
        for kind in (kinds + [self.statement] * size)[:size]:
            self.named.clear()
            result.append(kind())
        return result

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def dateline(self) -> Node:
        place = self.name("place").to("item", *["upper"] * self.chance(0.5))
        comma = Node("punctuation:,", "item")
        return Node("fragment:dateline", children=(place, comma, self.date("item")))

    def result(self) -> Node:
        """Two clubs side by side and their goals: names of one type with nothing in between."""
        one, two = (Node(f"digits:{self.rng.randint(0, 5)}", "item") for _ in range(2))
        clubs = [self.name("club").to("item") for _ in range(2)]
        return Node("fragment:result", children=(*clubs, one, Node("punctuation:-", "item"), two))

    def statement(self) -> Node:
        draw = self.rng.random()
        if draw < 0.15:
            content = self.clause("content", adjuncts=0.15)
            return self.verb("verb:say").add(self.filler("person", "agent"), content)
        if draw < 0.27:
            office = self.office().to("predicate", "definite")
            return self.verb("verb:be").add(self.name("person").to("agent"), office)
        return self.clause("root", adjuncts=0.65)

    def clause(self, relation: str, adjuncts: float) -> Node:
        """A verb of the article's field with its roles and, each with a probability, adjuncts."""
        verb, roles = self.world.predicates[self.field].draw(self.rng)
        parts = [self.filler(key, role) for role, key in roles]
        if len(parts) == 1 or self.chance(adjuncts):
            parts.append(self.date("time").to("time", *["fronted"] * self.chance(0.3)))
        if len(parts) < 4 and self.chance(adjuncts * 0.7):
            parts.append(self.filler("place", "place"))
        if self.chance(adjuncts * 0.4):
            parts.append(Node(self.world.adverbs.draw(self.rng), "manner"))
        return self.verb(verb).to(relation).add(*parts)

    def verb(self, concept: str) -> Node:
        tense = self.rng.choices(("past", "present", "future"), (0.6, 0.25, 0.15))[0]
        return Node(concept).to("root", tense, *["negative"] * self.chance(0.06))

    def filler(self, key: str, role: str) -> Node:
        """A pronoun, a common noun phrase or a name for a role, a name perhaps with more to it."""
        share, noun = FILLERS[key]
        if role == "agent" and key == "person" and self.chance(0.08):
            return Node(f"pronoun:{self.rng.choice(('he', 'she', 'they'))}", role)
        if not self.chance(share):
            return self.phrase(noun).to(role)
        node, draw = self.name(key), self.rng.random()
        if key == "person" and draw < 0.2:
            node = node.add(self.common("person").to("title"))
        elif key == "person" and role != "agent" and draw < 0.35:
            node = node.add(self.office().to("apposition", "indefinite"))
        elif draw > 0.9:
            node = node.add(self.name(key).to("conjunct"))
        return node.to(role, *["definite"] * (node.kind in ("noun", "nationality")))

    def common(self, kind: str) -> Node:
        return Node(self.world.nouns[kind].draw(self.rng))

    def office(self) -> Node:
        return self.common("person").add(self.name("organisation").to("of"))

    def phrase(self, kind: str) -> Node:
        """A common noun with its article and number, and perhaps a modifier."""
        node, draw = self.common(kind), self.rng.random()
        if draw < 0.25:
            node = node.add(Node(self.world.adjectives.draw(self.rng), "mod"))
        elif draw < 0.37:
            nationality = self.world.entities["group"].draw(self.rng).concept
            node = node.add(Node(nationality, "mod", entity="MISC"))
        elif draw < 0.47:
            node = node.add(self.name("place" if self.chance(0.6) else "organisation").to("of"))
        if self.chance(0.1):
            number = Node(self.world.numbers.draw(self.rng), "count")
            return node.add(number).to("root", "plural")
        article = "definite" if self.chance(0.6) else "indefinite"
        return node.to("root", article, *["plural"] * self.chance(0.25))

    def name(self, key: str) -> Node:
        """An entity that the sentence has not named yet: one of the cast, or newly drawn."""
        cast = [node for node in self.cast[key] if node not in self.named]
        known = bool(cast) and self.chance(0.35)
        node = self.rng.choice(cast) if known else self.world.entities[key].draw(self.rng)
        while node in self.named:
            node = self.world.entities[key].draw(self.rng)
        self.named.add(node)
        self.cast[key].append(node)
        # People mostly lose the first name once they have been introduced.
        bare = key == "person" and self.chance(0.8 if known else 0.25)
        return replace(node, children=()) if bare else node

    def date(self, relation: str) -> Node:
        draw = self.rng.random()
        year = Node(f"digits:{self.rng.randint(1985, 2004)}", "number")
        month = Node(f"month:{self.rng.randint(1, 12)}", relation)
        if draw < 0.5:
            return Node(f"weekday:{self.rng.randint(1, 7)}", relation)
        if draw < 0.7:
            return month.add(year)
        if draw < 0.9:
            return month.add(Node(f"digits:{self.rng.randint(1, 28)}", "count"))
        return year.to(relation)
