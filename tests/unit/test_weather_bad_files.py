# SPDX-License-Identifier: Apache-2.0
"""Files that cannot be used say where, what value, what is allowed and what to do."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from simulators.weather import read_weather
from tests.unit.test_weather_support import csv, plain_frame
from twinergy.errors import ScenarioError


def refused(path, match, **options):
    with pytest.raises(ScenarioError, match=match) as raised:
        read_weather(path, **options)
    return raised.value.findings


def test_no_such_file(tmp_path):
    refused(tmp_path / "nowhere.epw", r"nowhere.epw: cannot be opened: No such file")


def test_empty_file(tmp_path):
    (tmp_path / "w.csv").write_text("\n")
    refused(tmp_path / "w.csv", "w.csv: is empty")


def test_a_file_that_is_no_weather(tmp_path):
    (tmp_path / "w.csv").write_text("name,age\nAnna,33\nBert,44\n")
    refused(tmp_path / "w.csv", r"header: no time column .got 'name, age'.; allowed: time_utc or")


def test_missing_column_lists_what_is_there(tmp_path):
    path = csv(tmp_path, plain_frame().rename(columns={"temp_degc": "temperature"}))
    refused(path, r"missing column temp_degc .got 'ghi_w_per_m2'.; allowed: a column of that name .unit included")


def test_a_mapped_column_that_is_not_there(tmp_path):
    refused(
        csv(tmp_path, plain_frame()),
        r"no column 'temp' for temp_degc; allowed: did you mean 'temp_degc'",
        columns={"temp_degc": "temp"},
    )


def test_naive_times_ask_for_a_zone(tmp_path):
    frame = plain_frame()
    path = csv(tmp_path, frame.set_axis(frame.index.tz_localize(None)).rename_axis("time"))
    refused(path, r"weather.csv:2 time: times carry no offset from UTC .got '2024-06-01 00:00:00'.; allowed: option timezone")


def test_a_word_instead_of_a_time(tmp_path):
    path = csv(tmp_path, plain_frame())
    path.write_text(path.read_text().replace("2024-06-01 05:00:00+00:00", "yesterday"))
    refused(path, r"weather.csv:7 row 6: not a time .got 'yesterday'")


@pytest.mark.parametrize(
    ("rows", "message", "line"), [([0, 1, 2, 2, 3], "time repeats", 5), ([0, 1, 2, 1, 3], "time runs backwards", 5)]
)
def test_times_that_do_not_advance(tmp_path, rows, message, line):
    found = refused(csv(tmp_path, plain_frame().iloc[rows]), message)
    assert (found[0].line, found[0].path) == (line, "row 4")


def test_times_off_the_raster(tmp_path):
    path = csv(tmp_path, plain_frame())
    path.write_text(path.read_text().replace("2024-06-01 05:00:00", "2024-06-01 05:20:00"))
    refused(path, r"weather.csv:7 row 6: time leaves the raster of 3600 s .got '2024-06-01 05:20:00")


def test_short_gaps_are_filled_and_counted(tmp_path, caplog):
    frame = plain_frame()
    frame.loc[frame.index[30:32], "temp_degc"] = np.nan
    with caplog.at_level(logging.WARNING, logger="simulators.weather"):
        read = read_weather(csv(tmp_path, frame.drop(frame.index[50])))
    assert "temp_degc: 3 missing values in 2 gaps interpolated, the first" in caplog.text
    assert "1 rows are missing, the first after 2024-06-03 01:00:00" in caplog.text
    before, after = plain_frame()["temp_degc"].iloc[[29, 32]]
    assert read["temp_degc"].iloc[30:32].tolist() == pytest.approx(
        [before + (after - before) / 3, before + (after - before) * 2 / 3]
    )


def test_a_long_gap_names_its_first_hour(tmp_path):
    frame = plain_frame()
    frame.loc[frame.index[30:34], "temp_degc"] = np.nan
    found = refused(
        csv(tmp_path, frame),
        r"2024-06-02 06:00:00.*temp_degc: gap of 4 h .1 such gaps., the first .got 4.0.; allowed: at most 3 h",
    )
    assert len(found) == 1
    assert read_weather(csv(tmp_path, frame), max_gap_h=4.0)["temp_degc"].notna().all()


def test_missing_rows_are_gaps_too(tmp_path):
    refused(csv(tmp_path, plain_frame().drop(plain_frame().index[20:30])), "ghi_w_per_m2: gap of 10 h")


def scaled(name, factor=1.0, offset=0.0):
    full = plain_frame().assign(humidity_percent=60.0, wind_m_per_s=3.0, pressure_hpa=1010.0, albedo=0.2)
    return full.assign(**{name: full[name] * factor + offset})


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (scaled("ghi_w_per_m2", 1e-3), r"ghi_w_per_m2: .* looks like kW/m2 .got 0\.7"),
        (scaled("ghi_w_per_m2", 3.6), r"csv:11 2024-06-01 09:00:00.*ghi_w_per_m2: 21 values cannot be, the first .got 1970"),
        (scaled("temp_degc", offset=273.15), r"weather.csv:2 2024-06-01 00:00:00.*looks like kelvin, the first .got 28\d\."),
        (scaled("humidity_percent", 0.01), r"humidity_percent: .* looks like a fraction .got 0\.6.; allowed: 0 to 105 %"),
        (scaled("pressure_hpa", 100.0), r"pressure_hpa: 72 values cannot be, looks like Pa, the first .got 101000"),
        (scaled("pressure_hpa", 0.1), r"pressure_hpa: the highest value looks like kPa .got 101\.0"),
        (scaled("wind_m_per_s", -1.0), r"wind_m_per_s: 72 values cannot be, the first .got -3.0.; allowed: 0 to 80 m/s"),
        (scaled("albedo", 100.0), r"albedo: 72 values cannot be, looks like percent, the first .got 20.0"),
    ],
)  # fmt: skip
def test_wrong_units_are_found_with_the_value(tmp_path, frame, message):
    refused(csv(tmp_path, frame), message)


def test_all_wrong_units_are_found_at_once(tmp_path):
    frame = plain_frame().assign(humidity_percent=0.6)
    frame["temp_degc"] += 273.15
    assert len(refused(csv(tmp_path, frame), "2 findings")) == 2


def test_night_offsets_and_diffuse_above_global_are_cut_and_said(tmp_path):
    frame = plain_frame().assign(dhi_w_per_m2=lambda table: table["ghi_w_per_m2"] * 0.5)
    frame.iloc[0, 0] = -4.0
    frame.loc[frame.index[12], "dhi_w_per_m2"] = 900.0
    read = read_weather(csv(tmp_path, frame))
    assert read["ghi_w_per_m2"].iloc[0] == 0.0
    assert read["dhi_w_per_m2"].iloc[12] == pytest.approx(frame["ghi_w_per_m2"].iloc[12])
    assert [finding.message.split()[0] for finding in read.attrs["findings"]] == ["1", "1"]


def test_dwd_file_with_a_bad_date_names_the_line(tmp_path):
    text = "head\nRW HW MM DD HH t p WR WG N x RF B D A E IL\n***\n" + "1 1 13 1 1 5.0 1000 160 2.0 5 5.0 70 0 0 300 -300 1\n" * 3
    (tmp_path / "t.dat").write_text(text)
    refused(tmp_path / "t.dat", r"t.dat:4 MM DD HH: not a time .got '13 1 1'.; allowed: 1..12 1..31 1..24 .MEZ.")


def test_dwd_file_without_its_columns(tmp_path):
    (tmp_path / "t.dat").write_text("head\nMM DD HH t p\n***\n1 1 1 5.0 1000\n")
    refused(tmp_path / "t.dat", r"t.dat:2: no columns RF, WG, D, B above the line of stars")
