# SPDX-License-Identifier: Apache-2.0
"""What never goes away: the base load of a home, and what its plugs draw while nothing runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from controllers.home_energy.analysis.window import Window

    FloatArray = NDArray[np.float64]

MEAN_OVER_H: Final = 3.0
"""Refrigerators cycle within 35 to 75 minutes; a mean over three hours holds at least two cycles. [h]"""
IDLE_OVER_H: Final = 0.5
"""A plug that rests for half an hour is idle. [h]"""
SEEN_DAY: Final = 0.75
"""Share of a day that must have been seen for it to count. [-]"""


def base_load_kw(window: Window, port: str = "p_household_kw") -> FloatArray:
    """Return the base load of homes: the lowest mean over three hours of each local day, and of these the median over the days.

    The daily minimum is the usual measure of what runs around the clock [1]_; taking it of means over three hours instead of
    single readings keeps the cycles of refrigerators in it, and the median keeps single days (guests, holidays, gaps) out.

    Parameters
    ----------
    window : Window
        At least one day.
    port : str
        Which power.

    Returns
    -------
    ndarray, shape (n_homes,)
        Base load, NaN where no day was seen well enough. [kW]

    References
    ----------
    .. [1] A. Kavousian, R. Rajagopal, M. Fischer, "Determinants of residential electricity consumption: Using smart meter data
       to examine the effect of climate, building characteristics, appliance stock, and occupants' behavior", Energy 55 (2013),
       184-194: daily minimum as the load that is there regardless of people.
    """
    return _median_of_daily_minima(window, window[port], MEAN_OVER_H)


def idle_kw(window: Window, port: str) -> FloatArray:
    """Return what a plug draws while nothing runs: its lowest mean over half an hour, median over the days, shape (n_homes,).

    For most plugs this is their standby. Means where the reading is missing are left out; NaN where no day was seen. [kW]
    """
    return _median_of_daily_minima(window, window[port], max(IDLE_OVER_H, window.step_h))


def _median_of_daily_minima(window: Window, p_kw: FloatArray, over_h: float) -> FloatArray:
    lowest = daily_minima(p_kw, window.calendar.day, max(1, round(over_h * SECONDS_PER_HOUR / window.step_s)))
    return nan_quantile(lowest, 0.5)


def daily_minima(p_kw: FloatArray, day: NDArray[np.int64], n_mean: int) -> FloatArray:
    """Return the lowest running mean of each day.

    Parameters
    ----------
    p_kw : ndarray, shape (n_steps, n_homes)
        Power, NaN in gaps. [kW]
    day : ndarray of int, shape (n_steps,)
        Day of each step, ascending.
    n_mean : int
        Number of steps of the running mean; it counts for the day in which it begins, and only if it holds no gap.

    Returns
    -------
    ndarray, shape (n_days, n_homes)
        NaN for days of which less than three quarters were seen. [kW]
    """
    first = np.flatnonzero(np.diff(day, prepend=-1))
    total = np.empty((len(p_kw) + 1, p_kw.shape[1]))
    total[0] = 0.0
    known = ~np.isnan(p_kw)
    np.cumsum(np.where(known, p_kw, 0.0), axis=0, out=total[1:])
    count = np.zeros_like(total)
    np.cumsum(known, axis=0, out=count[1:])
    means = np.full(p_kw.shape, np.inf)
    n_means = max(0, len(p_kw) - n_mean + 1)
    whole = count[n_mean:] - count[:-n_mean] == n_mean if n_means else np.zeros((0, p_kw.shape[1]), dtype=np.bool_)
    means[:n_means] = np.where(whole, (total[n_mean:] - total[:-n_mean]) / n_mean, np.inf)
    lowest = np.minimum.reduceat(means, first, axis=0)
    seen = np.add.reduceat(known, first, axis=0)
    usual = np.diff(first, append=len(day)).max(initial=1)
    return np.where((seen >= SEEN_DAY * usual) & np.isfinite(lowest), lowest, np.nan)


def nan_quantile(values: FloatArray, quantile: float) -> FloatArray:
    """Return a quantile along the first axis without NaN, NaN where nothing is known, shape ``values.shape[1:]``."""
    ranked = np.sort(values, axis=0)  # NaN last
    count = np.count_nonzero(~np.isnan(values), axis=0)
    place = quantile * np.maximum(count - 1, 0)
    low = np.floor(place).astype(np.intp)
    high = np.minimum(low + 1, np.maximum(count - 1, 0))
    if not len(values):
        return np.full(values.shape[1:], np.nan)
    lower, upper = (np.take_along_axis(ranked, each[None], axis=0)[0] for each in (low, high))
    return np.asarray(lower + (place - low) * (upper - lower))
