# SPDX-License-Identifier: Apache-2.0
"""Supply voltage and its unbalance against EN 50160, bus by bus and week by week, while the run goes on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.results.bands import SHARE, WeeklyBand, WindowMeans
from twinergy.results.extreme import Highest
from twinergy.results.kpi import finite, kpi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from twinergy.results.kpi import Kpi
    from twinergy.results.view import BlockView
    from twinergy.timebase import TimeAxis

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

NORMAL_PU: Final = (0.90, 1.10)
ALWAYS_PU: Final = (0.85, 1.10)
UNBALANCE_PERCENT: Final = (0.0, 2.0)
TABLE: Final = "bus"
PHASES: Final = "abc"


class VoltageAccount:
    """Counts 10-minute means inside the bands of EN 50160, sub-clause "supply voltage variations", low voltage.

    A grid that computes phases reports them beside their mean; then each phase of a bus is judged by itself, and a bus
    complies if all its phases do. Means without any power flow result are left out.

    Parameters
    ----------
    axis : TimeAxis
        Steps of the run.
    """

    def __init__(self, axis: TimeAxis) -> None:
        self._means = WindowMeans(axis)
        self.ids: tuple[str, ...] = ()
        self._phases = ""
        self._band = WeeklyBand(0, NORMAL_PU, ALWAYS_PU)
        self._lowest_pu: FloatArray = np.zeros(0)
        self._highest_pu: FloatArray = np.zeros(0)
        self._highest, self._lowest = Highest(), Highest()
        self._names: tuple[str, ...] = ()

    def add(self, view: BlockView) -> None:
        """Add a block; nothing happens where there is no bus table."""
        part = view.block.tables.get(TABLE)
        if part is None or not part.table.ids:
            return
        if not self.ids:
            self._start(part.table.ids, by_phase=all(name in part.values for name in _phase_ports()))
        vm_pu = part.values["vm_pu"]
        if self._phases:
            vm_pu = np.concatenate([part.values[name] for name in _phase_ports()], axis=1)
        self._highest.add(vm_pu, self._names, view.when)
        self._lowest.add(-vm_pu, self._names, view.when)
        self._lowest_pu = np.fmin(self._lowest_pu, np.fmin.reduce(vm_pu, axis=0))
        self._highest_pu = np.fmax(self._highest_pu, np.fmax.reduce(vm_pu, axis=0))
        for week, means in self._means.add(view.block.epoch_s, vm_pu):
            self._band.add(week, means)

    def _start(self, ids: tuple[str, ...], *, by_phase: bool) -> None:
        self.ids, self._phases = ids, PHASES if by_phase else ""
        count = len(ids) * max(1, len(self._phases))
        self._names = ids * max(1, len(self._phases))
        self._lowest_pu, self._highest_pu = np.full(count, np.nan), np.full(count, np.nan)
        self._band = WeeklyBand(count, NORMAL_PU, ALWAYS_PU)

    def _by_bus(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return values of all phases as rows, shape (n_phases, n_buses)."""
        return values.reshape(-1, len(self.ids))

    @property
    def vm_min_pu(self) -> FloatArray:
        """Lowest voltage of each bus, of any phase, shape (n_buses,) [-]."""
        return np.asarray(np.fmin.reduce(self._by_bus(self._lowest_pu), axis=0))

    @property
    def vm_max_pu(self) -> FloatArray:
        """Highest voltage of each bus, of any phase, shape (n_buses,) [-]."""
        return np.asarray(np.fmax.reduce(self._by_bus(self._highest_pu), axis=0))

    @property
    def outside_always(self) -> IntArray:
        """Means outside +10/−15 % of the worst phase of each bus, shape (n_buses,)."""
        return np.asarray(self._by_bus(self._band.outside_always).max(axis=0))

    @property
    def worst_share(self) -> FloatArray:
        """Share of means within ±10 % in the worst week and phase of each bus, NaN without any result, shape (n_buses,) [-]."""
        return np.asarray(np.fmin.reduce(self._by_bus(self._band.worst_share), axis=0))

    @property
    def complies(self) -> NDArray[np.bool_]:
        """Which buses keep both rules, shape (n_buses,)."""
        kept: NDArray[np.bool_] = ~(self.worst_share < SHARE) & (self.outside_always == 0)
        return kept

    def kpis(self) -> Iterator[Kpi]:
        """Yield the key figures of what has been added."""
        if not self.ids:
            return
        low, high = self._lowest, self._highest
        yield kpi("vm_min_pu", -low.value, where=low.where, when=low.when, note=self._phase_note(self._lowest_pu, -1.0))
        yield kpi("vm_max_pu", high.value, where=high.where, when=high.when, note=self._phase_note(self._highest_pu, 1.0))
        note, known = self._means.note, np.isfinite(self.worst_share)
        share = float(self.complies[known].mean()) if known.any() else math.nan
        yield kpi("voltage_compliance", share, note=note)
        yield kpi("voltage_violations", int((~self.complies).sum()), where=self._worst_bus(), note=note)

    def _phase_note(self, extremes_pu: FloatArray, sign: float) -> str:
        if not self._phases or np.isnan(extremes_pu).all():
            return ""
        return f"phase {self._phases[int(np.nanargmax(sign * extremes_pu)) // len(self.ids)]}"

    def _worst_bus(self) -> str:
        if self.complies.all():
            return ""
        order = np.lexsort((-self.outside_always, self.worst_share, self.complies))
        return self.ids[int(order[0])]

    def per_bus(self) -> list[dict[str, Any]]:
        """Return one row per bus: extremes, the worst week's share, means outside +10/−15 %, whether it complies."""
        if not self.ids:
            return []
        low, high, outside = self.vm_min_pu, self.vm_max_pu, self.outside_always
        share, complies = self.worst_share, self.complies
        return [
            {
                "bus": bus,
                "vm_min_pu": finite(low[row]),
                "vm_max_pu": finite(high[row]),
                "share_within_10_percent": finite(share[row]),
                "means_outside_always": int(outside[row]),
                "complies": bool(complies[row]),
            }
            for row, bus in enumerate(self.ids)
        ]


class UnbalanceAccount:
    """Counts 10-minute means of voltage unbalance up to 2 %: EN 50160, sub-clause "supply voltage unbalance", low voltage.

    Parameters
    ----------
    axis : TimeAxis
        Steps of the run.
    """

    def __init__(self, axis: TimeAxis) -> None:
        self._means = WindowMeans(axis)
        self._ids: tuple[str, ...] = ()
        self._band = WeeklyBand(0, UNBALANCE_PERCENT)
        self._highest = Highest()

    def add(self, view: BlockView) -> None:
        """Add a block; nothing happens where the grid computes no phases."""
        unbalance_percent = view.port(TABLE, "unbalance_percent")
        if unbalance_percent is None:
            return
        if not self._ids:
            self._ids = view.block.tables[TABLE].table.ids
            self._band = WeeklyBand(len(self._ids), UNBALANCE_PERCENT)
        self._highest.add(unbalance_percent, self._ids, view.when)
        for week, means in self._means.add(view.block.epoch_s, unbalance_percent):
            self._band.add(week, means)

    def kpis(self) -> Iterator[Kpi]:
        """Yield the key figures of what has been added."""
        if not self._ids:
            return
        share, worst = self._band.worst_share, self._highest
        known, broken = np.isfinite(share), share < SHARE
        yield kpi("unbalance_percent", worst.value, where=worst.where, when=worst.when)
        note = self._means.note
        kept = 1.0 - float(broken[known].mean()) if known.any() else math.nan
        yield kpi("unbalance_compliance", kept, note=note)
        where = self._ids[int(np.nanargmin(share))] if broken.any() else ""
        yield kpi("unbalance_violations", int(broken.sum()), where=where, note=note)


def _phase_ports() -> tuple[str, ...]:
    return tuple(f"vm_{phase}_pu" for phase in PHASES)
