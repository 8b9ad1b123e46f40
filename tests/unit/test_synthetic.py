"""The constructed languages: truth, text, and the raw CoNLL layouts that they are written in."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from crosstag.synthetic import conll, languages
from crosstag.synthetic.chance import Zipf, stream
from crosstag.synthetic.conll import CHUNKS, LAYOUTS, write_conll
from crosstag.synthetic.grammar import Token, realise
from crosstag.synthetic.languages import FAMILY, LANGUAGES, rules
from crosstag.synthetic.lexicon import apply, words, written
from crosstag.synthetic.news import articles
from crosstag.synthetic.world import Node, world
from hypothesis import given, settings
from hypothesis import strategies as st

DOCSTART = {
    "english": "-DOCSTART- -X- -X- O\n\n",
    "german": "-DOCSTART- -X- -X- -X- O\n\n",
    "dutch": "-DOCSTART- -DOCSTART- O\n",
}
WIDTH = {"english": 4, "german": 5, "spanish": 3, "dutch": 3}
# Tags that the real files use, of those that can be expected here.
TAGS = {
    "english": "NN NNS NNP JJ DT VBD VBZ VB MD RB IN CC PRP CD . , :",
    "german": "NN NE ADJA ART VVFIN VVINF VAFIN VAINF PTKNEG ADV APPR KOUS KON PPER CARD $. $, $(",
    "spanish": "NC NP AQ DA DI VMI VMN VSI VSN VAI RG RN SP CS CC PP DN Z Fp Fc Fg",
    "dutch": "N Adj Art V Adv Prep Conj Pron Num Punc",
}


def propositions(seed: int, count: int, *parts: str) -> list[Node]:
    texts = articles(world(seed), stream(seed, *parts), count)
    return [proposition for text in texts for proposition in text]


def write(folder: Path, language: str, layout: str, split: str = "train", n: int = 120, seed=1):
    path = folder / f"{language}.{layout}.{split}.{seed}.{n}"
    write_conll(path, language=language, layout=layout, split=split, sentences=n, seed=seed)
    return path


def read(path: Path, layout: str) -> list[list[list[str]]]:
    """Sentences of rows of columns: a reader that shares nothing with the writer."""
    encoding = "latin-1" if layout == "german" else "utf-8"
    blocks = path.read_bytes().decode(encoding).split("\n\n")
    assert blocks.pop() == "", "the file ends with a blank line"
    rows = [[line.split(" ") for line in block.split("\n")] for block in blocks]
    rows = [[row for row in block if row[0] != "-DOCSTART-"] for block in rows]
    return [block for block in rows if block]


def decode(tags: list[str], scheme: str) -> set[tuple[int, int, str]]:
    """Entity spans by the letter of the schemes, token by token; refuses what they rule out."""
    found, start = set(), None
    for i, tag in enumerate([*tags, "O"]):
        before = tags[i - 1] if i else "O"
        begins = tag[0] == "B" or (tag[0] == "I" and before[2:] != tag[2:])
        if scheme == "IOB2":
            assert tag[0] != "I" or before[2:] == tag[2:], "IOB2: I- continues an entity"
        elif tag[0] == "B":
            assert before[2:] == tag[2:], "IOB1: B- only right after an entity of the same type"
        if start is not None and (begins or tag == "O"):
            found.add((start, i, tags[start][2:]))
            start = None
        if begins:
            start = i
    return found


def truth(tokens: list[Token]) -> set[tuple[int, int, str]]:
    places: dict = {}
    for index, token in enumerate(tokens):
        if token.entity:
            places.setdefault(token.entity, []).append(index)
    for where in places.values():
        assert where == list(range(where[0], where[-1] + 1)), "a name is in one piece"
    return {(where[0], where[-1] + 1, mention.type) for mention, where in places.items()}


def entities(sentences: list[list[list[str]]]) -> list[tuple[str, str]]:
    result = []
    for rows in sentences:
        for start, end, kind in sorted(decode([row[-1] for row in rows], "IOB2")):
            result.append((kind, " ".join(row[0] for row in rows[start:end])))
    return result


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layout_columns_tags_and_spans(tmp_path, layout):
    sentences = read(write(tmp_path, "qab", layout, n=300), layout)
    expected = [
        realise(p, LANGUAGES["qab"], 1) for p in propositions(1, 300, "text", "qab", "train")
    ]
    assert len(sentences) == len(expected) == 300
    scheme = "IOB1" if layout in ("english", "german") else "IOB2"
    beginnings = 0
    for rows, tokens in zip(sentences, expected, strict=True):
        assert {len(row) for row in rows} == {WIDTH[layout]}
        assert [row[0] for row in rows] == [token.form for token in tokens]
        tags = [row[-1] for row in rows]
        assert decode(tags, scheme) == truth(tokens)
        beginnings += sum(tag.startswith("B-") for tag in tags)
        pos = 2 if layout == "german" else 1
        assert {row[pos] for row in rows} <= set(TAGS[layout].split())
        if layout in ("english", "german"):
            assert {row[-2] for row in rows} <= {"I-NP", "I-VP", "I-PP", "O"}
        if layout == "german":
            assert [row[1] for row in rows] == [token.lemma for token in tokens]
    spans = sum(len(truth(tokens)) for tokens in expected)
    # Both notations are told apart by this text: names of one type do touch, but seldom.
    assert beginnings == spans if scheme == "IOB2" else 0 < beginnings < spans / 4


@pytest.mark.parametrize("layout", LAYOUTS)
def test_documents_open_as_the_layout_says(tmp_path, layout):
    data = write(tmp_path, "qab", layout, n=80).read_bytes()
    text = data.decode("latin-1" if layout == "german" else "utf-8")
    if layout == "spanish":
        assert "-DOCSTART-" not in text
        return
    opening = DOCSTART[layout]
    assert text.startswith(opening)
    documents = text.split(opening)[1:]
    assert "-DOCSTART-" not in "".join(documents)
    sizes = [document.count("\n\n") for document in documents]
    assert sum(sizes) == 80 and all(5 <= size <= 11 for size in sizes[:-1])
    assert all(document[0] != "\n" for document in documents)


def test_layouts_differ_in_form_alone(tmp_path):
    texts = [read(write(tmp_path, "qaa", layout), layout) for layout in LAYOUTS]
    assert len({str([[row[0] for row in rows] for rows in text]) for text in texts}) == 1


def test_the_german_layout_is_latin_1(tmp_path):
    data = write(tmp_path, "qab", "german", n=300).read_bytes()
    assert any(byte > 127 for byte in data)
    with pytest.raises(UnicodeDecodeError):
        data.decode("utf-8")
    with pytest.raises(ValueError, match=r"latin-1.*qad"):
        write(tmp_path, "qad", "german")
    assert [path.name[:3] for path in tmp_path.iterdir()] == ["qab"], "nothing half-written is left"


@pytest.mark.parametrize("seed", range(5))
def test_latin_languages_fit_latin_1_under_any_seed(tmp_path, seed):
    for code in ("qaa", "qab", "qac"):
        write(tmp_path, code, "german", seed=seed)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"language": "xxx"}, "language.*'xxx'.*qaa, qab, qac, qad"),
        ({"layout": "french"}, "layout.*'french'.*english, german, spanish, dutch"),
        ({"sentences": 0}, "at least 1.*0"),
    ],
)
def test_wrong_arguments_are_named(tmp_path, wrong, message):
    right = {"language": "qaa", "layout": "english", "split": "dev", "sentences": 3, "seed": 1}
    with pytest.raises(ValueError, match=message):
        write_conll(tmp_path / "file", **(right | wrong))
    assert not list(tmp_path.iterdir())


def test_same_bytes_in_another_process(tmp_path):
    ours = [write(tmp_path, *pair) for pair in (("qab", "german"), ("qae", "dutch"))]
    script = (
        "import sys; from crosstag.synthetic.conll import write_conll\n"
        "write_conll(sys.argv[1], language=sys.argv[2], layout=sys.argv[3], split='train',"
        " sentences=120, seed=1)"
    )
    library = str(Path(conll.__file__).parents[2])
    for path, hash_seed in itertools.product(ours, ("1", "77")):
        other = tmp_path / f"{path.name}.{hash_seed}"
        language, layout = path.name.split(".")[:2]
        environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": library}
        command = [sys.executable, "-c", script, other, language, layout]
        subprocess.run(command, check=True, env=environment)
        assert other.read_bytes() == path.read_bytes()


def test_seeds_splits_and_languages_are_independent(tmp_path):
    def sentences(*args, **kwargs) -> list[str]:
        rows = read(write(tmp_path, *args, **kwargs), "english")
        return [" ".join(row[0] for row in sentence) for sentence in rows]

    train = sentences("qaa", "english", "train", 300)
    for other in ("dev", "test"):
        assert len(set(train) & set(sentences("qaa", "english", other, 300))) < 6
    assert not set(train) & set(sentences("qaa", "english", "train", 300, seed=2))
    drawn = {code: propositions(1, 100, "text", code, "train") for code in LANGUAGES}
    assert len({str(text) for text in drawn.values()}) == len(LANGUAGES)
    # What a split holds depends on no other: a longer file goes on where a shorter one ends.
    short = sentences("qaa", "english", "train", 40)
    assert train[:30] == short[:30]


@pytest.mark.parametrize("seed", range(3))
def test_difficulty(tmp_path, seed):
    """Enough new names to make memory fail, enough known ones to make learning possible."""
    seen = total = 0
    for code in ("qaa", "qac"):
        train = entities(read(write(tmp_path, code, "dutch", "train", 300, seed), "dutch"))
        test = entities(read(write(tmp_path, code, "dutch", "test", 150, seed), "dutch"))
        seen += sum(entity in set(train) for entity in test)
        total += len(test)
        counts = Counter(kind for kind, _ in train)
        assert min(counts[kind] for kind in ("PER", "LOC", "ORG", "MISC")) > 40
        names: dict[str, set[str]] = {}
        for kind, form in train + test:
            names.setdefault(form, set()).add(kind)
        assert sum(len(kinds) > 1 for kinds in names.values()) >= 5, "some names are ambiguous"
    assert 0.35 < seen / total < 0.65


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
            for layout in LAYOUTS.values():
                assert token.pos in layout.tags or token.pos.split(".")[0] in layout.tags
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
    }
    for code, order in expected.items():
        tokens = realise(sentence, LANGUAGES[code], 1)
        stars = ["*" if t.entity and t.form != t.lemma else "" for t in tokens]
        glosses = [t.concept if t.entity else t.concept.split(":")[1] for t in tokens]
        assert " ".join(map("".join, zip(glosses, stars, strict=True))) == order, code
    nouns = [realise(sentence, LANGUAGES[code], 1) for code in ("qaa", "qab")]
    doctors = [next(t.form for t in s if t.concept == "noun:doctor") for s in nouns]
    assert doctors[0].islower() and doctors[1][0].isupper()


def test_articles_are_like_news():
    texts = list(articles(world(1), stream(1, "news"), 2000))
    assert 7 < 2000 / len(texts) < 9
    drawn = [proposition for text in texts for proposition in text]
    again = [Counter(re.findall(r"last:\d+", str(text))).values() for text in texts]
    people = [count for counts in again for count in counts]
    assert sum(count > 1 for count in people) > 0.2 * len(people), "articles keep to their people"
    results = [node for node in drawn if node.concept == "fragment:result"]
    assert len(results) > 50
    for node, language in itertools.product(results[:20], LANGUAGES.values()):
        tokens = realise(node, language, 1)
        (_, end, one), (start, _, other) = sorted(truth(tokens))
        assert (end, one, other) == (start, "ORG", "ORG"), "clubs of a result touch"
    places: Counter = Counter()
    for node in drawn:
        named = [
            (child.concept, *(part.concept for part in child.children if part.relation == "part"))
            for child in node.children
            if child.entity == "LOC"
        ]
        assert len(set(named)) == len(named), "no sentence names a place twice"
        places.update(named)
    best = sum(count for _, count in places.most_common(20))
    assert 0.3 < best / sum(places.values()) < 0.7, "few places make up much of the news"


def test_scripts():
    for code, language in LANGUAGES.items():
        tokens = [t for p in propositions(1, 60, "x") for t in realise(p, language, 1)]
        letters = {char.lower() for token in tokens for char in token.form if char.isalpha()}
        cyrillic = {char for char in letters if "\u0400" <= char <= "\u04ff"}
        assert cyrillic == (letters if code in ("qad", "qae") else set()), code
    # A name is shared between scripts only after transliteration, and mostly recognisable in one.
    names = [name for name in world(1).names if name.startswith("place:")]
    ours, theirs = ([written(LANGUAGES[c], 1, n) for n in names] for c in ("qaa", "qad"))
    assert not set(ours) & set(theirs)
    inverse = {cyrillic: latin for latin, cyrillic in LANGUAGES["qad"].spelling}
    latin = ["".join(inverse.get(char, char) for char in name) for name in theirs]
    assert 0.4 < sum(a == b for a, b in zip(ours, latin, strict=True)) / len(names) < 0.95


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
        runs = ["".join("V" if c in "aeiouäöü" else "C" for c in stem) for stem in stems]
        assert all("V" in run and "CCCC" not in run for run in runs)


def test_zipf_prefers_low_ranks():
    zipf = Zipf(list(range(50)))
    rng = stream(1, "zipf")
    counts = Counter(zipf.draw(rng) for _ in range(5000))
    expected = [1 / (rank + 2) for rank in range(1, 51)]
    for item in (0, 5, 30):
        assert counts[item] / 5000 == pytest.approx(expected[item] / sum(expected), abs=0.012)


def test_streams_have_their_own_numbers():
    assert stream(1, "a", "b").random() == stream(1, "a", "b").random()
    others = [stream(1, "ab"), stream(1, "b", "a"), stream(2, "a", "b"), stream(1, "a", "b", "")]
    assert stream(1, "a", "b").random() not in {other.random() for other in others}


def test_chunks_follow_the_phrase():
    assert CHUNKS["article"] == CHUNKS["name"] == "I-NP" and "subordinator" not in CHUNKS
