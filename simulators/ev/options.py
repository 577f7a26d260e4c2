# SPDX-License-Identifier: Apache-2.0
"""What a scenario may say about an electric vehicle."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from simulators.ev.use import USES
from simulators.ev.vehicles import Vehicle, vehicles
from twinergy.errors import closest
from twinergy.options import Fraction, NonNegative, Options, Positive


def _hint_at_percent(value: Any) -> Any:
    if isinstance(value, int | float) and 1.0 < value <= 100.0:  # noqa: PLR2004 - percent
        message = f"a state of charge is a fraction 0...1, not a percentage: {value:g} is too high, did you mean {value / 100:g}?"
        raise ValueError(message)
    return value


StateOfCharge = Annotated[Fraction, BeforeValidator(_hint_at_percent)]


class EvOptions(Options):
    """A car that belongs to a dwelling and charges there, at the charging points of the same dwelling."""

    vehicle: str = "vw_id3"
    """Row of the table of vehicles in ``data/ev``; the four options that follow replace its figures."""
    capacity_kwh: Positive | None = None
    """Usable capacity. [kWh]"""
    p_charger_kw: Positive | None = None
    """Highest AC power of the on-board charger. [kW]"""
    charger_phases: Literal[1, 2, 3] | None = None
    """Phases the on-board charger uses. [-]"""
    consumption_kwh_per_km: Annotated[float, Field(gt=0.0, le=1.0)] | None = None
    """From the battery, at mild temperature. [kWh/km]"""
    heating_kw_per_k: NonNegative = 0.085
    """Heating while driving, per kelvin below 20 °C. [kW/K]"""
    cooling_kw_per_k: NonNegative = 0.07
    """Cooling while driving, per kelvin above 23 °C. [kW/K]"""
    efficiency: Annotated[float, Field(gt=0.5, le=1.0)] = 0.93
    """From AC to the battery and back, each way, beside `aux_kw`. [-]"""
    aux_kw: NonNegative = 0.23
    """What the car itself consumes while it charges or discharges: why charging at 6 A wastes most. [kW]"""
    taper_soc: Annotated[float, Field(gt=0.0, le=0.99)] = 0.9
    """From here on the power falls in proportion to what is missing to full. [-]"""
    soc: StateOfCharge | None = None
    """At the start; left out: drawn by id between `plug_in_below_soc` and `soc_limit`, as after a usual day. [-]"""
    soc_wish: StateOfCharge = 0.8
    """What the driver wants at departure; what is missing counts as unserved. [-]"""
    soc_limit: StateOfCharge = 1.0
    """Charging stops here. [-]"""
    v2g_kw: NonNegative = 0.0
    """Highest AC power it can feed back; 0 for a car that cannot. [kW]"""
    v2g_min_soc: StateOfCharge = 0.4
    """Feeding back stops here. [-]"""
    plug_in_below_soc: StateOfCharge = 0.7
    """Who comes home with less plugs in (give or take 0.15, drawn anew each time), or when the next trip needs it;
    1 plugs in every time. [-]"""
    annual_km: Annotated[float, Field(gt=0.0, le=100_000.0)] = 12_320.0
    """Distance of a year in the long run; 12,320 km is the mean of German cars in 2023 (KBA). [km]"""
    use: Literal["private", "company"] = "private"
    """How often it is driven: on two days of three, or nearly every day."""
    commuter: bool | None = None
    """Whether it drives to work; left out: every second car does, drawn by id."""
    commute_km: Positive | None = None
    """One way to work; left out: drawn by id around 12 km. [km]"""

    @field_validator("vehicle")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in vehicles():
            message = f"no vehicle {name!r} in the table; {closest(name, vehicles())}"
            raise ValueError(message)
        return name

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.soc_wish > self.soc_limit:
            message = f"soc_wish={self.soc_wish:g} is never reached above soc_limit={self.soc_limit:g}"
            raise ValueError(message)
        if self.charger_kw * self.efficiency <= self.aux_kw:
            message = f"p_charger_kw={self.charger_kw:g} kW does not even feed aux_kw={self.aux_kw:g} kW; is it in kW?"
            raise ValueError(message)
        if self.commuter is False and self.commute_km is not None:
            message = f"commute_km={self.commute_km:g} km contradicts commuter: false; leave one of them out"
            raise ValueError(message)
        if self.commuting_km > self.annual_km:
            message = (
                f"commuting alone is {self.commuting_km:.0f} km a year ({USES[self.use].commutes_per_year():.0f} days), more "
                f"than annual_km={self.annual_km:g} km"
            )
            raise ValueError(message)
        return self

    @property
    def row(self) -> Vehicle:
        """Row of the table of vehicles."""
        return vehicles()[self.vehicle]

    @property
    def charger_kw(self) -> float:
        """Highest AC power of the on-board charger, in kW."""
        return self.row.ac_kw if self.p_charger_kw is None else self.p_charger_kw

    @property
    def commuting_km(self) -> float:
        """Distance of a year to work and back where it is given, in km."""
        return 0.0 if self.commute_km is None else 2.0 * self.commute_km * USES[self.use].commutes_per_year()
