# SPDX-License-Identifier: Apache-2.0
"""Switches and tap changers: what moves them, what stays, what goes dark."""

from __future__ import annotations

import numpy as np
import pandapower as pp
import pytest

from tests.unit.test_grid_building import build, two_bus

NOBODY = np.zeros(0)


def _taps(*wanted):
    return {"transformer": {"set_tap": np.array(wanted)}}


def _switched(tmp_path, kind="b"):
    """Return a grid of source, wire, far bus, and a customer's bus behind a switch."""
    asked = two_bus(tmp_path)
    net = pp.from_json(str(asked["path"]))
    home = pp.create_bus(net, vn_kv=0.4, name="home")
    pp.create_switch(net, 1, home, et="b", name="main switch")
    pp.create_switch(net, 0, 0, et="l", name="head of the wire")
    pp.to_json(net, str(asked["path"]))
    return build(asked, ["far", "home"])


def _close(*wanted):
    return {"switch": {"set_closed": np.array(wanted)}}


@pytest.fixture(scope="module")
def village():
    return build({"stations": 2})


def _solve(grid, set_points):
    connections = 114
    return grid.solve(np.full(connections, 1.0), np.zeros(connections), set_points)


def test_a_tap_moves_its_own_transformer_and_stays(village):
    _solve(village, _taps(0.0, 0.0))
    moved = _solve(village, _taps(np.nan, 2.0))
    later = _solve(village, _taps(np.nan, np.nan))
    assert moved["transformer"]["tap"].tolist() == [0.0, 2.0]
    assert later["transformer"]["tap"].tolist() == [0.0, 2.0]
    # 2 steps of 2.5 % more turns on the 10 kV side: without load the village would sit at 1/1.05.
    assert later["bus"]["vm_pu"][1] - later["bus"]["vm_pu"][116] == pytest.approx(1 - 1 / 1.05, abs=2e-3)


def test_a_tap_is_rounded_and_held_within_its_range(village):
    assert _solve(village, _taps(1.4, -9.0))["transformer"]["tap"].tolist() == [1.0, -2.0]


def test_returning_to_a_state_does_not_ask_pandapower_again(village, monkeypatch):
    first = _solve(village, _taps(1.0, 1.0))
    _solve(village, _taps(0.0, 0.0))
    monkeypatch.setattr("simulators.grid.simulator.admittances_of", lambda _: pytest.fail("computed a second time"))
    again = _solve(village, _taps(1.0, 1.0))
    np.testing.assert_allclose(again["bus"]["vm_pu"], first["bus"]["vm_pu"], atol=1e-9)


def test_an_open_switch_leaves_its_bus_dark_and_its_load_unsupplied(tmp_path):
    grid = _switched(tmp_path)
    p_kw, q_kvar = np.array([4.0, 3.0]), np.zeros(2)
    lit = grid.solve(p_kw, q_kvar, {})
    dark = grid.solve(p_kw, q_kvar, _close(0.0, np.nan))
    assert lit["grid"]["p_unsupplied_kw"][0] == 0.0
    assert dark["switch"]["closed"].tolist() == [0.0, 1.0]
    assert np.isnan(dark["bus"]["vm_pu"]).tolist() == [False, False, True]
    assert dark["grid"]["p_unsupplied_kw"][0] == 3.0
    assert dark["grid"]["p_exchange_kw"][0] == pytest.approx(4.0 + dark["grid"]["p_loss_kw"][0])


def test_all_dark_but_the_infeed_is_an_answer_too(tmp_path):
    grid = _switched(tmp_path)
    dark = grid.solve(np.array([4.0, 3.0]), np.zeros(2), _close(np.nan, 0.0))
    assert dark["grid"]["converged"][0] == 1.0
    assert dark["grid"]["p_unsupplied_kw"][0] == 7.0
    assert dark["grid"]["p_exchange_kw"][0] == 0.0
    assert dark["line"]["loading_percent"].tolist() == [0.0]


def test_closing_again_restores_what_was(tmp_path):
    grid = _switched(tmp_path)
    p_kw, q_kvar = np.array([4.0, 3.0]), np.ones(2)
    before = grid.solve(p_kw, q_kvar, {})["bus"]["vm_pu"]
    grid.solve(p_kw, q_kvar, _close(0.0, 0.0))
    np.testing.assert_allclose(grid.solve(p_kw, q_kvar, _close(1.0, 1.0))["bus"]["vm_pu"], before, atol=1e-12)


def test_a_transformer_without_tap_changer_says_so():
    grid = build({"source": "pandapower", "function": "create_cigre_network_lv"}, [])  # brings positions, but no steps
    values = grid.solve(NOBODY, NOBODY, _taps(1.0, 1.0, 1.0))
    assert np.isnan(values["transformer"]["tap"]).all()
    assert values["grid"]["converged"][0] == 1.0
