# SPDX-License-Identifier: Apache-2.0
"""What lies around an optimum: the front to least CO2, what assumptions do to it, and what else costs hardly more."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from twinergy.cosim.planning.futures import uncertain
from twinergy.cosim.workers import cluster_of
from twinergy.planning.alternatives import alternatives
from twinergy.planning.blocks.chp_units import ChpUnits
from twinergy.planning.compose import compose, goal_of
from twinergy.planning.front import front
from twinergy.planning.sensitivity import Change, costed, scaled, sensitivity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager

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
    uncertain : bool
        Whether sizes are sought that are best for several futures.
    workers : int
        Processes for plans that do not depend on each other.
    cluster : str, optional
        Address of a Dask scheduler instead.
    """

    front: int = 0
    sensitivity: bool = False
    alternatives: float = 0.0
    uncertain: bool = False
    workers: int = 1
    cluster: str | None = None

    def of(self, study: Study) -> dict[str, Any]:
        """Return it as plain data, by name."""
        found: dict[str, Any] = {}
        if self.front:
            study.say(f"front of {self.front} points")
            with self._processes() as workers:
                found["front"] = front(study.planner, self.front, workers).as_dict()
        if self.sensitivity:
            study.say("moving assumptions, over a few weeks")
            found["sensitivity"] = self._sensitivity(study)
        if self.alternatives:
            study.say(f"looking for plans within {self.alternatives:.1%}, over a few weeks")
            found["alternatives"] = alternatives(_weeks(study), slack=self.alternatives, goal=goal_of(study.request)).as_dict()
        if self.uncertain:
            study.say("planning for several futures at once, over a few weeks")
            found["uncertain"] = uncertain(study)
        return found

    def _processes(self) -> AbstractContextManager[Any]:
        """Give the workers that were asked for until the block ends; None for this process."""
        return cluster_of(self.workers, self.cluster) if self.workers > 1 or self.cluster else nullcontext()

    def _sensitivity(self, study: Study) -> dict[str, Any]:
        with self._processes() as workers:
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
        *(_demanding(study, factor) for factor in (0.9, 1.1)),
    ]
    for kind in ("chp", "boiler"):
        if kind in kinds:
            found += scaled(f"price of the fuel of {kind}", kind, "fuel_eur_per_kwh", SWING)
    for kind in sorted(open_kinds):
        units = kind == "chp" and any(isinstance(block, ChpUnits) for block in study.composed.blocks)
        found += scaled(f"cost of {kind}", kind, "annual_eur", SWING) if units else costed(f"cost of {kind}", kind, SWING)
    return [*found, *(_rate(study, rate) for rate in RATES)]


def _demanding(study: Study, factor: float) -> Change:
    """Change what everybody needs in the year itself: homes keep a meter each, and what they lack behind it follows."""
    was = study.courses
    courses = replace(
        was,
        load_kw=factor * was.load_kw,
        heat_networks=tuple(replace(one, demand_kw=factor * one.demand_kw) for one in was.heat_networks),
        heated_homes=tuple(replace(one, demand_kw=factor * one.demand_kw) for one in was.heated_homes),
    )

    def again(_: Sequence[Block]) -> Sequence[Block]:
        return compose(study.request, courses, study.catalogue)[1].blocks

    return Change("demand", f"x {factor:g}", again)


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
