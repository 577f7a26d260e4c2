# SPDX-License-Identifier: Apache-2.0
"""PUC02.03 for a scenario: how much PV its network can carry, with and without what may help, and the plan that builds it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.errors import ModelError
from twinergy.planning.compose import goal_of, plan_of
from twinergy.planning.composing import own_meters
from twinergy.planning.network.case import Help, HostingCase
from twinergy.planning.network.hosting import Hosting, hosting

if TYPE_CHECKING:
    from twinergy.cosim.planning.study import Study
    from twinergy.planning.composing.site import Part
    from twinergy.planning.plan import Plan

CURTAILED: Final = 0.03
"""Energy that planners may curtail under § 11 EnWG (peak shaving, 3 % of a year). [-]"""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One answer: what was allowed, in words, and what came out."""

    name: str
    what: str
    hosting: Hosting


def cases(study: Study) -> tuple[HostingCase, tuple[Case, ...]]:
    """Return how much PV fits in: alike on every roof, where it is best, with curtailment, with cars, with batteries.

    Raises
    ------
    ModelError
        If the network cannot be asked.
    """
    if study.grid is None:
        message = "hosting capacity needs the network: leave grid.check on, and take a grid whose kind can say its data"
        raise ModelError(message)
    if len(study.composed.meters) != len(study.courses.meters):
        message = "hosting capacity is that of the connections that are there: leave community_battery out of the request"
        raise ModelError(message)
    case = HostingCase.of(study.courses, study.grid.ac.linear, study.request.grid)
    helps = {
        "uniform": ("uniform", "every roof the same share of its room", Help()),
        "free": ("free", "where it is best for the sum", Help()),
        "curtailed": (
            "free",
            f"the same, {CURTAILED:.0%} of its energy may be curtailed",
            Help(curtailed_share=CURTAILED),
        ),
    }
    if study.courses.cars:
        helps["cars"] = ("free", "the same, cars charge when the sun shines", Help.of_cars(study.courses, case))
    if study.courses.stores:
        helps["batteries"] = ("free", "the same, batteries that are there take the noon", _batteries(study))
    found = []
    for name, (rule, what, own) in helps.items():
        answer = hosting(case, rule=rule, help=own, ac=study.grid.ac)  # type: ignore[arg-type]
        study.say(f"{name}: {answer.total_kwp:,.0f} kWp, {answer.seconds:.1f} s")
        found.append(Case(name=name, what=what, hosting=answer))
    return case, tuple(found)


def _batteries(study: Study) -> Help:
    capacity: dict[str, float] = {}
    power: dict[str, float] = {}
    for store in study.courses.stores:
        capacity[store.connection] = capacity.get(store.connection, 0.0) + store.capacity_kwh
        power[store.connection] = power.get(store.connection, 0.0) + store.power_kw
    return Help.of_batteries(capacity, power, tuple(meter.id for meter in study.courses.meters))


def plan(study: Study, name: str, **extras: Any) -> Plan:
    """Return the plan that builds what the network carries where it is best for the sum.

    Raises
    ------
    ModelError
        If the network cannot be asked, or there is no plan with it.
    """
    _, found = cases(study)
    best = next(one for one in found if one.name == "free").hosting
    kwp = {roof.id: float(value) for roof, value in zip(study.courses.roofs, best.kwp, strict=True)}
    _build(study, kwp)
    own_meters.again(study.site, study.composed, _totals(study, kwp))
    reference = study.reference
    _bound(study, kwp)
    optimum = study.planner.ask(goal_of(study.request))
    check = study.grid.checked(study.planner, optimum, study.request.grid) if study.grid else None
    table = [{"name": one.name, "what": one.what, **_row(one.hosting)} for one in found]
    facts = {"name": name, "grid": check, "reasons": study.reasons(optimum), "seconds": study.seconds}
    return plan_of(study.site, study.composed, optimum, reference, extras={**extras, "hosting": table}, **facts)


def _row(found: Hosting) -> dict[str, Any]:
    binding = [asdict(one) for one in found.binding]
    plain = {"kwp": found.total_kwp, "factor": found.factor, "agreed": found.agreed, "broken_before": found.broken_before}
    more = {"curtailed_share": found.curtailed_share, "taken_kwh": found.taken_kwh, "seconds": found.seconds}
    return {**plain, **more, "rounds": list(found.rounds), "binding": binding}


def _totals(study: Study, kwp: dict[str, float]) -> dict[tuple[str, str], float]:
    """Return what is built by block and size. [kWp]."""
    totals: dict[tuple[str, str], float] = {}
    for part in study.composed.parts:
        if part.kind == "pv":
            own = (part.block, part.sizes["size_kwp"])
            totals[own] = totals.get(own, 0.0) + sum(kwp[roof] for roof in part.share)
    return totals


def _build(study: Study, kwp: dict[str, float]) -> None:
    """Spread what is built over the roofs as the network allows it."""
    totals = _totals(study, kwp)
    study.composed.parts[:] = [_spread(part, kwp, totals) if part.kind == "pv" else part for part in study.composed.parts]


def _spread(part: Part, kwp: dict[str, float], totals: dict[tuple[str, str], float]) -> Part:
    own = sum(kwp[roof] for roof in part.share)
    total = totals[part.block, part.sizes["size_kwp"]]
    share = {roof: kwp[roof] / own for roof in part.share} if own > 0.0 else part.share
    return replace(part, share=share, portion={"size_kwp": own / total if total > 0.0 else 0.0})


def _bound(study: Study, kwp: dict[str, float]) -> None:
    matrices = study.planner.matrices
    variables = {(choice.block, choice.name): choice.variable for choice in matrices.choices}
    for own, value in _totals(study, kwp).items():
        study.planner.program.bound(matrices.columns[variables[own]], np.array([value]), np.array([value]))
