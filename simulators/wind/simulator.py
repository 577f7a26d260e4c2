# SPDX-License-Identifier: Apache-2.0
"""The fleet of all wind turbines of a run."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from simulators.wind import model
from twinergy.kinds import Fleet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulators.wind.params import WindParams
    from twinergy.kinds import FloatArray
    from twinergy.timebase import Step


class WindFleet(Fleet):
    """All wind turbines of a run.

    Parameters
    ----------
    ids : tuple of str
        Ids of the devices.
    params : WindParams
        Their nameplate data, in the same order.
    """

    _acting = itemgetter(*model.WindInputs._fields)

    def __init__(self, ids: tuple[str, ...], params: WindParams) -> None:
        self.ids = ids
        self._params = params
        self._state = model.start(len(ids))

    def step(self, step: Step, inputs: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        """Advance one step; weather of shape ``(1,)`` or ``(n_devices,)``."""
        acting = model.WindInputs(*self._acting(inputs))
        self._state, outputs = model.step(self._params, self._state, acting, step.duration_s)
        return outputs._asdict()

    def state(self) -> dict[str, FloatArray]:
        """Return which turbines run (1) and which wait for a storm to pass (0)."""
        return {"running": self._state.running.copy()}
