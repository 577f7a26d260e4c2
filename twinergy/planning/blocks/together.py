# SPDX-License-Identifier: Apache-2.0
"""A limit on several sizes at once: what the whole community may build of a sort, or has to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pyomo.environ as pyo

from twinergy.errors import Finding, ScenarioError, closest
from twinergy.planning.blocks.allowed import Allowed
from twinergy.planning.blocks.block import Block, path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.planning.draft import Choice, Draft


@dataclass(frozen=True, kw_only=True)
class Together(Block):
    """Bounds on the sum of sizes that blocks of the plan add.

    Attributes
    ----------
    id : str
        Name.
    sizes : tuple of (str, str)
        Block and name of each size; all in the same unit.
    least, most : float
        Bounds on what is added in all. [unit of the sizes]
    """

    id: str
    sizes: tuple[tuple[str, str], ...]
    least: float = 0.0
    most: float = math.inf
    kind: ClassVar[str] = "together"
    allowed: ClassVar = {"least": Allowed(0.0)}

    @classmethod
    def of(cls, name: str, sizes: Sequence[tuple[str, str]], *, least: float = 0.0, most: float | None = None) -> Together | None:
        """Return the limit, None where there is nothing to limit."""
        if not sizes or (least == 0.0 and most is None):
            return None
        return cls(id=name, sizes=tuple(sizes), least=least, most=math.inf if most is None else most)

    def add(self, draft: Draft) -> None:
        """Take a room; sizes are there when all blocks have spoken."""
        draft.room(self.id)

    def link(self, draft: Draft) -> None:
        """Add the limit."""
        room = draft.room_of(self.id)
        total = sum(draft.named(choice.variable) for choice in self._found(draft))
        if self.least > 0.0:
            room.at_least = pyo.Constraint(expr=total >= self.least)
        if math.isfinite(self.most):
            room.at_most = pyo.Constraint(expr=total <= self.most)

    def contradictions(self) -> list[Finding]:
        """Return what cannot be together."""
        if self.most >= self.least:
            return []
        return [
            Finding(message="is below the least", path=path(self, "most"), value=self.most, allowed=f"at least {self.least:g}")
        ]

    def _found(self, draft: Draft) -> list[Choice]:
        known = {(choice.block, choice.name): choice for choice in draft.choices}
        names = [f"{block}.{name}" for block, name in known]
        findings = [
            Finding(message=f"no such size: {closest('.'.join(wanted), names)}", path=path(self, "sizes"), value=".".join(wanted))
            for wanted in self.sizes
            if wanted not in known
        ]
        units = sorted({known[wanted].size.unit for wanted in self.sizes if wanted in known})
        if len(units) > 1:
            findings.append(
                Finding(message="adds up different units", path=path(self, "sizes"), value=", ".join(units), allowed="one unit")
            )
        if findings:
            raise ScenarioError(findings, f"block {self.id!r} of the plan")
        return [known[wanted] for wanted in self.sizes]
