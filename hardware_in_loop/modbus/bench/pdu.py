# SPDX-License-Identifier: Apache-2.0
"""What a Modbus device answers: protocol data units of functions 1 to 6, 15, 16 and 43/14, and exceptions.

Written from the device's side and on its own: it shares no code with the client, so that neither hides the other's mistakes.
Source: MODBUS Application Protocol Specification V1.1b3, sections 6 and 7.
"""

from __future__ import annotations

import struct
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Final, Protocol

from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MOST_BITS_READ: Final = 2000
MOST_BITS_WRITTEN: Final = 1968
MOST_REGISTERS_READ: Final = 125
MOST_REGISTERS_WRITTEN: Final = 123
SPACE: Final = 65536
COIL_ON: Final = 0xFF00
IDENTIFY: Final = 0x0E
CONFORMITY: Final = 0x82
"""Regular identification, as a stream and object by object."""
MOST_PDU: Final = 253

_PAIR: Final = struct.Struct(">HH")


class Table(StrEnum):
    """The four address spaces of a device."""

    COIL = "coil"
    DISCRETE = "discrete"
    HOLDING = "holding"
    INPUT = "input"


class Code(IntEnum):
    """Exceptions that a device answers with."""

    FUNCTION = 1
    ADDRESS = 2
    VALUE = 3
    FAILURE = 4
    BUSY = 6
    NO_PATH = 10
    NO_TARGET = 11


class RefusedError(DeviceError):
    """A device answers with an exception; ends in a frame, never in a message for people.

    Parameters
    ----------
    code : Code
        What it says.
    """

    def __init__(self, code: Code) -> None:
        self.code = code
        super().__init__(f"exception {code.value}")


class Unit(Protocol):
    """What stands behind a unit id."""

    def read(self, table: Table, address: int, count: int) -> Sequence[int]:
        """Return bits or registers; raise `RefusedError` where there are none."""

    def write(self, table: Table, address: int, values: Sequence[int]) -> None:
        """Take bits or registers, all of them or none; raise `RefusedError` where that cannot be."""

    def identity(self) -> Mapping[int, str]:
        """Return the texts of function 43/14 by object id: 0 vendor, 1 product code, 2 revision, ..."""


def answer(unit: Unit, request: bytes) -> bytes:
    """Return the answer of a unit to a request, both without address and check.

    >>> answer(RegisterBank(holding={107: 0x022B, 108: 0, 109: 0x64}), bytes.fromhex("03006B0003")).hex()
    '0306022b00000064'
    >>> answer(RegisterBank(holding={}), bytes.fromhex("03006B0003")).hex()
    '8302'
    """
    function = request[0]
    try:
        return _HANDLERS.get(function, _unknown)(unit, request)
    except RefusedError as refused:
        return bytes((function | 0x80, refused.code))


class RegisterBank:
    """A unit of plain numbers, for tests of lines and servers.

    Parameters
    ----------
    coil, discrete, holding, input_ : mapping of int to int
        Values by address; what is not there is refused.
    texts : mapping of int to str
        Identification by object id.
    """

    def __init__(
        self,
        *,
        coil: Mapping[int, int] | None = None,
        discrete: Mapping[int, int] | None = None,
        holding: Mapping[int, int] | None = None,
        input_: Mapping[int, int] | None = None,
        texts: Mapping[int, str] | None = None,
    ) -> None:
        self.tables: dict[Table, dict[int, int]] = {
            Table.COIL: dict(coil or {}),
            Table.DISCRETE: dict(discrete or {}),
            Table.HOLDING: dict(holding or {}),
            Table.INPUT: dict(input_ or {}),
        }
        self._texts = dict(texts or {})

    def read(self, table: Table, address: int, count: int) -> Sequence[int]:
        """Return values; all must be there."""
        values = self.tables[table]
        try:
            return [values[place] for place in range(address, address + count)]
        except KeyError:
            raise RefusedError(Code.ADDRESS) from None

    def write(self, table: Table, address: int, values: Sequence[int]) -> None:
        """Take values; all addresses must be there."""
        self.read(table, address, len(values))
        self.tables[table].update(enumerate(values, address))

    def identity(self) -> Mapping[int, str]:
        """Return the texts."""
        return self._texts


def _span(request: bytes, most: int) -> tuple[int, int]:
    """Return address and count of a request for several values."""
    address, count = _PAIR.unpack_from(request, 1)
    if not 1 <= count <= most:
        raise RefusedError(Code.VALUE)
    if address + count > SPACE:
        raise RefusedError(Code.ADDRESS)
    return address, count


def _must_be(request: bytes, length: int) -> None:
    if len(request) != length:
        raise RefusedError(Code.VALUE)


def _unknown(unit: Unit, request: bytes) -> bytes:  # noqa: ARG001 - as every handler
    raise RefusedError(Code.FUNCTION)


def _read_bits(table: Table) -> Callable[[Unit, bytes], bytes]:
    def handle(unit: Unit, request: bytes) -> bytes:
        _must_be(request, 5)
        address, count = _span(request, MOST_BITS_READ)
        packed = sum(1 << place for place, bit in enumerate(unit.read(table, address, count)) if bit)
        size = (count + 7) // 8
        return bytes((request[0], size)) + packed.to_bytes(size, "little")

    return handle


def _read_registers(table: Table) -> Callable[[Unit, bytes], bytes]:
    def handle(unit: Unit, request: bytes) -> bytes:
        _must_be(request, 5)
        address, count = _span(request, MOST_REGISTERS_READ)
        return struct.pack(f">BB{count}H", request[0], 2 * count, *unit.read(table, address, count))

    return handle


def _write_coil(unit: Unit, request: bytes) -> bytes:
    _must_be(request, 5)
    address, value = _PAIR.unpack_from(request, 1)
    if value not in {0, COIL_ON}:
        raise RefusedError(Code.VALUE)
    unit.write(Table.COIL, address, (int(value == COIL_ON),))
    return request


def _write_register(unit: Unit, request: bytes) -> bytes:
    _must_be(request, 5)
    address, value = _PAIR.unpack_from(request, 1)
    unit.write(Table.HOLDING, address, (value,))
    return request


def _write_coils(unit: Unit, request: bytes) -> bytes:
    if len(request) < 7:  # noqa: PLR2004 - function, address, count, size and one byte at least
        raise RefusedError(Code.VALUE)
    address, count = _span(request, MOST_BITS_WRITTEN)
    size = (count + 7) // 8
    _must_be(request, 6 + size)
    if request[5] != size:
        raise RefusedError(Code.VALUE)
    packed = int.from_bytes(request[6:], "little")
    unit.write(Table.COIL, address, [packed >> place & 1 for place in range(count)])
    return request[:5]


def _write_registers(unit: Unit, request: bytes) -> bytes:
    if len(request) < 8:  # noqa: PLR2004 - function, address, count, size and one register at least
        raise RefusedError(Code.VALUE)
    address, count = _span(request, MOST_REGISTERS_WRITTEN)
    _must_be(request, 6 + 2 * count)
    if request[5] != 2 * count:
        raise RefusedError(Code.VALUE)
    unit.write(Table.HOLDING, address, struct.unpack_from(f">{count}H", request, 6))
    return request[:5]


def _identify(unit: Unit, request: bytes) -> bytes:
    """Answer function 43/14: streams of basic, regular and extended objects (1 to 3), or one object (4)."""
    _must_be(request, 4)
    _, kind, category, first = request
    if kind != IDENTIFY:
        raise RefusedError(Code.FUNCTION)
    texts = {place: text.encode("ascii", "replace") for place, text in sorted(unit.identity().items())}
    last = {1: 0x02, 2: 0x7F, 3: 0xFF}.get(category)
    if category == 4:  # noqa: PLR2004 - one object
        if first not in texts:
            raise RefusedError(Code.ADDRESS)
        return _objects(category, {first: texts[first]})
    if last is None:
        raise RefusedError(Code.VALUE)
    # The standard: a stream from an object that is not there begins at the first one.
    begin = first if first in texts else 0
    return _objects(category, {place: text for place, text in texts.items() if begin <= place <= last})


def _objects(category: int, texts: Mapping[int, bytes]) -> bytes:
    body, count, following = b"", 0, 0
    for place, text in texts.items():
        one = bytes((place, len(text))) + text
        if 7 + len(body) + len(one) > MOST_PDU:
            following = place
            break
        body, count = body + one, count + 1
    more = 0xFF if following else 0
    return bytes((0x2B, IDENTIFY, category, CONFORMITY, more, following, count)) + body


_HANDLERS: Final[dict[int, Callable[[Unit, bytes], bytes]]] = {
    1: _read_bits(Table.COIL),
    2: _read_bits(Table.DISCRETE),
    3: _read_registers(Table.HOLDING),
    4: _read_registers(Table.INPUT),
    5: _write_coil,
    6: _write_register,
    15: _write_coils,
    16: _write_registers,
    0x2B: _identify,
}
