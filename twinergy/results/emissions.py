# SPDX-License-Identifier: Apache-2.0
"""CO2 by source while the run goes on: imported electricity, fuel in boilers, fuel in CHP units; export and wood apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.results.kpi import kpi
from twinergy.signs import exported, imported

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from twinergy.community.twin import Twin
    from twinergy.results.kpi import Kpi
    from twinergy.results.sums import DeviceSums
    from twinergy.results.view import BlockView

    FloatArray = NDArray[np.float64]

KG_PER_TJ: Final = {"natural_gas": 56_100.0, "lpg": 63_100.0, "heating_oil": 74_100.0}
"""CO2 of fuels by lower heating value, combustion alone: 2006 IPCC Guidelines, volume 2, table 2.2. [kg/TJ]"""
LOWER_PER_HIGHER: Final = {"natural_gas": 0.90, "lpg": 0.95, "heating_oil": 0.95}
"""Lower over higher heating value: 2006 IPCC Guidelines, volume 2, chapter 1 (gas 10 % lower, liquids 5 %)."""
TJ_PER_KWH: Final = 3.6e-6
KG_PER_KWH: Final = {fuel: KG_PER_TJ[fuel] * TJ_PER_KWH * LOWER_PER_HIGHER[fuel] for fuel in KG_PER_TJ}
"""CO2 of fuels per kWh of higher heating value: natural gas 0.182, LPG 0.216, heating oil 0.253. [kg/kWh]"""
KG_PER_KWH["wood"] = 0.0
"""Wood counts 0 in every total: its CO2 is biogenic, which inventories report as a memo item (2006 IPCC Guidelines, volume 2,
chapter 2) and count where the forest is cut. What it emits is a key figure of its own, `BIOGENIC_KG_PER_KWH`."""
BIOGENIC_KG_PER_KWH: Final = {"wood": 112_000.0 * TJ_PER_KWH * 0.92}
"""CO2 of wood per kWh of higher heating value, 0.371: 112,000 kg/TJ of lower heating value (2006 IPCC Guidelines, volume 2, table
2.2), which is 92 % of the higher in pellets of 8 % moisture (assumption). [kg/kWh]"""
GAS: Final = "natural_gas"
GRAMS_PER_KG: Final = 1000.0
CREDITED: Final = ("pv", "wind", "chp")
"""Plants whose part of the export is named."""
_TINY_KW: Final = 1e-9


class EmissionAccount:
    """Sums CO2 of the electricity that crosses the transformer, step by step; of fuels, from the energy of devices.

    Parameters
    ----------
    twin : Twin
        The community; the carbon intensity is the mean over its connections of that of their tariff.
    sums : DeviceSums
        Fuel of boilers and CHP units.
    """

    def __init__(self, twin: Twin, sums: DeviceSums) -> None:
        self._twin, self._sums = twin, sums
        self._import_kg = self._credit_kg = 0.0
        self._credits_kg: dict[str, float] = {}
        self._known = False

    def add(self, view: BlockView) -> None:
        """Add a block; electricity counts nothing where no carbon intensity is recorded."""
        intensity = self._intensity(view)
        if intensity is None:
            return
        self._known = True
        kg_per_kw = intensity * (view.hours / GRAMS_PER_KG)
        self._import_kg += float(np.nansum(imported(view.exchange_kw) * kg_per_kw))
        credit_kg = exported(view.exchange_kw) * kg_per_kw
        if not np.nansum(credit_kg):
            return
        self._credit_kg += float(np.nansum(credit_kg))
        plain = [name for name in view.roles.plain if name not in view.roles.returning]
        given = {name: exported(view.p_device_kw[name]).sum(axis=1) for name in plain}
        all_kw = np.maximum(sum(given.values(), np.zeros(len(credit_kg))), exported(view.exchange_kw)) + _TINY_KW
        for name in CREDITED:
            if name in given:
                share = float(np.nansum(credit_kg * given[name] / all_kw))
                self._credits_kg[name] = self._credits_kg.get(name, 0.0) + share

    def _intensity(self, view: BlockView) -> FloatArray | None:
        """Return the carbon intensity of the connections' tariffs per step, shape (n_steps,). [g/kWh]."""
        found = view.port("prices", "co2_g_per_kwh")
        if found is None:
            return None
        ids = view.block.tables["prices"].table.ids
        weight = np.array([sum(place.tariff == tariff for place in self._twin.connections) for tariff in ids], dtype=np.float64)
        return np.asarray(found @ (weight / weight.sum())) if weight.any() else None

    def _fuels(self, table: str) -> list[str]:
        """Return the fuel of each device of a table, natural gas where its options name none."""
        devices, ids = self._twin.device_by_id, self._sums.ids.get(table, ())
        return [getattr(devices[name].options, "fuel", GAS) if name in devices else GAS for name in ids]

    def _kg(self, table: str) -> float:
        """Return the CO2 of what the devices of a table burnt, of natural gas where a fuel is not known. [kg]."""
        factors = np.array([KG_PER_KWH.get(fuel, KG_PER_KWH[GAS]) for fuel in self._fuels(table)])
        burnt_kwh = self._sums.per_device(table, "fuel_kw")
        return float(burnt_kwh @ factors) if burnt_kwh.size else 0.0

    def _biogenic_kg(self) -> float:
        """Return the CO2 of wood in boilers, which no total counts. [kg]."""
        factors = np.array([BIOGENIC_KG_PER_KWH.get(fuel, 0.0) for fuel in self._fuels("building")])
        burnt_kwh = self._sums.per_device("building", "fuel_kw")
        return float(burnt_kwh @ factors) if burnt_kwh.size else 0.0

    def kpis(self) -> Iterator[Kpi]:
        """Yield the key figures of what has been added."""
        fuel_kg = {table: self._kg(table) for table in ("building", "chp")}
        if self._known:
            yield kpi("co2_kg", self._import_kg)
            yield kpi("co2_total_kg", self._import_kg + sum(fuel_kg.values()))
            yield kpi("co2_credit_kg", self._credit_kg)
            for name, credit_kg in self._credits_kg.items():
                yield kpi(f"co2_credit_{name}_kg", credit_kg)
        if self._sums.total("building", "fuel_kw"):
            yield kpi("co2_boiler_kg", fuel_kg["building"])
        if biogenic_kg := self._biogenic_kg():
            yield kpi("co2_biogenic_kg", biogenic_kg)
        if self._sums.has("chp", "fuel_kw"):
            yield kpi("co2_chp_kg", fuel_kg["chp"])
