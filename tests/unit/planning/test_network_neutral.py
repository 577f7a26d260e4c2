# SPDX-License-Identifier: Apache-2.0
"""A grid as plain numbers: what is read back from the power flow's two-ports is what the network's data say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.unit.test_grid_building import build, two_bus
from twinergy.errors import ModelError
from twinergy.planning.network.linear import LinearFlow

if TYPE_CHECKING:
    from pathlib import Path


def test_a_line_has_its_ohms_and_its_rating(tmp_path: Path):
    network = build(two_bus(tmp_path)).network()
    ohm = network.r_pu * 400.0**2 / (network.base_kva * 1e3)
    assert ohm == pytest.approx([0.1])
    assert network.x_pu == pytest.approx([0.0], abs=1e-12)
    assert network.limit_kva == pytest.approx([3.0**0.5 * 0.4 * 100.0])  # 100 A at 400 V
    assert (network.branches, network.sorts) == (("wire",), ("line",))
    assert network.names() == ["near", "far"]
    assert network.slack == network.row_of["near"]
    assert not network.of_phases


def test_a_station_s_transformer_has_its_short_circuit_voltage_and_its_iron():
    # pandapower's standard type "0.4 MVA 10/0.4 kV" of Kerber's village: 4 % short-circuit voltage, 1.325 % of it in phase,
    # 0.95 kW of iron losses
    network = build({"stations": 1}).network()
    row = network.sorts.index("transformer")
    own_base = 400.0 / network.base_kva
    assert network.r_pu[row] * own_base == pytest.approx(0.01325, rel=1e-3)
    assert np.hypot(network.r_pu[row], network.x_pu[row]) * own_base == pytest.approx(0.04, rel=1e-3)
    assert network.limit_kva[row] == pytest.approx(400.0)
    assert network.p_shunt_kw.sum() == pytest.approx(0.95, rel=1e-3)


def test_three_phases_know_their_zero_sequence_and_where_it_ends():
    network = build({"source": "village_ring", "unbalanced": True, "stations": [{"name": "piano", "homes": 12}]}).network()
    assert network.of_phases
    assert network.r0_pu is not None
    assert network.earths is not None
    assert [sort for sort, earths in zip(network.sorts, network.earths, strict=True) if earths] == ["transformer"]
    cables = [
        row for row, name in enumerate(network.branches) if network.ends[0, row] > network.ends[1].min() and "piano" in name
    ]
    low = [row for row in cables if network.sorts[row] == "line"]
    assert (network.r0_pu[low] > network.r_pu[low]).all()


def test_infeeds_are_one_node_and_keep_their_voltages(tmp_path: Path):
    import pandapower as pp

    options = two_bus(tmp_path)
    net = pp.from_json(str(options["path"]))
    other, end = (pp.create_bus(net, vn_kv=0.4, name=name) for name in ("other", "end"))
    pp.create_ext_grid(net, other, vm_pu=1.03)
    pp.create_line_from_parameters(net, other, end, 1.0, 0.1, 0.0, 0.0, max_i_ka=0.1, name="second")
    pp.to_json(net, str(options["path"]))
    network = build(options, ["far"]).network()
    assert network.n_nodes == 3
    linear = LinearFlow.of(network, ["far", "end"])
    assert dict(zip(linear.buses, np.sqrt(linear.squared0), strict=True)) == pytest.approx({"far": 1.0, "end": 1.03})


def test_generators_that_hold_a_voltage_are_named(tmp_path: Path):
    import pandapower as pp

    options = two_bus(tmp_path)
    net = pp.from_json(str(options["path"]))
    pp.create_gen(net, 1, p_mw=0.01, vm_pu=1.0)
    pp.to_json(net, str(options["path"]))
    with pytest.raises(ModelError, match="hold the voltage at far"):
        build(options | {"keep_loads": True}, ["far"]).network()
