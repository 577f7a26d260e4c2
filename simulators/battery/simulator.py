# SPDX-License-Identifier: Apache-2.0
"""The fleet of all batteries in a run."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from simulators.battery.model import BatteryInputs, new_state
from simulators.battery.model import step as advance
from simulators.battery.params import params_of
from twinergy.kinds import Fleet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from simulators.battery.options import BatteryOptions
    from twinergy.timebase import Step

    FloatArray = NDArray[np.float64]


class BatteryFleet(Fleet):
    """Batteries as arrays.

    Parameters
    ----------
    ids : sequence of str
        Device ids.
    options : sequence of BatteryOptions
        Options in the same order.
    """

    def __init__(self, ids: Sequence[str], options: Sequence[BatteryOptions]) -> None:
        self.ids = tuple(ids)
        self._params = params_of(options)
        soc = np.array([option.soc for option in options], dtype=np.float64)
        soh = np.array([option.soh for option in options], dtype=np.float64)
        self._state = new_state(self._params, soc, soh)

    def step(self, step: Step, inputs: Mapping[str, FloatArray]) -> dict[str, FloatArray]:  # noqa: D102 - see Fleet
        acting = BatteryInputs(
            p_net_kw=inputs["p_net_kw"],
            p_set_kw=inputs["p_set_kw"],
            p_min_kw=inputs["p_min_kw"],
            p_max_kw=inputs["p_max_kw"],
            min_soc=inputs["min_soc"],
        )
        self._state, outputs = advance(self._params, self._state, acting, step.duration_s)
        return {
            "p_kw": outputs.p_kw,
            "q_kvar": outputs.q_kvar,
            "soc": outputs.soc,
            "soh": self._state.soh,
            "energy_kwh": self._state.energy_kwh,
            "p_loss_kw": outputs.p_loss_kw,
            "cycles": self._state.cycles,
            "p_unserved_kw": outputs.p_unserved_kw,
        }

    def state(self) -> dict[str, FloatArray]:
        """Return what the batteries remember, wear included."""
        wear = {f"wear_{item.name}": getattr(self._state.wear, item.name) for item in fields(self._state.wear)}
        return {"energy_kwh": self._state.energy_kwh, "soh": self._state.soh, "cycles": self._state.cycles, **wear}
