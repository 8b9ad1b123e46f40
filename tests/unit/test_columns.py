"""The reader of raw column files: the layouts of the CoNLL tasks, of others, and odd input."""

from __future__ import annotations

import tracemalloc

import pytest
from column_files import DATA, LAYOUTS, PAIR, TEXTS, read_bytes, read_layout, text_of
from crosstag.corpora import columns, conllup, tags
from crosstag.corpora.counts import Counts
from crosstag.corpora.sentence import Sentence
from crosstag.corpora.types import Types
from hypothesis import given, settings

# The shared tasks' layouts -----------------------------------------------------------------------


def test_english_has_four_columns_and_iob1():
    sentences = read_layout("english.txt")
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
    sentences = read_layout("german.txt")
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
    sentences = read_layout("spanish.txt")
    assert [text_of(s) for s in sentences] == [
        "La/O niña/O de/O Villa/B-LOC Peñas/I-LOC ríe/O ./O",
        "Gómez/B-PER habló/O con/O Radio/B-ORG Sur/I-ORG Ana/B-PER ./O",
    ]
    assert [s.comments for s in sentences] == [[], []]


def test_dutch_drops_the_document_marker_and_keeps_its_sentence():
    sentences = read_layout("dutch.txt")
    assert [text_of(s) for s in sentences] == [
        "De/O boot/O van/O Jan/B-PER vaart/O ./O",
        "Niets/O ./O",
        "Reeuw/B-LOC slaapt/O ./O",
    ]
    assert [s.comments for s in sentences] == [["newdoc"], [], ["newdoc"]]


# Other corpora, by config alone ------------------------------------------------------------------


def test_wikiann_has_a_prefix_up_to_the_first_colon_and_stray_i():
    assert [text_of(s) for s in read_layout("wikiann")] == [
        "湖/B-LOC 心/I-LOC :/O 林/B-PER 一/I-PER",
        "'/O '/O 北/B-ORG",
    ]


def test_a_file_of_two_columns_with_one_tab_keeps_blanks_in_a_token():
    (sentence,) = read_layout("plain.tsv")
    assert sentence.tokens == ["Lago", "di\u00a0Nesso", "12 000"]


def test_characters_as_tokens_and_an_ideographic_space():
    assert [text_of(s) for s in read_layout("characters.txt")] == [
        "林/B-PER 一/I-PER 到/O 北/B-LOC 湖/I-LOC 。/O",
        "好/O \u3000/O 。/O",
    ]


def test_masakhaner_has_a_byte_order_mark_combining_marks_and_dates():
    assert [text_of(s) for s in read_layout("masakhaner.txt")] == [
        "Ade\u0301/B-PER lo\u0323/O Eko/B-LOC ano\u0301/B-DATE",
        "Ojo/O",
    ]


def test_pioner_has_columns_of_nothing():
    sentences = read_layout("pioner.conll03")
    assert [text_of(s) for s in sentences] == [
        "<nowiki/>Արամ/B-PER Բաբյան/I-PER ապրում/O է/O Գորիս\u00adում/B-LOC :/O",
        "Այո/O ։/O",
    ]
    assert list(sentences[0].columns) == ["FORM", "NER"]


def test_eiec_has_tabs_or_blanks_and_spans_side_by_side():
    assert [text_of(s) for s in read_layout("eiec.txt")] == [
        "Mikel/B-PER Agote/I-PER Donostiara/B-LOC doa/O ./O",
        "EAJk/B-ORG ELA/B-ORG deitu/O du/O",
    ]


def test_a_corpus_of_parts_of_speech_needs_no_entities(tmp_path):
    (sentence,) = read_bytes(b"a DET\nb NOUN\n", tmp_path, columns=["FORM", "UPOS"])
    assert sentence == Sentence({"FORM": ["a", "b"], "UPOS": ["DET", "NOUN"]})


def test_slots_are_labels_too(tmp_path):
    options = {"columns": ["FORM", "SLOT"], "types": Types(["city"], {"day": None})}
    (sentence,) = read_bytes(b"a I-city\nb I-day\n", tmp_path, **options)
    assert sentence.columns["SLOT"] == ["B-city", "O"]


def test_form_comes_first_and_the_others_in_the_files_order(tmp_path):
    names = ["NER", "_", "FORM", "UPOS", "_"]
    (sentence,) = read_bytes(b"O 1 a DET x\n", tmp_path, columns=names)
    assert list(sentence.columns.items()) == [("FORM", ["a"]), ("NER", ["O"]), ("UPOS", ["DET"])]


def test_types_are_mapped_and_by_default_all(tmp_path):
    types = Types(["LOC"], {"GPE": "LOC", "PER": None})
    (sentence,) = read_bytes(b"a B-GPE\nb B-LOC\nc B-PER\n", tmp_path, types=types)
    assert sentence.columns["NER"] == ["B-LOC", "B-LOC", "O"]
    (sentence,) = read_bytes(b"a I-new-type\n", tmp_path, types=None)
    assert sentence.columns["NER"] == ["B-new-type"]


def test_files_of_a_split_are_read_in_their_order(tmp_path):
    for name, content in (("b", b"a O\n"), ("a", b"b O\n\nc O\n")):
        (tmp_path / name).write_bytes(content)
    paths = [tmp_path / "b", tmp_path / "a"]
    assert [s.tokens for s in columns.read(paths, **PAIR)] == [["a"], ["b"], ["c"]]


def test_a_sentence_knows_its_line(tmp_path):
    content = b"\n\n-DOCSTART- O\n\na O\nb O\n\n\nc O\n"
    assert [s.line for s in read_bytes(content, tmp_path, document_marker="line")] == [5, 9]
    content = b"-DOCSTART- O\na O\nb O\n\n\nc O\n"
    assert [s.line for s in read_bytes(content, tmp_path, document_marker="token")] == [2, 6]


@pytest.mark.parametrize("names", [["NER"], [], ["FORM", "NER", "NER"], ["FORM", "FORM"]])
def test_columns_need_form_and_no_name_twice(names, tmp_path):
    with pytest.raises(ValueError, match="FORM"):
        read_bytes(b"a O\n", tmp_path, columns=names)
    with pytest.raises(ValueError, match="FORM"):
        columns.write([tmp_path / "out"], [], columns=names)


# Line ends, marks, encodings ---------------------------------------------------------------------


@pytest.mark.parametrize("name", LAYOUTS)
def test_cr_lf_reads_as_lf(name, tmp_path):
    path = tmp_path / "raw.txt"
    path.write_bytes((DATA / name).read_bytes().replace(b"\n", b"\r\n"))
    assert read_layout(name, path) == read_layout(name)


@pytest.mark.parametrize("name", sorted(LAYOUTS.keys() - {"german.txt", "masakhaner.txt"}))
def test_a_byte_order_mark_is_dropped(name, tmp_path):
    path = tmp_path / "raw.txt"
    path.write_bytes(b"\xef\xbb\xbf" + (DATA / name).read_bytes())
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
    (sentence,) = read_bytes(b"a I-A-B\n", tmp_path, types=Types(["A-B"]))
    assert text_of(sentence) == "a/B-A-B"


# Properties --------------------------------------------------------------------------------------


@given(TEXTS)
@settings(max_examples=60)
def test_any_token_comes_through_to_the_canonical_file(tmp_path_factory, texts):
    folder = tmp_path_factory.getbasetemp()
    raw, canonical = folder / "raw.txt", folder / "out.conllup"
    lines = ["".join(f"{form} {tag}\n" for form, tag in rows) for rows in texts]
    # A byte-order mark at the start is layout; this one goes before any token that is one too.
    raw.write_bytes(b"\xef\xbb\xbf" + "\n".join(lines).encode())
    counts = Counts()
    written = conllup.write(canonical, counts.watch(columns.read([raw], **PAIR)))
    found = conllup.read(canonical)
    assert [s.tokens for s in found] == [[form for form, _ in rows] for rows in texts]
    assert [tags.spans(s.columns["NER"]) for s in found] == [
        tags.spans([tag for _, tag in rows]) for rows in texts
    ]
    assert written == counts.tokens == sum(map(len, texts))
    assert counts.sentences == len(texts)


def test_a_sentence_is_held_and_not_the_file(tmp_path):
    path = tmp_path / "long.txt"
    path.write_bytes(b"some O\nwords B-LOC\n\n" * 20_000)
    tracemalloc.start()
    assert sum(map(len, columns.read([path], **PAIR))) == 40_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000  # all the sentences would take some 20 MB
