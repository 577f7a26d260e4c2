# SPDX-License-Identifier: Apache-2.0
"""Tables of a report as texts: dwellings, connections, months, and why requests were refused."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from twinergy.results.currency import EURO, Currency
from twinergy.results.tables import unit_of_column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from twinergy.results.reader import Run

TOP_ROWS: Final = 10
MOST_ROWS: Final = 300
"""Rows of the table of dwellings a report holds; its download holds all."""


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table for people.

    Attributes
    ----------
    heads : list of str
        Column heads with units.
    rows : list of list of str
        Cells, texts first.
    """

    heads: list[str]
    rows: list[list[str]]


def connections(rows: Sequence[Mapping[str, Any]], currency: Currency = EURO) -> TextTable:
    """Return the table per connection, those with the highest bill (else the highest import) first."""
    if not rows:
        return TextTable([], [])
    key = "cost_eur" if "cost_eur" in rows[0] else "import_kwh"
    ordered = sorted(rows, key=lambda row: (-(row[key] if row[key] is not None else -math.inf), str(row["connection"])))
    return TextTable(
        [_head(name, currency) for name in ordered[0]],
        [[_cell(name, value, currency) for name, value in row.items()] for row in ordered],
    )


def dwellings(frame: pd.DataFrame, currency: Currency = EURO) -> TextTable:
    """Return the table per dwelling, those with the highest bill (else the highest consumption) first."""
    if frame.empty:
        return TextTable([], [])
    key = "cost_eur" if "cost_eur" in frame else "consumption_kwh"
    shown = frame.drop(columns=["connection"] if (frame["connection"] == frame["dwelling"]).all() else [])
    ordered = shown.sort_values([key, "dwelling"], ascending=[False, True])
    return _of_frame(ordered, currency)


def months(frame: pd.DataFrame, currency: Currency = EURO) -> TextTable:
    """Return the table per month."""
    return TextTable([], []) if frame.empty else _of_frame(frame, currency)


def _of_frame(frame: pd.DataFrame, currency: Currency) -> TextTable:
    names = [str(name) for name in frame.columns]
    rows = [[_cell(name, value, currency) for name, value in zip(names, row, strict=True)] for row in frame.to_numpy().tolist()]
    return TextTable([_head(name, currency) for name in names], rows)


_HEADS: Final = {
    "comfort_outside_h": "Outside comfort, h",
    "ev_kwh": "Car, kWh",
    "ev_distance_km": "Cars, km",
    "ev_kwh_per_100km": "Cars, kWh/100 km",
    "pv_yield_kwh_per_kwp": "PV, kWh/kWp",
    "heat_pump_cop": "Heat pumps, COP",
    "temp_indoor_degc": "Indoor mean, °C",
    "temp_indoor_low_degc": "Indoor 5 %, °C",
    "temp_indoor_high_degc": "Indoor 95 %, °C",
}
_WHOLE: Final = frozenset({"residents", "days"})
_TWO_DIGITS: Final = ("_eur", "_cop", "peak_kw")


def _head(name: str, currency: Currency) -> str:
    if name in _HEADS:
        return _HEADS[name]
    words = name.removesuffix("_kwh").removesuffix("_kw").removesuffix("_eur").removesuffix("_kg").replace("_", " ")
    words = words.replace("co2", "CO₂").capitalize() if not words.startswith("co2") else "CO₂"
    unit = "%" if name.startswith("self_") else currency.shown(0.0, unit_of_column(name))[1]
    return f"{words}, {unit}" if unit else words


def _cell(name: str, value: Any, currency: Currency) -> str:
    if isinstance(value, str):
        return value
    if value is None or not math.isfinite(value):
        return "–"
    if name in _WHOLE:
        return f"{value:,.0f}"
    scale, digits = (100.0, 1) if name.startswith("self_") else (1.0, 2 if name.endswith(_TWO_DIGITS) else 1)
    shown = currency.shown(float(value), unit_of_column(name))[0]
    return f"{scale * shown:,.{digits}f}".replace("-", "−")


@dataclass(frozen=True)
class ShownAccount:
    """A table in which an agent gives account of itself, ready to print.

    Attributes
    ----------
    title, note : str
        Heading, and how to read it.
    table : TextTable
        The cells as text.
    texts : int
        How many columns, from the left, are words.
    """

    title: str
    note: str
    table: TextTable
    texts: int


def accounts(run: Run) -> dict[str, list[ShownAccount]]:
    """Return what agents say of themselves, by name."""
    return {name: [_shown(account) for account in said] for name, said in run.accounts.items()}


def _shown(account: dict[str, Any]) -> ShownAccount:
    rows, heads = account["rows"], list(account["columns"])
    words = [all(isinstance(row[column], str) for row in rows) for column in range(len(heads))]
    texts = words.index(False) if False in words else len(words)
    cells = [[value if isinstance(value, str) else _number(value) for value in row] for row in rows]
    return ShownAccount(account["title"], account["note"], TextTable(heads, cells), texts)


def _number(value: float | None) -> str:
    """Return a number with about three digits; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    size = abs(value)
    if size < 5e-4:  # noqa: PLR2004 - what three digits do not show
        return "0"
    digits = 0 if size >= 100 or value == int(value) else 1 if size >= 10 else 2 if size >= 0.1 else 3  # noqa: PLR2004
    return f"{value:,.{digits}f}".replace("-", "−")


def refusals(run: Run) -> TextTable:
    """Return why requests were cut or refused, the most frequent first."""
    frame = run.set_points()
    if frame.empty:
        return TextTable([], [])
    count: Counter[tuple[str, ...]] = Counter()
    for row in frame[frame["outcome"] != "granted"].astype("object").to_dict("records"):
        cells = (row["agent"], row["port"], row["outcome"], row["outcome_reason"])
        count[tuple(str(cell or "") for cell in cells)] += int(row["devices"])
    ordered = sorted(count.items(), key=lambda item: (-item[1], item[0]))
    rows = [[*cells, f"{number:,}"] for cells, number in ordered]
    return TextTable(["Agent", "Port", "Outcome", "Reason", "Requests"], rows)
