# SPDX-License-Identifier: Apache-2.0
"""Modules on roofs that look the same way: what they yield is known, how many there are and how much of it is used is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pyomo.environ as pyo

from twinergy.planning.draft import ELECTRICITY, Block

if TYPE_CHECKING:
    from twinergy.kinds import FloatArray
    from twinergy.planning.draft import Draft
    from twinergy.planning.size import Size


@dataclass(frozen=True, kw_only=True)
class Pv(Block):
    """PV of one orientation at one node.

    Attributes
    ----------
    id, node : str
        Name and place.
    yield_kw_per_kwp : ndarray, shape (n,)
        Power of one installed kWp. [kW/kWp]
    size : Size
        Installed power; `most` is what the roofs still have room for. [kWp]
    """

    id: str
    node: str
    yield_kw_per_kwp: FloatArray
    size: Size
    kind: ClassVar[str] = "pv"

    def add(self, draft: Draft) -> None:
        """Add the power that is used, at most what the sun gives; the rest is curtailed."""
        room, existing = draft.room(self.id), self.size.existing
        added = draft.size(room, "size_kwp", self, self.size)
        used = draft.power(room, "generated_kw")
        draft.feeds(self, self.node, ELECTRICITY, used)
        given = draft.course(room, "yield_kw_per_kwp", self.yield_kw_per_kwp)
        room.generated_within_yield = pyo.Constraint(
            draft.model.steps, rule=lambda _, step: used[step] <= given[step] * (existing + added)
        )
