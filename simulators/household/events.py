# SPDX-License-Identifier: Apache-2.0
"""The events of one week: from uniform numbers to pulses. Pure functions; the numbers are drawn by the caller.

The number of events of a class in a week is its expectation, rounded up or down at random, and their times are independent:
a Poisson process given its count. With free counts a small home would miss its annual energy by more than 5 % in some
years; the rate over time, and with it the expected load, is the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.household.appliances import CLASSES
from simulators.household.habits import PRESENCE, centre_times, slot_hours, slot_weights
from simulators.household.model import Pulses
from simulators.household.styles import BASE_SHARE
from simulators.household.week import MAX_SLOTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulators.household.styles import Styles
    from simulators.household.week import Week

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.intp]

HEAD: Final = len(CLASSES) + MAX_SLOTS
"""Numbers per home and week before those of the events: one per class to round its count, one per part of a day."""
PER_EVENT: Final = 3
"""Numbers per event: centre, power, duration."""
_ENERGY_KWH: Final = np.array([each.energy_kwh for each in CLASSES])
_CENTRE: Final = np.array([each.centre for each in CLASSES])
_POWER_KW: Final = np.array([each.power_kw for each in CLASSES])
_DURATION_S: Final = np.array([each.duration_s for each in CLASSES])


class Plan(NamedTuple):
    """What is known of a week's events before anything is drawn.

    Attributes
    ----------
    week : Week
        The drawing window.
    hours : ndarray, shape (n_homes, n_slots)
        Relative energy above the base. [h]
    expected : ndarray, shape (n_homes, n_classes)
        Expected number of events. [-]
    """

    week: Week
    hours: FloatArray
    expected: FloatArray

    @property
    def most(self) -> IntArray:
        """Largest possible number of events of each home, shape (n_homes,)."""
        return np.asarray((np.floor(self.expected) + 1.0).sum(axis=1), dtype=np.intp)

    @property
    def numbers(self) -> IntArray:
        """How many uniform numbers each home needs, shape (n_homes,)."""
        return HEAD + PER_EVENT * self.most


def plan_of(week: Week, styles: Styles, mean_kw: FloatArray) -> Plan:
    """Return the plan of a week for homes of a mean power, shape (n_homes,). [kW]."""
    hours = slot_hours(week, styles)
    energy_kwh = hours.sum(axis=1) * mean_kw
    return Plan(week, hours, styles.shares * energy_kwh[:, None] / _ENERGY_KWH)


def pulses_of(plan: Plan, styles: Styles, uniforms: Sequence[FloatArray]) -> Pulses:
    """Return the events of a week.

    Parameters
    ----------
    plan : Plan
        The week's plan.
    styles : Styles
        Traits of the homes.
    uniforms : sequence of ndarray
        For each home as many numbers of [0, 1) as the plan asks for.

    Returns
    -------
    Pulses
        Pulses of all homes, times relative to the start of the fixed week, none of them before it.
    """
    head = np.array([numbers[:HEAD] for numbers in uniforms])
    flat = np.concatenate(uniforms)
    counts = np.floor(plan.expected + head[:, : len(CLASSES)]).astype(np.intp)
    home = np.repeat(np.arange(len(counts)), counts.sum(axis=1))
    each = np.repeat(np.tile(np.arange(len(CLASSES)), len(counts)), counts.ravel())
    first = np.cumsum(plan.numbers) - plan.numbers + HEAD
    within = np.arange(len(home)) - np.repeat(np.cumsum(counts.sum(axis=1)) - counts.sum(axis=1), counts.sum(axis=1))
    place, stride = first[home] + within, plan.most[home]
    presence = (head[:, len(CLASSES) : len(CLASSES) + plan.hours.shape[1]] < PRESENCE).astype(np.float64)
    weights = slot_weights(plan.week, plan.hours, styles.lean, presence)
    centre_s = centre_times(plan.week, weights, plan.hours, BASE_SHARE[1] - styles.base_share, home, flat[place])
    power_kw = _log_uniform(_POWER_KW[each], flat[place + stride])
    duration_s = _log_uniform(_DURATION_S[each], flat[place + 2 * stride])
    return _phases(home, each, centre_s - _CENTRE[each] * duration_s, duration_s, power_kw)


def _log_uniform(bounds: FloatArray, uniforms: FloatArray) -> FloatArray:
    low, high = bounds.T
    return np.asarray(low * (high / low) ** uniforms, dtype=np.float64)


def _phases(home: IntArray, each: IntArray, start_s: FloatArray, duration_s: FloatArray, power_kw: FloatArray) -> Pulses:
    parts = []
    for number, event_class in enumerate(CLASSES):
        mine = each == number
        begin_s = start_s[mine]
        for length, power in event_class.phases:
            end_s = begin_s + length * duration_s[mine]
            parts.append(Pulses(home[mine], begin_s, end_s, power * power_kw[mine]))
            begin_s = end_s
    return Pulses(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
