# SPDX-License-Identifier: Apache-2.0
"""Figures of how a plan runs: a week, the months, and how long the grid carries how much."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.drawing import style
from twinergy.planning.report.powers import CARS, CHARGE, DISCHARGE, EXPORT, IMPORT, REFERENCE, powers
from twinergy.planning.report.times import Stretch, first_moment, months, stretches
from twinergy.planning.report.words import quantity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from twinergy.kinds import FloatArray
    from twinergy.planning.courses import Courses
    from twinergy.planning.plan import Plan

COLOURS: Final = {
    "PV": style.ORANGE,
    "wind": style.TEAL,
    "CHP": style.PURPLE,
    "own plants": style.GENERATION[0],
    CARS: style.GENERATION[1],
    DISCHARGE: style.GREEN,
    IMPORT: style.BLUE,
    CHARGE: style.MINT,
    EXPORT: style.SKY,
}
MOST_POINTS: Final = 700
"""Points of a curve on paper; a year has too many to see."""
KWH_PER_MWH: Final = 1000.0
BY_DAY: Final = 24.0


def figure_week(plan: Plan, week: Stretch | None = None, timezone: str = "UTC", node: str | None = None) -> Figure:
    """Draw where electricity comes from and goes to over some days.

    Parameters
    ----------
    plan : Plan
        A plan with flows.
    week : Stretch, optional
        Which days; those that strain the network most where not given.
    timezone : str
        IANA name of the local time.
    node : str, optional
        Only this node.
    """
    week = stretches(plan)[0] if week is None else week
    found = powers(plan, node)
    figure, axes = style.new_figure((10.0, 4.0))
    cut = slice(week.first, week.last)
    times, unit = _axis(plan, week)
    for side, sign in ((found.supply, 1.0), (found.use, -1.0)):
        base = np.zeros(week.last - week.first)
        for name in COLOURS:
            if name in side and side[name][cut].any():
                top = base + sign * side[name][cut]
                axes.fill_between(times, _closed(base), _closed(top), step="post", color=COLOURS[name], lw=0.0, label=name)
                base = top
    axes.step(times, _closed(found.consumption[cut]), where="post", color=style.INK, lw=1.6, label="consumption")
    axes.axhline(0.0, color=style.MUTED, lw=0.8)
    axes.set_ylabel("kW")
    if week.start is not None:
        style.time_axis(axes, timezone, times[0], times[-1])
    else:
        axes.set_xlim(times[0], times[-1])
        axes.set_xlabel(unit, loc="left")
    style.legend(axes, columns=7)
    return figure


def _axis(plan: Plan, week: Stretch) -> tuple[list[Any], str]:
    """Return where steps begin and the last one ends."""
    counts = range(week.last - week.first + 1)
    if week.start is None:
        return [count * plan.step_h for count in counts], "hours of the typical period"
    return [week.start + timedelta(hours=count * plan.step_h) for count in counts], ""


def _closed(values: FloatArray) -> FloatArray:
    """Repeat the last value at its end, so that the last step has a width."""
    return np.append(values, values[-1])


def figure_months(plan: Plan, timezone: str = "UTC") -> Figure:
    """Draw the electricity of each month: above zero what comes, below what is stored or fed in; the line is consumption."""
    names, steps = months(plan, timezone)
    found = powers(plan)
    figure, axes = style.new_figure((10.0, 3.7))
    places = np.arange(len(names))
    for side, sign in ((found.supply, 1.0), (found.use, -1.0)):
        base = np.zeros(len(names))
        for name in COLOURS:
            if name in side and side[name].any():
                energy = sign * _sums(side[name] * plan.hours, steps)
                axes.bar(places, energy, bottom=base, width=0.72, color=COLOURS[name], label=name)
                base = base + energy
    consumed = _sums(found.consumption * plan.hours, steps)
    axes.plot(places, consumed, "o", color=style.INK, ms=5, label="consumption", zorder=4)
    axes.axhline(0.0, color=style.MUTED, lw=0.8)
    axes.set_xticks(places, names)
    axes.set_ylabel("MWh")
    style.legend(axes, columns=7)
    return figure


def _sums(energy_kwh: FloatArray, steps: list[np.ndarray[Any, Any]]) -> FloatArray:
    return np.array([float(energy_kwh[several].sum()) for several in steps]) / KWH_PER_MWH


def before_kw(plan: Plan, courses: Courses | None = None) -> FloatArray | None:
    """Return the exchange of the community as it is; None where it is not known. [kW].

    From the plan's own flows of the reference, or from the year of the community: what is drawn less what its sun and wind yield,
    with storages at rest.
    """
    if f"{REFERENCE}import_kw" in plan.flows:
        fed_in = plan.flows.get(f"{REFERENCE}export_kw", np.zeros(len(plan.hours)))
        return np.asarray(plan.flows[f"{REFERENCE}import_kw"] - fed_in)
    first = first_moment(plan)
    if courses is None or first is None or courses.step_h != plan.step_h:
        return None
    begin = round((first - courses.start) / timedelta(hours=plan.step_h))
    if begin < 0 or begin + len(plan.hours) > courses.n_steps:
        return None
    nothing = np.zeros(courses.n_steps)
    drawn = courses.load_kw.sum(axis=0) + sum((fleet.uncontrolled_kw for fleet in courses.cars), nothing)
    sun = sum((roof.existing_kwp * courses.yields[roof.orientation] for roof in courses.roofs), nothing)
    wind = sum(courses.wind_kw.values(), nothing)
    return np.asarray(drawn - sun - wind)[begin : begin + len(plan.hours)]


def figure_duration(plan: Plan, courses: Courses | None = None) -> Figure:
    """Draw how long the grid above carries how much, planned and as it is.

    Parameters
    ----------
    plan : Plan
        A plan with flows.
    courses : Courses, optional
        The year it was made for, where the plan does not keep the flows of the community as it is.
    """
    figure, axes = style.new_figure()
    curves: Mapping[str, FloatArray | None] = {"as it is": before_kw(plan, courses), "planned": powers(plan).exchange}
    for colour, (name, course) in zip((style.ORANGE, style.BLUE), curves.items(), strict=True):
        if course is not None:
            _curve(axes, plan, course, name, colour)
    axes.axhline(0.0, color=style.MUTED, lw=0.8)
    axes.set_xlim(0.0, float(plan.hours.sum()))
    axes.margins(y=0.12)
    axes.set_xlabel("hours of a year with at least this power", loc="left")
    axes.set_ylabel("exchange with the grid, kW")
    style.legend(axes)
    return figure


def _curve(axes: Axes, plan: Plan, course: FloatArray, name: str, colour: str) -> None:
    order = np.argsort(-course, kind="stable")
    ends = np.cumsum(plan.hours[order])
    chosen = np.unique(np.linspace(0, len(order) - 1, MOST_POINTS).astype(int))
    hours, power = np.append(0.0, ends[chosen]), np.append(course[order[0]], course[order[chosen]])
    reach = f"{quantity(max(0.0, float(power[0])), 'kW')} drawn, {quantity(max(0.0, -float(power[-1])), 'kW')} fed in at most"
    axes.plot(hours, power, color=colour, lw=2.0, label=f"{name}: {reach}")
