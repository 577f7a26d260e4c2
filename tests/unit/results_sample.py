# SPDX-License-Identifier: Apache-2.0
"""A made-up but plausible community and its results, for tests of the results room: every balance closes by construction.

Voltages, loadings and losses come from a linear flow along radial feeders, not from a power flow.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from twinergy.community.topology import GridTopology
from twinergy.community.twin import Connection, Device, Dwelling, Site, Twin
from twinergy.kinds import Table
from twinergy.options import Options
from twinergy.ports import measured
from twinergy.results.block import ResultBlock, TableBlock
from twinergy.results.kpis import Kpis
from twinergy.results.provenance import run_facts
from twinergy.results.settlement import PRICES
from twinergy.results.writer import RunFolder, RunWriter
from twinergy.timebase import TimeAxis

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FEEDERS, PER_FEEDER = 4, 6
SUMMER = datetime(2024, 6, 30, 22, tzinfo=UTC)

CONNECTION = (measured("p_kw", "net load at the billing meter"), measured("q_kvar", "reactive power at the billing meter"))
PV = (
    measured("p_kw", "active power, never positive"),
    measured("p_available_kw", "active power without curtailment"),
    measured("p_curtailed_kw", "feed-in lost"),
)
BATTERY = (
    measured("p_kw", "terminal power"),
    measured("soc", "state of charge at the end of the step"),
    measured("energy_kwh", "energy at the end of the step", precision="double"),
    measured("p_loss_kw", "losses"),
    measured("cycles", "full equivalent cycles so far", precision="double"),
)
BUILDING = tuple(
    measured(name, name)
    for name in (
        *("p_kw", "p_heat_pump_kw", "p_cooling_kw", "heat_space_kw", "heat_water_kw", "heat_network_kw", "cool_kw", "fuel_kw"),
        *("cop", "temp_indoor_degc", "co2_ppm", "temp_low_k", "temp_high_k", "heat_unserved_kw", "hot_water_unserved_kw"),
    )
)
EV = tuple(
    measured(name, name, precision="double")
    for name in ("soc", "drive_kw", "p_loss_kw", "distance_km", "unserved_kwh", "shortfall_kwh")
)
CHARGING = tuple(
    measured(name, name, precision="double")
    for name in (
        *("p_kw", "energy_kwh", "energy_out_kwh", "unserved_kwh", "sessions_count", "no_show_count", "refused_count", "queue"),
    )
)
CHP = tuple(
    measured(name, name)
    for name in (
        *("p_kw", "heat_kw", "boiler_heat_kw", "fuel_kw", "heat_supplied_kw", "heat_unserved_kw", "heat_dumped_kw"),
        *("heat_demand_kw", "starts", "hours_h"),
    )
)
GRID = tuple(measured(name, name) for name in ("p_exchange_kw", "p_loss_kw", "converged"))
PORTS = {
    "connection": CONNECTION,
    "household": (*CONNECTION, measured("occupants", "people at home")),
    "building": BUILDING,
    "ev": EV,
    "charging": CHARGING,
    "chp": CHP,
    "wind": (measured("p_kw", "active power, never positive"),),
    "pv": PV,
    "battery": BATTERY,
    "prices": tuple(measured(name, name) for name in PRICES),
    "meter": (measured("p_kw", "mean power"), measured("age_s", "age of the reading")),
    "heat_meter": (measured("heat_kw", "mean heat"), measured("valid", "whether the latest telegram arrived")),
    "bus": tuple(measured(name, name) for name in ("vm_pu", "vm_a_pu", "vm_b_pu", "vm_c_pu", "unbalance_percent")),
    "line": (measured("loading_percent", "loading"), measured("p_loss_kw", "losses")),
    "transformer": (measured("loading_percent", "loading"), measured("p_kw", "power into the high-voltage side")),
    "grid": GRID,
}


class TariffOptions(Options):
    standing_eur_per_year: float = 120.0
    vat_percent: float = 19.0


class HomeOptions(Options):
    heating: str = "heat_pump"


class PlantOptions(Options):
    p_dc_kwp: float = 5.0
    rated_kw: float = 20.0
    fuel: str = "natural_gas"


@dataclass(frozen=True)
class Community:
    """A twin and the tree its connections hang on."""

    twin: Twin
    topology: GridTopology
    feeder: np.ndarray
    depth: np.ndarray

    @property
    def buses(self) -> tuple[str, ...]:
        return tuple(self.topology.buses)


def community(homes: int = 24) -> Community:
    """Return `homes` homes along feeders of equal length; three of four with PV, every second with a battery."""
    feeder, depth = np.arange(homes) % FEEDERS, np.arange(homes) // FEEDERS
    site = Site(name="Hagedorn", latitude_deg=52.0, longitude_deg=8.5, altitude_m=100.0, timezone="Europe/Berlin", country="DE")
    ids = [f"home {row:03d}" for row in range(homes)]
    bus = [f"bus {f}-{d}" for f, d in zip(feeder, depth, strict=True)]
    connections = [Connection(id=i, bus=b, phases="abc", limit_kw=30.0, tariff="tariff") for i, b in zip(ids, bus, strict=True)]
    dwellings = [Dwelling(id=i, connection=i, residents=2, floor_area_m2=120.0, roof_area_m2=60.0) for i in ids]
    devices = [Device(id="tariff", kind="prices", options=TariffOptions())]
    for row, home in enumerate(ids):
        kinds = ["household", "meter", *(["pv"] if row % 4 else []), *(["battery"] if row % 2 else [])]
        for kind in kinds:
            options = PlantOptions() if kind == "pv" else Options()
            devices.append(Device(id=f"{kind} {row:03d}", kind=kind, options=options, connection=home))
    devices.sort(key=lambda device: device.id)
    twin = Twin(site, tuple(connections), tuple(dwellings), devices=tuple(devices))
    return Community(twin, _topology(feeder, depth), feeder, depth)


def modern(homes: int = 2, *, plants: PlantOptions | None = None) -> Community:
    """Return `homes` homes, each with household, building, car, charging point and PV; a CHP unit and a turbine at the first.

    Every second building has a boiler, the others a heat pump.
    """
    place = community(homes)
    own = [device for device in place.twin.devices if device.kind == "prices"]
    options = plants or PlantOptions()
    for row, home in enumerate(dwelling.id for dwelling in place.twin.dwellings):
        where = {"connection": home, "dwelling": home}
        own += [Device(id=f"{kind} {row:03d}", kind=kind, options=options, **where) for kind in ("household", "charging", "pv")]
        heating = HomeOptions(heating="boiler" if row % 2 else "heat_pump")
        own.append(Device(id=f"building {row:03d}", kind="building", options=heating, heat_network="north", **where))
        own.append(Device(id=f"ev {row:03d}", kind="ev", options=options, dwelling=home))
    first = place.twin.connections[0].id
    own.append(Device(id="chp 000", kind="chp", options=options, connection=first, heat_network="north"))
    own.append(Device(id="wind 000", kind="wind", options=options, connection=first))
    devices = tuple(sorted(own, key=lambda device: device.id))
    return replace(place, twin=replace(place.twin, devices=devices))


def _topology(feeder: np.ndarray, depth: np.ndarray) -> GridTopology:
    buses, lines = {"grid above": [-18.0, 22.0], "station": [0.0, 0.0]}, {}
    for f, d in zip(feeder.tolist(), depth.tolist(), strict=True):
        angle = 2.0 * np.pi * f / FEEDERS + 0.16 * d * (-1) ** f
        radius = 32.0 * (d + 1)
        buses[f"bus {f}-{d}"] = [radius * np.cos(angle), 0.7 * radius * np.sin(angle)]
        lines[f"line {f}-{d}"] = [f"bus {f}-{d - 1}" if d else "station", f"bus {f}-{d}"]
    return GridTopology(buses, lines, {"transformer 1": ["grid above", "station"]})


def blocks(place: Community, axis: TimeAxis, seed: int = 7, *, failed_steps: tuple[int, ...] = ()) -> Iterator[ResultBlock]:
    """Yield the blocks of a run; in `failed_steps` (of each block) the power flow has no result."""
    rng = np.random.default_rng(seed)
    energy = np.full(len(place.twin.of_kind("battery")), 2.0)
    cycles = np.zeros_like(energy)
    for block in axis.blocks():
        hour = (block.epoch_s / 3600.0 + 2.0) % 24.0
        values: dict[str, dict[str, np.ndarray]] = {"household": _households(hour, len(place.twin.connections), rng)}
        values["pv"] = _roofs(block.epoch_s, hour, len(place.twin.of_kind("pv")), rng)
        net = values["household"]["p_kw"].copy()
        net[:, _rows(place, "pv")] += values["pv"]["p_kw"]
        values["battery"], energy, cycles = _batteries(net[:, _rows(place, "battery")], energy, cycles, axis.step_s / 3600.0)
        net[:, _rows(place, "battery")] += values["battery"]["p_kw"]
        values["connection"] = {"p_kw": net, "q_kvar": values["household"]["q_kvar"]}
        values["meter"] = {"p_kw": np.round(net, 2), "age_s": np.zeros_like(net)}
        values["prices"] = _prices(hour)
        values |= _flow(place, net)
        for step in failed_steps:
            _fail(values, step)
        yield ResultBlock(block.epoch_s, axis.step_s, {n: TableBlock(_table(place, n), v) for n, v in values.items()})


def block_of(
    place: Community, values: dict[str, dict[str, object]], *, step_s: int = 3600, start: datetime = SUMMER
) -> ResultBlock:
    """Return a block from plain lists of shape (n_steps, n_entities), for values worked out by hand."""
    arrays = {name: {port: np.array(rows, dtype=float) for port, rows in ports.items()} for name, ports in values.items()}
    steps = len(next(iter(next(iter(arrays.values())).values())))
    epoch_s = int(start.timestamp()) + step_s * np.arange(steps)
    return ResultBlock(epoch_s, step_s, {name: TableBlock(_table(place, name), ports) for name, ports in arrays.items()})


def _rows(place: Community, kind: str) -> list[int]:
    return [place.twin.connection_row[device.connection] for device in place.twin.of_kind(kind)]


def _table(place: Community, name: str) -> Table:
    ids = {
        "connection": tuple(c.id for c in place.twin.connections),
        "bus": place.buses,
        "line": tuple(place.topology.lines),
        "transformer": tuple(place.topology.transformers),
        "grid": ("grid",),
    }
    return Table(name, ids.get(name, tuple(device.id for device in place.twin.of_kind(name))), PORTS[name])


def _households(hour: np.ndarray, count: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    day = 0.18 + 0.35 * np.exp(-((hour - 7.5) ** 2) / 3.0) + 0.75 * np.exp(-((hour - 19.0) ** 2) / 5.0)
    p_kw = day[:, None] * rng.uniform(0.6, 1.6, count) * rng.gamma(2.0, 0.5, (len(hour), count))
    return {"p_kw": p_kw, "q_kvar": 0.2 * p_kw}


def _roofs(epoch_s: np.ndarray, hour: np.ndarray, count: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    clear = np.clip(np.sin(np.pi * (hour - 5.2) / 16.4), 0.0, None) ** 1.3
    sky = 0.35 + 0.65 * np.abs(np.sin(epoch_s // 86_400 * 1.7))
    clouds = np.clip(sky + 0.12 * rng.standard_normal(len(hour)), 0.05, 1.0)
    available = np.outer(clear * clouds, rng.uniform(2.0, 4.5, count))
    p_kw = np.minimum(available, 3.6)
    return {"p_kw": 0.0 - p_kw, "p_available_kw": 0.0 - available, "p_curtailed_kw": available - p_kw}


def _batteries(net: np.ndarray, energy: np.ndarray, cycles: np.ndarray, hours: float) -> tuple[dict, np.ndarray, np.ndarray]:
    capacity, rating, loss = 8.0, 4.0, 0.05
    out = {name: np.empty_like(net) for name in ("p_kw", "soc", "energy_kwh", "p_loss_kw", "cycles")}
    for step, want in enumerate(-net):
        high = np.minimum(rating, (capacity - energy) / hours / (1.0 - loss))
        p_kw = np.clip(want, -np.minimum(rating, energy / hours / (1.0 + loss)), high)
        lost = loss * np.abs(p_kw)
        energy = energy + (p_kw - lost) * hours
        cycles = cycles + np.abs(p_kw - lost) * hours / 2.0 / capacity
        for name, value in zip(out, (p_kw, energy / capacity, energy, lost, cycles), strict=True):
            out[name][step] = value
    return out, energy, cycles


def _prices(hour: np.ndarray) -> dict[str, np.ndarray]:
    energy = (0.11 + 0.04 * np.cos((hour - 19.0) / 12.0 * np.pi))[:, None]
    fee, levy = np.full_like(energy, 0.09), np.full_like(energy, 0.03)
    vat = 0.19 * (energy + fee + levy)
    carbon = (380.0 - 160.0 * np.exp(-((hour - 13.0) ** 2) / 12.0))[:, None]
    return dict(zip(PRICES, (energy, fee, levy, vat, energy + fee + levy + vat, np.full_like(energy, 0.08), carbon), strict=True))


def _flow(place: Community, net: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
    vm, p_line = np.ones((len(net), len(place.buses))), np.zeros((len(net), len(place.topology.lines)))
    for f in range(FEEDERS):
        rows = np.flatnonzero(place.feeder == f)
        p_line[:, rows] = net[:, rows][:, ::-1].cumsum(axis=1)[:, ::-1]  # what flows to a bus feeds all beyond it
        vm[:, rows + 2] = 1.0 - 0.00085 * p_line[:, rows].cumsum(axis=1)
    line_loss = 4e-4 * p_line**2
    loss = line_loss.sum(axis=1)
    exchange = net.sum(axis=1) + loss
    rating = 2.4 * len(place.twin.connections)
    return {
        "bus": {"vm_pu": vm},
        "line": {"loading_percent": 4.2 * np.abs(p_line), "p_loss_kw": line_loss},
        "transformer": {"loading_percent": 100.0 * np.abs(exchange)[:, None] / rating, "p_kw": exchange[:, None]},
        "grid": {"p_exchange_kw": exchange[:, None], "p_loss_kw": loss[:, None], "converged": np.ones((len(net), 1))},
    }


def _fail(values: dict[str, dict[str, np.ndarray]], step: int) -> None:
    for table in ("bus", "line", "transformer", "grid"):
        for array in values[table].values():
            array[step] = np.nan
    values["grid"]["converged"][step] = 0.0


def axis_of(days: int, step_s: int = 900) -> TimeAxis:
    return TimeAxis(int(SUMMER.timestamp()), step_s, days * 86_400 // step_s)


def set_points(axis: TimeAxis, days: int) -> list[dict[str, object]]:
    """Return three requests a day, one of each outcome."""
    rows = []
    for day in range(days):
        for outcome, why in (
            ("granted", ""),
            ("limited", "cut to the limits that hold"),
            ("refused", "grid operator goes first"),
        ):
            rows.append(
                {
                    "time": axis.start_epoch_s + day * 86_400 + 64_800,
                    "agent": "peak_shaving",
                    "table": "battery",
                    "device": "battery 001",
                    "devices": 1,
                    "port": "p_set_kw",
                    "value": -2.0,
                    "rank": "schedule",
                    "outcome": outcome,
                    "reason": "evening peak",
                    "outcome_reason": why,
                }
            )
    return rows


def write_run(
    base: Path, *, days: int = 2, homes: int = 8, step_s: int = 900, name: str = "sample", failed_steps: tuple[int, ...] = ()
) -> RunFolder:
    """Write a finished run and return its folder."""
    place, axis = community(homes), axis_of(days, step_s)
    kpis = Kpis(place.twin, axis)
    folder = RunFolder.create(base, name, datetime(2024, 9, 1, 12, tzinfo=UTC))
    with RunWriter(folder) as writer:
        facts = run_facts(scenario=name, twin=place.twin, axis=axis, seed=7, title="A street with roofs and batteries")
        writer.write_manifest(**facts)
        writer.write_scenario(f"name: {name}\nseed: 7\n")
        writer.write_topology(place.topology)
        rows = set_points(axis, days)
        for block in blocks(place, axis, failed_steps=failed_steps):
            writer.write_block(block)
            kpis.add(block)
            kpis.count_set_points(asked=len(rows), granted=days, limited=days, refused=days)
            writer.write_kpis(kpis.document())
        writer.write_events("set_points", rows)
        message = {"time": axis.start_epoch_s, "subject": "twinergy.sample.peak_shaving.control_action", "source": "peak_shaving"}
        writer.write_events("messages", [message | {"id": "1", "body": "{}"}])
    return folder
