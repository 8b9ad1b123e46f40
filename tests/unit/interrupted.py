"""Trainings that end too early, and how many steps the next one makes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch


class KilledError(Exception):
    pass


@contextmanager
def counted_steps(optimiser: type, stop_at: int | None = None) -> Iterator[list[int]]:
    """The optimiser's steps so far, in a list of one; step `stop_at` fails before it is made."""
    plain, steps = optimiser.step, [0]  # type: ignore[attr-defined]

    def step(self: Any) -> None:
        steps[0] += 1
        if steps[0] == stop_at:
            raise KilledError
        plain(self)

    with patch.object(optimiser, "step", step):
        yield steps
