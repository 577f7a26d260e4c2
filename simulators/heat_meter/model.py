# SPDX-License-Identifier: Apache-2.0
"""From heat in a pipe to what arrives: flow, errors by EN 1434, register, resolution, interval and gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.heat_meter.spread import spread_of
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.heat_meter.params import HeatMeterParams

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

READINGS: Final = ("heat_kw", "flow_m3_per_h", "temp_flow_degc", "temp_return_degc", "energy_kwh")
"""What a telegram holds, in the order of its rows."""
VALID: Final = len(READINGS)
AGE: Final = VALID + 1
MEANS: Final = slice(0, 4)
"""Rows of a telegram that are means."""
ZERO: Final = np.array(0.0)


class HeatMeterState(NamedTuple):
    """What a set of heat meters remembers. No array is ever changed in place.

    Attributes
    ----------
    energy_kwh : ndarray, shape (n_devices,)
        Register, unrounded. [kWh]
    sums : ndarray, shape (4, n_devices)
        Sums of power, flow and temperatures since the last telegram.
    counts : ndarray, shape (n_devices,)
        Steps in these sums.
    telegram : ndarray, shape (7, n_devices)
        Latest telegram: rows of `READINGS`, whether it arrived, its age. [-], [s]
    """

    energy_kwh: FloatArray
    sums: FloatArray
    counts: FloatArray
    telegram: FloatArray


class HeatMeterInputs(NamedTuple):
    """The truth, and the luck of the step.

    Attributes
    ----------
    heat_kw : ndarray, shape (n_devices,)
        Heat that passes the meter; NaN where it is not known. [kW]
    temps_degc : ndarray, shape (2, n_devices), or None
        Flow and return temperature, NaN where the device does not say them; None where no device does. [degC]
    noise : ndarray, shape (n_devices,)
        Standard normal numbers. [-]
    lost : ndarray of bool, shape (n_devices,), or None
        Telegrams that never arrive; None for none.
    epoch_s : int
        Start of the step. [s]
    """

    heat_kw: FloatArray
    temps_degc: FloatArray | None
    noise: NDArray[np.float32] | FloatArray
    lost: BoolArray | None
    epoch_s: int


def new_state(params: HeatMeterParams) -> HeatMeterState:
    """Return meters with empty registers that have not sent anything yet."""
    n = len(params.start_m3_per_h)
    telegram = np.full((AGE + 1, n), np.nan)
    telegram[VALID] = 0.0
    return HeatMeterState(np.zeros(n), np.zeros((4, n)), np.zeros(n), telegram)


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
    sums, counts, due = state.sums, state.counts, None
    if params.interval_steps is not None:
        due = (inputs.epoch_s // int(duration_s) + 1) % params.interval_steps == 0
        sums, counts = sums + measured, counts + 1.0
        measured = sums / counts
        sums, counts = np.where(due, ZERO, sums), np.where(due, ZERO, counts)
    measured[:2] *= factor
    telegram = _telegram(params, measured, energy)
    _lose(telegram, state.telegram, inputs.lost, due, duration_s)
    return HeatMeterState(energy, sums, counts, telegram), telegram


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
    np.multiply(flow, error, out=measured[1])
    measured[1] += flow
    error += spread.gain
    np.multiply(heat, error, out=measured[0])
    np.copyto(measured[:2], ZERO, where=still)
    return measured


def _telegram(params: HeatMeterParams, measured: FloatArray, energy: FloatArray) -> FloatArray:
    """Return what a telegram of this moment would say, rounded to its resolution."""
    telegram = np.zeros((AGE + 1, len(energy)))
    telegram[MEANS] = measured
    telegram[4] = energy
    values = telegram[:VALID]
    values *= params.per_unit
    np.rint(values, out=values)
    values /= params.per_unit
    telegram[VALID] = 1.0
    return telegram


def _lose(telegram: FloatArray, last: FloatArray, lost: BoolArray | None, due: BoolArray | None, duration_s: float) -> None:
    """Turn a telegram into the one that stands now: nothing in its place where it is lost, the last one where none is due."""
    if lost is not None and lost.any():
        np.copyto(telegram[:VALID], np.nan, where=lost)
        np.copyto(telegram[VALID], ZERO, where=lost)
        np.copyto(telegram[AGE], last[AGE] + duration_s, where=lost)
    if due is not None:
        np.copyto(telegram, last, where=~due)
        np.copyto(telegram[AGE], last[AGE] + duration_s, where=~due)
