# SPDX-License-Identifier: Apache-2.0
"""A year of a community as it is: what a plan starts from. `twinergy.cosim.planning` takes it from the twin.

Powers are in the load frame except where a name says what they count: `yield`, `demand`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from twinergy.community.network import Network
    from twinergy.kinds import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterPoint:
    """A connection of the twin, as a plan sees it.

    Attributes
    ----------
    id, bus, tariff : str
        Connection, its bus and the tariff that prices it.
    phases : str
        ``abc`` or one of them.
    limit_kw : float
        Contracted power. [kW]
    homes : int
        Homes behind it; a school or an office is none.
    """

    id: str
    bus: str
    tariff: str
    phases: str
    limit_kw: float
    homes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Roof:
    """A roof with modules on it, or with room for them.

    Attributes
    ----------
    id : str
        Of its existing PV device, or of the dwelling.
    connection : str
        Meter it is behind.
    orientation : str
        Key of `Courses.yields`, ``tilt30-azimuth180``.
    tilt_deg, azimuth_deg : float
        Tilt from the horizontal, compass direction. [deg]
    existing_kwp : float
        Modules that are there. [kWp]
    room_kwp : float
        Modules that still fit. [kWp]
    """

    id: str
    connection: str
    orientation: str
    tilt_deg: float
    azimuth_deg: float
    existing_kwp: float
    room_kwp: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A battery that is there: where, how big, and what it loses one way (round trip: both multiplied)."""

    id: str
    connection: str
    capacity_kwh: float
    power_kw: float
    charge_efficiency: float
    discharge_efficiency: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatNetwork:
    """Pipes with what hangs on them.

    Attributes
    ----------
    id : str
        Name in the twin.
    connection : str
        Meter that its CHP unit is behind, or would be.
    demand_kw : ndarray, shape (n_steps,)
        Heat asked for, losses of the pipes included. [kW]
    chp_kw, chp_thermal_kw, boiler_kw, buffer_kwh : float
        What is there: electrical and thermal power of CHP, boiler, buffer over its usable span. [kW], [kWh]
    electric_efficiency, thermal_efficiency, boiler_efficiency : float
        Of what is there; by the higher heating value. [-]
    fuel : str
        ``natural_gas`` …
    """

    id: str
    connection: str
    demand_kw: FloatArray
    chp_kw: float = 0.0
    chp_thermal_kw: float = 0.0
    boiler_kw: float = 0.0
    buffer_kwh: float = 0.0
    electric_efficiency: float = 0.0
    thermal_efficiency: float = 0.0
    boiler_efficiency: float = 0.9
    fuel: str = "natural_gas"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatedHome:
    """A dwelling with a heat generator of its own, which a plan may replace.

    Attributes
    ----------
    dwelling, connection : str
        Which, and its meter.
    heating : str
        ``boiler``, ``heat_pump`` or ``electric``.
    fuel : str
        Of a boiler.
    demand_kw : ndarray, shape (n_steps,)
        Heat for rooms and hot water. [kW]
    cop : ndarray, shape (n_steps,)
        What a heat pump would reach at this home's flow temperature: heat per electricity. [-]
    efficiency : float
        Of the boiler that is there, higher heating value. [-]
    """

    dwelling: str
    connection: str
    heating: str
    fuel: str
    demand_kw: FloatArray
    cop: FloatArray
    efficiency: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CarFleet:
    """Cars behind one meter, as energy they need and time they stand.

    Attributes
    ----------
    connection : str
        Meter.
    uncontrolled_kw : ndarray, shape (n_steps,)
        What they draw when they charge as they come. [kW]
    charge_kw, discharge_kw : ndarray, shape (n_steps,)
        Most that those plugged in can draw, and feed back where car and point allow it. [kW]
    least_kwh, most_kwh : ndarray, shape (n_steps,)
        Energy charged from the beginning to the end of each step: as late as departures allow, and as soon as possible; any
        course between them that keeps the powers is one the drivers are content with. [kWh]
    """

    connection: str
    uncontrolled_kw: FloatArray
    charge_kw: FloatArray
    discharge_kw: FloatArray
    least_kwh: FloatArray
    most_kwh: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A tariff over the year, all taxes in it, what is fed in, and the carbon of what is drawn."""

    import_eur_per_kwh: FloatArray
    export_eur_per_kwh: FloatArray
    co2_g_per_kwh: FloatArray
    grid_fee_eur_per_kwh: FloatArray
    """Part of the import that a community's sharing rule may take off, VAT included."""


@dataclass(frozen=True, kw_only=True)
class Courses:
    """A year of a community as it is, without its controllers.

    Attributes
    ----------
    scenario : str
        Name, or path, of the scenario.
    start : datetime
        First step, aware UTC; steps follow without a gap.
    step_h : float
        Length of a step. [h]
    timezone : str
        IANA name.
    meters : tuple of MeterPoint
        Connections, in the order of ``Twin.connections``; rows of the arrays below.
    load_kw, q_kvar : ndarray, shape (n_meters, n_steps)
        Everything that a plan does not decide: households, buildings with their heating; without PV, wind, batteries, CHP and
        the cars of `cars`, visitors of public charging points among them. [kW], [kvar]
    roofs : tuple of Roof
        Roofs with modules or room.
    yields : dict of str to ndarray, shape (n_steps,)
        Power of a kWp, by orientation, never negative. [kW/kWp]
    wind_kw, wind_existing_kw : dict of str to ndarray or float
        By connection: what turbines there yield (never negative) and their rating. [kW]
    wind_yields : dict of str to ndarray, shape (n_steps,)
        Power of a kW of a turbine that could be built, by its name. [kW/kW]
    stores : tuple of Store
        Batteries that are there.
    heat_networks : tuple of HeatNetwork
    heated_homes : tuple of HeatedHome
        Their present electricity is part of `load_kw`.
    heating_kw : ndarray, shape (n_meters, n_steps)
        The part of `load_kw` that makes heat with heat pumps or directly, so that a plan can take it out. [kW]
    cars : tuple of CarFleet
    prices : dict of str to Price
        By tariff.
    temp_degc : ndarray, shape (n_steps,)
        Outdoor air. [degC]
    network : Network or None
        The grid, where its data allow a linear model.
    notes : tuple of str
        What was assumed on the way, for the report.
    """

    scenario: str
    start: datetime
    step_h: float
    timezone: str
    meters: tuple[MeterPoint, ...]
    load_kw: FloatArray
    q_kvar: FloatArray
    heating_kw: FloatArray
    yields: Mapping[str, FloatArray]
    prices: Mapping[str, Price]
    temp_degc: FloatArray
    roofs: tuple[Roof, ...] = ()
    wind_kw: Mapping[str, FloatArray] = field(default_factory=dict)
    wind_existing_kw: Mapping[str, float] = field(default_factory=dict)
    wind_yields: Mapping[str, FloatArray] = field(default_factory=dict)
    stores: tuple[Store, ...] = ()
    heat_networks: tuple[HeatNetwork, ...] = ()
    heated_homes: tuple[HeatedHome, ...] = ()
    cars: tuple[CarFleet, ...] = ()
    network: Network | None = None
    notes: tuple[str, ...] = ()

    @property
    def n_steps(self) -> int:
        """Number of steps."""
        return int(self.load_kw.shape[1])
