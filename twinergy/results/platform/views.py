# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: S608 - every name is quoted and every value is a literal made here or quoted
"""SQL of the views that keep the rows as they are: raw, once, clean, and one row per device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinergy.results.platform.sql import files_sql, instant_sql, name_sql, text_sql

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twinergy.results.platform.layout import TableFiles

DISREGARDED: Final = ("spike", "stuck", "unit_error", "sign")
"""Flags whose values the clean view leaves out; the others (gap, duplicate, counter_reset …) mark values that are right."""


def raw_sql(files: TableFiles) -> str:
    """Return the raw rows: every row that was written and still counts, NaN as NULL."""
    if not files.parts:
        empty = [f"NULL::DOUBLE AS {name_sql(port)}" for port in files.ports]
        return f"SELECT {', '.join(['NULL::TIMESTAMPTZ AS time', 'NULL::VARCHAR AS device', *empty])} WHERE false"
    columns = [f"{_value(port)} AS {name_sql(port)}" for port in files.ports]
    extra = ", union_by_name=true" if files.mixed else ""
    return f"SELECT {', '.join(['time', 'device', *columns])} FROM {files_sql(files.parts, extra)}{_counting(files)}"


def once_sql(files: TableFiles) -> str:
    """Return the raw rows with one row per time and device: of values that were received twice, the first."""
    if not (files.mixed and files.parts):
        return f"SELECT * FROM {name_sql('raw_' + files.name)}"
    columns = ", ".join(["time", "device", *(_first(port) for port in files.ports)])
    source = files_sql(files.parts, ", union_by_name=true, filename=true, file_row_number=true")
    return f"SELECT {columns} FROM {source}{_counting(files)} GROUP BY time, device"


def clean_sql(files: TableFiles, flagged: Iterable[str]) -> str:
    """Return the rows of `once_sql` with NULL where a value carries a flag of `DISREGARDED`.

    Parameters
    ----------
    files : TableFiles
        The table.
    flagged : iterable of str
        Ports that carry such a flag at all.
    """
    marked = [port for port in files.ports if port in set(flagged)]
    sources, columns = [f"{name_sql('once_' + files.name)} r"], ["r.time", "r.device"]
    for number, port in enumerate(marked):
        alias = f"q{number}"
        on = f"r.device = {alias}.device AND r.time >= {alias}.time"
        sources.append(f"ASOF LEFT JOIN ({_covering(files.name, port)}) {alias} ON {on}")
    for port in files.ports:
        value = f"r.{name_sql(port)}"
        if port in marked:
            value = f"CASE WHEN r.time < q{marked.index(port)}.covered THEN NULL ELSE {value} END AS {name_sql(port)}"
        columns.append(value)
    return f"SELECT {', '.join(columns)} FROM {' '.join(sources)}"


def device_sql(files: TableFiles) -> str:
    """Return one row per device: first and last time, number of rows and, per port, how many values and their extremes."""
    columns = ["min(time) AS first_time", "max(time) AS last_time", "count(*) AS rows_count"]
    for port in files.ports:
        words = (("count", "known"), ("min", "min"), ("avg", "mean"), ("max", "max"))
        columns += [f"{word}({name_sql(port)}) AS {name_sql(f'{title}:{port}')}" for word, title in words]
    return f"SELECT device, {', '.join(columns)} FROM {name_sql('once_' + files.name)} GROUP BY device"


def quality_sql(files: str) -> str:
    """Return the flags, of all files or of none."""
    moments, texts = ("time", "until"), ("device", "table", "port", "flag", "detail")
    empty = [f"NULL::TIMESTAMPTZ AS {name}" for name in moments] + [f"NULL::VARCHAR AS {name_sql(name)}" for name in texts]
    return f"SELECT * FROM {files}" if files else f"SELECT {', '.join(empty)} WHERE false"


def flagged_sql(table: str) -> str:
    """Return the ports of a table that carry a flag of `DISREGARDED`."""
    return f'SELECT DISTINCT port FROM quality WHERE "table" = {text_sql(table)} AND flag IN ({_disregarded()})'


def _covering(table: str, port: str) -> str:
    """Return flagged spans by begin, each with the latest end of those that began until then: spans may overlap."""
    chosen = f'"table" = {text_sql(table)} AND port = {text_sql(port)} AND flag IN ({_disregarded()})'
    covered = "max(until) OVER (PARTITION BY device ORDER BY time, until ROWS UNBOUNDED PRECEDING) AS covered"
    rows = f"SELECT device, time, {covered} FROM quality WHERE {chosen}"
    return f"SELECT device, time, max(covered) AS covered FROM ({rows}) GROUP BY device, time"


def _disregarded() -> str:
    return ", ".join(text_sql(flag) for flag in DISREGARDED)


def _counting(files: TableFiles) -> str:
    return f" WHERE time >= {instant_sql(files.raw_from)}" if files.raw_from else ""


def _value(port: str) -> str:
    return f"CASE WHEN isnan({name_sql(port)}) THEN NULL ELSE {name_sql(port)}::DOUBLE END"


def _first(port: str) -> str:
    value = _value(port)
    return f"first({value} ORDER BY filename, file_row_number) FILTER (({value}) IS NOT NULL) AS {name_sql(port)}"
