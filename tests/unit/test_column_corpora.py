"""Real corpora in columns have the counts that they were published with."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from column_files import LAYOUTS, PAIR, TYPES, WIKIANN
from crosstag.corpora import columns
from crosstag.corpora.counts import Counts
from crosstag.corpora.types import Types
from real_corpora import real

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


def counted(paths: list[Path], types: list[str], **options) -> Counts:
    counts = Counts()
    for _ in counts.watch(columns.read(paths, types=Types(types), **options)):
        pass
    return counts


def b_tags_in(path: Path) -> int:
    return len(re.findall(rb"(?m)[ \t]B-[A-Z]+\r?$", path.read_bytes()))


@pytest.mark.corpora
@pytest.mark.parametrize("name", CONLL2002)
def test_conll_2002_has_its_published_counts(name):
    sentences, tokens, entities, b_tags, documents = CONLL2002[name]
    path = real(f"conll2002/{name}")
    layout = LAYOUTS["spanish.txt" if name.startswith("esp") else "dutch.txt"]
    counts = counted([path], TYPES, **layout)
    assert (counts.sentences, counts.tokens) == (sentences, tokens)
    assert counts.entities.total() == entities
    assert counts.documents == documents
    assert b_tags_in(path) == b_tags
    # In IOB2 each span has one B-, the stray ones too.
    began = sum(n for tag, n in counts.columns["NER"].items() if tag.startswith("B-"))
    assert began == entities


#: sentences, tokens, entities as published (they are the B- tags), spans by the scorer's rules
PIONER = {
    "train": (5964, 130719, 12620, 12629),
    "dev": (1491, 32528, 3133, 3138),
    "test": (2529, 53606, 3924, 3930),
}


@pytest.mark.corpora
@pytest.mark.parametrize("split", PIONER)
def test_pioner_has_its_published_counts(split):
    path = real(f"pioner/{split}.conll03")
    counts = counted([path], ["PER", "LOC", "ORG"], **LAYOUTS["pioner.conll03"])
    found = (counts.sentences, counts.tokens, b_tags_in(path), counts.entities.total())
    assert found == PIONER[split]


#: sentences and tokens of train, dev and test; stray I- in all three
MASAKHANER = {
    "amh": ([1750, 250, 500], [25819, 3749, 7449], 0),
    "hau": ([1912, 276, 552], [55010, 8301, 16841], 2),
    "ibo": ([2235, 320, 638], [42719, 6304, 12645], 0),
    "kin": ([2116, 302, 605], [47912, 6711, 14196], 0),
    "lug": ([1428, 200, 407], [33003, 3771, 9841], 3),
    "luo": ([644, 92, 186], [18577, 2567, 5159], 0),
    "pcm": ([2124, 306, 600], [52604, 7728, 15731], 5),
    "swa": ([2109, 300, 604], [56599, 7263, 15409], 0),
    "wol": ([1871, 267, 539], [36805, 4384, 11682], 0),
    "yor": ([2171, 305, 645], [56274, 7115, 19896], 2),
}


@pytest.mark.corpora
@pytest.mark.parametrize("language", MASAKHANER)
def test_masakhaner_has_its_published_counts(language):
    paths = [real(f"masakhaner/{language}/{split}.txt") for split in ("train", "dev", "test")]
    splits = [counted([path], ["PER", "LOC", "ORG", "DATE"], **PAIR) for path in paths]
    sentences, tokens, stray = MASAKHANER[language]
    assert [counts.sentences for counts in splits] == sentences
    assert [counts.tokens for counts in splits] == tokens
    spans = sum(counts.entities.total() for counts in splits)
    assert spans - sum(map(b_tags_in, paths)) == stray


#: tokens and B- tags of train, dev and test; spans that begin with a stray I-
WIKIANN_COUNTS = {
    "en": ([80343, 16060, 24193], [14041, 2827, 4222], [0, 0, 0]),
    "de": ([48828, 19861, 28982], [6918, 2724, 4102], [0, 0, 0]),
    "es": ([32480, 12972, 19288], [6297, 2479, 3653], [0, 0, 0]),
    "nl": ([42700, 16492, 25265], [6868, 2699, 4089], [0, 0, 0]),
    "fr": ([34412, 13784, 20384], [6652, 2599, 4012], [0, 0, 0]),
    "ru": ([35340, 14124, 21247], [6095, 2487, 3588], [0, 0, 0]),
    "zh": ([105789, 44250, 64331], [6016, 2410, 3596], [222, 90, 139]),
}


@pytest.mark.corpora
@pytest.mark.parametrize("language", WIKIANN_COUNTS)
def test_wikiann_has_its_counts(language):
    paths = [real(f"wikiann/{language}/{split}") for split in ("train", "dev", "test")]
    options = {**WIKIANN, "prefix": language}
    splits = [counted([path], ["PER", "LOC", "ORG"], **options) for path in paths]
    tokens, entities, stray = WIKIANN_COUNTS[language]
    train = 10_000 if language == "en" else 5000
    assert [counts.sentences for counts in splits] == [train, 2000, 3000]
    assert [counts.tokens for counts in splits] == tokens
    began = list(map(b_tags_in, paths))
    assert began == entities
    spans = [counts.entities.total() for counts in splits]
    assert [n - b for n, b in zip(spans, began, strict=True)] == stray
