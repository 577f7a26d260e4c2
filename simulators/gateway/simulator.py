# SPDX-License-Identifier: Apache-2.0
"""The fleet of all home gateways in a run."""

from __future__ import annotations

from collections import defaultdict
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from simulators.gateway.layout import POWERS, READ, ROWS, STATES
from simulators.gateway.model import GatewayInputs, new_state
from simulators.gateway.model import step as advance
from simulators.gateway.params import params_of
from twinergy.kinds import Fleet
from twinergy.telegrams.reading import AGE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from simulators.gateway.options import GatewayOptions
    from simulators.gateway.params import Dead
    from twinergy.telegrams.sending import Luck
    from twinergy.timebase import Block, Step

    FloatArray = NDArray[np.float64]

_truth = itemgetter(*(f"true_{each.name}" for each in READ))


class GatewayFleet(Fleet):
    """Home gateways as arrays.

    Parameters
    ----------
    ids : sequence of str
        Ids of the gateways.
    options : sequence of GatewayOptions
        Options in the same order.
    seed : int
        Seed of the run.
    timezone : str
        IANA zone of local times in the options.
    """

    def __init__(self, ids: Sequence[str], options: Sequence[GatewayOptions], seed: int, timezone: str) -> None:
        self.ids = tuple(ids)
        self._seed = seed
        self._params = params_of(self.ids, options, seed, timezone)
        self._state = new_state(self._params)
        self._luck: list[Luck] = []
        self._dead: dict[int, list[tuple[int, int, float]]] = {}

    def prepare(self, block: Block) -> None:
        """Draw noise and gaps of the block, and find the steps in which plugs are dead."""
        numbers = len(POWERS) + len(STATES)
        self._luck = self._params.sending.draw("gateway", self.ids, self._seed, block, numbers, np.float32)
        self._dead = _dead_steps(self._params.dead, block)

    def step(self, step: Step, inputs: Mapping[str, FloatArray]) -> dict[str, FloatArray]:  # noqa: D102 - see Fleet
        if not self._luck:
            message = "prepare a block before its first step"
            raise RuntimeError(message)
        truth = np.concatenate(_truth(inputs)).reshape(len(READ), len(self.ids))
        for row, gateway, alive in self._dead.get(step.offset, ()):
            truth[row, gateway] *= alive
        noise, lost = self._luck[step.offset]
        seen = GatewayInputs(truth, noise, lost, step.epoch_s)
        self._state, telegram = advance(self._params, self._state, seen, step.duration_s)
        return dict(zip(ROWS, telegram, strict=True))

    def state(self) -> dict[str, FloatArray]:
        """Return the age of the latest telegrams."""
        return {"age_s": self._state.telegram[AGE]}


def _dead_steps(dead: Sequence[Dead], block: Block) -> dict[int, list[tuple[int, int, float]]]:
    """Return, by offset of a step in the block, rows and gateways of dead plugs with the share of the step they were alive."""
    steps: dict[int, list[tuple[int, int, float]]] = defaultdict(list)
    for each in dead:
        gone_s = np.minimum(block.epoch_s + block.step_s, each.until_s) - np.maximum(block.epoch_s, each.from_s)
        alive = 1.0 - gone_s.clip(0.0) / block.step_s
        for offset in np.flatnonzero(alive < 1.0).tolist():
            steps[offset].append((each.row, each.gateway, float(alive[offset])))
    return dict(steps)
