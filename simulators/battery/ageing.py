# SPDX-License-Identifier: Apache-2.0
"""Capacity fade of a fleet, step by step: calendar wear grows with time, cycle wear at the end of each half cycle.

Half cycles are told apart as the charge turns: one ends where the state of charge has moved back from its extreme by more than
`TURN`. Smaller ripples do not end it, their throughput counts at the depth of the cycle they ride on. (A rainflow count would
keep the large cycle whole through larger ripples too, but needs the whole history.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.battery.ageing_laws import DEPTH_REFERENCE
from simulators.battery.params import SOC_GRID

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.battery.params import AgeingParams

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

TURN: Final = 0.05
"""How far the state of charge moves back before a half cycle counts as finished. [-]"""
TURNED: Final = np.array(-TURN)
FARTHER: Final = np.array(1e-12)
"""By how much the charge passes its extreme: more than rounding, or a battery that comes back to its lowest charge again and
again would age by the last digit of a sum. [-]"""
LEAST_HEALTH: Final = np.array(0.01)
"""A cell is never modelled below one per cent of its capacity; the laws end far above. [-]"""
LEAST_H: Final = 1e-9
HALF_GRID: Final = np.array(0.5 * (len(SOC_GRID) - 1))
"""Position on the grid of the mean of two states of charge, over their sum."""


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


def new_wear(params: AgeingParams | None, course: FloatArray, soh: FloatArray) -> Wear:
    """Return the wear of batteries that have lost ``1 - soh`` of their capacity by age and stand at the start of a course."""
    ones = np.ones_like(soh)
    exponent = ones if params is None else params.calendar_exponent
    return Wear((1.0 - soh) ** (1.0 / exponent), np.zeros_like(soh), ones, ones, course, course)


def lookup(table: FloatArray, row: NDArray[np.int64], position: FloatArray) -> FloatArray:
    """Return a table of `segments` at a position on the grid, 0 at an empty, 200 at a full battery, shape (n_devices,)."""
    cell = position.astype(np.int64)
    cell += row
    intercept, slope = table.take(cell, axis=0).T
    value: FloatArray = slope * position
    value += intercept
    return value


def age(
    params: AgeingParams, wear: Wear, growth: FloatArray, before_soc: FloatArray, course: FloatArray
) -> tuple[Wear, FloatArray]:
    """Age a fleet by one step.

    Parameters
    ----------
    params : AgeingParams
        Laws as arrays.
    wear : Wear
        At the start of the step.
    growth : ndarray, shape (n_devices * 201, 2)
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
    soc = course[0]
    position = before_soc + soc
    position *= HALF_GRID
    calendar = lookup(growth, params.row, position)
    calendar += wear.calendar
    _, cycle, uncycled, heading, start, extreme = wear
    ahead = soc - extreme[0]
    ahead *= heading
    extreme = np.where(ahead > FARTHER, course, extreme)
    turned = ahead < TURNED
    if np.count_nonzero(turned):
        cycle = cycle + turned * _grown(params, start, extreme)
        uncycled = 1.0 - cycle**params.cycle_exponent
        heading, start = np.where(turned, -heading, heading), np.where(turned, extreme, start)
        np.copyto(extreme, course, where=turned)  # the way back becomes the next half cycle
    soh = uncycled - (np.sqrt(calendar) if params.root else calendar**params.calendar_exponent)
    return Wear(calendar, cycle, uncycled, heading, start, extreme), np.maximum(soh, LEAST_HEALTH, out=soh)


def _grown(params: AgeingParams, start: FloatArray, extreme: FloatArray) -> FloatArray:
    """Return the cycle wear of half cycles that are finished, shape (n_devices,)."""
    depth, cycles, hours = extreme - start
    level = None if params.level is None else lookup(params.level, params.row, (start[0] + extreme[0]) * HALF_GRID)
    stress = cycle_stress(params, np.abs(depth), level, 2.0 * cycles / np.maximum(hours, LEAST_H))
    grown: FloatArray = stress**params.cycle_wear_exponent * cycles
    return grown


def cycle_stress(params: AgeingParams, depth: FloatArray, level: FloatArray | None, c_rate: FloatArray) -> FloatArray:
    """Return the loss after one full equivalent cycle of this depth and C-rate, shape (n_devices,), as a fraction.

    `level` is what the mean state of charge adds to the factor of the depth, None for nothing.
    """
    beyond = depth - DEPTH_REFERENCE
    factor = params.depth_cubic * (beyond * beyond * beyond) + params.depth_linear * depth + params.depth_constant
    if level is not None:
        factor += level
    return (params.rate_slope * c_rate + params.rate_offset) * factor
