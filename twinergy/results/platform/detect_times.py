# SPDX-License-Identifier: Apache-2.0
"""What is wrong with the times of one device: gaps, doubles, disorder, and the two hours in which clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from twinergy.results.platform.flags import Flag, Span, runs_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from twinergy.results.platform.rules import CurationRules

    IntArray = NDArray[np.int64]

HOUR_S: Final = 3600
_DOUBLED_SHARE: Final = 0.75


def time_spans(arrival_s: IntArray, step_s: int, last_s: int, rules: CurationRules, clock: Clock) -> Iterator[Span]:
    """Yield what is wrong with the times of one device.

    Parameters
    ----------
    arrival_s : ndarray of int64, shape (n_rows,)
        Times in the order in which rows arrived. [epoch s]
    step_s : int
        Length of a step. [s]
    last_s : int
        Last time of any device of the table: who ends before is silent since. [epoch s]
    rules : CurationRules
        Thresholds.
    clock : Clock
        Changes of the site's clocks.
    """
    times, counts = np.unique(arrival_s, return_counts=True)
    yield from _gaps(times, step_s, last_s, rules, clock)
    yield from _doubles(times, counts, step_s, clock)
    late = arrival_s < np.maximum.accumulate(arrival_s)
    late_s = np.setdiff1d(arrival_s[late], times[counts > 1])  # a row that came twice is a double, not disorder
    yield from grouped(late_s, step_s, Flag.OUT_OF_ORDER, lambda count: f"{count} rows arrived after a later one")


def grouped(times_s: IntArray, step_s: int, flag: Flag, words: Callable[[int], str]) -> Iterator[Span]:
    """Yield one span per run of consecutive times; `words` makes the detail from the number of rows."""
    if not len(times_s):
        return
    starts = np.flatnonzero(np.diff(times_s, prepend=times_s[0] - 10 * step_s) > step_s)
    for begin, end in zip(starts, [*starts[1:], len(times_s)], strict=True):
        yield Span(flag, int(times_s[begin]), int(times_s[end - 1]) + step_s, words(int(end - begin)))


def _gaps(times: IntArray, step_s: int, last_s: int, rules: CurationRules, clock: Clock) -> Iterator[Span]:
    wide = np.flatnonzero(np.diff(times) > rules.gap_steps * step_s)
    for place in wide.tolist():
        begin, until = int(times[place]) + step_s, int(times[place + 1])
        missing = max(1, round((until - begin) / step_s))
        if until - begin == HOUR_S and clock.near(begin, forward=True):
            yield Span(Flag.DST_GAP, begin, until, "the hour that local clocks leave out is missing: local time taken for UTC?")
        else:
            yield Span(Flag.GAP, begin, until, f"{missing} steps missing")
    if len(times) and last_s - times[-1] > rules.gap_steps * step_s:
        yield Span(Flag.GAP, int(times[-1]) + step_s, last_s + step_s, "silent since, to the end of the data")


def _doubles(times: IntArray, counts: IntArray, step_s: int, clock: Clock) -> Iterator[Span]:
    doubled = times[counts > 1]
    at_change = np.array([clock.near(int(time), forward=False) for time in doubled], dtype=bool)
    hours = doubled[at_change]
    if len(hours) < _DOUBLED_SHARE * HOUR_S / step_s:
        at_change[:] = False
        hours = hours[:0]
    yield from grouped(hours, step_s, Flag.DST_DOUBLE, lambda count: f"{count} times doubled where clocks go back")
    yield from grouped(doubled[~at_change], step_s, Flag.DUPLICATE, lambda count: f"{count} times received more than once")


class Clock:
    """Instants at which the clocks of a zone change.

    Parameters
    ----------
    timezone : str
        IANA name.
    begin_s, end_s : int
        Span to look at. [epoch s]
    """

    def __init__(self, timezone: str, begin_s: int, end_s: int) -> None:
        self._zone = ZoneInfo(timezone)
        self.changes: list[tuple[int, int]] = []
        day = begin_s - begin_s % 86_400
        before = self._offset(day)
        while day <= end_s:
            after = self._offset(day + 86_400)
            if after != before:
                self.changes.append((self._instant(day, before), after - before))
            day, before = day + 86_400, after

    def near(self, time_s: int, *, forward: bool) -> bool:
        """Whether a time lies in an hour that a change leaves out (forward) or doubles, read as UTC or as local time."""
        for change_s, by_s in self.changes:
            local_s = change_s + self._offset(change_s - 1)
            if (by_s > 0) == forward:
                places = (change_s, local_s) if forward else (change_s - HOUR_S, change_s, local_s - HOUR_S)
                if any(place <= time_s < place + HOUR_S for place in places):
                    return True
        return False

    def _offset(self, time_s: int) -> int:
        offset = datetime.fromtimestamp(time_s, UTC).astimezone(self._zone).utcoffset()
        return int((offset or timedelta()).total_seconds())

    def _instant(self, day_s: int, before: int) -> int:
        low, high = day_s, day_s + 86_400
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._offset(middle) == before else (low, middle)
        return high


def missing_values(times_s: IntArray, values: NDArray[np.float64], step_s: int) -> Iterator[Span]:
    """Yield spans in which rows exist but a port has no value; a port without any value at all was never measured."""
    missing = np.isnan(values)
    if missing.all():
        return
    for begin, end in runs_of(missing):
        yield Span(Flag.GAP, int(times_s[begin]), int(times_s[end - 1]) + step_s, f"{end - begin} values missing")
