# SPDX-License-Identifier: Apache-2.0
"""Load series from CSV and Parquet files, with findings that name file, line or row, time and value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.household.stamps import Fault, Stamps, interval_starts, parsed
from simulators.household.values import value_faults
from twinergy.errors import Finding, closest
from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from simulators.household.params import MeasuredProfile

    FloatArray = NDArray[np.float64]

KW_PER_UNIT: Final = {"w": 1e-3, "kw": 1.0, "pu": 1.0}
PARQUET: Final = (".parquet", ".pq")


class Series(NamedTuple):
    """A measured series.

    Attributes
    ----------
    stamps : Stamps
        Its times.
    p_kw : ndarray, shape (n,)
        Active power, or per unit. [kW]
    q_kvar : ndarray, shape (n,), or None
        Reactive power, inductive positive, if the file has one. [kvar]
    """

    stamps: Stamps
    p_kw: FloatArray
    q_kvar: FloatArray | None


class Refused(Exception):  # noqa: N818 - carries findings up to the reader, never leaves this module
    """A file cannot be used; the reasons are its argument."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(faults)
        self.faults = faults


def read_profile(profile: MeasuredProfile, folder: Path, site_timezone: str, path: str) -> Series | list[Finding]:
    """Return the series of a profile, or why there is none.

    Parameters
    ----------
    profile : MeasuredProfile
        Which file and columns.
    folder : pathlib.Path
        Relative paths start here.
    site_timezone : str
        Zone of times that carry no offset where the profile names none.
    path : str
        Where the profile stands in the scenario, for messages.
    """
    file = folder / profile.path
    try:
        return _series(profile, file, profile.timezone or site_timezone)
    except Refused as refused:
        return [_finding(fault, file, path) for fault in refused.faults]


def _series(profile: MeasuredProfile, file: Path, timezone: str) -> Series:
    frame = _table(file)
    times = _times(frame)
    wanted = _columns(profile, frame)
    stamps, faults = interval_starts(times, timezone, profile.label)
    powers = []
    for name in wanted:
        values, wrong = value_faults(frame[name], times, profile.unit, reactive=name == profile.q_column)
        powers.append(values * KW_PER_UNIT[profile.unit])
        faults += wrong
    if not faults and len(times) * stamps.step_s < SECONDS_PER_DAY:
        faults.append(Fault(-1, "a series shorter than a day cannot stand for a home", f"{len(times)} rows of {stamps.step_s} s"))
    if faults:
        raise Refused(faults)
    return Series(stamps, powers[0], powers[1] if len(powers) > 1 else None)


def _table(file: Path) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - kept out of the import of the plug-in

    try:
        if file.suffix in PARQUET:
            frame = pd.read_parquet(file)
            return frame if isinstance(frame.index, pd.RangeIndex) and frame.index.name is None else frame.reset_index()
        with file.open(encoding="utf-8-sig") as lines:
            separator = ";" if ";" in lines.readline() else ","
        return pd.read_csv(
            file, sep=separator, dtype=str, keep_default_na=False, skip_blank_lines=False, encoding="utf-8-sig", index_col=False
        )
    except FileNotFoundError as error:
        raise Refused([Fault(-1, "file not found; relative paths start at the scenario's folder")]) from error
    except (OSError, ValueError) as error:
        raise Refused([Fault(-1, f"cannot be read as a table: {str(error).strip()}", allowed="CSV or Parquet")]) from error


def _times(frame: pd.DataFrame) -> pd.DatetimeIndex:
    import pandas as pd  # noqa: PLC0415

    column = frame.iloc[:, 0]
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        times = pd.DatetimeIndex(column)
        missing = np.flatnonzero(times.isna())
        if missing.size:
            raise Refused([Fault(int(missing[0]), f"no time ({missing.size} of {len(times)} rows)")])
        return times
    if not (pd.api.types.is_object_dtype(column.dtype) or pd.api.types.is_string_dtype(column.dtype)):
        message = f"no times: the first column or index {str(frame.columns[0])!r} holds {column.dtype} values"
        raise Refused([Fault(-1, message, allowed="times in the first column or in the Parquet index")])
    times, faults = parsed(column.astype(str))
    if faults:
        raise Refused(faults)
    return times


def _columns(profile: MeasuredProfile, frame: pd.DataFrame) -> list[str]:
    known = [str(name) for name in frame.columns[1:]]
    if not known:
        raise Refused([Fault(-1, "there is no column beside the times")])
    wanted = [profile.column or known[0], *([profile.q_column] if profile.q_column is not None else [])]
    missing = [Fault(-1, f"no column {name!r}; {closest(name, known)}") for name in wanted if name not in known]
    if missing:
        raise Refused(missing)
    return wanted


def _finding(fault: Fault, file: Path, path: str) -> Finding:
    """Return a fault as a finding; a row of a CSV file has a line, one of a Parquet file a number."""
    placed = fault.row >= 0
    is_table = file.suffix in PARQUET
    where = f"{path} row {fault.row}" if placed and is_table else path
    line = fault.row + 2 if placed and not is_table else 0
    return Finding(message=fault.message, path=where, file=str(file), line=line, value=fault.value, allowed=fault.allowed)
