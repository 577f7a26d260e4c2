# SPDX-License-Identifier: Apache-2.0
"""A buffer of hot water: heat that comes out later, less what its walls lose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pyomo.environ as pyo

from twinergy.planning.blocks.allowed import EFFICIENCY, POWER, SHARE
from twinergy.planning.blocks.block import Block
from twinergy.planning.blocks.storing import keep
from twinergy.planning.draft import HEAT

if TYPE_CHECKING:
    from twinergy.planning.draft import Draft
    from twinergy.planning.size import Size


@dataclass(frozen=True, kw_only=True)
class HeatBuffer(Block):
    """A heat buffer at one node.

    Attributes
    ----------
    id, node : str
        Name and place.
    capacity : Size
        Heat over its usable span of temperature. [kWh]
    loss_per_h : float
        Share of the stored heat that is lost in an hour; above the temperature it returns to, not above that of the room. [1/h]
    power_kw : float, optional
        What its pipes carry in either direction. [kW]
    charge_efficiency, discharge_efficiency : float
        Of what goes in and out; 1 for water that flows. [-]

    Notes
    -----
    ``stored_kwh[t] = (1 - loss_per_h) ** dt * stored_kwh[previous t] + dt * (charge_efficiency * charge_kw - discharge_kw /
    discharge_efficiency)`` and ``stored_kwh <= existing + capacity_kwh``; a period ends with what it began with.
    """

    id: str
    node: str
    capacity: Size
    loss_per_h: float = 0.0
    power_kw: float | None = None
    charge_efficiency: float = 1.0
    discharge_efficiency: float = 1.0
    kind: ClassVar[str] = "heat_buffer"
    allowed: ClassVar = {
        "loss_per_h": SHARE,
        "power_kw": POWER,
        "charge_efficiency": EFFICIENCY,
        "discharge_efficiency": EFFICIENCY,
    }

    def add(self, draft: Draft) -> None:
        """Add charging, discharging and what is stored."""
        room, there_kwh = draft.room(self.id), self.capacity.existing
        capacity = draft.size(room, "capacity_kwh", self, self.capacity)
        charge, discharge = draft.power(room, "charge_kw", self.power_kw), draft.power(room, "discharge_kw", self.power_kw)
        stored = draft.power(room, "stored_kwh")
        draft.draws(self, self.node, HEAT, charge)
        draft.feeds(self, self.node, HEAT, discharge)
        room.stored_within_capacity = pyo.Constraint(draft.model.steps, rule=lambda _, step: stored[step] <= there_kwh + capacity)
        keep(draft, room, self, charge, discharge, stored)
