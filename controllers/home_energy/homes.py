# SPDX-License-Identifier: Apache-2.0
"""The homes that take part: which devices each has, and where they stand in the tables."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from controllers.home_energy.optimum import Battery, Car

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from controllers.home_energy.options import HomeEnergyOptions, HouseholdOptions
    from twinergy.community.twin import BuildContext, Device, Dwelling

GATEWAY: Final = "gateway"
V_PHASE_KV: Final = 0.23
LEAST_A: Final = 6.0
"""Least current of a charging point, IEC 61851-1. [A]"""


@dataclass(frozen=True)
class Home:
    """One home.

    Attributes
    ----------
    dwelling : Dwelling
        Its dwelling.
    gateway : str
        Id of its gateway.
    limit_kw : float
        Of its connection. [kW]
    meter : str
        Id of the meter of its connection; empty where it has none of its own.
    tariff : int
        Row in the table of prices; -1 without a contract.
    devices : dict of str to Device
        The device of each kind behind the gateway: the first by id where there are several.
    wishes : HouseholdOptions
        What the household cares about and allows.
    alone : bool
        Whether nothing else hangs on its connection: a battery there follows everybody's load, and is then left alone.
    """

    dwelling: Dwelling
    gateway: str
    limit_kw: float
    meter: str
    tariff: int
    devices: dict[str, Device]
    wishes: HouseholdOptions
    alone: bool = True

    def steers(self, what: str) -> bool:
        """Whether the module may control something here."""
        return not self.wishes.opt_out and what in self.wishes.steer and (what != "battery" or self.alone)

    def option(self, kind: str, name: str, default: Any = None) -> Any:
        """Return an option of a device as its data sheet says it, or the default where the home has no such device."""
        device = self.devices.get(kind)
        return default if device is None else getattr(device.options, name, default)

    def battery(self, options: HomeEnergyOptions, one_way: float) -> Battery | None:
        """Return the battery as it can be planned with, of a one-way efficiency."""
        if "battery" not in self.devices or not self.steers("battery"):
            return None
        p_charge_kw = self.option("battery", "p_charge_kw")
        return Battery(
            capacity_kwh=self.option("battery", "capacity_kwh"),
            p_charge_kw=p_charge_kw,
            p_discharge_kw=self.option("battery", "p_discharge_kw") or p_charge_kw,
            efficiency_charge=one_way,
            efficiency_discharge=one_way,
            min_soc=self.option("battery", "min_soc"),
            max_soc=self.option("battery", "max_soc"),
            wear_eur_per_kwh=options.wear_eur_per_kwh,
        )

    def car(self) -> Car | None:
        """Return the charging point as it can be planned with."""
        if "charging" not in self.devices or not self.steers("car"):
            return None
        phases = len(self.devices["charging"].phases) or 3
        kw_per_a = V_PHASE_KV * phases
        return Car(p_max_kw=kw_per_a * self.option("charging", "limit_a", 16.0), p_min_kw=kw_per_a * LEAST_A)


class Homes:
    """All homes that take part, in the order of their gateways.

    Parameters
    ----------
    context : BuildContext
        The static twin.
    options : HomeEnergyOptions
        Which homes, and what they want.
    """

    def __init__(self, context: BuildContext, options: HomeEnergyOptions) -> None:
        twin = context.twin
        tariffs = {device.id: row for row, device in enumerate(twin.of_kind("prices"))}
        meters = {device.id for device in twin.of_kind("meter")}
        sharing = Counter(dwelling.connection for dwelling in twin.dwellings)
        common = {device.connection for device in twin.devices if not device.dwelling and device.kind != "meter"}
        self._homes = []
        for gateway in twin.of_kind(GATEWAY):
            if options.dwellings and gateway.dwelling not in options.dwellings:
                continue
            dwelling = twin.dwelling_by_id[gateway.dwelling]
            connection = twin.connection_by_id[dwelling.connection]
            devices: dict[str, Device] = {}
            for device in twin.in_dwelling(gateway.dwelling):
                devices.setdefault(device.kind, device)
            wishes = options.households.get(gateway.dwelling, options)
            tariff = tariffs.get(connection.tariff, -1)
            meter = f"meter-{connection.id}"
            own = meter if meter in meters and sharing[connection.id] == 1 else ""
            alone = sharing[connection.id] == 1 and connection.id not in common
            self._homes.append(Home(dwelling, gateway.id, connection.limit_kw, own, tariff, devices, wishes, alone))

    def __len__(self) -> int:
        return len(self._homes)

    def __getitem__(self, row: int) -> Home:
        return self._homes[row]

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Row of each dwelling."""
        return {home.dwelling.id: row for row, home in enumerate(self._homes)}

    @cached_property
    def gateways(self) -> tuple[str, ...]:
        """Ids of the gateways."""
        return tuple(home.gateway for home in self._homes)

    @cached_property
    def metered(self) -> Having:
        """The homes with a meter of their own at the grid connection, and its id."""
        rows = [row for row, home in enumerate(self._homes) if home.meter]
        return Having(np.array(rows, dtype=np.int64), tuple(self._homes[row].meter for row in rows))

    @cached_property
    def tariffs(self) -> NDArray[np.int64]:
        """Row of each home's tariff in the table of prices."""
        return np.array([home.tariff for home in self._homes], dtype=np.int64)

    def having(self, kind: str, what: str | None = None) -> Having:
        """Return the homes that have a kind of device, and of those where it may be controlled if `what` is given."""
        rows = [row for row, home in enumerate(self._homes) if kind in home.devices and (what is None or home.steers(what))]
        return Having(np.array(rows, dtype=np.int64), tuple(self._homes[row].devices[kind].id for row in rows))


@dataclass(frozen=True)
class Having:
    """Homes that have a device, and the ids of the devices in the same order."""

    rows: NDArray[np.int64]
    ids: tuple[str, ...]

    def among(self, chosen: NDArray[np.bool_]) -> tuple[NDArray[np.int64], Sequence[str]]:
        """Return rows and ids of those of these homes that are chosen; `chosen` has shape ``(n_homes,)``."""
        keep = np.flatnonzero(chosen[self.rows])
        return self.rows[keep], [self.ids[each] for each in keep]
