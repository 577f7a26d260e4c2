# SPDX-License-Identifier: Apache-2.0
"""From the air of a room to what arrives: response, errors, noise, range, resolution, interval and gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.sensor.kernel import VALID, sense
from twinergy.telegrams.reading import round_to, silence, stand

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.sensor.params import SensorParams
    from twinergy.telegrams.sending import Noise

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

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
    truth : tuple of five ndarray, shape (n_devices,)
        What there is to sense, in the order of `QUANTITIES`, mean over the step; NaN where it is not known. [unit]
    noise : ndarray, shape (5, n_devices)
        Standard normal numbers. [-]
    lost : ndarray of bool, shape (n_devices,), or None
        Reports that never arrive; None for none.
    epoch_s : int
        Start of the step. [s]
    """

    truth: tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]
    noise: Noise
    lost: BoolArray | None
    epoch_s: int


def new_state(params: SensorParams) -> SensorState:
    """Return sensors that have not said anything yet."""
    return SensorState(np.full(params.per_unit.shape, np.nan), np.repeat(SILENCE, params.per_unit.shape[1], axis=1))


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
    level, report = np.empty_like(state.level), np.empty_like(state.report)
    sense(params.table, params.keep(duration_s), inputs.noise, *inputs.truth, state.level, level, report)
    round_to(report[:VALID], params.per_unit)
    stand(report, state.report, SILENCE, inputs.lost, params.sending.due(inputs.epoch_s, duration_s), duration_s)
    return SensorState(level, report), report
