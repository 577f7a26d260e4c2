# SPDX-License-Identifier: Apache-2.0
"""How far a plan may be off, and that prices of all kinds end within the solver's own means."""

from __future__ import annotations

import numpy as np
import pytest

from controllers.home_energy.optimum import Battery, Car, HomeModel, Room, Tank, Weights
from controllers.home_energy.optimum.branching import Branching
from controllers.home_energy.optimum.cuts import Facets, ways_kw
from controllers.home_energy.optimum.layout import layout_of
from controllers.home_energy.optimum.prices import counted_prices
from controllers.home_energy.optimum.stake import at_stake_eur, gap_between
from tests.unit.optimum_sample import bare_home, bare_outlook

BATTERY = Battery(capacity_kwh=10.0, p_charge_kw=5.0, p_discharge_kw=5.0, wear_eur_per_kwh=0.02)
TOO_FAR = 0.03
"""Largest gap that trading at odd prices may leave: most of a step that is neither wholly bought nor wholly sold."""


def stake(assets: object, values: dict[str, float], **known: object) -> float:
    outlook, layout = bare_outlook(assets, **known), layout_of(assets)
    columns = np.zeros(layout.relaxed_columns)
    for name, value in values.items():
        columns[layout.columns[name]] = value
    return at_stake_eur(assets, layout, outlook, counted_prices(assets, outlook, Weights()), columns)


def test_at_stake_is_what_the_demand_would_cost():
    """0.5 EUR/kWh, two hours: 1 kW of load 1.0; 4 kWh into the car 4 / 0.8 x 0.5 = 2.5; 1 kW of hot water with COP 2 0.5; a
    room of 20 °C at 0 °C outside 2 kW, 2.0. What is sold at the meter is less than that."""
    assets = bare_home(
        2, car=Car(p_max_kw=4.0, efficiency=0.8), tank=Tank(kwh_per_k=0.2, loss_kw_per_k=0.0, p_max_kw=1.0, cop=2.0),
        room=Room(keep=0.9, gain_k_per_kw=1.0, leak=0.1, p_max_kw=5.0),
    )  # fmt: skip
    known = {"buy_eur_per_kwh": [0.5, 0.5], "base_load_kw": [1.0, 1.0], "car_wanted_kwh": 4.0, "draw_kw": [1.0, 1.0]}
    assert stake(assets, {"export": 1.0}, feed_in_eur_per_kwh=[0.1, 0.1], **known) == pytest.approx(6.0)


def test_at_stake_is_at_least_what_the_meter_says_and_ten_cents():
    assets = bare_home(2)
    assert stake(assets, {"export": 5.0}, feed_in_eur_per_kwh=[0.9, 0.9]) == pytest.approx(9.0)
    assert stake(assets, {}) == pytest.approx(0.1)
    assert gap_between(1.02, 1.0, 4.0) == pytest.approx(0.005)


def test_most_power_each_way_by_hand():
    """Sun 4, load 1, battery 5 kW: out 4 - 1 + 5 = 8, in 1 + 5 = 6 when the sun may be cut and 2 when it must be used."""
    for curtailable, most_in in ((True, 6.0), (False, 2.0)):
        assets = bare_home(1, battery=BATTERY, curtailable=curtailable)
        ways = ways_kw(assets, bare_outlook(assets, base_load_kw=[1.0], p_pv_available_kw=[-4.0]))
        assert [float(way[0]) for way in ways] == pytest.approx([most_in, 8.0])


def test_a_car_fed_below_its_least_power_is_cut_off():
    """2 kW of sun carry half of a car of at least 4 kW: a relaxed car of 2 kW needs 1 kW from the grid, a real one 2 of 4."""
    assets = bare_home(1, car=Car(p_max_kw=8.0, p_min_kw=4.0, efficiency=1.0))
    outlook = bare_outlook(assets, buy_eur_per_kwh=[0.3], p_pv_available_kw=[-2.0], car_wanted_kwh=4.0)
    layout = layout_of(assets)
    facets = Facets(assets, layout, outlook, counted_prices(assets, outlook, Weights()))
    for car_kw, import_kw, cut_off in ((2.0, 0.0, True), (2.0, 1.0, False), (4.0, 2.0, False), (0.0, 0.0, False)):
        values = np.zeros(layout.relaxed_columns)
        values[layout.columns["car"]], values[layout.columns["import"]] = car_kw, import_kw
        assert bool(list(facets.violated(values))) is cut_off


@pytest.mark.parametrize(("buy", "feed_in"), [(0.3, 0.9), (-0.05, 0.08), (-0.5, 0.08), (-0.5, -0.5)])
def test_odd_prices_need_no_other_solver(buy: float, feed_in: float, monkeypatch: pytest.MonkeyPatch):
    """Six hours at these prices, else ordinary ones: a plan that is nearly proven, after a bounded number of relaxations."""
    steps = np.arange(96)
    hour = steps / 4
    odd = (hour >= 11) & (hour < 17)
    assets = bare_home(96, step_s=900.0, battery=BATTERY, curtailable=True)
    outlook = bare_outlook(
        assets, soc=0.4, base_load_kw=0.3 + 0.5 * (steps * 7 % 5 == 0), feed_in_eur_per_kwh=np.where(odd, feed_in, 0.08),
        buy_eur_per_kwh=np.where(odd, buy, 0.3 + 0.05 * np.sin(hour)),
        p_pv_available_kw=np.minimum(-5.0 * np.sin((hour - 6) / 12 * np.pi), 0.0),
    )  # fmt: skip
    solved = []
    run = Branching._solve
    monkeypatch.setattr(Branching, "_solve", lambda *given: solved.append(1) or run(*given))
    model = HomeModel(assets)
    plan = model.solve(outlook)
    assert plan.mip_gap <= TOO_FAR
    assert (plan.status == "optimal") == (plan.mip_gap <= model.limits.mip_gap)
    assert (plan.binding == ()) == (plan.status == "optimal")
    assert model._exact is None
    assert len(solved) <= 2 * model.limits.dive
