# SPDX-License-Identifier: Apache-2.0
"""Comfort in buildings: hours and degree hours outside the band, categories of EN 16798-1, air quality."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.results.extreme import Highest
from twinergy.results.kpi import kpi
from twinergy.results.sums import month_spans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from twinergy.community.twin import Twin
    from twinergy.results.kpi import Kpi
    from twinergy.results.view import BlockView

    FloatArray = NDArray[np.float64]
    CountArray = NDArray[np.int64]

TABLE: Final = "building"
CATEGORIES_DEGC: Final = {"1": (21.0, 25.5), "2": (20.0, 26.0), "3": (18.0, 27.0)}
"""Operative temperature of residential living spaces, heating to cooling season: EN 16798-1:2019, annex B."""
AIR_PPM: Final = (1000, 1200)
TOLERANCE_K: Final = 0.5
"""What a thermostat's own band leaves above or below its set-point counts as comfortable; assumption. [K]"""
LOWEST_DEGC: Final = -20.0
HIGHEST_DEGC: Final = 60.0
BINS_PER_K: Final = 10
_BINS: Final = int((HIGHEST_DEGC - LOWEST_DEGC) * BINS_PER_K)


class ComfortAccount:
    """Counts hours per building, and temperatures rounded to 0.1 K, all hours by month and occupied hours of the run.

    Somebody is in where ``household.occupants`` of the same dwelling is above 0; where no household says so, always.

    Parameters
    ----------
    twin : Twin
        The community, for who lives where.

    Attributes
    ----------
    outside_h : ndarray, shape (n_buildings,)
        Hours outside the building's own band. [h]
    by_month : dict of str to ndarray, shape (n_bins,)
        Number of building steps per bin of temperature, by local month.
    """

    def __init__(self, twin: Twin) -> None:
        self._twin = twin
        self.ids: tuple[str, ...] = ()
        self.outside_h = self._cold_kh = self._warm_kh = np.zeros(0)
        self._above_h: dict[int, FloatArray] = {}
        self._occupied_h = 0.0
        self._occupied_bins: CountArray = np.zeros(_BINS, dtype=np.int64)
        self.by_month: dict[str, CountArray] = {}
        self._highest, self._lowest = Highest(), Highest()
        self._household: NDArray[np.int64] = np.zeros(0, dtype=np.int64)

    def add(self, view: BlockView) -> None:
        """Add a block; nothing happens where there are no buildings."""
        part = view.block.tables.get(TABLE)
        if part is None or not part.table.ids:
            return
        if not self.ids:
            self._start(view, part.table.ids)
        occupied = self._occupied(view)
        steps = len(view.block.epoch_s)
        self._occupied_h += (steps * len(self.ids) if occupied is None else int(np.count_nonzero(occupied))) * view.hours
        self._add_band(view)
        self._add_temperature(view, occupied)
        co2_ppm = view.port(TABLE, "co2_ppm")
        if co2_ppm is not None:
            for limit in AIR_PPM:
                above_h = np.count_nonzero(co2_ppm > limit, axis=0) * view.hours
                self._above_h[limit] = self._above_h.get(limit, np.zeros(len(self.ids))) + above_h

    def _start(self, view: BlockView, ids: tuple[str, ...]) -> None:
        self.ids = ids
        self.outside_h, self._cold_kh, self._warm_kh = (np.zeros(len(ids)) for _ in range(3))
        homes = {device.id: device.dwelling for device in self._twin.devices}
        households = view.block.tables.get("household")
        members = households.table.ids if households else ()
        column = {homes.get(name, ""): row for row, name in enumerate(members) if homes.get(name)}
        self._household = np.array([column.get(homes.get(name, ""), -1) for name in ids], dtype=np.int64)

    def _occupied(self, view: BlockView) -> NDArray[np.bool_] | None:
        """Return when somebody was in each building, shape (n_steps, n_buildings); None if nobody knows."""
        occupants = view.port("household", "occupants")
        if occupants is None or (self._household < 0).all():
            return None
        known = self._household >= 0
        present = (occupants > 0.0)[:, self._household]
        return np.asarray(present if known.all() else present | ~known)

    def _add_band(self, view: BlockView) -> None:
        low, high = view.port(TABLE, "temp_low_k"), view.port(TABLE, "temp_high_k")
        if low is None or high is None:
            return
        cold, warm = low > TOLERANCE_K, high > TOLERANCE_K
        self.outside_h = self.outside_h + np.count_nonzero(cold | warm, axis=0) * view.hours
        self._cold_kh = self._cold_kh + np.nansum(low * cold, axis=0) * view.hours
        self._warm_kh = self._warm_kh + np.nansum(high * warm, axis=0) * view.hours

    def _add_temperature(self, view: BlockView, occupied: NDArray[np.bool_] | None) -> None:
        temp_degc = view.port(TABLE, "temp_indoor_degc")
        if temp_degc is None:
            return
        self._highest.add(temp_degc, self.ids, view.when)
        self._lowest.add(-temp_degc, self.ids, view.when)
        known = np.isfinite(temp_degc)
        bins = np.clip(np.where(known, (temp_degc - LOWEST_DEGC) * BINS_PER_K + 0.5, 0.0), 0, _BINS - 1).astype(np.intp)
        whole = bool(known.all())
        for month, span in month_spans(view.block.epoch_s, view.timezone):
            inside = bins[span].ravel() if whole else bins[span][known[span]]
            count = np.bincount(inside, minlength=_BINS)
            before = self.by_month.get(month)
            self.by_month[month] = count if before is None else before + count
        if occupied is None:
            occupied = known
        elif not whole:
            occupied = occupied & known
        self._occupied_bins = self._occupied_bins + np.bincount(bins[occupied], minlength=_BINS)

    def kpis(self) -> Iterator[Kpi]:
        """Yield the key figures of what has been added."""
        if not self.ids:
            return
        if self._cold_kh.size and self._occupied_h:
            yield self._mean("comfort_outside_h", self.outside_h)
            yield kpi("comfort_outside", float(self.outside_h.sum()) / self._occupied_h)
            yield self._mean("comfort_cold_kh", self._cold_kh)
            yield self._mean("comfort_warm_kh", self._warm_kh)
        for limit, above_h in self._above_h.items():
            yield self._mean(f"air_{limit}_h", above_h)
        if not math.isnan(self._highest.value):
            yield from self._temperatures()

    def _temperatures(self) -> Iterator[Kpi]:
        low, high = self._lowest, self._highest
        yield kpi("temp_indoor_degc", mean_degc(sum(self.by_month.values(), np.zeros(_BINS, dtype=np.int64))))
        yield kpi("temp_indoor_min_degc", 0.0 - low.value, where=low.where, when=low.when)
        yield kpi("temp_indoor_max_degc", high.value, where=high.where, when=high.when)
        all_hours = int(self._occupied_bins.sum())
        for name, (coldest, warmest) in CATEGORIES_DEGC.items():
            first, last = (round((limit - LOWEST_DEGC) * BINS_PER_K) for limit in (coldest, warmest))
            inside = int(self._occupied_bins[first : last + 1].sum())
            yield kpi(f"comfort_category_{name}", inside / all_hours if all_hours else math.nan)

    def _mean(self, name: str, each: FloatArray) -> Kpi:
        worst = int(each.argmax())
        return kpi(name, float(each.mean()), where=self.ids[worst] if each[worst] > 0.0 else "")


def _middles_degc() -> FloatArray:
    return LOWEST_DEGC + np.arange(_BINS) / BINS_PER_K


def mean_degc(bins: CountArray) -> float:
    """Return the mean of binned temperatures, to 0.1 K; NaN of none. [°C]."""
    count = int(bins.sum())
    return float(bins @ _middles_degc()) / count if count else math.nan


def quantile_degc(bins: CountArray, share: float) -> float:
    """Return the temperature below which a share of binned temperatures lies, to 0.1 K; NaN of none. [°C]."""
    count = int(bins.sum())
    return float(_middles_degc()[int(np.searchsorted(bins.cumsum(), share * count))]) if count else math.nan
