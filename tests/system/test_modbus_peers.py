# SPDX-License-Identifier: Apache-2.0
"""Software Modbus devices as others see them: mbpoll, pymodbus, uModbus, pyModbusTCP, jsmodbus; none shares code with them."""

from __future__ import annotations

import asyncio
import re
import shutil

import pytest

from hardware_in_loop.modbus.bench.rtu import SerialServer
from tests.modbus_bench_case import output, program, run, serving, station, terminals

HOLDING = {0: 0, 1: 1, 2: 65535, 3: 0x8000, 10: 0x0001, 11: 0x86A0, 20: 0x4148, 21: 0x0000}
"""Hand-set: 1, 65535, -32768, 100000 in two words, 12.5 as a float."""


def bank(unit=1):
    return station(
        unit=unit,
        holding=HOLDING,
        input_={0: 7, 1: 8},
        coil={0: 1, 1: 0, 2: 1, 3: 1},
        discrete={0: 0, 1: 1},
        texts={0: "TwinERGY Lab", 1: "x", 2: "1"},
    )


# ---- mbpoll (libmodbus) ----------------------------------------------------------------------------------------------


def printed(text):
    """Values that mbpoll printed by reference."""
    return {int(place): value.strip() for place, value in re.findall(r"^\[(\d+)\]:\s+(\S+)", text, re.MULTILINE)}


async def mbpoll(port, *arguments):
    code, text = await output(program("mbpoll"), "-m", "tcp", "-p", port, "-0", "-1", "-a", 1, *arguments)
    return code, text


def test_mbpoll_reads_all_tables_and_types():
    async def main():
        async with serving(bank()) as server:
            found = {}
            for name, kind, first, count in (
                ("holding", "4", 0, 4), ("int", "4:int", 10, 1), ("float", "4:float", 20, 1), ("input", "3", 0, 2),
                ("coil", "0", 0, 4), ("discrete", "1", 0, 2),
            ):  # fmt: skip
                code, text = await mbpoll(server.port, "-t", kind, "-r", first, "-c", count, "-B", "127.0.0.1")
                assert code == 0, text
                found[name] = printed(text)
            return found

    found = run(main)
    assert found["holding"] == {0: "0", 1: "1", 2: "65535", 3: "32768"}
    assert found["int"] == {10: "100000"}
    assert found["float"] == {20: "12.5"}
    assert found["input"] == {0: "7", 1: "8"}
    assert found["coil"] == {0: "1", 1: "0", 2: "1", 3: "1"}
    assert found["discrete"] == {0: "0", 1: "1"}


def test_mbpoll_writes_one_and_several():
    async def main():
        one = bank()
        async with serving(one) as server:
            for arguments in (
                ("-t", 4, "-r", 1, "127.0.0.1", 42),
                ("-t", 4, "-r", 2, "127.0.0.1", 8, 9),
                ("-t", 0, "-r", 1, "127.0.0.1", 1),
                ("-t", 0, "-r", 2, "127.0.0.1", 0, 0),
            ):
                code, text = await mbpoll(server.port, *arguments)
                assert code == 0, text
        return one.members[1].unit.tables

    tables = run(main)
    assert [tables["holding"][place] for place in range(4)] == [0, 42, 8, 9]
    assert list(tables["coil"].values()) == [1, 1, 0, 0]


def test_mbpoll_understands_a_refusal():
    async def main():
        async with serving(bank()) as server:
            return await mbpoll(server.port, "-t", 4, "-r", 100, "-c", 1, "127.0.0.1")

    _, text = run(main)
    assert "Illegal data address" in text


def test_mbpoll_over_a_serial_line(tmp_path):
    async def main():
        async with terminals(tmp_path) as (near, far):
            server = SerialServer(bank(unit=7), near)
            await server.open()
            code, text = await output(
                program("mbpoll"), "-m", "rtu", "-b", 9600, "-P", "none", "-0", "-1", "-a", 7, "-t", 4, "-r", 0, "-c", 4, far
            )
            await server.shut()
            assert code == 0, text
            return printed(text)

    assert run(main) == {0: "0", 1: "1", 2: "65535", 3: "32768"}


# ---- pymodbus --------------------------------------------------------------------------------------------------------


async def exercise(client, unit=1):
    """Read and write with every function, and return what came."""
    assert await client.connect()
    try:
        got = [(await client.read_holding_registers(0, count=4, device_id=unit)).registers]
        got.append((await client.read_input_registers(0, count=2, device_id=unit)).registers)
        got.append((await client.read_coils(0, count=4, device_id=unit)).bits[:4])
        got.append((await client.read_discrete_inputs(0, count=2, device_id=unit)).bits[:2])
        assert not (await client.write_register(1, 77, device_id=unit)).isError()
        assert not (await client.write_registers(2, [5, 6], device_id=unit)).isError()
        assert not (await client.write_coil(1, True, device_id=unit)).isError()
        assert not (await client.write_coils(2, [False, False], device_id=unit)).isError()
        got.append((await client.read_holding_registers(1, count=3, device_id=unit)).registers)
        got.append((await client.read_holding_registers(500, count=1, device_id=unit)).exception_code)
        got.append((await client.read_device_information(device_id=unit)).information)
    finally:
        client.close()
        await asyncio.sleep(0)
    return got


EXPECTED = [
    [0, 1, 65535, 0x8000], [7, 8], [True, False, True, True], [False, True], [77, 5, 6], 2,
    {0: b"TwinERGY Lab", 1: b"x", 2: b"1"},
]  # fmt: skip


def test_pymodbus_over_tcp():
    from pymodbus.client import AsyncModbusTcpClient

    async def main():
        async with serving(bank()) as server:
            return await exercise(AsyncModbusTcpClient(server.host, port=server.port))

    assert run(main) == EXPECTED


def test_pymodbus_with_serial_frames_over_tcp():
    from pymodbus import FramerType
    from pymodbus.client import AsyncModbusTcpClient

    async def main():
        async with serving(bank(), serial_frames=True) as server:
            return await exercise(AsyncModbusTcpClient(server.host, port=server.port, framer=FramerType.RTU))

    assert run(main) == EXPECTED


def test_pymodbus_over_a_serial_line(tmp_path):
    from pymodbus.client import AsyncModbusSerialClient

    async def main():
        async with terminals(tmp_path) as (near, far):
            server = SerialServer(bank(), near)
            await server.open()
            try:
                return await exercise(AsyncModbusSerialClient(far, baudrate=19200))
            finally:
                await server.shut()

    assert run(main) == EXPECTED


def test_pymodbus_over_tls(tmp_path):
    trustme = pytest.importorskip("trustme")
    import ssl

    from pymodbus.client import AsyncModbusTlsClient

    authority = trustme.CA()
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(tmp_path / "bench-server.pem")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(tmp_path / "bench-server.pem")
    client_side = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))

    async def main():
        async with serving(bank(), tls=server_side) as server:
            return await exercise(AsyncModbusTlsClient("localhost", port=server.port, sslctx=client_side))

    assert run(main) == EXPECTED


# ---- pyModbusTCP and uModbus -----------------------------------------------------------------------------------------


def test_pymodbustcp():
    from pyModbusTCP.client import ModbusClient

    def work(port):
        client = ModbusClient("127.0.0.1", port, unit_id=1, auto_open=True)
        try:
            got = [
                client.read_holding_registers(0, 4),
                client.read_input_registers(0, 2),
                client.read_coils(0, 4),
                client.read_discrete_inputs(0, 2),
            ]
            assert client.write_multiple_registers(1, [9, 8])
            assert client.write_single_coil(1, True)
            got.append(client.read_holding_registers(1, 2))
            assert client.read_holding_registers(500, 1) is None
            got.append(client.last_except)
        finally:
            client.close()
        return got

    async def main():
        async with serving(bank()) as server:
            return await asyncio.to_thread(work, server.port)

    assert run(main) == [[0, 1, 65535, 0x8000], [7, 8], [True, False, True, True], [False, True], [9, 8], 2]


def test_umodbus():
    pytest.importorskip("umodbus")
    import socket

    from umodbus.client import tcp

    def work(port):
        with socket.create_connection(("127.0.0.1", port)) as line:
            got = [tcp.send_message(tcp.read_holding_registers(1, 0, 4), line), tcp.send_message(tcp.read_coils(1, 0, 4), line)]
            tcp.send_message(tcp.write_multiple_registers(1, 1, [3, 4]), line)
            got.append(tcp.send_message(tcp.read_holding_registers(1, 1, 2), line))
        return got

    async def main():
        async with serving(bank()) as server:
            return await asyncio.to_thread(work, server.port)

    assert run(main) == [[0, 1, 65535, 0x8000], [1, 0, 1, 1], [3, 4]]


# ---- jsmodbus --------------------------------------------------------------------------------------------------------

NODE = """
const modbus = require('jsmodbus'), net = require('net');
const socket = new net.Socket(), client = new modbus.client.TCP(socket, 1);
socket.on('error', error => { console.error(error); process.exit(1); });
socket.on('connect', async () => {
  const values = reply => Array.from(reply.response.body.valuesAsArray);
  const first = values(await client.readHoldingRegisters(0, 4));
  await client.writeMultipleRegisters(1, [11, 12]);
  await client.writeSingleCoil(1, true);
  const after = values(await client.readHoldingRegisters(1, 2)), coils = values(await client.readCoils(0, 4)).slice(0, 4);
  console.log(JSON.stringify([first, after, coils]));
  socket.end();
});
socket.connect({host: '127.0.0.1', port: Number(process.argv[2])});
"""


def test_jsmodbus(tmp_path):
    import json
    import os

    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed")

    async def main():
        install = ("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent", "jsmodbus@4")
        try:
            async with asyncio.timeout(15.0):
                code, text = await output(*install, cwd=tmp_path, env={**os.environ, "npm_config_cache": str(tmp_path / "cache")})
        except TimeoutError:
            code, text = 1, "took too long"
        if code != 0:
            pytest.skip(f"npm cannot install jsmodbus here: {text[-200:]}")
        (tmp_path / "peer.js").write_text(NODE)
        async with serving(bank()) as server:
            return await output("node", "peer.js", server.port, cwd=tmp_path)

    code, text = run(main)
    assert code == 0, text
    assert json.loads(text) == [[0, 1, 65535, 0x8000], [11, 12], [1, 1, 1, 1]]
