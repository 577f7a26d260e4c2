# SPDX-License-Identifier: Apache-2.0
"""Reads Parquet parts and says which one is damaged."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from twinergy.results.errors import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    Instant = datetime | str


def parts(folder: Path) -> list[Path]:
    """Return the whole parts of a folder in order; what is still being written is left out."""
    return sorted(folder.glob("part-*.parquet"))


def read_schema(path: Path) -> Any:
    """Return the `pyarrow.Schema` of a part, or raise `UnreadableError`."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        return pq.read_schema(path)
    except (OSError, pa.ArrowException) as error:
        raise _damaged(path, error) from error


def note(field: Any, key: str) -> str:
    """Return a note from the metadata of a field, empty if it has none."""
    return str((field.metadata or {}).get(key.encode(), b""), "utf-8")


def row_filter(devices: Iterable[str] | None, start: Instant | None, end: Instant | None) -> Any:
    """Return the filter on devices and time for `read_parts`, or None."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.dataset as ds  # noqa: PLC0415

    def instant(value: Instant) -> Any:
        return pa.scalar(_utc(value), type=pa.timestamp("ms", tz="UTC"))

    terms = []
    if devices is not None:
        terms.append(ds.field("device").isin(pa.array(list(devices), type=pa.string())))
    if start is not None:
        terms.append(ds.field("time") >= instant(start))
    if end is not None:
        terms.append(ds.field("time") < instant(end))
    keep = None
    for term in terms:
        keep = term if keep is None else keep & term
    return keep


def _utc(value: Instant) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def read_parts(paths: list[Path], ports: Sequence[str] | None = None, keep: Any = None) -> Any:
    """Return parts as one `pyarrow.Table`: all columns or time, device and some ports; only the rows of a filter.

    Raises
    ------
    UnreadableError
        If a part is damaged; the message names it.
    """
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.dataset as ds  # noqa: PLC0415

    columns = None if ports is None else ["time", "device", *ports]
    try:
        return ds.dataset([str(path) for path in paths], format="parquet").to_table(columns=columns, filter=keep)
    except (OSError, pa.ArrowException) as error:
        raise _blame(paths, error) from error


def _blame(paths: list[Path], error: Exception) -> UnreadableError:
    """Return an error that names the part that cannot be read."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    for path in paths:
        try:
            pq.read_table(path)
        except (OSError, pa.ArrowException) as cause:
            return _damaged(path, cause)
    return UnreadableError(paths[0].parent, f"{paths[0].parent} cannot be read: {error}")


def _damaged(path: Path, error: Exception) -> UnreadableError:
    head = str(error).splitlines()[0]
    message = f"{path} is damaged ({head}); remove this part to read the rest of the run"
    return UnreadableError(path, message)
