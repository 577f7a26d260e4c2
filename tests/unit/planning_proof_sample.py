# SPDX-License-Identifier: Apache-2.0
"""A small community and a plan for one of its weeks, made from the twin's own profiles, so that both know the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.scenario_files import small
from twinergy.community.scenario import load
from twinergy.cosim.planning.tracing import Job, Span, traced
from twinergy.planning.blocks.battery import Battery
from twinergy.planning.blocks.demand import Demand
from twinergy.planning.blocks.tariff import Tariff
from twinergy.planning.horizon import Horizon
from twinergy.planning.optimise import optimise
from twinergy.planning.plan import Line, Plan, Unit
from twinergy.planning.size import Size

if TYPE_CHECKING:
    from pathlib import Path

    from twinergy.community.scenario import Scenario
    from twinergy.cosim.planning.tracing import Trace

HOMES = """
community:
  homes: 6
  connection: {limit_kw: 12, tariff: household}
  dwelling: {residents: 3, floor_area_m2: 120, roof_area_m2: 60}
  devices:
    household: {options: {annual_kwh: 3500}}
    pv: {share: 0.7, options: {p_dc_kwp: 6, losses_percent: 10}}
"""
START = datetime(2023, 12, 31, 23, tzinfo=UTC)
"""Midnight of 1 January 2024 in the scenario's time zone."""
WEEK = 22
EFFICIENCY = 0.95


def community(folder: Path, *changes: tuple[str, str], extra: str = "") -> Scenario:
    """Return the small scenario with six generated homes, and without its own battery."""
    battery = "  - {id: battery-a, kind: battery, dwelling: home-a, capacity_kwh: 8, p_charge_kw: 4}\n"
    return load(small(folder, (battery, ""), *changes, extra=HOMES + extra))


def unit(block: str, kind: str, node: str, added: dict[str, float], share: dict[str, float], **facts: Any) -> Unit:
    """Return a unit that is chosen."""
    return Unit(
        block=block,
        kind=kind,
        node=node,
        technology=kind,
        existing={},
        added=added,
        invest_eur=0.0,
        annual_eur=0.0,
        share=share,
        facts=facts,
    )


def plan(units: tuple[Unit, ...], **given: Any) -> Plan:
    """Return a plan with some units and nothing else that matters."""
    facts: dict[str, Any] = {
        "name": "least cost",
        "scenario": "small",
        "question": "storage",
        "goal": "cost",
        "options": {"question": "storage", "resolution": {"kind": "week", "week": WEEK}},
        "status": "optimal",
        "gap": 0.0,
        "start": START,
        "step_h": 1.0,
        "hours": np.full(168, 8760.0 / 168.0),
        "account": (),
        "reference": (),
        "flows": {},
        "nodes": {},
    }
    return Plan(units=units, **{**facts, **given})


def week(base: Scenario) -> Trace:
    """Return a week of the base as it is, without a day before."""
    start = START + timedelta(hours=168 * WEEK)
    span = Span(label="week", first=0, n_steps=168, start=start, hours=168.0, weight=8760.0 / 168.0)
    return traced(Job(scenario=str(base.document.files[-1]), assignments=(), span=span, lead_days=0))


def battery_plan(base: Scenario, capacity_kwh: float = 20.0, power_kw: float = 10.0) -> Plan:
    """Return the best dispatch of batteries in all generated homes together, as a plan of one week."""
    trace = week(base)
    homes = [name for name in trace.connections if name.startswith("home-0")]
    rows = [trace.connections.index(name) for name in homes]
    others = [name for name in trace.connections if name not in homes]
    net = (trace.fixed_kw - trace.available_kw).reshape(168, 4, -1).mean(axis=1)
    buy, sell = (
        trace.at_meters(name)[:, rows[0]].reshape(168, 4).mean(axis=1) for name in ("buy_eur_per_kwh", "feed_in_eur_per_kwh")
    )
    common: dict[str, Any] = {"import_eur_per_kwh": buy, "export_eur_per_kwh": sell}
    blocks = [
        Demand(id="load", node="homes-1", demand_kw=net[:, rows].sum(axis=1)),
        Tariff(id="meter-homes-1", node="homes-1", **common),
    ]
    sizes: dict[str, Any] = {
        "capacity": Size(unit="kWh", existing=capacity_kwh, most=0.0),
        "power": Size(unit="kW", existing=power_kw, most=0.0),
    }
    blocks.append(
        Battery(id="battery-homes-1", node="homes-1", charge_efficiency=EFFICIENCY, discharge_efficiency=EFFICIENCY, **sizes)
    )
    for name in others:
        row = trace.connections.index(name)
        blocks += [Demand(id=f"load-{name}", node=name, demand_kw=net[:, row]), Tariff(id=f"meter-{name}", node=name, **common)]
    optimum = optimise(blocks, Horizon.whole(168))
    assert optimum.usable
    flows = {name: optimum.value(name) for name, columns in optimum.matrices.columns.items() if len(columns) == 168}
    flows["pv.generated_kw"] = trace.available_kw.reshape(168, 4, -1).mean(axis=1).sum(axis=1)
    share = dict.fromkeys(homes, 1.0 / len(homes))
    chosen = unit(
        "battery-homes-1",
        "battery",
        "homes-1",
        {"capacity_kwh": capacity_kwh, "power_kw": power_kw},
        share,
        charge_efficiency=EFFICIENCY,
        discharge_efficiency=EFFICIENCY,
    )
    account = tuple(
        Line(block=block, purpose=purpose, eur=eur, co2_kg=kg) for (block, purpose), (eur, kg) in optimum.totals().items()
    )
    nodes = {"homes-1": tuple(homes), **{name: (name,) for name in others}}
    return plan((chosen,), scenario=str(base.document.files[-1]), flows=flows, nodes=nodes, account=account)
