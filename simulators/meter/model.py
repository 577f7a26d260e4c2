# SPDX-License-Identifier: Apache-2.0
"""From the truth at a point to what arrives: errors, noise, registers, resolution, intervals, gaps and delay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.meter.kernel import MEANS, disturb, measure
from simulators.meter.params import ROWS
from twinergy.telegrams.reading import AGE, Sums, round_to, silence, stand
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.meter.params import MeterParams
    from twinergy.telegrams.sending import Noise

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

SILENCE: Final = silence(len(ROWS), valid=False)


class MeterState(NamedTuple):
    """What a set of meters remembers. No array is ever changed in place.

    Attributes
    ----------
    registers_kwh : ndarray, shape (2, n_devices)
        Import and export, unrounded. [kWh]
    sums : Sums
        Active power, reactive power and voltage since the last telegram. [kW], [kvar], [V]
    history : tuple of ndarray, shape (8, n_devices)
        Latest telegrams as they left the meters, newest first: rows of `ROWS`, then the age. [s]
    """

    registers_kwh: FloatArray
    sums: Sums
    history: tuple[FloatArray, ...]


class MeterInputs(NamedTuple):
    """The truth, and the luck of the step.

    Attributes
    ----------
    power : tuple of three ndarray, shape (n_devices,)
        Active power, reactive power and voltage at the point, load frame; NaN where unknown. [kW], [kvar], [1]
    soc : ndarray, shape (n_devices,)
        State of charge at the point; NaN where it has none. [-]
    frequency_hz : float
        Frequency at the end of the step. [Hz]
    noise : ndarray, shape (3, n_devices)
        Standard normal numbers. [-]
    lost : ndarray of bool, shape (n_devices,), or None
        Telegrams that never arrive; None for none.
    epoch_s : int
        Start of the step. [s]
    """

    power: tuple[FloatArray, FloatArray, FloatArray]
    soc: FloatArray
    frequency_hz: float
    noise: Noise
    lost: BoolArray | None
    epoch_s: int


def new_state(params: MeterParams) -> MeterState:
    """Return meters with empty registers that have not sent anything yet."""
    n = params.gain.shape[1]
    history = (np.repeat(SILENCE, n, axis=1),) * (params.longest_delay + 1)
    return MeterState(np.zeros((2, n)), Sums(np.zeros((3, n)), np.zeros(n)), history)


def step(params: MeterParams, state: MeterState, inputs: MeterInputs, duration_s: float) -> tuple[MeterState, FloatArray]:
    """Advance a set of meters by one step.

    Parameters
    ----------
    params : MeterParams
        What is known of the meters.
    state : MeterState
        What they remember.
    inputs : MeterInputs
        The truth at their points, and random numbers.
    duration_s : float
        Length of the step. [s]

    Returns
    -------
    state : MeterState
        What they remember at the end of the step.
    telegrams : ndarray, shape (8, n_devices)
        What has arrived by the end of the step: rows of `ROWS`, then the age of the latest telegram. NaN in a gap.

    Notes
    -----
    Registers integrate ``gain * truth``, so they stay within the class whatever the noise and the resolution of telegrams; a
    truth that is not known (NaN, a power flow that did not converge) is not counted. Powers and voltage in a telegram are
    means since the telegram before; state of charge and frequency are those of its last moment.
    """
    n = len(inputs.soc)
    registers, telegram = np.empty((2, n)), np.empty((len(SILENCE), n))
    hours, before = duration_s / SECONDS_PER_HOUR, state.registers_kwh
    measure(params.table, *inputs.power, inputs.soc, inputs.frequency_hz, hours, before, registers, telegram)
    means, sums, due = telegram, state.sums, params.sending.due(inputs.epoch_s, duration_s)
    if due is not None:
        means, sums = sums.add(telegram[:MEANS], due)
    disturb(params.table, inputs.noise, means, telegram)
    round_to(telegram[:AGE], params.per_unit)
    stand(telegram, state.history[0], SILENCE, inputs.lost, due, duration_s)
    history = (telegram, *state.history[:-1])
    return MeterState(registers, sums, history), _arrived(params, history, duration_s)


def _arrived(params: MeterParams, history: tuple[FloatArray, ...], duration_s: float) -> FloatArray:
    """Return what has arrived: for a delayed meter an earlier telegram, older by its delay."""
    if not params.delays:
        return history[0]
    arrived = history[0].copy()
    for delay, meters in params.delays:
        arrived[:, meters] = history[delay][:, meters]
        arrived[AGE, meters] += delay * duration_s
    return arrived
