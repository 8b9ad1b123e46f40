"""Files of published values that are refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest


def check_refused(read: Callable[[Path], object], text: str, message: str, folder: Path) -> None:
    """The message names the file too."""
    path = folder / "p.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=re.escape(f"{path}, {message}")):
        read(path)
