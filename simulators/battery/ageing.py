# SPDX-License-Identifier: Apache-2.0
"""Capacity fade of a fleet, step by step: calendar wear grows with time, cycle wear at the end of each half cycle.

Half cycles are told apart as the charge turns: one ends where the state of charge has moved back from its extreme by more than
`simulators.battery.kernel.TURN`. Smaller ripples do not end it, their throughput counts at the depth of the cycle they ride on.
(A rainflow count would keep the large cycle whole through larger ripples too, but needs the whole history.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulators.battery import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.battery.params import AgeingParams

    FloatArray = NDArray[np.float64]


class Wear(NamedTuple):
    """What ageing remembers; arrays of shape ``(n_devices,)`` unless stated.

    Attributes
    ----------
    calendar, cycle : ndarray
        Wear: loss to the power of one over the law's exponent. [-]
    uncycled : ndarray
        Share of the new capacity that cycling alone would have left. [-]
    heading : ndarray
        +1 while the present half cycle charges, -1 while it discharges. [-]
    start, extreme : ndarray, shape (3, n_devices)
        The course where the half cycle began, and at the farthest it came: state of charge, full equivalent cycles and hours of
        operation since the first step. [-], [-], [h]
    """

    calendar: FloatArray
    cycle: FloatArray
    uncycled: FloatArray
    heading: FloatArray
    start: FloatArray
    extreme: FloatArray


def new_wear(params: AgeingParams, course: FloatArray, soh: FloatArray) -> Wear:
    """Return the wear of batteries that have lost ``1 - soh`` of their capacity by age and stand at the start of a course."""
    ones = np.ones_like(soh)
    exponent = params.laws[:, kernel.CALENDAR_EXPONENT] if params.laws.size else ones
    return Wear((1.0 - soh) ** (1.0 / exponent), np.zeros_like(soh), ones, ones, course, course)


def wear_of(state: FloatArray) -> Wear:
    """Return the wear in a state, shape (n_devices, 17), as arrays by device."""
    calendar, cycle, uncycled, heading = state.T[kernel.CALENDAR : kernel.START]
    return Wear(calendar, cycle, uncycled, heading, state.T[kernel.START : kernel.EXTREME], state.T[kernel.EXTREME :])


def state_of(standing: FloatArray, course: FloatArray, wear: Wear) -> FloatArray:
    """Return the state as the kernel wants it, shape (n_devices, 17), from what comes first in it and what follows."""
    return np.ascontiguousarray(np.vstack([standing, course, *wear]).T)


def age(
    params: AgeingParams, wear: Wear, growth: FloatArray, before_soc: FloatArray, course: FloatArray
) -> tuple[Wear, FloatArray]:
    """Age a fleet by one step, one device after the other, as `simulators.battery.kernel.advance` does within a step.

    Parameters
    ----------
    params : AgeingParams
        Laws as arrays.
    wear : Wear
        At the start of the step.
    growth : ndarray, shape (n_curves * 201, 2)
        Growth of the calendar wear within the step, as `AgeingParams.calendar_per_s`. [-]
    before_soc : ndarray, shape (n_devices,)
        State of charge at the start of the step. [-]
    course : ndarray, shape (3, n_devices)
        State of charge, full equivalent cycles and hours of operation at its end. [-], [-], [h]

    Returns
    -------
    wear : Wear
        At the end of the step.
    soh : ndarray, shape (n_devices,)
        Share of the new capacity that is left. [-]
    """
    state = state_of(np.full((kernel.COURSE, len(before_soc)), np.nan), course, wear)
    soh = [kernel.age(params.laws, params.level, growth, soc, state, i) for i, soc in enumerate(before_soc)]
    return wear_of(state), np.array(soh)
