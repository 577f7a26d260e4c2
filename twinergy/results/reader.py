# SPDX-License-Identifier: Apache-2.0
"""Reads a run folder, finished or not: tables as pandas frames, DuckDB over the files in place, manifest and key figures."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twinergy.community.topology import GridTopology
from twinergy.errors import closest
from twinergy.results.currency import currency_of
from twinergy.results.errors import UnreadableError
from twinergy.results.folder import RUNNING, RunFolder
from twinergy.results.kpi import Kpi, kpis_from_document
from twinergy.results.parquet import EVENT_COLUMNS
from twinergy.results.parts import note, parts, read_parts, read_schema, row_filter
from twinergy.results.query import query
from twinergy.results.tables import read_table
from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from twinergy.results.currency import Currency
    from twinergy.results.parts import Instant

__all__ = ["Run", "find_run"]


class Run:
    """The results of one run.

    Parameters
    ----------
    path : pathlib.Path or str
        Folder of the run.

    Raises
    ------
    UnreadableError
        If it is not a run folder.
    """

    def __init__(self, path: Path | str) -> None:
        self.folder = RunFolder(Path(path))
        if not self.path.is_dir():
            raise UnreadableError(self.path, f"there is no run folder {self.path}")
        if not self.folder.manifest.is_file():
            message = f"{self.path} is not the folder of a run: it has no {self.folder.manifest.name}"
            raise UnreadableError(self.path, message)
        self.manifest: dict[str, Any] = _read_json(self.folder.manifest)

    @property
    def path(self) -> Path:
        """The folder."""
        return self.folder.path

    @property
    def name(self) -> str:
        """Name of the folder."""
        return self.path.name

    @property
    def status(self) -> str:
        """``running`` (or killed), ``completed``, ``interrupted`` or ``failed``."""
        return str(self.manifest.get("status", RUNNING))

    @property
    def timezone(self) -> str:
        """IANA name of the site's local time."""
        return str(self.manifest.get("timezone", "UTC"))

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables that hold at least one part."""
        return _with_parts(self.path / "series")

    @property
    def events(self) -> tuple[str, ...]:
        """Names of the lists of events that hold at least one part."""
        return tuple(name for name in _with_parts(self.path) if name != "series")

    @property
    def kpis(self) -> dict[str, Kpi]:
        """Key figures by name; values in euro, their texts in the currency of the site."""
        return kpis_from_document(self.kpi_document, self.currency)

    @property
    def currency(self) -> Currency:
        """Money in which amounts are shown."""
        return currency_of(self.manifest)

    @property
    def homes(self) -> int:
        """Number of dwellings."""
        return int(self.manifest.get("community", {}).get("dwellings", 0))

    @property
    def days(self) -> float:
        """Length of what has been simulated, in days of 24 hours."""
        return float(self.manifest.get("steps", 0)) * float(self.manifest.get("step_s", 0)) / SECONDS_PER_DAY

    @property
    def dwellings(self) -> pd.DataFrame:
        """One row per dwelling: energy, own supply, bill in euro, peak, car, heat, comfort; no rows where the run has none."""
        return read_table(self.folder.table("dwellings"))

    @property
    def months(self) -> pd.DataFrame:
        """One row per local month: yield of PV, COP, indoor temperature, cars; no rows where the run has none."""
        return read_table(self.folder.table("months"))

    @property
    def kpi_document(self) -> dict[str, Any]:
        """Key figures with the tables per connection and per bus, as stored.

        Raises
        ------
        UnreadableError
            If the run ended before its first key figures.
        """
        if not self.folder.kpis.is_file():
            message = f"run {self.name} ({self.status}) has no key figures: it ended before its first block was complete"
            raise UnreadableError(self.folder.kpis, message)
        document: dict[str, Any] = _read_json(self.folder.kpis)
        return document

    @property
    def scenario(self) -> str:
        """The scenario as it was run, YAML; empty if it was not kept."""
        return self.folder.scenario.read_text(encoding="utf-8") if self.folder.scenario.is_file() else ""

    @property
    def accounts(self) -> dict[str, list[dict[str, Any]]]:
        """What agents say of themselves, by name: tables with title, columns, rows and note; empty where nobody says anything."""
        return dict(_read_json(self.folder.accounts)) if self.folder.accounts.is_file() else {}

    @property
    def topology(self) -> GridTopology | None:
        """Where buses and lines lie, or None where the run has no grid."""
        if not self.folder.topology.is_file():
            return None
        return GridTopology.from_json(self.folder.topology.read_text(encoding="utf-8"))

    def units(self, table: str) -> dict[str, str]:
        """Return the unit of each port of a table."""
        schema = read_schema(self._parts(table)[0])
        return {field.name: note(field, "unit") for field in schema if field.name not in {"time", "device"}}

    def has(self, table: str, port: str) -> bool:
        """Whether a port was recorded."""
        return table in self.tables and port in self.units(table)

    def frame(
        self,
        table: str,
        devices: Iterable[str] | None = None,
        ports: Sequence[str] | None = None,
        start: Instant | None = None,
        end: Instant | None = None,
    ) -> pd.DataFrame:
        """Return a table, tidy: ``time`` (UTC), ``device`` (categorical) and one column per port.

        Parameters
        ----------
        table : str
            Name, see `tables`.
        devices : iterable of str, optional
            Only these entities.
        ports : sequence of str, optional
            Only these ports.
        start, end : datetime or str, optional
            From the start up to, not including, the end; UTC where no zone is given.

        Raises
        ------
        UnreadableError
            If there is no such table, device or port, or a part is damaged.
        """
        paths = self._parts(table)
        unknown = sorted(set(ports or ()) - set(self.units(table)))
        if unknown:
            message = f"table {table!r} has no port {unknown[0]!r}: {closest(unknown[0], self.units(table))}"
            raise UnreadableError(paths[0].parent, message)
        found = read_parts(paths, ports, row_filter(devices, start, end))
        frame: pd.DataFrame = found.unify_dictionaries().to_pandas()
        if frame.empty and devices is not None:
            self._refuse_unknown(table, list(devices), paths)
        return frame

    def wide(self, table: str, port: str, start: Instant | None = None, end: Instant | None = None) -> pd.DataFrame:
        """Return one port as time × device, with the columns in the order of the table's ids."""
        import pandas as pd  # noqa: PLC0415 - kept out of the start of `twinergy --help`

        tidy = self.frame(table, ports=[port], start=start, end=end)
        ids = list(tidy["device"].cat.categories)
        values = tidy[port].to_numpy().reshape(-1, len(ids))  # every part holds every device at every time
        times = pd.DatetimeIndex(tidy["time"].iloc[:: len(ids)], name="time")
        return pd.DataFrame(values, index=times, columns=pd.Index(ids, name="device"))

    def sql(self, statement: str) -> pd.DataFrame:
        """Return the result of a DuckDB query; every table and list of events is a view of its name.

        Examples
        --------
        ``run.sql("select device, min(vm_pu) from bus group by device order by 2 limit 5")``

        Raises
        ------
        UnreadableError
            If the query is wrong or a part is damaged.
        """
        views = {name: parts(self.folder.series(name)) for name in self.tables}
        views |= {name: parts(self.folder.events(name)) for name in self.events}
        return query(statement, views, self.path)

    def set_points(self) -> pd.DataFrame:
        """Return what agents asked for and what became of it; no rows if nobody asked."""
        return self._event_frame("set_points")

    def messages(self) -> pd.DataFrame:
        """Return the messages of the run; no rows if nobody spoke."""
        return self._event_frame("messages")

    def _event_frame(self, name: str) -> pd.DataFrame:
        import pandas as pd  # noqa: PLC0415

        paths = parts(self.folder.events(name))
        if not paths:
            return pd.DataFrame(columns=pd.Index(EVENT_COLUMNS[name]))
        frame: pd.DataFrame = read_parts(paths).unify_dictionaries().to_pandas()
        return frame

    def _parts(self, table: str) -> list[Path]:
        if table not in self.tables:
            reason = closest(table, self.tables) if self.tables else f"it has no results yet (status {self.status})"
            raise UnreadableError(self.folder.series(table), f"run {self.name} has no table {table!r}: {reason}")
        return parts(self.folder.series(table))

    def _refuse_unknown(self, table: str, devices: list[str], paths: list[Path]) -> None:
        ids = [str(value) for value in read_parts(paths[:1], [])["device"].unique().to_pylist()]
        unknown = [device for device in devices if device not in ids]
        if unknown:
            message = f"table {table!r} has no device {unknown[0]!r}: {closest(unknown[0], ids)}"
            raise UnreadableError(self.folder.series(table), message)


def find_run(base: Path | str, name_or_path: str | Path = "latest") -> Run:
    """Return a run by its path, its name, the beginning of its name, or the newest of all.

    Parameters
    ----------
    base : pathlib.Path or str
        Folder of all runs.
    name_or_path : str or pathlib.Path
        ``latest``, a path, or the beginning of a name, of which the newest run is taken.

    Raises
    ------
    UnreadableError
        If there is none; the message names those that exist.
    """
    for path in (Path(name_or_path), Path(base) / name_or_path):
        if (path / "manifest.json").is_file():
            return Run(path)
    runs = [Run(path.parent) for path in Path(base).glob("*/manifest.json")]
    wanted = "" if str(name_or_path) == "latest" else str(name_or_path)
    fitting = [run for run in runs if run.name.startswith(wanted)]
    if not fitting:
        scenarios = {re.sub(r"-\d{8}T\d{6}Z.*$", "", run.name) for run in runs}
        known = closest(wanted, scenarios) if runs else f"there is no run in {base}"
        raise UnreadableError(Path(base), f"no run {str(name_or_path)!r}: {known}")
    return max(fitting, key=lambda run: (str(run.manifest.get("created", "")), run.name))


def _with_parts(folder: Path) -> tuple[str, ...]:
    return tuple(sorted({part.parent.name for part in folder.glob("*/part-*.parquet")}))


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UnreadableError(path, f"{path} is not valid JSON ({error}); it was changed after it was written") from error
