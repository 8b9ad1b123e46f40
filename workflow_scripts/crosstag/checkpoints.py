"""Checkpoints: where a training stands, in one file, with what it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from crosstag.files import replacing


def copied(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors as they are now, on the CPU."""
    return {name: tensor.detach().to("cpu", copy=True) for name, tensor in tensors.items()}


def save(path: Path, identity: str, fields: Mapping[str, Any]) -> None:
    """Write tensors and plain values, atomically.

    Args:
        identity: of everything that decides the training's result.
    """
    with replacing(path) as temporary:
        torch.save({"identity": identity, **fields}, temporary)


def load(path: Path, identity: str) -> dict[str, Any] | None:
    """What `save` wrote; None if there is nothing, or that of another identity or damaged.

    A checkpoint that is left aside costs time, never the result.
    """
    if not path.exists():
        return None
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # whatever a damaged file makes the library raise
        return None
    return saved if saved.pop("identity", None) == identity else None
