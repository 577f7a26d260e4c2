# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from simulators.household import hot_water
from simulators.household.daylight import elevation_deg
from simulators.household.days import days_of
from simulators.household.expectation import activity_by_role
from simulators.household.model import Pulses
from simulators.household.placing import Density
from simulators.household.schedules import NUMBERS_PER_DAY, draw_schedule
from simulators.household.shapes import NAMES, shape_of
from tests.unit.test_household_fleet import days, devices_of, fleet_of
from twinergy.timebase import BLOCK_S

BERLIN, LONDON = "Europe/Berlin", "Europe/London"


def number_of(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) // BLOCK_S


@pytest.mark.parametrize("timezone", [BERLIN, LONDON, "Europe/Athens", "Asia/Kathmandu", "America/New_York"])
def test_every_local_day_of_a_year_belongs_to_exactly_one_week(timezone):
    first = number_of(date(2024, 1, 4))
    weeks = [days_of(number, timezone, "DE") for number in range(first, first + 53)]
    starts = np.concatenate([(first + n) * BLOCK_S + week.start_s for n, week in enumerate(weeks)])
    assert {len(week.start_s) for week in weeks} <= {6, 7, 8}
    assert np.concatenate([week.length_s for week in weeks])[:-1] == pytest.approx(np.diff(starts))
    assert all(datetime.fromtimestamp(start, tz=UTC).astimezone(ZoneInfo(timezone)).hour == 0 for start in starts)


def test_london_has_a_week_of_eight_midnights_and_one_of_six():
    assert len(days_of(number_of(date(2024, 3, 28)), LONDON, "GB").start_s) == 8
    assert len(days_of(number_of(date(2024, 10, 24)), LONDON, "GB").start_s) == 6


@pytest.mark.parametrize(("day", "hours"), [(date(2024, 3, 31), 23), (date(2024, 10, 27), 25), (date(2024, 6, 2), 24)])
def test_a_clock_time_is_that_time_on_days_of_23_and_25_hours(day, hours):
    week = days_of(number_of(day), BERLIN, "DE")
    place = next(n for n in range(len(week.start_s)) if week.of_year[n] == day.timetuple().tm_yday)
    assert week.length_s[place] == hours * 3600
    epoch_s = number_of(day) * BLOCK_S + week.elapsed_s(np.array([place]), np.array([18.5 * 3600]))[0]
    local = datetime.fromtimestamp(epoch_s, tz=ZoneInfo(BERLIN))
    assert (local.date(), local.hour, local.minute) == (day, 18, 30)


@pytest.mark.parametrize("day", [date(2024, 3, 31), date(2024, 10, 27), date(2024, 6, 2)])
def test_the_raster_shows_the_local_clock(day):
    week = days_of(number_of(day), BERLIN, "XX")
    kind, quarter = week.raster()
    start = datetime.fromtimestamp(number_of(day) * BLOCK_S + week.start_s[0], tz=UTC)
    local = [(start + timedelta(minutes=15 * n)).astimezone(ZoneInfo(BERLIN)) for n in range(week.n_bins)]
    assert quarter.tolist() == [time.hour * 4 + time.minute // 15 for time in local]
    assert [each == 2 for each in kind] == [time.weekday() == 6 for time in local]


def test_a_holiday_is_a_sunday_and_an_unknown_country_has_none():
    corpus_christi = date(2023, 6, 8)
    in_nw, nowhere = (days_of(number_of(date(2023, 6, 7)), BERLIN, country) for country in ("DE-NW", "XX"))
    place = in_nw.of_year.tolist().index(corpus_christi.timetuple().tm_yday)
    assert in_nw.kind[place] == 2
    assert nowhere.kind[place] == 0


def test_a_day_in_its_order():
    week = days_of(2830, BERLIN, "DE")
    uniforms = np.random.default_rng(1).random((3000, len(week.start_s), NUMBERS_PER_DAY))
    got = draw_schedule(week, np.arange(3000) % 3, uniforms)
    assert (got.wake_s <= got.leave_s[0]).all()
    assert (got.leave_s <= got.back_s).all()
    away = got.back_s > got.leave_s
    assert (got.back_s[0] <= got.leave_s[1])[away[0]].all()
    assert (np.where(away, got.back_s, 0.0) <= got.sleep_s).all()
    assert (got.sleep_s[:, :-1] < got.wake_s[:, 1:]).all()


def test_who_works_is_at_home_less_than_who_does_not():
    worker, _, at_home = activity_by_role()[:, 0].sum(axis=1) / 4.0
    assert worker < at_home - 4.0


def test_uniform_numbers_become_times_by_hand():
    density = Density(np.array([[1.0, 0.0, 3.0, 0.0], [0.0, 0.0, 0.0, 1.0]]), 100.0)
    times = density.times(np.array([0, 0, 0, 1]), np.array([0.125, 0.26, 0.625, 0.5]))
    assert times == pytest.approx([100 + 450, 100 + 1812, 100 + 2250, 100 + 3150], abs=0.05)


def test_a_home_s_times_do_not_depend_on_its_row():
    weights = np.random.default_rng(2).random((5000, 672))
    u = np.random.default_rng(3).random(1000)
    alone = Density(weights[4321:4322], 0.0).times(np.zeros(1000, dtype=np.intp), u)
    assert np.array_equal(alone, Density(weights, 0.0).times(np.full(1000, 4321), u))


@pytest.mark.parametrize("name", NAMES)
def test_inclinations_are_never_negative_and_rest_at_night(name):
    shape = shape_of(name)
    assert shape.shape == (3, 96)
    assert shape.min() >= 0.0
    assert shape[:, 8:16].max() < 0.35 * shape.max()


def test_heat_in_a_shower_by_hand():
    # 40 l from 10 to 45 degC: 40 * 4.19 kJ/(kg K) * 35 K = 5866 kJ = 1.63 kWh, in the middle between the extremes
    assert 40.0 * hot_water.kwh_per_l(45.0 + 365.0 / 4.0) == pytest.approx(5866 / 3600)


def test_kinds_of_draws_add_up_to_what_a_person_draws():
    assert pytest.approx([5.6, 14.4, 4.0, 16.0]) == hot_water.DRAWS_PER_DAY * hot_water.VOLUME_L
    assert hot_water.expected_draws(np.array([3.0]), np.array([20.0]), 7) @ hot_water.VOLUME_L == pytest.approx([3 * 20 * 7])


def test_a_heater_works_off_draws_one_after_the_other_by_hand():
    # two draws of 0.5 kWh within a minute and a third an hour later, at 2 kW: 900 s each
    heat = Pulses(np.zeros(3, dtype=np.intp), np.array([60.0, 0.0, 3600.0]), np.array([120.0, 60.0, 3660.0]), np.full(3, 30.0))
    got = hot_water.reheated(heat, np.array([2.0]))
    assert got.start_s.tolist() == [0.0, 900.0, 3600.0]
    assert got.end_s.tolist() == [900.0, 1800.0, 4500.0]


def test_the_sun_over_golden_as_tabulated():
    """Reda and Andreas, NREL/TP-560-34302 (2008), appendix A.5: 2003-10-17 12:30:30 at UTC-7, zenith 50.11162 deg."""
    epoch_s = datetime(2003, 10, 17, 19, 30, 30, tzinfo=UTC).timestamp()
    assert elevation_deg(39.742476, -105.1786, np.array([epoch_s]))[0] == pytest.approx(90.0 - 50.11162, abs=0.05)


def test_people_are_the_same_for_every_kind_of_profile():
    axis = days(date(2023, 3, 25), 3)
    options = [{"annual_kwh": 3000.0}, {"profile": {"kind": "appliances"}}]
    results = []
    for each in options:
        fleet = fleet_of(devices_of([{**each, "residents": 3}]), axis)
        fleet.prepare(axis.block(0))
        steps = [fleet.step(axis.step(axis.block(0), n), {}) for n in range(len(axis.block(0)))]
        results.append([[step[port][0] for port in ("occupants", "active_occupants", "hot_water_kw")] for step in steps])
    assert results[0] == results[1]
