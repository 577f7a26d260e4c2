# SPDX-License-Identifier: Apache-2.0
"""Physics of a fleet of batteries: power that is possible, losses, self-discharge, ageing.

What is possible within a step is exact: the terminal power that fills or empties a battery at its very end has a closed form
(`simulators.battery.conversion.terminal_power`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulators.battery.ageing import Wear, age, new_wear
from simulators.battery.conversion import ZERO, cells_power, terminal_power
from simulators.battery.span import span_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.battery.params import BatteryParams
    from simulators.battery.span import Span

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]


class BatteryState(NamedTuple):
    """What a battery remembers; arrays of shape ``(n_devices,)`` unless stated. No array is ever changed in place.

    Attributes
    ----------
    energy_kwh : ndarray
        Energy in the cells. [kWh]
    capacity_kwh : ndarray
        Present capacity. [kWh]
    soc, soh : ndarray
        Energy over the present, and present over the new capacity. [-]
    course : ndarray, shape (3, n_devices)
        What half cycles are made of: state of charge over the capacity before the last step aged it, full equivalent cycles over
        the new capacity and hours of operation so far. [-], [-], [h]
    wear : Wear
        What ageing remembers.
    """

    energy_kwh: FloatArray
    capacity_kwh: FloatArray
    soc: FloatArray
    soh: FloatArray
    course: FloatArray
    wear: Wear


class BatteryInputs(NamedTuple):
    """What acts on a battery in a step; arrays that broadcast to ``(n_devices,)``, NaN where nobody asks.

    None in place of an array says that nobody asks any battery, and is quicker.

    Attributes
    ----------
    p_net_kw : ndarray
        Load behind the same meter without this battery, load frame; NaN where it is not known. [kW]
    p_set_kw : ndarray or None
        Terminal power asked for, load frame, positive charges. [kW]
    p_min_kw, p_max_kw : ndarray or None
        Limits of the terminal power, load frame. [kW]
    min_soc : ndarray or None
        Reserve asked for. [-]
    """

    p_net_kw: FloatArray
    p_set_kw: FloatArray | None = None
    p_min_kw: FloatArray | None = None
    p_max_kw: FloatArray | None = None
    min_soc: FloatArray | None = None


class BatteryOutputs(NamedTuple):
    """What a battery did; arrays of shape ``(n_devices,)``, means over the step.

    Attributes
    ----------
    p_kw, q_kvar : ndarray
        Power at the terminals, load frame, standby included. [kW], [kvar]
    p_loss_kw : ndarray
        Conversion, standby, self-discharge, and what a shrinking full battery could not hold; never negative. [kW]
    p_unserved_kw : ndarray
        Distance between the set-point and what was possible; 0 where nobody asks. [kW]
    """

    p_kw: FloatArray
    q_kvar: FloatArray
    p_loss_kw: FloatArray
    p_unserved_kw: FloatArray


def new_state(params: BatteryParams, soc: FloatArray, soh: FloatArray) -> BatteryState:
    """Return the state of batteries at a state of charge and a state of health, both fractions of shape (n_devices,)."""
    capacity = params.capacity_kwh * soh
    course = np.stack([soc, np.zeros_like(soc), np.zeros_like(soc)])
    return BatteryState(soc * capacity, capacity, soc, soh, course, new_wear(params.ageing, course, soh))


def step(
    params: BatteryParams, state: BatteryState, inputs: BatteryInputs, duration_s: float
) -> tuple[BatteryState, BatteryOutputs]:
    """Advance a fleet of batteries by one step.

    Parameters
    ----------
    params : BatteryParams
        Nameplate data, arrays of shape ``(n_devices,)``.
    state : BatteryState
        State at the start of the step.
    inputs : BatteryInputs
        Net load, set-points and limits. [kW], [-]
    duration_s : float
        Length of the step, positive. [s]

    Returns
    -------
    state : BatteryState
        State at the end of the step.
    outputs : BatteryOutputs
        Powers as means over the step and the state of charge at its end.

    Raises
    ------
    ValueError
        If ``duration_s`` is not positive.

    Notes
    -----
    Per step and device ``p_kw * h = energy_end - energy_start + p_loss_kw * h`` to rounding. Self-discharge is exponential and
    integrated exactly, so a step at constant power may be cut in two without changing anything, up to the moment at which
    the battery is full or empty. Limits act on the converter; standby comes on top, at the terminals, while it idles.
    """
    span = span_of(params, duration_s)
    kept = state.energy_kwh * span.keeps
    wanted, asked = _wanted(params, inputs)
    moved, stored, running, idle = _move(span, (wanted, inputs.min_soc), kept, state.capacity_kwh)
    p, cells = np.copysign(moved, wanted), np.copysign(stored, wanted)
    energy = cells * span.held_h
    energy += kept
    np.maximum(energy, ZERO, out=energy)
    course = state.course.copy()
    np.divide(energy, state.capacity_kwh, out=course[0])
    course[1] += stored * span.cycles_per_kw
    course[2] += running * span.hours
    wear, soh, capacity = state.wear, state.soh, state.capacity_kwh
    if params.ageing is not None:
        wear, soh = age(params.ageing, wear, span.calendar, state.soc, course)
        capacity = params.capacity_kwh * soh
    fits = np.minimum(energy, capacity)

    standby_kw = params.standby_kw * idle
    # summed up from its causes, not taken as what is left over: the audit of a run must be able to find a mistake in them
    p_loss_kw = p - cells
    p_loss_kw += standby_kw
    p_loss_kw += state.energy_kwh * span.fades_per_h
    p_loss_kw += cells * span.slips
    energy -= fits  # what a capacity that has just faded no longer holds
    energy *= span.per_hour
    p_loss_kw += energy
    outputs = BatteryOutputs(
        p + standby_kw,
        params.nothing if params.tan_phi is None else moved * params.tan_phi,
        p_loss_kw,
        params.nothing if asked is None else np.where(asked, np.abs(inputs.p_set_kw - p), ZERO),
    )
    return BatteryState(fits, capacity, fits / capacity, soh, course, wear), outputs


def _wanted(params: BatteryParams, inputs: BatteryInputs) -> tuple[FloatArray, BoolArray | None]:
    """Return the terminal power wanted inside the limits asked for, NaN for none, and where somebody asks."""
    wanted = params.share_of_net * inputs.p_net_kw
    asked = None
    if inputs.p_set_kw is not None:
        asked = np.isfinite(inputs.p_set_kw)
        np.copyto(wanted, inputs.p_set_kw, where=asked if params.obeys is None else asked & params.obeys)
    if inputs.p_min_kw is not None or inputs.p_max_kw is not None:
        np.copyto(wanted, ZERO, where=np.isnan(wanted))
    if inputs.p_min_kw is not None:
        np.fmax(wanted, inputs.p_min_kw, out=wanted)
    if inputs.p_max_kw is not None:
        np.fmin(wanted, inputs.p_max_kw, out=wanted)
    return wanted, asked


def _move(
    span: Span, demand: tuple[FloatArray, FloatArray | None], kept: FloatArray, capacity: FloatArray
) -> tuple[FloatArray, FloatArray, BoolArray, BoolArray]:
    """Return power at the terminals and at the cells, never negative, whether the converter runs at all, and the opposite.

    `demand` holds the power wanted, whose sign is the direction, and the reserve asked for; `kept` is the energy that would be
    left without any power.
    """
    wanted, reserve = demand
    down = np.signbit(wanted)
    lane = span.lane(down)
    bound = lane.bound_soc if reserve is None else np.where(down, np.fmax(lane.bound_soc, reserve), lane.bound_soc)
    room = bound * capacity
    room -= kept
    room *= lane.per_held_h
    moved = terminal_power(lane, room)
    np.minimum(moved, lane.limit_kw, out=moved)
    np.minimum(moved, np.abs(wanted), out=moved)
    running = moved > lane.least_kw  # never so without room, nor where it is not known what is wanted
    idle = ~running
    np.copyto(moved, ZERO, where=idle)
    return moved, cells_power(lane, moved, running), running, idle
