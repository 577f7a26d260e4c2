# SPDX-License-Identifier: Apache-2.0
"""Gradient boosted trees that correct a simpler forecast, trained on past measured data only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.forecast.contract import Method
from twinergy.forecast.examples import Examples
from twinergy.forecast.past import Past
from twinergy.randomness import device_generator
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from twinergy.forecast.clock import LocalClock
    from twinergy.forecast.contract import FloatArray, IntArray
    from twinergy.forecast.options import BoostingOptions

FEATURES: Final = (
    "lead in h",
    "simpler forecast, in usual sizes of the series, as all powers here",
    "same time of the last day",
    "same time a week before",
    "last value",
    "mean of the last hour",
    "mean of the last day",
    "local hour of the day",
    "weekday, a holiday is a Sunday",
    "outdoor temperature now",
    "mean outdoor temperature of the last day",
)
DAYS_PER_WEEK: Final = 7
TEMPERATURE: Final = "temp_degc"
SMALLEST_KW: Final = 1e-3
"""Least usual size of a series: of what is always zero nothing is to be learned."""
MOST_CORRECTED: Final = 3.0
"""Usual sizes by which an example's answer counts at most: one kettle must not teach all homes."""


class Boosting(Method):
    """Gradient boosting [1]_ on top of a simpler forecast; all series share one model ("pooled"), each in its own usual size.

    Pooled, the forecast of a home hangs on its neighbours' past, and more homes teach more. Before enough days were seen, and for
    a home with little past, the simpler forecast speaks alone.

    Parameters
    ----------
    options : BoostingOptions
        Memory, training, trees.
    simple : Method
        The forecast that is corrected.
    n_series : int
        Number of series.
    clock : LocalClock
        Of the place.
    step_s : int
        Length of a step. [s]
    seed : int
        Of the run: which examples are drawn.

    References
    ----------
    .. [1] G. Ke et al., "LightGBM: a highly efficient gradient boosting decision tree", NeurIPS 30 (2017) 3146-3154, which
       scikit-learn's HistGradientBoostingRegressor follows.
    """

    def __init__(
        self, options: BoostingOptions, simple: Method, n_series: int, clock: LocalClock, step_s: int, seed: int
    ) -> None:
        self._options = options
        self._simple = simple
        self._clock = clock
        self._per_hour = max(1, round(SECONDS_PER_HOUR / step_s))
        self._step_h = step_s / SECONDS_PER_HOUR
        self._n_series = n_series
        self._seed = seed
        self._horizon = max(1, round(options.horizon_h / self._step_h))
        self._past = Past((DAYS_PER_WEEK + 2) * clock.per_day + self._horizon, n_series)
        self._air = Past(clock.per_day, 1)
        self._examples = Examples(options.most_examples, len(FEATURES))
        self._drawn = max(1, round(options.most_examples * max(1.0, self._step_h) / (options.memory_days * 24)))
        self._model: Any = None
        self._threads: Any = None  # one thread: on a busy machine threads that wait for each other take ten times as long
        self._telling: IntArray = np.arange(len(FEATURES))
        self._began: int | None = None
        self._trained = 0
        self._seen = np.zeros(n_series)

    def learn(self, number: int, x: FloatArray, weather: Mapping[str, float]) -> None:
        """See `Method.learn`. Once in `BoostingOptions.retrain_days` this trains anew."""
        self._simple.learn(number, x, weather)
        self._past.add(number, x)
        self._air.add(number, np.array([weather.get(TEMPERATURE, np.nan)]))
        self._seen += ~np.isnan(x)
        per_day = self._clock.per_day
        if self._began is None:
            self._began = self._trained = number
        if number % self._per_hour == 0:
            self._draw(number)
        if number % per_day == 0:
            self._examples.answer(self._past, number)
            wanted = self._options.min_days if self._model is None else self._options.retrain_days
            if number - self._trained >= wanted * per_day:
                self._train(number)

    def _draw(self, number: int) -> None:
        """Write down what is known now about some coming steps of some homes; both are drawn anew every hour."""
        rng = device_generator(self._seed, "forecast", "boosting", number)
        series = rng.integers(self._n_series, size=self._drawn)
        leads = rng.integers(self._horizon, size=self._drawn)
        simple = self._simple.expect(number, self._horizon)[leads, series]
        scale = self._scale()
        known = self._known(number, leads, series, simple, scale)
        there = ~np.isnan(known[:, 4])  # a home without a last value teaches nothing
        self._examples.add(known[there], simple[there], scale[series][there], number + 1 + leads[there], series[there])

    def _scale(self) -> FloatArray:
        """Return the usual size of each series, shape ``(n_series,)``. [kW]."""
        mean = self._past.mean(DAYS_PER_WEEK * self._clock.per_day)
        return np.asarray(np.where(np.isnan(mean), SMALLEST_KW, np.maximum(mean, SMALLEST_KW)))

    def _known(self, last: int, leads: IntArray, series: IntArray, simple: FloatArray, scale: FloatArray) -> FloatArray:
        """Return `FEATURES` of pairs of lead and series, shape ``(n, len(FEATURES))``; gaps are NaN."""
        per_day = self._clock.per_day
        target = last + 1 + leads
        day_before = target - per_day * (leads // per_day + 1)
        week = DAYS_PER_WEEK * per_day
        week_before = target - week * (leads // week + 1)
        size = scale[series]
        days, slots = self._clock.read(np.arange(last + 1, last + 2 + leads.max(initial=0)))
        now, hour, day = (self._past.mean(rows)[series] for rows in (1, self._per_hour, per_day))
        known = np.empty((len(leads), len(FEATURES)))
        known[:, 0] = leads * self._step_h
        known[:, 1] = simple / size
        known[:, 2] = self._past.at(day_before, series) / size
        known[:, 3] = self._past.at(week_before, series) / size
        known[:, 4], known[:, 5], known[:, 6] = now / size, hour / size, day / size
        known[:, 7] = slots[leads] * self._step_h
        known[:, 8] = self._clock.kind(days)[leads]
        known[:, 9] = self._air.mean(1)[0]
        known[:, 10] = self._air.mean(per_day)[0]
        return known

    def _train(self, number: int) -> None:
        known, answer = self._examples.answered()
        if len(answer) < self._options.leaves:
            return
        from sklearn.ensemble import HistGradientBoostingRegressor  # noqa: PLC0415 - slow to load
        from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]  # noqa: PLC0415 - as above

        options = self._options
        model = HistGradientBoostingRegressor(
            max_iter=options.iterations,
            learning_rate=options.learning_rate,
            max_leaf_nodes=options.leaves,
            min_samples_leaf=max(1, min(200, len(answer) // 20)),
            early_stopping=False,
            random_state=0,
        )
        self._telling = np.flatnonzero(_differs(known))
        self._threads = self._threads or ThreadpoolController()
        with self._threads.limit(limits=1, user_api="openmp"):
            self._model = model.fit(known[:, self._telling], np.clip(answer, -MOST_CORRECTED, MOST_CORRECTED))
        self._trained = number

    def expect(self, last: int, n_steps: int) -> FloatArray:
        """See `Method.expect`."""
        simple = self._simple.expect(last, n_steps)
        if self._model is None:
            return simple
        scale = self._scale()
        leads, series = np.divmod(np.arange(n_steps * self._n_series), self._n_series)
        known = self._known(last, leads, series, simple.ravel(), scale)
        with self._threads.limit(limits=1, user_api="openmp"):
            correction = self._model.predict(known[:, self._telling]).reshape(simple.shape)
        corrected = simple + scale * correction
        trusted = self._seen >= self._options.min_days * self._clock.per_day
        return np.where(trusted, corrected, simple)

    def ceiling(self, last: int, n_steps: int) -> FloatArray | None:
        """See `Method.ceiling`: that of the simpler forecast."""
        return self._simple.ceiling(last, n_steps)

    @property
    def ready(self) -> FloatArray:
        """Share of the days before the first training that was measured; 0.99 at most until it is trained."""
        share = np.minimum(self._seen / (self._options.min_days * self._clock.per_day), 1.0)
        return np.minimum(share, 0.99) if self._model is None else share


def _differs(known: FloatArray) -> NDArray[np.bool_]:
    """Return which features take at least two values; one that is missing throughout cannot be sorted into bins."""
    there = ~np.isnan(known)
    low = np.where(there, known, np.inf).min(axis=0)
    return np.asarray(np.where(there, known, -np.inf).max(axis=0) > low)
