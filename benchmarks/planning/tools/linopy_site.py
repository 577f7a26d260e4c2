# SPDX-License-Identifier: Apache-2.0
"""The site in linopy, written directly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import linopy  # type: ignore[import-not-found]
import pandas as pd
import xarray as xr  # type: ignore[import-not-found]

if TYPE_CHECKING:
    from benchmarks.planning.problem import Site


def solve(site: Site, io_api: str) -> tuple[float, int]:
    """Return the least cost and the number of columns."""
    n, model = site.numbers, linopy.Model()
    hours = pd.RangeIndex(site.n_hours, name="hour")
    data = {name: xr.DataArray(getattr(site, name), coords=[hours]) for name in ("electricity_kw", "heat_kw")}
    sun = xr.DataArray(site.yield_kw_per_kwp, coords=[hours])
    price = xr.DataArray(site.import_eur_per_kwh, coords=[hours])

    def power(name: str) -> linopy.Variable:
        return model.add_variables(lower=0.0, coords=[hours], name=name)

    bought, sold, pv, charge, discharge, stored, chp, boiler = map(
        power, ("import", "export", "pv", "charge", "discharge", "stored", "chp", "boiler")
    )
    connection, battery_kwh, battery_kw, chp_kw, boiler_kw = (
        model.add_variables(lower=0.0, name=name) for name in ("connection", "battery_kwh", "battery_kw", "chp_kw", "boiler_kw")
    )
    pv_kwp = model.add_variables(lower=0.0, upper=n.pv_most_kwp, name="pv_kwp")
    model.add_constraints(bought + pv + discharge + chp - sold - charge == data["electricity_kw"])
    model.add_constraints(n.chp_thermal_efficiency / n.chp_electric_efficiency * chp + boiler >= data["heat_kw"])
    before = stored.roll(hour=1)
    model.add_constraints(
        stored - (1.0 - n.loss_per_h) * before - n.charge_efficiency * charge + 1.0 / n.discharge_efficiency * discharge == 0
    )
    for used, size in (
        (bought, connection),
        (sold, connection),
        (stored, battery_kwh),
        (charge, battery_kw),
        (discharge, battery_kw),
        (chp, chp_kw),
        (boiler, boiler_kw),
    ):
        model.add_constraints(used - size <= 0)
    model.add_constraints(pv - sun * pv_kwp <= 0)
    fuel = n.gas_eur_per_kwh / n.chp_electric_efficiency * chp + n.gas_eur_per_kwh / n.boiler_efficiency * boiler
    yearly = (price * bought - n.export_eur_per_kwh * sold + fuel).sum() * site.weight
    built = (
        n.connection_eur_per_kw * connection
        + n.pv_eur_per_kwp * pv_kwp
        + n.battery_eur_per_kwh * battery_kwh
        + n.battery_eur_per_kw * battery_kw
        + n.chp_eur_per_kw * chp_kw
        + n.boiler_eur_per_kw * boiler_kw
    )
    model.add_objective(yearly + built)
    status, condition = model.solve("highs", io_api=io_api, output_flag=False)
    if condition != "optimal":
        message = f"{status}: {condition}"
        raise RuntimeError(message)
    return float(model.objective.value), int(model.nvars)
