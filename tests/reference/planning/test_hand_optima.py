# SPDX-License-Identifier: Apache-2.0
"""Optima that a pencil finds as well; the calculation stands in each test. Kind: hand."""

from __future__ import annotations

import numpy as np
import pytest

from twinergy.planning.blocks.battery import Battery
from twinergy.planning.blocks.boiler import Boiler
from twinergy.planning.blocks.budget import Budget
from twinergy.planning.blocks.chp import Chp
from twinergy.planning.blocks.chp_units import ChpUnit, ChpUnits
from twinergy.planning.blocks.demand import Demand
from twinergy.planning.blocks.emissions import Emissions
from twinergy.planning.blocks.ev import Ev
from twinergy.planning.blocks.heat_buffer import HeatBuffer
from twinergy.planning.blocks.heat_pump import HeatPump
from twinergy.planning.blocks.pv import Pv
from twinergy.planning.blocks.sharing import LocalSharing, SharingPremium
from twinergy.planning.blocks.tariff import Tariff
from twinergy.planning.blocks.together import Together
from twinergy.planning.blocks.wind import Wind
from twinergy.planning.draft import HEAT
from twinergy.planning.horizon import Horizon
from twinergy.planning.optimise import Planner
from twinergy.planning.size import Size

ONCE = Horizon.periods([0], 2, np.array([1.0]))
"""Two hours that stand for themselves: a sum of two hours is the cost."""
DAILY = Horizon.periods([0], 2, np.array([365.0]))
"""Two hours that come every day."""


def fixed(existing, unit="kW"):
    return Size(unit=unit, existing=existing, most=0.0)


def load(*demand_kw, node="site", carrier="electricity"):
    return Demand(id=f"load-{node}-{carrier}", node=node, carrier=carrier, demand_kw=np.array(demand_kw))


def grid(*prices, export=0.0, node="site", **more):
    return Tariff(id=f"grid-{node}", node=node, import_eur_per_kwh=np.array(prices), export_eur_per_kwh=export, **more)


STRONG = fixed(100.0)


def battery(capacity, power=STRONG, charge=1.0, discharge=1.0, **more):
    return Battery(
        id="battery",
        node="site",
        capacity=capacity,
        power=power,
        charge_efficiency=charge,
        discharge_efficiency=discharge,
        **more,
    )


def optimum(*blocks, horizon=ONCE):
    found = Planner(blocks, horizon, gap=1e-9).ask()
    assert found.usable
    return found


def size(found, block, name):
    return found.sizes()[block, name]


def test_storage_over_two_hours():
    # 7.2 kWh are filled with 7.2 / 0.9 = 8 kWh at 0.10 and give 7.2 * 0.8 = 5.76 kWh back at 0.40, beside 20 kW of load in both
    # hours, so 28 kWh cost 2.80 EUR and 14.24 kWh cost 5.696 EUR
    found = optimum(load(20.0, 20.0), grid(0.10, 0.40), battery(fixed(7.2, "kWh"), charge=0.9, discharge=0.8))
    assert found.eur == pytest.approx(8.496, rel=1e-9)
    assert found.value("battery.charge_kw") == pytest.approx([8.0, 0.0], abs=1e-9)
    assert found.value("battery.discharge_kw") == pytest.approx([0.0, 5.76], abs=1e-9)


def test_storage_loses_what_it_keeps_waiting():
    # 10 kWh at the end of the first hour are 10 * 0.9 = 9 at the end of the second: 1 kWh of import is saved for each 1 / 0.9
    found = optimum(load(0.0, 9.0), grid(0.10, 0.40), battery(fixed(10.0, "kWh"), loss_per_h=0.1))
    assert found.eur == pytest.approx(0.10 * 10.0)


BREAK_EVEN_EUR_PER_KWH = (40.0 / 365.0 + 0.10 / 0.9) / 0.8
"""A kWh of capacity costs 40 EUR/a and is cycled daily: 365 * (0.8 * dear - 0.10 / 0.9) = 40."""


@pytest.mark.parametrize(("factor", "capacity_kwh"), [(0.999, 0.0), (1.001, 6.0)])
def test_a_battery_starts_to_pay_at_the_break_even_spread(factor, capacity_kwh):
    capacity = Size(unit="kWh", most=6.0, annual_eur=40.0)
    prices = grid(0.10, BREAK_EVEN_EUR_PER_KWH * factor)
    found = optimum(load(20.0, 20.0), prices, battery(capacity, charge=0.9, discharge=0.8), horizon=DAILY)
    assert size(found, "battery", "capacity_kwh") == pytest.approx(capacity_kwh, abs=1e-9)


@pytest.mark.parametrize(
    ("annual_eur", "size_kwp"),
    [
        (165.0, 0.0),  # dearer than all its yield is worth: 365 * (1 + 0.5) * 0.30 = 164.25
        (164.0, 4.0),  # each of the first 4 kWp is used in both hours
        (55.0, 4.0),  # beyond 4 kWp only the second hour has room: 365 * 0.5 * 0.30 = 54.75
        (54.0, 8.0),  # beyond 8 kWp nothing is used, and nothing is paid for what is fed in
    ],
)
def test_pv_grows_until_nothing_more_is_used(annual_eur, size_kwp):
    pv = Pv.of(id="pv", node="site", yield_kw_per_kwp=np.array([1.0, 0.5]), size=Size(unit="kWp", annual_eur=annual_eur))
    found = optimum(load(4.0, 4.0), grid(0.30, 0.30), pv, horizon=DAILY)
    assert size(found, "pv", "size_kwp") == pytest.approx(size_kwp, abs=1e-9)


@pytest.mark.parametrize(("annual_eur", "size_kwp"), [(164.0, 3.0), (165.0, 0.0)])
def test_pv_fills_the_roof_and_no_more(annual_eur, size_kwp):
    size_kwp_here = Size(unit="kWp", most=3.0, annual_eur=annual_eur)
    pv = Pv.of(id="pv", node="site", yield_kw_per_kwp=np.array([1.0, 0.5]), size=size_kwp_here)
    found = optimum(load(40.0, 40.0), grid(0.30, 0.30), pv, horizon=DAILY)
    assert size(found, "pv", "size_kwp") == pytest.approx(size_kwp, abs=1e-9)


def test_wind_stands_still_where_maintenance_is_dearer_than_the_grid():
    wind = Wind(id="wind", node="site", yield_kw_per_kw=0.5, size=fixed(10.0), service_eur_per_kwh=0.2)
    found = optimum(load(4.0, 4.0), grid(0.19, 0.21), wind)
    # 4 kW from the grid at 0.19, then 4 of the 5 kW that the wind gives at 0.20
    assert found.value("wind.generated_kw") == pytest.approx([0.0, 4.0], abs=1e-9)
    assert found.eur == pytest.approx(4.0 * 0.19 + 4.0 * 0.20)


CHP_EUR_PER_KWH = 0.08 / 0.3 - 0.08 / 0.9 * 0.5 / 0.3
"""Gas for a kWh of electricity less the gas that a boiler of 90 % need not burn for the 0.5 / 0.3 kWh of heat beside it."""


@pytest.mark.parametrize(("factor", "power_kw"), [(0.999, 0.0), (1.001, 6.0)])
def test_chp_runs_when_the_grid_is_dearer_than_its_gas_less_its_heat(factor, power_kw):
    chp = Chp(
        id="chp",
        node="site",
        electric_node="site",
        size=fixed(6.0),
        electric_efficiency=0.3,
        thermal_efficiency=0.5,
        fuel_eur_per_kwh=0.08,
    )
    boiler = Boiler(id="boiler", node="site", size=fixed(100.0), efficiency=0.9, fuel_eur_per_kwh=0.08)
    price = CHP_EUR_PER_KWH * factor
    found = optimum(load(20.0, 20.0), load(50.0, 50.0, carrier=HEAT), grid(price, price), chp, boiler)
    assert found.value("chp.power_kw") == pytest.approx([power_kw] * 2, abs=1e-9)


@pytest.mark.parametrize(("cop", "from_pump"), [(2.69, 0.0), (2.71, 5.0)])
def test_a_heat_pump_beats_the_boiler_above_the_break_even_cop(cop, from_pump):
    # 0.30 EUR/kWh / cop = 0.10 EUR/kWh / 0.9 at a cop of 2.7
    pump = HeatPump(id="pump", node="site", electric_node="site", size=fixed(9.0), cop=cop)
    boiler = Boiler(id="boiler", node="site", size=fixed(9.0), efficiency=0.9, fuel_eur_per_kwh=0.10)
    found = optimum(load(5.0, 5.0, carrier=HEAT), grid(0.30, 0.30), pump, boiler)
    assert found.value("pump.heat_kw") == pytest.approx([from_pump] * 2, abs=1e-9)
    assert found.eur == pytest.approx(10.0 * min(0.30 / cop, 0.10 / 0.9))


def test_a_buffer_lets_the_heat_pump_run_in_the_cheap_hour():
    # 4 kWh in the second hour are 4 / 0.9 kWh in the first; electricity for them: 4 / 0.9 / 3 at 0.10
    pump = HeatPump(id="pump", node="site", electric_node="site", size=fixed(9.0), cop=3.0)
    buffer = HeatBuffer(id="buffer", node="site", capacity=fixed(20.0, "kWh"), loss_per_h=0.1)
    found = optimum(load(0.0, 4.0, carrier=HEAT), grid(0.10, 0.40), pump, buffer)
    assert found.eur == pytest.approx(4.0 / 0.9 / 3.0 * 0.10)


def test_a_peak_price_shaves_to_the_level_that_the_losses_leave():
    # level L: 0.9 * (L - 2) is stored, 0.9 times that comes back: 0.81 * (L - 2) = 10 - L, so L = 11.62 / 1.81
    tariff = grid(0.30, 0.30, peak_eur_per_kw=100.0)
    found = optimum(load(2.0, 10.0), tariff, battery(fixed(50.0, "kWh"), charge=0.9, discharge=0.9))
    level = 11.62 / 1.81
    assert found.value("grid_site.import_kw") == pytest.approx([level, level])
    assert found.eur == pytest.approx(100.0 * level + 0.30 * 2.0 * level)


def test_a_peak_price_shaves_as_far_as_the_battery_reaches():
    # 2 kWh of capacity give 2 * 0.9 kWh back
    tariff = grid(0.30, 0.30, peak_eur_per_kw=100.0)
    found = optimum(load(2.0, 10.0), tariff, battery(fixed(2.0, "kWh"), charge=0.9, discharge=0.9))
    assert found.value("grid_site.peak_kw") == pytest.approx([10.0 - 1.8])


def test_a_bigger_connection_is_bought_where_it_pays():
    # 6 kW are there and 10 needed; a battery is not, so 4 more are bought
    found = optimum(load(10.0, 2.0), grid(0.30, 0.30, limit=Size(unit="kW", existing=6.0, annual_eur=25.0)))
    assert size(found, "grid-site", "limit_kw") == pytest.approx(4.0)
    assert found.eur == pytest.approx(4.0 * 25.0 + 12.0 * 0.30)


TWO_MEMBERS = (
    load(-5.0, -2.0, node="a"),
    load(3.0, 6.0, node="b"),
    grid(0.3, 0.3, export=0.08, node="a"),
    grid(0.3, 0.3, node="b"),
)
"""One feeds in 5 and 2 kWh at 0.08, the other draws 3 and 6 kWh at 0.30: 2.70 - 0.56 = 2.14 EUR, and they can share 3 + 2 kWh."""


def test_two_members_share_and_save_a_part_of_the_grid_fee():
    sharing = LocalSharing(id="community", saved_eur_per_kwh={"grid-a": 0.04, "grid-b": np.array([0.05, 0.07])})
    found = optimum(*TWO_MEMBERS, sharing)
    assert found.value("community.member_1.shared_kw") == pytest.approx([3.0, 2.0])
    assert found.eur == pytest.approx(2.14 - 3.0 * 0.05 - 2.0 * 0.07)


def test_two_members_earn_a_premium_for_what_they_share():
    found = optimum(*TWO_MEMBERS, SharingPremium(id="community", meters=("grid-a", "grid-b"), premium_eur_per_kwh=0.11))
    assert found.value("community.shared_kw") == pytest.approx([3.0, 2.0])
    assert found.eur == pytest.approx(2.14 - 5.0 * 0.11)


def test_a_premium_above_the_spread_needs_the_switch_and_then_pays_no_circle():
    # 0.25 is more than the 0.22 that buying and selling a kWh costs member a: without the switch its meter would run both ways
    more = {"limit": fixed(10.0), "never_both": True}
    meters = (grid(0.3, 0.3, export=0.08, node="a", **more), grid(0.3, 0.3, node="b", **more))
    premium = SharingPremium(id="community", meters=("grid-a", "grid-b"), premium_eur_per_kwh=0.25)
    found = optimum(*TWO_MEMBERS[:2], *meters, premium)
    assert found.eur == pytest.approx(2.14 - 5.0 * 0.25)


WORTH_EUR_PER_KWH = 365.0 * 0.30
"""A lossless kWh of capacity moves a kWh from 0.40 to 0.10 every day; the dear hour needs 12 of them."""


@pytest.mark.parametrize(
    ("annual_eur", "capacity_kwh"),
    [
        (43.0, 15.0),  # the third pack has 2 kWh of use: 2 * 109.5 = 219 > 5 * 43
        (44.0, 10.0),  # 219 < 5 * 44
        (110.0, 0.0),  # dearer than its use
    ],
)
def test_packs_of_five(annual_eur, capacity_kwh):
    capacity = Size(unit="kWh", most=100.0, step=5.0, annual_eur=annual_eur)
    found = optimum(load(0.0, 12.0), grid(0.10, 0.40), battery(capacity), horizon=DAILY)
    assert size(found, "battery", "capacity_kwh") == pytest.approx(capacity_kwh)
    assert found.eur == pytest.approx(365 * 12 * 0.40 + annual_eur * capacity_kwh - WORTH_EUR_PER_KWH * min(capacity_kwh, 12.0))


@pytest.mark.parametrize(("once_annual_eur", "capacity_kwh"), [(713.0, 12.0), (715.0, 0.0)])
def test_a_cost_paid_once_is_paid_while_the_whole_size_earns_it(once_annual_eur, capacity_kwh):
    # 12 kWh earn 12 * (109.5 - 50) = 714 EUR/a
    capacity = Size(unit="kWh", most=100.0, annual_eur=50.0, once_annual_eur=once_annual_eur)
    found = optimum(load(0.0, 12.0), grid(0.10, 0.40), battery(capacity), horizon=DAILY)
    assert size(found, "battery", "capacity_kwh") == pytest.approx(capacity_kwh, abs=1e-6)


def chp_unit(name, power_kw, annual_eur=0.0):
    return ChpUnit(
        name=name, power_kw=power_kw, electric_efficiency=0.25, thermal_efficiency=0.5, annual_eur=annual_eur, least_load=0.5
    )


def chp_site(*chp):
    """Gas at 0.08 makes a kWh of heat for 0.10 in the boiler, and electricity for 0.32 with 2 kWh of heat in the unit."""
    boiler = Boiler(id="boiler", node="site", size=fixed(100.0), efficiency=0.8, fuel_eur_per_kwh=0.08)
    return load(4.0, 4.0), load(20.0, 3.0, carrier=HEAT), grid(0.30, 0.30), boiler, *chp


def one_chp(least_load, start_eur=0.0):
    efficiencies = {"electric_efficiency": 0.25, "thermal_efficiency": 0.5}
    limits = {"least_load": least_load, "start_eur": start_eur}
    return Chp(id="chp", node="site", electric_node="site", size=fixed(10.0), fuel_eur_per_kwh=0.08, **efficiencies, **limits)


@pytest.mark.parametrize(
    ("least_load", "start_eur", "eur", "power_kw"),
    [
        # freely: 4 kW in the first hour (1.28 and 12 kWh of heat at 0.10), then 1.5 kW for 3 kW of heat (0.48 and 2.5 at 0.30)
        (0.0, 0.0, 2.48 + 1.23, [4.0, 1.5]),
        # at least 5 kW: 1.60 + 1.00 in the first hour, off would be 3.20; in the second 1.60, off is 1.50
        (0.5, 0.0, 2.60 + 1.50, [5.0, 0.0]),
        # a start is still cheaper than the 0.10 that staying on costs
        (0.5, 0.05, 2.60 + 1.50 + 0.05, [5.0, 0.0]),
        # the day comes again and again: a unit that stays on never starts
        (0.5, 0.5, 2.60 + 1.60, [5.0, 5.0]),
    ],
)
def test_chp_that_cannot_run_slowly(least_load, start_eur, eur, power_kw):
    found = optimum(*chp_site(one_chp(least_load, start_eur)))
    assert found.eur == pytest.approx(eur)
    assert found.value("chp.power_kw") == pytest.approx(power_kw, abs=1e-6)


@pytest.mark.parametrize(
    ("small_eur", "big_eur", "chosen", "eur"),
    [
        # 10 kW save 0.60 (above). 4 kW at 2 kW or more save 0.72 in the first hour, and 1.50 - (0.64 + 0.60) in the second: 0.98
        (0.90, 0.50, "big", 4.70 - 0.60 + 0.50),
        (0.90, 0.55, "small", 4.70 - 0.98 + 0.90),
        (1.00, 0.65, None, 4.70),
    ],
)
def test_a_unit_is_chosen_from_a_catalogue(small_eur, big_eur, chosen, eur):
    units = (chp_unit("small", 4.0, small_eur), chp_unit("big", 10.0, big_eur))
    block = ChpUnits(id="chp", node="site", electric_node="site", units=units, fuel_eur_per_kwh=0.08)
    found = optimum(*chp_site(block))
    unit = block.chosen(found.sizes())
    assert (unit.name if unit else None) == chosen
    assert found.eur == pytest.approx(eur)


def test_cars_charge_when_it_is_cheap_and_no_later_than_they_must():
    # 1 kWh has to be in by the end of the first hour, 5 by the end of the second
    cars = Ev(id="cars", node="site", charge_kw=7.0, least_kwh=np.array([1.0, 5.0]), most_kwh=np.array([4.0, 5.0]))
    dear_first = optimum(cars, grid(0.40, 0.10))
    cheap_first = optimum(cars, grid(0.10, 0.40))
    assert dear_first.eur == pytest.approx(1.0 * 0.40 + 4.0 * 0.10)
    assert cheap_first.eur == pytest.approx(4.0 * 0.10 + 1.0 * 0.40)


V2G_SIZE = Size(unit="kW", most=3.0, annual_eur=0.2)


@pytest.mark.parametrize(("v2g", "extra"), [(None, 0.0), (V2G_SIZE, 3.0 * 0.2)])
def test_cars_feed_back_in_the_dear_hour(v2g, extra):
    # 4 kWh to drive at 0.10; 3 kWh fed back at 0.40 need 3 / 0.8 kWh at 0.10; the site draws 5 kW throughout
    horizon = Horizon.periods([0], 3, np.array([1.0]))
    cars = Ev(
        id="cars",
        node="site",
        charge_kw=np.array([11.0, 11.0, 11.0]),
        discharge_kw=np.array([0.0, 3.0, 0.0]),
        least_kwh=np.array([0.0, 0.0, 4.0]),
        most_kwh=np.array([6.0, 6.0, 6.0]),
        round_trip_efficiency=0.8,
        v2g=v2g,
    )
    found = optimum(load(5.0, 5.0, 5.0), grid(0.10, 0.40, 0.10), cars, horizon=horizon)
    assert found.value("cars.discharge_kw") == pytest.approx([0.0, 3.0, 0.0])
    assert found.eur == pytest.approx(0.4 + 3.0 / 0.8 * 0.10 - 3.0 * 0.40 + 5.0 * 0.60 + extra)


def heating(*more):
    """Boiler: 0.111 EUR and 0.222 kg a kWh of heat. Heat pump: 0.12 EUR and 0.16 kg. 10 kWh of heat."""
    boiler = Boiler(id="boiler", node="site", size=fixed(9.0), efficiency=0.9, fuel_eur_per_kwh=0.10, fuel_co2_g_per_kwh=200.0)
    pump = HeatPump(id="pump", node="site", electric_node="site", size=fixed(9.0), cop=2.5)
    return load(5.0, 5.0, carrier=HEAT), grid(0.30, 0.30, co2_g_per_kwh=400.0), boiler, pump, *more


@pytest.mark.parametrize(("factor", "from_pump_kwh"), [(0.999, 0.0), (1.001, 10.0)])
def test_a_price_on_carbon_turns_the_choice_where_it_makes_up_for_the_difference(factor, from_pump_kwh):
    # (0.12 - 0.1 / 0.9) / (0.2 / 0.9 - 0.16) = 1 / 7 EUR/kg
    found = optimum(*heating(Emissions(id="gases", price_eur_per_kg=factor / 7.0)))
    assert found.value("pump.heat_kw").sum() == pytest.approx(from_pump_kwh, abs=1e-9)


def test_a_limit_on_carbon_is_kept_with_as_little_of_the_dearer_as_will_do():
    # 10 kWh from the boiler emit 2.2222 kg, each kWh from the pump saves 0.062222 kg of them
    found = optimum(*heating(Emissions(id="gases", most_kg=1.8)))
    assert found.value("pump.heat_kw").sum() == pytest.approx((2.0 / 0.9 - 1.8) / (0.2 / 0.9 - 0.16))
    assert found.co2_kg == pytest.approx(1.8)


@pytest.mark.parametrize(("credit", "size_kwp"), [(True, 10.0), (False, 0.0)])
def test_export_earns_the_price_on_carbon_only_where_it_is_credited(credit, size_kwp):
    # a kWp feeds in 2 kWh of 400 g each; at 0.1 EUR/kg that is 0.08 EUR, and a kWp costs 0.05
    pv = Pv.of(id="pv", node="site", yield_kw_per_kwp=1.0, size=Size(unit="kWp", most=10.0, annual_eur=0.05))
    meter = grid(0.30, 0.30, co2_g_per_kwh=400.0, export_co2_share=1.0)
    found = optimum(pv, meter, Emissions(id="gases", price_eur_per_kg=0.1, export_credit=credit))
    assert size(found, "pv", "size_kwp") == pytest.approx(size_kwp, abs=1e-9)


def test_a_budget_is_spent_to_the_last_euro():
    # 4,000 EUR buy 4 kWp of 1,000; the next would pay as well
    pv = Pv.of(id="pv", node="site", yield_kw_per_kwp=1.0, size=Size(unit="kWp", annual_eur=80.0, invest_eur=1000.0))
    found = optimum(load(20.0, 20.0), grid(0.30, 0.30), pv, Budget(id="purse", most_eur=4000.0), horizon=DAILY)
    assert size(found, "pv", "size_kwp") == pytest.approx(4.0)


def test_what_is_limited_together_goes_where_it_yields_most():
    sizes = {"east": 3.0, "south": 5.0}
    roofs = [
        Pv.of(id=name, node="site", yield_kw_per_kwp=factor, size=Size(unit="kWp", most=sizes[name]))
        for name, factor in (("east", 0.6), ("south", 0.9))
    ]
    together = Together(id="all", sizes=(("east", "size_kwp"), ("south", "size_kwp")), most=6.0)
    found = optimum(load(20.0, 20.0), grid(0.30, 0.30), together, *roofs)
    assert [size(found, name, "size_kwp") for name in sizes] == pytest.approx([1.0, 5.0])


def burning(never_both, first_eur_per_kwh):
    store = battery(fixed(1.0, "kWh"), fixed(4.0), 0.8, 0.8, never_both=never_both)
    return optimum(grid(first_eur_per_kwh, 0.30, export=np.array([-0.2, 0.0])), store)


@pytest.mark.parametrize(
    ("never_both", "eur", "both_kw"),
    [
        # charging 4 kW stores 3.2; to keep no more than 1 kWh, (3.2 - 1) * 0.8 kW go out at once: 2.24 kW are drawn and paid for
        (False, -0.224, 1.76),
        # 1 / 0.8 kWh are drawn, 1 kWh is kept and goes out in the second hour
        (True, -0.125, 0.0),
    ],
)
def test_at_a_negative_price_a_battery_burns_energy_unless_it_is_forbidden(never_both, eur, both_kw):
    found = burning(never_both, -0.10)
    at_once = np.minimum(found.value("battery.charge_kw"), found.value("battery.discharge_kw"))
    assert found.eur == pytest.approx(eur)
    assert at_once[0] == pytest.approx(both_kw, abs=1e-6)


def test_a_feed_in_tariff_above_the_price_of_import_pays_what_is_made_and_no_circle():
    # 6 kW of sun, 2 kW of load; in the cheap hour 4 kW are sold at 0.08 though import costs 0.05
    pv = Pv.of(id="pv", node="site", yield_kw_per_kwp=1.0, size=fixed(6.0, "kWp"))
    cheap = np.array([False, True])
    meter = grid(0.30, 0.05, export=0.08, limit=fixed(10.0), never_both=cheap)
    found = optimum(load(2.0, 2.0), pv, meter)
    assert found.eur == pytest.approx(-2 * 4.0 * 0.08)
