# SPDX-License-Identifier: Apache-2.0
"""The table of dwellings: energy, own supply, bill, peak, car, heat and comfort of each home."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.results.sums import DRAWN, GIVEN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twinergy.community.twin import Twin
    from twinergy.results.comfort import ComfortAccount
    from twinergy.results.energy import EnergyAccount
    from twinergy.results.money import MoneyAccount
    from twinergy.results.sums import DeviceSums
    from twinergy.results.view import Roles

    FloatArray = NDArray[np.float64]
    Columns = dict[str, list[str] | FloatArray]

MOBILE: Final = "charging"


class DwellingTable:
    """Puts together, per dwelling, what the accounts have summed up; holds no sums of its own.

    Devices count for their dwelling. What the meter sees (import, export, bill, peak) is shared equally where dwellings
    share a connection; self-consumption and self-sufficiency are those of the connection.

    Parameters
    ----------
    twin : Twin
        The community.
    sums : DeviceSums
        Energy of devices.
    energy : EnergyAccount
        Energy of connections.
    money : MoneyAccount
        Bills of connections.
    comfort : ComfortAccount
        Hours outside the comfort band.
    """

    def __init__(self, twin: Twin, sums: DeviceSums, energy: EnergyAccount, money: MoneyAccount, comfort: ComfortAccount) -> None:
        self._twin, self._sums = twin, sums
        self._energy, self._money, self._comfort = energy, money, comfort
        self._row = {dwelling.id: row for row, dwelling in enumerate(twin.dwellings)}
        alone = [(dwelling.connection, dwelling.id) for dwelling in twin.dwellings]
        count = energy.homes
        self._alone = {place: home for place, home in alone if count[twin.connection_row[place]] == 1}
        self._home_of = {device.id: device.dwelling or self._alone.get(device.connection, "") for device in twin.devices}

    def columns(self, roles: Roles) -> Columns:
        """Return the table as columns of equal length, NaN where a value does not exist; empty without dwellings.

        Parameters
        ----------
        roles : Roles
            Which tables are devices.
        """
        homes, twin = self._twin.dwellings, self._twin
        if not homes:
            return {}
        plants = [name for name in roles.plain if name not in roles.returning]
        used = sum((self._sum(name, DRAWN) for name in roles.plain), np.zeros(len(homes)))
        returned = sum((self._sum(name, GIVEN) for name in roles.returning), np.zeros(len(homes)))
        columns: Columns = {
            "dwelling": [home.id for home in homes],
            "connection": [home.connection for home in homes],
            "residents": np.array([home.residents for home in homes], dtype=np.float64),
            "consumption_kwh": used - returned,
            "generation_kwh": sum((self._sum(name, GIVEN) for name in plants), np.zeros(len(homes))),
        }
        rows = np.array([twin.connection_row[home.connection] for home in homes], dtype=np.intp)
        shared = self._energy.homes[rows]
        columns |= {
            "import_kwh": self._energy.import_kwh[rows] / shared,
            "export_kwh": self._energy.export_kwh[rows] / shared,
            "self_consumption": self._energy.self_consumption[rows],
            "self_sufficiency": self._energy.self_sufficiency[rows],
            "peak_kw": self._energy.peak_kw[rows] / shared,
        }
        bills = self._money.per_connection()
        columns |= {"cost_eur": bills["cost_eur"][rows] / shared} if bills else {}
        return columns | self._optional()

    def _optional(self) -> Columns:
        """Return what only some communities have: cars, heat, comfort."""
        sums, found = self._sums, dict[str, "list[str] | FloatArray"]()
        if sums.has(MOBILE, DRAWN):
            found["ev_kwh"] = self._sum(MOBILE, DRAWN) - self._sum(MOBILE, GIVEN)
        if sums.has("building", "heat_space_kw"):
            found["heat_kwh"] = self._sum("building", "heat_space_kw") + self._sum("building", "heat_water_kw")
        if self._comfort.ids:
            found["comfort_outside_h"] = self._to_homes(self._comfort.ids, self._comfort.outside_h)
        return found

    def _sum(self, table: str, name: str) -> FloatArray:
        return self._to_homes(self._sums.ids.get(table, ()), self._sums.per_device(table, name))

    def _to_homes(self, ids: tuple[str, ...], values: FloatArray) -> FloatArray:
        found = np.zeros(len(self._row))
        if values.size:
            rows = np.array([self._row.get(self._home_of.get(name, ""), -1) for name in ids], dtype=np.intp)
            np.add.at(found, rows[rows >= 0], values[rows >= 0])
        return found
