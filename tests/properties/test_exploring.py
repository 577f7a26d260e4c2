# SPDX-License-Identifier: Apache-2.0
"""What must hold of fronts, conflicts and alternatives whatever the site is."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.planning.exploring_site import Need, heating, home
from twinergy.planning.alternatives import alternatives
from twinergy.planning.blocks.boiler import Boiler
from twinergy.planning.conflict import explain
from twinergy.planning.draft import HEAT
from twinergy.planning.front import front
from twinergy.planning.horizon import Horizon
from twinergy.planning.optimise import Goal, Planner, Status
from twinergy.planning.size import Size

TWO_DAYS = Horizon.whole(48)
QUIET = settings(max_examples=12, deadline=None)
sites = st.builds(
    lambda seed, roof, chp: [*home("n", 48, seed=seed, most_kwp=roof), *heating("heat", "n", 48, most_chp_kw=chp)],
    st.integers(1, 50),
    st.floats(5.0, 200.0),
    st.floats(0.0, 60.0),
)


@QUIET
@given(blocks=sites, points=st.integers(2, 7))
def test_a_front_falls_bends_one_way_and_none_of_it_is_beaten(blocks: list, points: int) -> None:
    planner = Planner(blocks, TWO_DAYS)
    found = front(planner, points).points
    eur, co2_kg = np.array([point.eur for point in found]), np.array([point.co2_kg for point in found])
    assert 1 <= len(found) <= points
    assert (np.diff(eur) > -1e-9 * eur[0]).all()
    assert (np.diff(co2_kg) < 0.0).all()
    slopes = np.diff(eur) / -np.diff(co2_kg)
    assert (np.diff(slopes) >= -1e-5 * np.abs(slopes[1:]) - 1e-9).all()
    for point in found:
        goal = Goal(eur_per_kg=point.eur_per_t / 1000.0)
        cheapest = planner.ask(goal)
        # no plan lies below the line through a point at its price, but for what the point admits
        below = point.eur + goal.eur_per_kg * point.co2_kg - (cheapest.eur + goal.eur_per_kg * cheapest.co2_kg)
        assert below <= point.gap_eur + 1e-6 * abs(point.eur) + (np.inf if point is found[-1] else 0.0)


@QUIET
@given(
    needs=st.lists(st.floats(1.0, 100.0), min_size=1, max_size=4),
    boilers=st.lists(st.floats(1.0, 100.0), min_size=4, max_size=4),
)
def test_every_planted_shortage_is_named_with_its_kilowatts(needs: list[float], boilers: list[float]) -> None:
    blocks = []
    for number, (need_kw, boiler_kw) in enumerate(zip(needs, boilers, strict=False)):
        node, size = f"n{number}", Size(unit="kW", existing=boiler_kw, most=0.0)
        blocks.append(Need(id=f"{node}-need", node=node, carrier=HEAT, demand_kw=need_kw))
        blocks.append(Boiler(id=f"{node}-boiler", node=node, size=size, efficiency=1.0, fuel_eur_per_kwh=0.1))
    found = explain(Planner(blocks, Horizon.whole(2)))
    short = {f"n{n}": need - there for n, (need, there) in enumerate(zip(needs, boilers, strict=False)) if need - there > 1e-3}
    slightly = {f"n{n}" for n, (need, there) in enumerate(zip(needs, boilers, strict=False)) if 0.0 < need - there <= 1e-3}
    said = {
        member.limit.block: member.missed for clash in found.clashes for member in clash.members if member.limit.kind == "demand"
    }
    assert (found.status is Status.INFEASIBLE) or not short
    assert set(said) - slightly == set(short)
    for node, missed in short.items():
        assert abs(said[node] - missed) <= 1e-5


@QUIET
@given(blocks=sites, slack=st.floats(0.005, 0.2))
def test_alternatives_stay_within_what_they_may_cost_and_ranges_hold_them(blocks: list, slack: float) -> None:
    planner = Planner(blocks, TWO_DAYS)
    best = planner.ask().eur
    found = alternatives(planner, slack=slack, count=3)
    for plan in found.plans:
        assert plan.eur <= best + slack * abs(best) + 1e-6 * abs(best)
        for one in found.ranges:
            assert one.least - 1e-4 <= plan.groups[one.name] <= one.most + 1e-4
