# SPDX-License-Identifier: Apache-2.0
"""The fleet of all PV systems of a run."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from simulators.pv import model
from simulators.pv.irradiance import Sky, aspects
from simulators.pv.sun import sun_over
from twinergy.kinds import Fleet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulators.pv.irradiance import Aspect
    from simulators.pv.params import PvParams
    from twinergy.community.twin import Site
    from twinergy.kinds import FloatArray
    from twinergy.timebase import Block, Step


class PvFleet(Fleet):
    """All PV systems of a run.

    Parameters
    ----------
    ids : tuple of str
        Ids of the devices.
    params : PvParams
        Their nameplate data, in the same order.
    site : Site
        Where they stand.
    """

    _sky = itemgetter(*Sky._fields)

    def __init__(self, ids: tuple[str, ...], params: PvParams, site: Site) -> None:
        self.ids = ids
        self._params = params
        self._site = site
        self._state = model.start(len(ids))
        self._aspects: list[Aspect] = []

    def prepare(self, block: Block) -> None:
        """Work out how the modules face the sun in each step of a block."""
        self._aspects = aspects(self._params.plane, sun_over(self._site, block.middle_utc))

    def step(self, step: Step, inputs: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        """Advance one step; weather of shape ``(1,)`` or ``(n_devices,)``."""
        sky = Sky._make(self._sky(inputs))
        aspect = self._aspects[step.offset]
        acting = model.PvInputs(aspect, sky, inputs["vm_pu"], inputs["p_min_kw"], inputs["q_set_kvar"])
        self._state, outputs = model.step(self._params, self._state, acting, step.duration_s)
        return outputs._asdict()

    def state(self) -> dict[str, FloatArray]:
        """Return the reactive power reached by the lag of the Q(V) control."""
        return {"q_lag_kvar": self._state.q_lag_kvar.copy()}
