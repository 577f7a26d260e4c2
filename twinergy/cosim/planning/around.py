# SPDX-License-Identifier: Apache-2.0
"""What lies around an optimum: the front to least CO2, what assumptions do to it, and what else costs hardly more."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from twinergy.cosim.workers import cluster_of
from twinergy.planning.alternatives import alternatives
from twinergy.planning.compose import compose, goal_of
from twinergy.planning.front import front
from twinergy.planning.sensitivity import Change, costed, scaled, sensitivity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from twinergy.cosim.planning.study import Study
    from twinergy.planning.draft import Block
    from twinergy.planning.optimise import Planner

SWING: Final = (0.8, 1.2)
"""How far assumptions are moved. *Assumption.* [-]"""
RATES: Final = (0.02, 0.06)
"""Discount rates that are tried. *Assumption.* [1/a]"""


@dataclass(frozen=True, kw_only=True)
class Around:
    """What is asked beside the optimum.

    Attributes
    ----------
    front : int
        Points between least cost and least CO2; 0 for none.
    sensitivity : bool
        Whether the usual assumptions are moved one at a time.
    alternatives : float
        Part of the least cost that other plans may cost more; 0 for none. [-]
    workers : int
        Processes for plans that do not depend on each other.
    cluster : str, optional
        Address of a Dask scheduler instead.
    """

    front: int = 0
    sensitivity: bool = False
    alternatives: float = 0.0
    workers: int = 1
    cluster: str | None = None

    def of(self, study: Study) -> dict[str, Any]:
        """Return it as plain data, by name."""
        found: dict[str, Any] = {}
        if self.front:
            study.say(f"front of {self.front} points")
            found["front"] = front(study.planner, self.front).as_dict()
        if self.sensitivity:
            study.say("moving assumptions, over a few weeks")
            found["sensitivity"] = self._sensitivity(study)
        if self.alternatives:
            study.say(f"looking for plans within {self.alternatives:.1%}, over a few weeks")
            found["alternatives"] = alternatives(_weeks(study), slack=self.alternatives, goal=goal_of(study.request)).as_dict()
        return found

    def _sensitivity(self, study: Study) -> dict[str, Any]:
        several = self.workers > 1 or self.cluster
        with cluster_of(self.workers, self.cluster) if several else nullcontext() as workers:
            planner, changes = _weeks(study), changes_of(study)
            return sensitivity(planner.blocks, planner.horizon, changes, goal_of(study.request), workers).as_dict()


def _weeks(study: Study) -> Planner:
    """Return the few weeks of a study; the whole horizon where it is short."""
    return study.planner.weeks or study.planner


def changes_of(study: Study) -> list[Change]:
    """Return the usual changes of a study: prices, demand, costs of what may be built, the discount rate."""
    kinds = {block.kind for block in study.composed.blocks}
    open_kinds = {part.kind for part in study.composed.parts if part.technology}
    found = [
        *(_priced(study, "price of electricity", "import_eur_per_kwh", factor) for factor in SWING),
        *(_priced(study, "price of feeding in", "export_eur_per_kwh", factor) for factor in SWING),
        *scaled("demand", "demand", "demand_kw", (0.9, 1.1)),
    ]
    for kind in ("chp", "boiler"):
        if kind in kinds:
            found += scaled(f"price of the fuel of {kind}", kind, "fuel_eur_per_kwh", SWING)
    for kind in sorted(open_kinds):
        found += costed(f"cost of {kind}", kind, SWING)
    return [*found, *(_rate(study, rate) for rate in RATES)]


def _priced(study: Study, name: str, field: str, factor: float) -> Change:
    """Move a price in the year itself, so that what is composed from it stays free of circles that would make money."""
    prices = {tariff: replace(price, **{field: factor * getattr(price, field)}) for tariff, price in study.courses.prices.items()}
    courses = replace(study.courses, prices=prices)

    def again(_: Sequence[Block]) -> Sequence[Block]:
        return compose(study.request, courses, study.catalogue)[1].blocks

    return Change(name, f"x {factor:g}", again)


def _rate(study: Study, rate: float) -> Change:
    finance = study.request.finance.model_copy(update={"discount_rate": rate})
    request = study.request.model_copy(update={"finance": finance})

    def again(_: Sequence[Block]) -> Iterable[Block]:
        return compose(request, study.courses, study.catalogue)[1].blocks

    return Change("discount rate", f"{rate:.0%}", again)  # type: ignore[arg-type]
