# SPDX-License-Identifier: Apache-2.0
"""Wind turbines of one sort: what a kW of them yields is known, how many kW there are and how much of it is used is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pyomo.environ as pyo

from twinergy.planning.blocks.allowed import COST, Allowed
from twinergy.planning.blocks.block import Block
from twinergy.planning.draft import ELECTRICITY

if TYPE_CHECKING:
    from twinergy.kinds import FloatArray
    from twinergy.planning.draft import Draft
    from twinergy.planning.size import Size


@dataclass(frozen=True, kw_only=True)
class Wind(Block):
    """Turbines of one sort at one node.

    Attributes
    ----------
    id, node : str
        Name and place.
    yield_kw_per_kw : ndarray, shape (n,), or float
        Power of one installed kW. [kW/kW]
    size : Size
        Installed power; `Size.step` is the rating of one turbine. [kW]
    service_eur_per_kwh : float
        Maintenance by generated kWh. [EUR/kWh]

    Notes
    -----
    ``generated_kw <= yield_kw_per_kw * (existing + size_kw)``; the rest is curtailed and costs no maintenance.
    """

    id: str
    node: str
    yield_kw_per_kw: FloatArray | float
    size: Size
    service_eur_per_kwh: float = 0.0
    kind: ClassVar[str] = "wind"
    allowed: ClassVar = {"yield_kw_per_kw": Allowed(0.0, unit="kW/kW"), "service_eur_per_kwh": COST}

    def add(self, draft: Draft) -> None:
        """Add the power that is used, at most what the wind gives."""
        room, existing = draft.room(self.id), self.size.existing
        added = draft.size(room, "size_kw", self, self.size)
        used = draft.power(room, "generated_kw")
        draft.feeds(self, self.node, ELECTRICITY, used)
        if self.service_eur_per_kwh:
            draft.hourly(self, "operation", used, eur_per_kwh=self.service_eur_per_kwh)
        given = draft.course(room, "yield_kw_per_kw", self.yield_kw_per_kw)
        room.generated_within_yield = pyo.Constraint(
            draft.model.steps, rule=lambda _, step: used[step] <= given[step] * (existing + added)
        )
