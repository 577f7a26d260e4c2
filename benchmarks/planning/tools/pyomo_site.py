# SPDX-License-Identifier: Apache-2.0
"""The site in plain Pyomo, solved through its persistent interface to HiGHS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyomo.environ as pyo
from pyomo.contrib.appsi.solvers import Highs

if TYPE_CHECKING:
    from benchmarks.planning.problem import Site


def solve(site: Site, _option: str) -> tuple[float, int]:
    """Return the least cost and the number of columns."""
    n, last = site.numbers, site.n_hours - 1
    model: Any = pyo.ConcreteModel()
    model.hours = pyo.RangeSet(0, last)
    names = ("bought", "sold", "pv", "charge", "discharge", "stored", "chp", "boiler")
    for name in names:
        setattr(model, name, pyo.Var(model.hours, domain=pyo.NonNegativeReals))
    for name in ("connection", "battery_kwh", "battery_kw", "chp_kw", "boiler_kw"):
        setattr(model, name, pyo.Var(domain=pyo.NonNegativeReals))
    model.pv_kwp = pyo.Var(bounds=(0.0, n.pv_most_kwp))
    need, heat, sun, price = (
        getattr(site, name).tolist() for name in ("electricity_kw", "heat_kw", "yield_kw_per_kwp", "import_eur_per_kwh")
    )
    ratio, kept = n.chp_thermal_efficiency / n.chp_electric_efficiency, 1.0 - n.loss_per_h

    @model.Constraint(model.hours)  # type: ignore[untyped-decorator]
    def electricity(m: Any, t: int) -> Any:
        return m.bought[t] + m.pv[t] + m.discharge[t] + m.chp[t] - m.sold[t] - m.charge[t] == need[t]

    @model.Constraint(model.hours)  # type: ignore[untyped-decorator]
    def warmth(m: Any, t: int) -> Any:
        return ratio * m.chp[t] + m.boiler[t] >= heat[t]

    @model.Constraint(model.hours)  # type: ignore[untyped-decorator]
    def storing(m: Any, t: int) -> Any:
        gone = m.discharge[t] / n.discharge_efficiency
        return m.stored[t] == kept * m.stored[t - 1 if t else last] + n.charge_efficiency * m.charge[t] - gone

    @model.Constraint(model.hours)  # type: ignore[untyped-decorator]
    def shining(m: Any, t: int) -> Any:
        return m.pv[t] <= sun[t] * m.pv_kwp

    for used, size in (
        (model.bought, model.connection),
        (model.sold, model.connection),
        (model.stored, model.battery_kwh),
        (model.charge, model.battery_kw),
        (model.discharge, model.battery_kw),
        (model.chp, model.chp_kw),
        (model.boiler, model.boiler_kw),
    ):
        rule = lambda _, t, used=used, size=size: used[t] <= size  # noqa: E731 - short beside the table above
        model.add_component(f"{used.name}_within", pyo.Constraint(model.hours, rule=rule))
    chp_eur, boiler_eur = n.gas_eur_per_kwh / n.chp_electric_efficiency, n.gas_eur_per_kwh / n.boiler_efficiency
    yearly = sum(
        price[t] * model.bought[t] - n.export_eur_per_kwh * model.sold[t] + chp_eur * model.chp[t] + boiler_eur * model.boiler[t]
        for t in model.hours
    )
    built = (
        n.connection_eur_per_kw * model.connection
        + n.pv_eur_per_kwp * model.pv_kwp
        + n.battery_eur_per_kwh * model.battery_kwh
        + n.battery_eur_per_kw * model.battery_kw
        + n.chp_eur_per_kw * model.chp_kw
        + n.boiler_eur_per_kw * model.boiler_kw
    )
    model.cost = pyo.Objective(expr=site.weight * yearly + built)
    found = Highs().solve(model)
    if found.termination_condition.name != "optimal":
        raise RuntimeError(found.termination_condition.name)
    return float(found.best_feasible_objective), len(names) * site.n_hours + 6
