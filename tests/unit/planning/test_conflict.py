# SPDX-License-Identifier: Apache-2.0
"""Conflicts that were planted: the set named is the one planted, none can be spared, moving one as far as said is enough."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.unit.planning.exploring_site import Need, site
from twinergy.planning.blocks.boiler import Boiler
from twinergy.planning.blocks.chp import Chp
from twinergy.planning.blocks.tariff import Tariff
from twinergy.planning.blocks.together import Together
from twinergy.planning.conflict import Conflict, as_dict, explain
from twinergy.planning.draft import ELECTRICITY, HEAT
from twinergy.planning.horizon import Horizon
from twinergy.planning.optimise import COST, Goal, Planner, Status
from twinergy.planning.size import Size

if TYPE_CHECKING:
    from twinergy.planning.draft import Block

DAY, WEEK = Horizon.whole(24), Horizon.whole(168)


def boiler(name: str, node: str, existing_kw: float, **options: Any) -> Boiler:
    size = options.pop("size", Size(unit="kW", existing=existing_kw, most=0.0))
    return Boiler(id=name, node=node, size=size, efficiency=1.0, fuel_eur_per_kwh=0.1, fuel_co2_g_per_kwh=200.0, **options)


def need(node: str, demand_kw: Any, carrier: str = HEAT) -> Need:
    return Need(id=f"{node}-need", node=node, carrier=carrier, demand_kw=demand_kw)


def meter(**options: Any) -> Tariff:
    return Tariff(id="meter", node="n", import_eur_per_kwh=0.3, export_eur_per_kwh=0.0, **options)


def told(blocks: list[Block], goal: Goal = COST, horizon: Horizon = DAY) -> Conflict:
    planner = Planner(blocks, horizon)
    assert planner.ask(goal).answer.status is not Status.OPTIMAL
    return explain(planner, goal)


def named(found: Conflict) -> list[set[tuple[str, str]]]:
    return [{(member.limit.kind, member.limit.block) for member in clash.members} for clash in found.clashes]


def missed(found: Conflict) -> dict[tuple[str, str], float]:
    return {(one.limit.kind, one.limit.block): one.missed for clash in found.clashes for one in clash.members}


def test_demand_above_boiler_and_chp() -> None:
    # 60 kW of boiler and 10 kW electric x 0.5 / 0.4 = 12.5 kW of CHP against 80 kW in 6 of 24 hours: 7.5 kW, 2,190 h, 16,425 kWh
    demand_kw = np.full(24, 50.0)
    demand_kw[:6] = 80.0
    engine = {"electric_efficiency": 0.4, "thermal_efficiency": 0.5, "fuel_eur_per_kwh": 0.08}
    chp = Chp(id="chp", node="heat", electric_node="n", size=Size(unit="kW", existing=10.0, most=0.0), **engine)
    found = told([need("heat", demand_kw), boiler("boiler", "heat", 60.0), chp, meter()])
    assert found.status is Status.INFEASIBLE
    assert named(found) == [{("demand", "heat"), ("most", "boiler"), ("most", "chp")}]
    assert missed(found) == pytest.approx({("demand", "heat"): 7.5, ("most", "boiler"): 7.5, ("most", "chp"): 6.0})
    member = next(one for one in found.clashes[0].members if one.limit.kind == "demand")
    assert (member.hours, member.energy_kwh) == pytest.approx((2190.0, 16425.0))
    assert "boiler: size_kw is at most 60 kW, existing and new; raise it by 7.5 kW" in str(found)
    assert "heat: heat demand, up to 80 kW; lower it, or bring more, by up to 7.5 kW in 2,190 h, 16,425 kWh a year" in str(found)


def test_two_conflicts_apart_are_both_named() -> None:
    found = told([need("a", 10.0), boiler("boiler-a", "a", 8.0), need("b", 10.0), boiler("boiler-b", "b", 5.0)])
    assert sorted(map(sorted, named(found))) == [
        [("demand", "a"), ("most", "boiler-a")],
        [("demand", "b"), ("most", "boiler-b")],
    ]
    assert missed(found)["most", "boiler-b"] == pytest.approx(5.0)


def test_two_conflicts_that_overlap_in_a_budget() -> None:
    # 876 EUR of fuel for 1 kW over the year; two boilers of at least 5 kW at 100 EUR/kW and 1 kW of demand each: 2,752 EUR
    size = Size(unit="kW", least=5.0, most=9.0, annual_eur=100.0)
    blocks = [need("a", 1.0), boiler("boiler-a", "a", 0.0, size=size), need("b", 1.0), boiler("boiler-b", "b", 0.0, size=size)]
    found = told(blocks, Goal(most_eur=2700.0))
    assert ("eur", "") in named(found)[0]
    assert missed(found)["eur", ""] == pytest.approx(52.0)
    assert missed(found)["least", "boiler-a"] == pytest.approx(0.52)
    assert "limit on cost of 2,700 EUR/a; raise it by 52 EUR/a" in str(found)


def test_a_budget_below_the_least_size_alone() -> None:
    size = Size(unit="kW", least=5.0, most=9.0, annual_eur=100.0)
    found = told([need("a", 1.0), boiler("other", "a", 1.0), boiler("new", "a", 0.0, size=size)], Goal(most_eur=400.0))
    first = named(found)[0]
    assert {("least", "new"), ("eur", "")} <= first or {("demand", "a"), ("eur", "")} <= first
    _is_minimal([need("a", 1.0), boiler("other", "a", 1.0), boiler("new", "a", 0.0, size=size)], found, Goal(most_eur=400.0))


def test_a_limit_on_co2_below_the_possible() -> None:
    # 10 kW x 8,760 h x 200 g = 17,520 kg
    blocks = [need("a", 10.0), boiler("boiler", "a", 20.0)]
    found = told(blocks, Goal(most_co2_kg=15000.0))
    assert named(found) == [{("demand", "a"), ("co2", "")}]
    assert missed(found)["co2", ""] == pytest.approx(2520.0)


def test_a_connection_that_is_too_small() -> None:
    found = told([need("n", 12.0, ELECTRICITY), meter(limit=Size(unit="kW", existing=10.0, most=0.0))])
    assert named(found) == [{("demand", "n"), ("most", "meter")}]
    assert missed(found)["most", "meter"] == pytest.approx(2.0)


def test_power_that_nobody_takes() -> None:
    found = told([need("n", -5.0, ELECTRICITY), meter(export_limit_kw=3.0)])
    assert named(found) == [{("surplus", "n"), ("power", "meter")}]
    assert missed(found) == pytest.approx({("surplus", "n"): 2.0, ("power", "meter"): 2.0})


def test_a_size_that_is_paid_once_can_be_raised_like_any_other() -> None:
    size = Size(unit="kW", most=8.0, once_annual_eur=50.0, annual_eur=10.0)
    found = told([need("a", 10.0), boiler("boiler", "a", 0.0, size=size)])
    assert missed(found) == pytest.approx({("demand", "a"): 2.0, ("most", "boiler"): 2.0})


def test_a_rule_over_several_sizes_is_named() -> None:
    size = Size(unit="kW", most=50.0, annual_eur=10.0)
    together = Together(id="all-boilers", sizes=(("one", "size_kw"), ("two", "size_kw")), most=9.0)
    found = told([need("a", 12.0), boiler("one", "a", 0.0, size=size), boiler("two", "a", 0.0, size=size), together])
    assert named(found) == [{("demand", "a"), ("rule", "all-boilers")}]
    assert missed(found)["rule", "all-boilers"] == pytest.approx(3.0)


def test_only_whole_numbers_are_in_the_way() -> None:
    # 10 kW would do, packs of 4 kW make 8 kW or 12 kW, at most 11 may be built
    size = Size(unit="kW", most=11.0, step=4.0, annual_eur=10.0)
    found = told([need("a", 10.0), boiler("boiler", "a", 0.0, size=size)])
    assert named(found) == [{("demand", "a"), ("most", "boiler")}]
    assert missed(found) == pytest.approx({("demand", "a"): 2.0, ("most", "boiler"): 1.0})


@pytest.mark.parametrize("goal", [Goal(most_co2_kg=150_000.0), Goal(most_co2_kg=196_000.0, most_eur=84_000.0)])
def test_no_member_can_be_spared(goal: Goal) -> None:
    blocks = site(168)
    found = told(blocks, goal, WEEK)
    _is_minimal(blocks, found, goal, WEEK)


def test_moving_a_size_as_far_as_said_makes_the_plan_possible() -> None:
    blocks = [need("heat", np.linspace(10.0, 70.0, 24)), boiler("boiler", "heat", 50.0)]
    far = missed(told(blocks))["most", "boiler"]
    for factor, status in ((1.0001, Status.OPTIMAL), (0.999, Status.INFEASIBLE)):
        wider = [blocks[0], boiler("boiler", "heat", 50.0 + factor * far)]
        assert Planner(wider, DAY).ask().answer.status is status


def test_a_plan_that_is_possible_has_no_conflict() -> None:
    found = explain(Planner(site(168), WEEK))
    assert (found.status, found.clashes, str(found)) == (Status.OPTIMAL, (), "no limits are in conflict")


def test_money_that_goes_round_in_a_circle_is_named() -> None:
    blocks = [
        need("n", 5.0, ELECTRICITY),
        Tariff(id="buying", node="n", import_eur_per_kwh=0.2, export_eur_per_kwh=0.05),
        Tariff(id="selling", node="n", import_eur_per_kwh=0.4, export_eur_per_kwh=0.25),
    ]
    found = told(blocks)
    assert found.status is Status.UNBOUNDED
    # a kW round the clock: 8,760 h x 0.25 EUR earned, 0.20 EUR paid
    assert [(one.block, one.variable, one.steps, round(one.eur)) for one in found.runaways] == [
        ("selling", "export_kw", 24, -2190),
        ("buying", "import_kw", 24, 1752),
    ]
    assert "selling: export_kw grows without end in 24 steps and earns 2,190 EUR/a a unit" in str(found)


def test_a_conflict_is_plain_data() -> None:
    data = as_dict(told([need("a", 10.0), boiler("boiler", "a", 8.0)]))
    assert data["status"] == "infeasible"
    assert {member["kind"] for member in data["clashes"][0]} == {"demand", "most"}


def _is_minimal(blocks: list[Block], found: Conflict, goal: Goal, horizon: Horizon = DAY) -> None:
    """Check with problems written anew: the named limits alone are in conflict, and agree as soon as one of them goes."""
    for clash in found.clashes:
        kept = {(member.limit.kind, member.limit.block, member.limit.name) for member in clash.members}
        assert not _possible(blocks, kept, goal, horizon)
        for member in kept:
            assert _possible(blocks, kept - {member}, goal, horizon)


def _possible(blocks: list[Block], kept: set[tuple[str, str, str]], goal: Goal, horizon: Horizon) -> bool:
    """Return whether there is a plan when only some limits are kept: the others are made so wide that they do not bind."""
    wide = [_widened(block, kept) for block in blocks]
    for node, carrier in {(block.node, block.carrier) for block in blocks if isinstance(block, Need)}:
        if ("demand", node, carrier) not in kept:
            wide.append(_Free(id=f"{node}-{carrier}-from-nowhere", node=node, carrier=carrier, sign=1.0))
        if ("surplus", node, carrier) not in kept:
            wide.append(_Free(id=f"{node}-{carrier}-to-nowhere", node=node, carrier=carrier, sign=-1.0))
    totals = {"co2": goal.most_co2_kg, "eur": goal.most_eur}
    co2_kg, eur = (most if (kind, "", kind) in kept else float("inf") for kind, most in totals.items())
    return Planner(wide, horizon).ask(Goal(most_co2_kg=co2_kg, most_eur=eur)).usable


def _widened(block: Any, kept: set[tuple[str, str, str]]) -> Any:
    names = {"size": ("size_kw",), "capacity": ("capacity_kwh",), "power": ("power_kw",), "limit": ("limit_kw",)}
    for part, (name,) in names.items():
        size = getattr(block, part, None)
        if isinstance(size, Size):
            block = replace(block, **{part: _wide(size, block.id, name, kept)})
    if getattr(block, "faces", None):
        faces = tuple(replace(face, size=_wide(face.size, block.id, f"size_{face.name}_kwp", kept)) for face in block.faces)
        block = replace(block, faces=faces)
    return block


def _wide(size: Size, block: str, name: str, kept: set[tuple[str, str, str]]) -> Size:
    most = size.most if ("most", block, name) in kept else 1e5
    least = size.least if ("least", block, name) in kept else 0.0
    return replace(size, most=max(most, least), least=least)


class _Free(Need):
    """A power that comes from nowhere, or goes there."""

    def __init__(self, *, id: str, node: str, carrier: str, sign: float) -> None:  # noqa: A002 - the block's own word
        super().__init__(id=id, node=node, carrier=carrier, demand_kw=0.0)
        object.__setattr__(self, "sign", sign)

    def add(self, draft: Any) -> None:
        power = draft.power(draft.room(self.id), "power_kw")
        (draft.feeds if self.sign > 0 else draft.draws)(self, self.node, self.carrier, power)
