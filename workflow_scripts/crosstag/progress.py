"""What a training tells of itself: log lines, TensorBoard events, the table of its history."""

from __future__ import annotations

import csv
import io
import logging
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from crosstag import files


@contextmanager
def reporter(
    checkpoint: Path, log: logging.Logger, step: str
) -> Iterator[Callable[[Mapping[str, float], str], None]]:
    """A function that logs a line and writes a history row as events.

    Events of a training that begins anew replace those of an earlier one; one that goes on from its
    checkpoint adds to them.

    Args:
        checkpoint: of the training; the events lie beside it, in `tensorboard`.
        step: the row's value that counts steps or epochs.
    """
    events = checkpoint.parent / "tensorboard"
    if not checkpoint.exists():
        shutil.rmtree(events, ignore_errors=True)
    # Imported here: a job that only predicts need not pay for it.
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(events)) as board:

        def report(row: Mapping[str, float], line: str) -> None:
            log.info(line)
            for name, value in row.items():
                if name != step:
                    board.add_scalar(name, value, int(row[step]))

        yield report


def save_history(
    path: str | os.PathLike[str], rows: Sequence[Mapping[str, float]], step: str = "step"
) -> None:
    """Write a CSV with a row a report, atomically.

    Args:
        step: the rows' value that counts steps or epochs, written as a whole number.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({**row, step: int(row[step])} for row in rows)
    files.write_text(path, text.getvalue())
