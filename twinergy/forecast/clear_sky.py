# SPDX-License-Identifier: Apache-2.0
"""PV: what a home's roof usually makes of this sun, as bright as it has lately been."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.forecast.contract import Method
from twinergy.forecast.sun import ClearSky
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinergy.community.twin import Site
    from twinergy.forecast.contract import FloatArray, IntArray
    from twinergy.forecast.options import ClearSkyOptions
    from twinergy.forecast.sun import Daylight

PLACES: Final = 24
"""Parts of the sun's way over the sky; a roof's orientation is learned as its yield in each."""
BRIGHTNESS_H: Final = 0.25
"""Over how long the present brightness is averaged; tuned as `DAY_SHARE`."""
DAY_BRIGHTNESS_H: Final = 12.0
"""Over how long the day's brightness is averaged; nights do not count."""
DAY_SHARE: Final = 0.4
"""How much of a day's deviation from the usual is expected of the next; tuned on Potsdam and Athens 2019, see the how-to."""
FAINT_SHARE: Final = 0.05
"""Part of the day's brightest light below which brightness is not yet trusted."""
FAINT_W_PER_M2: Final = 50.0
"""Light below which a ratio says little of what a roof can do."""
PEAK_HALF_LIFE_DAYS: Final = 90.0
"""Of the highest yield ever seen in a place: roofs get dirty and trees grow; assumption."""
WANTED_DAYS: Final = 7.0


class ClearSkyScaled(Method):
    """Clear-sky scaled PV, per home: the roof is learned, the brightness carried on.

    Measured power over clear-sky light gives, for each part of the sun's way, the usual and the highest yield of the home: that
    is its orientation and its shade, whatever they are. What is expected is the usual yield times the light to come, more or
    less by how bright it is now and was over the last day, which fades. It never exceeds the highest yield
    seen. The clear-sky index as the quantity to persist follows Antonanzas et al. [1]_, section 4.

    Parameters
    ----------
    options : ClearSkyOptions
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

    def __init__(self, options: ClearSkyOptions, n_series: int, site: Site, step_s: int) -> None:
        self._sky = ClearSky(site.latitude_deg, site.longitude_deg, step_s)
        self._options = options
        self._step_h = step_s / SECONDS_PER_HOUR
        self._per_day = round(24.0 / self._step_h)
        self._made = np.zeros((PLACES, n_series))
        self._light = np.zeros((PLACES, n_series))
        self._peak = np.zeros((PLACES, n_series))
        self._top = np.zeros(n_series)
        self._recent = np.zeros((2, 2, n_series))  # now and the last day; made and usual
        self._keep = np.exp(-self._step_h / np.array([BRIGHTNESS_H, DAY_BRIGHTNESS_H]))[:, None, None]
        self._brightest = 0.0
        self._last: int | None = None
        self._seen = np.zeros(n_series)

    def learn(self, number: int, x: FloatArray, weather: Mapping[str, float]) -> None:  # noqa: ARG002
        """See `Method.learn`."""
        self._age(number)
        there = ~np.isnan(x)
        self._seen += there
        sky = self._sky.over(np.array([number]))
        light, place, self._brightest = float(sky.light_w_per_m2[0]), float(sky.place[0]), float(sky.brightest_w_per_m2[0])
        if light <= 0.0:
            return
        made = np.where(there, x, 0.0)
        usual = np.where(there, light * self._usual(np.array([place]))[0], 0.0)
        self._recent = self._keep * self._recent + np.stack([made, usual])
        part = min(int(place * PLACES), PLACES - 1)
        self._made[part] += made
        self._light[part] += np.where(there, light, 0.0)
        self._peak[part] = np.maximum(self._peak[part], made / max(light, FAINT_W_PER_M2))
        self._top = np.maximum(self._top, made / max(self._brightest, FAINT_W_PER_M2))

    def _age(self, number: int) -> None:
        """Let what was learned grow older at the end of each day (UTC)."""
        days = 0 if self._last is None else number // self._per_day - self._last // self._per_day
        self._last = number
        if days:
            fade = 0.5 ** (days / self._options.half_life_days)
            self._made *= fade
            self._light *= fade
            self._peak *= 0.5 ** (days / PEAK_HALF_LIFE_DAYS)

    def _usual(self, place: FloatArray) -> FloatArray:
        """Return the usual yield at some places of the sun, shape ``(len(place), n_series)``, in kW per W/m2."""
        overall = self._made.sum(axis=0) / np.maximum(self._light.sum(axis=0), 1e-9)
        doubt = 0.5 * FAINT_W_PER_M2  # light after which a place speaks more for itself than the mean of all
        usual = (self._made + doubt * overall) / (self._light + doubt)
        position = np.clip(place * PLACES - 0.5, 0.0, PLACES - 1.0)
        low = np.minimum(position.astype(np.int64), PLACES - 2)
        weight = (position - low)[:, None]
        return np.asarray((1.0 - weight) * usual[low] + weight * usual[low + 1])

    def expect(self, last: int, n_steps: int) -> FloatArray:
        """See `Method.expect`."""
        numbers = np.arange(last + 1, last + 1 + n_steps)
        sky = self._sky.over(numbers)
        lead_h = np.asarray((numbers - last)[:, None] * self._step_h, dtype=np.float64)
        options = self._options
        brightness = 1.0 + self._deviation(0) * fading(lead_h, options.fade_h)
        brightness += DAY_SHARE * self._deviation(1) * (fading(lead_h, options.day_fade_h) - fading(lead_h, options.fade_h))
        expected = np.maximum(brightness, 0.0) * self._usual(sky.place) * sky.light_w_per_m2[:, None]
        return np.minimum(expected, self.ceiling(last, n_steps))

    def _deviation(self, row: int) -> FloatArray:
        """Return how much brighter than usual it was, -1 for dark, shape ``(n_series,)``."""
        made, usual = self._recent[row]
        overall = self._made.sum(axis=0) / np.maximum(self._light.sum(axis=0), 1e-9)
        faint = np.maximum(FAINT_SHARE * self._brightest * overall, 1e-9)
        return np.asarray((made + faint) / (usual + faint) - 1.0)

    def ceiling(self, last: int, n_steps: int) -> FloatArray:
        """Return the highest yield ever seen times the light to come, 0 at night, shape ``(n_steps, n_series)``."""
        sky = self._sky.over(np.arange(last + 1, last + 1 + n_steps))
        position = np.clip(sky.place * PLACES - 0.5, 0.0, PLACES - 1.0)
        low = np.minimum(position.astype(np.int64), PLACES - 2)
        highest = np.where(self._light > 0.0, self._peak, np.inf)  # a place never seen limits nothing
        peak = np.maximum(highest[low], highest[low + 1]) * np.maximum(sky.light_w_per_m2, FAINT_W_PER_M2)[:, None]
        top = self._top * sky.brightest_w_per_m2[:, None]
        return np.where((sky.light_w_per_m2 > 0.0)[:, None], np.minimum(peak, top), 0.0)

    def sky(self, numbers: IntArray) -> Daylight:
        """Return the clear sky in these steps."""
        return self._sky.over(numbers)

    def daylight(self, numbers: IntArray) -> FloatArray:
        """Return clear-sky light of these steps, shape ``(len(numbers),)``. [W/m2]."""
        return self._sky.over(numbers).light_w_per_m2

    @property
    def ready(self) -> FloatArray:
        """Share of one week that was measured, shape ``(n_series,)``."""
        return np.minimum(self._seen / (WANTED_DAYS * self._per_day), 1.0)


def fading(lead_h: FloatArray, fade_h: float) -> FloatArray:
    """Return the share that is left after some time, 0 where nothing lasts, same shape. [-]."""
    return np.exp(-lead_h / fade_h) if fade_h > 0.0 else np.zeros_like(lead_h)
