# SPDX-License-Identifier: Apache-2.0
"""Numbers and texts as registers, from the device's side."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_FORMATS: Final = {
    "int16": ">h",
    "uint16": ">H",
    "int32": ">i",
    "uint32": ">I",
    "int64": ">q",
    "uint64": ">Q",
    "float32": ">f",
    "float64": ">d",
}
_WORDS: Final = {count: f">{count}H" for count in (1, 2, 4)}
RANGES: Final = {
    "int16": (-0x7FFF, 0x7FFF),
    "uint16": (0, 0xFFFE),
    "int32": (-0x7FFF_FFFF, 0x7FFF_FFFF),
    "uint32": (0, 0xFFFF_FFFE),
    "int64": (-0x7FFF_FFFF_FFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF),
    "uint64": (0, 0xFFFF_FFFF_FFFF_FFFE),
}
"""What integers can say; one value of each is kept for "not implemented" (SunSpec Device Information Model Specification)."""


def sizes(kind: str) -> int:
    """Return the registers that a kind of number takes."""
    return struct.calcsize(_FORMATS[kind]) // 2


def pack(kind: str, value: float, order: str = "ABCD") -> tuple[int, ...]:
    """Return a number as registers.

    Parameters
    ----------
    kind : str
        ``int16``, ``uint32``, ``float32`` ...
    value : float
        Raw value; integers are rounded and kept inside of what the type can say.
    order : str
        Order of the bytes on the wire: ``ABCD`` big-endian, ``CDAB`` words swapped, ``BADC`` bytes swapped, ``DCBA`` both.

    >>> pack("int32", -2), pack("int32", -2, "CDAB"), pack("float32", 1.0, "DCBA")
    ((65535, 65534), (65534, 65535), (0, 32831))
    """
    if kind in RANGES:
        low, high = RANGES[kind]
        data = struct.pack(_FORMATS[kind], min(max(round(value), low), high))
    else:
        data = struct.pack(_FORMATS[kind], value)
    return arrange(struct.unpack(f">{len(data) // 2}H", data), order)


def unpack(kind: str, words: Sequence[int], order: str = "ABCD") -> float:
    """Return the number that registers hold: the inverse of `pack`.

    >>> unpack("int32", (65534, 65535), "CDAB")
    -2
    """
    arranged = words if order == "ABCD" else arrange(tuple(words), order)
    value: float = struct.unpack(_FORMATS[kind], struct.pack(_WORDS[len(arranged)], *arranged))[0]
    return value


def text(value: str, size: int) -> tuple[int, ...]:
    """Return a text as registers, zeros behind it.

    >>> text("abc", 3)
    (24930, 25344, 0)
    """
    data = value.encode("utf-8")[: 2 * size].ljust(2 * size, b"\0")
    return struct.unpack(f">{size}H", data)


def whole(value: float) -> bool:
    """Return whether a value is a number that registers can show."""
    return math.isfinite(value)


def arrange(words: tuple[int, ...], order: str) -> tuple[int, ...]:
    """Return registers in the standard's order in another one, or back: each order is its own inverse."""
    if order in {"CDAB", "DCBA"}:
        words = words[::-1]
    if order in {"BADC", "DCBA"}:
        words = tuple((word & 0xFF) << 8 | word >> 8 for word in words)
    return words
