# SPDX-License-Identifier: Apache-2.0
"""What a plan says of a span of its steps: powers at the meters of its nodes, fuel, generation, storage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twinergy.cosim.planning.chosen import PREFIX
from twinergy.cosim.planning.reckoning import Account, Prices, Rates, means, settled
from twinergy.errors import Finding, ScenarioError
from twinergy.planning.blocks.agreeing import room_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinergy.cosim.planning.tracing import Span, Trace
    from twinergy.kinds import FloatArray
    from twinergy.planning.plan import Plan


def flow(plan: Plan, block: str, variable: str) -> FloatArray | None:
    """Return a course of a block, None where the plan has none."""
    for name in (f"{block}.{variable}", f"{room_name(block)}.{variable}"):
        if name in plan.flows:
            return plan.flows[name]
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Nodes of a plan over the connections of a run.

    Attributes
    ----------
    nodes : tuple of str
        Nodes with a meter.
    mean : ndarray, shape (n_connections, n_nodes)
        Weights of connections in each node, columns add up to 1. [-]
    counted : ndarray of bool, shape (n_connections,)
        Connections that belong to a node.
    """

    nodes: tuple[str, ...]
    mean: FloatArray
    counted: Any

    @classmethod
    def of(cls, plan: Plan, trace: Trace, added: Sequence[str] = ()) -> Groups:
        """Return the groups of a plan: a node's price is the mean over its connections, weighted by what they draw.

        A connection that a scenario adds beside another (``plan-<id>``) belongs to that one's node, else to the node of its name.
        """
        rows = {name: row for row, name in enumerate(trace.connections)}
        nodes = tuple(node for node in plan.nodes if _meter(plan, node) is not None)
        nodes += tuple(name for name in added if name not in nodes and _meter(plan, name) is not None)
        mean = np.zeros((len(rows), len(nodes)))
        drawn = np.maximum(np.abs(trace.fixed_kw).sum(axis=0), 1e-6)
        for column, node in enumerate(nodes):
            named = plan.nodes.get(node, (node,))
            beside = [f"{PREFIX}{name}" for name in named if f"{PREFIX}{name}" in added]
            members = [rows[name] for name in (*named, *beside) if name in rows]
            mean[members, column] = drawn[members] / drawn[members].sum()
        counted = (mean > 0.0).any(axis=1) | np.isin(list(rows), list(added))
        return cls(nodes=nodes, mean=mean, counted=counted)


def _meter(plan: Plan, node: str) -> tuple[FloatArray, FloatArray] | None:
    blocks = [unit.block for unit in plan.units if unit.kind == "tariff" and unit.node == node] or [f"meter-{node}"]
    pairs = [(flow(plan, block, "import_kw"), flow(plan, block, "export_kw")) for block in blocks]
    known = [(one, other) for one, other in pairs if one is not None and other is not None]
    if not known:
        return None
    return np.sum([one for one, _ in known], axis=0), np.sum([other for _, other in known], axis=0)


def at_meters(plan: Plan, groups: Groups, span: Span) -> tuple[FloatArray, FloatArray]:
    """Return planned import and export of the nodes over a span, shape (n_steps, n_nodes). [kW].

    Raises
    ------
    ScenarioError
        If the plan has no meters.
    """
    pairs = [_meter(plan, node) for node in groups.nodes]
    if not pairs or any(pair is None for pair in pairs):
        finding = Finding(message="holds no import and export of its nodes", path="flows", allowed="plan again with this version")
        raise ScenarioError([finding], f"plan {plan.name}")
    steps = slice(span.first, span.first + span.n_steps)
    bought, sold = zip(*(pair for pair in pairs if pair is not None), strict=True)
    return np.stack([one[steps] for one in bought], axis=1), np.stack([one[steps] for one in sold], axis=1)


def account(plan: Plan, groups: Groups, trace: Trace, rates: Rates) -> Account:
    """Return the planned account over the span of a trace, at the prices of the twin, as that of a year."""
    span = trace.span
    per_step = round(plan.step_h / trace.step_h)
    prices = Prices.of(trace, rates).hourly(per_step).mixed(groups.mean)
    bought, sold = at_meters(plan, groups, span)
    return settled(bought, sold, prices, plan.step_h * span.weight, rates) + _fuel(plan, span)


def _fuel(plan: Plan, span: Span) -> Account:
    """Return what fuel costs and emits over a span: by what the year's account says of a unit of each flow."""
    total = Account()
    for line in plan.account:
        course = flow(plan, line.block, "power_kw")
        course = flow(plan, line.block, "heat_kw") if course is None else course
        if line.purpose == "fuel" and course is not None:
            share = _share(plan, course, span)
            total = total + Account(fuel_eur=line.eur * share, co2_kg=line.co2_kg * share)
    return total


def _share(plan: Plan, course: FloatArray, span: Span) -> float:
    year = float((course * plan.hours).sum())
    part = float(course[span.first : span.first + span.n_steps].sum()) * plan.step_h * span.weight
    return part / year if year > 0.0 else 0.0


def figures(plan: Plan, groups: Groups, span: Span) -> dict[str, float]:
    """Return planned figures of a span, named as those of a run; energies in units of the span."""
    bought, sold = at_meters(plan, groups, span)
    steps = slice(span.first, span.first + span.n_steps)
    exchange = bought.sum(axis=1) - sold.sum(axis=1)
    made = _sum(plan, ("generated_kw",), steps) + _of_kind(plan, "chp", "power_kw", steps)
    charge, discharge = _of_kind(plan, "battery", "charge_kw", steps), _of_kind(plan, "battery", "discharge_kw", steps)
    return {
        **shares(made, exchange, charge - discharge, plan.step_h),
        "peak_import_kw": float(np.max(exchange, initial=0.0)),
        "peak_export_kw": float(np.max(0.0 - exchange, initial=0.0)),
        "discharged_kwh": float(discharge.sum()) * plan.step_h,
        "charged_kwh": float(charge.sum()) * plan.step_h,
    }


def shares(made_kw: FloatArray, exchange_kw: FloatArray, storage_kw: FloatArray, step_h: float) -> dict[str, float]:
    """Return energies of a community as one: generated, used, drawn and fed in over all its meters together. [kWh]."""
    return {
        "generated_kwh": float(np.sum(made_kw)) * step_h,
        "used_kwh": float(np.sum(made_kw + exchange_kw - storage_kw)) * step_h,
        "drawn_kwh": float(np.maximum(exchange_kw, 0.0).sum()) * step_h,
        "fed_in_kwh": float(np.maximum(0.0 - exchange_kw, 0.0).sum()) * step_h,
    }


def simulated_figures(trace: Trace, counted: Any) -> Mapping[str, float]:
    """Return the figures of a run with the energies of the community as one."""
    exchange = trace.p_kw[:, counted].sum(axis=1)
    return {**trace.figures, **shares(trace.generated_kw, exchange, trace.storage_kw, trace.step_h)}


def _sum(plan: Plan, endings: tuple[str, ...], steps: slice) -> FloatArray:
    courses = [values[steps] for name, values in plan.flows.items() if name.endswith(tuple(f".{ending}" for ending in endings))]
    return np.asarray(np.sum(courses, axis=0)) if courses else np.zeros(steps.stop - steps.start)


def _of_kind(plan: Plan, kind: str, variable: str, steps: slice) -> FloatArray:
    courses = [flow(plan, block, variable) for block in sorted({unit.block for unit in plan.units if unit.kind == kind})]
    known = [course[steps] for course in courses if course is not None]
    return np.asarray(np.sum(known, axis=0)) if known else np.zeros(steps.stop - steps.start)


__all__ = ["Groups", "account", "at_meters", "figures", "flow", "means", "shares", "simulated_figures"]
