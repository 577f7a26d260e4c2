# SPDX-License-Identifier: Apache-2.0
"""The fleet of all environmental sensors in a run."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from simulators.sensor.classes import QUANTITIES
from simulators.sensor.model import SensorInputs, new_state
from simulators.sensor.model import step as advance
from simulators.sensor.params import params_of
from twinergy.kinds import Fleet
from twinergy.telegrams.reading import AGE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from simulators.sensor.options import SensorOptions
    from twinergy.telegrams.sending import Luck
    from twinergy.timebase import Block, Step

    FloatArray = NDArray[np.float64]

ROWS = (*QUANTITIES, "valid", "age_s")
_truth = itemgetter(*(f"true_{name}" for name in QUANTITIES))


class SensorFleet(Fleet):
    """Environmental sensors as arrays.

    Parameters
    ----------
    ids : sequence of str
        Ids of the sensors.
    options : sequence of SensorOptions
        Options in the same order.
    seed : int
        Seed of the run.
    """

    def __init__(self, ids: Sequence[str], options: Sequence[SensorOptions], seed: int) -> None:
        self.ids = tuple(ids)
        self._seed = seed
        self._params = params_of(self.ids, options, seed)
        self._state = new_state(self._params)
        self._luck: list[Luck] = []

    def prepare(self, block: Block) -> None:
        """Draw noise and gaps of the block."""
        self._luck = self._params.sending.draw("sensor", self.ids, self._seed, block, len(QUANTITIES), np.float32)

    def step(self, step: Step, inputs: Mapping[str, FloatArray]) -> dict[str, FloatArray]:  # noqa: D102 - see Fleet
        if not self._luck:
            message = "prepare a block before its first step"
            raise RuntimeError(message)
        noise, lost = self._luck[step.offset]
        seen = SensorInputs(_truth(inputs), noise, lost, step.epoch_s)
        self._state, report = advance(self._params, self._state, seen, step.duration_s)
        return dict(zip(ROWS, report, strict=True))

    def state(self) -> dict[str, FloatArray]:
        """Return where the sensing elements have come to, and the age of the latest reports."""
        levels = {f"level_{name}": level for name, level in zip(QUANTITIES, self._state.level, strict=True)}
        return {**levels, "age_s": self._state.report[AGE]}
