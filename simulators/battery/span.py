# SPDX-License-Identifier: Apache-2.0
"""What follows from the length of a step alone: worked out once for each length, not in every step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.battery.conversion import Lane, lanes
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.battery.params import BatteryParams

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

TINY: Final = 1e-300


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Constants of a fleet for steps of one length; arrays of shape ``(n_devices,)`` unless stated.

    Attributes
    ----------
    hours, per_hour : ndarray, shape ()
        Length of the step and one over it. [h], [1/h]
    keeps : ndarray
        Share of the energy that self-discharge leaves over. [-]
    held_h : ndarray
        Energy that a constant power of 1 kW into the cells leaves at the end of the step. [h]
    fades_per_h, slips : ndarray
        Mean power lost to self-discharge per energy at the start, and per power into the cells. [1/h], [-]
    cycles_per_kw : ndarray
        Full equivalent cycles per power into or out of the cells. [1/kW]
    up, down : ndarray, shape (9, n_devices)
        Rows of `simulators.battery.conversion.Lane` while charging and while discharging.
    calendar : ndarray, shape (n_devices * 201, 2)
        Growth of the calendar wear within the step, as `AgeingParams.calendar_per_s`; empty where no battery ages. [-]
    latest : dict
        The lane of the latest directions: at night, and on a bright day, they stay as they are for hours.
    """

    hours: FloatArray
    per_hour: FloatArray
    keeps: FloatArray
    held_h: FloatArray
    fades_per_h: FloatArray
    slips: FloatArray
    cycles_per_kw: FloatArray
    up: FloatArray
    down: FloatArray
    calendar: FloatArray
    latest: dict[bytes, Lane] = field(default_factory=dict, compare=False)

    def lane(self, down: BoolArray) -> Lane:
        """Return what holds for each battery in the direction it goes in; `down` where it discharges."""
        key = down.tobytes()
        lane = self.latest.get(key)
        if lane is None:
            self.latest.clear()
            lane = self.latest[key] = Lane(*np.where(down, self.down, self.up))
        return lane


def span_of(params: BatteryParams, duration_s: float) -> Span:
    """Return the constants for a length of step in seconds, from ``params.spans`` if they have been asked for before.

    Raises
    ------
    ValueError
        If ``duration_s`` is not positive.
    """
    span = params.spans.get(duration_s)
    if span is None:
        span = params.spans[duration_s] = _worked_out(params, duration_s)
    return span


def _worked_out(params: BatteryParams, duration_s: float) -> Span:
    if duration_s <= 0:
        message = f"a step needs a positive duration, got {duration_s} s"
        raise ValueError(message)
    hours = duration_s / SECONDS_PER_HOUR
    fading = np.maximum(params.self_discharge_per_h * hours, TINY)
    faded = np.expm1(-fading)
    held_h = faded / fading * -hours
    up, down = lanes(params.conversion, np.array([params.max_soc, params.min_soc]), held_h)
    return Span(
        hours=np.array(hours),
        per_hour=np.array(1.0 / hours),
        keeps=1.0 + faded,
        held_h=held_h,
        fades_per_h=-faded / hours,
        slips=1.0 - held_h / hours,
        cycles_per_kw=0.5 * hours / params.capacity_kwh,
        up=up,
        down=down,
        calendar=np.empty((0, 2)) if params.ageing is None else params.ageing.calendar_per_s * duration_s,
    )
