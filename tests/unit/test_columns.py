"""The reader of raw column files: the layouts of the CoNLL tasks, odd input and bad input."""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from pathlib import Path

import pytest
from crosstag.corpora import columns, conllup, tags
from crosstag.corpora.counts import Counts
from crosstag.corpora.sentence import Sentence
from crosstag.errors import InputError
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data" / "columns"
TYPES = ["PER", "LOC", "ORG", "MISC"]
LAYOUTS = {
    "english": {
        "columns": ["FORM", "XPOS", "CHUNK", "NER"],
        "encoding": "utf-8",
        "document_marker": "line",
    },
    "german": {
        "columns": ["FORM", "LEMMA", "XPOS", "CHUNK", "NER"],
        "encoding": "latin-1",
        "document_marker": "line",
    },
    "spanish": {
        "columns": ["FORM", "XPOS", "NER"],
        "encoding": "utf-8",
        "document_marker": "none",
    },
    "dutch": {
        "columns": ["FORM", "XPOS", "NER"],
        "encoding": "utf-8",
        "document_marker": "token",
    },
}
PAIR = {"columns": ["FORM", "NER"], "types": TYPES}


def read_layout(name: str, path: Path | None = None) -> list[Sentence]:
    return list(columns.read(path or DATA / f"{name}.txt", types=TYPES, **LAYOUTS[name]))


def text_of(sentence: Sentence) -> str:
    """`token/tag token/tag`."""
    return " ".join(
        f"{f}/{t}" for f, t in zip(sentence.tokens, sentence.columns["NER"], strict=True)
    )


def read_bytes(content: bytes, tmp_path: Path, **options) -> list[Sentence]:
    path = tmp_path / "raw.txt"
    path.write_bytes(content)
    return list(columns.read(path, **{**PAIR, **options}))


def complaint(content: bytes, tmp_path: Path, **options) -> str:
    """What is said about a file, from its line on; its name is checked here."""
    with pytest.raises(InputError) as caught:
        read_bytes(content, tmp_path, **options)
    message = str(caught.value)
    assert message.startswith(str(tmp_path / "raw.txt")), message
    return message.removeprefix(str(tmp_path / "raw.txt"))[2:]


# The four layouts --------------------------------------------------------------------------------


def test_english_has_four_columns_and_iob1():
    sentences = read_layout("english")
    assert [text_of(s) for s in sentences] == [
        "Mayor/O Ida/B-PER Quell/I-PER left/O Port/B-LOC Anwick/I-LOC ./O",
        "Tarn/B-ORG Ferries/I-ORG Ida/B-PER Bo/B-PER Lim/I-PER agree/O",
        "Rain/O ./O",
    ]
    assert [s.comments for s in sentences] == [["newdoc"], [], ["newdoc"]]
    assert list(sentences[0].columns) == ["FORM", "XPOS", "CHUNK", "NER"]
    assert sentences[1].columns["XPOS"] == "NNP NNPS NNP NNP NNP VBP".split()
    assert sentences[1].columns["CHUNK"][-1] == "I-VP"


def test_german_has_lemmas_and_latin_1():
    sentences = read_layout("german")
    assert [text_of(s) for s in sentences] == [
        "Frau/O Grün/B-PER fährt/O nach/O Süßbach/B-LOC ./O",
        "Die/O Öhler/B-ORG Mühle/I-ORG",
    ]
    assert sentences[0].columns["LEMMA"] == [
        "Frau",
        "<unknown>",
        "fahren",
        "nach",
        "<unknown>",
        ".",
    ]
    assert [s.comments for s in sentences] == [["newdoc"], []]


def test_spanish_keeps_its_stray_i_as_a_span():
    sentences = read_layout("spanish")
    assert [text_of(s) for s in sentences] == [
        "La/O niña/O de/O Villa/B-LOC Peñas/I-LOC ríe/O ./O",
        "Gómez/B-PER habló/O con/O Radio/B-ORG Sur/I-ORG Ana/B-PER ./O",
    ]
    assert [s.comments for s in sentences] == [[], []]


def test_dutch_drops_the_document_marker_and_keeps_its_sentence():
    sentences = read_layout("dutch")
    assert [text_of(s) for s in sentences] == [
        "De/O boot/O van/O Jan/B-PER vaart/O ./O",
        "Niets/O ./O",
        "Reeuw/B-LOC slaapt/O ./O",
    ]
    assert [s.comments for s in sentences] == [["newdoc"], [], ["newdoc"]]


@pytest.mark.parametrize("name", LAYOUTS)
def test_cr_lf_reads_as_lf(name, tmp_path):
    path = tmp_path / "raw.txt"
    path.write_bytes((DATA / f"{name}.txt").read_bytes().replace(b"\n", b"\r\n"))
    assert read_layout(name, path) == read_layout(name)


@pytest.mark.parametrize("name", ["english", "spanish", "dutch"])
def test_a_byte_order_mark_is_dropped(name, tmp_path):
    path = tmp_path / "raw.txt"
    path.write_bytes(b"\xef\xbb\xbf" + (DATA / f"{name}.txt").read_bytes())
    assert read_layout(name, path) == read_layout(name)


def test_a_byte_order_mark_elsewhere_is_part_of_its_token(tmp_path):
    (sentence,) = read_bytes("a O\n\ufeffb O\n".encode(), tmp_path)
    assert sentence.tokens == ["a", "\ufeffb"]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "cp1252"])
def test_encodings_give_the_same_text(encoding, tmp_path):
    (sentence,) = read_bytes("Ñandú B-LOC\n".encode(encoding), tmp_path, encoding=encoding)
    assert text_of(sentence) == "Ñandú/B-LOC"


# Odd but right -----------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n", b"\n\n\n \t\n", b"\r\n\r\n"])
def test_the_last_sentence_needs_no_blank_line(end, tmp_path):
    sentences = read_bytes(b"a O\n\nb B-PER\nc I-PER" + end, tmp_path)
    assert [text_of(s) for s in sentences] == ["a/O", "b/B-PER c/I-PER"]


@pytest.mark.parametrize("row", [b"a O", b"a\tO", b"a  \t O", b" a O\t"])
def test_blanks_and_tabs_part_columns(row, tmp_path):
    assert [text_of(s) for s in read_bytes(row + b"\n", tmp_path)] == ["a/O"]


@pytest.mark.parametrize(
    "token",
    "\xa0 \u3000 \u2028 \u2029 \x85 \x0b \x0c \x1c \u200b \ufeff \x00".split(" "),
    ids=lambda token: f"U+{ord(token):04X}",
)
def test_a_token_of_unicode_space_is_kept(token, tmp_path):
    content = f"a O\n{token} B-PER\nb{token}c I-PER\n\n".encode()
    sentences = read_bytes(content, tmp_path)
    assert [s.tokens for s in sentences] == [["a", token, f"b{token}c"]]
    path = tmp_path / "out.conllup"
    assert conllup.write(path, sentences, ["FORM", "NER"]) == 3
    assert conllup.read(path) == sentences


def test_a_long_sentence_and_a_long_word_stay_whole(tmp_path):
    rows = [f"w{i} O" for i in range(1999)] + ["ü" * 5000 + " B-MISC"]
    (sentence,) = read_bytes("\n".join(rows).encode(), tmp_path)
    assert len(sentence) == 2000
    assert sentence.tokens[-1] == "ü" * 5000
    path = tmp_path / "out.conllup"
    conllup.write(path, [sentence], ["FORM", "NER"])
    assert conllup.read(path) == [sentence]


def test_types_may_hold_hyphens(tmp_path):
    (sentence,) = read_bytes(b"a I-A-B\n", tmp_path, types=["A-B"])
    assert text_of(sentence) == "a/B-A-B"


# Bad input ---------------------------------------------------------------------------------------


def test_a_short_row_is_told_with_what_it_holds(tmp_path):
    assert complaint(b"a O\n\nb O\nc\n", tmp_path) == (
        "line 4: found 1 columns in 'c', expected 2 (FORM NER)"
    )


def test_a_wrong_number_of_columns_is_told(tmp_path):
    content = (DATA / "english.txt").read_bytes().replace(b"left VBD", b"left the VBD")
    assert complaint(content, tmp_path, **LAYOUTS["english"]) == (
        "line 6: found 5 columns in 'left the VBD I-VP O', expected 4 (FORM XPOS CHUNK NER)"
    )
    assert complaint((DATA / "spanish.txt").read_bytes(), tmp_path).startswith(
        "line 1: found 3 columns in 'La DA O', expected 2 (FORM NER)"
    )


def test_a_byte_that_is_not_utf_8_is_told_with_its_place(tmp_path):
    found = complaint("a O\nGrün I-PER\n".encode("latin-1"), tmp_path)
    assert found.startswith("line 2, byte 3: found 0xfc, which is not utf-8; expected utf-8")
    assert "latin-1" in found


def test_a_byte_that_is_not_cp1252_is_told(tmp_path):
    found = complaint(b"a\x81 O\n", tmp_path, encoding="cp1252")
    assert found.startswith("line 1, byte 2: found 0x81, which is not cp1252; expected cp1252")


@pytest.mark.parametrize(
    ("tag", "nearest"),
    [
        ("B-PRE", "; nearest: 'B-PER'"),
        ("B_LOC", "; nearest: 'B-LOC'"),
        ("I-MICS", "; nearest: 'I-MISC'"),
        ("B-", "; nearest: "),
        ("PER", "; nearest: "),
        ("B", "; choices: B-LOC, B-MISC, B-ORG, B-PER, I-LOC, I-MISC, I-ORG, I-PER, O"),
        ("o", "; choices: B-LOC, "),
        ("O-PER", "; nearest: "),
        ("E-PER", "; nearest: "),
    ],
)
def test_an_unknown_tag_is_told_with_the_nearest(tag, nearest, tmp_path):
    found = complaint(f"a O\n\nb {tag}\n".encode(), tmp_path)
    expected = f"line 3: found the tag '{tag}', expected O or B-/I- with one of PER, LOC, ORG, MISC"
    assert found.startswith(expected + nearest)


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"\n \n\t\r\n\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"]
)
def test_a_file_without_a_sentence_is_told(content, tmp_path):
    assert complaint(content, tmp_path) == "found no sentence, expected at least one"


@pytest.mark.parametrize("marker", ["line", "token"])
def test_a_file_of_document_markers_has_no_sentence(marker, tmp_path):
    content = b"-DOCSTART- O\n\n-DOCSTART- O\n"
    found = complaint(content, tmp_path, document_marker=marker)
    assert found == "found no sentence, expected at least one"


@pytest.mark.parametrize(
    ("marker", "content", "line", "expected"),
    [
        ("none", b"-DOCSTART- O\na O\n", 1, "no document marker"),
        ("none", b"a O\n\n-DOCSTART- O\n", 3, "no document marker"),
        ("token", b"-DOCSTART- O\na O\n-DOCSTART- O\nb O\n", 3, "it first in a sentence"),
        ("line", b"a O\n-DOCSTART- O\n\nb O\n", 2, "a line of its own"),
    ],
)
def test_a_document_marker_where_none_belongs_is_told(marker, content, line, expected, tmp_path):
    found = complaint(content, tmp_path, document_marker=marker)
    assert found.startswith(f"line {line}: found -DOCSTART-")
    assert f"expected {expected}" in found


def test_a_carriage_return_inside_a_line_is_told(tmp_path):
    # The line ends of old Macs; and one that a copy has doubled.
    assert complaint(b"a O\rb O\r", tmp_path).startswith("line 1: found a carriage return inside")
    assert complaint(b"a O\nb O\r\r\n", tmp_path).startswith("line 2: found a carriage return")


# Properties --------------------------------------------------------------------------------------

#: any token that is no layout and no document marker: no ASCII blank, tab or line end in it
TOKENS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=" \t\r\n"), min_size=1, max_size=6
)
ROWS = st.tuples(TOKENS, st.sampled_from("O B-PER I-PER B-LOC I-LOC".split()))
TEXTS = st.lists(st.lists(ROWS, min_size=1, max_size=5), min_size=1, max_size=5)


@given(TEXTS)
@settings(max_examples=60)
def test_any_token_comes_through_to_the_canonical_file(tmp_path_factory, texts):
    folder = tmp_path_factory.getbasetemp()
    raw, canonical = folder / "raw.txt", folder / "out.conllup"
    lines = ["".join(f"{form} {tag}\n" for form, tag in rows) for rows in texts]
    # A byte-order mark at the start is layout; this one goes before any token that is one too.
    raw.write_bytes(b"\xef\xbb\xbf" + "\n".join(lines).encode())
    counts = Counts()
    written = conllup.write(canonical, counts.watch(columns.read(raw, **PAIR)), ["FORM", "NER"])
    found = conllup.read(canonical)
    assert [s.tokens for s in found] == [[form for form, _ in rows] for rows in texts]
    assert [tags.spans(s.columns["NER"]) for s in found] == [
        tags.spans([tag for _, tag in rows]) for rows in texts
    ]
    assert written == counts.tokens == sum(map(len, texts))
    assert counts.sentences == len(texts)


def mutate(content: bytes, random: random.Random) -> bytes:
    """One to three bytes flipped, deleted or doubled, or a stretch cut out or repeated."""
    result = bytearray(content)
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(result))
        kind = random.randrange(5)
        if kind == 0:
            result[at] ^= 1 << random.randrange(8)
        elif kind == 1:
            del result[at]
        elif kind == 2:
            result.insert(at, result[at])
        elif kind == 3:
            result[at] = random.choice(b" \t\n\r\x00\x0b\x85\xa0\xff-OBI#")
        else:
            end = min(len(result), at + random.randint(1, 30))
            result[at:end] = result[at:end] * random.choice([0, 2])
        if not result:
            result = bytearray(b" ")
    return bytes(result)


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_damaged_file_reads_whole_or_is_refused(name, tmp_path):
    chance = random.Random(name)
    original = (DATA / f"{name}.txt").read_bytes()
    options = {**LAYOUTS[name], "types": TYPES}
    outcomes = Counter()
    for number in range(75):
        content = mutate(original, chance)
        path = tmp_path / f"damaged-{number}.txt"
        path.write_bytes(content)
        rows = [line.strip(b" \t\r") for line in content.split(b"\n")]
        expected = sum(bool(row) and re.split(rb"[ \t]", row)[0] != b"-DOCSTART-" for row in rows)
        try:
            sentences = list(columns.read(path, **options))
        except InputError as error:
            assert str(path) in str(error)
            assert re.search(r", line \d+", str(error)) or "no sentence" in str(error)
            outcomes["refused"] += 1
            continue
        assert sum(map(len, sentences)) == expected
        out = tmp_path / "out.conllup"
        assert conllup.write(out, sentences, options["columns"]) == expected
        assert conllup.read(out) == sentences
        outcomes["read"] += 1
    assert min(outcomes["read"], outcomes["refused"]) > 5, outcomes  # both are tried


# Real corpora ------------------------------------------------------------------------------------

#: name: sentences, tokens without document markers, spans by the scorer's rules, B- tags in the
#: raw file, documents. From the tasks' own description, but for what the raw files show by grep.
CONLL2002 = {
    "esp.train": (8323, 264715, 18798, 18797, 0),
    "esp.testa": (1915, 52923, 4352, 4351, 0),
    "esp.testb": (1517, 51533, 3559, 3558, 0),
    "ned.train": (15806, 202644, 13344, 13344, 287),
    "ned.testa": (2895, 37687, 2616, 2616, 74),
    "ned.testb": (5195, 68875, 3941, 3941, 119),
}


def conll2002(name: str) -> Path:
    """A file of CoNLL-2002, or a skip that says where it was looked for."""
    given = os.environ.get("CROSSTAG_DATA")
    roots = [Path(given)] if given else [ROOT.parent / "shared" / "data"]
    path = roots[0] / "conll2002" / name
    if not path.is_file():
        pytest.skip(f"no {path}; set CROSSTAG_DATA to a data_root that holds conll2002/")
    return path


@pytest.mark.corpora
@pytest.mark.parametrize("name", CONLL2002)
def test_conll_2002_has_its_published_counts(name):
    sentences, tokens, entities, b_tags, documents = CONLL2002[name]
    path = conll2002(name)
    counts = Counts()
    options = LAYOUTS["spanish" if name.startswith("esp") else "dutch"]
    for _ in counts.watch(columns.read(path, types=TYPES, **options)):
        pass
    assert (counts.sentences, counts.tokens) == (sentences, tokens)
    assert counts.entities.total() == entities
    assert counts.documents == documents
    assert len(re.findall(rb"(?m) B-[A-Z]+\r?$", path.read_bytes())) == b_tags
    # In IOB2 each span has one B-, the stray ones too.
    began = sum(n for tag, n in counts.columns["NER"].items() if tag.startswith("B-"))
    assert began == entities
