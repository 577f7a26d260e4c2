# SPDX-License-Identifier: Apache-2.0
"""Physics of a fleet of batteries: power that is possible, losses, self-discharge, ageing.

What is possible within a step is exact: the terminal power that fills or empties a battery at its very end has a closed form
(`simulators.battery.conversion.terminal_power`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.battery.ageing import Use, Wear, age, new_wear
from simulators.battery.conversion import cells_power, terminal_power
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.battery.params import BatteryParams

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

TINY: Final = 1e-300


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryState:
    """What a battery remembers; arrays of shape ``(n_devices,)``.

    Attributes
    ----------
    energy_kwh : ndarray
        Energy in the cells. [kWh]
    soh : ndarray
        Share of the new capacity that is left. [-]
    cycles : ndarray
        Full equivalent cycles so far, over the new capacity. [-]
    wear : Wear
        What ageing remembers.
    """

    energy_kwh: FloatArray
    soh: FloatArray
    cycles: FloatArray
    wear: Wear


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryInputs:
    """What acts on a battery in a step; arrays that broadcast to ``(n_devices,)``, NaN where nobody asks.

    Attributes
    ----------
    p_net_kw : ndarray
        Load behind the same meter without this battery, load frame; NaN where it is not known. [kW]
    p_set_kw : ndarray
        Terminal power asked for, load frame, positive charges. [kW]
    p_min_kw, p_max_kw : ndarray
        Limits of the terminal power, load frame. [kW]
    min_soc : ndarray
        Reserve asked for. [-]
    """

    p_net_kw: FloatArray
    p_set_kw: FloatArray
    p_min_kw: FloatArray
    p_max_kw: FloatArray
    min_soc: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryOutputs:
    """What a battery did; arrays of shape ``(n_devices,)``, means over the step unless stated.

    Attributes
    ----------
    p_kw, q_kvar : ndarray
        Power at the terminals, load frame, standby included. [kW], [kvar]
    p_loss_kw : ndarray
        Conversion, standby, self-discharge, and what a shrinking full battery could not hold; never negative. [kW]
    p_unserved_kw : ndarray
        Distance between the set-point and what was possible; 0 where nobody asks. [kW]
    soc : ndarray
        State of charge at the end of the step. [-]
    """

    p_kw: FloatArray
    q_kvar: FloatArray
    p_loss_kw: FloatArray
    p_unserved_kw: FloatArray
    soc: FloatArray


def new_state(params: BatteryParams, soc: FloatArray, soh: FloatArray) -> BatteryState:
    """Return the state of batteries at a state of charge and a state of health, both fractions of shape (n_devices,)."""
    wear = new_wear(params.ageing, soc, soh)
    return BatteryState(energy_kwh=soc * soh * params.capacity_kwh, soh=soh, cycles=np.zeros_like(soc), wear=wear)


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
    if duration_s <= 0:
        message = f"a step needs a positive duration, got {duration_s} s"
        raise ValueError(message)
    hours = duration_s / SECONDS_PER_HOUR
    fading = np.maximum(params.self_discharge_per_h * hours, TINY)
    faded = np.expm1(-fading)
    kept = state.energy_kwh + state.energy_kwh * faded
    held_h = faded / fading * -hours
    capacity = params.capacity_kwh * state.soh

    wanted, asked = _wanted(params, inputs)
    least, most = _possible(params, inputs, (kept, held_h, capacity))
    p, cells, running = _convert(params, np.minimum(np.maximum(wanted, least), most))
    held = kept + cells * held_h
    energy = np.maximum(held, 0.0)
    amount = np.empty((2, len(p)))
    amount[0], amount[1] = np.abs(cells) * (0.5 * hours) / params.capacity_kwh, running * hours
    wear, soh = state.wear, state.soh
    if params.ageing is not None:
        before, after = state.energy_kwh / capacity, np.minimum(energy / capacity, 1.0)
        wear, soh = age(params.ageing, wear, Use(0.5 * (before + after), after, amount, duration_s))
        capacity = params.capacity_kwh * soh
    surplus = np.maximum(energy - capacity, 0.0)  # what a capacity that has just faded no longer holds
    energy = energy - surplus

    standby_kw = params.standby_kw * ~running
    p_kw = p + standby_kw
    # summed up from its causes, not taken as what is left over: the audit of a run must be able to find a mistake in them
    p_loss_kw = (p - cells) + standby_kw + (state.energy_kwh + cells * hours - held + surplus) / hours
    outputs = BatteryOutputs(
        p_kw=p_kw,
        q_kvar=np.abs(p) * params.tan_phi,
        p_loss_kw=p_loss_kw,
        p_unserved_kw=np.where(asked, np.abs(inputs.p_set_kw - p), 0.0),
        soc=energy / capacity,
    )
    return BatteryState(energy_kwh=energy, soh=soh, cycles=state.cycles + amount[0], wear=wear), outputs


def _wanted(params: BatteryParams, inputs: BatteryInputs) -> tuple[FloatArray, BoolArray]:
    """Return the terminal power wanted inside the limits asked for, and where somebody asks."""
    asked = np.isfinite(inputs.p_set_kw)
    knows = params.follows & np.isfinite(inputs.p_net_kw)
    wanted = np.where(knows, -inputs.p_net_kw, 0.0)
    wanted = np.where(asked & params.obeys, inputs.p_set_kw, wanted)
    return np.fmin(np.fmax(wanted, inputs.p_min_kw), inputs.p_max_kw), asked


def _possible(
    params: BatteryParams, inputs: BatteryInputs, cells: tuple[FloatArray, FloatArray, FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """Return the lowest and the highest terminal power that the converter and the cells allow over the step.

    `cells` holds the energy that would be left without any power, the hours by which a constant power into the cells is
    multiplied to give its energy at the end of the step, and the present capacity.
    """
    kept, held_h, capacity = cells
    room = np.empty((2, len(kept)))
    np.maximum(params.max_soc * capacity - kept, 0.0, out=room[0])
    np.minimum(np.fmax(params.min_soc, inputs.min_soc) * capacity - kept, 0.0, out=room[1])
    room /= held_h
    most, least = terminal_power(params.conversion, room)
    highest, lowest = params.conversion.limit_kw
    return np.minimum(np.maximum(least, lowest), 0.0), np.minimum(most, highest)


def _convert(params: BatteryParams, p_kw: FloatArray) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return terminal power, power into the cells and whether the converter runs at all."""
    running = np.empty((2, len(p_kw)), dtype=np.bool_)
    np.greater(p_kw, params.conversion.least_kw[0], out=running[0])
    np.less(p_kw, params.conversion.least_kw[1], out=running[1])
    terminal = p_kw * running
    cells = cells_power(params.conversion, terminal, running)
    return terminal[0] + terminal[1], cells[0] + cells[1], running[0] | running[1]
