# SPDX-License-Identifier: Apache-2.0
"""The sun against the published examples of the NREL solar position algorithm."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from simulators.weather.sun import solar_hour, sun_position
from tests.shared_data import shared_data
from tests.unit.test_weather_support import series
from twinergy.community.twin import Site

GOLDEN = Site(
    name="Golden", latitude_deg=39.742476, longitude_deg=-105.1786, altitude_m=1830.14, timezone="America/Denver", country="US"
)
HALF_DISC_AND_REFRACTION_DEG = 0.8333


def positions() -> pd.DataFrame:
    return pd.read_csv(shared_data("reference_tables", "pv_solar", "solar_position_nrel_spa.csv"), parse_dates=["time"])


def events() -> pd.DataFrame:
    return pd.read_csv(shared_data("reference_tables", "pv_solar", "sunrise_transit_sunset_nrel_spa.csv"))


def test_a_minute_centred_on_the_published_instant_has_its_position():
    for row in positions().itertuples():
        middle = row.time.tz_convert("UTC").tz_localize(None)  # half past the minute: mid-step of a run of 60 s
        start = middle - pd.Timedelta(seconds=30)
        step = series(GOLDEN, str(start), str(start + pd.Timedelta(minutes=1)), 60, source="climate", place="athens").iloc[0]
        assert step["solar_zenith_deg"] == pytest.approx(90.0 - row.elevation_deg, abs=0.001)
        assert step["solar_apparent_zenith_deg"] == pytest.approx(row.apparent_zenith_deg, abs=0.001)
        assert step["solar_azimuth_deg"] == pytest.approx(row.azimuth_deg, abs=0.001)


@pytest.mark.parametrize("day", [0, 1])
def test_transit_within_seconds_and_sunrise_and_sunset_within_two_minutes(day):
    # The published rise and set are those of the algorithm's single correction (Reda and Andreas 2004, appendix A.2): on 2 August
    # its sunset is a minute late, when the sun's centre stands 1.02 degrees below the horizon instead of 0.83.
    row = events().iloc[day]
    noon_s = pd.Timestamp(f"{row['date']}T12:00-07:00").timestamp()
    second = np.arange(-36_000.0, 36_000.0, 60.0)
    sun = sun_position(noon_s + second, GOLDEN.latitude_deg, GOLDEN.longitude_deg, GOLDEN.altitude_m)
    transit = np.interp(180.0, sun.azimuth_deg, second)
    height = 90.0 - sun.zenith_deg + HALF_DISC_AND_REFRACTION_DEG
    morning, evening = second < transit, second > transit
    rise, fall = np.interp(0.0, height[morning], second[morning]), np.interp(0.0, -height[evening], second[evening])
    for ours, published, within in ((rise, "sunrise", 120.0), (transit, "transit", 5.0), (fall, "sunset", 120.0)):
        expected = pd.Timedelta(row[f"{published}_mst"]).total_seconds() - 43_200.0
        assert ours == pytest.approx(expected, abs=within), published


def test_true_solar_time_is_noon_at_the_published_transit():
    for row in events().itertuples():
        transit_s = pd.Timestamp(f"{row.date}T{row.transit_mst}-07:00").timestamp()
        assert solar_hour(np.array([transit_s]), GOLDEN.longitude_deg)[0] % 24.0 == pytest.approx(12.0, abs=1.0 / 60.0)


def test_the_fast_method_stays_within_its_stated_error():
    instants = pd.date_range("2024-01-01", "2024-12-31", freq="7h", tz="UTC").as_unit("s").asi8
    exact, fast = (sun_position(instants, 51.87, 9.09, 140.0, method=method) for method in ("nrel_numpy", "ephemeris"))
    assert np.abs(exact.zenith_deg - fast.zenith_deg).max() < 0.02


def test_extraterrestrial_irradiance_at_perihelion_and_aphelion():
    # 1361.1 W/m2 over the squared distance, 0.98333 and 1.01671 au (Spencer's series is good to 0.1 %).
    instants = np.array([pd.Timestamp(day, tz="UTC").timestamp() for day in ("2024-01-03T12:00", "2024-07-05T12:00")])
    extra = sun_position(instants, 50.0, 10.0, 0.0).dni_extra
    assert extra == pytest.approx([1361.1 / 0.98333**2, 1361.1 / 1.01671**2], rel=1e-3)
