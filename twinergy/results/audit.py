# SPDX-License-Identifier: Apache-2.0
"""Faults and the audit of kilowatts: what is missing, and whether what remains adds up."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from twinergy.results.extreme import Highest
from twinergy.results.kpi import kpi
from twinergy.results.view import CONNECTION, GRID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from twinergy.results.kpi import Kpi
    from twinergy.results.view import BlockView


class FaultAccount:
    """Counts what did not arrive or did not converge.

    A meter owes nothing before its first telegram; one that never reports owes every reading.
    """

    def __init__(self) -> None:
        self._non_converged = self._readings = self._values = 0
        self._silent: dict[str, NDArray[np.int64]] = {}
        self._heard: dict[str, NDArray[np.bool_]] = {}
        self._grid = False

    def add(self, view: BlockView) -> None:
        """Add a block."""
        self._values += view.missing
        if GRID in view.block.tables:
            self._grid = True
            self._non_converged += int(np.count_nonzero(~view.converged))
        for name in view.roles.meters:
            values = view.block.tables[name].values
            self._listen(name, values["valid"] > 0.0 if "valid" in values else np.isfinite(values["p_kw"]))

    def _listen(self, name: str, arrived: NDArray[np.bool_]) -> None:
        count = arrived.shape[1]
        heard = np.logical_or.accumulate(arrived, axis=0) | self._heard.get(name, np.zeros(count, dtype=bool))
        self._readings += int(np.count_nonzero(heard & ~arrived))
        self._silent[name] = self._silent.get(name, np.zeros(count, dtype=np.int64)) + np.count_nonzero(~heard, axis=0)
        self._heard[name] = heard[-1]

    def kpis(self) -> Iterator[Kpi]:
        """Yield the key figures of what has been added."""
        if self._grid:
            yield kpi("non_converged_steps", self._non_converged)
        if self._heard:
            never = {name: ~heard for name, heard in self._heard.items()}
            owed = sum(int(self._silent[name][mute].sum()) for name, mute in never.items())
            mute = sum(int(found.sum()) for found in never.values())
            yield kpi("missing_readings", self._readings + owed, note=f"{mute} meters never reported" if mute else "")
        yield kpi("missing_values", self._values)


class BalanceAccount:
    """Residuals of power: all devices and losses against the exchange, and devices against each connection.

    What a grid says of itself belongs to its balance: ``p_background_kw`` is load of its own, ``p_unsupplied_kw`` is load of
    the connections that it does not serve.
    """

    def __init__(self) -> None:
        self._grid, self._connection = Highest(), Highest()
        self._sum_kwh = 0.0

    def add(self, view: BlockView) -> None:
        """Add a block."""
        if not view.roles.acting:
            return
        devices_kw = view.device_sum_kw()
        if CONNECTION in view.block.tables:
            ids = view.block.tables[CONNECTION].table.ids
            self._connection.add(np.abs(devices_kw - view.p_connection_kw), ids, view.when)
        if GRID in view.block.tables:
            residual_kw = np.abs(devices_kw.sum(axis=1) + _added_by_grid(view) - view.exchange_kw)
            self._grid.add(residual_kw, [""], view.when)
            self._sum_kwh += float(np.nansum(residual_kw)) * view.hours

    def kpis(self) -> Iterator[Kpi]:
        """Yield the key figures of what has been added."""
        if not math.isnan(self._grid.value):
            yield kpi("power_balance_max_kw", self._grid.value, when=self._grid.when)
            yield kpi("power_balance_sum_kwh", self._sum_kwh)
        worst = self._connection
        if not math.isnan(worst.value):
            yield kpi("connection_balance_max_kw", worst.value, where=worst.where, when=worst.when)


def _added_by_grid(view: BlockView) -> NDArray[np.float64]:
    values = view.block.tables[GRID].values
    total = values["p_loss_kw"][:, 0]
    if "p_background_kw" in values:
        total = total + values["p_background_kw"][:, 0]
    if "p_unsupplied_kw" in values:
        total = total - values["p_unsupplied_kw"][:, 0]
    return total
