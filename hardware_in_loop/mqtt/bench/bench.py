# SPDX-License-Identifier: Apache-2.0
"""All software devices of a scenario that speak MQTT, and a broker where there is none."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from hardware_in_loop.mqtt.bench.broker import LOOPBACK, OwnBroker, listens
from hardware_in_loop.mqtt.bench.device import Surroundings, Timing
from hardware_in_loop.mqtt.bench.family import House
from hardware_in_loop.mqtt.bench.station import Broker
from hardware_in_loop.mqtt.client import Settings
from hardware_in_loop.mqtt.options import MqttOptions
from twinergy.adapters import Bench, Way
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hardware_in_loop.mqtt.bench.device import SoftDevice
    from hardware_in_loop.mqtt.bench.relay import Fallback
    from twinergy.adapters import Attached, FaultBoard, LinkContext, Physics

TICK_S: Final = 0.01
CONNECT_S: Final = 5.0


class MqttBench(Bench):
    """Shelly, Zigbee2MQTT, ChirpStack and generic devices in software.

    Parameters
    ----------
    attached : sequence of Attached
        Devices whose place they take.
    physics : Physics
        What they show and what obeys.
    faults : FaultBoard
        What is wrong with them.
    context : LinkContext
        Journal, folder and seed.
    timing : Timing, optional
        How often they look and speak.
    plain_zigbee : bool
        Whether Zigbee2MQTT bridges speak as releases before 2.0 do.

    Attributes
    ----------
    devices : dict of str to SoftDevice
        By link.
    fallbacks : list of Fallback
        Every time that a device went back to its safe state by itself, with the moment.
    """

    def __init__(
        self,
        attached: Sequence[Attached],
        physics: Physics,
        faults: FaultBoard,
        context: LinkContext,
        *,
        timing: Timing | None = None,
        plain_zigbee: bool = False,
    ) -> None:
        self._attached = tuple(attached)
        self._context = context
        timing = timing or Timing()
        self._world = Surroundings(physics=physics, faults=faults, journal=context.journal, timing=timing, seed=context.seed)
        self._house = House(self._world, context.folder, plain_zigbee)
        self.devices: dict[str, SoftDevice] = self._house.devices
        self.fallbacks: list[Fallback] = self._world.fallbacks
        self._brokers: list[OwnBroker] = []
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> Mapping[str, str]:
        """Begin to serve; return the address of each link for people.

        Raises
        ------
        DeviceError
            If there is no broker and none can be started, or it refuses the devices.
        """
        options = {each.id: _options(each) for each in self._attached}
        settings = {link: Settings.of(each, self._context.folder) for link, each in options.items()}
        await self._find_brokers(tuple(settings.values()))
        try:
            for each in self._attached:
                self._house.add(each, options[each.id], _broker(settings[each.id]))
            for station in self._house.stations:
                station.start()
            await self._wait()
        except BaseException:
            await self.close()
            raise
        self._task = asyncio.create_task(self._beat(), name="mqtt bench")
        return {link: f"{settings[link].address} {options[link].topic}".strip() for link in self.devices}

    async def close(self) -> None:
        """End: devices say goodbye, and a broker of the bench's own stops."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        for device in self.devices.values():
            device.close()
        for station in self._house.stations:
            await station.close()
        for broker in self._brokers:
            await broker.close()
        self._brokers = []

    async def _find_brokers(self, settings: Sequence[Settings]) -> None:
        """Start a broker at each address of the loopback where none listens."""
        for host, port in dict.fromkeys((each.host, each.port) for each in settings):
            if await listens(host, port):
                continue
            here = [each for each in settings if (each.host, each.port) == (host, port)]
            if host not in LOOPBACK or any(each.tls is not None for each in here):
                message = f"no MQTT broker listens on {here[0].address}: start one there"
                raise DeviceError(message)
            broker = OwnBroker(host, port, {each.user: each.password for each in here if each.user})
            await broker.start()
            self._brokers.append(broker)

    async def _wait(self) -> None:
        """Wait until all stations are connected."""
        try:
            async with asyncio.timeout(CONNECT_S):
                for station in self._house.stations:
                    await station.ready.wait()
        except TimeoutError as error:
            missing = [f"{station.name}: {station.said}" for station in self._house.stations if not station.connections]
            message = f"software devices are not connected after {CONNECT_S:g} s: {'; '.join(missing)}"
            raise DeviceError(message) from error

    async def _beat(self) -> None:
        """Let every device live; what goes wrong in one is noted and keeps no other from living."""
        loop = asyncio.get_running_loop()
        failed: set[str] = set()
        while True:
            now_s = loop.time()
            for link, device in self.devices.items():
                try:
                    device.beat(now_s)
                except Exception as error:  # noqa: BLE001 - supervised: no device dies silently
                    reason = f"{type(error).__name__}: {error}"
                    if reason not in failed:
                        failed.add(reason)
                        self._world.journal.event(Way.FAILED, link, error=reason)
            await asyncio.sleep(TICK_S)


def _options(attached: Attached) -> MqttOptions:
    if not isinstance(attached.options, MqttOptions):
        message = f"{attached.id}: its adapter is {attached.options.kind}, not mqtt"
        raise DeviceError(message)
    return attached.options


def _broker(settings: Settings) -> Broker:
    tls = settings.context()
    return Broker(host=settings.host, port=settings.port, user=settings.user, password=settings.password, tls=tls)
