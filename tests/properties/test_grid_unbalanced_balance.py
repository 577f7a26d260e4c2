# SPDX-License-Identifier: Apache-2.0
"""What holds for every load on three phases: energy is conserved, phases are alike, history does not matter, losses cost."""

from __future__ import annotations

from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.unit.test_grid_building import build

HOMES = 57
POWERS = arrays(np.float64, (HOMES, 3), elements=st.floats(-2.0, 3.0))


@cache
def village():
    return build({"stations": 1, "unbalanced": True})


@given(POWERS, POWERS)
@settings(max_examples=40, deadline=None)
def test_exchange_is_load_plus_losses(p_kw, q_kvar):
    values = village().solve(p_kw, q_kvar, {})
    grid, trafo = values["grid"], values["transformer"]
    assert grid["converged"][0] == 1.0
    assert abs(grid["p_exchange_kw"][0] - p_kw.sum() - grid["p_loss_kw"][0]) < 1e-6
    assert abs(grid["p_residual_kw"][0]) < 1e-6
    assert abs(trafo["p_kw"][0] - grid["p_exchange_kw"][0]) < 1e-6
    assert values["line"]["p_loss_kw"].min() > -1e-9


@given(POWERS, POWERS)
@settings(max_examples=20, deadline=None)
def test_renaming_the_phases_renames_the_results(p_kw, q_kvar):
    one = village().solve(p_kw, q_kvar, {})
    other = village().solve(np.roll(p_kw, 1, axis=1), np.roll(q_kvar, 1, axis=1), {})
    for before, after in (("a", "b"), ("b", "c"), ("c", "a")):
        np.testing.assert_allclose(other["bus"][f"vm_{after}_pu"], one["bus"][f"vm_{before}_pu"], rtol=0, atol=1e-9)
        np.testing.assert_allclose(other["line"][f"i_{after}_a"], one["line"][f"i_{before}_a"], rtol=0, atol=1e-5)
    np.testing.assert_allclose(other["bus"]["unbalance_percent"], one["bus"]["unbalance_percent"], rtol=0, atol=1e-6)


@given(POWERS, POWERS)
@settings(max_examples=20, deadline=None)
def test_history_does_not_matter(before_kw, p_kw):
    grid, none = village(), np.zeros((HOMES, 3))
    grid.solve(before_kw, before_kw, {})
    warm = grid.solve(p_kw, none, {})
    grid._state.newton.forget()
    cold = grid.solve(p_kw, none, {})
    for phase in "abc":
        np.testing.assert_allclose(warm["bus"][f"vm_{phase}_pu"], cold["bus"][f"vm_{phase}_pu"], rtol=0, atol=1e-9)


@given(POWERS, st.integers(0, HOMES - 1), st.integers(0, 2), st.floats(0.1, 3.0))
@settings(max_examples=30, deadline=None)
def test_more_load_on_a_phase_lowers_the_voltage_of_that_phase(p_kw, home, phase, extra_kw):
    more, none = p_kw.copy(), np.zeros((HOMES, 3))
    more[home, phase] += extra_kw
    bus, port = village().tables[0].row_of[f"s1-load-{home + 1}"], f"vm_{'abc'[phase]}_pu"
    before, after = (village().solve(load, none, {})["bus"][port][bus] for load in (p_kw, more))
    assert after < before
