# SPDX-License-Identifier: Apache-2.0
"""A node's meter: what it buys and sells, at which price, through how big a connection."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
import pyomo.environ as pyo

from twinergy.errors import Finding
from twinergy.planning.blocks.allowed import CARBON, POWER, PRICE, SHARE, Allowed
from twinergy.planning.blocks.block import Block, path
from twinergy.planning.draft import ELECTRICITY
from twinergy.planning.size import Size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twinergy.kinds import FloatArray
    from twinergy.planning.draft import Draft

ROUNDING_EUR_PER_KWH: Final = 1e-9
UNLIMITED: Final = Size(unit="kW")


@dataclass(frozen=True, kw_only=True)
class Tariff(Block):
    """Exchange of a node with the grid.

    Attributes
    ----------
    id, node : str
        Name and place.
    import_eur_per_kwh, export_eur_per_kwh : ndarray, shape (n,), or float
        What a kWh costs and what one that is fed in earns; the second must not be above the first, or money would be made by
        going round in a circle, except in steps of `never_both`. [EUR/kWh]
    co2_g_per_kwh : ndarray, shape (n,), or float
        Greenhouse gases of a kWh from the grid. [g CO2e/kWh]
    export_co2_share : float
        Share of them that a kWh fed in is credited with; 0 counts only what the community itself causes. [-]
    limit : Size
        Power of the connection in either direction; what is added to the existing costs. [kW]
    export_limit_kw : float, optional
        Least of the two where feeding in has a limit of its own. [kW]
    peak_eur_per_kw : float
        Price of the greatest import of the year. [EUR/kW/a]
    never_both : bool, or ndarray of bool, shape (n,)
        Steps in which a switch (whole numbers) keeps the node from buying and selling at once; asks for a finite limit.

    Notes
    -----
    ``import_kw <= existing + limit_kw``, ``export_kw <= existing + limit_kw``, ``peak_kw >= import_kw`` in every step; with the
    switches ``buys``, one for each step that is marked, counted from 0, and the greatest limit ``M``: ``import_kw <= M * buys``
    and ``export_kw <= M * (1 - buys)``.
    """

    id: str
    node: str
    import_eur_per_kwh: FloatArray | float
    export_eur_per_kwh: FloatArray | float
    co2_g_per_kwh: FloatArray | float = 0.0
    export_co2_share: float = 0.0
    limit: Size = UNLIMITED
    export_limit_kw: float | None = None
    peak_eur_per_kw: float = 0.0
    never_both: NDArray[np.bool_] | bool = False
    kind: ClassVar[str] = "tariff"
    allowed: ClassVar = {
        "import_eur_per_kwh": PRICE,
        "export_eur_per_kwh": PRICE,
        "co2_g_per_kwh": CARBON,
        "export_co2_share": SHARE,
        "export_limit_kw": POWER,
        "peak_eur_per_kw": Allowed(0.0, unit="EUR/kW/a"),
        "never_both": SHARE,
    }

    def add(self, draft: Draft) -> None:
        """Add import, export and the limit of the connection."""
        room, steps = draft.room(self.id), draft.model.steps
        bought = draft.power(room, "import_kw")
        sold = draft.power(room, "export_kw", self.export_limit_kw)
        draft.feeds(self, self.node, ELECTRICITY, bought)
        draft.draws(self, self.node, ELECTRICITY, sold)
        self._pay(draft, bought, sold)
        if math.isfinite(self.limit.most) or self.limit.annual_eur:
            there = self.limit.existing
            added = draft.size(room, "limit_kw", self, self.limit)
            room.import_within_limit = pyo.Constraint(steps, rule=lambda _, step: bought[step] <= there + added)
            room.export_within_limit = pyo.Constraint(steps, rule=lambda _, step: sold[step] <= there + added)
        if self.peak_eur_per_kw:
            peak = draft.variable(room, "peak_kw", pyo.Var(bounds=(0.0, None)))
            draft.yearly(self, "peak", peak, eur=self.peak_eur_per_kw)
            room.peak_is_the_greatest_import = pyo.Constraint(steps, rule=lambda _, step: bought[step] <= peak)
        if np.any(self.never_both):
            self._switch(draft, room, bought, sold)

    def contradictions(self) -> list[Finding]:
        """Return what cannot be together: prices that pay a circle, a switch without a limit."""
        found = []
        if np.any(self.never_both) and not math.isfinite(self._most_kw):
            allowed = "a greatest limit in kW, because never_both is set"
            found.append(Finding(message="must be finite", path=path(self, "limit.most"), value=self.limit.most, allowed=allowed))
        courses = (self.export_eur_per_kwh, self.import_eur_per_kwh, self.never_both)
        if len({len(course) for course in courses if isinstance(course, np.ndarray)}) > 1:
            return found  # which of them is too long or short is found when the plan is put together
        sold, bought, switched = np.broadcast_arrays(*(np.atleast_1d(course) for course in courses))
        circles = np.flatnonzero((sold > bought + ROUNDING_EUR_PER_KWH) & (switched == 0))
        if len(circles):
            step = int(circles[0])
            what = f"is above the price of import at step {step} and {len(circles) - 1} others: money by going round in a circle"
            allowed = f"at most {bought[step]:g} EUR/kWh, or never_both in these steps"
            found.append(Finding(message=what, path=path(self, "export_eur_per_kwh"), value=float(sold[step]), allowed=allowed))
        return found

    @property
    def _most_kw(self) -> float:
        return self.limit.existing + self.limit.most

    def _pay(self, draft: Draft, bought: Any, sold: Any) -> None:
        draft.hourly(self, "import", bought, eur_per_kwh=self.import_eur_per_kwh, co2_g_per_kwh=self.co2_g_per_kwh)
        credit = -self.export_co2_share * draft.horizon.of(self.co2_g_per_kwh)
        earned = -draft.horizon.of(self.export_eur_per_kwh)
        draft.hourly_of_steps(self, "export", sold, eur_per_kwh=earned, co2_g_per_kwh=credit)

    def _switch(self, draft: Draft, room: Any, bought: Any, sold: Any) -> None:
        marked = np.flatnonzero(draft.horizon.of(np.asarray(self.never_both, dtype=np.float64)))
        if not len(marked):
            return
        most_kw = self._most_kw
        room.switches = pyo.RangeSet(0, len(marked) - 1)
        step = room.switched_step = pyo.Param(room.switches, initialize=dict(enumerate(marked.tolist())), within=pyo.Any)
        buys = draft.variable(room, "buys", pyo.Var(room.switches, domain=pyo.Binary))
        room.import_if_buying = pyo.Constraint(
            room.switches, rule=lambda _, number: bought[step[number]] <= most_kw * buys[number]
        )
        room.export_if_not_buying = pyo.Constraint(
            room.switches, rule=lambda _, number: sold[step[number]] <= most_kw * (1.0 - buys[number])
        )
