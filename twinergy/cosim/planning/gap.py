# SPDX-License-Identifier: Apache-2.0
"""Why the twin costs another sum than the plan: one thing changed at a time, from the plan to the twin.

Every step of the way is computed: the plan's dispatch is solved again on the twin's own profiles, hour by hour and then at the
twin's resolution, for the plan's nodes and then for every meter; the twin is run with ideal devices and nobody in control, then
with its controllers, with their forecasts, with real devices, and at last with what holds the network's limits. Reasons are
differences of neighbours, so they add up to the gap; a rest would be rounding. What the plan knew and the twin has otherwise
(loads, sun, a store carried from week to week) cannot be told apart here and is the first reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from twinergy.cosim.planning.tracing import assignment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinergy.community.scenario import Scenario
    from twinergy.cosim.planning.reckoning import Account
    from twinergy.planning.plan import Plan

PLANNED: Final = "planned"
HOURLY, FINE, METERS = "nodes, hourly", "nodes, at the twin's steps", "every meter for itself"
RULE, CONTROL, FORECAST, DEVICES, LIMITS = "rule", "control", "forecast", "devices", "limits"
SIMULATED: Final = "simulated"
FORECASTS: Final = ("load_forecast", "pv_forecast")
HOLDS_LIMITS: Final = ("dimming",)
"""Controllers that are there for the network alone."""
WHY: Final[dict[str, tuple[str, str]]] = {
    HOURLY: (
        "weeks and profiles",
        "weeks stand alone, and the twin's own loads, sun and prices take the place of the year's courses",
    ),
    FINE: ("resolution", "quarter hours take the place of hours: peaks inside an hour are bought and sold, not evened out"),
    METERS: ("aggregation", "every home stands behind a meter of its own and no longer shares PV and battery with its group"),
    RULE: ("local rule", "devices follow their meters by a rule that knows neither prices nor tomorrow; who has no rule rests"),
    CONTROL: ("control", "the controllers of the scenario, with perfect forecasts where they use any"),
    FORECAST: ("forecast", "forecasts err"),
    DEVICES: ("devices", "part load, standby, self-discharge, ageing; starts, ramps and least loads of CHP units"),
    LIMITS: ("network", "what holds the network's limits dims and curtails"),
    SIMULATED: ("comfort", "heat that was not served costs nothing: the twin is cheaper by what the plan would have paid for it"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GapReason:
    """One reason of a gap.

    Attributes
    ----------
    name, what : str
        In a word, in a sentence.
    eur, co2_kg : float
        What it adds to cost and greenhouse gases of a year. [EUR/a], [kg CO2e/a]
    """

    name: str
    what: str
    eur: float
    co2_kg: float


@dataclass(frozen=True, kw_only=True)
class Gap:
    """What a year costs and emits in the twin more than in the plan, and why.

    Attributes
    ----------
    eur, co2_kg : float
        Simulated less planned. [EUR/a], [kg CO2e/a]
    reasons : tuple of GapReason
        They add up to the gap, the rest included.
    states : dict of str to Account
        Accounts of the steps between.
    notes : tuple of str
        What was left out, and why.
    """

    eur: float
    co2_kg: float
    reasons: tuple[GapReason, ...]
    states: Mapping[str, Account] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def rest_eur(self) -> float:
        """What no reason explains. [EUR/a]."""
        return self.eur - sum(one.eur for one in self.reasons)

    def reason(self, name: str) -> GapReason:
        """Return a reason by its name."""
        return next(one for one in self.reasons if one.name == name)


def variants(plan: Plan, scenario: Scenario) -> dict[str, tuple[str, ...]]:
    """Return the runs between the plan's scenario with ideal devices and the plan's scenario itself, as overrides.

    Only those are there that differ: without controllers that forecast there is no run with perfect forecasts.

    Parameters
    ----------
    plan : Plan
        For the efficiencies it takes devices to have.
    scenario : Scenario
        The plan's scenario.
    """
    blocks = {name: block for name, block in (scenario.document.data.get("controllers") or {}).items() if block is not None}
    ideal = (assignment("overrides", _ideal(plan, scenario)),)
    nobody = tuple(f"controllers.{name}=null" for name in blocks)
    holders = [name for name, block in blocks.items() if block.get("type", name) in HOLDS_LIMITS]
    unlimited = tuple(f"controllers.{name}=null" for name in holders)
    seers = _perfect(scenario, set(holders))
    runs = {RULE: (*ideal, *nobody)}
    if set(blocks) - set(holders):
        runs[CONTROL] = (*ideal, *unlimited, *seers)
    if seers:
        runs[FORECAST] = (*ideal, *unlimited)
    if holders:
        runs[DEVICES] = unlimited
    return runs


def _perfect(scenario: Scenario, left_out: set[str]) -> tuple[str, ...]:
    found = []
    for spec in scenario.controllers:
        if spec.name not in left_out:
            names = [name for name in FORECASTS if hasattr(spec.options, name)]
            found += [assignment(f"controllers.{spec.name}.{name}", {"kind": "perfect"}) for name in names]
    return tuple(found)


def _ideal(plan: Plan, scenario: Scenario) -> dict[str, Any]:
    """Return overrides that make batteries and CHP units what the plan takes them to be."""
    from twinergy.cosim.planning.dispatch import Fleet  # noqa: PLC0415 - Pyomo, only where a gap is explained

    fleet = Fleet.of(plan, scenario.twin)
    overrides: dict[str, Any] = {
        name: dict(block or {}) for name, block in (scenario.document.data.get("overrides") or {}).items()
    }
    for device in scenario.twin.of_kind("battery"):
        store = fleet.stores[device.connection]
        perfect = {
            "efficiency": {"model": "constant", "round_trip": round(store.charge_efficiency * store.discharge_efficiency, 6)},
            "standby_kw": 0.0,
            "self_discharge_per_month": 0.0,
            "ageing": "none",
        }
        overrides[device.id] = {**overrides.get(device.id, {}), **perfect}
    for device in scenario.twin.of_kind("chp"):
        options: Any = device.options
        points = options.operating
        last = {name: getattr(points, name)[-1] for name in ("p_kw", "heat_kw", "fuel_lhv_kw")}
        line = {name: [round(value * 0.01, 6), round(value, 6)] for name, value in last.items()}
        free = {"start_s": 0.0, "ramp_s": 1.0, "min_on_s": 0.0, "min_off_s": 0.0, "start_fuel_kwh": 0.0, "standby_kw": 0.0}
        tank = {**options.buffer.model_dump(exclude_unset=True), "loss_w_per_k": 0.0, "volume_l": options.volume_l}
        overrides[device.id] = {**overrides.get(device.id, {}), "unit": None, "points": line, **free, "buffer": tank}
    return overrides


def explained(states: Mapping[str, Account], notes: Sequence[str] = ()) -> Gap:
    """Return the gap between the first and the last of some states, reason by reason in their order.

    Parameters
    ----------
    states : dict of str to Account
        From `PLANNED` to `SIMULATED`; what is missing between makes no difference, or was left out.
    notes : sequence of str
        What was left out, and why.
    """
    names = list(states)
    reasons: list[GapReason] = []
    if names == [PLANNED, SIMULATED]:  # nothing between was computed, so nothing is explained
        names = names[:1]
    for before, after in pairwise(names):
        one, other = states[before], states[after]
        name, what = WHY[after]
        reasons.append(GapReason(name=name, what=what, eur=other.eur - one.eur, co2_kg=other.co2_kg - one.co2_kg))
    first, last = states[PLANNED], states[SIMULATED]
    return Gap(
        eur=last.eur - first.eur,
        co2_kg=last.co2_kg - first.co2_kg,
        reasons=tuple(reasons),
        states=dict(states),
        notes=tuple(notes),
    )
