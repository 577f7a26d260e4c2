# SPDX-License-Identifier: Apache-2.0
"""Transactions and registers on disk, so that a restart of the laboratory loses nothing and counts nothing twice."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final

from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hardware_in_loop.ocpp.central.books import Books

LATER_S: Final = 1.0
"""How long what is not urgent may wait: registers come again, ids of transactions do not. [s]"""


class Store:
    """One file for the stations of a driver. It is written whole and then put in the place of the old one.

    Parameters
    ----------
    path : pathlib.Path
        The file; need not exist.
    failed : callable
        Told why it cannot be written.
    """

    def __init__(self, path: Path, failed: Callable[[str], None] = lambda _: None) -> None:
        self.path = path
        self._failed = failed
        self._books: dict[str, Books] = {}
        self._kept: dict[str, Any] = {}
        self._timer: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """Read what is there.

        Raises
        ------
        DeviceError
            If the file cannot be read, or is none of ours.
        """
        try:
            kept = json.loads(self.path.read_text(encoding="utf-8"))
            self._kept = kept["stations"]
            for name, books in self._books.items():
                if name in self._kept:
                    books.load(self._kept[name])
        except FileNotFoundError:
            return
        except OSError as error:
            message = f"{self.path}: transactions cannot be read ({error.strerror})"
            raise DeviceError(message) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            message = f"{self.path}: holds no transactions of a central system; move it away to begin anew"
            raise DeviceError(message) from error

    def keep(self, books: Books) -> None:
        """Keep the books of a station from now on; before `open`."""
        self._books[books.station] = books
        books.on_change.append(self._changed)

    def _changed(self, urgent: bool) -> None:
        if urgent:
            self.write()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LATER_S, self.write)

    def write(self) -> None:
        """Write it now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        stations = self._kept | {name: books.dump() for name, books in self._books.items()}
        beside = self.path.with_name(f".{self.path.name}.new")
        try:
            beside.write_text(json.dumps({"stations": stations}), encoding="utf-8")
            beside.replace(self.path)
        except OSError as error:
            self._failed(f"{self.path}: transactions cannot be kept ({error.strerror})")
