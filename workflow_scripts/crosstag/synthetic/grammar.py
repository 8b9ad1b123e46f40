"""How it is said: a language realises a proposition as tokens."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import NamedTuple

from crosstag.synthetic.languages import Language
from crosstag.synthetic.lexicon import written
from crosstag.synthetic.world import FUNCTIONS, Node

Path = tuple[int, ...]

MARKERS = {"goal": "to", "place": "in", "time": "on", "of": "of"}
CASES = {"theme": "accusative", "goal": "dative", "place": "locative", "of": "genitive"}
CLOSED = FUNCTIONS | {".": "full-stop", ",": "comma", "-": "dash"}
NAME_KINDS = {"first", "last", "place", "firm", "product", "acronym"}


class Mention(NamedTuple):
    """A mention of an entity: the path of its head node, and its type."""

    path: Path
    type: str


@dataclass(frozen=True, slots=True)
class Token:
    """A token and what it realises.

    `path` leads to its node in the proposition, as child indices from the root; a function word has
    that of the phrase it belongs to. Tokens of two languages with the same path and `concept`
    translate each other; the governor of a node's word is the word of the node at `path[:-1]`.
    `pos` is a key of the layouts' tag maps.
    """

    form: str
    lemma: str
    pos: str
    concept: str
    path: Path
    entity: Mention | None = None


def realise(proposition: Node, language: Language, seed: int) -> list[Token]:
    """The sentence in which `language`, with the lexicon of `seed`, says the proposition."""
    return _Speaker(language, seed).sentence(proposition)


class _Speaker:
    def __init__(self, language: Language, seed: int) -> None:
        self.language, self.seed = language, seed

    def sentence(self, node: Node) -> list[Token]:
        if node.kind == "fragment":
            tokens = [t for i, part in enumerate(node.children) for t in self.phrase(part, (i,))]
        else:
            tokens = [*self.clause(node, ()), self.word("punctuation:.", ())]
            # The comma that ends an apposition gives way to a full stop.
            if tokens[-2].concept == "punctuation:,":
                del tokens[-2]
        return [replace(tokens[0], form=_capital(tokens[0].form)), *tokens[1:]]

    def clause(self, node: Node, path: Path) -> list[Token]:
        slots: defaultdict[str, list[Token]] = defaultdict(list)
        for index, part in enumerate(node.children):
            inner = (*path, index)
            slot = "fronted" if "fronted" in part.features else part.relation
            if part.relation == "content":
                slots[slot] = [self.word("function:that", inner), *self.clause(part, inner)]
            else:
                slots[slot] += self.phrase(part, inner)
        complement = slots["theme"] + slots["predicate"]
        core = {"S": slots["agent"], "O": complement, "V": self.verb(node, path)}
        first, second, third = (core[letter] for letter in self.language.order)
        adjuncts = slots["goal"] + slots["place"] + slots["time"] + slots["manner"]
        if self.language.order[-1] == "V":
            body = first + adjuncts + second + third
        else:
            body = first + second + third + adjuncts
        return slots["fronted"] + body + slots["content"]

    def verb(self, node: Node, path: Path) -> list[Token]:
        kind = "copula" if node.concept == "verb:be" else "verb"
        tense = next(t for t in ("past", "present", "future") if t in node.features)
        if tense == "future":
            will = self.word("function:will", path)
            infinitive = self.word(node.concept, path, f"{kind}.infinitive")
            tokens = [infinitive, will] if self.language.order[-1] == "V" else [will, infinitive]
        else:
            tokens = [self.word(node.concept, path, f"{kind}.{tense}", tense)]
        return [self.word("function:not", path), *tokens] if "negative" in node.features else tokens

    def phrase(self, node: Node, path: Path) -> list[Token]:
        """A noun phrase, name or adverb with what marks its relation to the clause."""
        cased = node.relation in self.language.cases
        tokens = self.nominal(node, path, [CASES[node.relation]] if cased else [])
        if cased or node.relation not in MARKERS:
            return tokens
        marker = [self.word(f"function:{MARKERS[node.relation]}", path)]
        return tokens + marker if self.language.postpositions else marker + tokens

    def nominal(self, node: Node, path: Path, case: list[str]) -> list[Token]:
        parts: defaultdict[str, list[Token]] = defaultdict(list)
        for index, part in enumerate(node.children):
            inner = (*path, index)
            if part.relation == "conjunct":
                link = self.word("function:and", inner)
                parts["conjunct"] = [link, *self.nominal(part, inner, case)]
            elif part.relation == "apposition":
                comma = self.word("punctuation:,", inner)
                parts["apposition"] = [comma, *self.phrase(part, inner), comma]
            elif part.relation == "part" and not self.language.adjective_first:
                # Where modifiers follow, a name is no compound but `University of X`.
                parts["number"] = self.phrase(part.to("of"), inner)
            else:
                parts[part.relation] += self.phrase(part, inner)
        name = parts["part"] + parts["first"] + self.head(node, path, case) + parts["number"]
        if node.entity:
            name = [self.inside(token, Mention(path, node.entity)) for token in name]
        if "upper" in node.features:
            name = [replace(token, form=token.form.upper()) for token in name]
        left = self.article(node, path) + parts["count"] + parts["title"]
        right = parts["apposition"] + parts["conjunct"]
        name = parts["mod"] + name if self.language.adjective_first else name + parts["mod"]
        if self.language.postpositions:
            return parts["of"] + left + name + right
        return left + name + parts["of"] + right

    def head(self, node: Node, path: Path, case: list[str]) -> list[Token]:
        kind, plural = node.kind, "plural" in node.features
        if kind == "nationality":
            pos = "adjective.name" if node.relation == "mod" else "noun.name"
        elif kind in NAME_KINDS:
            pos = "name"
        elif kind in ("weekday", "month"):
            pos = "noun.time"
        elif kind == "noun":
            pos = "noun.plural" if plural else "noun"
        else:
            return [self.word(node.concept, path)]
        return [self.word(node.concept, path, pos, *["plural"] * plural, *case)]

    def article(self, node: Node, path: Path) -> list[Token]:
        if not self.language.articles:
            return []
        if "definite" in node.features:
            return [self.word("function:the", path)]
        indefinite = "indefinite" in node.features and "plural" not in node.features
        return [self.word("function:a", path)] if indefinite else []

    def inside(self, token: Token, mention: Mention) -> Token:
        """The token as a part of a name; in names nouns and adjectives are capitalised."""
        kind = token.concept.partition(":")[0]
        if kind in ("noun", "adjective"):
            token = replace(token, form=_capital(token.form), pos=f"{kind}.name")
        return replace(token, entity=mention)

    def word(self, concept: str, path: Path, pos: str | None = None, *suffixes: str) -> Token:
        kind, _, name = concept.partition(":")
        form = written(self.language, self.seed, concept, *suffixes)
        lemma = written(self.language, self.seed, concept)
        pos = pos or CLOSED.get(name, kind)
        if kind in NAME_KINDS or {kind, pos.partition(".")[0]} & self.language.capitals:
            form, lemma = _capital(form), _capital(lemma)
        return Token(form, lemma, pos, concept, path)


def _capital(form: str) -> str:
    return form[:1].upper() + form[1:]
