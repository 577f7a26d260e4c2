# SPDX-License-Identifier: Apache-2.0
"""Where the sun stands and how strongly it shines outside the atmosphere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from simulators.weather.air import pressure_hpa

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    Instants = NDArray[np.floating[Any]]

SOLAR_CONSTANT_W_PER_M2: Final = 1361.1
"""Gueymard, "A reevaluation of the solar constant", Solar Energy 168 (2018) 2-9."""
REFRACTION_TEMP_DEGC: Final = 12.0
Method = Literal["nrel_numpy", "ephemeris"]


@dataclass(frozen=True)
class Sun:
    """Position of the sun at some instants, arrays of shape (n,).

    Attributes
    ----------
    zenith_deg, apparent_zenith_deg : ndarray
        True and refraction-corrected zenith angle. [deg]
    azimuth_deg : ndarray
        Clockwise from north, 180 is south. [deg]
    dni_extra : ndarray
        Extraterrestrial irradiance on a plane facing the sun. [W/m2]
    """

    zenith_deg: FloatArray
    apparent_zenith_deg: FloatArray
    azimuth_deg: FloatArray
    dni_extra: FloatArray

    @cached_property
    def cos_zenith(self) -> FloatArray:
        """Cosine of the true zenith angle, negative at night, shape (n,)."""
        return np.cos(np.radians(self.zenith_deg))

    @cached_property
    def extra_horizontal(self) -> FloatArray:
        """Extraterrestrial irradiance on the horizontal, 0 at night, shape (n,), in W/m2."""
        return self.dni_extra * np.maximum(self.cos_zenith, 0.0)

    def part(self, rows: slice) -> Sun:
        """Return the same for some of the instants."""
        return Sun(self.zenith_deg[rows], self.apparent_zenith_deg[rows], self.azimuth_deg[rows], self.dni_extra[rows])


def sun_position(
    epoch_s: Instants,
    latitude_deg: float,
    longitude_deg: float,
    altitude_m: float,
    *,
    temp_degc: float = REFRACTION_TEMP_DEGC,
    method: Method = "nrel_numpy",
) -> Sun:
    """Return the position of the sun.

    Parameters
    ----------
    epoch_s : ndarray, shape (n,)
        Instants in seconds since 1970-01-01 00:00 UTC. [s]
    latitude_deg, longitude_deg, altitude_m : float
        Place. [deg], [deg], [m]
    temp_degc : float
        Annual mean temperature; matters for refraction only. [degC]
    method : {"nrel_numpy", "ephemeris"}
        The solar position algorithm of NREL (Reda and Andreas 2004, SPA; 0.0003 degrees), or pvlib's ephemeris (0.01
        degrees, eight times as fast), good enough to weight irradiance within an interval.

    Returns
    -------
    Sun
        Arrays of shape (n,).
    """
    import pandas as pd  # noqa: PLC0415 - heavy, only where the sun is computed
    from pvlib import irradiance, solarposition  # noqa: PLC0415

    when = pd.to_datetime(np.asarray(epoch_s, dtype=np.float64), unit="s", utc=True)
    place = solarposition.get_solarposition(
        when,
        latitude_deg,
        longitude_deg,
        altitude=altitude_m,
        pressure=100.0 * pressure_hpa(altitude_m),
        temperature=temp_degc,
        method=method,
    )
    extra = irradiance.get_extra_radiation(when, solar_constant=SOLAR_CONSTANT_W_PER_M2, method="spencer")
    zenith, apparent, azimuth = (place[name].to_numpy() for name in ("zenith", "apparent_zenith", "azimuth"))
    return Sun(zenith, apparent, azimuth, np.asarray(extra, dtype=np.float64))


def solar_hour(epoch_s: Instants, longitude_deg: float) -> FloatArray:
    """Return the hour counter of true solar time, 12 at each solar noon, growing without bound, same shape.

    Accurate to about half a minute (equation of time of Spencer 1971), for noon checks and for files stamped in solar time.
    """
    days = epoch_s / 86_400.0
    date = days.astype(np.int64).astype("datetime64[D]")
    angle = 2.0 * np.pi * (date - date.astype("datetime64[Y]")).astype(np.float64) / 365.0
    minutes = 229.18 * (
        0.0000075
        + 0.001868 * np.cos(angle)
        - 0.032077 * np.sin(angle)
        - 0.014615 * np.cos(2.0 * angle)
        - 0.040849 * np.sin(2.0 * angle)
    )
    return np.asarray(24.0 * days + longitude_deg / 15.0 + minutes / 60.0, dtype=np.float64)
