# SPDX-License-Identifier: Apache-2.0
"""Cars by habit: however long they stay and whenever they charge, they take what they took, and never later."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from controllers.home_energy.habit_cars import Stays
from controllers.home_energy.history import Window

PER_DAY, OPEN_DAYS = 4, 2
POWERS = st.sampled_from([0.0, 0.0, 0.0, 0.5, 2.0, 4.0])
MOSTLY = st.integers(0, 15).map(bool)
"""Stays long enough to go on over days that are closed."""
STEPS = st.lists(st.tuples(MOSTLY, st.booleans(), POWERS), min_size=PER_DAY, max_size=10 * PER_DAY)


def window(steps: list[tuple[bool, bool, float]]) -> Window:
    """Return one home's steps: whether a car is there, whether it wants energy, and what it takes, which is 0 without one."""
    here, wants, took_kw = (np.array(column)[:, None] for column in zip(*steps, strict=True))
    nothing = np.zeros(here.shape)
    columns = dict.fromkeys((each.name for each in fields(Window)), nothing)
    return Window(**columns | {"car_kw": np.where(here, took_kw, 0.0), "wanting": wants & here, "stays": here, "here": here})


def by_habit(whole: Window) -> np.ndarray:
    """Return what is reckoned when each day is closed as soon as `OPEN_DAYS` more are over, as the ledger does it."""
    stays, full_kw, closed, n_steps = Stays(1), np.array([4.0]), [], len(whole.car_kw)
    first = 0
    while first + (OPEN_DAYS + 1) * PER_DAY <= n_steps:
        part = whole.part(slice(first, first + (OPEN_DAYS + 1) * PER_DAY))
        closed.append(stays.at_once(part, full_kw)[:PER_DAY])
        stays.close(part, PER_DAY, full_kw)
        first += PER_DAY
    return np.concatenate([*closed, stays.at_once(whole.part(slice(first, n_steps)), full_kw)])


@settings(max_examples=200, deadline=None)
@given(STEPS)
def test_no_energy_is_lost_or_counted_twice(steps):
    whole = window(steps)
    assert np.isclose(by_habit(whole).sum(), whole.car_kw.sum())


@settings(max_examples=200, deadline=None)
@given(STEPS)
def test_each_stay_takes_what_it_took_and_no_step_more_than_full_power(steps):
    whole = window(steps)
    moved = by_habit(whole)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], whole.here[:, 0], [0]])))
    for first, last in edges.reshape(-1, 2):
        assert np.isclose(moved[first:last].sum(), whole.car_kw[first:last].sum())
    assert (moved <= 4.0 + 1e-9).all()
    assert (moved[~whole.here] == 0).all()


@settings(max_examples=200, deadline=None)
@given(STEPS)
def test_a_car_without_trickle_is_never_charged_later_than_it_was(steps):
    whole = window([(here, True, p_kw) for here, _, p_kw in steps])
    assert (np.cumsum(by_habit(whole)) >= np.cumsum(whole.car_kw) - 1e-9).all()


def test_a_car_that_came_on_friday_and_charges_on_monday():
    """Plain example: twelve days of four steps; it comes in step 3 and takes 8 kW in two steps, three days later, in step 16."""
    whole = window([(3 <= step < 30, True, 4.0 if step in {16, 17} else 0.0) for step in range(48)])
    moved = by_habit(whole)
    assert moved.sum() == 8.0
    assert np.flatnonzero(moved[:, 0]).tolist() == [8, 9]  # two days were closed before anything was known of it
