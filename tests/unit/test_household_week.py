# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from simulators.household.appliances import LAG_S, smearing
from simulators.household.habits import centre_times, slot_weights
from simulators.household.standard_load import StandardLoad
from simulators.household.styles import BASE_SHARE
from simulators.household.week import MAX_SLOTS, sharpened, week_of
from twinergy.timebase import BLOCK_S

H0 = StandardLoad(shape="h0", timezone="Europe/Berlin", country="DE-NW")
WEEKS = {name: int(when.timestamp()) // BLOCK_S for name, when in {
    "plain": datetime(2023, 2, 8, tzinfo=UTC),
    "spring": datetime(2023, 3, 26, tzinfo=UTC),
    "autumn": datetime(2023, 10, 29, tzinfo=UTC),
}.items()}  # fmt: skip


@pytest.mark.parametrize("name", WEEKS)
def test_spread_out_events_add_up_to_the_standard_load(name):
    begin_s = WEEKS[name] * BLOCK_S
    kernel = smearing(900.0)
    reach = len(kernel) // 2
    drawn = sharpened(H0, begin_s - reach * 900, 672 + 2 * reach)
    realised, wanted = np.convolve(drawn, kernel, mode="valid"), H0.relative(begin_s, 672)
    assert np.sqrt(np.mean((realised - wanted) ** 2)) < 0.003
    assert np.corrcoef(realised, wanted)[0, 1] > 0.9999


@pytest.mark.parametrize("name", WEEKS)
def test_a_week_has_its_parts_of_days(name):
    week = week_of(H0, WEEKS[name])
    assert 28 <= len(week.slot_h) <= 29 <= MAX_SLOTS
    assert week.slot_h.sum() == pytest.approx(168.0)
    assert len(week.mornings) == 7
    assert week.time_s[0] == LAG_S


def test_the_highest_base_share_stays_below_the_standard_load():
    assert all(np.diff(week_of(H0, number).above_h).min() > 0.0 for number in range(2770, 2822))


def test_habits_and_absences_keep_the_week_s_energy_and_stay_positive():
    rng = np.random.default_rng(5)
    week = week_of(H0, WEEKS["plain"])
    hours = rng.uniform(0.5, 8.0, (50, len(week.slot_h)))
    weights = slot_weights(week, hours, rng.uniform(-0.5, 0.5, 50), (rng.random(hours.shape) < 0.65).astype(float))
    assert weights.sum(axis=1) == pytest.approx(hours.sum(axis=1))
    assert weights.min() > 0.0


def test_habits_and_absences_are_unbiased():
    rng = np.random.default_rng(6)
    week = week_of(H0, WEEKS["plain"])
    hours = np.tile(rng.uniform(2.0, 8.0, len(week.slot_h)), (40_000, 1))
    weights = slot_weights(week, hours, rng.uniform(-0.5, 0.5, 40_000), (rng.random(hours.shape) < 0.65).astype(float))
    assert weights.mean(axis=0) == pytest.approx(hours[0], rel=0.01)


def test_a_lean_moves_energy_from_evening_to_morning():
    week = week_of(H0, WEEKS["plain"])
    hours = np.ones((1, len(week.slot_h)))
    weights = slot_weights(week, hours, np.array([0.4]), np.ones_like(hours))
    assert weights[0, week.mornings] == pytest.approx(1.4)
    assert weights[0, week.mornings + 2] == pytest.approx(0.6)


@pytest.mark.parametrize("base_share", [*BASE_SHARE, 0.2])
def test_centres_follow_the_home_s_density(base_share):
    week = week_of(H0, WEEKS["plain"])
    spare = np.array([BASE_SHARE[1] - base_share])
    hours = (np.diff(week.above_h[week.slot]) + spare[0] * week.slot_h)[None]
    u = (np.arange(200_000) + 0.5) / 200_000
    times_s = centre_times(week, hours, hours, spare, np.zeros(len(u), dtype=np.intp), u)
    counts, _ = np.histogram(times_s, week.time_s)
    density = np.diff(week.above_h) + spare[0] * 0.25
    assert counts.sum() == len(u)  # all within the window
    assert counts / len(u) == pytest.approx(density / density.sum(), abs=2e-5)
