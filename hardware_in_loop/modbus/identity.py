# SPDX-License-Identifier: Apache-2.0
"""What a device says of itself: function 43, type 14 (Modbus Application Protocol Specification V1.1b3, section 6.21)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from hardware_in_loop.modbus.errors import ModbusError
from hardware_in_loop.modbus.frames import identify_request

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from hardware_in_loop.modbus.exchange import Answer, Care
    from hardware_in_loop.modbus.frames import Request

NAMES: Final = (
    "vendor_name",
    "product_code",
    "revision",
    "vendor_url",
    "product_name",
    "model_name",
    "user_application_name",
)
MORE: Final = 0xFF
MOST_PARTS: Final = 8


class Ask(Protocol):
    """Sends a request and returns its answer."""

    def __call__(self, request: Request, timeout_s: float, care: Care = ...) -> Awaitable[Answer]:
        """Send a request and return the awaitable of its answer."""


def objects(pdu: bytes) -> tuple[dict[int, str], int]:
    """Return the objects of an answer, and the first object of the next one (-1 if there is none).

    Raises
    ------
    ValueError
        If its lengths contradict each other.
    """
    found: dict[int, str] = {}
    place = 7
    for _ in range(pdu[6]):
        if place + 2 > len(pdu) or place + 2 + pdu[place + 1] > len(pdu):
            message = f"objects end after {len(pdu)} bytes, within one of them"
            raise ValueError(message)
        found[pdu[place]] = pdu[place + 2 : place + 2 + pdu[place + 1]].decode("utf-8", errors="replace")
        place += 2 + pdu[place + 1]
    return found, pdu[5] if pdu[4] == MORE else -1


async def identify(ask: Ask, unit: int, timeout_s: float) -> dict[str, str]:
    """Return the regular identification of a unit; what it has said until it failed, if it fails."""
    said: dict[str, str] = {}
    first = 0
    for _ in range(MOST_PARTS):
        try:
            found, following = objects(bytes(await ask(identify_request(unit, first), timeout_s)))
        except (ModbusError, ValueError):
            return said
        said |= {NAMES[number]: text.strip("\0 ") for number, text in found.items() if number < len(NAMES)}
        if following <= first:
            return said
        first = following
    return said
