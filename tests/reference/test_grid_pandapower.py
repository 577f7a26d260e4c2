# SPDX-License-Identifier: Apache-2.0
"""Our power flow against ``pandapower.runpp`` on networks that pandapower brings and on SimBench's.

The reference network comes straight from pandapower; only its loads are set, nothing of ours touches it.
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pandapower as pp
import pandapower.networks as pn
import pytest

from simulators.grid import KIND
from simulators.grid.tamed import quiet, without_dice
from tests.shared_data import shared_data
from tests.unit.test_grid_building import build

TOLERANCE_PU, TOLERANCE_KW, TOLERANCE_PERCENT = 1e-9, 1e-5, 1e-6

BUILT_IN = (
    "create_kerber_dorfnetz",
    "create_kerber_landnetz_freileitung_1",
    "create_kerber_landnetz_kabel_1",
    "create_kerber_vorstadtnetz_kabel_1",
    "create_cigre_network_lv",
    "create_cigre_network_mv",
    "create_dickert_lv_network",
    "case33bw",
    "mv_oberrhein",  # two infeeds
    "lv_schutterwald",  # fourteen infeeds, 2940 buses
)
SIMBENCH = ("1-LV-rural1--2-sw", "1-LV-rural2--2-sw", "1-LV-semiurb4--2-sw", "1-LV-urban6--0-sw", "1-MV-rural--0-sw")


def _case(name: str) -> tuple[dict[str, Any], Any]:
    """Return our options for a network, and pandapower's network."""
    if name in BUILT_IN:
        with quiet(), without_dice():
            return {"source": "pandapower", "function": name}, getattr(pn, name)()
    place = shared_data("grids", f"simbench_{name}.json.gz")
    with quiet():
        return {"source": "file", "path": place}, pp.from_json_string(gzip.decompress(place.read_bytes()).decode())


def _solved(net: Any) -> Any:
    with quiet():
        pp.runpp(net, tolerance_mva=1e-10, max_iteration=30, numba=False)
    return net


def assert_same(values: Any, net: Any) -> None:
    """Check every result that pandapower has too; it writes NaN where we say that nothing flows."""
    bus, line, trafo, grid = (values.get(table, {}) for table in ("bus", "line", "transformer", "grid"))
    np.testing.assert_allclose(bus["vm_pu"], net.res_bus.vm_pu, rtol=0, atol=TOLERANCE_PU, equal_nan=True)
    np.testing.assert_allclose(bus["va_deg"], net.res_bus.va_degree, rtol=0, atol=1e-7, equal_nan=True)
    for ours, theirs in (
        (line, {"p_kw": "p_from_mw", "p_loss_kw": "pl_mw"}),
        (trafo, {"p_kw": "p_hv_mw", "q_kvar": "q_hv_mvar", "p_loss_kw": "pl_mw"}),
    ):
        table = net.res_line if ours is line else net.res_trafo
        for port, column in theirs.items() if ours else ():
            np.testing.assert_allclose(ours[port], 1e3 * table[column].fillna(0.0), rtol=0, atol=TOLERANCE_KW)
        if ours:
            expected = table["loading_percent"].fillna(0.0)
            np.testing.assert_allclose(ours["loading_percent"], expected, rtol=1e-9, atol=TOLERANCE_PERCENT)
    assert grid["p_exchange_kw"][0] == pytest.approx(1e3 * net.res_ext_grid.p_mw.sum(), abs=TOLERANCE_KW)
    assert grid["q_exchange_kvar"][0] == pytest.approx(1e3 * net.res_ext_grid.q_mvar.sum(), abs=TOLERANCE_KW)
    assert abs(grid["p_residual_kw"][0]) < 1e-6


@pytest.mark.parametrize("name", ["create_kerber_dorfnetz", *SIMBENCH])
def test_own_loads_and_generators(name):
    """The other networks' own loads are in `test_grid_published`."""
    options, net = _case(name)
    nobody = np.zeros(0)
    values = build(options | {"keep_loads": True}, []).solve(nobody, nobody, {})
    assert_same(values, _solved(net))


def _without_devices(net: Any) -> Any:
    for table in ("sgen", "gen", "storage"):
        net[table] = net[table].iloc[:0]
    net.load[["p_mw", "q_mvar"]], net.load["scaling"], net.load["in_service"] = 0.0, 1.0, True
    return net


@pytest.mark.parametrize("name", [*BUILT_IN, *SIMBENCH])
def test_random_operating_points(name):
    """Three points between export and full load, on one model that goes from each to the next."""
    options, net = _case(name)
    typical_kw = max(1e3 * net.load["p_mw"].mean(), 1.0)
    grid, net = build(options), _without_devices(net)
    first = ~net.load["bus"].duplicated()
    rng = np.random.default_rng(7)
    for _ in range(3):
        p_kw = typical_kw * rng.uniform(-0.5, 1.0, first.sum())
        q_kvar = typical_kw * rng.uniform(-0.1, 0.3, first.sum())
        net.load.loc[first, "p_mw"], net.load.loc[first, "q_mvar"] = p_kw / 1e3, q_kvar / 1e3
        assert_same(grid.solve(p_kw, q_kvar, {}), _solved(net))


@pytest.mark.parametrize("stations", [2, 10])  # the larger number on compiled loops
def test_villages_are_kerber_networks_on_one_busbar(stations):
    with without_dice():
        net = pn.create_kerber_dorfnetz()
    rng = np.random.default_rng(3)
    p_kw, q_kvar = rng.uniform(-4.0, 6.0, 57 * stations), rng.uniform(-1.0, 1.0, 57 * stations)
    values = build({"stations": stations}).solve(p_kw, q_kvar, {})
    exchange_mw = 0.0
    for station in range(stations):
        own = slice(57 * station, 57 * (station + 1))
        net.load["p_mw"], net.load["q_mvar"] = p_kw[own] / 1e3, q_kvar[own] / 1e3
        _solved(net)
        ours = values["bus"]["vm_pu"][1 + 115 * station : 1 + 115 * (station + 1)]
        np.testing.assert_allclose(ours, net.res_bus.vm_pu[1:], rtol=0, atol=TOLERANCE_PU)
        exchange_mw += net.res_ext_grid.p_mw[0]
    assert values["grid"]["p_exchange_kw"][0] == pytest.approx(1e3 * exchange_mw, abs=TOLERANCE_KW)


def test_every_branch_element_that_is_modelled(tmp_path):
    """Three-winding transformer, impedance, shunt, extended wards, a generator that holds its voltage, 88 switches."""
    net = pn.example_multivoltage()
    pp.to_json(net, str(tmp_path / "multi.json"))
    grid = build({"source": "file", "path": tmp_path / "multi.json", "keep_loads": True}, [])
    assert_same(grid.solve(np.zeros(0), np.zeros(0), {}), _solved(net))


def test_infeeds_of_different_voltage_and_angle(tmp_path):
    with quiet():
        net = pn.mv_oberrhein()
    net.ext_grid["vm_pu"], net.ext_grid["va_degree"] = [1.03, 1.0], [0.0, 0.4]
    net.switch["closed"] = True  # joins both parts
    pp.to_json(net, str(tmp_path / "two.json"))
    grid = build({"source": "file", "path": tmp_path / "two.json", "keep_loads": True}, [])
    assert_same(grid.solve(np.zeros(0), np.zeros(0), {}), _solved(net))


def test_a_cable_that_a_switch_bridges(tmp_path):
    net = pp.create_empty_network()
    a, b, c = (pp.create_bus(net, vn_kv=20.0) for _ in range(3))
    pp.create_ext_grid(net, a)
    for start, end in ((a, b), (b, c)):
        pp.create_line(net, start, end, 5.0, "NA2XS2Y 1x240 RM/25 12/20 kV")
    pp.create_switch(net, b, c, et="b")
    pp.create_load(net, c, 3.0, 1.0)
    pp.to_json(net, str(tmp_path / "bridged.json"))
    grid = build({"source": "file", "path": tmp_path / "bridged.json", "keep_loads": True}, [])
    assert_same(grid.solve(np.zeros(0), np.zeros(0), {}), _solved(net))


@pytest.mark.parametrize("moved", range(8))
def test_each_switch_of_a_meshed_network(moved):
    options, net = _case("create_cigre_network_mv")
    grid = build(options | {"keep_loads": True}, [])
    wanted = np.full(len(net.switch), np.nan)
    wanted[moved] = 1.0 - float(net.switch["closed"].iloc[moved])
    net.switch.loc[net.switch.index[moved], "closed"] = bool(wanted[moved])
    values = grid.solve(np.zeros(0), np.zeros(0), {"switch": {"set_closed": wanted}})
    assert_same(values, _solved(net))


@pytest.mark.parametrize("tap", [-2, -1, 1, 2])
def test_taps(tap):
    options, net = _case("create_kerber_dorfnetz")
    grid = build(options | {"keep_loads": True}, [])
    nobody = np.zeros(0)
    grid.solve(nobody, nobody, {})
    net.trafo["tap_pos"] = tap
    assert_same(grid.solve(nobody, nobody, {"transformer": {"set_tap": np.array([float(tap)])}}), _solved(net))


def test_connections_share_a_bus_and_phases_count_as_balanced():
    from tests.unit.test_grid_building import context

    options = KIND.options.model_validate({"source": "pandapower", "function": "create_kerber_landnetz_kabel_1"})
    bus = KIND.describe(options, Path(), 1).connection_buses[-1]
    together = KIND.build(options, context([bus])).solve(np.array([9.0]), np.array([3.0]), {})
    apart = KIND.build(options, context([bus, bus], phases="b")).solve(np.array([4.0, 5.0]), np.array([1.0, 2.0]), {})
    np.testing.assert_allclose(apart["bus"]["vm_pu"], together["bus"]["vm_pu"], rtol=0, atol=1e-12)
