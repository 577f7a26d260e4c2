# SPDX-License-Identifier: Apache-2.0
"""Writes a run folder while the run goes on, so that whatever ends the run leaves a readable folder."""

from __future__ import annotations

import math
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from twinergy.results.background import BackgroundWriter
from twinergy.results.errors import StorageError
from twinergy.results.folder import COMPLETED, FAILED, INTERRUPTED, RUNNING, RunFolder, part_name, write_json, write_text
from twinergy.results.parquet import SCHEMA_VERSION, BlockEncoder, events_table, write_part
from twinergy.results.provenance import provenance
from twinergy.results.tables import write_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from twinergy.community.topology import GridTopology
    from twinergy.results.block import ResultBlock

__all__ = ["RunFolder", "RunWriter"]


class RunWriter:
    """Writes results block by block in a background thread; a context manager.

    Leaving it without an exception sets the status ``completed``, with `KeyboardInterrupt` ``interrupted``, with any other
    exception ``failed``. A process that is killed leaves ``running`` and every part that was renamed into place.

    Parameters
    ----------
    folder : RunFolder
        A folder of its own, from `RunFolder.create`.
    most_waiting : int
        How many blocks may wait to be written; the bound on memory.

    Raises
    ------
    StorageError
        From any method: something could not be written, now or by an earlier call.
    """

    def __init__(self, folder: RunFolder, *, most_waiting: int = 2) -> None:
        self.folder = folder
        self._background = BackgroundWriter(most_waiting)
        self._encoder = BlockEncoder()
        self._event_parts: dict[str, int] = {}
        self._blocks = 0
        self._started = time.monotonic()
        self._manifest: dict[str, Any] = {}

    def __enter__(self) -> Self:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._started = time.monotonic()
        self._manifest |= {"schema_version": SCHEMA_VERSION, "status": RUNNING, "created": now, **provenance()}
        self._manifest |= {"wall_s": 0.0, "blocks": 0, "steps": 0, "tables": {}}
        write_json(self.folder.manifest, self._manifest)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None:
            self.close(COMPLETED)
            return
        status = INTERRUPTED if isinstance(error, KeyboardInterrupt) else FAILED
        self._manifest["error"] = "" if status == INTERRUPTED else f"{type(error).__name__}: {error}"
        with suppress(StorageError):  # the exception under way is the one to act on
            self.close(status)

    def write_manifest(self, **facts: Any) -> None:
        """Add facts to the manifest (see `twinergy.results.provenance.run_facts`) and rewrite it."""
        self._manifest |= facts
        self._rewrite_manifest()

    def write_scenario(self, text: str) -> None:
        """Keep the scenario as it was run."""
        self._later(self.folder.scenario, text)

    def write_topology(self, topology: GridTopology) -> None:
        """Keep where buses and lines lie, for the report's map."""
        self._later(self.folder.topology, topology.to_json())

    def write_kpis(self, document: Mapping[str, Any]) -> None:
        """Rewrite the key figures (`Kpis.document`); their ``tables`` become files of their own."""
        figures = {name: part for name, part in document.items() if name != "tables"}
        self._background.submit(lambda: write_json(self.folder.kpis, figures))
        for name, columns in document.get("tables", {}).items():
            self._background.submit(partial(write_table, self.folder.table(name), columns))

    def write_accounts(self, accounts: Mapping[str, Any]) -> None:
        """Keep what agents say of themselves at the end, by name; nothing where nobody says anything."""
        if accounts:
            self._background.submit(lambda: write_json(self.folder.accounts, _without_nan(accounts)))

    def write_block(self, block: ResultBlock) -> None:
        """Queue one part per table; the block's arrays may be used again when this returns."""
        tables = self._encoder.encode(block)
        paths = {name: self.folder.series(name) / part_name(self._blocks) for name in tables}
        self._background.submit(lambda: _write_parts(paths, tables), large=True)
        self._blocks += 1
        until = int(block.epoch_s[-1]) + block.step_s
        self._manifest["blocks"] = self._blocks
        self._manifest["steps"] += len(block.epoch_s)
        self._manifest["tables"] = {name: len(part.table.ids) for name, part in block.tables.items() if part.table.ids}
        self._manifest["written_until"] = datetime.fromtimestamp(until, UTC).isoformat()
        self._rewrite_manifest()

    def write_events(self, name: str, rows: Sequence[Mapping[str, Any]] | Mapping[str, Any]) -> None:
        """Queue one part of events such as ``set_points`` or ``messages``; nothing happens if there are none.

        Parameters
        ----------
        name : str
            Name of the list; a folder of that name holds its parts.
        rows : sequence of mappings, or mapping of columns
            See `twinergy.results.parquet.EVENT_COLUMNS`.
        """
        table = events_table(name, rows)
        if not table.num_rows:
            return
        number = self._event_parts.get(name, 0)
        self._event_parts[name] = number + 1
        path = self.folder.events(name) / part_name(number)
        self._background.submit(lambda: write_part(path, table))

    def close(self, status: str = COMPLETED) -> None:
        """Write what waits, then the final status; safe to call twice.

        Raises
        ------
        StorageError
            If something could not be written; the status is then ``failed``.
        """
        try:
            self._background.close()
        except BaseException as error:
            self._manifest |= {"status": FAILED, "error": str(error)}
            with suppress(StorageError):
                write_json(self.folder.manifest, self._timed_manifest())
            raise
        if self._manifest["status"] == RUNNING:
            self._manifest["status"] = status
            self._manifest["finished"] = datetime.now(UTC).isoformat(timespec="milliseconds")
            write_json(self.folder.manifest, self._timed_manifest())

    def _timed_manifest(self) -> dict[str, Any]:
        return self._manifest | {"wall_s": round(time.monotonic() - self._started, 3)}

    def _rewrite_manifest(self) -> None:
        manifest = self._timed_manifest()
        self._background.submit(lambda: write_json(self.folder.manifest, manifest))

    def _later(self, path: Path, text: str) -> None:
        self._background.submit(lambda: write_text(path, text))


def _without_nan(value: Any) -> Any:
    """Return nested lists and mappings with None for numbers that are none."""
    if isinstance(value, dict):
        return {name: _without_nan(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _write_parts(paths: Mapping[str, Path], tables: Mapping[str, Any]) -> None:
    for name, table in tables.items():
        write_part(paths[name], table)
