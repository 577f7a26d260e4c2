# SPDX-License-Identifier: Apache-2.0
"""A small made-up community for the tests of composing: round numbers, so that what a plan is made of can be worked out by hand.

Six homes on two tariffs, a hall with a roof, a heat plant, a farm with a turbine, a battery of the community.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from twinergy.planning.catalogue import load
from twinergy.planning.compose import compose
from twinergy.planning.courses import CarFleet, Courses, HeatedHome, HeatNetwork, MeterPoint, Price, Roof, Store
from twinergy.planning.request import PlanRequest

if TYPE_CHECKING:
    from twinergy.kinds import FloatArray
    from twinergy.planning.composing.site import Composed, Part, Site
    from twinergy.planning.draft import Block

HOMES = ("h1", "h2", "h3", "h4", "h5", "h6")
OTHERS = ("hall", "plant", "farm", "storage")
TARIFFS = {"h4": "night", "h5": "night"} | dict.fromkeys(OTHERS, "business")
SOUTH, EAST, WEST = "tilt30-azimuth180", "tilt30-azimuth90", "tilt30-azimuth270"
PLAIN_MONEY = {"discount_rate": 0.0, "horizon_years": 20}
"""Without interest a thing that lives 20 years costs a twentieth of its price in each."""


def hours(n_steps: int) -> FloatArray:
    """Return the hour of the day of each step."""
    return np.arange(n_steps, dtype=np.float64) % 24.0


def meter(name: str, **changed: Any) -> MeterPoint:
    """Return a connection of the community."""
    is_home = name in HOMES
    own = {
        "bus": f"bus-{name}",
        "tariff": TARIFFS.get(name, "flat"),
        "homes": int(is_home),
        "limit_kw": 30.0 if is_home else 300.0,
    }
    return MeterPoint(**{"id": name, "phases": "abc", **own, **changed})


def loads(n_steps: int) -> FloatArray:
    """Return the loads: a home draws 0.4 kW and in the evening more, the later its number the more. [kW]."""
    evening = (hours(n_steps) >= 17.0) & (hours(n_steps) < 22.0)
    homes = [0.4 + (0.5 + 0.1 * number) * evening for number in range(len(HOMES))]
    homes[3] = homes[3] + 1.0  # the heat pump of h4
    day = (hours(n_steps) >= 8.0) & (hours(n_steps) < 18.0)
    return np.array([*homes, 2.0 + 3.0 * day, np.full(n_steps, 1.5), np.full(n_steps, 4.0), np.zeros(n_steps)])


def roof(name: str, connection: str, orientation: str = SOUTH, *, existing: float = 0.0, room: float = 0.0) -> Roof:
    """Return a roof. [kWp]."""
    azimuth = float(orientation.rsplit("azimuth", 1)[1])
    return Roof(
        id=name,
        connection=connection,
        orientation=orientation,
        tilt_deg=30.0,
        azimuth_deg=azimuth,
        existing_kwp=existing,
        room_kwp=room,
    )


ROOFS = (
    roof("pv-h1", "h1", existing=4.0, room=6.0),
    roof("pv-h2", "h2", existing=4.0),
    roof("h3-east", "h3", EAST, room=5.0),
    roof("h3-west", "h3", WEST, room=5.0),
    roof("h5", "h5", room=8.0),
    roof("hall", "hall", room=20.0),
)
STORES = (
    Store(id="b1", connection="h1", capacity_kwh=5.0, power_kw=2.5, charge_efficiency=0.95, discharge_efficiency=0.95),
    Store(id="b2", connection="h2", capacity_kwh=10.0, power_kw=5.0, charge_efficiency=0.90, discharge_efficiency=0.92),
    Store(id="b3", connection="storage", capacity_kwh=100.0, power_kw=50.0, charge_efficiency=0.97, discharge_efficiency=0.97),
)


def yields(n_steps: int) -> dict[str, FloatArray]:
    """Return half a sine of a day by orientation: east has its peak at 10, south at 12, west at 14. [kW/kWp]."""
    peaks = {SOUTH: 12.0, EAST: 10.0, WEST: 14.0}
    return {name: np.maximum(0.0, 0.7 * np.cos((hours(n_steps) - peak) / 12.0 * np.pi)) for name, peak in peaks.items()}


def prices(n_steps: int) -> dict[str, Price]:
    """Return three tariffs: always the same, cheap at night, and one of a business that follows the day."""
    hour = hours(n_steps)
    night = (hour < 6.0) | (hour >= 22.0)
    carbon = 350.0 + 50.0 * np.cos(hour / 12.0 * np.pi)
    courses = {"flat": np.full(n_steps, 0.30), "night": np.where(night, 0.22, 0.34), "business": 0.24 + 0.04 * (hour >= 17.0)}
    fees = {"flat": 0.08, "night": 0.06, "business": 0.05}
    return {
        name: Price(
            import_eur_per_kwh=course,
            export_eur_per_kwh=np.full(n_steps, 0.07),
            co2_g_per_kwh=carbon,
            grid_fee_eur_per_kwh=np.full(n_steps, fees[name]),
        )
        for name, course in courses.items()
    }


def fleet(connection: str, n_steps: int, *, v2g: bool = False) -> CarFleet:
    """Return a car at home from 18 to 6 o'clock that needs 14 kWh every morning and charges with 7 kW."""
    hour = hours(n_steps)
    soon = np.where((hour == 18.0) | (hour == 19.0), 7.0, 0.0)
    late = np.where(((hour == 4.0) | (hour == 5.0)) & (np.arange(n_steps) >= 24), 7.0, 0.0)
    home = np.where((hour >= 18.0) | (hour < 6.0), 7.0, 0.0)
    return CarFleet(
        connection=connection,
        uncontrolled_kw=soon,
        charge_kw=home,
        discharge_kw=home if v2g else np.zeros(n_steps),
        least_kwh=np.cumsum(late),
        most_kwh=np.cumsum(soon),
    )


def network(name: str, connection: str, n_steps: int, **changed: Any) -> HeatNetwork:
    """Return a heat network of 60 to 100 kW with CHP, boiler and buffer."""
    demand = 80.0 + 20.0 * np.cos(hours(n_steps) / 12.0 * np.pi)
    there = {"chp_kw": 20.0, "chp_thermal_kw": 36.0, "boiler_kw": 150.0, "buffer_kwh": 100.0}
    efficiencies = {"electric_efficiency": 0.30, "thermal_efficiency": 0.54, "boiler_efficiency": 0.9}
    return HeatNetwork(**{"id": name, "connection": connection, "demand_kw": demand, **there, **efficiencies, **changed})


def heated(
    connection: str, n_steps: int, *, heating: str = "boiler", fuel: str = "natural_gas", efficiency: float = 0.9
) -> HeatedHome:
    """Return a home that needs 2 to 4 kW of heat; a heat pump would make 3 kWh of each kWh."""
    demand = 3.0 + np.cos(hours(n_steps) / 12.0 * np.pi)
    cop = np.full(n_steps, 3.0)
    return HeatedHome(
        dwelling=f"d-{connection}",
        connection=connection,
        heating=heating,
        fuel=fuel if heating == "boiler" else "",
        demand_kw=demand,
        cop=cop,
        efficiency=efficiency,
    )


def courses(n_steps: int = 168, **changed: Any) -> Courses:
    """Return the community; fields may be given in place of its own."""
    heating = np.zeros((len(HOMES) + len(OTHERS), n_steps))
    heating[3] = 1.0
    wind = 25.0 + 25.0 * np.sin(np.arange(n_steps) / 9.0)
    own: dict[str, Any] = {
        "scenario": "made-up",
        "start": datetime(2024, 1, 1, tzinfo=UTC),
        "step_h": 1.0,
        "timezone": "Europe/Berlin",
        "meters": tuple(meter(name) for name in (*HOMES, *OTHERS)),
        "load_kw": loads(n_steps),
        "q_kvar": np.zeros_like(heating),
        "heating_kw": heating,
        "yields": yields(n_steps),
        "prices": prices(n_steps),
        "temp_degc": np.full(n_steps, 8.0),
        "roofs": ROOFS,
        "wind_kw": {"farm": wind},
        "wind_existing_kw": {"farm": 50.0},
        "wind_yields": {"a-first": np.full(n_steps, 0.1), "market2300": wind / 50.0},
        "stores": STORES,
        "heat_networks": (network("net", "plant", n_steps),),
        "heated_homes": (
            heated("h1", n_steps, efficiency=0.8),
            heated("h2", n_steps, efficiency=1.0),
            heated("h3", n_steps),
            heated("h4", n_steps, heating="heat_pump"),
            heated("h6", n_steps, fuel="heating_oil"),
        ),
        "cars": (fleet("h1", n_steps), fleet("h3", n_steps, v2g=True)),
    }
    return Courses(**{**own, **changed})


def only_homes(n_steps: int = 168, **changed: Any) -> Courses:
    """Return two homes with a roof each and nothing else: h1 has PV."""
    base = courses(n_steps)
    nothing: dict[str, Any] = dict.fromkeys(("stores", "heat_networks", "heated_homes", "cars"), ())
    empty: dict[str, Any] = {name: {} for name in ("wind_kw", "wind_existing_kw", "wind_yields")}
    two = {"meters": base.meters[:2], "load_kw": base.load_kw[:2], "q_kvar": base.q_kvar[:2], "heating_kw": base.heating_kw[:2]}
    return replace(base, **{**nothing, **empty, **two, "roofs": ROOFS[:2], **changed})


def asked(**fields: Any) -> PlanRequest:
    """Return a request from plain data."""
    return PlanRequest.model_validate(fields)


def composed(given: Courses, **fields: Any) -> tuple[Site, Composed]:
    """Return what a plan of a community is made of."""
    return compose(asked(**fields), given, load())


def block(plan: Composed, name: str) -> Any:
    """Return the block of an id."""
    found: dict[str, Block] = {one.id: one for one in plan.blocks}
    return found[name]


def part(plan: Composed, name: str) -> Part:
    """Return the part of an id."""
    return next(one for one in plan.parts if one.id == name)
