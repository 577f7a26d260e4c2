# SPDX-License-Identifier: Apache-2.0
"""Where and how many: the load above the base of one week, cut into parts of the day, and what it means for each home.

Events are drawn by the centre of their energy, in windows that lie `LAG_S` later than the fixed weeks, so that no event of
a week begins before the week. An event of some hours spreads its energy around its centre and would flatten the standard
load; the load that centres are drawn from is therefore sharpened beforehand, so that what comes out is the standard load.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.household.appliances import LAG_S, smearing
from simulators.household.standard_load import BIN_S
from simulators.household.styles import BASE_SHARE
from twinergy.timebase import BLOCK_S
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.household.standard_load import StandardLoad

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.intp]

PART_STARTS_H: Final = (5.5, 10.0, 16.5)
"""Local clock times at which morning, day and evening begin; the night runs from 24:00. [h]"""
MORNING: Final = 1
MAX_SLOTS: Final = 32
"""A week of whole clock days has 28 parts; one that begins within a part has 29."""
_SHARPENINGS: Final = 4
_BIN_H: Final = BIN_S / SECONDS_PER_HOUR
_BINS: Final = BLOCK_S // BIN_S


class Week(NamedTuple):
    """The standard load above the highest base share, and the parts of the days (slots), of one drawing window.

    Attributes
    ----------
    time_s : ndarray, shape (n_bins + 1,)
        Borders of the quarter hours relative to the start of the fixed week. [s]
    above_h : ndarray, shape (n_bins + 1,)
        Integral of the relative load above the highest base share up to each border. [h]
    slot : ndarray of int, shape (n_slots + 1,)
        Border at which each part of a day begins; the last is the end of the window.
    mornings : ndarray of int, shape (n_mornings,)
        Slots that are mornings and whose evening also lies in the window, two slots later.
    """

    time_s: FloatArray
    above_h: FloatArray
    slot: IntArray
    mornings: IntArray

    @property
    def slot_h(self) -> FloatArray:
        """Length of each slot. [h]."""
        return np.diff(self.slot) * _BIN_H


def week_of(standard: StandardLoad, number: int) -> Week:
    """Return the drawing window of a fixed week.

    Parameters
    ----------
    standard : StandardLoad
        What the mean of many homes follows.
    number : int
        Number of the week since the epoch.
    """
    begin_s = number * BLOCK_S + LAG_S
    sharp = np.maximum(sharpened(standard, begin_s, _BINS), BASE_SHARE[1])
    part = np.searchsorted(PART_STARTS_H, standard.local_hours(begin_s, _BINS), side="right")
    starts = np.flatnonzero(np.diff(part, prepend=-1))
    mornings = np.flatnonzero(part[starts] == MORNING)
    return Week(
        time_s=LAG_S + BIN_S * np.arange(_BINS + 1.0),
        above_h=np.cumsum(np.concatenate([[0.0], (sharp - BASE_SHARE[1]) * _BIN_H])),
        slot=np.append(starts, _BINS),
        mornings=mornings[mornings + 2 < len(starts)],
    )


def sharpened(standard: StandardLoad, epoch_s: int, n_bins: int) -> FloatArray:
    """Return the relative load to draw centres from, so that spread-out events add up to the standard load.

    Van Cittert's iteration: add what the spreading takes away, four times. It converges because the spreading by events of
    all lengths together keeps some of every frequency.

    Parameters
    ----------
    standard : StandardLoad
        What the mean of many homes follows.
    epoch_s : int
        Start of the first quarter hour. [s]
    n_bins : int
        Number of quarter hours.

    Returns
    -------
    ndarray, shape (n_bins,)
        Relative load. [-]

    References
    ----------
    P. H. van Cittert, "Zum Einfluß der Spaltbreite auf die Intensitätsverteilung in Spektrallinien II", Zeitschrift für
    Physik 69 (1931), 298-308, doi:10.1007/BF01391351.
    """
    kernel = _kernel()
    reach = len(kernel) // 2 * _SHARPENINGS
    wanted = standard.relative(epoch_s - reach * BIN_S, n_bins + 2 * reach)
    sharp = wanted
    for _ in range(_SHARPENINGS):
        sharp = sharp + wanted - np.convolve(sharp, kernel, mode="same")
    return sharp[reach : reach + n_bins]


@lru_cache(maxsize=1)
def _kernel() -> FloatArray:
    return smearing(BIN_S)
