# SPDX-License-Identifier: Apache-2.0
"""Drawn irradiance varies inside the hour as the measured one of Duesseldorf does, and keeps the hour's mean."""

from __future__ import annotations

import numpy as np
import pytest

from simulators.weather import read_weather
from simulators.weather.climate import ClimateSource
from simulators.weather.climate_figures import climate_of
from simulators.weather.reading.times import epoch_seconds
from simulators.weather.resample import steps_of, sun_at
from tests.shared_data import shared_data
from twinergy.community.twin import Site

PLACE = Site(name="Duesseldorf", latitude_deg=51.296, longitude_deg=6.769, altitude_m=37.0, timezone="UTC", country="")
START_S = 1_704_067_200
DAYS = 366
HIGH = 0.17
"""Sine of ten degrees: below it the clearness index says little."""


def drawn(step_s, intra_hour, days=DAYS, start_s=START_S):
    source = ClimateSource(climate_of("duesseldorf"), PLACE, 1, "weather", intra_hour=intra_hour)
    return steps_of(source, PLACE, start_s, days * 86_400 // step_s, step_s)


def changes(ghi, start_s):
    """Return the changes of the clearness index from one quarter of an hour to the next, sun higher than ten degrees."""
    sun = sun_at(PLACE, start_s + (np.arange(len(ghi)) + 0.5) * 900.0, method="ephemeris")
    clearness = ghi / np.maximum(sun.extra_horizontal, 1.0)
    up = sun.cos_zenith > HIGH
    return np.abs(np.diff(clearness))[up[1:] & up[:-1]]


@pytest.fixture(scope="module")
def measured():
    table = read_weather(shared_data("weather", "duesseldorf_de_dwd_2024_15min.parquet"), label="middle")
    return changes(table["ghi_w_per_m2"].to_numpy(), int(epoch_seconds(table.index)[0]))


@pytest.fixture(scope="module")
def quarters():
    return drawn(900, intra_hour=True)


def test_hours_keep_their_mean(quarters):
    hours = drawn(3600, intra_hour=False)["ghi_w_per_m2"]
    np.testing.assert_allclose(quarters["ghi_w_per_m2"].reshape(-1, 4).mean(axis=1), hours, atol=1e-9)


def test_swings_between_quarters_are_those_measured(measured, quarters):
    # The size of the variation was fitted to the spread around the hour's mean, not to these changes between quarters.
    for part, tolerance in ((0.90, 0.15), (0.95, 0.10), (0.99, 0.10)):
        assert np.quantile(changes(quarters["ghi_w_per_m2"], START_S), part) == pytest.approx(
            np.quantile(measured, part), rel=tolerance
        )


def test_constant_clearness_has_too_few_swings(measured):
    smooth = changes(drawn(900, intra_hour=False)["ghi_w_per_m2"], START_S)
    assert np.quantile(smooth, 0.9) < 0.6 * np.quantile(measured, 0.9)


def test_an_hourly_run_does_not_feel_it():
    with_it, without = (drawn(3600, intra_hour=flag, days=14) for flag in (True, False))
    for name, values in without.items():
        np.testing.assert_allclose(with_it[name], values, atol=1e-9, err_msg=name)


def test_it_does_not_depend_on_where_a_block_begins(quarters):
    later = drawn(900, intra_hour=True, days=2, start_s=START_S + 150 * 86_400)
    np.testing.assert_allclose(later["ghi_w_per_m2"], quarters["ghi_w_per_m2"][150 * 96 : 152 * 96], atol=1e-9)


@pytest.mark.parametrize("step_s", [60, 300, 1800])
def test_finer_and_coarser_steps_agree_with_the_hours(step_s):
    start_s = START_S + 120 * 86_400
    steps = drawn(step_s, intra_hour=True, days=3, start_s=start_s)
    hours = drawn(3600, intra_hour=False, days=3, start_s=start_s)["ghi_w_per_m2"]
    ghi = steps["ghi_w_per_m2"]
    np.testing.assert_allclose(ghi.reshape(72, -1).mean(axis=1), hours, atol=1e-6)
    assert ghi.min() >= 0.0
    assert (steps["dhi_w_per_m2"] <= ghi + 1e-9).all()
    assert (np.ptp(ghi.reshape(72, -1), axis=1) > 1.0).sum() > 20
