# SPDX-License-Identifier: Apache-2.0
"""Physics of a fleet of CHP units, one step at a time.

Chain: what the buffer can give and take → whether to run → power within heat limits and ramp → heat and fuel → boiler → buffer.

Valid for steps of 1 min to 1 h. A unit is on or off for a whole step, save for its start and for the moment in which a buffer
without emergency cooler is full; heat follows power at once, though a cold engine gives it minutes later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulators.chp.control import NOBODY, ZERO, Asked, wish
from simulators.chp.engine import ramped, tripped, turned
from simulators.chp.span import span_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.chp.engine import Run, Turn
    from simulators.chp.params import ChpParams
    from simulators.chp.span import Span

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]


class ChpState(NamedTuple):
    """What a fleet remembers; arrays of shape ``(n_devices,)``. No array is ever changed in place.

    Attributes
    ----------
    on : ndarray of bool
        Whether it runs.
    running : ndarray
        The same as a number. [-]
    hold_s : ndarray
        Time for which it must go on running or resting, where positive. [s]
    warm_s : ndarray or None
        Time that a start still takes; None where no unit is starting. [s]
    p_kw : ndarray
        Electrical power at the end of the step, counted positive. [kW]
    energy_kwh : ndarray
        Heat in the buffer above an empty one. [kWh]
    starts, hours : ndarray
        Starts and hours of operation so far. [-], [h]
    """

    on: BoolArray
    running: FloatArray
    hold_s: FloatArray
    warm_s: FloatArray | None
    p_kw: FloatArray
    energy_kwh: FloatArray
    starts: FloatArray
    hours: FloatArray


class ChpInputs(NamedTuple):
    """What acts on a fleet in a step; arrays that broadcast to ``(n_devices,)``.

    Attributes
    ----------
    demand_kw : ndarray
        Heat to supply, never negative. [kW]
    net_kw : ndarray
        Load of everything else behind the same meter, load frame; NaN where it is not known. [kW]
    asked : Asked
        Set-points.
    """

    demand_kw: FloatArray
    net_kw: FloatArray
    asked: Asked = NOBODY


class ChpOutputs(NamedTuple):
    """What a fleet did, means over the step, shape ``(n_devices,)``; named as the ports.

    Attributes
    ----------
    p_kw, q_kvar : ndarray
        Power at the terminals, load frame: generation negative, own use positive. [kW], [kvar]
    heat_kw, boiler_heat_kw, fuel_kw : ndarray
        Heat of the engine and of the boiler; fuel of both by higher heating value. [kW]
    heat_supplied_kw, heat_unserved_kw, heat_dumped_kw, heat_loss_kw : ndarray
        Heat that met demand, that was missing, that was cooled away, and that the buffer lost. [kW]
    """

    p_kw: FloatArray
    q_kvar: FloatArray
    heat_kw: FloatArray
    boiler_heat_kw: FloatArray
    fuel_kw: FloatArray
    heat_supplied_kw: FloatArray
    heat_unserved_kw: FloatArray
    heat_dumped_kw: FloatArray
    heat_loss_kw: FloatArray


def new_state(params: ChpParams, soc: FloatArray) -> ChpState:
    """Return units that have rested long enough to start, with buffers at a state of charge."""
    none = params.nothing
    return ChpState(np.zeros(len(soc), dtype=np.bool_), none, none, None, none, soc * params.capacity_kwh, none, none)


def step(params: ChpParams, state: ChpState, inputs: ChpInputs, duration_s: float) -> tuple[ChpState, ChpOutputs]:
    """Advance a fleet of CHP units by one step.

    Parameters
    ----------
    params : ChpParams
        What is known of the units, arrays of shape ``(n_devices,)``.
    state : ChpState
        State at the start of the step.
    inputs : ChpInputs
        Heat demand, net load, set-points. [kW]
    duration_s : float
        Length of the step, positive. [s]

    Returns
    -------
    state : ChpState
        State at the end of the step.
    outputs : ChpOutputs
        Means over the step.

    Raises
    ------
    ValueError
        If ``duration_s`` is not positive.

    Notes
    -----
    Per step ``heat_kw + boiler_heat_kw = heat_supplied_kw + heat_dumped_kw + heat_loss_kw + (energy_end - energy_start) / h`` and
    ``heat_supplied_kw + heat_unserved_kw = demand_kw``, to rounding. The buffer loses heat to its surroundings exponentially
    and is integrated exactly for a constant flow; what an empty one loses comes before demand, and from the return pipe where
    there is no heat at all.
    """
    span = span_of(params, duration_s)
    demand = inputs.demand_kw
    kept = state.energy_kwh * span.keeps
    kept -= span.fades_kwh
    heats = params.levels_kwh - kept
    heats *= span.per_held_h
    heats += demand  # heat of the engine that would leave the buffer at its levels
    need, low, high, most = heats
    wanted = wish(params, state.on, low, high, inputs.net_kw, inputs.asked)
    turn = turned(params, span, state, wanted, duration_s)
    run = ramped(params, span, state.p_kw, turn, wanted)
    over = run.both_kw[0] > most
    if params.cools is not None:
        over = np.greater(over, params.cools)
    if np.count_nonzero(over):
        turn, run = tripped(params, turn, run, over, most, duration_s)
    starts = state.starts if turn.started is None else state.starts + turn.started
    energy, outputs = _heat(params, span, state.energy_kwh, (demand, need, most), turn, run)
    hours = state.hours + turn.share * span.hours
    return ChpState(turn.on, turn.running, turn.hold_s, turn.warm_s, run.p_end_kw, energy, starts, hours), outputs


def _heat(
    params: ChpParams, span: Span, before_kwh: FloatArray, heats: tuple[FloatArray, FloatArray, FloatArray], turn: Turn, run: Run
) -> tuple[FloatArray, ChpOutputs]:
    """Return the heat in the buffer at the end of the step, and what the units did.

    `heats` are the demand, and the heat of engine and boiler that would leave the buffer empty or full at the end.
    """
    demand, need, most = heats
    heat, fuel = run.both_kw
    gap, made, boiler, dumped = need - heat, heat, params.nothing, params.nothing
    if params.boiler_kw is not None:
        boiler = np.maximum(gap, ZERO)
        np.minimum(boiler, params.boiler_kw, out=boiler)
        gap -= boiler
        made = heat + boiler
        fuel = fuel + boiler * params.boiler_fuel
    if params.cools is not None:
        dumped = np.maximum(heat - most, ZERO)
        dumped *= params.cools  # a unit stopped by its thermostat may pass the limit by its last digit
        gap += dumped
        made = made - dumped
    if turn.started is not None:
        fuel = fuel + turn.started * span.start_fuel_kw
    short = np.maximum(gap, ZERO)
    energy = short - gap
    energy *= span.held_h
    np.minimum(energy, params.capacity_kwh, out=energy)  # not a digit more, or there would be room for less than nothing
    unserved = np.minimum(short, demand)
    supplied = demand - unserved
    loss = before_kwh - energy
    loss *= span.per_hour
    loss += made
    loss -= supplied
    return energy, ChpOutputs(
        p_kw=turn.rest_kw - run.p_kw,
        q_kvar=params.nothing if params.tan_phi is None else run.p_kw * params.tan_phi,
        heat_kw=heat,
        boiler_heat_kw=boiler,
        fuel_kw=fuel,
        heat_supplied_kw=supplied,
        heat_unserved_kw=unserved,
        heat_dumped_kw=dumped,
        heat_loss_kw=loss,
    )
