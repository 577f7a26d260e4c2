# SPDX-License-Identifier: Apache-2.0
"""What the commands of ``twinergy data`` do."""

from __future__ import annotations

import signal
import threading
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from rich.table import Table

from twinergy.community.document import read
from twinergy.community.findings import from_validation
from twinergy.errors import DeviceError, Finding, ScenarioError
from twinergy.results.folder import RunFolder, replacing
from twinergy.results.platform.curation import curate
from twinergy.results.platform.errors import BadQueryError
from twinergy.results.platform.imports import import_file
from twinergy.results.platform.ingest import Ingest
from twinergy.results.platform.inlets import inlet_for
from twinergy.results.platform.mapping import read_mapping
from twinergy.results.platform.retention import read_policy, retain
from twinergy.results.platform.rules import CurationRules
from twinergy.results.platform.store import Store
from twinergy.results.reader import find_run

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from rich.console import Console

MOST_SHOWN = 40
MEGABYTE = 1e6


def data_folder(data: str, base: Path) -> Path:
    """Return the folder of a data set or run by its path, name or beginning."""
    return find_run(base, data).path


def import_command(console: Console, files: list[Path], mapping: Path, to: Path, *, skip_bad: bool) -> None:
    """Import files one after another; what is in before a bad one stays in."""
    for file in files:
        result = import_file(file, mapping, to, skip_bad=skip_bad)
        rows = ", ".join(f"{count:,} rows into {table}" for table, count in result.rows.items())
        console.print(f"{file.name}: {rows}", soft_wrap=True, highlight=False)
        left_out = ", ".join(f"{count:,} {reason}" for reason, count in result.rejected.items() if count)
        if left_out:
            console.print(f"[yellow]left out: {left_out}[/yellow]", soft_wrap=True, highlight=False)
    console.print(f"{to}", soft_wrap=True, highlight=False)


def curate_command(console: Console, data: str, base: Path, tables: list[str] | None, rules: Path | None) -> None:
    """Curate and print the summary."""
    folder = RunFolder(data_folder(data, base))
    found = curate(folder, _rules(rules), tables)
    table = Table("table", "port", "flag", "devices", "spans", "values", "share")
    for name, port, flag, devices, spans, values, share in zip(*found.values(), strict=True):
        table.add_row(name, port or "(row)", flag, f"{devices:.0f}", f"{spans:.0f}", f"{values:.0f}", f"{100 * share:.4f} %")
    console.print(table if found["flag"] else "nothing to flag")
    console.print(f"{folder.events('quality')}", soft_wrap=True, highlight=False)


def _rules(file: Path | None) -> CurationRules:
    if file is None:
        return CurationRules()
    document = read(file)
    try:
        return CurationRules.model_validate(document.data)
    except ValidationError as error:
        raise ScenarioError(from_validation(error, document, CurationRules), "curation rules") from error


def query_command(console: Console, statement: str, data: str, base: Path, save: Path | None) -> None:
    """Print the first rows of an answer, or write all of them."""
    with Store(data_folder(data, base)) as store:
        found = store.sql(statement)
    if save is not None:
        _save(found, save)
        console.print(f"{found.num_rows:,} rows in {save}", soft_wrap=True, highlight=False)
        return
    table = Table(*found.column_names)
    for row in found.slice(0, MOST_SHOWN).to_pylist():
        table.add_row(*(_text(value) for value in row.values()))
    console.print(table)
    if found.num_rows > MOST_SHOWN:
        console.print(f"… {found.num_rows:,} rows in all; --save writes them", highlight=False)


def _save(found: Any, file: Path) -> None:
    import pyarrow.csv as pc  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    if file.suffix not in {".csv", ".parquet"}:
        raise BadQueryError(file, f"{file.name}: an answer is saved as .csv or .parquet")
    with replacing(file) as partial:
        if file.suffix == ".csv":
            pc.write_csv(found, partial)
        else:
            pq.write_table(found, partial)


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return value.isoformat() if hasattr(value, "isoformat") else "" if value is None else str(value)


def retain_command(console: Console, data: str, base: Path, policy: Path, *, as_of: date | None, dry_run: bool) -> None:
    """Thin, or say what would go."""
    folder = RunFolder(data_folder(data, base))
    verb = "would go" if dry_run else "gone"
    timezone = find_run(base, data).timezone
    table = Table("table", "raw rows from", f"raw rows {verb}", "MB", "hours from", f"hours {verb}", "MB")
    for each in retain(folder, read_policy(policy), as_of=as_of, dry_run=dry_run):
        raw, hourly = each.raw, each.hourly
        sizes = (f"{raw.bytes / MEGABYTE:.2f}", f"{hourly.bytes / MEGABYTE:.2f}")
        days = (_local_day(each.raw_from, timezone), _local_day(each.hourly_from, timezone))
        table.add_row(each.table, days[0], f"{raw.rows:,}", sizes[0], days[1], f"{hourly.rows:,}", sizes[1])
    console.print(table)


def _local_day(border: str, timezone: str) -> str:
    return datetime.fromisoformat(border).astimezone(ZoneInfo(timezone)).date().isoformat() if border else "always"


def ingest_command(
    console: Console, address: str, mapping_file: Path, to: Path, *, block_s: float, seconds: float | None
) -> None:
    """Ingest until interrupted, until a time is over, or until the disk or the connection fails for good."""
    try:
        inlet = inlet_for(address, str(to.resolve()))
    except ValueError as error:
        raise ScenarioError([Finding(message=str(error))], "command line") from error
    mapping, stopped = read_mapping(mapping_file), threading.Event()
    handlers = {number: signal.signal(number, lambda *_: stopped.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with Ingest(to, mapping, block_s=block_s) as taking:
            inlet.start(taking.offer)
            console.print(f"listening; Ctrl-C ends, {to} grows every {block_s:g} s", highlight=False, soft_wrap=True)
            try:
                left_s = seconds
                while inlet.failure is None and not stopped.wait(1.0 if left_s is None else min(1.0, max(left_s, 0.0))):
                    taking.tick()
                    left_s = None if left_s is None else left_s - 1.0
                    if left_s is not None and left_s <= 0.0:
                        break
            finally:
                inlet.stop()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    _tell(console, taking)
    if inlet.failure is not None:
        message = f"ingest ended: {inlet.failure}; messages that were not acknowledged come again when it is started again"
        raise DeviceError(message) from inlet.failure


def _tell(console: Console, taking: Ingest) -> None:
    console.print(f"{taking.accepted:,} messages taken", highlight=False)
    for reason, count in taking.rejected.most_common():
        console.print(f"[yellow]{count:,} {reason}[/yellow]", highlight=False)
