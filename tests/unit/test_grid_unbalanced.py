# SPDX-License-Identifier: Apache-2.0
"""The unbalanced grid: what it declares, what it refuses, what it does when there is no answer."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandapower as pp
import pandapower.networks as pn
import pytest

from simulators.grid import KIND
from simulators.grid.params import GridOptions
from tests.shared_data import shared_data
from tests.unit.test_grid_building import build, two_bus
from twinergy.errors import ScenarioError
from twinergy.ports import Direction

VILLAGE = {"stations": 1, "unbalanced": True}


def on_phase(p_kw, phase):
    load = np.zeros((len(p_kw), 3))
    load[:, phase] = p_kw
    return load


@pytest.fixture(scope="module")
def village():
    return build(VILLAGE)


def test_the_ieee_feeder_says_on_which_phase_its_homes_are():
    """Buses and phases as in the feeder's Loads.txt."""
    text = shared_data("grids", "ieee_eu_lv_feeder", "Loads.txt").read_text(encoding="utf-8")
    published = re.findall(r"Bus1=(\d+)\.([123])", text)
    assert len(published) == 55
    described = KIND.describe(GridOptions.model_validate({"source": "ieee_european_lv"}), Path(), 55)
    assert described.connection_buses == tuple(bus for bus, _ in published)
    assert described.connection_phases == tuple("abc"[int(phase) - 1] for _, phase in published)
    assert KIND.describe(GridOptions.model_validate(VILLAGE), Path(), 1).connection_phases == ()


def test_results_hold_exactly_the_declared_ports(village):
    assert village.phases
    assert not build({"stations": 1}).phases
    values = village.solve(np.zeros((57, 3)), np.zeros((57, 3)), {})
    for table in village.tables:
        assert set(values[table.name]) == {port.name for port in table.of(Direction.MEASURED)}
        assert {array.shape for array in values[table.name].values()} == {(len(table.ids),)}
        assert {array.dtype for array in values[table.name].values()} == {np.dtype(np.float64)}


def test_a_load_pulls_down_its_own_phase_and_no_other(village):
    idle = village.solve(np.zeros((57, 3)), np.zeros((57, 3)), {})["bus"]
    values = village.solve(on_phase(np.full(57, 2.0), 1), np.zeros((57, 3)), {})
    end = village.tables[0].row_of["s1-load-34"]
    assert values["bus"]["vm_b_pu"][end] < idle["vm_b_pu"][end] - 0.02
    assert min(values["bus"][f"vm_{other}_pu"][end] for other in "ac") > idle["vm_pu"][end] - 0.002
    assert values["bus"]["unbalance_percent"][end] > 0.5
    assert values["transformer"]["i_n_a"][0] == pytest.approx(114.0 / 0.231, rel=0.05)


def test_loads_of_any_layout_give_the_same(village):
    load = np.random.default_rng(1).uniform(-1.0, 2.0, (57, 3))
    rows = village.solve(load, 0.1 * load, {})["bus"]["vm_a_pu"]
    columns = np.asfortranarray(load)
    np.testing.assert_allclose(village.solve(columns, 0.1 * columns, {})["bus"]["vm_a_pu"], rows, rtol=0, atol=1e-10)


def test_a_collapse_gives_nan_and_the_next_step_is_as_if_nothing_had_been(village):
    calm, none = on_phase(np.full(57, 1.0), 0), np.zeros((57, 3))
    before = village.solve(calm, none, {})
    collapsed = village.solve(500.0 * calm, none, {})
    after = village.solve(calm, none, {})
    assert collapsed["grid"]["converged"][0] == 0.0
    known = {"converged", "tap", "closed"}
    arrays = [array for ports in collapsed.values() for port, array in ports.items() if port not in known]
    assert all(np.isnan(array).all() for array in arrays)
    np.testing.assert_allclose(after["bus"]["vm_a_pu"], before["bus"]["vm_a_pu"], atol=1e-9)


def test_a_load_that_is_no_number_gives_nan(village):
    broken = np.zeros((57, 3))
    broken[3, 2] = np.nan
    assert village.solve(broken, np.zeros((57, 3)), {})["grid"]["converged"][0] == 0.0
    assert village.solve(np.zeros((57, 3)), np.zeros((57, 3)), {})["grid"]["converged"][0] == 1.0


def test_collapse_comes_where_the_circuit_says(tmp_path):
    # E = 230.94 V behind 0.1 ohm in the phase and as much in the neutral, R0 = 4 R1: E^2 / (4 * 0.2 ohm) = 66.667 kW at most
    grid = build(two_bus(tmp_path) | {"unbalanced": True}, ["far"])
    none = np.zeros((1, 3))
    assert grid.solve(np.array([[66.0, 0.0, 0.0]]), none, {})["grid"]["converged"][0] == 1.0
    assert grid.solve(np.array([[67.0, 0.0, 0.0]]), none, {})["grid"]["converged"][0] == 0.0


def test_taps_are_the_same_on_all_phases(village):
    none = np.zeros((57, 3))
    values = village.solve(none, none, {"transformer": {"set_tap": np.array([2.0])}})
    back = village.solve(none, none, {"transformer": {"set_tap": np.array([0.0])}})
    for phase in "abc":
        assert values["bus"][f"vm_{phase}_pu"][1] / back["bus"][f"vm_{phase}_pu"][1] == pytest.approx(1 / 1.05, abs=1e-4)


def test_what_has_no_model_with_three_phases_is_refused(tmp_path):
    options = two_bus(tmp_path)
    net = pp.from_json(str(options["path"]))
    pp.create_shunt(net, 1, 0.01)
    pp.create_gen(net, 1, 0.01)
    pp.create_asymmetric_load(net, 1, 0.001, type="delta")
    pp.to_json(net, str(options["path"]))
    assert build(options | {"unbalanced": False, "keep_loads": True}, []).solve(np.zeros(0), np.zeros(0), {})
    with pytest.raises(ScenarioError, match=r"1 x shunt: no model") as caught:
        build(options | {"unbalanced": True, "keep_loads": True}, [])
    assert {finding.path for finding in caught.value.findings} == {"grid.shunt", "grid.gen", "grid.asymmetric_load.type"}


def test_a_vector_group_without_a_zero_sequence_model_is_named(tmp_path):
    net = pn.create_kerber_dorfnetz()
    net.trafo["vector_group"] = "Yyn0"
    pp.to_json(net, str(tmp_path / "yyn.json"))
    with pytest.raises(ScenarioError, match=r"trafo\[trafo 1\]\.vector_group: unbalanced: .*'Yyn0'.*allowed: Dyn"):
        build({"source": "file", "path": tmp_path / "yyn.json", "unbalanced": True})
    net.trafo["vector_group"] = "Yzn5"
    pp.to_json(net, str(tmp_path / "yzn.json"))
    with pytest.raises(ScenarioError, match=r"zigzag winding needs its zero-sequence impedance"):
        build({"source": "file", "path": tmp_path / "yzn.json", "unbalanced": True})
