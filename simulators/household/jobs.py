# SPDX-License-Identifier: Apache-2.0
"""Jobs of wet appliances in a week: from uniform numbers to loads that wait, with a habitual start and a deadline.

Somebody loads a machine, habitually starts it at once or some time later, and needs it done by a deadline. How long people
wait is an assumption near what the owners of smart appliances allowed in the Belgian pilot Linear (R. D'hulst et al., Applied
Energy 155 (2015) 79-90: windows of some eight hours). Jobs of one machine never overlap: the time between two of them is
shared, so that each is done before the next one is loaded. The week of a machine lasts from five o'clock on its first local
day to five o'clock after its last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.household import programmes
from simulators.household.hot_water import queued
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.intp]

NUMBERS_PER_JOB: Final = 4
"""Habitual start, programme, time loaded before it, time allowed after it."""
BORDER_S: Final = 5.0 * SECONDS_PER_HOUR
EMPTYING_S: Final = 900.0
AT_ONCE: Final = 0.3
"""Share of jobs that are habitually started as soon as they are loaded. Assumption. [-]"""
LAG_S: Final = 4.0 * SECONDS_PER_HOUR
"""Longest time between loading and the habitual start. Assumption. [s]"""
SLACK_S: Final = ((3.0 * SECONDS_PER_HOUR, 10.0 * SECONDS_PER_HOUR), (3.0 * SECONDS_PER_HOUR, 12.0 * SECONDS_PER_HOUR),
                  (2.0 * SECONDS_PER_HOUR, 8.0 * SECONDS_PER_HOUR))  # fmt: skip
"""Shortest and longest time a start may be later than habitual: washing machine, dishwasher, tumble dryer. Assumption. [s]"""
_BEFORE, _AFTER = 0.25, 0.75


class Jobs(NamedTuple):
    """Jobs, arrays of shape (n_jobs,).

    Attributes
    ----------
    home, machine, programme : ndarray of int
        Row of the home, index of the machine and of its programme.
    loaded_s, habit_s, latest_s : ndarray
        Earliest, habitual and latest start. [s]
    """

    home: IntArray
    machine: IntArray
    programme: IntArray
    loaded_s: FloatArray
    habit_s: FloatArray
    latest_s: FloatArray

    def where(self, chosen: NDArray[np.bool_] | IntArray | slice) -> Jobs:
        """Return some of the jobs."""
        return Jobs._make(values[chosen] for values in self)

    def later_by(self, offset_s: float) -> Jobs:
        """Return the jobs with all times moved. [s]."""
        loaded_s, habit_s, latest_s = (values + offset_s for values in self[3:])
        return self._replace(loaded_s=loaded_s, habit_s=habit_s, latest_s=latest_s)

    def and_then(self, other: Jobs) -> Jobs:
        """Return the jobs of both."""
        return Jobs.of((self, other))

    @classmethod
    def none(cls) -> Jobs:
        """Return no jobs."""
        rows, times_s = np.empty(0, dtype=np.intp), np.empty(0)
        return cls(rows, rows, rows, times_s, times_s, times_s)

    @classmethod
    def of(cls, parts: Sequence[Jobs]) -> Jobs:
        """Return the jobs of all parts."""
        return cls._make(np.concatenate(columns) for columns in zip(*parts, strict=True))


def arranged(home: IntArray, machine: IntArray, start_s: FloatArray, uniforms: FloatArray, window_s: tuple[float, float]) -> Jobs:
    """Return jobs of which none overlaps another of its machine.

    Parameters
    ----------
    home, machine : ndarray of int, shape (n_jobs,)
        Row of the home, and machine.
    start_s : ndarray, shape (n_jobs,)
        When each would habitually start. [s]
    uniforms : ndarray, shape (3, n_jobs)
        Numbers of [0, 1): programme, time loaded before, time allowed after.
    window_s : tuple of float
        First and last time of the machines' week; no job is loaded before it or done after it. [s]
    """
    owner = home * len(programmes.MEAN_KWH) + machine
    order = np.lexsort((start_s, owner))
    home, machine, owner, uniforms = home[order], machine[order], owner[order], uniforms[:, order]
    programme = programmes.chosen(machine, uniforms[0])
    length_s = programmes.DURATION_S[programme] + EMPTYING_S
    begin_s = queued(owner, np.maximum(start_s[order], window_s[0]), length_s)
    # the same backwards in time: what would end after the window moves forward, and pushes those before it
    backwards = queued(-owner[::-1], np.maximum(-(begin_s + length_s), -window_s[1])[::-1], length_s[::-1])[::-1]
    begin_s = -(backwards + length_s)
    before_s, after_s = _gaps(owner, begin_s, begin_s + length_s, window_s)
    lag_s = LAG_S * np.maximum(uniforms[1] - AT_ONCE, 0.0) / (1.0 - AT_ONCE)
    low, high = np.array(SLACK_S)[machine].T
    return Jobs(
        home=home,
        machine=machine,
        programme=programme,
        loaded_s=begin_s - np.minimum(lag_s, _BEFORE * before_s),
        habit_s=begin_s,
        latest_s=begin_s + np.minimum(low + (high - low) * uniforms[2], _AFTER * after_s),
    )


def _gaps(
    owner: IntArray, begin_s: FloatArray, end_s: FloatArray, window_s: tuple[float, float]
) -> tuple[FloatArray, FloatArray]:
    """Return the idle time of the machine before and after each job."""
    first = np.diff(owner, prepend=-1) != 0
    last = np.diff(owner, append=-1) != 0
    before_s = begin_s - np.where(first, window_s[0], np.roll(end_s, 1))
    after_s = np.where(last, window_s[1], np.roll(begin_s, -1)) - end_s
    return np.maximum(before_s, 0.0), np.maximum(after_s, 0.0)
