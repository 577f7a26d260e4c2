# SPDX-License-Identifier: Apache-2.0
"""Several nodes with PV and batteries: what a community's plan looks like to the solver, for fronts of cost and CO2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.planning.ours import Needs
from benchmarks.planning.problem import make
from twinergy.planning.blocks.battery import Battery
from twinergy.planning.blocks.pv import Face, Pv
from twinergy.planning.blocks.tariff import Tariff
from twinergy.planning.draft import ELECTRICITY
from twinergy.planning.size import Size

if TYPE_CHECKING:
    from twinergy.planning.draft import Block

PV = Size(unit="kWp", most=400.0, annual_eur=85.0, embodied_kg=40.0)
CAPACITY = Size(unit="kWh", annual_eur=28.0, embodied_kg=5.0)
POWER = Size(unit="kW", annual_eur=12.0)


def blocks(nodes: int, n_hours: int = 8760) -> list[Block]:
    """Return the blocks of so many nodes. Sizes, costs and carbon are *assumptions* of a plausible size."""
    found: list[Block] = []
    for number in range(nodes):
        site = make(n_hours, seed=20 + number)
        name = f"homes-{number + 1}"
        dirt = 380.0 - 220.0 * np.clip(site.yield_kw_per_kwp, 0.0, 0.9) + 60.0 * np.cos(2.0 * np.pi * np.arange(n_hours) / 8760.0)
        size = 0.5 + 0.4 * number
        found += [
            Needs(id=f"{name}-needs", node=name, needs_kw={ELECTRICITY: size * site.electricity_kw}),
            Tariff(
                id=f"{name}-grid",
                node=name,
                import_eur_per_kwh=site.import_eur_per_kwh + 0.01 * number,
                export_eur_per_kwh=0.07,
                co2_g_per_kwh=dirt,
            ),
            Pv(id=f"{name}-pv", node=name, faces=(Face(name="roofs", yield_kw_per_kwp=site.yield_kw_per_kwp, size=PV),)),
            Battery(id=f"{name}-battery", node=name, capacity=CAPACITY, power=POWER, loss_per_h=0.0001),
        ]
    return found
