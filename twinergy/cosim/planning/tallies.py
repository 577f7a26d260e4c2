# SPDX-License-Identifier: Apache-2.0
"""Columns of a rehearsed year, added up over devices while it passes: memory holds what a plan needs and no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twinergy.community.twin import Device
    from twinergy.kinds import FloatArray, Table
    from twinergy.results.block import ResultBlock

    IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Source:
    """Devices of one table whose values of one port are added to rows of a tally.

    Attributes
    ----------
    table, port : str
        Column of the results.
    devices : ndarray of int64, shape (n,)
        Rows of the table, sorted by `rows`.
    rows : ndarray of int64, shape (n_different,)
        Rows of the tally, each one once.
    firsts : ndarray of int64, shape (n_different,)
        Where in `devices` those of each row begin.
    """

    table: str
    port: str
    devices: IntArray
    rows: IntArray
    firsts: IntArray

    @classmethod
    def of(cls, table: Table, port: str, row_of: dict[str, int]) -> Source | None:
        """Return the source of the devices that are named, None where there is none or the table has no such port."""
        if all(known.name != port for known in table.ports):
            return None
        pairs = sorted((row, table.row_of[device]) for device, row in row_of.items() if device in table.row_of)
        if not pairs:
            return None
        rows, devices = np.array(pairs, dtype=np.int64).T
        different, firsts = np.unique(rows, return_index=True)
        return cls(table.name, port, devices.copy(), different, firsts.astype(np.int64))


class Tally:
    """One quantity over the year, shape (n_rows, n_steps).

    Parameters
    ----------
    n_rows, n_steps : int
        Shape.
    sources : sequence of Source or None
        What is added up; None is nothing.
    """

    def __init__(self, n_rows: int, n_steps: int, sources: Sequence[Source | None]) -> None:
        self.values: FloatArray = np.zeros((n_rows, n_steps))
        self._sources = [source for source in sources if source is not None]

    def take(self, block: ResultBlock, first: int) -> None:
        """Add the steps of a block, the first of which is step `first` of the year."""
        steps = slice(first, first + len(block.epoch_s))
        for source in self._sources:
            values = block.tables[source.table].values[source.port][:, source.devices]
            self.values[source.rows, steps] += np.add.reduceat(values, source.firsts, axis=1).T


class Year:
    """All tallies of a year; its `take` is the sink of a run."""

    def __init__(self, tables: dict[str, Table], n_steps: int) -> None:
        self.tables, self.n_steps = tables, n_steps
        self._tallies: dict[str, Tally] = {}
        self._done = 0

    def add(self, name: str, n_rows: int, wishes: Sequence[tuple[str, str, dict[str, int]]]) -> None:
        """Have a quantity added up under a name: tables, ports, and the row of each device."""
        sources = [Source.of(self.tables[table], port, rows) for table, port, rows in wishes if table in self.tables]
        self._tallies[name] = Tally(n_rows, self.n_steps, sources)

    def each(self, name: str, table: str, port: str, devices: Sequence[Device] | None = None) -> None:
        """Keep a port of some devices of a kind, or of all of them, under a name, one row for each in their order."""
        if table not in self.tables:
            self.add(name, 0, [])
            return
        ids = self.tables[table].ids if devices is None else [device.id for device in devices]
        self.add(name, len(ids), [(table, port, {one: row for row, one in enumerate(ids)})])

    def take(self, block: ResultBlock) -> None:
        """Take the steps of a recorded block."""
        for tally in self._tallies.values():
            tally.take(block, self._done)
        self._done += len(block.epoch_s)

    def __getitem__(self, name: str) -> FloatArray:
        return self._tallies[name].values
