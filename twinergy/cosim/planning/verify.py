# SPDX-License-Identifier: Apache-2.0
"""Prove a plan: run what it chose in the co-simulation and set planned beside simulated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.community.scenario import load
from twinergy.cosim.planning import gap as gaps
from twinergy.cosim.planning import planned
from twinergy.cosim.planning.compared import compared, summed
from twinergy.cosim.planning.reckoning import Account, Rates, account_of, fuelled
from twinergy.cosim.planning.scenario import changes_of, scenario_of, summary
from twinergy.cosim.planning.spans import spans_of
from twinergy.cosim.planning.tracing import Job, traces

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from twinergy.community.scenario import Scenario
    from twinergy.cosim.planning.compared import Compared
    from twinergy.cosim.planning.gap import Gap
    from twinergy.cosim.planning.planned import Groups
    from twinergy.cosim.planning.tracing import Span, Trace
    from twinergy.planning.plan import Plan

LEAD_DAYS: Final = 4
"""Days before a week in which stores and rooms settle and controllers learn; price response looks back on three. [d]"""
RUNS: Final = "runs"
BASE: Final = "as it is"
FULL: Final = "planned scenario"


@dataclass(frozen=True, kw_only=True)
class Verification:
    """A plan beside its twin.

    Attributes
    ----------
    plan : str
        Name of the plan.
    scenario : Path
        What was run.
    spans : tuple of Span
        Which steps, and how often each stands for a year.
    planned, simulated, base : Account
        A year's operation by the same prices: of the plan over these very steps, of its scenario, of the community as it is.
    annual_eur : float
        Annuities of what the plan adds, the same on both sides. [EUR/a]
    figures : tuple of Compared
        What else is compared.
    gap : Gap
        Simulated less planned, and why.
    adds : str
        What the scenario adds to the base, a line each.
    runs : tuple of str
        Run folders.
    notes : tuple of str
        What was assumed.
    """

    plan: str
    scenario: Path
    spans: tuple[Span, ...]
    planned: Account
    simulated: Account
    base: Account
    annual_eur: float
    figures: tuple[Compared, ...]
    gap: Gap
    adds: str
    runs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    observed: Mapping[str, float] = field(default_factory=dict)

    def figure(self, name: str) -> Compared:
        """Return a figure by its name."""
        return next(one for one in self.figures if one.name == name)


def verify(
    plan: Plan,
    out: Path,
    *,
    base: Scenario | None = None,
    weeks: Sequence[int] | None = None,
    year: bool = False,
    days: int | None = None,
    lead_days: int = LEAD_DAYS,
    explain: bool = True,
    workers: int = 1,
    cluster: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> Verification:
    """Run the scenario of a plan, and the base, and compare.

    Parameters
    ----------
    plan : Plan
        The plan.
    out : pathlib.Path
        Folder of the plan: scenario and runs are written into it.
    base : Scenario, optional
        What the plan was made for; loaded by the plan's own word if not given.
    weeks, year, days
        What is run, see `twinergy.cosim.planning.spans.spans_of`: by default a week of each season and the planned worst one.
    lead_days : int
        Days that are run before each span and not counted. [d]
    explain : bool
        Whether the reasons of the gap are computed: three to five more runs of each span.
    workers : int
        Processes for the runs.
    cluster : str, optional
        Address of a Dask scheduler instead.
    progress : callable, optional
        Told what is being done.

    Raises
    ------
    ScenarioError
        If the plan cannot be told as a scenario, or not be compared step by step.
    """
    say = progress or (lambda _: None)
    base = base or load(plan.scenario)
    changes = changes_of(plan, base)
    file = scenario_of(plan, base, out)
    chosen = load(file)
    spans = spans_of(plan, weeks=weeks, year=year, days=days, timezone=base.twin.site.timezone)
    say(f"{len(spans)} spans: {', '.join(span.label for span in spans)}")
    plain_base = base.document.files[-1]
    edits = _edits(base)
    runs: dict[str, tuple[str, tuple[str, ...], str]] = {
        BASE: (str(plain_base), edits, ""),
        FULL: (str(file), (), str(out / RUNS)),
    }
    if explain:
        runs |= {name: (str(file), overrides, "") for name, overrides in gaps.variants(plan, chosen).items()}
    jobs = [
        Job(scenario=where, assignments=edit, span=span, lead_days=lead_days, out=to)
        for where, edit, to in runs.values()
        for span in spans
    ]
    say(f"{len(jobs)} runs")
    made = traces(jobs, workers=workers, cluster=cluster)
    found = {name: made[place * len(spans) : (place + 1) * len(spans)] for place, name in enumerate(runs)}
    say("setting planned beside simulated")
    proof = _Proof(plan, base, chosen, found, tuple(one["id"] for one in changes.connections))
    return proof.verification(file, spans, summary(changes), explain=explain, lead_days=lead_days)


def _edits(base: Scenario) -> tuple[str, ...]:
    """Return what the command line changed in the base, as overrides of its file."""
    from twinergy.community.document import COMMAND_LINE  # noqa: PLC0415
    from twinergy.cosim.planning.tracing import assignment  # noqa: PLC0415

    paths = {path[:1] for path, (file, _) in base.document.origin.items() if file == COMMAND_LINE}
    return tuple(assignment(str(path[0]), base.document.value(path)) for path in sorted(paths))


class _Proof:
    """Everything that is compared."""

    def __init__(
        self, plan: Plan, base: Scenario, chosen: Scenario, found: Mapping[str, Sequence[Trace]], connections: Sequence[str]
    ) -> None:
        self.plan, self.base, self.chosen, self.found = plan, base, chosen, found
        self.rates = Rates.of(plan)
        new = [name for name in connections if name not in base.twin.connection_by_id]
        self.groups = planned.Groups.of(plan, found[FULL][0], new)
        self.base_groups = planned.Groups.of(plan, found[BASE][0])
        self.burners = _burners(plan, chosen)

    def verification(self, file: Path, spans: tuple[Span, ...], adds: str, *, explain: bool, lead_days: int) -> Verification:
        states = self._states(explain=explain)
        notes = [f"each span is run after {lead_days} days that do not count", *self._left_out()]
        return Verification(
            plan=self.plan.name,
            scenario=file,
            spans=spans,
            planned=states[gaps.PLANNED],
            simulated=states[gaps.SIMULATED],
            base=self._account(BASE, self.base_groups),
            annual_eur=sum(unit.annual_eur for unit in self.plan.units),
            figures=self._figures(),
            gap=gaps.explained(states, self._gap_notes(states) if explain else ()),
            adds=adds,
            runs=tuple(trace.run for trace in self.found[FULL] if trace.run),
            notes=tuple(notes),
            observed=self._observed(),
        )

    def _account(self, name: str, groups: Groups) -> Account:
        return sum((account_of(trace, self.rates, groups.counted, self.burners) for trace in self.found[name]), Account())

    def _states(self, *, explain: bool) -> dict[str, Account]:
        states = {
            gaps.PLANNED: sum((planned.account(self.plan, self.groups, one, self.rates) for one in self.found[FULL]), Account())
        }
        unserved = self._unserved(FULL)
        if explain:
            states |= self._best()
            for name in (gaps.RULE, gaps.CONTROL, gaps.FORECAST, gaps.DEVICES):
                if name in self.found:
                    states[name] = self._account(name, self.groups) + self._unserved(name)
            full = gaps.LIMITS if gaps.DEVICES in self.found else gaps.DEVICES
            states[full] = self._account(FULL, self.groups) + unserved
        states[gaps.SIMULATED] = self._account(FULL, self.groups)
        return states

    def _best(self) -> dict[str, Account]:
        """Return the best dispatch on the twin's profiles, for nodes by the hour, for nodes, for meters."""
        from twinergy.cosim.planning.dispatch import Fleet, dispatched  # noqa: PLC0415 - Pyomo, only where a gap is explained

        fleet, ways = Fleet.of(self.plan, self.chosen.twin), {gaps.HOURLY: {}, gaps.FINE: {}, gaps.METERS: {"each_meter": True}}
        states = {}
        for name, way in ways.items():
            total = Account()
            for trace in self.found[gaps.RULE]:
                steps = round(self.plan.step_h / trace.step_h) if name == gaps.HOURLY else 1
                total = total + dispatched(trace, self.groups, fleet, self.rates, goal=self.plan.goal, steps=steps, **way)
            states[name] = total
        return states

    def _unserved(self, name: str) -> Account:
        """Return what heat would have cost that was not served beyond what is usual in the base, by the fuel of its network."""
        total = Account()
        for trace, before in zip(self.found[name], self.found[BASE], strict=True):
            missing = trace.figures["heat_unserved_kwh"] - before.figures["heat_unserved_kwh"]
            fuels = sorted({fuel for device, fuel in trace.fuel_kwh if device in self.burners})
            if fuels and missing > 0.0:
                total = total + fuelled({fuels[0]: missing / _BOILER}, self.rates, trace.span.weight)
        return total

    def _figures(self) -> tuple[Compared, ...]:
        spans = [trace.span for trace in self.found[FULL]]
        sides: dict[str, list[Mapping[str, float]]] = {
            "planned": [planned.figures(self.plan, self.groups, span) for span in spans],
            "simulated": [planned.simulated_figures(trace, self.groups.counted) for trace in self.found[FULL]],
            "base": [planned.simulated_figures(trace, self.base_groups.counted) for trace in self.found[BASE]],
        }
        return compared(self.plan, sides, [span.weight for span in spans])

    def _observed(self) -> dict[str, float]:
        """Return what the twin's batteries and sun lost, for a plan that is made again."""
        totals = summed([trace.figures for trace in self.found[FULL]], [trace.span.weight for trace in self.found[FULL]])
        charged, discharged = totals.get("charged_kwh", 0.0), totals.get("discharged_kwh", 0.0)
        observed = {
            name: totals.get(name, 0.0) for name in ("charged_kwh", "discharged_kwh", "curtailed_kwh", "battery_losses_kwh")
        }
        if charged > 0.0:
            observed["round_trip"] = float(np.clip((discharged + max(0.0, totals.get("stored_kwh", 0.0))) / charged, 0.0, 1.0))
        return observed

    def _left_out(self) -> list[str]:
        notes = []
        purposes = sorted({line.purpose for line in self.plan.account} - {"import", "export", "fuel", "investment"})
        if purposes:
            notes.append(
                f"lines of the plan's account that a run does not show are left out on both sides: {', '.join(purposes)}"
            )
        if any(
            fuel not in self.rates.fuels
            for trace in self.found[FULL]
            for device, fuel in trace.fuel_kwh
            if device in self.burners
        ):
            notes.append("the price of a fuel is not known: its cost and carbon are left out of the twin's account")
        diverged = sum(trace.figures["diverged"] for trace in self.found[FULL])
        if diverged:
            notes.append(f"the power flow did not converge in {diverged:.0f} steps: voltages and loadings are of the others")
        if self.rates.rule != "none":
            notes.append("nobody in the twin controls for sharing; what is shared is settled by the plan's rule")
        return notes

    def _gap_notes(self, states: Mapping[str, Account]) -> list[str]:
        notes = []
        if gaps.CONTROL not in states:
            notes.append("no controller of the scenario runs what the plan decides: control is the local rule")
        if gaps.FORECAST not in states:
            notes.append("no controller of the scenario forecasts: there is no error of a forecast")
        if gaps.DEVICES in states and gaps.LIMITS not in states:
            notes.append("no controller of the scenario holds limits of the network")
        return notes


_BOILER: Final = 0.9
"""Heat over fuel of the boiler that would have served what was not (assumption, the default of the CHP kind). [-]"""


def _burners(plan: Plan, chosen: Scenario) -> frozenset[str]:
    """Return the devices whose fuel the plan has in its account: CHP units of its heat networks, boilers it may replace."""
    nodes = {unit.node for unit in plan.units if unit.kind in {"chp", "boiler"}}
    engines = {one.id for one in chosen.twin.of_kind("chp") if {one.heat_network, f"heat-{one.heat_network}"} & nodes}
    engines |= {
        one.id for unit in plan.units if unit.kind == "chp" for one in chosen.twin.of_kind("chp") if one.connection in unit.share
    }
    homes = {place for unit in plan.units if unit.kind in {"boiler", "heat_pump"} for place in unit.share}
    buildings: set[str] = set()
    for one in chosen.twin.of_kind("building"):
        options: Any = one.options
        if options.heating in {"boiler", "heat_pump"} and {one.dwelling, one.connection} & homes:
            buildings.add(one.id)
    return frozenset(engines | buildings)
