"""A run of a tagger with everything that these tests do not vary."""

from __future__ import annotations

import logging
from pathlib import Path

from crosstag.training import runs


def finish(request: runs.Request, folder: Path, *, checkpoint_seconds: float = 1e9) -> runs.Result:
    return runs.run(
        request,
        folder,
        device="cpu",
        threads=1,
        batch_tokens=100,
        checkpoint_seconds=checkpoint_seconds,
        log=logging.getLogger("test"),
    )
