# SPDX-License-Identifier: Apache-2.0
"""Forecasts against other tools (scikit-learn, pvlib) and out of sample on measured data.

Measured: six weeks of 16 German houses (HAMLET, loads/README) and a year of irradiance in Düsseldorf (Deutscher Wetterdienst,
weather/README) on twelve roofs through our own `simulators.pv`. Neither was used to choose a default: that was done on the
SimBench households and on the weather of Potsdam and Athens (docs/how-to/forecasts.md).
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pvlib
import pytest
from sklearn.metrics import mean_pinball_loss

from benchmarks.forecast import GERMANY, PER_DAY, STEP_S, Measured, hamlet, provider, roofs, score, steps
from tests.shared_data import shared_data
from twinergy.forecast import Scores
from twinergy.forecast.sun import ClearSky, haurwitz_w_per_m2, sun_position


@pytest.mark.parametrize("level", [0.05, 0.5, 0.9])
def test_the_pinball_loss_is_that_of_scikit_learn(level):
    rng = np.random.default_rng(11)
    truth, said = rng.normal(size=200), rng.normal(size=200)
    scores = Scores(1, STEP_S, levels=(level,), edges_h=(100.0,))
    scores.issued(0, np.zeros((200, 1)), said[None, :, None])
    for row, y in enumerate(truth):
        scores.arrived(row * STEP_S, np.array([y]))
    expected = mean_pinball_loss(truth, said, alpha=level)
    assert scores.table()[0][f"pinball_{level:g}_kw"] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("latitude", "longitude"), [(51.87, 9.09), (37.97, 23.74), (-33.9, 151.2), (40.3, -105.0)])
def test_the_sun_stands_where_the_nrel_algorithm_has_it(latitude, longitude):
    """To 0.02 degrees of height; Michalsky states 0.01 degrees for his formulas."""
    when = pd.date_range("2023-01-01", "2026-01-01", freq="97min", tz="UTC")
    expected = pvlib.solarposition.get_solarposition(when, latitude, longitude, method="nrel_numpy")
    epoch_s = when.as_unit("s").asi8.astype(float)
    height_deg, hour_deg, _ = sun_position(epoch_s, latitude, longitude)
    assert np.abs(height_deg - expected["elevation"].to_numpy()).max() < 0.02
    hours = pvlib.solarposition.hour_angle(when, longitude, expected["equation_of_time"].to_numpy())
    apart = (hour_deg - hours + 180.0) % 360.0 - 180.0
    assert np.abs(apart).max() < 0.05


def test_clear_sky_light_is_that_of_haurwitz_in_pvlib():
    height_deg = np.linspace(0.5, 90.0, 200)
    expected = pvlib.clearsky.haurwitz(pd.Series(90.0 - height_deg))["ghi"].to_numpy()
    assert haurwitz_w_per_m2(height_deg) == pytest.approx(expected, rel=1e-3)


def test_night_is_where_pvlib_has_the_sun_down():
    numbers = np.arange(19_750 * PER_DAY, 20_115 * PER_DAY)  # a year from 2024-01-28
    light = ClearSky(GERMANY.latitude_deg, GERMANY.longitude_deg, STEP_S).over(numbers).light_w_per_m2
    edges = [
        pvlib.solarposition.get_solarposition(
            pd.to_datetime(numbers * STEP_S + after_s, unit="s", utc=True), GERMANY.latitude_deg, GERMANY.longitude_deg
        )["elevation"].to_numpy()
        for after_s in (0, STEP_S / 2, STEP_S)
    ]
    highest = np.max(edges, axis=0)
    assert (light[highest < -0.85] == 0.0).all()
    assert (light[edges[1] > -0.8] > 0.0).all()


def clear_days(tilt, azimuth, days, latitude=37.97, longitude=23.74):
    """Return what a roof makes of cloudless days by pvlib: simplified Solis, Hay and Davies, 1 kW per 1000 W/m2. [kW]."""
    when = pd.date_range("2024-03-01", periods=days * PER_DAY, freq="15min", tz="UTC") + pd.Timedelta("450s")
    sun = pvlib.solarposition.get_solarposition(when, latitude, longitude)
    extra = pvlib.irradiance.get_extra_radiation(when)
    sky = pvlib.clearsky.simplified_solis(sun["apparent_elevation"], dni_extra=extra)
    plane = pvlib.irradiance.get_total_irradiance(
        tilt, azimuth, sun["apparent_zenith"], sun["azimuth"], sky["dni"], sky["ghi"], sky["dhi"], extra, model="haydavies"
    )
    return int(when[0].timestamp()) - 450, np.nan_to_num(plane["poa_global"].to_numpy()) / 1000.0


def test_a_roof_of_unknown_orientation_is_learned_from_its_power():
    """After ten cloudless days, the eleventh to within 5 % of its mean, whichever way the roof faces."""
    from twinergy.community.twin import Site

    athens = Site(name="", latitude_deg=37.97, longitude_deg=23.74, altitude_m=0.0, timezone="Europe/Athens", country="GR")
    power = [clear_days(*plane, days=11) for plane in ((10.0, 180.0), (30.0, 90.0), (30.0, 180.0), (40.0, 270.0), (60.0, 180.0))]
    start, p_kw = power[0][0], -np.array([p for _, p in power]).T
    measured = Measured(start, p_kw, np.full(len(p_kw), np.nan))
    forecasts = provider("clear_sky", measured, "pv", athens)
    for epoch_s, values, _ in list(steps(measured))[: 10 * PER_DAY]:
        forecasts.observe(epoch_s, values)
    truth = p_kw[10 * PER_DAY :]
    rmse = np.sqrt(np.mean((forecasts.predict(PER_DAY) - truth) ** 2, axis=0))
    assert (rmse / -truth.mean(axis=0)).max() < 0.05


@cache
def errors(name, role, kind):
    """Return the rows of scores on some measured data, re-forecast every six hours."""
    shared_data("loads", "hamlet_16_households_2021q1_15min_w.parquet")
    data = shared_data("loads").parent
    whole = hamlet(data) if name == "hamlet" else roofs_part(data)
    levels = (0.1, 0.9) if kind in {"seasonal", "clear_sky"} else ()
    return score(provider(kind, whole, role), whole, unscored=21 * PER_DAY, every=24, levels=levels).table()


@cache
def roofs_part(data):
    whole = roofs(data, days=slice(60, 180))  # March to June
    return Measured(whole.epoch_s0, whole.p_kw[:, 1::3], whole.temp_degc)


def far(name, role, kind):
    return errors(name, role, kind)[-1]["nrmse"]


def test_on_measured_houses_habits_beat_yesterday_and_boosting_beats_both():
    persistence, seasonal, boosting = (far("hamlet", "load", kind) for kind in ("persistence", "seasonal", "boosting"))
    assert seasonal < 0.85 * persistence
    assert boosting < seasonal


def test_under_measured_weather_the_scaled_clear_sky_beats_yesterday_and_the_usual():
    persistence, seasonal, clear_sky = (far("roofs", "pv", kind) for kind in ("persistence", "seasonal", "clear_sky"))
    assert clear_sky < 0.85 * persistence
    assert clear_sky < seasonal


def test_quantiles_cover_what_they_say():
    row = errors("hamlet", "load", "seasonal")[-1]
    assert row["coverage_0.1"] == pytest.approx(0.1, abs=0.05)
    assert row["coverage_0.9"] == pytest.approx(0.9, abs=0.05)


def test_pv_quantiles_cover_most_of_the_days():
    row = errors("roofs", "pv", "clear_sky")[-1]
    assert row["coverage_0.1"] == pytest.approx(0.1, abs=0.1)
    assert row["coverage_0.9"] == pytest.approx(0.9, abs=0.1)
