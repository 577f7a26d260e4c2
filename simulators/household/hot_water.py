# SPDX-License-Identifier: Apache-2.0
"""Hot water at the taps: four kinds of draws, as often and as long as people of IEA SHC Task 26 draw them.

Jordan and Vajen ("Realistic domestic hot-water profiles in different time scales", IEA SHC Task 26, 2001) share 200 l a day
at 45 degC among short draws (14 %), medium draws (36 %), baths (10 %) and showers (40 %) of 1, 6, 140 and 40 l. Here two short
draws are one. 40 l per person and day at 45 degC, 1.6 kWh, is what VDI 2067-22 and EN 16147 tapping cycles amount to.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.household.model import Pulses

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.intp]

REFERENCE_L: Final = 40.0
DRAWS_PER_DAY: Final = np.array([2.8, 2.4, 0.2 / 7.0, 0.4])
"""Draws per person and day when a person uses 40 l: 5.6, 14.4, 4 and 16 l. [-]"""
VOLUME_L: Final = np.array([2.0, 6.0, 140.0, 40.0])
FLOW_L_PER_S: Final = np.array([2.0, 6.0, 14.0, 8.0]) / 60.0
SPREAD: Final = 0.4
"""Largest relative deviation of a draw's volume. Assumption. [-]"""
TAP_DEGC: Final = 45.0
COLD_DEGC: Final = 10.0
COLD_SWING_K: Final = 3.0
"""The mains are coldest in February, 10 degC in the mean of the year, as in IEA SHC Task 26. [K]"""
COLDEST_DAY: Final = 45.0
HEAT_KWH_PER_LK: Final = 4.19 / 3600.0


def kwh_per_l(day_of_year: float) -> float:
    """Return the heat in a litre at the tap.

    >>> round(40.0 * kwh_per_l(136.0), 1)
    1.6
    """
    cold_degc = COLD_DEGC - COLD_SWING_K * np.cos(2.0 * np.pi * (day_of_year - COLDEST_DAY) / 365.0)
    return float((TAP_DEGC - cold_degc) * HEAT_KWH_PER_LK)


def expected_draws(residents: FloatArray, litres: FloatArray, n_days: int) -> FloatArray:
    """Return the expected number of draws of each kind, shape (n_homes, 4), for `litres` per person and day."""
    return np.asarray((residents * litres / REFERENCE_L * n_days)[:, None] * DRAWS_PER_DAY, dtype=np.float64)


def draws(home: IntArray, each: IntArray, start_s: FloatArray, uniforms: FloatArray, heat_kwh_per_l: float) -> Pulses:
    """Return draws as pulses of useful heat.

    Parameters
    ----------
    home, each : ndarray of int, shape (n_draws,)
        Column of the home and kind of draw.
    start_s : ndarray, shape (n_draws,)
        When the tap opens. [s]
    uniforms : ndarray, shape (n_draws,)
        Numbers of [0, 1) that spread the volumes.
    heat_kwh_per_l : float
        Heat in a litre. [kWh/l]
    """
    volume_l = VOLUME_L[each] * (1.0 + SPREAD * (2.0 * uniforms - 1.0))
    flow = FLOW_L_PER_S[each]
    return Pulses(home, start_s, start_s + volume_l / flow, flow * (heat_kwh_per_l * 3600.0))


def reheated(heat: Pulses, rated_kw: FloatArray) -> Pulses:
    """Return when a storage heater of one power makes up for draws: one after the other, never above its power.

    Parameters
    ----------
    heat : Pulses
        Draws in the order of homes, any order of times within a home.
    rated_kw : ndarray, shape (n_homes,)
        Power of each home's heater. [kW]
    """
    order = np.lexsort((heat.start_s, heat.home))
    home, start_s = heat.home[order], heat.start_s[order]
    needed_s = (heat.power_kw * (heat.end_s - heat.start_s))[order] / rated_kw[home]
    begin_s = queued(home, start_s, needed_s)
    return Pulses(home, begin_s, begin_s + needed_s, rated_kw[home])


def queued(owner: IntArray, ready_s: FloatArray, length_s: FloatArray) -> FloatArray:
    """Return when jobs begin that wait for each other: the latest of being ready and the end of the owner's job before.

    Parameters
    ----------
    owner : ndarray of int, shape (n_jobs,)
        Who works them off, ascending.
    ready_s, length_s : ndarray, shape (n_jobs,)
        Ascending times for each owner, and lengths. [s]
    """
    if not len(owner):
        return ready_s
    rank = np.arange(len(owner)) - np.searchsorted(owner, owner, side="left")
    by_rank = np.argsort(rank, kind="stable")
    ends = np.cumsum(np.bincount(rank))
    begin_s = ready_s.copy()
    for first, last in itertools.pairwise(ends):  # as many rounds as the busiest owner has jobs
        later = by_rank[first:last]
        begin_s[later] = np.maximum(ready_s[later], begin_s[later - 1] + length_s[later - 1])
    return begin_s
