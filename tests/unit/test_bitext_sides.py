"""One side of a canonical bitext, read alone, is the side that both are read with."""

from __future__ import annotations

from pathlib import Path

from crosstag.bitexts import parallel
from crosstag.bitexts.pairs import Pair
from hypothesis import given, settings
from hypothesis import strategies as st

SENTENCES = st.text(st.sampled_from("ab \t\u00a0\u2028\x85\ufeffé"), max_size=9)


@given(st.lists(st.tuples(SENTENCES, SENTENCES), min_size=1, max_size=4))
@settings(max_examples=50, deadline=None)
def test_a_side_is_read_as_with_the_other(tmp_path_factory, pairs: list[tuple[str, str]]) -> None:
    folder: Path = tmp_path_factory.mktemp("side")
    source, target = folder / "text.source", folder / "text.target"
    parallel.write_bitext(source, target, (Pair(*pair) for pair in pairs))
    both = list(parallel.read_tokens(source, target))
    assert list(parallel.read_side(source)) == [left for left, _ in both]
    assert list(parallel.read_side(target)) == [right for _, right in both]


def test_words_are_parted_by_blanks_and_tabs_alone(tmp_path: Path) -> None:
    (tmp_path / "text").write_text(" a\u00a0b\tc  d \n\n", encoding="utf-8")
    assert list(parallel.read_side(tmp_path / "text")) == [["a\u00a0b", "c", "d"], []]
