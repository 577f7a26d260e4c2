# SPDX-License-Identifier: Apache-2.0
"""From what a dwelling's devices do to what its gateway sends: means, errors, resolution, interval and gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.gateway.kernel import POWERS, read
from simulators.gateway.layout import ROWS
from twinergy.telegrams.reading import Sums, silence, stand

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.gateway.params import GatewayParams
    from twinergy.telegrams.sending import Noise

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

SILENCE: Final = silence(len(ROWS) - 2)


class GatewayState(NamedTuple):
    """What a set of gateways remembers. No array is ever changed in place.

    Attributes
    ----------
    sums : Sums
        Powers since the last telegram. [kW]
    telegram : ndarray, shape (34, n_devices)
        Latest telegrams: rows of `ROWS`. [unit]
    """

    sums: Sums
    telegram: FloatArray


class GatewayInputs(NamedTuple):
    """The truth, and the luck of the step.

    Attributes
    ----------
    truth : ndarray, shape (31, n_devices)
        Rows of `READ`, powers as means over the step; NaN where the dwelling has no such thing. [unit]
    noise : ndarray, shape (23, n_devices)
        Standard normal numbers. [-]
    lost : ndarray of bool, shape (n_devices,), or None
        Telegrams that never arrive; None for none.
    epoch_s : int
        Start of the step. [s]
    """

    truth: FloatArray
    noise: Noise
    lost: BoolArray | None
    epoch_s: int


def new_state(params: GatewayParams) -> GatewayState:
    """Return gateways that have not said anything yet."""
    n = params.table.shape[2]
    return GatewayState(Sums(np.zeros((POWERS, n)), np.zeros(n)), np.repeat(SILENCE, n, axis=1))


def step(params: GatewayParams, state: GatewayState, inputs: GatewayInputs, duration_s: float) -> tuple[GatewayState, FloatArray]:
    """Advance a set of gateways by one step.

    Parameters
    ----------
    params : GatewayParams
        What is known of the gateways.
    state : GatewayState
        What they remember.
    inputs : GatewayInputs
        The truth in their dwellings, and random numbers.
    duration_s : float
        Length of the step. [s]

    Returns
    -------
    state : GatewayState
        What they remember at the end of the step.
    telegram : ndarray, shape (34, n_devices)
        What is known by the end of the step: rows of `ROWS`. NaN in a gap.

    Notes
    -----
    A reading is ``gain * truth + offset`` with noise on top, in whole steps of its resolution. Powers are means since the
    telegram before, everything else is that of the telegram's last step. The plugs of the wet machines add up to ``p_wet_kw``.
    Sensors follow at once: their time constants, up to 20 s, are short against a step.
    """
    means, sums, due = inputs.truth, state.sums, params.sending.due(inputs.epoch_s, duration_s)
    if due is not None:
        means, sums = sums.add(inputs.truth[:POWERS], due)
    telegram = np.empty_like(state.telegram)
    read(params.table, inputs.noise, means, inputs.truth, telegram)
    stand(telegram, state.telegram, SILENCE, inputs.lost, due, duration_s)
    return GatewayState(sums, telegram), telegram
