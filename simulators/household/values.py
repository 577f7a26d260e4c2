# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with the values of a measured load series."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.household.stamps import Fault

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

MOST_KW: Final = 100.0
"""More than a home can draw: three phases of 63 A carry 44 kW. [kW]"""
_KW_PER_UNIT: Final = {"w": 1e-3, "kw": 1.0}


def value_faults(column: pd.Series, times: pd.DatetimeIndex, unit: str, *, reactive: bool) -> tuple[FloatArray, list[Fault]]:
    """Return the numbers of a column, NaN where there are none, and one fault per kind at its first row.

    Parameters
    ----------
    column : pandas.Series
        Numbers, or texts from a CSV file.
    times : pandas.DatetimeIndex
        Stamps of the rows, for messages.
    unit : {"w", "kw", "pu"}
        What the column is said to be in.
    reactive : bool
        Whether it is a reactive power, which may be negative.
    """
    values, texts = _numbers(column)
    gaps = np.isnan(values)
    kinds = {
        "not a number": (texts, "a number"),
        _gap_message(gaps & ~texts): (gaps & ~texts, "a value in every row"),
        "not finite": (np.isinf(values), "a finite number"),
    }
    if not reactive:
        kinds["a home's load is negative"] = (values < 0.0, "0 or more; generation is a device of its own")
    if unit in _KW_PER_UNIT:
        too_much = np.abs(values) * _KW_PER_UNIT[unit] > MOST_KW
        kinds[f"more than a home can draw, is the unit really {unit!r}?"] = (too_much, f"up to {MOST_KW:g} kW")
    return values, [
        _fault(column, times, message, np.flatnonzero(mask), allowed) for message, (mask, allowed) in kinds.items() if mask.any()
    ]


def _numbers(column: pd.Series) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return numbers and which rows hold a text that is none; a comma may stand for the decimal point."""
    import pandas as pd  # noqa: PLC0415 - kept out of the import of the plug-in

    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.to_numpy(dtype=np.float64, na_value=np.nan), np.zeros(len(column), dtype=bool)
    text = column.astype(str).str.strip()
    values = pd.to_numeric(text.str.replace(",", "."), errors="coerce").to_numpy(dtype=np.float64)
    empty = text.str.lower().isin(["", "nan", "na", "null", "none"]).to_numpy()
    return values, np.isnan(values) & ~empty


def _gap_message(gaps: NDArray[np.bool_]) -> str:
    starts = np.flatnonzero(np.diff(gaps.astype(np.int8), prepend=0) == 1)
    ends = np.flatnonzero(np.diff(gaps.astype(np.int8), append=0) == -1) + 1
    longest = int((ends - starts).max()) if len(starts) else 0
    return f"no value: {int(gaps.sum())} rows in {len(starts)} gaps, the longest {longest} rows; fill them"


def _fault(column: pd.Series, times: pd.DatetimeIndex, message: str, rows: NDArray[np.intp], allowed: str) -> Fault:
    row = int(rows[0])
    value = column.iloc[row]
    shown = value if isinstance(value, str) else float(value)
    return Fault(row, f"column {column.name!r} at {times[row]}: {message} ({len(rows)} of {len(column)} rows)", shown, allowed)
