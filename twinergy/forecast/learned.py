# SPDX-License-Identifier: Apache-2.0
"""A provider around a method: signs, gaps, bounds and quantiles are seen to here, once for all methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twinergy.forecast.contract import Provider
from twinergy.forecast.residuals import Residuals
from twinergy.signs import generation_from_load, load_from_generation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinergy.forecast.contract import FloatArray, Method, Role


class Learned(Provider):
    """Forecasts by a method that learns from what was measured.

    Parameters
    ----------
    method : Method
        How to forecast.
    n_series, step_s : int
        Number of series, and length of a step. [-], [s]
    role : {"load", "pv"}
        Loads are cut off below 0; PV is turned to generation before the method sees it, and back.
    """

    def __init__(self, method: Method, n_series: int, step_s: int, role: Role) -> None:
        self.n_series = n_series
        self.step_s = step_s
        self._method = method
        self._role = role
        self._last: int | None = None
        self._residuals = Residuals(n_series, step_s)
        self._said: FloatArray | None = None

    def observe(self, epoch_s: int, values: FloatArray, weather: Mapping[str, float] | None = None) -> None:
        """Take note of a step; see `Provider.observe`."""
        number = self._checked(epoch_s, values)
        x = np.asarray(values, dtype=np.float64)
        x = generation_from_load(x) if self._role == "pv" else x
        x = np.where(np.isfinite(x), np.maximum(x, 0.0), np.nan)
        self._residuals.came(number, x)
        self._method.learn(number, x, weather or {})
        self._last = number
        self._said = None

    def _checked(self, epoch_s: int, values: FloatArray) -> int:
        number, beside = divmod(epoch_s, self.step_s)
        if beside:
            message = f"a step begins at {epoch_s} s, {beside} s beside the raster of {self.step_s} s"
            raise ValueError(message)
        if np.shape(values) != (self.n_series,):
            message = f"values of the step at {epoch_s} s have the shape {np.shape(values)}, expected ({self.n_series},)"
            raise ValueError(message)
        if self._last is not None and number <= self._last:
            message = f"the step at {epoch_s} s does not come after the last one, at {self._last * self.step_s} s"
            raise ValueError(message)
        return number

    def told(self, weather: Mapping[str, FloatArray]) -> None:
        """Take note of a forecast of the weather; see `Provider.told`."""
        self._method.told(weather)
        self._said = None

    def predict(self, n_steps: int) -> FloatArray:
        """Return the expected power of the coming steps; zero before the first step was observed. See `Provider.predict`."""
        return self._signed(self._expected(n_steps))

    def _expected(self, n_steps: int) -> FloatArray:
        if self._last is None:
            return np.zeros((n_steps, self.n_series))
        if self._said is None or len(self._said) < n_steps:
            self._said = self._within(self._method.expect(self._last, n_steps), n_steps)
            self._residuals.said(self._last, self._said)
        return self._said[:n_steps]

    def quantiles(self, levels: Sequence[float], n_steps: int) -> FloatArray:
        """Return quantiles from the errors of the own forecasts of the last weeks; see `Provider.quantiles`.

        They need forecasts that were asked for before: until some came true, all levels are the expectation.

        Raises
        ------
        ValueError
            If the levels do not rise within (0, 1).
        """
        if not levels or min(levels) <= 0.0 or max(levels) >= 1.0 or any(np.diff(levels) <= 0.0):
            message = f"levels of quantiles must rise within (0, 1), got {tuple(levels)}"
            raise ValueError(message)
        expected = self._expected(n_steps)
        if self._last is None:
            return np.zeros((len(levels), n_steps, self.n_series))
        if self._role == "pv":  # the low levels of the load frame are the high ones of generation
            turned = self._residuals.quantiles([1.0 - level for level in levels], self._last, n_steps)
        else:
            turned = self._residuals.quantiles(levels, self._last, n_steps)
        return self._signed(self._within(expected + turned, n_steps))

    def _within(self, x: FloatArray, n_steps: int) -> FloatArray:
        x = np.maximum(x, 0.0)
        ceiling = self._method.ceiling(self._last, n_steps) if self._last is not None else None
        return x if ceiling is None else np.minimum(x, ceiling)

    def _signed(self, x: FloatArray) -> FloatArray:
        return load_from_generation(x) if self._role == "pv" else x.copy()

    @property
    def ready(self) -> FloatArray:
        """See `Provider.ready`."""
        return self._method.ready
