# SPDX-License-Identifier: Apache-2.0
"""Writes data sets that were not simulated, in the layout of a run folder, part by part; every visible part is whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from twinergy.results.errors import StorageError
from twinergy.results.folder import COMPLETED, RunFolder, part_name, write_json
from twinergy.results.parquet import SCHEMA_VERSION, write_part
from twinergy.results.parts import parts, read_parts
from twinergy.results.platform.errors import UnknownNameError
from twinergy.results.platform.layout import DATA, next_number, read_manifest, table_files, table_names
from twinergy.results.platform.quantities import NOTE
from twinergy.results.provenance import provenance
from twinergy.units import unit_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one table in the order in which they were received.

    Attributes
    ----------
    table : str
        Name.
    step_s : int
        Length of a step. [s]
    times_ms : ndarray of int64, shape (n,)
        Start of the step. [epoch ms]
    devices : sequence of str, length n
        Device of each row.
    values : dict of str to ndarray, shape (n,)
        One array per port, NaN where there is no value.
    notes : dict of str to str
        Kind of quantity of a port where its name does not say it.
    """

    table: str
    step_s: int
    times_ms: NDArray[np.int64]
    devices: Sequence[str]
    values: Mapping[str, NDArray[np.float64]]
    notes: Mapping[str, str]


def open_data(path: Path, *, timezone: str, title: str) -> RunFolder:
    """Return a data set to add to; a new one is made where there is none.

    Raises
    ------
    StorageError
        If the folder is something else, cannot be written, or is a run that is still being written.
    """
    folder = RunFolder(path)
    if folder.manifest.is_file():
        manifest = read_manifest(folder)
        if manifest.get("kind") != DATA and manifest.get("status") == "running":
            raise StorageError(path, "this run is still being written (or was killed); add to it when it is complete")
        return folder
    if path.exists() and any(path.iterdir() if path.is_dir() else [path]):
        raise StorageError(path, "it exists and is no data set; name a new folder")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError.of(path, error) from error
    created = datetime.now(UTC).isoformat(timespec="milliseconds")
    about = {"schema_version": SCHEMA_VERSION, "kind": DATA, "status": COMPLETED, "created": created, **provenance()}
    write_json(folder.manifest, about | {"timezone": timezone, "title": title, "scenario": path.name, "mode": DATA, "tables": {}})
    return folder


def append(folder: RunFolder, rows: Rows) -> Path:
    """Write rows as one more part of their table and return its path.

    Raises
    ------
    UnknownNameError
        If the table exists with another length of step.
    StorageError
        If it cannot be written.
    """
    manifest = read_manifest(folder)
    if rows.table in table_names(folder):
        known = table_files(folder, rows.table, manifest)
        if known.step_s != rows.step_s:
            raise UnknownNameError(folder.series(rows.table), "step", f"{rows.step_s} s", [f"{known.step_s} s"])
    path = folder.series(rows.table) / part_name(next_number(parts(folder.series(rows.table))))
    write_part(path, _arrow(rows))
    return path


def update_manifest(folder: RunFolder, **facts: Any) -> None:
    """Add facts to the manifest and bring what it says of tables and times up to date."""
    manifest = read_manifest(folder) | facts
    if manifest.get("kind") == DATA:
        spans = {name: _span(folder, name) for name in table_names(folder) if parts(folder.series(name))}
        manifest["tables"] = {name: span[2] for name, span in spans.items()}
        steps = {name: table_files(folder, name, manifest).step_s for name in spans}
        if spans:
            begin, last = min(span[0] for span in spans.values()), max(spans[name][1] + steps[name] * 1000 for name in spans)
            manifest |= {"start": _iso(begin), "end": _iso(last), "written_until": _iso(last), "step_s": min(steps.values())}
            manifest["steps"] = int((last - begin) // (1000 * manifest["step_s"]))
    write_json(folder.manifest, manifest)


def _span(folder: RunFolder, table: str) -> tuple[int, int, int]:
    """Return first and last time, in ms, and the number of devices of a table."""
    keys = read_parts(parts(folder.series(table)), [])
    times = keys["time"].cast("int64").to_numpy()
    return int(times.min()), int(times.max()), len(keys["device"].unique())


def _iso(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()


def _arrow(rows: Rows) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - kept out of the start of `twinergy --help`

    text = {"unit": "UTC", "description": f"start of the step; values are means over the {rows.step_s} s that follow"}
    fields = [
        pa.field("time", pa.timestamp("ms", tz="UTC"), nullable=False, metadata=text),
        pa.field("device", pa.dictionary(pa.int32(), pa.string()), nullable=False, metadata={"description": "entity id"}),
        *(pa.field(port, pa.float64(), metadata=_about(port, rows.notes.get(port, ""))) for port in rows.values),
    ]
    notes = {"twinergy.schema_version": SCHEMA_VERSION, "twinergy.table": rows.table, "twinergy.step_s": str(rows.step_s)}
    columns = [
        pa.array(rows.times_ms, pa.timestamp("ms", tz="UTC")),
        pa.array(rows.devices, pa.string()).dictionary_encode(),
        *(pa.array(np.asarray(values, dtype=np.float64)) for values in rows.values.values()),
    ]
    return pa.Table.from_arrays(columns, schema=pa.schema(fields, metadata=notes))


def _about(port: str, quantity: str) -> dict[str, str]:
    return {"unit": unit_of(port)} | ({NOTE: quantity} if quantity else {})
