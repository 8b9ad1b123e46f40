"""Figures: the same bytes every time, embedded fonts, readable text, honest gaps."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest
from crosstag.analysis.errors import ERROR_COLUMNS
from crosstag.reporting.figures import plot_recall_errors
from crosstag.reporting.layout import number
from drawings import check_drawing

LABELS = {"monolingual": "Mono", "polyglot": "Poly", "finetuned": "Fine"}
ERRORS = {"monolingual": (310, 1200), "polyglot": (250, 2350), "finetuned": (270, 1180)}


def make_frame(missing: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Errors on PER and O as `count_recall_errors` hands them over."""
    rows = []
    for regime, label in LABELS.items():
        base = {"study": "s", "figure": 1, "model": "m", "regime": regime, "label": label}
        if missing and regime in missing:
            rows.append({**base, "note": missing[regime]})
            continue
        for tag, errors, fine in zip(
            ("PER", "O"), ERRORS[regime], ERRORS["finetuned"], strict=True
        ):
            rows.append({**base, "tag": tag, "errors": errors, "delta": errors - fine, "note": ""})
    frame = pd.DataFrame(rows, columns=ERROR_COLUMNS)
    return frame.astype({column: "Int64" for column in ("errors", "delta", "gold")})


def draw(folder: Path, frame: pd.DataFrame, settings: dict) -> dict[str, bytes]:
    paths = {kind: folder / f"figure1.{kind}" for kind in ("pdf", "png", "svg", "csv")}
    plot_recall_errors(frame, settings, paths)
    assert {path.name for path in folder.iterdir()} == {path.name for path in paths.values()}
    return {kind: path.read_bytes() for kind, path in paths.items()}


def test_figure_is_deterministic_embeds_fonts_and_keeps_text(tmp_path):
    frame = make_frame()
    first = check_drawing(lambda: draw(tmp_path, frame, {}))
    assert b"/FontFile2" in first["pdf"]
    assert b"/MediaBox [ 0 0 237.6 172.8 ]" in first["pdf"]  # 3.3 in x 2.4 in, in points
    svg = first["svg"].decode()
    assert "<dc:date>" not in svg
    for text in ("PER", "O", "Mono", "Poly", "Fine", "Recall errors (tokens)", "Gold type"):
        assert f">{text}</text>" in svg
    for row in frame.itertuples(index=False):
        if row.regime != "finetuned":
            assert f">{number(row.delta, 0, signed=True)}</text>" in svg
    table = pd.read_csv(io.BytesIO(first["csv"]))
    assert " ".join(table.columns[:11]) == (
        "study figure task model regime tag errors delta gold seed note"
    )
    assert table["errors"].tolist() == frame["errors"].tolist()


def test_figure_settings_change_the_drawing_and_not_the_data(tmp_path):
    frame = make_frame()
    first = draw(tmp_path, frame, {})
    other = draw(tmp_path, frame, {"palette": ["#111111", "#777777", "#dddddd"], "dpi": 100})
    assert other["csv"] == first["csv"]
    assert all(other[kind] != first[kind] for kind in ("pdf", "png", "svg"))
    with pytest.raises(ValueError, match="unknown figure setting 'width'"):
        draw(tmp_path, frame, {"width": 3})
    with pytest.raises(ValueError, match="2 colours"):
        draw(tmp_path, frame, {"palette": ["red", "blue"]})


def test_figure_leaves_out_a_missing_regime_and_says_so(tmp_path):
    reason = "no corpus at all"
    svg = draw(tmp_path, make_frame({"polyglot": reason}), {})["svg"]
    assert b"Poly not shown: no corpus at all" in svg and b">Poly</text>" not in svg
    svg = draw(tmp_path, make_frame(dict.fromkeys(LABELS, reason)), {})["svg"]
    assert svg.count(b"not shown: no corpus at all") == 3
