# SPDX-License-Identifier: Apache-2.0
"""Values out of registers and into them, by examples from outside: IEEE 754, the SunSpec data types, hand calculation."""

from __future__ import annotations

import math

import pytest

from hardware_in_loop.modbus.registers import (
    SUNSPEC_VOID,
    Kind,
    Order,
    Point,
    count_of,
    power_of_ten,
    raw_for,
    raw_of,
    size_of,
    value_of,
    width_of,
    words_of,
)


def point(kind: Kind, **others: object) -> Point:
    count = others.pop("count", None) or size_of(kind)
    return Point(name="p", address=0, kind=kind, count=count, **others)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "words", "raw"),
    [
        (Kind.INT16, [0xFFFF], -1),
        (Kind.UINT16, [0xFFFF], 65_535),
        (Kind.INT32, [0xFFFF, 0xFFFE], -2),
        (Kind.UINT32, [0x0001, 0x0002], 65_538),
        (Kind.UINT64, [0, 0, 1, 0], 65_536),
        (Kind.INT64, [0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF], -1),
        # IEEE 754: -1.5 is BFC00000, 1.0 as a double 3FF0000000000000.
        (Kind.FLOAT32, [0xBFC0, 0x0000], -1.5),
        (Kind.FLOAT64, [0x3FF0, 0, 0, 0], 1.0),
        (Kind.ACC64, [0, 0, 0, 7], 7),
        (Kind.SUNSSF, [0xFFFD], -3),
    ],
)
def test_types(kind: Kind, words: list[int], raw: float) -> None:
    assert raw_of(point(kind), words) == raw
    assert words_of(point(kind), raw) == tuple(words)


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (Order.ABCD, [0x1234, 0x5678]),
        (Order.CDAB, [0x5678, 0x1234]),
        (Order.BADC, [0x3412, 0x7856]),
        (Order.DCBA, [0x7856, 0x3412]),
    ],
)
def test_orders(order: Order, words: list[int]) -> None:
    assert raw_of(point(Kind.UINT32, order=order), words) == 0x12345678
    assert words_of(point(Kind.UINT32, order=order), 0x12345678) == tuple(words)


def test_order_of_four_registers() -> None:
    assert raw_of(point(Kind.UINT64, order=Order.CDAB), [4, 3, 2, 1]) == 0x0001_0002_0003_0004


def test_strings_end_at_a_zero() -> None:
    name = point(Kind.STRING, count=4)
    assert raw_of(name, [0x4142, 0x4300, 0, 0]) == "ABC"
    assert words_of(name, "ABC") == (0x4142, 0x4300, 0, 0)
    assert raw_of(name, [0, 0, 0, 0]) is None
    with pytest.raises(ValueError, match="longer than 8 bytes"):
        words_of(name, "ABCDEFGHI")


@pytest.mark.parametrize("kind", list(SUNSPEC_VOID))
def test_not_implemented(kind: Kind) -> None:
    void = point(kind, void=(SUNSPEC_VOID[kind],))
    assert raw_of(void, words_of(void, None)) is None
    assert math.isnan(value_of(void, None))


def test_a_float_that_is_no_number_is_not_implemented() -> None:
    assert raw_of(point(Kind.FLOAT32), [0x7FC0, 0]) is None
    assert raw_of(point(Kind.FLOAT32), [0x7F80, 0]) is None


def test_scale_factors() -> None:
    power = point(Kind.INT16, unit="W", factor="sf")
    assert value_of(power, -1234, -1) == -123.4
    assert value_of(power, 32, 3) == 32_000.0
    assert math.isnan(value_of(power, 5, None))
    assert raw_for(power, 32_000.0, 3) == 32
    assert raw_for(power, -123.4, -1) == -1234


@pytest.mark.parametrize(("raw", "exponent"), [(-10, -10), (10, 10), (11, None), (-11, None), (None, None), (-0x8000, None)])
def test_range_of_scale_factors(raw: int | None, exponent: int | None) -> None:
    assert power_of_ten(raw) == exponent


def test_scale_and_offset_of_register_maps() -> None:
    # A sensor that counts tenths from -40 degC: 613 counts are 21.3 degC.
    sensor = point(Kind.UINT16, scale=0.1, offset=-40.0)
    assert value_of(sensor, 613) == pytest.approx(21.3)
    assert raw_for(sensor, 21.3) == 613
    assert count_of(sensor) == pytest.approx(0.1)


@pytest.mark.parametrize(("toward", "raw"), [(0, 116), (-1, 115), (1, 116)])
def test_rounding_to_the_safe_side(toward: int, raw: int) -> None:
    # 8 kW over three phases of 230 V are 11.594 A, in tenths.
    assert raw_for(point(Kind.UINT16, scale=0.1), 8000 / 690, toward=toward) == raw


def test_a_value_that_is_a_count_stays_one() -> None:
    # 0.3 / 0.1 is 2.9999999999999996 in floating point.
    assert raw_for(point(Kind.UINT16, scale=0.1), 0.3, toward=-1) == 3
    assert raw_for(point(Kind.UINT16, scale=0.1), 0.1 + 0.2, toward=1) == 3


@pytest.mark.parametrize(
    ("kind", "value", "raw"),
    [(Kind.INT16, 1e9, 32_767), (Kind.INT16, -1e9, -32_767), (Kind.UINT16, 1e9, 65_534), (Kind.UINT16, -5, 0)],
)
def test_a_value_beyond_the_type_is_held_and_never_means_not_implemented(kind: Kind, value: float, raw: int) -> None:
    assert raw_for(point(kind, void=(SUNSPEC_VOID[kind],)), value) == raw


def test_what_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        raw_for(point(Kind.INT16), math.nan)
    with pytest.raises(ValueError, match="scale factor None"):
        raw_for(point(Kind.INT16), 1.0, None)
    with pytest.raises(ValueError, match="70000 does not fit uint16"):
        words_of(point(Kind.UINT16), 70_000)
    with pytest.raises(ValueError, match="2 registers make one value, not 1"):
        raw_of(point(Kind.INT32), [1])


def test_widths_of_counters() -> None:
    assert (width_of(Kind.ACC32), width_of(Kind.UINT64), width_of(Kind.FLOAT32)) == (2**32, 2**64, None)
