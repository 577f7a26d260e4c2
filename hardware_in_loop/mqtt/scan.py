# SPDX-License-Identifier: Apache-2.0
"""Looking for devices at a broker: those that tell of themselves, after they were asked to."""

from __future__ import annotations

import asyncio
import contextlib
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from hardware_in_loop.mqtt.announcements import chirpstack_device, shelly_gen1, shelly_gen2, zigbee_devices
from hardware_in_loop.mqtt.client import Connection, Settings
from hardware_in_loop.mqtt.home_assistant import Discovered, discovered
from hardware_in_loop.mqtt.home_assistant.reader import entities
from hardware_in_loop.mqtt.options import MqttOptions
from hardware_in_loop.mqtt.payloads import PayloadError, document, encode
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hardware_in_loop.mqtt.announcements import Proposal
    from hardware_in_loop.mqtt.client import Incoming

LISTEN_S: Final = 3.0
"""Announcements come within a second on a local network; a bridge keeps the list of its devices."""
USER: Final = "TWINERGY_MQTT_USER"
PASSWORD: Final = "TWINERGY_MQTT_PASSWORD"  # noqa: S105 - the name of a variable


async def scan(where: str, listen_s: float = LISTEN_S) -> list[dict[str, object]]:
    """Return what a broker's devices tell of themselves, with a proposed adapter block for each.

    User and password, if the broker asks for them, stand in the environment: ``TWINERGY_MQTT_USER``, ``TWINERGY_MQTT_PASSWORD``.

    Parameters
    ----------
    where : str
        ``host:port``, or ``mqtts://host:port``.
    listen_s : float
        How long to wait for answers. [s]

    Raises
    ------
    DeviceError
        If no broker answers there, or it refuses.
    """
    try:
        options = MqttOptions.model_validate({"profile": "any", **_block(where)})
    except ValueError as error:
        message = f"{where!r} is no broker: write host:port, or mqtts://host:port ({error})"
        raise DeviceError(message) from None
    connection = Connection(Settings.of(options, Path()), "scan")
    ears = Ears(_block(where))
    ears.listen(connection)
    connection.start()
    try:
        if not await connection.tried():
            message = f"{connection.settings.address}: {connection.reason}"
            raise DeviceError(message)
        await connection.publish("shellies/command", b"announce")
        await asyncio.sleep(listen_s / 2.0)
        await ears.ask(connection)
        await asyncio.sleep(listen_s / 2.0)
    finally:
        await connection.close()
    return ears.found()


def _block(where: str) -> dict[str, Any]:
    block: dict[str, Any] = {"kind": "mqtt", "broker": where if "://" in where else f"mqtt://{where}"}
    if os.environ.get(USER):
        block["user"] = os.environ[USER]
        if os.environ.get(PASSWORD):
            block["password"] = {"env": PASSWORD}
    return block


class Ears:
    """Collects announcements.

    Parameters
    ----------
    block : dict
        What every proposed adapter block holds: the broker and its user.
    """

    def __init__(self, block: dict[str, Any]) -> None:
        self._block = block
        self._proposals: dict[tuple[str, ...], Proposal] = {}
        self._online: set[str] = set()
        self._announced: dict[str, dict[str, bytes]] = {}

    def listen(self, connection: Connection) -> None:
        """Subscribe to where devices tell of themselves."""
        topics: dict[str, Callable[[str, Any], list[Proposal]]] = {
            "shellies/announce": shelly_gen1,
            "shellies/+/announce": shelly_gen1,
            f"{connection.id}/rpc": shelly_gen2,
            "+/bridge/devices": zigbee_devices,
            "application/+/device/+/event/up": chirpstack_device,
        }
        for topic, understand in topics.items():
            connection.on(topic, partial(self._take, understand))
        connection.on("+/online", self._take_online)
        for topic in ("homeassistant/+/+/config", "homeassistant/+/+/+/config"):
            connection.on(topic, self._take_config)

    def _take(self, understand: Callable[[str, Any], list[Proposal]], message: Incoming) -> None:
        try:
            tree = document(message.payload)
        except PayloadError:
            return
        for proposal in understand(message.topic, tree):
            self._proposals[proposal.key] = proposal

    def _take_online(self, message: Incoming) -> None:
        if message.payload == b"true":
            self._online.add(message.topic.removesuffix("/online"))

    def _take_config(self, message: Incoming) -> None:
        try:
            found = entities(message.payload, message.topic)
        except DeviceError:
            return
        for entity in found:
            self._announced.setdefault(entity.device, {})[message.topic] = message.payload

    async def ask(self, connection: Connection) -> None:
        """Ask all that are online who they are; Shelly of the second generation and later answer."""
        for number, prefix in enumerate(sorted(self._online)):
            call = {"id": number, "src": connection.id, "method": "Shelly.GetDeviceInfo"}
            await connection.publish(f"{prefix}/rpc", encode(call))

    def found(self) -> list[dict[str, object]]:
        """Return the proposals, sorted; what told Home Assistant of itself brings the text of a profile of its own."""
        ordered = sorted(self._proposals.items())
        found: list[dict[str, object]] = [
            {"found": each.found, "kind": each.kind, "adapter": {**self._block, **each.adapter}}
            for _, each in ordered
            if self._can_be_loaded(each)
        ]
        for _, messages in sorted(self._announced.items()):
            with contextlib.suppress(DeviceError):
                found += [self._of_home_assistant(each) for each in discovered(messages.items())]
        return found

    def _can_be_loaded(self, proposal: Proposal) -> bool:
        """Return whether a scenario would take the block: a device may call itself anything, a topic with wildcards too."""
        try:
            MqttOptions.model_validate({**self._block, **proposal.adapter})
        except ValueError:
            return False
        return True

    def _of_home_assistant(self, device: Discovered) -> dict[str, object]:
        proposal = device.proposal(str(self._block["broker"]))
        part = {"part": "other"} if device.kind == "household" else {}
        left = "".join(f"; {entity} is left out: {why}" for entity, why in sorted(device.left_out.items()))
        block = cast("dict[str, object]", proposal["adapter"])
        return proposal | {"found": f"{proposal['found']}{left}", "adapter": {**block, **self._block, **part}}
