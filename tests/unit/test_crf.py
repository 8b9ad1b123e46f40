"""Decoding and likelihood of the CRF against enumeration of every label sequence."""

import itertools

import pytest
import torch
from crosstag.taggers.crf import viterbi
from hypothesis import given, settings
from hypothesis import strategies as st
from torchcrf import CRF


def model(labels: int, seed: int) -> CRF:
    torch.manual_seed(seed)
    crf = CRF(labels).double()
    for parameter in crf.parameters():
        torch.nn.init.normal_(parameter)
    return crf


def path_score(crf: CRF, emissions: torch.Tensor, path: tuple[int, ...]) -> float:
    """Score of one label sequence of one sentence, emissions [T, L], added up by hand."""
    score = crf.start_transitions[path[0]] + crf.end_transitions[path[-1]]
    score = score + sum(emissions[t, y] for t, y in enumerate(path))
    score = score + sum(crf.transitions[a, b] for a, b in itertools.pairwise(path))
    return float(score.detach())


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 1000),
    labels=st.integers(2, 3),
    lengths=st.lists(st.integers(1, 5), min_size=1, max_size=4),
)
def test_viterbi_finds_the_best_of_all_paths(seed: int, labels: int, lengths: list[int]) -> None:
    crf = model(labels, seed)
    emissions = torch.randn(max(lengths), len(lengths), labels, dtype=torch.float64)
    found = viterbi(crf, emissions, torch.tensor(lengths))
    mask = torch.arange(max(lengths)).unsqueeze(1) < torch.tensor(lengths)
    assert found == crf.decode(emissions, mask)
    for index, n in enumerate(lengths):
        paths = itertools.product(range(labels), repeat=n)
        best = max(paths, key=lambda path: path_score(crf, emissions[:, index], path))
        assert tuple(found[index]) == best


def test_likelihood_is_normalised_over_all_paths() -> None:
    crf = model(3, 5)
    emissions = torch.randn(4, 1, 3, dtype=torch.float64)
    gold = (2, 0, 1, 1)
    scores = [path_score(crf, emissions[:, 0], p) for p in itertools.product(range(3), repeat=4)]
    expected = path_score(crf, emissions[:, 0], gold) - float(
        torch.tensor(scores, dtype=torch.float64).logsumexp(0)
    )
    assert crf(
        emissions, torch.tensor(gold).unsqueeze(1), torch.ones(4, 1, dtype=torch.bool)
    ).item() == pytest.approx(expected)
