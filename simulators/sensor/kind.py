# SPDX-License-Identifier: Apache-2.0
"""The device kind ``sensor``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from simulators.sensor.options import SensorOptions
from twinergy.errors import Finding, closest
from twinergy.kinds import DeviceKind, Phase
from twinergy.ports import measured, needs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.community.twin import BuildContext, Device, Twin
    from twinergy.kinds import Fleet

_SENSED: Final = {
    "temp_indoor_degc": "temperature of the air",
    "humidity_percent": "relative humidity of the air",
    "co2_ppm": "carbon dioxide in the air",
    "illuminance_lx": "illuminance in the room",
    "noise_dba": "sound pressure level in the room, A-weighted",
}


class SensorKind(DeviceKind):
    """Environmental sensors: comfort and air quality as a controller may know them."""

    name = "sensor"
    title = "Environmental sensor of a building with accuracy, noise, range, response time, reports and gaps"
    phase = Phase.OBSERVING
    options = SensorOptions
    ports = (
        *(needs(f"true_{name}", f"point.{name}", f"True {text}; NaN where there is none") for name, text in _SENSED.items()),
        *(measured(name, f"Reading: {text}; NaN in a gap or where the sensor has none") for name, text in _SENSED.items()),
        measured("valid", "Whether the latest report arrived: 1, or 0 in a gap and before the first"),
        measured("age_s", "Time since the end of the step of the latest report that arrived: 0 is fresh; NaN before the first"),
    )

    def build(self, devices: Sequence[Device], context: BuildContext) -> Fleet:
        """Build the fleet of these sensors."""
        from simulators.sensor.simulator import SensorFleet  # noqa: PLC0415 - kept out of the import of the kind

        options = [cast("SensorOptions", device.options) for device in devices]
        return SensorFleet([device.id for device in devices], options, context.seed)

    def check(self, devices: Sequence[Device], twin: Twin) -> list[Finding]:
        """Return sensors of devices that do not exist."""
        known = {device.id for device in twin.devices if device.kind != self.name}
        return [
            Finding(
                message=f"sensor {device.id!r} hangs in a device that does not exist",
                path=f"{device.path}.of.device",
                value=name,
                allowed=closest(name, known),
            )
            for device in devices
            if (name := cast("SensorOptions", device.options).of.device) not in known
        ]


KIND: Final = SensorKind()
