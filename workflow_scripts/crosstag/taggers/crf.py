"""Decoding for the linear-chain CRF of pytorch-crf."""

from __future__ import annotations

import torch
from torch import Tensor
from torchcrf import CRF


def viterbi(crf: CRF, emissions: Tensor, lengths: Tensor) -> list[list[int]]:
    """The best label sequence of every sentence: what `CRF.decode` gives, for a whole batch.

    `CRF.decode` follows the back pointers token by token in Python, which takes as long as the
    rest of decoding; here a step is one indexing operation for the batch.

    Args:
        crf: made with `batch_first=False`.
        emissions: shape: [T, B, L]; rows past a sentence's end may hold anything finite.
        lengths: shape: [B], at least 1 each, on CPU.
    """
    steps = emissions.shape[0]
    lengths = lengths.to(emissions.device)
    score = crf.start_transitions + emissions[0]  # shape: [B, L]
    pointers = []
    for step in range(1, steps):
        # shape: [B, L, L], previous label × label
        candidates = score.unsqueeze(2) + crf.transitions
        best, pointer = candidates.max(dim=1)
        inside = (step < lengths).unsqueeze(1)
        score = torch.where(inside, best + emissions[step], score)
        pointers.append(pointer)
    label = (score + crf.end_transitions).argmax(dim=1)  # shape: [B]
    # Walking backwards, a sentence's label stays put until the walk reaches its last token.
    path = [label]
    for step in range(steps - 1, 0, -1):
        before = pointers[step - 1].gather(1, label.unsqueeze(1)).squeeze(1)
        label = torch.where(step < lengths, before, label)
        path.append(label)
    labels = torch.stack(path[::-1], dim=1).cpu()  # shape: [B, T]
    return [row[:n].tolist() for row, n in zip(labels, lengths.tolist(), strict=True)]
