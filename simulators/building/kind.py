# SPDX-License-Identifier: Apache-2.0
"""The device kind ``building``: ports and checks."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, cast

from simulators.building.options import BuildingOptions
from twinergy.errors import Finding
from twinergy.kinds import DeviceKind, Phase
from twinergy.ports import measured, needs, set_point

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.community.twin import BuildContext, Device, Twin
    from twinergy.kinds import Fleet
    from twinergy.options import Options

USUAL_AREA_M2: Final = 120.0
"""Floor area for the rated power where the options name none: the dwelling's is not known there. [m2]"""

_WEATHER: Final = {
    "temp_degc": "air temperature outdoors",
    "outdoor_humidity_percent": "relative humidity outdoors",
    "ghi_w_per_m2": "global horizontal irradiance, mean over the step",
    "dni_w_per_m2": "direct normal irradiance, mean over the step",
    "dhi_w_per_m2": "diffuse horizontal irradiance, mean over the step",
    "solar_apparent_zenith_deg": "zenith angle of the sun at mid-step",
    "solar_azimuth_deg": "azimuth of the sun at mid-step",
    "albedo": "ground reflectance",
}
_HOUSEHOLD: Final = {
    "occupants": "people in the home",
    "active_occupants": "people in the home who are awake",
    "heat_gain_kw": "sensible heat of appliances and lamps, people not included",
    "hot_water_kw": "heat of hot water drawn at the taps",
}


class BuildingKind(DeviceKind):
    """Buildings with their heating, cooling and hot water."""

    name = "building"
    title = "Building as a two-capacity zone (VDI 6007-1) with heat pump, boiler or network, cooling, hot water and indoor air"
    phase = Phase.UNCONTROLLED
    options = BuildingOptions
    ports = (
        *(needs(name, f"weather.{name.removeprefix('outdoor_')}", description) for name, description in _WEATHER.items()),
        *(needs(name, f"household.{name}", text, default=0.0, over="dwelling") for name, text in _HOUSEHOLD.items()),
        set_point("temp_set_degc", "Set-point of heating; the local schedule while nobody asks"),
        set_point("temp_cool_set_degc", "Set-point of cooling; the local one while nobody asks"),
        set_point("tank_temp_set_degc", "Temperature up to which the tank is charged; the local one while nobody asks"),
        set_point("p_max_kw", "Limit of all electrical power of the plant; hot water goes first, then the room, then cooling"),
        measured("p_kw", "Electrical power of heating, cooling, pumps and fans"),
        measured("q_kvar", "Reactive power, positive inductive"),
        measured("p_heat_pump_kw", "Electrical power that makes heat: compressor, backup heater, immersion or direct heater"),
        measured("p_cooling_kw", "Electrical power of the air conditioner"),
        measured("heat_space_kw", "Heat into the room, backup heater included; a cycling generator makes it in runs"),
        measured("heat_water_kw", "Heat into the hot water"),
        measured("heat_network_kw", "Heat taken from the heat network"),
        measured("cool_kw", "Heat removed by the air conditioner"),
        measured("fuel_kw", "Fuel of the boiler, higher heating value"),
        measured("cop", "Heat over electricity of the heat pump or electric heater, backup not included; 0 while it rests"),
        measured("temp_indoor_degc", "Air temperature, mean over the step"),
        measured("temp_radiant_degc", "Mean radiant temperature of the room's surfaces, mean over the step"),
        measured("temp_tank_degc", "Temperature of the hot-water tank at the end of the step"),
        measured("humidity_percent", "Relative humidity indoors"),
        measured("co2_ppm", "Carbon dioxide indoors"),
        measured("illuminance_lx", "Illuminance of the room"),
        measured("noise_dba", "Sound level of the room"),
        measured("temp_low_k", "How far below the local set-point of heating while somebody is there"),
        measured(
            "temp_high_k", "How far above the local set-point of cooling (26 degC where nothing cools) while somebody is there"
        ),
        measured("heat_unserved_kw", "Heat that the room would have needed beyond what the plant could give"),
        measured("hot_water_unserved_kw", "Hot water drawn that was not warm"),
    )

    def build(self, devices: Sequence[Device], context: BuildContext) -> Fleet:
        """Build the fleet of these buildings."""
        from simulators.building.simulator import BuildingFleet  # noqa: PLC0415 - kept out of the import of the kind

        return BuildingFleet(devices, context)

    def rated_kw(self, options: Options) -> float:
        """Return the most electrical power of the plant, in kW; a home of 120 m2 where the options name no area."""
        from simulators.building.archetypes import archetype  # noqa: PLC0415
        from simulators.building.envelope import envelope  # noqa: PLC0415
        from simulators.building.plant import electric_kw  # noqa: PLC0415

        building = cast("BuildingOptions", options)
        country = building.country or "DE"
        house = archetype(country, building.construction_year, building.refurbishment)
        return electric_kw(building, envelope(building, house, building.floor_area_m2 or USUAL_AREA_M2), country)

    def check(self, devices: Sequence[Device], twin: Twin) -> list[Finding]:
        """Return buildings that cannot be: no floor, no meter, no network, an unknown country, two in one dwelling."""
        findings = [finding for device in devices for finding in _one(device, twin)]
        homes: dict[str, list[Device]] = defaultdict(list)
        for device in devices:
            if device.dwelling:
                homes[device.dwelling].append(device)
        return findings + [_crowded(home, inside) for home, inside in homes.items() if len(inside) > 1]


def _one(device: Device, twin: Twin) -> list[Finding]:
    from simulators.building.archetypes import countries  # noqa: PLC0415 - reads a table

    options, findings = cast("BuildingOptions", device.options), []
    dwelling = twin.dwelling_by_id.get(device.dwelling)
    if options.floor_area_m2 is None and (dwelling is None or dwelling.floor_area_m2 <= 0.0):
        message = f"building {device.id!r} has no floor; give it floor_area_m2 or a dwelling with a floor area"
        findings.append(Finding(message=message, path=f"{device.path}.floor_area_m2"))
    if not device.connection:
        message = f"building {device.id!r} is behind no meter; give it a dwelling or a connection"
        findings.append(Finding(message=message, path=f"{device.path}.connection"))
    if options.heating == "network" and not device.heat_network:
        message = f"building {device.id!r} is heated by a network but hangs on none; name its heat_network"
        findings.append(Finding(message=message, path=f"{device.path}.heat_network"))
    country = options.country or twin.site.country[:2]
    if country not in countries():
        message = f"building {device.id!r}: no typical houses are known for {country!r}; choose a country with similar ones"
        findings.append(Finding(message=message, path=f"{device.path}.country", value=country, allowed=", ".join(countries())))
    return findings


def _crowded(home: str, inside: Sequence[Device]) -> Finding:
    names = ", ".join(device.id for device in inside)
    message = f"dwelling {home!r} is one building, not {len(inside)} ({names}): its people and its hot water would count twice"
    return Finding(message=message, path=f"{inside[1].path}.dwelling", value=home)


KIND: Final = BuildingKind()
