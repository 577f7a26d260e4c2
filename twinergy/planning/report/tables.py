# SPDX-License-Identifier: Apache-2.0
"""Tables of a plan as texts: options, what is built, the account, the rounds of the power flow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from twinergy.planning.report import facts
from twinergy.planning.report.words import (
    KG_PER_T,
    KINDS,
    MISSING,
    NBSP,
    PURPOSES,
    UNITS,
    money,
    number,
    quantity,
    real,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from twinergy.planning.plan import Line, Plan, Unit

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
        rows.append([PURPOSES.get(name, (name.replace("_", " "),))[0], *_both(sums)])
    rows.append(["all", *_both(sides)])
    said = ("as it is, ", "planned, ") if plan.reference else ("",)
    heads = ["", *(f"{word}EUR/a" for word in said), *(f"{word}t CO₂e/a" for word in said)]
    return Table(heads, rows, strong=frozenset({len(rows) - 1}))


def _both(sides: Iterable[Sequence[Line]]) -> list[str]:
    """Return cost, then greenhouse gases, of each side."""
    several = list(sides)
    return [*(number(facts.eur(side), 0) for side in several), *(number(facts.co2_kg(side) / KG_PER_T) for side in several)]


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


def cost_per_tonne(plan: Plan) -> str:
    """Return what a tonne less costs on average, a text; empty where nothing is saved or it pays anyway."""
    saved_kg, dearer = facts.co2_kg(plan.reference) - plan.co2_kg, plan.eur - facts.eur(plan.reference)
    return money(KG_PER_T * dearer / saved_kg) if plan.reference and saved_kg > 0.0 and dearer > 0.0 else ""
