# SPDX-License-Identifier: Apache-2.0
"""When people wake, leave, come back and sleep: a day's schedule per resident, drawn around the habits of their role.

Three roles, two kinds of days. On average somebody with a full-time job is away nine hours on a working day and sleeps almost
eight; the hours of sleep and absence are those of time-use surveys (8 h 20 min of sleep, Germany 2012/13) and of the couple
CHR01 of the LoadProfileGenerator; means and widths of single times are assumptions. People of a home are independent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.household.days import Days

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.intp]

NUMBERS_PER_DAY: Final = 8
"""Uniform numbers per resident and day: wake, sleep, and for two absences whether, when and how long."""
ROLES: Final = ("full-time work", "part-time work or school", "at home")
ROLE_SHARES: Final = (0.42, 0.25, 0.33)
"""Shares of the population. Assumption: half of the residents work, a third of them part-time (Destatis 2022)."""

# wake, sleep, then per absence (probability, leave, length); each time as mean and standard deviation in hours of the clock
_HABITS: Final = np.array([
    # working days
    [[6.2, 0.8, 22.9, 0.9, 0.93, 7.5, 0.8, 9.1, 1.1, 0.25, 19.0, 0.8, 2.2, 0.8],
     [6.6, 0.7, 22.7, 0.9, 0.92, 7.7, 0.6, 5.8, 1.0, 0.40, 15.8, 1.2, 2.0, 0.8],
     [7.1, 0.9, 22.9, 0.9, 0.65, 9.7, 0.9, 1.9, 0.7, 0.45, 15.0, 1.2, 2.1, 0.8]],
    # free days
    [[8.0, 1.0, 23.4, 1.0, 0.55, 10.4, 1.2, 2.0, 0.8, 0.55, 15.3, 1.4, 3.0, 1.1],
     [8.4, 1.0, 23.4, 1.0, 0.50, 10.6, 1.2, 2.0, 0.8, 0.60, 15.3, 1.4, 3.0, 1.1],
     [7.7, 0.9, 23.1, 1.0, 0.50, 10.2, 1.1, 1.9, 0.7, 0.50, 15.1, 1.4, 2.7, 1.1]],
])  # fmt: skip
_LOGISTIC: Final = float(np.sqrt(3.0) / np.pi)
_TAIL: Final = 0.01
_EARLIEST_WAKE_H, _LATEST_SLEEP_H = 4.0, 26.0
_MARGIN_H: Final = 0.25


class Schedule(NamedTuple):
    """Times of residents on days, arrays of shape (n_residents, n_days), relative to the start of the fixed week. [s].

    Attributes
    ----------
    wake_s, sleep_s : ndarray
        When they get up and go to bed.
    leave_s, back_s : ndarray, shape (2, n_residents, n_days)
        Two absences, the first before the second, both within the time awake; no absence has no length.
    """

    wake_s: FloatArray
    sleep_s: FloatArray
    leave_s: FloatArray
    back_s: FloatArray


def draw_schedule(days: Days, role: IntArray, uniforms: FloatArray) -> Schedule:
    """Return the schedules of residents.

    Parameters
    ----------
    days : Days
        The days.
    role : ndarray of int, shape (n_residents,)
        Index into `ROLES`.
    uniforms : ndarray, shape (n_residents, n_days, NUMBERS_PER_DAY)
        Numbers of [0, 1).
    """
    habit = _HABITS[np.minimum(days.kind, 1)[None, :], role[:, None]]
    wake_h = np.maximum(_around(habit[..., 0], habit[..., 1], uniforms[..., 0]), _EARLIEST_WAKE_H)
    sleep_h = np.minimum(_around(habit[..., 2], habit[..., 3], uniforms[..., 1]), _LATEST_SLEEP_H)
    soonest_h = wake_h + _MARGIN_H
    leave, back = [], []
    for absence in range(2):
        columns, numbers = habit[..., 4 + 5 * absence :], uniforms[..., 2 + 3 * absence :]
        goes = numbers[..., 0] < columns[..., 0]
        leave_h = np.maximum(_around(columns[..., 1], columns[..., 2], numbers[..., 1]), soonest_h)
        length_h = np.maximum(_around(columns[..., 3], columns[..., 4], numbers[..., 2]), _MARGIN_H)
        back_h = np.where(goes, np.maximum(np.minimum(leave_h + length_h, sleep_h - _MARGIN_H), leave_h), leave_h)
        soonest_h = np.where(goes, back_h + _MARGIN_H, soonest_h)
        leave.append(leave_h)
        back.append(back_h)
    hours = np.stack([wake_h, sleep_h, *leave, *back]) * SECONDS_PER_HOUR
    times_s = days.elapsed_s(np.arange(len(days.start_s)), hours)
    return Schedule(times_s[0], times_s[1], times_s[2:4], times_s[4:6])


def _around(mean_h: FloatArray, deviation_h: FloatArray, uniforms: FloatArray) -> FloatArray:
    """Return logistic times of a mean and a standard deviation, without the outer 2 %."""
    inner = _TAIL + (1.0 - 2.0 * _TAIL) * uniforms
    return np.asarray(mean_h + _LOGISTIC * deviation_h * np.log(inner / (1.0 - inner)), dtype=np.float64)
