# SPDX-License-Identifier: Apache-2.0
"""Our power flow against published solutions and a circuit solved by hand."""

from __future__ import annotations

import csv

import numpy as np
import pandapower as pp
import pandapower.networks as pn
import pytest

from tests.shared_data import shared_data
from tests.unit.test_grid_building import build, two_bus

NOBODY = np.zeros(0)
SNAPSHOTS = {
    "case33bw": {"source": "pandapower", "function": "case33bw"},
    "cigre_lv": {"source": "pandapower", "function": "create_cigre_network_lv"},
    "cigre_mv": {"source": "pandapower", "function": "create_cigre_network_mv"},
    "cigre_mv_pv_wind": {"source": "pandapower", "function": "create_cigre_network_mv", "arguments": {"with_der": "pv_wind"}},
    "lv_schutterwald": {"source": "pandapower", "function": "lv_schutterwald"},
    "mv_oberrhein": {"source": "pandapower", "function": "mv_oberrhein"},
    "simbench 1-LV-rural1--2-sw": {"source": "file"},
    "simbench 1-MV-rural--0-sw": {"source": "file"},
}


def test_a_resistive_line_by_hand(tmp_path):
    """400 V behind 0.1 ohm, 10 kW: V = 200 + sqrt(200^2 - 0.1 * 10^4) = 397.4842 V, I = P / (sqrt(3) V) = 14.5251 A,
    loss = R (P / V)^2 = 63.2937 W; rated 100 A."""
    values = build(two_bus(tmp_path), ["far"]).solve(np.array([10.0]), np.zeros(1), {})
    assert values["bus"]["vm_pu"][1] == pytest.approx(397.4842 / 400.0, abs=1e-7)
    assert values["line"]["loading_percent"][0] == pytest.approx(14.5251, abs=1e-4)
    assert values["line"]["p_loss_kw"][0] == pytest.approx(0.0632937, abs=1e-7)
    assert values["line"]["p_kw"][0] == pytest.approx(10.0632937, abs=1e-7)
    assert values["grid"]["p_exchange_kw"][0] == pytest.approx(10.0632937, abs=1e-7)


def test_a_load_at_the_infeed_is_drawn_from_upstream_without_loss(tmp_path):
    grid = build(two_bus(tmp_path), ["near"]).solve(np.array([10.0]), np.array([4.0]), {})["grid"]
    assert (grid["p_exchange_kw"][0], grid["q_exchange_kvar"][0]) == pytest.approx((10.0, 4.0))
    assert abs(grid["p_residual_kw"][0]) < 1e-9


def test_baran_and_wu_1989():
    """M. E. Baran, F. F. Wu, "Network reconfiguration in distribution systems for loss reduction and load balancing",
    IEEE Trans. Power Delivery 4(2), 1989: the 33-bus system's base case loses 202.677 kW, 0.91309 pu at bus 18."""
    values = build({"source": "pandapower", "function": "case33bw", "keep_loads": True}, []).solve(NOBODY, NOBODY, {})
    assert values["grid"]["p_loss_kw"][0] == pytest.approx(202.677, abs=5e-4)
    assert values["bus"]["vm_pu"].min() == pytest.approx(0.91309, abs=5e-6)
    assert int(values["bus"]["vm_pu"].argmin()) == 17  # counted from 0


def test_ieee_14_bus_solution(tmp_path):
    """IEEE common data format solution, four buses of which hold their voltage.

    It is given to 0.001 pu, but bus 4 differs by 0.0013 pu from what its own data yield, in PYPOWER too; infeed and losses
    are PYPOWER 5.1.21's: 232.3933 and 13.39327 MW.
    """
    pp.to_json(pn.case14(), str(tmp_path / "case14.json"))
    values = build({"source": "file", "path": tmp_path / "case14.json", "keep_loads": True}, []).solve(NOBODY, NOBODY, {})
    with shared_data("reference_tables", "power_flow", "ieee_case14_case118_published_bus_voltages.csv").open() as file:
        published = [row for row in csv.DictReader(file) if row["case"] == "case14"]
    assert len(published) == 14
    vm_pu = np.array([float(row["vm_pu_in_case_file"]) for row in published])
    va_deg = np.array([float(row["va_deg_in_case_file"]) for row in published])
    np.testing.assert_allclose(values["bus"]["vm_pu"], vm_pu, rtol=0, atol=1.5e-3)
    np.testing.assert_allclose(values["bus"]["va_deg"], va_deg, rtol=0, atol=0.1)
    assert values["grid"]["p_exchange_kw"][0] == pytest.approx(232393.3, abs=0.05)
    assert values["grid"]["p_loss_kw"][0] == pytest.approx(13393.27, abs=0.005)


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_snapshot_table(name):
    """Computed by another installation of pandapower (3.5.6); SimBench's own networks with their stored powers."""
    with shared_data("reference_tables", "power_flow", "pandapower_simbench_snapshot_results.csv").open() as file:
        row = next(row for row in csv.DictReader(file) if row["network"] == name)
    options = SNAPSHOTS[name] | {"keep_loads": True}
    if options["source"] == "file":
        options["path"] = shared_data("grids", f"simbench_{name.removeprefix('simbench ')}.json.gz")
    values = build(options, []).solve(NOBODY, NOBODY, {})
    bus, grid = values["bus"], values["grid"]
    transformers = values.get("transformer", {"p_loss_kw": np.zeros(1), "loading_percent": np.zeros(1)})
    for found, column, scale in (
        (grid["p_exchange_kw"][0], "ext_grid_p_mw", 1e3),
        (grid["q_exchange_kvar"][0], "ext_grid_q_mvar", 1e3),
        (values["line"]["p_loss_kw"].sum(), "line_losses_kw", 1.0),
        (transformers["p_loss_kw"].sum(), "trafo_losses_kw", 1.0),
        (np.nanmin(bus["vm_pu"]), "vm_min_pu", 1.0),
        (np.nanmax(bus["vm_pu"]), "vm_max_pu", 1.0),
        (values["line"]["loading_percent"].max(), "max_line_loading_pct", 1.0),
        (transformers["loading_percent"].max(), "max_trafo_loading_pct", 1.0),
    ):
        assert found == pytest.approx(scale * float(row[column] or 0.0), rel=1e-6, abs=1e-9), column
