# SPDX-License-Identifier: Apache-2.0
"""How wrong a weather model is: what it cannot resolve, and what it does not know of the days to come.

The forecast of the clear-sky index (irradiance over that of a clear sky) is that of a model whose output was statistically
corrected: mean of the days around + share known x (smoothed truth - that mean) + noise, with the noise so large that the error
does not hang on the forecast. So nothing can be gained by scaling it again. The share known falls with the lead time.

How the error grows: of single sites in Germany Lorenz et al. [1]_ report relative errors of 36 %, about 40 % and 46 % for the
first, second and third day.

References
----------
.. [1] E. Lorenz, J. Hurka, D. Heinemann, H. G. Beyer, "Irradiance forecasting for the power prediction of grid-connected
   photovoltaic systems", IEEE Journal of Selected Topics in Applied Earth Observations and Remote Sensing 2 (2009) 2-10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.randomness import device_generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

HOURS: Final = 24
RESOLVED_H: Final = 3
"""Over how long a model's clouds are averaged; assumption: cells of some ten kilometres drift over a site in that time."""
REGIME_H: Final = 10 * HOURS
"""Around which the mean and the spread of the clear-sky index are taken: what the time of year and the large weather give."""
UNKNOWN_SHARE: Final = 0.46
"""Of the variance of the smoothed index at a lead of 24 h; calibrated, see docs/how-to/forecasts.md."""
AT_ONCE: Final = 0.74
"""Part of the variance of the error of a lead of 24 h that is there at a lead of 0; the rest grows with the lead."""
COMMON: Final = 0.6
"""Part of the variance of the error that successive issues share; assumption: their clouds come from one past."""
MEMORY_H: Final = (8.0, 12.0)
"""Time constants of the errors of clouds and of temperature; assumption: a front comes some hours early, a day stays too warm."""
BRIGHTEST: Final = 1.1
"""Highest clear-sky index of a forecast: a very clean sky above the usual clear one."""
DARKEST: Final = 0.02


def growth(lead_h: FloatArray) -> FloatArray:
    """Return the variance of the error over that at a lead of 24 h, same shape.

    >>> growth(np.array([0.0, 24.0])).tolist()
    [0.74, 1.0]
    """
    return AT_ONCE + (1.0 - AT_ONCE) * np.maximum(lead_h, 0.0) / HOURS


def around(values: FloatArray, width: int) -> FloatArray:
    """Return centred sums over `width` values, an odd number, and less at the ends, same shape."""
    return np.convolve(values, np.ones(width), mode="same") if width < len(values) else np.full(len(values), values.sum())


def clear_sky_index(ghi: FloatArray, clear: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the smoothed index of each hour, and its mean and standard deviation over the days around, by light.

    Parameters
    ----------
    ghi, clear : ndarray, shape (n_hours,)
        Irradiance, and that of a clear sky. [W/m2]

    Returns
    -------
    smoothed, mean, deviation : ndarray, shape (n_hours,)
        At night the smoothed index is the mean. [-]
    """
    light = around(clear, REGIME_H + 1)
    mean = around(ghi, REGIME_H + 1) / np.maximum(light, 1e-9)
    near = around(clear, RESOLVED_H)
    smoothed = np.where(near > 0.0, around(ghi, RESOLVED_H) / np.maximum(near, 1e-9), mean)
    square = around(clear * smoothed**2, REGIME_H + 1) / np.maximum(light, 1e-9)
    return smoothed, mean, np.sqrt(np.maximum(square - mean**2, 0.0))


def forecast_index(
    smoothed: FloatArray, mean: FloatArray, deviation: FloatArray, noise: FloatArray, lead_h: FloatArray
) -> FloatArray:
    """Return the clear-sky index that is forecast, same shape, between `DARKEST` and `BRIGHTEST`. [-].

    Parameters
    ----------
    smoothed, mean, deviation : ndarray, shape (n_hours,)
        As `clear_sky_index` returns them. [-]
    noise : ndarray, shape (n_hours,)
        Of unit variance. [-]
    lead_h : ndarray, shape (n_hours,)
        From the issue. [h]
    """
    known = 1.0 - np.minimum(UNKNOWN_SHARE * growth(lead_h), 1.0)
    index = mean + known * (smoothed - mean) + np.sqrt(known * (1.0 - known)) * deviation * noise
    return np.clip(index, DARKEST, BRIGHTEST)


def noises(seed: int, device_id: str, issue: int, issue_s: int, n_hours: int) -> FloatArray:
    """Return noise of clouds and of temperature for the hours from an issue on, of unit variance, shape ``(2, n_hours)``.

    Part is drawn for the issue, part for the days that are forecast, so that successive issues are wrong in a like way.
    """
    taps = 4 * int(max(MEMORY_H))
    own = device_generator(seed, device_id, "forecast", issue).standard_normal((2, taps + n_hours))
    hour = issue_s // 3600 - taps
    days = range(hour // HOURS, (hour + taps + n_hours - 1) // HOURS + 1)
    drawn = [device_generator(seed, device_id, "forecast of all issues", day).standard_normal((2, HOURS)) for day in days]
    shared = np.concatenate(drawn, axis=1)[:, hour % HOURS :][:, : taps + n_hours]
    white = np.sqrt(COMMON) * shared + np.sqrt(1.0 - COMMON) * own
    rows = []
    for row, memory_h in zip(white, MEMORY_H, strict=True):
        kernel = np.exp(-np.arange(taps + 1) / memory_h)
        rows.append(np.convolve(row, kernel / np.sqrt((kernel**2).sum()), mode="valid"))
    return np.stack(rows)
