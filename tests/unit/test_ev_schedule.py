# SPDX-License-Identifier: Apache-2.0
"""Outings laid out in steps."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from simulators.ev.clock import week
from simulators.ev.habits import Outings, drivers_of, outings_of
from simulators.ev.options import EvOptions
from simulators.ev.schedule import Schedule
from tests.unit.test_charging_world import THURSDAY
from twinergy.timebase import BLOCK_S, TimeAxis

BERLIN = "Europe/Berlin"


def outings(*trips: tuple[float, float, float, float]) -> Outings:
    """Return outings of one car: leaves and returns in hours from the start, distance in km, driving time one way in h."""
    leaves, returns, km, leg = (np.array([column]) for column in zip(*trips, strict=True))
    return Outings(THURSDAY + leaves * 3600.0, THURSDAY + returns * 3600.0, km, leg, np.zeros_like(km))


def schedule(*trips, steps=96, step_s=900):
    return Schedule(TimeAxis(THURSDAY, step_s, steps).block(0), [outings(*trips)])


def test_leaving_and_coming_home_are_rounded_outwards():
    plan = schedule((8.1, 9.4, 40.0, 0.5))
    leaving = [step for step in range(96) if plan[step].departing.size]
    coming = [step for step in range(96) if plan[step].arriving.size]
    assert (leaving, coming) == ([31], [37])  # away in the steps 32 ... 37, 8:00 to 9:30
    assert plan.start().leaves_s[0] == THURSDAY + 8 * 3600


def test_kilometres_lie_where_the_car_drives():
    plan = schedule((8.1, 9.4, 40.0, 0.5))
    km = np.array([plan[step].km.sum() for step in range(96)])
    assert km.sum() == pytest.approx(40.0)
    # there from 8.1 to 8.6 h: 0.15, 0.25, 0.1 h at 40 km/h; back from 8.9 to 9.4 h: 0.1, 0.25, 0.15 h
    np.testing.assert_allclose(km[32:38], [6.0, 10.0, 4.0, 4.0, 10.0, 6.0], atol=1e-6)


def test_a_visit_at_home_shorter_than_a_step_does_not_exist():
    plan = schedule((8.0, 9.1, 10.0, 0.2), (9.3, 12.0, 20.0, 0.2))
    assert sum(plan[step].departing.size for step in range(96)) == 1
    assert sum(plan[step].arriving.size for step in range(96)) == 1
    assert sum(plan[step].km.sum() for step in range(96)) == pytest.approx(30.0)


@pytest.mark.parametrize("step_s", [60, 900, 3600])
def test_the_distance_does_not_depend_on_the_step(step_s):
    drivers = drivers_of(["a", "b", "c"], [EvOptions()] * 3, 1)
    weeks = [outings_of(drivers, THURSDAY // BLOCK_S + shift, BERLIN, 1) for shift in (-1, 0, 1)]
    axis = TimeAxis(THURSDAY, step_s, BLOCK_S // step_s)
    plan = Schedule(axis.block(0), weeks)
    km = sum(plan[step].km.sum() for step in range(axis.n_steps))
    fine = Schedule(TimeAxis(THURSDAY, 300, BLOCK_S // 300).block(0), weeks)
    assert km == pytest.approx(sum(fine[step].km.sum() for step in range(BLOCK_S // 300)), rel=1e-9)


def test_days_of_activity_begin_at_four_on_days_of_23_and_25_hours():
    days = week(int(datetime(2024, 3, 28, tzinfo=UTC).timestamp()) // BLOCK_S, BERLIN)
    begins = [datetime.fromtimestamp(value, tz=UTC).hour for value in days.begins_s]
    assert begins == [3, 3, 3, 2, 2, 2, 2]  # the clock changes on Sunday 31 March 2024
    assert days.weekend.tolist() == [False, False, True, True, False, False, False]


def test_outings_never_overlap_even_on_the_night_of_23_hours():
    number = int(datetime(2024, 3, 28, tzinfo=UTC).timestamp()) // BLOCK_S
    drawn = outings_of(drivers_of([str(n) for n in range(300)], [EvOptions(use="company")] * 300, 1), number, BERLIN, 1)
    for leaves, returns in zip(drawn.leaves_s, drawn.returns_s, strict=True):
        real = np.isfinite(leaves)
        assert (returns[real] > leaves[real]).all()
        assert (leaves[real][1:] >= returns[real][:-1]).all()
    assert (2.0 * drawn.leg_h[np.isfinite(drawn.leaves_s)] > 0.0).all()


def test_each_car_draws_from_its_own_numbers():
    alone = outings_of(drivers_of(["b"], [EvOptions()], 1), 2800, BERLIN, 1)
    among = outings_of(drivers_of(["a", "b"], [EvOptions()] * 2, 1), 2800, BERLIN, 1)
    for one, many in zip(alone, among, strict=True):
        np.testing.assert_array_equal(one[0], many[1])
    other = outings_of(drivers_of(["b"], [EvOptions()], 2), 2800, BERLIN, 2)
    assert not np.array_equal(other.km, alone.km)
