# SPDX-License-Identifier: Apache-2.0
"""Registers of a software device: cells at addresses that are worked out when they are read, and told when they are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from hardware_in_loop.modbus.bench.pdu import SPACE, Code, RefusedError, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Words = Sequence[int]

MOST_PLANS: Final = 1000
"""Different requests to a unit that are remembered: no more, whatever a peer thinks of."""


class Cell(Protocol):
    """Registers, or bits, that belong together."""

    @property
    def address(self) -> int:
        """Of the first one, counted from 0."""

    @property
    def size(self) -> int:
        """How many."""

    def words(self) -> Words:
        """Return what they hold now."""

    def may_take(self, words: Words) -> None:
        """Raise `RefusedError` where these cannot be written; nothing is written yet."""

    def take(self, words: Words) -> None:
        """Keep what was written."""


@dataclass(slots=True)
class FixedCell:
    """Registers that never change."""

    address: int
    held: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many."""
        return len(self.held)

    def words(self) -> Words:
        """Return them."""
        return self.held

    def may_take(self, words: Words) -> None:  # noqa: ARG002
        """Refuse."""
        raise RefusedError(Code.ADDRESS)

    def take(self, words: Words) -> None:
        """Never."""


@dataclass(slots=True)
class LiveCell:
    """Registers that are worked out at each reading."""

    address: int
    size: int
    work_out: Callable[[], Words]

    def words(self) -> Words:
        """Return what they hold now."""
        return self.work_out()

    def may_take(self, words: Words) -> None:  # noqa: ARG002
        """Refuse."""
        raise RefusedError(Code.ADDRESS)

    def take(self, words: Words) -> None:
        """Never."""


@dataclass(slots=True)
class HeldCell:
    """Registers that can be written.

    Attributes
    ----------
    held : tuple of int
        What they hold.
    refuses : callable, optional
        Returns whether words cannot be taken: outside of the limits of the device.
    name : str
        What it is, for whoever is told of a write.
    """

    address: int
    held: tuple[int, ...]
    refuses: Callable[[Words], bool] | None = None
    name: str = ""

    @property
    def size(self) -> int:
        """How many."""
        return len(self.held)

    def words(self) -> Words:
        """Return what they hold."""
        return self.held

    def may_take(self, words: Words) -> None:
        """Refuse what lies outside of the limits."""
        if self.refuses is not None and self.refuses(words):
            raise RefusedError(Code.VALUE)

    def take(self, words: Words) -> None:
        """Keep what was written."""
        self.held = tuple(words)


class Page:
    """A unit made of cells.

    Parameters
    ----------
    cells : mapping of Table to iterable of Cell
        By table, in any order; they must not overlap.
    texts : mapping of int to str
        Identification.
    written : callable
        Told the cells that were written, once per request and after all of them hold the new values: so a value and its enable
        that arrive together act together.

    Attributes
    ----------
    ignoring : callable
        Whether it acknowledges what is written and does nothing.
    refusing : callable
        Whether it refuses everything that is written.

    Raises
    ------
    ValueError
        If cells overlap or leave the address space.
    """

    def __init__(
        self,
        cells: Mapping[Table, Iterable[Cell]],
        texts: Mapping[int, str] | None = None,
        written: Callable[[list[Cell]], None] | None = None,
    ) -> None:
        self._texts = dict(texts or {})
        self._written = written
        self._starts = {table: {cell.address: cell for cell in ones} for table, ones in cells.items()}
        self._owners: dict[Table, dict[int, Cell]] = {table: {} for table in Table}
        for table, starts in self._starts.items():
            for cell in starts.values():
                self._own(table, cell)
        self._plans: dict[tuple[Table, int, int], tuple[tuple[Cell, ...], int]] = {}
        self.ignoring: Callable[[], bool] = lambda: False
        self.refusing: Callable[[], bool] = lambda: False

    def read(self, table: Table, address: int, count: int) -> Sequence[int]:
        """Return what stands there; holes are refused."""
        cells, skipped = self._planned(table, address, count)
        words: list[int] = []
        for cell in cells:
            words += cell.words()
        return words[skipped : skipped + count]

    def write(self, table: Table, address: int, values: Sequence[int]) -> None:
        """Give whole cells their values, all or none."""
        cells = self._whole(table, address, len(values))
        if self.refusing():
            raise RefusedError(Code.FAILURE)
        shares, place = [], 0
        for cell in cells:
            shares.append(values[place : place + cell.size])
            place += cell.size
        for cell, share in zip(cells, shares, strict=True):
            cell.may_take(share)
        if self.ignoring():
            return
        for cell, share in zip(cells, shares, strict=True):
            cell.take(share)
        if self._written is not None:
            self._written(cells)

    def identity(self) -> Mapping[int, str]:
        """Return the texts."""
        return self._texts

    def _own(self, table: Table, cell: Cell) -> None:
        for place in range(cell.address, cell.address + cell.size):
            if place >= SPACE or place in self._owners[table]:
                message = f"{table} {place}: two values of the device stand there, or it is beyond the last address"
                raise ValueError(message)
            self._owners[table][place] = cell

    def _planned(self, table: Table, address: int, count: int) -> tuple[tuple[Cell, ...], int]:
        plan = self._plans.get((table, address, count))
        if plan is None:
            plan = self._plan(table, address, count)
            if len(self._plans) < MOST_PLANS:
                self._plans[table, address, count] = plan
        return plan

    def _plan(self, table: Table, address: int, count: int) -> tuple[tuple[Cell, ...], int]:
        owners = self._owners[table]
        cells: list[Cell] = []
        for place in range(address, address + count):
            cell = owners.get(place)
            if cell is None:
                raise RefusedError(Code.ADDRESS)
            if not cells or cells[-1] is not cell:
                cells.append(cell)
        return tuple(cells), address - cells[0].address

    def _whole(self, table: Table, address: int, count: int) -> list[Cell]:
        cells, skipped = self._planned(table, address, count)
        if skipped or sum(cell.size for cell in cells) != count:
            # Half of a 32-bit value would be a value that nobody meant.
            raise RefusedError(Code.VALUE)
        return list(cells)
