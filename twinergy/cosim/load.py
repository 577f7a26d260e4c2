# SPDX-License-Identifier: Apache-2.0
"""The load at each connection, added up only when somebody looks: a kind that follows its net load, or the grid at the end.

Adding after every kind would cost two weighted counts each; most kinds do not care what the others draw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.cosim.wiring import PHASE_LOAD, NetLoad
from twinergy.ports import Direction

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from twinergy.cosim.wiring import Part
    from twinergy.kinds import FloatArray, TableValues

    Load = dict[str, FloatArray]

POWERS: Final = ("p_kw", "q_kvar")


class Settlement:
    """What is added to the load at one moment of a step.

    Parameters
    ----------
    waiting : dict
        By power port, the kinds that have stepped and are not in the load yet.
    n_connections : int
        Number of connections.
    phases : bool
        Whether the load of each phase is kept as well.
    """

    def __init__(self, waiting: dict[str, list[Part]], n_connections: int, *, phases: bool) -> None:
        self._n = n_connections
        self._phases = phases
        self._sums = [(port, _Sum(parts)) for port, parts in waiting.items() if parts]

    def added(self, load: Load, tables: TableValues) -> Load:
        """Return the load with the waiting kinds added; new arrays, the old ones are read elsewhere."""
        result = dict(load)
        for port, total in self._sums:
            weights = total.weights(tables, port)
            result[port] = load[port] + np.bincount(total.rows, weights=weights, minlength=self._n)
            if self._phases:
                name = PHASE_LOAD[POWERS.index(port)]
                each = np.bincount(total.phase_rows, weights=(total.phase_share * weights).ravel(), minlength=3 * self._n)
                result[name] = load[name] + each.reshape(3, self._n)
        return result


class _Sum:
    """Devices of several kinds laid end to end."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.rows = np.concatenate([part.rows for part in parts])
        self.phase_share = np.concatenate([part.phase_share for part in parts], axis=1)
        self.phase_rows = np.concatenate([part.phase_rows.reshape(3, -1) for part in parts], axis=1).ravel()
        self._columns = [(part.table.name, part.attached) for part in parts]

    def weights(self, tables: TableValues, port: str) -> FloatArray:
        return np.concatenate([tables[name][port][attached] for name, attached in self._columns])


def plan(parts: Iterable[Part], n_connections: int, *, phases: bool) -> list[Settlement | None]:
    """Return what is added before each part steps, None for nothing, and as the last what is added at the end."""
    waiting: dict[str, list[Part]] = {port: [] for port in POWERS}
    due: list[Settlement | None] = []
    for part in parts:
        wanted = [port for port in POWERS if waiting[port] and _looks(part, port)]
        due.append(Settlement({port: waiting[port] for port in wanted}, n_connections, phases=phases) if wanted else None)
        waiting.update({port: [] for port in wanted})
        for port in POWERS:
            if part.draws_power and any(known.name == port for known in part.table.of(Direction.MEASURED)):
                waiting[port] = [*waiting[port], part]
    due.append(Settlement(waiting, n_connections, phases=phases) if any(waiting.values()) else None)
    return due


def _looks(part: Part, port: str) -> bool:
    return any(isinstance(gather, NetLoad) and gather.source == port for gather in part.inputs)
