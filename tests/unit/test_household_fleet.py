# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import tracemalloc
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from simulators.household import KIND
from simulators.household.chunk import ROWS
from simulators.household.params import HouseholdOptions
from twinergy.community.twin import BuildContext, Connection, Device, Dwelling, Site, Twin
from twinergy.errors import ScenarioError
from twinergy.kinds import Phase
from twinergy.ports import Direction
from twinergy.timebase import BLOCK_S, TimeAxis, local_days

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulators.household.simulator import HouseholdFleet

STEINHEIM = Site(
    name="Steinheim", latitude_deg=51.87, longitude_deg=9.09, altitude_m=140.0, timezone="Europe/Berlin", country="DE-NW"
)
WEEK = TimeAxis(2800 * BLOCK_S, 900, 672)


def devices_of(options: Sequence[dict[str, Any]], first: int = 0) -> tuple[Device, ...]:
    """Homes ``home-000`` and so on with these options."""
    return tuple(
        Device(id=f"home-{first + n:03d}", kind="household", options=HouseholdOptions.model_validate(each), path=f"devices[{n}]")
        for n, each in enumerate(options)
    )


def fleet_of(devices: Sequence[Device], axis: TimeAxis, *, seed: int = 7, site: Site = STEINHEIM, folder: Path = Path()) -> Any:
    """A fleet of devices at a site."""
    context = BuildContext(twin=Twin(site=site, devices=tuple(devices)), axis=axis, seed=seed, folder=folder)
    return KIND.build(devices, context)


def days(first: date, count: int, step_s: int = 900) -> TimeAxis:
    """Whole local days."""
    return TimeAxis.between(*local_days(first, count, STEINHEIM.timezone), step_s)


def run(fleet: HouseholdFleet, axis: TimeAxis, port: str = "p_kw") -> np.ndarray:
    """One port of all steps, shape (n_steps, n_homes)."""
    rows = []
    for block in axis.blocks():
        fleet.prepare(block)
        rows += [fleet.step(axis.step(block, block.first + row), {})[port] for row in range(len(block))]
    return np.array(rows)


def homes(annual_kwh: Sequence[float], axis: TimeAxis, **more: Any) -> np.ndarray:
    """Power of stochastic homes."""
    return run(fleet_of(devices_of([{"annual_kwh": value} for value in annual_kwh]), axis, **more), axis)


def test_kind_needs_nothing_from_others():
    names = [port.name for port in KIND.ports]
    assert {"p_kw", "q_kvar", "occupants", "active_occupants", "heat_gain_kw", "hot_water_kw"} <= set(names)
    assert not [port for port in KIND.ports if port.direction is Direction.INPUT]
    assert KIND.phase is Phase.UNCONTROLLED
    assert KIND.name == "household"


def test_a_home_s_tuesday_does_not_depend_on_the_start_of_the_run():
    whole = homes([3500.0], TimeAxis(2800 * BLOCK_S, 900, 1344))
    later = homes([3500.0], TimeAxis(2801 * BLOCK_S + 36_000, 900, 200))
    assert np.array_equal(whole[672 + 40 : 672 + 240], later)


def test_blocks_can_be_prepared_in_any_order():
    axis = TimeAxis(2800 * BLOCK_S, 900, 2016)
    fleet = fleet_of(devices_of([{"annual_kwh": 3500.0}]), axis)
    first, second, third = axis.blocks()
    forward = run(fleet, axis)[672:1344]
    for block in (third, first, second):
        fleet.prepare(block)
    again = np.array([fleet.step(axis.step(second, second.first + row), {})["p_kw"] for row in range(672)])
    assert np.array_equal(forward, again)


def test_a_home_does_not_depend_on_its_neighbours():
    alone = homes([4200.0], WEEK)
    village = homes([4200.0, 1500.0, 8000.0], WEEK)
    assert np.array_equal(alone[:, 0], village[:, 0])


def test_seeds_and_homes_differ():
    first, second = homes([3500.0, 3500.0], WEEK).T
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, homes([3500.0], WEEK, seed=8)[:, 0])


def test_what_a_step_returned_is_not_changed_by_later_steps():
    fleet = fleet_of(devices_of([{"annual_kwh": 3500.0}] * 3), WEEK)
    axis = TimeAxis(2800 * BLOCK_S, 900, 1344)
    first, second = axis.blocks()
    fleet.prepare(first)
    kept = fleet.step(axis.step(first, 0), {})
    copies = {name: values.copy() for name, values in kept.items()}
    fleet.prepare(second)
    fleet.step(axis.step(second, 672), {})
    assert all(np.array_equal(kept[name], copies[name]) for name in kept)


def test_generated_and_measured_homes_keep_their_order(tmp_path):
    stamps = [f"2024-03-{day:02d}T{hour:02d}:00Z" for day in range(1, 9) for hour in range(24)]
    rows = "\n".join(f"{stamp},1.5,0.4" for stamp in stamps)
    (tmp_path / "a.csv").write_text(f"time,p,q\n{rows}\n")
    measured = {"kind": "measured", "path": "a.csv", "q_column": "q"}
    generated = {"annual_kwh": 3000.0, "power_factor": 1.0}
    options = [
        generated,
        {"annual_kwh": 1.0, "profile": measured},
        {**generated, "profile": {"kind": "stochastic", "shape": "h25"}},
    ]
    fleet = fleet_of(devices_of(options), WEEK, folder=tmp_path)
    p_kw, q_kvar = run(fleet, WEEK), run(fleet, WEEK, "q_kvar")
    assert p_kw[:, 1] == pytest.approx(1.5)
    assert q_kvar[:, 1] == pytest.approx(0.4)
    assert np.all(q_kvar[:, [0, 2]] == 0.0)
    assert p_kw[:, 0].std() > 0.1
    assert not np.array_equal(p_kw[:, 0], p_kw[:, 2])


def test_findings_of_all_files_are_reported_at_once(tmp_path):
    options = [{"annual_kwh": 1.0, "profile": {"kind": "measured", "path": name}} for name in ("a.csv", "b.csv", "a.csv")]
    with pytest.raises(ScenarioError, match=r"2 findings(?s:.*)a\.csv(?s:.*)devices\[0\]\.profile(?s:.*)b\.csv") as caught:
        fleet_of(devices_of(options), WEEK, folder=tmp_path)
    assert "file not found" in caught.value.findings[0].message


def test_unknown_holidays_are_a_finding_when_the_fleet_is_built():
    nowhere = Site(name="x", latitude_deg=0.0, longitude_deg=0.0, altitude_m=0.0, timezone="UTC", country="XX")
    with pytest.raises(ScenarioError, match=r"site\.country: no holidays known.*got 'XX'"):
        fleet_of(devices_of([{"annual_kwh": 3500.0}]), WEEK, site=nowhere)


def test_check_finds_a_home_too_big_for_its_connection():
    line = Connection(id="c1", bus="b", phases="abc", limit_kw=10.0, tariff="t")
    device = Device(id="h", kind="household", options=HouseholdOptions(annual_kwh=90_000.0), connection="c1", path="devices[4]")
    twin = Twin(site=STEINHEIM, connections=(line,), devices=(device,))
    (finding,) = KIND.check([device], twin)
    assert finding.path == "devices[4].annual_kwh"
    assert finding.value == "90000 kWh"
    assert "87600 kWh" in finding.allowed


def test_residents_come_from_the_dwelling():
    axis = days(date(2023, 1, 2), 1)
    dwelling = Dwelling(id="d", connection="c", residents=5, floor_area_m2=100.0, roof_area_m2=50.0)
    options = HouseholdOptions(annual_kwh=4000.0)
    in_dwelling = Device(id="home-000", kind="household", options=options, dwelling="d")
    context = BuildContext(
        twin=Twin(site=STEINHEIM, dwellings=(dwelling,), devices=(in_dwelling,)), axis=axis, seed=7, folder=Path()
    )
    five = run(KIND.build([in_dwelling], context), axis)
    given = run(fleet_of(devices_of([{"annual_kwh": 4000.0, "residents": 5}]), axis), axis)
    two = homes([4000.0], axis)
    assert np.array_equal(five, given)
    assert not np.array_equal(five, two)


def test_memory_does_not_grow_with_the_run():
    axis = TimeAxis(2790 * BLOCK_S, 900, 672 * 12)
    fleet = fleet_of(devices_of([{"annual_kwh": 3500.0}] * 20), axis)
    blocks = list(axis.blocks())
    for block in blocks[:3]:
        fleet.prepare(block)
    tracemalloc.start()
    for block in blocks[3:]:
        fleet.prepare(block)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 2 * 672 * 20 * (8 + 4 * len(ROWS))  # no more than a second block of 20 homes
