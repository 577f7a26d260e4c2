# SPDX-License-Identifier: Apache-2.0
"""PV: what a home's roof usually makes of the sun that the weather service forecasts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.forecast.clear_sky import PLACES, ClearSkyScaled, fading
from twinergy.forecast.contract import Method
from twinergy.forecast.options import ClearSkyOptions
from twinergy.forecast.yields import Yields
from twinergy.units import SECONDS_PER_DAY, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinergy.community.twin import Site
    from twinergy.forecast.contract import FloatArray
    from twinergy.forecast.options import WeatherServiceOptions

GHI: Final = "ghi_w_per_m2"
CLEAR: Final = "ghi_clear_w_per_m2"
BRIGHTEST: Final = 1.5
"""Highest clear-sky index that is believed."""
LEAST_CLEAR_W_PER_M2: Final = 1.0
"""Clear-sky light below which a ratio to it says nothing."""


class WeatherServiceScaled(Method):
    """PV by the weather service, per home: the roof and what it makes of a forecast are learned.

    The clear-sky index that the service forecasts, light over that of a clear sky, times clear-sky light on a usual roof is what
    the home's power is learned against, for each part of the sun's way (`Yields`): that is the roof's orientation and shade, and
    how far the forecast can be trusted. In the first hours what was just measured knows better: there the forecast of
    `ClearSkyScaled`, which carries on the present brightness, is blended in. Measurements for the first hours and weather models
    beyond is what Antonanzas et al. [1]_ find in the literature.

    What the service does not reach is left to `ClearSkyScaled`, as is everything where there is no service.

    Parameters
    ----------
    options : WeatherServiceOptions
        Half-life and blending.
    n_series : int
        Number of homes.
    site : Site
        Where they stand.
    step_s : int
        Length of a step. [s]

    References
    ----------
    .. [1] J. Antonanzas et al., "Review of photovoltaic power forecasting", Solar Energy 136 (2016) 78-111.
    """

    def __init__(self, options: WeatherServiceOptions, n_series: int, site: Site, step_s: int) -> None:
        self._fade_h = options.fade_h
        self._step_h = step_s / SECONDS_PER_HOUR
        self._simple = ClearSkyScaled(ClearSkyOptions(), n_series, site, step_s)
        self._yields = Yields(PLACES, n_series, options.half_life_days, SECONDS_PER_DAY // step_s)
        self._index: FloatArray = np.empty(0)
        self._told_from = 0
        self._last = -1

    def told(self, weather: Mapping[str, FloatArray]) -> None:
        """See `Method.told`. The service may be somebody else's: it ends at its first gap."""
        if GHI not in weather or CLEAR not in weather:
            return
        clear = np.asarray(weather[CLEAR], dtype=np.float64)
        index = np.where(clear >= LEAST_CLEAR_W_PER_M2, weather[GHI] / np.maximum(clear, LEAST_CLEAR_W_PER_M2), 0.0)
        unknown = np.flatnonzero(~np.isfinite(index) | ~np.isfinite(clear))
        self._index = np.clip(index[: unknown[0]] if unknown.size else index, 0.0, BRIGHTEST)
        self._told_from = self._last + 1

    def _forecast(self, first: int, n_steps: int) -> FloatArray:
        """Return what the service said of the clear-sky index of consecutive steps; it ends where that ends."""
        begin = first - self._told_from
        return self._index[begin : begin + n_steps] if begin >= 0 else np.empty(0)

    def learn(self, number: int, x: FloatArray, weather: Mapping[str, float]) -> None:
        """See `Method.learn`."""
        self._simple.learn(number, x, weather)
        self._last = number
        index = self._forecast(number, 1)
        sky = self._simple.sky(np.array([number]))
        if index.size and sky.light_w_per_m2[0] > 0.0:
            self._yields.learn(number, float(sky.place[0]), float(sky.light_w_per_m2[0]), float(index[0]), x)

    def expect(self, last: int, n_steps: int) -> FloatArray:
        """See `Method.expect`."""
        expected = self._simple.expect(last, n_steps)
        index = self._forecast(last + 1, n_steps)
        if index.size and self._yields.known:
            reach = len(index)
            sky = self._simple.sky(np.arange(last + 1, last + 1 + reach))
            forecast = self._yields.expect(sky.place, sky.light_w_per_m2, index)
            lead_h = np.asarray(np.arange(1, reach + 1)[:, None] * self._step_h, dtype=np.float64)
            expected[:reach] = forecast + fading(lead_h, self._fade_h) * (expected[:reach] - forecast)
        return expected

    def ceiling(self, last: int, n_steps: int) -> FloatArray:
        """See `Method.ceiling`: the highest yield ever seen."""
        return self._simple.ceiling(last, n_steps)

    @property
    def ready(self) -> FloatArray:
        """See `Method.ready`."""
        return self._simple.ready
