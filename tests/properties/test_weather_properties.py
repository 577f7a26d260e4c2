# SPDX-License-Identifier: Apache-2.0
"""What holds for any weather: conservation, closure, calendars, clocks, and steps that can be split."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from simulators.weather.model import close, interval_means, spread
from simulators.weather.reading.plain import utc_index
from simulators.weather.resample import steps_of
from simulators.weather.series import TableSource, same_date
from tests.unit.test_weather_support import ATHENS, BRISTOL, STEINHEIM

DAY_S = 86_400
HOURS = 24 * 400
START_S = int(pd.Timestamp("2022-12-01", tz="UTC").timestamp())
instants = st.integers(0, 4_000_000_000)


def source(seed: int, interval_s: int = 3600, offset_s: int = 0) -> TableSource:
    """Return a table of arbitrary weather that covers 400 days, in which irradiance does not even know of night."""
    numbers, n = np.random.default_rng(seed), HOURS * 3600 // interval_s
    ghi = numbers.uniform(0.0, 900.0, n)
    values = {"ghi_w_per_m2": ghi, "dhi_w_per_m2": ghi * numbers.uniform(0.0, 1.0, n), "temp_degc": numbers.normal(10.0, 8.0, n)}
    constant = {"humidity_percent": 70.0, "wind_m_per_s": 3.0, "pressure_hpa": 1000.0, "albedo": 0.2}
    return TableSource(START_S + offset_s, interval_s, values | {name: np.full(n, value) for name, value in constant.items()})


@given(
    arrays(float, 6, elements=st.floats(0.0, 1500.0)),
    arrays(float, 6, elements=st.floats(0.0, 1.0)),
    arrays(float, 72, elements=st.floats(0.0, 1400.0)),
)
def test_spread_conserves_each_interval_and_stays_physical(ghi, share, outside):
    interval = np.repeat(np.arange(6), 12)
    fine, beam = spread(ghi, ghi * share, interval, outside)
    assert interval_means(fine, interval, 6) == pytest.approx(ghi, abs=1e-9)
    assert (beam <= fine + 1e-9).all()
    assert (beam >= 0.0).all()
    assert (interval_means(beam, interval, 6) <= ghi * share + 1e-9).all()


@given(
    arrays(float, 8, elements=st.floats(0.0, 1200.0)),
    arrays(float, 8, elements=st.floats(0.0, 1.0)),
    arrays(float, 8, elements=st.floats(-1.0, 1.0)),
)
def test_components_close_whatever_the_sun_does(ghi, share, cos):
    limit = np.full(8, 1000.0)
    dni, dhi = close(ghi, ghi * share, cos, limit)
    assert dhi + dni * np.maximum(cos, 0.0) == pytest.approx(ghi, abs=1e-9)
    assert (dni <= limit).all()
    assert (np.minimum(dni, dhi) >= 0.0).all()


@given(instants, st.integers(1990, 2060))
def test_same_date_keeps_month_day_and_time(instant, year):
    before, after = (pd.Timestamp(value, unit="s") for value in (instant, int(same_date(np.array([instant]), year)[0])))
    expected = (
        before.month,
        min(before.day, 28) if before.month == 2 and before.day == 29 and not after.is_leap_year else before.day,
    )
    assert (after.year, after.month, after.day, after.time()) == (year, *expected, before.time())


@given(instants)
def test_a_year_of_weather_serves_any_instant(instant):
    table = source(1, 10_800)
    start = instant - instant % 10_800
    row = int(table.rows(np.array([start]))[0])
    found, wanted = pd.Timestamp(table.start_s + row * 10_800, unit="s"), pd.Timestamp(start, unit="s")
    assert found.time() == wanted.time()
    assert (found.month, found.day) == (wanted.month, wanted.day) or (wanted.month, wanted.day) == (2, 29)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 99),
    st.sampled_from([ATHENS, BRISTOL, STEINHEIM]),
    st.integers(40, 300),
    st.sampled_from([300, 900, 1440, 3600]),
    st.sampled_from([(3600, 0), (3600, 2400), (900, 450), (1800, 0)]),
)
def test_every_step_closes_and_a_whole_day_is_conserved(seed, site, day, step_s, raster):
    table = source(seed, *raster)
    start = table.start_s + day * DAY_S
    start -= start % step_s
    run = steps_of(table, site, start, DAY_S // step_s, step_s)
    cos = np.maximum(np.cos(np.radians(run["solar_zenith_deg"])), 0.0)
    assert run["dhi_w_per_m2"] + run["dni_w_per_m2"] * cos == pytest.approx(run["ghi_w_per_m2"], abs=1e-9)
    assert (run["dni_w_per_m2"] <= run["dni_extra_w_per_m2"]).all()
    if (start - table.start_s) % table.interval_s == 0:
        rows = slice((start - table.start_s) // table.interval_s, (start + DAY_S - table.start_s) // table.interval_s)
        assert run["ghi_w_per_m2"].mean() == pytest.approx(table.table[0, rows].mean(), rel=1e-9)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 99), st.integers(40, 300))
def test_an_hour_is_the_mean_of_its_quarters(seed, day):
    table = source(seed)
    start = table.start_s + day * DAY_S
    quarters, hours = (steps_of(table, STEINHEIM, start, DAY_S // step_s, step_s) for step_s in (900, 3600))
    assert quarters["ghi_w_per_m2"].reshape(24, 4).mean(axis=1) == pytest.approx(hours["ghi_w_per_m2"], rel=1e-9)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 99), st.integers(40, 300), st.integers(1, 95))
def test_weather_of_a_step_does_not_depend_on_the_first_step(seed, day, skipped):
    table = source(seed)
    start = table.start_s + day * DAY_S
    whole = steps_of(table, ATHENS, start, 96, 900)
    part = steps_of(table, ATHENS, start + skipped * 900, 96 - skipped, 900)
    for name, values in whole.items():
        assert np.array_equal(values[skipped:], part[name]), name


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["Europe/Berlin", "Europe/London", "Europe/Athens", "America/New_York", "Australia/Sydney", "Asia/Kolkata"]),
    st.dates(pd.Timestamp("2000-01-01").date(), pd.Timestamp("2037-01-01").date()),
    st.sampled_from(["15min", "30min", "h"]),
)
def test_wall_clock_times_return_to_utc(zone, day, step):
    utc = pd.date_range(pd.Timestamp(day) + pd.Timedelta(hours=3), periods=500, freq=step, tz="UTC")
    local = utc.tz_convert(zone).tz_localize(None)
    doubled = local.duplicated(keep=False)
    if doubled[0] or doubled[-1]:  # a file that begins or ends inside the hour that happens twice cannot be told
        return
    assert utc_index(Path("w.csv"), local, zone, 2).equals(utc)
