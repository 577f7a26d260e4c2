# SPDX-License-Identifier: Apache-2.0
"""Optimise, ask the AC power flow, tighten what it found broken, again: until both say the same."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.planning.network.ac import WITHIN_PU
from twinergy.planning.network.cuts import NetworkCuts
from twinergy.planning.network.elastic import PRICE_PER_KWH, elastic
from twinergy.planning.plan import GridCheck

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from twinergy.kinds import FloatArray
    from twinergy.planning.network.ac import AcCheck, AcYear, Limits
    from twinergy.planning.network.injections import Injections
    from twinergy.planning.optimise import Goal, Optimum, Planner
    from twinergy.planning.request import GridRules
    from twinergy.planning.solving import Answer, Program

    IntArray = NDArray[np.int64]

INNER_ROUNDS: Final = 30
FREE_ROUNDS: Final = 5
"""From then on limits only come nearer: plans of equal worth would take turns."""
SETTLED: Final = 5e-4
"""Rows that the AC power flow moves by less stay: voltages in pu, loadings as a share."""


@dataclass
class _Work:
    """A plan on its way: the present optimum and the rows."""

    planner: Planner
    goal: Goal
    cuts: NetworkCuts
    optimum: Optimum
    program: Program
    ac: AcCheck
    slack: IntArray | None = None
    missed_kw: float = 0.0
    """Most by which a row is missed."""
    notes: list[str] = field(default_factory=list)

    def values(self) -> FloatArray:
        return self.optimum.answer.values

    def keep_limits(self) -> int:
        """Add rows until the linear model with its bias breaks nothing, and return how many were added."""
        added = 0
        for _ in range(INNER_ROUNDS):
            count = self.cuts.add(self.program, self.cuts.broken(self.values()), self.slack)
            if not count:
                break
            added += count
            if not self.solve():
                break
        return added

    def solve(self) -> bool:
        """Solve again; where the limits cannot be kept, once more with a price on missing them. Tell whether there is a plan."""
        answer = self._again()
        if not answer.usable and self.slack is None:
            self._no_worse()
            sizes = {choice.variable: float(self.optimum.value(choice.variable)[0]) for choice in self.planner.matrices.choices}
            self.program, self.slack = elastic(self.planner.matrices, self.goal, self.planner.time_limit_s, self.planner.gap)
            self.cuts.again(self.program, self.slack)
            answer = self.program.from_sizes(sizes) if sizes else self.program.solve()
        if not answer.usable:
            self.notes.append(f"with the network's limits the plan is {answer.status.value}; the last one is kept")
            return False
        self.optimum = replace(self.optimum, answer=self._own(answer))
        return True

    def _again(self) -> Answer:
        """Solve from the last answer; a limit on a total is no row of the problem but the planner's to keep."""
        if self.slack is not None or not self.goal.limits:
            return self.program.solve()
        asked = self.planner.ask(self.goal)
        self.optimum = replace(self.optimum, prices=asked.prices)
        return asked.answer

    def _no_worse(self) -> None:
        """Ask of the plan only what it can do something about, where the network is beyond its limits without it."""
        own = self.cuts.injections
        before = self.ac.once(own.fixed_kw, own.fixed_kvar)
        self.cuts.margins.no_worse_than(before.vm_pu, before.loading_percent)
        count = int(before.broken(self.cuts.limits).sum())
        without = (
            f"; in {count} of {len(before.diverged)} steps the network is beyond them without anything that is planned, "
            "and there the plan must not make it worse"
        )
        note = f"the network's limits cannot all be kept: each may be missed at {PRICE_PER_KWH:.0f} EUR/kWh"
        self.notes.append(note + (without if count else ""))

    def _own(self, answer: Answer) -> Answer:
        """Return an answer without the columns that were added here."""
        n_columns = self.planner.matrices.n_columns
        values = answer.values[:n_columns]
        self.missed_kw = float(answer.values[n_columns:].max(initial=0.0))
        objective = float(self.planner.matrices.costs(self.goal.eur, self.goal.eur_per_kg) @ values)
        return replace(answer, values=values, reduced=answer.reduced[:n_columns], objective=objective)


def agree(
    planner: Planner,
    goal: Goal,
    injections: Injections,
    ac: AcCheck,
    rules: GridRules,
    *,
    optimum: Optimum | None = None,
    cuts: NetworkCuts | None = None,
) -> tuple[Optimum, GridCheck]:
    """Return the best plan that the network can carry, by the word of its AC power flow.

    Parameters
    ----------
    planner : Planner
        The plan.
    goal : Goal
        What is least.
    injections : Injections
        What its columns load.
    ac : AcCheck
        The power flow.
    rules : GridRules
        Voltage band, loadings, most rounds.
    optimum : Optimum, optional
        Its optimum for this goal so far, if it is known.
    cuts : NetworkCuts, optional
        Rows that an earlier call left in this planner's program: give the same to go on for another goal.

    Returns
    -------
    optimum : Optimum
        The plan; its status is that of the solver. Its costs contain no penalty.
    check : GridCheck
        Every round, and what is left broken: ``agreed`` is false where the limits cannot be kept, and the worst is named.

    Notes
    -----
    Rows stay in the planner's program, `NetworkCuts.release` takes them out.
    """
    optimum = optimum if optimum is not None else planner.ask(goal)
    if not optimum.usable:
        return optimum, _nothing(optimum)
    work = _Work(planner, goal, cuts or NetworkCuts(ac.linear, injections, rules), optimum, planner.program, ac)
    rounds: list[dict[str, Any]] = []
    added = 0
    while True:
        begin = time.perf_counter()
        year = ac.run(*injections.loads(work.values()))
        seconds = {"ac_s": time.perf_counter() - begin}
        settled = work.cuts.learn(work.values(), year, only_tighter=len(rounds) >= FREE_ROUNDS) <= SETTLED
        rounds.append({"round": len(rounds) + 1} | _record(work, year, rules, added) | seconds)
        finished = settled and (not year.broken(rules).any() or not work.cuts.broken(work.values()))
        if finished or len(rounds) >= rules.most_rounds:
            break
        work.cuts.move(work.program)
        if work.cuts.rows and not work.solve():
            break
        added = work.keep_limits()
    check = _check(work, year, rules, rounds)
    notes = (*work.optimum.answer.notes, *work.notes)
    return replace(work.optimum, answer=replace(work.optimum.answer, notes=notes)), check


def _record(work: _Work, year: AcYear, limits: Limits, added: int) -> dict[str, Any]:
    """Return what a round found."""
    broken = year.broken(limits)
    beyond = (year.vm_pu > limits.vm_max_pu + WITHIN_PU) | (year.vm_pu < limits.vm_min_pu - WITHIN_PU)
    return {
        "eur": work.optimum.eur,
        "co2_kg": work.optimum.co2_kg,
        "steps_broken": int(broken.sum()),
        "hours_broken": float(work.planner.horizon.hours[broken].sum()),
        "voltages_broken": int(beyond.sum()),
        "vm_min_pu": _extreme(year.lowest_pu, np.nanmin),
        "vm_max_pu": _extreme(year.highest_pu, np.nanmax),
        "line_percent": _extreme(year.line_percent, np.nanmax),
        "transformer_percent": _extreme(year.transformer_percent, np.nanmax),
        "diverged": int(year.diverged.sum()),
        "rows_added": added,
        "rows": len(work.cuts.rows),
        "missed_kw": work.missed_kw,
    }


def _check(work: _Work, year: AcYear, limits: Limits, rounds: list[dict[str, Any]]) -> GridCheck:
    last = rounds[-1]
    p_kw, q_kvar = work.cuts.injections.loads(work.values())
    step = int(np.argmax(year.excess(limits)))
    return GridCheck(
        rounds=tuple(rounds),
        agreed=not bool(year.broken(limits).any()),
        vm_min_pu=last["vm_min_pu"],
        vm_max_pu=last["vm_max_pu"],
        line_percent=last["line_percent"],
        transformer_percent=last["transformer_percent"],
        worst={"step": step} | worst_of(work.ac.picture(p_kw[:, step], q_kvar[:, step]), work.ac, limits),
        losses_kwh=float(np.nansum(year.loss_kw * work.planner.horizon.hours)),
        diverged=last["diverged"],
    )


def worst_of(picture: dict[str, dict[str, float]], ac: AcCheck, limits: Limits) -> dict[str, Any]:
    """Return what is nearest to or furthest beyond its limit in a step, where, and its map."""
    network = ac.linear.network
    sorts = dict(zip(network.branches, network.sorts, strict=True))
    most = {"line": limits.line_percent, "transformer": limits.transformer_percent}
    found: list[tuple[float, str, str, float]] = []
    for bus, vm_pu in picture["vm_pu"].items():
        found += [(vm_pu - limits.vm_max_pu, "voltage high", bus, vm_pu), (limits.vm_min_pu - vm_pu, "voltage low", bus, vm_pu)]
    for branch, percent in picture["loading_percent"].items():
        sort = sorts.get(branch, "line")
        found.append((percent / most.get(sort, limits.line_percent) - 1.0, f"{sort} loading", branch, percent))
    finite = [one for one in found if np.isfinite(one[0])]
    if not finite:
        return {"what": "diverged", "where": "", "value": float("nan"), "excess": float("nan")} | picture
    excess, what, where, value = max(finite, key=lambda one: one[0])
    return {"what": what, "where": where, "value": value, "excess": excess} | picture


def _extreme(course: FloatArray, of: Callable[[FloatArray], Any]) -> float:
    return float(of(course)) if np.isfinite(course).any() else float("nan")


def _nothing(optimum: Optimum) -> GridCheck:
    """Return the check of a plan that does not exist."""
    nan = float("nan")
    record = {"round": 1, "status": optimum.answer.status.value}
    return GridCheck(
        rounds=(record,),
        agreed=False,
        vm_min_pu=nan,
        vm_max_pu=nan,
        line_percent=nan,
        transformer_percent=nan,
        worst={},
        losses_kwh=nan,
    )
