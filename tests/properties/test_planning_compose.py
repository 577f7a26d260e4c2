# SPDX-License-Identifier: Apache-2.0
"""What holds for every community and plan: meters are in one node, shares are whole, limits are kept, a folder gives back."""

from __future__ import annotations

import dataclasses
import math
import tempfile
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.planning import community
from twinergy.planning.folder import read, write
from twinergy.planning.nodes import grouped
from twinergy.planning.plan import GridCheck, Line, Plan, Reason, Unit

if TYPE_CHECKING:
    from twinergy.planning.courses import Courses

N = 24
FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def communities(draw: st.DrawFn) -> Courses:
    """Draw up to 12 meters on up to 3 tariffs, with and without PV, electric heating, roofs and batteries."""
    count = draw(st.integers(1, 12))
    names = [f"m{number}" for number in range(count)]
    drawn = [draw(st.tuples(st.sampled_from(["flat", "night", "business"]), st.integers(0, 3), st.booleans())) for _ in names]
    meters = tuple(
        replace(community.meter("h1"), id=name, bus=f"bus-{name}", tariff=tariff, homes=homes)
        for name, (tariff, homes, _) in zip(names, drawn, strict=True)
    )
    kwp = st.floats(0.0, 20.0)
    sides = st.sampled_from([community.SOUTH, community.EAST, community.WEST])
    roofs = tuple(
        community.roof(f"roof-{number}", draw(st.sampled_from(names)), draw(sides), existing=draw(kwp), room=draw(kwp))
        for number in range(draw(st.integers(0, 6)))
    )
    stores = tuple(
        replace(
            community.STORES[0], id=f"b{number}", connection=draw(st.sampled_from(names)), capacity_kwh=draw(st.floats(0.5, 50.0))
        )
        for number in range(draw(st.integers(0, 3)))
    )
    load = np.array([np.full(N, draw(st.floats(0.0, 50.0))) for _ in names])
    heating = np.array([np.full(N, 1.0 if electric else 0.0) for *_, electric in drawn])
    given = {"meters": meters, "load_kw": load, "q_kvar": np.zeros_like(load), "heating_kw": heating, "stores": stores}
    return community.only_homes(N, **given, roofs=roofs)


@FEW
@given(communities(), st.integers(1, 8))
def test_every_meter_is_in_exactly_one_node(year: Courses, most: int) -> None:
    nodes = grouped(year, most)
    rows = np.concatenate([node.rows for node in nodes])
    assert sorted(rows.tolist()) == list(range(len(year.meters)))
    assert len({node.id for node in nodes}) == len(nodes)
    assert sum(bool(node.homes) for node in nodes) <= most
    np.testing.assert_allclose(np.sum([node.load_kw(year) for node in nodes], axis=0), year.load_kw.sum(axis=0), atol=1e-9)
    assert sum(node.homes for node in nodes) == sum(meter.homes for meter in year.meters)


@FEW
@given(communities())
def test_with_groups_enough_nothing_unlike_is_put_together(year: Courses) -> None:
    for node in grouped(year, 50):
        assert len({year.meters[row].tariff for row in node.rows}) == 1
        assert len({bool(year.heating_kw[row].any()) for row in node.rows}) == 1


@FEW
@given(communities(), st.integers(1, 4))
def test_the_order_of_meters_does_not_matter(year: Courses, most: int) -> None:
    back = replace(
        year, meters=year.meters[::-1], load_kw=year.load_kw[::-1], q_kvar=year.q_kvar[::-1], heating_kw=year.heating_kw[::-1]
    )
    assert {frozenset(node.connections(year)) for node in grouped(year, most)} == {
        frozenset(node.connections(back)) for node in grouped(back, most)
    }


@FEW
@given(communities(), st.integers(1, 4), st.floats(0.5, 30.0))
def test_shares_are_whole_and_roofs_keep_to_their_room(year: Courses, most: int, per_home: float) -> None:
    wishes = {"pv": {"most_per_home": per_home}, "home_battery": {"most_per_home": 5.0}}
    site, plan = community.composed(year, groups=most, technologies=wishes)
    assert all(sum(unit.share.values()) == pytest.approx(1.0) for unit in plan.parts)
    sizes: dict[str, Any] = {one.id: one for one in plan.blocks if one.id.startswith("pv-") and one.id != "pv-of-all"}
    room = {meter.id: 0.0 for meter in year.meters}
    for unit in plan.parts:
        if unit.kind == "pv":
            face = next(one for one in sizes[unit.block].faces if f"size_{one.name}_kwp" == unit.sizes["size_kwp"])
            for roof, share in unit.share.items():
                room[unit.facts["connection"][roof]] += share * face.size.most
    for meter in year.meters:
        of_roofs = sum(roof.room_kwp for roof in year.roofs if roof.connection == meter.id)
        assert room[meter.id] <= min(of_roofs, per_home * max(1, meter.homes)) + 1e-9
    there = sum(unit.existing.get("capacity_kwh", 0.0) for unit in plan.parts if unit.kind == "battery")
    assert there == pytest.approx(sum(store.capacity_kwh for store in year.stores))
    assert {node.id for node in site.nodes} == {unit.node for unit in plan.parts if unit.kind == "tariff"} - {
        meter.id for meter in plan.meters[len(year.meters) :]
    }


# --- the folder

numbers = st.floats(allow_nan=True, allow_infinity=True)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | numbers | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
facts = st.dictionaries(words, plain, max_size=3)
figures = st.dictionaries(words, numbers, max_size=3)
lines = st.lists(st.builds(Line, block=words, purpose=words, eur=numbers, co2_kg=numbers), max_size=3).map(tuple)
unit = st.builds(
    Unit,
    **dict.fromkeys(("block", "kind", "node", "technology"), words),
    **dict.fromkeys(("existing", "added", "share"), figures),
    **dict.fromkeys(("invest_eur", "annual_eur"), numbers),
    facts=facts,
)
check = st.builds(
    GridCheck,
    rounds=st.lists(facts, max_size=2).map(tuple),
    agreed=st.booleans(),
    **dict.fromkeys(("vm_min_pu", "vm_max_pu", "line_percent", "transformer_percent", "losses_kwh"), numbers),
    worst=facts,
    diverged=st.integers(0, 9),
)
plans = st.builds(
    Plan,
    **dict.fromkeys(("name", "scenario", "question", "goal", "status"), words),
    options=facts,
    gap=numbers,
    start=st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds are naive
    step_h=st.floats(0.25, 1.0),
    hours=st.just(np.array([1.0, 2.0])),
    units=st.lists(unit, max_size=2).map(tuple),
    account=lines,
    reference=lines,
    flows=st.dictionaries(words.map("meter.{}".format), st.lists(numbers, min_size=2, max_size=2).map(np.array), max_size=3),
    nodes=st.dictionaries(words, st.lists(words, max_size=2).map(tuple), max_size=2),
    reasons=st.lists(st.builds(Reason, what=words, block=words, value=numbers, unit=words), max_size=2).map(tuple),
    grid=st.none() | check,
    seconds=figures,
    notes=st.lists(words, max_size=2).map(tuple),
    extras=facts,
)


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal in kind and content; NaN is NaN, the signs of zeros count."""
    if type(one) is not type(other):
        return False
    if dataclasses.is_dataclass(one):
        return all(same(getattr(one, field.name), getattr(other, field.name)) for field in fields(one))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, np.ndarray | list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float):
        return (math.isnan(one) and math.isnan(other)) or (one == other and math.copysign(1.0, one) == math.copysign(1.0, other))
    return bool(one == other)


@FEW
@given(plans)
def test_a_folder_gives_back_what_was_written(plan: Plan) -> None:
    with tempfile.TemporaryDirectory() as folder:
        again = read(write(plan, Path(folder)))
    different = [field.name for field in fields(Plan) if not same(getattr(plan, field.name), getattr(again, field.name))]
    assert different == []
