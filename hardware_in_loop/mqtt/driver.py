# SPDX-License-Identifier: Apache-2.0
"""All MQTT devices of a run: one connection for those of one broker and user, and one more per last will."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from hardware_in_loop.mqtt.client import Connection, Settings
from hardware_in_loop.mqtt.fallback import falls_back, guard_keepalive_s, safe_value, will_of
from hardware_in_loop.mqtt.library import bind, load
from hardware_in_loop.mqtt.link import MqttLink
from hardware_in_loop.mqtt.payloads import PayloadError, fill
from hardware_in_loop.mqtt.ports import wire
from hardware_in_loop.mqtt.profile import Profile
from twinergy.adapters import Driver, Mode
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hardware_in_loop.mqtt.options import MqttOptions
    from twinergy.adapters import Attached, DeviceLink, LinkContext


class MqttDriver(Driver):
    """Holds the connections and the links.

    Parameters
    ----------
    attached : sequence of Attached
        The devices.
    context : LinkContext
        Of the run.
    """

    def __init__(self, attached: Sequence[Attached], context: LinkContext) -> None:
        self._context = context
        self._connections: dict[Settings, Connection] = {}
        self._links = [self._link(each) for each in attached]
        self.links: dict[str, DeviceLink] = {link.id: link for link in self._links}

    def _link(self, attached: Attached) -> MqttLink:
        options, context = cast("MqttOptions", attached.options), self._context
        settings = Settings.of(options, context.folder, read=False)
        connection = self._connections.get(settings)
        if connection is None:
            connection = self._connections[settings] = Connection(settings, context.pilot)
        profile = bind(load(options.profile, context.folder), options.topic, options.fields)
        wiring = wire(attached.kind, options, profile)
        client = f"{connection.id}-{re.sub('[^a-zA-Z0-9]', '-', attached.id)}"
        profile = Profile.model_validate(fill(profile.model_dump(), {"client": client}))
        return MqttLink(attached, context.rows[attached.id], profile, wiring, connection, context.journal)

    async def start(self) -> None:
        """Begin to connect; see `Driver.start`."""
        for link in self._links:
            if link.options.mode is Mode.CONTROL:
                link.setter.guards = list(self._guards(link))
                for guard in link.setter.guards:
                    guard.watch(link.guard_changed)
        for connection in self._all():
            connection.start()

    def _guards(self, link: MqttLink) -> Iterator[Connection]:
        """Yield a connection for each command that only a last will can bring back."""
        settings = Settings.of(link.options, self._context.folder, read=False)
        keepalive_s = guard_keepalive_s(link.options.safe.within_s, settings.keepalive_s)
        for number, (name, port) in enumerate(link.setter.writes.items()):
            safe = safe_value(link.options, link.profile, name, port)
            if safe is None or falls_back(link.profile, name, safe) != "will":
                continue
            try:
                will = will_of(link.profile, name, safe)
            except PayloadError as error:
                message = f"{link.id}: safe.set.{port}: {error}"
                raise DeviceError(message) from None
            own = f"{settings.client_id}-{link.id}-{number}" if settings.client_id else ""
            yield Connection(replace(settings, keepalive_s=keepalive_s, client_id=own), f"{link.id}-will", will=will)

    def _all(self) -> list[Connection]:
        return [*self._connections.values(), *(guard for link in self._links for guard in link.setter.guards)]

    async def close(self) -> None:
        """Close all connections; last wills are not published then."""
        await asyncio.gather(*(link.close() for link in self._links))
        await asyncio.gather(*(connection.close() for connection in self._connections.values()))
