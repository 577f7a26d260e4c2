# SPDX-License-Identifier: Apache-2.0
"""What is connected to the broker: one radio or gateway with a last will, behind which one device or several live."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hardware_in_loop.mqtt.bench.wire import PINGREQ, Message, Wire, connect
from twinergy.adapters import Way
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from twinergy.adapters import Journal

FIRST_WAIT_S: Final = 0.1
LONGEST_WAIT_S: Final = 0.5
"""A device at a desk tries again quickly, so that rehearsals do not wait for it."""
KEEP_ALIVE_S: Final = 60
CONNECT_S: Final = 5.0


@dataclass(frozen=True, kw_only=True)
class Broker:
    """Where a broker is and who asks.

    Attributes
    ----------
    host, port : str, int
        Address.
    user, password : str
        Credentials, empty for none.
    tls : ssl.SSLContext or None
        For an encrypted connection.
    """

    host: str = "127.0.0.1"
    port: int = 1883
    user: str = ""
    password: str = field(default="", repr=False)
    tls: ssl.SSLContext | None = None


class Station:
    """Stays connected, and says nothing while it is not.

    Parameters
    ----------
    name : str
        Client id.
    broker : Broker
        Broker.
    journal : Journal
        Where connections and failures are noted.
    will : Message, optional
        What the broker says when the connection is lost.
    """

    def __init__(self, name: str, broker: Broker, journal: Journal, will: Message | None = None) -> None:
        self.name = name
        self.broker = broker
        self.will = will
        self.away = False
        """Whether it must stay away."""
        self.greeters: list[Callable[[], None]] = []
        self.ears: dict[str, list[Callable[[str, bytes], None]]] = {}
        self._journal = journal
        self._wire: Wire | None = None
        self._gone = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.connections = 0
        self.ready = asyncio.Event()
        """Set once it has been connected."""
        self.said = ""

    @property
    def up(self) -> bool:
        """Whether it is connected."""
        return self._wire is not None and self._wire.up

    def hear(self, topic: str, ear: Callable[[str, bytes], None]) -> None:
        """Call `ear` with every message of a topic; it may end in ``/#``."""
        self.ears.setdefault(topic, []).append(ear)

    def say(self, message: Message, *, twice: bool = False) -> None:
        """Publish now, or never."""
        if self._wire is not None and self.up:
            self._journal.frame(Way.SENT, self.name, f"{message.topic} {message.payload.decode(errors='backslashreplace')}")
            self._wire.say(message, twice=twice)

    def cut(self) -> None:
        """Lose the connection; it comes back by itself unless `away`."""
        if self._wire is not None:
            self._wire.abort()

    def start(self) -> None:
        """Begin to connect."""
        self._task = asyncio.create_task(self._live(), name=f"mqtt bench {self.name}")

    async def close(self) -> None:
        """Vanish, so that the broker says the last will: nobody is to believe that the device is still there."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self.cut()
        await asyncio.sleep(0)
        self._wire = None

    async def _live(self) -> None:
        wait_s = FIRST_WAIT_S
        while True:
            if self.away:
                await asyncio.sleep(0.02)
                continue
            try:
                await self._connect()
                wait_s = FIRST_WAIT_S
                await self._stay()
            except (OSError, DeviceError, TimeoutError) as error:
                self.said = str(error)
                self._journal.event(Way.FAILED, self.name, error=self.said)
                await asyncio.sleep(wait_s)
                wait_s = min(2.0 * wait_s, LONGEST_WAIT_S)
            except Exception as error:  # noqa: BLE001 - supervised: no task dies silently
                self.said = f"{type(error).__name__}: {error}"
                self._journal.event(Way.FAILED, self.name, error=self.said)
                self.cut()
                await asyncio.sleep(LONGEST_WAIT_S)

    async def _connect(self) -> None:
        self._gone.clear()
        loop, broker = asyncio.get_running_loop(), self.broker
        async with asyncio.timeout(CONNECT_S):
            _, wire = await loop.create_connection(
                lambda: Wire(self._receive, self._lost), broker.host, broker.port, ssl=broker.tls
            )
            self._wire = wire
            wire.write(connect(self.name, self.will, broker.user, broker.password, KEEP_ALIVE_S))
            await wire.accepted
        if self.ears:
            wire.listen(list(self.ears))
        self.connections += 1
        self.ready.set()
        self._journal.event(Way.EVENT, self.name, connected=f"{broker.host}:{broker.port}")
        for greet in self.greeters:
            greet()

    async def _stay(self) -> None:
        """Ping until the connection is gone."""
        while not self._gone.is_set():
            try:
                async with asyncio.timeout(KEEP_ALIVE_S / 2):
                    await self._gone.wait()
            except TimeoutError:
                if self._wire is not None:
                    self._wire.write(PINGREQ)

    def _lost(self, reason: str) -> None:
        accepted = self._wire.accepted if self._wire is not None else None
        if accepted is not None and accepted.done() and not accepted.cancelled() and not accepted.exception():
            self.said = reason
        self._gone.set()

    def _receive(self, topic: str, payload: bytes) -> None:
        self._journal.frame(Way.RECEIVED, self.name, f"{topic} {payload.decode(errors='backslashreplace')}")
        for pattern, ears in self.ears.items():
            if matches(pattern, topic):
                for ear in ears:
                    ear(topic, payload)


def matches(pattern: str, topic: str) -> bool:
    """Return whether a topic is meant by a filter, MQTT 3.1.1 section 4.7.

    >>> matches("shellies/+/command", "shellies/plug/command"), matches("a/#", "a/b/c"), matches("a/+", "a/b/c")
    (True, True, False)
    """
    asked, given = pattern.split("/"), topic.split("/")
    for place, part in enumerate(asked):
        if part == "#":
            return True
        if place >= len(given) or part not in {"+", given[place]}:
            return False
    return len(asked) == len(given)
