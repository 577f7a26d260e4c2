# SPDX-License-Identifier: Apache-2.0
"""The site as blocks of the laboratory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from twinergy.planning.blocks.battery import Battery
from twinergy.planning.blocks.boiler import Boiler
from twinergy.planning.blocks.chp import Chp
from twinergy.planning.blocks.pv import Face, Pv
from twinergy.planning.blocks.tariff import Tariff
from twinergy.planning.draft import ELECTRICITY, HEAT, Block
from twinergy.planning.horizon import Horizon
from twinergy.planning.optimise import Planner
from twinergy.planning.size import Size

if TYPE_CHECKING:
    from benchmarks.planning.problem import FloatArray, Site
    from twinergy.planning.draft import Draft
    from twinergy.planning.optimise import Optimum


@dataclass(frozen=True, kw_only=True)
class Needs(Block):
    """What a node needs."""

    id: str
    node: str
    needs_kw: dict[str, FloatArray]
    kind: ClassVar[str] = "demand"

    def add(self, draft: Draft) -> None:
        """Add the demand to the balances."""
        for carrier, needed_kw in self.needs_kw.items():
            draft.demand(self.node, carrier, needed_kw)


def blocks(site: Site, node: str = "site", co2_g_per_kwh: FloatArray | float = 0.0, gas_g_per_kwh: float = 0.0) -> list[Block]:
    """Return the blocks of one node; greenhouse gases count only where they are given."""
    n = site.numbers
    connection = Size(unit="kW", annual_eur=n.connection_eur_per_kw)
    roofs = Size(unit="kWp", most=n.pv_most_kwp, annual_eur=n.pv_eur_per_kwp)
    return [
        Needs(id=f"{node}-needs", node=node, needs_kw={ELECTRICITY: site.electricity_kw, HEAT: site.heat_kw}),
        Tariff(
            id=f"{node}-grid",
            node=node,
            import_eur_per_kwh=site.import_eur_per_kwh,
            export_eur_per_kwh=n.export_eur_per_kwh,
            co2_g_per_kwh=co2_g_per_kwh,
            limit=connection,
        ),
        Pv(
            id=f"{node}-pv",
            node=node,
            faces=(Face(name="roofs", yield_kw_per_kwp=site.yield_kw_per_kwp, size=roofs),),
        ),
        Battery(
            id=f"{node}-battery",
            node=node,
            capacity=Size(unit="kWh", annual_eur=n.battery_eur_per_kwh),
            power=Size(unit="kW", annual_eur=n.battery_eur_per_kw),
            charge_efficiency=n.charge_efficiency,
            discharge_efficiency=n.discharge_efficiency,
            loss_per_h=n.loss_per_h,
        ),
        Chp(
            id=f"{node}-chp",
            node=node,
            electric_node=node,
            size=Size(unit="kW", annual_eur=n.chp_eur_per_kw),
            electric_efficiency=n.chp_electric_efficiency,
            thermal_efficiency=n.chp_thermal_efficiency,
            fuel_eur_per_kwh=n.gas_eur_per_kwh,
            fuel_co2_g_per_kwh=gas_g_per_kwh,
        ),
        Boiler(
            id=f"{node}-boiler",
            node=node,
            size=Size(unit="kW", annual_eur=n.boiler_eur_per_kw),
            efficiency=n.boiler_efficiency,
            fuel_eur_per_kwh=n.gas_eur_per_kwh,
            fuel_co2_g_per_kwh=gas_g_per_kwh,
        ),
    ]


def solve(site: Site) -> tuple[Planner, Optimum]:
    """Return the planner and its optimum."""
    planner = Planner(blocks(site), Horizon.whole(site.n_hours))
    return planner, planner.ask()
