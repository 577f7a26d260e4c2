# SPDX-License-Identifier: Apache-2.0
"""What the home would do without the module, and many homes at once."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from controllers.home_energy.optimum import (
    Battery,
    Car,
    HomeModel,
    HomePlan,
    Machine,
    Room,
    SetPoints,
    Tank,
    Weights,
    habit,
    solve_many,
)
from tests.unit.optimum_sample import PARTS, bare_home, bare_outlook, random_home, random_outlook


def test_battery_follows_the_net_load_by_hand():
    """Lossless 2 kWh, 1.5 kW: takes 1.5 of 2 kW surplus, then the last 0.5 kWh, then gives 1.5 of 3 and the rest of 0.5."""
    battery = Battery(capacity_kwh=2.0, p_charge_kw=1.5, p_discharge_kw=1.5, efficiency_charge=1.0, efficiency_discharge=1.0)
    assets = bare_home(4, battery=battery)
    outlook = bare_outlook(assets, base_load_kw=[0.0, 0.0, 3.0, 1.0], p_pv_available_kw=[-2.0, -2.0, 0.0, 0.0])
    plan = habit(assets, outlook)
    assert plan.p_battery_kw == pytest.approx([1.5, 0.5, -1.5, -0.5])
    assert plan.p_import_kw - plan.p_export_kw == pytest.approx([-0.5, -1.5, 1.5, 0.5])
    assert plan.status == "habit"


def test_everything_starts_at_once():
    """Machine now, car from arrival, tank and room held at their lower edges: 20 °C needs 2 kW, 47 °C from 44 needs 0.3 kWh."""
    assets = bare_home(
        3, machines=(Machine(name="dishwasher", programme_kw=(1.0, 0.5)),), car=Car(p_max_kw=3.0, efficiency=1.0),
        tank=Tank(kwh_per_k=0.1, loss_kw_per_k=0.0, p_max_kw=2.0), room=Room(keep=0.9, gain_k_per_kw=1.0, leak=0.1, p_max_kw=5.0),
    )  # fmt: skip
    outlook = bare_outlook(assets, car_present=[False, True, True], car_wanted_kwh=4.0, temp_tank_degc=44.0)
    plan = habit(assets, outlook)
    assert plan.starts == (0,)
    assert plan.p_ev_kw == pytest.approx([0.0, 3.0, 1.0])
    assert plan.p_tank_kw == pytest.approx([0.1, 0.0, 0.0])
    assert plan.p_heat_kw == pytest.approx([2.0, 2.0, 2.0])
    warmer = habit(assets, outlook, set_points=SetPoints(indoor_degc=np.full(3, 21.0), water_degc=47.0))
    assert warmer.p_tank_kw == pytest.approx([0.3, 0.0, 0.0])
    assert warmer.p_heat_kw == pytest.approx([3.0, 2.1, 2.1])


def test_what_does_not_fit_is_shed_and_named():
    assets = bare_home(2, import_limit_kw=4.0, car=Car(p_max_kw=3.0, p_min_kw=2.0, efficiency=1.0))
    plan = habit(assets, bare_outlook(assets, base_load_kw=[2.5, 1.0], car_wanted_kwh=5.0))
    assert plan.p_ev_kw == pytest.approx([0.0, 3.0])
    assert plan.binding[0].amount == pytest.approx(2.0)


def test_saving_is_the_difference_of_like_and_like():
    """1 kWh of dishes now at 0.40 or later at 0.10."""
    assets = bare_home(2, machines=(Machine(name="dishwasher", programme_kw=(1.0,)),))
    outlook = bare_outlook(assets, buy_eur_per_kwh=[0.4, 0.1], co2_g_per_kwh=[400.0, 100.0])
    plan, without = HomeModel(assets).solve(outlook), habit(assets, outlook)
    assert without.cost_eur - plan.cost_eur == pytest.approx(0.3)
    assert without.co2_kg - plan.co2_kg == pytest.approx(0.3)


def same(one: HomePlan, other: HomePlan) -> bool:
    return all(np.array_equal(getattr(one, f.name), getattr(other, f.name), equal_nan=f.name.startswith(("temp", "soc")))
               for f in fields(one))  # fmt: skip


def test_threads_change_nothing():
    rng = np.random.default_rng(8)
    parts = frozenset(PARTS)
    homes = [random_home(rng, 24, parts) for _ in range(6)]
    days = [[random_outlook(rng, home, parts) for home in homes] for _ in range(3)]

    def plans(threads: int) -> list[HomePlan]:
        models = [HomeModel(home) for home in homes]
        return [plan for outlooks in days for plan in solve_many(models, outlooks, [Weights()] * 6, threads)]

    alone = plans(1)
    assert all(same(one, other) for one, other in zip(alone, plans(3), strict=True))
    assert all(same(one, other) for one, other in zip(alone, plans(1), strict=True))


def test_as_many_outlooks_as_homes():
    assets = bare_home(1)
    with pytest.raises(ValueError, match="shorter"):
        solve_many([HomeModel(assets)] * 2, [bare_outlook(assets)], [Weights()] * 2)
