"""Rotations: Procrustes against SciPy, known rotations found again, and what moves where."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from crosstag.alignment import normalisation, procrustes, rotation
from crosstag.alignment.pairs import Pairs
from crosstag.alignment.procrustes import CrossProduct
from crosstag.errors import InputError
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from scipy.linalg import orthogonal_procrustes
from vector_stores import write_store

ABOUT = {"encoder": "toy", "layers": [1, 2], "pair": "qaa-qab"}


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def orthogonal(dimensions: int, seed: int) -> torch.Tensor:
    return torch.linalg.qr(random(dimensions, dimensions, seed=seed)).Q


def product(source, target, sizes=None) -> CrossProduct:
    found = CrossProduct(source.shape[1])
    for left, right in zip(
        source.split(sizes or len(source)), target.split(sizes or len(source)), strict=True
    ):
        found.add(left, right)
    return found


def in_chunks(pairs: Pairs, size: int):
    return lambda: map(
        Pairs, pairs.source.split(size), pairs.target.split(size)
    )  # begins anew at each call


# Procrustes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("centred", [False, True])
def test_the_solution_is_scipys(centred):
    source, target = random(90, 12) + 0.5, random(90, 12, seed=1) - 2
    found = product(source, target, 7)
    if centred:
        source, target = source - source.mean(0), target - target.mean(0)
    # SciPy's rows are vectors: it minimises ‖A R − B‖, so R is our Wᵀ.
    expected, _ = orthogonal_procrustes(source.numpy(), target.numpy())
    w = procrustes.rotation(found.centred if centred else found.plain())
    np.testing.assert_allclose(w.T.numpy(), expected, atol=1e-10)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=8), st.integers(0, 99))
def test_chunks_of_any_size_give_the_sums_of_the_whole(sizes, seed):
    count = sum(sizes)
    source, target = random(count, 4, seed=seed), random(count, 4, seed=seed + 1) + 3
    found = product(source, target, sizes)
    assert found.count == count
    if count:
        centred = (target - target.mean(0)).T @ (source - source.mean(0))
        torch.testing.assert_close(found.centred, centred, rtol=0, atol=1e-11)
        torch.testing.assert_close(found.plain(), target.T @ source, rtol=0, atol=1e-10)
        torch.testing.assert_close(found.source_mean, source.mean(0))
        torch.testing.assert_close(found.target_mean, target.mean(0))


def test_centres_far_off_cost_no_digits():
    source, target = random(500, 6), random(500, 6, seed=1)
    near = product(source, target, 10).centred
    far = product(source + 1e7, target - 1e7, 10)
    torch.testing.assert_close(far.centred, near, rtol=0, atol=1e-5)
    # What the textbook's one-pass formula leaves of it: nothing.
    shifted = (target - 1e7).T @ (source + 1e7)
    textbook = shifted - 500 * torch.outer((target - 1e7).mean(0), (source + 1e7).mean(0))
    assert (textbook - near).abs().max() > 0.1


def test_what_is_given_is_left_as_it_was():
    source, target = random(5, 3), random(5, 3, seed=1)
    before = source.clone(), target.clone()
    product(source, target)
    assert torch.equal(source, before[0]) and torch.equal(target, before[1])


# Learning --------------------------------------------------------------------------------------


def shifted_pairs(noise: float = 0.05, shift: float = 4.0) -> tuple[Pairs, torch.Tensor]:
    """Two layers, each with a rotation of its own, and centroids apart; 400 pairs with noise."""
    truth = torch.stack([orthogonal(10, 5), orthogonal(10, 6)])
    source = random(400, 2, 10)
    offsets = shift * random(2, 2, 10, seed=8)
    target = torch.einsum("lij,nlj->nli", truth, source) + noise * random(400, 2, 10, seed=9)
    return Pairs((source + offsets[0]).float(), (target + offsets[1]).float()), truth


def test_centring_finds_a_rotation_and_a_shift_where_rotating_alone_cannot():
    pairs, truth = shifted_pairs()
    norm = rotation.learn(in_chunks(pairs, 64), "centre")
    plain = rotation.learn(in_chunks(pairs, 64), "none")
    assert (norm.matrices - truth.float()).abs().max() < 0.02
    assert (plain.matrices - truth.float()).abs().max() > 0.3
    errors = [
        float((found.source(pairs.source) - pairs.target).norm(dim=2).mean())
        for found in (norm, plain)
    ]
    assert errors[0] < 0.05 * 10**0.5 * 1.1  # the noise
    assert errors[1] > 10 * errors[0]
    assert max(norm.orthogonality_errors() + plain.orthogonality_errors()) < 1e-5


def test_without_a_shift_both_find_the_rotation():
    pairs, truth = shifted_pairs(shift=0.0)
    for kind in ("none", "centre"):
        found = rotation.learn(in_chunks(pairs, 50), kind)
        assert (found.matrices - truth.float()).abs().max() < 0.02
        assert found.about["pairs"] == 400


@pytest.mark.parametrize("kind", ["none", "centre", "iterative"])
def test_streaming_is_the_batch(kind):
    pairs, _ = shifted_pairs()
    one = rotation.learn(in_chunks(pairs, 400), kind)
    many = rotation.learn(in_chunks(pairs, 3), kind)
    torch.testing.assert_close(one.matrices, many.matrices, rtol=0, atol=1e-6)
    torch.testing.assert_close(one.source_means, many.source_means, rtol=0, atol=1e-6)
    again = rotation.learn(in_chunks(pairs, 3), kind)
    assert torch.equal(many.matrices, again.matrices)


def test_equation_5_by_hand():
    # A quarter turn; centroids (1, 0) and (0, 10).
    w = torch.tensor([[[0.0, -1.0], [1.0, 0.0]]])
    centres = torch.tensor([[[1.0, 0.0]]]), torch.tensor([[[0.0, 10.0]]])
    norm = rotation.Rotation(w, *centres, "centre")
    vectors = torch.tensor([[[3.0, 4.0]], [[1.0, 0.0]]])  # (2, 4) turned is (-4, 2)
    assert norm.source(vectors).tolist() == [[[-4.0, 12.0]], [[0.0, 10.0]]]
    assert norm.target(vectors) is vectors
    plain = rotation.Rotation(w, *centres, "none")
    assert plain.source(vectors).tolist() == [[[-4.0, 3.0]], [[0.0, 1.0]]]
    # One round of unit length and centring on either side.
    both = rotation.Rotation(w, *centres, "iterative")
    torch.testing.assert_close(
        both.source(vectors)[0], torch.tensor([[-0.8, 0.6 - 1.0]])
    )  # (0.6, 0.8) − (1, 0) = (−0.4, 0.8), turned
    torch.testing.assert_close(both.target(vectors)[0], torch.tensor([[0.6, 0.8 - 10]]))


def test_an_empty_sentence_is_moved_too():
    pairs, _ = shifted_pairs()
    for kind in rotation.KINDS:
        found = rotation.learn(in_chunks(pairs, 50), kind, rounds=2)
        assert found.source(torch.empty(0, 2, 10)).shape == (0, 2, 10)
        assert found.target(torch.empty(0, 2, 10)).shape == (0, 2, 10)


# Iterative normalisation -----------------------------------------------------------------------


def by_hand(matrix: np.ndarray, rounds: int) -> np.ndarray:
    for _ in range(rounds):
        rows = [[value / math.sqrt(sum(v * v for v in row)) for value in row] for row in matrix]
        centre = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
        matrix = np.array([[v - c for v, c in zip(row, centre, strict=True)] for row in rows])
    return matrix


def test_iterative_normalisation_is_as_by_hand_and_can_be_repeated_on_other_vectors():
    matrix = random(30, 5) + 2
    found, means = normalisation.iterate(matrix, 5)
    np.testing.assert_allclose(found.numpy(), by_hand(matrix.numpy(), 5), atol=1e-12)
    torch.testing.assert_close(normalisation.replay(matrix[3:4], means), found[3:4])
    # What it is for: centred, and all but of unit length.
    assert found.mean(0).abs().max() < 1e-12
    assert (found.norm(dim=1) - 1).abs().max() < (matrix.norm(dim=1) / 5 - 1).abs().max()


def test_learning_normalises_iteratively_as_the_matrix_at_once():
    pairs, _ = shifted_pairs()
    found = rotation.learn(in_chunks(pairs, 33), "iterative", rounds=4)
    for layer in range(2):
        source, means = normalisation.iterate(pairs.source[:, layer].double(), 4)
        target, _ = normalisation.iterate(pairs.target[:, layer].double(), 4)
        torch.testing.assert_close(found.source_means[:, layer], means.float())
        w, _ = orthogonal_procrustes(source.numpy(), target.numpy())
        np.testing.assert_allclose(found.matrices[layer].T.numpy(), w, atol=1e-6)
        np.testing.assert_allclose(
            found.source(pairs.source)[:, layer].numpy(), source.numpy() @ w, atol=1e-4
        )
        np.testing.assert_allclose(
            found.target(pairs.target)[:, layer].numpy(), target.numpy(), atol=1e-5
        )


def test_a_zero_vector_stays_finite():
    assert normalisation.unit_length(torch.zeros(1, 3)).tolist() == [[0.0, 0.0, 0.0]]


# Files and errors ------------------------------------------------------------------------------


def test_what_is_saved_is_loaded_and_the_same_twice(tmp_path):
    pairs, _ = shifted_pairs()
    found = rotation.learn(in_chunks(pairs, 50), "iterative", about={**ABOUT, "revision": None})
    for name in ("a", "b"):
        rotation.save(tmp_path / name, found)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    loaded = rotation.load(tmp_path / "a")
    assert loaded.about == found.about and loaded.layers == [1, 2]
    assert loaded.normalisation == "iterative"
    assert torch.equal(loaded.source(pairs.source), found.source(pairs.source))
    assert torch.equal(loaded.target(pairs.target), found.target(pairs.target))


def test_files_that_are_no_rotations_are_errors(tmp_path):
    path = tmp_path / "a.safetensors"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match="found no rotation"):
        rotation.load(path)
    save_file({"matrices": torch.zeros(1)}, path)
    with pytest.raises(InputError, match="found no rotation"):
        rotation.load(path)
    found = rotation.Rotation(
        torch.full((1, 2, 2), torch.nan), torch.zeros(1, 1, 2), torch.zeros(1, 1, 2), "none"
    )
    rotation.save(path, found)
    with pytest.raises(InputError, match="number in matrices that is not finite"):
        rotation.load(path)


def test_vectors_of_another_encoder_or_shape_are_not_moved(tmp_path):
    pairs, _ = shifted_pairs()
    found = rotation.learn(in_chunks(pairs, 50), "centre", about=ABOUT)
    vectors = random(2, 2, 10)
    found.check(write_store(tmp_path / "a.arrow", ["b c"], vectors))
    with pytest.raises(InputError, match=r"vectors of encoder other, expected toy"):
        found.check(write_store(tmp_path / "b.arrow", ["b c"], vectors, encoder="other"))
    with pytest.raises(InputError, match=r"layers \[1, 3\], expected \[1, 2\]"):
        found.check(write_store(tmp_path / "c.arrow", ["b c"], vectors, layers=[1, 3]))
    with pytest.raises(InputError, match="found vectors of 1 layers and 10 dimensions"):
        found.source(vectors[:, :1].float())


def test_learning_from_nothing_or_by_another_name_is_an_error():
    with pytest.raises(InputError, match="no pair of words"):
        rotation.learn(lambda: iter(()), "none")
    with pytest.raises(InputError, match="nearest: 'centre'"):
        rotation.learn(lambda: iter(()), "center")
    with pytest.raises(InputError, match="rounds: found 0"):
        rotation.learn(lambda: iter(()), "iterative", rounds=0)
