# SPDX-License-Identifier: Apache-2.0
"""Retention: raw rows for some days, then hours, then local days for ever.

Only tables that a policy names are touched, and nothing goes before what replaces it is on disk and the manifest says so:
thinned rows are written, the manifest moves the border, then rows below the border are removed. Every reader follows the border,
so a retention run that is killed anywhere leaves each row counted once; the next run clears up what it left.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, model_validator

from twinergy.community.document import read
from twinergy.community.findings import from_validation
from twinergy.errors import Finding, ScenarioError, closest
from twinergy.options import Options
from twinergy.results.errors import StorageError
from twinergy.results.folder import write_json
from twinergy.results.platform.layout import DAILY, HOURLY, read_manifest, table_files, table_names, thinned_folder
from twinergy.results.platform.pruning import Removal, drop_parts, last_time, removal_of, write_thinned
from twinergy.results.platform.store import Store
from twinergy.timebase import local_midnight

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinergy.results.folder import RunFolder
    from twinergy.results.platform.layout import TableFiles

SUBJECT = "retention policy"


class TablePolicy(Options):
    """How long the rows of one table are kept."""

    raw_days: int = Field(ge=1)
    """Local days for which raw rows are kept; older ones become hours."""
    hourly_days: int | None = Field(default=None, ge=1)
    """Local days for which hours are kept; older ones become local days. None keeps hours for ever."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.hourly_days is not None and self.hourly_days < self.raw_days:
            message = f"hourly_days {self.hourly_days} is less than raw_days {self.raw_days}; hours are kept longer than raw rows"
            raise ValueError(message)
        return self


class RetentionPolicy(Options):
    """What is thinned; a table that is not named is kept as it is."""

    tables: dict[str, TablePolicy] = Field(min_length=1)
    """By table."""


@dataclass(frozen=True, slots=True)
class Thinned:
    """What retention did, or would do, to one table.

    Attributes
    ----------
    table : str
        Name.
    raw_from, hourly_from : str
        New borders, ISO times in UTC; empty where there is none.
    raw, hourly : Removal
        What goes.
    """

    table: str
    raw_from: str
    hourly_from: str
    raw: Removal
    hourly: Removal


def read_policy(file: Path | str) -> RetentionPolicy:
    """Read a policy file.

    Raises
    ------
    ScenarioError
        With every finding: file, line, path, value and what is allowed.
    """
    document = read(Path(file))
    try:
        return RetentionPolicy.model_validate(document.data)
    except ValidationError as error:
        raise ScenarioError(from_validation(error, document, RetentionPolicy), SUBJECT) from error


def retain(folder: RunFolder, policy: RetentionPolicy, *, as_of: date | None = None, dry_run: bool = False) -> list[Thinned]:
    """Thin what a policy names.

    Parameters
    ----------
    folder : RunFolder
        The data set.
    policy : RetentionPolicy
        What to keep how long.
    as_of : date, optional
        Local day from which days are counted back; the day of the last value if not given.
    dry_run : bool
        Only say what would go.

    Returns
    -------
    list of Thinned
        One per named table; nothing goes where the border does not move.

    Raises
    ------
    ScenarioError
        If the policy names a table that does not exist.
    StorageError
        If the data set is still being written, or cannot be written.
    """
    manifest = read_manifest(folder)
    known = table_names(folder)
    lost = [name for name in policy.tables if name not in known]
    if lost:
        findings = [
            Finding(message=f"there is no table {name!r}", path=f"tables.{name}", allowed=closest(name, known)) for name in lost
        ]
        raise ScenarioError(findings, SUBJECT)
    if manifest.get("status") == "running":
        raise StorageError(folder.path, "the run is still being written, or was killed; thin it when it is complete")
    found = []
    for name, own in policy.tables.items():
        if not dry_run:
            _clear_up(folder, name)
        files = table_files(folder, name, read_manifest(folder))
        raw_from, hourly_from = _borders(folder, files, own, as_of)
        gone = Thinned(name, raw_from, hourly_from, removal_of(files.parts, raw_from), removal_of(files.hourly, hourly_from))
        found.append(gone)
        if not dry_run:
            _thin(folder, files, gone)
    return found


def _thin(folder: RunFolder, files: TableFiles, gone: Thinned) -> None:
    if _later(gone.raw_from, files.raw_from):
        with Store(folder.path) as store:
            rows = store.series(files.name, resolution=HOURLY, start=files.raw_from or None, end=gone.raw_from)
        write_thinned(folder, files, HOURLY, rows)
        _commit(folder, files.name, raw_from=gone.raw_from)
        _clear_up(folder, files.name)
    if _later(gone.hourly_from, files.hourly_from):
        with Store(folder.path) as store:
            rows = store.series(files.name, resolution=DAILY, start=files.hourly_from or None, end=gone.hourly_from)
        write_thinned(folder, files, DAILY, rows)
        _commit(folder, files.name, hourly_from=gone.hourly_from)
        _clear_up(folder, files.name)


def _commit(folder: RunFolder, table: str, **borders: str) -> None:
    """Move the borders of a table: from the moment the manifest is renamed into place, the thinned rows count."""
    manifest = read_manifest(folder)
    noted: dict[str, Any] = dict(manifest.get("retention", {}))
    tables: dict[str, Mapping[str, str]] = dict(noted.get("tables", {}))
    tables[table] = {**tables.get(table, {}), **borders}
    when = datetime.now(UTC).isoformat(timespec="seconds")
    write_json(folder.manifest, manifest | {"retention": noted | {"tables": tables, "changed": when}})


def _clear_up(folder: RunFolder, table: str) -> None:
    """Remove rows below the borders, and thinned rows that were written but never came to count."""
    files = table_files(folder, table, read_manifest(folder))
    drop_parts(files.parts, before=files.raw_from)
    drop_parts(files.hourly, before=files.hourly_from, whole_from=files.raw_from, uncommitted=True)
    drop_parts(files.daily, whole_from=files.hourly_from, uncommitted=True)
    for level in (HOURLY, DAILY):
        place = thinned_folder(folder, level, table)
        if place.is_dir() and not any(place.iterdir()):
            place.rmdir()


def _borders(folder: RunFolder, files: TableFiles, own: TablePolicy, as_of: date | None) -> tuple[str, str]:
    """Return the new borders; they never move back."""
    manifest = read_manifest(folder)
    timezone = str(manifest.get("timezone", "UTC"))
    day = as_of or _last_day(files, timezone)
    raw_from = _hour(local_midnight(day - timedelta(days=own.raw_days), timezone))
    hourly_from = "" if own.hourly_days is None else _hour(local_midnight(day - timedelta(days=own.hourly_days), timezone))
    return max(raw_from, files.raw_from), max(hourly_from, files.hourly_from)


def _last_day(files: TableFiles, timezone: str) -> date:
    moment = last_time(files.parts) or last_time((*files.hourly, *files.daily)) or datetime.now(UTC)
    return (moment.astimezone(ZoneInfo(timezone)) + timedelta(days=1)).date()


def _hour(moment: datetime) -> str:
    return moment.replace(minute=0, second=0, microsecond=0).isoformat()


def _later(new: str, old: str) -> bool:
    return bool(new) and new > old
