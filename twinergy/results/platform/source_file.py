# SPDX-License-Identifier: Apache-2.0
"""Reads the cells of an outside file, CSV or Parquet, with the line of every row."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.errors import Finding, ScenarioError, closest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from twinergy.results.platform.mapping import FileFormat

SUBJECT: Final = "import"
PARQUET: Final = frozenset({".parquet", ".pq"})


@dataclass(frozen=True, slots=True)
class SourceTable:
    """The columns of a file as they stand in it.

    Attributes
    ----------
    file : pathlib.Path
        Where it came from.
    columns : dict of str to list
        Cells; texts from CSV, values of any kind from Parquet.
    lines : ndarray of int64, shape (n,)
        Line of each row in a CSV file (from 1), row number in a Parquet file.
    is_text : bool
        Whether it was CSV.
    findings : tuple of Finding
        Rows that could not be read.
    """

    file: Path
    columns: dict[str, Sequence[Any]]
    lines: NDArray[np.int64]
    is_text: bool
    findings: tuple[Finding, ...] = ()

    def finding(self, message: str, row: int, column: str, *, value: Any = None, allowed: str = "") -> Finding:
        """Return a finding about one cell."""
        number = int(self.lines[row])
        path = f"column {column!r}" if self.is_text else f"row {number} column {column!r}"
        line = number if self.is_text else 0
        return Finding(message=message, path=path, file=str(self.file), line=line, value=value, allowed=allowed)


def read_source(file: Path, form: FileFormat, wanted: Sequence[str]) -> SourceTable:
    """Return the wanted columns of a file.

    Raises
    ------
    ScenarioError
        If the file is missing, cannot be read, is empty, or lacks a column; every lacking column is a finding.
    """
    try:
        table = _parquet(file, wanted) if file.suffix.lower() in PARQUET else _text(file, form, wanted)
    except FileNotFoundError as error:
        raise ScenarioError([Finding(message="there is no such file", file=str(file))], SUBJECT) from error
    except UnicodeDecodeError as error:
        finding = Finding(
            message=f"is not text in {form.encoding} (byte {error.start})", file=str(file), allowed="set format.encoding"
        )
        raise ScenarioError([finding], SUBJECT) from error
    except (OSError, LookupError) as error:
        raise ScenarioError([Finding(message=f"cannot be read: {error}", file=str(file))], SUBJECT) from error
    if not len(table.lines):
        raise ScenarioError([Finding(message="holds no rows", file=str(file))], SUBJECT)
    return table


def _missing(file: Path, wanted: Sequence[str], names: Sequence[str], line: int) -> None:
    findings = [
        Finding(message=f"has no column {name!r}", file=str(file), line=line, allowed=closest(name, names))
        for name in dict.fromkeys(wanted)
        if name not in names
    ]
    if findings:
        raise ScenarioError(findings, SUBJECT)


def _text(file: Path, form: FileFormat, wanted: Sequence[str]) -> SourceTable:
    findings: list[Finding] = []
    rows: list[list[str]] = []
    lines: list[int] = []
    with file.open(encoding=form.encoding, newline="") as stream:
        for _ in range(form.skip_rows):
            next(stream, "")
        reader = csv.reader(stream, delimiter=form.delimiter)
        names = [name.strip() for name in next(reader, [])]
        _missing(file, wanted, names, form.skip_rows + 1)
        for row in reader:
            if len(row) == len(names):
                rows.append(row)
                lines.append(reader.line_num + form.skip_rows)
            elif any(cell.strip() for cell in row):
                message = f"has {len(row)} cells where the head has {len(names)}"
                findings.append(Finding(message=message, file=str(file), line=reader.line_num + form.skip_rows))
    places = {name: names.index(name) for name in wanted}
    columns: dict[str, Sequence[Any]] = {name: [row[place].strip() for row in rows] for name, place in places.items()}
    return SourceTable(file, columns, np.array(lines, dtype=np.int64), is_text=True, findings=tuple(findings))


def _parquet(file: Path, wanted: Sequence[str]) -> SourceTable:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        names = pq.read_schema(file).names
        _missing(file, wanted, names, 0)
        table = pq.read_table(file, columns=list(dict.fromkeys(wanted)))
    except pa.ArrowException as error:
        raise OSError(str(error).splitlines()[0]) from error
    columns: dict[str, Sequence[Any]] = {name: table[name].to_pandas().to_numpy() for name in table.column_names}
    return SourceTable(file, columns, np.arange(1, table.num_rows + 1), is_text=False)
