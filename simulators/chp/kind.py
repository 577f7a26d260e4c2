# SPDX-License-Identifier: Apache-2.0
"""The device kind ``chp``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from simulators.chp.options import ChpOptions
from twinergy.errors import Finding
from twinergy.kinds import DeviceKind, Phase
from twinergy.ports import measured, needs, set_point

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.community.twin import BuildContext, Device, Twin
    from twinergy.kinds import Fleet
    from twinergy.options import Options


class ChpKind(DeviceKind):
    """Combined heat and power units."""

    name = "chp"
    title = "CHP unit with part load, ramp, starts, buffer tank and peak boiler; led by heat, load or set-point"
    phase = Phase.FOLLOWING
    options = ChpOptions
    ports = (
        needs("p_net_kw", "net.p_kw", "Load of everything else behind the same meter, load frame"),
        needs(
            "heat_network_kw",
            "building.heat_network_kw",
            "Heat that the buildings on the same heat network take, together",
            default=0.0,
            over="heat_network",
        ),
        set_point("p_set_kw", "Terminal power asked for, load frame: negative generates; less than the least load is off"),
        set_point("p_min_kw", "Lower limit of the terminal power, load frame: -20.0 allows 20 kW of generation"),
        set_point("p_max_kw", "Upper limit of the terminal power, load frame: -10.0 demands 10 kW of generation"),
        measured("p_kw", "Terminal power, load frame: negative generates, positive is own use"),
        measured("q_kvar", "Reactive power, positive draws"),
        measured("heat_kw", "Heat of the engine to the water"),
        measured("boiler_heat_kw", "Heat of the peak boiler"),
        measured("fuel_kw", "Fuel of engine and boiler, higher heating value"),
        measured("heat_demand_kw", "Heat asked for: this unit's share of its network, pipe losses, and its own demand"),
        measured("heat_supplied_kw", "Heat that met demand"),
        measured("heat_unserved_kw", "Heat asked for that neither engine, boiler nor buffer could give; never negative"),
        measured("heat_dumped_kw", "Heat cooled away by the emergency cooler; never negative"),
        measured("heat_loss_kw", "Heat the buffer lost to its surroundings; never negative"),
        measured("soc", "State of charge of the buffer at the end of the step"),
        measured("temp_buffer_degc", "Temperature of the buffer at the end of the step"),
        measured("on", "Whether it runs at the end of the step"),
        measured("starts", "Starts so far", precision="double"),
        measured("hours_h", "Hours of operation so far", precision="double"),
        measured("start_cost_eur", "Cost of the starts of this step"),
        measured("p_unserved_kw", "Distance between the set-point and what was possible; 0 while nobody asks"),
    )

    def build(self, devices: Sequence[Device], context: BuildContext) -> Fleet:  # noqa: ARG002 - the seed is not needed
        """Build the fleet of these units."""
        from simulators.chp.simulator import ChpFleet  # noqa: PLC0415 - kept out of the import of the kind

        options = [cast("ChpOptions", device.options) for device in devices]
        return ChpFleet([device.id for device in devices], options, [device.heat_network for device in devices])

    def rated_kw(self, options: Options) -> float:
        """Return the electrical power at full load, in kW."""
        return cast("ChpOptions", options).operating.rated_kw

    def check(self, devices: Sequence[Device], twin: Twin) -> list[Finding]:  # noqa: ARG002
        """Return units without a connection, and units whose heat nobody takes."""
        return [finding for device in devices for finding in (*_unconnected(device), *_unheeded(device))]


def _unconnected(device: Device) -> list[Finding]:
    if device.connection:
        return []
    message = f"CHP {device.id!r} is behind no meter; give it a dwelling or a connection"
    return [Finding(message=message, path=f"{device.path}.connection")]


def _unheeded(device: Device) -> list[Finding]:
    options = cast("ChpOptions", device.options)
    demand = options.heat_demand
    if device.heat_network or demand.constant_kw > 0.0 or demand.seasonal_kwh > 0.0:
        return []
    message = f"nobody takes the heat of CHP {device.id!r}"
    return [
        Finding(message=message, path=f"{device.path}.heat_network", allowed="a heat_network with buildings, or a heat_demand")
    ]


KIND: Final = ChpKind()
