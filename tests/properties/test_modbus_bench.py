# SPDX-License-Identifier: Apache-2.0
"""The devices' codec and the laboratory's were written apart: what one writes the other must read."""

from __future__ import annotations

import math
import struct

from hypothesis import given
from hypothesis import strategies as st

from hardware_in_loop.modbus.bench.codec import RANGES, pack, sizes, text, unpack
from hardware_in_loop.modbus.bench.framing import Request, RtuFraming, TcpFraming
from hardware_in_loop.modbus.registers import Kind, Order, Point, raw_of, words_of

INTEGERS = st.sampled_from(sorted(RANGES)).flatmap(
    lambda kind: st.tuples(st.just(kind), st.integers(*RANGES[kind]), st.sampled_from(list(Order)))
)
REQUESTS = st.one_of(
    st.tuples(st.integers(1, 6), st.binary(min_size=4, max_size=4)).map(lambda one: bytes((one[0],)) + one[1]),
    st.tuples(st.sampled_from([15, 16]), st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=246)).map(
        lambda one: bytes((one[0],)) + one[1] + bytes((len(one[2]),)) + one[2]
    ),
)


@given(INTEGERS)
def test_integers_in_every_order(one):
    kind, value, order = one
    point = Point(name="it", address=0, count=sizes(kind), kind=Kind(kind), order=order)
    words = pack(kind, value, order)
    assert raw_of(point, words) == value
    assert words_of(point, value) == words
    assert unpack(kind, words, order) == value


@given(st.floats(width=32, allow_nan=False, allow_infinity=False), st.sampled_from(list(Order)))
def test_floats_in_every_order(value, order):
    point = Point(name="it", address=0, count=2, kind=Kind.FLOAT32, order=order)
    assert raw_of(point, pack("float32", value, order)) == value


@given(INTEGERS, st.floats(-1e30, 1e30))
def test_integers_never_wrap_and_never_say_not_implemented(one, value):
    kind, _, _ = one
    low, high = RANGES[kind]
    assert unpack(kind, pack(kind, value)) == min(max(round(value), low), high)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=16))
def test_texts(value):
    point = Point(name="it", address=0, count=8, kind=Kind.STRING)
    assert raw_of(point, text(value, 8)) == value


@given(REQUESTS, st.integers(1, 247), st.integers(1, 300))
def test_serial_requests_come_out_whole_in_any_pieces(pdu, unit, size):
    framing = RtuFraming()
    frame = framing.frame(Request(0, unit, b""), pdu)
    pieces = [frame[place : place + size] for place in range(0, len(frame), size)]
    assert [request for piece in pieces for request in framing.feed(piece)] == [Request(0, unit, pdu)]


@given(REQUESTS, st.integers(0, 255), st.integers(0, 65535), st.integers(1, 300))
def test_tcp_requests_come_out_whole_in_any_pieces(pdu, unit, transaction, size):
    framing, request = TcpFraming(), Request(transaction, unit, pdu)
    frame = framing.frame(request, pdu)
    pieces = [frame[place : place + size] for place in range(0, len(frame), size)]
    assert [one for piece in pieces for one in framing.feed(piece)] == [request]


def test_not_a_number_travels_as_one():
    assert math.isnan(unpack("float32", pack("float32", math.nan)))
    assert struct.pack(">HH", *pack("float32", 1.5)) == struct.pack(">f", 1.5)
