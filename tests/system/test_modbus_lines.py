# SPDX-License-Identifier: Apache-2.0
"""The Modbus client against servers that share no code with it, over TCP, TLS and serial ports; and its benchmarks run."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socketserver
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from benchmarks.hardware.late_rtu import Manner, measure, serial_pair
from hardware_in_loop.modbus.connection import Connection
from hardware_in_loop.modbus.endpoint import Endpoint
from hardware_in_loop.modbus.errors import ExceptionReplyError, NotConnectedError

ROOT = Path(__file__).resolve().parents[2]
needs_socat = pytest.mark.skipif(shutil.which("socat") is None, reason="socat makes the serial ports; it is not installed")


def run(main, limit_s=20.0):
    async def limited():
        async with asyncio.timeout(limit_s):
            return await main()

    return asyncio.run(limited())


@contextlib.asynccontextmanager
async def connection_to(**options):
    connection = Connection(Endpoint.model_validate(options))
    await connection.start()
    await connection.wait_connected(3.0)
    try:
        yield connection
    finally:
        await connection.close()


def pymodbus_device(unit=1):
    """Holding and input registers 0 to 99 with values 1000 + address, coils 0 to 31 with every third set; a name."""
    pytest.importorskip("pymodbus", reason="pymodbus is a peer of this test")
    from pymodbus import ModbusDeviceIdentification
    from pymodbus.simulator import DataType, SimData, SimDevice

    registers = [SimData(0, values=[1000 + address for address in range(100)], datatype=DataType.REGISTERS)]
    bits = [SimData(0, values=[place % 3 == 0 for place in range(32)], datatype=DataType.BITS)]
    name = ModbusDeviceIdentification(info_name={"VendorName": "Peer", "ProductCode": "P1", "MajorMinorRevision": "2.1"})
    return SimDevice(unit, (bits, bits, registers, registers)), name


async def exercise(connection, unit=1):
    """Reads, writes and refusals; expected values are those the peer was given."""
    assert await connection.read(unit, 10, 5) == (1010, 1011, 1012, 1013, 1014)
    assert await connection.read(unit, 10, 2, function=4) == (1010, 1011)
    assert await connection.read(unit, 0, 10, function=1) == (1, 0, 0, 1, 0, 0, 1, 0, 0, 1)
    assert await connection.read(unit, 3, 4, function=2) == (1, 0, 0, 1)
    await connection.write(unit, 20, [7])
    await connection.write(unit, 21, [8, 65535])
    assert await connection.read(unit, 19, 5) == (1019, 7, 8, 65535, 1023)
    await connection.write(unit, 1, [1], function=5)
    await connection.write(unit, 3, [0, 1, 1, 1, 0, 0, 1, 1, 1], function=15)
    assert await connection.read(unit, 0, 12, function=1) == (1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1)
    with pytest.raises(ExceptionReplyError, match="exception 2, illegal data address"):
        await connection.read(unit, 90, 50)


def test_pymodbus_over_tcp():
    device, name = pymodbus_device()
    from pymodbus.server import ModbusTcpServer

    async def main():
        server = ModbusTcpServer(device, address=("127.0.0.1", 0), identity=name)
        await server.serve_forever(background=True)
        port = server.transport.sockets[0].getsockname()[1]
        async with connection_to(host="127.0.0.1", port=port) as connection:
            await exercise(connection)
            assert await connection.read(1, 0, 100) == tuple(
                1000 + at if not 20 <= at <= 22 else (7, 8, 65535)[at - 20] for at in range(100)
            )
            said = await connection.identify(1)
            assert (said["vendor_name"], said["product_code"], said["revision"]) == ("Peer", "P1", "2.1")
            await server.shutdown()
            await asyncio.sleep(0.05)
            assert not connection.connected

    run(main)


@needs_socat
def test_pymodbus_over_a_serial_port():
    device, name = pymodbus_device(17)
    from pymodbus.server import ModbusSerialServer

    async def main():
        with serial_pair() as (ours, theirs):
            server = ModbusSerialServer(device, port=theirs, baudrate=19200, parity="N", identity=name)
            await server.serve_forever(background=True)
            async with connection_to(transport="rtu", serial_port=ours, baud_rate=19200) as connection:
                await exercise(connection, 17)
                assert (await connection.identify(17))["vendor_name"] == "Peer"
                assert await connection.read(17, 30, 1) == (1030,)
            await server.shutdown()

    run(main)


@needs_socat
def test_a_serial_port_that_goes_is_noticed_and_found_again():
    async def main():
        with serial_pair() as (ours, _):
            connection = Connection(Endpoint(transport="rtu", serial_port=ours))
            await connection.start()
            await connection.wait_connected(2.0)
        await asyncio.sleep(0.05)
        assert not connection.connected
        with pytest.raises(NotConnectedError, match=str(ours)):
            await connection.read(1, 0, 1)
        await connection.close()

    run(main)


def test_umodbus_over_tcp():
    umodbus = pytest.importorskip("umodbus.server.tcp", reason="uModbus is a peer of this test")
    registers = {address: 1000 + address for address in range(100)}
    coils = {place: int(place % 3 == 0) for place in range(32)}
    server = umodbus.get_server(socketserver.ThreadingTCPServer, ("127.0.0.1", 0), umodbus.RequestHandler)
    server.daemon_threads = True

    @server.route(slave_ids=[1], function_codes=[1, 2], addresses=range(32))
    def bits(slave_id, function_code, address):
        return coils[address]

    @server.route(slave_ids=[1], function_codes=[3, 4], addresses=range(100))
    def words(slave_id, function_code, address):
        return registers[address]

    @server.route(slave_ids=[1], function_codes=[5, 15], addresses=range(32))
    def set_bit(slave_id, function_code, address, value):
        coils[address] = int(bool(value))

    @server.route(slave_ids=[1], function_codes=[6, 16], addresses=range(100))
    def set_word(slave_id, function_code, address, value):
        registers[address] = value

    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()

    async def main():
        async with connection_to(host="127.0.0.1", port=server.server_address[1]) as connection:
            await exercise(connection)

    try:
        run(main)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert (registers[20], registers[22], coils[1]) == (7, 65535, 1)


class Encrypted:
    """A TLS server that answers reads of one register with 42; asks for the client's certificate if told to."""

    def __init__(self, authority, *, client=False):
        trustme = pytest.importorskip("trustme", reason="trustme makes the certificates")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("device.test", "127.0.0.1").configure_cert(self.context)
        if client:
            authority.configure_trust(self.context)
            self.context.verify_mode = ssl.CERT_REQUIRED
        self.trustme = trustme

    async def __aenter__(self):
        async def serve(reader, writer):
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                while True:
                    asked = await reader.readexactly(12)
                    writer.write(asked[:4] + b"\0\5" + asked[6:8] + b"\2\0\x2a")
            writer.close()

        asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # handshakes that fail are the point
        self.server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=self.context)
        return self.server.sockets[0].getsockname()[1]

    async def __aexit__(self, *_):
        self.server.close()
        await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def authority():
    return pytest.importorskip("trustme", reason="trustme makes the certificates").CA()


def written(authority, folder):
    authority.cert_pem.write_to_path(folder / "ca.pem")
    own = authority.issue_cert("lab.test")
    own.private_key_and_cert_chain_pem.write_to_path(folder / "own.pem")
    return {"transport": "tls", "host": "127.0.0.1", "ca_file": str(folder / "ca.pem")}


def test_tls_with_a_known_certificate(authority, tmp_path):
    options = written(authority, tmp_path)

    async def main():
        async with Encrypted(authority) as port, connection_to(port=port, **options) as connection:
            assert await connection.read(1, 0, 1) == (42,)
        async with Encrypted(authority) as port, connection_to(port=port, server_name="device.test", **options) as connection:
            assert await connection.read(1, 0, 1) == (42,)

    run(main)


def test_tls_with_our_own_certificate(authority, tmp_path):
    options = written(authority, tmp_path)

    async def main():
        async with Encrypted(authority, client=True) as port:
            async with connection_to(port=port, certificate_file=str(tmp_path / "own.pem"), **options) as connection:
                assert await connection.read(1, 0, 1) == (42,)
            connection = Connection(Endpoint.model_validate({"port": port, **options}))  # without one
            await connection.start()
            await asyncio.sleep(0.3)  # TLS 1.3: the refusal comes after the handshake
            with pytest.raises(NotConnectedError, match="does it want a certificate of ours"):
                await connection.read(1, 0, 1)
            await connection.close()

    run(main)


@pytest.mark.parametrize("change", [{"ca_file": ""}, {"server_name": "somebody.else"}])
def test_tls_refuses_whom_it_does_not_know_unless_told_otherwise(authority, tmp_path, change):
    options = written(authority, tmp_path) | change

    async def main():
        async with Encrypted(authority) as port:
            connection = Connection(Endpoint.model_validate({"port": port, **options}))
            await connection.start()
            with pytest.raises(NotConnectedError, match="certificate verify failed"):
                await connection.wait_connected(0.3)
            await connection.close()
            async with connection_to(port=port, insecure=True, **options) as taken:
                assert await taken.read(1, 0, 1) == (42,)

    run(main)


@pytest.mark.parametrize("serial", [False, pytest.param(True, marks=needs_socat)])
@pytest.mark.parametrize("alone", [False, True])
def test_late_answers_of_a_serial_device_are_never_another_registers_values(serial, alone):
    """A short run of the benchmark with thirty times its share of late answers."""
    got = run(lambda: measure(Manner(alone=alone, share=0.3), 80, serial=serial))
    assert got.wrong == 0
    assert got.late >= 10
    assert got.right >= 20


def test_without_memory_of_late_answers_there_would_be_wrong_values():
    """The run above can fail."""
    got = run(lambda: measure(Manner(share=0.3), 150, serial=False, careless=True))
    assert got.wrong > 0


@pytest.mark.parametrize("name", ["modbus", "fuzz_modbus"])
def test_benchmarks_run(name):
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.hardware.{name}", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert ("ratio of times" if name == "modbus" else "0 wrong") in done.stdout
