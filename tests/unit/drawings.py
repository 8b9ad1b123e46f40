"""What every figure has to be, whatever it shows."""

from __future__ import annotations

import re
from collections.abc import Callable

import matplotlib as mpl


def check_drawing(draw: Callable[[], dict[str, bytes]]) -> dict[str, bytes]:
    """The files by kind: the same bytes whatever the user's settings, fonts in them, no small text.

    Args:
        draw: draws a figure and returns its files.
    """
    first = draw()
    with mpl.rc_context({"axes.facecolor": "red", "svg.hashsalt": "other", "pdf.fonttype": 3}):
        assert draw() == first
    assert b"CreationDate" not in first["pdf"] and b"/Type3" not in first["pdf"]
    sizes = [float(size) for size in re.findall(r"font-size: ([\d.]+)px", first["svg"].decode())]
    assert sizes and min(sizes) >= 7
    return first
