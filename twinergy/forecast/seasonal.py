# SPDX-License-Identifier: Apache-2.0
"""As it usually is at this local time of such a day, and for a while as much more or less as it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.forecast.clock import DAYS_PER_WEEK
from twinergy.forecast.contract import Method
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinergy.forecast.clock import LocalClock
    from twinergy.forecast.contract import FloatArray
    from twinergy.forecast.options import SeasonalOptions

FULL_WEEKDAYS: Final = 4.0
"""Days of one kind after which they are told from the others as far as the options say."""
WANTED_DAYS: Final = 7
TRACE: Final = 1e-6
"""Weight below which nothing counts as seen: more than rounding, less than a day of ten half-lives ago."""
MOST_CARRIED: Final = 0.98
"""Bound of the carried share of a deviation; nearer to 1 it would never fade."""


class Seasonal(Method):
    """Exponentially weighted means by weekday and local time of day, plus the fading deviation of the last value.

    The deviation fades as an autoregression of first order whose coefficient is learned per series, the correction that
    Taylor [1]_ adds to seasonal smoothing.

    Parameters
    ----------
    options : SeasonalOptions
        Half-life, smoothing, weekdays.
    n_series : int
        Number of series.
    clock : LocalClock
        Of the place.
    step_s : int
        Length of a step. [s]

    References
    ----------
    .. [1] J. W. Taylor, "Short-term electricity demand forecasting using double seasonal exponential smoothing", Journal of the
       Operational Research Society 54 (2003) 799-805.
    """

    def __init__(self, options: SeasonalOptions, n_series: int, clock: LocalClock, step_s: int) -> None:
        shape = (DAYS_PER_WEEK, clock.per_day, n_series)
        self._options = options
        self._clock = clock
        self._sum = np.zeros(shape)
        self._weight = np.zeros(shape)
        self._day = -1
        self._kind = 0
        self._table: FloatArray = np.zeros(shape)
        self._window = max(0, round(options.smoothing_h * SECONDS_PER_HOUR / step_s / 2))
        self._deviation = np.zeros(n_series)
        self._deviation_number = np.zeros(n_series, dtype=np.int64)
        self._product = np.zeros(n_series)
        self._square = np.full(n_series, 1e-12)
        self._forget = 0.5 ** (1.0 / (options.half_life_days * clock.per_day))
        self._seen = np.zeros(n_series)
        self._young = True
        self._began: int | None = None
        self._per_hour = max(1, round(SECONDS_PER_HOUR / step_s))

    def learn(self, number: int, x: FloatArray, weather: Mapping[str, float]) -> None:  # noqa: ARG002
        """See `Method.learn`."""
        days, slots = self._clock.read(np.array([number]))
        day, slot = int(days[0]), int(slots[0])
        if day != self._day:
            self._turn(day)
        elif self._young and slot % self._per_hour == 0:
            self._table = self._means()
        there = ~np.isnan(x)
        self._carry(number, np.where(there, x - self._table[self._kind, slot], np.nan), there)
        self._sum[self._kind, slot] += np.where(there, x, 0.0)
        self._weight[self._kind, slot] += there
        self._seen += there
        self._young = self._young and number - self._first(number) < WANTED_DAYS * self._clock.per_day

    def _first(self, number: int) -> int:
        self._began = number if self._began is None else self._began
        return self._began

    def _turn(self, day: int) -> None:
        """Begin a local day: what was learned grows older, and the table is made new."""
        if self._day >= 0:
            fade = 0.5 ** ((day - self._day) / self._options.half_life_days)
            self._sum *= fade
            self._weight *= fade
        self._day, self._kind = day, int(self._clock.kind(np.array([day]))[0])
        self._table = self._means()

    def _carry(self, number: int, deviation: FloatArray, there: FloatArray) -> None:
        """Learn how much of a deviation is still there one step later."""
        both = there & (self._deviation_number == number - 1)
        self._product = self._forget * self._product + np.where(both, deviation * self._deviation, 0.0)
        self._square = self._forget * self._square + np.where(both, self._deviation**2, 0.0)
        self._deviation = np.where(there, deviation, self._deviation)
        self._deviation_number = np.where(there, number, self._deviation_number)

    def _means(self) -> FloatArray:
        """Return the mean of each weekday and time of day; what was never seen leans on the rest."""
        total, weight = self._smooth(self._sum), self._smooth(self._weight)
        all_total, all_weight = total.sum(axis=0), weight.sum(axis=0)
        overall = all_total.sum(axis=0) / np.maximum(all_weight.sum(axis=0), TRACE)
        of_time = np.where(all_weight > TRACE, all_total / np.maximum(all_weight, TRACE), overall)
        of_kind = np.where(weight > TRACE, total / np.maximum(weight, TRACE), of_time)
        trust = self._options.weekday_share * np.minimum(weight / FULL_WEEKDAYS, 1.0)
        return np.asarray(of_time + trust * (of_kind - of_time))

    def _smooth(self, values: FloatArray) -> FloatArray:
        """Return the mean over neighbouring times of day, which follow each other round the clock."""
        width = self._window
        if width == 0:
            return values
        padded = np.concatenate([values[:, -width:], values, values[:, :width]], axis=1)
        sums = np.cumsum(padded, axis=1)
        sums = np.concatenate([np.zeros_like(sums[:, :1]), sums], axis=1)
        span = 2 * width + 1
        return np.asarray(np.maximum(sums[:, span:] - sums[:, :-span], 0.0) / span)

    def expect(self, last: int, n_steps: int) -> FloatArray:
        """See `Method.expect`."""
        numbers = np.arange(last + 1, last + 1 + n_steps)
        days, slots = self._clock.read(numbers)
        usual = self._table[self._clock.kind(days), slots]
        carried = np.clip(self._product / self._square, 0.0, MOST_CARRIED)
        age = numbers[:, None] - self._deviation_number
        return np.asarray(np.maximum(usual + self._deviation * carried**age, 0.0))

    @property
    def ready(self) -> FloatArray:
        """Share of one week that was measured, shape ``(n_series,)``."""
        return np.minimum(self._seen / (WANTED_DAYS * self._clock.per_day), 1.0)
