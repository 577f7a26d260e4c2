# SPDX-License-Identifier: Apache-2.0
"""Is this weather? Ranges that tell a wrong unit, gaps short and long, and components that contradict each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.weather.reading.raw import refuse
from simulators.weather.series import IRRADIANCE
from twinergy.errors import Finding, ScenarioError
from twinergy.units import SECONDS_PER_HOUR, unit_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd


@dataclass(frozen=True, slots=True)
class Range:
    """What a quantity can be on Earth, and what a value outside looks like."""

    low: float
    high: float
    hint_below: float = -np.inf
    below: str = ""
    hint_above: float = np.inf
    above: str = ""


_IRRADIANCE = Range(-10.0, 1600.0, 3.0, "kW/m2")
RANGES: Final[dict[str, Range]] = {
    **dict.fromkeys(IRRADIANCE, _IRRADIANCE),
    "temp_degc": Range(-70.0, 60.0, hint_above=150.0, above="kelvin"),
    "humidity_percent": Range(0.0, 105.0, 1.01, "a fraction"),
    "wind_m_per_s": Range(0.0, 80.0),
    "pressure_hpa": Range(450.0, 1100.0, 120.0, "kPa", 20_000.0, "Pa"),
    "albedo": Range(0.0, 1.0, hint_above=2.0, above="percent"),
}
"""World records (WMO archive of weather extremes) with some room; `hint_below`: a highest value below it looks like that unit."""
ENOUGH_DAYS: Final = 1.0


def check_ranges(path: Path, frame: pd.DataFrame, first_line: int) -> None:
    """Refuse values that cannot be weather, all quantities at once.

    Raises
    ------
    ScenarioError
        One finding per quantity: the first offending value with its time, the range and the unit it looks like.
    """
    findings = [finding for name in frame.columns if name in RANGES for finding in _judged(path, frame[name], first_line)]
    if findings:
        raise ScenarioError(findings, f"weather file {path}")


def _judged(path: Path, column: pd.Series, first_line: int) -> list[Finding]:
    span, name = RANGES[str(column.name)], str(column.name)
    values = column.to_numpy()
    present = np.flatnonzero(np.isfinite(values))
    if not present.size:
        return []
    outside = present[(values[present] < span.low) | (values[present] > span.high)]
    highest = present[values[present].argmax()]
    allowed = f"{span.low:g} to {span.high:g} {unit_of(name)}"
    days = (column.index[-1] - column.index[0]).total_seconds() / 86_400.0
    if 0.0 < values[highest] < span.hint_below and days >= ENOUGH_DAYS:
        return [_finding(path, column, int(highest), first_line, f"{name}: the highest value looks like {span.below}", allowed)]
    if not outside.size:
        return []
    looks = f", looks like {span.above}" if values[highest] >= span.hint_above else ""
    message = f"{name}: {outside.size} values cannot be{looks}, the first"
    return [_finding(path, column, int(outside[0]), first_line, message, allowed)]


def _finding(path: Path, column: pd.Series, row: int, first_line: int, message: str, allowed: str) -> Finding:
    line = first_line + row if first_line else 0
    where = str(column.index[row])
    return Finding(message=message, path=where, file=path.name, line=line, value=float(column.iloc[row]), allowed=allowed)


def fill_gaps(path: Path, frame: pd.DataFrame, interval_s: int, max_gap_h: float) -> tuple[pd.DataFrame, list[Finding]]:
    """Interpolate short gaps linearly and refuse longer ones; columns without any value are dropped.

    Returns
    -------
    frame : pandas.DataFrame
        Without NaN.
    findings : list of Finding
        One per quantity that had gaps, with the number of values filled in.

    Raises
    ------
    ScenarioError
        If a gap is longer than `max_gap_h`, one finding per quantity, naming the first such gap.
    """
    frame = frame.dropna(axis="columns", how="all")
    too_long: list[Finding] = []
    filled: list[Finding] = []
    for name in frame.columns[frame.isna().any()]:
        starts, lengths = _runs(frame[name].isna().to_numpy())
        hours = lengths * interval_s / SECONDS_PER_HOUR
        allowed = f"at most {max_gap_h:g} h (option max_gap_h)"
        if (hours > max_gap_h).any():
            first = int((hours > max_gap_h).argmax())
            where = str(frame.index[starts[first]])
            message = f"{name}: gap of {hours[first]:g} h ({(hours > max_gap_h).sum()} such gaps), the first"
            too_long.append(Finding(message=message, path=where, file=path.name, value=float(hours[first]), allowed=allowed))
        where = str(frame.index[starts[0]])
        message = f"{name}: {int(lengths.sum())} missing values in {len(starts)} gaps interpolated, the first"
        filled.append(Finding(message=message, path=where, file=path.name, value=int(lengths.sum()), allowed=allowed))
    if too_long:
        raise ScenarioError(too_long, f"weather file {path}")
    return frame.interpolate(limit_direction="both"), filled


def _runs(missing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], missing, [False])).astype(np.int8)))
    return edges[::2], edges[1::2] - edges[::2]


def consistent(path: Path, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """Cut what instruments do at the edges: irradiance below 0, humidity above 100 %, diffuse above global."""
    frame = frame.copy()
    findings: list[Finding] = []
    for name in (name for name in IRRADIANCE if name in frame):
        findings += _counted(path, frame[name], frame[name] < 0.0, f"{name}: negative values set to 0")
        frame[name] = frame[name].clip(lower=0.0)
    if "humidity_percent" in frame:
        frame["humidity_percent"] = frame["humidity_percent"].clip(upper=100.0)
    if {"ghi_w_per_m2", "dhi_w_per_m2"} <= set(frame.columns):
        above = frame["dhi_w_per_m2"] > 1.05 * frame["ghi_w_per_m2"] + 5.0
        findings += _counted(path, frame["dhi_w_per_m2"], above, "diffuse above global irradiance set to the global one")
        frame["dhi_w_per_m2"] = frame[["ghi_w_per_m2", "dhi_w_per_m2"]].min(axis="columns")
    return frame, findings


def _counted(path: Path, column: pd.Series, wrong: pd.Series, message: str) -> list[Finding]:
    if not wrong.any():
        return []
    where = f"first at {column.index[int(wrong.to_numpy().argmax())]}"
    return [
        Finding(message=f"{int(wrong.sum())} times {message}", path=where, file=path.name, value=float(column[wrong].iloc[0]))
    ]


def require(path: Path, frame: pd.DataFrame, names: Sequence[str]) -> None:
    """Refuse a file without a quantity that is needed; global irradiance may also come as beam and diffuse.

    Raises
    ------
    ScenarioError
        Naming what is missing and what is there.
    """
    have = set(frame.columns)
    if {"dni_w_per_m2", "dhi_w_per_m2"} <= have:
        have.add("ghi_w_per_m2")
    lacking = [name for name in names if name not in have]
    if lacking:
        there = ", ".join(frame.columns) or "none of our quantities"
        advice = "a column of that name (unit included), or option columns: {our name: column of the file}"
        raise refuse(path, f"missing column {', '.join(lacking)}", where="header", value=there, allowed=advice)
