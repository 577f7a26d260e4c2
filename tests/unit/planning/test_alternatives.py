# SPDX-License-Identifier: Apache-2.0
"""Plans that cost hardly more: ranges by hand for two boilers, and proved by forcing sizes beyond them elsewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.planning.exploring_site import Need, site
from twinergy.errors import ModelError
from twinergy.planning.alternatives import alternatives
from twinergy.planning.blocks.boiler import Boiler
from twinergy.planning.draft import HEAT
from twinergy.planning.horizon import Horizon
from twinergy.planning.optimise import COST, Goal, Planner
from twinergy.planning.size import Size

DAY, WEEK = Horizon.whole(24), Horizon.whole(168)


def two_boilers(demand_kw: float = 100.0) -> Planner:
    def one(name: str, annual_eur: float) -> Boiler:
        size = Size(unit="kW", most=150.0, annual_eur=annual_eur)
        return Boiler(id=name, node="n", size=size, efficiency=1.0, fuel_eur_per_kwh=0.1)

    return Planner([Need(id="need", node="n", carrier=HEAT, demand_kw=demand_kw), one("cheap", 100.0), one("dear", 120.0)], DAY)


def test_ranges_of_two_boilers_by_hand() -> None:
    # 100 kW x (100 + 876) EUR = 97,600 EUR; 1 % more are 976 EUR, which move 976 / 20 = 48.8 kW from one boiler to the other, or
    # add 976 / 100 = 9.76 kW of the cheap one that nobody needs
    found = {one.name: one for one in alternatives(two_boilers(), slack=0.01, by_kind=False).ranges}
    cheap, dear = found["cheap.size_kw"], found["dear.size_kw"]
    assert (cheap.least, cheap.best, cheap.most) == pytest.approx((51.2, 100.0, 109.76), abs=1e-3)
    assert (dear.least, dear.best, dear.most) == pytest.approx((0.0, 0.0, 48.8), abs=1e-3)


def test_sizes_of_a_kind_count_together() -> None:
    found = alternatives(two_boilers(), slack=0.01)
    assert [one.name for one in found.ranges] == ["boiler.size_kw"]
    assert (found.ranges[0].least, found.ranges[0].best) == pytest.approx((100.0, 100.0))


def test_no_plan_costs_more_than_it_may_and_the_first_is_the_best() -> None:
    planner = Planner(site(168, 2), WEEK)
    best = planner.ask().eur
    found = alternatives(planner, slack=0.03, count=5)
    assert found.plans[0].sought == "best"
    assert [plan.eur <= best * 1.03 * (1.0 + 1e-7) for plan in found.plans] == [True] * 5
    assert len({tuple(round(size, 3) for size in plan.sizes.values()) for plan in found.plans}) == 5


def test_beyond_its_range_a_size_costs_more_than_it_may() -> None:
    planner = Planner(site(168), WEEK)
    best = planner.ask().eur
    found = {one.name: one for one in alternatives(planner, slack=0.02).ranges}
    most = found["pv.size_south_kwp"].most
    for least, within in ((0.99 * most, True), (1.01 * most, False)):
        blocks = site(168)
        face = blocks[2].faces[0]
        blocks[2] = replace(blocks[2], faces=(replace(face, size=replace(face.size, least=least, most=500.0)),))
        assert (Planner(blocks, WEEK).ask().eur <= 1.02 * best) is within


def test_a_goal_with_a_limit_keeps_it_in_all_plans() -> None:
    goal = Goal(most_co2_kg=195_000.0)
    found = alternatives(Planner(site(168), WEEK), goal=goal, count=3)
    assert all(plan.co2_kg <= 195_000.0 * (1.0 + 1e-7) for plan in found.plans)


def test_afterwards_the_planner_answers_as_before() -> None:
    planner = Planner(site(168), WEEK)
    before = planner.ask(COST).eur
    alternatives(planner, count=2)
    assert planner.ask(COST).eur == pytest.approx(before, rel=1e-9)


def test_the_same_seed_gives_the_same_plans() -> None:
    one, other = (alternatives(Planner(site(168), WEEK), count=4, seed=3) for _ in range(2))
    assert one == other


def test_a_slack_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="give a slack above 0, got 0"):
        alternatives(two_boilers(), slack=0.0)


def test_without_a_plan_there_is_nothing_to_vary() -> None:
    with pytest.raises(ModelError, match="no plan to vary"):
        alternatives(two_boilers(demand_kw=1000.0))
