# SPDX-License-Identifier: Apache-2.0
"""Describing and building grids; the small helpers here serve the other grid tests too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulators.grid import KIND
from twinergy.community.twin import BuildContext, Connection, Site, Twin
from twinergy.errors import ScenarioError
from twinergy.ports import Direction
from twinergy.timebase import TimeAxis

CIGRE_MV = {"source": "pandapower", "function": "create_cigre_network_mv"}
SITE = Site(name="here", latitude_deg=50.0, longitude_deg=8.0, altitude_m=0.0, timezone="UTC", country="DE")


def context(buses: list[str], folder: Path = Path(), phases: str = "abc") -> BuildContext:
    """Return what a grid is built with when one connection sits at each of these buses."""
    connections = tuple(
        Connection(id=f"c{place:04d}", bus=bus, phases=phases, limit_kw=30.0, tariff="") for place, bus in enumerate(buses)
    )
    return BuildContext(twin=Twin(site=SITE, connections=connections), axis=TimeAxis(0, 900, 4), seed=0, folder=folder)


def build(options: dict[str, Any], buses: list[str] | None = None, folder: Path = Path()) -> Any:
    """Return a built grid with connections at these buses, by default at all that homes may have."""
    closed = KIND.options.model_validate(options)
    if buses is None:
        buses = list(KIND.describe(closed, folder, 1).connection_buses)
    return KIND.build(closed, context(buses, folder))


def two_bus(tmp_path: Path, r_ohm: float = 0.1) -> dict[str, Any]:
    """Return options for a 400 V source, a line of pure resistance and a far bus, written as a pandapower file."""
    import pandapower as pp

    net = pp.create_empty_network()
    near, far = (pp.create_bus(net, vn_kv=0.4, name=name) for name in ("near", "far"))
    pp.create_ext_grid(net, near)
    pp.create_line_from_parameters(net, near, far, 1.0, r_ohm, 0.0, 0.0, max_i_ka=0.1, name="wire")
    pp.create_load(net, far, 0.001)
    pp.to_json(net, str(tmp_path / "two.json"))
    return {"source": "file", "path": tmp_path / "two.json"}


def test_a_village_has_57_connections_per_station_and_one_common_busbar():
    described = KIND.describe(KIND.options.model_validate({"stations": 3}), Path(), 0)
    assert len(described.connection_buses) == 171
    assert len(described.buses) == 1 + 3 * 115
    assert described.station_buses == ("s1-busbar", "s2-busbar", "s3-busbar")


def test_names_are_unique_and_homes_fill_one_station_after_the_other():
    described = KIND.describe(KIND.options.model_validate({"stations": 2}), Path(), 0)
    for names in (described.buses, described.lines, described.transformers):
        assert len(set(names)) == len(names)
    assert described.connection_buses[0] == "s1-load-1"
    assert described.connection_buses[57] == "s2-load-1"


@pytest.mark.parametrize(("homes", "stations"), [(0, 1), (1, 1), (57, 1), (58, 2), (1000, 18)])
def test_auto_takes_as_many_stations_as_the_homes_need(homes, stations):
    options = KIND.options.model_validate({})
    assert KIND.resolve(options, homes).stations == stations
    assert len(KIND.describe(options, Path(), homes).connection_buses) == 57 * stations


def test_building_wants_auto_resolved():
    with pytest.raises(ScenarioError, match="how many stations"):
        KIND.build(KIND.options.model_validate({}), context([]))


def test_a_bus_the_grid_does_not_have_is_named():
    with pytest.raises(ScenarioError, match="'s7-load-1'"):
        build({"stations": 1}, ["s1-load-1", "s7-load-1"])


def test_tables_carry_the_names_of_the_description():
    grid, described = build({"stations": 1}), KIND.describe(KIND.options.model_validate({"stations": 1}), Path(), 0)
    ids = {table.name: table.ids for table in grid.tables}
    assert ids["bus"] == described.buses
    assert ids["line"] == described.lines
    assert ids["transformer"] == described.transformers
    assert ids["grid"] == ("grid",)
    assert "switch" not in ids


def test_results_hold_exactly_the_declared_ports():
    grid = build(CIGRE_MV, [])
    values = grid.solve(np.zeros(0), np.zeros(0), {})
    assert set(values) == {table.name for table in grid.tables}
    for table in grid.tables:
        assert set(values[table.name]) == {port.name for port in table.of(Direction.MEASURED)}
        assert {array.shape for array in values[table.name].values()} == {(len(table.ids),)}


def test_own_loads_go_unless_they_are_kept():
    gone = build({"source": "pandapower", "function": "case33bw"}, [])
    kept = build({"source": "pandapower", "function": "case33bw", "keep_loads": True}, [])
    nobody = np.zeros(0)
    assert gone.solve(nobody, nobody, {})["grid"]["p_background_kw"][0] == 0.0
    assert kept.solve(nobody, nobody, {})["grid"]["p_background_kw"][0] == pytest.approx(3715.0)  # Baran & Wu 1989


def test_one_build_does_not_disturb_the_next():
    first = build({"stations": 1})
    first.solve(np.zeros(57), np.zeros(57), {"transformer": {"set_tap": np.array([2.0])}})
    assert build({"stations": 1}).solve(np.zeros(57), np.zeros(57), {})["transformer"]["tap"][0] == 0.0


def test_the_infeed_voltage_can_be_set():
    grid = build({"stations": 1, "slack_vm_pu": 1.02})
    assert grid.solve(np.zeros(57), np.zeros(57), {})["bus"]["vm_pu"][0] == pytest.approx(1.02)
