# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: S608 - every name is quoted and every value is a literal made here or quoted
"""The read side of the data platform: one data set, asked by table, device, port, time and resolution."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from twinergy.results.folder import RunFolder
from twinergy.results.platform.buckets import all_levels, bucket_sql
from twinergy.results.platform.database import Database
from twinergy.results.platform.errors import BadQueryError, UnknownNameError
from twinergy.results.platform.layout import DAILY, HOURLY, quality_parts, read_manifest, table_files, table_names
from twinergy.results.platform.places import DeviceRow, dwelling_of
from twinergy.results.platform.quantities import bucket_columns, unit_or_none
from twinergy.results.platform.series_query import QUARTER_S, RAW, RESOLUTIONS, SeriesQuery
from twinergy.results.platform.sql import QUARTER, files_sql, instant_sql
from twinergy.results.platform.views import clean_sql, device_sql, flagged_sql, once_sql, quality_sql, raw_sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import TracebackType

    from twinergy.results.parts import Instant
    from twinergy.results.platform.layout import TableFiles

__all__ = ["RAW", "RESOLUTIONS", "Position", "Store"]

Position = tuple[datetime, str]
"""Time and device of the last row of a page."""


class Store:
    """A run folder, finished or still being written, or a folder of measurements, ready to be asked.

    A context manager; may be used from several threads.

    Parameters
    ----------
    path : pathlib.Path or str
        The folder.

    Raises
    ------
    UnreadableError
        If it is no such folder.

    Notes
    -----
    Views for `sql`, for every table ``t``: ``raw_t`` (every row), ``once_t`` (one row per time and device), ``clean_t`` (without
    values that curation flagged as wrong), ``hourly_t`` and ``daily_t`` (energy in kWh), ``quality`` (the flags).
    """

    def __init__(self, path: Path | str) -> None:
        self.folder = RunFolder(Path(path))
        self.manifest: dict[str, Any] = read_manifest(self.folder)
        self._database = Database(self.folder.path)
        self._files: dict[str, TableFiles] = {}
        self._devices: dict[str, tuple[str, ...]] = {}
        self._dwellings: dict[str, str] = {}
        self._tables = table_names(self.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files; safe to call twice."""
        self._database.close()

    @property
    def name(self) -> str:
        """Name of the folder."""
        return self.folder.path.name

    @property
    def timezone(self) -> str:
        """IANA name of the site's local time, which its days follow."""
        return str(self.manifest.get("timezone", "UTC"))

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables."""
        return self._tables

    def refresh(self) -> None:
        """Look again at a data set that is still being written, was curated or thinned."""
        self.manifest = read_manifest(self.folder)
        self._tables = table_names(self.folder)
        self._files, self._devices, self._dwellings = {}, {}, {}
        self._database.forget()

    def units(self, table: str, resolution: str = RAW) -> dict[str, str]:
        """Return the unit of each column of a table besides ``time`` and ``device``."""
        files = self._table(table)
        if resolution in (RAW, QUARTER):
            return dict(files.units)
        names = (name for port in files.ports for name in bucket_columns(table, port, files.notes.get(port, "")))
        return {name: files.units.get(name) or unit_or_none(name) for name in names}

    def devices(self, table: str | None = None) -> list[DeviceRow]:
        """Return every device of every table, or of one table.

        Raises
        ------
        UnknownNameError
            If there is no such table.
        """
        chosen = self.tables if table is None else (self._table(table).name,)
        ids = {name: self._ids(name) for name in chosen}
        new = {device for names in ids.values() for device in names} - self._dwellings.keys()
        if new:
            self._dwellings |= dict.fromkeys(new, "") | dwelling_of(self.folder, sorted(new))
        return [
            DeviceRow(device, name, self._dwellings[device], self._table(name).ports, dict(self._table(name).units))
            for name in chosen
            for device in ids[name]
        ]

    def series(
        self,
        table: str,
        ports: Sequence[str] | None = None,
        devices: Iterable[str] | None = None,
        start: Instant | None = None,
        end: Instant | None = None,
        resolution: str = RAW,
        limit: int | None = None,
        after: Position | None = None,
        *,
        flagged: bool = True,
    ) -> Any:
        """Return rows in the order of time and device.

        Parameters
        ----------
        table : str
            Name, see `tables`.
        ports : sequence of str, optional
            Only these; all if not given.
        devices : iterable of str, optional
            Only these; all if not given.
        start, end : datetime or str, optional
            From the start up to, not including, the end; UTC where no zone is given.
        resolution : {"raw", "15min", "hourly", "daily"}
            ``raw`` has every row, a row that was received twice also twice; ``15min`` is ``raw`` of a data set whose step is
            15 min, else means over quarter hours (registers and counts: the last value).
        limit : int, optional
            At most this many rows; more only where the last row was received more than once.
        after : tuple of datetime and str, optional
            `position` of the page before.
        flagged : bool
            Whether values that carry a flag of `DISREGARDED` are given, or left out as if they were missing.

        Returns
        -------
        pyarrow.Table
            ``time`` (UTC, ms), ``device`` and the columns, with their units in the metadata of each. Of an hour or a day, a
            power gives mean, energy and known share, a register its last reading and its increments, see `bucket_columns`.

        Raises
        ------
        UnknownNameError
            If there is no such table, device, port or resolution.
        BadQueryError
            If the limit is not positive or the end not after the start.
        """
        names = None if devices is None else list(devices)

        def ask() -> Any:
            return self._series(table, ports, names, start, end, resolution, limit, after, flagged=flagged)

        try:
            return ask()
        except BadQueryError:
            if all(path.is_file() for path in self._files[table].paths):
                raise
            self.refresh()  # parts were merged or thinned since they were listed
            return ask()

    def _series(
        self,
        table: str,
        ports: Sequence[str] | None,
        devices: list[str] | None,
        start: Instant | None,
        end: Instant | None,
        resolution: str,
        limit: int | None,
        after: Position | None,
        *,
        flagged: bool,
    ) -> Any:
        files = self._table(table)
        chosen = self._ports(files, ports)
        names = None if devices is None else self._known_devices(table, devices)
        begin, finish = self._span(start, end)
        self._check(files, resolution, limit)
        self._views(files)
        question = SeriesQuery(files, chosen, resolution, self.timezone, names, begin, finish, flagged)
        found = question.page(self._database, limit, None if after is None else (self._instant(after[0]), after[1]))
        return _with_units(found, self.units(table, resolution))

    def quality(
        self,
        table: str | None = None,
        port: str | None = None,
        device: str | None = None,
        start: Instant | None = None,
        end: Instant | None = None,
    ) -> Any:
        """Return flags that touch a span of time, in the order of time, device and port.

        Returns
        -------
        pyarrow.Table
            ``time``, ``until`` (end of what is flagged, not included), ``device``, ``table``, ``port`` (empty where it concerns
            the whole row), ``flag``, ``detail``. No rows where nothing is wrong or nobody has curated, see `curated`.
        """
        self._quality_view()
        begin, finish = self._span(start, end)
        given = {'"table"': table, "port": port, "device": device}
        wheres = [f"{name} = ?" for name, value in given.items() if value is not None]
        values: list[Any] = [value for value in given.values() if value is not None]
        wheres += [f"until > {instant_sql(begin)}"] if begin else []
        wheres += [f"time < {instant_sql(finish)}"] if finish else []
        where = f" WHERE {' AND '.join(wheres)}" if wheres else ""
        columns = 'time, until, device, "table", port, flag, detail'
        return self._database.arrow(f"SELECT {columns} FROM quality{where} ORDER BY time, device, port, flag", values)

    @property
    def curated(self) -> bool:
        """Whether curation has looked at this data set."""
        return bool(quality_parts(self.folder))

    def sql(self, statement: str) -> Any:
        """Return the result of one SELECT over the views as a `pyarrow.Table`; it cannot read other files, nor write.

        Raises
        ------
        BadQueryError
            If the statement is not one SELECT, or wrong.
        """
        for name in self.tables:
            if name in statement:
                self._views(self._table(name), summed=True)
        self._quality_view()
        try:
            return self._database.arrow(statement)
        except BadQueryError as error:
            views = "raw_, once_, clean_, hourly_ or daily_ with the name of a table"
            message = f"{error}\nviews: {views} ({', '.join(self.tables) or 'none yet'}), and quality"
            raise BadQueryError(self.folder.path, message) from error

    def position(self, page: Any) -> Position | None:
        """Return where a page ended, for the ``after`` of the next one; None for an empty page."""
        if not page.num_rows:
            return None
        last = page.slice(page.num_rows - 1)
        return last["time"][0].as_py(), str(last["device"][0])

    def _table(self, name: str) -> TableFiles:
        known = self._files.get(name)
        if known is None:
            if name not in self._tables:
                raise UnknownNameError(self.folder.path, "table", name, self._tables)
            known = self._files[name] = table_files(self.folder, name, self.manifest)
        return known

    def _ids(self, table: str) -> tuple[str, ...]:
        if table not in self._devices:
            files = self._table(table)
            raw = files.parts if files.mixed else files.parts[:1]  # every part of a run holds every device
            paths = [*raw, *files.hourly, *files.daily]
            found = self._database.arrow(f"SELECT DISTINCT device FROM {files_sql(paths)} ORDER BY device")
            self._devices[table] = tuple(found["device"].to_pylist())
        return self._devices[table]

    def _ports(self, files: TableFiles, ports: Sequence[str] | None) -> list[str]:
        chosen = list(files.ports if ports is None else dict.fromkeys(ports))
        for port in chosen:
            if port not in files.units:
                raise UnknownNameError(self.folder.series(files.name), "port", port, files.ports)
        return chosen

    def _known_devices(self, table: str, devices: list[str]) -> list[str]:
        ids = set(self._ids(table))
        for device in devices:
            if device not in ids:
                raise UnknownNameError(self.folder.series(table), "device", device, ids)
        return devices

    def _span(self, start: Instant | None, end: Instant | None) -> tuple[str, str]:
        begin, finish = (self._instant(value) for value in (start, end))
        if begin and finish and finish <= begin:
            message = f"the end {finish} is not after the start {begin}; swap them, or leave one out"
            raise BadQueryError(self.folder.path, message)
        return begin, finish

    def _instant(self, value: Instant | None) -> str:
        if value is None:
            return ""
        try:
            moment = datetime.fromisoformat(value) if isinstance(value, str) else value
            aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            message = f"{value!r} is not a time; write it as 2024-07-01 or 2024-07-01T06:00+02:00"
            raise BadQueryError(self.folder.path, message) from error
        return aware.isoformat()

    def _check(self, files: TableFiles, resolution: str, limit: int | None) -> None:
        if resolution not in RESOLUTIONS:
            raise UnknownNameError(self.folder.path, "resolution", resolution, RESOLUTIONS)
        if resolution == QUARTER and QUARTER_S % files.step_s:
            message = f"table {files.name!r} has steps of {files.step_s} s, which make no quarter hours; ask for raw or hourly"
            raise BadQueryError(self.folder.path, message)
        if limit is not None and limit < 1:
            message = f"limit is {limit}; it is the number of rows of a page, 1 or more"
            raise BadQueryError(self.folder.path, message)

    def _views(self, files: TableFiles, *, summed: bool = False) -> None:
        """Make the views of a table unless they are there; those of hours, days and devices only for `sql`."""
        name = files.name
        if not self._database.has(f"clean_{name}"):
            self._quality_view()
            marked = [str(port) for port in self._database.arrow(flagged_sql(name))["port"].to_pylist()] if self.curated else []
            rows = {f"raw_{name}": raw_sql(files), f"once_{name}": once_sql(files), f"clean_{name}": clean_sql(files, marked)}
            self._database.make(rows)
        if summed and not self._database.has(f"device_{name}"):
            views = {}
            for resolution in (HOURLY, DAILY):
                fresh = bucket_sql(files, files.ports, bucket=resolution, timezone=self.timezone, source=f"once_{name}")
                views[f"{resolution}_{name}"] = all_levels(files, files.ports, resolution, self.timezone, fresh)
            self._database.make(views | {f"device_{name}": device_sql(files)})

    def _quality_view(self) -> None:
        if not self._database.has("quality"):
            paths = quality_parts(self.folder)
            self._database.make({"quality": quality_sql(files_sql(paths) if paths else "")})


def _with_units(table: Any, units: dict[str, str]) -> Any:
    """Return a table with the unit of each column in its metadata, and times in ms UTC as they are stored."""
    import pyarrow as pa  # noqa: PLC0415

    def field(column: Any) -> Any:
        if column.name == "time":
            return pa.field("time", pa.timestamp("ms", tz="UTC"), metadata={"unit": "UTC"})
        return column.with_metadata({"unit": units[column.name]}) if column.name in units else column

    return table.cast(pa.schema([field(column) for column in table.schema]))
