# SPDX-License-Identifier: Apache-2.0
"""What a plan is made of, sort by sort; every expected number is worked out by hand from the made-up community."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

from tests.unit.planning import community
from tests.unit.planning.community import block, composed, part
from twinergy.errors import ScenarioError
from twinergy.planning.blocks.chp import Chp
from twinergy.planning.blocks.demand import Demand
from twinergy.planning.blocks.ev import Ev
from twinergy.planning.catalogue import load

if TYPE_CHECKING:
    from twinergy.planning.blocks.chp_units import ChpUnits

N = 48
GIVEN = community.courses(N)
BUILT = ("pv", "wind", "home_battery", "community_battery", "chp", "boiler", "heat_pump", "heat_buffer", "v2g")


def ids(plan: Any) -> set[str]:
    return {one.id for one in plan.blocks}


def added(plan: Any) -> set[str]:
    """Return blocks with a size that may grow."""
    return {one.id for one in plan.blocks if any(size.most > 0.0 for size in one.own_sizes().values())}


# --- meters


def test_a_node_of_two_tariffs_pays_their_mean_by_what_they_draw() -> None:
    site, plan = composed(GIVEN, question="dispatch", groups=1)
    # evening hours a day: 5; h4 draws (1.4 * 24 + 0.8 * 5) = 37.6, h5 0.4 * 24 + 0.9 * 5 = 14.1; all six of them 9.6 * 6 + 24 +
    # 5 * (0.5 + .. + 1.0) = 81.6 + 22.5 = 104.1 kWh a day
    night = (37.6 + 14.1) / 104.1
    meter = block(plan, "meter-homes-1")
    assert meter.import_eur_per_kwh[0] == pytest.approx(0.30 * (1 - night) + 0.22 * night)
    assert meter.import_eur_per_kwh[12] == pytest.approx(0.30 * (1 - night) + 0.34 * night)
    assert meter.limit.existing == 6 * 30.0
    assert meter.limit.most == 0.0
    assert "homes-1 pays the mean of the tariffs flat, night, weighted by what they draw" in plan.notes
    np.testing.assert_allclose(block(plan, "demand-homes-1").demand_kw, GIVEN.load_kw[:6].sum(axis=0))
    assert site.node_of["h4"].id == "homes-1"


def test_prices_that_grow_are_levelled() -> None:
    # no interest, two years: 1 and 1.1 of the price of today
    finance = {
        "discount_rate": 0.0,
        "horizon_years": 2,
        "price_growth": {"electricity": 0.1, "feed_in": -0.1, "natural_gas": 0.2},
    }
    _, plan = composed(GIVEN, question="dispatch", finance={**finance, "fuel_eur_per_kwh": {"natural_gas": 0.1}})
    meter = block(plan, "meter-hall")
    assert meter.import_eur_per_kwh[0] == pytest.approx(0.24 * 1.05)
    assert meter.export_eur_per_kwh[0] == pytest.approx(0.07 * 0.95)
    assert block(plan, "there-boiler-net").fuel_eur_per_kwh == pytest.approx(0.1 * 1.1)


def test_feeding_in_never_pays_more_than_buying_costs() -> None:
    dear = {name: replace(price, export_eur_per_kwh=np.full(N, 0.25)) for name, price in GIVEN.prices.items()}
    _, plan = composed(replace(GIVEN, prices=dear), question="dispatch")
    meter = block(plan, "meter-hall")
    assert np.all(meter.export_eur_per_kwh <= meter.import_eur_per_kwh)
    # 0.24 by day and 0.28 from 17 to 24 o'clock: 17 hours a day are turned round
    assert any("in 34 steps hall" in note for note in plan.notes)


# --- sun and wind


def test_roofs_of_a_node_are_added_up_by_direction() -> None:
    _, plan = composed(GIVEN, question="hosting")
    with_pv = {face.name: face for face in block(plan, "pv-homes-2").faces}  # h1 and h2
    assert list(with_pv) == ["south"]
    assert with_pv["south"].size.existing == 8.0
    assert with_pv["south"].size.most == 6.0
    unit = part(plan, "pv-homes-2-tilt30-azimuth180")
    assert unit.share == {"pv-h1": 1.0, "pv-h2": 0.0}
    assert unit.facts["connection"] == {"pv-h1": "h1", "pv-h2": "h2"}
    assert {face.name: face.size.most for face in block(plan, "pv-homes-1").faces} == {
        "east": 5.0,
        "west": 5.0,
    }


def test_a_limit_per_home_holds_for_all_its_roofs_together() -> None:
    _, plan = composed(GIVEN, question="hosting", technologies={"pv": {"most_per_home": 7.0}})
    # h3 has room for 5 + 5 kWp and may take 7; h1 has room for 6; h5 for 8 and may take 7
    assert sum(face.size.most for face in block(plan, "pv-homes-1").faces) == pytest.approx(7.0)
    assert block(plan, "pv-homes-2").faces[0].size.most == pytest.approx(6.0)
    assert block(plan, "pv-homes-3").faces[0].size.most == pytest.approx(7.0)


def test_where_modules_may_be() -> None:
    _, homes = composed(GIVEN, question="hosting", technologies={"pv": {"where": "homes"}})
    assert {name for name in added(homes) if name.startswith("pv-")} == {"pv-homes-1", "pv-homes-2", "pv-homes-3"}
    _, others = composed(GIVEN, question="hosting", technologies={"pv": {"where": "community"}})
    assert {name for name in added(others) if name.startswith("pv-")} == {"pv-hall"}


def test_room_of_roofs_that_look_the_same_way_is_added_up() -> None:
    roofs = tuple(replace(one, room_kwp=2.5) if one.id == "pv-h2" else one for one in GIVEN.roofs)
    _, plan = composed(replace(GIVEN, roofs=roofs), question="hosting")
    assert block(plan, "pv-homes-2").faces[0].size.most == 8.5
    assert part(plan, "pv-homes-2-tilt30-azimuth180").share == {
        "pv-h1": pytest.approx(6 / 8.5),
        "pv-h2": pytest.approx(2.5 / 8.5),
    }


def test_limits_of_the_whole_community_on_modules() -> None:
    _, plan = composed(GIVEN, question="hosting", technologies={"pv": {"least": 3.0, "most": 20.0}})
    limit = block(plan, "pv-of-all")
    assert (limit.least, limit.most) == (3.0, 20.0)
    assert {name for name, _ in limit.sizes} == {"pv-homes-1", "pv-homes-2", "pv-homes-3", "pv-hall"}
    assert "pv-of-all" not in ids(composed(GIVEN, question="hosting")[1])


def test_turbines_that_stand_and_the_one_that_the_catalogue_names() -> None:
    _, plan = composed(GIVEN, question="storage", technologies={"wind": {"most": 200.0}})
    there, new = block(plan, "wind-farm"), block(plan, "new-wind-farm")
    np.testing.assert_allclose(there.yield_kw_per_kw * 50.0, GIVEN.wind_kw["farm"])
    assert (there.size.existing, there.size.most) == (50.0, 0.0)
    np.testing.assert_array_equal(new.yield_kw_per_kw, GIVEN.wind_yields["market2300"])
    assert (new.size.existing, new.size.most) == (0.0, 200.0)
    assert new.service_eur_per_kwh == load().default("wind").number("service_eur_per_kwh") > 0.0
    assert part(plan, "new-wind-farm").facts == {"turbine": "market2300"}


def test_a_wind_park_nobody_has_a_place_for_is_said_to_be_left_out() -> None:
    calm = replace(GIVEN, wind_kw={}, wind_existing_kw={})
    _, plan = composed(calm, question="storage", technologies={"wind": {}})
    assert not any("wind" in name for name in ids(plan))
    assert any("where a new one could" in note for note in plan.notes)


# --- batteries


def test_batteries_that_are_there_are_one_by_their_capacity() -> None:
    _, plan = composed(GIVEN, question="dispatch")
    there = block(plan, "there-homes-2")  # b1 and b2
    assert (there.capacity.existing, there.power.existing) == (15.0, 7.5)
    assert there.charge_efficiency == pytest.approx((5 * 0.95 + 10 * 0.90) / 15)
    assert there.discharge_efficiency == pytest.approx((5 * 0.95 + 10 * 0.92) / 15)
    assert part(plan, "there-homes-2").share == {"h1": pytest.approx(1 / 3), "h2": pytest.approx(2 / 3)}
    assert block(plan, "there-storage").capacity.existing == 100.0


def test_home_batteries_go_where_the_modules_are_else_by_load() -> None:
    _, plan = composed(GIVEN, question="storage", technologies={"home_battery": {"most_per_home": 10.0, "most": 35.0}})
    assert part(plan, "battery-homes-2").share == {"h1": 0.5, "h2": 0.5}  # 4 kWp each
    # h3 draws 9.6 + 5 * 0.7 = 13.1 kWh a day, h6 9.6 + 5 * 1.0 = 14.6
    share = part(plan, "battery-homes-1").share
    assert share == {"h3": pytest.approx(13.1 / 27.7), "h6": pytest.approx(14.6 / 27.7)}
    assert block(plan, "battery-homes-1").capacity.most == 20.0
    assert block(plan, "battery-homes-3").capacity.most == 10.0
    limit = block(plan, "batteries-of-homes")
    assert limit.most == 35.0
    assert sorted(name for name, _ in limit.sizes) == [f"battery-homes-{number}" for number in (1, 2, 3, 4)]


def test_wear_that_a_request_gives_is_paid() -> None:
    wear = {"overrides": {"wear_eur_per_kwh": 0.03}}
    _, plan = composed(GIVEN, question="storage", technologies={"home_battery": wear, "community_battery": wear})
    assert block(plan, "battery-homes-1").wear_eur_per_kwh == 0.03
    assert block(plan, "battery-storage").wear_eur_per_kwh == 0.03


def test_homes_that_draw_nothing_share_a_battery_evenly() -> None:
    empty = replace(community.only_homes(N), load_kw=np.zeros((2, N)), roofs=())
    _, plan = composed(empty, question="storage", technologies={"community_battery": {"most": 0.0}})
    assert part(plan, "battery-homes-1").share == {"h1": 0.5, "h2": 0.5}


def test_the_community_battery_stands_where_there_is_one() -> None:
    _, plan = composed(GIVEN, question="storage", technologies={"community_battery": {"most": 500.0}})
    new = block(plan, "battery-storage")
    assert (new.node, new.capacity.most) == ("storage", 500.0)
    unit = part(plan, "battery-storage")
    assert unit.share == {"storage": 1.0}
    assert (unit.facts["bus"], unit.facts["community"]) == ("bus-storage", True)
    assert len(plan.meters) == 10


def test_a_battery_at_a_bus_of_its_own_gets_a_meter_at_the_commonest_tariff_of_homes() -> None:
    _, plan = composed(
        GIVEN, question="storage", technologies={"community_battery": {"buses": ["bus-h2", "bus-storage"], "least": 10.0}}
    )
    assert plan.meters[-1].id == "plan-bus-h2"
    assert (plan.meters[-1].bus, plan.meters[-1].tariff, plan.meters[-1].homes) == ("bus-h2", "flat", 0)
    np.testing.assert_allclose(block(plan, "meter-plan-bus-h2").import_eur_per_kwh, 0.30, rtol=1e-12)
    assert block(plan, "battery-plan-bus-h2").node == "plan-bus-h2"
    # three homes pay flat, two night, one and four others as a business does
    one_more = replace(GIVEN, meters=tuple(replace(one, tariff="business") if one.id == "h6" else one for one in GIVEN.meters))
    assert (
        composed(one_more, question="storage", technologies={"community_battery": {"buses": ["bus-h2"]}})[1].meters[-1].tariff
        == "flat"
    )
    limit = block(plan, "batteries-of-the-community")
    assert (limit.least, sorted(name for name, _ in limit.sizes)) == (10.0, ["battery-plan-bus-h2", "battery-storage"])


def test_without_a_battery_it_stands_at_the_busbar_of_the_station() -> None:
    names = {"hv": 0, "bus-station": 1, "bus-h1": 2}
    grid = SimpleNamespace(sorts=("line", "transformer"), ends=np.array([[1, 0], [2, 1]]), row_of=names)
    given = replace(GIVEN, stores=(), network=cast("Any", grid))
    _, plan = composed(given, question="storage")
    assert part(plan, "battery-plan-bus-station").facts["bus"] == "bus-station"


def test_a_community_without_homes_pays_for_its_battery_as_most_do() -> None:
    meters = tuple(replace(one, homes=0) for one in GIVEN.meters)
    given = replace(GIVEN, meters=meters, stores=())
    _, plan = composed(given, question="storage", technologies={"community_battery": {"buses": ["bus-h1"]}})
    # four connections each of flat and business: the first counted
    assert plan.meters[-1].tariff == "flat"


def test_buses_that_are_not_there_are_all_named() -> None:
    with pytest.raises(ScenarioError) as caught:
        composed(
            GIVEN, question="storage", technologies={"community_battery": {"buses": ["bus-storag", "x", "bus-h1", "bus-h1"]}}
        )
    messages = [str(finding) for finding in caught.value.findings]
    assert len(messages) == 3
    assert "technologies.community_battery.buses" in messages[0]
    assert "did you mean 'bus-storage'?" in messages[0]
    assert "named more than once (got 'bus-h1')" in messages[2]


# --- heat


def test_a_heat_network_as_it_is() -> None:
    _, plan = composed(GIVEN, question="dispatch")
    chp, boiler, buffer = (block(plan, f"there-{kind}-net") for kind in ("chp", "boiler", "buffer"))
    assert (chp.node, chp.electric_node, chp.size.existing) == ("heat-net", "plant", 20.0)
    assert (boiler.size.existing, boiler.efficiency, buffer.capacity.existing) == (150.0, 0.9, 100.0)
    # natural gas: 56.1 t/TJ (IPCC 2006, table 2.2) is 201.96 g/kWh of the lower, times 0.9 of the higher heating value
    assert chp.fuel_co2_g_per_kwh == pytest.approx(201.96 * 0.9)
    np.testing.assert_array_equal(block(plan, "demand-heat-net").demand_kw, GIVEN.heat_networks[0].demand_kw)
    assert part(plan, "there-boiler-net").facts["fuel"] == "natural_gas"


def test_units_that_are_sold_are_those_that_fit_the_demand() -> None:
    _, plan = composed(GIVEN, question="chp", finance={"horizon_years": 15, "discount_rate": 0.0})
    units: ChpUnits = block(plan, "chp-net")
    # the network needs up to 100 kW of heat; the catalogue has units of 5.5, 9, 15, 26, 50 and 113 kW
    assert sorted(unit.power_kw for unit in units.units) == [5.5, 9.0, 15.0, 26.0, 50.0]
    chosen = next(unit for unit in units.units if unit.power_kw == 26.0)
    # 2530 EUR/kW in euros of 2014 (index 99.9), in those of 2024 (130.32); it lives the 15 years of the horizon
    assert chosen.invest_eur == pytest.approx(2530.0 * 26.0 * 130.32 / 99.9, rel=1e-6)
    assert chosen.annual_eur == pytest.approx(chosen.invest_eur / 15.0, rel=1e-6)
    assert chosen.electric_efficiency == pytest.approx(0.3210 * 0.9)
    unit = part(plan, "chp-net-chp_26kw")
    assert unit.scale == {"size_kw": 26.0}
    assert unit.invest_eur["size_kw"] * 26.0 == pytest.approx(chosen.invest_eur)
    assert (unit.facts["unit"], unit.facts["least_load"]) == ("fmb31", 0.5)


def test_units_keep_the_power_they_are_sold_with() -> None:
    _, plan = composed(GIVEN, question="chp", technologies={"chp": {"step": 10.0, "least": 9.0, "most": 20.0}})
    assert sorted(unit.power_kw for unit in block(plan, "chp-net").units) == [9.0, 15.0]
    # one of them has to be built
    assert block(plan, "a-chp-unit").least == 1.0
    assert len(block(plan, "a-chp-unit").sizes) == 2


def test_a_unit_that_is_named_may_have_any_size() -> None:
    wish = {"technology": "chp_26kw", "most": 40.0, "least": 4.0}
    _, plan = composed(GIVEN, question="chp", technologies={"chp": wish})
    new = block(plan, "chp-net")
    assert isinstance(new, Chp)
    assert (new.size.most, new.size.step) == (40.0, 0.0)
    assert block(plan, "chp-of-all").least == 4.0


def test_no_unit_fits_a_tiny_network() -> None:
    tiny = community.network("net", "plant", N, demand_kw=np.full(N, 3.0))
    _, plan = composed(replace(GIVEN, heat_networks=(tiny,)), question="chp")
    assert "chp-net" not in ids(plan)
    assert any("no CHP unit of the catalogue fits net, which needs up to 3 kW" in note for note in plan.notes)


def test_a_boiler_that_is_named_burns_its_own_fuel() -> None:
    boilers = {"boiler": {"technology": "pellet_boiler"}}
    _, plan = composed(GIVEN, question="chp", technologies=boilers, finance={"fuel_eur_per_kwh": {"wood": 0.05}})
    assert block(plan, "boiler-net").fuel_eur_per_kwh == pytest.approx(0.05)
    assert block(plan, "boiler-net").fuel_co2_g_per_kwh == 0.0
    assert part(plan, "boiler-net").facts["fuel"] == "wood"
    assert block(plan, "there-boiler-net").fuel_eur_per_kwh == pytest.approx(load().fuel("natural_gas").eur_per_kwh)


def test_limits_hold_for_all_heat_networks_together() -> None:
    two = (GIVEN.heat_networks[0], community.network("old", "hall", N, chp_kw=0.0, buffer_kwh=0.0))
    wishes = {"boiler": {"technology": "district_gas_boiler", "most": 30.0}, "heat_buffer": {"least": 40.0, "most": 70.0}}
    _, plan = composed(replace(GIVEN, heat_networks=two), question="chp", technologies=wishes)
    assert block(plan, "boiler-of-all").sizes == (("boiler-net", "size_kw"), ("boiler-old", "size_kw"))
    assert block(plan, "boiler-of-all").most == 30.0
    assert (block(plan, "heat_buffer-of-all").least, block(plan, "heat_buffer-of-all").most) == (40.0, 70.0)
    assert block(plan, "boiler-net").service_eur_per_kwh > 0.0
    assert not {"there-chp-old", "there-buffer-old"} & ids(plan)
    assert "there-boiler-old" in ids(plan)


def test_heat_pumps_may_replace_the_boilers_of_homes() -> None:
    _, plan = composed(GIVEN, question="storage", technologies={"heat_pump": {}})
    demand = 3.0 + np.cos(community.hours(N) / 12.0 * np.pi)
    # h1 and h2 burn gas; h3 does as well, h6 beside it oil; h4 has a heat pump, which stays in its load
    np.testing.assert_allclose(block(plan, "demand-heat-homes-2-natural_gas").demand_kw, 2.0 * demand)
    assert {name for name in ids(plan) if name.startswith("heat-pump-")} == {
        "heat-pump-homes-2-natural_gas",
        "heat-pump-homes-1-natural_gas",
        "heat-pump-homes-1-heating_oil",
    }
    boiler, pump = block(plan, "there-boiler-homes-2-natural_gas"), block(plan, "heat-pump-homes-2-natural_gas")
    assert boiler.efficiency == pytest.approx((0.8 + 1.0) / 2)
    assert boiler.size.existing == pump.size.most == 8.0
    np.testing.assert_array_equal(pump.cop, 3.0)
    assert pump.electric_node == "homes-2"
    assert part(plan, "heat-pump-homes-2-natural_gas").facts["homes"] == {"d-h1": "h1", "d-h2": "h2"}
    assert block(plan, "demand-homes-4").demand_kw[0] == pytest.approx(1.4)


def test_homes_that_need_no_heat_are_left_alone() -> None:
    cold = replace(community.heated("h1", N), demand_kw=np.zeros(N))
    _, plan = composed(replace(GIVEN, heated_homes=(cold,)), question="storage", technologies={"heat_pump": {}})
    assert not any(name.startswith(("heat-pump", "there-boiler-homes")) for name in ids(plan))


def test_boilers_of_homes_are_there_in_the_reference_too() -> None:
    for fields in ({"question": "dispatch", "technologies": {"heat_pump": {}}}, {"technologies": {"heat_pump": {"most": 0.0}}}):
        _, plan = composed(GIVEN, **fields)
        assert "there-boiler-homes-1-heating_oil" in ids(plan)
        assert not any(name.startswith("heat-pump") for name in ids(plan))
    assert "there-boiler-homes-1-heating_oil" not in ids(composed(GIVEN, question="storage")[1])


# --- cars


def test_cars_charge_as_they_come_unless_they_may_wait() -> None:
    _, plan = composed(GIVEN, question="storage")
    cars = block(plan, "cars-homes-2")
    assert isinstance(cars, Demand)
    np.testing.assert_array_equal(cars.demand_kw, GIVEN.cars[0].uncontrolled_kw)


def test_cars_that_give_back_need_points_that_can() -> None:
    _, plan = composed(GIVEN, question="storage", technologies={"v2g": {"most": 5.0}})
    without, with_point = block(plan, "cars-homes-2"), block(plan, "cars-homes-1")
    assert isinstance(without, Ev)
    assert without.v2g is not None
    for course in (without.charge_kw, without.discharge_kw):
        np.testing.assert_array_equal(course, GIVEN.cars[0].charge_kw)
    assert (without.v2g.existing, without.v2g.most, without.v2g.step) == (0.0, 5.0, 0.0)
    assert (with_point.v2g.existing, with_point.v2g.most) == (7.0, 0.0)  # h3 has 7 kW both ways already
    assert block(plan, "v2g-of-all").most == 5.0
    assert part(plan, "cars-homes-2").share == {"h1": 1.0}


# --- rules over all


def test_sharing_saves_a_part_of_each_members_fee() -> None:
    _, plan = composed(GIVEN, question="storage", sharing={"rule": "local", "fee_reduction": 0.5})
    saved = block(plan, "sharing").saved_eur_per_kwh
    assert set(saved) == {unit.block for unit in plan.parts if unit.kind == "tariff"}
    assert saved["meter-homes-1"][0] == pytest.approx(0.04)  # flat, 0.08
    assert saved["meter-homes-3"][0] == pytest.approx(0.03)  # night, 0.06
    assert saved["meter-plant"][0] == pytest.approx(0.025)  # business, 0.05


def test_a_battery_with_its_own_meter_is_a_member() -> None:
    _, plan = composed(
        GIVEN, question="storage", sharing={"rule": "local"}, technologies={"community_battery": {"buses": ["bus-h5"]}}
    )
    assert block(plan, "sharing").saved_eur_per_kwh["meter-plan-bus-h5"][0] == pytest.approx(0.04)


def test_the_premium_is_for_all_members_and_levelled() -> None:
    finance = {"discount_rate": 0.0, "horizon_years": 2, "price_growth": {"feed_in": 0.1}}
    _, plan = composed(GIVEN, question="storage", sharing={"rule": "incentive", "incentive_eur_per_kwh": 0.1}, finance=finance)
    assert block(plan, "sharing").premium_eur_per_kwh == pytest.approx(0.105)
    assert len(block(plan, "sharing").meters) == 8


def test_money_and_carbon_over_all() -> None:
    _, plan = composed(GIVEN, question="storage", finance={"co2_eur_per_t": 80.0}, most_invest_eur=5000.0)
    assert block(plan, "price-on-carbon").price_eur_per_kg == pytest.approx(0.08)
    assert block(plan, "budget").most_eur == 5000.0
    assert not {"price-on-carbon", "budget", "sharing"} & ids(composed(GIVEN, question="storage")[1])


# --- what is open


@pytest.mark.parametrize(
    ("question", "grows"),
    [
        ("dispatch", set()),
        ("storage", {"battery-homes-1", "battery-homes-2", "battery-homes-3", "battery-homes-4", "battery-storage"}),
        ("hosting", {"pv-homes-1", "pv-homes-2", "pv-homes-3", "pv-hall"}),
        ("chp", {"chp-net", "boiler-net", "buffer-net"}),
    ],
)
def test_what_a_question_implies(question: str, grows: set[str]) -> None:
    assert added(composed(GIVEN, question=question)[1]) == grows


def test_dispatch_builds_nothing_whatever_is_named() -> None:
    _, plan = composed(GIVEN, question="dispatch", technologies={sort: {"least": 1.0} for sort in BUILT})
    assert added(plan) == set()
    assert not any(name.endswith("-of-all") or name.startswith("batteries-of") for name in ids(plan))


def test_a_most_of_nothing_closes_a_sort() -> None:
    _, plan = composed(GIVEN, question="storage_and_res", technologies={sort: {"most": 0.0} for sort in BUILT})
    assert added(plan) == set()


def test_making_things_counts_only_if_asked() -> None:
    battery = block(composed(GIVEN, question="storage")[1], "battery-homes-1")
    assert battery.capacity.embodied_kg == 0.0
    counted = block(composed(GIVEN, question="storage", embodied=True)[1], "battery-homes-1")
    # 130.7 kg/kWh over 22.5 years (catalogue)
    assert counted.capacity.embodied_kg == pytest.approx(130.7 / 22.5)


@pytest.mark.parametrize("question", ["dispatch", "storage", "hosting", "chp", "storage_and_res"])
def test_shares_add_up_to_one_and_ids_are_unique(question: str) -> None:
    technologies: dict[str, Any] = {sort: {} for sort in BUILT} if question != "dispatch" else {}
    _, plan = composed(GIVEN, question=question, technologies=technologies)
    assert all(sum(unit.share.values()) == pytest.approx(1.0) for unit in plan.parts)
    names = [unit.id for unit in plan.parts]
    assert len(names) == len(set(names))
    assert {unit.block for unit in plan.parts} <= ids(plan)


def test_notes_of_the_year_come_first() -> None:
    _, plan = composed(replace(GIVEN, notes=("a leap year",)), question="dispatch", groups=1)
    assert plan.notes[0] == "a leap year"
