# SPDX-License-Identifier: Apache-2.0
"""Small files in each format: time stamps become interval starts in UTC, and the traps of each format are covered."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest

from simulators.weather import read_weather
from tests.unit.test_weather_support import csv, plain_frame
from twinergy.errors import ScenarioError

NSRDB_HEAD = (
    "Source,Location ID,City,State,Country,Latitude,Longitude,Time Zone,Elevation,Local Time Zone,Pressure Units,Version\n"
    "NSRDB,1291832,-,-,-,37.97,23.74,{zone},140,2,mbar,unknown\n"
    "Year,Month,Day,Hour,Minute,Temperature,DHI,DNI,GHI,Pressure,Wind Speed,Surface Albedo\n"
)
PVGIS_HEAD = (
    "Latitude (decimal degrees):\t45.000\nLongitude (decimal degrees):\t8.000\nElevation (m):\t250\n"
    "Radiation database:\tPVGIS-SARAH3\n\n\nSlope: {slope} deg. \nAzimuth: 0 deg. \n{columns}\n"
)
TRY_HEAD = (
    "Koordinatensystem : Lambert konform konisch\n\n"
    "     RW      HW MM DD HH     t    p  WR   WG N    x  RF    B    D   A    E IL\n*** \n"
)
TRY_ROW = "3859500 2656500  6 {day:2d} {hour:2d}  15.0 1001 160  2.0 5  5.0  70 {beam:4d}  100 300 -350  1\n"


def epw(hours: int = 48, year: str = "2011", albedo: str = "0.2") -> str:
    """Return an EPW file: temperature counts the hours, 20 degC at 09:00; irradiance 100 W/m2 in the hour before 12:00."""
    head = ["LOCATION,Athens,-,GRC,test,167160,37.90,23.73,2.0,15.0", *[f"HEADER {k}" for k in range(7)]]
    rows = []
    for hour in range(hours):
        sun = 100 if hour % 24 == 11 else 0
        values = [
            year,
            "6",
            str(1 + hour // 24),
            str(hour % 24 + 1),
            "60",
            "?9",
            f"{hour % 24 + 12}",
            "5",
            "50",
            "101325",
            "0",
            "0",
            "300",
        ]
        rows.append(",".join([*values, f"{sun}", "0", f"{sun}", *["0"] * 4, "90", "3.5", *["0"] * 10, albedo, "0", "0"]))
    return "\n".join([*head, *rows]) + "\n"


def write(folder, text, name="weather.txt"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_epw_irradiance_is_of_the_hour_before_and_the_state_is_at_its_end(tmp_path):
    frame = read_weather(write(tmp_path, epw()))
    sunny = frame.index[frame["ghi_w_per_m2"] > 0.0][0]
    assert (sunny.hour, sunny.minute) == (9, 0)  # 11 to 12 local standard time, UTC+2
    # 22 degC at 11:00 and 23 degC at 12:00 local time: 22.5 degC in the middle.
    assert frame.loc[sunny, ["temp_degc", "pressure_hpa", "wind_m_per_s", "albedo"]].tolist() == [22.5, 1013.25, 3.5, 0.2]


def test_epw_without_albedo_and_with_missing_temperature(tmp_path):
    text = epw(albedo="999").replace(",?9,30,", ",?9,99.9,", 1)
    frame = read_weather(write(tmp_path, text))
    assert "albedo" not in frame
    assert [finding.value for finding in frame.attrs["findings"]] == [2]  # one missing sample leaves two hours without a middle


@pytest.mark.parametrize(("label", "start"), [(None, "06:52:30"), ("start", "07:00:00"), ("end", "06:45:00")])
def test_nsrdb_stamp_is_the_middle_in_the_zone_of_the_header(tmp_path, label, start):
    rows = [f"2019,1,1,{9 + k // 4},{15 * k % 60},8,20,0,{20 if k else 55},1011,8.6,0.13" for k in range(8)]
    frame = read_weather(write(tmp_path, NSRDB_HEAD.format(zone=2) + "\r\n".join(rows) + "\r\n"), label=label)
    assert str(frame.index[0]) == f"2019-01-01 {start}+00:00"
    assert frame.iloc[0][["ghi_w_per_m2", "pressure_hpa", "albedo"]].tolist() == [55.0, 1011.0, 0.13]


def test_pvgis_hourly_is_centred_on_the_satellite_image(tmp_path):
    rows = [f"2020060{1 + k // 24}:{k % 24:02d}11,{max(0, 50 * (k % 24))}.0,0.0,20.0,1.5,0.0" for k in range(48)]
    text = PVGIS_HEAD.format(slope=0, columns="time,G(i),H_sun,T2m,WS10m,Int") + "\n".join(rows) + "\n\nG(i): irradiance\n"
    frame = read_weather(write(tmp_path, text))
    assert str(frame.index[12]) == "2020-06-01 11:40:00+00:00"  # 12:11 minus half an hour, rounded to five minutes
    assert frame["ghi_w_per_m2"].iloc[12] == 600.0


def test_pvgis_hourly_components_add_up(tmp_path):
    rows = [f"20200601:{hour:02d}11,300.0,100.0,0.0,30.0,20.0,1.5,0.0" for hour in range(24)]
    text = PVGIS_HEAD.format(slope=0, columns="time,Gb(i),Gd(i),Gr(i),H_sun,T2m,WS10m,Int") + "\n".join(rows) + "\n\n"
    assert read_weather(write(tmp_path, text)).iloc[0][["ghi_w_per_m2", "dhi_w_per_m2"]].tolist() == [400.0, 100.0]


def test_pvgis_of_a_tilted_plane_is_refused(tmp_path):
    text = (
        PVGIS_HEAD.format(slope=41, columns="time,G(i),H_sun,T2m,WS10m,Int") + "20200601:0011,0.0,0.0,20.0,1.5,0.0\n" * 3 + "\n"
    )
    with pytest.raises(ScenarioError, match=r"tilted plane .got '41 deg\.'.; allowed: 0 deg"):
        read_weather(write(tmp_path, text))


def test_dwd_try_2015_hour_ends_at_hh_of_mez(tmp_path):
    rows = [TRY_ROW.format(day=1 + h // 24, hour=h % 24 + 1, beam=300 if h == 12 else 0) for h in range(48)]
    frame = read_weather(write(tmp_path, TRY_HEAD + "".join(rows), "TRY2015.dat"))
    assert str(frame["ghi_w_per_m2"].idxmax()) == "2015-06-01 11:00:00+00:00"  # HH = 13 is 12 to 13 MEZ, 11 to 12 UTC
    assert frame.loc["2015-06-01 11:00+00:00", ["ghi_w_per_m2", "dhi_w_per_m2", "temp_degc"]].tolist() == [400.0, 100.0, 15.0]


def test_gzip_and_parquet(tmp_path):
    frame = plain_frame()
    frame.to_parquet(tmp_path / "weather.parquet")
    packed = tmp_path / "weather.csv.gz"
    packed.write_bytes(gzip.compress(frame.to_csv().encode()))
    for path in (tmp_path / "weather.parquet", packed):
        assert np.allclose(read_weather(path), frame)


@pytest.mark.parametrize(("label", "first"), [(None, "00:00"), ("start", "00:00"), ("middle", "23:30"), ("end", "23:00")])
def test_label_of_a_plain_file(tmp_path, label, first):
    frame = read_weather(csv(tmp_path, plain_frame()), label=label)
    assert frame.index[0].strftime("%H:%M") == first


def test_csv_with_semicolons_decimal_commas_and_a_comment(tmp_path):
    text = "# measured on the roof\ntime;ghi_w_per_m2;temp_degc\n" + "".join(
        f"2024-06-01T{h:02d}:00+02:00;10,5;{h},25\n" for h in range(24)
    )
    frame = read_weather(write(tmp_path, text, "w.csv"))
    assert str(frame.index[0]) == "2024-05-31 22:00:00+00:00"
    assert frame.iloc[3].tolist() == [10.5, 3.25]


def test_local_times_across_both_changes_of_the_clock(tmp_path):
    for start in ("2024-03-30 23:00", "2024-10-26 22:00"):  # the nights of 23 and of 25 hours in Berlin
        frame = plain_frame(48, start)
        local = frame.set_axis(frame.index.tz_convert("Europe/Berlin").tz_localize(None)).rename_axis("time")
        read = read_weather(csv(tmp_path, local), timezone="Europe/Berlin")
        assert read.index.equals(frame.index)
        assert np.allclose(read, frame)


def test_times_that_do_not_exist_name_the_line(tmp_path):
    frame = plain_frame(48, "2024-03-30")  # a file that ignores summer time, declared as if it did not
    local = frame.set_axis(frame.index.tz_localize(None)).rename_axis("time")
    with pytest.raises(ScenarioError, match=r"weather.csv:28 row 27: .*Europe/Berlin.*got '2024-03-31 02:00:00'.*Etc/GMT-1"):
        read_weather(csv(tmp_path, local), timezone="Europe/Berlin")


def test_an_hour_that_happens_twice_but_stands_once_is_refused(tmp_path):
    frame = plain_frame(48, "2024-10-26")
    local = frame.set_axis(frame.index.tz_localize(None)).rename_axis("time")
    with pytest.raises(ScenarioError, match=r"weather.csv:28 row 27: .*happens twice there .got '2024-10-27 02:00:00'"):
        read_weather(csv(tmp_path, local), timezone="Europe/Berlin")


def test_columns_of_others_are_mapped_by_name(tmp_path):
    path = csv(tmp_path, plain_frame().rename(columns={"temp_degc": "Lufttemperatur"}))
    assert read_weather(path, columns={"temp_degc": "Lufttemperatur"})["temp_degc"].iloc[15] == pytest.approx(20.0)


@pytest.mark.parametrize("option", [{"label": "end"}, {"timezone": "UTC"}, {"columns": {"temp_degc": "x"}}])
def test_options_a_format_fixes_are_refused(tmp_path, option):
    with pytest.raises(ScenarioError, match=f"{next(iter(option))}: the format epw fixes this itself"):
        read_weather(write(tmp_path, epw()), **option)


def test_format_can_be_forced(tmp_path):
    with pytest.raises(ScenarioError, match="cannot be read as EPW"):
        read_weather(csv(tmp_path, plain_frame()), format="epw")


def test_leap_day_of_an_epw_is_kept(tmp_path):
    text = epw(year="2012").replace("2012,6,1,", "2012,2,28,").replace("2012,6,2,", "2012,2,29,")
    assert read_weather(write(tmp_path, text)).index[-1] == pd.Timestamp("2012-02-29 21:00", tz="UTC")
