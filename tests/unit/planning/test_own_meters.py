# SPDX-License-Identifier: Apache-2.0
"""Homes planned as one with a meter each: dearer than netting, no dearer than home by home, exact where lines touch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.planning import community
from tests.unit.planning.community import composed
from twinergy.errors import ScenarioError
from twinergy.planning.blocks.battery import Battery
from twinergy.planning.blocks.demand import Demand
from twinergy.planning.blocks.own_meters import OwnMeters, Tangent, tangent
from twinergy.planning.blocks.pv import Pv
from twinergy.planning.blocks.tariff import Tariff
from twinergy.planning.compose import horizon_of
from twinergy.planning.composing.own_meters import TOUCHED, again
from twinergy.planning.draft import Draft
from twinergy.planning.horizon import Horizon
from twinergy.planning.optimise import Planner, optimise
from twinergy.planning.size import Size

if TYPE_CHECKING:
    from twinergy.kinds import FloatArray
    from twinergy.planning.composing.site import Composed
    from twinergy.planning.courses import Courses
    from twinergy.planning.draft import Block

BUY, SELL = 0.30, 0.10
ROOM_KWP = 12.0
"""Room on all roofs of a made-up street; the lines touch at parts of it. [kWp]"""
N = 48


def only(existing: float, unit: str) -> Size:
    return Size(unit=unit, existing=existing, most=0.0)


def house(node: str, load_kw: FloatArray, course: FloatArray, kwp: Size, stored_kwh: float = 0.0) -> list[Block]:
    """Return what stands behind one meter."""
    return [
        Demand(id=f"load-{node}", node=node, demand_kw=load_kw),
        Tariff(id=f"meter-{node}", node=node, import_eur_per_kwh=BUY, export_eur_per_kwh=SELL),
        Pv.of(id=f"pv-{node}", node=node, yield_kw_per_kwp=course, size=kwp),
        Battery(
            id=f"battery-{node}",
            node=node,
            capacity=only(stored_kwh, "kWh"),
            power=only(stored_kwh / 2.0, "kW"),
            charge_efficiency=0.95,
            discharge_efficiency=0.95,
        ),
    ]


class Street:
    """Homes with random loads, modules, room and batteries."""

    def __init__(self, seed: int, stored: float) -> None:
        rng = np.random.default_rng(seed)
        homes, steps = int(rng.integers(2, 5)), 6
        self.horizon = Horizon.periods([0], steps, np.array([1.0]))
        self.load_kw = rng.uniform(0.0, 4.0, (homes, steps))
        self.course = np.clip(rng.uniform(-0.4, 1.0, steps), 0.0, None)
        self.existing_kwp = rng.uniform(0.0, 3.0, homes) * (rng.random(homes) < 0.6)
        self.share = rng.dirichlet(np.ones(homes))
        self.stored_kwh = stored * rng.uniform(0.0, 6.0, homes)

    def apart(self, kwp: float) -> float:
        """Return the cost of all homes, each planned alone with its part of the modules. [EUR]."""
        total = 0.0
        for number, load in enumerate(self.load_kw):
            own = only(self.existing_kwp[number] + kwp * self.share[number], "kWp")
            total += optimise(house("home", load, self.course, own, self.stored_kwh[number]), self.horizon).eur
        return total

    def group(self, kwp: float, *, own_meters: bool) -> float:
        """Return the cost of all homes planned as one. [EUR]."""
        size = Size(unit="kWp", existing=self.existing_kwp.sum(), least=kwp, most=kwp)
        blocks = house("all", self.load_kw.sum(axis=0), self.course, size, self.stored_kwh.sum())
        if own_meters:
            existing = self.existing_kwp[:, None] * self.course
            added = {"size_kwp": (self.share, self.course)}
            lines = tuple(tangent(self.load_kw, existing, added, {"size_kwp": part * ROOM_KWP}) for part in TOUCHED)
            serving = (("battery-all", "discharge_kw"),)
            blocks.append(OwnMeters(id="own", meter="meter-all", pv="pv-all", discharging=serving, tangents=lines))
        return optimise(blocks, self.horizon).eur


def test_two_homes_by_hand() -> None:
    """One has 3 kW of sun and needs 1, the other needs 2: at the street's meter nothing flows by day, at theirs 2 kW each way."""
    load, sun = np.array([[1.0, 1.0], [2.0, 2.0]]), np.array([3.0, 0.0])
    horizon = Horizon.periods([0], 2, np.array([1.0]))
    netted = house("all", load.sum(axis=0), sun, only(1.0, "kWp"))
    line = tangent(load, np.array([sun, 0.0 * sun]), {}, {})
    np.testing.assert_array_equal(line.lack_kw, [2.0, 3.0])
    own = OwnMeters(id="own", meter="meter-all", pv="pv-all", discharging=(("battery-all", "discharge_kw"),), tangents=(line,))
    assert optimise(netted, horizon).eur == pytest.approx(3.0 * BUY)
    assert optimise([*netted, own], horizon).eur == pytest.approx((2.0 + 3.0) * BUY - 2.0 * SELL)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("stored", [0.0, 1.0])
def test_a_group_costs_between_netting_and_home_by_home(seed: int, stored: float) -> None:
    street = Street(seed, stored)
    kwp = float(np.random.default_rng(seed + 100).uniform(0.0, ROOM_KWP))
    netting, group, apart = street.group(kwp, own_meters=False), street.group(kwp, own_meters=True), street.apart(kwp)
    assert netting <= group + 1e-7
    assert group <= apart + 1e-7


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("part", TOUCHED)
def test_where_a_line_touches_a_group_costs_what_its_homes_cost(seed: int, part: float) -> None:
    street = Street(seed, 0.0)
    assert street.group(part * ROOM_KWP, own_meters=True) == pytest.approx(street.apart(part * ROOM_KWP), abs=1e-7)


def test_the_streets_tell_netting_and_meters_apart() -> None:
    """Otherwise the bounds above would hold for nothing."""
    streets = [Street(seed, 1.0) for seed in range(8)]
    gaps = [street.group(6.0, own_meters=True) - street.group(6.0, own_meters=False) for street in streets]
    assert sum(gap > 0.01 for gap in gaps) >= 4


def lack_kw(load_kw: FloatArray, existing_kw: FloatArray, added: Any, at: dict[str, float]) -> FloatArray:
    """Return what homes lack, home by home and step by step. [kW]."""
    total = np.zeros(load_kw.shape[1])
    for home in range(len(load_kw)):
        for step in range(load_kw.shape[1]):
            sun = existing_kw[home, step] + sum(at[name] * share[home] * course[step] for name, (share, course) in added.items())
            total[step] += max(0.0, load_kw[home, step] - sun)
    return total


@given(seed=st.integers(0, 10_000), touch=st.tuples(*[st.floats(0.0, 20.0)] * 2), at=st.tuples(*[st.floats(0.0, 20.0)] * 2))
@settings(max_examples=80, deadline=None)
def test_a_tangent_lies_below_what_homes_lack_and_touches_it(
    seed: int, touch: tuple[float, float], at: tuple[float, float]
) -> None:
    rng = np.random.default_rng(seed)
    load, existing = rng.uniform(0.0, 5.0, (3, 4)), rng.uniform(0.0, 3.0, (3, 4)) * (rng.random((3, 1)) < 0.5)
    added = {name: (rng.dirichlet(np.ones(3)), rng.uniform(0.0, 1.0, 4)) for name in ("east", "west")}
    sizes, other = dict(zip(added, touch, strict=True)), dict(zip(added, at, strict=True))
    line = tangent(load, existing, added, sizes)

    def value(where: dict[str, float]) -> FloatArray:
        return line.lack_kw - sum(where[name] * course for name, course in line.relief_kw.items())

    assert np.all(value(other) <= lack_kw(load, existing, added, other) + 1e-9)
    np.testing.assert_allclose(value(sizes), lack_kw(load, existing, added, sizes), atol=1e-9)


# --- as composed


def own(plan: Composed) -> dict[str, OwnMeters]:
    return {block.id: block for block in plan.blocks if isinstance(block, OwnMeters)}


def test_lines_of_a_composed_group_by_hand() -> None:
    """h1 and h2 have 4 kWp each to the south, h1 room for 6 more; at 17 o'clock they need 0.9 and 1.0 kW."""
    _, plan = composed(community.courses(N), question="hosting")
    found = own(plan)["own-meters-homes-2"]
    sun = 0.7 * np.cos(5.0 / 12.0 * np.pi)
    first, _, last = found.tangents
    assert first.lack_kw[17] == pytest.approx(1.9 - 8.0 * sun)
    assert first.relief_kw["size_south_kwp"][17] == pytest.approx(sun)
    assert last.lack_kw[17] == pytest.approx(1.0 - 4.0 * sun)  # with all of its room used h1 needs nothing
    assert last.relief_kw["size_south_kwp"][17] == pytest.approx(0.0)
    assert first.lack_kw[18] == pytest.approx(1.9 + 7.0)  # no sun, and the car of h1 has come home
    assert first.lack_kw[12] == 0.0


def test_cars_that_can_wait_are_no_load_and_may_serve() -> None:
    _, plan = composed(community.courses(N), technologies={"v2g": {}}, question="storage_and_res")
    found = own(plan)["own-meters-homes-2"]
    assert found.tangents[0].lack_kw[18] == pytest.approx(1.9)
    assert {block for block, _ in found.discharging} == {"there-homes-2", "battery-homes-2", "cars-homes-2"}


def test_one_home_and_homes_without_modules_need_none() -> None:
    _, plan = composed(community.courses(N), question="hosting")
    rows = {node: len(names) for node, names in {"homes-1": ("h3", "h6"), "homes-2": ("h1", "h2")}.items()}
    assert set(own(plan)) <= {f"own-meters-{node}" for node in rows}
    assert "own-meters-hall" not in own(plan)
    without = replace(community.courses(N), roofs=())
    assert own(composed(without, question="hosting")[1]) == {}


def cost(given: Courses, *, own_meters: bool = True, **fields: Any) -> float:
    site, plan = composed(given, **fields)
    blocks = [block for block in plan.blocks if own_meters or not isinstance(block, OwnMeters)]
    return Planner(blocks, horizon_of(site.request, given)).ask().eur


def alone(given: Courses, name: str) -> Courses:
    """Return a community of one of its meters."""
    row = next(row for row, meter in enumerate(given.meters) if meter.id == name)
    one = {field: getattr(given, field)[row : row + 1] for field in ("meters", "load_kw", "q_kvar", "heating_kw")}
    return replace(given, **one, roofs=tuple(roof for roof in given.roofs if roof.connection == name))


@pytest.mark.parametrize("factor", [1.0, 4.0])
def test_a_community_run_as_it_is_pays_what_its_homes_pay(factor: float) -> None:
    """h1 has 4 kWp and h2 has more of a load than modules; both are planned as one group, and each in a community of its own."""
    base = community.only_homes(N)
    load = base.load_kw * np.array([[1.0], [factor]])
    roofs = (base.roofs[0], replace(base.roofs[1], existing_kwp=0.5))
    two = replace(base, load_kw=load, roofs=roofs)
    group = cost(two, question="dispatch", groups=1)
    each = sum(cost(alone(two, name), question="dispatch") for name in ("h1", "h2"))
    assert group == pytest.approx(each, rel=1e-9)
    assert cost(two, own_meters=False, question="dispatch", groups=1) < 0.99 * group


def test_bounds_follow_a_new_spread_of_the_modules() -> None:
    """All of what is new goes to h2, which had no room: h1 lacks what it did, and the line touches at what is settled."""
    site, plan = composed(community.courses(N), question="hosting")
    place = next(n for n, part in enumerate(plan.parts) if part.id == "pv-homes-2-tilt30-azimuth180")
    plan.parts[place] = replace(plan.parts[place], share={"pv-h1": 0.0, "pv-h2": 1.0})
    again(site, plan, {("pv-homes-2", "size_south_kwp"): 1.0})
    (line,) = own(plan)["own-meters-homes-2"].tangents
    sun = 0.7 * np.cos(5.0 / 12.0 * np.pi)
    assert line.lack_kw[17] == pytest.approx(0.9 + 1.0 - 8.0 * sun)
    assert line.relief_kw["size_south_kwp"][17] == pytest.approx(sun)


# --- what cannot be

FINE = Tangent(lack_kw=np.array([1.0, 2.0]), relief_kw={"size_kwp": np.array([0.5, 0.5])})


def block(*tangents: Tangent, **more: Any) -> OwnMeters:
    given = {"id": "own", "meter": "meter-all", "pv": "pv-all", "discharging": (), "tangents": tangents}
    return OwnMeters(**{**given, **more})


def test_a_block_without_lines_is_refused() -> None:
    with pytest.raises(ScenarioError, match="has no tangent"):
        block()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (replace(FINE, lack_kw=np.array([1.0, np.nan])), r"own\.tangents\[1\]\.lack_kw.*step 1"),
        (replace(FINE, relief_kw={"size_kwp": np.array([np.inf, 0.5])}), r"relief_kw\[size_kwp\].*step 0"),
    ],
)
def test_gaps_are_named(line: Tangent, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        block(FINE, line)


def test_courses_of_other_lengths_are_named() -> None:
    short = replace(FINE, relief_kw={"size_kwp": np.array([0.5])})
    blocks = house("all", np.array([1.0, 2.0]), np.array([0.5, 0.5]), Size(unit="kWp", most=5.0))
    with pytest.raises(ScenarioError, match=r"relief_kw\[size_kwp\]"):
        Draft.of([*blocks, block(short)], Horizon.periods([0], 2, np.array([1.0])))


@pytest.mark.parametrize(
    "more", [{"meter": "meter-of-nobody"}, {"pv": "no-roof"}, {"discharging": (("no-battery", "discharge_kw"),)}]
)
def test_what_it_hangs_on_has_to_be_there(more: dict[str, Any]) -> None:
    blocks = house("all", np.array([1.0, 2.0]), np.array([0.5, 0.5]), Size(unit="kWp", most=5.0))
    with pytest.raises(KeyError, match=r"meter-of-nobody|no-roof|no-battery"):
        Draft.of([*blocks, block(FINE, **more)], Horizon.periods([0], 2, np.array([1.0])))
