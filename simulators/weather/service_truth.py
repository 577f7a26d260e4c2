# SPDX-License-Identifier: Apache-2.0
"""What the weather will be, for those who make its forecast: any hour or step, also after the end of a short table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.weather.resample import steps_of
from simulators.weather.series import TableSource
from twinergy.forecast.sun import haurwitz_w_per_m2, sun_position
from twinergy.timebase import BLOCK_S
from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.weather.series import Source
    from twinergy.community.twin import Site
    from twinergy.timebase import TimeAxis

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

WEEKS_KEPT: Final = 5
SAMPLE_S: Final = 600
AHEAD_S: Final = 4 * 7 * SECONDS_PER_DAY
"""Past the end of a run this much of a table is looked at: more than any forecast wants."""


class Sky(NamedTuple):
    """Weather of consecutive steps, arrays of shape ``(n_steps,)``.

    Attributes
    ----------
    ghi_w_per_m2 : ndarray
        Global horizontal irradiance. [W/m2]
    clear_w_per_m2 : ndarray
        The same under a clear sky (Haurwitz), 0 while the sun is down. [W/m2]
    temp_degc : ndarray
        Air temperature. [degC]
    """

    ghi_w_per_m2: FloatArray
    clear_w_per_m2: FloatArray
    temp_degc: FloatArray


class Truth:
    """The weather of numbered steps, worked out a week at a time.

    A table of less than a year ends; where it does its last day comes again, and its first one before its beginning.

    Parameters
    ----------
    source : Source
        Where weather comes from.
    site : Site
        Place.
    axis : TimeAxis
        Of the run.
    step_s : int
        Length of these steps, a divisor of a day; step *n* begins at ``n * step_s``. [s]
    """

    def __init__(self, source: Source, site: Site, axis: TimeAxis, step_s: int) -> None:
        self._source, self._site, self._step_s = source, site, step_s
        self._per_week = BLOCK_S // step_s
        self._weeks: dict[int, FloatArray] = {}
        self.from_s, self.until_s = extent(source, axis)

    def over(self, first: int, count: int) -> Sky:
        """Return consecutive steps."""
        numbers = np.arange(first, first + count, dtype=np.int64)
        known = self._known(numbers * self._step_s) // self._step_s
        weeks, rows = np.divmod(known, self._per_week)
        values = np.empty((3, count))
        for week in dict.fromkeys(weeks.tolist()):
            here = weeks == week
            values[:, here] = self._week(week)[:, rows[here]]
        return Sky(*values)

    def _known(self, start_s: IntArray) -> IntArray:
        """Return the same time of the nearest day for which there is weather, same shape."""
        until_s, from_s = self.until_s, self.from_s
        if until_s is not None:
            late = start_s >= until_s
            start_s = np.where(late, until_s - SECONDS_PER_DAY + (start_s - until_s) % SECONDS_PER_DAY, start_s)
        if from_s is not None:
            start_s = np.where(start_s < from_s, from_s + (start_s - from_s) % SECONDS_PER_DAY, start_s)
        return start_s

    def _week(self, number: int) -> FloatArray:
        week = self._weeks.pop(number, None)
        if week is None:
            start_s = number * BLOCK_S
            weather = steps_of(self._source, self._site, start_s, self._per_week, self._step_s)
            clear = clear_sky_w_per_m2(self._site, number * self._per_week, self._per_week, self._step_s)
            week = np.stack([weather["ghi_w_per_m2"], clear, weather["temp_degc"]])
        self._weeks[number] = week
        if len(self._weeks) > WEEKS_KEPT:
            del self._weeks[next(iter(self._weeks))]
        return week


def extent(source: Source, axis: TimeAxis) -> tuple[int | None, int | None]:
    """Return from when to when a source has weather around a run, in epoch seconds; None: it goes on."""
    if not isinstance(source, TableSource):
        return None, None
    early = source.missing(axis.start_epoch_s - AHEAD_S, axis.start_epoch_s)
    late = source.missing(axis.start_epoch_s, axis.end_epoch_s + AHEAD_S)
    return None if early is None else axis.start_epoch_s, late


def clear_sky_w_per_m2(site: Site, first: int, count: int, step_s: int) -> FloatArray:
    """Return clear-sky irradiance of consecutive steps, their mean, shape ``(count,)``. [W/m2]."""
    samples = max(1, step_s // SAMPLE_S)
    middle_s = np.asarray(first * step_s + (np.arange(count * samples) + 0.5) * (step_s / samples), dtype=np.float64)
    height_deg, _, _ = sun_position(middle_s, site.latitude_deg, site.longitude_deg)
    return np.asarray(haurwitz_w_per_m2(height_deg).reshape(count, samples).mean(axis=1))
