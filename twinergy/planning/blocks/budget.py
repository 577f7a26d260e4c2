# SPDX-License-Identifier: Apache-2.0
"""A budget: what may be paid at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pyomo.environ as pyo

from twinergy.errors import Finding, ScenarioError
from twinergy.planning.blocks.allowed import Allowed
from twinergy.planning.blocks.block import Block

if TYPE_CHECKING:
    from twinergy.planning.draft import Draft


@dataclass(frozen=True, kw_only=True)
class Budget(Block):
    """A limit on the investment of all blocks.

    Attributes
    ----------
    id : str
        Name.
    most_eur : float
        What may be paid at once. [EUR]

    Notes
    -----
    ``sum of invest_eur * size + sum of once_invest_eur * built <= most_eur``, see `Size`. A plan in which nothing can be bought
    keeps every budget; one in which things cost something by the year but nothing at once is refused: `Size.invest_eur` was
    forgotten.
    """

    id: str
    most_eur: float
    kind: ClassVar[str] = "budget"
    allowed: ClassVar = {"most_eur": Allowed(0.0, unit="EUR")}

    def add(self, draft: Draft) -> None:
        """Take a room; investments are known when all blocks have spoken."""
        draft.room(self.id)

    def link(self, draft: Draft) -> None:
        """Add the limit."""
        if not draft.investments:
            self._forgotten(draft)
            return
        total = sum(investment.eur * draft.named(investment.variable) for investment in draft.investments)
        draft.room_of(self.id).investment_within_budget = pyo.Constraint(expr=total <= self.most_eur)

    def _forgotten(self, draft: Draft) -> None:
        priced = [choice for choice in draft.choices if choice.size.annual_eur and choice.size.most > 0.0]
        if priced:
            allowed = "what a unit of it costs at once, above 0 EUR"
            findings = [
                Finding(message="is 0, so the budget counts nothing", path=f"{one.block}.{one.name}.invest_eur", allowed=allowed)
                for one in priced
            ]
            raise ScenarioError(findings, f"block {self.id!r} of the plan")
