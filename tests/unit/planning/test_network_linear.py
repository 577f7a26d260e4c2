# SPDX-License-Identifier: Apache-2.0
"""The linear model of a network, by hand, against published figures and against the power flow's derivative."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.planning.network_cases import BASE_KVA, OHM_PU, network
from tests.unit.test_grid_building import build
from twinergy.errors import ModelError
from twinergy.kinds import GridModel
from twinergy.planning.network.linear import LinearFlow


def column(*values: float) -> Any:
    return np.array(values)[:, None]


def test_the_rise_of_a_feeder_is_that_of_the_textbook():
    # 10 kW into 0.2 ohm at 400 V: dv = r p / v^2 = 10e3 * 0.2 / 400^2 = 1.25 %, of squared voltages 2.5 %
    linear = LinearFlow.of(network([(0, 1)], [0.2 + 0.1j]), ["b1"])
    assert linear.squared(column(-10.0), column(0.0))[0, 0] == pytest.approx(1.025, abs=1e-12)
    # taking up 4 kvar over 0.1 ohm takes 4e3 * 0.1 / 400^2 = 0.25 % of it away
    assert linear.squared(column(-10.0), column(4.0))[0, 0] == pytest.approx(1.02, abs=1e-12)


def test_what_is_behind_a_branch_flows_through_it():
    linear = LinearFlow.of(network([(0, 1), (1, 2), (1, 3)], [0.1, 0.1, 0.1]), ["b2", "b3"])
    power = dict(zip(linear.branches, linear.power(column(3.0, -5.0), column(1.0, 0.0))[:, 0], strict=True))
    assert power == {"l0": pytest.approx(-2.0 + 1.0j), "l1": pytest.approx(3.0 + 1.0j), "l2": pytest.approx(-5.0)}


def test_branches_in_series_are_watched_at_the_weakest():
    own = network([(0, 1), (1, 2)], [0.1, 0.1], limit_kva=np.array([50.0, 30.0]))
    linear = LinearFlow.of(own, ["b2"])
    assert linear.branches == ("l1",)
    assert linear.loading_percent(column(15.0), column(0.0))[0, 0] == pytest.approx(50.0)
    assert linear.group.tolist() == [0, 0]


@pytest.mark.parametrize("turned", [False, True])
def test_a_transformer_s_ratio_counts_from_its_from_end(turned: bool):
    # 1.05 at the from end: the to end has 1/1.05 of its voltage without load; seen from the other side 1.05 times
    own = network([(1, 0) if turned else (0, 1)], [0.16], ratio=np.array([1.05]), sorts=("transformer",))
    linear = LinearFlow.of(own, ["b1"])
    gain = 1.05**2 if turned else 1.0 / 1.05**2
    assert linear.squared(column(0.0), column(0.0))[0, 0] == pytest.approx(gain)
    # r = 0.1 pu on the side of the to end; 10 kW are 0.1 pu: 2 r p = 0.02, turned seen through the ratio
    assert linear.squared(column(10.0), column(0.0))[0, 0] == pytest.approx(gain - 0.02 * (1.05**2 if turned else 1.0))


def test_a_phase_s_load_lowers_its_voltage_and_lifts_the_others_through_the_neutral():
    # r1 = 0.2, r0 = 0.8 ohm: own (0.8 + 0.4) / 3 = 0.4, mutual 0.2 ohm. 3 kW at 230.94 V are 12.99 A: 5.196 V or 2.25 % lower;
    # the neutral's 2.598 V stand at 120 degrees to the other phases and lift them by half of it, 0.5625 %
    ohm = np.array([0.8]) / OHM_PU
    own = network([(0, 1)], [0.2], r0_pu=ohm, x0_pu=np.zeros(1), earths=np.zeros(1, dtype=bool))
    linear = LinearFlow.of(own, ["b1"], ["a"])
    squared = dict(zip(linear.phases, linear.squared(column(3.0), column(0.0))[:, 0], strict=True))
    assert squared["a"] == pytest.approx(1.0 - 2 * 0.0225, abs=1e-9)
    assert squared["b"] == pytest.approx(1.0 + 2 * 0.005625, abs=1e-9)
    assert squared["c"] == pytest.approx(squared["b"])
    # a load on all three phases sees r1 alone: 9 kW, 9e3 * 0.2 / 400^2 = 1.125 %
    balanced = LinearFlow.of(own, ["b1"], ["abc"])
    assert balanced.squared(column(9.0), column(0.0))[:, 0] == pytest.approx(np.full(3, 1.0 - 2 * 0.01125))


def test_the_33_buses_of_baran_and_wu_have_their_published_lowest_voltage():
    # Baran and Wu 1989, base case: 0.9131 pu at bus 18; without losses the model has to lie above it, by less than 1 %
    import pandapower.networks

    net = pandapower.networks.case33bw()
    load_kw, q_kvar = (net.load[name].to_numpy() * 1e3 for name in ("p_mw", "q_mvar"))
    grid = build({"source": "pandapower", "function": "case33bw"})
    buses = [grid.tables[0].ids[bus] for bus in net.load["bus"]]
    linear = LinearFlow.of(grid.network(), buses)
    v = np.sqrt(linear.squared(load_kw[:, None], q_kvar[:, None])[:, 0])
    assert linear.buses[int(v.argmin())] == grid.tables[0].ids[17]
    assert 0.9131 < v.min() < 0.9131 * 1.01


@pytest.mark.parametrize(
    ("options", "most_kw"),
    [
        ({"stations": 1, "slack_vm_pu": 1.02}, 0.5),
        ({"source": "pandapower", "function": "create_cigre_network_lv"}, 0.5),
        ({"source": "pandapower", "function": "create_cigre_network_mv"}, 100.0),
        ({"source": "village_ring", "unbalanced": True, "stations": [{"name": "piano", "homes": 30}]}, 0.5),
    ],
)
def test_little_load_gives_the_voltages_of_the_power_flow(options: dict[str, Any], most_kw: float):
    grid = build(options)
    own = grid.network()
    buses = [bus for bus in own.buses if bus in own.row_of][:60]
    grid = build(options, buses)
    phases = ["abc"[row % 3] for row in range(len(buses))]
    linear = LinearFlow.of(own, buses, phases)
    p_kw = np.random.default_rng(3).uniform(-most_kw, most_kw, len(buses))
    share = np.array([[float(phase == one) for one in "abc"] for phase in phases])
    load = p_kw[:, None] * share if grid.phases else p_kw
    values, row_of = grid.solve(load, 0.3 * load, {})["bus"], grid.tables[0].row_of
    found = np.sqrt(linear.squared(p_kw[:, None], 0.3 * p_kw[:, None])[:, 0])
    watched = zip(linear.buses, linear.phases, strict=True)
    true = [values[f"vm_{phase}_pu" if phase else "vm_pu"][row_of[bus]] for bus, phase in watched]
    moved = np.abs(np.array(true) - np.sqrt(linear.squared0)).max()
    assert moved > 1e-4
    assert found == pytest.approx(true, abs=2e-3 * (moved + 0.05))


def test_a_loop_is_named_and_the_other_method_takes_it():
    ring = network([(0, 1), (1, 2), (2, 3), (3, 1)], [0.1, 0.1, 0.1, 0.1])
    with pytest.raises(ModelError, match=r"not radial, 1 loop: .*Open one of each with a switch") as caught:
        LinearFlow.of(ring, ["b2"], method="radial")
    assert all(name in str(caught.value) for name in ("l1", "l2", "l3"))
    assert "l0" not in str(caught.value)
    linear = LinearFlow.of(ring, ["b2"])
    assert linear.method == "meshed"
    # from b1 two ways to b2 of 0.1 and 0.2 ohm in parallel: 0.0667 ohm and 0.1 ohm before them; 10 kW draw 2.083 % of squares
    at = linear.buses.index("b2")
    assert linear.by_p[at, 0] * 10.0 == pytest.approx(-2.0 * 10e3 * (0.1 + 0.2 / 3.0) / 400.0**2)


def test_two_lines_side_by_side_are_a_loop():
    with pytest.raises(ModelError, match=r"l1 - l0|l0 - l1"):
        LinearFlow.of(network([(0, 1), (0, 1)], [0.1, 0.1]), ["b1"], method="radial")


def test_buses_that_are_not_there_or_dead_are_named_together():
    own = network([(0, 1)], [0.1], buses=("b0", "b1", "cut-off"))
    with pytest.raises(ModelError, match="there is no bus nowhere; bus cut-off has no supply"):
        LinearFlow.of(own, ["b1", "nowhere", "cut-off"])


def test_a_grid_that_cannot_say_tells_what_to_do():
    class Mute(GridModel):
        def solve(self, p_kw: Any, q_kvar: Any, set_points: Any) -> Any:
            raise NotImplementedError

        def topology(self) -> Any:
            raise NotImplementedError

    with pytest.raises(ModelError, match=r"Mute cannot say what its branches are.*grid.check: false"):
        Mute().network()


@st.composite
def trees(draw: Any) -> Any:
    size = draw(st.integers(2, 12))
    ends = [(draw(st.integers(0, node - 1)), node) for node in range(1, size)]
    ends = [(b, a) if draw(st.booleans()) else (a, b) for a, b in ends]
    ohm = [complex(draw(st.floats(0.01, 0.5)), draw(st.floats(0.0, 0.3))) for _ in ends]
    return network(ends, ohm)


@settings(max_examples=60, deadline=None)
@given(trees())
def test_without_load_lindistflow_is_the_derivative_of_the_power_flow(own: Any):
    buses = [bus for bus in own.buses if bus != "b0"]
    radial, meshed = (LinearFlow.of(own, buses, method=method) for method in ("radial", "meshed"))
    rows = [meshed.buses.index(bus) for bus in radial.buses]
    assert radial.by_p == pytest.approx(meshed.by_p[rows], abs=1e-9)
    assert radial.by_q == pytest.approx(meshed.by_q[rows], abs=1e-9)
    # seen from the end of the other, a load at one is worth the same
    order = [radial.buses.index(bus) for bus in buses]
    assert radial.by_p[order] == pytest.approx(radial.by_p[order].T, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(trees(), st.floats(-3.0, 3.0))
def test_the_derivative_at_an_operating_point_is_that_of_its_neighbours(own: Any, p_kw: float):
    buses = [bus for bus in own.buses if bus != "b0"]
    at = np.full(len(buses), p_kw)
    there = LinearFlow.of(own, buses, method="meshed", at_kw=at)
    step = np.zeros(len(buses))
    step[-1] = 1e-3
    near = LinearFlow.of(own, buses, method="meshed", at_kw=at + step)
    none = np.zeros((len(buses), 1))
    moved = near.squared((at + step)[:, None], none) - there.squared(at[:, None], none)
    assert moved[:, 0] == pytest.approx(there.by_p @ step, abs=1e-8)


def test_more_than_the_network_can_carry_is_no_operating_point():
    # 0.4 ohm carry 400^2 / (4 * 0.4) = 100 kW
    with pytest.raises(ModelError, match="cannot carry the 101 kW"):
        LinearFlow.of(network([(0, 1)], [0.4]), ["b1"], method="meshed", at_kw=np.array([101.0]))


def test_infeeds_of_different_voltage_keep_theirs():
    own = network([(0, 1), (0, 2)], [0.1, 0.1], ratio=np.array([1.0, 1.0 / 1.03]))
    linear = LinearFlow.of(own, ["b1", "b2"])
    assert np.sqrt(linear.squared0) == pytest.approx([1.0, 1.03])


def test_shunts_of_the_grid_count():
    own = network([(0, 1)], [0.1j])
    own = replace(own, q_shunt_kvar=np.array([0.0, -16.0]))
    # 16 kvar of cable over 0.1 ohm: 2 * 16e3 * 0.1 / 400^2 = 2 % of the voltage that drives them: 1 / (1 - 0.02)
    assert LinearFlow.of(own, ["b1"]).squared0 == pytest.approx([1.0 / 0.98], abs=1e-6)
    assert own.base_kva == BASE_KVA
