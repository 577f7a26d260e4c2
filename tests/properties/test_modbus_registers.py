# SPDX-License-Identifier: Apache-2.0
"""There and back: registers to values, and values to registers within half a count."""

from __future__ import annotations

import asyncio
import math
import random
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware_in_loop.modbus import library
from hardware_in_loop.modbus.blocks import Item, plan
from hardware_in_loop.modbus.registers import (
    FLOATS,
    SIGNED,
    Kind,
    Order,
    Point,
    count_of,
    raw_for,
    raw_of,
    size_of,
    value_of,
    words_of,
)
from hardware_in_loop.modbus.sunspec.models import models
from tests.modbus_fake import Rig
from twinergy.errors import DeviceError

WHOLE = [kind for kind in Kind if kind not in FLOATS and kind not in {Kind.BOOL, Kind.STRING}]


def point(kind: Kind, order: Order = Order.ABCD, scale: float = 1.0) -> Point:
    return Point(name="p", address=0, kind=kind, count=size_of(kind), order=order, scale=scale)


@given(kind=st.sampled_from([*WHOLE, *FLOATS]), order=st.sampled_from(Order), data=st.data())
def test_registers_survive(kind: Kind, order: Order, data: st.DataObject) -> None:
    one = point(kind, order)
    words = tuple(data.draw(st.lists(st.integers(0, 0xFFFF), min_size=one.count, max_size=one.count)))
    raw = raw_of(one, words)
    if raw is not None:
        assert words_of(one, raw) == words


@given(
    kind=st.sampled_from(sorted(SIGNED)),
    value=st.floats(-3000, 3000),
    exponent=st.integers(-1, 3),
    toward=st.sampled_from([-1, 0, 1]),
)
def test_values_survive_within_a_count(kind: Kind, value: float, exponent: int, toward: int) -> None:
    one = point(kind)
    back = value_of(one, raw_for(one, value, exponent, toward=toward), exponent)
    count = count_of(one, exponent)
    slack = count * 1e-5
    assert abs(back - value) <= (count / 2 if toward == 0 else count) + slack
    assert not (toward < 0 and back > value + slack)
    assert not (toward > 0 and back < value - slack)


@given(raw=st.integers(-32_767, 32_767), exponent=st.integers(-10, 10))
def test_what_was_read_is_written_back_unchanged(raw: int, exponent: int) -> None:
    one = point(Kind.INT16)
    assert raw_for(one, value_of(one, raw, exponent), exponent) == raw


addresses = st.lists(st.tuples(st.integers(0, 2000), st.sampled_from([1, 2, 4]), st.integers(0, 60)), min_size=1, max_size=40)


@given(places=addresses, hole=st.integers(0, 2000), max_read=st.integers(65, 125))
def test_blocks_hold_everything_and_never_cross_a_hole(places: list[tuple[int, int, int]], hole: int, max_read: int) -> None:
    items = []
    for number, (start, count, away) in enumerate(places):
        value = Point(name=str(number), address=start, count=count)
        factor = Point(name=f"{number} sf", address=start + count + away)
        if start <= hole < factor.end:
            continue
        items.append(Item((value, factor)))
    blocks = plan(items, lambda _table: ((0, hole), (hole + 1, 4000)), max_read)
    assert sorted(id(item) for block in blocks for item in block.items) == sorted(id(item) for item in items)
    for block in blocks:
        assert block.count <= max_read
        assert not block.start <= hole < block.end
        assert all(block.start <= item.start and item.end <= block.end for item in block.items)
        for item in block.items:
            answer = list(range(block.start, block.end))
            assert list(block.words(answer, item.points[0])) == list(range(item.points[0].address, item.points[0].end))


@given(value=st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_floats_survive(value: float) -> None:
    one = point(Kind.FLOAT32, Order.CDAB)
    assert raw_of(one, words_of(one, value)) == value or math.isnan(value)


def _word(draw: random.Random) -> int:
    return draw.choice([0, 1, 0xFFFF, 0x8000, 0x7FFF, 0x7FC0]) if draw.random() < 0.5 else draw.randrange(0x10000)


def _nonsense(rig: Rig, draw: random.Random) -> None:
    """Fill a device with anything, holes included."""
    if rig.unit.profile.protocol == "sunspec":
        rig.connection.sunspec([1, *draw.sample(sorted(models()), draw.randrange(1, 10))])
        for place in list(rig.connection.registers):
            if place[1] > 40_070 and draw.random() < 0.02:
                rig.connection.registers[place] = _word(draw)
        return
    for table in (1, 2, 3, 4):
        for address in range(410):
            if draw.random() < 0.98:
                rig.connection.registers[table, address] = _word(draw) if table > 2 else draw.randrange(2)


async def _exercise(rig: Rig, draw: random.Random) -> None:
    with suppress(DeviceError):
        await rig.unit.prepare()
    for _ in range(3):
        await rig.link.sample()
        for place in draw.choices(list(rig.connection.registers), k=20):
            rig.connection.registers[place] = _word(draw) if place[0] > 2 else 1
    asked = {port: draw.choice([math.nan, 0.0, draw.uniform(-20, 20)]) for port in rig.link.spec.writes}
    with suppress(DeviceError):
        await rig.link.arm()
    with suppress(DeviceError):
        await rig.link.command(asked)
    with suppress(DeviceError):
        await rig.link.release()


@pytest.mark.parametrize("seed", range(60))
def test_a_device_that_holds_nonsense_ends_nothing_and_is_never_believed(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - any content will do
    name, kind = draw.choice([(name, kind) for name in library.names() for kind in library.load(name).devices])
    rig = Rig(kind, name, safe={"within_s": 5.0, "fallback": draw.choice(["none", "required"])})
    _nonsense(rig, draw)
    asyncio.run(asyncio.wait_for(_exercise(rig, draw), 10))
    assert "not understood" not in rig.link.said
    for port in rig.link.spec.reads:
        value, quality, _ = rig.reading(port)
        if quality == "GOOD":
            assert math.isfinite(value)
            assert port not in {"soc", "soh"} or 0 <= value <= 1
            assert port != "p_kw" or abs(value) <= 10
