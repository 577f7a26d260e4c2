# SPDX-License-Identifier: Apache-2.0
"""Climate figures follow from the weather files they name, and drawn weather has those figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from simulators.weather import read_weather
from simulators.weather.climate import ClimateSource
from simulators.weather.climate_figures import FOLDER, climate_of, monthly_figures, nearest, places, read_climate
from tests.shared_data import shared_data
from tests.unit.test_weather_support import ATHENS, series
from twinergy.community.twin import Site
from twinergy.errors import ScenarioError

FILES = {
    "athens": "athens_gr_nsrdb_2019_15min.parquet",
    "rome": "rome_it_nsrdb_2019_15min__proxy_benetutti.parquet",
    "duesseldorf": "duesseldorf_de_dwd_2024_15min.parquet",
    "potsdam": "potsdam_de_nsrdb_2019_15min__proxy_steinheim_east.parquet",
    "kassel": "kassel_de_dwd_try2015_region07_mean_hourly.parquet",
    "london": "london_gb_nsrdb_2019_15min__proxy_bristol.parquet",
}
PRINTED = {
    "ghi_kwh_per_m2": 0.051,
    "temp_degc": 0.051,
    "temp_range_degc": 0.051,
    "temp_day_std_degc": 0.051,
    "wind_m_per_s": 0.051,
}
PLACES = ("athens", "rome", "duesseldorf", "potsdam", "kassel", "bristol", "benetutti")


def figures_of(name: str) -> pd.DataFrame:
    path = shared_data("weather", FILES[name])
    return monthly_figures(read_weather(path, label="start" if name == "kassel" else "middle"))


def year_of(place: str, seed: int, year: int = 2023) -> pd.DataFrame:
    """Return the 8760 hours drawn for a place."""
    figures = climate_of(place)
    site = Site(
        name=place,
        latitude_deg=figures.latitude_deg,
        longitude_deg=figures.longitude_deg,
        altitude_m=50.0,
        timezone="UTC",
        country="",
    )
    source = ClimateSource(figures, site, seed, "weather")
    index = pd.date_range(f"{year}-01-01", f"{year + 1}-01-01", freq="h", tz="UTC", inclusive="left")
    return pd.DataFrame(source.window(int(index[0].timestamp()) // 3600, len(index)), index=index)


@pytest.mark.parametrize("place", ["athens", "rome", "duesseldorf", "potsdam", "kassel"])
def test_figures_are_those_of_the_files_they_name(place):
    computed = figures_of(place)
    for name, rounding in PRINTED.items():
        assert getattr(climate_of(place), name) == pytest.approx(computed[name].to_numpy(), abs=rounding), name


def test_bristol_has_the_seasons_of_duesseldorf_and_the_wind_of_london():
    bristol = climate_of("bristol")
    ratio = np.divide(bristol.ghi_kwh_per_m2, climate_of("duesseldorf").ghi_kwh_per_m2)
    assert ratio == pytest.approx(1050.0 / 990.0, rel=0.01)
    london = figures_of("london")
    for name in ("temp_day_std_degc", "wind_m_per_s"):
        assert getattr(bristol, name) == pytest.approx(london[name].to_numpy(), abs=0.051), name
    assert sum(bristol.ghi_kwh_per_m2) > 1.2 * london["ghi_kwh_per_m2"].sum()  # not the biased satellite irradiance


def test_bristol_is_as_warm_as_its_weather_station_says():
    # bristolweather.org, means of 30 years in Totterdown: year 11.3 (2017 with 12.1 was 0.8 above), autumn 12.0, January 5.7.
    # The figures are those of another station, in whole degrees.
    temperature = climate_of("bristol").temp_degc
    assert np.mean(temperature) == pytest.approx(11.3, abs=1.0)
    assert np.mean(temperature[8:11]) == pytest.approx(12.0, abs=1.0)
    assert temperature[0] == pytest.approx(5.7, abs=1.0)


@pytest.mark.parametrize("seed", [1, 2])
def test_benetutti_has_the_heating_degree_days_of_the_law(seed):
    # DPR 412/93: 1687 degree days of 20 degrees for Benetutti, climate zone D, heating from 1 November to 15 April
    # (preliminary study of the smart grid of Benetutti, section 1.1).
    days = year_of("benetutti", seed)["temp_degc"].resample("D").mean()
    heating = days[(days.index.month <= 3) | (days.index.month >= 11) | ((days.index.month == 4) & (days.index.day <= 15))]
    assert np.maximum(20.0 - heating, 0.0).sum() == pytest.approx(1687.0, rel=0.03)


def test_athens_has_the_irradiation_of_its_satellite_file():
    # 1630 kWh/m2 is the year of the file of Athens in 2019; Benetutti, three degrees further north, is about as sunny.
    assert sum(climate_of("athens").ghi_kwh_per_m2) == pytest.approx(1630.0, rel=0.01)
    assert 1600.0 < sum(climate_of("benetutti").ghi_kwh_per_m2) < 1700.0


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("seed", [1, 2])
def test_drawn_months_have_the_figures(place, seed):
    hours, figures = year_of(place, seed), climate_of(place)
    month = hours.index.month
    means = hours.groupby(month).mean()
    sums = hours["ghi_w_per_m2"].groupby(month).sum() / 1000.0
    assert sums.to_numpy() == pytest.approx(figures.ghi_kwh_per_m2, rel=0.01)
    assert means["temp_degc"].to_numpy() == pytest.approx(figures.temp_degc, abs=0.05)
    assert means["humidity_percent"].to_numpy() == pytest.approx(figures.humidity_percent, rel=0.01)
    assert means["wind_m_per_s"].to_numpy() == pytest.approx(figures.wind_m_per_s, rel=0.01)


def test_run_of_a_year_has_the_figures():
    run = series(ATHENS, "2024-01-01", "2025-01-01", 3600, source="climate", seed=7)
    drawn, figures = monthly_figures(run), climate_of("athens")
    for name in ("ghi_kwh_per_m2", "temp_degc", "humidity_percent", "wind_m_per_s"):
        assert drawn[name].to_numpy() == pytest.approx(getattr(figures, name), rel=0.05), name


def test_drawn_days_vary_as_the_measured_ones():
    drawn = pd.concat([monthly_figures(year_of("athens", seed)) for seed in range(1, 6)])
    measured = figures_of("athens")
    for name in ("temp_range_degc", "temp_day_std_degc"):
        assert drawn[name].mean() == pytest.approx(measured[name].mean(), rel=0.2), name


def test_a_mediterranean_summer_has_no_overcast_day():
    # In the file of 2019 the darkest day of July and August has 4.9 kWh/m2, the standard deviation of the days is 0.9.
    def summer(ghi, year):
        return ghi.loc[f"{year}-07-01" : f"{year}-08-30"].resample("D").mean() * 0.024

    measured = summer(read_weather(shared_data("weather", FILES["athens"]), label="middle")["ghi_w_per_m2"], 2019)
    drawn = pd.concat([summer(year_of("athens", seed)["ghi_w_per_m2"], 2023) for seed in range(1, 6)])
    assert drawn.min() > 0.75 * measured.min()
    assert drawn.std() == pytest.approx(measured.std(), rel=0.3)


def test_beam_of_a_drawn_year_is_near_the_measured_one():
    # 1733 kWh/m2 is the annual beam normal irradiation in the Athens file of 2019; nothing in the figures says it.
    beam = np.mean(
        [series(ATHENS, "2023-01-01", "2024-01-01", 3600, source="climate", seed=seed)["dni_w_per_m2"].mean() for seed in (1, 2)]
    )
    assert beam * 8.76 == pytest.approx(1733.0, rel=0.1)


def test_weather_is_continuous_across_months():
    temperature = year_of("potsdam", 3)["temp_degc"]
    step = temperature.diff().abs()
    at_border = step[temperature.index.is_month_start & (temperature.index.hour == 0)].iloc[1:]
    assert at_border.max() < step.quantile(0.995)


def test_consecutive_days_are_alike():
    days = year_of("potsdam", 3)["temp_degc"].resample("D").mean()
    departure = days - days.rolling(31, center=True).mean()
    assert 0.4 < departure.autocorr(1) < 0.9  # 0.7 was asked for; the rolling mean takes some of it


def test_aliases_and_distances():
    assert climate_of("Goceano").place == "benetutti"
    assert climate_of("hagedorn").place == "kassel"
    place, distance_km = nearest(51.87, 9.09)
    assert place.place == "kassel"
    assert distance_km == pytest.approx(65.0, abs=2.0)  # 0.54 deg of latitude and 0.38 deg of longitude by hand: 60 and 26 km


def test_every_file_says_where_its_figures_come_from():
    assert {figures.place for figures in places().values()} == set(PLACES)
    assert all(figures.source for figures in places().values())


def test_a_file_with_eleven_months_names_the_field(tmp_path):
    text = (
        (FOLDER / "athens.yaml")
        .read_text(encoding="utf-8")
        .replace("[48.2, ", "[")
        .replace("latitude_deg: 37.97", "latitude_deg: 97")
    )
    path = tmp_path / "broken.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(
        ScenarioError, match=r"(?s)2 findings.*latitude_deg.*got 97.*ghi_kwh_per_m2: Tuple should have at least 12"
    ):
        read_climate(path)
