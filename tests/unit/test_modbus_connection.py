# SPDX-License-Identifier: Apache-2.0
"""The connection against peers that do what they are told, right or wrong."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time

import pytest

from hardware_in_loop.modbus import connection as module
from hardware_in_loop.modbus.connection import Connection
from hardware_in_loop.modbus.endpoint import Endpoint
from hardware_in_loop.modbus.errors import BadReplyError, ExceptionReplyError, ModbusError, NoAnswerError, NotConnectedError
from hardware_in_loop.modbus.exchange import Exchange, Waiting
from hardware_in_loop.modbus.frames import read_request, write_request
from hardware_in_loop.modbus.opening import explain
from hardware_in_loop.modbus.rtu import checksum
from twinergy.adapters.journal import Journal


def run(main, limit_s=10.0):
    async def limited():
        async with asyncio.timeout(limit_s):
            return await main()

    return asyncio.run(limited())


class Peer:
    """A TCP server; `behave(peer, transport, data)` decides what is sent back. Keeps what it gets."""

    def __init__(self, behave):
        self.behave = behave
        self.transports = []
        self.asked = []
        self.server = None
        self.port = 0

    async def open(self):
        peer = self

        class Protocol(asyncio.Protocol):
            def connection_made(self, transport):
                self.transport = transport
                peer.transports.append(transport)

            def data_received(self, data):
                peer.asked.append(data)
                peer.behave(peer, self.transport, data)

        self.server = await asyncio.get_running_loop().create_server(Protocol, "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    def shut(self):
        self.server.close()
        for transport in self.transports:
            transport.abort()


@contextlib.asynccontextmanager
async def connected(behave, journal=None, **options):
    peer = Peer(behave)
    await peer.open()
    connection = Connection(Endpoint(host="127.0.0.1", port=peer.port, **options), journal)
    await connection.start()
    await connection.wait_connected(2.0)
    try:
        yield peer, connection
    finally:
        await connection.close()
        peer.shut()
        await asyncio.sleep(0)


def answer(request, registers=None):
    """A right answer to a read of holding registers over TCP: values are the addresses."""
    address, count = int.from_bytes(request[8:10]), int.from_bytes(request[10:12])
    values = registers if registers is not None else range(address, address + count)
    pdu = bytes([request[7], 2 * count]) + b"".join(value.to_bytes(2) for value in values)
    return tcp(request[:2], request[6], pdu)


def tcp(number, unit, pdu):
    return number + b"\0\0" + (len(pdu) + 1).to_bytes(2) + bytes([unit]) + pdu


def rtu(body):
    return body + checksum(body).to_bytes(2, "little")


def good(peer, transport, data):
    transport.write(answer(data))


def silent(peer, transport, data):
    """Say nothing."""


def fast(started_s, limit_s):
    assert time.monotonic() - started_s < limit_s


def test_reads_values():
    async def main():
        async with connected(good) as (_, connection):
            assert connection.connected
            assert (connection.generation, connection.reason) == (1, "")
            assert await connection.read(1, 100, 3) == (100, 101, 102)

    run(main)


def test_a_write_is_acknowledged_by_its_echo_only():
    def echo(peer, transport, data):
        transport.write(data[:5] + b"\6" + data[6:12] if data[7] == 6 else data[:5] + b"\6" + data[6:11] + b"\7")

    async def main():
        async with connected(echo) as (peer, connection):
            await connection.write(1, 5, [9])
            assert peer.asked[-1][6:].hex() == "010600050009"
            with pytest.raises(BadReplyError, match="does not fit"):
                await connection.write(1, 5, [9, 8])

    run(main)


@pytest.mark.parametrize(
    ("pdu", "says"),
    [
        (bytes.fromhex("03020001"), "has 4 bytes where 6 are right"),
        (bytes.fromhex("0306000100020003"), "has 8 bytes where 6 are right"),
        (bytes.fromhex("030600010002"), "does not fit"),
        (bytes.fromhex("040400010002"), "has function 4"),
    ],
)
def test_a_reply_that_does_not_fit_is_an_error_and_the_connection_stays(pdu, says):
    def behave(peer, transport, data):
        transport.write(tcp(data[:2], data[6], pdu) if len(peer.asked) == 1 else answer(data))

    async def main():
        async with connected(behave) as (peer, connection):
            with pytest.raises(BadReplyError, match=says) as caught:
                await connection.read(1, 0, 2)
            assert f"127.0.0.1:{peer.port}: unit 1" in str(caught.value)
            assert await connection.read(1, 0, 2) == (0, 1)
            assert connection.generation == 1

    run(main)


def test_a_reply_of_another_unit_is_an_error():
    async def main():
        async with connected(lambda _, transport, data: transport.write(tcp(data[:2], 9, bytes.fromhex("03020001")))) as (
            _,
            connection,
        ):
            with pytest.raises(BadReplyError, match="unit 9 answered instead"):
                await connection.read(1, 0, 1)

    run(main)


def test_a_late_reply_is_never_taken_for_another_requests():
    def behave(peer, transport, data):
        if len(peer.asked) == 2:  # the first one's answer, then its own
            transport.write(answer(peer.asked[0], [7]) + answer(data))

    async def main():
        async with connected(behave, timeout_s=0.05) as (_, connection):
            with pytest.raises(NoAnswerError, match=r"no answer within 0.05 s"):
                await connection.read(1, 20, 1)
            assert await connection.read(1, 30, 1) == (30,)

    run(main)


def test_garbage_ends_the_connection_and_it_comes_back():
    def behave(peer, transport, data):
        transport.write(b"SSH-2.0-OpenSSH_9.2\r\n" if len(peer.asked) == 1 else answer(data))

    async def main():
        async with connected(behave) as (_, connection):
            with pytest.raises(BadReplyError, match=r"what arrives is no Modbus/TCP .* 5353482d"):
                await connection.read(1, 0, 1)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert not connection.connected
            assert "no Modbus/TCP" in connection.reason
            await connection.wait_connected(1.0)
            assert connection.generation == 2
            assert await connection.read(1, 0, 1) == (0,)

    run(main)


def test_it_connects_when_the_device_comes_up_later_and_says_why_not_before():
    async def main():
        peer = Peer(good)
        await peer.open()
        peer.shut()
        await peer.server.wait_closed()
        connection = Connection(Endpoint(host="127.0.0.1", port=peer.port))
        await connection.start()
        with pytest.raises(
            NotConnectedError, match=r"not connected within 0.3 s: nothing listens at 127.0.0.1:\d+: is the device on"
        ):
            await connection.wait_connected(0.3)
        with pytest.raises(NotConnectedError, match=r"read of 1 registers from 0 .*: not connected: nothing listens"):
            await connection.read(1, 0, 1)
        assert not connection.may_ask(1)
        await peer.open()
        await connection.wait_connected(1.0)
        assert await connection.read(1, 0, 1) == (0,)
        await connection.close()
        peer.shut()

    run(main)


def test_a_close_is_noticed_at_once_with_and_without_a_request():
    async def main():
        async with connected(silent) as (peer, connection):
            asyncio.get_running_loop().call_later(0.02, peer.transports[-1].close)
            began_s = time.monotonic()
            with pytest.raises(NotConnectedError, match=r"the device closed the connection .* before the answer came"):
                await connection.read(1, 0, 1)
            fast(began_s, 0.3)  # the time-out would be 0.5 s
            await connection.wait_connected(1.0)
            peer.transports[-1].abort()
            await asyncio.sleep(0.02)
            assert not connection.connected
            await connection.wait_connected(1.0)
            assert connection.generation == 3

    run(main)


def test_a_silent_unit_costs_the_others_one_time_out_and_is_probed_seldom():
    def behave(peer, transport, data):
        if data[6] != 9 or peer.awake:
            transport.write(answer(data))

    async def main():
        async with connected(behave, timeout_s=0.2) as (peer, connection):
            peer.awake = False
            await connection.read(1, 0, 1)
            mute = [asyncio.create_task(connection.read(9, place, 1)) for place in range(5)]
            await asyncio.sleep(0)
            began_s = time.monotonic()
            assert await connection.read(1, 0, 1) == (0,)
            fast(began_s, 0.36)
            failed = await asyncio.gather(*mute, return_exceptions=True)
            assert all(isinstance(error, NoAnswerError) for error in failed)
            fast(began_s, 0.7)  # two time-outs, not five
            assert not connection.may_ask(9)
            assert connection.may_ask(1)
            began_s = time.monotonic()
            with pytest.raises(NoAnswerError, match=r"unit 9 keeps silent; it is asked again in 0\.[45] s"):
                await connection.read(9, 0, 1)
            fast(began_s, 0.15)
            peer.awake = True
            await asyncio.sleep(0.5)
            assert await connection.read(9, 0, 1) == (0,)
            assert connection.may_ask(9)

    run(main)


def test_a_silent_unit_is_still_written_to():
    """The safe state is asked for even where the device looks dead."""

    def behave(peer, transport, data):
        if data[7] == 6:
            transport.write(data)

    async def main():
        async with connected(behave, timeout_s=0.03) as (_, connection):
            for _ in range(2):
                with pytest.raises(NoAnswerError):
                    await connection.read(1, 0, 1)
            assert not connection.may_ask(1)
            await connection.write(1, 0, [0])
            assert connection.may_ask(1)

    run(main)


def test_a_gateway_that_cannot_reach_a_unit_counts_as_its_silence():
    async def main():
        async with connected(lambda _, transport, data: transport.write(tcp(data[:2], data[6], b"\x83\x0b"))) as (_, connection):
            for _ in range(2):
                with pytest.raises(ExceptionReplyError, match="exception 11, gateway target"):
                    await connection.read(3, 0, 1)
            assert not connection.may_ask(3)

    run(main)


@pytest.mark.parametrize("code", [5, 6])
def test_a_busy_device_is_asked_once_more_over_the_same_connection(code):
    def behave(peer, transport, data):
        busy = len(peer.asked) in {1, 3, 4}
        transport.write(tcp(data[:2], data[6], bytes([0x83, code])) if busy else answer(data))

    async def main():
        async with connected(behave) as (peer, connection):
            assert await connection.read(1, 4, 1) == (4,)
            assert len(peer.asked) == 2
            with pytest.raises(ExceptionReplyError, match=f"exception {code}"):
                await connection.read(1, 4, 1)
            assert len(peer.asked) == 4
            assert connection.generation == 1

    run(main)


def test_writes_go_before_reads_and_doubtful_units_last():
    waiting = Waiting()

    async def main():
        loop = asyncio.get_running_loop()
        requests = [read_request(1, 3, 0, 1), read_request(9, 3, 0, 1), write_request(9, 0, [1]), write_request(1, 0, [1])]
        for request in [*requests, read_request(2, 3, 0, 1)]:
            waiting.put(Exchange(request, loop.create_future(), 1.0))
        taken = [waiting.take(lambda unit: unit == 9).request for _ in range(5)]
        assert [(request.unit, request.function) for request in taken] == [(1, 6), (1, 3), (2, 3), (9, 6), (9, 3)]
        assert not waiting
        assert waiting.take(lambda _: False) is None

    run(main)


def test_one_request_at_a_time_unless_more_are_allowed():
    def later(peer, transport, data):
        peer.now += 1
        peer.most = max(peer.most, peer.now)

        def reply():
            peer.now -= 1
            transport.write(answer(data))

        asyncio.get_running_loop().call_later(0.02, reply)

    async def main(in_flight, most, limit_s):
        async with connected(later, in_flight=in_flight) as (peer, connection):
            peer.now = peer.most = 0
            began_s = time.monotonic()
            assert await asyncio.gather(*(connection.read(1, place, 1) for place in range(4))) == [(0,), (1,), (2,), (3,)]
            fast(began_s, limit_s)
            assert peer.most == most

    run(lambda: main(1, 1, 0.3))


def test_several_requests_are_matched_by_their_numbers():
    """Two requests at once, answered in the wrong order."""

    def backwards(peer, transport, data):
        stream = b"".join(peer.asked)
        if len(stream) == 24:
            transport.write(answer(stream[12:]) + answer(stream[:12]))

    async def main():
        async with connected(backwards, in_flight=2) as (_, connection):
            assert await asyncio.gather(connection.read(1, 20, 1), connection.read(1, 30, 1)) == [(20,), (30,)]

    run(main)


def test_a_pause_between_requests_is_kept():
    async def main():
        async with connected(good, delay_s=0.05) as (_, connection):
            began_s = time.monotonic()
            for _ in range(3):
                await connection.read(1, 0, 1)
            assert time.monotonic() - began_s >= 0.098

    run(main)


def test_who_gives_up_waiting_spoils_nothing():
    def slow(peer, transport, data):
        asyncio.get_running_loop().call_later(0.05, transport.write, answer(data))

    async def main():
        async with connected(slow) as (_, connection):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.02):
                    await connection.read(1, 20, 1)
            assert await connection.read(1, 30, 1) == (30,)

    run(main)


def test_a_connection_without_a_sign_of_life_is_made_anew():
    """Four time-outs without a byte: the other side may have gone without a word."""

    async def main():
        async with connected(silent, timeout_s=0.02) as (_, connection):
            for number in range(4):
                with pytest.raises(NoAnswerError):
                    await connection.read(number, 0, 1)
            await asyncio.sleep(0.01)
            assert "time-outs without a single byte" in connection.reason
            await connection.wait_connected(1.0)
            assert connection.generation == 2

    run(main)


async def _first_value_s(connection):
    """Time until a read succeeds."""
    began_s = time.monotonic()
    while True:
        try:
            await connection.read(1, 0, 1)
        except ModbusError:
            await asyncio.sleep(0.01)
        else:
            return time.monotonic() - began_s


def test_values_are_back_within_a_second_after_a_black_hole():
    async def main():
        async with connected(silent) as (peer, connection):
            until_s = time.monotonic() + 1.7
            while time.monotonic() < until_s:
                with contextlib.suppress(ModbusError):
                    await connection.read(1, 0, 1)
                await asyncio.sleep(0.05)
            peer.behave = good
            assert await _first_value_s(connection) < 1.0

    run(main)


def test_values_are_back_within_a_second_after_the_device_was_away():
    async def main():
        async with connected(good) as (peer, connection):
            await connection.read(1, 0, 1)
            peer.shut()
            await asyncio.sleep(1.9)
            assert not connection.connected
            await peer.open()
            assert await _first_value_s(connection) < 1.0

    run(main)


def test_what_waits_fails_when_the_connection_is_closed():
    async def main():
        async with connected(silent) as (_, connection):
            tasks = [asyncio.create_task(connection.read(1, place, 1)) for place in range(3)]
            await asyncio.sleep(0.01)
            await connection.close()
            failed = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(isinstance(error, NotConnectedError) for error in failed)
            assert connection.reason == "closed by us"
            await connection.close()  # twice is fine

    run(main)


def test_pauses_between_attempts_double(monkeypatch):
    slept = []
    real = asyncio.sleep

    async def sleep(delay_s):
        slept.append(delay_s)
        await real(0)

    async def main():
        enough = asyncio.Event()

        async def refuse(*_):
            if len(slept) == 9:
                enough.set()
                await asyncio.Event().wait()
            message = "refused"
            raise OSError(message)

        monkeypatch.setattr(module, "open_line", refuse)
        connection = Connection(Endpoint(host="127.0.0.1"))
        await connection.start()
        await enough.wait()
        await connection.close()
        assert connection.reason == "closed by us"

    monkeypatch.setattr(module, "SHORT_FOR_S", 0.0)
    monkeypatch.setattr(module.asyncio, "sleep", sleep)
    run(main)
    assert slept == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0])


def test_whatever_happens_inside_the_supervisor_goes_on_and_says_it(monkeypatch, tmp_path):
    real = module.open_line
    calls = []

    async def broken(*arguments):
        calls.append(1)
        if len(calls) == 1:
            raise ZeroDivisionError
        return await real(*arguments)

    async def main():
        peer = Peer(good)
        await peer.open()
        with Journal(tmp_path / "log.jsonl") as journal:
            connection = Connection(Endpoint(host="127.0.0.1", port=peer.port), journal, "battery-1")
            await connection.start()
            await asyncio.sleep(0.02)
            assert connection.reason.startswith("ZeroDivisionError")
            await connection.wait_connected(1.0)
            await connection.read(1, 0, 1)
            await connection.close()
        peer.shut()

    monkeypatch.setattr(module, "open_line", broken)
    run(main)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert {line["link"] for line in lines} == {"battery-1"}
    assert any("ZeroDivisionError" in line.get("reason", "") for line in lines)
    frames = [(line["way"], line["data"]) for line in lines if "data" in line]
    assert frames == [("sent", "000100000006010300000001"), ("received", "0001000000050103020000")]


def test_certificates_that_cannot_be_read_are_said_at_the_start(tmp_path):
    async def main():
        endpoint = Endpoint(transport="tls", host="127.0.0.1", ca_file="missing.pem")
        with pytest.raises(ModbusError, match=r"certificates cannot be read .*missing\.pem"):
            await Connection(endpoint, folder=tmp_path).start()

    run(main)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (socket.gaierror(-2, "Name or service not known"), "no address is known for the name meter.lan"),
        (ConnectionRefusedError(111, "refused"), "nothing listens at meter.lan:502"),
        (OSError(113, "No route to host"), "No route to host"),
        (BadReplyError("as it is"), "as it is"),
    ],
)
def test_why_there_is_no_connection_is_said_for_people(error, says):
    assert says in explain(error, Endpoint(host="meter.lan"))


def test_without_a_log_no_device_is_spoken_to(tmp_path):
    class Full(Journal):
        def frame(self, way, link, data):
            raise OSError(28, "No space left on device")

    async def main():
        with Full(tmp_path / "log.jsonl") as journal:
            async with connected(good, journal) as (_, connection):
                with pytest.raises(NotConnectedError, match=r"the log of frames cannot be written .*No space left"):
                    await connection.read(1, 0, 1)

    run(main)


def test_a_host_that_does_not_answer_is_given_up_and_said(monkeypatch):
    async def never(*_):
        await asyncio.Event().wait()

    async def main():
        connection = Connection(Endpoint(host="127.0.0.1", connect_timeout_s=0.05))
        await connection.start()
        await asyncio.sleep(0.1)
        assert connection.reason.startswith("no connection within 0.05 s")
        await connection.close()

    monkeypatch.setattr(module, "open_line", never)
    run(main)


def test_a_serial_port_that_is_not_there_is_said():
    async def main():
        connection = Connection(Endpoint(transport="rtu", serial_port="no/such/port"))
        await connection.start()
        await asyncio.sleep(0.2)
        assert "no/such/port" in connection.reason
        assert "is it plugged in" in connection.reason
        await connection.close()

    run(main)


# Serial lines behind a converter


def serial(**options):
    return {"transport": "rtu_over_tcp", "baud_rate": 115200, "turnaround_s": 0.01, "timeout_s": 0.05} | options


def held(data, low=0):
    """A right answer to a read of holding registers on a serial line: values are the addresses."""
    address, count = int.from_bytes(data[2:4]), int.from_bytes(data[4:6])
    return rtu(
        bytes([data[0], data[1], 2 * count]) + b"".join((place + low).to_bytes(2) for place in range(address, address + count))
    )


def test_a_serial_read():
    async def main():
        async with connected(lambda _, transport, data: transport.write(held(data)), **serial()) as (peer, connection):
            assert await connection.read(1, 20, 2) == (20, 21)
            assert peer.asked == [rtu(bytes.fromhex("010300140002"))]

    run(main)


def test_a_late_serial_answer_is_recognised_by_its_length():
    def behave(peer, transport, data):
        if len(peer.asked) == 2:
            transport.write(held(peer.asked[0]) + held(data))

    async def main():
        async with connected(behave, **serial()) as (peer, connection):
            with pytest.raises(NoAnswerError):
                await connection.read(1, 20, 1)
            assert await connection.read(1, 30, 1) == (30,)
            assert peer.asked[1] == rtu(bytes.fromhex("0103001e0002"))  # one register more than wanted

    run(main)


def test_a_late_serial_answer_with_no_register_beside_is_outvoted():
    def behave(peer, transport, data):
        if int.from_bytes(data[4:6]) > 1:
            transport.write(rtu(bytes.fromhex("018302")))
        elif len(peer.asked) > 1:
            late = held(peer.asked[0]) if not peer.paid else b""
            peer.paid = True
            asyncio.get_running_loop().call_later(0.003, transport.write, held(data))
            transport.write(late)

    async def main():
        async with connected(behave, **serial()) as (peer, connection):
            peer.paid = False
            with pytest.raises(NoAnswerError):
                await connection.read(1, 20, 1)
            assert await connection.read(1, 30, 1) == (30,)
            assert await connection.read(1, 20, 1) == (20,)

    run(main)


def test_one_late_answer_does_not_shift_all_that_follow():
    """Each answer taken for the one before it would be the worst: right in form, wrong in value, for ever."""

    def behave(peer, transport, data):
        if int.from_bytes(data[4:6]) > 1:
            transport.write(rtu(bytes.fromhex("018302")))
        elif len(peer.asked) > 1:
            loop = asyncio.get_running_loop()
            if not peer.paid:
                loop.call_later(0.006, transport.write, held(peer.asked[0]))
            peer.paid = True
            loop.call_later(0.015, transport.write, held(data))

    async def main():
        async with connected(behave, **serial(late_s=0.1, turnaround_s=0.03)) as (peer, connection):
            peer.paid = False
            with pytest.raises(NoAnswerError):
                await connection.read(1, 20, 1)
            until_s = time.monotonic() + 0.5
            while time.monotonic() < until_s:
                for address in (30, 20):
                    with contextlib.suppress(ModbusError):
                        assert await connection.read(1, address, 1) == (address,)

    run(main)


def test_after_something_that_was_not_asked_the_line_is_quiet():
    async def main():
        async with connected(lambda _, transport, data: transport.write(held(data)), **serial(turnaround_s=0.1)) as (
            peer,
            connection,
        ):
            await connection.read(1, 20, 1)
            peer.transports[-1].write(b"\x55")
            await asyncio.sleep(0.02)
            began_s = time.monotonic()
            assert await connection.read(1, 20, 1) == (20,)
            assert time.monotonic() - began_s > 0.07

    run(main)


def test_a_late_serial_answer_of_another_unit_is_dropped():
    def behave(peer, transport, data):
        if data[0] == 2:
            transport.write(held(peer.asked[0]) + held(data))

    async def main():
        async with connected(behave, **serial()) as (_, connection):
            with pytest.raises(NoAnswerError):
                await connection.read(1, 20, 1)
            assert await connection.read(2, 30, 1) == (30,)

    run(main)


def test_values_that_move_wait_until_no_late_answer_can_come():
    """No register beside, another value each time: nothing tells a late answer apart, so nothing is believed for a while."""

    def behave(peer, transport, data):
        if int.from_bytes(data[4:6]) > 1:
            transport.write(rtu(bytes.fromhex("018302")))
        elif len(peer.asked) > 1:
            transport.write(held(data, len(peer.asked)))

    async def main():
        async with connected(behave, **serial(late_s=0.3)) as (_, connection):
            with pytest.raises(NoAnswerError):
                await connection.read(1, 20, 1)
            with pytest.raises(NoAnswerError, match="cannot be told from this one's"):
                await connection.read(1, 30, 1)
            await asyncio.sleep(0.5)
            assert (await connection.read(1, 30, 1))[0] > 30

    run(main)


def test_the_line_is_quiet_after_a_time_out():
    async def main():
        async with connected(silent, **serial(turnaround_s=0.1)) as (peer, connection):
            peer.at_s = []
            peer.behave = lambda peer, _, __: peer.at_s.append(time.monotonic())
            for unit in (1, 2):
                with pytest.raises(NoAnswerError):
                    await connection.read(unit, 20, 1)
            assert peer.at_s[1] - peer.at_s[0] > 0.05 + 0.099

    run(main)


def test_an_answer_that_comes_twice_is_taken_once():
    def behave(peer, transport, data):
        transport.write(held(data) * 2)

    async def main():
        async with connected(behave, **serial()) as (_, connection):
            for address in (20, 30, 20, 30):
                assert await connection.read(1, address, 1) == (address,)

    run(main)


def test_two_different_answers_at_once_are_none():
    async def main():
        async with connected(lambda _, transport, data: transport.write(held(data) + held(data, 1)), **serial()) as (
            _,
            connection,
        ):
            with pytest.raises(BadReplyError, match="two different answers"):
                await connection.read(1, 20, 1)

    run(main)


@pytest.mark.parametrize(("sent", "says"), [(b"\xff\x00", "unit 1 spoke"), (bytes.fromhex("01030200"), "(incomplete)")])
def test_disturbance_on_a_serial_line_is_said_and_passes(sent, says):
    def behave(peer, transport, data):
        transport.write(sent if len(peer.asked) == 1 else held(data))

    async def main():
        async with connected(behave, **serial()) as (_, connection):
            with pytest.raises(BadReplyError) as caught:
                await connection.read(1, 20, 1)
            assert says in str(caught.value)
            assert await connection.read(1, 30, 1) == (30,)
            assert connection.generation == 1

    run(main)


def test_a_refusal_on_a_serial_line():
    async def main():
        async with connected(lambda _, transport, __: transport.write(rtu(bytes.fromhex("018302"))), **serial()) as (
            _,
            connection,
        ):
            with pytest.raises(ExceptionReplyError, match="exception 2"):
                await connection.read(1, 20, 1)

    run(main)


def test_a_write_of_another_address_is_no_acknowledgement_on_a_serial_line():
    async def main():
        async with connected(lambda _, transport, __: transport.write(rtu(bytes.fromhex("010600080001"))), **serial()) as (
            _,
            connection,
        ):
            with pytest.raises(BadReplyError, match="the echo is not what was written"):
                await connection.write(1, 7, [1])

    run(main)
