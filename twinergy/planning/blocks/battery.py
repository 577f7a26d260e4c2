# SPDX-License-Identifier: Apache-2.0
"""A battery: what goes in comes out later, less its losses."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pyomo.environ as pyo

from twinergy.errors import Finding
from twinergy.planning.blocks.allowed import COST, EFFICIENCY, SHARE, Allowed
from twinergy.planning.blocks.block import Block, path
from twinergy.planning.blocks.storing import keep
from twinergy.planning.draft import ELECTRICITY

if TYPE_CHECKING:
    from twinergy.planning.draft import Draft
    from twinergy.planning.size import Size


@dataclass(frozen=True, kw_only=True)
class Battery(Block):
    """A battery at one node; capacity and power are chosen apart, or by a fixed ratio.

    Attributes
    ----------
    id, node : str
        Name and place.
    capacity : Size
        Usable capacity. [kWh]
    power : Size
        Power of its inverter in either direction. [kW]
    charge_efficiency, discharge_efficiency : float
        One-way efficiencies, above 0 and at most 1. [-]
    loss_per_h : float
        Share of the stored energy that is lost in an hour. [1/h]
    hours : float, optional
        Capacity over power of what is added, where the market sells no other. [h]
    wear_eur_per_kwh : float
        What a discharged kWh wears off. [EUR/kWh]
    never_both : bool
        Whether charging and discharging at once is forbidden by a switch in every step (whole numbers).

    Notes
    -----
    Charging and discharging at once burns energy. It pays only where a further kWh at the node is worth less than nothing: with a
    negative price of import, or where generation can neither be used, sold nor curtailed. Take ``d`` off the discharge and
    ``d / (charge_efficiency * discharge_efficiency)`` off the charge: what is stored stays the same, and the node is left with
    more energy. As long as PV may be curtailed and import costs at least 0, that is never dearer, so no switch is needed.
    """

    id: str
    node: str
    capacity: Size
    power: Size
    charge_efficiency: float = 0.95
    discharge_efficiency: float = 0.95
    loss_per_h: float = 0.0
    hours: float | None = None
    wear_eur_per_kwh: float = 0.0
    never_both: bool = False
    kind: ClassVar[str] = "battery"
    allowed: ClassVar = {
        "charge_efficiency": EFFICIENCY,
        "discharge_efficiency": EFFICIENCY,
        "loss_per_h": SHARE,
        "hours": Allowed(0.0, unit="h", above=True),
        "wear_eur_per_kwh": COST,
    }

    def add(self, draft: Draft) -> None:
        """Add charging, discharging and what is stored; a period ends with what it began with."""
        room, steps = draft.room(self.id), draft.model.steps
        capacity = draft.size(room, "capacity_kwh", self, self.capacity)
        power = draft.size(room, "power_kw", self, self.power)
        charge, discharge = draft.power(room, "charge_kw"), draft.power(room, "discharge_kw")
        stored = draft.power(room, "stored_kwh")
        draft.draws(self, self.node, ELECTRICITY, charge)
        draft.feeds(self, self.node, ELECTRICITY, discharge)
        if self.wear_eur_per_kwh:
            draft.hourly(self, "wear", discharge, eur_per_kwh=self.wear_eur_per_kwh)
        there_kwh, there_kw = self.capacity.existing, self.power.existing
        room.stored_within_capacity = pyo.Constraint(steps, rule=lambda _, step: stored[step] <= there_kwh + capacity)
        room.charge_within_power = pyo.Constraint(steps, rule=lambda _, step: charge[step] <= there_kw + power)
        room.discharge_within_power = pyo.Constraint(steps, rule=lambda _, step: discharge[step] <= there_kw + power)
        if self.hours is not None:
            ratio = self.hours
            room.power_follows_capacity = pyo.Constraint(rule=lambda _: capacity == ratio * power)
        keep(draft, room, self, charge, discharge, stored)
        if self.never_both:
            self._switch(draft, room, charge, discharge)

    def _switch(self, draft: Draft, room: Any, charge: Any, discharge: Any) -> None:
        steps, most_kw = draft.model.steps, self.power.existing + self.power.most
        charges = draft.variable(room, "charges", pyo.Var(steps, domain=pyo.Binary))
        room.charge_if_charging = pyo.Constraint(steps, rule=lambda _, step: charge[step] <= most_kw * charges[step])
        room.discharge_if_not_charging = pyo.Constraint(
            steps, rule=lambda _, step: discharge[step] <= most_kw * (1.0 - charges[step])
        )

    def contradictions(self) -> list[Finding]:
        """Return what cannot be: a switch needs to know how big the power may get."""
        if not self.never_both or math.isfinite(self.power.most):
            return []
        allowed = "a greatest power in kW, because never_both is set"
        return [Finding(message="must be finite", path=path(self, "power.most"), value=self.power.most, allowed=allowed)]
