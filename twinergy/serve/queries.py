# SPDX-License-Identifier: Apache-2.0
"""What a request may ask, closed: an unknown or misspelt parameter is refused with the names that exist."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from twinergy.serve.cursors import PATTERN
from twinergy.serve.encoding import Format
from twinergy.serve.options import LONGEST_NAME, MOST_NAMES, MOST_ROWS, USUAL_ROWS

_RFC3339: Final = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_LEAP_SECOND: Final = 60
EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
LATEST: Final = datetime.max.replace(tzinfo=UTC)


def instant(value: Any) -> datetime:
    """Return the aware UTC time of RFC 3339 text.

    >>> instant("2024-07-01T00:00:00+02:00").isoformat()
    '2024-06-30T22:00:00+00:00'

    Raises
    ------
    ValueError
        If it is something else; times without a zone are not guessed.
    """
    found = _RFC3339.fullmatch(str(value))
    if not found:
        message = "expected a time with zone such as 2024-07-01T00:00:00Z; in an address a + is written %2B"
        raise ValueError(message)
    day, minutes, seconds, fraction, zone = found.groups()
    second = int(seconds)
    leap = timedelta(seconds=second - _LEAP_SECOND + 1) if second == _LEAP_SECOND else timedelta()
    text = f"{day}T{minutes}:{min(second, _LEAP_SECOND - 1):02d}{(fraction or '')[:7]}{zone.upper().replace('Z', '+00:00')}"
    if day.startswith("0000"):
        return EARLIEST
    try:
        return datetime.fromisoformat(text).astimezone(UTC) + leap
    except OverflowError:  # the offset leaves the years that can be told
        return EARLIEST if day.startswith("0001") else LATEST


def _whole(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]{1,18}", value):
        message = "expected a whole number"
        raise ValueError(message)
    return value


Instant = Annotated[datetime, BeforeValidator(instant), WithJsonSchema({"type": "string", "format": "date-time"})]
Name = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME)]
Names = Annotated[list[Name], Field(max_length=MOST_NAMES)]
Subject = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_*>.-]{1,200}$")]
Limit = Annotated[int, Field(ge=1, le=MOST_ROWS), BeforeValidator(_whole)]
Cursor = Annotated[str, StringConstraints(pattern=PATTERN)]
Resolution = Literal["raw", "15min", "hourly", "daily"]
Aggregate = Literal["sum", "mean", "min", "max"]


def _no_default(schema: dict[str, Any]) -> None:
    for field in schema.get("properties", {}).values():
        if field.get("default", 0) is None:
            del field["default"]  # left out is not the same as null, which cannot be written in an address


class Query(BaseModel):
    """Base of all queries."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra=_no_default)


class NoQuery(Query):
    """For what takes no parameters."""


class PageQuery(Query):
    """Part of something long."""

    limit: Limit = Field(default=USUAL_ROWS, description="Most rows in the answer.")
    cursor: Cursor | SkipJsonSchema[None] = Field(default=None, description="From 'next' of the page before.")


class SpanQuery(PageQuery):
    """Part of something long between two instants."""

    start: Instant | SkipJsonSchema[None] = Field(default=None, description="First instant, RFC 3339 with zone.")
    end: Instant | SkipJsonSchema[None] = Field(default=None, description="Instant that ends it, not included.")


class DevicesQuery(PageQuery):
    """Which devices."""

    table: Name | SkipJsonSchema[None] = Field(default=None, description="Only of this table.")
    dwelling: Name | SkipJsonSchema[None] = Field(default=None, description="Only of this dwelling.")


class SeriesQuery(SpanQuery):
    """Which values, how fine, and in which format."""

    port: Names = Field(default=[], description="Only these ports; may be repeated. All if not given.")
    device: Names = Field(default=[], description="Only these devices; may be repeated. All one may see if not given.")
    resolution: Resolution = Field(default="raw", description="raw as recorded; 15min, hourly and daily (local days) as sums.")
    aggregate: Aggregate | SkipJsonSchema[None] = Field(default=None, description="One row per time over all these devices.")
    format: Format | SkipJsonSchema[None] = Field(default=None, description="Wins over the Accept header.")


class QualityQuery(SpanQuery):
    """Which flags."""

    port: Name | SkipJsonSchema[None] = Field(default=None, description="Only of this port.")
    device: Name | SkipJsonSchema[None] = Field(default=None, description="Only of this device.")


class MessagesQuery(SpanQuery):
    """Which messages."""

    subject: Subject = Field(default=">", description="Subject; * stands for one part, a last > for one or more.")
