# SPDX-License-Identifier: Apache-2.0
"""What the optimum says of what it did not choose, proved by solving again with exactly that change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.unit.planning.exploring_site import heating, home, shapes, site
from twinergy.planning.blocks.demand import Demand
from twinergy.planning.blocks.pv import Pv
from twinergy.planning.blocks.tariff import Tariff
from twinergy.planning.horizon import Horizon
from twinergy.planning.optimise import CO2, COST, Goal, Planner
from twinergy.planning.reasons import EURO, _short, reasons
from twinergy.planning.size import Size

if TYPE_CHECKING:
    from twinergy.planning.plan import Reason

WEEK = Horizon.whole(168)


def meter_only(**options: Any) -> list[Any]:
    blocks = home("n", 168)
    blocks[0] = replace(blocks[0], **options)
    return blocks


def said(blocks: list[Any], goal: Goal = COST) -> dict[str, Reason]:
    planner = Planner(blocks, WEEK)
    return {reason.what.split(" is ")[0].split(": ")[-1]: reason for reason in reasons(planner, goal=goal)}


def dear_battery(factor: float = 4.0, **capacity: float) -> list[Any]:
    blocks = site(168)
    battery = blocks[3]
    size = replace(battery.capacity, **{"annual_eur": factor * battery.capacity.annual_eur, **capacity})
    return [*blocks[:3], replace(battery, capacity=size), *blocks[4:]]


def test_a_battery_is_built_as_soon_as_it_is_cheaper_by_what_is_said() -> None:
    blocks = dear_battery()
    reason = said(blocks)["homes-1-battery.capacity_kwh"]
    now = blocks[3].capacity.annual_eur
    assert reason.unit == "EUR/kWh/a"
    for part, built in ((0.98, False), (1.02, True)):
        capacity = (
            Planner(dear_battery(annual_eur=now - part * reason.value), WEEK).ask().sizes()["homes-1-battery", "capacity_kwh"]
        )
        assert (capacity > 1e-6) is built


def test_a_roof_is_used_as_soon_as_modules_are_cheaper_by_what_is_said() -> None:
    reason = said(site(168))["homes-1-pv.size_south_kwp"]
    for part, built in ((0.999, False), (1.001, True)):
        blocks = site(168)
        face = blocks[2].faces[0]
        cheaper = replace(face.size, annual_eur=face.size.annual_eur - part * reason.value)
        blocks[2] = replace(blocks[2], faces=(replace(face, size=cheaper),))
        assert (Planner(blocks, WEEK).ask().sizes()["homes-1-pv", "size_south_kwp"] > 1e-6) is built


def small_roof(most_kwp: float) -> list[Any]:
    blocks = [*home("homes-1", 168, most_kwp=most_kwp), *heating("heat", "homes-1", 168, most_chp_kw=0.0)]
    face = blocks[2].faces[0]
    blocks[2] = replace(blocks[2], faces=(replace(face, size=replace(face.size, annual_eur=20.0)),))
    return blocks


def test_one_more_unit_of_a_full_roof_saves_what_is_said() -> None:
    reason = said(small_roof(10.0))["homes-1-pv.size_south_kwp"]
    assert "is at its limit of 10 kWp" in reason.what
    saved = Planner(small_roof(10.0), WEEK).ask().eur - Planner(small_roof(10.1), WEEK).ask().eur
    assert saved / 0.1 == pytest.approx(reason.value, rel=1e-3)


def test_a_connection_that_binds_is_worth_what_is_said() -> None:
    def connected(limit_kw: float) -> list[Any]:
        return meter_only(limit=Size(unit="kW", existing=limit_kw, most=0.0))

    least_kw = 0.9 * shapes(168)["load_kw"].max()
    reason = said(connected(least_kw))["n-meter.limit_kw"]
    saved = Planner(connected(least_kw), WEEK).ask().eur - Planner(connected(least_kw + 0.01), WEEK).ask().eur
    assert saved / 0.01 == pytest.approx(reason.value, rel=1e-3)


def test_a_limit_on_feeding_in_is_worth_what_is_said() -> None:
    def exporting(limit_kw: float) -> list[Any]:
        blocks = small_roof(400.0)
        face = blocks[2].faces[0]
        blocks[2] = replace(blocks[2], faces=(replace(face, size=replace(face.size, annual_eur=10.0)),))
        blocks[0] = replace(blocks[0], export_limit_kw=limit_kw)
        return blocks

    found = reasons(Planner(exporting(3.0), WEEK))
    reason = next(one for one in found if "export_kw is at its limit of 3 in" in one.what)
    saved = Planner(exporting(3.0), WEEK).ask().eur - Planner(exporting(3.01), WEEK).ask().eur
    assert saved / 0.01 == pytest.approx(reason.value, rel=2e-2)


def test_a_limit_on_greenhouse_gases_is_worth_what_is_said() -> None:
    goal = Goal(most_co2_kg=195_000.0)
    reason = next(one for one in reasons(Planner(site(168), WEEK), goal=goal) if one.unit == "EUR/t")
    planner = Planner(site(168), WEEK)
    saved = planner.ask(goal).eur - planner.ask(Goal(most_co2_kg=195_010.0)).eur
    assert 100.0 * saved == pytest.approx(reason.value, rel=1e-3)


def test_what_must_be_built_is_worth_less_than_it_costs() -> None:
    found = reasons(Planner(dear_battery(least=20.0), WEEK))
    reason = next(one for one in found if "at least 20 kWh of homes-1-battery.capacity_kwh are asked for" in one.what)
    saved = Planner(dear_battery(least=20.0), WEEK).ask().eur - Planner(dear_battery(least=19.99), WEEK).ask().eur
    assert saved / 0.01 == pytest.approx(reason.value, rel=1e-3)


def test_without_a_plan_or_with_whole_numbers_there_are_no_reasons() -> None:
    assert reasons(Planner(site(168), WEEK), goal=Goal(most_co2_kg=1.0)) == ()
    packs = dear_battery(step=5.0)
    assert reasons(Planner(packs, WEEK)) == ()


def test_asking_for_reasons_leaves_the_problem_as_it_was() -> None:
    planner = Planner(site(168), WEEK)
    before = planner.ask().eur
    reasons(planner)
    assert planner.ask().eur == pytest.approx(before, rel=1e-9)


def test_a_cost_that_is_nothing_has_no_sign() -> None:
    size = Size(unit="kWh", annual_eur=12.34)
    assert _short(size, 12.34 + 1e-9, EURO).endswith("from 12.34 to 0.00 EUR/kWh/a")
    assert _short(size, 13.0, EURO).endswith("from 12.34 to -0.66 EUR/kWh/a")


def test_least_greenhouse_gases_are_explained_in_kg() -> None:
    """10 kW of demand all day, a roof of at most 3 kWp with half a kW per kWp: one kWp more saves 4,380 kWh of 400 g each."""
    blocks: list[Any] = [
        Demand(id="need", node="n", demand_kw=np.full(168, 10.0)),
        Tariff(id="meter", node="n", import_eur_per_kwh=0.3, export_eur_per_kwh=0.1, co2_g_per_kwh=400.0),
        Pv.of(id="roof", node="n", yield_kw_per_kwp=0.5, size=Size(unit="kWp", most=3.0, annual_eur=90.0)),
        Pv.of(id="bad", node="n", yield_kw_per_kwp=0.5, size=Size(unit="kWp", most=3.0, embodied_kg=2000.0)),
    ]
    planner = Planner(blocks, WEEK)
    found = {reason.block: reason for reason in reasons(planner, planner.ask(CO2))}
    assert found["roof"].value == pytest.approx(0.5 * 8760.0 * 0.4, rel=1e-3)
    assert found["roof"].unit == "kg CO2e/kWp/a"
    assert "one more saves 1,752." in found["roof"].what
    assert found["bad"].what == "bad.size_kwp is not built; one kWp of it would make 248.00 kg CO2e/a more"
