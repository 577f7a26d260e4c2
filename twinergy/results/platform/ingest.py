# SPDX-License-Identifier: Apache-2.0
"""Real-time ingestion: messages as they come, in blocks, into a data set.

Each accepted message stands in a journal before its arrival is acknowledged, and in a Parquet part soon after. A process that is
killed leaves whole parts and the journal; the next one takes up the journal, and what a broker then sends again is known already.
"""

from __future__ import annotations

import fcntl
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from twinergy.results.errors import StorageError
from twinergy.results.folder import COMPLETED, RUNNING, write_json
from twinergy.results.platform.dataset import Rows, append, open_data, update_manifest
from twinergy.results.platform.journal import Journal
from twinergy.results.platform.layout import read_manifest
from twinergy.results.platform.merging import merge_parts
from twinergy.results.platform.messages_in import MessageReader, Reading, RejectedError
from twinergy.results.platform.seen import Seen

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from twinergy.results.platform.mapping import DataMapping

JOURNAL: Final = "ingest.journal"
LOCK: Final = "ingest.lock"
_EXAMPLE: Final = 160
DUPLICATE: Final = "received before"
CONFLICT: Final = "received before with another value"


class Ingest:
    """Takes messages from any thread; a context manager, the only writer of its folder.

    Parameters
    ----------
    out : pathlib.Path
        Data set; made if absent.
    mapping : DataMapping
        What messages mean.
    block_s : float
        Longest time that a reading waits for its part. [s]
    block_rows : int
        A part is written as soon as so many readings wait.

    Attributes
    ----------
    accepted : int
        Messages of which something was new.
    rejected : collections.Counter
        Messages (and of those received before, values) by reason.

    Raises
    ------
    StorageError
        If another process writes there, or the disk does not take it.
    """

    def __init__(self, out: Path, mapping: DataMapping, *, block_s: float = 60.0, block_rows: int = 50_000) -> None:
        self.folder = open_data(out, timezone=mapping.timezone, title=mapping.title)
        self._lock_file: Any = (out / LOCK).open("wb")
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock_file.close()
            raise StorageError(out, "another ingest writes to this folder; end it first, or choose another folder") from error
        self._mapping, self._reader = mapping, MessageReader(mapping)
        self._notes = {each.port: str(each.note()) for each in mapping.columns}
        self._block_s, self._block_rows = block_s, block_rows
        self._guard = threading.Lock()
        self._waiting: list[Reading] = []
        self._since = time.monotonic()
        self.accepted = 0
        self.rejected: Counter[str] = Counter()
        self._examples: dict[str, str] = {}
        before = read_manifest(self.folder).get("ingest", {})
        self._before = (int(before.get("accepted", 0)), Counter(before.get("rejected", {})))
        merge_parts(self.folder)
        self._seen = Seen(self.folder)
        self._journal = Journal(out / JOURNAL)
        for reading in self._journal.readings():
            self._keep(reading)

    def __enter__(self) -> Self:
        self._note(RUNNING)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def offer(self, topic: str, payload: bytes, now_s: float | None = None) -> bool:
        """Take one message; return whether anything of it is new. It is on disk when this returns.

        Parameters
        ----------
        topic : str
            Topic or subject.
        payload : bytes
            The message.
        now_s : float, optional
            Moment of arrival, the clock's if not given. [epoch s]

        Raises
        ------
        StorageError
            If it cannot be written: it must not be acknowledged then.
        """
        with self._guard:
            try:
                readings = self._reader.read(topic, payload, time.time() if now_s is None else now_s)
            except RejectedError as error:
                self._reject(str(error), topic, payload)
                return False
            return self._take(readings, topic, payload)

    def _take(self, readings: list[Reading], topic: str, payload: bytes) -> bool:
        new = []
        for reading in readings:
            values, same, other = self._seen.split(reading)
            if same:
                self._reject(DUPLICATE, topic, payload, same)
            if other:
                self._reject(CONFLICT, topic, payload, other)
            if values:
                new.append(Reading(reading.table, reading.device, reading.time_ms, values))
        if not new:
            return False
        self._journal.write(new)
        for reading in new:
            self._keep(reading)
        self.accepted += 1
        if len(self._waiting) >= self._block_rows:
            self._flush()
        return True

    def tick(self) -> None:
        """Write a part if readings have waited long enough; call it about once a second."""
        with self._guard:
            if self._waiting:
                self._journal.sync()
            if self._waiting and time.monotonic() - self._since >= self._block_s:
                self._flush()

    def flush(self) -> None:
        """Write what waits."""
        with self._guard:
            self._flush()

    def close(self) -> None:
        """Write what waits, bring the manifest up to date and let go of the folder; safe to call twice."""
        if self._lock_file.closed:
            return
        with self._guard:
            self._flush()
            self._journal.close()
            update_manifest(self.folder)
            self._note(COMPLETED)
            self._lock_file.close()

    def _keep(self, reading: Reading) -> None:
        values, _, _ = self._seen.split(reading)
        if not values:
            return
        if not self._waiting:
            self._since = time.monotonic()
        kept = Reading(reading.table, reading.device, reading.time_ms, values)
        self._seen.add(kept)
        self._waiting.append(kept)

    def _flush(self) -> None:
        if not self._waiting:
            return
        for table in dict.fromkeys(reading.table for reading in self._waiting):
            append(self.folder, self._rows(table))
        self._waiting.clear()
        self._journal.clear()
        self._seen.settle()
        merge_parts(self.folder)
        self._note(RUNNING)

    def _rows(self, table: str) -> Rows:
        """Return what waits of a table: one row per time and device, in the order of their first arrival."""
        cells: dict[tuple[int, str], dict[str, float]] = {}
        for reading in self._waiting:
            if reading.table == table:
                cells.setdefault((reading.time_ms, reading.device), {}).update(reading.values)
        mapped = [each.port for each in self._mapping.columns if each.table == table]
        ports = list(dict.fromkeys([*mapped, *(port for values in cells.values() for port in values)]))
        columns = {port: np.array([values.get(port, np.nan) for values in cells.values()]) for port in ports}
        times = np.array([key[0] for key in cells], dtype=np.int64)
        return Rows(table, self._mapping.step_s, times, [key[1] for key in cells], columns, self._notes)

    def _reject(self, reason: str, topic: str, payload: bytes, count: int = 1) -> None:
        self.rejected[reason] += count
        self._examples[reason] = f"{topic[:_EXAMPLE]}: {payload[:_EXAMPLE].decode('utf-8', 'replace')}"

    def _note(self, status: str) -> None:
        manifest = read_manifest(self.folder)
        facts = {
            "accepted": self._before[0] + self.accepted,
            "rejected": dict(self._before[1] + self.rejected),
            "last_rejected": self._examples,
            "source": self._mapping.source,
            "changed": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        manifest = manifest | {"ingest": facts}
        if manifest.get("kind") == "data":
            manifest["status"] = status
        write_json(self.folder.manifest, manifest)
