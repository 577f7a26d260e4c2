# SPDX-License-Identifier: Apache-2.0
"""What a grid does when there is no answer: it says so, and recovers."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.test_grid_building import build, two_bus

CALM_KW = np.full(57, 1.0)


@pytest.fixture(scope="module")
def village():
    return build({"stations": 1})


def _all_nan(values):
    found = {f"{table}.{port}": array for table, ports in values.items() for port, array in ports.items()}
    known = {"grid.converged", "transformer.tap", "switch.closed"}
    return all(np.isnan(array).all() for name, array in found.items() if name not in known)


def test_a_collapse_gives_nan_and_the_next_step_is_as_if_nothing_had_been(village):
    before = village.solve(CALM_KW, 0.2 * CALM_KW, {})
    collapsed = village.solve(500.0 * CALM_KW, 100.0 * CALM_KW, {})
    after = village.solve(CALM_KW, 0.2 * CALM_KW, {})
    assert collapsed["grid"]["converged"][0] == 0.0
    assert _all_nan(collapsed)
    assert after["grid"]["converged"][0] == 1.0
    np.testing.assert_allclose(after["bus"]["vm_pu"], before["bus"]["vm_pu"], atol=1e-9)


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_a_load_that_is_no_number_gives_nan(village, broken):
    p_kw = CALM_KW.copy()
    p_kw[3] = broken
    for values in (village.solve(p_kw, 0.0 * CALM_KW, {}), village.solve(CALM_KW, p_kw, {})):
        assert values["grid"]["converged"][0] == 0.0
        assert _all_nan(values)
    assert village.solve(CALM_KW, CALM_KW, {})["grid"]["converged"][0] == 1.0


def test_collapse_comes_where_the_circuit_says(tmp_path):
    # Source E = 400 V behind R = 0.1 ohm: the far end can draw at most E^2 / (4 R) = 400 kW (maximum power transfer).
    grid = build(two_bus(tmp_path), ["far"])
    none = np.zeros(1)
    assert grid.solve(np.array([399.0]), none, {})["grid"]["converged"][0] == 1.0
    assert grid.solve(np.array([401.0]), none, {})["grid"]["converged"][0] == 0.0


def test_a_bad_start_is_not_the_end(village):
    """From voltages that lead nowhere the step is tried again from the voltages without load."""
    village.solve(CALM_KW, 0.0 * CALM_KW, {})
    newton = village._state.newton
    newton._last = np.full_like(newton._last, 1e-6)
    values = village.solve(CALM_KW, 0.0 * CALM_KW, {})
    assert values["grid"]["converged"][0] == 1.0
    assert values["bus"]["vm_pu"].min() > 0.9


def test_an_earlier_result_is_not_touched_by_a_later_step(village):
    first = village.solve(CALM_KW, 0.0 * CALM_KW, {"transformer": {"set_tap": np.array([0.0])}})
    kept = {name: {port: array.copy() for port, array in ports.items()} for name, ports in first.items()}
    village.solve(3.0 * CALM_KW, CALM_KW, {"transformer": {"set_tap": np.array([1.0])}})
    village.solve(CALM_KW, CALM_KW, {"transformer": {"set_tap": np.array([0.0])}})
    for name, ports in kept.items():
        for port, array in ports.items():
            np.testing.assert_array_equal(first[name][port], array)
