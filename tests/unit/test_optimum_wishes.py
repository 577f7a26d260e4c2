# SPDX-License-Identifier: Apache-2.0
"""What gives way when not everything fits, and how the household is told."""

from __future__ import annotations

import math

import numpy as np
import pytest

from controllers.home_energy.optimum import Battery, Car, HomeModel, HomePlan, Limits, Machine, Room, Tank, Weights
from controllers.home_energy.optimum.solver import Outcome
from tests.unit.optimum_sample import bare_home, bare_outlook
from twinergy.errors import ModelError

WASHING = Machine(name="washing_machine", programme_kw=(2.0,))
CAR = Car(p_max_kw=4.0, efficiency=1.0)
TANK = Tank(kwh_per_k=0.1, loss_kw_per_k=0.0, p_max_kw=2.0)
ROOM = Room(keep=0.9, gain_k_per_kw=1.0, leak=0.1, p_max_kw=5.0)


def solve(n_steps: int, weights: Weights | None = None, *, home: dict, **outlook: object) -> HomePlan:
    assets = bare_home(n_steps, **home)
    return HomeModel(assets).solve(bare_outlook(assets, **({"buy_eur_per_kwh": [0.3] * n_steps} | outlook)), weights)


def test_machine_goes_before_car_before_hot_water_before_comfort():
    """3 kW for everything: the machine takes 2, the car the last one, tank and room get nothing."""
    plan = solve(
        1, home={"import_limit_kw": 3.0, "machines": (WASHING,), "car": CAR, "tank": TANK, "room": ROOM},
        car_wanted_kwh=3.0, temp_tank_degc=44.0,
    )  # fmt: skip
    assert plan.starts == (0,)
    assert plan.p_ev_kw == pytest.approx([1.0])
    assert [binding.name for binding in plan.binding] == ["car", "hot_water", "comfort"]
    assert str(plan.binding[0]) == "car leaves with 2.0 kWh less than wanted: the connection is at its limit"
    assert [binding.amount for binding in plan.binding] == pytest.approx([2.0, 1.0, 2.0])
    assert plan.limiting == ("import limit in 1 of 1 steps",)


def test_hot_water_goes_before_comfort():
    plan = solve(1, home={"import_limit_kw": 0.1, "tank": TANK, "room": ROOM}, temp_tank_degc=44.0)
    assert plan.p_tank_kw == pytest.approx([0.1])
    assert plan.binding[-1].name == "comfort"


def test_car_that_leaves_too_early_says_so():
    plan = solve(2, home={"car": CAR}, car_wanted_kwh=7.2, car_departure=1)
    assert plan.binding[0].text == "car leaves with 3.2 kWh less than wanted: charging power 4.0 kW for 1 h"
    assert plan.p_ev_kw == pytest.approx([4.0, 0.0])


def test_a_rest_smaller_than_a_step_of_charging_says_so():
    """1 kWh, but the car takes at least 2 kW for an hour."""
    plan = solve(2, home={"car": Car(p_max_kw=4.0, p_min_kw=2.0, efficiency=1.0)}, car_wanted_kwh=1.0)
    assert plan.p_ev_kw == pytest.approx([0.0, 0.0])
    assert plan.binding[0].text == "car leaves with 1.0 kWh less than wanted: less than a step of 1 h at its least power 2.0 kW"


def test_quiet_hours_make_a_machine_late_by_name():
    plan = solve(3, home={"machines": (WASHING,)}, latest=(0,), blocked=[True, True, False])
    assert plan.starts == (2,)
    assert plan.binding[0].text == "washing_machine starts 2.00 h after its latest start: blocked hours leave no earlier start"


def test_machine_that_fits_nowhere_is_missed_by_name():
    plan = solve(2, home={"machines": (WASHING,)}, blocked=[True, True])
    assert plan.starts == (None,)
    assert "washing_machine does not start within the horizon of 2 h: blocked hours" in plan.binding[0].text


def test_machine_may_wait_beyond_the_horizon():
    plan = solve(1, home={"machines": (WASHING,)}, latest=(5,), end_value_eur_per_kwh=0.1)
    assert plan.starts == (None,)
    assert plan.binding == ()


def test_machine_that_is_not_loaded_rests():
    assert solve(2, home={"machines": (WASHING,)}, pending=(False,)).starts == (None,)


def test_battery_below_its_bound_is_no_catastrophe():
    battery = Battery(capacity_kwh=10.0, p_charge_kw=1.0, p_discharge_kw=5.0, efficiency_charge=1.0, min_soc=0.2)
    plan = solve(2, home={"battery": battery}, soc=0.05)
    assert plan.p_battery_kw == pytest.approx([1.0, 0.5])
    assert plan.binding[0].text == "the battery starts at 5.0 %, below its bound of 20.0 %"


def test_load_beyond_the_fuse_is_named():
    plan = solve(1, home={}, base_load_kw=[12.0])
    assert plan.binding[0].text == "import exceeds its limit of 10.0 kW by 2.0 kW: load that cannot be planned"


def test_sun_beyond_the_export_limit_is_cut_or_named():
    sun = {"p_pv_available_kw": [-12.0], "feed_in_eur_per_kwh": [0.1], "export_limit_kw": [7.0]}
    assert solve(1, home={"curtailable": True}, **sun).p_pv_kw == pytest.approx([-7.0])
    assert solve(1, home={}, **sun).binding[0].amount == pytest.approx(5.0)


def test_heat_that_nobody_can_take_away_is_not_the_plan_s_failure():
    """26 °C inside and 30 outside make 26.4 °C, 2.4 K above the band; a home that only heats can do nothing about it."""
    plan = solve(1, home={"room": ROOM}, temp_indoor_degc=26.0, temp_outdoor_degc=[30.0])
    assert plan.comfort_kh == pytest.approx(2.4)
    assert plan.binding == ()


def test_cold_that_an_air_conditioner_cannot_help_is_not_its_failure_but_warmth_is():
    """0.9 x 15 + 0.1 x 10 = 14.5 °C without any power; and 0.9 x 30 + 0.1 x 30 - 1 = 29 °C with all there is."""
    cooler = Room(keep=0.9, gain_k_per_kw=-1.0, leak=0.1, p_max_kw=1.0)
    assert solve(1, home={"room": cooler}, temp_indoor_degc=15.0, temp_outdoor_degc=[10.0]).binding == ()
    plan = solve(1, home={"room": cooler}, temp_indoor_degc=30.0, temp_outdoor_degc=[30.0])
    assert plan.binding[0].text == "room is up to 5.0 K above its comfort band for 1 h: power 1.0 kW"


def test_a_room_that_starts_cold_is_named_once():
    """15 °C inside, 0 °C outside, 5 kW: 18.5, then 21.65 °C or what is needed; 1.5 K h short in the first hour only."""
    plan = solve(3, Weights(comfort=2.0), home={"room": ROOM}, temp_indoor_degc=15.0)
    assert [(each.name, each.amount, each.text) for each in plan.binding] == [
        ("comfort", pytest.approx(1.5), "room is up to 1.5 K below its comfort band for 1 h: power 5.0 kW")
    ]


def test_car_cannot_want_more_than_it_holds():
    plan = solve(2, home={"car": Car(p_max_kw=4.0, efficiency=1.0, capacity_kwh=5.0)}, car_wanted_kwh=6.0)
    assert plan.p_ev_kw.sum() == pytest.approx(5.0)
    assert "more than its battery's 5.0 kWh" in plan.binding[0].text


def test_a_solver_that_may_do_nothing_leaves_the_habit_then_the_last_plan():
    battery = Battery(capacity_kwh=4.0, p_charge_kw=2.0, p_discharge_kw=2.0)
    assets = bare_home(3, battery=battery)
    outlook = bare_outlook(assets, buy_eur_per_kwh=[0.1, 0.3, 0.3], base_load_kw=[1.0] * 3)
    idle = HomeModel(assets, Limits(iterations=0))
    first = idle.solve(outlook)
    assert first.status == "habit"
    assert "the solver stopped early (Iteration limit reached); the home follows the habit" in first.binding[0].text
    model = HomeModel(assets)
    good = model.solve(outlook)
    model._relaxed._highs.setOptionValue("simplex_iteration_limit", 0)
    later = bare_outlook(assets, buy_eur_per_kwh=[0.3, 0.3, 0.5], base_load_kw=[1.0] * 3, soc=float(good.soc[1]), index=1)
    rest = model.solve(later)
    assert rest.status == "previous"
    assert rest.p_battery_kw == pytest.approx([*good.p_battery_kw[1:], 0.0])


def test_what_is_left_of_a_plan_moves_with_the_clock(monkeypatch: pytest.MonkeyPatch):
    """Dishes at hour 2 and the car at hours 1 and 2, planned at 0; two hours later the dishes start at once, the car goes on."""
    assets = bare_home(4, machines=(WASHING,), car=CAR)
    sun = [0.0, -4.0, -6.0, 0.0]
    model = HomeModel(assets)
    first = model.solve(bare_outlook(assets, buy_eur_per_kwh=[0.4, 0.3, 0.3, 0.4], p_pv_available_kw=sun, car_wanted_kwh=8.0))
    assert (first.starts, first.p_ev_kw.tolist()) == ((2,), pytest.approx([0.0, 4.0, 4.0, 0.0]))
    monkeypatch.setattr(model._relaxed, "run", lambda: Outcome(None, "Time limit reached", math.inf))
    rest = model.solve(bare_outlook(assets, buy_eur_per_kwh=[0.1, 0.2, 0.3, 0.4], car_wanted_kwh=4.0, index=2))
    assert (rest.status, rest.starts, rest.p_ev_kw.tolist()) == ("previous", (0,), pytest.approx([4.0, 0.0, 0.0, 0.0]))


def test_the_time_limit_counts_each_solve_anew():
    """HiGHS adds up the time of all runs of a model; so the limit has to move along, or a kept model plans ever less."""
    assets = bare_home(24, battery=Battery(capacity_kwh=4.0, p_charge_kw=2.0, p_discharge_kw=2.0))
    model = HomeModel(assets, Limits(time_s=100.0))
    for price in (0.1, 0.2):
        assert (
            model.solve(bare_outlook(assets, buy_eur_per_kwh=np.linspace(0, price, 24), base_load_kw=[1.0] * 24)).status
            == "optimal"
        )
    assert model._relaxed._highs.getOptionValue("time_limit")[1] > 100.0


def test_branching_that_is_cut_short_says_how_far_it_may_be_off():
    machines = tuple(Machine(name=name, programme_kw=(2.0, 1.0)) for name in ("washing_machine", "dishwasher"))
    assets = bare_home(8, machines=machines, car=Car(p_max_kw=4.0, p_min_kw=1.4))
    sun = -np.array([0, 0, 0.7, 1.1, 0.9, 0.8, 0, 0])
    outlook = bare_outlook(assets, buy_eur_per_kwh=[0.3] * 8, p_pv_available_kw=sun, car_wanted_kwh=3.0)
    exact = HomeModel(assets, Limits(mip_gap=0.0, accept=0.0, nodes=2000)).solve(outlook)
    short = HomeModel(assets, Limits(mip_gap=0.0, accept=0.0, dive=1, nodes=0)).solve(outlook)
    assert short.status in {"incumbent", "previous", "habit"}
    assert short.binding[0].name == "solver"
    assert short.objective_eur >= exact.objective_eur - 1e-9
    assert exact.status == "optimal"
    assert short.objective_eur - exact.objective_eur <= short.gap_eur + 1e-9


def test_weights_that_cannot_be_are_refused():
    with pytest.raises(ModelError, match=r"2 findings(.|\n)*cost \(got -1\)(.|\n)*comfort \(got nan\)"):
        Weights(cost=-1, comfort=float("nan"))
