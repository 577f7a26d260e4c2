# SPDX-License-Identifier: Apache-2.0
"""Which registers are read together."""

from __future__ import annotations

from hardware_in_loop.modbus.blocks import Item, items_of, plan, too_wide
from hardware_in_loop.modbus.layout import Layout
from hardware_in_loop.modbus.library import load
from hardware_in_loop.modbus.registers import Kind, Point, Table
from hardware_in_loop.modbus.sunspec.chain import Chain, Found


def at(address: int, count: int = 1, **others: object) -> Item:
    return Item((Point(name=f"{address}", address=address, count=count, **others),))  # type: ignore[arg-type]


def nothing(_table: Table) -> tuple[tuple[int, int], ...]:
    return ()


def spans(items: list[Item], parts: tuple[tuple[int, int], ...] = (), most: int = 125) -> list[tuple[int, int]]:
    return [(block.start, block.count) for block in plan(items, lambda _table: parts, most)]


def test_neighbours_are_one_read() -> None:
    assert spans([at(10, 2), at(12), at(13, 4)]) == [(10, 7)]


def test_a_hole_is_never_read() -> None:
    assert spans([at(10), at(12)]) == [(10, 1), (12, 1)]
    assert spans([at(10), at(12)], parts=((0, 12),)) == [(10, 1), (12, 1)]


def test_a_part_without_holes_is_read_through() -> None:
    assert spans([at(10), at(20)], parts=((0, 100),)) == [(10, 11)]


def test_no_more_than_allowed() -> None:
    assert spans([at(address) for address in range(200)]) == [(0, 125), (125, 75)]
    assert spans([at(0, 2), at(2, 2), at(4, 2)], most=4) == [(0, 4), (4, 2)]


def test_tables_do_not_mix() -> None:
    blocks = plan([at(0), at(1, table=Table.INPUT)], nothing, 125)
    assert [(block.table, block.function) for block in blocks] == [(Table.HOLDING, 3), (Table.INPUT, 4)]


def test_bits_are_read_in_their_own_size() -> None:
    blocks = plan([at(address, table=Table.COIL, kind=Kind.BOOL) for address in range(300)], nothing, 125)
    assert [(block.count, block.function) for block in blocks] == [(300, 1)]


def test_what_is_refused_is_split_down_to_single_points() -> None:
    (block,) = plan([at(0), at(1), at(2)], nothing, 125)
    left, right = block.split()
    assert [(left.start, left.count), (right.start, right.count)] == [(0, 1), (1, 2)]
    assert left.split() == ()


def test_model_701_needs_no_second_read_for_its_scale_factors() -> None:
    # W stands at 10, its scale factor at 116: 107 registers, which fit. TotWhInj (19) and TotWh_SF (120) as well: 111 together.
    layout = Layout(load("sunspec"), Chain(40_000, (Found(1, 40_002, 66), Found(701, 40_070, 153))))
    points = layout.with_factors(["701:W", "701:Var", "701:TotWhInj", "701:InvSt"])
    blocks = plan(items_of(points), layout.readable, 125)
    assert points["701:W"].address == 40_080
    assert sum(block.count for block in blocks) <= 125
    for block in blocks:
        for item in block.items:
            assert all(block.start <= point.address and point.end <= block.end for point in item.points)


def test_a_value_and_its_scale_factor_are_never_apart() -> None:
    # Both ends of model 701: the string at its end would make it 155 registers.
    layout = Layout(load("sunspec"), Chain(40_000, (Found(701, 40_002, 153),)))
    points = layout.with_factors(["701:ACType", "701:W", "701:TmpAmb", "701:MnAlrmInfo"])
    blocks = plan(items_of(points), layout.readable, 125)
    assert len(blocks) == 2
    assert max(block.count for block in blocks) <= 125
    items = [item for block in blocks for item in block.items]
    assert sorted(len(item.points) for item in items) == [1, 1, 2, 2]


def test_a_scale_factor_too_far_away_is_said() -> None:
    value, factor = Point(name="v", address=0, factor="sf"), Point(name="sf", address=130)
    (item,) = items_of({"v": value, "sf": factor})
    assert too_wide([item], 125) == [item]


def test_neighbouring_models_are_one_read() -> None:
    # A chain has no holes: 713 ends where 714 begins, and 715 follows.
    layout = Layout(load("sunspec"), Chain(40_000, (Found(713, 40_002, 7), Found(714, 40_011, 18), Found(715, 40_031, 7))))
    points = layout.with_factors(["713:SoC", "715:DERHb"])
    (block,) = plan(items_of(points), layout.readable, 125)
    assert (block.start, block.end) == (40_006, 40_036)


def test_nothing_is_read_beyond_the_end_of_the_chain() -> None:
    layout = Layout(load("sunspec"), Chain(40_000, (Found(713, 40_002, 7),)))
    assert layout.readable(Table.HOLDING) == ((40_000, 40_011),)
    assert layout.readable(Table.INPUT) == ()
