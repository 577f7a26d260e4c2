# SPDX-License-Identifier: Apache-2.0
"""PV: what a home's roof usually makes of the sun that the weather service forecasts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.forecast.clear_sky import PLACES, ClearSkyScaled, fading
from twinergy.forecast.contract import Method
from twinergy.forecast.options import ClearSkyOptions
from twinergy.forecast.yields import Yields
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinergy.community.twin import Site
    from twinergy.forecast.contract import FloatArray
    from twinergy.forecast.options import WeatherServiceOptions

GHI: Final = "ghi_w_per_m2"
CLEAR: Final = "ghi_clear_w_per_m2"
BRIGHTNESS_H: Final = 0.25
"""Over how long the present brightness is averaged."""
FAINT_SHARE: Final = 0.05
"""Part of the brightest light of the day below which brightness is not yet trusted."""
BLEND_H=1.5
MIX0=1.
BRIGHTEST: Final = 1.5
"""Highest clear-sky index that is believed."""
LEAST_CLEAR_W_PER_M2: Final = 1.0
"""Clear-sky light below which its ratio says nothing."""


class WeatherServiceScaled(Method):
    """PV by the weather service, per home: the roof and what it makes of a forecast are learned, the present is carried on.

    The service's clear-sky index, light over that of a clear sky, of the coming steps times clear-sky light on a usual roof is
    what the home's yield is learned against, for each part of the sun's way (`Yields`): that is the roof's orientation and shade,
    and how far the forecast can be trusted. By how much it was just now brighter than forecast is carried on, and fades.
    That forecasts of weather models are best from some hours on, and measurements before, is in Antonanzas et al. [1]_.

    What the service does not reach is left to `ClearSkyScaled`, as is everything where there is no service.

    Parameters
    ----------
    options : WeatherServiceOptions
        Half-life and fading.
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
        self._options = options
        self._simple = ClearSkyScaled(ClearSkyOptions(), n_series, site, step_s)
        self._yields = Yields(PLACES, n_series, options.half_life_days, round(24 * SECONDS_PER_HOUR / step_s))
        self._step_h = step_s / SECONDS_PER_HOUR
        self._keep = np.exp(-self._step_h / BRIGHTNESS_H)
        self._recent = np.zeros((2, n_series))  # made and expected
        self._index: FloatArray = np.empty(0)
        self._told_from = 0
        self._last = -1

    def told(self, weather: Mapping[str, FloatArray]) -> None:
        """See `Method.told`."""
        if GHI not in weather or CLEAR not in weather:
            return
        clear = np.asarray(weather[CLEAR], dtype=np.float64)
        index = np.where(clear >= LEAST_CLEAR_W_PER_M2, weather[GHI] / np.maximum(clear, LEAST_CLEAR_W_PER_M2), 0.0)
        unknown = np.flatnonzero(~np.isfinite(index))  # the service may be somebody else's: it ends where it has a gap
        self._index = np.clip(index[: unknown[0]] if unknown.size else index, 0.0, BRIGHTEST)
        self._told_from = self._last + 1

    def _forecast(self, first: int, n_steps: int) -> FloatArray:
        """Return what the service said of the clear-sky index of consecutive steps; ends where it does, empty before."""
        begin = first - self._told_from
        return self._index[begin : begin + n_steps] if begin >= 0 else np.empty(0)

    def learn(self, number: int, x: FloatArray, weather: Mapping[str, float]) -> None:
        """See `Method.learn`."""
        self._simple.learn(number, x, weather)
        self._last = number
        sky = self._simple.sky(np.array([number]))
        index = self._forecast(number, 1)
        if sky.light_w_per_m2[0] <= 0.0 or not index.size:
            return
        there = ~np.isnan(x)
        made = np.where(there, x, 0.0)
        expected = np.where(there, self._yields.expect(sky.place, sky.light_w_per_m2, index)[0], 0.0)
        self._recent = self._keep * self._recent + np.stack([made, expected])
        self._yields.learn(number, float(sky.place[0]), float(sky.light_w_per_m2[0]), float(index[0]), x)

    def expect(self, last: int, n_steps: int) -> FloatArray:
        """See `Method.expect`."""
        index = self._forecast(last + 1, n_steps)
        reach = len(index) if self._yields.known else 0
        expected = self._simple.expect(last, n_steps)
        if reach:
            sky = self._simple.sky(np.arange(last + 1, last + 1 + reach))
            said = self._yields.expect(sky.place, sky.light_w_per_m2, index)
            said *= self._brightness(reach, float(sky.brightest_w_per_m2[0]))
            lead_h = np.asarray(np.arange(1, reach + 1)[:, None] * self._step_h, dtype=np.float64)
            measured = MIX0 * fading(lead_h, BLEND_H)
            expected[:reach] += (1.0 - measured) * (said - expected[:reach])
        return expected

    def _brightness(self, n_steps: int, brightest_w_per_m2: float) -> FloatArray:
        """Return by how much the coming steps are expected to be brighter than forecast, shape ``(n_steps, n_series)``."""
        made, expected = self._recent
        faint = np.maximum(FAINT_SHARE * brightest_w_per_m2 * self._yields.overall, 1e-9)
        lead_h = np.asarray(np.arange(1, n_steps + 1)[:, None] * self._step_h, dtype=np.float64)
        carried = ((made + faint) / (expected + faint) - 1.0) * fading(lead_h, self._options.fade_h)
        return np.asarray(np.maximum(1.0 + carried, 0.0))

    def ceiling(self, last: int, n_steps: int) -> FloatArray:
        """See `Method.ceiling`: the highest yield ever seen."""
        return self._simple.ceiling(last, n_steps)

    @property
    def ready(self) -> FloatArray:
        """See `Method.ready`."""
        return self._simple.ready
