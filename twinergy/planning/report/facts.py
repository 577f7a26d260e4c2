# SPDX-License-Identifier: Apache-2.0
"""What a plan says, in sums and sentences."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinergy.planning.report.powers import EXPORT, IMPORT, powers
from twinergy.planning.report.words import GOALS, KINDS, NBSP, UNITS, USABLE, given, money, number, percent, quantity, tonnes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from twinergy.planning.plan import GridCheck, Line, Plan, Unit

MAIN_SIZE: Final = ("size_kwp", "capacity_kwh", "size_kw")
"""Sizes by which things are told, the first that a thing has; a battery is told by what it holds."""
BUILT: Final = 1e-6
SAME: Final = 1e-4
"""Relative difference within which two sums are told as one. [-]"""
INVESTMENT: Final = "investment"


@dataclass(frozen=True, slots=True)
class Card:
    """A figure that stands on top: what it is, its value, a remark."""

    title: str
    text: str
    remark: str


def eur(lines: Sequence[Line]) -> float:
    """Return what an account adds up to. [EUR/a]."""
    return sum(line.eur for line in lines)


def co2_kg(lines: Sequence[Line]) -> float:
    """Return what an account emits. [kg CO2e/a]."""
    return sum(line.co2_kg for line in lines)


def built(plan: Plan) -> tuple[Unit, ...]:
    """Return the units of which something is added."""
    return tuple(unit for unit in plan.units if any(size > BUILT for size in unit.added.values()))


def main_size(unit: Unit) -> str:
    """Return the name of the size by which a unit is told."""
    return next((name for name in MAIN_SIZE if name in unit.added), next(iter(unit.added), ""))


def invest_eur(plan: Plan) -> float:
    """Return what has to be paid at once. [EUR]."""
    return sum(unit.invest_eur for unit in plan.units)


def payback_years(plan: Plan) -> float:
    """Return the simple payback: what is paid at once by what the operation of a year saves; NaN where there is none. [a].

    The part of a year's cost that is booked as investment, fixed maintenance among it, is left out of the saving.
    """
    running = sum(line.eur for line in plan.account if line.purpose != INVESTMENT)
    before = sum(line.eur for line in plan.reference if line.purpose != INVESTMENT)
    invest, saved = invest_eur(plan), before - running
    return invest / saved if plan.reference and invest > 0.0 and saved > 0.0 else math.nan


def self_sufficiency(plan: Plan) -> float:
    """Return the share of what is consumed that does not come from the grid; NaN where nothing is known. [-]."""
    found = powers(plan)
    consumed = float(found.consumption @ plan.hours)
    if IMPORT not in found.supply or consumed <= 0.0:
        return math.nan
    return 1.0 - float(found.supply[IMPORT] @ plan.hours) / consumed


def self_consumption(plan: Plan) -> float:
    """Return the share of what own plants generate that is not fed into the grid; NaN where they generate nothing. [-]."""
    found = powers(plan)
    generated = float(found.own @ plan.hours)
    fed_in = float(found.use[EXPORT] @ plan.hours) if EXPORT in found.use else 0.0
    return max(0.0, 1.0 - fed_in / generated) if generated > 0.0 else math.nan


def cards(plan: Plan) -> list[Card]:
    """Return the figures that stand on top."""
    if plan.status not in USABLE:
        return []
    before, there = eur(plan.reference), bool(plan.reference)
    saved, less = before - plan.eur, co2_kg(plan.reference) - plan.co2_kg
    years = payback_years(plan)
    emitted = _compared(less, co2_kg(plan.reference), tonnes) if there else "in a year"
    back = f"back in {number(years)} years" if math.isfinite(years) else "for what is added"
    own, used = self_sufficiency(plan), self_consumption(plan)
    return [
        Card("Cost of a year", money(plan.eur), _compared(saved, before, money) if there else "investment included"),
        Card("Paid at once", money(invest_eur(plan)), back),
        Card("Greenhouse gases", f"{tonnes(plan.co2_kg)}/a", emitted),
        Card("Own supply", percent(own), "" if math.isnan(used) else f"{percent(used)} of own generation stays here"),
    ]


def _compared(saved: float, before: float, said: Callable[[float], str]) -> str:
    if abs(saved) <= SAME * abs(before):
        return "the same as it is"
    share = f" ({percent(abs(saved) / abs(before))})" if before else ""
    return f"{said(abs(saved))}{share} {'less' if saved >= 0.0 else 'more'} than as it is"


def answer(plan: Plan) -> list[str]:
    """Return what to do, in sentences."""
    if plan.status not in USABLE:
        return ["There is no plan that does what was asked; below is what stands in its way."]
    things = [_thing(kind, units) for kind, units in _by_kind(built(plan))]
    if things:
        said = [f"Build {_listed(things)}.", f"That takes {money(invest_eur(plan))} at once."]
    else:
        said = ["Build nothing: what is there, run as well as possible, already is the best answer."]
    said += _money_sentences(plan)
    said += [_grid_sentence(plan.grid)] if plan.grid is not None else []
    if plan.status == "good":
        said.append(f"The search ended early: the best plan may be up to {percent(plan.gap)} cheaper.")
    return said


def _money_sentences(plan: Plan) -> Iterator[str]:
    if not plan.reference or not built(plan):
        yield f"A year costs {money(plan.eur)} and emits {tonnes(plan.co2_kg)} of greenhouse gases."
        return
    before, saved = eur(plan.reference), eur(plan.reference) - plan.eur
    way = "less" if saved >= 0.0 else "more"
    share = f" ({percent(abs(saved) / before)} {way})" if before > 0.0 else ""
    yield f"A year then costs {money(plan.eur)}, the investment's part included, instead of {money(before)}{share}."
    years = payback_years(plan)
    if math.isfinite(years):
        yield f"What is paid at once is back in {number(years)} years."
    yield f"Greenhouse gases go from {tonnes(co2_kg(plan.reference))} to {tonnes(plan.co2_kg)} a year."


def _grid_sentence(grid: GridCheck) -> str:
    loads = (
        f"voltages from {number(grid.vm_min_pu, 3)} to {number(grid.vm_max_pu, 3)} of nominal, "
        f"lines up to {quantity(grid.line_percent, '%')}, transformers up to {quantity(grid.transformer_percent, '%')}"
    )
    if grid.agreed:
        return f"The network carries it: {loads}, by the power flow of every step."
    return f"The network does not carry it: {loads}. The limits could not be kept in {len(grid.rounds)} rounds."


def _by_kind(units: Sequence[Unit]) -> list[tuple[str, list[Unit]]]:
    kinds = [kind for kind in KINDS if any(unit.kind == kind for unit in units)]
    return [(kind, [unit for unit in units if unit.kind == kind]) for kind in kinds]


def _thing(kind: str, units: Sequence[Unit]) -> str:
    """Return what is built of a kind, and at how many places."""
    name = main_size(units[0])
    size = quantity(sum(unit.added.get(name, 0.0) for unit in units), UNITS.get(name, ""))
    places = {place for unit in units for place, share in unit.share.items() if share > 0.0}
    where = f" at {len(places)} places" if len(places) > 1 else ""
    word = KINDS[kind] if kind in {"pv", "chp"} else KINDS[kind].lower()
    return f"{size} of {word}{where}"


def _listed(things: Sequence[str]) -> str:
    return things[0] if len(things) == 1 else f"{', '.join(things[:-1])} and {things[-1]}"


def goal(plan: Plan) -> str:
    """Return what was least, and what was limited."""
    limits = []
    if plan.options.get("most_co2_t") is not None:
        limits.append(f"at most {given(plan.options['most_co2_t'])}{NBSP}t of greenhouse gases a year")
    if plan.options.get("most_invest_eur") is not None:
        limits.append(f"at most {money(plan.options['most_invest_eur'])} at once")
    return ", ".join([GOALS.get(plan.goal, plan.goal), *limits])
