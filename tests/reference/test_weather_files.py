# SPDX-License-Identifier: Apache-2.0
"""Real weather files: sums as published beside them, noon where the sun is, components that agree with its height."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from simulators.weather import read_weather
from simulators.weather.noon import noon_offset_min
from simulators.weather.reading.times import epoch_seconds
from simulators.weather.sun import sun_position
from tests.shared_data import shared_data
from tests.unit.test_weather_support import ATHENS, STEINHEIM, series, up

NSRDB = {"athens_gr": (37.97, 23.74), "rome_it": (41.89, 12.50), "london_gb": (51.49, -0.10), "potsdam_de": (52.41, 13.06)}
# Annual sum as stated in the README beside the files, and longitude. [kWh/m2], [deg]
YEARS = [
    ("athens_gr_nsrdb_2019_15min.parquet", 1630, 23.74),
    ("rome_it_nsrdb_2019_15min__proxy_benetutti.parquet", 1478, 12.50),
    ("london_gb_nsrdb_2019_15min__proxy_bristol.parquet", 797, -0.10),
    ("potsdam_de_nsrdb_2019_15min__proxy_steinheim_east.parquet", 980, 13.06),
    ("duesseldorf_de_dwd_2024_15min.parquet", 990, 6.769),
    ("steinheim_de_dwd_try2015_region06_mean_hourly.parquet", 994, 7.95),
    ("kassel_de_dwd_try2015_region07_mean_hourly.parquet", 1020, 9.47),
]


def year(name: str, label: str | None = None) -> pd.DataFrame:
    """Read a shared file; the 15-minute ones are samples at their stamps, the hourly ones say interval start in their index."""
    return read_weather(shared_data("weather", name), label=label or ("middle" if "15min" in name else "start"))


def cos_zenith(frame: pd.DataFrame, latitude: float, longitude: float) -> np.ndarray:
    start = epoch_seconds(frame.index)
    return sun_position(start + (start[1] - start[0]) / 2.0, latitude, longitude, 0.0).cos_zenith


@pytest.mark.parametrize(("name", "kwh_per_m2", "longitude"), YEARS)
def test_annual_sum_and_noon(name, kwh_per_m2, longitude):
    frame = year(name)
    hours = (frame.index[1] - frame.index[0]).total_seconds() / 3600.0
    assert frame["ghi_w_per_m2"].sum() * hours / 1000.0 == pytest.approx(kwh_per_m2, rel=0.003)
    assert not frame.isna().any(axis=None)
    # London is known to be biased (mornings have 12 % less than afternoons), so its noon is a quarter of an hour late.
    low, high = (12.0, 20.0) if name.startswith("london") else (-5.0, 5.0)
    assert low < noon_offset_min(frame, longitude) < high


@pytest.mark.parametrize("name", [name for name, *_ in YEARS if "nsrdb" in name])
def test_beam_of_nsrdb_files_closes_at_the_middle_of_the_interval(name):
    latitude, longitude = NSRDB[next(key for key in NSRDB if name.startswith(key))]
    for label, largest in (("middle", 0.6), ("start", np.inf)):
        frame = year(name, label)
        cos = cos_zenith(frame, latitude, longitude)
        residual = (frame["ghi_w_per_m2"] - frame["dhi_w_per_m2"] - frame["dni_w_per_m2"] * cos)[cos > 0.15]
        rmse = float(np.sqrt(np.mean(residual**2)))
        assert rmse < largest
    assert rmse > 4.0  # a wrong label by half an interval is seen at once


def test_pvgis_typical_year_closes_at_the_offset_its_header_states():
    frame = read_weather(shared_data("weather", "pvgis53_tmy_45N_8E_2005_2023.csv.gz"))
    cos = cos_zenith(frame, 45.0, 8.0)
    residual = (frame["ghi_w_per_m2"] - frame["dhi_w_per_m2"] - frame["dni_w_per_m2"] * cos)[cos > 0.15]
    assert float(np.sqrt(np.mean(residual**2))) < 1.0
    assert abs(noon_offset_min(frame, 8.0)) < 5.0
    assert len(frame) == 8760
    assert frame.attrs["place"] == {"latitude_deg": 45.0, "longitude_deg": 8.0, "altitude_m": 250.0}


def test_pvgis_values_are_those_of_the_file():
    frame = read_weather(shared_data("weather", "pvgis53_tmy_45N_8E_2005_2023.csv.gz"))
    # 2.04 degC at 00:00 and 1.98 at 01:00, 0.1761 h after the hour: 2.0294; 99870 and 99800 Pa: 998.577 hPa.
    assert frame.iloc[0][["temp_degc", "pressure_hpa"]].tolist() == pytest.approx([2.0294, 998.577], abs=1e-3)


def test_country_temperatures_need_a_column_each():
    path = shared_data("weather", "country_mean_temperature_2016_hourly.parquet")
    frame = read_weather(path, columns={"temp_degc": "temp_air_gr_degc"}, required=("temp_degc",))
    assert (len(frame), str(frame.index[0])) == (8784, "2016-01-01 00:00:00+00:00")
    assert frame["temp_degc"].min() == pytest.approx(-2.274, abs=1e-3)


def test_monthly_means_of_a_file_survive_resampling():
    name = "athens_gr_nsrdb_2019_15min.parquet"
    folder = shared_data("weather")
    run = series(ATHENS, "2019-01-01", "2020-01-01", 900, folder=folder, source="file", path=name, label="middle")
    for quantity in ("ghi_w_per_m2", "dhi_w_per_m2", "dni_w_per_m2", "temp_degc", "wind_m_per_s", "pressure_hpa"):
        ours, theirs = (table[quantity].groupby(table.index.month).mean() for table in (run, year(name)))
        assert ours.to_numpy() == pytest.approx(theirs.to_numpy(), rel=0.05), quantity


def test_a_leap_day_takes_the_day_before_and_another_year_the_same_date():
    options = {"folder": shared_data("weather"), "source": "file", "path": YEARS[0][0], "label": "middle"}
    leap = series(ATHENS, "2024-02-28", "2024-03-02", 3600, **options)["temp_degc"]
    own = series(ATHENS, "2019-02-28", "2019-03-02", 3600, **options)["temp_degc"]
    assert np.allclose(leap.iloc[26:46], own.iloc[2:22])  # 29 February 02:00 to 21:00
    assert np.allclose(leap.iloc[50:70], own.iloc[26:46])  # 1 March


@pytest.mark.parametrize("step_s", [60, 900, 3600])
def test_hourly_file_keeps_every_hour_and_closes_in_every_step(step_s):
    path = "kassel_de_dwd_try2015_region07_mean_hourly.parquet"
    run = series(STEINHEIM, "2015-04-06", "2015-04-13", step_s, folder=shared_data("weather"), source="file", path=path)
    hourly = run["ghi_w_per_m2"].resample("h").mean()
    assert hourly.to_numpy() == pytest.approx(year(path)["ghi_w_per_m2"].loc[hourly.index].to_numpy(), abs=1e-9)
    assert np.abs(run["ghi_w_per_m2"] - run["dhi_w_per_m2"] - run["dni_w_per_m2"] * up(run)).max() < 1e-9


def test_air_is_linear_between_the_middles_of_the_hours():
    path = "kassel_de_dwd_try2015_region07_mean_hourly.parquet"
    options = {"folder": shared_data("weather"), "source": "file", "path": path}
    hourly = year(path).loc["2015-04-06":"2015-04-07"]
    hours, quarters = (series(STEINHEIM, "2015-04-06", "2015-04-07", step_s, **options) for step_s in (3600, 900))
    for name in ("temp_degc", "humidity_percent", "wind_m_per_s", "pressure_hpa"):
        value = hourly[name].to_numpy()
        assert hours[name].to_numpy() == pytest.approx(value[:24], abs=1e-9), name
        # The third quarter of an hour is centred at minute 37.5: an eighth of the way to the next hour's middle.
        assert quarters[name].to_numpy()[2::4] == pytest.approx(value[:24] * 0.875 + value[1:25] * 0.125, abs=1e-9), name


@pytest.mark.parametrize(("without", "within"), [("ghi_w_m2", 0.005), ("dhi_w_m2", 0.03), ("dni_w_m2", 0.03)])
def test_two_components_give_the_third(tmp_path, without, within):
    original = pd.read_parquet(shared_data("weather", YEARS[0][0])).loc["2019-05"]
    original.drop(columns=without).to_parquet(tmp_path / "two.parquet")
    run = series(ATHENS, "2019-05-01", "2019-06-01", 900, folder=tmp_path, source="file", path="two.parquet", label="middle")
    for ours, theirs in (("ghi_w_per_m2", "ghi_w_m2"), ("dhi_w_per_m2", "dhi_w_m2"), ("dni_w_per_m2", "dni_w_m2")):
        assert run[ours].mean() == pytest.approx(original[theirs].mean(), rel=within), ours


def test_global_irradiance_alone_gives_a_plausible_beam(tmp_path):
    original = pd.read_parquet(shared_data("weather", YEARS[0][0]))
    original.drop(columns=["dhi_w_m2", "dni_w_m2"]).to_parquet(tmp_path / "one.parquet")
    run = series(ATHENS, "2019-01-01", "2020-01-01", 3600, folder=tmp_path, source="file", path="one.parquet", label="middle")
    assert run["dni_w_per_m2"].mean() == pytest.approx(original["dni_w_m2"].mean(), rel=0.1)  # Erbs is a correlation
