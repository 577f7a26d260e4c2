# SPDX-License-Identifier: Apache-2.0
"""The fleet of all heat meters in a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulators.heat_meter.model import READINGS, HeatMeterInputs, new_state
from simulators.heat_meter.model import step as advance
from simulators.heat_meter.options import QUANTITIES
from simulators.heat_meter.params import params_of
from twinergy.kinds import Fleet
from twinergy.telegrams.reading import AGE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from simulators.heat_meter.options import HeatMeterOptions
    from twinergy.telegrams.sending import Luck
    from twinergy.timebase import Block, Step

    FloatArray = NDArray[np.float64]

ROWS = (*READINGS, "valid", "age_s")


class HeatMeterFleet(Fleet):
    """Heat meters as arrays.

    Parameters
    ----------
    ids : sequence of str
        Ids of the meters.
    options : sequence of HeatMeterOptions
        Options in the same order.
    seed : int
        Seed of the run.
    """

    def __init__(self, ids: Sequence[str], options: Sequence[HeatMeterOptions], seed: int) -> None:
        self.ids = tuple(ids)
        self._seed = seed
        self._params = params_of(self.ids, options, seed)
        self._state = new_state(self._params)
        self._luck: list[Luck] = []
        chosen = {option.quantity for option in options}
        self._heats = tuple((row, f"true_{name}") for row, name in enumerate(QUANTITIES) if name in chosen)

    def prepare(self, block: Block) -> None:
        """Draw noise and gaps of the block."""
        self._luck = self._params.sending.draw("heat-meter", self.ids, self._seed, block, 1, np.float32)

    def step(self, step: Step, inputs: Mapping[str, FloatArray]) -> dict[str, FloatArray]:  # noqa: D102 - see Fleet
        if not self._luck:
            message = "prepare a block before its first step"
            raise RuntimeError(message)
        noise, lost = self._luck[step.offset]
        temps = inputs["true_temp_flow_degc"], inputs["true_temp_return_degc"]
        seen = HeatMeterInputs(self._heat(inputs), temps, noise, lost, step.epoch_s)
        self._state, telegram = advance(self._params, self._state, seen, step.duration_s)
        return dict(zip(ROWS, telegram, strict=True))

    def _heat(self, inputs: Mapping[str, FloatArray]) -> FloatArray:
        """Return the heat that passes each meter."""
        if len(self._heats) == 1:
            return inputs[self._heats[0][1]]
        heats = np.empty((len(QUANTITIES), len(self.ids)))
        for row, name in self._heats:
            heats[row] = inputs[name]
        heat: FloatArray = heats[self._params.pick]
        return heat

    def state(self) -> dict[str, FloatArray]:
        """Return the unrounded registers and the age of the latest telegrams."""
        return {"energy_kwh": self._state.energy_kwh, "age_s": self._state.telegram[AGE]}
