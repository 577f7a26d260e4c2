# SPDX-License-Identifier: Apache-2.0
"""Clearness index of days and hours with a given monthly mean; references in `simulators.weather.climate`."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

CLEAREST: Final = 0.8
DARKEST: Final = 0.05
SUNNY_MONTHS: Final = (0.58, 0.66, 0.72)
DARKEST_OF_SUNNY: Final = (DARKEST, 0.40, 0.50)
"""Smallest daily index by the month's mean: a Mediterranean summer has no overcast days. The darkest days of June, July and
August 2019 had 0.37, 0.43 and 0.52 in Athens and 0.48, 0.21 and 0.44 in Rome, at means of 0.63 to 0.70 (NSRDB)."""
DARKEST_MONTH: Final = 0.1
CLEAREST_MONTH: Final = 0.78
"""Largest monthly mean for which days can be drawn; the sunniest deserts reach about 0.75."""


def daily_clearness(normal: FloatArray, monthly: float) -> FloatArray:
    """Return the clearness index of each day of a month.

    Duffie and Beckman (2013), eqs. 2.9.4 to 2.9.7, solved for the index.

    Parameters
    ----------
    normal : ndarray, shape (n_days,)
        Standard normal numbers; their order of size is that of the days.
    monthly : float
        Mean of the month, between 0.1 and `CLEAREST_MONTH`. [-]

    Returns
    -------
    ndarray, shape (n_days,)
        Between the smallest and the largest index of such a month. [-]
    """
    from scipy.special import ndtr  # noqa: PLC0415

    monthly = min(max(monthly, DARKEST_MONTH), CLEAREST_MONTH)
    largest = 0.6313 + 0.267 * monthly - 11.9 * (monthly - 0.75) ** 8
    smallest = float(np.interp(monthly, SUNNY_MONTHS, DARKEST_OF_SUNNY))
    xi = (largest - smallest) / (largest - monthly)
    gamma = -1.498 + (1.184 * xi - 27.182 * np.exp(-1.5 * xi)) / (largest - smallest)
    low, high = np.exp(gamma * smallest), np.exp(gamma * largest)
    return np.asarray(np.log(low + ndtr(normal) * (high - low)) / gamma)


def hourly_clearness(noise: FloatArray, memory: int, daily: FloatArray, sine: FloatArray, outside: FloatArray) -> FloatArray:
    """Return the clearness index of each hour (TAG model), its irradiation-weighted mean that of the day.

    Parameters
    ----------
    noise : ndarray, shape (memory + 24 n_days,)
        Standard normal numbers, the first `memory` from before the month.
    memory : int
        Number of hours the chain starts earlier.
    daily : ndarray, shape (n_days,)
        Clearness index of each day. [-]
    sine, outside : ndarray, shape (24 n_days,)
        Mean sine of the sun's height, 0 at night, and mean extraterrestrial horizontal irradiance. [-], [W/m2]

    Returns
    -------
    ndarray, shape (24 n_days,)
        Between 0 and `CLEAREST`. [-]
    """
    k = np.repeat(daily, 24)
    height = np.maximum(sine, 0.01)
    level = -0.19 + 1.12 * k + 0.24 * np.exp(-8.0 * k)
    slope = (0.32 - 1.6 * (k - 0.5) ** 2) * np.exp(-(0.19 + 2.27 * k**2 - 2.51 * k**3) / height)
    sigma = 0.14 * np.exp(-20.0 * (k - 0.35) ** 2) * np.exp((3.0 * (k - 0.45) ** 2 + 16.0 * k**5) * (1.0 - height))
    correlation = 0.38 + 0.06 * np.cos(7.4 * np.concatenate([k[:memory], k]) - 2.5)
    pairs = zip(correlation.tolist(), (np.sqrt(1.0 - correlation**2) * noise).tolist(), strict=True)
    series = np.fromiter(accumulate(pairs, lambda last, pair: pair[0] * last + pair[1], initial=0.0), float)[memory + 1 :]
    hourly = np.clip(level + slope + sigma * series, 0.02, CLEAREST)
    days = (-1, 24)
    share = (outside.reshape(days) * hourly.reshape(days)).sum(axis=1) / np.maximum(outside.reshape(days).sum(axis=1), 1e-9)
    return np.asarray(np.clip(hourly * np.repeat(daily / np.maximum(share, 1e-9), 24), 0.0, CLEAREST))


def scaled_to_mean(clearness: FloatArray, outside: FloatArray, mean: float) -> FloatArray:
    """Return the indices scaled so that ``clearness * outside`` has a given mean, none above `CLEAREST`, same shape."""
    for _ in range(12):
        have = float((clearness * outside).mean())
        clearness = np.minimum(clearness * (mean / have), CLEAREST)
    return clearness
