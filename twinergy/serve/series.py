# SPDX-License-Identifier: Apache-2.0
"""Pages of values over time: what a question names, what a token sees of it, and where the next page begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from twinergy.results.platform.quantities import unit_or_none
from twinergy.serve.access import forbidden
from twinergy.serve.cursors import cursor_of, keys_of
from twinergy.serve.options import FEWEST_POOLED
from twinergy.serve.problems import DEVICE, PORT, ProblemError, missing, shortened

if TYPE_CHECKING:
    from twinergy.serve.access import Sight
    from twinergy.serve.queries import SeriesQuery, SpanQuery
    from twinergy.serve.served import ServedRun
    from twinergy.serve.tokens import Grant

COUNT: Final = "devices_count"
"""Column of an aggregate that says how many devices had a value at that time."""
MOST_READ: Final = 2_000_000
"""Rows read for one page of aggregates; a page of many devices holds fewer times."""
BLUNT: Final = frozenset({"sum", "mean"})
"""Aggregates over customers; the highest or lowest would be the value of one of them."""
_MS: Final = timedelta(milliseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Page:
    """Part of an answer.

    Attributes
    ----------
    table : pyarrow.Table
        Rows in order of time and device.
    cursor : str or None
        Where the next page begins; None if this was the last.
    """

    table: Any
    cursor: str | None

    @property
    def units(self) -> dict[str, str]:
        """Unit by column, where a column has one."""
        return {name: unit_or_none(name) for name in self.table.column_names if name not in {"time", "device", COUNT}}


def series_page(run: ServedRun, table: str, grant: Grant, sight: Sight, query: SeriesQuery) -> Page:
    """Return a page of values.

    Raises
    ------
    ProblemError
        403 for devices the token does not see one by one; 404 for a port, device, span or page that does not exist.
    """
    refuse_backwards(query)
    _known_ports(run, table, query)
    question = [run.name, table, query.model_dump(mode="json", exclude={"cursor", "limit", "format"})]
    if query.aggregate:
        pool = _pool(grant, sight, table, query)
        return _together(run, table, pool, query, question, hidden=not sight.devices.issuperset(pool))
    return _one_by_one(run, table, _chosen(grant, sight, table, query), query, question)


def refuse_backwards(query: SpanQuery) -> None:
    """Refuse a span in which nothing can be.

    Raises
    ------
    ProblemError
        404.
    """
    if query.start is not None and query.end is not None and query.end <= query.start:
        detail = f"there is nothing between start {query.start.isoformat()} and end {query.end.isoformat()}: give an end after it"
        raise ProblemError(HTTPStatus.NOT_FOUND, "no-such-span", detail)


def epoch_ms(moment: datetime) -> int:
    """Return milliseconds since 1970-01-01 UTC. [ms]."""
    return (moment - _EPOCH) // _MS


def moment_of(milliseconds: int) -> datetime:
    """Return the aware UTC time of milliseconds since 1970-01-01, held within what a time can tell."""
    try:
        return _EPOCH + milliseconds * _MS
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def _known_ports(run: ServedRun, table: str, query: SeriesQuery) -> None:
    units = run.units(table)
    for port in query.port:
        if port not in units:
            raise missing(PORT, port, units)


def _chosen(grant: Grant, sight: Sight, table: str, query: SeriesQuery) -> list[str]:
    if not sight.devices:
        what = f"reading single values of table {table!r}, only aggregates: add aggregate=sum or aggregate=mean"
        raise forbidden(grant, what)
    for device in query.device:
        if device in sight.devices:
            continue
        if grant.sees_all:
            raise missing(DEVICE, device, sight.devices)
        raise forbidden(grant, f"reading {shortened(device)!r} in table {table!r}; it sees {_few(sight.devices)}")
    return sorted(set(query.device) or sight.devices)


def _pool(grant: Grant, sight: Sight, table: str, query: SeriesQuery) -> list[str]:
    """Return the devices that are put together: any one may choose of those one sees, or else all or none.

    Who may not see single values cannot choose either: two sums over nearly the same devices would tell a single value.
    """
    if set(query.device) <= sight.devices and (query.device or not sight.pooled - sight.devices):
        return _chosen(grant, sight, table, query)
    if query.device:
        raise forbidden(grant, f"choosing among the devices of table {table!r}; leave 'device' out to get all together")
    if query.aggregate not in BLUNT and table in {"connection", "meter"}:
        raise forbidden(grant, f"aggregate={query.aggregate} of table {table!r}; use sum or mean")
    return sorted(sight.pooled)


def _few(names: frozenset[str], most: int = 8) -> str:
    shown = sorted(names)[:most]
    return ", ".join(shown) + (f" and {len(names) - most} more" if len(names) > most else "")


def _one_by_one(run: ServedRun, table: str, devices: list[str], query: SeriesQuery, question: Any) -> Page:
    after = None
    if query.cursor is not None:
        milliseconds, device = keys_of(question, query.cursor, int, str)
        after = (moment_of(milliseconds), device)
    found = _read(run, table, devices, query, query.start, query.limit + 1, after)
    if found.num_rows <= query.limit:
        return Page(found, None)
    page = found.slice(0, query.limit)
    time, device = page.column("time")[-1].as_py(), str(page.column("device")[-1].as_py())
    return Page(page, cursor_of(question, [epoch_ms(time), device]))


def _together(run: ServedRun, table: str, devices: list[str], query: SeriesQuery, question: Any, *, hidden: bool) -> Page:
    start = query.start
    if query.cursor is not None:
        (milliseconds,) = keys_of(question, query.cursor, int)
        start = moment_of(milliseconds)
    times = max(1, min(query.limit, MOST_READ // len(devices)))
    rows = times * len(devices)
    found = _read(run, table, devices, query, start, rows + 1, None)
    cursor = None
    if found.num_rows > rows:  # the last time is cut off or belongs to the next page; the first is whole
        found, last = _without_last(found)
        cursor = cursor_of(question, [epoch_ms(last)])
    least = FEWEST_POOLED if hidden else 1
    return Page(_aggregated(found, str(query.aggregate), table, least), cursor)


def _read(
    run: ServedRun,
    table: str,
    devices: list[str],
    query: SeriesQuery,
    start: datetime | None,
    limit: int,
    after: tuple[datetime, str] | None,
) -> Any:
    return run.store.series(
        table,
        ports=query.port or None,
        devices=devices,
        start=start,
        end=query.end,
        resolution=query.resolution,
        limit=limit,
        after=after,
    )


def _without_last(table: Any) -> tuple[Any, datetime]:
    import pyarrow.compute as pc  # noqa: PLC0415

    last = table.column("time")[-1]
    moment: datetime = last.as_py()
    return table.filter(pc.less(table.column("time"), last)), moment


def _aggregated(table: Any, how: str, name: str, least: int) -> Any:
    """Return one row per time; where fewer devices than `least` had a value, none is told."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    ports = [port for port in table.column_names if port not in {"time", "device"}]
    values = [pc.if_else(pc.is_finite(table.column(port)), table.column(port), None) for port in ports]
    plain = pa.table([table.column("time"), *values], names=["time", *ports])
    grouped = plain.group_by("time", use_threads=False).aggregate(
        [(port, how) for port in ports] + [(port, "count") for port in ports]
    )
    shown = [pc.if_else(pc.greater_equal(grouped[f"{port}_count"], least), grouped[f"{port}_{how}"], None) for port in ports]
    counts = [grouped[f"{port}_count"] for port in ports]
    count = counts[0] if counts else pa.nulls(grouped.num_rows, pa.int64())
    for other in counts[1:]:
        count = pc.min_element_wise(count, other)
    device = pa.array([f"{how} of {name}"] * grouped.num_rows, pa.string())
    columns = [grouped["time"], device, count, *shown]
    return pa.table(columns, names=["time", "device", COUNT, *ports]).sort_by("time")
