# SPDX-License-Identifier: Apache-2.0
"""From heat in a pipe to what arrives: flow, errors by EN 1434, register, resolution, interval and gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.heat_meter.spread import spread_of
from twinergy.telegrams.reading import ZERO, Sums, round_to, silence, stand
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.heat_meter.params import HeatMeterParams
    from twinergy.telegrams.sending import Noise

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

READINGS: Final = ("heat_kw", "flow_m3_per_h", "temp_flow_degc", "temp_return_degc", "energy_kwh")
"""What a telegram holds, in the order of its rows."""
VALID: Final = len(READINGS)
MEANS: Final = slice(0, 4)
"""Rows of a telegram that are means."""
SILENCE: Final = silence(VALID)


class HeatMeterState(NamedTuple):
    """What a set of heat meters remembers. No array is ever changed in place.

    Attributes
    ----------
    energy_kwh : ndarray, shape (n_devices,)
        Register, unrounded. [kWh]
    sums : Sums
        Power, flow and temperatures since the last telegram. [kW], [m3/h], [degC]
    telegram : ndarray, shape (7, n_devices)
        Latest telegram: rows of `READINGS`, whether it arrived, its age. [-], [s]
    """

    energy_kwh: FloatArray
    sums: Sums
    telegram: FloatArray


class HeatMeterInputs(NamedTuple):
    """The truth, and the luck of the step.

    Attributes
    ----------
    heat_kw : ndarray, shape (n_devices,)
        Heat that passes the meter; NaN where it is not known. [kW]
    temps_degc : ndarray, shape (2, n_devices), or None
        Flow and return temperature, NaN where the device does not say them; None where no device does. [degC]
    noise : ndarray, shape (1, n_devices)
        Standard normal numbers. [-]
    lost : ndarray of bool, shape (n_devices,), or None
        Telegrams that never arrive; None for none.
    epoch_s : int
        Start of the step. [s]
    """

    heat_kw: FloatArray
    temps_degc: FloatArray | None
    noise: Noise
    lost: BoolArray | None
    epoch_s: int


def new_state(params: HeatMeterParams) -> HeatMeterState:
    """Return meters with empty registers that have not sent anything yet."""
    n = len(params.start_m3_per_h)
    return HeatMeterState(np.zeros(n), Sums(np.zeros((4, n)), np.zeros(n)), np.repeat(SILENCE, n, axis=1))


def step(
    params: HeatMeterParams, state: HeatMeterState, inputs: HeatMeterInputs, duration_s: float
) -> tuple[HeatMeterState, FloatArray]:
    """Advance a set of heat meters by one step.

    Parameters
    ----------
    params : HeatMeterParams
        What is known of the meters.
    state : HeatMeterState
        What they remember.
    inputs : HeatMeterInputs
        The truth in their pipes, and random numbers.
    duration_s : float
        Length of the step. [s]

    Returns
    -------
    state : HeatMeterState
        What they remember at the end of the step.
    telegram : ndarray, shape (7, n_devices)
        What is known by the end of the step: rows of `READINGS`, `VALID` and `AGE`. NaN in a gap.

    Notes
    -----
    The flow is the one that carries the heat at the temperature difference of the step. The register integrates what the meter
    measures, without noise and resolution; heat that is not known (NaN) is not counted. Power, flow and temperatures in a
    telegram are means since the telegram before.
    """
    measured = _measured(params, inputs)
    energy = measured[0] * (duration_s / SECONDS_PER_HOUR)
    np.fmax(energy, ZERO, out=energy)
    energy += state.energy_kwh
    factor = params.noise * inputs.noise
    factor += 1.0
    sums, due = state.sums, params.sending.due(inputs.epoch_s, duration_s)
    if due is not None:
        measured, sums = sums.add(measured, due)
    noisy = measured[:2]
    noisy *= factor
    telegram = _telegram(params, measured, energy)
    stand(telegram, state.telegram, SILENCE, inputs.lost, due, duration_s)
    return HeatMeterState(energy, sums, telegram), telegram


def _measured(params: HeatMeterParams, inputs: HeatMeterInputs) -> FloatArray:
    """Return power, flow and both temperatures as the meters measure them, without noise, shape (4, n_devices)."""
    spread = params.usual
    if inputs.temps_degc is not None:
        temps = np.where(np.isnan(inputs.temps_degc), params.temps_degc, inputs.temps_degc)
        spread = spread_of(params.probes, temps)
    heat = inputs.heat_kw
    measured = np.empty((4, len(heat)))
    measured[2:] = spread.readings_degc
    flow = heat * spread.m3_per_kwh
    still = flow < params.start_m3_per_h
    error = params.flow_slope / np.maximum(flow, params.least_m3_per_h)
    error += params.flow_base
    np.maximum(error, params.flow_least, out=error)
    np.minimum(error, params.flow_most, out=error)
    reading = measured[1]
    np.multiply(flow, error, out=reading)
    reading += flow
    error += spread.gain
    np.multiply(heat, error, out=measured[0])
    np.copyto(measured[:2], ZERO, where=still)
    return measured


def _telegram(params: HeatMeterParams, measured: FloatArray, energy: FloatArray) -> FloatArray:
    """Return what a telegram of this moment would say, rounded to its resolution."""
    telegram = np.zeros((len(SILENCE), len(energy)))
    telegram[MEANS] = measured
    telegram[4] = energy
    round_to(telegram[:VALID], params.per_unit)
    telegram[VALID] = 1.0
    return telegram
