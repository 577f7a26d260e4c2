# SPDX-License-Identifier: Apache-2.0
"""What a scenario may say about a building."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from simulators.building.heat_pumps import heat_pumps
from twinergy.errors import closest
from twinergy.options import Fraction, NonNegative, Options, Positive

Hour = Annotated[float, Field(ge=0.0, le=24.0, multiple_of=0.25)]
RoomTemperature = Annotated[float, Field(ge=5.0, le=35.0)]
UValue = Annotated[float, Field(gt=0.05, le=7.0)]


class BuildingOptions(Options):
    """A building as one zone, with its heating, cooling, hot water and what sensors in it would say."""

    use: Literal["residential", "school", "nursery", "office"] = "residential"
    """What it is for: presence, gains and ventilation by schedule where no household of the same dwelling supplies them."""
    country: Literal["DE", "GB", "GR", "IT"] | None = None
    """Whose typical houses the envelope follows; that of the site if not given."""
    construction_year: Annotated[int, Field(ge=1700, le=2100)] = 1970
    """Year of construction: picks the class of the TABULA typology."""
    refurbishment: Literal["existing", "usual", "advanced"] = "existing"
    """State of the envelope: as built, refurbished as usual, or to a high standard."""
    floor_area_m2: Positive | None = None
    """Heated floor area; that of the dwelling if not given. [m2]"""
    storeys: Annotated[int, Field(ge=1, le=30)] | None = None
    """Heated storeys; if not given those of the typical house, 1 for a flat and for compact buildings 4 (homes), 3 (office),
    2 (school) or 1 (nursery) (assumption). Roof and floor shrink with it, facades grow. [-]"""
    shape: Literal["house", "compact"] | None = None
    """How the envelope of the typical house grows with the floor area: all in proportion (``house``), or as a body that keeps its
    form, so that its facades grow with the square root of the area (``compact``: blocks, schools, offices). If not given a house
    for detached and terraced homes and compact for flats and other uses."""
    neighbours: Literal["detached", "terraced", "flat"] = "detached"
    """What adjoins, as warm as the building itself: nothing; a house at either side; or a flat on all sides but two."""
    exposed_wall_share: Annotated[float, Field(gt=0.0, le=1.0)] | None = None
    """Share of the facades that meets the outdoor air; 1 detached, 0.5 terraced or flat if not given (assumption: two sides of
    four). Windows keep their area. [-]"""
    exposed_roof_share: Fraction | None = None
    """Share of the roof that meets the outdoor air; 0 for a flat if not given, else 1. [-]"""
    exposed_floor_share: Fraction | None = None
    """Share of the lowest floor over soil or cellar; 0 for a flat if not given, else 1. [-]"""
    room_height_m: Annotated[float, Field(ge=2.0, le=6.0)] = 2.5
    """Clear height, 2.5 m in the TABULA method. [m]"""
    thermal_mass: Literal["very_light", "light", "medium", "heavy", "very_heavy"] = "medium"
    """Class of the internal heat capacity, EN ISO 13790:2008 table 12."""
    furniture_kj_per_m2k: Annotated[float, Field(ge=0.0, le=100.0)] = 10.0
    """Heat capacity of air and furniture per floor area, EN ISO 52016-1: 10. 0: the air stores nothing, as in VDI 6007-1.
    [kJ/(m2 K)]"""
    rotation_deg: Annotated[float, Field(ge=-45.0, le=45.0)] = 0.0
    """Turn of the house clockwise: 30 lets the south front face south-south-west. Taken to the next 15 degrees. [deg]"""
    u_roof_w_per_m2k: UValue | None = None
    """Thermal transmittance of the roof, instead of the typical one. [W/(m2 K)]"""
    u_wall_w_per_m2k: UValue | None = None
    """Thermal transmittance of the walls, instead of the typical one. [W/(m2 K)]"""
    u_floor_w_per_m2k: UValue | None = None
    """Thermal transmittance of the lowest floor (soil weighed in), instead of the typical one. [W/(m2 K)]"""
    u_window_w_per_m2k: UValue | None = None
    """Thermal transmittance of the windows, instead of the typical one. [W/(m2 K)]"""
    g_value: Annotated[float, Field(ge=0.1, le=0.9)] | None = None
    """Solar transmittance of the glazing at normal incidence, instead of the typical one. [-]"""
    partly_heated: bool = True
    """Whether, in homes, heat losses are cut as TABULA does for rooms and hours that are heated less (factor 0.8 to 1)."""
    ventilation: Literal["natural", "mechanical"] = "natural"
    """Windows, or fans with heat recovery."""
    heat_recovery: Annotated[float, Field(ge=0.0, le=0.95)] = 0.8
    """Share of the heat that mechanical ventilation gives back. [-]"""
    blinds: Fraction = 0.5
    """What closed blinds let through; people close them when it is warm. 1: there are none. [-]"""
    window_opening: bool = True
    """Whether people open windows wide when it is warm inside and cooler outside."""

    temp_set_degc: RoomTemperature = 20.0
    """Set-point of heating by day; TABULA and EN 16798-1 category II. [degC]"""
    setback_degc: RoomTemperature | None = None
    """Set-point of heating by night, and for other uses out of hours; if not given 3 K below the day's, 1 K with a heat pump.
    [degC]"""
    setback_from_h: Hour | None = None
    """Local time when the night begins, in quarters of an hour; drawn per building from 21 to 24 if not given (assumption).
    Other uses than homes follow their schedule. [h]"""
    setback_until_h: Hour | None = None
    """Local time when it ends; drawn per building from 5 to 8 if not given (assumption). [h]"""
    heating_limit_degc: Annotated[float, Field(ge=0.0, le=30.0)] | None = 15.0
    """From this mean of the outdoor temperature on (exponential, over 36 h) the room is not heated, whatever its set-point and
    whoever asks; hot water is. 15 for buildings of the stock, 12 and 10 for low-energy and passive houses (VDI 3807, DIN V
    4108-6). None: never off. [degC]"""
    heating: Literal["heat_pump", "boiler", "network", "electric", "none"] = "boiler"
    """What makes heat."""
    heat_power_kw: Positive | None = None
    """Thermal power; for heat pumps at the rating point of hplib. The design heat load if not given. [kW]"""
    design_temp_degc: Annotated[float, Field(ge=-40.0, le=15.0)] | None = None
    """Outdoor temperature for which the heating is sized; -12 DE, -4 GB, -2 IT, 1 GR if not given (assumption). [degC]"""
    emitter: Literal["radiator", "floor"] = "radiator"
    """How heat reaches the room."""
    flow_temp_degc: Annotated[float, Field(ge=25.0, le=80.0)] | None = None
    """Flow temperature on the design day; 55 with radiators, 45 once refurbished, 35 under the floor (assumption). [degC]"""
    heat_pump: str = "wolf_cha_07"
    """Heat pump of the table in ``data/heat_pumps``; its characteristic is scaled to the thermal power. The generic ones
    are means of hplib, with a poor coefficient of performance at high flow temperatures."""
    installed_share: Annotated[float, Field(ge=0.5, le=1.0)] = 0.8
    """Coefficient of performance of the installed heat pump over that on the test bench: cycling, defrosting, hydraulics and
    settings (assumption; with it the air to water units of the table have in a refurbished house at 55 degC the seasonal
    performance of field trials: median 2.8 in 742 British homes (Electrification of Heat 2023), mean 3.1 at Fraunhofer ISE).
    [-]"""
    source_degc: Annotated[float, Field(ge=-10.0, le=25.0)] = 5.0
    """Brine temperature at the heat pump, constant (assumption); air to water follows the weather. The characteristic is known
    from -5 to 10. [degC]"""
    heat_pump_limit_degc: Annotated[float, Field(ge=-40.0, le=10.0)] = -20.0
    """Below this outdoor temperature an air heat pump stands still. [degC]"""
    backup_kw: NonNegative = 6.0
    """Electric backup heater of a heat pump; it helps only where the heat pump cannot. [kW]"""
    bivalence_degc: Annotated[float, Field(ge=-30.0, le=20.0)] = -5.0
    """The backup heater helps only below this outdoor temperature, not to heat up faster in the morning (assumption). [degC]"""
    shortest_run_min: Annotated[float, Field(ge=0.0, le=60.0)] = 10.0
    """Shortest run of a boiler or heat pump that cannot modulate to what is needed; the heating water evens it out. [min]"""
    least_load: Annotated[float, Field(ge=0.0, le=1.0)] | None = None
    """Least power of the boiler over its rating, 0.2 if not given; a heat pump follows hplib (a quarter). [-]"""
    fuel: Literal["natural_gas", "heating_oil", "lpg", "wood"] = "natural_gas"
    """Fuel of the boiler; it decides on its carbon dioxide."""
    boiler_efficiency: Annotated[float, Field(ge=0.5, le=1.0)] = 0.88
    """Heat over fuel, higher heating value: 0.98 of the lower value in a condensing gas boiler, seasonal (assumption). [-]"""

    cooling: Literal["none", "air_conditioner"] = "none"
    """What cools."""
    cooling_power_kw: Positive | None = None
    """Cooling power; 60 W per m2 of floor if not given (assumption). [kW]"""
    cooling_eer: Annotated[float, Field(ge=1.5, le=8.0)] = 3.2
    """Energy efficiency ratio at 35 degC outdoors; it rises as it is cooler. [-]"""
    temp_cool_set_degc: RoomTemperature = 26.0
    """Set-point of cooling; EN 16798-1 category II in summer. [degC]"""

    hot_water: Literal["tank", "instantaneous", "none"] = "tank"
    """How hot water is made; ``none`` if something else does it."""
    water_heater: Literal["generator", "immersion"] = "generator"
    """What charges the tank: the heat generator, or an immersion heater of its own."""
    immersion_kw: Positive = 2.0
    """Power of the immersion heater. [kW]"""
    tank_l: Annotated[float, Field(ge=20.0, le=20000.0)] | None = None
    """Volume of the tank; 200 l up to 200 m2 of floor, then 1 l per m2, if not given (assumption). [l]"""
    tank_class: Literal["A", "B", "C", "D"] = "C"
    """Energy label of the tank, Regulation (EU) 812/2013 annex II: the upper limit of its standing loss."""
    tank_temp_set_degc: Annotated[float, Field(ge=40.0, le=75.0)] = 50.0
    """Temperature up to which the tank is charged. [degC]"""
    tank_band_k: Annotated[float, Field(ge=0.0, le=20.0)] = 5.0
    """Charging begins this much below. [K]"""
    legionella_degc: Annotated[float, Field(ge=55.0, le=75.0)] | None = None
    """Temperature of the weekly thermal disinfection, Sunday 2 to 4 o'clock; none if not given. [degC]"""

    power_factor: Annotated[float, Field(gt=0.5, le=1.0)] = 0.97
    """Displacement factor of the electrical load, inductive (assumption). [-]"""
    p_fan_kw: NonNegative | None = None
    """Fans of mechanical ventilation; 0.45 W per m3/h if not given (EN 16798-3 SFP 3 is up to 0.35, supply and exhaust). [kW]"""
    daylight_factor: Annotated[float, Field(ge=0.0, le=0.2)] | None = None
    """Daylight in the room over that on the open ground; 0.08 times window area over floor area if not given. [-]"""
    lamps_lx: NonNegative | None = None
    """Light of the lamps; 150 lx at home, 300 in school, 500 in offices if not given (EN 12464-1). [lx]"""
    background_dba: Annotated[float, Field(ge=15.0, le=60.0)] = 30.0
    """Sound level of an empty room. [dB(A)]"""
    temp_degc: RoomTemperature = 20.0
    """Temperature of air and masses at the start. [degC]"""

    @field_validator("heat_pump")
    @classmethod
    def _is_in_the_table(cls, heat_pump: str) -> str:
        if heat_pump not in heat_pumps():
            message = f"no heat pump {heat_pump!r}: {closest(heat_pump, heat_pumps())}"
            raise ValueError(message)
        return heat_pump

    @model_validator(mode="after")
    def _cools_above_heating(self) -> Self:
        if self.temp_cool_set_degc <= self.temp_set_degc:
            message = f"temp_cool_set_degc={self.temp_cool_set_degc:g} must be above temp_set_degc={self.temp_set_degc:g}"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _night_is_cooler(self) -> Self:
        if self.night_degc > self.temp_set_degc:
            message = f"setback_degc={self.night_degc:g} must not be above temp_set_degc={self.temp_set_degc:g}"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _something_heats_the_water(self) -> Self:
        if self.heating == "none" and self.hot_water != "none" and self.water_heater == "generator":
            message = "hot water needs a heater: heating is 'none'; set water_heater to 'immersion' or hot_water to 'none'"
            raise ValueError(message)
        return self

    @property
    def night_degc(self) -> float:
        """Set-point of heating by night, in degC."""
        if self.setback_degc is not None:
            return self.setback_degc
        return max(5.0, self.temp_set_degc - (1.0 if self.heating == "heat_pump" else 3.0))
