# SPDX-License-Identifier: Apache-2.0
"""What holds for the plan of every home."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controllers.home_energy.optimum import HomeAssets, HomeModel, HomeOutlook, Limits, Weights, habit
from controllers.home_energy.optimum.account import traces_of
from tests.unit.optimum_sample import PARTS, random_home, random_outlook, random_weights

EXACT = Limits(mip_gap=0.0, accept=0.0, nodes=2000)
CASE = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**32 - 1),
        "n_steps": st.sampled_from([1, 3, 12, 32]),
        "parts": st.frozensets(st.sampled_from(PARTS)),
        "odd_prices": st.booleans(),
    }
)
FEW = settings(max_examples=40, deadline=None)
SMALL = 1e-5
"""kW, K and kWh by which the solver's tolerance may leave a bound."""


def case(seed: int, n_steps: int, parts: frozenset[str], *, odd_prices: bool) -> tuple[HomeAssets, HomeOutlook, Weights]:
    rng = np.random.default_rng(seed)
    home = random_home(rng, n_steps, parts)
    return home, random_outlook(rng, home, parts, odd_prices=odd_prices), random_weights(rng)


@given(CASE)
@FEW
def test_powers_balance_and_never_flow_both_ways(drawn: dict):
    home, outlook, weights = case(**drawn)
    for plan in (HomeModel(home).solve(outlook, weights), habit(home, outlook, weights)):
        used = outlook.base_load_kw + plan.p_battery_kw + plan.p_heat_kw + plan.p_tank_kw + plan.p_ev_kw + plan.p_pv_kw
        assert plan.p_import_kw - plan.p_export_kw == pytest.approx(used + plan.p_machines_kw.sum(axis=0), abs=1e-9)
        assert (np.minimum(plan.p_import_kw, plan.p_export_kw) == 0).all()


@given(CASE)
@FEW
def test_plans_stay_within_what_things_can_do(drawn: dict):
    home, outlook, weights = case(**drawn)
    plan = HomeModel(home).solve(outlook, weights)
    forced = {binding.name for binding in plan.binding}
    assert (plan.p_pv_kw <= 0).all()
    assert (plan.p_pv_kw >= outlook.p_pv_available_kw).all()
    assert home.curtailable or (plan.p_pv_kw == pytest.approx(outlook.p_pv_available_kw))
    if "connection" not in forced:
        assert plan.p_import_kw.max() <= home.import_limit_kw + SMALL
        assert plan.p_export_kw.max() <= home.export_limit_kw + SMALL
    for p_kw, asset in ((plan.p_heat_kw, home.room), (plan.p_tank_kw, home.tank), (plan.p_ev_kw, home.car)):
        assert p_kw.min() >= 0
        assert p_kw.max() <= (asset.p_max_kw if asset else 0.0)
    if (battery := home.battery) is not None:
        assert plan.p_battery_kw.max() <= battery.p_charge_kw
        assert plan.p_battery_kw.min() >= -battery.p_discharge_kw
        assert plan.soc.min() >= min(battery.min_soc, outlook.soc) - SMALL
        assert plan.soc.max() <= max(battery.max_soc, outlook.soc) + SMALL
    if (car := home.car) is not None:
        charging = plan.p_ev_kw > SMALL
        assert (plan.p_ev_kw[charging] >= car.p_min_kw - SMALL).all()
        assert not (charging & ~outlook.car_present).any()
        assert not charging[outlook.car_departure :].any()
        assert home.step_h * car.efficiency * plan.p_ev_kw.sum() <= outlook.car_wanted_kwh + SMALL
    for start, machine in zip(plan.starts, home.machines, strict=True):
        assert start is None or not outlook.blocked[start : start + len(machine.programme_kw)].any()


@given(CASE)
@FEW
def test_states_follow_their_recursions(drawn: dict):
    home, outlook, weights = case(**drawn)
    for plan in (HomeModel(home).solve(outlook, weights), habit(home, outlook, weights)):
        if (battery := home.battery) is not None:
            into, out = np.maximum(plan.p_battery_kw, 0), np.maximum(-plan.p_battery_kw, 0)
            cells_kwh = home.step_h * (into * battery.efficiency_charge - out / battery.efficiency_discharge)
            assert np.diff(plan.soc) * battery.capacity_kwh == pytest.approx(cells_kwh, abs=1e-9)
        if (room := home.room) is not None:
            after = room.keep * plan.temp_indoor_degc[:-1] + room.gain_k_per_kw * plan.p_heat_kw
            after = after + room.leak * outlook.temp_outdoor_degc + outlook.gain_k
            assert plan.temp_indoor_degc[1:] == pytest.approx(after, abs=1e-9)


@given(CASE)
@FEW
def test_the_account_says_what_the_solver_says(drawn: dict):
    """Money is counted twice: by the programme's costs and, from the powers alone, by the account."""
    home, outlook, weights = case(**drawn)
    model = HomeModel(home)
    prices = model._numbers.fill(outlook, weights)
    outcome = model._search(outlook, prices)
    # the plan of this very outcome: a second search starts warm and may end with another plan within the gap
    assert model._plan(outlook, weights, outcome).objective_eur == pytest.approx(outcome.objective_eur, rel=1e-6, abs=1e-5)


@given(CASE)
@FEW
def test_the_plan_is_never_worse_than_the_habit(drawn: dict):
    """The habit is one of the plans that the programme may choose."""
    home, outlook, weights = case(**drawn)
    plan, without = HomeModel(home, EXACT).solve(outlook, weights), habit(home, outlook, weights)
    assert plan.objective_eur <= without.objective_eur + 1e-5


@given(CASE)
@FEW
def test_where_all_wishes_are_met_the_plan_costs_no_more_than_the_habit(drawn: dict):
    home, outlook, _ = case(**drawn)
    plan, without = HomeModel(home, EXACT).solve(outlook), habit(home, outlook)
    if not plan.binding and not without.binding:
        ties_eur = 1e-4 * (
            sum(np.abs(p.p_battery_kw).sum() + np.abs(p.p_pv_kw).sum() for p in (plan, without)) + 30 + home.n_steps
        )
        ours, theirs = (p.cost_eur + p.wear_eur - p.end_credit_eur + _later(home, outlook, p) for p in (plan, without))
        assert ours <= theirs + ties_eur


def _later(home: HomeAssets, outlook: HomeOutlook, plan: object) -> float:
    """Return the euros at which what is left for after the horizon is valued: the car's rest, unfinished programmes."""
    end = outlook.end_value_eur_per_kwh
    end = max(0.8 * float(outlook.buy_eur_per_kwh.mean()), 0.0) if np.isnan(end) else end
    left = traces_of(home, outlook, plan).car_later_kwh / home.car.efficiency if home.car is not None else 0.0
    for run_kw, machine, pending in zip(plan.p_machines_kw, home.machines, outlook.pending, strict=True):
        left += pending * home.step_h * (sum(machine.programme_kw) - run_kw.sum())
    return end * left


@given(CASE, st.floats(1.0, 3.0))
@FEW
def test_more_room_never_costs_more(drawn: dict, factor: float):
    """A larger connection, and a battery of more power, only add plans to choose from."""
    home, outlook, weights = case(**drawn)
    least = HomeModel(home, EXACT).solve(outlook, weights).objective_eur
    wider = replace(home, import_limit_kw=factor * home.import_limit_kw, export_limit_kw=factor * home.export_limit_kw)
    assert HomeModel(wider, EXACT).solve(outlook, weights).objective_eur <= least + 1e-5
    if (battery := home.battery) is not None:
        power = replace(battery, p_charge_kw=factor * battery.p_charge_kw, p_discharge_kw=factor * battery.p_discharge_kw)
        stronger = replace(home, battery=power)
        assert HomeModel(stronger, EXACT).solve(outlook, weights).objective_eur <= least + 1e-5


@given(CASE, st.floats(1.0, 3.0))
@FEW
def test_a_larger_battery_never_costs_more(drawn: dict, factor: float):
    """Of the same energy at the start; what it may hold grows upwards only."""
    home, outlook, weights = case(**drawn)
    if home.battery is None:
        return
    battery = home.battery
    outlook = replace(outlook, soc=max(battery.min_soc, min(outlook.soc, battery.max_soc)))
    larger = replace(
        battery, capacity_kwh=factor * battery.capacity_kwh, min_soc=battery.min_soc / factor, max_soc=battery.max_soc
    )  # fmt: skip
    least = HomeModel(home, EXACT).solve(outlook, weights).objective_eur
    more = HomeModel(replace(home, battery=larger), EXACT).solve(replace(outlook, soc=outlook.soc / factor), weights)
    assert more.objective_eur <= least + 1e-5


@given(CASE)
@FEW
def test_the_gap_is_kept_and_proven(drawn: dict):
    """The default plan is at most 1 % off the optimum, and no further off than it says."""
    home, outlook, weights = case(**drawn)
    plan, best = HomeModel(home).solve(outlook, weights), HomeModel(home, EXACT).solve(outlook, weights)
    assert plan.status == "optimal"
    assert plan.mip_gap <= 0.01
    assert plan.objective_eur - best.objective_eur <= plan.gap_eur + 1e-5
