# SPDX-License-Identifier: Apache-2.0
"""Frames of any content, and answers that something has changed on their way."""

from __future__ import annotations

import asyncio
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.hardware.fuzz_modbus import crc, fuzz
from hardware_in_loop.modbus.frames import TcpDecoder, read_request, write_request
from hardware_in_loop.modbus.rtu import checksum, reply_size

registers = st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=123)


@given(st.binary(max_size=300))
def test_the_checksum_is_the_one_computed_bit_by_bit(data):
    assert checksum(data) == crc(data)


@given(registers, st.integers(0, 60000), st.integers(0, 255), st.sampled_from([3, 4]))
def test_registers_come_through(values, address, unit, function):
    pdu = struct.pack(f">BB{len(values)}H", function, 2 * len(values), *values)
    assert read_request(unit, function, address, len(values)).accept(unit, pdu) == tuple(values)


@given(st.lists(st.integers(0, 1), min_size=1, max_size=2000), st.sampled_from([1, 2]))
def test_bits_come_through(bits, function):
    text = "".join(map(str, reversed(bits)))
    data = int(text, 2).to_bytes((len(bits) + 7) // 8, "little")
    assert read_request(1, function, 0, len(bits)).accept(1, bytes([function, len(data)]) + data) == tuple(bits)


@given(registers, st.integers(0, 60000))
def test_writes_carry_their_values(values, address):
    pdu = write_request(1, address, values, 16).pdu
    assert struct.unpack(f">BHHB{len(values)}H", pdu) == (16, address, len(values), 2 * len(values), *values)


@given(
    st.lists(st.tuples(st.integers(0, 0xFFFF), st.integers(0, 255), st.binary(min_size=1, max_size=253)), max_size=8), st.data()
)
def test_a_stream_gives_its_frames_however_it_is_cut(frames, data):
    stream = b"".join(struct.pack(">HHHB", number, 0, len(pdu) + 1, unit) + pdu for number, unit, pdu in frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    decoder = TcpDecoder()
    found = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += decoder.feed(stream[start:end])
    assert found == frames


@given(registers, st.integers(1, 3).flatmap(lambda count: st.lists(st.integers(0, 10_000), min_size=count, max_size=count)))
def test_no_three_wrong_bits_on_a_serial_line_stay_unseen(values, places):
    """The polynomial has a Hamming distance of 4 up to 32,751 bits (Koopman, CRC Polynomial Zoo, 0x8005; from memory)."""
    body = struct.pack(f">BBB{len(values)}H", 1, 3, 2 * len(values), *values)
    right = body + checksum(body).to_bytes(2, "little")
    changed = bytearray(right)
    for place in {place % (8 * len(right)) for place in places}:
        changed[place // 8] ^= 1 << place % 8
    assert reply_size(changed, read_request(1, 3, 0, len(values))) <= 0


@pytest.mark.parametrize("serial", [False, True])
def test_mutated_answers_are_never_wrong_values(serial):
    tally = asyncio.run(fuzz(20_000, 7, serial=serial))
    assert tally.count == 20_000
    assert tally.wrong == []
    assert tally.right > 1000
    assert tally.refused > 5000
    if serial:
        assert tally.unseen <= 3  # one in 65,536 of those that keep unit, function and length
