# SPDX-License-Identifier: Apache-2.0
"""What has been received and is not yet in a Parquet part, on disk: a process that is killed loses nothing it acknowledged."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from twinergy.results.errors import StorageError
from twinergy.results.platform.messages_in import Reading

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Journal:
    """An append-only file of readings, one JSON line each.

    Lines are handed to the operating system at once, which keeps them if the process dies; `sync` keeps them if the power fails.

    Parameters
    ----------
    path : pathlib.Path
        The file; made if absent.

    Raises
    ------
    StorageError
        If it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file: Any = path.open("ab", buffering=0)
            self._seal()
        except OSError as error:
            raise StorageError.of(path, error) from error

    def _seal(self) -> None:
        """End a line that was torn when the process before was killed, so that the next one begins afresh."""
        if self._path.stat().st_size and not self._path.read_bytes().endswith(b"\n"):
            self._file.write(b"\n")

    def write(self, readings: Sequence[Reading]) -> None:
        """Append readings.

        Raises
        ------
        StorageError
            If they cannot be written: then they must not be acknowledged.
        """
        lines = [json.dumps([r.table, r.device, r.time_ms, r.values], separators=(",", ":")) for r in readings]
        try:
            self._file.write("".join(line + "\n" for line in lines).encode())
        except OSError as error:
            raise StorageError.of(self._path, error) from error

    def sync(self) -> None:
        """Have the disk keep what has been written."""
        os.fsync(self._file.fileno())

    def clear(self) -> None:
        """Forget everything: it stands in parts now."""
        self._file.truncate(0)

    def close(self) -> None:
        """Let go of the file; safe to call twice."""
        self._file.close()

    def readings(self) -> list[Reading]:
        """Return what the file holds; a line torn by a crash is left out."""
        found = []
        for line in self._path.read_bytes().splitlines():
            try:
                table, device, time_ms, values = json.loads(line)
                found.append(Reading(str(table), str(device), int(time_ms), {str(k): float(v) for k, v in values.items()}))
            except (ValueError, TypeError, AttributeError):
                continue
        return found
