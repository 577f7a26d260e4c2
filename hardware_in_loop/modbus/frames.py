# SPDX-License-Identifier: Apache-2.0
"""Requests and what may answer them: pure bytes, no connection.

Layouts: Modbus Application Protocol Specification V1.1b3, Modbus Messaging on TCP/IP V1.0b, Modbus over Serial Line V1.02.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from struct import Struct
from typing import TYPE_CHECKING, Final

from hardware_in_loop.modbus.errors import BadReplyError, ExceptionReplyError, ModbusError

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADER: Final = Struct(">HHHB")
"""Transaction, protocol 0, bytes that follow the length, unit."""
HEADER_SIZE: Final = HEADER.size
MOST_READ: Final = {1: 2000, 2: 2000, 3: 125, 4: 125}
"""Most bits or registers of one read."""
MOST_WRITTEN: Final = {5: 1, 6: 1, 15: 1968, 16: 123}
REFUSED: Final = 0x80
LARGEST_UNIT: Final = 255
ADDRESSES: Final = 65536
LONGEST_LENGTH: Final = 254
"""Unit and a protocol data unit of at most 253 bytes."""

_HEAD = Struct(">BHH")
_REGISTERS: Final = tuple(Struct(f">{count}H") for count in range(126))


@dataclass(frozen=True, slots=True)
class Request(ABC):
    """A request to one unit.

    Attributes
    ----------
    unit, function : int
        Whom, and what.
    address, count : int
        First register or bit, counted from 0, and how many.
    pdu : bytes
        Function and data, without header and checksum.
    reply_size : int
        Bytes of the right answer from its function on; 0 where that depends on the answer.
    """

    unit: int
    function: int
    address: int
    count: int
    pdu: bytes
    reply_size: int

    def __str__(self) -> str:
        what = "bits" if self.function in {1, 2, 5, 15} else "registers"
        did = "write" if self.is_write else "read"
        return f"unit {self.unit}: {did} of {self.count} {what} from {self.address} (function {self.function})"

    @property
    def is_write(self) -> bool:
        """Whether it changes the device."""
        return self.function in MOST_WRITTEN

    @abstractmethod
    def values(self, pdu: bytes) -> tuple[int, ...] | None:
        """Return what the right answer says, or None if it contradicts itself."""

    def accept(self, unit: int, pdu: bytes) -> tuple[int, ...]:
        """Return the values of an answer.

        Parameters
        ----------
        unit : int
            Who answered.
        pdu : bytes
            The answer from its function on.

        Raises
        ------
        ExceptionReplyError
            If the device refused.
        BadReplyError
            If this cannot be the answer: another unit, function, length, echo.
        """
        if unit == self.unit and pdu[0] == self.function and (len(pdu) == self.reply_size or not self.reply_size):
            values = self.values(pdu)
            if values is not None:
                return values
        raise self._wrong(unit, pdu)

    def _wrong(self, unit: int, pdu: bytes) -> ModbusError:
        if unit != self.unit:
            return BadReplyError(f"{self}: unit {unit} answered instead", unit=self.unit)
        if pdu[0] == self.function | REFUSED and len(pdu) == 2:  # noqa: PLR2004 - function and code
            return ExceptionReplyError(pdu[1], str(self), unit=self.unit)
        if pdu[0] != self.function:
            return BadReplyError(f"{self}: the answer has function {pdu[0]}", unit=self.unit)
        if len(pdu) != self.reply_size:
            wrong = f"the answer has {len(pdu)} bytes where {self.reply_size} are right; it is not used"
            return BadReplyError(f"{self}: {wrong}", unit=self.unit)
        return BadReplyError(f"{self}: the answer {pdu.hex()} does not fit the request; it is not used", unit=self.unit)


class RegisterRead(Request):
    """A read of registers: answered by their values, 0 to 65535."""

    __slots__ = ()

    def values(self, pdu: bytes) -> tuple[int, ...] | None:
        """Return the registers."""
        return _REGISTERS[self.count].unpack_from(pdu, 2) if pdu[1] == self.reply_size - 2 else None


class BitRead(Request):
    """A read of coils or discrete inputs: answered by 0 and 1."""

    __slots__ = ()

    def values(self, pdu: bytes) -> tuple[int, ...] | None:
        """Return the bits."""
        if pdu[1] != self.reply_size - 2:
            return None
        bits = int.from_bytes(pdu[2:], "little")
        return tuple((bits >> place) & 1 for place in range(self.count))


class Write(Request):
    """A write: answered by an echo of address and value, or of address and count."""

    __slots__ = ()

    def values(self, pdu: bytes) -> tuple[int, ...] | None:
        """Return nothing, for a true echo."""
        return () if pdu == self.pdu[:5] else None


class Identification(Request):
    """A read of the device's description (function 43, type 14): answered by the bytes as they are."""

    __slots__ = ()

    def values(self, pdu: bytes) -> tuple[int, ...] | None:
        """Return the bytes of the answer, for `hardware_in_loop.modbus.identity`."""
        return tuple(pdu) if len(pdu) >= 7 and pdu[1] == self.pdu[1] else None  # noqa: PLR2004 - head of the answer


def _check(unit: int, function: int, address: int, count: int, most: dict[int, int]) -> None:
    wrong = []
    if not 0 <= unit <= LARGEST_UNIT:
        wrong.append(f"unit {unit} is not within 0 to {LARGEST_UNIT}")
    if function not in most:
        wrong.append(f"function {function} is none of {', '.join(map(str, most))}")
    elif not 1 <= count <= most[function]:
        wrong.append(f"{count} values at once are not within 1 to {most[function]}")
    if not 0 <= address <= ADDRESSES - max(count, 1):
        wrong.append(f"addresses {address} to {address + count - 1} are not within 0 to {ADDRESSES - 1}")
    if wrong:
        raise ModbusError("request that cannot be sent: " + "; ".join(wrong), unit=unit)


@lru_cache(maxsize=8192)
def read_request(unit: int, function: int, address: int, count: int) -> Request:
    """Return a read; the same object for the same arguments, since polls repeat.

    >>> read_request(1, 3, 107, 3).pdu.hex()
    '03006b0003'

    Raises
    ------
    ModbusError
        If the standard does not allow it.
    """
    _check(unit, function, address, count, MOST_READ)
    pdu = _HEAD.pack(function, address, count)
    if function in {1, 2}:
        return BitRead(unit, function, address, count, pdu, 2 + (count + 7) // 8)
    return RegisterRead(unit, function, address, count, pdu, 2 + 2 * count)


def write_request(unit: int, address: int, values: Sequence[int], function: int | None = None) -> Request:
    """Return a write: function 6 for one register and 16 for several, unless `function` says otherwise (5 and 15 are coils).

    >>> write_request(1, 1, [3]).pdu.hex()
    '0600010003'

    Raises
    ------
    ModbusError
        If the standard does not allow it, or a value does not fit.
    """
    count = len(values)
    chosen = function if function is not None else (6 if count == 1 else 16)
    _check(unit, chosen, address, count, MOST_WRITTEN)
    largest = 1 if chosen in {5, 15} else 0xFFFF
    wrong = [value for value in values if not 0 <= value <= largest]
    if wrong:
        message = f"unit {unit}: write to {address}: {wrong} are not within 0 to {largest}"
        raise ModbusError(message, unit=unit)
    return Write(unit, chosen, address, count, _written(chosen, address, values), 5)


def _written(function: int, address: int, values: Sequence[int]) -> bytes:
    if function == 5:  # noqa: PLR2004
        return _HEAD.pack(function, address, 0xFF00 if values[0] else 0)
    if function == 6:  # noqa: PLR2004
        return _HEAD.pack(function, address, values[0])
    if function == 15:  # noqa: PLR2004
        data = sum(bit << place for place, bit in enumerate(values)).to_bytes((len(values) + 7) // 8, "little")
    else:
        data = _REGISTERS[len(values)].pack(*values)
    return _HEAD.pack(function, address, len(values)) + bytes([len(data)]) + data


def identify_request(unit: int, first: int = 0) -> Request:
    """Return a read of the regular device identification from one object on (section 6.21)."""
    _check(unit, 3, 0, 1, MOST_READ)
    return Identification(unit, 43, 0, 1, bytes([43, 14, 2, first]), 0)


def tcp_frame(transaction: int, request: Request) -> bytes:
    """Return a request with its header."""
    pdu = request.pdu
    return HEADER.pack(transaction, 0, len(pdu) + 1, request.unit) + pdu


class TcpDecoder:
    """Cuts a stream into frames; keeps what is not complete yet."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept = b""

    def feed(self, data: bytes) -> list[tuple[int, int, bytes]]:
        """Return the frames that are complete now: transaction, unit, and the bytes from the function on.

        Raises
        ------
        BadReplyError
            If this is no Modbus/TCP: the stream cannot be trusted any more, and must be closed.
        """
        if self._kept:
            data = self._kept + data
            self._kept = b""
        if len(data) > HEADER_SIZE:  # nearly always: one whole frame, nothing else
            transaction, protocol, length, unit = HEADER.unpack_from(data)
            if not protocol and len(data) == 6 + length <= 6 + LONGEST_LENGTH:
                return [(transaction, unit, data[HEADER_SIZE:])]
        return self._cut(data)

    def _cut(self, data: bytes) -> list[tuple[int, int, bytes]]:
        frames = []
        start, size = 0, len(data)
        while size - start > HEADER_SIZE:
            transaction, protocol, length, unit = HEADER.unpack_from(data, start)
            if protocol or not 2 <= length <= LONGEST_LENGTH:  # noqa: PLR2004 - unit and function at least
                message = (
                    f"what arrives is no Modbus/TCP (protocol {protocol}, length {length}): {data[start : start + 16].hex()}"
                )
                raise BadReplyError(message)
            end = start + 6 + length
            if end > size:
                break
            frames.append((transaction, unit, data[start + HEADER_SIZE : end]))
            start = end
        if start < size:
            self._kept = data[start:]
        return frames
