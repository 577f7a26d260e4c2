# SPDX-License-Identifier: Apache-2.0
"""The fleet of all CHP units in a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulators.chp.demand import demand_kw
from simulators.chp.model import OUTPUTS, STATE, ChpInputs, new_state
from simulators.chp.model import step as advance
from simulators.chp.params import params_of
from twinergy.kinds import Fleet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from simulators.chp.options import ChpOptions
    from twinergy.timebase import Block, Step

    FloatArray = NDArray[np.float64]


class ChpFleet(Fleet):
    """CHP units as arrays.

    Parameters
    ----------
    ids : sequence of str
        Device ids.
    options : sequence of ChpOptions
        Options in the same order.
    heat_networks : sequence of str
        Heat network of each unit, empty for none; units of one network share its demand by their heat, boilers included.
    """

    def __init__(self, ids: Sequence[str], options: Sequence[ChpOptions], heat_networks: Sequence[str]) -> None:
        self.ids = tuple(ids)
        self._demands = [option.heat_demand for option in options]
        self._params = params_of(options, heat_networks)
        self._state = new_state(self._params, np.array([option.buffer.soc for option in options], dtype=np.float64))
        self._own: FloatArray | None = None

    def prepare(self, block: Block) -> None:
        """Work out the heat demand that the options state for the block."""
        self._own = demand_kw(self._demands, block.epoch_s, block.step_s)

    def step(self, step: Step, inputs: Mapping[str, FloatArray]) -> dict[str, FloatArray]:  # noqa: D102 - see Fleet
        if self._own is None:
            message = "prepare a block before its first step"
            raise RuntimeError(message)
        acting = ChpInputs(
            inputs["heat_network_kw"],
            self._own[step.offset],
            inputs["p_net_kw"],
            inputs["p_set_kw"],
            inputs["p_min_kw"],
            inputs["p_max_kw"],
        )
        self._state, outputs = advance(self._params, self._state, acting, step.duration_s)
        return dict(zip(OUTPUTS, outputs, strict=True))

    def state(self) -> dict[str, FloatArray]:
        """Return what the units remember."""
        return dict(zip(STATE, self._state, strict=True))
