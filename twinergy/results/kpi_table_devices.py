# SPDX-License-Identifier: Apache-2.0
"""Definitions of the key figures of buildings, cars and plants."""

from __future__ import annotations

from typing import Final

from twinergy.results.kpi_definition import COMFORT, HEAT, MOBILITY, PLANTS, KpiDefinition

EN_16798: Final = "EN 16798-1:2019, annex B, residential living spaces: I 21–25.5 °C, II 20–26 °C, III 18–27 °C operative"
CO2_SOURCE: Final = (
    "1,000 ppm: Pettenkofer (1858); EN 16798-1 category II allows 800 ppm above outdoors, about 1,200 ppm, in living rooms"
)

_HEAT: Final = (
    KpiDefinition(
        "heat_space_kwh", "kWh", HEAT, "Heat for rooms", "Σ over buildings of heat_space·Δt", "{value} of heat went into rooms."
    ),
    KpiDefinition(
        "heat_water_kwh",
        "kWh",
        HEAT,
        "Heat for hot water",
        "Σ over buildings of heat_water·Δt",
        "Hot water took {value} of heat.",
    ),
    KpiDefinition(
        "heat_pump_heat_kwh",
        "kWh",
        HEAT,
        "Heat from heat pumps",
        "Σ over buildings with a heat pump of (heat_space + heat_water − heat_network)·Δt, backup heater included, "
        "water of immersion heaters not",
        "Heat pumps supplied {value} of heat.",
    ),
    KpiDefinition(
        "heat_pump_kwh",
        "kWh",
        HEAT,
        "Electricity of heat pumps",
        "Σ over buildings with a heat pump of p_heat_pump·Δt, backup heater included, immersion heaters not",
        "Heat pumps used {value} of electricity.",
    ),
    KpiDefinition(
        "heat_pump_spf",
        "1",
        HEAT,
        "Seasonal performance factor",
        "heat from heat pumps / electricity of heat pumps over the run, of all buildings together; "
        "the place is the building with the lowest",
        "A kilowatt hour of electricity became {value} kWh of heat.",
        digits=2,
        source="SPF at boundary H3 of SEPEMO-Build (2012): compressor and backup heater, before the tank",
    ),
    KpiDefinition(
        "electric_heater_kwh",
        "kWh",
        HEAT,
        "Electricity of direct heaters",
        "Σ over buildings of p_heat_pump·Δt − electricity of heat pumps: direct and immersion heaters",
        "Direct heaters used {value} of electricity.",
    ),
    KpiDefinition(
        "boiler_heat_kwh",
        "kWh",
        HEAT,
        "Heat from boilers",
        "Σ over buildings with fuel of (heat_space + heat_water − heat_network − p_heat_pump)·Δt, at least 0",
        "Boilers in buildings supplied {value} of heat.",
    ),
    KpiDefinition(
        "fuel_kwh",
        "kWh",
        HEAT,
        "Fuel of boilers",
        "Σ over buildings of fuel·Δt, higher heating value",
        "Boilers in buildings burnt {value} of fuel.",
    ),
    KpiDefinition(
        "co2_biogenic_kg",
        "kg",
        HEAT,
        "CO₂ of wood",
        "Σ over buildings with wood boilers of fuel·Δt · 0.371 kg/kWh of higher heating value; no part of any total",
        "Burning wood set {value} of biogenic CO₂ free, which no total counts.",
        source="2006 IPCC Guidelines, volume 2, table 2.2: 112,000 kg/TJ of lower heating value, a memo item; 92 % of the higher",
    ),
    KpiDefinition(
        "heat_network_kwh",
        "kWh",
        HEAT,
        "Heat from the heat network",
        "Σ over buildings of heat_network·Δt",
        "Buildings took {value} from the heat network.",
    ),
    KpiDefinition(
        "heat_unserved_kwh",
        "kWh",
        HEAT,
        "Heat not served",
        "Σ over buildings of heat_unserved·Δt",
        "{value} of heat for rooms could not be supplied.",
    ),
    KpiDefinition(
        "hot_water_unserved_kwh",
        "kWh",
        HEAT,
        "Hot water not served",
        "Σ over buildings of hot_water_unserved·Δt",
        "{value} of heat for hot water could not be supplied.",
    ),
    KpiDefinition(
        "cooling_kwh",
        "kWh",
        HEAT,
        "Electricity of cooling",
        "Σ over buildings of p_cooling·Δt",
        "Cooling used {value} of electricity.",
    ),
    KpiDefinition(
        "cool_kwh", "kWh", HEAT, "Heat removed", "Σ over buildings of cool·Δt", "Cooling took {value} of heat out of rooms."
    ),
    KpiDefinition(
        "chp_supplied_kwh",
        "kWh",
        HEAT,
        "Heat supplied to networks",
        "Σ over CHP units, their boilers included, of heat_supplied·Δt",
        "CHP units and their boilers supplied {value} of heat to networks.",
    ),
    KpiDefinition(
        "chp_heat_kwh",
        "kWh",
        HEAT,
        "Heat of CHP units",
        "Σ of heat·Δt, what is dumped included",
        "CHP units made {value} of heat.",
    ),
    KpiDefinition(
        "chp_boiler_heat_kwh",
        "kWh",
        HEAT,
        "Heat of peak boilers",
        "Σ over CHP units of boiler_heat·Δt",
        "Boilers beside CHP units added {value} of heat.",
    ),
    KpiDefinition(
        "chp_dumped_kwh", "kWh", HEAT, "Heat dumped", "Σ over CHP units of heat_dumped·Δt", "{value} of heat found no use."
    ),
    KpiDefinition(
        "network_unserved_kwh",
        "kWh",
        HEAT,
        "Heat missing in networks",
        "Σ over CHP units of heat_unserved·Δt",
        "{value} of heat was missing in heat networks.",
    ),
)

_COMFORT: Final = (
    KpiDefinition(
        "comfort_outside_h",
        "h",
        COMFORT,
        "Hours outside the comfort band",
        "mean over buildings of the hours with somebody at home in which the room was more than 0.5 K (a thermostat's own band) "
        "below its heating or above its cooling set-point: temp_low or temp_high > 0.5 K; the place is the building with most",
        "A home was too cold or too warm for {value} while somebody was in.",
    ),
    KpiDefinition(
        "comfort_outside",
        "1",
        COMFORT,
        "Share of occupied hours outside the band",
        "Σ hours outside / Σ hours with somebody at home, all hours where occupancy is unknown",
        "{value} of the time somebody was in, a home was too cold or too warm.",
        "percent",
    ),
    KpiDefinition(
        "comfort_cold_kh",
        "K h",
        COMFORT,
        "Degree hours too cold",
        "mean over buildings of Σ temp_low·Δt in these hours; the place is the building with most",
        source="weighted hours of EN 16798-2 / EN 15251 annex F, weight 1 per kelvin",
    ),
    KpiDefinition(
        "comfort_warm_kh",
        "K h",
        COMFORT,
        "Degree hours too warm",
        "mean over buildings of Σ temp_high·Δt in these hours; the place is the building with most",
        source="as above",
    ),
    KpiDefinition(
        "comfort_category_1",
        "1",
        COMFORT,
        "Occupied hours in category I",
        "share of occupied building hours with 21.0 to 25.5 °C; air temperature stands for the operative one",
        "Homes were in category I (high expectations) for {value} of the time somebody was in.",
        "percent",
        source=EN_16798,
    ),
    KpiDefinition(
        "comfort_category_2",
        "1",
        COMFORT,
        "Occupied hours in category II or better",
        "the same with 20.0 to 26.0 °C",
        "Homes were in category II (normal expectations) or better for {value} of the time somebody was in.",
        "percent",
        source=EN_16798,
    ),
    KpiDefinition(
        "comfort_category_3",
        "1",
        COMFORT,
        "Occupied hours in category III or better",
        "the same with 18.0 to 27.0 °C",
        "Homes were in category III (moderate expectations) or better for {value} of the time somebody was in.",
        "percent",
        source=EN_16798,
    ),
    KpiDefinition(
        "temp_indoor_degc",
        "degC",
        COMFORT,
        "Mean indoor temperature",
        "mean over buildings and steps of temp_indoor",
        "Homes had {value} on average.",
    ),
    KpiDefinition("temp_indoor_min_degc", "degC", COMFORT, "Lowest indoor temperature", "min over buildings and steps"),
    KpiDefinition("temp_indoor_max_degc", "degC", COMFORT, "Highest indoor temperature", "max over buildings and steps"),
    KpiDefinition(
        "air_1000_h",
        "h",
        COMFORT,
        "Hours above 1,000 ppm CO₂",
        "mean over buildings of the hours with co2 above 1,000 ppm; the place is the building with most",
        "The air of a home was above 1,000 ppm of CO₂ for {value}.",
        source=CO2_SOURCE,
    ),
    KpiDefinition(
        "air_1200_h",
        "h",
        COMFORT,
        "Hours above 1,200 ppm CO₂",
        "the same above 1,200 ppm",
        "The air of a home was above 1,200 ppm of CO₂ for {value}.",
        source=CO2_SOURCE,
    ),
)

_MOBILITY: Final = (
    KpiDefinition(
        "ev_distance_km", "km", MOBILITY, "Distance driven", "Σ over cars of distance at the end", "Cars drove {value}."
    ),
    KpiDefinition(
        "ev_charged_kwh",
        "kWh",
        MOBILITY,
        "Charged",
        "Σ over charging points of max(0, p)·Δt",
        "Charging points delivered {value}.",
    ),
    KpiDefinition(
        "ev_returned_kwh",
        "kWh",
        MOBILITY,
        "Fed back by cars",
        "Σ over charging points of max(0, −p)·Δt",
        "Cars fed back {value}.",
    ),
    KpiDefinition(
        "ev_drive_kwh", "kWh", MOBILITY, "Used for driving", "Σ over cars of drive·Δt", "Driving took {value} from batteries."
    ),
    KpiDefinition(
        "ev_kwh_per_100km",
        "kWh/100 km",
        MOBILITY,
        "Consumption of cars",
        "100 · used for driving / distance, from the battery; charging losses come on top",
        "A car used {value}.",
    ),
    KpiDefinition(
        "ev_unserved_kwh",
        "kWh",
        MOBILITY,
        "Missing at departure",
        "Σ over cars of unserved at the end: what plugged-in cars lacked of what their drivers wanted, when they left; "
        "the place is the car with most",
        "When they left, cars lacked {value} of what their drivers wanted.",
    ),
    KpiDefinition(
        "ev_short_departures",
        "1",
        MOBILITY,
        "Departures with less than wanted",
        "number of steps of all cars in which their unserved register grew",
        "",
        "count",
    ),
    KpiDefinition(
        "ev_shortfall_kwh",
        "kWh",
        MOBILITY,
        "Charged on the way",
        "Σ over cars of shortfall at the end: what trips needed beyond the charge of the battery",
        "Cars had to take {value} from public chargers on their trips.",
    ),
    KpiDefinition(
        "charging_unserved_kwh",
        "kWh",
        MOBILITY,
        "Charging not served",
        "Σ over charging points of unserved at the end; the place is the point with most",
        "Charging points owed {value} to the cars that left them.",
    ),
    KpiDefinition(
        "charging_short_departures",
        "1",
        MOBILITY,
        "Charging sessions with less than wanted",
        "number of steps of all charging points in which their unserved register grew",
        "",
        "count",
    ),
    KpiDefinition("charging_sessions", "1", MOBILITY, "Charging sessions", "Σ of sessions_count at the end", "", "count"),
    KpiDefinition("charging_no_shows", "1", MOBILITY, "Bookings not taken up", "Σ of no_show_count at the end", "", "count"),
    KpiDefinition("charging_refused", "1", MOBILITY, "Cars turned away", "Σ of refused_count at the end", "", "count"),
    KpiDefinition("charging_queue", "1", MOBILITY, "Longest queue", "max over charging points and steps of queue", "", digits=0),
)

_PLANTS: Final = (
    KpiDefinition("pv_kwh", "kWh", PLANTS, "PV", "Σ over PV systems of max(0, −p)·Δt", "PV generated {value}."),
    KpiDefinition(
        "pv_yield_kwh_per_kwp",
        "kWh/kWp",
        PLANTS,
        "Yield of PV",
        "generation of PV / module power of all systems, over the run",
        "A kilowatt of modules yielded {value}.",
        source="final yield Yf of IEC 61724-1",
    ),
    KpiDefinition("wind_kwh", "kWh", PLANTS, "Wind", "Σ over turbines of max(0, −p)·Δt", "Wind turbines generated {value}."),
    KpiDefinition(
        "wind_full_load_h",
        "h",
        PLANTS,
        "Full-load hours of wind",
        "generation of all turbines / their rated power, over the run",
        "Wind turbines ran for {value} at full load, in effect.",
    ),
    KpiDefinition("chp_kwh", "kWh", PLANTS, "CHP", "Σ over CHP units of max(0, −p)·Δt", "CHP units generated {value}."),
    KpiDefinition(
        "chp_full_load_h",
        "h",
        PLANTS,
        "Full-load hours of CHP",
        "generation of all CHP units / their rated power, over the run",
        "CHP units ran for {value} at full load, in effect.",
    ),
    KpiDefinition("chp_run_h", "h", PLANTS, "Running hours of CHP", "mean over CHP units of hours at the end"),
    KpiDefinition("chp_starts", "1", PLANTS, "Starts of CHP", "mean over CHP units of starts; the place is the unit with most"),
)

DEVICES: Final = (*_HEAT, *_COMFORT, *_MOBILITY, *_PLANTS)
"""Definitions of this module, in the order people read them."""
