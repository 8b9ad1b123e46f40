"""Gains over the unaligned encoder by distance: numbers by hand, and an honest drawing."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest
from alignment_study import NO_DICTIONARY, PUBLISHED, make_scores, make_spec
from crosstag.reporting.alignment_table import read_published
from crosstag.reporting.improvement_figure import (
    IMPROVEMENT_COLUMNS,
    improvement_frame,
    plot_improvement,
)
from drawings import check_drawing

KINDS = ("pdf", "png", "svg", "csv")


def make_frame(published: bool = True, **changes) -> pd.DataFrame:
    spec = make_spec(**changes)
    return improvement_frame(
        spec, make_scores(spec), read_published(PUBLISHED) if published else None
    )


def draw(folder: Path, frame: pd.DataFrame, settings: dict, **changes) -> dict[str, bytes]:
    paths = {kind: folder / f"figure2.{kind}" for kind in KINDS}
    settings = {"dpi": 40, **settings}  # quicker
    plot_improvement(frame, settings, paths, panels=make_spec()["panels"], **changes)
    return {kind: path.read_bytes() for kind, path in paths.items()}


def find(frame: pd.DataFrame, row: str, target: str) -> pd.Series:
    (found,) = frame[(frame["row"] == row) & (frame["target"] == target)].to_dict("records")
    return pd.Series(found)


def test_gains_agree_with_numbers_by_hand():
    frame = make_frame()
    assert list(frame.columns) == IMPROVEMENT_COLUMNS and len(frame) == 3 * 4
    assert set(frame["metric"]) == {"span_f1_difference"} and "baseline" not in set(frame["row"])
    turkish = find(frame, "rotate_dictionary", "tur")  # 30 35 40 against 20 21 25
    assert (turkish["value"], turkish["seeds"]) == (13.0, 3)
    assert turkish["sd"] == pytest.approx(((3**2 + 1**2 + 2**2) / 2) ** 0.5, abs=1e-6)
    assert turkish["published"] == "10.31"  # 31.46 - 21.15
    armenian = find(frame, "norm_rotate_parallel", "hye")  # 60 62 61 against 50 52 54
    assert armenian["value"] == 9.0 and armenian["note"] == "three types alone"
    assert find(frame, "norm_rotate_parallel", "tur")["published"] == "17.03"
    assert find(frame, "norm_rotate_parallel", "spa")["published"] == "0.07"
    assert find(frame, "rotate_dictionary", "spa")["published"] == "-1.38"
    assert pd.isna(find(frame, "other", "spa")["published"])


def test_a_gain_over_a_missing_cell_is_missing():
    spec = make_spec()
    for cell in spec["cells"]:
        if (cell["row"], cell["column"]) == ("baseline", "atis_tur"):
            cell["missing"] = "no corpus"
    frame = improvement_frame(spec, make_scores(spec), None)
    assert frame[frame["target"] == "tur"]["value"].isna().all()
    assert set(frame[frame["target"] == "tur"]["missing"]) == {"no corpus"}
    armenian = find(frame, "rotate_dictionary", "hye")
    assert pd.isna(armenian["value"]) and armenian["missing"] == NO_DICTIONARY


def test_pairs_are_in_the_order_of_distance_within_their_panel():
    frame = make_frame()
    assert list(frame["target"][:4]) == ["deu", "hye", "spa", "tur"]
    assert list(frame["distance_label"][:4]) == ["1", "2", "1", "3"]
    spec = make_spec()
    spec["columns"][0] |= {"distance": 0.25, "distance_label": "near"}
    frame = improvement_frame(spec, make_scores(spec), None)
    assert list(frame["target"][:4]) == ["hye", "deu", "spa", "tur"]
    assert (frame["distance"][0], frame["distance_label"][0]) == (0.25, "near")


def test_what_is_not_there_is_an_error():
    with pytest.raises(ValueError, match="baseline is 'bert'; expected one of the rows"):
        make_frame(baseline="bert")
    with pytest.raises(ValueError, match="atis_tur: no panel of its task 'slots'"):
        make_frame(panels=[{"task": "ner", "label": "NER"}])
    spec = make_spec()
    with pytest.raises(ValueError, match="no score for"):
        improvement_frame(spec, make_scores(spec)[6:], None)
    # Scores of another split are not looked at.
    only_dev = [s for s in make_scores(spec) if s["split"] == "dev"]
    pd.testing.assert_frame_equal(improvement_frame(spec, only_dev, None), make_frame(False))


def test_the_figure_is_deterministic_and_embeds_its_fonts(tmp_path):
    frame = make_frame()
    first = check_drawing(lambda: draw(tmp_path, frame, {}))
    assert b"/MediaBox [ 0 0 489.6 378 ]" in first["pdf"]  # 6.8 in × (3 in × 1.75)
    pd.testing.assert_frame_equal(
        pd.read_csv(io.BytesIO(first["csv"]), dtype=str),
        pd.read_csv(io.StringIO(frame.to_csv(index=False)), dtype=str),
    )
    other = draw(tmp_path, frame, {"height_in": 2.5})
    assert other["csv"] == first["csv"] and other["svg"] != first["svg"]
    with pytest.raises(ValueError, match="unknown figure setting 'width'"):
        draw(tmp_path, frame, {"width": 3})
    with pytest.raises(ValueError, match="2 colours; expected one for each of"):
        draw(tmp_path, frame, {"palette": ["red", "blue"]})


def test_panels_are_tasks_and_published_gains_stand_beneath(tmp_path):
    svg = draw(tmp_path, make_frame(), {})["svg"].decode()
    for text in (
        *("(a) NER, this workflow", "(b) Slots, this workflow"),
        *("(c) NER, as published", "(d) Slots, as published"),
        *("Rotate, dictionary", "NormRotate, parallel", "A method of ours"),
        *("deu", "hye", "Reminders", "Flights", "Ours: mean and standard deviation over 3 seeds"),
    ):
        assert f">{text}</text>" in svg, text
    assert "Plain encoder" not in svg and ">News</text>" not in svg
    assert f"Not computed for News eng–hye: Rotate, dictionary ({NO_DICTIONARY})." in svg
    svg = draw(tmp_path, make_frame(False), {}, constructed=True)["svg"].decode()
    assert ">(b) Slots</text>" in svg and "as published" not in svg
    assert "The languages are constructed" in svg


def test_a_gap_is_left_out_and_nothing_at_all_says_so(tmp_path):
    spec = make_spec()
    spec["cells"] = [
        {"row": c["row"], "column": c["column"], "missing": "no encoder"} for c in spec["cells"]
    ]
    frame = improvement_frame(spec, [], read_published(PUBLISHED))
    svg = draw(tmp_path, frame, {})["svg"].decode()
    assert ">(a) NER</text>" in svg and "all methods (no encoder)." in svg
    assert "standard deviation" not in svg
    svg = draw(tmp_path, improvement_frame(spec, [], None), {})["svg"].decode()
    assert "No improvements to show." in svg and "(a)" not in svg


def test_values_are_drawn_where_they_are():
    """The marks of a method, read back from the axes."""
    from crosstag.reporting import improvement_figure as module

    settings = {**module.IMPROVEMENT_SETTINGS}
    figure = module._draw(make_frame(), settings, make_spec()["panels"], False)
    ours, published = figure.axes[1], figure.axes[3]
    # spa, then tur; methods side by side, their order that of the rows
    drawn = [line for line in ours.get_lines() if len(line.get_xdata()) == 2][1:]
    heights = [[round(float(y), 6) for y in line.get_ydata()] for line in drawn]
    assert heights == [[3.0, 13.0], [-1.0, 8.0], [3.0, -12.0]]
    assert [round(float(line.get_xdata()[0]), 2) for line in drawn] == [-0.37, 0.0, 0.37]
    lines = [line for line in published.get_lines() if len(line.get_xdata()) == 2][1:]
    assert [[round(float(y), 2) for y in line.get_ydata()] for line in lines[:2]] == [
        [-1.38, 10.31],
        [0.07, 17.03],
    ]
    assert ours.get_ylim() == published.get_ylim()
