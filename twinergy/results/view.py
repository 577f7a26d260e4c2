# SPDX-License-Identifier: Apache-2.0
"""A block as the key figures see it: which tables hold devices, and the sums that several figures share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from twinergy.community.twin import Twin
    from twinergy.results.block import ResultBlock

    FloatArray = NDArray[np.float64]
    RowArray = NDArray[np.intp]

CONNECTION: Final = "connection"
GRID: Final = "grid"
OBSERVING: Final = frozenset({"gateway", "heat_meter", "meter", "sensor", "wearable"})
"""Kinds that only observe: a power they report is not one they draw."""

_STORAGE_PORTS: Final = frozenset({"energy_kwh", "p_loss_kw"})
_FEEDS_BACK: Final = "energy_out_kwh"
"""Register of what charging points feed back out of cars: that is neither generation nor a storage of their own."""


@dataclass(frozen=True)
class Roles:
    """Which tables of a run are devices behind a meter, and behind which.

    Attributes
    ----------
    plain : tuple of str
        Tables of devices that draw or generate.
    storages : tuple of str
        Tables of devices that declare ``energy_kwh`` and ``p_loss_kw`` as what they hold and lose.
    returning : tuple of str
        Those of `plain` that may feed back what they drew before: charging points.
    meters : tuple of str
        Tables of devices that only observe.
    rows : dict of str to ndarray of int
        Row of the connection of each device, per table of devices.
    """

    plain: tuple[str, ...]
    storages: tuple[str, ...]
    meters: tuple[str, ...]
    rows: dict[str, RowArray]
    returning: tuple[str, ...] = ()

    @classmethod
    def of(cls, twin: Twin, block: ResultBlock, observing: Collection[str] = OBSERVING) -> Roles:
        """Return the roles of a block's tables; devices without a connection are part of no balance."""
        attached = {device.id: device.connection for device in twin.devices if device.connection}
        kinds = {device.kind for device in twin.devices if device.connection}
        found = {name: part for name, part in block.tables.items() if name in kinds and "p_kw" in part.values}
        meters = tuple(name for name in sorted(block.tables) if name in observing)
        acting = [name for name in sorted(found) if name not in observing]
        returning = tuple(name for name in acting if _FEEDS_BACK in found[name].values)
        storages = tuple(name for name in acting if set(found[name].values) >= _STORAGE_PORTS and name not in returning)
        rows = {
            name: np.array([twin.connection_row.get(attached.get(entity, ""), -1) for entity in found[name].table.ids], np.intp)
            for name in acting
        }
        return cls(tuple(name for name in acting if name not in storages), storages, meters, rows, returning)

    @property
    def acting(self) -> tuple[str, ...]:
        """Tables of all devices that draw, generate or store."""
        return self.plain + self.storages


@dataclass
class BlockView:
    """A block with the quantities that several key figures need.

    Attributes
    ----------
    block : ResultBlock
        The block.
    roles : Roles
        What its tables are.
    n_connections : int
        Number of connections of the twin.
    timezone : str
        IANA name of the site's local time.
    missing : int
        Number of device and connection powers found to be NaN; they count as 0 kW.
    """

    block: ResultBlock
    roles: Roles
    n_connections: int
    timezone: str = "UTC"
    missing: int = 0
    p_connection_kw: FloatArray = field(init=False)
    """Load of each connection, shape (n_steps, n_connections), no NaN [kW]."""
    net_kw: FloatArray = field(init=False)
    """Sum of all connections, shape (n_steps,). [kW]"""
    p_device_kw: dict[str, FloatArray] = field(init=False)
    """Power of each device per acting table, no NaN [kW]."""

    def __post_init__(self) -> None:
        self.p_device_kw = {name: self._finite(name) for name in self.roles.acting}
        if CONNECTION in self.block.tables:
            self.p_connection_kw = self._finite(CONNECTION)
        else:
            self.p_connection_kw = self.device_sum_kw()
        self.net_kw = self.p_connection_kw.sum(axis=1)

    def _finite(self, table: str) -> FloatArray:
        p_kw = self.block.tables[table].values["p_kw"]
        if np.isfinite(p_kw.sum()):
            return p_kw
        self.missing += int(np.count_nonzero(~np.isfinite(p_kw)))
        return np.nan_to_num(p_kw, nan=0.0, posinf=0.0, neginf=0.0)

    def port(self, table: str, name: str) -> FloatArray | None:
        """Return a port, shape (n_steps, n_entities), as it was recorded; None where it was not."""
        part = self.block.tables.get(table)
        return None if part is None or not part.table.ids else part.values.get(name)

    def device_sum_kw(self) -> FloatArray:
        """Return the sum of the devices behind each meter, shape (n_steps, n_connections) [kW]."""
        total = np.zeros((self.n_connections, len(self.block.epoch_s)))
        for name, p_kw in self.p_device_kw.items():
            for devices, rows in _layers(self.roles.rows[name]):
                total[rows] += p_kw.T[devices]
        return total.T

    @property
    def hours(self) -> float:
        """Length of a step [h]."""
        return self.block.step_s / SECONDS_PER_HOUR

    @property
    def converged(self) -> NDArray[np.bool_]:
        """Which steps have a power flow result, shape (n_steps,); all where there is no grid."""
        if GRID not in self.block.tables:
            return np.ones(len(self.block.epoch_s), dtype=bool)
        values = self.block.tables[GRID].values
        result = np.isfinite(values["p_exchange_kw"][:, 0])
        return result & (values["converged"][:, 0] > 0.5) if "converged" in values else result  # noqa: PLR2004 - 0 or 1

    @property
    def exchange_kw(self) -> FloatArray:
        """Power from the grid above, shape (n_steps,), NaN where the power flow did not converge [kW]."""
        if GRID not in self.block.tables:
            return self.net_kw
        return np.where(self.converged, self.block.tables[GRID].values["p_exchange_kw"][:, 0], np.nan)

    def when(self, row: int) -> str:
        """Return the start of a step as ISO 8601, UTC."""
        return datetime.fromtimestamp(int(self.block.epoch_s[row]), UTC).isoformat()


def _layers(rows: RowArray) -> list[tuple[RowArray, RowArray]]:
    """Split devices into layers with at most one per connection, so that each layer can be added at once."""
    devices = np.flatnonzero(rows >= 0)
    layers = []
    while devices.size:
        unique, first = np.unique(rows[devices], return_index=True)
        layers.append((devices[first], unique))
        devices = np.delete(devices, first)
    return layers
