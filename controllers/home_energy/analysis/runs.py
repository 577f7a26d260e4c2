# SPDX-License-Identifier: Apache-2.0
"""Runs of appliances in measured power: from switching on to switching off."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.intp]


class Runs(NamedTuple):
    """Runs in a window, arrays of shape (n_runs,), home by home in order of time.

    Attributes
    ----------
    home : ndarray of int
        Column of the home.
    begin, end : ndarray of int
        First step, and the step after the last.
    energy_kwh : ndarray
        Energy above what the plug draws when nothing runs. [kWh]
    whole : ndarray of bool
        Whether beginning and end were seen, without a gap in between.
    """

    home: IntArray
    begin: IntArray
    end: IntArray
    energy_kwh: FloatArray
    whole: NDArray[np.bool_]

    def where(self, mask: NDArray[np.bool_]) -> Runs:
        """Return some of the runs."""
        return Runs(self.home[mask], self.begin[mask], self.end[mask], self.energy_kwh[mask], self.whole[mask])


def find_runs(
    p_kw: FloatArray,
    step_s: float,
    *,
    on_kw: float,
    merge_s: float,
    idle_kw: FloatArray | float = 0.0,
    begun: NDArray[np.bool_] | None = None,
) -> Runs:
    """Return the runs of a plug in all homes.

    A run is a stretch of steps above a threshold; pauses up to a length are part of it, as a machine soaks or a person turns
    a roast.

    Parameters
    ----------
    p_kw : ndarray, shape (n_steps, n_homes)
        Power of the plug, NaN in gaps. [kW]
    step_s : float
        Length of a step. [s]
    on_kw : float
        Threshold above idle. [kW]
    merge_s : float
        Longest pause within a run, as far as steps show it. [s]
    idle_kw : float or ndarray, shape (n_homes,)
        What the plug draws when nothing runs. [kW]
    begun : ndarray of bool, shape (n_steps, n_homes), optional
        Steps in which a run is known to begin: one that goes on is two.

    Returns
    -------
    Runs
        All of them.
    """
    n_steps, n_homes = p_kw.shape
    above_kw = np.full((n_homes, n_steps + 1), 0.0)  # a border after each home, so that no run crosses it
    above_kw[:, :-1] = (p_kw - idle_kw).T
    flat_kw = above_kw.ravel()
    missing = np.isnan(flat_kw)
    edges = np.flatnonzero(np.diff((flat_kw > on_kw).astype(np.int8), prepend=np.int8(0)))
    begin, end = edges[::2], edges[1::2]
    width = n_steps + 1
    apart = np.ones(len(begin), dtype=np.bool_)
    # a pause that shows in n steps took n to n + 2 of them
    apart[1:] = (begin[1:] - end[:-1] + 1 > merge_s / step_s) | (begin[1:] // width != end[:-1] // width)
    begin, end = begin[apart], end[np.append(np.flatnonzero(apart)[1:] - 1, len(end) - 1)] if len(end) else end
    if begun is not None:
        begin, end = _split(begin, end, np.flatnonzero(np.pad(begun.T, ((0, 0), (0, 1))).ravel()))
    home = begin // width
    total_kw = np.concatenate([[0.0], np.cumsum(np.where(missing, 0.0, flat_kw))])
    gaps = np.concatenate([[0], np.cumsum(missing)])
    seen = (begin > home * width) & (end < home * width + n_steps)
    whole = seen & (gaps[np.minimum(end + 1, len(flat_kw))] == gaps[np.maximum(begin - 1, 0)])
    energy_kwh = (total_kw[end] - total_kw[begin]) * step_s / SECONDS_PER_HOUR
    return Runs(home, begin - home * width, end - home * width, energy_kwh, whole)


def _split(begin: IntArray, end: IntArray, cuts: IntArray) -> tuple[IntArray, IntArray]:
    """Return runs that end where another is known to begin inside them, later than in their second step."""
    if not len(begin):
        return begin, end
    inside = np.maximum(np.searchsorted(begin, cuts, side="right") - 1, 0)
    cuts = cuts[(cuts > begin[inside] + 1) & (cuts < end[inside])]
    return np.sort(np.concatenate([begin, cuts])), np.sort(np.concatenate([end, cuts]))


def grouped_quantile(values: FloatArray, group: IntArray, n_groups: int, quantile: float = 0.5) -> FloatArray:
    """Return a quantile of the values of each group, NaN where it has none, shape (n_groups,); between two values, their mix.

    >>> grouped_quantile(np.array([3.0, 1.0, 2.0, 5.0]), np.array([0, 0, 0, 2]), 3)
    array([ 2., nan,  5.])
    """
    order = np.lexsort((values, group))
    ranked = values[order]
    count = np.bincount(group, minlength=n_groups)
    first = np.cumsum(count) - count
    place = quantile * np.maximum(count - 1, 0)
    low = np.floor(place).astype(np.intp)
    high = np.minimum(low + 1, np.maximum(count - 1, 0))
    result = np.full(n_groups, np.nan)
    some = count > 0
    lower, upper = ranked[(first + low)[some]], ranked[(first + high)[some]]
    result[some] = lower + (place - low)[some] * (upper - lower)
    return result
