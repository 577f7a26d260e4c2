# SPDX-License-Identifier: Apache-2.0
"""Tables of a plan as texts: options, what is built, the account, the rounds of the power flow."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from twinergy.planning.report import facts
from twinergy.planning.report.powers import Owners
from twinergy.planning.report.words import KINDS, KG_PER_T, MISSING, NBSP, PURPOSES, UNITS, USABLE, money, number, quantity, real, tonnes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinergy.planning.plan import Plan, Unit

PLACES: Final = 3
"""Places that are named; more are counted."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table for people.

    Attributes
    ----------
    heads : list of str
        Heads of the columns with units.
    rows : list of list of str
        Cells, texts first.
    texts : int
        How many columns are texts.
    strong : frozenset of int
        Rows that matter most.
    """

    heads: list[str]
    rows: list[list[str]]
    texts: int = 1
    strong: frozenset[int] = frozenset()


def points(plan: Plan) -> list[Mapping[str, Any]]:
    """Return the points of the front, as they are kept: a list, or under a name."""
    front = plan.extras.get("front") or []
    return list(front.get("points") or []) if isinstance(front, dict) else list(front)


def options(plan: Plan) -> Table:
    """Return the options side by side: as it is, the plan, the front, the alternatives."""
    own = _own_sizes(plan)
    found: list[tuple[str, float, float, dict[str, float]]] = []
    if plan.reference:
        found.append(("as it is", facts.eur(plan.reference), facts.co2_kg(plan.reference), {}))
    if plan.status in USABLE:
        found.append(("this plan", plan.eur, plan.co2_kg, own))
    ours, owners = len(found) - 1, Owners(plan)
    for point in points(plan):
        name = f"front, {number(point.get('eur_per_t'), 0)} EUR/t"
        found.append((name, real(point.get("eur")), real(point.get("co2_kg")), _sizes(point.get("sizes") or {}, owners)))
    for other in _others(plan):
        sizes = _sizes(other.get("sizes") or {}, owners)
        found.append((str(other.get("sought")), real(other.get("eur")), real(other.get("co2_kg")), sizes))
    kinds = [name for name in dict.fromkeys(key for *_, sizes in found for key in sizes) if any(row[3].get(name, 0.0) > facts.BUILT for row in found)]
    base = found[0][1] if plan.reference else float("nan")
    rows = [
        [name, number(eur, 0), number(eur - base, 0), number(kg / KG_PER_T), *(number(sizes.get(kind, 0.0)) for kind in kinds)]
        for name, eur, kg, sizes in found
    ]
    heads = ["option", "cost EUR/a", "to as it is EUR/a", "CO₂e t/a", *(f"new {kind}" for kind in kinds)]
    return Table(heads, rows, strong=frozenset({ours}) if plan.status in USABLE else frozenset())


def _others(plan: Plan) -> list[Mapping[str, Any]]:
    """Return the alternatives but the best, which is the plan."""
    several = plan.extras.get("alternatives") or {}
    return [one for one in several.get("plans") or [] if one.get("sought") != "best"]


def _own_sizes(plan: Plan) -> dict[str, float]:
    sums: defaultdict[str, float] = defaultdict(float)
    for unit in plan.units:
        name = facts.main_size(unit)
        if unit.added.get(name, 0.0) > facts.BUILT:
            sums[f"{KINDS.get(unit.kind, unit.kind)} {UNITS.get(name, name)}"] += unit.added[name]
    return dict(sums)


def _sizes(sizes: Mapping[str, Any], owners: Owners) -> dict[str, float]:
    """Return sizes by kind; of a battery what it holds, of units of a catalogue how many."""
    sums: defaultdict[str, float] = defaultdict(float)
    units = {unit.lower(): unit for unit in ("kWp", "kWh", "kW")}
    for key, size in sizes.items():
        block, _, name = key.rpartition(".")
        kind = owners.kind(block)
        unit = units.get(name.rpartition("_")[2], "units")
        if real(size) > facts.BUILT and not (unit == "kW" and kind == "battery"):
            sums[f"{KINDS.get(kind, block)} {unit}"] += real(size)
    return dict(sums)


def units(plan: Plan) -> Table:
    """Return what is built, thing by thing, and what is there already."""
    shown = [unit for unit in plan.units if unit.kind != "tariff" and (_sized(unit.added) or _sized(unit.existing))]
    shown.sort(key=lambda unit: (not _sized(unit.added), list(KINDS).index(unit.kind) if unit.kind in KINDS else len(KINDS)))
    rows = [
        [
            KINDS.get(unit.kind, unit.kind),
            _where(plan, unit),
            unit.technology.replace("_", " ") or "is there",
            _sized(unit.existing) or MISSING,
            _sized(unit.added) or MISSING,
            number(unit.invest_eur, 0) if _sized(unit.added) else MISSING,
            number(unit.annual_eur, 0) if _sized(unit.added) else MISSING,
        ]
        for unit in shown
    ]
    if facts.built(plan):
        total = [number(sum(getattr(unit, name) for unit in plan.units), 0) for name in ("invest_eur", "annual_eur")]
        rows.append(["all", "", "", "", "", *total])
    strong = frozenset({len(rows) - 1}) if facts.built(plan) else frozenset[int]()
    return Table(["what", "where", "technology", "there", "new", "EUR at once", "EUR/a"], rows, texts=3, strong=strong)


def _sized(sizes: Mapping[str, float]) -> str:
    return ", ".join(quantity(value, UNITS.get(name, "")) for name, value in sizes.items() if value > facts.BUILT)


def _where(plan: Plan, unit: Unit) -> str:
    places = [place for place, share in unit.share.items() if share > 0.0]
    detail = f", {unit.facts['orientation'].replace('-', ', ')}" if "orientation" in unit.facts else ""
    bus = f" at bus {unit.facts['bus']}" if "bus" in unit.facts else ""
    if len(places) > PLACES:
        homes = len(plan.nodes.get(unit.node, ()))
        of = f" of {homes}" if homes > len(places) else ""
        return f"{unit.node}: {len(places)}{of} places{detail}{bus}"
    return f"{', '.join(places) or unit.node}{detail}{bus}"


def account(plan: Plan) -> Table:
    """Return cost and greenhouse gases by purpose, as it is and planned."""
    names = [name for name in PURPOSES if any(line.purpose == name for line in (*plan.account, *plan.reference))]
    names += sorted({line.purpose for line in (*plan.account, *plan.reference)} - set(PURPOSES))
    sides = (plan.reference, plan.account) if plan.reference else (plan.account,)
    rows = []
    for name in names:
        sums = [[line for line in side if line.purpose == name] for side in sides]
        known = PURPOSES.get(name, (name.replace("_", " "),))[0]
        rows.append([known, *(number(facts.eur(lines), 0) for lines in sums), *(number(facts.co2_kg(lines) / KG_PER_T) for lines in sums)])
    rows.append(["all", *(number(facts.eur(side), 0) for side in sides), *(number(facts.co2_kg(side) / KG_PER_T) for side in sides)])
    said = ("as it is, ", "planned, ") if plan.reference else ("",)
    heads = ["", *(f"{word}EUR/a" for word in said), *(f"{word}t CO₂e/a" for word in said)]
    return Table(heads, rows, strong=frozenset({len(rows) - 1}))


_ROUND: Final = {
    "round": ("round", 0),
    "eur": ("cost EUR/a", 0),
    "co2_kg": ("CO₂e kg/a", 0),
    "kwp": ("kWp", 1),
    "hours_broken": ("hours beyond a limit", 0),
    "steps_broken": ("steps beyond a limit", 0),
    "vm_min_pu": ("lowest voltage", 4),
    "vm_max_pu": ("highest voltage", 4),
    "line_percent": ("lines %", 1),
    "transformer_percent": ("transformers %", 1),
    "diverged": ("without a solution", 0),
    "rows": ("limits added", 0),
}


def rounds(several: Sequence[Mapping[str, Any]]) -> Table:
    """Return the rounds of planning and asking the power flow."""
    names = [name for name in _ROUND if any(name in one for one in several)]
    rows = [[number(one.get(name), _ROUND[name][1]) for name in names] for one in several]
    return Table([_ROUND[name][0] for name in names], rows, texts=1 if names[:1] == ["round"] else 0)


def extremes(worst: Mapping[str, Any], most: int = 6) -> Table:
    """Return the lowest and highest voltages and the greatest loadings of the worst step, where there is no map."""
    voltage = sorted((real(value), name) for name, value in (worst.get("vm_pu") or {}).items())
    loading = sorted(((real(value), name) for name, value in (worst.get("loading_percent") or {}).items()), reverse=True)
    ends = voltage[:most] if len(voltage) <= most else [*voltage[: most // 2], *voltage[-(most // 2) :]]
    rows = [[name, f"{number(value, 4)}{NBSP}of nominal"] for value, name in ends]
    rows += [[name, quantity(value, "%", 1)] for value, name in loading[:most]]
    return Table(["bus, line or transformer", "then"], rows)


def compared(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return figures planned and simulated: ``what`` or ``name``, ``unit``, ``planned``, ``simulated`` and, if known, ``base``."""
    with_base = any("base" in row for row in rows)
    cells = []
    for row in rows:
        planned, simulated = real(row.get("planned")), real(row.get("simulated"))
        digits = 3 if row.get("unit") in {"1", "pu"} else None
        name, unit = str(row.get("what") or row.get("name")).replace("_", " "), str(row.get("unit", ""))
        said = [number(value, digits) for value in (planned, simulated, simulated - planned)]
        cells.append([name, "" if unit == "1" else unit, *said, *([number(row.get("base"), digits)] if with_base else [])])
    heads = ["", "unit", "planned", "simulated", "difference", *(["as it is"] if with_base else [])]
    return Table(heads, cells, texts=2)


def emitted(plan: Plan) -> str:
    """Return what the plan emits less than the community as it is, as a text; empty without one."""
    return tonnes(facts.co2_kg(plan.reference) - plan.co2_kg) if plan.reference else ""


def cost_per_tonne(plan: Plan) -> str:
    """Return what a tonne less costs on average, a text; empty where nothing is saved or it pays anyway."""
    saved_kg, dearer = facts.co2_kg(plan.reference) - plan.co2_kg, plan.eur - facts.eur(plan.reference)
    return money(KG_PER_T * dearer / saved_kg) if plan.reference and saved_kg > 0.0 and dearer > 0.0 else ""
