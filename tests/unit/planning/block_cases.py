# SPDX-License-Identifier: Apache-2.0
"""Every block with every option, alone on two steps, each of which stands for itself; its LP is stored by the case's name.

After a change that is meant, ``python -m tests.unit.planning.block_cases <folder>`` writes the LPs of all cases to a folder, to
be read line by line against the block's docstring before they are stored.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from twinergy.planning.blocks.battery import Battery
from twinergy.planning.blocks.boiler import Boiler
from twinergy.planning.blocks.budget import Budget
from twinergy.planning.blocks.chp import Chp
from twinergy.planning.blocks.chp_units import ChpUnit, ChpUnits
from twinergy.planning.blocks.demand import Demand
from twinergy.planning.blocks.emissions import Emissions
from twinergy.planning.blocks.ev import Ev
from twinergy.planning.blocks.heat_buffer import HeatBuffer
from twinergy.planning.blocks.heat_pump import HeatPump
from twinergy.planning.blocks.network import Cuts, NetworkLimits
from twinergy.planning.blocks.own_meters import OwnMeters, Tangent
from twinergy.planning.blocks.pv import Face, Pv
from twinergy.planning.blocks.sharing import LocalSharing, SharingPremium
from twinergy.planning.blocks.tariff import Tariff
from twinergy.planning.blocks.together import Together
from twinergy.planning.blocks.wind import Wind
from twinergy.planning.draft import Draft
from twinergy.planning.horizon import Horizon
from twinergy.planning.size import Size

if TYPE_CHECKING:
    from twinergy.planning.draft import Block

TWO_STEPS = Horizon.periods([0], 2, np.array([1.0]))
HALF_HOURS = Horizon.periods([0], 2, np.array([1.0]), step_h=0.5)
YIELD = np.array([0.25, 0.75])


def fixed(existing: float, unit: str = "kW") -> Size:
    return Size(unit=unit, existing=existing, most=0.0)


def meter(name: str = "grid", **more: object) -> Tariff:
    given = {"import_eur_per_kwh": 0.30, "export_eur_per_kwh": 0.08}
    return Tariff(id=name, node=name, **{**given, **more})  # type: ignore[arg-type]


def unit(name: str, power_kw: float, annual_eur: float, least_load: float = 0.0) -> ChpUnit:
    return ChpUnit(
        name=name,
        power_kw=power_kw,
        electric_efficiency=0.25,
        thermal_efficiency=0.5,
        annual_eur=annual_eur,
        service_eur_per_kwh=0.01,
        least_load=least_load,
    )


def units(*several: ChpUnit, start_eur: float = 0.0) -> ChpUnits:
    common = {"fuel_eur_per_kwh": 0.10, "fuel_co2_g_per_kwh": 200.0, "bonus_eur_per_kwh": 0.04}
    return ChpUnits(id="chp", node="heat", electric_node="site", units=several, start_eur=start_eur, **common)


def chp(size: Size, **more: float) -> Chp:
    given = {"electric_efficiency": 0.25, "thermal_efficiency": 0.5, "fuel_eur_per_kwh": np.array([0.10, 0.11])}
    return Chp(id="chp", node="heat", electric_node="site", size=size, **{**given, **more})  # type: ignore[arg-type]


def battery(**more: object) -> Battery:
    sizes = {
        "capacity": Size(unit="kWh", existing=2.0, most=8.0, annual_eur=20.0),
        "power": Size(unit="kW", most=4.0, annual_eur=10.0),
    }
    given = {"charge_efficiency": 0.8, "discharge_efficiency": 0.5, "loss_per_h": 0.1}
    return Battery(id="battery", node="site", **{**sizes, **given, **more})  # type: ignore[arg-type]


def boiler(**more: object) -> Boiler:
    given = {
        "size": Size(unit="kW", existing=1.0, annual_eur=30.0),
        "efficiency": 0.8,
        "fuel_eur_per_kwh": 0.12,
        "fuel_co2_g_per_kwh": 240.0,
    }
    return Boiler(id="boiler", node="heat", **{**given, **more})  # type: ignore[arg-type]


def cars(**more: object) -> Ev:
    courses = {"least_kwh": np.array([1.0, 5.0]), "most_kwh": np.array([4.0, 5.0])}
    return Ev(id="cars", node="site", charge_kw=np.array([6.0, 7.0]), **{**courses, **more})  # type: ignore[arg-type]


CUTS = Cuts(
    name="voltage",
    variables=(("a", "import_kw"), ("b", "export_kw")),
    coefficients=np.array([[0.5, -0.25], [0.75, 0.0]]),
    step=np.array([0, 1]),
    least=np.array([-3.0, -np.inf]),
    most=np.array([6.0, 9.0]),
)

CASES: dict[str, tuple[Horizon, list[Block]]] = {
    "balance": (
        TWO_STEPS,
        [
            Demand(id="load", node="site", demand_kw=np.array([3.0, 4.0])),
            Tariff(id="grid", node="site", import_eur_per_kwh=0.3, export_eur_per_kwh=0.1),
        ],
    ),
    "balance_of_heat": (TWO_STEPS, [Demand(id="load", node="heat", carrier="heat", demand_kw=5.0), boiler(size=fixed(6.0))]),
    "pv": (
        TWO_STEPS,
        [Pv.of(id="roof", node="site", yield_kw_per_kwp=YIELD, size=Size(unit="kWp", existing=4.0, most=10.0, annual_eur=90.0))],
    ),
    "pv_faces": (
        TWO_STEPS,
        [
            Pv(
                id="roofs",
                node="site",
                faces=(
                    Face(
                        name="east",
                        yield_kw_per_kwp=np.array([0.5, 0.125]),
                        size=Size(unit="kWp", existing=2.0, most=3.0, annual_eur=90.0),
                    ),
                    Face(name="west", yield_kw_per_kwp=np.array([0.0, 0.625]), size=Size(unit="kWp", most=5.0, annual_eur=80.0)),
                ),
            )
        ],
    ),
    "pv_existing": (
        TWO_STEPS,
        [
            Pv(
                id="roofs",
                node="site",
                faces=(
                    Face(name="south", yield_kw_per_kwp=YIELD, size=Size(unit="kWp", existing=2.0, most=3.0, annual_eur=90.0)),
                ),
                existing_kw=np.array([0.625, 1.75]),
            )
        ],
    ),
    "wind": (
        TWO_STEPS,
        [
            Wind(
                id="turbine",
                node="site",
                yield_kw_per_kw=YIELD,
                size=Size(unit="kW", existing=8.0, annual_eur=70.0),
                service_eur_per_kwh=0.02,
            )
        ],
    ),
    "battery": (TWO_STEPS, [battery(wear_eur_per_kwh=0.03)]),
    "battery_half_hours": (HALF_HOURS, [battery(loss_per_h=0.19)]),
    "battery_of_two_hours": (TWO_STEPS, [battery(hours=2.0)]),
    "battery_never_both": (TWO_STEPS, [battery(never_both=True)]),
    "size_in_packs": (TWO_STEPS, [battery(capacity=Size(unit="kWh", most=20.0, step=5.0, annual_eur=20.0), power=fixed(4.0))]),
    "size_paid_once": (
        TWO_STEPS,
        [battery(capacity=Size(unit="kWh", most=20.0, annual_eur=20.0, once_annual_eur=50.0), power=fixed(4.0))],
    ),
    "chp": (
        TWO_STEPS,
        [
            chp(
                Size(unit="kW", existing=2.0, annual_eur=150.0),
                fuel_co2_g_per_kwh=200.0,
                bonus_eur_per_kwh=0.04,
                service_eur_per_kwh=0.02,
            )
        ],
    ),
    "chp_least_load": (
        TWO_STEPS,
        [chp(Size(unit="kW", existing=2.0, most=6.0, annual_eur=150.0), least_load=0.5, start_eur=3.0)],
    ),
    "chp_units": (TWO_STEPS, [units(unit("small", 5.0, 900.0), unit("big", 20.0, 2500.0))]),
    "chp_units_least_load": (
        TWO_STEPS,
        [units(unit("small", 5.0, 900.0), unit("big", 20.0, 2500.0, least_load=0.5), start_eur=3.0)],
    ),
    "boiler": (TWO_STEPS, [boiler(service_eur_per_kwh=0.005)]),
    "heat_pump": (
        TWO_STEPS,
        [
            HeatPump(
                id="pump",
                node="heat",
                electric_node="site",
                size=Size(unit="kW", existing=3.0, most=9.0, annual_eur=60.0),
                cop=np.array([2.0, 4.0]),
                available=np.array([0.75, 1.0]),
                service_eur_per_kwh=0.01,
            )
        ],
    ),
    "heat_pump_alike": (
        TWO_STEPS,
        [
            HeatPump(
                id="pump", node="heat", electric_node="site", size=Size(unit="kW", existing=3.0, most=9.0), cop=2.5, available=0.5
            )
        ],
    ),
    "heat_buffer": (
        TWO_STEPS,
        [
            HeatBuffer(
                id="buffer",
                node="heat",
                capacity=Size(unit="kWh", existing=10.0, most=40.0, annual_eur=5.0),
                loss_per_h=0.02,
                power_kw=15.0,
            )
        ],
    ),
    "ev": (TWO_STEPS, [cars(round_trip_efficiency=0.8)]),
    "ev_v2g": (TWO_STEPS, [cars(discharge_kw=np.array([3.0, 4.0]), round_trip_efficiency=0.8, wear_eur_per_kwh=0.05)]),
    "ev_v2g_bought": (
        TWO_STEPS,
        [
            cars(
                discharge_kw=np.array([3.0, 4.0]),
                round_trip_efficiency=0.8,
                v2g=Size(unit="kW", existing=1.0, most=4.0, annual_eur=40.0),
            )
        ],
    ),
    "tariff": (TWO_STEPS, [meter(co2_g_per_kwh=np.array([300.0, 400.0]), export_co2_share=0.5, export_limit_kw=6.0)]),
    "tariff_limit": (TWO_STEPS, [meter(limit=Size(unit="kW", existing=10.0, most=5.0, annual_eur=25.0))]),
    "tariff_peak": (TWO_STEPS, [meter(peak_eur_per_kw=60.0)]),
    "tariff_never_both": (TWO_STEPS, [meter(limit=fixed(10.0), never_both=True)]),
    "tariff_never_both_in_a_step": (
        TWO_STEPS,
        [meter(import_eur_per_kwh=np.array([0.3, 0.05]), limit=fixed(10.0), never_both=np.array([False, True]))],
    ),
    "sharing_local": (
        TWO_STEPS,
        [meter("a"), meter("b"), LocalSharing(id="community", saved_eur_per_kwh={"a": 0.05, "b": np.array([0.06, 0.07])})],
    ),
    "sharing_premium": (
        TWO_STEPS,
        [meter("a"), meter("b"), SharingPremium(id="community", meters=("a", "b"), premium_eur_per_kwh=0.11)],
    ),
    "emissions": (
        TWO_STEPS,
        [boiler(), meter(co2_g_per_kwh=400.0, export_co2_share=0.5), Emissions(id="gases", price_eur_per_kg=0.1, most_kg=70.0)],
    ),
    "budget": (
        TWO_STEPS,
        [
            battery(
                capacity=Size(unit="kWh", most=20.0, annual_eur=20.0, invest_eur=400.0),
                power=Size(unit="kW", most=4.0, annual_eur=10.0, once_annual_eur=50.0, invest_eur=100.0, once_invest_eur=700.0),
            ),
            Budget(id="purse", most_eur=5000.0),
        ],
    ),
    "together": (
        TWO_STEPS,
        [
            Pv.of(id="a", node="site", yield_kw_per_kwp=YIELD, size=Size(unit="kWp", most=10.0)),
            Pv.of(id="b", node="site", yield_kw_per_kwp=YIELD, size=Size(unit="kWp", most=10.0)),
            Together(id="all", sizes=(("a", "size_kwp"), ("b", "size_kwp")), least=2.0, most=12.0),
        ],
    ),
    "own_meters": (
        TWO_STEPS,
        [
            meter("site"),
            Pv.of(id="roof", node="site", yield_kw_per_kwp=YIELD, size=Size(unit="kWp", existing=4.0, most=10.0)),
            battery(),
            OwnMeters(
                id="each",
                meter="site",
                pv="roof",
                discharging=(("battery", "discharge_kw"),),
                tangents=(
                    Tangent(lack_kw=np.array([2.0, 1.5]), relief_kw={"size_kwp": np.array([0.125, 0.375])}),
                    Tangent(lack_kw=np.array([0.5, 0.75]), relief_kw={}),
                ),
            ),
        ],
    ),
    "network": (TWO_STEPS, [meter("a"), meter("b"), NetworkLimits(id="wires", cuts=(CUTS,))]),
}


def lp(case: str) -> str:
    """Return the LP of a case, with the names of the model."""
    from pyomo.repn.plugins.lp_writer import LPWriter

    horizon, blocks = CASES[case]
    text = io.StringIO()
    LPWriter().write(Draft.of(blocks, horizon, expanded=True).with_objective(), text, symbolic_solver_labels=True)
    return text.getvalue()


if __name__ == "__main__":
    for name in CASES:
        Path(sys.argv[1], f"{name}.lp").write_text(lp(name), encoding="utf-8")
