# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: S608 - every name is quoted and every value is a literal made here or quoted
"""SQL that makes quarter hours, hours and local days of rows, and adds what retention has thinned.

Energy of a power is its mean times the length of the step, summed over the steps that are known; nothing is filled in, and
``<name>_share`` says how much of the hour or day is known. Days are the site's local days of 23, 24 or 25 hours; hours are those
of UTC, which are the local hours in every zone whose offset is a whole number of hours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinergy.results.platform.layout import DAILY, HOURLY
from twinergy.results.platform.quantities import Quantity, bucket_columns
from twinergy.results.platform.registers import increments_sql
from twinergy.results.platform.sql import (
    QUARTER,
    bucket_begin,
    bucket_head,
    devices_sql,
    files_sql,
    instant_sql,
    name_sql,
    where_sql,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.results.platform.layout import TableFiles


def columns_of(files: TableFiles, ports: Sequence[str]) -> list[str]:
    """Return the columns that stand for ports in hourly and daily rows."""
    return [name for port in ports for name in bucket_columns(files.name, port, files.notes.get(port, ""))]


def bucket_sql(
    files: TableFiles,
    ports: Sequence[str],
    *,
    bucket: str,
    timezone: str,
    source: str,
    devices: Sequence[str] | None = None,
    start: str = "",
    end: str = "",
) -> str:
    """Return rows per quarter hour, hour or local day made of raw rows.

    Parameters
    ----------
    files : TableFiles
        The table.
    ports : sequence of str
        Which ports.
    bucket : {"15min", "hourly", "daily"}
        Length; of a quarter hour every port has one column.
    timezone : str
        IANA name of the local time of days.
    source : str
        View of the raw rows.
    devices : sequence of str, optional
        Only these.
    start, end : str
        ISO times; only buckets that begin from the start up to, not including, the end.
    """
    registers = [port for port in ports if files.quantity(port) is Quantity.REGISTER and bucket != QUARTER]
    wheres = devices_sql(devices)
    if not registers:  # an increment needs the reading before, however long ago
        wheres += [f"time >= {bucket_begin(instant_sql(start), timezone, bucket)}"] if start else []
        wheres += [f"time < {instant_sql(end)} + INTERVAL 25 HOUR"] if end else []
    columns = ", ".join(["time", "device", *(name_sql(port) for port in ports)])
    rows = f"SELECT {columns} FROM {name_sql(source)}{where_sql(wheres)}"
    keep = ([f"bucket >= {instant_sql(start)}"] if start else []) + ([f"bucket < {instant_sql(end)}"] if end else [])
    if registers:
        rows = increments_sql(rows + _seeds(files, registers, wheres), registers)
        keep += [f"time >= {instant_sql(files.raw_from)}"] if files.raw_from else []
    inner = f"SELECT {bucket_head(timezone, bucket)}, * FROM ({rows})"
    aggregates = [part for port in ports for part in _aggregates(files, port, bucket)]
    return f"SELECT {', '.join(['bucket AS time', 'device', *aggregates])} FROM ({inner}){where_sql(keep)} {_GROUPED}"


def thinned_sql(files: TableFiles, level: str, columns: Sequence[str], wheres: Sequence[str] = ()) -> str:
    """Return the thinned rows of one level that count, empty text where there are none."""
    paths = files.hourly if level == HOURLY else files.daily
    if not paths:
        return ""
    until = files.raw_from if level == HOURLY else files.hourly_from
    limits = [f"time < {instant_sql(until)}"] if until else ["false"]
    limits += [f"time >= {instant_sql(files.hourly_from)}"] if level == HOURLY and files.hourly_from else []
    chosen = ", ".join(["time", "device", *(name_sql(name) for name in columns)])
    return f"SELECT {chosen} FROM {files_sql(paths, ', union_by_name=true')}{where_sql([*limits, *wheres])}"


def thinned_days_sql(files: TableFiles, ports: Sequence[str], timezone: str, wheres: Sequence[str] = ()) -> str:
    """Return daily rows made of thinned hours, empty text where there are none."""
    hours = thinned_sql(files, HOURLY, columns_of(files, ports), wheres)
    if not hours:
        return ""
    inner = f"SELECT {bucket_head(timezone, DAILY)}, * FROM ({hours})"
    aggregates = [part for port in ports for part in _merged(files, port)]
    return f"SELECT {', '.join(['bucket AS time', 'device', *aggregates])} FROM ({inner}) {_GROUPED}"


def all_levels(
    files: TableFiles, ports: Sequence[str], resolution: str, timezone: str, fresh: str, devices: Sequence[str] | None = None
) -> str:
    """Return hourly or daily rows of every level: those made of raw rows and those that were thinned.

    Parameters
    ----------
    files : TableFiles
        The table.
    ports : sequence of str
        Which ports.
    resolution : {"hourly", "daily"}
        Which rows.
    timezone : str
        IANA name.
    fresh : str
        What `bucket_sql` returned.
    devices : sequence of str, optional
        Only these.
    """
    columns, wheres = columns_of(files, ports), devices_sql(devices)
    selects = [fresh, thinned_sql(files, resolution, columns, wheres)]
    if resolution == DAILY:
        selects.append(thinned_days_sql(files, ports, timezone, wheres))
    return " UNION ALL BY NAME ".join(f"({select})" for select in selects if select)


_GROUPED = "GROUP BY bucket, bucket_s, device"


def _seeds(files: TableFiles, registers: Sequence[str], wheres: Sequence[str]) -> str:
    """Return the last thinned reading of each device, from which the first raw increment counts."""
    known = thinned_sql(files, HOURLY, registers, wheres) or thinned_sql(files, DAILY, registers, wheres)
    if not known:
        return ""
    last = ", ".join(f"{_last(port)} AS {name_sql(port)}" for port in registers)
    return f" UNION ALL BY NAME SELECT max(time) AS time, device, {last} FROM ({known}) GROUP BY device"


def _aggregates(files: TableFiles, port: str, bucket: str) -> list[str]:
    value, names = name_sql(port), [name_sql(name) for name in bucket_columns(files.name, port, files.notes.get(port, ""))]
    quantity = files.quantity(port)
    if quantity is Quantity.POWER and bucket != QUARTER:
        energy = f"sum({value}) * {files.step_s / 3600.0!r}"
        known = f"least(1.0, count({value}) * {files.step_s} / bucket_s)"
        return [f"avg({value}) AS {names[0]}", f"{energy} AS {names[1]}", f"{known} AS {names[2]}"]
    if quantity is Quantity.REGISTER and bucket != QUARTER:
        return [f"{_last(port)} AS {value}", f"sum({name_sql(port + ':d')}) AS {names[1]}"]
    return [f"{_last(port) if quantity in _LASTING else f'avg({value})'} AS {value}"]


def _merged(files: TableFiles, port: str) -> list[str]:
    """Return the aggregates that make a day of hours; a mean weighs each hour by what of it is known."""
    value, names = name_sql(port), [name_sql(name) for name in bucket_columns(files.name, port, files.notes.get(port, ""))]
    quantity = files.quantity(port)
    if quantity is Quantity.POWER:
        share = names[2]
        mean = f"sum({value} * {share}) / nullif(sum({share}) FILTER ({value} IS NOT NULL), 0)"
        known = f"least(1.0, sum({share}) * 3600 / bucket_s)"
        return [f"{mean} AS {names[0]}", f"sum({names[1]}) AS {names[1]}", f"{known} AS {share}"]
    if quantity is Quantity.REGISTER:
        return [f"{_last(port)} AS {value}", f"sum({names[1]}) AS {names[1]}"]
    return [f"{_last(port) if quantity is Quantity.LAST else f'avg({value})'} AS {value}"]


_LASTING = (Quantity.REGISTER, Quantity.LAST)


def _last(port: str) -> str:
    return f"arg_max({name_sql(port)}, time) FILTER ({name_sql(port)} IS NOT NULL)"
