# SPDX-License-Identifier: Apache-2.0
"""Combined heat and power: fuel to electricity and heat in a fixed ratio."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pyomo.environ as pyo

from twinergy.planning.draft import ELECTRICITY, HEAT, Block

if TYPE_CHECKING:
    from twinergy.kinds import FloatArray
    from twinergy.planning.draft import Draft
    from twinergy.planning.size import Size


@dataclass(frozen=True, kw_only=True)
class Chp(Block):
    """A CHP unit at one node, sized by its electrical power.

    Attributes
    ----------
    id, node : str
        Name and place of its heat.
    electric_node : str
        Node its electricity goes to.
    size : Size
        Electrical power. [kW]
    electric_efficiency, thermal_efficiency : float
        Electricity and heat per fuel. [-]
    fuel_eur_per_kwh : ndarray, shape (n,), or float
        Price of the fuel. [EUR/kWh]
    fuel_co2_g_per_kwh : float
        Greenhouse gases of burning it. [g CO2e/kWh]
    bonus_eur_per_kwh : float
        What a generated kWh earns whatever becomes of it. [EUR/kWh]
    service_eur_per_kwh : float
        Maintenance by generated kWh. [EUR/kWh]
    least_load : float
        Share of its power below which a running unit cannot go; above 0 every step has a switch (whole numbers). [-]
    """

    id: str
    node: str
    electric_node: str
    size: Size
    electric_efficiency: float
    thermal_efficiency: float
    fuel_eur_per_kwh: FloatArray | float
    fuel_co2_g_per_kwh: float = 0.0
    bonus_eur_per_kwh: float = 0.0
    service_eur_per_kwh: float = 0.0
    least_load: float = 0.0
    kind: ClassVar[str] = "chp"

    def add(self, draft: Draft) -> None:
        """Add its power; heat follows."""
        room, existing = draft.room(self.id), self.size.existing
        added = draft.size(room, "size_kw", self, self.size)
        power = draft.power(room, "power_kw")
        draft.feeds(self, self.electric_node, ELECTRICITY, power)
        draft.feeds(self, self.node, HEAT, power, self.thermal_efficiency / self.electric_efficiency)
        fuel = draft.horizon.of(self.fuel_eur_per_kwh) / self.electric_efficiency
        draft.hourly_of_steps(
            self, "fuel", power, eur_per_kwh=fuel, co2_g_per_kwh=self.fuel_co2_g_per_kwh / self.electric_efficiency
        )
        if self.service_eur_per_kwh:
            draft.hourly(self, "operation", power, eur_per_kwh=self.service_eur_per_kwh)
        if self.bonus_eur_per_kwh:
            draft.hourly(self, "subsidy", power, eur_per_kwh=-self.bonus_eur_per_kwh)
        room.power_within_size = pyo.Constraint(draft.model.steps, rule=lambda _, step: power[step] <= existing + added)
