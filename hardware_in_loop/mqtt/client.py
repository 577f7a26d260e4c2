# SPDX-License-Identifier: Apache-2.0
"""One connection to a broker that is held up for ever: tried again after every loss, with all its subscriptions.

QoS 1 over a socket that waits for more to send (Nagle) costs 40 ms a hop: both ends must send at once. This end does; the broker
needs ``set_tcp_nodelay true`` (mosquitto).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections import defaultdict
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import aiomqtt
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt.client import topic_matches_sub
from paho.mqtt.subscribeoptions import SubscribeOptions

from hardware_in_loop.mqtt.fallback import Will
from hardware_in_loop.mqtt.settings import Settings
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    Handler = Callable[["Incoming"], None]
    Listener = Callable[[bool, str], None]

__all__ = ["NODELAY", "Connection", "Incoming", "Settings", "Will"]

FIRST_WAIT_S: Final = 0.1
LOST_WAIT_S: Final = 0.8
"""Longest pause between attempts while the broker cannot be reached: it must be found again within a second."""
REFUSED_WAIT_S: Final = 10.0
"""Longest pause after a broker has refused the user: brokers lock out who asks too often."""
STEADY_S: Final = 5.0
"""A connection that has lasted so long was a good one: the next attempt comes at once."""
REFUSED: Final = 0x80
"""Codes of a subscription from here on mean that the broker does not grant it."""
NODELAY: Final = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)
_numbers = count(1)


@dataclass(slots=True)
class Incoming:
    """A message that arrived."""

    topic: str
    payload: bytes
    retain: bool
    """Whether the broker had kept it: its age is not known."""


class Connection:
    """A connection to a broker, kept up by a supervised task.

    Parameters
    ----------
    settings : Settings
        Where and who.
    name : str
        Part of the client id for people; ``settings.client_id`` wins.
    will : Will, optional
        Last will, QoS 1.

    Attributes
    ----------
    up : bool
        Whether messages come and go now.
    fresh : bool
        Whether nothing is known yet: no attempt has ended.
    reason : str
        Why it is not up.
    id : str
        Client id.
    received : int
        Messages so far.
    """

    def __init__(self, settings: Settings, name: str = "link", *, will: Will | None = None) -> None:
        self.settings = settings
        unique = f"twinergy-{name}-{socket.gethostname()}-{os.getpid()}-{next(_numbers)}"
        self.id = settings.client_id or "".join(letter if letter.isalnum() else "-" for letter in unique)
        self.will = will
        self.up = False
        self.fresh = True
        self.reason = "not connected yet"
        self.received = 0
        self._context: ssl.SSLContext | None = None
        self._exact: dict[str, list[Handler]] = defaultdict(list)
        self._wild: list[tuple[str, Handler]] = []
        self._qos: dict[str, int] = {}
        self._listeners: list[Listener] = []
        self._client: aiomqtt.Client | None = None
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._tried = asyncio.Event()

    def on(self, topic: str, handler: Handler, qos: int = 1) -> None:
        """Hand messages of a topic (wildcards allowed) to a handler; before `start`. Handlers must not wait."""
        if "+" in topic or "#" in topic:
            self._wild.append((topic, handler))
        else:
            self._exact[topic].append(handler)
        self._qos[topic] = max(qos, self._qos.get(topic, 0))

    def watch(self, listener: Listener) -> None:
        """Tell a listener of every change: whether the connection is up, and why it is not."""
        self._listeners.append(listener)

    def start(self) -> None:
        """Begin to connect in the background.

        Raises
        ------
        DeviceError
            If a certificate or the secret cannot be read.
        """
        self.settings = self.settings.known()
        self._context = self.settings.context()
        self._task = asyncio.create_task(self._stay_connected(), name=f"mqtt {self.settings.address}")

    async def connected(self, timeout_s: float) -> bool:
        """Wait until the connection is up, at most so long; return whether it is."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while not self.up:
                    await self._changed.wait()
        return self.up

    async def tried(self) -> bool:
        """Wait for the first attempt to end; return whether the connection is up."""
        await self._tried.wait()
        return self.up

    async def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Publish; returns when the broker has taken it (QoS 1).

        Raises
        ------
        DeviceError
            If there is no connection, or the broker does not take it in time.
        """
        client = self._client
        if client is None or not self.up:
            message = f"{self.settings.address}: {self.reason}; nothing can be published to {topic}"
            raise DeviceError(message)
        try:
            await client.publish(topic, payload, qos=qos, retain=retain)
        except (aiomqtt.MqttError, ValueError) as error:
            message = f"{self.settings.address}: the broker did not take a message to {topic} ({error})"
            raise DeviceError(message) from error

    async def close(self) -> None:
        """Disconnect (the last will is not published then) and end the task."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        self._tell(up=False, reason="closed")

    def dispatch(self, message: Incoming) -> None:
        """Hand a message to its handlers."""
        self.received += 1
        handlers = self._exact.get(message.topic)
        if handlers:
            for handler in handlers:
                handler(message)
        for topic, handler in self._wild:
            if topic_matches_sub(topic, message.topic):
                handler(message)

    async def _stay_connected(self) -> None:
        wait_s = FIRST_WAIT_S
        while True:
            began_s, longest_s = time.monotonic(), LOST_WAIT_S
            try:
                await self._session()
            except MqttConnectError as error:
                reason, longest_s = _plain(error, secure=self._context is not None), REFUSED_WAIT_S
            except aiomqtt.MqttError as error:
                reason = _plain(error, secure=self._context is not None)
            except Exception as error:  # noqa: BLE001 - the supervisor: whatever went wrong is told and tried again
                reason, longest_s = f"an error of the adapter: {error!r}", REFUSED_WAIT_S
            else:
                reason = "the broker closed the connection"
            if self.up and time.monotonic() - began_s > STEADY_S:
                wait_s = FIRST_WAIT_S
            self._tell(up=False, reason=reason)
            await asyncio.sleep(min(wait_s, longest_s))
            wait_s = min(2.0 * wait_s, REFUSED_WAIT_S)

    async def _session(self) -> None:
        client = self._build()
        await _enter(client)
        try:
            if self._qos:
                await self._subscribe(client)
            self._client = client
            self._tell(up=True, reason="")
            async for _ in client.messages:  # ends with an error when the connection does; messages go to the inbox's handlers
                pass
        finally:
            self._client = None
            with contextlib.suppress(aiomqtt.MqttError):
                await client.__aexit__(None, None, None)

    async def _subscribe(self, client: aiomqtt.Client) -> None:
        if self.settings.version == "5":
            granted = await client.subscribe([(topic, SubscribeOptions(qos=qos)) for topic, qos in self._qos.items()])
        else:
            granted = await client.subscribe(list(self._qos.items()))
        refused = [topic for topic, code in zip(self._qos, granted, strict=False) if _code(code) >= REFUSED]
        if refused:
            message = f"the broker refuses the topics {', '.join(refused)} to the user {self.settings.user!r}: look at its ACL"
            raise aiomqtt.MqttError(message)

    def _build(self) -> aiomqtt.Client:
        settings, will = self.settings, self.will
        connection = self

        class Inbox(asyncio.Queue[aiomqtt.Message]):
            """Hands over at once instead of queueing: a task switch per message would cost more than its parsing."""

            def put_nowait(self, item: aiomqtt.Message) -> None:
                connection.dispatch(Incoming(item.topic.value, item.payload, item.retain))

        version = aiomqtt.ProtocolVersion.V5 if settings.version == "5" else aiomqtt.ProtocolVersion.V311
        client = aiomqtt.Client(
            settings.host,
            settings.port,
            username=settings.user or None,
            password=settings.password or None,
            identifier=self.id,
            protocol=version,
            queue_type=Inbox,
            will=aiomqtt.Will(will.topic, will.payload, qos=1, retain=will.retain) if will else None,
            timeout=settings.timeout_s,
            keepalive=settings.keepalive_s,
            tls_context=self._context,
            socket_options=NODELAY,
        )
        # The library would wait 5 s for a host that does not answer, in a thread that nobody can end.
        client._client.connect_timeout = settings.timeout_s  # noqa: SLF001 - aiomqtt has no option for it
        return client

    def _tell(self, *, up: bool, reason: str) -> None:
        changed = (up, reason) != (self.up, self.reason)
        self.up, self.reason, self.fresh = up, reason, False
        self._tried.set()
        if up:
            self._changed.set()
        else:
            self._changed.clear()
        if changed:
            for listener in self._listeners:
                listener(up, reason)


async def _enter(client: aiomqtt.Client) -> None:
    """Connect; a connection that is being made when this is cancelled is closed again, not lost."""
    entering: asyncio.Future[Any] = asyncio.ensure_future(client.__aenter__())
    try:
        await asyncio.shield(entering)
    except asyncio.CancelledError:
        with contextlib.suppress(aiomqtt.MqttError, OSError):
            await entering
            await client.__aexit__(None, None, None)
        raise


def _code(granted: object) -> int:
    return int(getattr(granted, "value", granted))  # type: ignore[call-overload,no-any-return]  # an int, or MQTT 5's ReasonCode


def _plain(error: aiomqtt.MqttError, *, secure: bool) -> str:
    """Return what to tell people about an error of the connection."""
    text = str(error)
    if "ot authori" in text or "Bad user name" in text:
        return f"the broker refuses the user or its password ({text})"
    if text == "timed out":
        return "nothing answers at this address; is it right, does a firewall stop it?"
    if "timed out" in text:
        why = "; it may refuse this laboratory's certificate" if secure else "; is it a broker, and is it alive?"
        return f"the broker takes the connection and does not answer{why}"
    return text or type(error).__name__
