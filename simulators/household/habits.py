# SPDX-License-Identifier: Apache-2.0
"""Habits of a home: in which parts of the days of a week it uses its energy, and when exactly an event happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.household.styles import BASE_SHARE
from simulators.household.week import MAX_SLOTS
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.household.styles import Styles
    from simulators.household.week import Week

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.intp]

PRESENCE: Final = 0.65
"""Probability that somebody is at home and busy in a part of a day. [-]"""
ABSENCE_DIP: Final = 0.8
"""How much less a home draws above its base in a part without presence, relative to one with it. [-]"""


def slot_hours(week: Week, styles: Styles) -> FloatArray:
    """Return the relative energy above each home's own base in each slot, shape (n_homes, n_slots). [h]."""
    return np.diff(week.above_h[week.slot]) + (BASE_SHARE[1] - styles.base_share)[:, None] * week.slot_h


def slot_weights(week: Week, hours: FloatArray, lean: FloatArray, presence: FloatArray) -> FloatArray:
    """Return how much energy each home draws in each slot once its habits and absences are known.

    Both corrections leave the sum over the week as it is and are 1 in the mean of many homes.

    Parameters
    ----------
    week : Week
        The drawing window.
    hours : ndarray, shape (n_homes, n_slots)
        Relative energy without habits, from `slot_hours`. [h]
    lean : ndarray, shape (n_homes,)
        From `Styles`. [-]
    presence : ndarray, shape (n_homes, n_slots)
        1 where somebody is at home and busy, 0 where not. [-]

    Returns
    -------
    ndarray, shape (n_homes, n_slots)
        Relative energy. [h]
    """
    mornings, evenings = week.mornings, week.mornings + 2
    moved_h = lean[:, None] * np.minimum(hours[:, mornings], hours[:, evenings])
    leaning = hours.copy()
    leaning[:, mornings] += moved_h
    leaning[:, evenings] -= moved_h
    mean_presence = (leaning * presence).sum(axis=1) / leaning.sum(axis=1)
    return np.asarray(leaning * (1.0 + ABSENCE_DIP * (presence - mean_presence[:, None])), dtype=np.float64)


def centre_times(
    week: Week, weights: FloatArray, hours: FloatArray, spare: FloatArray, home: IntArray, u: FloatArray
) -> FloatArray:
    """Return the times that uniform numbers mean under each home's own density: the inverse of its distribution.

    Parameters
    ----------
    week : Week
        The drawing window.
    weights, hours : ndarray, shape (n_homes, n_slots)
        Energy in each slot with and without habits, from `slot_weights` and `slot_hours`. [h]
    spare : ndarray, shape (n_homes,)
        How far each home's base share lies below the highest; that much of its events is spread evenly. [-]
    home : ndarray of int, shape (n_events,)
        Row of each event's home.
    u : ndarray, shape (n_events,)
        Numbers of [0, 1).

    Returns
    -------
    ndarray, shape (n_events,)
        Times relative to the start of the fixed week. [s]
    """
    reached = np.full((len(weights), MAX_SLOTS + 1), np.inf)
    reached[:, 0] = 0.0
    np.cumsum(weights, axis=1, out=reached[:, 1 : weights.shape[1] + 1])
    target = u * reached[home, weights.shape[1]]
    slot = _last_not_above(reached, home, target)
    slot = np.minimum(slot, weights.shape[1] - 1)
    rest_h = (target - reached[home, slot]) / weights[home, slot] * hours[home, slot]
    even_h = spare[home] * week.slot_h[slot]
    peaked = np.interp(week.above_h[week.slot[slot]] + rest_h - even_h, week.above_h, week.time_s)
    with np.errstate(divide="ignore", invalid="ignore"):  # a home with the highest base spreads nothing evenly
        even = week.time_s[week.slot[slot]] + rest_h / spare[home] * SECONDS_PER_HOUR
    return np.asarray(np.where(rest_h < even_h, even, peaked), dtype=np.float64)


def _last_not_above(reached: FloatArray, home: IntArray, target: FloatArray) -> IntArray:
    """Binary search in each event's own row; comparisons within the row only, so neighbours change no bit."""
    slot = np.zeros(len(home), dtype=np.intp)
    width = MAX_SLOTS // 2
    while width:
        candidate = slot + width
        slot = np.where(reached[home, candidate] <= target, candidate, slot)
        width //= 2
    return slot
