# SPDX-License-Identifier: Apache-2.0
"""As it is now, and as it was at the same local time of the day before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.forecast.contract import Method
from twinergy.forecast.past import Past
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinergy.forecast.clock import LocalClock
    from twinergy.forecast.contract import FloatArray, IntArray
    from twinergy.forecast.options import PersistenceOptions

DAYS_BACK: Final = 7
"""How many days are searched for one without a gap."""


class Persistence(Method):
    """Persistence: the last value fades into the same local time of the last day on which it was measured.

    Parameters
    ----------
    options : PersistenceOptions
        How fast the last value fades.
    n_series : int
        Number of series.
    clock : LocalClock
        Of the place.
    step_s : int
        Length of a step. [s]
    """

    def __init__(self, options: PersistenceOptions, n_series: int, clock: LocalClock, step_s: int) -> None:
        self._clock = clock
        self._fade = options.fade_h * SECONDS_PER_HOUR / step_s
        self._past = Past((DAYS_BACK + 1) * clock.per_day, n_series)
        self._value = np.zeros(n_series)
        self._number = np.full(n_series, np.iinfo(np.int64).min // 2)
        self._seen = np.zeros(n_series)

    def learn(self, number: int, x: FloatArray, weather: Mapping[str, float]) -> None:  # noqa: ARG002
        """See `Method.learn`."""
        self._past.add(number, x)
        there = ~np.isnan(x)
        self._value = np.where(there, x, self._value)
        self._number = np.where(there, number, self._number)
        self._seen += there

    def expect(self, last: int, n_steps: int) -> FloatArray:
        """See `Method.expect`."""
        numbers = np.arange(last + 1, last + 1 + n_steps)
        before = self._days_before(last, numbers)
        age = numbers[:, None] - self._number
        weight = np.exp(-age / self._fade) if self._fade > 0 else np.zeros(before.shape)
        return np.where(np.isnan(before), self._value, weight * self._value + (1.0 - weight) * before)

    def _days_before(self, last: int, numbers: IntArray) -> FloatArray:
        per_day = self._clock.per_day
        newest = numbers - per_day * ((numbers - last - 1) // per_day + 1)
        days, slots = self._clock.read(numbers)
        values = np.full((len(numbers), len(self._value)), np.nan)
        for back in range(DAYS_BACK):
            source = newest - back * per_day
            source_days, source_slots = self._clock.read(source)
            # where the clock changed in between, the same local time is an hour nearer or farther
            moved = slots - source_slots + per_day * (days - source_days) - (numbers - source)
            shifted = source + moved
            found = self._past.at(np.where(shifted > last, shifted - per_day, shifted))
            values = np.where(np.isnan(values), found, values)
            if not np.isnan(values).any():
                break
        return values

    @property
    def ready(self) -> FloatArray:
        """Share of one day that was measured, shape ``(n_series,)``."""
        return np.minimum(self._seen / self._clock.per_day, 1.0)
