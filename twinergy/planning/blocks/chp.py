# SPDX-License-Identifier: Apache-2.0
"""Combined heat and power: fuel to electricity and heat in a fixed ratio."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pyomo.environ as pyo

from twinergy.errors import Finding
from twinergy.planning.blocks.allowed import CARBON, COST, EFFICIENCY, Allowed
from twinergy.planning.blocks.block import Block, path
from twinergy.planning.blocks.fuelled import burn, too_efficient
from twinergy.planning.blocks.switching import starts
from twinergy.planning.draft import ELECTRICITY, HEAT

if TYPE_CHECKING:
    from twinergy.kinds import FloatArray
    from twinergy.planning.draft import Draft
    from twinergy.planning.size import Size


@dataclass(frozen=True, kw_only=True)
class Chp(Block):
    """A CHP unit at one node, sized by its electrical power; `ChpUnits` chooses among those of a catalogue.

    Attributes
    ----------
    id, node : str
        Name and place of its heat.
    electric_node : str
        Node its electricity goes to.
    size : Size
        Electrical power. [kW]
    electric_efficiency, thermal_efficiency : float
        Electricity and heat per fuel by the higher heating value; together at most 1. [-]
    fuel_eur_per_kwh : ndarray, shape (n,), or float
        Price of the fuel by the higher heating value. [EUR/kWh]
    fuel_co2_g_per_kwh : float
        Greenhouse gases of burning it. [g CO2e/kWh]
    bonus_eur_per_kwh : float
        What a generated kWh earns whatever becomes of it. [EUR/kWh]
    service_eur_per_kwh : float
        Maintenance by generated kWh. [EUR/kWh]
    least_load : float
        Share of its power below which a running unit cannot go; above 0 every step has a switch (whole numbers). [-]
    start_eur : float
        What a start costs; above 0 every step has a switch. [EUR]

    Notes
    -----
    ``power_kw <= existing + size_kw``, and it gives ``power_kw * thermal_efficiency / electric_efficiency`` of heat. With a
    switch ``runs`` and the greatest power ``M = existing + most``: ``power_kw <= M * runs`` and ``power_kw >= least_load *
    (existing + size_kw) - least_load * M * (1 - runs)``.
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
    start_eur: float = 0.0
    kind: ClassVar[str] = "chp"
    allowed: ClassVar = {
        "electric_efficiency": EFFICIENCY,
        "thermal_efficiency": EFFICIENCY,
        "fuel_eur_per_kwh": COST,
        "fuel_co2_g_per_kwh": CARBON,
        "bonus_eur_per_kwh": COST,
        "service_eur_per_kwh": COST,
        "least_load": Allowed(0.0, 1.0, unit="of its power"),
        "start_eur": Allowed(0.0, unit="EUR"),
    }

    def add(self, draft: Draft) -> None:
        """Add its power; heat follows."""
        room, existing = draft.room(self.id), self.size.existing
        added = draft.size(room, "size_kw", self, self.size)
        power = draft.power(room, "power_kw")
        draft.feeds(self, self.electric_node, ELECTRICITY, power)
        draft.feeds(self, self.node, HEAT, power, self.thermal_efficiency / self.electric_efficiency)
        burn(draft, self, power, self, self)
        room.power_within_size = pyo.Constraint(draft.model.steps, rule=lambda _, step: power[step] <= existing + added)
        if self._switched:
            self._switch(draft, room, power, added)

    def contradictions(self) -> list[Finding]:
        """Return what cannot be together."""
        found = too_efficient(self.id, self)
        if self._switched and not math.isfinite(self.size.most):
            allowed = "a greatest power in kW, because of least_load or start_eur"
            found.append(Finding(message="must be finite", path=path(self, "size.most"), value=self.size.most, allowed=allowed))
        return found

    @property
    def _switched(self) -> bool:
        return bool(self.least_load or self.start_eur)

    def _switch(self, draft: Draft, room: Any, power: Any, added: Any) -> None:
        steps, existing, most_kw, least = (
            draft.model.steps,
            self.size.existing,
            self.size.existing + self.size.most,
            self.least_load,
        )
        runs = draft.variable(room, "runs", pyo.Var(steps, domain=pyo.Binary))
        room.power_if_running = pyo.Constraint(steps, rule=lambda _, step: power[step] <= most_kw * runs[step])
        if least:
            room.least_load_if_running = pyo.Constraint(
                steps, rule=lambda _, step: power[step] >= least * (existing + added) - least * most_kw * (1.0 - runs[step])
            )
        starts(draft, room, self, runs, self.start_eur)
