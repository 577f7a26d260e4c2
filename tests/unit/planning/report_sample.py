# SPDX-License-Identifier: Apache-2.0
"""A made-up plan of a village with everything a report can show: shapes of a year, rounded numbers, no solver."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

from twinergy.community.topology import GridTopology
from twinergy.planning.plan import GridCheck, Line, Plan, Reason, Unit

BERLIN = "Europe/Berlin"
HOMES = {"homes-1": 24, "homes-2": 12}


def village(n_steps: int = 8760, **others: Any) -> Plan:
    """Return the plan; fields can be given in place of the made-up ones."""
    nodes = {name: tuple(f"{name}-{number}" for number in range(count)) for name, count in HOMES.items()}
    nodes |= {"farm": ("farm",), "battery-park": ("battery-park",)}
    fields: dict[str, Any] = {
        "name": "Storage and sun for the village",
        "scenario": "hagedorn",
        "question": "storage_and_res",
        "goal": "cost",
        "options": {"most_co2_t": 140.0, "finance": {"discount_rate": 0.03, "price_growth": {"electricity": 0.01}}},
        "status": "optimal",
        "gap": 0.0,
        "start": datetime(2023, 12, 31, 23, tzinfo=UTC),
        "step_h": 1.0,
        "hours": np.full(n_steps, 8760.0 / n_steps),
        "units": _units(nodes),
        "account": _account(),
        "reference": _reference(),
        "flows": flows(n_steps),
        "nodes": nodes,
        "reasons": _reasons(),
        "grid": _grid(n_steps),
        "seconds": {"courses": 14.2, "draft_and_compile": 4.3, "solve": 9.1, "grid": 21.7},
        "notes": (
            "homes-1 pays the mean of the tariffs day_night, flat, weighted by what they draw",
            "weather of 2024 at the site; a roof has the room that its dwelling says",
        ),
        "extras": _extras(),
    }
    return Plan(**(fields | others))


def flows(n_steps: int) -> dict[str, np.ndarray]:
    """Return courses of a year, balanced in every step and at every node."""
    hour = np.arange(n_steps)
    rng = np.random.default_rng(6)
    day, season = 2.0 * np.pi * (hour % 24) / 24.0, 2.0 * np.pi * (hour % 8760) / 8760.0
    clouds = np.repeat(rng.uniform(0.25, 1.0, n_steps // 24 + 1), 24)[:n_steps]
    sun = np.maximum(0.0, -np.cos(day)) * (0.55 - 0.3 * np.cos(season)) * clouds
    shape = (1.0 - 0.3 * np.cos(day) - 0.25 * np.cos(2.0 * day) + 0.25 * np.cos(season)) * rng.uniform(0.85, 1.15, n_steps)
    found: dict[str, np.ndarray] = {}
    for node, load, kwp, kwh in (("homes-1", 22.0, 96.0, 120.0), ("homes-2", 13.0, 40.0, 0.0), ("farm", 9.0, 0.0, 0.0)):
        _node(found, node, load * shape, kwp * sun, kwh)
    chp = np.where(np.cos(season) > 0.2, 15.0, 0.0)
    found["chp_heat_lower_unit_a.power_kw"] = chp
    net = found["meter_farm.import_kw"] - found["meter_farm.export_kw"] - chp
    found["meter_farm.import_kw"], found["meter_farm.export_kw"] = np.maximum(net, 0.0), np.maximum(-net, 0.0)
    drawn = sum(found[f"{node}.demand_kw"] for node in ("homes-1", "homes-2", "farm")) - 30.0 * sun
    found["reference.import_kw"], found["reference.export_kw"] = np.maximum(drawn, 0.0), np.maximum(-drawn, 0.0)
    return found


def _node(found: dict[str, np.ndarray], node: str, load: np.ndarray, pv: np.ndarray, kwh: float) -> None:
    """Add the courses of a node whose battery takes what is left over and gives when something is missing."""
    room = node.replace("-", "_")
    over, stored, charge, discharge = pv - load, 0.0, np.zeros(len(load)), np.zeros(len(load))
    for step, value in enumerate(over.tolist() if kwh else []):
        charge[step] = min(max(value, 0.0), kwh / 2.0, kwh - stored)
        discharge[step] = min(max(-value, 0.0), kwh / 2.0, stored)
        stored += charge[step] - discharge[step]
    net = over - charge + discharge
    found[f"{node}.demand_kw"] = load
    found[f"meter_{room}.import_kw"], found[f"meter_{room}.export_kw"] = np.maximum(-net, 0.0), np.maximum(net, 0.0)
    if pv.any():
        found[f"pv_{room}.generated_kw"] = pv
    if kwh:
        found[f"battery_{room}.charge_kw"], found[f"battery_{room}.discharge_kw"] = charge, discharge


def _units(nodes: dict[str, tuple[str, ...]]) -> tuple[Unit, ...]:
    roofs = {f"{place}-roof": float(1 + number % 5) for number, place in enumerate(nodes["homes-1"])}
    homes = {place: float(1 + number % 4) for number, place in enumerate(nodes["homes-1"])}
    return (
        _unit(
            "pv-homes-1-tilt30-azimuth180",
            "pv",
            "homes-1",
            {"size_kwp": 66.0},
            _share(roofs),
            there={"size_kwp": 30.0},
            technology="pv_roof",
            eur=79200.0,
            facts={"orientation": "tilt30-azimuth180", "connection": {roof: roof.removesuffix("-roof") for roof in roofs}},
        ),
        _unit(
            "pv-homes-2-tilt45-azimuth270",
            "pv",
            "homes-2",
            {"size_kwp": 40.0},
            _share({"homes-2-0": 1.0, "homes-2-1": 3.0}),
            technology="pv_roof",
            eur=48000.0,
        ),
        _unit(
            "battery-homes-1",
            "battery",
            "homes-1",
            {"capacity_kwh": 120.0, "power_kw": 60.0},
            _share(homes),
            technology="home_battery",
            eur=61000.0,
        ),
        _unit(
            "battery-battery-park",
            "battery",
            "battery-park",
            {"capacity_kwh": 0.0, "power_kw": 0.0},
            {"battery-park": 1.0},
            facts={"bus": "lv-3"},
        ),
        _unit(
            "chp-heat-lower-unit-a", "chp", "heat-lower", {"size_kw": 15.0}, {"farm": 1.0}, technology="chp_gas_15kw", eur=34500.0
        ),
        _unit("there-boiler-lower", "boiler", "heat-lower", {}, {"farm": 1.0}, there={"size_kw": 80.0}),
        _unit("meter-homes-1", "tariff", "homes-1", {}, _share(homes), there={"limit_kw": 500.0}),
    )


def _unit(
    block: str,
    kind: str,
    node: str,
    added: dict[str, float],
    share: dict[str, float],
    *,
    there: dict[str, float] | None = None,
    technology: str = "",
    eur: float = 0.0,
    facts: dict[str, Any] | None = None,
) -> Unit:
    return Unit(
        block=block,
        kind=kind,
        node=node,
        technology=technology,
        existing=there or {},
        added=added,
        invest_eur=eur,
        annual_eur=0.08 * eur,
        share=share,
        facts=facts or {},
    )


def _share(weights: dict[str, float]) -> dict[str, float]:
    return {place: weight / sum(weights.values()) for place, weight in weights.items()}


def _account() -> tuple[Line, ...]:
    return (
        Line(block="pv-homes-1", purpose="investment", eur=6336.0, co2_kg=0.0),
        Line(block="pv-homes-2", purpose="investment", eur=3840.0, co2_kg=0.0),
        Line(block="battery-homes-1", purpose="investment", eur=4880.0, co2_kg=0.0),
        Line(block="chp-heat-lower", purpose="investment", eur=2760.0, co2_kg=0.0),
        Line(block="chp-heat-lower", purpose="fuel", eur=11900.0, co2_kg=24500.0),
        Line(block="chp-heat-lower", purpose="operation", eur=1450.0, co2_kg=0.0),
        Line(block="meter-homes-1", purpose="import", eur=41200.0, co2_kg=52100.0),
        Line(block="meter-homes-1", purpose="export", eur=-5230.0, co2_kg=0.0),
        Line(block="there-boiler-lower", purpose="fuel", eur=9800.0, co2_kg=21000.0),
    )


def _reference() -> tuple[Line, ...]:
    return (
        Line(block="meter-homes-1", purpose="import", eur=96400.0, co2_kg=141800.0),
        Line(block="meter-homes-1", purpose="export", eur=-690.0, co2_kg=0.0),
        Line(block="there-boiler-lower", purpose="fuel", eur=17300.0, co2_kg=37000.0),
    )


def _reasons() -> tuple[Reason, ...]:
    return (
        Reason(
            what="pv-homes-2.size_tilt45_azimuth270_kwp is at its limit of 40 kWp; one more saves 38.20 EUR/a",
            block="pv-homes-2",
            value=38.2,
            unit="EUR/kWp/a",
        ),
        Reason(
            what="battery-battery-park.capacity_kwh is not built; it would be if it cost 6.31 EUR/kWh/a less, from 41 to 34.69",
            block="battery-battery-park",
            value=6.31,
            unit="EUR/kWh/a",
        ),
    )


def topology() -> GridTopology:
    """Return a station and two feeders."""
    buses = {
        "mv": [0.0, 1.0],
        "lv-0": [0.0, 0.0],
        **{f"lv-{number}": [number * 1.0, -0.4 * (number % 3)] for number in range(1, 7)},
    }
    ends = [("lv-0", "lv-1"), ("lv-1", "lv-2"), ("lv-2", "lv-3"), ("lv-0", "lv-4"), ("lv-4", "lv-5"), ("lv-5", "lv-6")]
    return GridTopology(buses, {f"line-{one}-{other}": [one, other] for one, other in ends}, {"station": ["mv", "lv-0"]})


def _grid(n_steps: int) -> GridCheck:
    voltage = {"mv": 1.01, **{f"lv-{number}": 1.0 - 0.009 * number for number in range(7)}}
    loading = {name: 92.0 - 12.0 * number for number, name in enumerate(topology().lines)} | {"station": 71.5}
    common = {"co2_kg": 97600.0, "vm_max_pu": 1.034, "diverged": 0}
    return GridCheck(
        rounds=(
            {
                "round": 1,
                "eur": 76100.0,
                "hours_broken": 212.0,
                "vm_min_pu": 0.9312,
                "line_percent": 107.3,
                "transformer_percent": 74.0,
                "rows": 0,
                **common,
            },
            {
                "round": 2,
                "eur": 76936.0,
                "hours_broken": 0.0,
                "vm_min_pu": 0.9401,
                "line_percent": 92.0,
                "transformer_percent": 71.5,
                "rows": 14,
                **common,
            },
        ),
        agreed=True,
        vm_min_pu=0.9401,
        vm_max_pu=1.034,
        line_percent=92.0,
        transformer_percent=71.5,
        losses_kwh=5120.0,
        worst={
            "step": min(330, n_steps - 1),
            "what": "voltage low",
            "where": "lv-6",
            "value": 0.946,
            "excess": -0.006,
            "vm_pu": voltage,
            "loading_percent": loading,
        },
    )


def _extras() -> dict[str, Any]:
    points = [
        {
            "eur": 76936.0 + 900.0 * number**1.9,
            "co2_kg": 97600.0 - 6200.0 * number,
            "eur_per_t": 145.0 * 1.9 * number**0.9,
            "gap_eur": 0.0,
            "sizes": {
                "pv-homes-1.size_tilt30_azimuth180_kwp": 66.0 + 2.0 * number,
                "battery-homes-1.capacity_kwh": 120.0 + 25.0 * number,
                "battery-homes-1.power_kw": 60.0,
            },
        }
        for number in range(10)
    ]
    changes = [
        ("electricity price", "x 0.8", -8240.0),
        ("electricity price", "x 1.2", 7100.0),
        ("cost of batteries", "x 0.7", -1464.0),
        ("cost of batteries", "x 1.3", 903.0),
        ("discount rate", "2 %", -2100.0),
        ("discount rate", "6 %", 2450.0),
        ("gas price", "x 1.5", 8100.0),
    ]
    rows: list[dict[str, Any]] = [
        {"name": name, "level": level, "status": "optimal", "eur": eur, "co2_kg": 0.4 * eur, "sizes": {}, "why": ""}
        for name, level, eur in changes
    ]
    rows.append(
        {
            "name": "demand",
            "level": "x 2",
            "status": "infeasible",
            "eur": None,
            "co2_kg": None,
            "sizes": {},
            "why": "connections are too weak",
        }
    )
    return {
        "front": {"points": points, "solves": 12, "seconds": 61.0, "notes": []},
        "sensitivity": {"eur": 76936.0, "co2_kg": 97600.0, "sizes": {}, "rows": rows},
        "alternatives": {
            "slack": 0.05,
            "ranges": [
                {"name": "pv.size_tilt30_azimuth180_kwp", "unit": "kWp", "least": 31.0, "best": 66.0, "most": 90.0},
                {"name": "battery.capacity_kwh", "unit": "kWh", "least": 0.0, "best": 120.0, "most": 290.0},
                {"name": "chp.size_kw", "unit": "kW", "least": 15.0, "best": 15.0, "most": None},
            ],
            "plans": [
                {"sought": "best", "eur": 76936.0, "co2_kg": 97600.0, "sizes": {}, "groups": {}},
                {
                    "sought": "least battery.capacity_kwh",
                    "eur": 80782.0,
                    "co2_kg": 104300.0,
                    "sizes": {"pv-homes-1.size_tilt30_azimuth180_kwp": 90.0},
                    "groups": {},
                },
            ],
        },
        "uncertain": {
            "sizes": {},
            "eur": {"dear electricity": 88100.0, "as assumed": 77300.0, "cheap electricity": 69900.0},
            "alone_eur": {"dear electricity": 85400.0, "as assumed": 76936.0, "cheap electricity": 68100.0},
            "mean_eur": 78400.0,
            "information_eur": 1650.0,
            "stochastic_eur": 420.0,
            "mean_sizes": {},
            "notes": ["3 futures in one problem"],
        },
    }
