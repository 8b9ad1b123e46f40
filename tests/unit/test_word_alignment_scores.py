"""Alignment error rate, precision and recall, against counting by hand and by brute force."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from crosstag.bitexts.pairs import Alignment
from crosstag.evaluation.word_alignments import score
from hypothesis import given
from hypothesis import strategies as st


def test_by_hand():
    gold = [Alignment(((0, 0), (1, 1)), ((1, 2),)), Alignment(((0, 0),))]
    found = [Alignment(((0, 0), (1, 2), (2, 2))), Alignment()]
    # found 3, of which 1 is sure and 2 possible; 3 are sure
    assert score(zip(gold, found, strict=True)) == {
        "aer": pytest.approx(1 - (1 + 2) / (3 + 3)),
        "precision": pytest.approx(2 / 3),
        "recall": pytest.approx(1 / 3),
        "f1": pytest.approx(4 / 9),
        "counts": {
            "sentences": 2,
            "found": 3,
            "sure": 3,
            "possible": 1,
            "found_sure": 1,
            "found_possible": 2,
        },
    }


def test_perfect_and_empty_alignments():
    gold = [Alignment(((0, 0), (1, 1)), ((2, 2),))]
    perfect = score([(gold[0], Alignment(((0, 0), (1, 1))))])
    assert (perfect["aer"], perfect["precision"], perfect["recall"], perfect["f1"]) == (0, 1, 1, 1)
    none = score([(gold[0], Alignment())])
    assert (none["aer"], none["precision"], none["recall"], none["f1"]) == (1, 0, 0, 0)
    nothing = score([])
    assert (nothing["aer"], nothing["f1"], nothing["counts"]["sentences"]) == (0, 0, 0)


LINKS = st.sets(st.tuples(st.integers(0, 3), st.integers(0, 3)))


@st.composite
def alignments(draw) -> Alignment:
    sure, possible = draw(LINKS), draw(LINKS)
    return Alignment(tuple(sorted(sure)), tuple(sorted(possible - sure)))


@given(st.lists(st.tuples(alignments(), alignments()), min_size=1, max_size=4))
def test_cell_by_cell(pairs):
    cells = [(n, (i, j)) for n in range(len(pairs)) for i in range(4) for j in range(4)]
    sure = [cell in pairs[n][0].sure for n, cell in cells]
    possible = [cell in pairs[n][0].sure + pairs[n][0].possible for n, cell in cells]
    found = [cell in pairs[n][1].sure + pairs[n][1].possible for n, cell in cells]
    both_sure = sum(a and b for a, b in zip(found, sure, strict=True))
    both_possible = sum(a and b for a, b in zip(found, possible, strict=True))
    scores = score(pairs)
    if sum(found):
        assert scores["precision"] == pytest.approx(both_possible / sum(found))
    if sum(sure):
        assert scores["recall"] == pytest.approx(both_sure / sum(sure))
    if sum(found) + sum(sure):
        rate = 1 - Fraction(both_sure + both_possible, sum(found) + sum(sure))
        assert scores["aer"] == pytest.approx(float(rate))
    if sure == possible and sum(found) + sum(sure):
        assert scores["aer"] == pytest.approx(1 - scores["f1"])
    assert json.loads(json.dumps(scores)) == scores
