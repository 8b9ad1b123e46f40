"""Raw files as the CoNLL-2002 and CoNLL-2003 shared tasks lay them out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from crosstag.files import replacing
from crosstag.synthetic.chance import stream
from crosstag.synthetic.grammar import Token, realise
from crosstag.synthetic.languages import LANGUAGES
from crosstag.synthetic.news import articles
from crosstag.synthetic.world import world


def _tags(text: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in text.split())


# From the grammar's parts of speech; a part that is not listed is looked up without its `.x`.
PENN = _tags(
    "noun=NN noun.plural=NNS noun.name=NNP noun.time=NNP name=NNP adjective=JJ article=DT "
    "verb.past=VBD verb.present=VBZ verb.infinitive=VB copula.past=VBD copula.present=VBZ "
    "copula.infinitive=VB auxiliary=MD adverb=RB negation=RB adposition=IN subordinator=IN "
    "conjunction=CC pronoun=PRP number=CD digits=CD full-stop=. comma=, dash=:"
)
STTS = _tags(
    "noun=NN name=NE adjective=ADJA verb=VVFIN verb.infinitive=VVINF copula=VAFIN "
    "copula.infinitive=VAINF auxiliary=VAFIN adverb=ADV negation=PTKNEG article=ART "
    "adposition=APPR subordinator=KOUS conjunction=KON pronoun=PPER number=CARD digits=CARD "
    "full-stop=$. comma=$, dash=$("
)
EAGLES = _tags(
    "noun=NC name=NP adjective=AQ verb=VMI verb.infinitive=VMN copula=VSI copula.infinitive=VSN "
    "auxiliary=VAI adverb=RG negation=RN article.definite=DA article.indefinite=DI adposition=SP "
    "subordinator=CS conjunction=CC pronoun=PP number=DN digits=Z full-stop=Fp comma=Fc dash=Fg"
)
DUTCH = _tags(
    "noun=N name=N adjective=Adj verb=V copula=V auxiliary=V adverb=Adv negation=Adv article=Art "
    "adposition=Prep subordinator=Conj conjunction=Conj pronoun=Pron number=Num digits=Num "
    "full-stop=Punc comma=Punc dash=Punc"
)
CHUNKS = _tags(
    "noun=I-NP name=I-NP adjective=I-NP article=I-NP pronoun=I-NP number=I-NP digits=I-NP "
    "verb=I-VP copula=I-VP auxiliary=I-VP negation=I-VP adposition=I-PP"
)


@dataclass(frozen=True)
class Layout:
    """How one shared task wrote its files.

    `columns` names the values of a line, of `form lemma pos chunk ner`, in order; `scheme` is IOB1
    (`B-` only right after an entity of the same type) or IOB2 (`B-` at every start). `document` is
    the text that opens each article, with the blank line after it where there is one.
    """

    columns: str
    scheme: str
    tags: dict[str, str]
    document: str
    encoding: str


LAYOUTS = {
    "english": Layout("form pos chunk ner", "IOB1", PENN, "-DOCSTART- -X- -X- O\n\n", "utf-8"),
    "german": Layout(
        "form lemma pos chunk ner", "IOB1", STTS, "-DOCSTART- -X- -X- -X- O\n\n", "latin-1"
    ),
    "spanish": Layout("form pos ner", "IOB2", EAGLES, "", "utf-8"),
    # Here the line is the first token of the article's first sentence.
    "dutch": Layout("form pos ner", "IOB2", DUTCH, "-DOCSTART- -DOCSTART- O\n", "utf-8"),
}


def write_conll(
    path: str | os.PathLike[str],
    *,
    language: str,
    layout: str,
    split: str,
    sentences: int,
    seed: int,
) -> None:
    """Write `sentences` sentences of a constructed language as a raw CoNLL file, atomically.

    The same arguments give the same bytes. World and lexicons follow from `seed` alone; the text of
    each language and split comes from a random stream of its own.

    Raises:
        ValueError: if there is no such language or layout, `sentences` is below 1, or the layout's
            encoding lacks a character of the language.
    """
    for what, key, known in (("language", language, LANGUAGES), ("layout", layout, LAYOUTS)):
        if key not in known:
            raise ValueError(f"no such {what}: {key!r}; choose from {', '.join(known)}")
    if sentences < 1:
        raise ValueError(f"sentences must be at least 1; found {sentences}")
    spoken, form, parts = LANGUAGES[language], LAYOUTS[layout], []
    for article in articles(world(seed), stream(seed, "text", language, split), sentences):
        parts.append(form.document)
        parts += [_sentence(realise(proposition, spoken, seed), form) for proposition in article]
    try:
        data = "".join(parts).encode(form.encoding)
    except UnicodeEncodeError as error:
        raise ValueError(
            f"layout {layout} is written in {form.encoding}, which lacks "
            f"{error.object[error.start]!r} of language {language}"
        ) from error
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def _sentence(tokens: Sequence[Token], layout: Layout) -> str:
    values = {
        "form": [token.form for token in tokens],
        "lemma": [token.lemma for token in tokens],
        "pos": [layout.tags.get(t.pos) or layout.tags[t.pos.partition(".")[0]] for t in tokens],
        "chunk": [CHUNKS.get(token.pos.partition(".")[0], "O") for token in tokens],
        "ner": ner_tags(tokens, layout.scheme),
    }
    rows = zip(*(values[column] for column in layout.columns.split()), strict=True)
    return "".join(" ".join(row) + "\n" for row in rows) + "\n"


def ner_tags(tokens: Sequence[Token], scheme: str) -> list[str]:
    """The tokens' entity tags in the scheme IOB1 or IOB2."""
    tags, previous = [], None
    for token in tokens:
        here = token.entity
        touching = here and previous and here.type == previous.type
        starts = here != previous and (scheme == "IOB2" or touching)
        tags.append(f"{'B' if starts else 'I'}-{here.type}" if here else "O")
        previous = here
    return tags
