# SPDX-License-Identifier: Apache-2.0
"""Just enough MQTT 3.1.1 for a device, written apart from the adapter's client so that the two cannot share a mistake.

Source: OASIS Standard "MQTT Version 3.1.1", 29 October 2014, chapters 2 and 3.
"""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CONNECT: Final = 0x10
CONNACK: Final = 0x20
PUBLISH: Final = 0x30
PUBACK: Final = 0x40
SUBSCRIBE: Final = 0x82
PINGREQ: Final = bytes((0xC0, 0))
REFUSED: Final = {
    1: "it does not speak MQTT 3.1.1",
    2: "it does not take this client id",
    3: "it is not ready",
    4: "user or password is wrong",
    5: "this user may not connect",
}
MOST_BYTES: Final = 4
"""Bytes of a remaining length. Section 2.2.3."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is published.

    Attributes
    ----------
    topic : str
        Topic.
    payload : bytes
        Payload.
    qos : int
        0 or 1.
    retain : bool
        Whether the broker keeps it.
    """

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False


def text(value: str | bytes) -> bytes:
    """Return a length-prefixed string, section 1.5.3.

    >>> text("MQTT").hex()
    '00044d515454'
    """
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("!H", len(data)) + data


def packet(head: int, body: bytes) -> bytes:
    """Return a control packet with its remaining length, section 2.2.

    >>> packet(PUBLISH, bytes(321))[:3].hex()
    '30c102'
    """
    length, size = bytearray(), len(body)
    while True:
        size, low = divmod(size, 128)
        length.append(low | (0x80 if size else 0))
        if not size:
            return bytes((head,)) + bytes(length) + body


def connect(client_id: str, will: Message | None, user: str, password: str, keep_alive_s: int) -> bytes:
    """Return a CONNECT that begins a clean session, section 3.1."""
    flags, fields = 0x02, text(client_id)
    if will is not None:
        flags |= 0x04 | will.qos << 3 | (0x20 if will.retain else 0)
        fields += text(will.topic) + text(will.payload)
    if user:
        flags |= 0x80 | (0x40 if password else 0)
        fields += text(user) + (text(password) if password else b"")
    return packet(CONNECT, text("MQTT") + bytes((4, flags)) + struct.pack("!H", keep_alive_s) + fields)


def publish(message: Message, number: int = 0, *, again: bool = False) -> bytes:
    """Return a PUBLISH, section 3.3; `again` sets the DUP flag of a message that is sent once more."""
    head = PUBLISH | (0x08 if again and message.qos else 0) | message.qos << 1 | int(message.retain)
    return packet(head, text(message.topic) + (struct.pack("!H", number) if message.qos else b"") + message.payload)


def subscribe(topics: list[str], number: int) -> bytes:
    """Return a SUBSCRIBE at QoS 1, section 3.8."""
    return packet(SUBSCRIBE, struct.pack("!H", number) + b"".join(text(topic) + b"\x01" for topic in topics))


class Splitter:
    """Cuts a stream of bytes into control packets."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield the first byte and the body of each packet that is complete.

        Raises
        ------
        DeviceError
            If a length is none.
        """
        self._buffer += data
        while (bounds := self._bounds()) is not None:
            start, end = bounds
            if end > len(self._buffer):
                return
            head, body = self._buffer[0], bytes(self._buffer[start:end])
            del self._buffer[:end]
            yield head, body

    def _bounds(self) -> tuple[int, int] | None:
        size = 0
        for place, byte in enumerate(self._buffer[1 : 1 + MOST_BYTES]):
            size |= (byte & 0x7F) << 7 * place
            if not byte & 0x80:
                return place + 2, place + 2 + size
        if len(self._buffer) > MOST_BYTES:
            message = "the broker sent a packet whose length is none"
            raise DeviceError(message)
        return None


class Wire(asyncio.Protocol):
    """One connection to a broker.

    Parameters
    ----------
    receive : callable
        Called with topic and payload of each message.
    lost : callable
        Called with the reason once the connection is gone.
    """

    def __init__(self, receive: Callable[[str, bytes], None], lost: Callable[[str], None]) -> None:
        self._receive, self._lost = receive, lost
        self._splitter = Splitter()
        self._transport: asyncio.Transport | None = None
        self._number = 0
        self.accepted: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def up(self) -> bool:
        """Whether it can be written to."""
        return self._transport is not None and not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write; asyncio has set TCP_NODELAY by itself."""
        self._transport = transport  # type: ignore[assignment]  # a stream connection gives a Transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        reason = str(exc) if exc else "the connection was closed"
        if not self.accepted.done():
            self.accepted.set_exception(ConnectionError(reason))
        self._lost(reason)

    def data_received(self, data: bytes) -> None:
        """Take what has arrived; what is no MQTT ends the connection."""
        try:
            for head, body in self._splitter.feed(data):
                self._take(head, body)
        except (DeviceError, struct.error, UnicodeDecodeError, IndexError):
            self.abort()

    def _take(self, head: int, body: bytes) -> None:
        if head & 0xF0 == PUBLISH:
            end = 2 + struct.unpack_from("!H", body)[0]
            qos = head >> 1 & 3
            if qos:
                self.write(packet(PUBACK, body[end : end + 2]))
            self._receive(body[2:end].decode(), body[end + 2 if qos else end :])
        elif head == CONNACK and not self.accepted.done():
            code = body[1]
            if code:
                self.accepted.set_exception(DeviceError(f"the broker refuses: {REFUSED.get(code, f'code {code}')}"))
            else:
                self.accepted.set_result(None)

    def write(self, data: bytes) -> None:
        """Send bytes; nothing happens once the connection is gone."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def say(self, message: Message, *, twice: bool = False) -> None:
        """Publish; `twice` sends a QoS 1 message again as one whose acknowledgement was lost would be."""
        self._number = self._number % 65535 + 1
        self.write(publish(message, self._number))
        if twice:
            self.write(publish(message, self._number, again=True))

    def listen(self, topics: list[str]) -> None:
        """Subscribe."""
        self._number = self._number % 65535 + 1
        self.write(subscribe(topics, self._number))

    def abort(self) -> None:
        """Vanish, as a device does whose plug is pulled: the broker says the last will."""
        if self._transport is not None:
            self._transport.abort()
