# SPDX-License-Identifier: Apache-2.0
"""EN 50160:2010 + A1:2015, sub-clause 4.2.2.2 (supply voltage variations, low voltage), worked out by hand.

A week has 7 * 24 * 6 = 1008 ten-minute means. 95 % of 1008 is 957.6: 50 means outside ±10 % are allowed, 51 are not.
"""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import pytest

from tests.unit.results_sample import SUMMER, block_of, community
from twinergy.results.kpis import Kpis
from twinergy.timebase import TimeAxis

PLACE = community(1)
BUSES = len(PLACE.buses)
WEEK = 1008


def judged(vm_pu: np.ndarray, step_s: int = 600, *, cut: int = 10_000, start: object = SUMMER) -> dict:
    """Return the key figures of one voltage course at the last bus, all others at nominal voltage, in blocks of `cut` steps."""
    kpis = Kpis(PLACE.twin, TimeAxis(int(SUMMER.timestamp()), step_s, len(vm_pu)))
    course = np.ones((len(vm_pu), BUSES))
    course[:, -1] = vm_pu
    for first in range(0, len(vm_pu), cut):
        part = course[first : first + cut]
        begin = SUMMER + timedelta(seconds=first * step_s)
        load = {"p_kw": np.zeros((len(part), 1))}
        values = {"bus": {"vm_pu": part}, "connection": load, "household": load}
        kpis.add(block_of(PLACE, values, step_s=step_s, start=begin))
    return kpis.result()


def course(outside: int, value: float, weeks: int = 1) -> np.ndarray:
    vm_pu = np.ones(weeks * WEEK)
    vm_pu[:outside] = value
    return vm_pu


@pytest.mark.parametrize(
    ("outside", "value", "violations"),
    [
        (50, 0.89, 0),
        (51, 0.89, 1),
        (1008, 0.90, 0),  # the limit itself is inside
        (1008, 1.10, 0),
        (1, 0.849, 1),  # below -15 % never
        (1, 1.101, 1),  # above +10 % never
        (50, 0.85, 0),
    ],
)
def test_one_week(outside: int, value: float, violations: int) -> None:
    assert judged(course(outside, value))["voltage_violations"].value == violations


def test_every_week_counts_by_itself() -> None:
    spread = course(0, 1.0, weeks=2)
    spread[:50] = spread[WEEK : WEEK + 50] = 0.89  # 50 in each week: both comply
    together = course(60, 0.89, weeks=2)  # fewer in all, but in one week
    assert judged(spread)["voltage_violations"].value == 0
    assert judged(together)["voltage_violations"].value == 1


def test_an_incomplete_week_counts_with_what_it_has() -> None:
    vm_pu = np.ones(WEEK + 20)
    vm_pu[WEEK : WEEK + 2] = 0.89  # 2 of 20 means: 10 % outside
    assert judged(vm_pu)["voltage_violations"].value == 1


def test_worst_bus_and_share() -> None:
    found = judged(course(51, 0.89))
    assert found["voltage_violations"].where == PLACE.buses[-1]
    assert found["voltage_compliance"].value == pytest.approx((BUSES - 1) / BUSES)
    assert found["voltage_compliance"].note == ""


@pytest.mark.parametrize(("high", "violations"), [(0.9493, 0), (0.9490, 1)])
def test_ten_minute_mean_is_root_of_mean_of_squares(high: float, violations: int) -> None:
    """IEC 61000-4-30, aggregation: sqrt((0.848^2 + 0.9493^2) / 2) = 0.90007 is inside, with 0.9490 it is 0.89992, outside.

    The plain means are 0.89865 and 0.89850: both would be outside.
    """
    assert (math.sqrt((0.848**2 + high**2) / 2) >= 0.9) is (violations == 0)
    assert judged(np.tile([0.848, high], WEEK), step_s=300)["voltage_violations"].value == violations


def test_short_dip_vanishes_in_the_mean() -> None:
    minutes = np.ones(600)
    minutes[5] = 0.80  # one minute in ten
    found = judged(minutes, step_s=60)
    assert found["voltage_violations"].value == 0
    assert found["vm_min_pu"].value == pytest.approx(0.80)


@pytest.mark.parametrize("cut", [7, 10, 23, 144])
def test_windows_that_cross_blocks(cut: int) -> None:
    rng = np.random.default_rng(3)
    vm_pu = 0.9 + 0.02 * rng.standard_normal(600)
    whole, parts = judged(vm_pu, step_s=60), judged(vm_pu, step_s=60, cut=cut)
    assert parts["voltage_compliance"] == whole["voltage_compliance"]
    assert parts["voltage_violations"] == whole["voltage_violations"]


def test_longer_steps_stand_for_the_mean_and_say_so() -> None:
    found = judged(np.ones(96), step_s=900)
    assert found["voltage_compliance"].note == "means over the step of 15 min stand for the 10-minute means of the standard"


def test_steps_without_a_result_are_left_out() -> None:
    vm_pu = course(0, 1.0)
    vm_pu[:500] = np.nan
    vm_pu[500:526] = 0.89  # 26 of 508 known means: 5.1 %
    found = judged(vm_pu)
    assert found["voltage_violations"].value == 1
    assert found["vm_min_pu"].value == pytest.approx(0.89)


def test_no_result_at_all_is_no_share() -> None:
    kpis = Kpis(PLACE.twin, TimeAxis(int(SUMMER.timestamp()), 900, 4))
    load = {"p_kw": np.zeros((4, 1))}
    values = {"bus": {"vm_pu": np.full((4, BUSES), np.nan)}, "connection": load, "household": load}
    kpis.add(block_of(PLACE, values, step_s=900))
    assert math.isnan(kpis.result()["voltage_compliance"].value)
    assert kpis.document()["per_bus"][0]["vm_min_pu"] is None


def test_extremes_say_where_and_when() -> None:
    vm_pu = np.ones(144)
    vm_pu[100] = 1.07
    found = judged(vm_pu)["vm_max_pu"]
    assert (found.where, found.when) == (PLACE.buses[-1], (SUMMER + timedelta(minutes=1000)).isoformat())
