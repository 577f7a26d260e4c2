# SPDX-License-Identifier: Apache-2.0
"""When the steps of a plan are, and which stretches of them are worth a look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from twinergy.planning.horizon import HOURS_PER_WEEK
from twinergy.planning.report.powers import powers
from twinergy.planning.report.words import local

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

    from twinergy.planning.plan import Plan

DAYS_OF_A_MONTH: Final = 28.0
HOURS_PER_DAY: Final = 24.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some steps on end.

    Attributes
    ----------
    title : str
        What is special about it.
    first, last : int
        First step, and the one after the last.
    start : datetime or None
        When it begins, aware UTC; None for a typical period, which is no time of its own.
    """

    title: str
    first: int
    last: int
    start: datetime | None


def first_moment(plan: Plan) -> datetime | None:
    """Return when the first step of the flows begins, aware UTC; None for typical periods."""
    how = _resolution(plan)
    if how.get("kind") == "typical":
        return None
    weeks = int(how.get("week", 20)) if how.get("kind") == "week" else 0
    return plan.start + timedelta(weeks=weeks)


def moments(plan: Plan, timezone: str) -> pd.DatetimeIndex | None:
    """Return the local time of every step; None for typical periods."""
    import pandas as pd  # noqa: PLC0415 - kept out of the start of `twinergy --help`

    first = first_moment(plan)
    if first is None:
        return None
    steps = pd.date_range(first, periods=len(plan.hours), freq=pd.Timedelta(hours=plan.step_h))
    return steps.tz_convert(ZoneInfo(timezone))


def moment(plan: Plan, step: int, timezone: str) -> str:
    """Return when a step is, in local time; its number where it is part of a typical period."""
    first = first_moment(plan)
    return f"step {step}" if first is None else local(first + timedelta(hours=step * plan.step_h), timezone)


def stretches(plan: Plan) -> list[Stretch]:
    """Return the week in which the network or the grid above is strained most, and the one that needs the grid least."""
    length = min(_length(plan), len(plan.hours))
    count = len(plan.hours) // length
    exchange = powers(plan).exchange
    by_week = exchange[: count * length].reshape(count, length)
    checked = plan.grid is not None and "step" in plan.grid.worst
    worst = int(plan.grid.worst["step"]) if checked and plan.grid else int(np.argmax(exchange))
    strained = min(worst // length, count - 1)
    least = int(np.argmin(by_week.sum(axis=1)))
    name = "The week that strains the network most" if checked else "The week with the highest draw from the grid"
    found = [_stretch(plan, name, strained, length)]
    return found if least == strained else [*found, _stretch(plan, "The week that needs the grid least", least, length)]


def months(plan: Plan, timezone: str) -> tuple[list[str], list[np.ndarray[Any, Any]]]:
    """Return the months of a plan in local time, and the steps of each; nothing where there are not two whole ones."""
    times = moments(plan, timezone)
    if times is None or len(times) * plan.step_h < 2.0 * DAYS_OF_A_MONTH * HOURS_PER_DAY:
        return [], []
    keys = (times.year * 12 + times.month).to_numpy()
    several = [np.flatnonzero(keys == key) for key in np.unique(keys)]
    kept = [steps for steps in several if len(steps) * plan.step_h >= HOURS_PER_DAY]  # hours of a turn of the year in UTC
    return [f"{times[steps[0]]:%b}" for steps in kept], kept


def _stretch(plan: Plan, title: str, number: int, length: int) -> Stretch:
    first = first_moment(plan)
    begin = number * length
    if first is None:
        stands = float(plan.hours[begin : begin + length].sum() / HOURS_PER_DAY)
        return Stretch(f"{title}: typical period {number + 1}, stands for {stands:.0f} days", begin, begin + length, None)
    return Stretch(title, begin, begin + length, first + timedelta(hours=begin * plan.step_h))


def _length(plan: Plan) -> int:
    how = _resolution(plan)
    hours = int(how.get("hours", HOURS_PER_WEEK)) if how.get("kind") == "typical" else HOURS_PER_WEEK
    return max(1, round(hours / plan.step_h))


def _resolution(plan: Plan) -> dict[str, Any]:
    return dict(plan.options.get("resolution") or {})
