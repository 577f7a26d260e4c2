# SPDX-License-Identifier: Apache-2.0
"""Small sites for the tests of what is asked beyond one optimum: made-up shapes of a year, seeded, no files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from twinergy.planning.blocks.battery import Battery
from twinergy.planning.blocks.boiler import Boiler
from twinergy.planning.blocks.chp import Chp
from twinergy.planning.blocks.pv import Face, Pv
from twinergy.planning.blocks.tariff import Tariff
from twinergy.planning.draft import HEAT, Block, Draft
from twinergy.planning.size import Size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Need(Block):
    """What a node needs of a carrier."""

    id: str
    node: str
    carrier: str
    demand_kw: Values | float
    kind: ClassVar[str] = "demand"

    def add(self, draft: Draft) -> None:
        draft.demand(self.node, self.carrier, self.demand_kw)


def shapes(n_steps: int, seed: int = 1) -> dict[str, Values]:
    """Return made-up courses of a year: load, heat, sun, price, carbon of the grid."""
    rng = np.random.default_rng(seed)
    hour = np.arange(n_steps)
    day, season = 2.0 * np.pi * (hour % 24) / 24.0, 2.0 * np.pi * hour / 8760.0
    clouds = np.repeat(rng.uniform(0.3, 1.0, n_steps // 24 + 1), 24)[:n_steps]
    noise = rng.uniform(0.9, 1.1, n_steps)
    return {
        "load_kw": (20.0 - 6.0 * np.cos(day) - 5.0 * np.cos(2.0 * day) + 4.0 * np.cos(season)) * noise,
        "heat_kw": np.maximum(2.0, 40.0 + 35.0 * np.cos(season) - 5.0 * np.cos(day)) * noise,
        "sun": np.maximum(0.0, -np.cos(day)) * (0.6 - 0.35 * np.cos(season)) * clouds,
        "price": 0.25 + 0.06 * np.cos(2.0 * day + 2.5) + 0.02 * rng.standard_normal(n_steps),
        "carbon": 380.0 + 90.0 * np.cos(day) + 60.0 * np.cos(season),
    }


def home(node: str, n_steps: int, *, scale: float = 1.0, seed: int = 1, most_kwp: float = 80.0) -> list[Block]:
    """Return the blocks of one node: meter, demand, roof, battery."""
    course = shapes(n_steps, seed)
    roof = Size(unit="kWp", most=most_kwp * scale, annual_eur=95.0 + seed, embodied_kg=40.0)
    return [
        Tariff(
            id=f"{node}-meter",
            node=node,
            import_eur_per_kwh=course["price"],
            export_eur_per_kwh=0.07,
            co2_g_per_kwh=course["carbon"],
            limit=Size(unit="kW", existing=100.0 * scale, most=0.0),
        ),
        Need(id=f"{node}-load", node=node, carrier="electricity", demand_kw=scale * course["load_kw"]),
        Pv(
            id=f"{node}-pv",
            node=node,
            faces=(Face(name="south", yield_kw_per_kwp=course["sun"], size=roof),),
        ),
        Battery(
            id=f"{node}-battery",
            node=node,
            capacity=Size(unit="kWh", most=400.0 * scale, annual_eur=24.0 + seed, embodied_kg=8.0),
            power=Size(unit="kW", most=200.0 * scale, annual_eur=11.0),
        ),
    ]


def heating(node: str, electric_node: str, n_steps: int, *, boiler_kw: float = 90.0, most_chp_kw: float = 40.0) -> list[Block]:
    """Return the blocks of a heat network: demand, boiler that is there, CHP that may come."""
    fuel = {"fuel_eur_per_kwh": 0.08, "fuel_co2_g_per_kwh": 200.0}
    return [
        Need(id=f"{node}-demand", node=node, carrier=HEAT, demand_kw=shapes(n_steps)["heat_kw"]),
        Boiler(id=f"{node}-boiler", node=node, size=Size(unit="kW", existing=boiler_kw, most=0.0), efficiency=0.9, **fuel),
        Chp(
            id=f"{node}-chp",
            node=node,
            electric_node=electric_node,
            size=Size(unit="kW", most=most_chp_kw, annual_eur=130.0),
            electric_efficiency=0.35,
            thermal_efficiency=0.5,
            **fuel,
        ),
    ]


def site(n_steps: int = 168, nodes: int = 1) -> list[Block]:
    """Return a site of some nodes and a heat network."""
    blocks: list[Block] = []
    for number in range(nodes):
        blocks += home(f"homes-{number + 1}", n_steps, scale=1.0 + 0.4 * number, seed=1 + number)
    return blocks + heating("heat", "homes-1", n_steps)
