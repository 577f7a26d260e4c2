# SPDX-License-Identifier: Apache-2.0
"""Frames of a serial line: no header, no number, a checksum; where one ends follows from what was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardware_in_loop.modbus.frames import REFUSED, Identification, Request

if TYPE_CHECKING:
    from collections.abc import Sequence

INCOMPLETE: Final = 0
FOREIGN: Final = -1
REFUSAL_SIZE: Final = 5
AROUND: Final = 3
"""Bytes around the protocol data unit: unit before it, checksum after it."""
POLYNOMIAL: Final = 0xA001
"""0x8005, least significant bit first (Modbus over Serial Line V1.02, section 6.2.2)."""


def _row(index: int) -> int:
    for _ in range(8):
        index = (index >> 1) ^ (POLYNOMIAL if index & 1 else 0)
    return index


_TABLE: Final = tuple(_row(index) for index in range(256))


def checksum(data: bytes | bytearray) -> int:
    """Return the CRC of a frame without its own two bytes.

    >>> hex(checksum(bytes.fromhex("0207")))
    '0x1241'
    """
    crc = 0xFFFF
    for byte in data:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc


def rtu_frame(request: Request) -> bytes:
    """Return a request as it goes on the line."""
    body = bytes([request.unit]) + request.pdu
    return body + checksum(body).to_bytes(2, "little")


def reply_size(buffer: bytes | bytearray, request: Request) -> int:
    """Return the size of the frame that `buffer` begins with, if it can answer `request`.

    Returns
    -------
    int
        Bytes of a complete frame with a right checksum; `INCOMPLETE` while it still can become one; `FOREIGN` if it never can.
        Whether the answer is a refusal stands in its function.
    """
    expected = _expected_size(buffer, request)
    if expected <= 0:
        return expected
    if len(buffer) < expected:
        return INCOMPLETE
    right = checksum(buffer[: expected - 2]) == int.from_bytes(buffer[expected - 2 : expected], "little")
    return expected if right else FOREIGN


def _expected_size(buffer: bytes | bytearray, request: Request) -> int:
    head = bytes(buffer[:2])
    if head == bytes((request.unit, request.function | REFUSED)):
        return REFUSAL_SIZE
    if head != bytes((request.unit, request.function))[: len(head)]:
        return FOREIGN
    if len(head) < 2:  # noqa: PLR2004 - unit and function
        return INCOMPLETE
    if isinstance(request, Identification):
        return _description_size(buffer)
    return request.reply_size + AROUND if _fits(buffer, request) else FOREIGN


def _fits(buffer: bytes | bytearray, request: Request) -> bool:
    """Return whether byte count, or echo, can be right as far as they have come."""
    if request.is_write:
        echo = request.pdu[1:5]
        return bytes(buffer[2:6]) == echo[: len(buffer) - 2]
    return isinstance(request, Identification) or len(buffer) < AROUND or buffer[2] == request.reply_size - 2


def _description_size(buffer: bytes | bytearray) -> int:
    """Return the size of an answer to function 43 as far as it says: each object says its own length."""
    end, objects_at = 8, 7
    if len(buffer) < end:
        return INCOMPLETE
    for _ in range(buffer[objects_at]):
        if len(buffer) < end + 2:
            return INCOMPLETE
        end += 2 + buffer[end + 1]
    return end + 2


def complaint(buffer: bytes | bytearray, request: Request, sent: bytes, others: Sequence[Request] = ()) -> str:
    """Return why what arrived is not the answer, for people."""
    shown = bytes(buffer[:32]).hex()
    if not request.is_write and bytes(buffer[: len(sent)]) == sent:
        return f"{request}: the line returns what we send ({shown}): switch the local echo of the serial adapter off"
    if buffer[0] != request.unit:
        return f"{request}: something else than unit {request.unit} spoke ({shown}): wiring, speed, parity, or a second master"
    if buffer[1] not in {request.function, request.function | REFUSED}:
        return f"{request}: the answer has function {buffer[1]} ({shown})"
    if len(buffer) > 2 and not _fits(buffer, request):  # noqa: PLR2004
        if request.is_write:
            return f"{request}: the echo is not what was written ({shown})"
        late = " or a late one" if others else ""
        return f"{request}: an answer of {buffer[2]} data bytes where {request.reply_size - 2} are right{late}; it is not used"
    return f"{request}: wrong checksum ({shown}): wiring, termination, speed or parity of the line"
