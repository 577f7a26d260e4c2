# SPDX-License-Identifier: Apache-2.0
"""Capacity fade of a fleet, step by step: calendar wear grows with time, cycle wear at the end of each half cycle.

Half cycles are told apart as the charge turns: one ends where the state of charge has moved back from its extreme by more than
`TURN`. Smaller ripples do not end it, their throughput counts at the depth of the cycle they ride on. (A rainflow count would
keep the large cycle whole through larger ripples too, but needs the whole history.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.battery.ageing_laws import DEPTH_REFERENCE
from simulators.battery.params import SOC_GRID

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.battery.params import AgeingParams

    FloatArray = NDArray[np.float64]

TURN: Final = 0.05
"""How far the state of charge moves back before a half cycle counts as finished. [-]"""
LEAST_HEALTH: Final = 0.01
"""A cell is never modelled below one per cent of its capacity; the laws end far above. [-]"""
LEAST_H: Final = 1e-9
GRID_STEPS: Final = len(SOC_GRID) - 1


@dataclass(frozen=True, slots=True)
class Wear:
    """What ageing remembers; arrays of shape ``(n_devices,)`` unless stated.

    Attributes
    ----------
    calendar, cycle : ndarray
        Wear: loss to the power of one over the law's exponent. [-]
    heading : ndarray
        +1 while the present half cycle charges, -1 while it discharges. [-]
    start_soc, extreme_soc : ndarray
        Where the half cycle began and the farthest it came. [-]
    half : ndarray, shape (2, n_devices)
        Full equivalent cycles, and hours of operation, from its start to its extreme. [-], [h]
    tail : ndarray, shape (2, n_devices)
        The same since its extreme. [-], [h]
    """

    calendar: FloatArray
    cycle: FloatArray
    heading: FloatArray
    start_soc: FloatArray
    extreme_soc: FloatArray
    half: FloatArray
    tail: FloatArray


@dataclass(frozen=True, slots=True)
class Use:
    """What a step did to the cells.

    Attributes
    ----------
    mean_soc, soc : ndarray, shape (n_devices,)
        State of charge in the middle and at the end of the step. [-]
    amount : ndarray, shape (2, n_devices)
        Throughput in full equivalent cycles, and hours of charging or discharging. [-], [h]
    duration_s : float
        Length of the step. [s]
    """

    mean_soc: FloatArray
    soc: FloatArray
    amount: FloatArray
    duration_s: float


def new_wear(params: AgeingParams | None, soc: FloatArray, soh: FloatArray) -> Wear:
    """Return the wear of batteries that have lost ``1 - soh`` of their capacity by age."""
    exponent = np.ones_like(soc) if params is None else params.calendar_exponent
    calendar = (1.0 - soh) ** (1.0 / exponent)
    nothing = np.zeros((2, len(soc)))
    return Wear(calendar, np.zeros_like(soc), np.ones_like(soc), soc, soc, nothing, nothing)


def lookup(table: FloatArray, row: NDArray[np.int64], soc: FloatArray) -> FloatArray:
    """Return a table over `SOC_GRID` interpolated linearly at the state of charge, shape (n_devices,)."""
    position = soc * GRID_STEPS
    below = np.minimum(position.astype(np.int64), GRID_STEPS - 1)
    share = position - below
    below += row
    low: FloatArray = table[below]
    low += share * (table[below + 1] - low)
    return low


def age(params: AgeingParams, wear: Wear, use: Use) -> tuple[Wear, FloatArray]:
    """Age a fleet by one step.

    Parameters
    ----------
    params : AgeingParams
        Laws as arrays.
    wear : Wear
        At the start of the step.
    use : Use
        What the step did.

    Returns
    -------
    wear : Wear
        At the end of the step.
    soh : ndarray, shape (n_devices,)
        Share of the new capacity that is left. [-]
    """
    calendar = wear.calendar + lookup(params.calendar_rate_per_s, params.row, use.mean_soc) * use.duration_s
    ahead = wear.heading * (use.soc - wear.extreme_soc)
    farther, turned = ahead > 0.0, ahead < -TURN
    tail = wear.tail + use.amount
    half = wear.half + farther * tail
    tail *= ~farther
    extreme = np.where(farther, use.soc, wear.extreme_soc)
    cycle, heading, start = wear.cycle, wear.heading, wear.start_soc
    if turned.any():
        cycle = cycle + turned * _grown(params, start, extreme, half)
        heading, start = np.where(turned, -heading, heading), np.where(turned, extreme, start)
        np.copyto(extreme, use.soc, where=turned)
        np.copyto(half, tail, where=turned)  # the way back becomes the next half cycle
        np.copyto(tail, 0.0, where=turned)
    loss = calendar**params.calendar_exponent
    loss += cycle**params.cycle_exponent
    return Wear(calendar, cycle, heading, start, extreme, half, tail), np.maximum(1.0 - loss, LEAST_HEALTH)


def _grown(params: AgeingParams, start: FloatArray, extreme: FloatArray, half: FloatArray) -> FloatArray:
    """Return the cycle wear of finished half cycles, shape (n_devices,)."""
    cycles, hours = half
    stress = cycle_stress(params, np.abs(extreme - start), 0.5 * (extreme + start), 2.0 * cycles / np.maximum(hours, LEAST_H))
    grown: FloatArray = stress**params.cycle_wear_exponent * cycles
    return grown


def cycle_stress(params: AgeingParams, depth: FloatArray, mean_soc: FloatArray, c_rate: FloatArray) -> FloatArray:
    """Return the loss after one full equivalent cycle of this depth, level and C-rate, shape (n_devices,), as a fraction."""
    beyond = depth - DEPTH_REFERENCE
    factor = params.depth_cubic * (beyond * beyond * beyond) + params.depth_linear * depth + params.depth_constant
    if params.level is not None:
        factor += lookup(params.level, params.row, mean_soc)
    return (params.rate_slope * c_rate + params.rate_offset) * factor
