# SPDX-License-Identifier: Apache-2.0
"""The grid of a plan: the scenario's own, with the connections that the plan lays, and what each part of the plan loads there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from twinergy.community.twin import Connection
from twinergy.planning.network.ac import AcCheck
from twinergy.planning.network.agree import agree
from twinergy.planning.network.injections import Injections
from twinergy.planning.network.linear import LinearFlow

if TYPE_CHECKING:
    from twinergy.community.scenario import Scenario
    from twinergy.kinds import FloatArray
    from twinergy.planning.composing.site import Composed, Part, Site
    from twinergy.planning.optimise import Optimum, Planner
    from twinergy.planning.plan import GridCheck
    from twinergy.planning.request import GridRules


@dataclass(frozen=True)
class PlannedGrid:
    """The grid with everything a plan connects.

    Attributes
    ----------
    site, composed : Site, Composed
        What is planned.
    ac : AcCheck
        Its power flow; rows are `Composed.meters`.
    """

    site: Site
    composed: Composed
    ac: AcCheck

    @classmethod
    def of(cls, scenario: Scenario, site: Site, composed: Composed) -> PlannedGrid | None:
        """Return it, None where the grid's data do not allow a linear model.

        Raises
        ------
        ScenarioError
            If a new connection names a bus that there is not.
        """
        network = site.courses.network
        if network is None:
            return None
        laid = tuple(
            Connection(id=meter.id, bus=meter.bus, phases=meter.phases, limit_kw=meter.limit_kw, tariff=meter.tariff)
            for meter in composed.meters
        )
        context = replace(scenario.context, twin=replace(scenario.twin, connections=laid))
        model = scenario.grid_kind.build(scenario.grid_options, context)
        phases = [meter.phases for meter in composed.meters]
        linear = LinearFlow.of(network, [meter.bus for meter in composed.meters], phases)
        return cls(site, composed, AcCheck(model, linear, phases))

    @property
    def connections(self) -> tuple[str, ...]:
        """Ids of the connections, in the order of the rows."""
        return tuple(meter.id for meter in self.composed.meters)

    def fixed(self) -> tuple[FloatArray, FloatArray]:
        """Return what is not decided at each connection over the whole year, load frame. [kW], [kvar]."""
        courses = self.site.courses
        load = np.zeros((len(self.composed.meters), courses.n_steps))
        reactive = np.zeros_like(load)
        load[: len(courses.meters)], reactive[: len(courses.meters)] = courses.load_kw, courses.q_kvar
        if not self.site.is_open("v2g"):
            row_of = {name: row for row, name in enumerate(self.connections)}
            for fleet in courses.cars:
                load[row_of[fleet.connection]] += fleet.uncontrolled_kw
        return load, reactive

    def injections(self, optimum: Optimum) -> Injections:
        """Return what the columns of a plan load where, with every thing spread as this optimum builds it."""
        return Injections.of(optimum.matrices, self.connections, self.fixed(), self.shares(optimum))

    def checked(self, planner: Planner, optimum: Optimum, rules: GridRules) -> GridCheck:
        """Return what the power flow says of a plan as it is, without mending it."""
        once = rules.model_copy(update={"most_rounds": 1})
        return agree(planner, optimum.goal, self.injections(optimum), self.ac, once, optimum=optimum)[1]

    def shares(self, optimum: Optimum) -> dict[str, dict[str, float]]:
        """Return by block the part of it at each connection; roofs of one block weigh by what they yield."""
        sizes = optimum.sizes()
        weights: dict[str, dict[str, float]] = {}
        for part in self.composed.parts:
            if part.kind == "tariff":
                continue
            known = weights.setdefault(part.block, {})
            for name, weight in self._weights(part, sizes).items():
                known[name] = known.get(name, 0.0) + weight
        return {block: _normal(found) for block, found in weights.items() if found}

    def _weights(self, part: Part, sizes: dict[tuple[str, str], float]) -> dict[str, float]:
        at = part.facts.get("connection") or part.facts.get("homes") or {}
        if part.kind != "pv":
            found: dict[str, float] = {}
            for name, share in part.share.items():
                found[at.get(name, name)] = found.get(at.get(name, name), 0.0) + share
            return found
        yields = float(self.site.courses.yields[part.facts["orientation"]].sum())
        added = sizes.get((part.block, part.sizes["size_kwp"]), 0.0) * part.portion.get("size_kwp", 1.0)
        roofs: dict[str, float] = {}
        for name, share in part.share.items():
            there = part.facts["existing_kwp"].get(name, 0.0) + added * share
            roofs[at[name]] = roofs.get(at[name], 0.0) + yields * there
        return roofs


def _normal(weights: dict[str, float]) -> dict[str, float]:
    """Return weights that add up to 1; alike where all are nothing."""
    total = sum(weights.values())
    return {name: weight / total if total > 0.0 else 1.0 / len(weights) for name, weight in weights.items()}
