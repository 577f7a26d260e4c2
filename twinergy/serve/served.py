# SPDX-License-Identifier: Apache-2.0
"""The runs a service gives access to, looked at again while they are written."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from twinergy.results.folder import RUNNING
from twinergy.results.platform.store import Store
from twinergy.results.reader import Run
from twinergy.serve.owners import owners

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from twinergy.results.platform.places import DeviceRow


class ServedRun:
    """One run: its folder, its store, and whose every device is.

    Parameters
    ----------
    path : pathlib.Path
        Folder of the run.
    fresh_s : float
        A run that is still being written is looked at again after this time. [s]
    clock : callable
        Monotonic seconds; only tests give another. [s]

    Raises
    ------
    UnreadableError
        If it is not a run folder.
    """

    def __init__(self, path: Path, fresh_s: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.run = Run(path)
        self.name = self.run.name
        self._path, self._fresh_s, self._clock = path, fresh_s, clock
        self.store = Store(path)
        self._looked_s = clock()
        self._lock = threading.Lock()
        self._rows = _rows(self.store)
        self._catalogue = _catalogue(self.run, self._rows)

    @property
    def catalogue(self) -> Mapping[str, Mapping[str, str]]:
        """Dwelling (empty for none) by device by table."""
        return self._catalogue

    @property
    def rows(self) -> list[DeviceRow]:
        """Devices as the store describes them."""
        return self._rows

    def units(self, table: str) -> dict[str, str]:
        """Return the unit of each port of a table, empty if there is no such table."""
        return next((dict(row.units) for row in self._rows if row.table == table), {})

    def refresh(self) -> None:
        """Look at the folder again if the run was still going on and that was a while ago."""
        if self.run.status != RUNNING or self._clock() - self._looked_s < self._fresh_s:
            return
        with self._lock:
            self._looked_s = self._clock()
            self.run = Run(self._path)
            self.store.refresh()
            self._rows = _rows(self.store)
            self._catalogue = _catalogue(self.run, self._rows)

    def close(self) -> None:
        """Let go of the files."""
        self.store.close()


def _rows(store: Store) -> list[DeviceRow]:
    return sorted(store.devices(), key=lambda row: (row.table, row.device))


def _catalogue(run: Run, rows: list[DeviceRow]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for (table, device), dwelling in owners(run.folder, [(row.table, row.device) for row in rows]).items():
        found.setdefault(table, {})[device] = dwelling
    return found
