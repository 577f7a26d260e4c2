# SPDX-License-Identifier: Apache-2.0
"""From heat in a pipe to what arrives: flow, errors by EN 1434, register, resolution, interval and gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.heat_meter.kernel import VALID, disturb, measure
from twinergy.telegrams.reading import Sums, round_to, silence, stand
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.heat_meter.params import HeatMeterParams
    from twinergy.telegrams.sending import Noise

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

READINGS: Final = ("heat_kw", "flow_m3_per_h", "temp_flow_degc", "temp_return_degc", "energy_kwh")
"""What a telegram holds, in the order of its rows."""
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
    temps_degc : tuple of two ndarray, shape (n_devices,)
        Flow and return temperature, NaN where the device does not say them. [degC]
    noise : ndarray, shape (1, n_devices)
        Standard normal numbers. [-]
    lost : ndarray of bool, shape (n_devices,), or None
        Telegrams that never arrive; None for none.
    epoch_s : int
        Start of the step. [s]
    """

    heat_kw: FloatArray
    temps_degc: tuple[FloatArray, FloatArray]
    noise: Noise
    lost: BoolArray | None
    epoch_s: int


def new_state(params: HeatMeterParams) -> HeatMeterState:
    """Return meters with empty registers that have not sent anything yet."""
    n = params.table.shape[1]
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
    energy, telegram = np.empty_like(state.energy_kwh), np.empty_like(state.telegram)
    hours = duration_s / SECONDS_PER_HOUR
    measure(params.table, inputs.heat_kw, *inputs.temps_degc, hours, state.energy_kwh, energy, telegram)
    sums, due = state.sums, params.sending.due(inputs.epoch_s, duration_s)
    if due is not None:
        telegram[MEANS], sums = sums.add(telegram[MEANS], due)
    disturb(params.table, inputs.noise, telegram)
    round_to(telegram[:VALID], params.per_unit)
    stand(telegram, state.telegram, SILENCE, inputs.lost, due, duration_s)
    return HeatMeterState(energy, sums, telegram), telegram
