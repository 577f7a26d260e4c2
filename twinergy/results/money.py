# SPDX-License-Identifier: Apache-2.0
"""Bills while the run goes on, from the settlement of each block."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.results.kpi import kpi
from twinergy.results.settlement import PRICES, settle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from twinergy.community.twin import Twin
    from twinergy.results.kpi import Kpi
    from twinergy.results.settlement import Settlement
    from twinergy.results.view import BlockView

    FloatArray = NDArray[np.float64]

TABLE: Final = "prices"
_NO_STEPS: Final = np.empty(0)


class MoneyAccount:
    """Adds up the settlements of all blocks; a connection without a known tariff has no bill.

    Parameters
    ----------
    twin : Twin
        The community; standing charge and VAT are options of its tariffs.
    """

    def __init__(self, twin: Twin) -> None:
        self._twin = twin
        self._settlement: Settlement | None = None
        self._residual_eur = math.nan
        self._missing = 0
        self._billed = np.empty(0, dtype=np.int64)
        self._column = np.empty(0, dtype=np.int64)
        self._standing = self._vat = _NO_STEPS

    def add(self, view: BlockView) -> None:
        """Add a block; nothing happens where prices are not recorded."""
        part = view.block.tables.get(TABLE)
        if part is None or not set(PRICES) <= set(part.values):
            return
        if self._settlement is None:
            self._start(part.table.ids)
        if not self._billed.size:
            return
        p_kw = view.p_connection_kw[:, self._billed]
        settled = settle(p_kw, view.block.step_s, part.values, self._column, self._standing, self._vat)
        self._missing += int(np.isnan([part.values[name] for name in PRICES]).any(axis=0).sum())
        self._residual_eur = float(np.fmax(self._residual_eur, np.fmax.reduce(np.abs(settled.residual_eur))))
        settled = replace(settled, residual_eur=_NO_STEPS)  # it would grow with the run
        self._settlement = settled if self._settlement is None else self._settlement + settled

    def _start(self, tariffs: tuple[str, ...]) -> None:
        column = {name: place for place, name in enumerate(tariffs)}
        rows = [column.get(connection.tariff, -1) for connection in self._twin.connections]
        found = np.array(rows, dtype=np.int64)
        self._billed, self._column = np.flatnonzero(found >= 0), found[found >= 0]
        self._standing, self._vat = self._options(tariffs, "standing_eur_per_year"), self._options(tariffs, "vat_percent")

    def _options(self, tariffs: tuple[str, ...], name: str) -> FloatArray:
        devices = self._twin.device_by_id
        found = [getattr(devices[tariff].options, name, 0.0) if tariff in devices else 0.0 for tariff in tariffs]
        return np.array([float(value or 0.0) for value in found])

    def kpis(self) -> Iterator[Kpi]:
        """Yield the key figures of what has been added."""
        if self._settlement is None:
            return
        cost_eur = self.per_connection()["cost_eur"]
        note = self._note(cost_eur)
        yield kpi("cost_eur", _known_sum(cost_eur), note=note)
        if self._twin.dwellings:
            rows = sorted({self._twin.connection_row[dwelling.connection] for dwelling in self._twin.dwellings})
            yield kpi("dwelling_cost_eur", _known_sum(cost_eur[rows]) / len(self._twin.dwellings), note=note)
        yield kpi("missing_prices", self._missing)
        if not math.isnan(self._residual_eur):
            yield kpi("money_balance_max_eur", self._residual_eur)

    @staticmethod
    def _note(cost_eur: FloatArray) -> str:
        missing = int(np.isnan(cost_eur).sum())
        return f"{missing} connections have no bill: their tariff or a price is missing" if missing else ""

    def per_connection(self) -> dict[str, FloatArray]:
        """Return bill, revenue and emissions of each connection, NaN where there is none, shape (n_connections,)."""
        if self._settlement is None:
            return {}
        parts = {
            "cost_eur": self._settlement.net_cost_eur,
            "feed_in_revenue_eur": self._settlement.feed_in_revenue_eur,
            "co2_kg": self._settlement.co2_kg,
        }
        return {name: self._spread(values) for name, values in parts.items()}

    def _spread(self, values: FloatArray) -> FloatArray:
        spread = np.full(len(self._twin.connections), np.nan)
        spread[self._billed] = values
        return spread


def _known_sum(cost_eur: FloatArray) -> float:
    """Return the sum of the bills that are known, NaN if none is: nothing known is not nothing to pay."""
    known = cost_eur[~np.isnan(cost_eur)]
    return float(known.sum()) if known.size else math.nan
