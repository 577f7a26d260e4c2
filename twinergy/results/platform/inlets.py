# SPDX-License-Identifier: Apache-2.0
"""Where real-time messages come from: an MQTT broker or a NATS server; a lost connection is made again."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable

    Offer = Callable[[str, bytes], object]

PASSWORD: Final = "TWINERGY_INGEST_PASSWORD"  # noqa: S105 - the name of a variable
"""Environment variable with the password, for addresses that name a user only: others on the machine can read a command line."""
_PORTS: Final = {"mqtt": 1883, "mqtts": 8883, "nats": 4222, "tls": 4222}
_CONNECT_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Address:
    """A broker and what to listen to there.

    Attributes
    ----------
    scheme, host, user, topic : str
        Parts of the address.
    port : int
        TCP port.
    password : str
        Never shown.
    """

    scheme: str
    host: str
    port: int
    user: str
    password: str
    topic: str

    @classmethod
    def parse(cls, text: str) -> Address:
        """Return the parts of ``scheme://user:password@host:port/topic``; ``#`` and ``>`` belong to the topic.

        Raises
        ------
        ValueError
            If a part is missing or wrong; the message shows no password.
        """
        scheme, found, rest = text.partition("://")
        place, _, topic = rest.partition("/")
        login, _, host = place.rpartition("@")
        user, _, password = login.partition(":")
        name, _, port = host.partition(":")
        shown = f"{scheme}://…@{host}/{topic}" if login else text
        if not found or scheme not in _PORTS or not name or not topic or not (port.isdigit() or not port):
            message = (
                f"{shown!r} is no address of a broker with a topic; write mqtt://user@host:1883/topic or nats://host:4222/subject"
            )
            raise ValueError(message)
        secret = unquote(password) or (os.environ.get(PASSWORD, "") if user else "")
        return cls(scheme, name, int(port or _PORTS[scheme]), unquote(user), secret, topic)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}/{self.topic}"

    __repr__ = __str__


class Inlet(ABC):
    """Hands messages to an ingest until it is stopped."""

    @abstractmethod
    def start(self, offer: Offer) -> None:
        """Connect and begin.

        Raises
        ------
        DeviceError
            If the first connection cannot be made, or credentials are refused.
        """

    @abstractmethod
    def stop(self) -> None:
        """Stop; what has arrived has been handed over."""

    failure: Exception | None = None
    """What went wrong while a message was taken; whoever waits must look."""


class MqttInlet(Inlet):
    """MQTT 3.1.1, quality of service 1: a message counts as delivered once it is on our disk.

    The session is persistent under one name per data set, so the broker keeps what arrives while nobody listens.

    Parameters
    ----------
    address : Address
        Broker and topic filter.
    name : str
        What the session's name is made of: the path of the data set.
    """

    def __init__(self, address: Address, name: str) -> None:
        self._address = address
        self._id = f"twinergy-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
        self._client: Any = None
        self._connected = threading.Event()
        self._refused = ""

    def start(self, offer: Offer) -> None:
        """Connect and begin."""
        import paho.mqtt.client as mqtt  # noqa: PLC0415 - only for those who use it
        from paho.mqtt.enums import CallbackAPIVersion  # noqa: PLC0415

        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=self._id, clean_session=False, manual_ack=True)
        if self._address.user:
            client.username_pw_set(self._address.user, self._address.password)
        if self._address.scheme == "mqtts":
            client.tls_set()
        client.on_connect = self._on_connect
        client.on_message = self._on_message(offer)
        client.reconnect_delay_set(1, 30)
        self._client = client
        try:
            client.connect(self._address.host, self._address.port)
        except OSError as error:
            message = f"no MQTT broker at {self._address}: {error}; check host and port, and whether it runs"
            raise DeviceError(message) from error
        client.loop_start()
        if not self._connected.wait(_CONNECT_S) or self._refused:
            self.stop()
            reason = self._refused or f"no answer within {_CONNECT_S:g} s"
            message = f"the MQTT broker at {self._address} refuses: {reason}; check user, password ({PASSWORD}) and permissions"
            raise DeviceError(message)

    def stop(self) -> None:
        """Stop."""
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()

    def _on_connect(self, client: Any, data: object, flags: object, reason: Any, properties: object) -> None:  # noqa: ARG002
        if reason.is_failure:
            self._refused = str(reason)
        else:
            client.subscribe(self._address.topic, qos=1)
        self._connected.set()

    def _on_message(self, offer: Offer) -> Callable[[Any, Any, Any], None]:
        def take(client: Any, data: object, message: Any) -> None:  # noqa: ARG001
            try:
                offer(message.topic, message.payload)
            except Exception as error:  # noqa: BLE001 - another thread must end the program; unacknowledged, it comes again
                self.failure = error
            else:
                client.ack(message.mid, message.qos)

        return take


class NatsInlet(Inlet):
    """NATS core: what is published while nobody listens is gone.

    Parameters
    ----------
    address : Address
        Server and subject, wildcards included.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._ready = threading.Event()
        self._error: Exception | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    def start(self, offer: Offer) -> None:
        """Connect and begin."""
        self._thread = threading.Thread(target=self._run, args=(offer,), name="nats-inlet", daemon=True)
        self._thread.start()
        if not self._ready.wait(2 * _CONNECT_S) or self._error is not None:
            self.stop()
            reason = self._error or "no answer"
            message = f"no NATS server for us at {self._address}: {reason}; check host, port, user and password ({PASSWORD})"
            raise DeviceError(message) from self._error

    def stop(self) -> None:
        """Stop."""
        if self._thread is not None and self._thread.is_alive() and self._loop is not None and self._end is not None:
            self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join(_CONNECT_S)

    def _run(self, offer: Offer) -> None:
        try:
            asyncio.run(self._listen(offer))
        except Exception as error:  # noqa: BLE001 - told to the thread that waits
            self._error = error
        finally:
            self._ready.set()

    async def _listen(self, offer: Offer) -> None:
        from nats.aio.client import Client  # noqa: PLC0415 - only for those who use it

        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        login = {"user": self._address.user, "password": self._address.password} if self._address.user else {}
        url = f"{self._address.scheme}://{self._address.host}:{self._address.port}"
        once = {"allow_reconnect": False, "max_reconnect_attempts": 1, "reconnect_time_wait": 0.1}
        probe = Client()
        try:
            await asyncio.wait_for(probe.connect(url, error_cb=_quiet, **once, **login), _CONNECT_S)
        finally:
            await probe.close()
        client = Client()
        await client.connect(url, max_reconnect_attempts=-1, error_cb=_quiet, **login)  # from now on it tries for ever

        async def take(message: Any) -> None:
            try:
                offer(message.subject, message.data)
            except Exception as error:  # noqa: BLE001 - another thread must end the program
                self.failure = error

        await client.subscribe(self._address.topic, cb=take)
        await client.flush()
        self._ready.set()
        await self._end.wait()
        await client.drain()


async def _quiet(error: Exception) -> None:
    """Leave connection trouble to the client, which connects again."""


def inlet_for(address: str, name: str) -> Inlet:
    """Return the inlet for an address.

    Raises
    ------
    ValueError
        If it is no address.
    """
    parsed = Address.parse(address)
    return MqttInlet(parsed, name) if parsed.scheme in {"mqtt", "mqtts"} else NatsInlet(parsed)
