# SPDX-License-Identifier: Apache-2.0
"""What arrives at a node is what is needed there: electricity to the watt, of heat some may be lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyomo.environ as pyo

from twinergy.errors import Finding, ScenarioError
from twinergy.planning.blocks.agreeing import plain
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
    balances = pyo.Block()
    draft.model.add_component("balance", balances)
    flows: dict[tuple[str, str], list[Flow]] = {place: [] for place in demand_kw}
    for flow in draft.flows:
        flows.setdefault((flow.node, flow.carrier), []).append(flow)
    _reachable(flows, demand_kw)
    for number, (place, several) in enumerate(sorted(flows.items())):
        if several:
            node, carrier = place
            room = pyo.Block()
            # nodes whose names differ in signs only are told apart by a number
            name = f"{node}_{carrier}" if plain(node) == node else f"{plain(node)}_{carrier}_{number}"
            balances.add_component(name, room)
            _balance(draft, room, several, demand_kw.get(place, np.zeros(draft.horizon.n_steps)), at_least=carrier == HEAT)


def _reachable(flows: Mapping[tuple[str, str], list[Flow]], demand_kw: Mapping[tuple[str, str], FloatArray]) -> None:
    """Refuse a demand that nothing feeds."""
    findings = []
    for place, needed_kw in demand_kw.items():
        node, carrier = place
        most_kw = float(needed_kw.max())
        if most_kw > 0.0 and not any((flow.factor > 0.0).any() for flow in flows[place]):
            allowed = "a block that does, such as a tariff for electricity or a boiler for heat"
            findings.append(
                Finding(
                    message=f"nothing brings {carrier} [kW], and it is needed",
                    path=f"node {node}",
                    value=most_kw,
                    allowed=allowed,
                )
            )
    if findings:
        raise ScenarioError(findings, "balances of the plan")


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
        # starts with what is needed, so that a single flow is a sum as well and its price has the sign of all others
        total = -room.needed_kw[step]
        for factor, power in plain:
            total += factor * power[step]
        for factor, power in varying:
            total += factor[step] * power[step]
        return total

    if at_least:
        room.balance = pyo.Constraint(steps, rule=lambda _, step: arriving(step) >= 0.0)
    else:
        room.balance = pyo.Constraint(steps, rule=lambda _, step: arriving(step) == 0.0)
