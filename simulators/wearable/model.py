# SPDX-License-Identifier: Apache-2.0
"""From who is at home and how warm it is to what wearables send: activity, heart, skin, errors, range, resolution and gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.wearable.kernel import VALID, WORN, wear
from twinergy.telegrams.reading import round_to, silence, stand

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.wearable.life import Moment
    from simulators.wearable.params import WearableParams
    from twinergy.telegrams.sending import Noise

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

SILENCE: Final = silence(VALID)


class WearableState(NamedTuple):
    """What a set of wearables and their wearers remember. No array is ever changed in place.

    Attributes
    ----------
    body : ndarray, shape (2, n_devices)
        Heart rate and skin temperature of the wearers; NaN where nothing is known. [1/min], [degC]
    report : ndarray, shape (6, n_devices)
        Latest telegram: rows of `QUANTITIES`, whether it is worn, whether the telegram arrived, its age. [unit], [-], [-], [s]
    """

    body: FloatArray
    report: FloatArray


class WearableInputs(NamedTuple):
    """The truth, and the luck of the step; arrays of shape ``(n_devices,)`` unless stated.

    Attributes
    ----------
    people : tuple of two ndarray
        People of the dwelling who are in, and who are in and awake, mean over the step. [-]
    room : tuple of three ndarray
        Temperature of the air and mean radiant temperature [degC], relative humidity [%]; NaN where they are not known.
    life : Moment
        What the wearers do.
    noise : ndarray, shape (3, n_devices)
        Standard normal numbers. [-]
    lost : ndarray of bool, or None
        Telegrams that never arrive; None for none.
    epoch_s : int
        Start of the step. [s]
    """

    people: tuple[FloatArray, FloatArray]
    room: tuple[FloatArray, FloatArray, FloatArray]
    life: Moment
    noise: Noise
    lost: BoolArray | None
    epoch_s: int


def new_state(params: WearableParams) -> WearableState:
    """Return wearables that have not said anything yet, on people of whom nothing is known."""
    n = params.person.shape[1]
    return WearableState(np.full((2, n), np.nan), np.repeat(SILENCE, n, axis=1))


def step(
    params: WearableParams, state: WearableState, inputs: WearableInputs, duration_s: float
) -> tuple[WearableState, FloatArray]:
    """Advance a set of wearables by one step.

    Parameters
    ----------
    params : WearableParams
        What is known of wearables and wearers.
    state : WearableState
        What they remember.
    inputs : WearableInputs
        The truth where the wearers are, and random numbers.
    duration_s : float
        Length of the step. [s]

    Returns
    -------
    state : WearableState
        What they remember at the end of the step.
    report : ndarray, shape (6, n_devices)
        What is known by the end of the step: rows of `QUANTITIES`, ``worn``, ``valid`` and ``age_s``. NaN in a gap.

    Notes
    -----
    The metabolic rate is that of the activity (asleep 0.8 met). The heart tends to the share of its reserve that the oxygen
    uptake has of its own [1]_, asleep to 57/67 of its rate on a chair [2]_; the skin to the temperature of comfort at that
    metabolic rate [3]_ plus what the room is warmer or moister than comfort allows [4]_. Both follow as first-order lags,
    ``body = truth + (body - truth) exp(-T / response)``; a reading is taken at the end of the step, of activity as the mean
    over it. One met of ISO 7730 and one of exercise physiology, 3.5 ml/(kg min), are both taken for rest on a chair. What is worn
    in the home for half of a step counts as worn. Who is away does light work, for heart and skin (assumption).
    Good for steps from 1 s to 1 h.

    References
    ----------
    .. [1] D. P. Swain, B. C. Leutholtz, "Heart rate reserve is equivalent to %VO2 reserve, not to %VO2max", Med. Sci. Sports
       Exerc. 29 (1997), pp. 410-414.
    .. [2] T. I. Gonzales et al., "Resting heart rate is a population-level biomarker of cardiorespiratory fitness: The Fenland
       Study", PLoS One 18 (2023), e0285272.
    .. [3] ISO 7730:2005, formula (1) and table B.1.
    .. [4] P. Mehnert et al., "Prediction of the average skin temperature in warm and hot environments", Eur. J. Appl. Physiol. 82
       (2000), pp. 52-60.
    """
    body, report = np.empty_like(state.body), np.empty_like(state.report)
    unknown = np.empty(body.shape[1], dtype=np.bool_)
    known = params.person, params.table, params.keep(duration_s), inputs.noise
    wear(*known, *inputs.people, *inputs.room, *inputs.life, state.body, body, report, unknown)
    round_to(report[:WORN], params.per_unit)
    lost = inputs.lost
    if unknown.any():
        lost = unknown if lost is None else unknown | lost
    stand(report, state.report, SILENCE, lost, params.sending.due(inputs.epoch_s, duration_s), duration_s)
    return WearableState(body, report), report
