# SPDX-License-Identifier: Apache-2.0
"""Where the sun stands over a site: astronomy, known for a whole block before its first step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from twinergy.community.twin import Site

    FloatArray = NDArray[np.float64]

SOLAR_CONSTANT_W_PER_M2: Final = 1361.1
"""Gueymard, "A reevaluation of the solar constant", Solar Energy 168 (2018) 2-9."""
REFRACTION_TEMP_DEGC: Final = 12.0
"""Air temperature for which refraction is computed; half a degree of refraction at the horizon changes by 0.02 over 10 degC."""


class Sun(NamedTuple):
    """The sun at some instants, arrays of shape ``(n_steps,)``.

    Attributes
    ----------
    zenith_deg, apparent_zenith_deg, azimuth_deg : ndarray
        True zenith, zenith with refraction, azimuth from north over east. [deg]
    dni_extra_w_per_m2 : ndarray
        Extraterrestrial normal irradiance. [W/m2]
    """

    zenith_deg: FloatArray
    apparent_zenith_deg: FloatArray
    azimuth_deg: FloatArray
    dni_extra_w_per_m2: FloatArray


def sun_over(site: Site, when: pd.DatetimeIndex) -> Sun:
    """Return the sun over a site, by the solar position algorithm of NREL (Reda and Andreas 2004, Solar Energy 76).

    The kind ``weather`` splits irradiance with the same sun; equality is tested. Refraction is that of the mean pressure at the
    site's altitude.
    """
    from pvlib import irradiance, solarposition  # noqa: PLC0415 - not at the start of `twinergy --help`

    place = solarposition.get_solarposition(
        when,
        site.latitude_deg,
        site.longitude_deg,
        altitude=site.altitude_m,
        pressure=pressure_pa(site.altitude_m),
        temperature=REFRACTION_TEMP_DEGC,
        method="nrel_numpy",
    )
    extra = irradiance.get_extra_radiation(when, solar_constant=SOLAR_CONSTANT_W_PER_M2, method="spencer")
    zenith, apparent, azimuth = (place[name].to_numpy() for name in ("zenith", "apparent_zenith", "azimuth"))
    return Sun(zenith, apparent, azimuth, np.asarray(extra, dtype=np.float64))


def pressure_pa(altitude_m: float) -> float:
    """Return the mean air pressure at an altitude in the international standard atmosphere (ISO 2533:1975). [Pa].

    >>> round(pressure_pa(1000.0), -1)
    89870.0
    """
    return float(101_325.0 * (1.0 - 2.25577e-5 * altitude_m) ** 5.25588)
