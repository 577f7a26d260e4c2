# SPDX-License-Identifier: Apache-2.0
"""The device kind `weather`: its ports and how it is built."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from simulators.weather.params import WeatherOptions
from twinergy.errors import Finding, ScenarioError
from twinergy.kinds import DeviceKind, Fleet, Phase
from twinergy.ports import Port, measured

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.community.twin import BuildContext, Device, Twin
    from twinergy.options import Options


class WeatherKind(DeviceKind):
    """Sun, air and wind at the site; one device per scenario feeds all others."""

    name: ClassVar[str] = "weather"
    title: ClassVar[str] = "weather at the site"
    phase: ClassVar[Phase] = Phase.AMBIENT
    options: ClassVar[type[Options]] = WeatherOptions
    ports: ClassVar[tuple[Port, ...]] = (
        measured("ghi_w_per_m2", "global horizontal irradiance, mean over the step"),
        measured("dni_w_per_m2", "beam normal irradiance; with the zenith at mid-step GHI = DHI + DNI cos(zenith)"),
        measured("dhi_w_per_m2", "diffuse horizontal irradiance, mean over the step"),
        measured("dni_extra_w_per_m2", "extraterrestrial normal irradiance"),
        measured("temp_degc", "air temperature at 2 m"),
        measured("humidity_percent", "relative humidity at 2 m"),
        measured("wind_m_per_s", "wind speed at 10 m"),
        measured("pressure_hpa", "air pressure at the site"),
        measured("albedo", "reflectance of the ground"),
        measured("solar_zenith_deg", "true zenith angle of the sun at mid-step"),
        measured("solar_apparent_zenith_deg", "zenith angle of the sun at mid-step, corrected for refraction"),
        measured("solar_azimuth_deg", "azimuth of the sun at mid-step, clockwise from north, 180 is south"),
    )

    def build(self, devices: Sequence[Device], context: BuildContext) -> Fleet:
        """Read or prepare the source of each device's weather; see `DeviceKind.build`."""
        from simulators.weather.simulator import WeatherFleet  # noqa: PLC0415

        return WeatherFleet(devices, context)

    def check(self, devices: Sequence[Device], twin: Twin) -> list[Finding]:
        """Return what can be seen to be wrong without reading weather: two devices, an unknown place or region."""
        from simulators.weather.climate_figures import climate_of  # noqa: PLC0415
        from simulators.weather.sources import source_name, try_region  # noqa: PLC0415

        findings = []
        for extra in devices[1:]:
            message = "a scenario has one weather device, which feeds all others"
            findings.append(Finding(message=message, path=extra.path, value=extra.id, allowed=devices[0].id))
        for device in devices:
            options = cast("WeatherOptions", device.options)
            source = source_name(options, twin.site)
            try:
                if source == "try":
                    try_region(options, twin.site)
                elif source == "climate" and options.place is not None:
                    climate_of(options.place)
            except ScenarioError as error:
                findings += [_at(device.path, finding) for finding in error.findings]
        return findings


def _at(path: str, finding: Finding) -> Finding:
    from dataclasses import replace  # noqa: PLC0415

    return replace(finding, path=f"{path}.{finding.path}" if path else finding.path)
