# SPDX-License-Identifier: Apache-2.0
"""How far off the own forecasts were lately, as quantiles: by lead and hour of the day, for each series by itself."""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.units import SECONDS_PER_DAY, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twinergy.forecast.contract import FloatArray, IntArray

EDGES_H: Final = (1.0, 3.0, 6.0, 12.0, 24.0, 48.0)
"""Upper ends of the leads that share their errors; of each, the longest lead counts, which is on the safe side."""
DAYS: Final = 28
"""Days of errors in memory."""
RASTER_S: Final = 900
"""Finer steps are sampled on this raster, so that memory does not grow with their number."""
FEWEST: Final = 20
"""Errors below which an hour of the day does not speak for itself."""


class Residuals:
    """Errors of a provider's own forecasts, kept for some weeks.

    Quantiles are those of the split conformal method [1]_ taken over a moving window: the level *a* of *n* errors is the one of
    rank *a (n + 1)*, interpolated. Each (lead, hour of day) has its own; where fewer than `FEWEST` were seen, all hours share.

    Parameters
    ----------
    n_series : int
        Number of series.
    step_s : int
        Length of a step. [s]

    References
    ----------
    .. [1] J. Lei et al., "Distribution-free predictive inference for regression", Journal of the American Statistical
       Association 113 (2018) 1094-1111, algorithm 2.
    """

    def __init__(self, n_series: int, step_s: int) -> None:
        self._stride = max(1, RASTER_S // step_s)
        self._per_day = max(1, SECONDS_PER_DAY // step_s // self._stride)
        self._hours = gcd(self._per_day, 24)
        self._edges = np.array(EDGES_H) * SECONDS_PER_HOUR / step_s
        self._waiting = np.zeros((len(EDGES_H), int(self._edges[-1]) // self._stride + 2, n_series), dtype=np.float32)
        self._awaited = np.full(self._waiting.shape[:2], -1, dtype=np.int64)
        self._errors = np.full((len(EDGES_H), DAYS, self._per_day, n_series), np.nan, dtype=np.float32)
        self._day = -1
        self._sorted: tuple[int, _Ranked, _Ranked] | None = None

    def said(self, last: int, expected: FloatArray) -> None:
        """Remember a forecast of the steps after the last one, shape ``(n_steps, n_series)``, until the truth arrives."""
        leads = np.arange(len(expected))
        bucket = np.searchsorted(self._edges, leads + 1)
        numbers = last + 1 + leads
        wanted = (bucket < len(self._edges)) & (numbers % self._stride == 0)
        leads, bucket, numbers = leads[wanted], bucket[wanted], numbers[wanted]
        place = numbers // self._stride % self._waiting.shape[1]
        new = self._awaited[bucket, place] != numbers
        leads, bucket, place = leads[new], bucket[new], place[new]
        self._waiting[bucket, place] = expected[leads]
        self._awaited[bucket, place] = numbers[new]

    def came(self, number: int, x: FloatArray) -> None:
        """Keep the errors of what was said about a step."""
        day = number // self._stride // self._per_day
        if day != self._day:
            passed = np.arange(max(self._day + 1, day - DAYS + 1), day + 1) % DAYS
            self._errors[:, passed] = np.nan
            self._day = day
        if number % self._stride:
            return
        place = number // self._stride % self._waiting.shape[1]
        known = np.flatnonzero(self._awaited[:, place] == number)
        if known.size:
            self._errors[known, day % DAYS, number // self._stride % self._per_day] = x - self._waiting[known, place]

    def quantiles(self, levels: Sequence[float], last: int, n_steps: int) -> FloatArray:
        """Return what to add to the expectation, not falling with the level, shape ``(len(levels), n_steps, n_series)``."""
        of_hour, of_all = self._ranked()
        numbers = np.arange(last + 1, last + 1 + n_steps)
        bucket = np.minimum(np.searchsorted(self._edges, np.arange(1, n_steps + 1)), len(self._edges) - 1)
        hour = numbers // self._stride % self._per_day * self._hours // self._per_day
        few = of_hour.count[bucket, hour] < FEWEST
        added = np.empty((len(levels), *few.shape))
        for row, level in enumerate(levels):
            added[row] = of_hour.at(level, bucket, hour)
            if few.any():
                added[row] = np.where(few, of_all.at(level, bucket, np.zeros_like(hour)), added[row])
        return added

    def _ranked(self) -> tuple[_Ranked, _Ranked]:
        """Return the errors in order, by hour and for all hours; sorted once a day, when first asked for."""
        if self._sorted is None or self._sorted[0] != self._day:
            buckets, _, _, n_series = self._errors.shape
            by_hour = self._errors.reshape(buckets, DAYS, self._hours, -1, n_series).swapaxes(1, 2)
            of_hour = _Ranked(by_hour.reshape(buckets, self._hours, -1, n_series))
            of_all = _Ranked(self._errors.reshape(buckets, 1, -1, n_series))
            self._sorted = (self._day, of_hour, of_all)
        return self._sorted[1], self._sorted[2]


class _Ranked:
    """Errors in order, NaN last, shape ``(buckets, hours, n, n_series)``."""

    def __init__(self, errors: NDArray[np.float32]) -> None:
        self._errors = np.sort(errors, axis=2)
        self.count = np.count_nonzero(~np.isnan(errors), axis=2)

    def at(self, level: float, bucket: IntArray, hour: IntArray) -> FloatArray:
        """Return the quantile at a level, 0 where there are no errors, shape ``(len(bucket), n_series)``."""
        count = self.count[bucket, hour]
        rank = np.clip(level * (count + 1) - 1.0, 0.0, np.maximum(count - 1, 0))
        low = rank.astype(np.int64)
        series = np.arange(count.shape[1])
        rows = (bucket[:, None], hour[:, None])
        below = self._errors[(*rows, low, series)]
        above = self._errors[(*rows, np.minimum(low + 1, np.maximum(count - 1, 0)), series)]
        return np.asarray(np.where(count > 0, below + (rank - low) * (above - below), 0.0))
