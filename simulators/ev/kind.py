# SPDX-License-Identifier: Apache-2.0
"""The device kind ``ev``: ports and checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from simulators.ev.options import EvOptions
from twinergy.errors import Finding
from twinergy.kinds import DeviceKind, Fleet, Phase
from twinergy.ports import measured, needs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.community.twin import BuildContext, Device, Twin
    from twinergy.options import Options
    from twinergy.ports import Port


class EvKind(DeviceKind):
    """Electric vehicles of dwellings."""

    name: ClassVar[str] = "ev"
    title: ClassVar[str] = "electric vehicle of a dwelling: trips, consumption, state of charge, what it accepts and gives back"
    phase: ClassVar[Phase] = Phase.FOLLOWING
    options: ClassVar[type[Options]] = EvOptions
    ports: ClassVar[tuple[Port, ...]] = (
        needs("temp_degc", "weather.temp_degc", "air temperature"),
        needs("p_ev_kw", "charging.p_ev_kw", "AC power of the charging points of its dwelling, load frame", default=0.0),
        measured("soc", "state of charge at the end of the step"),
        measured("wish_soc", "state of charge the driver wants at departure"),
        measured("plugged", "1 while at home and plugged in during this step"),
        measured("next_plugged", "1 if it will be plugged in during the next step", default=0.0),
        measured("home_state", "1 while at home during this step"),
        measured("p_ac_kw", "AC power it took, load frame: positive charges; the charging point is what loads the grid"),
        measured("p_loss_kw", "lost between socket and battery, own consumption included, never negative"),
        measured("drive_kw", "power from the battery for driving, heating and cooling, mean over the step"),
        measured("p_accept_kw", "AC power it accepts in the next step; 0 if absent, not plugged in or full", default=0.0),
        measured("p_release_kw", "AC power it can feed back in the next step, counted positive", default=0.0),
        measured("energy_wanted_kwh", "energy the battery lacks to the wish at the end of the step; 0 if not plugged in"),
        measured("departure_s", "time from the end of the step to the next departure from home, at most a week"),
        measured("charger_phases_count", "phases of the on-board charger"),
        measured("distance_km", "distance driven so far", precision="double"),
        measured(
            "unserved_kwh", "energy that was missing to the wish at departures of a plugged-in car so far", precision="double"
        ),
        measured("shortfall_kwh", "energy charged in public on trips beyond the battery so far", precision="double"),
    )

    def build(self, devices: Sequence[Device], context: BuildContext) -> Fleet:
        """Build the fleet of these devices, in the given order."""
        from simulators.ev.simulator import EvFleet  # noqa: PLC0415 - kept out of the import of the kind

        return EvFleet(devices, context)

    def check(self, devices: Sequence[Device], twin: Twin) -> list[Finding]:  # noqa: ARG002
        """Return vehicles that belong to no dwelling; one without a charging point there charges elsewhere and is right."""
        return [
            Finding(
                message=f"ev {device.id!r} belongs to no dwelling, so no charging point can serve it",
                path=f"{device.path}.dwelling",
                allowed="the id of a dwelling; visitors of a hub come with the options `visitors` of its charging points",
            )
            for device in devices
            if not device.dwelling
        ]


KIND: Final = EvKind()
