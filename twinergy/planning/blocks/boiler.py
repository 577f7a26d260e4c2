# SPDX-License-Identifier: Apache-2.0
"""A boiler: fuel to heat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pyomo.environ as pyo

from twinergy.planning.draft import HEAT, Block

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
        Heat per fuel, both by the lower or both by the higher heating value, as the price of the fuel is. [-]
    fuel_eur_per_kwh : ndarray, shape (n,), or float
        Price of the fuel. [EUR/kWh]
    fuel_co2_g_per_kwh : float
        Greenhouse gases of burning it. [g CO2e/kWh]
    """

    id: str
    node: str
    size: Size
    efficiency: float
    fuel_eur_per_kwh: FloatArray | float
    fuel_co2_g_per_kwh: float = 0.0
    kind: ClassVar[str] = "boiler"

    def add(self, draft: Draft) -> None:
        """Add the heat it gives, and what its fuel costs."""
        room, existing = draft.room(self.id), self.size.existing
        added = draft.size(room, "size_kw", self, self.size)
        heat = draft.power(room, "heat_kw")
        draft.feeds(self, self.node, HEAT, heat)
        fuel = draft.horizon.of(self.fuel_eur_per_kwh) / self.efficiency
        draft.hourly_of_steps(self, "fuel", heat, eur_per_kwh=fuel, co2_g_per_kwh=self.fuel_co2_g_per_kwh / self.efficiency)
        room.heat_within_size = pyo.Constraint(draft.model.steps, rule=lambda _, step: heat[step] <= existing + added)
