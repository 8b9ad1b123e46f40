"""Property tests draw the same examples every time, so that a failure is there again tomorrow."""

import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("crosstag", derandomize=True, deadline=None, database=None)
settings.load_profile("crosstag")


@pytest.fixture(autouse=True)
def smallest_numbers() -> Iterator[None]:
    """A training makes the processor flush the smallest numbers to 0; the next test wants them."""
    yield
    if "torch" in sys.modules:
        sys.modules["torch"].set_flush_denormal(False)
