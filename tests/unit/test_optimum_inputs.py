# SPDX-License-Identifier: Apache-2.0
"""Homes and outlooks that cannot be, and those that are merely small."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from controllers.home_energy.optimum import Battery, Car, HomeModel, HomeOutlook, Machine, Room, Tank, habit
from tests.unit.optimum_sample import PARTS, bare_home, bare_outlook, random_home, random_outlook
from twinergy.errors import ModelError

EVERYTHING = {
    "battery": Battery(capacity_kwh=5.0, p_charge_kw=2.0, p_discharge_kw=2.0),
    "car": Car(p_max_kw=4.0),
    "tank": Tank(kwh_per_k=0.2, loss_kw_per_k=0.0, p_max_kw=1.0),
    "room": Room(keep=0.9, gain_k_per_kw=1.0, leak=0.1, p_max_kw=1.0),
    "machines": (Machine(name="dishwasher", programme_kw=(1.0,)),),
}


def test_everything_that_is_missing_is_named_at_once():
    assets = bare_home(2, **EVERYTHING)
    zero = np.zeros(2)
    outlook = HomeOutlook(
        buy_eur_per_kwh=np.array([0.1, math.nan]), feed_in_eur_per_kwh=zero, co2_g_per_kwh=zero, base_load_kw=np.zeros(3),
        p_pv_available_kw=zero + 1.0,
    )  # fmt: skip
    with pytest.raises(ModelError) as caught:
        HomeModel(assets).solve(outlook)
    text = str(caught.value)
    for said in (
        "buy_eur_per_kwh (got nan in step 1, 1 in all)", "base_load_kw (got shape (3,)); allowed: (2,)",
        "p_pv_available_kw (got 1 in step 0); allowed: numbers up to 0", "soc (got nan)", "temp_indoor_degc", "comfort_low_degc",
        "draw_kw (got nothing)", "car_present", "car_wanted_kwh", "pending (got 0 values); allowed: one per machine, 1",
    ):  # fmt: skip
        assert said in text
    assert text.startswith("outlook of the home: ")


@pytest.mark.parametrize("name", ["feed_in_eur_per_kwh", "co2_g_per_kwh", "temp_outdoor_degc", "gain_k", "draw_kw"])
def test_a_gap_in_a_forecast_is_named(name: str):
    assets = bare_home(3, **EVERYTHING)
    outlook = bare_outlook(assets, **{name: [0.0, math.nan, math.nan]})
    with pytest.raises(ModelError, match=rf"{name} \(got nan in step 1, 2 in all\)"):
        HomeModel(assets).solve(outlook)


def test_a_comfort_band_upside_down_is_refused():
    assets = bare_home(1, room=EVERYTHING["room"])
    with pytest.raises(ModelError, match=r"comfort_low_degc \(got 25 in step 0\); allowed: at most comfort_high_degc, 24"):
        habit(assets, bare_outlook(assets, comfort_low_degc=[25.0]))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"step_s": 0}, r"step_s \(got 0\)"),
        ({"import_limit_kw": math.inf}, r"import_limit_kw \(got inf\)"),
        ({"battery": Battery(capacity_kwh=5, p_charge_kw=-1, p_discharge_kw=1)}, r"battery.p_charge_kw \(got -1\)"),
        (
            {"battery": Battery(capacity_kwh=5, p_charge_kw=1, p_discharge_kw=1, efficiency_charge=0)},
            r"efficiency_charge \(got 0\)",
        ),
        (
            {"battery": Battery(capacity_kwh=5, p_charge_kw=1, p_discharge_kw=1, min_soc=0.9, max_soc=0.5)},
            "at most battery.max_soc, 0.5",
        ),
        ({"car": Car(p_max_kw=1.0, p_min_kw=2.0)}, "at most car.p_max_kw, 1.0 kW"),
        ({"tank": Tank(kwh_per_k=0.0, loss_kw_per_k=0.0, p_max_kw=1.0)}, r"tank.kwh_per_k \(got 0.0\)"),
        ({"tank": Tank(kwh_per_k=1.0, loss_kw_per_k=0.0, p_max_kw=1.0, low_degc=70.0)}, "at most tank.high_degc, 60.0 °C"),
        ({"room": Room(keep=1.2, gain_k_per_kw=1.0, leak=0.0, p_max_kw=1.0)}, r"room.keep \(got 1.2\)"),
        ({"machines": (Machine(name="dishwasher", programme_kw=()),)}, "machines.dishwasher.programme_kw"),
        ({"machines": EVERYTHING["machines"] * 4}, "at most 3"),
    ],
)
def test_homes_that_cannot_be(wrong: dict, said: str):
    with pytest.raises(ModelError, match=said):
        bare_home(1, **wrong)


def test_a_home_with_nothing_only_pays():
    assets = bare_home(1)
    plan = HomeModel(assets).solve(bare_outlook(assets, buy_eur_per_kwh=[0.3], base_load_kw=[2.0]))
    assert (plan.cost_eur, plan.status, plan.binding, plan.starts) == (pytest.approx(0.6), "optimal", (), ())
    assert np.isnan(plan.temp_indoor_degc).all()


def test_things_of_size_zero_do_nothing():
    nothing = {
        "battery": Battery(capacity_kwh=0.0, p_charge_kw=1.0, p_discharge_kw=1.0),
        "car": Car(p_max_kw=0.0),
        "tank": Tank(kwh_per_k=0.2, loss_kw_per_k=0.0, p_max_kw=0.0),
        "room": Room(keep=1.0, gain_k_per_kw=0.0, leak=0.0, p_max_kw=0.0),
        "machines": (Machine(name="dishwasher", programme_kw=(0.0,)),),
    }
    assets = bare_home(2, **nothing)
    outlook = bare_outlook(assets, buy_eur_per_kwh=[-0.3, 0.3])
    for plan in (HomeModel(assets).solve(outlook), habit(assets, outlook)):
        assert plan.cost_eur == pytest.approx(0.0)
        assert plan.binding == ()


def test_last_plan_leaves_no_trace_in_the_next():
    """The model is kept: solving B after A gives what B alone gives."""
    rng = np.random.default_rng(4)
    parts = frozenset(PARTS)
    home = random_home(rng, 24, parts)
    first, second = (random_outlook(rng, home, parts) for _ in range(2))
    kept = HomeModel(home)
    kept.solve(first)
    fresh = HomeModel(home).solve(second)
    assert kept.solve(second).objective_eur == pytest.approx(fresh.objective_eur, rel=kept.limits.mip_gap)


def test_other_limits_than_the_connection_s_hold():
    assets = bare_home(2, car=Car(p_max_kw=4.0, efficiency=1.0))
    outlook = bare_outlook(assets, buy_eur_per_kwh=[0.1, 0.3], car_wanted_kwh=4.0)
    dimmed = replace(outlook, import_limit_kw=np.array([1.5, 10.0]))
    assert HomeModel(assets).solve(dimmed).p_ev_kw == pytest.approx([1.5, 2.5])
