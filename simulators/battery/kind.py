# SPDX-License-Identifier: Apache-2.0
"""The device kind ``battery``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from simulators.battery.options import BatteryOptions
from twinergy.errors import Finding
from twinergy.kinds import DeviceKind, Phase
from twinergy.ports import measured, needs, set_point

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinergy.community.twin import BuildContext, Device, Twin
    from twinergy.kinds import Fleet, FloatArray, Refit
    from twinergy.options import Options

FASTEST_C_RATE: Final = 10.0
"""No stationary battery empties in less than six minutes; beyond it a unit was mistaken. [1/h]"""


class BatteryKind(DeviceKind):
    """Home and community batteries."""

    name = "battery"
    title = "Battery with power-dependent losses and ageing; follows the net load or a set-point"
    phase = Phase.STORAGE
    options = BatteryOptions
    ports = (
        needs("p_net_kw", "net.p_kw", "Load of everything else behind the same meter, load frame"),
        set_point("p_set_kw", "Terminal power asked for, load frame: positive charges, negative discharges"),
        set_point("p_min_kw", "Lower limit of the terminal power, load frame"),
        set_point("p_max_kw", "Upper limit of the terminal power, load frame"),
        set_point("min_soc", "Reserve: discharging stops at this state of charge"),
        measured("p_kw", "Terminal power, load frame, standby included"),
        measured("q_kvar", "Reactive power, positive draws"),
        measured("soc", "State of charge at the end of the step, over the present capacity"),
        measured("soh", "Share of the new capacity that is left"),
        measured("energy_kwh", "Energy in the cells at the end of the step", precision="double"),
        measured("p_loss_kw", "Conversion, standby, self-discharge and capacity lost while full; never negative"),
        measured("cycles", "Full equivalent cycles so far", precision="double"),
        measured("p_unserved_kw", "Distance between the set-point and what was possible; 0 while nobody asks"),
    )

    def build(self, devices: Sequence[Device], context: BuildContext) -> Fleet:  # noqa: ARG002 - the seed is not needed
        """Build the fleet of these batteries."""
        from simulators.battery.simulator import BatteryFleet  # noqa: PLC0415 - kept out of the import of the kind

        return BatteryFleet([device.id for device in devices], [cast("BatteryOptions", device.options) for device in devices])

    def rated_kw(self, options: Options) -> float:
        """Return the larger of both power limits, in kW."""
        return cast("BatteryOptions", options).rated_kw

    def refit(
        self, options: Options, real: Mapping[str, FloatArray], twin: Mapping[str, FloatArray], duration_s: float
    ) -> Refit | None:
        """Return the capacity and round-trip efficiency that the course of power and state of charge shows."""
        from simulators.battery.refit import refit  # noqa: PLC0415 - kept out of the import of the kind

        return refit(cast("BatteryOptions", options), real, twin, duration_s)

    def check(self, devices: Sequence[Device], twin: Twin) -> list[Finding]:  # noqa: ARG002
        """Return batteries without a connection, and batteries too fast for their size."""
        return [finding for device in devices for finding in (*_unconnected(device), *_too_fast(device))]


def _unconnected(device: Device) -> list[Finding]:
    if device.connection:
        return []
    message = f"battery {device.id!r} is behind no meter; give it a dwelling or a connection"
    return [Finding(message=message, path=f"{device.path}.connection")]


def _too_fast(device: Device) -> list[Finding]:
    options = cast("BatteryOptions", device.options)
    if options.rated_kw <= FASTEST_C_RATE * options.capacity_kwh:
        return []
    message = f"battery {device.id!r}: {options.rated_kw:g} kW would empty {options.capacity_kwh:g} kWh within six minutes"
    allowed = f"at most {FASTEST_C_RATE * options.capacity_kwh:g} kW; are both in kW and kWh?"
    return [Finding(message=message, path=f"{device.path}.p_charge_kw", value=options.rated_kw, allowed=allowed)]


KIND: Final = BatteryKind()
