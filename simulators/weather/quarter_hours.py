# SPDX-License-Identifier: Apache-2.0
"""Clouds that pass within the hour: irradiance of quarters of an hour around the mean of a drawn hour.

How far quarters of an hour lie from their hour depends on how clear the hour is: much under broken clouds, hardly under a clear
sky. The size is that of 3,200 hours measured at Duesseldorf in 2024 (Deutscher Wetterdienst, 15 minutes, sun higher than 10
degrees): root mean square of the quarter's clearness index over the hour's, less one. Quarters follow each other with a
correlation of 0.5, which gives the deviations from the hour's mean about none, as measured there.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.weather.model import interval_means

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

QUARTER_S: Final = 900
CORRELATION: Final = 0.5
CLEARNESS: Final = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8])
DEVIATION: Final = np.array([0.303, 0.291, 0.290, 0.268, 0.234, 0.148, 0.077, 0.048])
_OF_FOUR: Final = (1.0 - (4.0 + 2.0 * (3.0 * 0.5 + 2.0 * 0.25 + 0.125)) / 16.0) ** 0.5
"""Standard deviation of a quarter from the mean of its four, for noise of variance 1 and the correlation 0.5."""
SMALLEST: Final = 0.1
LARGEST_CLEARNESS: Final = 0.85


def chained(noise: FloatArray) -> FloatArray:
    """Return a series of unit variance with the correlation of quarters of an hour, driven by standard normal noise."""
    innovation = (1.0 - CORRELATION**2) ** 0.5
    return np.fromiter(accumulate(noise[1:], lambda last, new: CORRELATION * last + innovation * new, initial=noise[0]), float)


def varied(
    ghi: FloatArray, beam: FloatArray, interval: IntArray, extra_horizontal: FloatArray, noise: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return irradiance that varies inside its intervals; the mean global irradiance of each interval is kept to rounding.

    The diffuse part stays as it is, as far as the global irradiance allows: what a cloud takes is the beam.

    Parameters
    ----------
    ghi, beam : ndarray, shape (n_steps,)
        Global and horizontal beam irradiance with constant clearness inside each interval, ``0 <= beam <= ghi``. [W/m2]
    interval : ndarray of int, shape (n_steps,)
        Interval in which each fine step lies, from 0.
    extra_horizontal : ndarray, shape (n_steps,)
        Extraterrestrial irradiance on the horizontal. [W/m2]
    noise : ndarray, shape (n_steps,)
        Series of unit variance (`chained`) at the fine steps. [-]

    Returns
    -------
    ghi, beam : ndarray, shape (n_steps,)
        Both varied, ``0 <= beam <= ghi``. [W/m2]
    """
    n = int(interval[-1]) + 1 if len(interval) else 0
    mean = interval_means(ghi, interval, n)
    lit = mean > 0.0
    weighted = np.divide(interval_means(ghi * noise, interval, n), mean, out=np.zeros(n), where=lit)
    clearness = np.divide(ghi, extra_horizontal, out=np.zeros_like(ghi), where=extra_horizontal > 0.0)
    size = np.interp(clearness, CLEARNESS, DEVIATION) / _OF_FOUR
    highest = np.maximum(LARGEST_CLEARNESS / np.maximum(clearness, 1e-3), 1.0)
    factor = np.clip(1.0 + size * (noise - weighted[interval]), SMALLEST, highest)
    have = np.divide(interval_means(ghi * factor, interval, n), mean, out=np.ones(n), where=lit)
    varying = ghi * factor / have[interval]
    return varying, np.clip(varying - (ghi - beam), 0.0, varying)
