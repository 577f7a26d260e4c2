# SPDX-License-Identifier: Apache-2.0
"""The weather forecast service: what a weather model says about the days to come, which is not the truth.

D4.4 of TwinERGY names such a service as an actor outside (HLUC02). It issues a forecast at 00, 06, 12 and 18 UTC that can be had
`DELAY_S` later, of hours, for `REACH_H`. Sun and temperature are wrong independently of each other.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.weather.service_error import BRIGHTEST, DARKEST, REGIME_H, clear_sky_index, forecast_index, growth, noises
from simulators.weather.service_truth import Truth, clear_sky_w_per_m2
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from simulators.weather.params import ForecastOptions
    from simulators.weather.series import Source
    from twinergy.community.twin import Site
    from twinergy.timebase import TimeAxis

    FloatArray = NDArray[np.float64]

HOUR_S: Final = int(SECONDS_PER_HOUR)
EVERY_S: Final = 6 * HOUR_S
DELAY_S: Final = 4 * HOUR_S
"""From the hour a forecast is named after until it can be had; assumption: a global model and its distribution take that long."""
REACH_H: Final = 168
TYPICAL_RRMSE: Final = 0.4
"""Relative error for which `service_error` is calibrated."""
GHI, CLEAR, TEMP = "ghi_w_per_m2", "ghi_clear_w_per_m2", "temp_degc"
log = logging.getLogger("simulators.weather")


class Issue(NamedTuple):
    """A forecast on the raster of the run's steps.

    Attributes
    ----------
    number : int
        Counted from the epoch.
    first : int
        First step, counted from the epoch.
    values : mapping of str to ndarray, shape (n_steps,)
        By port.
    """

    number: int
    first: int
    values: dict[str, FloatArray]


class WeatherService:
    """Forecasts of one weather device.

    Parameters
    ----------
    source : Source
        The weather.
    site : Site
        Place.
    axis : TimeAxis
        Steps of the run.
    options : ForecastOptions
        How good the service is.
    seed : int
        Of the run.
    device_id : str
        Of the weather device.
    """

    def __init__(self, source: Source, site: Site, axis: TimeAxis, options: ForecastOptions, seed: int, device_id: str) -> None:
        self._site, self._options, self._step_s = site, options, axis.step_s
        self._key = (seed, device_id)
        self._hours = Truth(source, site, axis, HOUR_S)
        self._steps = self._hours if axis.step_s == HOUR_S else Truth(source, site, axis, axis.step_s)
        self._issue: Issue | None = None
        self._said_end = False

    def ahead(self, now_s: int, n_steps: int) -> Mapping[str, FloatArray]:
        """Return the newest forecast that can be had at an instant, for the steps from it on, arrays of shape ``(n_steps,)``.

        Parameters
        ----------
        now_s : int
            Start of the first step, on the raster of the steps. [s]
        n_steps : int
            How many steps; fewer come back where the forecast ends, some 158 hours ahead or more.

        Returns
        -------
        mapping of str to ndarray
            ``ghi_w_per_m2`` forecast, ``ghi_clear_w_per_m2`` under a clear sky, ``temp_degc``; do not write to them.
        """
        number = (now_s - DELAY_S) // EVERY_S
        issue = self._issue
        if issue is None or issue.number != number:
            issue = self._issue = self.issued(number)
        row = now_s // self._step_s - issue.first
        return {port: values[row : row + n_steps] for port, values in issue.values.items()}

    def issued(self, number: int) -> Issue:
        """Return an issue, from the first step that begins when it can be had or later."""
        issue_s = number * EVERY_S
        first = -(-(issue_s + DELAY_S) // self._step_s)
        last = (issue_s + REACH_H * HOUR_S) // self._step_s
        index, temp_degc = self._hourly(number, issue_s)
        middle_h = ((np.arange(first, last) + 0.5) * self._step_s - issue_s) / HOUR_S
        hours = np.arange(REACH_H) + 0.5
        clear = clear_sky_w_per_m2(self._site, first, last - first, self._step_s)
        ghi = np.interp(middle_h, hours, index) * clear
        share = self._options.ghi_rrmse / TYPICAL_RRMSE
        temp = np.interp(middle_h, hours, temp_degc)
        if share < 1.0 or not self._options.temp_rmse_k:
            truth = self._steps.over(first, last - first)
            ghi = truth.ghi_w_per_m2 + min(share, 1.0) * (ghi - truth.ghi_w_per_m2)
            temp = temp if self._options.temp_rmse_k else truth.temp_degc
        self._say_end(last * self._step_s)
        values = {GHI: ghi, CLEAR: clear, TEMP: temp}
        for each in values.values():
            each.flags.writeable = False  # all agents look at the same
        return Issue(number, first, values)

    def _hourly(self, number: int, issue_s: int) -> tuple[FloatArray, FloatArray]:
        """Return the clear-sky index and the temperature that are forecast for each hour, shape ``(REACH_H,)``."""
        half = REGIME_H // 2
        sky = self._hours.over(issue_s // HOUR_S - half, REACH_H + 2 * half)
        inside = slice(half, half + REACH_H)
        smoothed, mean, deviation = (values[inside] for values in clear_sky_index(sky.ghi_w_per_m2, sky.clear_w_per_m2))
        clouds, warmth = noises(*self._key, number, issue_s, REACH_H)
        lead_h: FloatArray = np.arange(REACH_H, dtype=np.float64) + 0.5
        index = forecast_index(smoothed, mean, deviation, clouds, lead_h)
        share = self._options.ghi_rrmse / TYPICAL_RRMSE
        if share > 1.0:
            index = np.clip(smoothed + share * (index - smoothed), DARKEST, BRIGHTEST)
        return index, sky.temp_degc[inside] + self._options.temp_rmse_k * np.sqrt(growth(lead_h)) * warmth

    def _say_end(self, end_s: int) -> None:
        until_s = self._hours.until_s
        if until_s is not None and end_s > until_s and not self._said_end:
            self._said_end = True
            when = np.datetime64(until_s, "s")
            log.warning("the weather file ends at %s UTC: forecasts of what comes after repeat its last day", when)
