# SPDX-License-Identifier: Apache-2.0
"""All key figures of a run, computed while it goes on: memory does not grow with its length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from twinergy.results.audit import BalanceAccount, FaultAccount
from twinergy.results.comfort import ComfortAccount
from twinergy.results.currency import EURO_CODE
from twinergy.results.dwellings import DwellingTable
from twinergy.results.emissions import EmissionAccount
from twinergy.results.energy import EnergyAccount
from twinergy.results.flow_sheet import flow_sheet
from twinergy.results.grid_use import ExchangeAccount, LoadingAccount
from twinergy.results.hardware import HardwareAccount
from twinergy.results.heat import HeatAccount
from twinergy.results.kpi import DEFINITIONS, Kpi, finite, kpi, kpi_table_markdown, kpis_to_document
from twinergy.results.mobility import MobilityAccount
from twinergy.results.money import MoneyAccount
from twinergy.results.months import month_columns
from twinergy.results.parquet import SCHEMA_VERSION
from twinergy.results.plants import PlantAccount
from twinergy.results.storage import StorageAccount
from twinergy.results.sums import DeviceSums
from twinergy.results.view import OBSERVING, BlockView, Roles
from twinergy.results.voltage import UnbalanceAccount, VoltageAccount

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from twinergy.community.twin import Twin
    from twinergy.results.block import ResultBlock
    from twinergy.timebase import TimeAxis

__all__ = ["Kpi", "Kpis", "kpi_table_markdown"]


class Account(Protocol):
    """What sums up one subject over the blocks of a run."""

    def add(self, view: BlockView) -> None:
        """Add a block."""

    def kpis(self) -> Iterator[Kpi]:
        """Yield the key figures of what has been added."""


class Kpis:
    """Key figures of a run, block by block.

    Parameters
    ----------
    twin : Twin
        The community.
    axis : TimeAxis
        The steps of the run.
    observing : collection of str
        Kinds that report a power but do not draw it.

    Attributes
    ----------
    hardware : HardwareAccount
        What concerns real devices.
    """

    def __init__(self, twin: Twin, axis: TimeAxis, *, observing: Collection[str] = OBSERVING) -> None:
        self._twin = twin
        self._observing = frozenset(observing)
        self._roles: Roles | None = None
        self._set_points: dict[str, int] = {}
        self._sums = sums = DeviceSums(twin)
        self._energy, self._money, self._voltage = EnergyAccount(twin, sums), MoneyAccount(twin), VoltageAccount(axis)
        self.hardware = HardwareAccount()
        self._comfort, self._exchange = ComfortAccount(twin), ExchangeAccount()
        self._accounts: tuple[Account, ...] = (
            self._energy,
            self._money,
            EmissionAccount(twin, sums),
            self._voltage,
            UnbalanceAccount(axis),
            HeatAccount(twin, sums),
            self._comfort,
            MobilityAccount(sums),
            PlantAccount(twin, sums),
            self._exchange,
            LoadingAccount(),
            StorageAccount(),
            self.hardware,
            FaultAccount(),
            BalanceAccount(),
        )
        self._dwellings = DwellingTable(twin, sums, self._energy, self._money, self._comfort)

    def add(self, block: ResultBlock) -> None:
        """Add the next block of the run; blocks come in order of time."""
        if self._roles is None:
            self._roles = Roles.of(self._twin, block, self._observing)
        view = BlockView(block, self._roles, len(self._twin.connections), self._twin.site.timezone)
        self._sums.add(view)
        for account in self._accounts:
            account.add(view)

    def count_set_points(self, *, asked: int, granted: int, refused: int, limited: int = 0) -> None:
        """Set how many requests there have been in the run so far, counted per device, and what became of them."""
        self._set_points = {"asked": asked, "granted": granted, "limited": limited, "refused": refused}

    def result(self) -> dict[str, Kpi]:
        """Return the key figures of what has been added so far, in the order of their definitions."""
        if self._roles is None:
            return {}
        found = {figure.name: figure for account in self._accounts for figure in account.kpis()}
        found |= {f"set_points_{name}": kpi(f"set_points_{name}", count) for name, count in self._set_points.items()}
        return {name: found[name] for name in DEFINITIONS if name in found}

    def per_connection(self) -> list[dict[str, Any]]:
        """Return one row per connection: energy, own supply, peak, bill, emissions; None where a value does not exist."""
        energy = self._energy
        columns = {
            "consumption_kwh": energy.consumption_kwh,
            "generation_kwh": energy.generation_kwh,
            "import_kwh": energy.import_kwh,
            "export_kwh": energy.export_kwh,
            "self_consumption": energy.self_consumption,
            "self_sufficiency": energy.self_sufficiency,
            "peak_kw": energy.peak_kw,
            **self._money.per_connection(),
        }
        numbers = {name: [finite(value) for value in column.tolist()] for name, column in columns.items()}
        return [
            {"connection": place.id, "bus": place.bus} | {name: column[row] for name, column in numbers.items()}
            for row, place in enumerate(self._twin.connections)
        ]

    def tables(self) -> dict[str, dict[str, list[Any]]]:
        """Return the tables of dwellings and of local months by name, each as columns; None where a value does not exist."""
        if self._roles is None:
            return {}
        months = month_columns(self._twin, self._sums, self._comfort, self._roles)
        found = {"dwellings": self._dwellings.columns(self._roles), "months": months}
        return {name: {key: _cells(column) for key, column in columns.items()} for name, columns in found.items() if columns}

    def document(self) -> dict[str, Any]:
        """Return everything for `RunWriter.write_kpis`: key figures, tables, flows of energy, roles of the tables."""
        roles = self._roles
        names = ("plain", "storages", "meters", "returning")
        return {
            "schema_version": SCHEMA_VERSION,
            "currency": EURO_CODE,
            "kpis": kpis_to_document(self.result()),
            "per_connection": self.per_connection() if roles else [],
            "per_bus": self._voltage.per_bus(),
            "flows": flow_sheet(self._sums, roles, self._exchange) if roles else [],
            "roles": {name: getattr(roles, name) for name in names} if roles else {},
            "tables": self.tables(),
        }


def _cells(column: list[str] | NDArray[np.float64]) -> list[Any]:
    return column if isinstance(column, list) else [finite(value) for value in column.tolist()]
