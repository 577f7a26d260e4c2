# SPDX-License-Identifier: Apache-2.0
"""Price and carbon series from CSV and Parquet files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simulators.prices.checks import Fault, Quantity, RawSeries, cell_of, faults
from simulators.prices.series import Sampled
from twinergy.errors import Finding, ScenarioError, closest

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

PARQUET: Final = frozenset({".parquet", ".pq"})
SUBJECT: Final = "tariffs"
_WITH_ZONE: Final = r"[T ]\d\d.*(?:Z|[+-]\d\d(?::?\d\d)?)$"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesFile:
    """Where a series lies.

    Attributes
    ----------
    file : pathlib.Path
        CSV or Parquet.
    time_column, value_column : str
        Names of the columns.
    factor : float
        From the unit of the column to the unit of the `Quantity`.
    path : str
        Option that names the file, for messages.
    """

    file: Path
    time_column: str
    value_column: str
    factor: float = 1.0
    path: str = ""

    def finding(self, fault: Fault) -> Finding:
        """Return a fault of a row as a finding; a row of a CSV file has a line, one of a Parquet file a number."""
        is_table = self.file.suffix in PARQUET
        path = f"{self.path} row {fault.row}".strip() if is_table else self.path
        line = 0 if is_table else fault.row + 2
        return Finding(message=fault.message, path=path, file=str(self.file), line=line, value=fault.value, allowed=fault.allowed)

    def error(self, *messages: str, line: int = 0) -> ScenarioError:
        """Return an error about the file as a whole."""
        findings = [Finding(message=message, path=self.path, file=str(self.file), line=line) for message in messages]
        return ScenarioError(findings, SUBJECT)


def read_series(source: SeriesFile, quantity: Quantity) -> Sampled:
    """Return the series of a file.

    Raises
    ------
    ScenarioError
        With a finding for each kind of fault, placed at the first row that shows it: missing file or column; times without
        zone, doubled, out of order or with gaps; missing values; values of a size that only a wrong unit explains.
    """
    raw = _raw(source, _columns(source))
    found = [source.finding(fault) for fault in faults(raw, quantity)]
    if found:
        raise ScenarioError(found, SUBJECT)
    return Sampled(int(raw.epoch_s[0]), cell_of(raw.epoch_s), raw.values)


def _columns(source: SeriesFile) -> pd.DataFrame:
    try:
        frame = _table(source)
    except FileNotFoundError as error:
        message = "file not found; relative paths start at the scenario's folder"
        raise source.error(message) from error
    except (OSError, ValueError) as error:
        message = f"cannot be read as a table: {error}"
        raise source.error(message) from error
    names = (source.time_column, source.value_column)
    known = [str(name) for name in frame.columns]
    missing = [f"no column {name!r}; {closest(name, known)}" for name in names if name not in known]
    if missing:
        raise source.error(*missing, line=0 if source.file.suffix in PARQUET else 1)
    return frame[list(names)]


def _table(source: SeriesFile) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - kept out of the import of the plug-in

    if source.file.suffix in PARQUET:
        frame = pd.read_parquet(source.file)
        return frame if source.time_column in frame.columns else frame.reset_index()
    frame = pd.read_csv(source.file, dtype=str, keep_default_na=False, skip_blank_lines=False, encoding="utf-8-sig")
    filled = np.flatnonzero((frame != "").any(axis=1).to_numpy(dtype=bool))
    return frame.iloc[: int(filled[-1]) + 1 if len(filled) else 0]


def _raw(source: SeriesFile, frame: pd.DataFrame) -> RawSeries:
    import pandas as pd  # noqa: PLC0415

    times, values = frame[source.time_column], frame[source.value_column]
    epoch_s, timed = _instants(times)
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return RawSeries(
        epoch_s=epoch_s,
        timed=timed,
        values=numbers * source.factor,
        time_text=times.to_numpy(dtype=object),
        value_text=values.to_numpy(dtype=object),
    )


def _instants(column: pd.Series[Any]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    import pandas as pd  # noqa: PLC0415

    if isinstance(column.dtype, pd.DatetimeTZDtype):
        stamps, zoned = column.dt.tz_convert("UTC"), np.ones(len(column), dtype=bool)
    else:
        text = column.astype(str).str.strip()
        zoned = text.str.contains(_WITH_ZONE, regex=True).to_numpy(dtype=bool)
        stamps = pd.to_datetime(text, utc=True, format="ISO8601", errors="coerce")
    epoch_s = stamps.dt.tz_localize(None).to_numpy().astype("datetime64[s]").astype(np.int64)
    return epoch_s, zoned & stamps.notna().to_numpy(dtype=bool)
