# SPDX-License-Identifier: Apache-2.0
"""The constraint matrix of a home: constant, because everything that changes is a cost, a bound or a right-hand side."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from controllers.home_energy.optimum.assets import tank_factors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from controllers.home_energy.optimum.assets import HomeAssets
    from controllers.home_energy.optimum.layout import Layout
    from twinergy.kinds import FloatArray

    IntArray = NDArray[np.int32]


class Matrix(NamedTuple):
    """A sparse matrix by columns.

    Attributes
    ----------
    starts : int array, shape (n_columns + 1,)
        Where each column begins.
    rows : int array, shape (n_entries,)
        Row of each entry.
    values : array, shape (n_entries,)
        Value of each entry.
    """

    starts: IntArray
    rows: IntArray
    values: FloatArray


class Entries:
    """Collects entries block by block."""

    def __init__(self, layout: Layout) -> None:
        self._columns = {name: np.arange(block.start, block.stop) for name, block in layout.columns.items()}
        self._rows = {name: np.arange(block.start, block.stop) for name, block in layout.rows.items()}
        self._parts: list[tuple[NDArray[np.int64], NDArray[np.int64], FloatArray]] = []

    def diagonal(self, row: str, column: str, value: float, lag: int = 0) -> None:
        """Add ``value`` where a row block's step t meets a column block's step t - ``lag``."""
        rows, columns = self._rows[row], self._columns[column]
        count = len(rows) - lag
        if count > 0:
            self._parts.append((rows[lag:], columns[:count], np.full(count, value)))

    def full(self, row: str, column: str, value: float) -> None:
        """Add ``value`` for each column of a block to a block of one row."""
        columns = self._columns[column]
        self._parts.append((np.full(len(columns), self._rows[row][0]), columns, np.full(len(columns), value)))

    def matrix(self, n_columns: int) -> Matrix:
        """Return all entries that are not zero, by columns."""
        rows, columns, values = (np.concatenate(part) for part in zip(*self._parts, strict=True))
        kept = values != 0.0
        rows, columns, values = rows[kept], columns[kept], values[kept]
        order = np.lexsort((rows, columns))
        starts = np.searchsorted(columns[order], np.arange(n_columns + 1))
        return Matrix(starts.astype(np.int32), rows[order].astype(np.int32), values[order])


def matrix_of(assets: HomeAssets, layout: Layout) -> Matrix:
    """Return the constraint matrix of a home, equations (1) to (8) of docs/home_energy_model.md."""
    entries = Entries(layout)
    for column, sign in (("import", 1.0), ("over_import", 1.0), ("export", -1.0), ("over_export", -1.0), ("pv", 1.0)):
        entries.diagonal("balance", column, sign)
    _battery(assets, entries)
    _stores(assets, entries)
    _machines(assets, entries)
    if assets.car is not None:
        entries.diagonal("balance", "car", -1.0)
        entries.full("car", "car", assets.step_h * assets.car.efficiency)
        entries.full("car", "car_short", 1.0)
        entries.full("car", "car_later", 1.0)
    if "green" in layout.rows:
        for column, sign in (("export", 1.0), ("over_export", 1.0), ("pv", -1.0)):
            entries.diagonal("green", column, sign)
    if "importing" in layout.columns:
        _exclusive(assets, entries)
    return entries.matrix(layout.n_columns)


def _battery(assets: HomeAssets, entries: Entries) -> None:
    battery = assets.battery
    if battery is None:
        return
    entries.diagonal("balance", "charge", -1.0)
    entries.diagonal("balance", "discharge", 1.0)
    for column, sign in (("energy", 1.0), ("energy_under", -1.0), ("energy_over", 1.0)):
        entries.diagonal("battery", column, sign)
        entries.diagonal("battery", column, -sign, lag=1)
    entries.diagonal("battery", "charge", -assets.step_h * battery.efficiency_charge)
    entries.diagonal("battery", "discharge", assets.step_h / battery.efficiency_discharge)


def _stores(assets: HomeAssets, entries: Entries) -> None:
    """Room and tank: a temperature each, inside its band plus what it is outside."""
    stores = []
    if assets.room is not None:
        stores.append(("room", "indoor", "heat", assets.room.keep, assets.room.gain_k_per_kw))
    if assets.tank is not None:
        keep, gain = tank_factors(assets.tank, assets.step_h)
        stores.append(("tank", "water", "boil", keep, gain * assets.tank.cop))
    for row, inside, power, keep, gain in stores:
        for column, sign in ((inside, 1.0), (f"{inside}_cold", -1.0), (f"{inside}_warm", 1.0)):
            entries.diagonal(row, column, sign)
            entries.diagonal(row, column, -keep * sign, lag=1)
        entries.diagonal(row, power, -gain)
        entries.diagonal("balance", power, -1.0)


def _machines(assets: HomeAssets, entries: Entries) -> None:
    for number, machine in enumerate(assets.machines):
        for lag, p_kw in enumerate(machine.programme_kw):
            entries.diagonal("balance", f"start{number}", -p_kw, lag=lag)
        for column in ("start", "wait", "missed"):
            entries.full(f"machine{number}", f"{column}{number}", 1.0)


def _exclusive(assets: HomeAssets, entries: Entries) -> None:
    """Binary blocks: import or export, charge or discharge, the car's power zero or within its range."""
    pairs = [("importing", "import", -assets.import_limit_kw, "export", assets.export_limit_kw)]
    if assets.battery is not None:
        pairs.append(("charging", "charge", -assets.battery.p_charge_kw, "discharge", assets.battery.p_discharge_kw))
    if assets.car is not None:
        pairs.append(("car_on", "car", -assets.car.p_max_kw, "car", -assets.car.p_min_kw))
    for block, on, limit_on, off, limit_off in pairs:
        entries.diagonal(f"{block}_on", on, 1.0)
        entries.diagonal(f"{block}_on", block, limit_on)
        entries.diagonal(f"{block}_off", off, 1.0)
        entries.diagonal(f"{block}_off", block, limit_off)


def exclusive_bounds(assets: HomeAssets, layout: Layout) -> tuple[FloatArray, FloatArray]:
    """Return lower and upper bounds of the rows that only the exact programme has."""
    count = layout.n_rows - layout.relaxed_rows
    lower, upper = np.full(count, -np.inf), np.zeros(count)
    for block, value in (("importing", assets.export_limit_kw), ("charging", _discharge_kw(assets))):
        if f"{block}_off" in layout.rows:
            rows = layout.rows[f"{block}_off"]
            upper[rows.start - layout.relaxed_rows : rows.stop - layout.relaxed_rows] = value
    if "car_on_off" in layout.rows:
        rows = layout.rows["car_on_off"]
        lower[rows.start - layout.relaxed_rows : rows.stop - layout.relaxed_rows] = 0.0
        upper[rows.start - layout.relaxed_rows : rows.stop - layout.relaxed_rows] = np.inf
    return lower, upper


def _discharge_kw(assets: HomeAssets) -> float:
    return assets.battery.p_discharge_kw if assets.battery is not None else 0.0
