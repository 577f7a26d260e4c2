# SPDX-License-Identifier: Apache-2.0
"""Batch ingestion: the file of an outside meter, through a mapping, into a data set.

Rows are kept as they came, doubles and disorder included: whether they are right is for curation to say.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.errors import Finding, ScenarioError
from twinergy.results.folder import RunFolder
from twinergy.results.platform.cells import NO_TIME, instants, numbers
from twinergy.results.platform.convert import conversion
from twinergy.results.platform.dataset import Rows, append, open_data, update_manifest
from twinergy.results.platform.layout import DATA, read_manifest, table_files, table_names
from twinergy.results.platform.mapping import DataMapping, read_mapping
from twinergy.results.platform.source_file import SUBJECT, read_source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from twinergy.results.platform.mapping import ColumnMap
    from twinergy.results.platform.source_file import SourceTable

MOST_SHOWN: Final = 20
"""Findings of one kind that are listed; the others are counted."""


@dataclass(slots=True)
class ImportResult:
    """What an import did.

    Attributes
    ----------
    rows : dict of str to int
        Rows written, by table.
    rejected : dict of str to int
        Rows or values left out, by reason.
    """

    rows: dict[str, int] = field(default_factory=dict)
    rejected: Counter[str] = field(default_factory=Counter)


def import_file(file: Path, mapping_file: Path, out: Path, *, skip_bad: bool = False) -> ImportResult:
    """Bring one file into a new or an existing data set.

    Parameters
    ----------
    file : pathlib.Path
        CSV or Parquet.
    mapping_file : pathlib.Path
        What its columns mean.
    out : pathlib.Path
        Folder of the data set; made if absent.
    skip_bad : bool
        Leave out what cannot be read, and count it, instead of refusing the file.

    Raises
    ------
    ScenarioError
        With all findings at once; nothing has been written then. Also if the very same file is there already.
    StorageError
        If the data set cannot be written.
    """
    mapping = read_mapping(mapping_file)
    result = ImportResult()
    tables = read_rows(file, mapping, result, skip_bad=skip_bad)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    _refuse_twice(out, file, digest)
    _refuse_mixing(out, tables, mapping_file)
    folder = open_data(out, timezone=mapping.timezone, title=mapping.title)
    for rows in tables:
        append(folder, rows)
        result.rows[rows.table] = len(rows.times_ms)
    _note(folder, file, digest, mapping, result)
    return result


def read_rows(file: Path, mapping: DataMapping, result: ImportResult, *, skip_bad: bool = False) -> list[Rows]:
    """Return what a file holds as rows by table.

    Raises
    ------
    ScenarioError
        With all findings at once, unless bad cells are skipped; they are then counted in `result`.
    """
    wanted = [mapping.time.column, *([mapping.device_column] if mapping.device_column else [])]
    source = read_source(file, mapping.format, [*wanted, *(each.column for each in mapping.columns)])
    findings = list(source.findings)
    result.rejected["broken rows"] += len(findings)
    named = source.columns[mapping.device_column] if mapping.device_column else [""] * len(source.lines)
    owners = [mapping.devices.get(str(name), "" if mapping.only_listed else str(name)) for name in named]
    times_ms = _times(source, mapping, [str(name) for name in named], findings, result)
    groups: dict[str, list[Rows]] = {}
    for each in mapping.columns:
        values = _values(source, mapping, each, findings, result)
        groups.setdefault(each.table, []).append(_rows(each, mapping.step_s, times_ms, owners, values))
    if findings and not skip_bad:
        raise ScenarioError(_shortened(findings), SUBJECT)
    tables = [_merged(parts) for parts in groups.values()]
    if not any(len(rows.times_ms) for rows in tables):
        raise ScenarioError([Finding(message="holds no row that can be used", file=str(file))], SUBJECT)
    return [rows for rows in tables if len(rows.times_ms)]


def _times(
    source: SourceTable, mapping: DataMapping, owners: Sequence[str], findings: list[Finding], result: ImportResult
) -> NDArray[np.int64]:
    column = mapping.time.column
    times_ms, lost = instants(source.columns[column], owners, mapping.time, mapping.step_s)
    for row in np.flatnonzero((times_ms == NO_TIME) & ~lost).tolist():
        wanted = "an ISO time" if mapping.time.format == "iso" else mapping.time.format
        findings.append(source.finding("is not a time", row, column, value=str(source.columns[column][row]), allowed=wanted))
    for row in np.flatnonzero(lost).tolist():
        message = f"this local time does not exist in {mapping.time.timezone}: clocks go forward"
        hint = "if the source ignores summer time, time.timezone: Etc/GMT-1 (that is UTC+1)"
        findings.append(source.finding(message, row, column, value=str(source.columns[column][row]), allowed=hint))
    result.rejected["rows without time"] += int((times_ms == NO_TIME).sum())
    return times_ms


def _values(
    source: SourceTable, mapping: DataMapping, each: ColumnMap, findings: list[Finding], result: ImportResult
) -> NDArray[np.float64]:
    cells = source.columns[each.column]
    values, wrong = numbers(cells, mapping.format)
    for row in np.flatnonzero(wrong).tolist():
        allowed = f"a number with decimal {mapping.format.decimal!r}"
        findings.append(source.finding("is not a number", row, each.column, value=str(cells[row]), allowed=allowed))
    result.rejected["bad numbers"] += int(wrong.sum())
    factor, offset = conversion(each.unit, each.port, energy_step_s=mapping.step_s if each.quantity == "energy" else None)
    return each.sign * (values * factor + offset)


def _rows(each: ColumnMap, step_s: int, times_ms: NDArray[np.int64], owners: Sequence[str], values: NDArray[np.float64]) -> Rows:
    devices = np.array([each.device] * len(owners) if each.device else owners, dtype=object)
    keep = (times_ms != NO_TIME) & (devices != "")
    return Rows(
        each.table, step_s, times_ms[keep], devices[keep].tolist(), {each.port: values[keep]}, {each.port: str(each.note())}
    )


def _merged(parts: Sequence[Rows]) -> Rows:
    """Return the columns of one table as rows: ports of the same rows beside each other, of other devices below each other."""
    stacks: dict[tuple[str, ...], list[Rows]] = {}
    for rows in parts:
        stacks.setdefault(tuple(rows.devices), []).append(rows)
    ports = list(dict.fromkeys(port for rows in parts for port in rows.values))
    notes = {port: note for rows in parts for port, note in rows.notes.items() if note}
    heads = [stack[0] for stack in stacks.values()]
    columns: dict[str, NDArray[np.float64]] = {}
    for port in ports:
        pieces = [_piece(stack, port) for stack in stacks.values()]
        columns[port] = np.concatenate(pieces)
    times = np.concatenate([rows.times_ms for rows in heads])
    devices = [device for rows in heads for device in rows.devices]
    if len(heads) > 1:  # one column per device: back to the order of the file
        order = np.concatenate([np.arange(len(rows.times_ms)) for rows in heads]).argsort(kind="stable")
        times, devices = times[order], [devices[place] for place in order.tolist()]
        columns = {port: values[order] for port, values in columns.items()}
    return Rows(parts[0].table, parts[0].step_s, times, devices, columns, notes)


def _piece(stack: Sequence[Rows], port: str) -> NDArray[np.float64]:
    for rows in stack:
        if port in rows.values:
            return np.asarray(rows.values[port])
    return np.full(len(stack[0].times_ms), np.nan)


def _shortened(findings: Sequence[Finding]) -> list[Finding]:
    shown: list[Finding] = []
    counts = Counter[str]()
    for finding in findings:
        counts[finding.message] += 1
        if counts[finding.message] <= MOST_SHOWN:
            shown.append(finding)
    hidden = {message: count - MOST_SHOWN for message, count in counts.items() if count > MOST_SHOWN}
    return shown + [
        Finding(message=f"{count} more like {message!r}; --skip-bad leaves them out") for message, count in hidden.items()
    ]


def _refuse_twice(out: Path, file: Path, digest: str) -> None:
    known = _manifest(out).get("imports", [])
    when = next((entry["imported"] for entry in known if entry["sha256"] == digest), "")
    if when:
        message = f"is in {out.name} already, since {when}: nothing was written"
        raise ScenarioError([Finding(message=message, file=str(file))], SUBJECT)


def _refuse_mixing(out: Path, tables: Sequence[Rows], mapping_file: Path) -> None:
    """Refuse what would change a table that was simulated, or put two lengths of step into one table."""
    manifest = _manifest(out)
    if not manifest:
        return
    folder, findings = RunFolder(out), []
    known = table_names(folder)
    for rows in tables:
        if rows.table not in known:
            continue
        if manifest.get("kind") != DATA and rows.table not in manifest.get("imported_tables", []):
            message = f"table {rows.table!r} of {out.name} was simulated and stays as it is; choose another table or folder"
            findings.append(Finding(message=message, file=str(mapping_file), path="columns"))
        elif (step := table_files(folder, rows.table, manifest).step_s) != rows.step_s:
            message = f"table {rows.table!r} of {out.name} has steps of {step} s; choose another table or folder"
            findings.append(Finding(message=message, file=str(mapping_file), path="step_s", value=rows.step_s))
    if findings:
        raise ScenarioError(findings, SUBJECT)


def _manifest(out: Path) -> dict[str, Any]:
    folder = RunFolder(out)
    return read_manifest(folder) if folder.manifest.is_file() else {}


def _note(folder: RunFolder, file: Path, digest: str, mapping: DataMapping, result: ImportResult) -> None:
    entry = {
        "file": file.name,
        "sha256": digest,
        "imported": datetime.now(UTC).isoformat(timespec="seconds"),
        "title": mapping.title,
        "source": mapping.source,
        "rows": dict(result.rows),
        "rejected": {reason: count for reason, count in result.rejected.items() if count},
    }
    manifest = read_manifest(folder)
    facts: dict[str, Any] = {"imports": [*manifest.get("imports", []), entry]}
    if manifest.get("kind") != DATA:
        facts["imported_tables"] = sorted({*manifest.get("imported_tables", []), *result.rows})
    update_manifest(folder, **facts)
