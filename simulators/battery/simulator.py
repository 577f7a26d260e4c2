# SPDX-License-Identifier: Apache-2.0
"""The fleet of all batteries in a run."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.battery.model import BatteryInputs, moved, new_state
from simulators.battery.model import step as advance
from simulators.battery.params import params_of
from twinergy.kinds import Fleet
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from simulators.battery.options import BatteryOptions
    from twinergy.timebase import Step

    FloatArray = NDArray[np.float64]


SETTLES_H: Final = 1.0
"""Over this the energy of a real battery settles at what its charge says (assumption: long beside a whole per cent of charge)."""


class BatteryFleet(Fleet):
    """Batteries as arrays.

    Parameters
    ----------
    ids : sequence of str
        Device ids.
    options : sequence of BatteryOptions
        Options in the same order.
    """

    _acting = itemgetter(*BatteryInputs._fields)

    def __init__(self, ids: Sequence[str], options: Sequence[BatteryOptions]) -> None:
        self.ids = tuple(ids)
        self._params = params_of(options)
        soc = np.array([option.soc for option in options], dtype=np.float64)
        soh = np.array([option.soh for option in options], dtype=np.float64)
        self._state = new_state(self._params, soc, soh)
        self._energy_kwh = np.full(len(self.ids), np.nan)

    def step(self, step: Step, inputs: Mapping[str, FloatArray]) -> dict[str, FloatArray]:  # noqa: D102 - see Fleet
        acting = BatteryInputs(*self._acting(inputs))
        self._state, outputs = advance(self._params, self._state, acting, step.duration_s)
        return outputs._asdict()

    def adopt(self, rows: NDArray[np.int64], known: Mapping[str, FloatArray]) -> None:
        """Go on from the states of charge that real batteries had."""
        if "soc" in known:
            self._state = moved(self._state, rows, np.clip(known["soc"], 0.0, 1.0))

    def complete(
        self,
        outputs: dict[str, FloatArray],
        own: Mapping[str, FloatArray],
        said: Mapping[str, NDArray[np.bool_]],
        duration_s: float,
    ) -> None:
        """Let energy and loss follow from the power and the charge that were said.

        A charge comes in whole per cents, which within a second would be a loss of kilowatts. So the loss is that of the twin,
        moved towards what the charge shows over `SETTLES_H`, and the energy is what power and loss leave: it always balances.
        """
        if "soc" not in said:
            return
        hours = duration_s / SECONDS_PER_HOUR
        shown_kwh = outputs["soc"] * self._state.capacity_kwh
        before_kwh = np.where(np.isfinite(self._energy_kwh), self._energy_kwh, shown_kwh - hours * outputs["p_kw"])
        modelled_kwh = before_kwh + hours * (outputs["p_kw"] - own["p_loss_kw"])
        correction_kw = (modelled_kwh - shown_kwh) / max(SETTLES_H, hours)
        loss_kw = np.where(said["soc"], np.maximum(own["p_loss_kw"] + correction_kw, 0.0), own["p_loss_kw"])
        self._energy_kwh = np.where(said["soc"], before_kwh + hours * (outputs["p_kw"] - loss_kw), own["energy_kwh"])
        outputs["energy_kwh"], outputs["p_loss_kw"] = self._energy_kwh, loss_kw

    def state(self) -> dict[str, FloatArray]:
        """Return what the batteries remember, wear included."""
        state = self._state
        wear = {f"wear_{name}": value for name, value in state.wear._asdict().items()}
        return {"energy_kwh": state.energy_kwh, "soh": state.soh, "cycles": state.course[1], "course": state.course, **wear}
