# SPDX-License-Identifier: Apache-2.0
"""Properties of the air that weather files leave out: vapour pressure, pressure at altitude, humidity and wind by estimate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

SEA_LEVEL_PRESSURE_HPA: Final = 1013.25
FALLBACK_WIND_M_PER_S: Final = 2.7
"""10 m wind where a file has none: 2 m/s at 2 m height [1]_ (p. 63), raised to 10 m by its eq. 47.

References
----------
.. [1] Allen, Pereira, Raes, Smith, "Crop evapotranspiration", FAO Irrigation and Drainage Paper 56, 1998.
"""


def saturation_vapour_pressure_hpa(temp_degc: FloatArray) -> FloatArray:
    """Return the saturation vapour pressure over water, same shape, in hPa.

    FAO-56, eq. 11 (Tetens); valid from about -20 to 50 degC.

    >>> round(float(saturation_vapour_pressure_hpa(np.array(20.0))), 2)
    23.38
    """
    return np.asarray(6.108 * np.exp(17.27 * temp_degc / (temp_degc + 237.3)))


def pressure_hpa(altitude_m: float) -> float:
    """Return the mean air pressure at an altitude in the international standard atmosphere, in hPa.

    ISO 2533:1975, troposphere (-2 to 11 km): ``p = 1013.25 (1 - 2.25577e-5 h)**5.25588``.

    >>> round(pressure_hpa(1000.0), 1)
    898.7
    """
    return float(SEA_LEVEL_PRESSURE_HPA * (1.0 - 2.25577e-5 * altitude_m) ** 5.25588)


def humidity_from_daily_minimum_percent(temp_degc: FloatArray, day: NDArray[np.int64]) -> FloatArray:
    """Estimate relative humidity where none was measured: the dew point equals the day's lowest temperature.

    FAO-56, eq. 48. Fair for humid and temperate places, too moist by some 5 to 15 percent points for dry summers.

    Parameters
    ----------
    temp_degc : ndarray, shape (n,)
        Air temperature. [degC]
    day : ndarray of int, shape (n,)
        Number of the day of each value, ascending.

    Returns
    -------
    ndarray, shape (n,)
        Relative humidity, at most 100. [%]
    """
    _, first, row = np.unique(day, return_index=True, return_inverse=True)
    dew_point = np.minimum.reduceat(temp_degc, first)[row]
    return 100.0 * saturation_vapour_pressure_hpa(dew_point) / saturation_vapour_pressure_hpa(temp_degc)
