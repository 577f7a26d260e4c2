# SPDX-License-Identifier: Apache-2.0
"""Cars behind one meter: energy they need and time they stand; with V2G they give some back in between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
import pyomo.environ as pyo

from twinergy.errors import Finding
from twinergy.planning.blocks.allowed import COST, EFFICIENCY, ENERGY, POWER
from twinergy.planning.blocks.block import Block, path
from twinergy.planning.draft import ELECTRICITY

if TYPE_CHECKING:
    from twinergy.kinds import FloatArray
    from twinergy.planning.draft import Draft
    from twinergy.planning.size import Size

ROUNDING_KWH: Final = 1e-6
"""Differences of added-up energies that are rounding. [kWh]"""


@dataclass(frozen=True, kw_only=True)
class Ev(Block):
    """A fleet of cars at one node.

    Attributes
    ----------
    id, node : str
        Name and place.
    charge_kw, discharge_kw : ndarray, shape (n,), or float
        Most that those plugged in can draw, and feed back, at the meter. [kW]
    least_kwh, most_kwh : ndarray, shape (n,)
        Energy drawn since the beginning of the data until the end of each step: as late as departures allow, and as soon as
        possible. `least_kwh` never falls. [kWh]
    round_trip_efficiency : float
        What is fed back of what was drawn for it. [-]
    wear_eur_per_kwh : float
        What a kWh fed back wears off the cars' batteries, and what their owners ask for it. [EUR/kWh]
    v2g : Size, optional
        Charging power that can feed back, where that has to be bought; `discharge_kw` then is what would be fed back if all
        could. Without it all of `discharge_kw` is there. [kW]

    Notes
    -----
    What has been drawn beyond the latest course is ``ahead_kwh``: ``ahead_kwh[t] = ahead_kwh[previous t] + dt * (charge_kw -
    discharge_kw / round_trip_efficiency) - needed_kwh[t]`` with ``needed_kwh`` the rise of `least_kwh` in a step, and ``0 <=
    ahead_kwh <= most_kwh - least_kwh``. A period ends as far ahead as it began, so it pays for what it drives. A fleet is one
    envelope: what it can do together may be a little more than what its cars could do one by one.
    """

    id: str
    node: str
    charge_kw: FloatArray | float
    least_kwh: FloatArray
    most_kwh: FloatArray
    discharge_kw: FloatArray | float = 0.0
    round_trip_efficiency: float = 0.85
    wear_eur_per_kwh: float = 0.0
    v2g: Size | None = None
    kind: ClassVar[str] = "ev"
    allowed: ClassVar = {
        "charge_kw": POWER,
        "discharge_kw": POWER,
        "least_kwh": ENERGY,
        "most_kwh": ENERGY,
        "round_trip_efficiency": EFFICIENCY,
        "wear_eur_per_kwh": COST,
    }

    def add(self, draft: Draft) -> None:
        """Add charging, feeding back, and how far ahead of the latest course the cars are."""
        room, previous, step_h = draft.room(self.id), draft.model.previous, draft.horizon.step_h
        charge, discharge = draft.power(room, "charge_kw", self.charge_kw), draft.power(room, "discharge_kw", self.discharge_kw)
        ahead = draft.power(room, "ahead_kwh", np.maximum(self.most_kwh - self.least_kwh, 0.0))
        draft.draws(self, self.node, ELECTRICITY, charge)
        draft.feeds(self, self.node, ELECTRICITY, discharge)
        if self.wear_eur_per_kwh:
            draft.hourly(self, "wear", discharge, eur_per_kwh=self.wear_eur_per_kwh)
        needed = draft.course(room, "needed_kwh", np.maximum(np.diff(self.least_kwh, prepend=0.0), 0.0))
        out = step_h / self.round_trip_efficiency
        room.energy_is_kept = pyo.Constraint(
            draft.model.steps,
            rule=lambda _, step: (
                ahead[step] == ahead[previous[step]] + step_h * charge[step] - out * discharge[step] - needed[step]
            ),
        )
        if self.v2g is not None:
            self._points(draft, room, discharge, self.v2g)

    def contradictions(self) -> list[Finding]:
        """Return what cannot be together."""
        if not np.ndim(self.least_kwh) == np.ndim(self.most_kwh) == 1 or len(self.least_kwh) != len(self.most_kwh):
            lengths = f"{np.shape(self.least_kwh)} and {np.shape(self.most_kwh)}"
            allowed = "one value for each step, as many in both"
            return [Finding(message="least_kwh and most_kwh have other shapes", path=self.id, value=lengths, allowed=allowed)]
        found = []
        falling = np.flatnonzero(np.diff(self.least_kwh) < -ROUNDING_KWH)
        if len(falling):
            step = int(falling[0]) + 1
            value = float(self.least_kwh[step])
            allowed = f"at least {self.least_kwh[step - 1]:g} kWh, as in the step before"
            found.append(Finding(message=f"falls at step {step}", path=path(self, "least_kwh"), value=value, allowed=allowed))
        below = np.flatnonzero(self.most_kwh < self.least_kwh - ROUNDING_KWH)
        if len(below):
            step = int(below[0])
            value, allowed = float(self.most_kwh[step]), f"at least {self.least_kwh[step]:g} kWh, its least_kwh"
            found.append(
                Finding(message=f"is too little at step {step}", path=path(self, "most_kwh"), value=value, allowed=allowed)
            )
        return found

    def _points(self, draft: Draft, room: Any, discharge: Any, v2g: Size) -> None:
        most_kw = float(np.max(self.discharge_kw))
        present = draft.course(room, "present", np.asarray(self.discharge_kw) / most_kw if most_kw else 0.0)
        added, existing = draft.size(room, "v2g_kw", self, v2g), v2g.existing
        room.discharge_within_points = pyo.Constraint(
            draft.model.steps, rule=lambda _, step: discharge[step] <= present[step] * (existing + added)
        )
