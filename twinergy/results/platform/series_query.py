# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: S608 - every name is quoted and every value is a literal made here or quoted
"""One question to a store as SQL: rows of a table in the order of time and device, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from twinergy.results.platform.buckets import all_levels, bucket_sql, columns_of
from twinergy.results.platform.layout import DAILY, HOURLY
from twinergy.results.platform.sql import QUARTER, devices_sql, instant_sql, name_sql, text_sql, where_sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.results.platform.database import Database
    from twinergy.results.platform.layout import TableFiles

RAW: Final = "raw"
RESOLUTIONS: Final = (RAW, QUARTER, HOURLY, DAILY)
QUARTER_S: Final = 900
_KEYS_ORDER: Final = "ORDER BY time, device"


@dataclass(frozen=True, slots=True)
class SeriesQuery:
    """A question that has been checked.

    Attributes
    ----------
    files : TableFiles
        The table.
    ports : sequence of str
        Which ports.
    resolution : str
        One of `RESOLUTIONS`.
    timezone : str
        Local time of days.
    devices : sequence of str, optional
        Only these.
    start, end : str
        ISO times, empty for open ends.
    flagged : bool
        Whether values that carry a flag are given.
    """

    files: TableFiles
    ports: Sequence[str]
    resolution: str
    timezone: str
    devices: Sequence[str] | None = None
    start: str = ""
    end: str = ""
    flagged: bool = True

    @property
    def as_stored(self) -> bool:
        """Whether rows are given as they are, not summed up."""
        return self.resolution == RAW or (self.resolution == QUARTER and self.files.step_s == QUARTER_S)

    def page(self, database: Database, limit: int | None, after: tuple[str, str] | None) -> Any:
        """Return one page; it ends with all rows of its last time and device, where rows may have been received twice.

        Parameters
        ----------
        database : Database
            Holds the views of the table.
        limit : int, optional
            Number of rows.
        after : tuple of str, optional
            ISO time and device of the last row of the page before.
        """
        rows = self._rows(after)
        if limit is None:
            return database.arrow(f"{rows} {_KEYS_ORDER}")
        found = database.arrow(f"{rows} {_KEYS_ORDER} LIMIT {limit}")
        if not (self.as_stored and self.flagged and self.files.mixed and found.num_rows == limit):
            return found
        return self._completed(found, database)

    def _rows(self, after: tuple[str, str] | None, wheres: Sequence[str] = ()) -> str:
        columns = self.ports if self.as_stored or self.resolution == QUARTER else columns_of(self.files, self.ports)
        conditions = [*devices_sql(self.devices), *wheres]
        conditions += [f"time >= {instant_sql(self.start)}"] if self.start else []
        conditions += [f"time < {instant_sql(self.end)}"] if self.end else []
        if after is not None:
            moment = instant_sql(after[0])
            conditions.append(f"(time >= {moment} AND (time > {moment} OR device > {text_sql(after[1])}))")
        chosen = ", ".join(["time", "device", *(name_sql(name) for name in columns)])
        return f"SELECT {chosen} FROM ({self._select()}){where_sql(conditions)}"

    def _select(self) -> str:
        name = self.files.name
        source = f"{'once' if self.flagged else 'clean'}_{name}"
        if self.as_stored:
            return f"SELECT * FROM {name_sql(f'raw_{name}' if self.flagged else source)}"
        fresh = bucket_sql(
            self.files,
            self.ports,
            bucket=self.resolution,
            timezone=self.timezone,
            source=source,
            devices=self.devices,
            start=self.start,
            end=self.end,
        )
        if self.resolution == QUARTER:
            return fresh
        return all_levels(self.files, self.ports, self.resolution, self.timezone, fresh, self.devices)

    def _completed(self, found: Any, database: Database) -> Any:
        import pyarrow as pa  # noqa: PLC0415 - kept out of the start of `twinergy --help`
        import pyarrow.compute as pc  # noqa: PLC0415

        moment, device = found["time"][found.num_rows - 1], found["device"][found.num_rows - 1]
        last = [f"time = {instant_sql(moment.as_py().isoformat())}", f"device = {text_sql(device.as_py())}"]
        tail = database.arrow(self._rows(None, last))
        same = pc.and_(pc.equal(found["time"], moment), pc.equal(found["device"], device))
        return pa.concat_tables([found.filter(pc.invert(same)), tail])
