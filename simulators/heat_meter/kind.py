# SPDX-License-Identifier: Apache-2.0
"""The device kind ``heat_meter``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from simulators.heat_meter.options import QUANTITIES, HeatMeterOptions
from twinergy.errors import Finding, closest
from twinergy.kinds import DeviceKind, Phase
from twinergy.ports import measured, needs, register

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.community.twin import BuildContext, Device, Twin
    from twinergy.kinds import Fleet

OF_KIND: Final = {"building": QUANTITIES[:4], "chp": QUANTITIES[4:]}
"""Heat flows of the kinds that have any; what another kind measures is for it to know."""


class HeatMeterKind(DeviceKind):
    """Heat meters of buildings and CHPs."""

    name = "heat_meter"
    title = "Heat meter with the errors of its class (EN 1434), register, flow, temperatures, intervals and gaps"
    phase = Phase.OBSERVING
    options = HeatMeterOptions
    ports = (
        *(needs(f"true_{name}", f"point.{name}", "Heat at the point; NaN where it has none") for name in QUANTITIES),
        needs("true_temp_flow_degc", "point.temp_flow_degc", "Flow temperature; NaN where the device does not say it"),
        needs("true_temp_return_degc", "point.temp_return_degc", "Return temperature; NaN where the device does not say it"),
        measured("heat_kw", "Heat, mean since the telegram before, never negative; NaN in a gap"),
        register("energy_kwh", "Register of heat since the start"),
        measured("flow_m3_per_h", "Volume flow, mean since the telegram before"),
        measured("temp_flow_degc", "Flow temperature, mean since the telegram before"),
        measured("temp_return_degc", "Return temperature, mean since the telegram before"),
        measured("valid", "Whether the latest telegram arrived: 1, or 0 in a gap and before the first"),
        measured("age_s", "Time since the end of the step of the latest telegram that arrived: 0 is fresh; NaN before the first"),
    )

    def build(self, devices: Sequence[Device], context: BuildContext) -> Fleet:
        """Build the fleet of these heat meters."""
        from simulators.heat_meter.simulator import HeatMeterFleet  # noqa: PLC0415 - kept out of the import of the kind

        options = [cast("HeatMeterOptions", device.options) for device in devices]
        return HeatMeterFleet([device.id for device in devices], options, context.seed)

    def check(self, devices: Sequence[Device], twin: Twin) -> list[Finding]:
        """Return heat meters of devices that do not exist or have no such heat flow."""
        return [finding for device in devices for finding in _astray(device, twin)]


def _astray(meter: Device, twin: Twin) -> list[Finding]:
    options = cast("HeatMeterOptions", meter.options)
    name = options.of.device
    target = twin.device_by_id.get(name)
    if target is None or target.kind == meter.kind:
        known = [device.id for device in twin.devices if device.kind != meter.kind]
        message = f"heat meter {meter.id!r} measures a device that does not exist"
        return [Finding(message=message, path=f"{meter.path}.of.device", value=name, allowed=closest(name, known))]
    offered = OF_KIND.get(target.kind, QUANTITIES)
    if options.quantity in offered:
        return []
    message = f"heat meter {meter.id!r}: a {target.kind} has no such heat flow"
    return [Finding(message=message, path=f"{meter.path}.quantity", value=options.quantity, allowed=", ".join(offered))]


KIND: Final = HeatMeterKind()
