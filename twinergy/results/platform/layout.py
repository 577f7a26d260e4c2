# SPDX-License-Identifier: Apache-2.0
"""What a data set holds on disk at one moment: parts, ports, step, and what retention has thinned.

A data set is a run folder. Beside ``series/<table>/`` it may hold ``quality/`` (flags) and ``thinned/<hourly|daily>/<table>/``.
The manifest alone decides which rows count: below ``raw_from`` the thinned rows do, from it on the raw ones. It is replaced
after the thinned rows are written and before raw rows are removed, so whatever ends a retention run, every row counts once.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from twinergy.results.errors import UnreadableError
from twinergy.results.parts import note, parts, read_parts, read_schema
from twinergy.results.platform.quantities import NOTE, Quantity, quantity_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from twinergy.results.folder import RunFolder

KEYS: Final = ("time", "device")
_NUMBER: Final = re.compile(r"part-(\d+)\.parquet$")
QUALITY: Final = "quality"
THINNED: Final = "thinned"
HOURLY: Final = "hourly"
DAILY: Final = "daily"
MERGES: Final = b"twinergy.merges"
"""Metadata of a part: names of other parts whose rows it holds."""
NEXT: Final = b"twinergy.next_part"
"""Metadata of a part: the least number of a part that was never used, so that no name that is held comes back."""
DATA: Final = "data"
"""Value of ``kind`` in the manifest of a data set that was brought in and not simulated."""


@dataclass(frozen=True, slots=True)
class TableFiles:
    """The files of one table and what they hold.

    Attributes
    ----------
    name : str
        Name of the table.
    parts, hourly, daily : tuple of pathlib.Path
        Raw parts and thinned parts.
    units, notes : dict of str to str
        Unit, and kind of quantity, of each port.
    step_s : int
        Length of the raw step. [s]
    raw_from, hourly_from : str
        From when raw rows, and thinned hourly rows, count; ISO time in UTC, empty where nothing was thinned.
    """

    name: str
    parts: tuple[Path, ...]
    hourly: tuple[Path, ...] = ()
    daily: tuple[Path, ...] = ()
    units: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    step_s: int = 900
    raw_from: str = ""
    hourly_from: str = ""
    mixed: bool = False

    @property
    def ports(self) -> tuple[str, ...]:
        """Names of the ports."""
        return tuple(self.units)

    @property
    def paths(self) -> tuple[Path, ...]:
        """All its files."""
        return (*self.parts, *self.hourly, *self.daily)

    def quantity(self, port: str) -> Quantity:
        """Return what kind of quantity a port is."""
        return quantity_of(self.name, port, self.notes.get(port, ""))


def read_manifest(folder: RunFolder) -> dict[str, Any]:
    """Return the manifest of a data set.

    Raises
    ------
    UnreadableError
        If there is none, or it is not JSON.
    """
    path = folder.manifest
    if not path.is_file():
        message = f"{folder.path} is not the folder of a run or of imported data: it has no {path.name}"
        raise UnreadableError(folder.path, message)
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UnreadableError(path, f"{path} is not valid JSON ({error}); it was changed after it was written") from error
    return document


def table_names(folder: RunFolder) -> tuple[str, ...]:
    """Return the tables that have raw or thinned parts."""
    places = [folder.path / "series", *(folder.path / THINNED / level for level in (HOURLY, DAILY))]
    return tuple(sorted({part.parent.name for place in places for part in place.glob("*/part-*.parquet")}))


def table_files(folder: RunFolder, name: str, manifest: Mapping[str, Any]) -> TableFiles:
    """Return what is on disk of one table.

    Raises
    ------
    UnreadableError
        If a part is damaged.
    """
    raw = tuple(parts(folder.series(name)))
    mixed = manifest.get("kind") == DATA or name in manifest.get("imported_tables", ())
    if mixed:
        held = held_names(raw)
        raw = tuple(path for path in raw if path.name not in held)
    thinned = {level: tuple(parts(thinned_folder(folder, level, name))) for level in (HOURLY, DAILY)}
    own = manifest.get("retention", {}).get("tables", {}).get(name, {})
    samples = (*thinned[DAILY][-1:], *thinned[HOURLY][-1:], *(raw if mixed else raw[:1]))
    units, notes, step_s = _columns(name, samples)
    return TableFiles(
        name=name,
        parts=raw,
        hourly=thinned[HOURLY],
        daily=thinned[DAILY],
        units=units,
        notes=notes,
        step_s=step_s or int(manifest.get("step_s", 900)),
        raw_from=own.get("raw_from", ""),
        hourly_from=own.get("hourly_from", ""),
        mixed=mixed,
    )


def thinned_folder(folder: RunFolder, level: str, table: str) -> Path:
    """Return the folder of the thinned parts of a table."""
    return folder.path / THINNED / level / table


def held_names(paths: Iterable[Path]) -> set[str]:
    """Return the names of parts whose rows other parts hold."""
    return {name for path in paths for name in (read_schema(path).metadata or {}).get(MERGES, b"").decode().split()}


def next_number(paths: Sequence[Path]) -> int:
    """Return the number of the next part of a table."""
    found = [_NUMBER.search(path.name) for path in paths]
    noted = [int((read_schema(path).metadata or {}).get(NEXT, b"0")) for path in paths]
    return max([0, *noted, *(int(match.group(1)) + 1 for match in found if match)])


def read_rows(files: TableFiles, ports: Sequence[str]) -> Any:
    """Return time, device and ports of the raw parts as a `pyarrow.Table`, in the order of arrival; parts may differ in ports.

    Raises
    ------
    UnreadableError
        If a part is damaged.
    """
    if not files.mixed:
        return read_parts(list(files.parts), ports).unify_dictionaries()
    import pyarrow as pa  # noqa: PLC0415 - kept out of the start of `twinergy --help`

    wanted = ["time", "device", *ports]
    tables = []
    for path in files.parts:
        own = [port for port in ports if port in read_schema(path).names]
        table = read_parts([path], own)
        for port in set(ports) - set(own):
            table = table.append_column(port, pa.nulls(table.num_rows, pa.float64()))
        tables.append(table.select(wanted))
    return pa.concat_tables(tables, promote_options="default").unify_dictionaries()


def quality_parts(folder: RunFolder) -> list[Path]:
    """Return the parts that hold the flags, none where the data set was never curated."""
    return parts(folder.path / QUALITY)


def _columns(table: str, samples: tuple[Path, ...]) -> tuple[dict[str, str], dict[str, str], int]:
    """Return units, quantities and the raw step that parts declare; thinned columns that were derived are left out."""
    units: dict[str, str] = {}
    notes: dict[str, str] = {}
    step_s = 0
    for path in samples:
        schema = read_schema(path)
        step_s = int((schema.metadata or {}).get(b"twinergy.step_s", b"0")) or step_s
        for column in schema:
            if column.name in KEYS or note(column, "derived"):
                continue
            units[column.name] = note(column, "unit")
            notes[column.name] = note(column, NOTE) or quantity_of(table, column.name)
    return units, notes, step_s
