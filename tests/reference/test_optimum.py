# SPDX-License-Identifier: Apache-2.0
"""kind: hand. Optima that can be reckoned on paper; the reckoning stands in each test."""

from __future__ import annotations

import numpy as np
import pytest

from controllers.home_energy.optimum import Battery, Car, HomeModel, HomePlan, Limits, Machine, Room, Tank, Weights
from tests.unit.optimum_sample import bare_home, bare_outlook

BATTERY = Battery(
    capacity_kwh=10.0, p_charge_kw=5.0, p_discharge_kw=5.0, efficiency_charge=0.9, efficiency_discharge=0.9, wear_eur_per_kwh=0.02
)
ROOM = Room(keep=0.9, gain_k_per_kw=1.0, leak=0.1, p_max_kw=5.0)
ONE_HOUR = (Machine(name="dishwasher", programme_kw=(1.0,)),)


def solve(n_steps: int, weights: Weights | None = None, *, home: dict, **outlook: object) -> HomePlan:
    assets = bare_home(n_steps, **home)
    return HomeModel(assets, Limits(mip_gap=0.0, accept=0.0, nodes=2000)).solve(bare_outlook(assets, **outlook), weights)


@pytest.mark.parametrize(("later", "charged", "cost"), [(0.266, 0.0, 0.466), (0.268, 1 / 0.81, 0.2 * (1 + 1 / 0.81))])
def test_battery_pays_from_the_break_even_spread(later: float, charged: float, cost: float):
    """1 kWh later needs 1/0.81 kWh now: 0.81 p = 0.20 + 0.81 x 0.02 + 0.0001 x 1.81 gives p = 0.2671 EUR/kWh."""
    plan = solve(2, home={"battery": BATTERY}, buy_eur_per_kwh=[0.2, later], base_load_kw=[1.0, 1.0])
    assert plan.p_battery_kw == pytest.approx([charged, -1.0 if charged else 0.0])
    assert plan.cost_eur == pytest.approx(cost)
    assert plan.wear_eur == pytest.approx(0.02 if charged else 0.0)


def test_stored_energy_at_the_end_counts_what_it_is_said_to():
    """A kWh in the cells is worth 0.9 x (0.30 - 0.02) = 0.252 and costs (0.22 + 0.0001) / 0.9 = 0.2446: fill 5 kW x 1 h."""
    plan = solve(1, home={"battery": BATTERY}, buy_eur_per_kwh=[0.22], end_value_eur_per_kwh=0.30)
    assert plan.p_battery_kw == pytest.approx([5.0])
    assert plan.end_credit_eur == pytest.approx(4.5 * 0.252)
    assert solve(1, home={"battery": BATTERY}, buy_eur_per_kwh=[0.23], end_value_eur_per_kwh=0.30).p_battery_kw == pytest.approx(
        [0.0]
    )


def test_machine_moves_into_the_sun():
    """At 11 the PV's kWh would earn 0.08, else the programme's kWh costs 0.30."""
    plan = solve(
        4,
        home={"machines": ONE_HOUR},
        buy_eur_per_kwh=[0.3] * 4,
        feed_in_eur_per_kwh=[0.08] * 4,
        p_pv_available_kw=[0, 0, -2.0, 0],
    )
    assert plan.starts == (2,)
    assert plan.cost_eur == pytest.approx(-0.08)
    assert plan.p_machines_kw.tolist() == [[0, 0, 1, 0]]


@pytest.mark.parametrize(("later", "heat"), [(0.22, [2.0, 2.0]), (0.23, [3.0, 1.1])])
def test_preheating_is_worth_it_from_a_tenth_on(later: float, heat: list[float]):
    """20 °C inside, 0 °C outside: 2 kW hold it. A kW more now saves 0.9 kW then, up to the band's 21 °C: 0.20 against 0.9 p."""
    plan = solve(
        2, home={"room": ROOM}, buy_eur_per_kwh=[0.2, later], comfort_high_degc=[21.0, 21.0], comfort_low_degc=[20.0, 20.0]
    )  # fmt: skip
    assert plan.p_heat_kw == pytest.approx(heat)
    assert plan.temp_indoor_degc == pytest.approx([20.0, 20.0 + heat[0] - 2.0, 20.0])


def test_cooling_works_the_other_way_round():
    """30 °C outside: 0.9 x 24 + 0.1 x 30 = 24.6 °C; 0.6 kW take the 0.6 K away."""
    plan = solve(
        1, home={"room": Room(keep=0.9, gain_k_per_kw=-1.0, leak=0.1, p_max_kw=5.0)}, buy_eur_per_kwh=[0.2],
        temp_indoor_degc=24.0, temp_outdoor_degc=[30.0],
    )  # fmt: skip
    assert plan.p_heat_kw == pytest.approx([0.6])


@pytest.mark.parametrize(("least", "p_kw", "cost"), [(0.0, [0, 4, 0, 2], 0.8), (3.0, [0, 3, 0, 3], 0.9)])
def test_car_charges_in_the_cheapest_hours(least: float, p_kw: list[float], cost: float):
    """6 kWh at up to 4 kW: 4 at 0.10 and 2 at 0.20; from 3 kW up only 3 and 3, 0.3 + 0.6 EUR."""
    car = Car(p_max_kw=4.0, p_min_kw=least, efficiency=1.0)
    plan = solve(4, home={"car": car}, buy_eur_per_kwh=[0.4, 0.1, 0.3, 0.2], car_wanted_kwh=6.0)
    assert plan.p_ev_kw == pytest.approx(p_kw)
    assert plan.cost_eur == pytest.approx(cost)


def test_car_that_leaves_after_the_horizon_waits_for_it():
    """10 kWh, 4 kW, two hours here and one hour after: 4 kWh can wait at the end value of 0.15, which beats 0.4 but not 0.1."""
    car = Car(p_max_kw=4.0, efficiency=1.0)
    plan = solve(
        2, home={"car": car}, buy_eur_per_kwh=[0.4, 0.1], car_wanted_kwh=10.0, car_departure=3, end_value_eur_per_kwh=0.15
    )  # fmt: skip
    assert plan.p_ev_kw == pytest.approx([2.0, 4.0])
    assert plan.binding == ()


def test_tank_is_heated_when_it_is_cheap():
    """0.5 kWh/K without loss at 45 °C; 3 kWh are drawn in the second hour: 3 kW before at 0.1, COP 2 makes that 1.5 kW."""
    tank = Tank(kwh_per_k=0.5, loss_kw_per_k=0.0, p_max_kw=2.0, cop=2.0)
    plan = solve(2, home={"tank": tank}, buy_eur_per_kwh=[0.1, 0.3], temp_tank_degc=45.0, draw_kw=[0.0, 3.0])
    assert plan.p_tank_kw == pytest.approx([1.5, 0.0])
    assert plan.temp_tank_degc == pytest.approx([45.0, 51.0, 45.0])


def test_tank_cools_as_newton_says():
    """60 °C, 20 °C around it, 0.01 kW/K of 0.5 kWh/K: after an hour 20 + 40 exp(-0.02) °C."""
    tank = Tank(kwh_per_k=0.5, loss_kw_per_k=0.01, p_max_kw=2.0)
    plan = solve(1, home={"tank": tank}, buy_eur_per_kwh=[0.1], temp_tank_degc=60.0)
    assert plan.temp_tank_degc[1] == pytest.approx(20 + 40 * np.exp(-0.02))


@pytest.mark.parametrize(("eur_per_kg", "start"), [(0.24, 0), (0.26, 1)])
def test_weight_of_co2_flips_the_choice(eur_per_kg: float, start: int):
    """0.1 EUR more against 0.4 kg less: even at 0.25 EUR/kg (0.25025 with the tie breaker for waiting)."""
    plan = solve(
        2, Weights(co2=eur_per_kg), home={"machines": ONE_HOUR}, buy_eur_per_kwh=[0.2, 0.3], co2_g_per_kwh=[500.0, 100.0]
    )  # fmt: skip
    assert plan.starts == (start,)
    assert plan.co2_kg == pytest.approx(0.5 if start == 0 else 0.1)


@pytest.mark.parametrize(("comfort", "heat"), [(0.29, 0.0), (0.31, 2.0)])
def test_weight_of_comfort_decides_what_a_kelvin_may_cost(comfort: float, heat: float):
    """Each kW for the hour is a kelvin and costs 0.30; unheated it falls to 18 °C, 2 K h below the band."""
    plan = solve(1, Weights(comfort=comfort), home={"room": ROOM}, buy_eur_per_kwh=[0.3])
    assert plan.p_heat_kw == pytest.approx([heat])
    assert plan.comfort_kh == pytest.approx(2.0 - heat)


@pytest.mark.parametrize(("dislike", "start"), [(0.0, 0), (0.2, 1)])
def test_weight_of_self_consumption_brings_the_load_to_the_sun(dislike: float, start: int):
    """Now 0.10 and no sun; later the kWh of PV earns 0.15. With 0.20 EUR against feeding in, using it oneself counts more."""
    plan = solve(
        2, Weights(self_consumption=dislike), home={"machines": ONE_HOUR}, buy_eur_per_kwh=[0.1, 0.3],
        feed_in_eur_per_kwh=[0.15, 0.15], p_pv_available_kw=[0.0, -1.0],
    )  # fmt: skip
    assert plan.starts == (start,)


@pytest.mark.parametrize(("doubt", "start"), [(0.0, 1), (0.066, 1), (0.067, 0)])
def test_doubt_moves_the_choice_and_never_the_money(doubt: float, start: int):
    """1 kWh of sun now. Dishes now: nothing through the meter. Dishes later: feeding in counts 0.20 - d, import 0.10 + d / 2.

    Even at 1.5 d = 0.10 less the tie breaker's 0.0001, d = 0.0666; the bill of dishes later is 0.10 - 0.20 whatever the doubt.
    """
    plan = solve(
        2, Weights(doubt_eur_per_kwh=doubt), home={"machines": ONE_HOUR}, buy_eur_per_kwh=[0.4, 0.1],
        feed_in_eur_per_kwh=[0.2, 0.0], p_pv_available_kw=[-1.0, 0.0],
    )  # fmt: skip
    assert plan.starts == (start,)
    assert plan.cost_eur == pytest.approx(0.0 if start == 0 else 0.1 - 0.2)


def test_negative_prices_do_not_burn_energy_in_the_battery():
    """Paid 0.10 to draw, cells full: the relaxation would charge 5 and discharge 4.05 kW at once; a battery cannot."""
    plan = solve(1, home={"battery": BATTERY}, buy_eur_per_kwh=[-0.1], feed_in_eur_per_kwh=[-0.1], soc=1.0)
    assert plan.p_battery_kw == pytest.approx([0.0])
    assert plan.objective_eur == pytest.approx(0.0)


def test_negative_price_cuts_the_sun_and_fills_the_battery():
    plan = solve(
        1, home={"battery": BATTERY, "curtailable": True}, buy_eur_per_kwh=[-0.1], feed_in_eur_per_kwh=[-0.1],
        p_pv_available_kw=[-3.0], base_load_kw=[1.0],
    )  # fmt: skip
    assert plan.p_pv_kw == pytest.approx([0.0])
    assert plan.p_battery_kw == pytest.approx([5.0])
    assert plan.cost_eur == pytest.approx(-0.6)


def test_feed_in_above_the_price_is_no_pump():
    """Buying at 0.1 and selling at 0.2 through one meter in one hour would earn 0.1 on every kWh up to the fuse."""
    plan = solve(1, home={}, buy_eur_per_kwh=[0.1], feed_in_eur_per_kwh=[0.2], base_load_kw=[1.0])
    assert (plan.p_import_kw[0], plan.p_export_kw[0], plan.objective_eur) == pytest.approx((1.0, 0.0, 0.1))


def test_a_battery_trades_by_turns_and_not_at_once():
    """Buy at 0.1, sell at 0.9, lossless and empty: 5 kWh in, 5 kWh out, twice; 2 x 5 x 0.8 EUR less 0.0001 for each of 20 kWh."""
    lossless = Battery(capacity_kwh=5.0, p_charge_kw=5.0, p_discharge_kw=5.0, efficiency_charge=1.0, efficiency_discharge=1.0)
    plan = solve(4, home={"battery": lossless}, buy_eur_per_kwh=[0.1] * 4, feed_in_eur_per_kwh=[0.9] * 4)
    assert plan.p_battery_kw == pytest.approx([5.0, -5.0, 5.0, -5.0])
    assert plan.objective_eur == pytest.approx(-8.0 + 20 * 1e-4)


@pytest.mark.parametrize(("sun", "p_kw", "cost"), [(2.0, [3.0, 0.0], 0.5), (1.0, [0.0, 3.0], 0.6)])
def test_car_needs_its_least_power_whatever_the_sun_leaves(sun: float, p_kw: list[float], cost: float):
    """3 kWh from 3 kW up, 0.5 EUR/kWh under the sun, 0.2 later: 3 - 2 at 0.5 beat 3 at 0.2, 3 - 1 at 0.5 do not."""
    car = Car(p_max_kw=4.0, p_min_kw=3.0, efficiency=1.0)
    plan = solve(2, home={"car": car}, buy_eur_per_kwh=[0.5, 0.2], p_pv_available_kw=[-sun, 0.0], car_wanted_kwh=3.0)
    assert plan.p_ev_kw == pytest.approx(p_kw)
    assert plan.cost_eur == pytest.approx(cost)


@pytest.mark.parametrize(("may", "exported"), [(True, 5.0), (False, 1.0)])
def test_green_tariff_keeps_the_battery_off_the_grid(may: bool, exported: float):
    """Cells full, feed-in pays 0.2 now; with the PV's 1 kW only that may go out."""
    plan = solve(
        1, home={"battery": BATTERY, "battery_may_export": may, "export_limit_kw": 5.0}, buy_eur_per_kwh=[0.3],
        feed_in_eur_per_kwh=[0.2], p_pv_available_kw=[-1.0], soc=1.0,
    )  # fmt: skip
    assert plan.p_export_kw == pytest.approx([exported])
