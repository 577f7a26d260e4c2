# SPDX-License-Identifier: Apache-2.0
"""The device kind ``wind``: ports and checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, cast

from simulators.wind.options import WindOptions
from simulators.wind.turbines import TurbineType
from twinergy.errors import Finding
from twinergy.kinds import DeviceKind, Fleet, Phase
from twinergy.ports import measured, needs, set_point

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.community.twin import BuildContext, Device, Twin
    from twinergy.options import Options
    from twinergy.ports import Port


class WindKind(DeviceKind):
    """Wind turbines and farms of equal turbines."""

    name: ClassVar[str] = "wind"
    title: ClassVar[str] = "wind turbine or farm of equal turbines"
    phase: ClassVar[Phase] = Phase.UNCONTROLLED
    options: ClassVar[type[Options]] = WindOptions
    ports: ClassVar[tuple[Port, ...]] = (
        needs("wind_m_per_s", "weather.wind_m_per_s", "wind speed at 10 m, mean over the step"),
        needs("temp_degc", "weather.temp_degc", "air temperature at 2 m"),
        needs("pressure_hpa", "weather.pressure_hpa", "air pressure at the site"),
        set_point("p_min_kw", "lower bound of the power: -300.0 allows a feed-in of 300 kW (curtailment)"),
        measured("p_kw", "active power, never positive"),
        measured("q_kvar", "reactive power at constant displacement factor, positive absorbs"),
        measured("p_available_kw", "active power without curtailment, after losses, never positive"),
        measured("p_curtailed_kw", "feed-in lost to the set-point, never negative"),
        measured("wind_hub_m_per_s", "wind speed at hub height"),
    )

    def build(self, devices: Sequence[Device], context: BuildContext) -> Fleet:  # noqa: ARG002
        """Build the fleet of these devices, in the given order."""
        from simulators.wind.params import WindParams  # noqa: PLC0415 - kept out of the import of the kind
        from simulators.wind.simulator import WindFleet  # noqa: PLC0415

        params = WindParams.of([cast("WindOptions", device.options) for device in devices])
        return WindFleet(tuple(device.id for device in devices), params)

    def rated_kw(self, options: Options) -> float:
        """Return the highest power of all turbines of a device together. [kW]."""
        return cast("WindOptions", options).rated_kw

    def check(self, devices: Sequence[Device], twin: Twin) -> list[Finding]:  # noqa: ARG002
        """Return turbines whose blades would reach the ground; an own curve says nothing of its rotor."""
        return [finding for device in devices for finding in _too_low(device)]


def _too_low(device: Device) -> list[Finding]:
    options = cast("WindOptions", device.options)
    kind = options.power_curve
    if not isinstance(kind, TurbineType) or options.hub_height_m > kind.rotor_diameter_m / 2.0:
        return []
    return [
        Finding(
            message=f"the blades of {device.id!r} ({kind.title}) would reach the ground",
            path=f"{device.path}.hub_height_m",
            value=f"{options.hub_height_m:g} m",
            allowed=f"above {kind.rotor_diameter_m / 2.0:g} m, half the rotor diameter",
        )
    ]


KIND: Final = WindKind()
