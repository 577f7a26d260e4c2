# SPDX-License-Identifier: Apache-2.0
"""Supply voltage against EN 50160, bus by bus and week by week, while the run goes on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.results.extreme import Highest
from twinergy.results.kpi import finite, kpi
from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from twinergy.results.kpi import Kpi
    from twinergy.results.view import BlockView
    from twinergy.timebase import TimeAxis

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

WINDOW_S: Final = 600
WEEK_S: Final = 7 * SECONDS_PER_DAY
SHARE: Final = 0.95
NORMAL_PU: Final = (0.90, 1.10)
ALWAYS_PU: Final = (0.85, 1.10)
_ROUNDING: Final = 1e-9


class VoltageAccount:
    """Counts 10-minute means inside the bands of EN 50160, sub-clause "supply voltage variations", low voltage.

    A 10-minute value is the root of the mean of squares (IEC 61000-4-30, aggregation); where the step is longer than
    10 minutes, or does not divide them, the step's mean stands for it. Windows and weeks are counted from the start of the run.
    Means without any power flow result are left out.

    Parameters
    ----------
    axis : TimeAxis
        Steps of the run.
    """

    def __init__(self, axis: TimeAxis) -> None:
        self._axis = axis
        self._per_window = WINDOW_S // axis.step_s if WINDOW_S % axis.step_s == 0 else 1
        self._start(())
        self._highest, self._lowest = Highest(), Highest()

    def _start(self, ids: tuple[str, ...]) -> None:
        count = len(ids)
        self.ids = ids
        self.vm_min_pu: FloatArray = np.full(count, np.nan)
        self.vm_max_pu: FloatArray = np.full(count, np.nan)
        self.outside_always: IntArray = np.zeros(count, dtype=np.int64)
        self._worst_share: FloatArray = np.full(count, np.inf)
        self._week = 0
        self._normal: IntArray = np.zeros(count, dtype=np.int64)
        self._known: IntArray = np.zeros(count, dtype=np.int64)
        self._open_square: FloatArray = np.zeros(count)
        self._open_count: FloatArray = np.zeros(count)
        self._open_window = 0

    def add(self, view: BlockView) -> None:
        """Add a block; nothing happens where there is no bus table."""
        part = view.block.tables.get("bus")
        if part is None or not part.table.ids:
            return
        if not self.ids:
            self._start(part.table.ids)
        vm_pu = part.values["vm_pu"]
        self._highest.add(vm_pu, self.ids, view.when)
        self._lowest.add(-vm_pu, self.ids, view.when)
        self.vm_min_pu = np.fmin(self.vm_min_pu, np.fmin.reduce(vm_pu, axis=0))
        self.vm_max_pu = np.fmax(self.vm_max_pu, np.fmax.reduce(vm_pu, axis=0))
        self._add_windows((view.block.epoch_s - self._axis.start_epoch_s) // self._axis.step_s, vm_pu)

    def _add_windows(self, steps: NDArray[np.int64], vm_pu: FloatArray) -> None:
        """Form the windows that are complete; carry the one that is open into the next block."""
        if self._per_window == 1:
            self._add_means(steps * self._axis.step_s // WEEK_S, vm_pu)
            return
        windows = steps // self._per_window
        starts = np.flatnonzero(np.diff(windows, prepend=windows[0] - 1))
        valid = np.isfinite(vm_pu)
        square = np.add.reduceat(np.where(valid, vm_pu, 0.0) ** 2, starts, axis=0)
        count = np.add.reduceat(valid.astype(np.float64), starts, axis=0)
        numbers = windows[starts]
        if numbers[0] == self._open_window:
            square[0] += self._open_square
            count[0] += self._open_count
        complete = steps[-1] % self._per_window == self._per_window - 1
        self._open_window = int(numbers[-1]) if not complete else -1
        self._open_square, self._open_count = square[-1].copy(), count[-1].copy()
        last = len(numbers) if complete else len(numbers) - 1
        self._add_means(numbers[:last] * WINDOW_S // WEEK_S, _root_mean(square[:last], count[:last]))

    def _add_means(self, weeks: NDArray[np.int64], means_pu: FloatArray) -> None:
        for week in np.unique(weeks):
            if week != self._week:
                self._worst_share = np.fmin(self._worst_share, self._share())
                self._normal[:] = self._known[:] = 0
                self._week = int(week)
            here = means_pu[weeks == week]
            self._normal += _inside(here, NORMAL_PU).sum(axis=0)
            known = np.isfinite(here)
            self._known += known.sum(axis=0)
            self.outside_always += (known & ~_inside(here, ALWAYS_PU)).sum(axis=0)

    def _share(self) -> FloatArray:
        some = self._known > 0
        share: FloatArray = np.divide(self._normal, self._known, out=np.full(len(self.ids), np.nan), where=some)
        return share

    @property
    def worst_share(self) -> FloatArray:
        """Share of means within ±10 % in the worst week of each bus, NaN without any result, shape (n_buses,) [-]."""
        share: FloatArray = np.fmin(self._worst_share, self._share())
        share[np.isinf(share)] = np.nan
        return share

    @property
    def complies(self) -> NDArray[np.bool_]:
        """Which buses keep both rules, shape (n_buses,)."""
        kept: NDArray[np.bool_] = ~(self.worst_share < SHARE) & (self.outside_always == 0)
        return kept

    def kpis(self) -> Iterator[Kpi]:
        """Yield the key figures of what has been added."""
        if not self.ids:
            return
        yield kpi("vm_min_pu", -self._lowest.value, where=self._lowest.where, when=self._lowest.when)
        yield kpi("vm_max_pu", self._highest.value, where=self._highest.where, when=self._highest.when)
        note, known = self._note(), np.isfinite(self.worst_share)
        share = float(self.complies[known].mean()) if known.any() else math.nan
        yield kpi("voltage_compliance", share, note=note)
        yield kpi("voltage_violations", int((~self.complies).sum()), where=self._worst_bus(), note=note)

    def _note(self) -> str:
        if self._axis.step_s == WINDOW_S or self._per_window > 1:
            return ""
        return f"means over the step of {self._axis.step_s / 60:g} min stand for the 10-minute means of the standard"

    def _worst_bus(self) -> str:
        if self.complies.all():
            return ""
        order = np.lexsort((-self.outside_always, self.worst_share, self.complies))
        return self.ids[int(order[0])]

    def per_bus(self) -> list[dict[str, Any]]:
        """Return one row per bus: extremes, the worst week's share, means outside +10/−15 %, whether it complies."""
        if not self.ids:
            return []
        share, complies = self.worst_share, self.complies
        return [
            {
                "bus": bus,
                "vm_min_pu": finite(self.vm_min_pu[row]),
                "vm_max_pu": finite(self.vm_max_pu[row]),
                "share_within_10_percent": finite(share[row]),
                "means_outside_always": int(self.outside_always[row]),
                "complies": bool(complies[row]),
            }
            for row, bus in enumerate(self.ids)
        ]


def _root_mean(square: FloatArray, count: FloatArray) -> FloatArray:
    return np.sqrt(np.divide(square, count, out=np.full_like(square, np.nan), where=count > 0.0))


def _inside(means_pu: FloatArray, band: tuple[float, float]) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = (means_pu >= band[0] - _ROUNDING) & (means_pu <= band[1] + _ROUNDING)
    return inside
