# SPDX-License-Identifier: Apache-2.0
"""A heat pump, or with a COP of 1 an electric heater: electricity to heat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pyomo.environ as pyo

from twinergy.planning.blocks.allowed import COST, Allowed
from twinergy.planning.blocks.block import Block
from twinergy.planning.draft import ELECTRICITY, HEAT

if TYPE_CHECKING:
    from twinergy.kinds import FloatArray
    from twinergy.planning.draft import Draft
    from twinergy.planning.size import Size


@dataclass(frozen=True, kw_only=True)
class HeatPump(Block):
    """A heat pump at one node, sized by its heat.

    Attributes
    ----------
    id, node : str
        Name and place of its heat.
    electric_node : str
        Node its electricity comes from.
    size : Size
        Nominal thermal power. [kW]
    cop : ndarray, shape (n,), or float
        Heat per electricity at each step's temperatures, at least 1. [-]
    available : ndarray, shape (n,), or float
        Share of its nominal power that it reaches at each step's temperatures. [-]
    service_eur_per_kwh : float
        Maintenance by kWh of heat. [EUR/kWh]

    Notes
    -----
    ``heat_kw <= available * (existing + size_kw)``; it draws ``heat_kw / cop``.
    """

    id: str
    node: str
    electric_node: str
    size: Size
    cop: FloatArray | float
    available: FloatArray | float = 1.0
    service_eur_per_kwh: float = 0.0
    kind: ClassVar[str] = "heat_pump"
    allowed: ClassVar = {
        "cop": Allowed(1.0, unit="kWh of heat per kWh"),
        "available": Allowed(0.0, unit="of the nominal power"),
        "service_eur_per_kwh": COST,
    }

    def add(self, draft: Draft) -> None:
        """Add its heat; the electricity follows."""
        room, existing = draft.room(self.id), self.size.existing
        added = draft.size(room, "size_kw", self, self.size)
        heat = draft.power(room, "heat_kw")
        draft.feeds(self, self.node, HEAT, heat)
        draft.draws(self, self.electric_node, ELECTRICITY, heat, 1.0 / self.cop)
        if self.service_eur_per_kwh:
            draft.hourly(self, "operation", heat, eur_per_kwh=self.service_eur_per_kwh)
        if np.ndim(self.available) == 0:
            most_kw = float(self.available) * (existing + added)
            room.heat_within_size = pyo.Constraint(draft.model.steps, rule=lambda _, step: heat[step] <= most_kw)
            return
        reached = draft.course(room, "available", self.available)
        room.heat_within_size = pyo.Constraint(
            draft.model.steps, rule=lambda _, step: heat[step] <= reached[step] * (existing + added)
        )
