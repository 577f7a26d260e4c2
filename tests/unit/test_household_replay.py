# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from simulators.household.replay import Grid, annual_factor, energy_steps, mean_power
from tests.unit.test_household_fleet import days, devices_of, fleet_of, run
from twinergy.errors import ScenarioError

BERLIN = "Europe/Berlin"


def clock_file(folder, first_utc: str, hours: int) -> None:
    """Each hour's load is the local hour of the week in kW divided by 10, so that a result tells where it came from."""
    times = pd.date_range(first_utc, periods=hours, freq="h", tz="UTC")
    local = times.tz_convert(BERLIN)
    frame = pd.DataFrame({"p": (local.dayofweek * 24 + local.hour) / 10.0}, index=times)
    frame.to_parquet(folder / "p.parquet")


def hours_of_week(axis) -> np.ndarray:
    local = pd.date_range(axis.start, axis.end, freq=f"{axis.step_s}s", inclusive="left").tz_convert(BERLIN)
    return np.asarray(local.dayofweek * 24 + local.hour, dtype=float)


def replayed(folder, axis, **more) -> np.ndarray:
    profile = {"kind": "measured", "path": "p.parquet", **more}
    return run(fleet_of(devices_of([{"annual_kwh": 5000.0, "profile": profile}]), axis, folder=folder), axis)[:, 0]


@pytest.mark.parametrize("first", [date(2024, 3, 25), date(2024, 10, 21), date(2021, 7, 5), date(2030, 2, 4)])
def test_a_short_series_repeats_on_the_same_weekday_and_clock_time(tmp_path, first):
    clock_file(tmp_path, "2024-01-08T23:00", 3 * 168 + 50)  # from a Tuesday, 00:00 local; what exceeds three weeks is not used
    axis = days(first, 21)
    local = hours_of_week(axis)
    assert replayed(tmp_path, axis) == pytest.approx(local / 10.0)


def test_within_its_own_time_a_series_is_itself_over_a_change_of_the_clock(tmp_path):
    times = pd.date_range("2024-10-20T22:00", periods=14 * 96, freq="15min", tz="UTC")
    values = np.random.default_rng(1).uniform(0.0, 5.0, len(times))
    pd.DataFrame({"p": values}, index=times).to_parquet(tmp_path / "p.parquet")
    assert replayed(tmp_path, days(date(2024, 10, 21), 13)) == pytest.approx(values[: 13 * 96 + 4])


def test_a_series_of_a_day_repeats_by_days(tmp_path):
    times = pd.date_range("2024-05-01T22:00", periods=24, freq="h", tz="UTC")
    pd.DataFrame({"p": np.arange(24.0)}, index=times).to_parquet(tmp_path / "p.parquet")
    axis = days(date(2024, 5, 6), 3, 3600)
    assert replayed(tmp_path, axis) == pytest.approx(np.tile(np.arange(24.0), 3))


@pytest.mark.parametrize(("step_s", "expected"), [(1800, [1.0, 1.0]), (7200, [2.0, 6.0])])
def test_resampling_by_hand(step_s, expected):
    # hours of 1, 3, 5 and 7 kW: half hours repeat, two hours are means of 1 and 3, of 5 and 7
    energy = energy_steps(np.array([1.0, 3.0, 5.0, 7.0]), 3600)
    assert mean_power(energy, 3600, np.array([0.0, step_s]), step_s) == pytest.approx(expected)


def test_a_step_that_straddles_two_intervals_is_their_mean_by_hand():
    energy = energy_steps(np.array([1.0, 3.0]), 3600)
    assert mean_power(energy, 3600, np.array([3300.0]), 900) == pytest.approx([(300 * 1.0 + 600 * 3.0) / 900])


def test_scaled_to_the_annual_energy_by_mean_power(tmp_path):
    clock_file(tmp_path, "2024-01-08T23:00", 2 * 168)
    p_kw = replayed(tmp_path, days(date(2024, 7, 1), 14), scale_to_annual=True)
    assert p_kw.mean() == pytest.approx(5000.0 / 8760.0)


@pytest.mark.parametrize(("hours", "factor"), [(8760, 0.5), (8784, 0.5), (168, 4380.0 / 8760.0)])
def test_annual_factor_of_a_year_a_leap_year_and_a_week(hours, factor):
    annual_kwh = 0.5 * hours if hours > 168 else 4380.0
    assert annual_factor(annual_kwh, np.ones(hours), 3600) == pytest.approx(factor)


def test_nothing_cannot_be_scaled(tmp_path):
    pd.DataFrame({"p": np.zeros(48)}, index=pd.date_range("2024-05-01", periods=48, freq="h", tz="UTC")).to_parquet(
        tmp_path / "p.parquet"
    )
    with pytest.raises(ScenarioError, match="without energy cannot be scaled"):
        replayed(tmp_path, days(date(2024, 5, 1), 1), scale_to_annual=True)


def test_period_is_whole_weeks():
    start_s = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp())
    assert Grid(start_s, 900, 672 * 6 + 100, BERLIN).period_s == 6 * 604_800
    assert Grid(start_s, 900, 671, BERLIN).period_s == 6 * 86_400
