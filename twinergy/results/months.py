# SPDX-License-Identifier: Apache-2.0
"""The table of months: what a reader of a pilot's page looks at to see whether a run is believable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.results.comfort import mean_degc, quantile_degc
from twinergy.results.mobility import KM
from twinergy.results.plants import ratings
from twinergy.results.sums import DRAWN, GIVEN, HEAT_PUMP, HEAT_PUMP_HEAT, HEAT_PUMP_POWER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twinergy.community.twin import Twin
    from twinergy.results.comfort import ComfortAccount
    from twinergy.results.sums import DeviceSums
    from twinergy.results.view import Roles

    FloatArray = NDArray[np.float64]

LOW, HIGH = 0.05, 0.95
"""Shares of building hours below the lower and the upper end of the band of indoor temperatures."""
LEAST_KW: Final = 0.01
"""Heat pumps that draw less than this in the mean of a month have no coefficient of performance: heat that the heating water gave
just before or after would be most of it (assumption: a few per cent of what they draw in winter). [kW]"""


def month_columns(twin: Twin, sums: DeviceSums, comfort: ComfortAccount, roles: Roles) -> dict[str, list[str] | FloatArray]:
    """Return one row per local month as columns of equal length; a column no month can fill is left out.

    Parameters
    ----------
    twin : Twin
        The community, for the ratings of PV systems.
    sums : DeviceSums
        Energy of devices by month.
    comfort : ComfortAccount
        Indoor temperatures by month.
    roles : Roles
        Which tables are devices.
    """
    names = list(sums.hours)

    def of(table: str, name: str) -> FloatArray:
        return np.array([sums.months.get(month, {}).get((table, name), 0.0) for month in names])

    def all_of(tables: tuple[str, ...], name: str) -> FloatArray:
        return sum((of(table, name) for table in tables), np.zeros(len(names)))

    plants = tuple(name for name in roles.plain if name not in roles.returning)
    kwp = ratings(twin, "pv")
    bins = [comfort.by_month.get(month, np.zeros(0, dtype=np.int64)) for month in names]
    columns = {
        "days": np.array(list(sums.hours.values())) / 24.0,
        "consumption_kwh": all_of(roles.plain, DRAWN) - all_of(roles.returning, GIVEN),
        "generation_kwh": all_of(plants, GIVEN),
        "pv_yield_kwh_per_kwp": _ratio(of("pv", GIVEN), np.full(len(names), kwp.sum())),
        "heat_pump_cop": _ratio(of("building", HEAT_PUMP_HEAT), of("building", HEAT_PUMP_POWER), _least_kwh(twin, sums)),
        "temp_indoor_degc": np.array([mean_degc(each) if each.size else np.nan for each in bins]),
        "temp_indoor_low_degc": np.array([quantile_degc(each, LOW) if each.size else np.nan for each in bins]),
        "temp_indoor_high_degc": np.array([quantile_degc(each, HIGH) if each.size else np.nan for each in bins]),
        "ev_distance_km": of("ev", "distance_km") if sums.has("ev", "distance_km") else np.full(len(names), np.nan),
        "ev_kwh_per_100km": _ratio(KM * of("ev", "drive_kw"), of("ev", "distance_km")),
    }
    return {"month": names} | {name: values for name, values in columns.items() if np.isfinite(values).any()}


def _least_kwh(twin: Twin, sums: DeviceSums) -> FloatArray:
    """Return the least electricity with which a month has a coefficient of performance, shape (n_months,). [kWh]."""
    pumps = sum(getattr(device.options, "heating", HEAT_PUMP) == HEAT_PUMP for device in twin.of_kind("building"))
    return np.asarray(np.array(list(sums.hours.values())) * (LEAST_KW * pumps), dtype=np.float64)


def _ratio(above: FloatArray, below: FloatArray, least: FloatArray | float = 0.0) -> FloatArray:
    ratio: FloatArray = np.divide(above, below, out=np.full(len(above), np.nan), where=below > least)
    return ratio
