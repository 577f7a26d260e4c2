# SPDX-License-Identifier: Apache-2.0
"""Sessions of a file, read once and replayed week by week, with findings that name file, row and value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.charging.arrivals import SHORTEST_S, Sessions
from twinergy.errors import Finding, ScenarioError, closest
from twinergy.timebase import BLOCK_S

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from simulators.charging.options import ArrivalOptions

    FloatArray = NDArray[np.float64]

PARQUET: Final = (".parquet", ".pq")
LARGEST_KWH: Final = 1000.0
"""More than any road vehicle's battery: a unit was mistaken. [kWh]"""


@dataclass(frozen=True, slots=True)
class Replay:
    """The sessions of a file.

    Attributes
    ----------
    sessions : Sessions
        In the order of arrival.
    first_week, n_weeks : int
        Fixed weeks they cover.
    """

    sessions: Sessions
    first_week: int
    n_weeks: int

    def week(self, number: int) -> Sessions:
        """Return the sessions of a fixed week; beyond the file's own time it starts anew after a whole number of weeks."""
        source = self.first_week + (number - self.first_week) % self.n_weeks
        arrives_s = self.sessions.arrives_s
        part = slice(*np.searchsorted(arrives_s, [source * BLOCK_S, (source + 1) * BLOCK_S]).tolist())
        stay_s, energy_kwh = self.sessions.stay_s[part], self.sessions.energy_kwh[part]
        return Sessions(arrives_s[part] + float((number - source) * BLOCK_S), stay_s, energy_kwh)


def read(options: ArrivalOptions, folder: Path, site_timezone: str, path: str) -> Replay:
    """Return the sessions of a file.

    Parameters
    ----------
    options : ArrivalOptions
        File, columns, filter and zone.
    folder : pathlib.Path
        Relative paths start here.
    site_timezone : str
        Zone of times without offset where the options name none.
    path : str
        Where the options stand in the scenario, for messages.

    Raises
    ------
    ScenarioError
        If the file cannot be used; all findings at once.
    """
    file = folder / str(options.file)
    frame = _table(file, path)
    wanted = [options.arrival_column, options.departure_column, options.energy_column, *options.where]
    known = [str(name) for name in frame.columns]
    missing = [f"no column {name!r}; {closest(name, known)}" for name in wanted if name not in known]
    if missing:
        raise _refused(file, [Finding(message=message, path=path, file=str(file)) for message in missing])
    for name, value in options.where.items():
        frame = frame[frame[name].astype(str) == value]
    if frame.empty:
        message = f"no session is left after {options.where}" if options.where else "there is no session in it"
        raise _refused(file, [Finding(message=message, path=path, file=str(file))])
    return _checked(frame, options, file, path, options.timezone or site_timezone)


def _table(file: Path, path: str) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - kept out of the import of the plug-in

    try:
        frame = pd.read_parquet(file) if file.suffix in PARQUET else pd.read_csv(file, encoding="utf-8-sig")
    except FileNotFoundError as error:
        message = "file not found; relative paths start at the scenario's folder"
        raise _refused(file, [Finding(message=message, path=path, file=str(file))]) from error
    except (OSError, ValueError) as error:
        message = f"cannot be read as a table: {str(error).strip()}"
        raise _refused(file, [Finding(message=message, path=path, file=str(file), allowed="CSV or Parquet")]) from error
    return frame.reset_index(drop=True)


def _checked(frame: pd.DataFrame, options: ArrivalOptions, file: Path, path: str, timezone: str) -> Replay:
    import pandas as pd  # noqa: PLC0415

    arrives, leaves = (_epoch(frame[name], timezone) for name in (options.arrival_column, options.departure_column))
    energy = pd.to_numeric(frame[options.energy_column], errors="coerce").to_numpy(dtype=np.float64)
    row_of = frame.index.to_numpy()
    faults = (
        (np.isnan(arrives), options.arrival_column, "not a time", "ISO 8601, such as 2024-03-31T00:15+01:00"),
        (np.isnan(leaves), options.departure_column, "not a time", "ISO 8601, such as 2024-03-31T00:15+01:00"),
        (leaves <= arrives, options.departure_column, "a session that ends before it begins", "after the arrival"),
        (~((energy >= 0.0) & (energy <= LARGEST_KWH)), options.energy_column, "not an energy", f"0 to {LARGEST_KWH:g} kWh"),
    )
    findings = [
        _finding(frame, np.flatnonzero(wrong), row_of, (column, message, allowed), file, path)
        for wrong, column, message, allowed in faults
        if wrong.any()
    ]
    if findings:
        raise _refused(file, findings)
    order = np.argsort(arrives, kind="stable")
    arrives, stay = arrives[order], np.maximum((leaves - arrives)[order], SHORTEST_S)
    first, last = int(arrives[0] // BLOCK_S), int(arrives[-1] // BLOCK_S)
    return Replay(Sessions(arrives, stay, energy[order]), first, last - first + 1)


def _epoch(column: pd.Series[str], timezone: str) -> FloatArray:
    """Return times as seconds since 1970, NaN where there is none; without an offset they are local."""
    import pandas as pd  # noqa: PLC0415

    times = pd.to_datetime(column, errors="coerce", utc=False) if column.dtype.kind == "M" else _parsed(column)
    if times.dt.tz is None:
        times = times.dt.tz_localize(timezone, ambiguous="NaT", nonexistent="shift_forward")
    epoch = (times - pd.Timestamp(0, tz="UTC")).dt.total_seconds()
    return np.asarray(epoch.to_numpy(dtype=np.float64))


def _parsed(column: pd.Series[str]) -> pd.Series[pd.Timestamp]:
    import pandas as pd  # noqa: PLC0415

    texts = column.astype(str)
    aware = bool(texts.str.contains(r"[T ]\d.*(?:Z|[+-]\d\d(?::?\d\d)?)$", regex=True).any())
    return pd.to_datetime(texts, format="ISO8601", errors="coerce", utc=aware)


def _finding(
    frame: pd.DataFrame, wrong: NDArray[np.intp], row_of: NDArray[np.int64], fault: tuple[str, str, str], file: Path, path: str
) -> Finding:
    column, message, allowed = fault
    first = int(wrong[0])
    row = int(row_of[first])
    is_table = file.suffix in PARQUET
    return Finding(
        message=f"{column}: {message} ({len(wrong)} of {len(frame)} rows)",
        path=f"{path} row {row}" if is_table else path,
        file=str(file),
        line=0 if is_table else row + 2,
        value=str(frame[column].iloc[first]),
        allowed=allowed,
    )


def _refused(file: Path, findings: list[Finding]) -> ScenarioError:
    return ScenarioError(findings, subject=f"sessions {file.name}")
