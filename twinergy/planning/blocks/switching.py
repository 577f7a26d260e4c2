# SPDX-License-Identifier: Apache-2.0
"""Starts of a machine that is switched on and off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyomo.environ as pyo

if TYPE_CHECKING:
    from twinergy.planning.blocks.block import Block
    from twinergy.planning.draft import Draft


def starts(draft: Draft, room: Any, block: Block, runs: Any, start_eur: float) -> None:
    """Add what starts cost: ``starts[t] >= runs[t] - runs[previous t]``, at least 0; nothing where they are free."""
    if not start_eur:
        return
    started, previous = draft.power(room, "starts"), draft.model.previous
    room.started_if_not_running_before = pyo.Constraint(
        draft.model.steps, rule=lambda _, step: started[step] >= runs[step] - runs[previous[step]]
    )
    draft.stepwise(block, "operation", started, eur=start_eur)
