# SPDX-License-Identifier: Apache-2.0
"""How dark it is in a home: from the height of the sun, for lighting.

People switch lights on below an outdoor irradiance around 60 W/m2 (Richardson et al., "Domestic lighting: a high-resolution
energy demand model", Energy and Buildings 41 (2009) 781-789), which a mean sky has at about 7 degrees of solar elevation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

LIGHT_DEG: Final = 14.0
DARK_DEG: Final = 0.0
INNER_ROOMS: Final = 0.12
"""Share of the lights that are on by day too: rooms without windows. Assumption. [-]"""
_J2000_S: Final = 946_728_000.0


def elevation_deg(latitude_deg: float, longitude_deg: float, epoch_s: FloatArray) -> FloatArray:
    """Return the geometric height of the sun, to some hundredths of a degree.

    Low-precision coordinates of the sun of the Astronomical Almanac (page C5); refraction is left out.

    Parameters
    ----------
    latitude_deg, longitude_deg : float
        WGS 84, north and east positive. [deg]
    epoch_s : ndarray
        Seconds since 1970-01-01 00:00 UTC. [s]
    """
    day = (epoch_s - _J2000_S) / SECONDS_PER_DAY
    mean = np.radians(280.460 + 0.9856474 * day)
    anomaly = np.radians(357.528 + 0.9856003 * day)
    ecliptic = mean + np.radians(1.915 * np.sin(anomaly) + 0.020 * np.sin(2.0 * anomaly))
    tilt = np.radians(23.439 - 4e-7 * day)
    ascension = np.arctan2(np.cos(tilt) * np.sin(ecliptic), np.cos(ecliptic))
    declination = np.arcsin(np.sin(tilt) * np.sin(ecliptic))
    sidereal = np.radians(280.46062 + 360.98564737 * day + longitude_deg)
    latitude = np.radians(latitude_deg)
    sine = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(sidereal - ascension)
    return np.asarray(np.degrees(np.arcsin(sine)), dtype=np.float64)


def darkness(elevation: FloatArray) -> FloatArray:
    """Return the share of the lights people would have on if they were everywhere in the home.

    >>> darkness(np.array([-10.0, 7.0, 60.0]))
    array([1.  , 0.56, 0.12])
    """
    by_sun = np.clip((LIGHT_DEG - elevation) / (LIGHT_DEG - DARK_DEG), 0.0, 1.0)
    return INNER_ROOMS + (1.0 - INNER_ROOMS) * by_sun
