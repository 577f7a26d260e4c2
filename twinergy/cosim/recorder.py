# SPDX-License-Identifier: Apache-2.0
"""The recorder: keeps up to a week of steps as arrays, then hands them on. Memory does not grow with the length of a run."""

from __future__ import annotations

from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.errors import PluginError
from twinergy.ports import Direction
from twinergy.results.block import ResultBlock, TableBlock
from twinergy.timebase import BLOCK_S
from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twinergy.kinds import FloatArray, Table, TableValues
    from twinergy.timebase import TimeAxis

MOST_BYTES: Final = 256 * 2**20
"""What the arrays of a block may take: a week of Hagedorn fits five times, ten thousand homes get a day."""


class Recorder:
    """Collects every measured port of every table.

    Parameters
    ----------
    tables : sequence of Table
        What is recorded.
    axis : TimeAxis
        The steps of the run.
    sink : callable
        Takes each full `ResultBlock`, and the last one. Its arrays are used again when it returns.
    most_steps : int, optional
        Most steps of a block: a run that keeps time with the clock is to be readable before a week is over.

    Attributes
    ----------
    stop_asked : bool
        Set from another thread to end the run after the step under way.
    watch : callable
        Called after each step with the number of steps done; what it raises ends the run.
    """

    def __init__(
        self, tables: Sequence[Table], axis: TimeAxis, sink: Callable[[ResultBlock], None], most_steps: int | None = None
    ) -> None:
        self.tables = {table.name: table for table in tables}
        self.axis = axis
        self.sink = sink
        self.steps_done = 0
        self.stop_asked = False
        self.watch: Callable[[int], None] = lambda _done: None
        self._ports = [(table.name, port.name) for table in tables for port in table.of(Direction.MEASURED)]
        fits = _most_steps(sum(len(self.tables[table].ids) for table, _ in self._ports), axis)
        self._most_steps = min(fits, most_steps or fits)
        self._shelves = [_Shelf(table, self._most_steps) for table in tables if table.of(Direction.MEASURED)]
        self._start_block(0)

    def _start_block(self, index: int) -> None:
        week = self.axis.block(index)
        passed = index - week.first
        self._epoch_s = week.epoch_s[passed : passed + self._most_steps]
        self._first, self._length = index, len(self._epoch_s)

    def record(self, index: int, values: TableValues) -> None:
        """Keep the values of one step."""
        if index == 0:
            self._check(values)
        offset = index - self._first
        for shelf in self._shelves:
            np.concatenate(shelf.ports_of(values[shelf.name]), out=shelf.rows[offset])
        self.steps_done = index + 1
        self.watch(self.steps_done)
        if offset + 1 == self._length:
            self.flush()
            if self.steps_done < self.axis.n_steps:
                self._start_block(self.steps_done)

    def _check(self, values: TableValues) -> None:
        """Refuse, in the first step, outputs that do not have the declared ports and shapes."""
        for table, port in self._ports:
            got = values.get(table, {}).get(port)
            wanted = (len(self.tables[table].ids),)
            if got is None or np.shape(got) != wanted:
                said = "nothing" if got is None else f"an array of shape {np.shape(got)}"
                message = f"{table!r} declares port {port!r} but returned {said} for it; it must return shape {wanted}"
                raise PluginError(message, plugin=table)

    def flush(self) -> None:
        """Hand on what has been recorded of the current block."""
        count = self.steps_done - self._first
        if count <= 0 or count > self._length:
            return
        columns = {shelf.name: shelf.columns(count) for shelf in self._shelves}
        tables = {name: TableBlock(table, columns.get(name, {})) for name, table in self.tables.items()}
        self.sink(ResultBlock(self._epoch_s[:count], self.axis.step_s, tables))
        self._first = self.steps_done


class _Shelf:
    """One table's steps, all its ports side by side: one call per table and step instead of one per port.

    Parameters
    ----------
    table : Table
        What is kept.
    n_steps : int
        How many steps.
    """

    def __init__(self, table: Table, n_steps: int) -> None:
        self.name = table.name
        self._ports = [port.name for port in table.of(Direction.MEASURED)]
        self._width = len(table.ids)
        self.rows = np.empty((n_steps, len(self._ports) * self._width))
        only = self._ports[0] if len(self._ports) == 1 else ""
        self.ports_of: Callable[[dict[str, FloatArray]], tuple[FloatArray, ...]]
        self.ports_of = (lambda values: (values[only],)) if only else itemgetter(*self._ports)

    def columns(self, count: int) -> dict[str, FloatArray]:
        """Return the first steps of each port, shape ``(count, n_entities)``."""
        edges = [place * self._width for place in range(len(self._ports) + 1)]
        return {port: self.rows[:count, first:last] for port, (first, last) in zip(self._ports, pairwise(edges), strict=True)}


def _most_steps(values_per_step: int, axis: TimeAxis) -> int:
    """Return how many steps a block may have: a week, or whole days that fit into `MOST_BYTES`, or fewer steps."""
    fits = max(1, MOST_BYTES // (8 * max(1, values_per_step)))
    day = SECONDS_PER_DAY // axis.step_s
    return min(fits - fits % day if fits > day else fits, BLOCK_S // axis.step_s, axis.n_steps)
