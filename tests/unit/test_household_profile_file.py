# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from simulators.household.params import MeasuredProfile
from simulators.household.profile_file import Series, read_profile

QUARTERS = pd.date_range("2024-05-01", periods=96, freq="15min", tz="UTC")


def written(folder, values, *, header="time,load", separator=","):
    rows = [f"{time.isoformat()}{separator}{value}" for time, value in zip(QUARTERS, values, strict=True)]
    (folder / "p.csv").write_text("\n".join([header, *rows]) + "\n")


def read(folder, **options):
    return read_profile(
        MeasuredProfile.model_validate({"path": "p.csv", **options}), folder, "Europe/Berlin", "devices[2].profile"
    )


def test_a_csv_file(tmp_path):
    written(tmp_path, [500.0] * 95 + [1500.0])
    series = read(tmp_path, unit="w")
    assert isinstance(series, Series)
    assert series.p_kw[[0, -1]] == pytest.approx([0.5, 1.5])
    assert series.stamps == (int(QUARTERS[0].timestamp()), 900)


def test_a_csv_file_with_semicolons_and_decimal_commas(tmp_path):
    written(tmp_path, ["0,25"] * 96, header="Zeit;Last", separator=";")
    assert read(tmp_path, column="Last").p_kw == pytest.approx(0.25)


def test_a_parquet_file_with_times_in_the_index_or_in_a_column(tmp_path):
    frame = pd.DataFrame({"a": 1.0, "b": 2.0, "q": -0.5}, index=QUARTERS.rename("time"))
    frame.to_parquet(tmp_path / "index.parquet")
    frame.reset_index().to_parquet(tmp_path / "column.parquet", index=False)
    for name in ("index.parquet", "column.parquet"):
        series = read(tmp_path, path=name, column="b", q_column="q")
        assert series.p_kw == pytest.approx(2.0)
        assert series.q_kvar == pytest.approx(-0.5)


def with_one(value, row=10):
    return [0.4] * row + [value] + [0.4] * (95 - row)


@pytest.mark.parametrize(
    ("values", "line", "value", "message"),
    [
        (with_one(176.0), 12, "176.0", "is the unit really 'kw'"),
        (with_one(-0.1), 12, "-0.1", "negative"),
        (with_one("off"), 12, "off", "not a number"),
        ([0.4] * 20 + [""] * 3 + [0.4] * 50 + ["nan"] + [0.4] * 22, 22, "", "no value: 4 rows in 2 gaps, the longest 3 rows"),
        (with_one("inf"), 12, "inf", "not finite"),
    ],
    ids=["watts as kilowatts", "negative", "text", "gaps", "infinite"],
)
def test_a_wrong_value_is_found_at_its_line(tmp_path, values, line, value, message):
    written(tmp_path, values)
    finding = read(tmp_path)[0]
    assert (finding.line, finding.value, finding.path) == (line, value, "devices[2].profile")
    assert message in finding.message
    assert str(QUARTERS[line - 2]) in finding.message
    assert finding.file.endswith("p.csv")


def test_every_kind_of_fault_is_found_at_once(tmp_path):
    written(tmp_path, [*with_one(-0.1)[:95], ""])
    text = (tmp_path / "p.csv").read_text().splitlines()
    (tmp_path / "p.csv").write_text("\n".join([*text[:30], text[29], *text[30:]]) + "\n")
    messages = [finding.message for finding in read(tmp_path)]
    assert any("time stands twice" in message for message in messages)
    assert any("negative" in message for message in messages)
    assert any("no value" in message for message in messages)


def test_a_fault_in_a_parquet_file_has_a_row(tmp_path):
    pd.DataFrame({"p": [1.0] * 50 + [float("nan")] * 46}, index=QUARTERS).to_parquet(tmp_path / "p.parquet")
    (finding,) = read(tmp_path, path="p.parquet")
    assert (finding.line, finding.path) == (0, "devices[2].profile row 50")


def test_an_unknown_column_names_the_closest(tmp_path):
    written(tmp_path, [1.0] * 96)
    (finding,) = read(tmp_path, column="laod")
    assert "no column 'laod'; did you mean 'load'?" in finding.message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("time,p\n", "fewer than two rows"),
        ("time\n2024-05-01T00:00Z\n", "no column beside the times"),
        ("time,p\n2024-05-01T00:00Z,1\n2024-05-01T01:00Z,1\n", "shorter than a day"),
        ("a,b\n1,2,3\n4,5,6,7\n", "cannot be read as a table"),
    ],
    ids=["empty", "no values", "too short", "no table"],
)
def test_files_that_are_no_series(tmp_path, content, message):
    (tmp_path / "p.csv").write_text(content)
    assert message in read(tmp_path)[0].message


def test_a_missing_file(tmp_path):
    (finding,) = read(tmp_path, path="nowhere.csv")
    assert "file not found" in finding.message
    assert finding.file.endswith("nowhere.csv")


def test_a_missing_time_in_a_parquet_file(tmp_path):
    times = QUARTERS.where(np.arange(96) != 7)
    pd.DataFrame({"time": times, "p": 1.0}).to_parquet(tmp_path / "p.parquet")
    (finding,) = read(tmp_path, path="p.parquet")
    assert finding.path == "devices[2].profile row 7"
    assert "no time (1 of 96 rows)" in finding.message


def test_an_index_of_numbers_is_not_time(tmp_path):
    pd.DataFrame({"p": [1.0] * 96}, index=pd.RangeIndex(96, name="minute")).to_parquet(tmp_path / "p.parquet")
    (finding,) = read(tmp_path, path="p.parquet")
    assert "'minute' holds int64 values" in finding.message
