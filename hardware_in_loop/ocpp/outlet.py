# SPDX-License-Identifier: Apache-2.0
"""The outlet ``ocpp``: charging points of a run at somebody's central system, which limits them as it would real ones."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, Final, Literal, cast

from pydantic import Field

from hardware_in_loop.ocpp.options import OcppOptions
from twinergy.adapters import Attached, LinkContext
from twinergy.adapters.outlet import Outlet, OutletKind
from twinergy.errors import Finding, closest
from twinergy.options import Options
from twinergy.ports import Direction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinergy.adapters.outlet import Asked, OutletContext
    from twinergy.kinds import FloatArray

CHARGING: Final = "charging"


class StationsBlock(Options):
    """Charging points that are attached to a central system."""

    points: dict[str, OcppOptions] = Field(min_length=1)
    """Charging points by their id: ``dial`` is the URL of the central system, ``station`` and ``evse`` what they are there."""


class StationsOutlet(Outlet):
    """See the module.

    Parameters
    ----------
    options : StationsBlock
        The block.
    context : OutletContext
        Devices, journal, folder.
    """

    def __init__(self, options: StationsBlock, context: OutletContext) -> None:
        from hardware_in_loop.ocpp.station.attach import AttachedStations  # noqa: PLC0415 - brings the stations

        table = context.tables[CHARGING]
        self._rows = {device: table.row_of[device] for device in options.points}
        self._ports = [port.name for port in table.of(Direction.MEASURED)]
        attached = [Attached(id=device, device=device, kind=CHARGING, options=block) for device, block in options.points.items()]
        links = LinkContext(rows={}, journal=context.journal, folder=context.folder, pilot=context.pilot)
        self._stations = AttachedStations(attached, links)
        self._begun = False

    async def start(self) -> None:
        """Wait for the first step: a station that knows nothing of its points would have to call them faulted."""

    async def show(self, values: Mapping[str, Mapping[str, FloatArray]]) -> None:
        """Show the points as they are; with the first of it, connect."""
        columns = values.get(CHARGING, {})
        for device, row in self._rows.items():
            self._stations.update(device, {port: float(columns[port][row]) for port in self._ports if port in columns})
        if not self._begun:
            self._begun = True
            await self._stations.start()

    def asked(self) -> Asked:
        """Return what the charging profiles of the central system make of now."""
        limits = self._stations.limits()
        return {
            (CHARGING, device, port): value
            for device, ports in limits.items()
            for port, value in ports.items()
            if not math.isnan(value)
        }

    def said(self) -> dict[str, object]:
        """Return how each station is connected."""
        return dict(self._stations.said())

    async def close(self) -> None:
        """Hang up."""
        await self._stations.close()


class StationsKind(OutletKind):
    """The plug-in."""

    name: ClassVar[str] = "ocpp"
    title: ClassVar[str] = "Charging points of a run at somebody's central system, by OCPP"
    options: ClassVar[type[Options]] = StationsBlock
    rank: ClassVar[Literal["SCHEDULE", "DEMAND_RESPONSE", "USER_OVERRIDE"]] = "DEMAND_RESPONSE"

    def check(self, options: Options, devices: Mapping[str, Sequence[str]]) -> list[Finding]:
        """Return points that the run does not have, and blocks without an address."""
        found = []
        for name, block in cast("StationsBlock", options).points.items():
            if name not in devices.get(CHARGING, ()):
                message, allowed = "there is no such charging point", closest(name, devices.get(CHARGING, ()))
                found.append(Finding(message=message, path=f"points.{name}", value=name, allowed=allowed))
            if not block.dial:
                message = "it does not say whose central system it is attached to"
                found.append(Finding(message=message, path=f"points.{name}.dial", allowed="ws://host:port/path or wss://"))
        return found

    def build(self, options: Options, context: OutletContext) -> Outlet:
        """Build the outlet."""
        return StationsOutlet(cast("StationsBlock", options), context)


OUTLET: Final = StationsKind()
