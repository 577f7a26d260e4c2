# SPDX-License-Identifier: Apache-2.0
"""Frames, byte for byte as the specifications print them."""

from __future__ import annotations

import pytest

from hardware_in_loop.modbus.endpoint import Endpoint
from hardware_in_loop.modbus.errors import BadReplyError, ExceptionReplyError, ModbusError
from hardware_in_loop.modbus.frames import TcpDecoder, identify_request, read_request, tcp_frame, write_request
from hardware_in_loop.modbus.identity import objects
from hardware_in_loop.modbus.rtu import FOREIGN, INCOMPLETE, checksum, complaint, reply_size, rtu_frame

# Modbus Application Protocol Specification V1.1b3, sections 6.1 to 6.4, the example of each: request, answer, values.
READS = [
    (1, 0x13, 19, "0100130013", "0103cd6b05", (1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1)),
    (2, 0xC4, 22, "0200c40016", "0203acdb35", (0, 0, 1, 1, 0, 1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 1)),
    (3, 0x6B, 3, "03006b0003", "0306022b00000064", (555, 0, 100)),
    (4, 0x08, 1, "0400080001", "0402000a", (10,)),
]
# Sections 6.5, 6.6, 6.11, 6.12.
WRITES = [
    (5, 0xAC, [1], "0500acff00", "0500acff00"),
    (6, 0x01, [3], "0600010003", "0600010003"),
    (15, 0x13, [1, 0, 1, 1, 0, 0, 1, 1, 1, 0], "0f0013000a02cd01", "0f0013000a"),
    (16, 0x01, [0x000A, 0x0102], "100001000204000a0102", "1000010002"),
]


@pytest.mark.parametrize(("function", "address", "count", "asked", "answer", "values"), READS)
def test_reads_are_those_of_the_specification(function, address, count, asked, answer, values):
    request = read_request(17, function, address, count)
    assert request.pdu.hex() == asked
    assert request.accept(17, bytes.fromhex(answer)) == values


@pytest.mark.parametrize(("function", "address", "values", "asked", "answer"), WRITES)
def test_writes_are_those_of_the_specification(function, address, values, asked, answer):
    request = write_request(17, address, values, function)
    assert request.pdu.hex() == asked
    assert request.accept(17, bytes.fromhex(answer)) == ()


def test_one_register_is_written_with_function_6_and_several_with_16():
    assert write_request(1, 0, [1]).function == 6
    assert write_request(1, 0, [1, 2]).function == 16


def test_the_checksum_is_that_of_the_specification():
    """Modbus over Serial Line V1.02, section 6.2.2: the bytes 02 07 have the CRC 1241 hexadecimal, sent as 41 12."""
    assert checksum(bytes.fromhex("0207")) == 0x1241


def test_frames_on_tcp_and_on_a_serial_line():
    """Header by Modbus Messaging on TCP/IP V1.0b, section 3.1.3; CRC of 11 03 00 6B 00 03 is 87 76 (widely published)."""
    request = read_request(17, 3, 107, 3)
    assert tcp_frame(0x1501, request).hex() == "15010000000611" + "03006b0003"
    assert rtu_frame(request).hex() == "1103006b00037687"


@pytest.mark.parametrize(
    ("unit", "answer", "says"),
    [
        (17, "0304022b0000", "the answer has 6 bytes where 8 are right"),
        (17, "0308022b000000640001", "the answer has 10 bytes where 8 are right"),
        (17, "0304022b00000064", "does not fit"),
        (18, "0306022b00000064", "unit 18 answered instead"),
        (17, "0406022b00000064", "the answer has function 4"),
        (17, "830201", "the answer has function 131"),
    ],
)
def test_what_cannot_be_the_answer_is_never_a_value(unit, answer, says):
    with pytest.raises(BadReplyError, match=says) as caught:
        read_request(17, 3, 107, 3).accept(unit, bytes.fromhex(answer))
    assert "unit 17: read of 3 registers from 107 (function 3)" in str(caught.value)
    assert caught.value.unit == 17


def test_an_echo_that_differs_is_no_acknowledgement():
    with pytest.raises(BadReplyError, match="0600010004 does not fit"):
        write_request(1, 1, [3]).accept(1, bytes.fromhex("0600010004"))


def test_a_refusal_says_what_to_do():
    with pytest.raises(ExceptionReplyError, match="exception 2, illegal data address; no such register") as caught:
        read_request(17, 3, 107, 3).accept(17, bytes.fromhex("8302"))
    assert caught.value.code == 2
    assert "exception 99, unknown to the standard" in str(ExceptionReplyError(99))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((1, 3, 0, 126), "126 values at once are not within 1 to 125"),
        ((1, 1, 0, 2001), "2001 values at once are not within 1 to 2000"),
        ((256, 3, 0, 1), "unit 256 is not within 0 to 255"),
        ((1, 7, 0, 1), "function 7 is none of 1, 2, 3, 4"),
        ((1, 3, 65535, 2), "addresses 65535 to 65536 are not within 0 to 65535"),
        ((1, 3, -1, 1), "addresses -1 to -1"),
    ],
)
def test_reads_that_the_standard_does_not_allow(arguments, says):
    with pytest.raises(ModbusError, match=says):
        read_request(*arguments)


@pytest.mark.parametrize(
    ("values", "function", "says"),
    [
        ([70000], None, r"\[70000\] are not within 0 to 65535"),
        ([2], 5, r"\[2\] are not within 0 to 1"),
        ([0] * 124, 16, "124 values"),
    ],
)
def test_writes_that_the_standard_does_not_allow(values, function, says):
    with pytest.raises(ModbusError, match=says):
        write_request(1, 0, values, function)


def test_a_stream_that_is_no_modbus_is_refused():
    with pytest.raises(BadReplyError, match="no Modbus/TCP"):
        TcpDecoder().feed(b"HTTP/1.1 400 Bad Request\r\n")
    with pytest.raises(BadReplyError, match="length 300"):
        TcpDecoder().feed(bytes.fromhex("00010000012c0103"))


def test_frames_come_out_of_a_stream_however_it_is_cut():
    stream = bytes.fromhex("000100000005010302002a" + "00020000000301830a")
    whole = TcpDecoder().feed(stream)
    assert whole == [(1, 1, bytes.fromhex("0302002a")), (2, 1, bytes.fromhex("830a"))]
    decoder = TcpDecoder()
    assert [frame for byte in stream for frame in decoder.feed(bytes([byte]))] == whole


def test_where_a_serial_frame_ends_follows_from_the_request():
    request = read_request(1, 3, 0, 1)
    frame = bytes.fromhex("010302002a")
    frame += checksum(frame).to_bytes(2, "little")
    assert [reply_size(frame[:size], request) for size in range(len(frame))] == [INCOMPLETE] * len(frame)
    assert reply_size(frame + b"rest", request) == len(frame)
    assert reply_size(frame[:-1] + b"\0", request) == FOREIGN
    assert reply_size(frame, read_request(1, 3, 0, 2)) == FOREIGN
    assert reply_size(frame, read_request(2, 3, 0, 1)) == FOREIGN
    refusal = bytes.fromhex("018302c0f1")  # CRC of 01 83 02: C0 F1 (widely published)
    assert reply_size(refusal, request) == len(refusal)


@pytest.mark.parametrize(
    ("received", "says"),
    [
        ("010300000001840a", "switch the local echo"),
        ("0203020001", "something else than unit 1 spoke"),
        ("0104020001", "the answer has function 4"),
        ("01030400010001", "an answer of 4 data bytes where 2 are right"),
        ("010302000100ff", "wrong checksum"),
    ],
)
def test_what_is_wrong_on_a_serial_line_is_said(received, says):
    request = read_request(1, 3, 0, 1)
    assert says in complaint(bytes.fromhex(received), request, rtu_frame(request))


def test_identification_says_its_own_length():
    """The example of section 6.21, with the regular category asked for."""
    request = identify_request(5)
    assert request.pdu.hex() == "2b0e0200"
    said = ((0, b"Company identification"), (1, b"Product code XX"), (2, b"V2.11"))
    pdu = bytes.fromhex("2b0e0201000003") + b"".join(bytes([number, len(text)]) + text for number, text in said)
    assert objects(pdu) == ({0: "Company identification", 1: "Product code XX", 2: "V2.11"}, -1)
    body = bytes([5]) + pdu
    frame = body + checksum(body).to_bytes(2, "little")
    assert [reply_size(frame[:size], request) for size in range(len(frame))] == [INCOMPLETE] * len(frame)
    assert reply_size(frame, request) == len(frame)
    with pytest.raises(ValueError, match="within one of them"):
        objects(pdu[:-3])


def test_endpoints_are_complete_or_say_what_is_missing():
    assert Endpoint(host="Inverter.local").key == "inverter.local:502"
    assert Endpoint(host="::1", port=1502).key == "[::1]:1502"
    assert Endpoint(host="a", transport="tls").port == 802
    assert Endpoint(transport="rtu", serial_port="ttyUSB0").key == "ttyUSB0"
    assert len({Endpoint(host="a"), Endpoint(host="a")}) == 1
    for given, says in (
        ({"transport": "rtu"}, "transport rtu needs serial_port"),
        ({}, "transport tcp needs host"),
        ({"host": "a", "serial_port": "b"}, "transport tcp has no serial_port"),
        ({"transport": "rtu", "serial_port": "b", "in_flight": 2}, "in_flight 2 needs transport tcp or tls"),
        ({"host": "a", "key_file": "k"}, "key_file needs certificate_file"),
    ):
        with pytest.raises(ValueError, match=says):
            Endpoint.model_validate(given)


def test_silence_between_serial_frames():
    """Serial Line V1.02, 2.5.1.1: 3.5 characters of 11 bits, fixed 1.75 ms above 19200 baud; 9600 baud: 4.01 ms by hand."""
    assert Endpoint(transport="rtu", serial_port="a").gap_s == pytest.approx(0.00401, abs=1e-5)
    assert Endpoint(transport="rtu", serial_port="a", baud_rate=115200).gap_s == 0.00175
