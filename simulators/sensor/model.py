# SPDX-License-Identifier: Apache-2.0
"""From the air of a room to what arrives: response, errors, noise, range, resolution, interval and gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.sensor.classes import QUANTITIES
from twinergy.telegrams.reading import AGE, ZERO, round_to, silence, stand

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.sensor.params import SensorParams
    from twinergy.telegrams.sending import Noise

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

VALID: Final = len(QUANTITIES)
"""Row of a report after those of `QUANTITIES`."""
SILENCE: Final = silence(VALID)


class SensorState(NamedTuple):
    """What a set of sensors remembers. No array is ever changed in place.

    Attributes
    ----------
    level : ndarray, shape (5, n_devices)
        Where the sensing elements have come to; NaN where nothing is known. [unit]
    report : ndarray, shape (7, n_devices)
        Latest report: rows of `QUANTITIES`, whether it arrived, its age. [unit], [-], [s]
    """

    level: FloatArray
    report: FloatArray


class SensorInputs(NamedTuple):
    """The truth, and the luck of the step.

    Attributes
    ----------
    truth : ndarray, shape (5, n_devices)
        What there is to sense, mean over the step; NaN where it is not known. [unit]
    noise : ndarray, shape (5, n_devices)
        Standard normal numbers. [-]
    lost : ndarray of bool, shape (n_devices,), or None
        Reports that never arrive; None for none.
    epoch_s : int
        Start of the step. [s]
    """

    truth: FloatArray
    noise: Noise
    lost: BoolArray | None
    epoch_s: int


def new_state(params: SensorParams) -> SensorState:
    """Return sensors that have not said anything yet."""
    return SensorState(np.full(params.gain.shape, np.nan), np.repeat(SILENCE, params.gain.shape[1], axis=1))


def step(params: SensorParams, state: SensorState, inputs: SensorInputs, duration_s: float) -> tuple[SensorState, FloatArray]:
    """Advance a set of sensors by one step.

    Parameters
    ----------
    params : SensorParams
        What is known of the sensors.
    state : SensorState
        What they remember.
    inputs : SensorInputs
        The truth where they hang, and random numbers.
    duration_s : float
        Length of the step. [s]

    Returns
    -------
    state : SensorState
        What they remember at the end of the step.
    report : ndarray, shape (7, n_devices)
        What is known by the end of the step: rows of `QUANTITIES`, `VALID` and `AGE`. NaN in a gap.

    Notes
    -----
    A sensing element follows the mean of the step as a first-order lag, ``level = truth + (level - truth) exp(-T / response)``; a
    reading is taken at the end of the step. An element that knew nothing begins at the truth.
    """
    level = state.level - inputs.truth
    level *= params.keep(duration_s)
    np.copyto(level, ZERO, where=np.isnan(level))
    level += inputs.truth
    report = np.empty_like(state.report)
    report[VALID] = 1.0
    report[AGE] = 0.0
    _read(params, level, inputs.noise, report[:VALID])
    stand(report, state.report, SILENCE, inputs.lost, params.sending.due(inputs.epoch_s, duration_s), duration_s)
    return SensorState(level, report), report


def _read(params: SensorParams, level: FloatArray, noise: Noise, reading: FloatArray) -> None:
    """Write what the sensors would say into `reading`, noisy, within their range and in steps of their resolution."""
    np.multiply(noise, params.noise, out=reading)
    reading += params.gain * level
    reading += params.offset
    np.maximum(reading, params.low, out=reading)
    np.minimum(reading, params.high, out=reading)
    round_to(reading, params.per_unit)
