# SPDX-License-Identifier: Apache-2.0
"""Sums over stretches of series that fade by a factor per step, and stretches without a gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.intp]


def decayed(series: FloatArray, a: float, starts: IntArray, ahead: int) -> FloatArray:
    """Return what first-order systems at rest have taken up after some steps.

    Parameters
    ----------
    series : ndarray, shape (n_steps, n_columns)
        What acts in each step.
    a : float
        What is left of it after a step.
    starts : ndarray of int, shape (n_starts,)
        Steps after which it begins to count.
    ahead : int
        Number of steps it counts for.

    Returns
    -------
    ndarray, shape (n_starts, n_columns)
        ``sum(a ** (ahead - k) * series[start + k] for k in 1 … ahead)``.
    """
    from scipy.signal import lfilter  # noqa: PLC0415 - kept out of the start of `twinergy --help`

    taken_up = np.asarray(lfilter([1.0], [1.0, -a], series, axis=0), dtype=np.float64)
    return np.asarray(taken_up[starts + ahead] - a**ahead * taken_up[starts])


def chosen_rows(series: Sequence[FloatArray], starts: IntArray, ahead: int) -> NDArray[np.bool_]:
    """Return whether stretches hold no gap.

    Parameters
    ----------
    series : sequence of ndarray, shape (n_steps, n_homes) or (n_steps, 1)
        All that is needed.
    starts : ndarray of int, shape (n_starts,)
        First step of each stretch.
    ahead : int
        The stretch ends with the step so many later.

    Returns
    -------
    ndarray of bool, shape (n_starts, n_homes)
        True where every series has every value from `starts` to `starts` + `ahead`.
    """
    missing = np.zeros((len(series[0]), max(each.shape[1] for each in series)), dtype=np.int32)
    for each in series:
        missing |= np.isnan(each)
    gaps = np.cumsum(missing, axis=0) - missing
    if not len(starts):
        return np.zeros((0, missing.shape[1]), dtype=np.bool_)
    return np.asarray((gaps[starts + ahead] + missing[starts + ahead]) == gaps[starts])
