# SPDX-License-Identifier: Apache-2.0
"""Result tables and events as Arrow tables, and those as Parquet files.

Tidy: one row per time and device, one column per port. Units, descriptions and the version of the layout stand in the
schema's metadata. A new version's first number changes whenever a sign or a unit does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.results.folder import replacing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from twinergy.kinds import Table
    from twinergy.results.block import ResultBlock, TableBlock

SCHEMA_VERSION: Final = "1.0"
KEYS: Final = ("time", "device")

EVENT_COLUMNS: Final[dict[str, dict[str, str]]] = {
    "set_points": {
        "time": "time",
        "agent": "name",
        "table": "name",
        "device": "name",
        "devices": "number",
        "port": "name",
        "value": "number",
        "rank": "name",
        "outcome": "name",
        "reason": "name",
        "outcome_reason": "name",
    },
    "messages": {"time": "time", "subject": "name", "source": "name", "id": "text", "body": "text"},
}
"""Columns of the events the laboratory itself records; ``name`` is text that repeats."""


class BlockEncoder:
    """Turns blocks into Arrow tables; what is the same in every block is built once.

    The values are copied (to the precision their port declares), so the recorder may use its arrays again at once.
    """

    def __init__(self) -> None:
        self._devices: dict[str, Any] = {}

    def encode(self, block: ResultBlock) -> dict[str, Any]:
        """Return a `pyarrow.Table` per table of the block, of ``n_steps * n_entities`` rows in order of time."""
        times: dict[int, Any] = {}
        return {name: self._table(table, block, times) for name, table in block.tables.items() if table.table.ids}

    def _table(self, part: TableBlock, block: ResultBlock, times: dict[int, Any]) -> Any:
        import pyarrow as pa  # noqa: PLC0415 - kept out of the start of `twinergy --help`

        table, steps = part.table, len(block.epoch_s)
        count = len(table.ids)
        if count not in times:
            times[count] = pa.array(np.repeat(block.epoch_s * 1000, count), type=pa.timestamp("ms", tz="UTC"))
        schema = series_schema(table, tuple(part.values), block.step_s)
        columns = [pa.array(_stored(part.values[name], schema.field(name))) for name in part.values]
        return pa.Table.from_arrays([times[count], self._device_column(table, steps), *columns], schema=schema)

    def _device_column(self, table: Table, steps: int) -> Any:
        import pyarrow as pa  # noqa: PLC0415

        known = self._devices.get(table.name)
        if known is None or len(known) != steps * len(table.ids):  # a run has three shapes of block: first, whole week, last
            codes = np.tile(np.arange(len(table.ids), dtype=np.int32), steps)
            known = pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(table.ids, type=pa.string()))
            self._devices[table.name] = known
        return known


def _stored(values: NDArray[np.float64], field: Any) -> NDArray[np.floating[Any]]:
    if str(field.type) == "float":
        return values.astype(np.float32, order="C").reshape(-1)
    return values.astype(np.float64, order="C").reshape(-1)  # a copy, on purpose


def series_schema(table: Table, names: Sequence[str], step_s: int) -> Any:
    """Return the `pyarrow.Schema` of one table with its units, descriptions and version.

    Parameters
    ----------
    table : Table
        Ids and ports.
    names : sequence of str
        Recorded ports, the order of the columns.
    step_s : int
        Length of a step. [s]
    """
    import pyarrow as pa  # noqa: PLC0415

    ports = {port.name: port for port in table.ports}
    time_notes = {"unit": "UTC", "description": f"start of the step; values are means over the {step_s} s that follow"}
    fields = [
        pa.field("time", pa.timestamp("ms", tz="UTC"), nullable=False, metadata=time_notes),
        pa.field("device", pa.dictionary(pa.int32(), pa.string()), nullable=False, metadata={"description": "entity id"}),
    ]
    for name in names:
        port = ports[name]
        kind = pa.float64() if port.precision == "double" else pa.float32()
        fields.append(pa.field(name, kind, metadata={"unit": port.unit, "description": port.description}))
    notes = {"twinergy.schema_version": SCHEMA_VERSION, "twinergy.table": table.name, "twinergy.step_s": str(step_s)}
    return pa.schema(fields, metadata=notes)


def events_table(name: str, rows: Sequence[Mapping[str, Any]] | Mapping[str, Any]) -> Any:
    """Return events as a `pyarrow.Table`.

    Parameters
    ----------
    name : str
        Name of the list of events; the columns of `EVENT_COLUMNS` are typed and ordered, others follow as they are.
    rows : sequence of mappings, or mapping of equally long columns
        ``time`` is an aware datetime or a number of epoch seconds.
    """
    import pyarrow as pa  # noqa: PLC0415

    known = EVENT_COLUMNS.get(name, {"time": "time"})
    columns = dict(rows) if isinstance(rows, Mapping) else _columns(rows)
    order = [*known, *(column for column in columns if column not in known)]
    length = len(next(iter(columns.values()), ()))
    arrays = [_event_column(columns.get(column, [None] * length), known.get(column, "")) for column in order]
    return pa.table(dict(zip(order, arrays, strict=True)), metadata={"twinergy.schema_version": SCHEMA_VERSION})


def _columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def _event_column(values: Any, kind: str) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    match kind:
        case "time":
            return pa.array([_milliseconds(value) for value in values], type=pa.timestamp("ms", tz="UTC"))
        case "name":
            return pa.array(values, type=pa.string()).dictionary_encode()
        case "text":
            return pa.array(values, type=pa.string())
        case "number":
            return pa.array(values, type=pa.float64())
        case _:
            return pa.array(values)


def _milliseconds(value: Any) -> int:
    seconds = value.timestamp() if hasattr(value, "timestamp") else value
    return round(float(seconds) * 1000)


def write_part(path: Path, table: Any) -> None:
    """Write one Parquet part under a temporary name and rename it, so that every visible part is whole.

    Numbers are neither dictionary-encoded nor given statistics: they do not repeat, and it halves the cost.

    Raises
    ------
    StorageError
        If it cannot be written.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415

    repeating = [field.name for field in table.schema if field.name in KEYS or str(field.type).startswith("dictionary")]
    with replacing(path) as partial:
        pq.write_table(table, partial, compression="snappy", use_dictionary=repeating, write_statistics=["time"])
