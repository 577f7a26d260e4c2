# SPDX-License-Identifier: Apache-2.0
"""The medium-voltage ring against ``pandapower.runpp`` on the same network: open, closed, cut, islanded, with taps.

The network is ours, so its data are held against figures from outside too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandapower as pp
import pytest

from simulators.grid import KIND
from simulators.grid.networks import load_network
from simulators.grid.tamed import quiet
from tests.reference.test_grid_pandapower import assert_same
from tests.unit.test_grid_building import build

BENETUTTI: dict[str, Any] = {
    "source": "village_ring",
    "mv_kv": 15,
    "stations": [
        {"name": "s1", "homes": 314},
        {"name": "s2", "homes": 326},
        {"name": "s3", "homes": 253},
        {"name": "s4", "homes": 217, "sn_kva": 250},
    ],
}
HOMES = 1110


def pandapowers(options: dict[str, Any], p_kw: np.ndarray, q_kvar: np.ndarray) -> Any:
    """Return the same network with the homes' loads as pandapower's own."""
    net = load_network(KIND.options.model_validate(options), Path())
    pp.create_loads(net, net["attachment_buses"], p_kw / 1e3, q_kvar / 1e3)
    return net


def solved(net: Any) -> Any:
    with quiet():
        pp.runpp(net, tolerance_mva=1e-10, max_iteration=30, numba=False)
    return net


def loads(seed: int, count: int = HOMES) -> tuple[np.ndarray, np.ndarray]:
    p_kw = np.random.default_rng(seed).gamma(1.0, 0.7, count) - 0.2
    return p_kw, 0.25 * p_kw


def switched(net: Any, **positions: float) -> dict[str, dict[str, np.ndarray]]:
    """Move switches of the reference and return the set-points that ask ours for the same."""
    names = net.switch["name"].tolist()
    wanted = np.full(len(names), np.nan)
    for name, closed in positions.items():
        place = names.index(name.replace("_", "-"))
        wanted[place] = closed
        net.switch.loc[net.switch.index[place], "closed"] = bool(closed)
    return {"switch": {"set_closed": wanted}}


@pytest.fixture(scope="module")
def ring():
    return build(BENETUTTI)


@pytest.mark.parametrize("extra", [{}, {"service_m": 15.0}], ids=["cabinets", "services"])  # the latter compiled: 1,314 buses
def test_the_ring_run_open(extra):
    p_kw, q_kvar = loads(1)
    values = build(BENETUTTI | extra).solve(p_kw, q_kvar, {})
    assert_same(values, solved(pandapowers(BENETUTTI | extra, p_kw, q_kvar)))


def test_opening_and_closing_sections(ring):
    """Close the open point (meshed), cut another section, open both ends of one, and go back, on one model."""
    p_kw, q_kvar = loads(2)
    net = pandapowers(BENETUTTI, p_kw, q_kvar)
    for positions in ({"ring_3_s3": 1.0}, {"ring_1_s1": 0.0}, {"ring_1_primary": 0.0}, {"ring_1_s1": 1.0, "ring_1_primary": 1.0}):
        values = ring.solve(p_kw, q_kvar, switched(net, **positions))
        assert_same(values, solved(net))
        assert values["grid"]["unsupplied_count"][0] == 0.0
    values = ring.solve(p_kw, q_kvar, switched(net, ring_3_s3=0.0))
    assert_same(values, solved(net))


def test_an_island_goes_dark_is_counted_and_said(ring, caplog):
    """The open point is at station 3, so cutting section 2 leaves station 2 between two open switches: 326 homes."""
    p_kw, q_kvar = loads(3)
    net = pandapowers(BENETUTTI, p_kw, q_kvar)
    with caplog.at_level("WARNING"):
        values = ring.solve(p_kw, q_kvar, switched(net, ring_2_s1=0.0, ring_3_s3=0.0))
    assert_same(values, solved(net))
    names = np.array(ring.tables[0].ids)
    dark = np.isnan(values["bus"]["vm_pu"])
    assert {name.split("-")[0] for name in names[dark]} == {"s2"}
    assert values["grid"]["unsupplied_count"][0] == 326.0
    assert values["grid"]["p_unsupplied_kw"][0] == pytest.approx(p_kw[314:640].sum())
    assert "326 connections lost their supply by switching" in caplog.text
    with caplog.at_level("INFO"):
        values = ring.solve(p_kw, q_kvar, switched(net, ring_2_s1=1.0))
    assert "326 connections regained their supply" in caplog.text
    assert_same(values, solved(net))


@pytest.mark.parametrize("tap", [-2.0, 1.0])
def test_a_tap_step_moves_its_village(ring, tap):
    p_kw, q_kvar = loads(4)
    net = pandapowers(BENETUTTI, p_kw, q_kvar)
    before = ring.solve(p_kw, q_kvar, {"transformer": {"set_tap": np.zeros(4)}})["bus"]["vm_pu"]
    values = ring.solve(p_kw, q_kvar, {"transformer": {"set_tap": np.array([np.nan, tap, np.nan, np.nan])}})
    net.trafo.loc[1, "tap_pos"] = int(tap)
    assert_same(values, solved(net))
    row = ring.tables[0].row_of
    moved = values["bus"]["vm_pu"] - before
    assert moved[row["s2-busbar"]] == pytest.approx(-0.025 * tap, abs=4e-3)
    assert abs(moved[row["s1-busbar"]]) < 1e-4


def test_a_switch_under_single_phase_loads():
    """Unbalanced and meshed: the ring closed and every home on phase a; by symmetry the phases only change names."""
    grid = build(BENETUTTI | {"unbalanced": True, "open_section": 0})
    p_kw, _ = loads(5)
    seen = []
    for phase in range(3):
        load = np.zeros((HOMES, 3))
        load[:, phase] = p_kw / 4.0
        values = grid.solve(load, np.zeros_like(load), {})
        assert values["grid"]["converged"][0] == 1.0
        seen.append([values["bus"][f"vm_{'abc'[(phase + k) % 3]}_pu"] for k in range(3)])
    np.testing.assert_allclose(seen[1], seen[0], rtol=0, atol=1e-9)
    np.testing.assert_allclose(seen[2], seen[0], rtol=0, atol=1e-9)


def test_load_loss_of_the_transformers_is_that_of_the_regulation(ring):
    """Regulation (EU) 548/2014, table I.1 (2015 level): 315 kVA have 360 W without load and 3,900 W at rated current."""
    nothing = np.zeros(HOMES)
    idle = ring.solve(nothing, nothing, {"transformer": {"set_tap": np.zeros(4)}})["transformer"]["p_loss_kw"]
    assert idle == pytest.approx([0.36, 0.36, 0.36, 0.3], rel=2e-3)
    share = np.repeat([1.0, 0.0, 0.0, 0.0], [314, 326, 253, 217])
    values = ring.solve(share * 0.93, nothing, {})["transformer"]
    loaded = values["loading_percent"][0] / 100.0
    assert values["p_loss_kw"][0] - 0.36 == pytest.approx(3.9 * loaded**2, rel=2e-2)
