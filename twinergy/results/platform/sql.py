# SPDX-License-Identifier: Apache-2.0

"""Pieces of SQL: names and values quoted, files, instants, local days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinergy.results.platform.layout import DAILY, HOURLY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

QUARTER: Final = "15min"
LENGTHS_S: Final = {QUARTER: 900, HOURLY: 3600}


def name_sql(text: str) -> str:
    """Return an identifier.

    >>> name_sql('p"kw')
    '"p""kw"'
    """
    return '"' + text.replace('"', '""') + '"'


def text_sql(text: str) -> str:
    """Return a string.

    >>> text_sql("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def files_sql(paths: Iterable[Path], extra: str = "") -> str:
    """Return the table function that reads Parquet files."""
    return f"read_parquet([{', '.join(text_sql(str(path)) for path in paths)}]{extra})"


def instant_sql(text: str) -> str:
    """Return an instant from an ISO text."""
    return f"TIMESTAMPTZ {text_sql(text)}"


def where_sql(conditions: Sequence[str]) -> str:
    """Return a WHERE clause, empty without conditions."""
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def devices_sql(devices: Sequence[str] | None) -> list[str]:
    """Return the condition on devices, none for all."""
    if devices is None:
        return []
    return [f"device IN ({', '.join(text_sql(device) for device in devices)})" if devices else "false"]


def bucket_begin(time: str, timezone: str, bucket: str) -> str:
    """Return the begin of the quarter hour, hour or local day in which a time lies."""
    if bucket == DAILY:
        zone = text_sql(timezone)
        return f"(date_trunc('day', {time} AT TIME ZONE {zone}) AT TIME ZONE {zone})"
    length = LENGTHS_S[bucket]
    return f"to_timestamp(epoch({time})::BIGINT // {length} * {length})"


def bucket_head(timezone: str, bucket: str) -> str:
    """Return the columns ``bucket`` (its begin) and ``bucket_s`` (its length, right on days of 23 and 25 hours)."""
    begin = bucket_begin("time", timezone, bucket)
    if bucket != DAILY:
        return f"{begin} AS bucket, {LENGTHS_S[bucket]}.0 AS bucket_s"
    zone = text_sql(timezone)
    after = f"(({begin} AT TIME ZONE {zone}) + INTERVAL 1 DAY) AT TIME ZONE {zone}"
    return f"{begin} AS bucket, (epoch({after}) - epoch({begin})) AS bucket_s"
