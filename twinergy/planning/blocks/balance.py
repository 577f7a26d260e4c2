# SPDX-License-Identifier: Apache-2.0
"""What arrives at a node is what is needed there: electricity to the watt, of heat some may be lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyomo.environ as pyo

from twinergy.planning.draft import HEAT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinergy.kinds import FloatArray
    from twinergy.planning.draft import Draft, Flow


def close(draft: Draft, demand_kw: Mapping[tuple[str, str], FloatArray]) -> None:
    """Add the balance of every node and carrier that somebody feeds, draws from or needs.

    Notes
    -----
    ``sum(factor * power) = demand`` for electricity and ``>=`` for heat: a machine whose heat nobody needs blows it off.
    """
    balances = draft.room("balance")
    flows: dict[tuple[str, str], list[Flow]] = {place: [] for place in demand_kw}
    for flow in draft.flows:
        flows.setdefault((flow.node, flow.carrier), []).append(flow)
    for number, (place, several) in enumerate(sorted(flows.items())):
        node, carrier = place
        needed = demand_kw.get(place, np.zeros(draft.horizon.n_steps))
        if not several:
            if needed.any():
                message = (
                    f"nothing can bring {carrier} to {node}, which needs up to {needed.max():.1f} kW: give it a block that does"
                )
                raise ValueError(message)
            continue
        room = pyo.Block()
        balances.add_component(f"{_word(node)}_{carrier}" if _word(node) == node else f"{_word(node)}_{carrier}_{number}", room)
        _balance(draft, room, several, needed, at_least=carrier == HEAT)


def _balance(draft: Draft, room: Any, flows: list[Flow], needed_kw: FloatArray, *, at_least: bool) -> None:
    steps = draft.model.steps
    room.needed_kw = pyo.Param(steps, initialize=dict(enumerate(needed_kw.tolist())), within=pyo.Any)
    plain, varying = [], []
    for number, flow in enumerate(flows):
        variable = draft.named(flow.variable)
        if len(flow.factor) == 1 or np.ptp(flow.factor) == 0.0:
            plain.append((float(flow.factor[0]), variable))
        else:
            factor = pyo.Param(steps, initialize=dict(enumerate(flow.factor.tolist())), within=pyo.Any)
            room.add_component(f"factor_{number}", factor)
            varying.append((factor, variable))

    def arriving(step: Any) -> Any:
        # Pyomo takes `sum` of a generator for one over its own sets while it looks for a template
        total = 0.0
        for factor, power in plain:
            total += factor * power[step]
        for factor, power in varying:
            total += factor[step] * power[step]
        return total

    if at_least:
        room.balance = pyo.Constraint(steps, rule=lambda _, step: arriving(step) >= room.needed_kw[step])
    else:
        room.balance = pyo.Constraint(steps, rule=lambda _, step: arriving(step) == room.needed_kw[step])


def _word(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name)
