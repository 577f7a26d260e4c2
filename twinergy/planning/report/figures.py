# SPDX-License-Identifier: Apache-2.0
"""All figures of a plan with their headings: each is drawn where the plan has what it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinergy.drawing.network import maps
from twinergy.planning.report import options, times
from twinergy.planning.report.figures_choice import (
    figure_front,
    figure_futures,
    figure_ranges,
    figure_tornado,
)
from twinergy.planning.report.figures_flow import before_kw, figure_duration, figure_months, figure_week
from twinergy.planning.report.figures_money import figure_costs, figure_emissions, figure_gap
from twinergy.planning.report.figures_sizes import figure_sizes, sizes_by_place
from twinergy.planning.report.powers import REFERENCE, powers
from twinergy.planning.report.words import USABLE, given, real

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from matplotlib.figure import Figure

    from twinergy.community.topology import GridTopology
    from twinergy.planning.courses import Courses
    from twinergy.planning.plan import Plan

__all__ = [
    "Shown",
    "figure_costs",
    "figure_duration",
    "figure_emissions",
    "figure_front",
    "figure_futures",
    "figure_gap",
    "figure_months",
    "figure_network",
    "figure_ranges",
    "figure_sizes",
    "figure_tornado",
    "figure_week",
    "shown",
]


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure of a report.

    Attributes
    ----------
    name : str
        Name of its file and place on the page.
    title, caption : str
        Heading; how to read it.
    draw : callable
        Returns the figure.
    """

    name: str
    title: str
    caption: str
    draw: Callable[[], Figure]


def figure_network(plan: Plan, topology: GridTopology) -> Figure:
    """Draw the network in the worst step of a plan, as the power flow found it.

    Parameters
    ----------
    plan : Plan
        A plan that was checked.
    topology : GridTopology
        Where everything lies; must be drawable.
    """
    worst = {} if plan.grid is None else plan.grid.worst
    voltage = {name: real(value) for name, value in (worst.get("vm_pu") or {}).items()}
    loading = {name: real(value) for name, value in (worst.get("loading_percent") or {}).items()}
    by_sort = {sort: {name: loading[name] for name in known if name in loading} for sort, known in _branches(topology).items()}
    return maps(topology, str(worst.get("where", "")), {"vm_pu": voltage}, by_sort)


def _branches(topology: GridTopology) -> dict[str, dict[str, list[str]]]:
    return {"line": topology.lines, "transformer": topology.transformers}


def shown(plan: Plan, timezone: str, courses: Courses | None = None, topology: GridTopology | None = None) -> Iterator[Shown]:
    """Yield every figure that a plan has the data for, in the order of the report."""
    yield from _of_extras(plan)
    if plan.status not in USABLE:
        return
    yield Shown(
        "costs",
        "What a year costs",
        "Everything together, by purpose; what is earned is left of zero. The number is the sum.",
        lambda: figure_costs(plan),
    )
    if any(line.co2_kg for line in (*plan.account, *plan.reference)):
        caption = "By source; the number is the sum."
        yield Shown("emissions", "Where greenhouse gases come from", caption, lambda: figure_emissions(plan))
    if any(sizes_by_place(plan).values()):
        yield Shown("sizes", "How big, home by home", "How many places get how much of each thing.", lambda: figure_sizes(plan))
    yield from _of_flows(plan, timezone, courses)
    if topology is not None and topology.drawable and plan.grid is not None and plan.grid.worst.get("vm_pu"):
        when = times.moment(plan, int(plan.grid.worst["step"]), timezone)
        what = f"{plan.grid.worst.get('what', '')} at {plan.grid.worst.get('where', '')}".strip()
        caption = f"{when}: {what} is closest to its limit, or furthest beyond it; the ring marks where."
        yield Shown("network", "The network in its worst hour", caption, lambda: figure_network(plan, topology))


def _of_flows(plan: Plan, timezone: str, courses: Courses | None) -> Iterator[Shown]:
    found = powers(plan)
    if not found.supply:
        return
    caption = (
        "Above zero what comes, below zero what is stored or fed in. What neighbours use of each other does not show: "
        "only what the community as a whole draws and feeds in."
    )
    for number, week in enumerate(times.stretches(plan)):
        yield Shown(f"week{number + 1}", week.title, caption, lambda week=week: figure_week(plan, week, timezone))  # type: ignore[misc]
    if len(times.months(plan, timezone)[0]) > 1:
        caption = "Bars as in the week; the dots are consumption."
        yield Shown("months", "Month by month", caption, lambda: figure_months(plan, timezone))
    caption = "All steps sorted by power, from the highest draw to the highest feed-in."
    if before_kw(plan, courses) is not None and f"{REFERENCE}import_kw" not in plan.flows:
        caption += " As it is: with storages at rest."
    yield Shown("duration", "How long the grid carries how much", caption, lambda: figure_duration(plan, courses))


def _of_extras(plan: Plan) -> Iterator[Shown]:
    points = options.points(plan)
    if len(points) > 1:
        caption = (
            "Each point is the cheapest plan for its greenhouse gases; "
            "beside it the price of carbon at which it would be the best of all."
        )
        yield Shown("front", "Cost against greenhouse gases", caption, lambda: figure_front(points, plan))
    sensitivity = plan.extras.get("sensitivity") or {}
    if sensitivity.get("rows"):
        caption = "Planned anew with one assumption changed at a time; the label is the change."
        yield Shown("tornado", "What if an assumption is wrong", caption, lambda: figure_tornado(sensitivity))
    alternatives = plan.extras.get("alternatives") or {}
    if alternatives.get("ranges"):
        caption = (
            f"Plans that cost at most {given(100.0 * real(alternatives.get('slack')))} % more than the best: "
            "how much of each thing they may have. The dot is the best plan."
        )
        yield Shown("ranges", "What may be built otherwise", caption, lambda: figure_ranges(alternatives))
    uncertain = plan.extras.get("uncertain") or {}
    if uncertain.get("eur"):
        caption = "One set of sizes for all futures, beside sizes made for each alone."
        yield Shown("futures", "Which future comes", caption, lambda: figure_futures(uncertain))
