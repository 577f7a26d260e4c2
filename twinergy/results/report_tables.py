# SPDX-License-Identifier: Apache-2.0
"""Tables of a report as texts: connections, and why requests were refused."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from twinergy.units import unit_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinergy.results.reader import Run

TOP_ROWS: Final = 10


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


def connections(rows: Sequence[Mapping[str, Any]]) -> TextTable:
    """Return the table per connection, those with the highest bill (else the highest import) first."""
    if not rows:
        return TextTable([], [])
    key = "cost_eur" if "cost_eur" in rows[0] else "import_kwh"
    ordered = sorted(rows, key=lambda row: (-(row[key] if row[key] is not None else -math.inf), str(row["connection"])))
    return TextTable(
        [_head(name) for name in ordered[0]], [[_cell(name, value) for name, value in row.items()] for row in ordered]
    )


def _head(name: str) -> str:
    words = name.removesuffix("_kwh").removesuffix("_kw").removesuffix("_eur").removesuffix("_kg").replace("_", " ")
    words = words.replace("co2", "CO₂").capitalize() if not words.startswith("co2") else "CO₂"
    if name in {"connection", "bus"}:
        return words
    return f"{words}, %" if name.startswith("self_") else f"{words}, {unit_of(name)}"


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    scale, digits = (100.0, 1) if name.startswith("self_") else (1.0, 2 if name.endswith("_eur") else 1)
    return f"{scale * value:,.{digits}f}".replace("-", "−")


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
