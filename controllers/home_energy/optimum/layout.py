# SPDX-License-Identifier: Apache-2.0
"""Where each quantity of a home stands among the columns and rows of its linear programme."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controllers.home_energy.optimum.assets import HomeAssets


@dataclass(frozen=True, slots=True)
class Layout:
    """Blocks of columns and rows by name.

    The columns and rows of the relaxation come first; those that only the exact programme has follow, so that costs and
    bounds of the former serve both.

    Attributes
    ----------
    columns, rows : dict
        Slice per block, in order.
    relaxed_columns, relaxed_rows : int
        How many belong to the relaxation.
    """

    columns: dict[str, slice]
    rows: dict[str, slice]
    relaxed_columns: int
    relaxed_rows: int

    @property
    def n_columns(self) -> int:
        """All columns."""
        return _end(self.columns)

    @property
    def n_rows(self) -> int:
        """All rows."""
        return _end(self.rows)


GRID = ("import", "export", "over_import", "over_export", "pv")
OF_ASSET = {
    "battery": ("charge", "discharge", "energy", "energy_under", "energy_over"),
    "room": ("heat", "indoor", "indoor_cold", "indoor_warm"),
    "tank": ("boil", "water", "water_cold", "water_warm"),
    "car": ("car",),
}
EXACT = {"battery": "charging", "car": "car_on"}


def layout_of(assets: HomeAssets, *, exact: bool = False) -> Layout:
    """Lay out the programme of a home.

    Parameters
    ----------
    assets : HomeAssets
        What it has.
    exact : bool
        With the binary columns, or the relaxation.

    Returns
    -------
    Layout
        Block per quantity, only for what the home has.
    """
    n = assets.n_steps
    columns: dict[str, slice] = {}
    rows: dict[str, slice] = {}
    _append(columns, n, *GRID)
    _append(rows, n, "balance")
    owned = [name for name in OF_ASSET if getattr(assets, name) is not None]
    for name in owned:
        _append(columns, n, *OF_ASSET[name])
        _append(rows, 1 if name == "car" else n, name)
    if not assets.battery_may_export and "battery" in owned:
        _append(rows, n, "green")
    for number in range(len(assets.machines)):
        _append(columns, n, f"start{number}")
        _append(columns, 1, f"wait{number}", f"missed{number}")
        _append(rows, 1, f"machine{number}")
    if "car" in owned:
        _append(columns, 1, "car_short", "car_later")
    relaxed = _end(columns), _end(rows)
    if exact:
        for block in ("importing", *(EXACT[name] for name in owned if name in EXACT)):
            _append(columns, n, block)
            _append(rows, n, f"{block}_on", f"{block}_off")
    return Layout(columns, rows, *relaxed)


def _append(blocks: dict[str, slice], size: int, *names: str) -> None:
    for name in names:
        start = _end(blocks)
        blocks[name] = slice(start, start + size)


def _end(blocks: dict[str, slice]) -> int:
    return next(reversed(blocks.values())).stop if blocks else 0
