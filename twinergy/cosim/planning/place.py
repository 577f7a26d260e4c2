# SPDX-License-Identifier: Apache-2.0
"""One place of the dispatch that is solved again: a meter, or a node of the plan, with what can be steered behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from twinergy.planning.blocks.agreeing import room_name
from twinergy.planning.blocks.battery import Battery
from twinergy.planning.blocks.boiler import Boiler
from twinergy.planning.blocks.chp import Chp
from twinergy.planning.blocks.demand import Demand
from twinergy.planning.blocks.heat_buffer import HeatBuffer
from twinergy.planning.blocks.tariff import Tariff
from twinergy.planning.draft import HEAT
from twinergy.planning.size import Size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinergy.cosim.planning.dispatch import Engine, Store
    from twinergy.cosim.planning.reckoning import Prices, Rates
    from twinergy.kinds import FloatArray
    from twinergy.planning.draft import Block
    from twinergy.planning.optimise import Optimum


@dataclass(frozen=True, slots=True, kw_only=True)
class Powers:
    """What a place does: import and export, shape (n_steps,) [kW], and the fuel it burns, by its sort [kWh]."""

    import_kw: FloatArray
    export_kw: FloatArray
    burnt_kwh: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place.

    Attributes
    ----------
    number : int
        Tells its blocks from those of others.
    net_kw : ndarray, shape (n_steps,)
        Load less sun and wind. [kW]
    prices : Prices
        Shape (n_steps,).
    store : Store or None
        Its batteries as one.
    engines : sequence of Engine
        Whose heat is known.
    heat : dict of str to ndarray, shape (n_steps,)
        Heat of each network. [kW]
    """

    number: int
    net_kw: FloatArray
    prices: Prices
    store: Store | None
    engines: Sequence[Engine]
    heat: Mapping[str, FloatArray]

    @property
    def passive(self) -> bool:
        """Whether nothing can be steered."""
        return self.store is None and not self.heat

    def unsteered(self) -> Powers:
        """Return what comes of nobody steering."""
        return Powers(import_kw=np.maximum(self.net_kw, 0.0), export_kw=np.maximum(0.0 - self.net_kw, 0.0))

    def blocks(self, rates: Rates) -> list[Block]:
        """Return the place as blocks of a plan."""
        node, prices = f"place-{self.number}", self.prices
        blocks: list[Block] = [
            Demand(id=f"load-{self.number}", node=node, demand_kw=self.net_kw),
            Tariff(
                id=self._meter,
                node=node,
                import_eur_per_kwh=prices.buy,
                export_eur_per_kwh=np.minimum(prices.sell, prices.buy),
                co2_g_per_kwh=prices.co2_g_per_kwh,
                export_co2_share=rates.credit,
            ),
        ]
        if self.store is not None:
            blocks.append(_battery(f"battery-{self.number}", node, self.store))
        for name, heat_kw in sorted(self.heat.items()):
            blocks.append(
                Demand(id=f"heat-{self.number}-{name}", node=_heat_node(self.number, name), demand_kw=heat_kw, carrier=HEAT)
            )
        for row, engine in enumerate(self.engines):
            blocks += self._engine(node, row, engine, rates)
        return blocks

    def powers(self, optimum: Optimum, step_h: float) -> Powers:
        """Return what the place does in an optimum of its blocks."""
        meter, burnt = room_name(self._meter), dict[str, float]()
        for row, engine in enumerate(self.engines):
            fuel_kw = optimum.value(f"{room_name(self._id('chp', row))}.power_kw") / engine.electric_efficiency
            fuel_kw = fuel_kw + optimum.value(f"{room_name(self._id('boiler', row))}.heat_kw") / engine.boiler_efficiency
            burnt[engine.fuel] = burnt.get(engine.fuel, 0.0) + float(fuel_kw.sum()) * step_h
        return Powers(
            import_kw=optimum.value(f"{meter}.import_kw"), export_kw=optimum.value(f"{meter}.export_kw"), burnt_kwh=burnt
        )

    @property
    def _meter(self) -> str:
        return f"meter-{self.number}"

    def _id(self, what: str, row: int) -> str:
        return f"{what}-{self.number}-{row}"

    def _engine(self, node: str, row: int, engine: Engine, rates: Rates) -> list[Block]:
        heat_node = _heat_node(self.number, engine.network)
        eur, grams = rates.fuels.get(engine.fuel, (0.0, 0.0))
        burns: dict[str, Any] = {"fuel_eur_per_kwh": eur, "fuel_co2_g_per_kwh": grams}
        chp = Chp(
            id=self._id("chp", row),
            node=heat_node,
            electric_node=node,
            size=_fixed(engine.power_kw),
            electric_efficiency=engine.electric_efficiency,
            thermal_efficiency=engine.thermal_efficiency,
            **burns,
        )
        # what the twin could not serve is not to make the dispatch impossible
        most_kw = max(engine.boiler_kw, float(self.heat[engine.network].max()))
        boiler = Boiler(
            id=self._id("boiler", row), node=heat_node, size=_fixed(most_kw), efficiency=engine.boiler_efficiency, **burns
        )
        capacity = Size(unit="kWh", existing=engine.buffer_kwh, most=0.0)
        return [chp, boiler, HeatBuffer(id=self._id("buffer", row), node=heat_node, capacity=capacity)]


def _heat_node(number: int, network: str) -> str:
    return f"heat-{number}-{network}"


def _fixed(size_kw: float) -> Size:
    return Size(unit="kW", existing=size_kw, most=0.0)


def _battery(name: str, node: str, store: Store) -> Battery:
    return Battery(
        id=name,
        node=node,
        capacity=Size(unit="kWh", existing=store.capacity_kwh, most=0.0),
        power=Size(unit="kW", existing=store.power_kw, most=0.0),
        charge_efficiency=store.charge_efficiency,
        discharge_efficiency=store.discharge_efficiency,
    )
