# SPDX-License-Identifier: Apache-2.0
"""Names of columns: ours, and those of others whose unit the name tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulators.weather.reading.raw import refuse
from simulators.weather.series import QUANTITIES
from twinergy.errors import closest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

BEAM: Final = "beam_horizontal_w_per_m2"
KNOWN: Final[dict[str, str]] = {
    **{name: name for name in (*QUANTITIES, BEAM)},
    "ghi_w_m2": "ghi_w_per_m2",
    "dni_w_m2": "dni_w_per_m2",
    "dhi_w_m2": "dhi_w_per_m2",
    "bhi_w_m2": BEAM,
    "bhi_w_per_m2": BEAM,
    "temp_air_degc": "temp_degc",
    "relative_humidity_pct": "humidity_percent",
    "relative_humidity_percent": "humidity_percent",
    "wind_speed_m_s": "wind_m_per_s",
    "wind_speed_m_per_s": "wind_m_per_s",
}
PVLIB: Final[dict[str, str]] = {
    "ghi": "ghi_w_per_m2",
    "dni": "dni_w_per_m2",
    "dhi": "dhi_w_per_m2",
    "temp_air": "temp_degc",
    "relative_humidity": "humidity_percent",
    "wind_speed": "wind_m_per_s",
    "albedo": "albedo",
}


def renamed(frame: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Return the columns a mapping from file name to our name picks, as float, in our order."""
    import pandas as pd  # noqa: PLC0415

    picked = {ours: pd.to_numeric(frame[theirs], errors="coerce") for theirs, ours in names.items() if theirs in frame.columns}
    order = [name for name in (*QUANTITIES, BEAM) if name in picked]
    return pd.DataFrame({name: picked[name] for name in order}, index=frame.index).astype("float64")


def chosen(path: Path, frame: pd.DataFrame, columns: Mapping[str, str]) -> dict[str, str]:
    """Return the mapping from a file's columns to our names.

    Parameters
    ----------
    path : Path
        File, for messages.
    frame : pandas.DataFrame
        The file's table.
    columns : mapping
        What the user says: our name to the file's column.

    Raises
    ------
    ScenarioError
        If a column named by the user is not there or not one of our quantities.
    """
    found = {name: KNOWN[name] for name in frame.columns if name in KNOWN}
    for ours, theirs in columns.items():
        if ours not in (*QUANTITIES, BEAM):
            raise refuse(path, f"option columns: no quantity {ours!r}", allowed=closest(ours, (*QUANTITIES, BEAM)))
        if theirs not in frame.columns:
            raise refuse(path, f"no column {theirs!r} for {ours}", allowed=closest(theirs, map(str, frame.columns)))
        found = {name: ours_too for name, ours_too in found.items() if ours_too != ours} | {theirs: ours}
    return found
