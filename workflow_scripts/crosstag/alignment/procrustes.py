"""Orthogonal Procrustes from sums that are gathered as the pairs stream by.

Kulshreshtha et al. (2020), eqs. 1–4: the orthogonal W nearest to moving the source vectors onto the
target's, with or without centring both sides first. Both need no more than counts, means and one
d × d product, so memory is that of the product, however many pairs there are.
"""

from __future__ import annotations

import torch
from torch import Tensor


class CrossProduct:
    """Count, means and Σ (x_t − x̄_t)(x_s − x̄_s)ᵀ of pairs of vectors, in double precision.

    Each chunk is centred by itself and then merged (Chan, Golub and LeVeque 1983), so that far-off
    centres cost no digits, whatever the chunks' sizes.

    Attributes:
        count: pairs seen.
        source_mean, target_mean: centroids. shape: [D]
        centred: the product about the centroids, X̂_t X̂_sᵀ. shape: [D, D]
    """

    def __init__(self, dimensions: int) -> None:
        self.count = 0
        self.source_mean = torch.zeros(dimensions, dtype=torch.float64)
        self.target_mean = torch.zeros(dimensions, dtype=torch.float64)
        self.centred = torch.zeros(dimensions, dimensions, dtype=torch.float64)

    def add(self, source: Tensor, target: Tensor) -> None:
        """Take in a chunk of pairs, of any size.

        Args:
            source, target: row n of the one goes with row n of the other. shape: [N, D]
        """
        if source.shape != target.shape:
            raise ValueError(f"pairs of shapes {source.shape} and {target.shape}")
        if not len(source):
            return
        source, target = source.to(torch.float64, copy=True), target.to(torch.float64, copy=True)
        source_mean, target_mean = source.mean(0), target.mean(0)
        source -= source_mean
        target -= target_mean
        self.centred.addmm_(target.T, source)
        total = self.count + len(source)
        source_step, target_step = source_mean - self.source_mean, target_mean - self.target_mean
        weight = self.count * len(source) / total
        self.centred.addr_(target_step, source_step, alpha=weight)
        self.source_mean += source_step * (len(source) / total)
        self.target_mean += target_step * (len(source) / total)
        self.count = total

    def plain(self) -> Tensor:
        """X_t X_sᵀ as it stands in eq. 3, nothing centred. shape: [D, D]"""
        return torch.addr(self.centred, self.target_mean, self.source_mean, alpha=self.count)


def rotation(product: Tensor) -> Tensor:
    """W = U Vᵀ where U Σ Vᵀ is the singular value decomposition of X_t X_sᵀ (eqs. 2–3).

    W is the orthogonal matrix (reflections among them) that minimises ‖W X_s − X_t‖. Of pairs that
    do not span the space many are; one of them is returned.

    shapes: [D, D] → [D, D]
    """
    left, _, right = torch.linalg.svd(product)
    return left @ right
