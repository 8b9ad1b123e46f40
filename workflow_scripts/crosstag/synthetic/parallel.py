"""Text without labels: parallel text with its word alignments, dictionaries, plain text."""

from __future__ import annotations

import os
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from crosstag import registry
from crosstag.bitexts import dictionaries
from crosstag.bitexts.dictionaries import Entry
from crosstag.bitexts.pairs import Pair
from crosstag.bitexts.registry import BITEXTS
from crosstag.bitexts.word_alignments import Alignment, write_pharaoh
from crosstag.files import replacing
from crosstag.synthetic.chance import stream
from crosstag.synthetic.fiction import stories
from crosstag.synthetic.grammar import Token, realise
from crosstag.synthetic.languages import LANGUAGES, Language
from crosstag.synthetic.lexicon import written
from crosstag.synthetic.news import articles
from crosstag.synthetic.registry import known
from crosstag.synthetic.trees import text_of
from crosstag.synthetic.world import Node, world

#: sentences in which the frequency of words is counted
SAMPLE = 1000
#: PanLex's translation quality of the first translation of a word, and of its others
SCORES = (8.0, 5.0)

Texts = Iterator[list[Node]]


def _news(seed: int, rng: random.Random, sentences: int) -> Texts:
    return articles(world(seed), rng, sentences)


def _fiction(seed: int, rng: random.Random, sentences: int) -> Texts:
    return stories(rng, sentences)


#: domain → texts of several propositions, by seed of the world, random stream, and sentences
DOMAINS: dict[str, Callable[[int, random.Random, int], Texts]] = {
    "news": _news,
    "fiction": _fiction,
}


def write_bitext(
    *,
    root: str | os.PathLike[str],
    files: Sequence[str],
    source: str,
    target: str,
    raw: Mapping[str, Any],
    domain: str,
    sentences: int,
    seed: int,
    stream_of: Sequence[str],
    alignment_path: str | os.PathLike[str] | None = None,
    tokenised: bool = True,
) -> None:
    """Write sentences of one language and their translations, atomically.

    The same arguments give the same bytes, and the same `seed`, `domain` and `stream_of` the same
    sentences in all languages.

    Args:
        root, files: folder of the raw data, and the files below it.
        source, target: languages, keys of `LANGUAGES`.
        raw: `format`, a key of `BITEXTS`, and the options of its writer.
        domain: a key of `DOMAINS`.
        stream_of: names of the random stream, e.g. those of the bitext and its part.
        alignment_path: file for the word alignments, in Pharaoh format; see `alignment`.
        tokenised: words and punctuation are parted by blanks; otherwise it is running text as each
            language writes it, which some do without blanks.

    Raises:
        ValueError: for an unknown key, for no sentences, and for alignments of running text.
    """
    spoken = _languages(source, target)
    if (alignment_path is not None or raw["format"] == "xlwa") and not tokenised:
        raise ValueError("word alignments count the words of tokenised text; tokenised is false")
    options = dict(raw)
    form = options.pop("format")
    pairs = []
    for text in _texts(domain, sentences, seed, stream_of):
        for proposition in text:
            sides = [realise(proposition, language, seed) for language in spoken]
            both = zip(sides, spoken, strict=True)
            pairs.append(Pair(*(_line(side, language, tokenised) for side, language in both)))
            if alignment_path is not None or form == "xlwa":
                pairs[-1].alignment = alignment(*sides)
    write: Callable[..., None] = registry.load(
        {form: BITEXTS[form].replace(":read", ":write")}, form
    )
    write([Path(root, name) for name in files], pairs, source=source, target=target, **options)
    if alignment_path is not None:
        write_pharaoh(alignment_path, (pair.alignment or Alignment() for pair in pairs))


def alignment(source: Sequence[Token], target: Sequence[Token]) -> Alignment:
    """Which tokens of two realisations of one proposition translate each other.

    Two tokens are linked if they realise the same concept of the same node. So names and content
    words are linked one to one. A function word is linked to that of the same phrase; it has no
    link if the other language has an ending in its place, or nothing. The commas around a phrase
    are linked in their order.
    """
    places: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
    for j, token in enumerate(target):
        places[token.path, token.concept].append(j)
    links = []
    for i, token in enumerate(source):
        there = places[token.path, token.concept]
        if there:
            links.append((i, there.pop(0)))
    return Alignment(tuple(links))


def write_dictionary(
    *,
    root: str | os.PathLike[str],
    files: Sequence[str],
    source: str,
    target: str,
    raw: Mapping[str, Any],
    seed: int,
) -> None:
    """Write a bilingual dictionary, atomically: all words and names, the most frequent first.

    Args:
        root, files: folder of the raw data, and one file below it.
        source, target: languages, keys of `LANGUAGES`.
        raw: `format`, `muse` or `panlex`, and for the latter the `columns`: `source`, `target`
            and, if wanted, `score`, in this order.

    Raises:
        ValueError: for an unknown key and for other columns.
    """
    entries = translations(*_languages(source, target), seed)
    (path,) = (Path(root, name) for name in files)
    known("format of dictionaries", raw["format"], ("muse", "panlex"))
    if raw["format"] == "muse":
        dictionaries.write_muse([path], entries)
        return
    columns = list(raw["columns"])
    scored = columns == ["source", "target", "score"]
    if not scored and columns != ["source", "target"]:
        raise ValueError(f"found the columns {columns}, expected source, target and perhaps score")
    seen: set[str] = set()
    scores = []
    for entry in entries:
        scores.append(SCORES[entry.source in seen])
        seen.add(entry.source)
    rows = (
        entry._replace(score=score if scored else None)
        for entry, score in zip(entries, scores, strict=True)
    )
    dictionaries.write(path, rows)


def translations(source: Language, target: Language, seed: int) -> list[Entry]:
    """All pairs of words that mean the same, in lower case and without endings.

    Words come by their frequency, and the translations of one that has several meanings together,
    the most frequent meaning first. Of words of the grammar there are those that both languages
    use; acronyms are left out.
    """
    counts = [_frequencies(language, seed) for language in (source, target)]
    kept = [c for c in world(seed).concepts if not c.startswith(("suffix:", "function:"))]
    kept += [c for c in world(seed).names if not c.startswith("acronym:")]
    kept += [c for c in counts[0] if c.startswith("function:") and c in counts[1]]
    meanings: defaultdict[str, list[str]] = defaultdict(list)
    for concept in sorted(kept, key=lambda concept: -counts[0][concept]):
        meanings[written(source, seed, concept)].append(concept)
    return dictionaries.unique(
        Entry(word, written(target, seed, concept))
        for word, concepts in meanings.items()
        for concept in concepts
    )


@lru_cache(maxsize=32)
def _frequencies(language: Language, seed: int) -> Counter[str]:
    """How often each concept is said, by its word of its own, in a sample of all domains."""
    return Counter(
        token.concept
        for domain in DOMAINS
        for text in _texts(domain, SAMPLE, seed, ("frequencies", domain))
        for proposition in text
        for token in realise(proposition, language, seed)
    )


def write_plain_text(
    *,
    root: str | os.PathLike[str],
    files: Sequence[str],
    language: str,
    domain: str,
    sentences: int,
    seed: int,
    stream_of: Sequence[str],
    encoding: str = "utf-8",
) -> None:
    """Write running text without annotation, atomically: a paragraph of several sentences a line.

    Args:
        root, files: folder of the raw data, and one file below it.
        language: a key of `LANGUAGES`.
        domain: a key of `DOMAINS`.
        sentences: how many, in about an eighth as many lines.
        stream_of: names of the random stream, e.g. those of the text and the language.

    Raises:
        ValueError: for an unknown key, no sentences, and a script that the encoding lacks.
    """
    (spoken,) = _languages(language)
    (path,) = (Path(root, name) for name in files)
    texts = _texts(domain, sentences, seed, stream_of)
    with replacing(path) as temporary, temporary.open("w", encoding=encoding, newline="\n") as out:
        for text in texts:
            said = (text_of(realise(node, spoken, seed), spoken) for node in text)
            out.write(" ".join(said) + "\n")


def _texts(domain: str, sentences: int, seed: int, stream_of: Sequence[str]) -> Texts:
    known("domain", domain, DOMAINS)
    if sentences < 1:
        raise ValueError(f"found {sentences} sentences, expected 1 or more")
    return DOMAINS[domain](seed, stream(seed, "text", *stream_of), sentences)


def _languages(*codes: str) -> list[Language]:
    for code in codes:
        known("language", code, LANGUAGES)
    return [LANGUAGES[code] for code in codes]


def _line(tokens: Sequence[Token], language: Language, tokenised: bool) -> str:
    return " ".join(t.form for t in tokens) if tokenised else text_of(tokens, language)
