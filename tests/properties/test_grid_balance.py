# SPDX-License-Identifier: Apache-2.0
"""What holds for every load: energy is conserved, order and history do not matter, losses cost."""

from __future__ import annotations

from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from simulators.grid import KIND
from tests.unit.test_grid_building import build, context

HOMES = 57
VILLAGE = {"stations": 1}
POWERS = arrays(np.float64, HOMES, elements=st.floats(-6.0, 8.0))
NO_Q = np.zeros(HOMES)


@cache
def village(order: tuple[int, ...] = tuple(range(HOMES))):
    names = [f"s1-load-{home + 1}" for home in order]
    return KIND.build(KIND.options.model_validate(VILLAGE), context(names))


@given(POWERS, POWERS)
@settings(max_examples=50, deadline=None)
def test_exchange_is_load_plus_losses(p_kw, q_kvar):
    values = village().solve(p_kw, q_kvar, {})
    grid, trafo = values["grid"], values["transformer"]
    assert grid["converged"][0] == 1.0
    assert abs(grid["p_exchange_kw"][0] - p_kw.sum() - grid["p_loss_kw"][0]) < 1e-6
    assert abs(grid["p_residual_kw"][0]) < 1e-6
    assert abs(trafo["p_kw"][0] - grid["p_exchange_kw"][0]) < 1e-6
    assert abs(trafo["p_loss_kw"][0] + values["line"]["p_loss_kw"].sum() - grid["p_loss_kw"][0]) < 1e-9
    assert values["line"]["p_loss_kw"].min() > -1e-9


@given(POWERS, st.permutations(range(HOMES)))
@settings(max_examples=5, deadline=None)  # each order is a grid of its own to build
def test_the_order_of_connections_does_not_matter(p_kw, order):
    sorted_ = village().solve(p_kw, NO_Q, {})
    shuffled = village(tuple(order)).solve(p_kw[list(order)], NO_Q, {})
    np.testing.assert_allclose(shuffled["bus"]["vm_pu"], sorted_["bus"]["vm_pu"], rtol=0, atol=1e-9)


@given(POWERS, POWERS)
@settings(max_examples=50, deadline=None)
def test_history_does_not_matter(before_kw, p_kw):
    grid = village()
    grid.solve(before_kw, before_kw, {})
    warm = grid.solve(p_kw, NO_Q, {})
    grid._state.newton.forget()
    cold = grid.solve(p_kw, NO_Q, {})
    np.testing.assert_allclose(warm["bus"]["vm_pu"], cold["bus"]["vm_pu"], rtol=0, atol=1e-9)


@given(POWERS, st.integers(0, HOMES - 1), st.floats(0.1, 5.0))
@settings(max_examples=50, deadline=None)
def test_more_load_lowers_its_own_voltage(p_kw, home, extra_kw):
    more = p_kw.copy()
    more[home] += extra_kw
    bus = village().tables[0].ids.index(f"s1-load-{home + 1}")
    before, after = (village().solve(load, NO_Q, {})["bus"]["vm_pu"][bus] for load in (p_kw, more))
    assert after < before


def test_without_load_only_the_transformer_and_the_cables_draw():
    """Kerber's 400 kVA transformer: 0.95 kW of iron losses (data sheet value in pandapower's standard type)."""
    values = build(VILLAGE).solve(NO_Q, NO_Q, {})
    assert abs(values["grid"]["p_exchange_kw"][0] - 0.95) < 1e-3
