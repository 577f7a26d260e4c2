# SPDX-License-Identifier: Apache-2.0
"""The fleet of all wearables in a run."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.wearable.classes import QUANTITIES
from simulators.wearable.kernel import HEART, SKIN
from simulators.wearable.life import Lives, Moment, Wearer
from simulators.wearable.model import WearableInputs, new_state
from simulators.wearable.model import step as advance
from simulators.wearable.params import params_of
from twinergy.kinds import Fleet
from twinergy.telegrams.reading import AGE
from twinergy.timebase import BLOCK_S

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from twinergy.telegrams.sending import Luck
    from twinergy.timebase import Block, Step

    FloatArray = NDArray[np.float64]

__all__ = ["ROWS", "WearableFleet", "Wearer"]

ROWS: Final = (*QUANTITIES, "worn", "valid", "age_s")
_people = itemgetter("occupants", "active_occupants")
_room = itemgetter("temp_indoor_degc", "temp_radiant_degc", "humidity_percent")


class WearableFleet(Fleet):
    """Wearables as arrays.

    Parameters
    ----------
    wearers : sequence of Wearer
        The wearables and whose they are.
    seed : int
        Seed of the run.
    timezone : str
        IANA zone of the wearers' days.
    """

    def __init__(self, wearers: Sequence[Wearer], seed: int, timezone: str) -> None:
        self.ids = tuple(each.id for each in wearers)
        self._seed = seed
        self._params = params_of(self.ids, [each.options for each in wearers], seed)
        self._state = new_state(self._params)
        self._lives = Lives(wearers, seed, timezone)
        self._week: Moment | None = None
        self._luck: list[Luck] = []

    def prepare(self, block: Block) -> None:
        """Draw what the wearers do in the block, noise and gaps."""
        self._week = self._lives.week(block.number)
        self._luck = self._params.sending.draw("wearable", self.ids, self._seed, block, len(QUANTITIES), np.float32)

    def step(self, step: Step, inputs: Mapping[str, FloatArray]) -> dict[str, FloatArray]:  # noqa: D102 - see Fleet
        if self._week is None:
            message = "prepare a block before its first step"
            raise RuntimeError(message)
        life = self._week.during(step.epoch_s % BLOCK_S, step.duration_s)
        noise, lost = self._luck[step.offset]
        seen = WearableInputs(_people(inputs), _room(inputs), life, noise, lost, step.epoch_s)
        self._state, report = advance(self._params, self._state, seen, step.duration_s)
        return dict(zip(ROWS, report, strict=True))

    def adopt(self, rows: NDArray[np.int64], known: Mapping[str, FloatArray]) -> None:
        """Go on with the heart rates and skin temperatures that real wearables said last."""
        body = self._state.body.copy()
        for row, name in ((HEART, "heart_rate_bpm"), (SKIN, "skin_temp_degc")):
            said = known.get(name, np.full(len(rows), np.nan))
            body[row, rows] = np.where(np.isnan(said), body[row, rows], said)
        self._state = self._state._replace(body=body)

    def state(self) -> dict[str, FloatArray]:
        """Return heart rates and skin temperatures of the wearers, and the age of the latest telegrams."""
        heart, skin = self._state.body
        return {"body_heart_rate_bpm": heart, "body_skin_temp_degc": skin, "age_s": self._state.report[AGE]}
