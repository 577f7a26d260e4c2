# SPDX-License-Identifier: Apache-2.0
"""The site in PyPSA: a store between two links for the battery, as its documentation has it for two sizes.

The CHP is a link from a gas bus with two outputs, the boiler a generator of heat (that saves PyPSA a link), surplus heat a
generator that takes. What PyPSA has no word for is an extra constraint: one inverter and one connection
for both directions.
"""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, Any

import pandas as pd
import pypsa  # type: ignore[import-not-found]

if TYPE_CHECKING:
    from benchmarks.planning.problem import Site


def solve(site: Site, io_api: str) -> tuple[float, int]:
    """Return the least cost and the number of columns."""
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    n, network = site.numbers, pypsa.Network()
    network.set_snapshots(pd.RangeIndex(site.n_hours, name="snapshot"))
    network.snapshot_weightings.loc[:, "objective"] = site.weight
    for name in ("electricity", "heat", "battery", "gas"):
        network.add("Bus", name)
    network.add("Load", "electricity", bus="electricity", p_set=site.electricity_kw)
    network.add("Load", "heat", bus="heat", p_set=site.heat_kw)
    _grid(network, site)
    network.add(
        "Generator",
        "pv",
        bus="electricity",
        p_nom_extendable=True,
        p_nom_max=n.pv_most_kwp,
        capital_cost=n.pv_eur_per_kwp,
        p_max_pu=site.yield_kw_per_kwp,
    )
    _battery(network, site)
    network.add("Generator", "gas", bus="gas", p_nom=1e6, marginal_cost=n.gas_eur_per_kwh)
    network.add(
        "Link",
        "chp",
        bus0="gas",
        bus1="electricity",
        bus2="heat",
        efficiency=n.chp_electric_efficiency,
        efficiency2=n.chp_thermal_efficiency,
        p_nom_extendable=True,
        capital_cost=n.chp_eur_per_kw * n.chp_electric_efficiency,
    )
    boiler_eur = n.gas_eur_per_kwh / n.boiler_efficiency
    network.add(
        "Generator", "boiler", bus="heat", p_nom_extendable=True, capital_cost=n.boiler_eur_per_kw, marginal_cost=boiler_eur
    )
    network.add("Generator", "surplus", bus="heat", p_nom=1e6, sign=-1.0)
    extra = lambda network, _snapshots: _tied(network, n.discharge_efficiency)  # noqa: E731
    status, condition = network.optimize(
        solver_name="highs", io_api=io_api, extra_functionality=extra, include_objective_constant=False, output_flag=False
    )
    if condition != "optimal":
        message = f"{status}: {condition}"
        raise RuntimeError(message)
    return float(network.objective), int(network.model.nvars)


def _grid(network: Any, site: Site) -> None:
    n = site.numbers
    half = n.connection_eur_per_kw
    network.add(
        "Generator",
        "import",
        bus="electricity",
        p_nom_extendable=True,
        capital_cost=half,
        marginal_cost=site.import_eur_per_kwh,
    )
    network.add("Generator", "export", bus="electricity", sign=-1.0, p_nom_extendable=True, marginal_cost=-n.export_eur_per_kwh)


def _battery(network: Any, site: Site) -> None:
    n = site.numbers
    network.add(
        "Store",
        "battery",
        bus="battery",
        e_nom_extendable=True,
        e_cyclic=True,
        capital_cost=n.battery_eur_per_kwh,
        standing_loss=n.loss_per_h,
    )
    network.add(
        "Link",
        "charge",
        bus0="electricity",
        bus1="battery",
        efficiency=n.charge_efficiency,
        p_nom_extendable=True,
        capital_cost=n.battery_eur_per_kw,
    )
    network.add("Link", "discharge", bus0="battery", bus1="electricity", efficiency=n.discharge_efficiency, p_nom_extendable=True)


def _tied(network: Any, discharge_efficiency: float) -> None:
    links, generators = network.model.variables["Link-p_nom"], network.model.variables["Generator-p_nom"]
    charge, discharge = links.sel(name="charge"), links.sel(name="discharge")
    network.model.add_constraints(charge - discharge_efficiency * discharge == 0, name="one-inverter")
    both = generators.sel(name="import") - generators.sel(name="export")
    network.model.add_constraints(both == 0, name="one-connection")
