# SPDX-License-Identifier: Apache-2.0
"""Which steps of a plan are proved: the whole year, or weeks that stand for it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from twinergy.cosim.planning.tracing import Span
from twinergy.errors import Finding, ScenarioError
from twinergy.planning.horizon import HOURS_PER_WEEK
from twinergy.units import HOURS_PER_YEAR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.planning.plan import Plan

SEASONS: Final = (2, 15, 28, 41)
"""Weeks of the year, counted from 0, that hold the middle of January, April, July and October."""
WORST: Final = "worst week"
HOURS_PER_DAY: Final = 24.0
_ALIKE: Final = 1e-9


def spans_of(
    plan: Plan, *, weeks: Sequence[int] | None = None, year: bool = False, days: int | None = None, timezone: str = "UTC"
) -> tuple[Span, ...]:
    """Return what of a plan is compared with the twin.

    Parameters
    ----------
    plan : Plan
        A plan whose steps follow each other: of a year, or of a week.
    weeks : sequence of int, optional
        Weeks, counted from 0; left out: one of each season, and the week of the highest planned power at all meters.
    year : bool
        Whether every step is proved.
    days : int, optional
        Days of each week, for a quick look.
    timezone : str
        Of the site, for the names of the weeks.

    Returns
    -------
    tuple of Span
        Weights add up to a year; the worst week stands for itself alone, the others share the rest.

    Raises
    ------
    ScenarioError
        If the plan was made with typical periods, or it has no such week.
    """
    _in_a_row(plan)
    total = len(plan.hours)
    if year:
        return (_span(plan, "year", 0, total, HOURS_PER_YEAR / (total * plan.step_h), timezone),)
    length = round(HOURS_PER_WEEK / plan.step_h)
    if total <= length:
        short = min(total, round((days or 7) * HOURS_PER_DAY / plan.step_h))
        return (_span(plan, "", 0, short, HOURS_PER_YEAR / (short * plan.step_h), timezone),)
    most = total // length
    chosen, worst = _weeks(plan, weeks, most, length)
    short = min(length, round((days or 7) * HOURS_PER_DAY / plan.step_h))
    each = HOURS_PER_YEAR / (short * plan.step_h)
    alone = [] if worst is None else [worst]
    share = (each - len(alone)) / len(chosen)
    found = [_span(plan, "", week * length, short, share, timezone) for week in chosen]
    return (*found, *(_span(plan, WORST, week * length, short, 1.0, timezone) for week in alone))


def _weeks(plan: Plan, weeks: Sequence[int] | None, most: int, length: int) -> tuple[list[int], int | None]:
    if weeks is not None:
        wrong = [week for week in weeks if not 0 <= week < most]
        if wrong or not weeks:
            finding = Finding(message="the plan has no such week", value=list(weeks), allowed=f"0 to {most - 1}, at least one")
            raise ScenarioError([finding], f"plan {plan.name}")
        return sorted(set(weeks)), None
    chosen = sorted({min(week, most - 1) for week in SEASONS})
    meters = [values for name, values in plan.flows.items() if name.endswith((".import_kw", ".export_kw"))]
    if not meters:
        return chosen, None
    worst = min(int(np.argmax(np.sum(meters, axis=0))) // length, most - 1)
    return chosen, None if worst in chosen else worst


def _span(plan: Plan, label: str, first: int, n_steps: int, weight: float, timezone: str) -> Span:
    start = plan.start + timedelta(hours=(first + _offset(plan)) * plan.step_h)
    month = f"{start.astimezone(ZoneInfo(timezone)):%d %B}".lstrip("0")
    name = f"{label} ({month})" if label == WORST else label or f"week from {month}"
    return Span(label=name, first=first, n_steps=n_steps, start=start, hours=n_steps * plan.step_h, weight=weight)


def _offset(plan: Plan) -> int:
    """Return the step of the year with which a plan of a single week begins."""
    resolution = plan.options.get("resolution") or {}
    if resolution.get("kind") != "week":
        return 0
    return int(resolution.get("week", 20)) * round(HOURS_PER_WEEK / plan.step_h)


def _in_a_row(plan: Plan) -> None:
    kind = (plan.options.get("resolution") or {}).get("kind", "year")
    if kind == "typical" or np.ptp(plan.hours) > _ALIKE * float(np.max(plan.hours, initial=1.0)):
        finding = Finding(
            message="was made with typical periods, whose steps do not follow each other in time",
            path="resolution.kind",
            value=kind,
            allowed="year or week: plan again with --set resolution.kind=year",
        )
        raise ScenarioError([finding], f"plan {plan.name}")
