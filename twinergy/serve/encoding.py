# SPDX-License-Identifier: Apache-2.0
"""Tables as JSON, CSV, Parquet and Arrow, and which of them a client wants."""

from __future__ import annotations

import io
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Format = Literal["json", "csv", "parquet", "arrow"]
MEDIA_TYPES: Final[dict[Format, str]] = {
    "json": "application/json",
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}
"""As registered with IANA."""
_WILD: Final = {"*/*": "json", "application/*": "json", "text/*": "csv"}


def json_bytes(document: Any) -> bytes:
    """Return a document as JSON; a number that is not finite must have become None before."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def wanted(named: Format | None, accept: str) -> Format:
    """Return the format a request asks for: by ``format=`` or else by its ``Accept`` header.

    >>> wanted(None, "text/csv, application/json;q=0.5")
    'csv'

    Raises
    ------
    ProblemError
        406 if the header leaves nothing that can be given.
    """
    if named is not None:
        return named
    ranked = sorted(_weighted(accept), key=lambda pair: -pair[1])
    by_type: dict[str, Format] = {media: name for name, media in MEDIA_TYPES.items()}
    for media, weight in ranked:
        found = by_type.get(media) or _WILD.get(media)
        if found and weight > 0.0:
            return found  # type: ignore[return-value]  # the values of _WILD are formats
    if not accept.strip():
        return "json"
    from twinergy.serve.problems import ProblemError  # noqa: PLC0415 - problems are encoded here

    allowed = list(MEDIA_TYPES.values())
    detail = f"none of the media types in Accept can be given; accept one of {', '.join(allowed)} or use format="
    raise ProblemError(HTTPStatus.NOT_ACCEPTABLE, "not-acceptable", detail, allowed=allowed)


def _weighted(accept: str) -> list[tuple[str, float]]:
    pairs = []
    for item in accept.split(","):
        media, *parameters = (part.strip().lower() for part in item.split(";"))
        quality = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        try:
            pairs.append((media, float(quality)))
        except ValueError:
            pairs.append((media, 0.0))
    return pairs


def encode(table: Any, form: Format, around: Mapping[str, Any]) -> bytes:
    """Return a table in a format.

    Parameters
    ----------
    table : pyarrow.Table
        Tidy; times are UTC.
    form : str
        Format.
    around : mapping
        For JSON, what stands beside the columns, which are under ``data``: one list per column, None for NaN.
    """
    match form:
        case "json":
            return json_bytes({**around, "data": columns(table)})
        case "csv":
            return _csv(table)
        case "parquet":
            return _parquet(table)
        case _:
            return _arrow(table)


def columns(table: Any) -> dict[str, list[Any]]:
    """Return a table as lists by column; times as ISO 8601 text, None for NaN."""
    return {name: _plain(table.column(name)) for name in table.column_names}


def _plain(column: Any) -> list[Any]:
    import pyarrow as pa  # noqa: PLC0415

    if pa.types.is_timestamp(column.type):
        return list(_iso(column).to_pylist())
    return list(_number(column).to_pylist())


def _number(column: Any) -> Any:
    """Return numbers as doubles, NaN as null; single precision as the shortest double that stands for it."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    if pa.types.is_decimal(column.type):
        return column.cast(pa.float64())
    if not pa.types.is_floating(column.type):
        return column
    known = pc.if_else(pc.is_finite(column), column, pa.scalar(None, column.type)).cast(pa.float64())
    single = known.cast(pa.float32(), safe=False)
    if pc.all(pc.equal(single.cast(pa.float64()), known)).as_py() is False:
        return known
    return single.cast(pa.string()).cast(pa.float64())


def _iso(column: Any) -> Any:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    milliseconds = column.cast(pa.timestamp("ms", tz="UTC"))
    return pc.replace_substring(pc.strftime(milliseconds, format="%Y-%m-%dT%H:%M:%SZ"), ".000Z", "Z")


def _csv(table: Any) -> bytes:
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import csv  # noqa: PLC0415

    ready = [_iso(column) if pa.types.is_timestamp(column.type) else _writable(column) for column in table.columns]
    sink = io.BytesIO()
    csv.write_csv(pa.table(ready, names=table.column_names), sink)
    return sink.getvalue()


def _writable(column: Any) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    if pa.types.is_dictionary(column.type):
        return column.cast(pa.string())
    return _number(column)


def _parquet(table: Any) -> bytes:
    import pyarrow.parquet as pq  # noqa: PLC0415

    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def _arrow(table: Any) -> bytes:
    import pyarrow as pa  # noqa: PLC0415

    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()
