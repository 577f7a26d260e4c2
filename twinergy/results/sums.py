# SPDX-License-Identifier: Apache-2.0
"""Energy of every device and the registers it keeps, per device over the run and for the community by local month.

One pass over each port serves the key figures, the tables per dwelling and per month, and the figure of flows.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from twinergy.signs import exported, imported
from twinergy.timebase import local_midnight

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from twinergy.community.twin import Twin
    from twinergy.results.view import BlockView

    FloatArray = NDArray[np.float64]
    Key = tuple[str, str]

DRAWN: Final = "drawn"
"""Name of the sum of ``max(0, p_kw)``."""
GIVEN: Final = "given"
"""Name of the sum of ``max(0, -p_kw)``."""
HEAT_PUMP_HEAT: Final = "heat_pump_heat"
"""Name of the heat that buildings with a heat pump got from it and its backup heater."""
HEAT_PUMP_POWER: Final = "heat_pump_power"
"""Name of the electricity that made this heat."""
HEAT_PUMP: Final = "heat_pump"

POWERS: Final[dict[str, tuple[str, ...]]] = {
    "building": (
        "p_heat_pump_kw",
        "p_cooling_kw",
        "heat_space_kw",
        "heat_water_kw",
        "heat_network_kw",
        "cool_kw",
        "fuel_kw",
        "heat_unserved_kw",
        "hot_water_unserved_kw",
    ),
    "ev": ("drive_kw", "p_loss_kw"),
    "chp": ("heat_kw", "boiler_heat_kw", "fuel_kw", "heat_supplied_kw", "heat_unserved_kw", "heat_dumped_kw"),
}
"""Powers that are summed to energies, by table; what a table does not have is left out."""

REGISTERS: Final[dict[str, tuple[str, ...]]] = {
    "ev": ("distance_km", "unserved_kwh", "shortfall_kwh"),
    "charging": ("unserved_kwh", "sessions_count", "no_show_count", "refused_count"),
    "chp": ("starts", "hours_h"),
}
"""Ports that count from the start of the run: their last value is their sum."""

_COUNTED: Final = "unserved_kwh"
_GROWTH: Final = 1e-6


class DeviceSums:
    """Sums of a run per device and, over all devices of a table, per local month.

    Parameters
    ----------
    twin : Twin
        The community: which buildings have a heat pump is an option of theirs, ``heating``; all have one if they do not say.

    Attributes
    ----------
    ids : dict of str to tuple of str
        Devices of each table that has been seen.
    energy_kwh : dict of (str, str) to ndarray, shape (n_devices,)
        By table and `DRAWN`, `GIVEN`, `HEAT_PUMP_HEAT`, `HEAT_PUMP_POWER` or a port of `POWERS`. [kWh]
    register : dict of (str, str) to ndarray, shape (n_devices,)
        Last value of each port of `REGISTERS`.
    growths : dict of str to int
        Number of steps of all devices in which the unserved register grew, by table.
    months : dict of str to dict
        Sums over all devices by month (``2024-07``), then by table and name; registers as growth in the month.
    hours : dict of str to float
        Simulated time of each month. [h]
    """

    def __init__(self, twin: Twin) -> None:
        self._has_pump = {
            device.id: getattr(device.options, "heating", HEAT_PUMP) == HEAT_PUMP for device in twin.of_kind("building")
        }
        self._immersed = {device.id: _immersed(device.options) for device in twin.of_kind("building")}
        self.ids: dict[str, tuple[str, ...]] = {}
        self.energy_kwh: dict[Key, FloatArray] = {}
        self.register: dict[Key, FloatArray] = {}
        self.growths: dict[str, int] = {}
        self.months: dict[str, dict[Key, float]] = {}
        self.hours: dict[str, float] = {}

    def add(self, view: BlockView) -> None:
        """Add a block."""
        spans = month_spans(view.block.epoch_s, view.timezone)
        for month, span in spans:
            self.hours[month] = self.hours.get(month, 0.0) + (span.stop - span.start) * view.hours
        for table in (*view.roles.acting, *POWERS, *REGISTERS):
            if table in view.block.tables:
                self.ids.setdefault(table, view.block.tables[table].table.ids)
        for key, power_kw in (*_powers(view), *self._heat_pumps(view)):
            self._add_power(key, power_kw, spans, view.hours)
        for table, ports in REGISTERS.items():
            for port in ports:
                values = view.port(table, port)
                if values is not None:
                    self._add_register((table, port), values, spans)

    def _heat_pumps(self, view: BlockView) -> Iterator[tuple[Key, FloatArray]]:
        names = ("heat_space_kw", "heat_water_kw", "heat_network_kw", "p_heat_pump_kw")
        space_kw, water_kw, network_kw, power_kw = (view.port("building", name) for name in names)
        if space_kw is None or water_kw is None or power_kw is None:
            return
        pump = np.array([self._has_pump.get(name, False) for name in self.ids["building"]], dtype=np.float64)
        if pump.any():
            # an immersion heater's heat and electricity, which are the same, are not the heat pump's
            apart_kw = water_kw * np.array([self._immersed.get(name, False) for name in self.ids["building"]], dtype=np.float64)
            heat_kw = space_kw + water_kw - apart_kw
            yield ("building", HEAT_PUMP_HEAT), (heat_kw if network_kw is None else heat_kw - network_kw) * pump
            yield ("building", HEAT_PUMP_POWER), (power_kw - apart_kw) * pump

    def _add_power(self, key: Key, power_kw: FloatArray, spans: list[tuple[str, slice]], hours: float) -> None:
        for month, span in spans:
            sums = power_kw[span].sum(axis=0) * hours
            if not np.isfinite(sums).all():
                sums = np.nan_to_num(power_kw[span], nan=0.0, posinf=0.0, neginf=0.0).sum(axis=0) * hours
            before = self.energy_kwh.get(key)
            self.energy_kwh[key] = sums if before is None else before + sums
            self._add_month(month, key, float(sums.sum()))

    def _add_register(self, key: Key, values: FloatArray, spans: list[tuple[str, slice]]) -> None:
        before = self.register.get(key, np.zeros(values.shape[1]))
        if key[1] == _COUNTED:
            grown = int((np.diff(values, axis=0, prepend=before[np.newaxis]) > _GROWTH).sum())
            self.growths[key[0]] = self.growths.get(key[0], 0) + grown
        for month, span in spans:
            last = np.where(np.isfinite(values[span.stop - 1]), values[span.stop - 1], before)
            self._add_month(month, key, float((last - before).sum()))
            before = last
        self.register[key] = before.copy()

    def _add_month(self, month: str, key: Key, value: float) -> None:
        row = self.months.setdefault(month, {})
        row[key] = row.get(key, 0.0) + value

    def has(self, table: str, name: str) -> bool:
        """Whether there is such a sum."""
        return (table, name) in self.energy_kwh or (table, name) in self.register

    def per_device(self, table: str, name: str) -> FloatArray:
        """Return a sum per device, shape (n_devices,); no devices where there is no such sum."""
        key = (table, name)
        return self.energy_kwh.get(key, self.register.get(key, np.empty(0)))

    def total(self, table: str, name: str) -> float:
        """Return a sum over all devices of a table; 0 where there is no such sum."""
        return float(self.per_device(table, name).sum())


def _powers(view: BlockView) -> Iterator[tuple[Key, FloatArray]]:
    for table, p_kw in view.p_device_kw.items():
        yield (table, DRAWN), imported(p_kw)
        yield (table, GIVEN), exported(p_kw)
    for table, ports in POWERS.items():
        for port in ports:
            values = view.port(table, port)
            if values is not None:
                yield (table, port), values


def month_spans(epoch_s: NDArray[np.int64], timezone: str) -> list[tuple[str, slice]]:
    """Return the local months of consecutive steps, each with its rows.

    >>> month_spans(np.array([0, 3600]), "Europe/Berlin")
    [('1970-01', slice(0, 2, None))]
    """
    zone, spans, first = ZoneInfo(timezone), [], 0
    while first < len(epoch_s):
        local = datetime.fromtimestamp(int(epoch_s[first]), zone)
        following = local.date().replace(year=local.year + local.month // 12, month=local.month % 12 + 1, day=1)
        end = int(np.searchsorted(epoch_s, int(local_midnight(following, timezone).timestamp())))
        spans.append((f"{local:%Y-%m}", slice(first, end)))
        first = end
    return spans


def _immersed(options: object) -> bool:
    """Return whether a building with a heat pump leaves the tank to an immersion heater."""
    wanted = {"heating": HEAT_PUMP, "water_heater": "immersion", "hot_water": "tank"}
    return all(getattr(options, name, None) == value for name, value in wanted.items())
