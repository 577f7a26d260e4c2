# SPDX-License-Identifier: Apache-2.0
"""The site as matrices written by hand, solved by HiGHS as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import highspy
import numpy as np

if TYPE_CHECKING:
    from benchmarks.planning.problem import Site

POWERS = ("import", "export", "pv", "charge", "discharge", "stored", "chp", "boiler")
SIZES = ("connection", "pv", "battery_kwh", "battery_kw", "chp", "boiler")


def solve(site: Site, _option: str) -> tuple[float, int]:
    """Return the least cost and the number of columns."""
    n, data, hours = site.numbers, site, site.n_hours
    steps = np.arange(hours)
    column = {name: number * hours + steps for number, name in enumerate(POWERS)}
    size = {name: len(POWERS) * hours + number for number, name in enumerate(SIZES)}
    count = len(POWERS) * hours + len(SIZES)
    cost, upper = np.zeros(count), np.full(count, highspy.kHighsInf)
    weight = site.weight
    cost[column["import"]] = data.import_eur_per_kwh * weight
    cost[column["export"]] = -n.export_eur_per_kwh * weight
    cost[column["chp"]] = n.gas_eur_per_kwh / n.chp_electric_efficiency * weight
    cost[column["boiler"]] = n.gas_eur_per_kwh / n.boiler_efficiency * weight
    prices = (
        n.connection_eur_per_kw,
        n.pv_eur_per_kwp,
        n.battery_eur_per_kwh,
        n.battery_eur_per_kw,
        n.chp_eur_per_kw,
        n.boiler_eur_per_kw,
    )
    for name, price in zip(SIZES, prices, strict=True):
        cost[size[name]] = price
    upper[size["pv"]] = n.pv_most_kwp
    c = {name: (column[name], 1.0) for name in POWERS}
    minus = {name: (column[name], -1.0) for name in POWERS}
    heat_per_power = n.chp_thermal_efficiency / n.chp_electric_efficiency
    kept = (np.roll(column["stored"], 1), -(1.0 - n.loss_per_h))
    into, out = (column["charge"], -n.charge_efficiency), (column["discharge"], 1.0 / n.discharge_efficiency)
    limits: list[tuple[list[Any], Any, int]] = [
        ([c["import"], c["pv"], c["discharge"], c["chp"], minus["export"], minus["charge"]], data.electricity_kw, 0),
        ([(column["chp"], heat_per_power), c["boiler"]], data.heat_kw, 1),
        ([c["stored"], kept, into, out], 0.0, 0),
        ([c["import"], (size["connection"], -1.0)], 0.0, -1),
        ([c["export"], (size["connection"], -1.0)], 0.0, -1),
        ([c["pv"], (size["pv"], -data.yield_kw_per_kwp)], 0.0, -1),
        ([c["charge"], (size["battery_kw"], -1.0)], 0.0, -1),
        ([c["discharge"], (size["battery_kw"], -1.0)], 0.0, -1),
        ([c["stored"], (size["battery_kwh"], -1.0)], 0.0, -1),
        ([c["chp"], (size["chp"], -1.0)], 0.0, -1),
        ([c["boiler"], (size["boiler"], -1.0)], 0.0, -1),
    ]
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    none = np.zeros(0)
    empty = np.zeros(0, dtype=np.int32)
    solver.addCols(count, cost, np.zeros(count), upper, 0, empty, empty, none)
    for terms, needed, sense in limits:
        width = len(terms)
        columns = np.stack([np.broadcast_to(term[0], hours) for term in terms], axis=1).ravel().astype(np.int32)
        values = np.stack([np.broadcast_to(np.asarray(term[1], float), hours) for term in terms], axis=1).ravel()
        right = np.broadcast_to(np.asarray(needed, float), hours).copy()
        free = np.full(hours, highspy.kHighsInf)
        least, most = (-free if sense < 0 else right), (free if sense > 0 else right)
        solver.addRows(hours, least, most, len(values), np.arange(hours, dtype=np.int32) * width, columns, values)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise RuntimeError(str(solver.getModelStatus()))
    return solver.getInfo().objective_function_value, count
