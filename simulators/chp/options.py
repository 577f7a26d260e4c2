# SPDX-License-Identifier: Apache-2.0
"""What a scenario may say about a CHP unit, its buffer tank, its boiler and the heat it has to supply."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from simulators.chp.units import OperatingPoints, unit_types
from twinergy.errors import closest
from twinergy.options import Fraction, NonNegative, Options, Positive

WATER_KWH_PER_L_K: Final = 1.14e-3
"""Heat capacity of water at 65 degC: 0.9805 kg/l times 4.188 kJ/(kg K). [kWh/(l K)]"""
BUFFER_H: Final = 1.6
"""Content of a buffer over the heat of its unit, where no volume is given: what the German grant for units up to 20 kW asked
for at least (BAFA, mini-CHP programme, 2012). [h]"""
STANDBY_SHARE: Final = 0.09 / 5.58
"""Own use at rest over rated power, where none is given: 90 W of a unit of 5.58 kW (AixLib, record AisinSeiki). [-]"""
HIGHER_OVER_LOWER: Final = {"natural_gas": 1.11, "lpg": 1.09, "heating_oil": 1.07}
"""Higher over lower heating value: the factors of the French method 3CL-DPE. [-]"""


class Buffer(Options):
    """Hot water between the engine and the pipes, fully mixed."""

    volume_l: Positive | None = None
    """Volume; left out: so much that 1.6 kWh fit in per kW of the unit's heat. [l]"""
    temp_max_degc: Annotated[float, Field(ge=40.0, le=110.0)] = 80.0
    """Temperature of a full buffer. [degC]"""
    temp_min_degc: Annotated[float, Field(ge=20.0, le=90.0)] = 50.0
    """Temperature of an empty one: that of the return pipe, which keeps it there. [degC]"""
    ambient_degc: Annotated[float, Field(ge=-20.0, le=40.0)] = 15.0
    """Temperature around it. [degC]"""
    loss_w_per_k: NonNegative | None = None
    """Heat lost per difference to the surroundings; left out: a tank at the limit of class B, (12 + 5.93 V^0.4) W over 45 K
    with V in litres (Regulation (EU) 812/2013). [W/K]"""
    soc: Fraction = 0.5
    """State of charge at the start, 0 at the lowest and 1 at the highest temperature. [-]"""
    start_soc: Fraction = 0.25
    """A heat-led unit starts before the buffer falls below this; assumption. [-]"""
    stop_soc: Fraction = 0.95
    """It turns down where it would fill the buffer beyond this, and stops where its least load would; assumption. [-]"""

    @model_validator(mode="after")
    def _has_a_span(self) -> Self:
        if not self.ambient_degc <= self.temp_min_degc < self.temp_max_degc:
            message = (
                f"ambient_degc={self.ambient_degc:g}, temp_min_degc={self.temp_min_degc:g} and "
                f"temp_max_degc={self.temp_max_degc:g} must rise"
            )
            raise ValueError(message)
        if self.start_soc >= self.stop_soc:
            message = f"start_soc={self.start_soc:g} must be below stop_soc={self.stop_soc:g}"
            raise ValueError(message)
        return self


class HeatDemand(Options):
    """Heat to supply besides that of buildings on the heat network: a constant and a seasonal part.

    The seasonal part goes with how far the outdoor temperature of an average year, a cosine, lies below the heating limit.
    """

    constant_kw: NonNegative = 0.0
    """Hot water, pools, processes. [kW]"""
    seasonal_kwh: NonNegative = 0.0
    """Space heat of a year. [kWh]"""
    mean_degc: Annotated[float, Field(ge=-10.0, le=30.0)] = 9.5
    """Mean outdoor temperature of the year; assumption: German lowlands. [degC]"""
    swing_k: Annotated[float, Field(ge=0.0, le=30.0)] = 9.0
    """Amplitude of its cosine, coldest on 20 January; assumption: German lowlands. [K]"""
    heating_limit_degc: Annotated[float, Field(ge=5.0, le=25.0)] = 15.0
    """Outdoor temperature above which nobody heats. [degC]"""

    @model_validator(mode="after")
    def _has_a_winter(self) -> Self:
        if self.seasonal_kwh > 0.0 and self.heating_limit_degc <= self.mean_degc - self.swing_k:
            message = f"it is never colder than heating_limit_degc={self.heating_limit_degc:g}: nothing spreads seasonal_kwh"
            raise ValueError(message)
        return self


class ChpOptions(Options):
    """A CHP unit with buffer tank and, if wanted, a peak boiler. Exactly one of `unit` and `points` is given."""

    unit: str | None = None
    """Unit in data/chp/units.yaml, such as dachs5.5 or gg50."""
    points: OperatingPoints | None = None
    """Operating points, where the unit is not in the table."""
    fuel: Literal["natural_gas", "lpg", "heating_oil"] = "natural_gas"
    """Fuel of engine and boiler; only the ratio of its heating values matters here."""
    mode: Literal["heat_led", "self_consumption", "set_point"] = "heat_led"
    """Local mode: fill the buffer, follow the load behind the same meter, or wait for set-points, which any mode obeys."""
    safe_mode: Literal["heat_led", "self_consumption", "off"] = "heat_led"
    """What a unit in set-point mode does while nobody asks."""
    start_s: NonNegative = 60.0
    """Time from the command to the first power; assumption. [s]"""
    ramp_s: Positive = 240.0
    """Time from nothing to full power, and the rate of every change while it runs; three time constants of 74 to 103 s as AixLib
    has them for engines up to 15 kW. It stops at once. [s]"""
    min_on_s: NonNegative = 1800.0
    """It runs at least so long, unless the buffer is full or a limit forbids it; assumption. [s]"""
    min_off_s: NonNegative = 600.0
    """It rests at least so long; assumption. [s]"""
    start_fuel_kwh: NonNegative | None = None
    """Fuel that a start burns for nothing, higher heating value; left out: least load over `start_s`. [kWh]"""
    start_cost_eur: NonNegative = 0.0
    """Wear of one start. [EUR]"""
    standby_kw: NonNegative | None = None
    """Own use while it rests; left out: 1.6 % of the rated power. [kW]"""
    buffer: Buffer = Buffer()
    """Buffer tank."""
    emergency_cooler: bool = False
    """Whether heat that nobody takes may be cooled away, so that power and set-points come before heat. Without one the unit
    stops when the buffer is full, minimum run time or not."""
    boiler_kw: NonNegative = 0.0
    """Heat of the peak boiler, which meets what unit and buffer cannot; 0 for none. [kW]"""
    boiler_efficiency: Annotated[float, Field(gt=0.3, le=1.0)] = 0.9
    """Its efficiency by higher heating value; assumption. [-]"""
    heat_demand: HeatDemand = HeatDemand()
    """Heat to supply besides that of the buildings on its heat network."""
    network_loss_share: Annotated[float, Field(ge=0.0, lt=0.9)] = 0.0
    """Share of the heat sent to the buildings of its heat network that their pipes lose. [-]"""
    cos_phi: Annotated[float, Field(ge=0.8, le=1.0)] = 1.0
    """Displacement factor of its generator. [-]"""
    excitation: Literal["under", "over"] = "under"
    """Under-excited draws reactive power and lowers the voltage, over-excited delivers it."""

    @model_validator(mode="after")
    def _is_one_unit(self) -> Self:
        if (self.unit is None) == (self.points is None):
            message = f"give either unit or points (got {'neither' if self.unit is None else 'both'})"
            raise ValueError(message)
        if self.unit is not None and self.unit not in unit_types():
            message = f"unknown unit {self.unit!r}: {closest(self.unit, unit_types())}"
            raise ValueError(message)
        return self

    @property
    def operating(self) -> OperatingPoints:
        """Operating points, from the options or from the table."""
        return self.points if self.points is not None else unit_types()[self.unit or ""]

    @property
    def local_mode(self) -> str:
        """What it does while nobody asks."""
        return self.safe_mode if self.mode == "set_point" else self.mode

    @property
    def volume_l(self) -> float:
        """Volume of the buffer. [l]."""
        tank = self.buffer
        if tank.volume_l is not None:
            return tank.volume_l
        return BUFFER_H * self.operating.rated_heat_kw / (WATER_KWH_PER_L_K * (tank.temp_max_degc - tank.temp_min_degc))

    @property
    def loss_w_per_k(self) -> float:
        """Heat the buffer loses per difference to its surroundings. [W/K]."""
        given = self.buffer.loss_w_per_k
        return (12.0 + 5.93 * self.volume_l**0.4) / 45.0 if given is None else given
