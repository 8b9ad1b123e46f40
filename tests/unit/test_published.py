"""The published values as they are kept, against themselves, and what is refused."""

from __future__ import annotations

import itertools
import re
import statistics
from pathlib import Path

import pytest
from crosstag.reporting.tables import read_published

PUBLISHED = Path(__file__).parents[2] / "configs" / "published" / "mueller2020_table1.csv"


def test_published_table_is_whole_and_its_averages_are_means():
    frame = read_published(PUBLISHED)
    languages = {
        "conll": ["eng", "deu", "nld", "spa"],
        "lorelei": ["amh", "ara", "fas", "hin", "hun", "ind", "som", "swa", "tgl", "vie"],
    }
    models = ["char_crf", "byte_crf", "charner", "byte_to_span", "mbert_crf"]
    for model, regime, corpus in itertools.product(
        models, ("monolingual", "polyglot", "finetuned"), languages
    ):
        rows = frame[
            (frame["model"] == model) & (frame["regime"] == regime) & (frame["corpus"] == corpus)
        ].set_index("target")
        assert list(rows.index) == [*languages[corpus], "AVG"]
        printed = [float(value) for value in rows["value"][:-1] if value]
        average = rows.loc["AVG"]
        if (model, regime) == ("byte_to_span", "finetuned"):
            assert printed == [] and average["value"] == ""
            continue
        amharic = model == "mbert_crf" and corpus == "lorelei"
        assert len(printed) == len(languages[corpus]) - amharic
        close = abs(statistics.mean(printed) - float(average["value"])) < 0.11
        assert close == (average["note"] == "")
    assert len(frame) == 240
    assert (frame["value"].str.fullmatch(r"\d\d\.\d\d") | (frame["value"] == "")).all()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("m,r,c,t,span_f1,8x,", "line 2: value '8x'; expected a number"),
        ("m,r,c,t,span_f1,nan,", "line 2: value 'nan'; expected a number"),
        ("m,r,c,t,span_f1,,", "line 2: no value; expected a note"),
        ("m,r,c,t,span_f1,1,\nm,r,c,t,span_f1,2,", "line 3: m r c t span_f1 is on line 2"),
    ],
)
def test_bad_published_values_name_file_and_line(tmp_path, line, message):
    path = tmp_path / "p.csv"
    path.write_text(f"model,regime,corpus,target,metric,value,note\n{line}\n")
    with pytest.raises(ValueError, match=re.escape(f"{path}, {message}")):
        read_published(path)
