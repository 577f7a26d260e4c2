# SPDX-License-Identifier: Apache-2.0
"""Frames as a device sees them: requests out of a stream of bytes, answers back into it, with MBAP header or RTU check."""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final, NamedTuple

from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADER: Final = struct.Struct(">HHHB")
MOST_LENGTH: Final = 254
"""Unit and protocol data unit after the length of a header."""
MOST_RTU: Final = 256


class Request(NamedTuple):
    """A request: its transaction (0 where there is none), unit and protocol data unit."""

    transaction: int
    unit: int
    pdu: bytes


class GarbageError(DeviceError):
    """A stream holds something that is no frame; the connection cannot go on."""


class Framing(ABC):
    """Cuts one connection's bytes into requests."""

    broadcasts = False
    """Whether unit 0 means all units."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Request]:
        """Take bytes and give the requests that are complete.

        Raises
        ------
        GarbageError
            If the stream is lost.
        """
        self._buffer += data
        while (request := self._cut()) is not None:
            yield request

    def forget(self) -> None:
        """Drop what is not complete: the line was quiet."""
        self._buffer.clear()

    @abstractmethod
    def _cut(self) -> Request | None:
        """Take one request from the buffer, None where none is complete."""

    @abstractmethod
    def frame(self, request: Request, pdu: bytes) -> bytes:
        """Return the frame of an answer."""


class TcpFraming(Framing):
    """MBAP: transaction, protocol 0, length, unit (MODBUS Messaging on TCP/IP Implementation Guide V1.0b, section 3.1.3)."""

    def _cut(self) -> Request | None:
        buffer = self._buffer
        if len(buffer) < _HEADER.size:
            return None
        transaction, protocol, length, unit = _HEADER.unpack_from(buffer)
        if protocol != 0 or not 2 <= length <= MOST_LENGTH:  # noqa: PLR2004 - a unit and a function at least
            message = f"no Modbus header: protocol {protocol}, length {length}"
            raise GarbageError(message)
        end = 6 + length
        if len(buffer) < end:
            return None
        pdu = bytes(buffer[7:end])
        del buffer[:end]
        return Request(transaction, unit, pdu)

    def frame(self, request: Request, pdu: bytes) -> bytes:
        """Return header and answer."""
        return _HEADER.pack(request.transaction, 0, len(pdu) + 1, request.unit) + pdu


class RtuFraming(Framing):
    """Unit, protocol data unit, check (MODBUS over Serial Line V1.02, section 2.5.1); the function says how long it is."""

    broadcasts = True

    def _cut(self) -> Request | None:
        buffer, fresh = self._buffer, True
        while len(buffer) >= 4:  # noqa: PLR2004 - unit, function and check
            size = _rtu_size(buffer, fresh=fresh)
            if size is None or len(buffer) < size:
                return None
            if size and crc16(bytes(buffer[: size - 2])) == buffer[size - 2] | buffer[size - 1] << 8:
                frame = bytes(buffer[:size])
                del buffer[:size]
                return Request(0, frame[0], frame[1:-2])
            # Not a frame that begins here. Silence would tell where the next one does; over TCP there is none, so look for it.
            del buffer[0]
            fresh = False
        return None

    def frame(self, request: Request, pdu: bytes) -> bytes:
        """Return unit, answer and check."""
        body = bytes((request.unit,)) + pdu
        return body + crc16(body).to_bytes(2, "little")


def _rtu_size(buffer: bytearray, *, fresh: bool) -> int | None:
    """Return the length of the request that begins the buffer, 0 for a function without one, None while it is open."""
    function = buffer[1]
    if 1 <= function <= 6:  # noqa: PLR2004 - two numbers each
        return 8
    if function in {15, 16}:
        return min(9 + buffer[6], MOST_RTU) if len(buffer) > 6 else None  # noqa: PLR2004 - where the size stands
    if function == 0x2B:  # noqa: PLR2004 - identification
        return 7
    # A function nobody knows still deserves exception 1, but only if nothing else has arrived: looking for its end everywhere in
    # noise would cost more than the noise is worth.
    return len(buffer) if fresh and len(buffer) <= MOST_RTU else 0


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
        table.append(value)
    return tuple(table)


_CRC: Final = _crc_table()


def crc16(data: bytes) -> int:
    """Return the check of a serial frame: polynomial 0xA001, start 0xFFFF, low byte first on the line.

    >>> hex(crc16(bytes.fromhex("0207")))  # MODBUS over Serial Line V1.02, appendix B: 02 07 is followed by 41 12
    '0x1241'
    """
    value = 0xFFFF
    for byte in data:
        value = value >> 8 ^ _CRC[(value ^ byte) & 0xFF]
    return value
