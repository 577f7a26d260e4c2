# SPDX-License-Identifier: Apache-2.0
"""Which registers are read together: never across holes, never more than allowed, a value always with its scale factor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hardware_in_loop.modbus.registers import BITS, READ_FUNCTION, Point, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

MOST_BITS: Final = 2000
MOST_GAP: Final = 48
"""Registers in between that are read for nothing rather than asked for in a second request; *assumption*: it costs as much."""


@dataclass(frozen=True, slots=True)
class Item:
    """A point with its scale factor: what must come in one answer."""

    points: tuple[Point, ...]

    @property
    def table(self) -> Table:
        """Table of all of them."""
        return self.points[0].table

    @property
    def start(self) -> int:
        """First address."""
        return min(point.address for point in self.points)

    @property
    def end(self) -> int:
        """Address after the last."""
        return max(point.end for point in self.points)

    @property
    def low(self) -> bool:
        """Whether it may wait for its turn."""
        return self.points[0].poll == "low"


@dataclass(frozen=True, slots=True)
class Block:
    """One read.

    Attributes
    ----------
    table : Table
        Table.
    start, end : int
        First address, and the one after the last.
    items : tuple of Item
        What is in it.
    """

    table: Table
    start: int
    end: int
    items: tuple[Item, ...]

    @property
    def count(self) -> int:
        """Registers or bits."""
        return self.end - self.start

    @property
    def function(self) -> int:
        """Modbus function that reads it."""
        return READ_FUNCTION[self.table]

    def words(self, answer: Sequence[int], point: Point) -> Sequence[int]:
        """Return the registers of a point out of the answer."""
        return answer[point.address - self.start : point.end - self.start]

    def split(self) -> tuple[Block, ...]:
        """Return two blocks that hold half of it each; of a single item, none."""
        if len(self.items) == 1:
            return ()
        middle = len(self.items) // 2
        return _around(self.items[:middle]), _around(self.items[middle:])


def items_of(points: Mapping[str, Point]) -> list[Item]:
    """Return what must be read together: each point with its scale factor; scale factors alone are no item of their own."""
    used = {point.factor for point in points.values() if point.factor}
    items = []
    for name, point in points.items():
        factor = points.get(point.factor) if point.factor else None
        if factor is not None:
            items.append(Item((point, factor)))
        elif name not in used:
            items.append(Item((point,)))
    return items


def too_wide(items: Iterable[Item], max_read: int) -> list[Item]:
    """Return items that cannot be read at once: a scale factor too far from its value."""
    return [item for item in items if item.end - item.start > _most(item.table, max_read)]


def plan(items: Iterable[Item], readable: Callable[[Table], Sequence[tuple[int, int]]], max_read: int) -> tuple[Block, ...]:
    """Return the reads for some items.

    Parameters
    ----------
    items : iterable of Item
        What is wanted; none wider than `max_read` (`too_wide`).
    readable : callable
        Parts of a table that have no holes.
    max_read : int
        Most registers at once.

    Returns
    -------
    tuple of Block
        By table and address. A scale factor may be in several of them.
    """
    blocks: list[Block] = []
    for item in sorted(items, key=lambda one: (one.table, one.start, one.end)):
        last = blocks[-1] if blocks else None
        if last is not None and _joins(last, item, readable(item.table), max_read):
            blocks[-1] = _around((*last.items, item))
        else:
            blocks.append(_around((item,)))
    return tuple(blocks)


def _joins(block: Block, item: Item, parts: Sequence[tuple[int, int]], max_read: int) -> bool:
    if block.table is not item.table:
        return False
    start, end = min(block.start, item.start), max(block.end, item.end)
    if end - start > _most(item.table, max_read) or item.start - block.end > MOST_GAP:
        return False
    return item.start <= block.end or any(first <= start and end <= after for first, after in parts)


def _around(items: Sequence[Item]) -> Block:
    return Block(items[0].table, min(item.start for item in items), max(item.end for item in items), tuple(items))


def _most(table: Table, max_read: int) -> int:
    return MOST_BITS if table in BITS else max_read
