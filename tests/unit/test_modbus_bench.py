# SPDX-License-Identifier: Apache-2.0
"""Software Modbus devices, part by part: answers byte by byte, streams, faults, revert timers."""

from __future__ import annotations

import asyncio
import json
import math
import struct
from random import Random

import pytest

from hardware_in_loop.bench.table import TablePhysics
from hardware_in_loop.modbus.bench import ModbusBench
from hardware_in_loop.modbus.bench.desk import Desk, Want
from hardware_in_loop.modbus.bench.framing import GarbageError, Request, RtuFraming, TcpFraming, crc16
from hardware_in_loop.modbus.bench.page import FixedCell, HeldCell, LiveCell, Page
from hardware_in_loop.modbus.bench.pdu import Code, RefusedError, RegisterBank, Table, answer
from hardware_in_loop.modbus.bench.rtu import SerialServer
from hardware_in_loop.modbus.bench.station import Member, Station
from tests.modbus_bench_case import attached, run, serving, station
from twinergy.adapters import Fault, FaultBoard, Journal, LinkContext
from twinergy.errors import DeviceError


def spec_bank():
    """The device of the examples in MODBUS Application Protocol Specification V1.1b3, sections 6.1 to 6.12."""
    coils = [1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1]
    inputs = [0, 0, 1, 1, 0, 1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 1]
    return RegisterBank(
        coil={**dict(enumerate(coils, 19)), 172: 0},
        discrete=dict(enumerate(inputs, 196)),
        holding={1: 0, 2: 0, 107: 0x022B, 108: 0, 109: 0x64},
        input_={8: 0x0A},
        texts={0: "Company", 1: "Product", 2: "V2.11"},
    )


@pytest.mark.parametrize(
    ("request_", "reply"),
    [
        ("01 0013 0013", "01 03 CD6B05"),
        ("02 00C4 0016", "02 03 ACDB35"),
        ("03 006B 0003", "03 06 022B 0000 0064"),
        ("04 0008 0001", "04 02 000A"),
        ("05 00AC FF00", "05 00AC FF00"),
        ("06 0001 0003", "06 0001 0003"),
        ("0F 0013 000A 02 CD01", "0F 0013 000A"),
        ("10 0001 0002 04 000A 0102", "10 0001 0002"),
        ("01 04A1 0001", "81 02"),
        ("2B 0E 01 00", "2B 0E 01 82 00 00 03 00 07 436F6D70616E79 01 07 50726F64756374 02 05 56322E3131"),
        ("2B 0E 04 02", "2B 0E 04 82 00 00 01 02 05 56322E3131"),
    ],
)
def test_examples_of_the_standard(request_, reply):
    assert answer(spec_bank(), bytes.fromhex(request_)) == bytes.fromhex(reply)


@pytest.mark.parametrize(
    ("request_", "reply"),
    [
        ("07", "87 01"),
        ("03 006B 0000", "83 03"),
        ("03 006B 007E", "83 03"),
        ("03 006B", "83 03"),
        ("03 006B 0004", "83 02"),
        ("03 FFFF 0002", "83 02"),
        ("05 00AC 0001", "85 03"),
        ("0F 0013 000A 01 CD01", "8F 03"),
        ("10 0001 0002 04 000A", "90 03"),
        ("10 0001 0002 06 000A 0102", "90 03"),
        ("10 0001", "90 03"),
        ("06 0003 0003", "86 02"),
        ("2B 0D 01 00", "AB 01"),
        ("2B 0E 05 00", "AB 03"),
        ("2B 0E 04 09", "AB 02"),
    ],
)
def test_refusals(request_, reply):
    assert answer(spec_bank(), bytes.fromhex(request_)) == bytes.fromhex(reply)


def test_writes_arrive():
    bank = spec_bank()
    answer(bank, bytes.fromhex("0F 0013 000A 02 CD01"))
    assert [bank.tables[Table.COIL][place] for place in range(19, 29)] == [1, 0, 1, 1, 0, 0, 1, 1, 1, 0]
    answer(bank, bytes.fromhex("10 0001 0002 04 000A 0102"))
    assert [bank.tables[Table.HOLDING][place] for place in (1, 2)] == [10, 0x102]


def test_long_identification_goes_on_in_a_second_answer():
    bank = RegisterBank(texts=dict.fromkeys(range(3), "x" * 120))
    first = answer(bank, bytes.fromhex("2B 0E 01 00"))
    assert (first[4], first[5], first[6]) == (0xFF, 2, 2)
    assert len(first) <= 253
    assert answer(bank, bytes([0x2B, 0x0E, 1, 2]))[4:7] == bytes([0, 0, 1])


def test_tcp_stream_in_pieces():
    framing, stream = TcpFraming(), bytes.fromhex("0001 0000 0006 11 03 006B 0003" * 2)
    found = [request for byte in stream for request in framing.feed(bytes([byte]))]
    assert found == [Request(1, 0x11, bytes.fromhex("03006B0003"))] * 2


@pytest.mark.parametrize("header", ["0001 0001 0006 11", "0001 0000 0001 11", "0001 0000 00FF 11"])
def test_no_header_ends_the_connection(header):
    with pytest.raises(GarbageError, match="no Modbus header"):
        list(TcpFraming().feed(bytes.fromhex(header)))


def rtu(text):
    body = bytes.fromhex(text)
    return body + crc16(body).to_bytes(2, "little")


def test_check_of_the_standard():
    # MODBUS over Serial Line V1.02, appendix B; and the often quoted 01 03 00 00 00 0A with its check C5 CD.
    assert rtu("02 07").hex() == "02074112"
    assert rtu("01 03 0000 000A").hex() == "01030000000ac5cd"


def test_serial_stream_finds_frames_between_noise():
    framing = RtuFraming()
    damaged = bytearray(rtu("11 03 006B 0003"))
    damaged[3] ^= 1
    stream = b"\x11\x03" + bytes(damaged) + rtu("11 10 0001 0002 04 000A 0102")
    found = [*framing.feed(stream), *framing.feed(rtu("11 41 0102"))]
    assert [request.pdu.hex() for request in found] == ["1000010002040" + "00a0102", "410102"]


def page():
    written = []
    cells = [
        FixedCell(0, (1, 2)),
        HeldCell(2, (3,)),
        HeldCell(3, (0, 5), refuses=lambda words: words[0] > 9),
        LiveCell(7, 1, lambda: (9,)),
    ]
    return Page({Table.HOLDING: cells}, written=written.append), written


def test_page_reads_parts_and_refuses_holes():
    one, _ = page()
    assert list(one.read(Table.HOLDING, 1, 3)) == [2, 3, 0]
    for address, count in ((4, 2), (6, 2), (8, 1)):
        with pytest.raises(RefusedError) as caught:
            one.read(Table.HOLDING, address, count)
        assert caught.value.code is Code.ADDRESS


def test_page_writes_all_or_nothing():
    one, written = page()
    one.write(Table.HOLDING, 2, (7, 1, 2))
    assert list(one.read(Table.HOLDING, 0, 5)) == [1, 2, 7, 1, 2]
    assert [cell.address for cell in written[0]] == [2, 3]
    for address, values, code in (
        (2, (8, 10, 0), Code.VALUE),
        (0, (8, 8, 8), Code.ADDRESS),
        (3, (8,), Code.VALUE),
        (4, (8,), Code.VALUE),
    ):
        with pytest.raises(RefusedError) as caught:
            one.write(Table.HOLDING, address, values)
        assert caught.value.code is code
    assert list(one.read(Table.HOLDING, 0, 5)) == [1, 2, 7, 1, 2]
    assert len(written) == 1


def test_overlapping_cells():
    with pytest.raises(ValueError, match="holding 1: two values"):
        Page({Table.HOLDING: [FixedCell(0, (1, 2)), HeldCell(1, (3,))]})


class Told:
    """Physics that only listens."""

    def __init__(self) -> None:
        self.writes = []

    def read(self, device, port):
        return math.nan

    def write(self, device, port, value):
        self.writes.append((port, value))


def desk(*takes):
    told = Told()
    return Desk("it", "it", frozenset(takes), told, Journal(None)), told.writes


def test_desk_limits_of_several_controls_hold_at_once():
    one, writes = desk("p_set_kw", "p_min_kw", "p_max_kw")
    one.want("123", Want(low_kw=-3.0))
    one.want("124", Want(low_kw=-2.0, high_kw=1.0))
    assert writes == [("p_min_kw", -3.0), ("p_min_kw", -2.0), ("p_max_kw", 1.0)]
    one.want("124", Want(low_kw=1.0, high_kw=1.0))
    assert one.asked["p_set_kw"] == 1.0
    one.release()
    assert all(math.isnan(value) for value in one.asked.values())


def test_desk_turns_a_target_into_a_limit_where_there_is_none():
    one, writes = desk("p_min_kw")
    one.want("704", Want(target_kw=-2.5))
    one.want("704", Want(target_kw=-2.5))
    assert writes == [("p_min_kw", -2.5)]


# ---- over a socket ---------------------------------------------------------------------------------------------------


async def ask(server, pdu, unit=1, wait_s=0.1):
    """Send one request and return everything that comes back within a while."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    body = bytes.fromhex(pdu)
    writer.write(struct.pack(">HHHB", 7, 0, len(body) + 1, unit) + body)
    got = b""
    try:
        while True:
            more = await asyncio.wait_for(reader.read(1000), wait_s)
            if not more:
                break
            got += more
    except TimeoutError:
        pass
    writer.close()
    return got


FIVE = "000700000005010302" + "0005"
READ, WRITE = "03 0000 0001", "06 0000 0009"


def served(fault, pdu, **options):
    async def main():
        one = station(holding={0: 5})
        if fault is not None:
            one.faults.set("it", fault)
        async with serving(one) as server:
            return (await ask(server, pdu, **options)).hex(), one.members[1].unit.tables[Table.HOLDING][0]

    return run(main)


def test_an_answer_over_tcp():
    assert served(None, READ) == (FIVE, 5)


def test_silent_device():
    assert served(Fault.SILENT, WRITE) == ("", 5)


def test_device_that_says_everything_twice():
    assert served(Fault.DOUBLE, READ) == (FIVE * 2, 5)


def test_device_that_refuses():
    assert served(Fault.REJECT, WRITE) == ("0007000000030186" + "04", 5)
    assert served(Fault.REJECT, READ) == (FIVE, 5)


def test_device_that_answers_garbage_says_nothing_true():
    got, _ = served(Fault.GARBAGE, READ)
    assert got
    assert FIVE not in got


def test_late_device():
    async def main():
        one = station(holding={0: 5})
        one.faults.set("it", Fault.LATE)
        async with serving(one) as server:
            start_s = asyncio.get_running_loop().time()
            reader, writer = await asyncio.open_connection(server.host, server.port)
            writer.write(bytes.fromhex("0007 0000 0006 01" + READ))
            got = await reader.readexactly(11)
            writer.close()
            return got.hex(), asyncio.get_running_loop().time() - start_s

    got, took_s = run(main)
    assert got == FIVE
    assert 0.95 <= took_s < 1.5


def test_unit_that_is_not_there_and_one_that_is_gone():
    assert served(None, READ, unit=9)[0] == "0007000000030983" + "0a"
    assert served(Fault.OFFLINE, READ)[0] == "0007000000030183" + "0b"
    assert served(None, READ, unit=255)[0] == FIVE.replace("0501", "05ff")


def test_garbage_ends_the_connection_and_only_that():
    async def main():
        async with serving(station(holding={0: 5})) as server:
            reader, writer = await asyncio.open_connection(server.host, server.port)
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                await reader.readexactly(1)
            writer.close()
            assert (await ask(server, READ)).hex() == FIVE

    run(main)


def test_server_closes_and_comes_back_at_its_port():
    async def main():
        async with serving(station(holding={0: 5})) as server:
            reader, writer = await asyncio.open_connection(server.host, server.port)
            port = server.port
            await server.shut()
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                await reader.readexactly(1)
            writer.close()
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", port)
            await server.open()
            assert server.port == port
            assert (await ask(server, READ)).hex() == FIVE

    run(main)


def test_port_that_is_taken():
    async def main():
        async with serving(station()) as server, serving(station(), port=server.port):
            pass

    with pytest.raises(DeviceError, match=r"cannot listen at 127\.0\.0\.1:\d+: .*in use.*give another port"):
        run(main)


def test_serial_device_makes_its_own_line(tmp_path):
    async def main():
        one, path = station(unit=3, holding={0: 5}), tmp_path / "ttyUSB0"
        server = SerialServer(one, str(path))
        await server.open()
        with path.open("r+b", buffering=0) as line:
            line.write(rtu("03 03 0000 0001"))
            got = await asyncio.to_thread(line.read, 7)
            line.write(rtu("04 03 0000 0001") + rtu("00 06 0000 0008") + rtu("03 03 0000 0001"))
            after = await asyncio.to_thread(line.read, 7)
        await server.shut()
        assert got == rtu("03 03 02 0005")
        assert after == rtu("03 03 02 0008"), "broadcasts act without an answer, others' requests are passed over"
        assert not path.exists()

    run(main)


def test_serial_port_that_is_none(tmp_path):
    path = tmp_path / "file"
    path.write_text("x")
    with pytest.raises(DeviceError, match=r"cannot use the serial port .*file: it is no serial port"):
        run(SerialServer(station(), str(path)).open)


class Broken:
    """Physics with a mistake in it."""

    def read(self, device, port):
        raise ZeroDivisionError(port)

    def write(self, device, port, value):
        raise ZeroDivisionError(port)


def test_what_breaks_behind_a_device_is_a_failure_of_that_device(tmp_path):
    async def main():
        ones = [attached("a", profile="battery_registers"), attached("b")]
        with Journal(tmp_path / "journal.jsonl") as journal:
            devices = ModbusBench(ones, Broken(), FaultBoard(), LinkContext(rows={}, journal=journal))
            await devices.start()
            server = devices.servers["a"]
            got = [(await ask(server, pdu)).hex() for pdu in ("03 0064 0001", "06 00CE 0001", "03 00CE 0001")]
            await devices.close()
        return got

    assert run(main) == ["0007000000030183" + "04", "0007000000030186" + "04", "00070000000501030" + "20001"]
    lines = [json.loads(line) for line in (tmp_path / "journal.jsonl").read_text().splitlines()]
    assert {line["way"] for line in lines} == {"sent", "received", "event", "failed"}
    assert "ZeroDivisionError: p_kw" in str(lines)


# ---- fuzzing ---------------------------------------------------------------------------------------------------------


def mutated(random, frame):
    """A request with flipped, lost, doubled or foreign bytes."""
    data = bytearray(frame)
    for _ in range(random.randint(1, 4)):
        place = random.randrange(len(data) + 1)
        kind = random.randrange(4)
        if kind == 0 and place < len(data):
            data[place] ^= 1 << random.randrange(8)
        elif kind == 1:
            del data[place : place + random.randint(1, 4)]
        elif kind == 2:
            data[place:place] = data[place : place + random.randint(1, 6)]
        else:
            data[place:place] = random.randbytes(random.randint(1, 4))
    return bytes(data)


@pytest.mark.parametrize("framing", [TcpFraming, RtuFraming])
def test_no_request_brings_a_device_down(framing):
    """10 000 mutated requests: each is answered, refused, or passed over, and the device still says what it should."""

    async def main():
        random, physics = Random(1), TablePhysics({"it": {"p_kw": -1.5, "soc": 0.5}})  # noqa: S311 - noise
        ones = [attached(profile=profile) for profile in ("sunspec", "battery_registers")]
        pages = [ModbusBench([one], physics, FaultBoard(), LinkContext(rows={})).devices["it"].page for one in ones]
        one = Station({unit: Member(page) for unit, page in enumerate(pages, 1)})
        line, answered = framing(), 0
        for _ in range(10_000):
            function, unit = random.choice((1, 2, 3, 4, 5, 6, 15, 16, 0x2B, 0x41)), random.choice((1, 2, 0, 247))
            address, count = random.choice((random.randrange(99, 310), random.randrange(40_000, 40_700))), random.randrange(1, 12)
            pdu = struct.pack(">BHH", function, address, count)
            if function in {15, 16}:
                pdu += bytes((2 * count,)) + random.randbytes(2 * count)
            frame = TcpFraming().frame(Request(7, unit, b""), pdu) if framing is TcpFraming else rtu((bytes((unit,)) + pdu).hex())
            try:
                for request in line.feed(mutated(random, frame) if random.random() < 0.8 else frame):
                    answered += len(one.replies(request, line))
            except GarbageError:
                line = framing()
        for page in pages:
            assert page.read(Table.HOLDING, 100 if page is pages[1] else 40_000, 2)
        return answered

    # A fifth is not mutated, and half of that goes to units that answer.
    assert run(main) > 900
