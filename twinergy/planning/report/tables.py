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


def built(plan: Plan) -> Table:
    """Return what is built, by place, kind and technology: faces of roofs that belong together are one row."""
    rows = []
    for several in _together(plan, new=True):
        sums = [sum(getattr(unit, name) for unit in several) for name in ("invest_eur", "annual_eur")]
        name = several[0].technology.replace("_", " ")
        sizes = [_sized(several, "added"), _sized(several, "existing")]
        rows.append([_kind(several[0]), _where(plan, several), name, *sizes, *(number(value, 0) for value in sums)])
    if rows:
        total = [number(sum(getattr(unit, name) for unit in plan.units), 0) for name in ("invest_eur", "annual_eur")]
        rows.append(["all", "", "", "", "", *total])
    heads = ["what", "where", "technology", "new", "there already", "EUR at once", "EUR/a"]
    return Table(heads, rows, texts=3, strong=frozenset({len(rows) - 1} if rows else ()))


def there(plan: Plan) -> Table:
    """Return what is there and stays as it is."""
    rows = [[_kind(several[0]), _where(plan, several), _sized(several, "existing")] for several in _together(plan, new=False)]
    return Table(["what", "where", "size"], rows, texts=2)


def _kind(unit: Unit) -> str:
    return KINDS.get(unit.kind, unit.kind)


def _together(plan: Plan, *, new: bool) -> list[list[Unit]]:
    """Return units of one kind, node and technology together, in the order of kinds."""
    found: dict[tuple[str, str, str], list[Unit]] = {}
    for unit in plan.units:
        is_new, is_there = (any(size > facts.BUILT for size in sizes.values()) for sizes in (unit.added, unit.existing))
        if unit.kind != "tariff" and (is_new if new else is_there and not is_new):
            found.setdefault((unit.kind, unit.node, unit.technology), []).append(unit)
    order = list(KINDS)
    return [found[key] for key in sorted(found, key=lambda key: order.index(key[0]) if key[0] in order else len(order))]


def _sized(units: Sequence[Unit], which: str) -> str:
    """Return what units have together of each size, a dash for nothing."""
    names = dict.fromkeys(name for unit in units for name in getattr(unit, which))
    sums = {name: sum(getattr(unit, which).get(name, 0.0) for unit in units) for name in names}
    return ", ".join(quantity(size, UNITS.get(name, "")) for name, size in sums.items() if size > facts.BUILT) or MISSING


def _where(plan: Plan, units: Sequence[Unit]) -> str:
    places = list(dict.fromkeys(place for unit in units for place, share in unit.share.items() if share > 0.0))
    directions = sorted({str(unit.facts["orientation"]) for unit in units if "orientation" in unit.facts})
    detail = (
        f", {directions[0].replace('-', ', ')}"
        if len(directions) == 1
        else f", {len(directions)} directions"
        if directions
        else ""
    )
    buses = sorted({str(unit.facts["bus"]) for unit in units if "bus" in unit.facts})
    bus = f" at bus {', '.join(buses)}" if buses else ""
    node = units[0].node
    if len(places) > PLACES:
        homes = len(plan.nodes.get(node, ()))
        of = f" of {homes}" if homes > len(places) else ""
        return f"{node}: {len(places)}{of} places{detail}{bus}"
    return f"{', '.join(places) or node}{detail}{bus}"


def account(plan: Plan) -> Table:
    """Return cost and greenhouse gases by purpose, as it is and planned."""
    booked = {line.purpose for line in (*plan.account, *plan.reference) if line.eur or line.co2_kg}
    names = [*(name for name in PURPOSES if name in booked), *sorted(booked - set(PURPOSES))]
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
