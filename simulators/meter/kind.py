# SPDX-License-Identifier: Apache-2.0
"""The device kind ``meter``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from simulators.meter.options import MeterOptions
from twinergy.errors import Finding, closest
from twinergy.kinds import DeviceKind, Phase
from twinergy.ports import measured, needs, register

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.community.twin import BuildContext, Device, Twin
    from twinergy.kinds import Fleet


class MeterKind(DeviceKind):
    """Meters of connections, devices, lines and transformers: what a controller may see."""

    name = "meter"
    title = "Meter of one point with class error, noise, resolution, registers, intervals, gaps and delay"
    phase = Phase.OBSERVING
    options = MeterOptions
    ports = (
        needs("true_p_kw", "point.p_kw", "Active power at the point, load frame"),
        needs("true_q_kvar", "point.q_kvar", "Reactive power at the point, positive draws"),
        needs("true_vm_pu", "point.vm_pu", "Voltage at the point"),
        needs("true_soc", "point.soc", "State of charge at the point; NaN where it has none"),
        measured("p_kw", "Active power, mean since the telegram before, load frame; NaN in a gap"),
        measured("q_kvar", "Reactive power, mean since the telegram before, positive draws"),
        measured("voltage_v", "Voltage phase to neutral, mean since the telegram before"),
        measured("frequency_hz", "Frequency at the end of the telegram's last step, the same for all meters"),
        register("energy_import_kwh", "Register of energy drawn since the start"),
        register("energy_export_kwh", "Register of energy fed in since the start"),
        measured("soc", "State of charge as the device's own controller reports it, in steps of 1 %"),
        measured("age_s", "Time since the end of the latest telegram's last step: 0 is fresh; NaN before the first"),
    )

    def build(self, devices: Sequence[Device], context: BuildContext) -> Fleet:
        """Build the fleet of these meters."""
        from simulators.meter.simulator import MeterFleet  # noqa: PLC0415 - kept out of the import of the kind

        options = [cast("MeterOptions", device.options) for device in devices]
        return MeterFleet([device.id for device in devices], options, context.seed)

    def check(self, devices: Sequence[Device], twin: Twin) -> list[Finding]:
        """Return meters of connections and devices that do not exist; lines and transformers are the grid's to know."""
        known = {
            "connection": set(twin.connection_by_id),
            "device": {device.id for device in twin.devices if device.kind != self.name},
        }
        return [finding for device in devices for finding in _lost(device, known)]


def _lost(meter: Device, known: dict[str, set[str]]) -> list[Finding]:
    sort, name = cast("MeterOptions", meter.options).of.target
    if sort not in known or name in known[sort]:
        return []
    message = f"meter {meter.id!r} measures a {sort} that does not exist"
    return [Finding(message=message, path=f"{meter.path}.of.{sort}", value=name, allowed=closest(name, known[sort]))]


KIND: Final = MeterKind()
