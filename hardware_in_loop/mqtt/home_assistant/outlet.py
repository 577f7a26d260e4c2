# SPDX-License-Identifier: Apache-2.0
"""The outlet ``home_assistant``: devices of a run appear in Home Assistant, and can be operated there if the scenario says so."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, ClassVar, Final, Literal, cast

from hardware_in_loop.mqtt.home_assistant.options import HomeAssistantOptions
from twinergy.adapters.outlet import Outlet, OutletKind
from twinergy.errors import Finding, closest
from twinergy.options import NonNegative  # noqa: TC001 - pydantic reads it

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinergy.adapters.outlet import Asked, OutletContext
    from twinergy.kinds import FloatArray
    from twinergy.options import Options

REMOVE_S: Final = 2.0


class HomeAssistantBlock(HomeAssistantOptions):
    """Home Assistant in a scenario."""

    devices: tuple[str, ...] = ("battery", "pv", "charging", "meter", "building", "sensor")
    """Kinds of devices that appear, or single devices by their id."""
    forget_s: NonNegative = 60.0
    """How long what somebody set there still counts while the broker is lost: nobody could take it back. [s]"""


class HomeAssistantOutlet(Outlet):
    """See the module.

    Parameters
    ----------
    options : HomeAssistantBlock
        The block.
    context : OutletContext
        Devices, journal, folder.
    """

    def __init__(self, options: HomeAssistantBlock, context: OutletContext) -> None:
        from hardware_in_loop.mqtt.home_assistant import HomeAssistantPublisher, Table  # noqa: PLC0415 - brings the client

        self._rows = {}
        shown = []
        for kind, table in context.tables.items():
            wanted = [device for device in table.ids if kind in options.devices or device in options.devices]
            if wanted:
                self._rows[kind] = [table.row_of[device] for device in wanted]
                shown.append(Table(kind, tuple(wanted), table.ports))
        self._kind_of = {device: table.kind for table in shown for device in table.ids}
        self._asked: Asked = {}
        self._forget_s, self._up_s = options.forget_s, time.monotonic()
        self._publisher = HomeAssistantPublisher(
            options, shown, folder=context.folder, pilot=context.pilot, on_command=self._ask, journal=context.journal
        )

    def _ask(self, device: str, port: str, value: float) -> None:
        self._asked = {**self._asked, (self._kind_of[device], device, port): value}

    async def start(self) -> None:
        """Begin to connect and announce."""
        await self._publisher.start()

    async def show(self, values: Mapping[str, Mapping[str, FloatArray]]) -> None:
        """Say how the devices are."""
        for kind, rows in self._rows.items():
            await self._publisher.update(kind, {port: column[rows] for port, column in values.get(kind, {}).items()})

    def asked(self) -> Asked:
        """Return what somebody set in Home Assistant; nothing once the broker has been lost for a while."""
        now_s = time.monotonic()
        if self._publisher.connection.up:
            self._up_s = now_s
        if now_s - self._up_s > self._forget_s:
            return {}
        return {key: value for key, value in self._asked.items() if not math.isnan(value)}

    def said(self) -> dict[str, object]:
        """Return how many states were told, and how many could not be."""
        made = self._publisher
        return {"published": made.published, "missed": made.missed, "refused": made.refused}

    async def close(self) -> None:
        """Take the devices out of Home Assistant again, or leave them there as not available."""
        await self._publisher.close()


class HomeAssistantKind(OutletKind):
    """The plug-in."""

    name: ClassVar[str] = "home_assistant"
    title: ClassVar[str] = "Devices of a run in Home Assistant, by MQTT discovery"
    options: ClassVar[type[Options]] = HomeAssistantBlock
    rank: ClassVar[Literal["SCHEDULE", "DEMAND_RESPONSE", "USER_OVERRIDE"]] = "USER_OVERRIDE"

    def check(self, options: Options, devices: Mapping[str, Sequence[str]]) -> list[Finding]:
        """Return names that are neither a kind nor a device of the run; kinds that it merely does not have are none."""
        known = {*devices, *(device for ids in devices.values() for device in ids)}
        given = cast("HomeAssistantBlock", options)
        default = HomeAssistantBlock.model_fields["devices"].default
        return [
            Finding(
                message="is neither a kind nor a device of this run", path="devices", value=name, allowed=closest(name, known)
            )
            for name in given.devices
            if name not in known and name not in default
        ]

    def build(self, options: Options, context: OutletContext) -> Outlet:
        """Build the outlet."""
        return HomeAssistantOutlet(cast("HomeAssistantBlock", options), context)


OUTLET: Final = HomeAssistantKind()
