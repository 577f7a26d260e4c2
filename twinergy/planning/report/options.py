# SPDX-License-Identifier: Apache-2.0
"""The options side by side: as it is, the plan, the front, the alternatives."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from twinergy.planning.report import facts
from twinergy.planning.report.powers import Owners
from twinergy.planning.report.tables import Table
from twinergy.planning.report.words import KG_PER_T, KINDS, UNITS, USABLE, money, number, real, title

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinergy.planning.plan import Plan


SAME: Final = 1e-3
"""Relative difference of cost within which two plans are told as one. [-]"""


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
        found.append((_sought(str(other.get("sought"))), real(other.get("eur")), real(other.get("co2_kg")), sizes))
    kinds = list(dict.fromkeys(kind for *_, sizes in found for kind in sizes))
    base = found[0][1] if plan.reference else float("nan")
    rows = [
        [name, number(eur, 0), number(eur - base, 0), number(kg / KG_PER_T), *(number(sizes.get(kind, 0.0)) for kind in kinds)]
        for name, eur, kg, sizes in found
    ]
    heads = ["option", "cost EUR/a", "to as it is EUR/a", "CO₂e t/a", *(f"new {kind}" for kind in kinds)]
    return Table(heads, rows, strong=frozenset({ours}) if plan.status in USABLE else frozenset())


def apart(plan: Plan) -> str:
    """Return why alternatives cannot be held against the plan to the euro; empty where they can."""
    several = plan.extras.get("alternatives") or {}
    best = next((real(one.get("eur")) for one in several.get("plans") or [] if one.get("sought") == "best"), plan.eur)
    if abs(best - plan.eur) <= SAME * abs(plan.eur):
        return ""
    return f"Alternatives were looked for over a few weeks of the year, by which the best plan costs {money(best)} a year."


def _sought(text: str) -> str:
    """Return what an alternative was found for, in words: ``least battery.capacity_kwh``."""
    words = re.split(r"(\S+\.\w+)", text)
    return "".join(f"{title(word).replace(', ', ' (')})" if "." in word else word for word in words)


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
