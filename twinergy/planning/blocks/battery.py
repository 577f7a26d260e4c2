# SPDX-License-Identifier: Apache-2.0
"""A battery: what goes in comes out later, less its losses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pyomo.environ as pyo

from twinergy.planning.draft import ELECTRICITY, Block

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
        Capacity over power where the market sells no other; then `power` costs nothing of its own and follows. [h]
    wear_eur_per_kwh : float
        What a discharged kWh wears off. [EUR/kWh]
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
    kind: ClassVar[str] = "battery"

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
        self._store(draft, room, charge, discharge, stored)

    def _store(self, draft: Draft, room: Any, charge: Any, discharge: Any, stored: Any) -> None:
        previous, step_h = draft.model.previous, draft.horizon.step_h
        kept = (1.0 - self.loss_per_h) ** step_h
        into, out = self.charge_efficiency * step_h, step_h / self.discharge_efficiency
        room.stored_is_kept = pyo.Constraint(
            draft.model.steps,
            rule=lambda _, step: stored[step] == kept * stored[previous[step]] + into * charge[step] - out * discharge[step],
        )
