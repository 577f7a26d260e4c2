# SPDX-License-Identifier: Apache-2.0
"""Where the sun stands, and what a roof would get of it under a clear sky; in plain arrays, a day at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from twinergy.forecast.contract import FloatArray, IntArray

J2000_EPOCH_S: Final = 946_728_000.0  # 2000-01-01 12:00, taken as UTC: the minute to dynamical time does not matter here
RISING_DEG: Final = -0.833
"""Height of the sun's centre when its upper edge appears, with refraction."""
ROOF_TILT_DEG: Final = 30.0
"""Assumption: a usual roof towards the equator. It shapes the seasons; what a home's roof makes of the sun is learned."""
DIFFUSE_SHARE: Final = 0.15
"""Of clear-sky light; assumption, as the tilt."""
TWILIGHT_W_PER_M2: Final = 10.0
"""Light while the sun is up that does not hang on its height; assumption, keeps ratios finite at sunrise."""
SAMPLE_S: Final = 300
DAYS_KEPT: Final = 12


def sun_position(epoch_s: FloatArray, latitude_deg: float, longitude_deg: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return height and hour angle of the sun and its declination, each of the shape of `epoch_s`. [deg], [deg], [deg].

    The low-precision formulas of the Astronomical Almanac as given by Michalsky [1]_, 0.01 degrees from 1950 to 2050; without
    refraction. The hour angle is 0 when the sun stands in the south (or north) and positive in the afternoon.

    References
    ----------
    .. [1] J. J. Michalsky, "The Astronomical Almanac's algorithm for approximate solar position (1950-2050)", Solar Energy 40
       (1988) 227-235.
    """
    days = (epoch_s - J2000_EPOCH_S) / SECONDS_PER_DAY
    anomaly = np.radians(357.528 + 0.9856003 * days)
    longitude = np.radians(280.460 + 0.9856474 * days + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2.0 * anomaly))
    tilt = np.radians(23.439 - 4e-7 * days)
    ascension = np.arctan2(np.cos(tilt) * np.sin(longitude), np.cos(longitude))
    declination = np.arcsin(np.sin(tilt) * np.sin(longitude))
    sidereal_deg = 15.0 * (18.697374558 + 24.06570982441908 * days) + longitude_deg
    hour_deg = (sidereal_deg - np.degrees(ascension) + 180.0) % 360.0 - 180.0
    place = np.radians(latitude_deg)
    height = np.sin(place) * np.sin(declination) + np.cos(place) * np.cos(declination) * np.cos(np.radians(hour_deg))
    return np.degrees(np.arcsin(np.clip(height, -1.0, 1.0))), hour_deg, np.degrees(declination)


def haurwitz_w_per_m2(height_deg: FloatArray) -> FloatArray:
    """Return clear-sky global horizontal irradiance by Haurwitz [1]_, 0 below the horizon, same shape. [W/m2].

    References
    ----------
    .. [1] B. Haurwitz, "Insolation in relation to cloudiness and cloud density", Journal of Meteorology 2 (1945) 154-166.
    """
    up = np.maximum(np.sin(np.radians(height_deg)), 1e-3)
    return np.where(height_deg > 0.0, 1098.0 * up * np.exp(-0.059 / up), 0.0)


class Daylight(NamedTuple):
    """The clear sky in some steps, arrays of shape ``(n_steps,)``.

    Attributes
    ----------
    light_w_per_m2 : ndarray
        What a usual roof gets, mean over the step; exactly 0 where the sun is down for the whole step. [W/m2]
    place : ndarray
        Where the sun is on its way over the sky, 0 at its rise, 0.5 at noon, 1 at its setting. [-]
    brightest_w_per_m2 : ndarray
        The most light of a step of that day (UTC). [W/m2]
    """

    light_w_per_m2: FloatArray
    place: FloatArray
    brightest_w_per_m2: FloatArray


class ClearSky:
    """The clear sky over a place.

    Parameters
    ----------
    latitude_deg, longitude_deg : float
        WGS 84, north and east positive. [deg]
    step_s : int
        Length of a step. [s]
    """

    def __init__(self, latitude_deg: float, longitude_deg: float, step_s: int) -> None:
        self._at = (latitude_deg, longitude_deg)
        self._step_s = step_s
        self._per_day = SECONDS_PER_DAY // step_s
        self._days: dict[int, FloatArray] = {}

    def over(self, numbers: IntArray) -> Daylight:
        """Return the clear sky in these steps."""
        days, rows = numbers // self._per_day, numbers % self._per_day
        values = np.empty((3, len(numbers)))
        for day in dict.fromkeys(days.tolist()):
            here = days == day
            values[:, here] = self._day(day)[:, rows[here]]
        return Daylight(*values)

    def _day(self, day: int) -> FloatArray:
        """Return a day's rows of `Daylight`, shape ``(3, per_day)``; the latest days asked for are kept."""
        if day not in self._days:
            while len(self._days) >= DAYS_KEPT:
                del self._days[next(iter(self._days))]
            self._days[day] = self._worked_out(day)
        return self._days[day]

    def _worked_out(self, day: int) -> FloatArray:
        samples = max(1, self._step_s // SAMPLE_S)
        spacing = self._step_s / samples
        epoch_s = np.asarray(day * SECONDS_PER_DAY + (np.arange(self._per_day * samples) + 0.5) * spacing, dtype=np.float64)
        height_deg, hour_deg, declination_deg = sun_position(epoch_s, *self._at)
        light = self._roof(height_deg, hour_deg, declination_deg)
        light = np.where(height_deg > RISING_DEG, light + TWILIGHT_W_PER_M2, 0.0).reshape(self._per_day, samples).mean(axis=1)
        place = np.clip(0.5 + 0.5 * hour_deg / _setting_deg(self._at[0], declination_deg), 0.0, 1.0)
        middle = place.reshape(self._per_day, samples)[:, samples // 2]
        return np.stack([light, middle, np.full(self._per_day, light.max())])

    def _roof(self, height_deg: FloatArray, hour_deg: FloatArray, declination_deg: FloatArray) -> FloatArray:
        """Return clear-sky light on a usual roof; a roof towards the equator sees the sun of a place nearer to it."""
        latitude_deg = self._at[0]
        seen_from = np.radians(latitude_deg - np.copysign(min(ROOF_TILT_DEG, abs(latitude_deg)), latitude_deg))
        declination, hour = np.radians(declination_deg), np.radians(hour_deg)
        incidence = np.sin(seen_from) * np.sin(declination) + np.cos(seen_from) * np.cos(declination) * np.cos(hour)
        up = np.maximum(np.sin(np.radians(height_deg)), 0.02)
        share = DIFFUSE_SHARE + (1.0 - DIFFUSE_SHARE) * np.maximum(incidence, 0.0) / up
        return np.asarray(haurwitz_w_per_m2(height_deg) * share)


def _setting_deg(latitude_deg: float, declination_deg: FloatArray) -> FloatArray:
    """Return the hour angle at which the sun sets, 180 where it never does and at least 1. [deg]."""
    place, declination = np.radians(latitude_deg), np.radians(declination_deg)
    rising = np.sin(np.radians(RISING_DEG))
    cosine = (rising - np.sin(place) * np.sin(declination)) / (np.cos(place) * np.cos(declination))
    return np.asarray(np.maximum(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))), 1.0))
