# SPDX-License-Identifier: Apache-2.0
"""A node's meter: what it buys and sells, at which price, through how big a connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pyomo.environ as pyo

from twinergy.planning.draft import ELECTRICITY, Block
from twinergy.planning.size import Size

if TYPE_CHECKING:
    from twinergy.kinds import FloatArray
    from twinergy.planning.draft import Draft


@dataclass(frozen=True, kw_only=True)
class Tariff(Block):
    """Exchange of a node with the grid.

    Attributes
    ----------
    id, node : str
        Name and place.
    import_eur_per_kwh, export_eur_per_kwh : ndarray, shape (n,), or float
        What a kWh costs and what one that is fed in earns; the second must not be above the first, or money would be made by going
        round in a circle. [EUR/kWh]
    co2_g_per_kwh : ndarray, shape (n,), or float
        Greenhouse gases of a kWh from the grid. [g CO2e/kWh]
    export_co2_share : float
        Share of them that a kWh fed in is credited with; 0 counts only what the community itself causes. [-]
    limit : Size
        Power of the connection in either direction; what is added to the existing costs. [kW]
    export_limit_kw : float, optional
        Least of the two where feeding in has a limit of its own. [kW]
    """

    id: str
    node: str
    import_eur_per_kwh: FloatArray | float
    export_eur_per_kwh: FloatArray | float
    co2_g_per_kwh: FloatArray | float = 0.0
    export_co2_share: float = 0.0
    limit: Size = Size(unit="kW")
    export_limit_kw: float | None = None
    kind: ClassVar[str] = "tariff"

    def add(self, draft: Draft) -> None:
        """Add import, export and the limit of the connection."""
        room, steps = draft.room(self.id), draft.model.steps
        bought = draft.power(room, "import_kw")
        sold = draft.power(room, "export_kw", self.export_limit_kw)
        draft.feeds(self, self.node, ELECTRICITY, bought)
        draft.draws(self, self.node, ELECTRICITY, sold)
        draft.hourly(self, "import", bought, eur_per_kwh=self.import_eur_per_kwh, co2_g_per_kwh=self.co2_g_per_kwh)
        credit = -self.export_co2_share * draft.horizon.of(self.co2_g_per_kwh)
        earned = -draft.horizon.of(self.export_eur_per_kwh)
        draft.hourly_of_steps(self, "export", sold, eur_per_kwh=earned, co2_g_per_kwh=credit)
        if self.limit.most < float("inf") or self.limit.annual_eur:
            there = self.limit.existing
            added = draft.size(room, "limit_kw", self, self.limit)
            room.import_within_limit = pyo.Constraint(steps, rule=lambda _, step: bought[step] <= there + added)
            room.export_within_limit = pyo.Constraint(steps, rule=lambda _, step: sold[step] <= there + added)
