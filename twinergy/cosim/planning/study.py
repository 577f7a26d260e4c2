# SPDX-License-Identifier: Apache-2.0
"""A planner's study of one scenario: the year, what may be built, the optimum the network can carry, and what lies around it.

>>> from twinergy.cosim.planning.study import Study
>>> study = Study.of("hagedorn", question="storage")  # doctest: +SKIP
>>> study.plan("storage").eur  # doctest: +SKIP
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.community.scenario import find, load
from twinergy.cosim.planning.courses import courses as courses_of
from twinergy.cosim.planning.grid import PlannedGrid
from twinergy.errors import ModelError
from twinergy.planning import catalogue, conflict
from twinergy.planning.asking import asked
from twinergy.planning.compose import account, compose, goal_of, horizon_of, plan_of
from twinergy.planning.fixed import error_of
from twinergy.planning.horizon import Horizon
from twinergy.planning.network.agree import agree
from twinergy.planning.optimise import COST, Goal, Optimum, Planner
from twinergy.planning.periods import series_of, typical
from twinergy.planning.reasons import reasons
from twinergy.planning.solving import Program

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from twinergy.community.scenario import Scenario
    from twinergy.cosim.planning.around import Around
    from twinergy.planning.catalogue import Catalogue
    from twinergy.planning.composing.site import Composed, Site
    from twinergy.planning.courses import Courses
    from twinergy.planning.plan import GridCheck, Line, Plan, Reason
    from twinergy.planning.request import PlanRequest

    Say = Callable[[str], None]

SPREADS: Final = 2
"""How often the spread of things over homes is worked out anew from what the network left of the plan."""
CUMULATIVE: Final = ("least_kwh", "most_kwh")
"""Ends of the names of series that only rise: no two periods are alike by them."""
MOVED: Final = 0.02
"""Part of a size by which it has to change for that. *Assumption.* [-]"""


@dataclass
class Study:
    """One scenario and one request; what is expensive is done once and kept.

    Parameters
    ----------
    scenario : Scenario
        The community.
    request : PlanRequest
        What is asked.
    catalogue : Catalogue
        Technologies and fuels.
    fresh : bool
        Whether to rehearse the year even if it is kept.
    days : int
        Days of the year that are looked at, for a quick look; the costs of a year are scaled from them.
    say : callable
        Told what is being done.
    """

    scenario: Scenario
    request: PlanRequest
    catalogue: Catalogue
    fresh: bool = False
    days: int = 365
    say: Say = lambda _: None
    seconds: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        scenario: str,
        *,
        file: Path | None = None,
        assignments: Sequence[str] = (),
        scenario_assignments: Sequence[str] = (),
        fresh: bool = False,
        days: int = 365,
        say: Say | None = None,
        **request: Any,
    ) -> Study:
        """Return the study of a pilot or scenario file.

        Parameters
        ----------
        scenario : str
            Name of a pilot, or a path.
        file : Path, optional
            A request; ``plan.yaml`` beside the scenario where not given.
        assignments, scenario_assignments : sequence of str
            ``a.b=c`` overrides of the request, and of the scenario.
        fresh, days, say
            See the class.
        **request
            Fields of the request that have plain values, ``question="storage"``.

        Raises
        ------
        ScenarioError
            With every finding.
        """
        sets = [*(f"{name}={value}" for name, value in request.items()), *assignments]
        own = load(scenario, scenario_assignments)
        return cls(own, asked(find(scenario), file, sets), catalogue.load(), fresh=fresh, days=days, say=say or (lambda _: None))

    def asking(self, *assignments: str, **request: Any) -> Study:
        """Return the study with other assumptions; the year is kept."""
        sets = [*(f"{name}={value}" for name, value in request.items()), *assignments]
        again = Study(self.scenario, asked_again(self.request, sets), self.catalogue, days=self.days, say=self.say)
        if again.request.resolution.step_s == self.request.resolution.step_s and again.request.year == self.request.year:
            again.__dict__["courses"] = self.courses
        return again

    @cached_property
    def courses(self) -> Courses:
        """The year of the community."""
        begin = time.perf_counter()
        self.say(f"rehearsing {self.request.year} of {self.scenario.name}, or reading it where it is kept")
        step_s = self.request.resolution.step_s
        found = courses_of(self.scenario, year=self.request.year, step_s=step_s, fresh=self.fresh, days=self.days)
        self.seconds["courses"] = time.perf_counter() - begin
        return found

    @cached_property
    def _composition(self) -> tuple[Site, Composed]:
        return compose(self.request, self.courses, self.catalogue)

    @property
    def site(self) -> Site:
        """Nodes and technologies."""
        return self._composition[0]

    @property
    def composed(self) -> Composed:
        """Blocks and what they stand for."""
        return self._composition[1]

    @cached_property
    def horizon(self) -> Horizon:
        """The steps that are planned over.

        Typical periods are those of everything that the plan looks at; how wrong they are is told in the notes of the plan.
        """
        wanted = self.request.resolution
        if wanted.kind != "typical":
            return horizon_of(self.request, self.courses)
        step_h = self.courses.step_h
        every = series_of(self.composed.blocks, self.courses.n_steps)
        series = {name: values for name, values in every.items() if not name.endswith(CUMULATIVE)}
        found = typical(series, wanted.periods, round(wanted.hours / step_h), step_h=step_h)
        worst = max(found.sums, key=lambda name: abs(found.sums[name]))
        error = f"sums of a year are kept within {abs(found.sums[worst]):.1%}, the worst is {worst}"
        self.composed.notes.extend((*found.notes, error))
        return found.horizon

    @cached_property
    def planner(self) -> Planner:
        """The problem, compiled."""
        begin = time.perf_counter()
        made = Planner(self.composed.blocks, self.horizon, self.request.time_limit_s, self.request.gap)
        self.seconds["problem"] = time.perf_counter() - begin
        self.say(f"{made.matrices.n_columns:,} variables, {len(made.matrices.row_lower):,} limits")
        return made

    @cached_property
    def grid(self) -> PlannedGrid | None:
        """The grid with what the plan connects; None where it is not asked for or cannot be had."""
        return PlannedGrid.of(self.scenario, self.site, self.composed) if self.request.grid.check else None

    @cached_property
    def reference(self) -> tuple[Line, ...]:
        """Yearly account of the community as it is, run at least cost with what is there."""
        begin = time.perf_counter()
        matrices = self.planner.matrices
        choices = [matrices.columns[choice.variable] for choice in matrices.choices]
        columns = np.concatenate([np.zeros(0, dtype=np.int64), *choices])
        # a program of its own: the planner's would lose the basis from which it goes on
        alone = Program(matrices, self.request.time_limit_s, self.request.gap)
        alone.bound(columns, np.zeros(len(columns)), np.zeros(len(columns)))
        for row in (row for name, rows in matrices.rows.items() if name.endswith(".at_least") for row in rows):
            alone.move(int(row))  # what has to be built is not there yet
        found = Optimum(matrices, alone.solve(), COST, {})
        self.seconds["reference"] = time.perf_counter() - begin
        if found.usable:
            return account(found)
        self.say("as it is, the community cannot run by its own limits; it has no account to compare with")
        return ()

    def optimum(self, goal: Goal | None = None) -> tuple[Optimum, GridCheck | None]:
        """Return the optimum that the network can carry, and what its power flow says.

        Raises
        ------
        ModelError
            If there is no plan; the limits in conflict are named.
        """
        goal = goal or goal_of(self.request)
        begin = time.perf_counter()
        found = self.planner.ask(goal)
        self.seconds["optimum"] = time.perf_counter() - begin
        self.say(f"optimum: {found.answer.status.value}, {self.seconds['optimum']:.1f} s")
        if not found.usable:
            raise ModelError(str(conflict.explain(self.planner, goal)))
        if self.grid is None:
            return found, None
        begin = time.perf_counter()
        before = found.sizes()
        found, check = agree(self.planner, goal, self.grid.injections(found), self.grid.ac, self.request.grid, optimum=found)
        if not found.usable:
            raise ModelError(str(conflict.explain(self.planner, goal)))
        if _moved(before, found.sizes()):
            # things stand elsewhere than the rounds took them to: the last word is that of the power flow with what is built
            last = self.grid.checked(self.planner, found, self.request.grid)
            check = replace(last, rounds=(*check.rounds, *last.rounds))
        self.seconds["network"] = time.perf_counter() - begin
        self.say(f"network: {len(check.rounds)} rounds, {'agreed' if check.agreed else 'not agreed'}")
        return found, check

    def reasons(self, found: Optimum) -> tuple[Reason, ...]:
        """Return why an optimum is where it is; what is only there already, and may not grow, is nobody's choice."""
        choices = tuple(choice for choice in found.matrices.choices if choice.size.most > 0.0)
        return reasons(self.planner, replace(found, matrices=replace(found.matrices, choices=choices)))

    def answer(self, name: str, around: Around | None = None) -> Plan:
        """Return the plan that answers the question, with what was asked around it.

        Raises
        ------
        ModelError
            If there is no plan, or the network cannot be asked for its hosting capacity.
        """
        from twinergy.cosim.planning import hosted  # noqa: PLC0415 - only one question needs it

        plan = hosted.plan(self, name) if self.request.question == "hosting" else self.plan(name)
        # with whole numbers a year takes minutes; who wants to know asks for it
        if self.request.resolution.kind == "typical" and not len(self.planner.matrices.whole):
            error, told = self._error_of_periods()
            plan = replace(plan, extras={**plan.extras, "periods": error}, notes=(*plan.notes, told))
        return replace(plan, extras={**plan.extras, **around.of(self)}) if around else plan

    def plan(self, name: str, **extras: Any) -> Plan:
        """Return the plan.

        Parameters
        ----------
        name : str
            Its name.
        **extras
            What was found around it, for the report.

        Raises
        ------
        ModelError
            If there is no plan.
        """
        reference = self.reference
        found, check = self.optimum()
        why = self.reasons(found)
        seconds = {**self.seconds, **self.planner.seconds}
        return plan_of(
            self.site, self.composed, found, reference, name=name, reasons=why, grid=check, seconds=seconds, extras=extras
        )

    def _error_of_periods(self) -> tuple[dict[str, Any], str]:
        """Return what typical periods cost in exactness: the year, run with the sizes they led to; and in words."""
        self.say("running the whole year with the sizes that typical periods led to")
        goal = goal_of(self.request)
        year = Horizon.whole(self.courses.n_steps, self.courses.step_h)
        error = error_of(self.planner.ask(goal), self.composed.blocks, year, goal)
        unmet = "".join(f"; {kwh:,.0f} kWh of {place} not met" for place, kwh in error.unmet_kwh.items())
        told = f"typical periods said {error.planned_eur:,.0f} EUR/a, the year with these sizes costs {error.eur:,.0f}{unmet}"
        return error.as_dict(), told


def _moved(before: dict[tuple[str, str], float], after: dict[tuple[str, str], float]) -> bool:
    return any(abs(after[name] - value) > MOVED * max(value, 1.0) for name, value in before.items())


def asked_again(request: PlanRequest, assignments: Sequence[str]) -> PlanRequest:
    """Return a request with ``a.b=c`` overrides, checked again."""
    from twinergy.community import document  # noqa: PLC0415
    from twinergy.planning.asking import checked  # noqa: PLC0415

    return checked(document.override(document.Document(request.as_dict(), {}, ()), assignments))
