# SPDX-License-Identifier: Apache-2.0
"""What registers mean: types, orders of words, scales, and the codes that stand for "there is no such value"."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

Raw = int | float | str
"""What a register holds before it is scaled."""


class Table(StrEnum):
    """Which of the four tables of a device."""

    HOLDING = "holding"
    INPUT = "input"
    COIL = "coil"
    DISCRETE = "discrete"


READ_FUNCTION: Final = {Table.COIL: 1, Table.DISCRETE: 2, Table.HOLDING: 3, Table.INPUT: 4}
BITS: Final = frozenset({Table.COIL, Table.DISCRETE})


class Order(StrEnum):
    """Order of the bytes of a value of two registers; four registers follow the same rule.

    ABCD is what the standard says. CDAB has the low word first, BADC swaps the bytes of each word, DCBA does both.
    """

    ABCD = "ABCD"
    CDAB = "CDAB"
    BADC = "BADC"
    DCBA = "DCBA"


class Kind(StrEnum):
    """Type of a point."""

    BOOL = "bool"
    INT16 = "int16"
    UINT16 = "uint16"
    INT32 = "int32"
    UINT32 = "uint32"
    INT64 = "int64"
    UINT64 = "uint64"
    FLOAT32 = "float32"
    FLOAT64 = "float64"
    BITFIELD16 = "bitfield16"
    BITFIELD32 = "bitfield32"
    ENUM16 = "enum16"
    ENUM32 = "enum32"
    ACC16 = "acc16"
    ACC32 = "acc32"
    ACC64 = "acc64"
    SUNSSF = "sunssf"
    COUNT = "count"
    PAD = "pad"
    STRING = "string"


_FORMAT: Final = {
    Kind.INT16: ">h", Kind.UINT16: ">H", Kind.INT32: ">i", Kind.UINT32: ">I", Kind.INT64: ">q", Kind.UINT64: ">Q",
    Kind.FLOAT32: ">f", Kind.FLOAT64: ">d", Kind.BITFIELD16: ">H", Kind.BITFIELD32: ">I", Kind.ENUM16: ">H", Kind.ENUM32: ">I",
    Kind.ACC16: ">H", Kind.ACC32: ">I", Kind.ACC64: ">Q", Kind.SUNSSF: ">h", Kind.COUNT: ">H", Kind.PAD: ">H",
}  # fmt: skip
_CODEC: Final = {kind: struct.Struct(text) for kind, text in _FORMAT.items()}
FLOATS: Final = frozenset({Kind.FLOAT32, Kind.FLOAT64})
ACCUMULATORS: Final = frozenset({Kind.ACC16, Kind.ACC32, Kind.ACC64})
SIGNED: Final = frozenset({Kind.INT16, Kind.INT32, Kind.INT64, Kind.SUNSSF})
_WHOLE: Final = frozenset(_CODEC) - FLOATS
SUNSPEC_VOID: Final[dict[Kind, int]] = {
    Kind.INT16: -0x8000, Kind.UINT16: 0xFFFF, Kind.INT32: -0x8000_0000, Kind.UINT32: 0xFFFF_FFFF, Kind.INT64: -(1 << 63),
    Kind.UINT64: (1 << 64) - 1, Kind.BITFIELD16: 0xFFFF, Kind.BITFIELD32: 0xFFFF_FFFF, Kind.ENUM16: 0xFFFF,
    Kind.ENUM32: 0xFFFF_FFFF, Kind.ACC16: 0, Kind.ACC32: 0, Kind.ACC64: 0, Kind.SUNSSF: -0x8000, Kind.COUNT: 0xFFFF,
    Kind.PAD: 0x8000,
}  # fmt: skip
"""What SunSpec devices show in points they do not implement (SunSpec Information Model Specification, table of data types)."""
SCALE_MOST: Final = 10
"""SunSpec scale factors lie between minus and plus this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One value in the registers of a device.

    Attributes
    ----------
    name : str
        Name within the profile, ``701:W`` for SunSpec.
    address : int
        First register or bit as it travels, counted from 0.
    count : int
        Registers or bits.
    kind : Kind
        Type.
    table : Table
        Table.
    order : Order
        Order of bytes.
    scale, offset : float
        Value = raw x scale x 10^factor + offset, in `unit`.
    factor : str
        Name of the point that holds the power of ten, empty for none.
    unit : str
        Unit of the scaled value, as people write it: ``W``, ``Wh``, ``Pct``, ``A``.
    void : tuple of int
        Raw values that mean "not implemented"; a float that is no number always does.
    low, high : float
        Limits of what is physically possible, in `unit`.
    poll : str
        ``high``: with every sample; ``low``: one block of these per sample in turn.
    readable, writable : bool
        Whether it may be read, and written.
    min_interval_s : float
        Shortest time between two writes that change it, for registers that wear out. [s]
    """

    name: str
    address: int
    count: int = 1
    kind: Kind = Kind.UINT16
    table: Table = Table.HOLDING
    order: Order = Order.ABCD
    scale: float = 1.0
    offset: float = 0.0
    factor: str = ""
    unit: str = ""
    void: tuple[int, ...] = ()
    low: float = -math.inf
    high: float = math.inf
    poll: str = "high"
    readable: bool = True
    writable: bool = False
    min_interval_s: float = 0.0

    @property
    def end(self) -> int:
        """Address after its last register."""
        return self.address + self.count


def size_of(kind: Kind) -> int:
    """Return the registers of a type; a string has none of its own."""
    return 1 if kind is Kind.BOOL else 0 if kind is Kind.STRING else _CODEC[kind].size // 2


def width_of(kind: Kind) -> int | None:
    """Return after how many counts a counter of this type wraps; None where it never does.

    >>> width_of(Kind.ACC32) == 2**32
    True
    """
    return None if kind in FLOATS or kind in {Kind.BOOL, Kind.STRING} else 1 << (16 * size_of(kind))


def raw_of(point: Point, words: Sequence[int]) -> Raw | None:
    """Return what registers hold, or None where the device does not implement the point.

    Parameters
    ----------
    point : Point
        What the registers are.
    words : sequence of int
        As many registers (or bits) as the point has.
    """
    if len(words) != point.count:
        message = f"{point.name}: {point.count} registers make one value, not {len(words)}"
        raise ValueError(message)
    if point.order is Order.ABCD and point.kind in _WHOLE:
        return _whole(point, words)
    if point.kind is Kind.BOOL:
        return int(bool(words[0]))
    data = _to_standard(struct.pack(f">{len(words)}H", *words), point.order)
    if point.kind is Kind.STRING:
        return data.split(b"\0")[0].decode("utf-8", "replace").strip() or None
    raw: int | float = _CODEC[point.kind].unpack(data)[0]
    if isinstance(raw, float):
        return raw if math.isfinite(raw) else None
    return None if raw in point.void else raw


def _whole(point: Point, words: Sequence[int]) -> int | None:
    """Return a whole number in the standard's order: by far the most common case, and several times faster than unpacking."""
    raw = words[0]
    for word in words[1:]:
        raw = raw << 16 | word
    if raw >> (16 * point.count - 1) and point.kind in SIGNED:
        raw -= 1 << 16 * point.count
    return None if raw in point.void else raw


def words_of(point: Point, raw: Raw | None) -> tuple[int, ...]:
    """Return the registers that hold a raw value; None gives those of a point that is not implemented.

    Raises
    ------
    ValueError
        If it does not fit the type.
    """
    if point.kind is Kind.BOOL:
        return (int(bool(raw)),)
    if point.kind is Kind.STRING:
        data = str(raw or "").encode("utf-8")
        if len(data) > 2 * point.count:
            message = f"{point.name}: {raw!r} is longer than {2 * point.count} bytes"
            raise ValueError(message)
        data = data.ljust(2 * point.count, b"\0")
    else:
        data = _packed(point, raw)
    return struct.unpack(f">{point.count}H", _to_standard(data, point.order))


def _packed(point: Point, raw: Raw | None) -> bytes:
    if raw is None:
        raw = math.nan if point.kind in FLOATS else point.void[0] if point.void else 0
    try:
        return _CODEC[point.kind].pack(float(raw) if point.kind in FLOATS else int(raw))
    except (struct.error, OverflowError, ValueError) as error:
        message = f"{point.name}: {raw!r} does not fit {point.kind}"
        raise ValueError(message) from error


def _to_standard(data: bytes, order: Order) -> bytes:
    """Turn bytes of any order into the standard's, and back: each order is its own inverse."""
    if order is Order.ABCD:
        return data
    words = [data[place : place + 2] for place in range(0, len(data), 2)]
    if order in {Order.CDAB, Order.DCBA}:
        words.reverse()
    if order in {Order.BADC, Order.DCBA}:
        words = [word[::-1] for word in words]
    return b"".join(words)


def power_of_ten(raw: Raw | None) -> int | None:
    """Return a scale factor, or None where it is not implemented or outside of what SunSpec allows."""
    return raw if isinstance(raw, int) and -SCALE_MOST <= raw <= SCALE_MOST else None


def value_of(point: Point, raw: Raw | None, exponent: int | None = 0) -> float:
    """Return the value in the point's unit, NaN where there is none.

    Parameters
    ----------
    point : Point
        What the registers are.
    raw : int, float, str or None
        From `raw_of`.
    exponent : int or None
        Power of ten just read with it; None where the device's own is not implemented.

    Examples
    --------
    >>> value_of(Point(name="701:W", address=0, kind=Kind.INT16, factor="701:W_SF"), -1234, -1)
    -123.4
    """
    if raw is None or isinstance(raw, str) or exponent is None:
        return math.nan
    return _scaled(raw, exponent) * point.scale + point.offset


def raw_for(point: Point, value: float, exponent: int | None = 0, *, toward: int = 0) -> int | float:
    """Return the raw value that comes closest, held within the type; never one that means "not implemented".

    Parameters
    ----------
    point : Point
        What the registers are.
    value : float
        In the point's unit.
    exponent : int or None
        Power of ten just read.
    toward : int
        0 rounds to the nearest count, -1 down and +1 up (in the point's unit).

    Raises
    ------
    ValueError
        If there is no value to write, or no scale factor to write it with.
    """
    if not math.isfinite(value) or exponent is None or point.kind is Kind.STRING:
        message = f"{point.name}: {value!r} cannot be written with the scale factor {exponent!r}"
        raise ValueError(message)
    counts = _scaled((value - point.offset) / point.scale, -exponent)
    if point.kind in FLOATS:
        return counts
    toward = toward if point.scale > 0 else -toward
    # A count that is off by rounding of floats only is the count itself: 0.3 / 0.1 must not be rounded down to 2.
    near = round(counts)
    if toward != 0 and not math.isclose(counts, near, abs_tol=1e-6):
        near = math.floor(counts) if toward < 0 else math.ceil(counts)
    return _held(point, near)


def count_of(point: Point, exponent: int | None = 0) -> float:
    """Return what one count is worth in the point's unit; 0 for floats."""
    return 0.0 if point.kind in FLOATS else abs(_scaled(1, exponent or 0) * point.scale)


def _scaled(raw: float, exponent: int) -> float:
    # Dividing by an exact power of ten rounds once; multiplying by 0.1 rounds twice and shows as 123.40000000000001.
    return float(raw) * 10.0**exponent if exponent >= 0 else float(raw) / 10.0**-exponent


def _held(point: Point, counts: int) -> int:
    if point.kind is Kind.BOOL:
        return int(bool(counts))
    bits = 16 * size_of(point.kind)
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if point.kind in SIGNED else (0, (1 << bits) - 1)
    held = min(max(counts, low), high)
    while held in point.void:
        held += 1 if held < 0 or held == low else -1
    return held
