# SPDX-License-Identifier: Apache-2.0
"""How EN 50160 judges a quantity: 10-minute means, of which 95 % of each week must lie inside a band."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from twinergy.timebase import TimeAxis

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

WINDOW_S: Final = 600
WEEK_S: Final = 7 * SECONDS_PER_DAY
SHARE: Final = 0.95
_ROUNDING: Final = 1e-9

Band = tuple[float, float]


class WindowMeans:
    """Forms 10-minute means, block by block.

    A 10-minute value is the root of the mean of squares (IEC 61000-4-30, aggregation); where the step is longer than
    10 minutes, or does not divide them, the step's mean stands for it. Windows and weeks are counted from the start of the run.
    Means without any value are NaN.

    Parameters
    ----------
    axis : TimeAxis
        Steps of the run.
    """

    def __init__(self, axis: TimeAxis) -> None:
        self._axis = axis
        self.per_window = WINDOW_S // axis.step_s if WINDOW_S % axis.step_s == 0 else 1
        self._open_square: FloatArray = np.zeros(0)
        self._open_count: FloatArray = np.zeros(0)
        self._open_window = -1

    @property
    def note(self) -> str:
        """What to say where no 10-minute means can be formed, else empty."""
        if self._axis.step_s == WINDOW_S or self.per_window > 1:
            return ""
        return f"means over the step of {self._axis.step_s / 60:g} min stand for the 10-minute means of the standard"

    def add(self, epoch_s: IntArray, values: FloatArray) -> Iterator[tuple[int, FloatArray]]:
        """Yield the number of each week and its complete means, shape (n_windows, n_entities); keep the window that is open."""
        steps = (epoch_s - self._axis.start_epoch_s) // self._axis.step_s
        if self.per_window == 1:
            weeks, means = steps * self._axis.step_s // WEEK_S, values
        else:
            weeks, means = self._formed(steps, values)
        for week in np.unique(weeks):
            here = weeks == week
            yield int(week), means if here.all() else means[here]

    def _formed(self, steps: IntArray, values: FloatArray) -> tuple[IntArray, FloatArray]:
        windows = steps // self.per_window
        starts = np.flatnonzero(np.diff(windows, prepend=windows[0] - 1))
        valid = np.isfinite(values)
        square = np.add.reduceat(np.where(valid, values, 0.0) ** 2, starts, axis=0)
        count = np.add.reduceat(valid.astype(np.float64), starts, axis=0)
        numbers = windows[starts]
        if numbers[0] == self._open_window:
            square[0] += self._open_square
            count[0] += self._open_count
        complete = steps[-1] % self.per_window == self.per_window - 1
        self._open_window = int(numbers[-1]) if not complete else -1
        self._open_square, self._open_count = square[-1].copy(), count[-1].copy()
        last = len(numbers) if complete else len(numbers) - 1
        return numbers[:last] * WINDOW_S // WEEK_S, _root_mean(square[:last], count[:last])


class WeeklyBand:
    """Counts means inside a band, week by week, and keeps the worst week of each entity.

    Parameters
    ----------
    count : int
        Number of entities.
    normal : tuple of float
        Band for `SHARE` of the means of each week.
    always : tuple of float, optional
        Band for all means.
    """

    def __init__(self, count: int, normal: Band, always: Band | None = None) -> None:
        self._normal_band, self._always_band = normal, always
        self.outside_always: IntArray = np.zeros(count, dtype=np.int64)
        self._worst: FloatArray = np.full(count, np.nan)
        self._week = 0
        self._normal: IntArray = np.zeros(count, dtype=np.int64)
        self._known: IntArray = np.zeros(count, dtype=np.int64)

    def add(self, week: int, means: FloatArray) -> None:
        """Add means of one week; weeks come in order."""
        if week != self._week:
            self._worst = np.fmin(self._worst, self._share())
            self._normal, self._known = np.zeros_like(self._normal), np.zeros_like(self._known)
            self._week = week
        normal = np.count_nonzero(_inside(means, self._normal_band), axis=0)
        known = normal if (normal == len(means)).all() else np.count_nonzero(np.isfinite(means), axis=0)
        self._normal += normal
        self._known += known
        if self._always_band is not None and known is not normal:
            self.outside_always += known - np.count_nonzero(_inside(means, self._always_band), axis=0)

    def _share(self) -> FloatArray:
        share: FloatArray = np.divide(self._normal, self._known, out=np.full(len(self._known), np.nan), where=self._known > 0)
        return share

    @property
    def worst_share(self) -> FloatArray:
        """Share of means inside the normal band in the worst week of each entity, NaN without any, shape (count,) [-]."""
        return np.asarray(np.fmin(self._worst, self._share()))


def _root_mean(square: FloatArray, count: FloatArray) -> FloatArray:
    return np.sqrt(np.divide(square, count, out=np.full_like(square, np.nan), where=count > 0.0))


def _inside(means: FloatArray, band: Band) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = (means >= band[0] - _ROUNDING) & (means <= band[1] + _ROUNDING)
    return inside
