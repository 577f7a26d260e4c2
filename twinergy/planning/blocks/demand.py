# SPDX-License-Identifier: Apache-2.0
"""What a node needs and no plan decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from twinergy.planning.blocks.allowed import Allowed
from twinergy.planning.blocks.block import Block
from twinergy.planning.draft import ELECTRICITY

if TYPE_CHECKING:
    from twinergy.kinds import FloatArray
    from twinergy.planning.draft import Draft


@dataclass(frozen=True, kw_only=True)
class Demand(Block):
    """A demand at one node; the node's balance has it on its right-hand side.

    Attributes
    ----------
    id, node, carrier : str
        Name, place, and of what.
    demand_kw : ndarray, shape (n,), or float
        What is needed; negative where more is made than needed. [kW]
    """

    id: str
    node: str
    demand_kw: FloatArray | float
    carrier: str = ELECTRICITY
    kind: ClassVar[str] = "demand"
    allowed: ClassVar = {"demand_kw": Allowed(unit="kW")}

    def add(self, draft: Draft) -> None:
        """Say what is needed."""
        draft.demand(self.node, self.carrier, self.demand_kw)
