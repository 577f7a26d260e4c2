# SPDX-License-Identifier: Apache-2.0
"""Electric cars and charging points: distance, energy, what was not served, queues."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from twinergy.results.extreme import Highest
from twinergy.results.kpi import kpi
from twinergy.results.sums import DRAWN, GIVEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinergy.results.kpi import Kpi
    from twinergy.results.sums import DeviceSums
    from twinergy.results.view import BlockView

_REGISTERS: Final = {
    "charging_sessions": "sessions_count",
    "charging_no_shows": "no_show_count",
    "charging_refused": "refused_count",
}
KM: Final = 100.0


class MobilityAccount:
    """Cars and charging points from the energy and the registers of devices, and the longest queue.

    Parameters
    ----------
    sums : DeviceSums
        Energy and registers of devices.
    """

    def __init__(self, sums: DeviceSums) -> None:
        self._sums = sums
        self._queue = Highest()

    def add(self, view: BlockView) -> None:
        """Add a block."""
        queue = view.port("charging", "queue")
        if queue is not None:
            self._queue.add(queue, view.block.tables["charging"].table.ids, view.when)

    def kpis(self) -> Iterator[Kpi]:
        """Yield the key figures of what has been added."""
        sums = self._sums
        if sums.has("charging", DRAWN):
            yield kpi("ev_charged_kwh", sums.total("charging", DRAWN))
            yield kpi("ev_returned_kwh", sums.total("charging", GIVEN))
        if sums.has("ev", "drive_kw"):
            yield kpi("ev_drive_kwh", sums.total("ev", "drive_kw"))
        if sums.has("ev", "distance_km"):
            yield kpi("ev_distance_km", sums.total("ev", "distance_km"))
            if sums.has("ev", "drive_kw"):
                yield self._consumption()
        yield from self._unserved("ev", "ev_unserved_kwh", "ev_short_departures")
        if sums.has("ev", "shortfall_kwh"):
            yield kpi("ev_shortfall_kwh", sums.total("ev", "shortfall_kwh"))
        yield from self._unserved("charging", "charging_unserved_kwh", "charging_short_departures")
        for name, port in _REGISTERS.items():
            if sums.has("charging", port):
                yield kpi(name, sums.total("charging", port))
        if not math.isnan(self._queue.value):
            somewhere = self._queue.value > 0.0
            where, when = (self._queue.where, self._queue.when) if somewhere else ("", "")
            yield kpi("charging_queue", self._queue.value, where=where, when=when)

    def _consumption(self) -> Kpi:
        distance = self._sums.total("ev", "distance_km")
        value = KM * self._sums.total("ev", "drive_kw") / distance if distance > 0.0 else math.nan
        return kpi("ev_kwh_per_100km", value, note="" if distance > 0.0 else "No car drove")

    def _unserved(self, table: str, energy: str, count: str) -> Iterator[Kpi]:
        if not self._sums.has(table, "unserved_kwh"):
            return
        each = self._sums.per_device(table, "unserved_kwh")
        worst = self._sums.ids[table][int(each.argmax())] if each.max(initial=0.0) > 0.0 else ""
        yield kpi(energy, float(each.sum()), where=worst)
        yield kpi(count, self._sums.growths[table])
