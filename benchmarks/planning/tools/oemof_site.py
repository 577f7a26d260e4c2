# SPDX-License-Identifier: Apache-2.0
"""The site in oemof.solph, solved through Pyomo's persistent interface to HiGHS, the fastest one it offers."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pandas as pd
from oemof import solph  # type: ignore[import-not-found]

if TYPE_CHECKING:
    from benchmarks.planning.problem import Site


def solve(site: Site, solver: str) -> tuple[float, int]:
    """Return the least cost and the number of columns."""
    warnings.simplefilter("ignore")
    n = site.numbers
    index = pd.date_range("2023-01-01", periods=site.n_hours + 1, freq="h")
    system = solph.EnergySystem(timeindex=index, infer_last_interval=False)
    electricity, heat, gas = (solph.Bus(label=name) for name in ("electricity", "heat", "gas"))
    price = site.import_eur_per_kwh * site.weight
    flow = solph.Flow
    connection = solph.Investment(ep_costs=n.connection_eur_per_kw)
    grid = solph.components.Source("import", outputs={electricity: flow(nominal_capacity=connection, variable_costs=price)})
    sold = flow(nominal_capacity=solph.Investment(), variable_costs=-n.export_eur_per_kwh * site.weight)
    feed_in = solph.components.Sink("export", inputs={electricity: sold})
    roofs = solph.Investment(ep_costs=n.pv_eur_per_kwp, maximum=n.pv_most_kwp)
    pv = solph.components.Source("pv", outputs={electricity: flow(nominal_capacity=roofs, max=site.yield_kw_per_kwp)})
    loads = [
        solph.components.Sink(f"{bus.label}-needs", inputs={bus: flow(nominal_capacity=1.0, fix=needed)})
        for bus, needed in ((electricity, site.electricity_kw), (heat, site.heat_kw))
    ]
    fuel = solph.components.Source("gas-grid", outputs={gas: flow(variable_costs=n.gas_eur_per_kwh * site.weight)})
    engine = solph.Investment(ep_costs=n.chp_eur_per_kw)
    chp = solph.components.Converter(
        "chp",
        inputs={gas: flow()},
        outputs={electricity: flow(nominal_capacity=engine), heat: flow()},
        conversion_factors={electricity: n.chp_electric_efficiency, heat: n.chp_thermal_efficiency},
    )
    kettle = flow(
        nominal_capacity=solph.Investment(ep_costs=n.boiler_eur_per_kw),
        variable_costs=n.gas_eur_per_kwh / n.boiler_efficiency * site.weight,
    )
    boiler = solph.components.Source("boiler", outputs={heat: kettle})
    surplus = solph.components.Sink("surplus", inputs={heat: flow()})
    battery = solph.components.GenericStorage(
        "battery",
        inputs={electricity: flow(nominal_capacity=solph.Investment(ep_costs=n.battery_eur_per_kw))},
        outputs={electricity: flow(nominal_capacity=solph.Investment())},
        nominal_capacity=solph.Investment(ep_costs=n.battery_eur_per_kwh),
        invest_relation_input_output=1.0,
        loss_rate=n.loss_per_h,
        inflow_conversion_factor=n.charge_efficiency,
        outflow_conversion_factor=n.discharge_efficiency,
        balanced=True,
    )
    system.add(electricity, heat, gas, grid, feed_in, pv, *loads, fuel, chp, boiler, surplus, battery)
    model = solph.Model(system)
    invest = model.InvestmentFlowBlock.invest
    solph.constraints.equate_variables(model, invest[grid, electricity, 0], invest[electricity, feed_in, 0])
    model.solve(solver=solver)  # raises where it finds no optimum
    return float(model.objective()), sum(1 for _ in model.component_data_objects(_variables()))


def _variables() -> Any:
    from pyomo.core import Var  # noqa: PLC0415 - oemof has imported it

    return Var
