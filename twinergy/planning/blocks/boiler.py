# SPDX-License-Identifier: Apache-2.0
"""A boiler: fuel to heat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pyomo.environ as pyo

from twinergy.planning.blocks.allowed import CARBON, COST, EFFICIENCY
from twinergy.planning.blocks.block import Block
from twinergy.planning.draft import HEAT

if TYPE_CHECKING:
    from twinergy.kinds import FloatArray
    from twinergy.planning.draft import Draft
    from twinergy.planning.size import Size


@dataclass(frozen=True, kw_only=True)
class Boiler(Block):
    """A boiler at one node.

    Attributes
    ----------
    id, node : str
        Name and place.
    size : Size
        Thermal power. [kW]
    efficiency : float
        Heat per fuel by the higher heating value, as fuel is sold; at most 1. [-]
    fuel_eur_per_kwh : ndarray, shape (n,), or float
        Price of the fuel by the higher heating value. [EUR/kWh]
    fuel_co2_g_per_kwh : float
        Greenhouse gases of burning it. [g CO2e/kWh]
    service_eur_per_kwh : float
        Maintenance by kWh of heat. [EUR/kWh]

    Notes
    -----
    ``heat_kw <= existing + size_kw``.
    """

    id: str
    node: str
    size: Size
    efficiency: float
    fuel_eur_per_kwh: FloatArray | float
    fuel_co2_g_per_kwh: float = 0.0
    service_eur_per_kwh: float = 0.0
    kind: ClassVar[str] = "boiler"
    allowed: ClassVar = {
        "efficiency": EFFICIENCY,
        "fuel_eur_per_kwh": COST,
        "fuel_co2_g_per_kwh": CARBON,
        "service_eur_per_kwh": COST,
    }

    def add(self, draft: Draft) -> None:
        """Add the heat it gives, and what its fuel costs."""
        room, existing = draft.room(self.id), self.size.existing
        added = draft.size(room, "size_kw", self, self.size)
        heat = draft.power(room, "heat_kw")
        draft.feeds(self, self.node, HEAT, heat)
        fuel = draft.horizon.of(self.fuel_eur_per_kwh) / self.efficiency
        draft.hourly_of_steps(self, "fuel", heat, eur_per_kwh=fuel, co2_g_per_kwh=self.fuel_co2_g_per_kwh / self.efficiency)
        if self.service_eur_per_kwh:
            draft.hourly(self, "operation", heat, eur_per_kwh=self.service_eur_per_kwh)
        room.heat_within_size = pyo.Constraint(draft.model.steps, rule=lambda _, step: heat[step] <= existing + added)
