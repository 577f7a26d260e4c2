# SPDX-License-Identifier: Apache-2.0
"""Energy of devices and connections: generation, consumption, own supply, what neighbours share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.results.extreme import Highest
from twinergy.results.kpi import kpi
from twinergy.results.sums import DRAWN, GIVEN
from twinergy.results.view import Roles
from twinergy.signs import exported, imported

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from twinergy.community.twin import Twin
    from twinergy.results.kpi import Kpi
    from twinergy.results.sums import DeviceSums
    from twinergy.results.view import BlockView

    FloatArray = NDArray[np.float64]

LEAST_KWH: Final = 1e-12
"""Below the rounding of any sum of energies: a share of less is a share of nothing."""


class EnergyAccount:
    """Sums energy per connection and for the community, in float64; of devices, as `DeviceSums` has it.

    Self-consumption and self-sufficiency follow Luthander, Widén, Nilsson, Palm, "Photovoltaic self-consumption in buildings: A
    review", Applied Energy 142 (2015), eq. 2 and 3, with what was used on site written as generation − export and
    consumption − import, so that storage needs no case of its own. They are at least 0: a storage that trades can export more
    than is generated.

    Attributes
    ----------
    import_kwh, export_kwh : ndarray, shape (n_connections,)
        At each connection. [kWh]
    peak_kw : ndarray, shape (n_connections,)
        Highest load at each connection. [kW]
    homes : ndarray of int, shape (n_connections,)
        Number of dwellings at each connection.
    """

    def __init__(self, twin: Twin, sums: DeviceSums) -> None:
        self._twin, self._sums = twin, sums
        count = len(twin.connections)
        self._roles = Roles((), (), (), {})
        self.import_kwh, self.export_kwh = np.zeros(count), np.zeros(count)
        self.peak_kw = np.full(count, -np.inf)
        self.homes = homes_at(twin)
        self._has_home = (self.homes > 0).astype(np.float64)
        self._together = Highest()
        self._net_import_kwh = self._net_export_kwh = 0.0
        self._curtailed_kwh: float | None = None

    def add(self, view: BlockView) -> None:
        """Add a block."""
        self._roles = view.roles
        p_kw, net_kw = view.p_connection_kw, view.net_kw
        self.import_kwh += imported(p_kw).sum(axis=0) * view.hours
        self.export_kwh += exported(p_kw).sum(axis=0) * view.hours
        self.peak_kw = np.maximum(self.peak_kw, p_kw.max(axis=0))
        self._net_import_kwh += float(imported(net_kw).sum()) * view.hours
        self._net_export_kwh += float(exported(net_kw).sum()) * view.hours
        self._together.add((p_kw @ self._has_home)[:, np.newaxis], [""], view.when)
        for part in view.block.tables.values():
            if "p_curtailed_kw" in part.values:
                curtailed = float(np.nansum(part.values["p_curtailed_kw"])) * view.hours
                self._curtailed_kwh = (self._curtailed_kwh or 0.0) + curtailed

    @property
    def consumption_kwh(self) -> FloatArray:
        """What devices behind each connection used, less what cars fed back, shape (n_connections,). [kWh]."""
        used = self._of_devices(DRAWN, self._roles.plain)
        return used - self._of_devices(GIVEN, self._roles.returning) if self._roles.returning else used

    @property
    def generation_kwh(self) -> FloatArray:
        """What plants behind each connection generated, shape (n_connections,). [kWh]."""
        return self._of_devices(GIVEN, tuple(name for name in self._roles.plain if name not in self._roles.returning))

    def _of_devices(self, name: str, tables: tuple[str, ...]) -> FloatArray:
        found = np.zeros(len(self._twin.connections))
        for table in tables:
            rows = self._roles.rows[table]
            np.add.at(found, rows[rows >= 0], self._sums.per_device(table, name)[rows >= 0])
        return found

    def kpis(self) -> Iterator[Kpi]:
        """Yield the key figures of what has been added."""
        consumption, generation = float(self.consumption_kwh.sum()), float(self.generation_kwh.sum())
        yield kpi("consumption_kwh", consumption)
        yield kpi("generation_kwh", generation)
        yield kpi("shared_kwh", max(0.0, float(self.import_kwh.sum()) - self._net_import_kwh))
        if self._curtailed_kwh is not None:
            yield kpi("curtailed_kwh", self._curtailed_kwh)
        no_plant = "" if generation > 0.0 else "Nothing was generated, so there is no share of it."
        no_load = "" if consumption > 0.0 else "Nothing was used, so there is no share of it."
        yield kpi("self_consumption", _kept(self._net_export_kwh, generation), note=no_plant)
        yield kpi("self_sufficiency", _kept(self._net_import_kwh, consumption), note=no_load)
        yield kpi("dwelling_self_consumption", self._dwelling_mean(self.self_consumption), note=no_plant)
        yield kpi("dwelling_self_sufficiency", self._dwelling_mean(self.self_sufficiency), note=no_load)

        yield from self._peaks()

    def _peaks(self) -> Iterator[Kpi]:
        count = int(self.homes.sum())
        if count:
            own = np.repeat(self.peak_kw / np.maximum(self.homes, 1), self.homes)
            yield kpi("dwelling_peak_kw", float(own.mean()))
            yield kpi("diversified_peak_kw", self._together.value / count, when=self._together.when)

    @property
    def self_consumption(self) -> FloatArray:
        """Self-consumption of each connection, NaN where nothing was generated [-]."""
        return _shares(self.export_kwh, self.generation_kwh)

    @property
    def self_sufficiency(self) -> FloatArray:
        """Self-sufficiency of each connection, NaN where nothing was used [-]."""
        return _shares(self.import_kwh, self.consumption_kwh)

    def _dwelling_mean(self, shares: FloatArray) -> float:
        rows = [self._twin.connection_row[dwelling.connection] for dwelling in self._twin.dwellings]
        known = [share for share in shares[rows].tolist() if not math.isnan(share)] if rows else []
        return sum(known) / len(known) if known else math.nan


def homes_at(twin: Twin) -> NDArray[np.int64]:
    """Return the number of dwellings at each connection, shape (n_connections,)."""
    rows = [twin.connection_row[dwelling.connection] for dwelling in twin.dwellings]
    return np.bincount(np.array(rows, dtype=np.int64), minlength=len(twin.connections))


def _kept(lost_kwh: float, total_kwh: float) -> float:
    return max(0.0, 1.0 - lost_kwh / total_kwh) if total_kwh > LEAST_KWH else math.nan


def _shares(lost_kwh: FloatArray, total_kwh: FloatArray) -> FloatArray:
    some = total_kwh > LEAST_KWH
    ratio = np.divide(lost_kwh, total_kwh, out=np.full_like(total_kwh, np.nan), where=some)
    return np.maximum(0.0, 1.0 - ratio)
