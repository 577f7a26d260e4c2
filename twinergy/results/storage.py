# SPDX-License-Identifier: Apache-2.0
"""Storages: cycles, losses, and whether their energy adds up."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from twinergy.results.kpi import kpi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from twinergy.results.kpi import Kpi
    from twinergy.results.view import BlockView

    FloatArray = NDArray[np.float64]


class StorageAccount:
    """Cycles and losses of all storages, and the residual of ``p·Δt = ΔE + p_loss·Δt`` in every step but the first."""

    def __init__(self) -> None:
        self._losses_kwh = 0.0
        self._energy_kwh: dict[str, FloatArray] = {}
        self._cycles: dict[str, float] = {}
        self._residual_kwh = math.nan

    def add(self, view: BlockView) -> None:
        """Add a block."""
        for name in view.roles.storages:
            part = view.block.tables[name]
            self._losses_kwh += float(np.nansum(part.values["p_loss_kw"])) * view.hours
            self._check(name, part.values, view.hours)
            if "cycles" in part.values:
                self._cycles |= dict(zip(part.table.ids, part.values["cycles"][-1].tolist(), strict=True))

    def _check(self, name: str, values: dict[str, FloatArray], hours: float) -> None:
        energy_kwh = values["energy_kwh"]
        before = self._energy_kwh.get(name, np.full(energy_kwh.shape[1], np.nan))
        change = np.diff(energy_kwh, axis=0, prepend=before[np.newaxis])
        residual = np.abs((values["p_kw"] - values["p_loss_kw"]) * hours - change)
        self._residual_kwh = float(np.fmax(self._residual_kwh, np.fmax.reduce(residual, axis=None)))
        self._energy_kwh[name] = energy_kwh[-1].copy()

    def kpis(self) -> Iterator[Kpi]:
        """Yield the key figures of what has been added."""
        if not self._energy_kwh:
            return
        known = {device: cycles for device, cycles in self._cycles.items() if math.isfinite(cycles)}
        if known:
            most = max(known, key=lambda device: known[device])
            yield kpi("storage_cycles", sum(known.values()) / len(known), where=most)
        yield kpi("storage_losses_kwh", self._losses_kwh)
        if not math.isnan(self._residual_kwh):
            yield kpi("storage_balance_max_kwh", self._residual_kwh)
