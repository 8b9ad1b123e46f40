"""Symmetrised word alignments, against the published loops and against Thot's own."""

from __future__ import annotations

import random
from itertools import pairwise, product

import pytest
from crosstag.bitexts.pairs import Alignment
from crosstag.bitexts.symmetrisation import NEIGHBOURS, SYMMETRISATIONS, symmetrise
from hypothesis import given
from hypothesis import strategies as st

Links = set[tuple[int, int]]
GROWING = ["grow_diag", "grow_diag_final", "grow_diag_final_and"]


@st.composite
def directions(draw) -> tuple[Links, Links]:
    """What an aligner gives: a link for some words of the one side, and of the other."""
    rows, columns = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    row, column = st.none() | st.integers(0, rows - 1), st.none() | st.integers(0, columns - 1)
    forward = draw(st.lists(row, min_size=columns, max_size=columns))
    backward = draw(st.lists(column, min_size=rows, max_size=rows))
    return (
        {(i, j) for j, i in enumerate(forward) if i is not None},
        {(i, j) for i, j in enumerate(backward) if j is not None},
    )


def grown(forward: Links, backward: Links, how: str) -> Links:
    """Koehn's loops as they are published, over all cells of the matrix."""
    rows = range(1 + max((i for i, _ in forward | backward), default=-1))
    columns = range(1 + max((j for _, j in forward | backward), default=-1))
    links = forward & backward

    def free(i: int, j: int) -> tuple[bool, bool]:
        return all((i, b) not in links for b in columns), all((a, j) not in links for a in rows)

    before = None
    while before != links:
        before = set(links)
        for i, j in product(rows, columns):
            if (i, j) in links:
                for a, b in ((i + down, j + right) for down, right in NEIGHBOURS):
                    if (a, b) in forward | backward and any(free(a, b)):
                        links.add((a, b))
    if how != "grow_diag":
        enough = any if how == "grow_diag_final" else all
        for final in (forward, backward):
            for i, j in product(rows, columns):
                if (i, j) in final and enough(free(i, j)):
                    links.add((i, j))
    return links


@given(directions(), st.sampled_from(GROWING))
def test_growing_is_that_of_the_published_loops(both, how):
    assert SYMMETRISATIONS[how](*both) == grown(*both, how)


@given(directions())
def test_each_step_only_adds(both):
    forward, backward = both
    found = {how: make(forward, backward) for how, make in SYMMETRISATIONS.items()}
    assert found["forward"] == forward and found["backward"] == backward
    assert found["intersection"] == forward & backward
    assert found["union"] == forward | backward
    order = ["intersection", "grow_diag", "grow_diag_final_and", "grow_diag_final", "union"]
    for smaller, larger in pairwise(order):
        if larger != "grow_diag_final":  # of a link that it adds, the next may need a free word
            assert found[smaller] <= found[larger]
    assert found["grow_diag"] <= found["grow_diag_final"] <= found["union"]
    # No word that either direction links is left without a link.
    for side in (0, 1):
        linked = {link[side] for link in found["union"]}
        assert {link[side] for link in found["grow_diag_final"]} == linked
    intersection = found["intersection"]
    assert len({i for i, _ in intersection}) == len({j for _, j in intersection})


def thot_matrix(links: Links, rows: int, columns: int):
    from thot.common import WordAlignmentMatrix

    matrix = WordAlignmentMatrix(rows, columns)
    for i, j in links:
        matrix.set(i, j)
    return matrix


def thot_grow_diag(forward: Links, backward: Links) -> Links:
    """Thot's order: candidates from left to right, each added at once if it touches a link."""
    links = forward & backward
    waiting = sorted((forward | backward) - links)
    added = True
    while added:
        added = False
        for i, j in list(waiting):
            free = i not in {a for a, _ in links} or j not in {b for _, b in links}
            if free and any((i + a, j + b) in links for a, b in NEIGHBOURS):
                links.add((i, j))
                waiting.remove((i, j))
                added = True
    return links


def test_thot_differs_by_the_order_of_candidates_alone():
    chance = random.Random(1)
    same = total = 0
    for _ in range(2000):
        rows, columns = chance.randint(1, 8), chance.randint(1, 8)
        forward = {(chance.randrange(rows), j) for j in range(columns) if chance.random() < 0.8}
        # The directions of real models mostly agree.
        kept = {i: j for i, j in forward if chance.random() < 0.8}
        other = {i: chance.randrange(columns) for i in range(rows) if chance.random() < 0.3}
        backward = set((other | kept).items())
        for how, name in [("intersection", "intersect"), ("union", "union")] + [
            (how, how) for how in GROWING
        ]:
            matrix = thot_matrix(forward, rows, columns)
            getattr(matrix, name)(thot_matrix(backward, rows, columns))
            theirs = {(int(i), int(j)) for i, j in zip(*matrix.to_numpy().nonzero(), strict=True)}
            ours = SYMMETRISATIONS[how](forward, backward)
            if how == "grow_diag":
                assert theirs == thot_grow_diag(forward, backward)
            if how in GROWING:
                total += 1
                same += theirs == ours
            else:
                assert theirs == ours
    assert 0.9 * total < same < total


def test_by_hand():
    # A cross of three words: the shared link in the middle, its neighbours from either direction.
    forward = Alignment(((1, 1), (1, 2), (4, 5)))
    backward = Alignment(((0, 1), (1, 1), (3, 2), (5, 4)))
    expected = {
        "forward": forward.sure,
        "backward": backward.sure,
        "intersection": ((1, 1),),
        "union": ((0, 1), (1, 1), (1, 2), (3, 2), (4, 5), (5, 4)),
        "grow_diag": ((0, 1), (1, 1), (1, 2)),
        # 3-2: word 3 is free, word 2 is not; 4-5 and 5-4: both are
        "grow_diag_final": ((0, 1), (1, 1), (1, 2), (3, 2), (4, 5), (5, 4)),
        "grow_diag_final_and": ((0, 1), (1, 1), (1, 2), (4, 5), (5, 4)),
    }
    assert {how: symmetrise(forward, backward, how).sure for how in SYMMETRISATIONS} == expected


@pytest.mark.parametrize("how", SYMMETRISATIONS)
def test_nothing_gives_nothing(how):
    assert symmetrise(Alignment(), Alignment(), how) == Alignment()
