# SPDX-License-Identifier: Apache-2.0
"""From a request to a plan: compose the blocks, ask for the optimum, say what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.planning.available import available
from twinergy.planning.blocks.demand import Demand
from twinergy.planning.composing import ageing, cars, community, heat, meters, own_meters, renewables, storage
from twinergy.planning.composing.site import Composed, Part, Site
from twinergy.planning.horizon import HOURS_PER_WEEK, Horizon
from twinergy.planning.nodes import grouped
from twinergy.planning.optimise import CO2, COST, Goal
from twinergy.planning.plan import Line, Plan, Unit
from twinergy.planning.program import INFINITY
from twinergy.units import HOURS_PER_YEAR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinergy.kinds import FloatArray
    from twinergy.planning.catalogue import Catalogue
    from twinergy.planning.courses import Courses
    from twinergy.planning.optimise import Optimum
    from twinergy.planning.request import PlanRequest

KG_PER_T: Final = 1000.0
SMALLEST: Final = 1e-6
"""Sizes below are those of a solver that means none. [unit of the size]"""


def compose(request: PlanRequest, courses: Courses, catalogue: Catalogue) -> tuple[Site, Composed]:
    """Return what a plan is made of.

    Parameters
    ----------
    request : PlanRequest
        The request.
    courses : Courses
        A year of the community.
    catalogue : Catalogue
        Technologies and fuels.
    """
    site = Site(request, courses, catalogue, grouped(courses, request.groups))
    plan = Composed(notes=list(courses.notes))
    meters.add(site, plan)
    renewables.add_pv(site, plan)
    renewables.add_wind(site, plan)
    storage.add(site, plan)
    heat.add_networks(site, plan)
    heat.add_homes(site, plan)
    cars.add(site, plan)
    own_meters.add(site, plan)
    community.add(site, plan)
    return site, plan


def horizon_of(request: PlanRequest, courses: Courses) -> Horizon:
    """Return the steps that a request plans over; typical periods are chosen by `twinergy.planning.periods`."""
    if request.resolution.kind == "week":
        length = round(HOURS_PER_WEEK / courses.step_h)
        first = request.resolution.week * length
        return Horizon.periods([first], length, np.array([HOURS_PER_YEAR / HOURS_PER_WEEK]), courses.step_h)
    return Horizon.whole(courses.n_steps, courses.step_h)


def goal_of(request: PlanRequest) -> Goal:
    """Return the goal of a request with its limits."""
    goal = COST if request.goal == "cost" else CO2
    most = INFINITY if request.most_co2_t is None else request.most_co2_t * KG_PER_T
    return Goal(eur=goal.eur, eur_per_kg=goal.eur_per_kg, most_co2_kg=most)


def units(plan: Composed, optimum: Optimum) -> tuple[Unit, ...]:
    """Return what an optimum builds, thing by thing."""
    sizes = optimum.sizes()
    found = []
    for part in plan.parts:
        added = {name: _added(sizes, part, name) for name in part.sizes}
        found.append(_unit(part, added, optimum))
    return tuple(found)


def _added(sizes: Mapping[tuple[str, str], float], part: Part, name: str) -> float:
    """Return what is added of a size, nothing for what is less than rounding."""
    value = sizes.get((part.block, part.sizes[name]), 0.0)
    return value * part.scale.get(name, 1.0) * part.portion.get(name, 1.0) if value > SMALLEST else 0.0


def _unit(part: Part, added: Mapping[str, float], optimum: Optimum) -> Unit:
    priced = {choice.name: choice.size for choice in optimum.matrices.choices if choice.block == part.block}
    annual_eur = invest_eur = 0.0
    for name, value in added.items():
        size = priced[part.sizes[name]]
        count = value / part.scale.get(name, 1.0)
        once = part.portion.get(name, 1.0) if count else 0.0
        annual_eur += size.annual_eur * count + size.once_annual_eur * once
        invest_eur += size.invest_eur * count + size.once_invest_eur * once
    return Unit(
        block=part.id,
        kind=part.kind,
        node=part.node,
        technology=part.technology if any(value > 0.0 for value in added.values()) else "",
        existing=dict(part.existing),
        added=dict(added),
        invest_eur=invest_eur,
        annual_eur=annual_eur,
        share=dict(part.share),
        facts=dict(part.facts),
    )


def account(optimum: Optimum) -> tuple[Line, ...]:
    """Return the yearly account of an optimum."""
    return tuple(
        Line(block=block, purpose=purpose, eur=eur, co2_kg=co2_kg) for (block, purpose), (eur, co2_kg) in optimum.totals().items()
    )


def flows(plan: Composed, optimum: Optimum) -> dict[str, FloatArray]:
    """Return every course of an optimum by its name, and what the nodes need: cars that come as they come, and heat, included."""
    horizon = optimum.matrices.horizon
    found = {name: optimum.value(name) for name, columns in optimum.matrices.columns.items() if len(columns) == horizon.n_steps}
    for block in plan.blocks:
        if isinstance(block, Demand):
            name = f"{block.node}.demand_kw"
            found[name] = found.get(name, np.zeros(horizon.n_steps)) + horizon.of(block.demand_kw)
    return found


def plan_of(
    site: Site,
    composed: Composed,
    optimum: Optimum,
    reference: tuple[Line, ...],
    *,
    extras: Mapping[str, Any] | None = None,
    **facts: Any,
) -> Plan:
    """Return the plan that an optimum stands for.

    Parameters
    ----------
    site, composed : Site, Composed
        What was composed.
    optimum : Optimum
        A usable answer.
    reference : tuple of Line
        Account of the community as it is.
    extras : dict, optional
        What was found around it; what is available to the network is added as ``available``.
    **facts
        Other fields of `Plan`: ``name``, ``reasons``, ``grid``, ``seconds``.
    """
    request, courses = site.request, site.courses
    spare = available(composed.blocks, optimum)
    return Plan(
        scenario=courses.scenario,
        question=request.question,
        goal=request.goal,
        options=request.as_dict(),
        status=optimum.answer.status.value,
        gap=optimum.answer.gap,
        start=courses.start,
        step_h=optimum.matrices.horizon.step_h,
        hours=optimum.matrices.horizon.hours,
        units=units(composed, optimum),
        account=account(optimum),
        reference=reference,
        flows={**flows(composed, optimum), **spare.flows()},
        extras={"available": spare.figures(), **(extras or {})},
        nodes={node.id: node.connections(courses) for node in site.nodes},
        notes=(*composed.notes, *ageing.told(site, composed, optimum), *optimum.answer.notes),
        **facts,
    )
