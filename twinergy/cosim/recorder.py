# SPDX-License-Identifier: Apache-2.0
"""The recorder: keeps one week of steps as arrays, then hands it on. Memory does not grow with the length of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twinergy.errors import PluginError
from twinergy.ports import Direction
from twinergy.results.block import ResultBlock, TableBlock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twinergy.kinds import FloatArray, Table, TableValues
    from twinergy.timebase import TimeAxis


class Recorder:
    """Collects every measured port of every table.

    Parameters
    ----------
    tables : sequence of Table
        What is recorded.
    axis : TimeAxis
        The steps of the run.
    sink : callable
        Takes each full `ResultBlock`, and the last one.

    Attributes
    ----------
    stop_asked : bool
        Set from another thread to end the run after the step under way.
    watch : callable
        Called after each step with the number of steps done; what it raises ends the run.
    """

    def __init__(self, tables: Sequence[Table], axis: TimeAxis, sink: Callable[[ResultBlock], None]) -> None:
        self.tables = {table.name: table for table in tables}
        self.axis = axis
        self.sink = sink
        self.steps_done = 0
        self.stop_asked = False
        self.watch: Callable[[int], None] = lambda _done: None
        self._ports = [(table.name, port.name) for table in tables for port in table.of(Direction.MEASURED)]
        self._start_block(0)

    def _start_block(self, index: int) -> None:
        block = self.axis.block(index)
        self._epoch_s = block.epoch_s
        self._first, self._length = block.first, len(block)
        self._buffers: dict[str, dict[str, FloatArray]] = {name: {} for name in self.tables}
        self._rows: list[tuple[str, str, FloatArray]] = []
        for table, port in self._ports:
            buffer = np.empty((self._length, len(self.tables[table].ids)))
            self._buffers[table][port] = buffer
            self._rows.append((table, port, buffer))

    def record(self, index: int, values: TableValues) -> None:
        """Keep the values of one step."""
        if index == 0:
            self._check(values)
        offset = index - self._first
        for table, port, buffer in self._rows:
            buffer[offset] = values[table][port]
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
        tables = {
            name: TableBlock(self.tables[name], {port: buffer[:count] for port, buffer in ports.items()})
            for name, ports in self._buffers.items()
        }
        self.sink(ResultBlock(self._epoch_s[:count], self.axis.step_s, tables))
        self._first = self.steps_done
