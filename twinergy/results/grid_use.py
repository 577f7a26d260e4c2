# SPDX-License-Identifier: Apache-2.0
"""Use of the grid: exchange with the grid above, losses, loading of lines and transformers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.results.extreme import Highest
from twinergy.results.kpi import kpi
from twinergy.results.view import GRID
from twinergy.signs import exported, imported

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinergy.results.kpi import Kpi
    from twinergy.results.view import BlockView

RATED_PERCENT: Final = 100.0
_TABLES: Final = ("transformer", "line")


class ExchangeAccount:
    """Energy, peaks and losses at the transformer, or at the sum of all connections where there is no grid.

    Attributes
    ----------
    import_kwh, export_kwh, losses_kwh : float
        Exchange with the grid above, and losses of the grid. [kWh]
    background_kwh : float
        Load of the grid that belongs to no connection, less load of connections that the grid does not serve. [kWh]
    """

    def __init__(self) -> None:
        self.import_kwh = self.export_kwh = self.losses_kwh = self.background_kwh = 0.0
        self._peak_import, self._peak_export = Highest(), Highest()
        self._left_out = 0
        self._grid = False

    def add(self, view: BlockView) -> None:
        """Add a block."""
        exchange_kw = view.exchange_kw
        known = np.isfinite(exchange_kw)
        self._left_out += int(np.count_nonzero(~known))
        self.import_kwh += float(imported(exchange_kw[known]).sum()) * view.hours
        self.export_kwh += float(exported(exchange_kw[known]).sum()) * view.hours
        self._peak_import.add(imported(exchange_kw), [""], view.when)
        self._peak_export.add(exported(exchange_kw), [""], view.when)
        if GRID in view.block.tables:
            self._grid = True
            loss_kw = view.block.tables[GRID].values["p_loss_kw"][:, 0]
            self.losses_kwh += float(np.nansum(loss_kw[known])) * view.hours
            for port, sign in (("p_background_kw", 1.0), ("p_unsupplied_kw", -1.0)):
                values = view.port(GRID, port)
                if values is not None:
                    self.background_kwh += sign * float(np.nansum(values[known])) * view.hours

    def kpis(self) -> Iterator[Kpi]:
        """Yield the key figures of what has been added."""
        note = f"{self._left_out} steps without a power flow are left out" if self._left_out else ""
        yield kpi("import_kwh", self.import_kwh, note=note)
        yield kpi("export_kwh", self.export_kwh, note=note)
        if self._grid:
            yield kpi("losses_kwh", self.losses_kwh, note=note)
        yield kpi("peak_import_kw", self._peak_import.value, when=self._peak_import.when, note=note)
        yield kpi("peak_export_kw", self._peak_export.value, when=self._peak_export.when, note=note)


class LoadingAccount:
    """Highest loading of lines and transformers, and for how long any of them was above its rating."""

    def __init__(self) -> None:
        self._highest: dict[str, Highest] = {}
        self._over_h: dict[str, float] = {}

    def add(self, view: BlockView) -> None:
        """Add a block."""
        for name in _TABLES:
            part = view.block.tables.get(name)
            if part is None or "loading_percent" not in part.values or not part.table.ids:
                continue
            loading = part.values["loading_percent"]
            self._highest.setdefault(name, Highest()).add(loading, part.table.ids, view.when)
            over = int((loading > RATED_PERCENT).any(axis=1).sum())
            self._over_h[name] = self._over_h.get(name, 0.0) + over * view.hours

    def kpis(self) -> Iterator[Kpi]:
        """Yield the key figures of what has been added."""
        for name, highest in self._highest.items():
            yield kpi(f"{name}_loading_percent", highest.value, where=highest.where, when=highest.when)
            yield kpi(f"{name}_overload_h", self._over_h[name])
