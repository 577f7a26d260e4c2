# SPDX-License-Identifier: Apache-2.0
"""Writes thinned parts and removes rows below a border, each part as a whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from twinergy.results.errors import StorageError
from twinergy.results.folder import part_name, replacing
from twinergy.results.parquet import SCHEMA_VERSION
from twinergy.results.parts import parts
from twinergy.results.platform.layout import next_number, thinned_folder
from twinergy.results.platform.quantities import NOTE, unit_or_none

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from twinergy.results.folder import RunFolder
    from twinergy.results.platform.layout import TableFiles


@dataclass(frozen=True, slots=True)
class Removal:
    """What goes: rows, and bytes of the parts that hold them (of a part that stays in part, its share)."""

    rows: int = 0
    bytes: int = 0


def removal_of(paths: Sequence[Path], before: str) -> Removal:
    """Return how many rows and bytes lie before a border."""
    if not before:
        return Removal()
    rows = size = 0.0
    for path in paths:
        times = _times(path)
        share = float((times < _milliseconds(before)).mean()) if len(times) else 0.0
        rows += share * len(times)
        size += share * path.stat().st_size
    return Removal(round(rows), round(size))


def write_thinned(folder: RunFolder, files: TableFiles, level: str, rows: Any) -> None:
    """Write rows as one more part of a level; the step that its metadata name stays that of the raw rows.

    Raises
    ------
    StorageError
        If it cannot be written.
    """
    import pyarrow as pa  # noqa: PLC0415 - kept out of the start of `twinergy --help`
    import pyarrow.parquet as pq  # noqa: PLC0415

    if not rows.num_rows:
        return
    fields = []
    for column in rows.schema:
        about = {"unit": files.units.get(column.name) or unit_or_none(column.name) or "UTC"}
        about |= {NOTE: str(files.quantity(column.name))} if column.name in files.units else {"derived": "1"}
        fields.append(pa.field(column.name, column.type, metadata=about))
    notes = {"twinergy.schema_version": SCHEMA_VERSION, "twinergy.table": files.name, "twinergy.step_s": str(files.step_s)}
    table = rows.cast(pa.schema(fields, metadata=notes | {"twinergy.level": level}))
    place = thinned_folder(folder, level, files.name)
    with replacing(place / part_name(next_number(parts(place)))) as partial:
        pq.write_table(table, partial)


def drop_parts(paths: Sequence[Path], *, before: str = "", whole_from: str = "", uncommitted: bool = False) -> None:
    """Remove the rows of parts before a border, and whole parts that begin at or after another one.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        Parts.
    before : str
        Border below which rows go, empty for none.
    whole_from : str
        With `uncommitted`: parts that begin here or later never came to count and go; all of them if empty.
    uncommitted : bool
        See `whole_from`.

    Raises
    ------
    StorageError
        If a part cannot be removed or written.
    """
    for path in paths:
        times = _times(path)
        first, last = int(times.min()), int(times.max())
        never = uncommitted and (not whole_from or first >= _milliseconds(whole_from))
        if never or (before and last < _milliseconds(before)):
            _unlink(path)
        elif before and first < _milliseconds(before):
            _rewrite(path, _milliseconds(before))


def _rewrite(path: Path, from_ms: int) -> None:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    table = pq.read_table(path)
    border = pa.scalar(from_ms, pa.timestamp("ms", tz="UTC"))
    repeating = [field.name for field in table.schema if str(field.type).startswith("dictionary") or field.name == "time"]
    with replacing(path) as partial:
        kept = table.filter(pc.greater_equal(table["time"], border))
        pq.write_table(kept, partial, compression="snappy", use_dictionary=repeating, write_statistics=["time"])


def last_time(paths: Sequence[Path]) -> datetime | None:
    """Return the last time of parts, None where they have none."""
    lasts = [times.max() for times in map(_times, paths) if len(times)]
    return datetime.fromtimestamp(int(max(lasts)) / 1000, UTC) if lasts else None


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError.of(path, error) from error


def _times(path: Path) -> Any:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    times = pq.read_table(path, columns=["time"])["time"]
    return times.cast(pa.timestamp("ms", tz="UTC")).cast(pa.int64()).to_numpy()


def _milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)
