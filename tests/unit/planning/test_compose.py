# SPDX-License-Identifier: Apache-2.0
"""From a composed plan to its optimum: balances, accounts, what more choice is worth, and optima worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.unit.planning import community
from tests.unit.planning.community import composed, hours
from twinergy.planning.compose import account, flows, goal_of, horizon_of, plan_of, units
from twinergy.planning.draft import HEAT
from twinergy.planning.optimise import CO2, COST, Planner
from twinergy.planning.program import INFINITY
from twinergy.planning.solving import Status

if TYPE_CHECKING:
    from twinergy.planning.composing.site import Composed, Site
    from twinergy.planning.courses import Courses
    from twinergy.planning.optimise import Goal, Optimum

N = 48
GIVEN = community.courses(N)
STRETCH = 8760.0 / N
"""What a kWh of these two days stands for. [-]"""
ALL: dict[str, Any] = {
    "pv": {"most_per_home": 6.0},
    "wind": {"most": 30.0},
    "home_battery": {},
    "community_battery": {"buses": ["bus-storage", "bus-h5"]},
    "boiler": {"technology": "district_gas_boiler"},
    "chp": {"technology": "chp_50kw"},
    "heat_buffer": {},
    "heat_pump": {},
    "v2g": {},
}


def solved(given: Courses, goal: Goal | None = None, **fields: Any) -> tuple[Site, Composed, Optimum]:
    """Return the optimum of a request."""
    site, plan = composed(given, **fields)
    planner = Planner(plan.blocks, horizon_of(site.request, given), gap=1e-7)
    return site, plan, planner.ask(goal or goal_of(site.request))


@cache
def everything() -> tuple[Site, Composed, Optimum]:
    """Return a plan in which every sort may grow."""
    return solved(GIVEN, technologies=ALL, sharing={"rule": "incentive", "incentive_eur_per_kwh": 0.05})


def paid(optimum: Optimum, purpose: str, block: str = "") -> float:
    """Return the euro of a purpose. [EUR/a]."""
    return sum(line.eur for line in account(optimum) if line.purpose == purpose and line.block.startswith(block))


def needed_kw(given: Courses, site: Site, place: tuple[str, str]) -> Any:
    """Return what a node needs, from the year itself. [kW]."""
    node, carrier = place
    if carrier == HEAT:
        homes = [
            home.demand_kw
            for home in given.heated_homes
            if home.heating == "boiler" and f"heat-{site.node_of[home.connection].id}-{home.fuel}" == node
        ]
        return np.sum(homes + [one.demand_kw for one in given.heat_networks if f"heat-{one.id}" == node], axis=0)
    rows = [row for row, meter in enumerate(given.meters) if site.node_of[meter.id].id == node]
    return given.load_kw[rows].sum(axis=0)


def test_what_arrives_at_a_node_is_what_it_needs() -> None:
    site, _, optimum = everything()
    assert optimum.answer.status is Status.OPTIMAL
    arriving: dict[tuple[str, str], Any] = {}
    for flow in optimum.matrices.flows:
        place = (flow.node, flow.carrier)
        arriving[place] = arriving.get(place, 0.0) + flow.factor * optimum.value(flow.variable)
    assert len(arriving) == 8 + 1 + 3 + 1  # nodes, the meter of the second battery, boilers of homes, the heat network
    for place, total in arriving.items():
        short = total - needed_kw(GIVEN, site, place)
        assert np.all(short > -1e-6), place
        if place[1] != HEAT:  # heat may be blown off
            assert np.all(short < 1e-6), place


def test_flows_of_the_plan_close_the_balance_of_a_node_by_their_names() -> None:
    _, plan, optimum = solved(GIVEN, question="storage_and_res")  # cars charge as they come
    found = flows(plan, optimum)
    both = [found[f"{block}.discharge_kw"] - found[f"{block}.charge_kw"] for block in ("battery_homes_2", "there_homes_2")]
    meter = found["meter_homes_2.import_kw"] - found["meter_homes_2.export_kw"]
    left = meter + found["pv_homes_2.generated_kw"] + np.sum(both, axis=0) - found["homes-2.demand_kw"]
    np.testing.assert_allclose(left, 0.0, atol=1e-6)
    np.testing.assert_allclose(found["homes-2.demand_kw"], GIVEN.load_kw[:2].sum(axis=0) + GIVEN.cars[0].uncontrolled_kw)
    np.testing.assert_array_equal(found["heat-net.demand_kw"], GIVEN.heat_networks[0].demand_kw)


def test_the_account_adds_up_to_the_objective() -> None:
    _, _, optimum = everything()
    assert sum(line.eur for line in account(optimum)) == pytest.approx(optimum.answer.objective, rel=1e-6)


def test_units_pay_what_the_account_calls_investment() -> None:
    _, plan, optimum = everything()
    found = units(plan, optimum)
    assert sum(unit.annual_eur for unit in found) == pytest.approx(paid(optimum, "investment"), rel=1e-9)
    assert {unit.block for unit in found} == {part.id for part in plan.parts}
    assert all((unit.technology != "") == any(size > 0.0 for size in unit.added.values()) for unit in found)


def test_the_more_may_be_built_the_less_it_costs() -> None:
    closed = {sort: {"most": 0.0} for sort in ALL}
    costs = [solved(GIVEN, technologies=closed, question="dispatch")[2].eur]
    for sort, wish in ALL.items():
        closed[sort] = wish
        costs.append(solved(GIVEN, technologies=closed, question="storage_and_res")[2].eur)
    steps = np.diff(costs)
    assert np.all(steps < 1e-6 * costs[0])
    assert costs[-1] < 0.99 * costs[0]  # and something was worth it


@pytest.mark.parametrize("question", ["storage", "hosting", "storage_and_res", "chp"])
def test_the_reference_is_never_cheaper_than_the_plan(question: str) -> None:
    fields: dict[str, Any] = {"technologies": {"heat_pump": {}, "chp": ALL["chp"]}, "finance": {"co2_eur_per_t": 50.0}}
    reference = solved(GIVEN, question="dispatch", **fields)[2]
    plan = solved(GIVEN, question=question, **fields)[2]
    assert plan.eur <= reference.eur * (1.0 + 1e-9)


def test_least_carbon_emits_no_more_than_least_cost() -> None:
    cheap = solved(GIVEN, question="storage_and_res", technologies={"pv": {}})[2]
    clean = solved(GIVEN, question="storage_and_res", technologies={"pv": {}}, goal=CO2)[2]
    assert clean.co2_kg <= cheap.co2_kg + 1e-6
    assert clean.eur >= cheap.eur - 1e-6


# --- optima by hand


def plain_pv(eur_per_kwp: float) -> dict[str, Any]:
    """Return modules that live as long as they are judged and need no care."""
    numbers = {"size_eur_per_kwp": eur_per_kwp, "size_lifetime_years": 20.0, "size_fixed_percent": 0.0}
    return {"pv": {"overrides": numbers}, "home_battery": {"most": 0.0}, "community_battery": {"most": 0.0}}


def test_modules_fill_the_roof_as_long_as_feeding_in_pays_for_them() -> None:
    two = community.only_homes(N)
    yield_kwh = float(two.yields[community.SOUTH].sum()) * STRETCH  # of a kWp in a year
    full_eur = 0.07 * yield_kwh * 20.0  # what a kWp earns in 20 years if all of it is fed in
    sizes = {}
    for eur in (0.98 * full_eur, 1.02 * 0.30 / 0.07 * full_eur):
        _, plan, optimum = solved(two, technologies=plain_pv(eur), finance=community.PLAIN_MONEY)
        (unit,) = [one for one in units(plan, optimum) if one.kind == "pv" and "homes-1" in one.node]
        sizes[eur] = unit.added["size_kwp"]
        assert unit.invest_eur == pytest.approx(eur * unit.added["size_kwp"])
        assert unit.annual_eur == pytest.approx(unit.invest_eur / 20.0)
    # cheaper than that the room of 6 kWp is filled; dearer than all of it saving purchases nothing is built
    assert list(sizes.values()) == pytest.approx([6.0, 0.0])


def test_a_budget_stops_modules_that_pay() -> None:
    two = community.only_homes(N)
    _, plan, optimum = solved(two, technologies=plain_pv(500.0), finance=community.PLAIN_MONEY, most_invest_eur=1250.0)
    (unit,) = [one for one in units(plan, optimum) if one.kind == "pv"]
    assert unit.added["size_kwp"] == pytest.approx(2.5)
    assert unit.invest_eur == pytest.approx(1250.0)


def two_members() -> tuple[Courses, Any, Any]:
    """Return h1 with 4 kWp and h2 without, and what each draws and feeds in on its own. [kW]."""
    two = community.only_homes(N, roofs=(replace(community.ROOFS[0], room_kwp=0.0),))
    made = 4.0 * two.yields[community.SOUTH]
    bought = np.maximum(two.load_kw[0] - made, 0.0) + two.load_kw[1]
    return two, bought, np.maximum(made - two.load_kw[0], 0.0)


@pytest.mark.parametrize(
    ("rule", "worth"),
    [({"rule": "incentive", "incentive_eur_per_kwh": 0.11}, 0.11), ({"rule": "local", "fee_reduction": 0.25}, 0.25 * 0.08)],
)
def test_what_two_members_share(rule: dict[str, Any], worth: float) -> None:
    two, bought, sold = two_members()
    _, _, optimum = solved(two, question="dispatch", sharing=rule)
    shared_kwh = float(np.minimum(bought, sold).sum()) * STRETCH
    assert shared_kwh > 1000.0
    assert paid(optimum, "sharing") == pytest.approx(-worth * shared_kwh, rel=1e-6)
    assert paid(optimum, "import") == pytest.approx(0.30 * float(bought.sum()) * STRETCH, rel=1e-6)
    assert paid(optimum, "export") == pytest.approx(-0.07 * float(sold.sum()) * STRETCH, rel=1e-6)


def test_a_price_on_carbon_is_paid_for_every_kg() -> None:
    two, bought, _ = two_members()
    _, _, optimum = solved(two, question="dispatch", finance={"co2_eur_per_t": 80.0})
    carbon_kg = float((bought * two.prices["flat"].co2_g_per_kwh).sum()) * STRETCH / 1000.0
    assert optimum.co2_kg == pytest.approx(carbon_kg, rel=1e-6)
    assert paid(optimum, "co2_price") == pytest.approx(0.08 * carbon_kg, rel=1e-6)


def test_the_heat_of_a_boiler_by_hand() -> None:
    plant = community.network("net", "plant", N, chp_kw=0.0, buffer_kwh=0.0)
    gas = {"fuel_eur_per_kwh": {"natural_gas": 0.09}}
    _, _, optimum = solved(replace(GIVEN, heat_networks=(plant,)), question="dispatch", finance=gas)
    # 80 kW on average at an efficiency of 0.9, all year
    assert paid(optimum, "fuel", "there-boiler-net") == pytest.approx(80.0 * 8760.0 / 0.9 * 0.09, rel=1e-6)


def test_a_heat_pump_pays_where_its_electricity_is_cheaper_than_the_fuel() -> None:
    # 0.30 EUR/kWh over a COP of 3 is 0.10 EUR per kWh of heat; gas in a boiler of 0.8 is that at 0.08 EUR/kWh
    free = {"size_eur_per_kw": 0.0, "size_fixed_percent": 0.0}
    homes = community.only_homes(N, roofs=(), heated_homes=(community.heated("h1", N, efficiency=0.8),))
    heat = {}
    for gas in (0.079, 0.081):
        fields: dict[str, Any] = {
            "technologies": {"heat_pump": {"overrides": free}},
            "finance": {"fuel_eur_per_kwh": {"natural_gas": gas}},
        }
        _, plan, optimum = solved(homes, question="hosting", **fields)
        heat[gas] = float(flows(plan, optimum)["heat_pump_homes_1_natural_gas.heat_kw"].sum())
    assert heat[0.079] == pytest.approx(0.0, abs=1e-6)
    assert heat[0.081] == pytest.approx(3.0 * N)


def test_a_unit_of_the_catalogue_is_told_in_kw() -> None:
    cheap = {"fuel_eur_per_kwh": {"natural_gas": 0.02}, "subsidies": {"chp": 0.5}}
    alone = replace(GIVEN, heat_networks=(community.network("net", "plant", N, chp_kw=0.0, buffer_kwh=0.0),))
    _, plan, optimum = solved(
        alone, question="chp", finance=cheap, technologies={"boiler": {"most": 0.0}, "heat_buffer": {"most": 0.0}}
    )
    chps = {unit.technology: unit for unit in units(plan, optimum) if unit.kind == "chp" and unit.added["size_kw"]}
    assert len(chps) == 1  # one of them at most
    ((name, unit),) = chps.items()
    assert unit.added["size_kw"] == pytest.approx(float(name.removeprefix("chp_").removesuffix("kw")))
    assert unit.annual_eur == pytest.approx(paid(optimum, "investment", "chp-net"), rel=1e-9)
    assert sum(one.annual_eur for one in units(plan, optimum) if one.kind == "chp") == pytest.approx(unit.annual_eur)


def test_what_is_paid_once_is_in_the_unit() -> None:
    technologies = plain_pv(100.0)
    technologies["pv"]["overrides"]["once_eur"] = 100.0
    _, plan, optimum = solved(community.only_homes(N), technologies=technologies, finance=community.PLAIN_MONEY)
    (unit,) = [one for one in units(plan, optimum) if one.kind == "pv"]
    assert unit.added["size_kwp"] == pytest.approx(6.0)
    assert unit.invest_eur == pytest.approx(6.0 * 100.0 + 100.0)
    assert unit.annual_eur == pytest.approx((6.0 * 100.0 + 100.0) / 20.0)
    assert unit.annual_eur == pytest.approx(paid(optimum, "investment"), rel=1e-9)


def test_cars_that_may_wait_never_cost_more() -> None:
    meters = tuple(community.meter(name, tariff="night") for name in ("h1", "h2"))
    homes = community.only_homes(N, cars=(community.fleet("h1", N),), meters=meters)
    _, _, soon = solved(homes, question="hosting")
    _, plan, late = solved(homes, question="hosting", technologies={"v2g": {"overrides": {"size_eur_per_kw": 20000.0}}})
    charged = flows(plan, late)["cars_homes_1.charge_kw"]
    night = (hours(N) < 6.0) | (hours(N) >= 22.0)
    assert float(charged[~night].sum()) == pytest.approx(0.0, abs=1e-6)
    assert late.eur < soon.eur


# --- horizon, goal, plan


def test_a_year_is_a_year_however_many_steps_it_has() -> None:
    assert horizon_of(community.asked(), community.courses(8784)).hours.sum() == pytest.approx(8760.0)


@pytest.mark.parametrize("n_steps", [8736, 8760, 8784])
def test_a_week_stands_for_a_year(n_steps: int) -> None:
    horizon = horizon_of(community.asked(resolution={"kind": "week", "week": 51}), community.courses(n_steps))
    assert horizon.hours.sum() == pytest.approx(8760.0)
    assert (horizon.source[0], len(horizon.source)) == (51 * 168, 168)
    assert horizon.previous[0] == 167


def test_a_goal_has_the_limits_of_the_request() -> None:
    assert goal_of(community.asked()) == COST
    carbon = goal_of(community.asked(goal="co2", most_co2_t=1.5))
    assert (carbon.eur, carbon.eur_per_kg, carbon.most_co2_kg) == (CO2.eur, CO2.eur_per_kg, 1500.0)
    assert goal_of(community.asked()).most_co2_kg == INFINITY


def test_a_limit_on_carbon_is_kept() -> None:
    two = community.only_homes(N)
    free = solved(two, technologies=plain_pv(20000.0))[2]
    most_t = 0.99 * free.co2_kg / 1000.0  # less than 0.97 of it cannot be without a battery
    kept = solved(two, technologies=plain_pv(20000.0), most_co2_t=most_t)[2]
    assert kept.usable
    assert kept.co2_kg == pytest.approx(1000.0 * most_t, rel=1e-6)
    assert kept.eur > free.eur


def test_the_plan_says_what_was_asked_and_found() -> None:
    site, plan, optimum = solved(GIVEN, question="storage", groups=2)
    reference = account(solved(GIVEN, question="dispatch", groups=2)[2])
    found = plan_of(site, plan, optimum, reference, name="a plan", seconds={"year": 1.0})
    assert (found.name, found.scenario, found.question, found.goal, found.status) == (
        "a plan",
        "made-up",
        "storage",
        "cost",
        "optimal",
    )
    assert community.asked(**found.options) == site.request
    assert found.eur == pytest.approx(optimum.answer.objective, rel=1e-9)
    assert found.eur <= sum(line.eur for line in reference)
    assert sorted(sum(found.nodes.values(), ())) == sorted((*community.HOMES, *community.OTHERS))
    assert found.hours.sum() == pytest.approx(8760.0)
    assert all(len(course) == N for course in found.flows.values())
