# SPDX-License-Identifier: Apache-2.0
"""Greenhouse gases of the whole plan: a price on them, and a limit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from twinergy.errors import Finding
from twinergy.planning.blocks.allowed import Allowed
from twinergy.planning.blocks.block import Block, path
from twinergy.planning.draft import Draft, Term

if TYPE_CHECKING:
    from twinergy.kinds import FloatArray


@dataclass(frozen=True, kw_only=True)
class Emissions(Block):
    """What all blocks emit, priced and limited.

    Attributes
    ----------
    id : str
        Name.
    price_eur_per_kg : float
        Price on greenhouse gases on top of what prices contain. [EUR/kg CO2e]
    most_kg : float
        Limit on those of a year. `Goal.most_co2_kg` limits the same without another row in the draft. [kg CO2e/a]
    export_credit : bool
        Whether what export is credited with (`Tariff.export_co2_share`) earns the price and counts for the limit.

    Notes
    -----
    The price is booked on each variable that emits, in proportion, so it costs no row. The limit is one row over all of them.
    """

    id: str
    price_eur_per_kg: float = 0.0
    most_kg: float = math.inf
    export_credit: bool = True
    kind: ClassVar[str] = "emissions"
    allowed: ClassVar = {"price_eur_per_kg": Allowed(0.0, unit="EUR/kg CO2e")}

    def add(self, draft: Draft) -> None:
        """Take a room; emissions are known when all blocks have spoken."""
        draft.room(self.id)

    def link(self, draft: Draft) -> None:
        """Price and limit what was booked."""
        emitted = [(term.variable, self._counted(term.co2_kg)) for term in draft.terms]
        emitting = [(variable, co2_kg) for variable, co2_kg in emitted if np.any(co2_kg)]
        if self.price_eur_per_kg:
            for variable, co2_kg in emitting:
                draft.terms.append(Term(self.id, "co2_price", variable, self.price_eur_per_kg * co2_kg, np.zeros_like(co2_kg)))
        if math.isfinite(self.most_kg):
            room = draft.room_of(self.id)
            room.emissions_within_limit = pyo.Constraint(expr=_total(draft, emitting) <= self.most_kg)

    def contradictions(self) -> list[Finding]:
        """Return what cannot be."""
        if not math.isnan(self.most_kg):
            return []
        return [Finding(message="is not a number", path=path(self, "most_kg"), value=self.most_kg, allowed="kg CO2e in a year")]

    def _counted(self, co2_kg: FloatArray) -> FloatArray:
        return co2_kg if self.export_credit else np.maximum(co2_kg, 0.0)


def _total(draft: Draft, emitting: list[tuple[str, FloatArray]]) -> Any:
    variables: list[Any] = []
    factors: list[float] = []
    for name, co2_kg in emitting:
        entries = list(draft.named(name).values())
        variables += entries
        factors += np.broadcast_to(co2_kg, len(entries)).tolist()
    return LinearExpression(constant=0.0, linear_coefs=factors, linear_vars=variables)
