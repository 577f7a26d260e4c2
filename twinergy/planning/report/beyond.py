# SPDX-License-Identifier: Apache-2.0
"""Tables of what was asked beyond the optimum: what if, what else, which future, what is in the way, what was assumed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from twinergy.errors import TwinergyError
from twinergy.planning.report.tables import Table
from twinergy.planning.report.words import KG_PER_T, MISSING, NBSP, USABLE, given, number, quantity, real, title

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from twinergy.planning.catalogue import Catalogue
    from twinergy.planning.plan import Plan
    from twinergy.planning.request import PlanRequest

_PARTS: Final = frozenset({"capacity", "power"})
"""Sizes that a thing may have two of, so that its numbers have to say which they are of."""
FULL: Final = 1.0 - 1e-6
"""Share of the room from which on roofs are full. [-]"""
CONFLICT_VERB: Final = {
    "most": "raise it by",
    "least": "lower it by",
    "demand": "lower it, or bring more, by up to",
    "surplus": "let go, store or sell up to",
    "power": "raise it by up to",
    "rule": "move it by up to",
    "co2": "raise it by",
    "eur": "raise it by",
}


def sensitivity(plan: Plan) -> Table:
    """Return what changes where an assumption is another."""
    rows = []
    for row in (plan.extras.get("sensitivity") or {}).get("rows") or []:
        usable = row.get("status") in USABLE
        said = [_signed(row.get("eur"), 0), _signed(real(row.get("co2_kg")) / KG_PER_T)] if usable else [MISSING, MISSING]
        rows.append(
            [str(row.get("name")), str(row.get("level")), "" if usable else str(row.get("why") or row.get("status")), *said]
        )
    return Table(["assumption", "instead", "", "cost EUR/a", "CO₂e t/a"], rows, texts=3)


def ranges(plan: Plan) -> Table:
    """Return how much of each thing there may be at hardly more than the least cost."""
    several = (plan.extras.get("alternatives") or {}).get("ranges") or []
    rows = [
        [title(str(one.get("name"))), *(number(one.get(end)) for end in ("least", "best", "most")), str(one.get("unit", ""))]
        for one in several
    ]
    return Table(["what is new", "at least", "best", "at most", "unit"], rows)


def futures(plan: Plan) -> Table:
    """Return what each future costs with common sizes, and with sizes for it alone."""
    found = plan.extras.get("uncertain") or {}
    alone = found.get("alone_eur") or {}
    rows = []
    for name, cost in (found.get("eur") or {}).items():
        own = real(alone.get(name))
        rows.append([name, number(cost, 0), number(own, 0), number(real(cost) - own, 0)])
    return Table(["future", "with these sizes EUR/a", "with sizes for it alone EUR/a", "regret EUR/a"], rows)


def future_sentences(plan: Plan) -> list[str]:
    """Return what not knowing the future costs."""
    found = plan.extras.get("uncertain") or {}
    if not found:
        return []
    said = [f"On average a year costs {number(found.get('mean_eur'), 0)} EUR with these sizes."]
    information, stochastic = real(found.get("information_eur")), real(found.get("stochastic_eur"))
    if math.isfinite(information):
        said.append(f"To know the future would save {number(information, 0)} EUR/a on average.")
    if math.isinf(stochastic):
        said.append("Sizes made for the mean future could not serve some other.")
    elif math.isfinite(stochastic):
        said.append(f"Sizes made for the mean future alone would cost {number(stochastic, 0)} EUR/a more.")
    return [*said, *(str(note) for note in found.get("notes") or ())]


def hosting(plan: Plan) -> Table:
    """Return how much PV the network carries, case by case, and what stands in the way of more."""
    rows = []
    for case in plan.extras.get("hosting") or []:
        agreed = {True: "yes", False: "no"}.get(case.get("agreed"), MISSING)
        share = real(case.get("factor"))
        rows.append(
            [
                str(case.get("what")),
                "nothing: roofs are full" if share >= FULL else _in_the_way(case.get("binding") or []),
                agreed,
                number(case.get("kwp")),
                number(100.0 * share),
                number(100.0 * real(case.get("curtailed_share")), 2),
            ]
        )
    heads = ["what may help", "in the way of more", "power flow agrees", "new kWp", "of the room %", "curtailed %"]
    return Table(heads, rows, texts=3)


def _in_the_way(binding: Sequence[Mapping[str, Any]]) -> str:
    """Return the place that stops most of it, and how many others do."""
    weights: dict[str, float] = {}
    for one in binding:
        place = f"{one.get('what')} at {one.get('where')}"
        weights[place] = weights.get(place, 0.0) + real(one.get("weight"))
    if not weights:
        return MISSING
    others = len(weights) - 1
    return max(weights, key=lambda place: weights[place]) + (f" and {others} more" if others else "")


def available(plan: Plan) -> Table:
    """Return what the plan leaves available to the network (PUC02.01)."""
    found = plan.extras.get("available") or {}
    said = {
        "renewable": "sun and wind, used or not",
        "up": "more into the network: storage, unused sun and wind",
        "down": "more out of the network: storage",
    }
    rows = [
        [what, *(number(found.get(f"{name}_{which}_kw")) for which in ("mean", "most", "firm"))]
        for name, what in said.items()
        if found
    ]
    return Table(["for the length of a step", "on average kW", "at most kW", "in 95 % of the year kW"], rows)


def clashes(plan: Plan) -> list[list[str]]:
    """Return the limits that cannot hold together, a list for each conflict, with how far each is missed."""
    conflict = plan.extras.get("conflict") or {}
    found = [[_member(one) for one in clash] for clash in conflict.get("clashes") or []]
    return [*found, *([str(one)] for one in conflict.get("runaways") or [])]


def _member(one: Mapping[str, Any]) -> str:
    kind, block, name = str(one.get("kind")), str(one.get("block")), str(one.get("name")).replace("_", " ")
    what = {"co2": "limit on greenhouse gases", "eur": "limit on cost"}.get(kind, f"{block}: {name}")
    missed, unit = real(one.get("missed")), str(one.get("unit", ""))
    hours = real(one.get("hours"))
    when = f" in {number(hours, 0)} h a year" if math.isfinite(hours) else ""
    mend = (
        f"{CONFLICT_VERB.get(kind, 'move it by')} {quantity(missed, unit)}{when}"
        if math.isfinite(missed)
        else "moving it alone does not help"
    )
    return f"{what}, {quantity(one.get('value'), unit)}: {mend}"


def request_of(plan: Plan) -> PlanRequest | None:
    """Return the request of a plan; None where it is not one of this version."""
    from pydantic import ValidationError  # noqa: PLC0415 - slow to import

    from twinergy.planning.request import PlanRequest  # noqa: PLC0415

    try:
        return PlanRequest(**plan.options)
    except (ValidationError, TwinergyError):
        return None


def finance(request: PlanRequest) -> list[tuple[str, str]]:
    """Return what was assumed of money."""
    money = request.finance
    rows = [
        ("Discount rate, real", f"{given(100.0 * money.discount_rate)} % a year"),
        ("Judged over", f"{money.horizon_years} years"),
        ("Costs of technology of", str(money.catalogue_year)),
        ("Calendar and weather of", str(request.year)),
    ]
    rows += [
        (f"Real growth of {name.replace('_', ' ')}", f"{given(100.0 * rate)} % a year")
        for name, rate in money.price_growth.items()
    ]
    rows += [(f"Subsidy for {name.replace('_', ' ')}", f"{given(100.0 * share)} %") for name, share in money.subsidies.items()]
    rows += [("Price on greenhouse gases", quantity(money.co2_eur_per_t, "EUR/t"))] if money.co2_eur_per_t else []
    rows += [("Sharing in the community", request.sharing.rule)] if request.sharing.rule != "none" else []
    return rows


def technologies(plan: Plan, request: PlanRequest, catalogue: Catalogue) -> Table:
    """Return the numbers of every technology that was open to the plan, each with its source."""
    rows = []
    for name in _names(plan, request, catalogue):
        kind = catalogue.technology(name).asked(request)
        rows += list(_numbers(kind.entry.title, kind))
    return Table(["technology", "number", "source", "value"], rows, texts=3)


def sources(shown: Table, catalogue: Catalogue) -> list[tuple[str, str]]:
    """Return what the keys of sources in a table stand for."""
    keys = dict.fromkeys(row[2].partition(":")[0] for row in shown.rows)
    return [(key, catalogue.sources[key]) for key in keys if key in catalogue.sources]


def _names(plan: Plan, request: PlanRequest, catalogue: Catalogue) -> list[str]:
    from twinergy.planning.composing.site import OPEN  # noqa: PLC0415 - only where there is a catalogue

    sorts = dict.fromkeys((*OPEN.get(request.question, ()), *request.technologies))
    chosen = [
        request.technology(sort).technology or catalogue.default(sort).name
        for sort in sorts
        if request.technology(sort).most != 0.0
    ]
    built = [unit.technology for unit in plan.units if unit.technology]
    known = {one.name for sort in sorts for one in catalogue.of(sort)}
    return list(dict.fromkeys([*chosen, *(name for name in built if name in known)]))


def _numbers(head: str, kind: Any) -> Iterator[list[str]]:
    from twinergy.planning.catalogue_terms import NUMBERS  # noqa: PLC0415

    for name, value in kind.numbers().items():
        figure, meaning = kind.entry.numbers.get(name), NUMBERS[name]
        source = "your own"
        if figure is not None and name not in kind.own:
            source = f"{figure.source}: {figure.note}" if figure.note else figure.source
        part = name.partition("_")[0]
        of = f" ({part})" if part in _PARTS else ""
        shown = f"{given(float(f'{value:.4g}'))}{NBSP}{meaning.unit}".removesuffix(f"{NBSP}-")
        yield [head, f"{meaning.title}{of}", source, shown]
        head = ""


def _signed(value: Any, digits: int | None = None) -> str:
    text = number(value, digits)
    return f"+{text}" if real(value) > 0.0 and text != MISSING else text
