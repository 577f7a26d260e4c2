# SPDX-License-Identifier: Apache-2.0
"""Software Modbus devices for tests: servers that are closed again, peers that run as programs, pairs of pseudo-terminals."""

from __future__ import annotations

import asyncio
import itertools
import random
import shutil
import socket
from contextlib import asynccontextmanager, suppress

import pytest

from hardware_in_loop.modbus.bench import ModbusBench
from hardware_in_loop.modbus.bench.pdu import RegisterBank
from hardware_in_loop.modbus.bench.server import SocketServer
from hardware_in_loop.modbus.bench.station import Member, Station
from hardware_in_loop.modbus.options import ModbusOptions
from twinergy.adapters import Attached, FaultBoard, LinkContext

LIMIT_S = 20.0


def run(main):
    """Run a coroutine function that must end within the limit."""

    async def limited():
        async with asyncio.timeout(LIMIT_S):
            return await main()

    return asyncio.run(limited())


def station(*, unit=1, **tables):
    """A station with one unit of plain numbers whose link is called ``it``."""
    return Station({unit: Member(RegisterBank(**tables), ("it",))}, FaultBoard())


@asynccontextmanager
async def serving(one, **options):
    """A server that listens."""
    server = SocketServer(one, **options)
    await server.open()
    try:
        yield server
    finally:
        await server.shut()


async def until(done, within_s=5.0):
    """Wait until something holds, or fail."""
    async with asyncio.timeout(within_s):
        while not done():  # noqa: ASYNC110 - what is waited for knows of no events
            await asyncio.sleep(0.005)


def program(name):
    """Path of a program, or skip."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


async def output(*command, **options):
    """Run a program in this loop and return its exit code and what it printed."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, **options
    )
    text, _ = await process.communicate()
    return process.returncode, text.decode("utf-8", "replace")


@asynccontextmanager
async def terminals(folder):
    """A pair of pseudo-terminals that are connected, made by socat; yields both paths."""
    ends = folder / "near", folder / "far"
    process = await asyncio.create_subprocess_exec(program("socat"), *(f"PTY,raw,echo=0,link={end}" for end in ends))
    try:
        await until(lambda: all(end.exists() for end in ends))
        yield tuple(map(str, ends))
    finally:
        process.terminate()
        await process.wait()


_PORTS = itertools.cycle(random.SystemRandom().sample(range(20_000, 32_000), 12_000))


def free_port():
    """A port that nothing uses now, below those that systems give to connections that go out."""
    for port in _PORTS:
        with socket.socket() as one, suppress(OSError):
            one.bind(("127.0.0.1", port))
            return port
    return 0


def attached(link="it", kind="battery", *, rated_kw=5.0, facts=None, **options):
    """A device whose adapter block is a Modbus one; on a free port of the loopback if it names no place."""
    if not options.keys() & {"host", "serial_port"}:
        options = {"host": "127.0.0.1", "port": free_port()} | options
    block = ModbusOptions(**({"profile": "sunspec", "mode": "control"} | options))
    known = {"capacity_kwh": 10.0} if kind == "battery" else {}
    return Attached(id=link, device=link, kind=kind, options=block, rated_kw=rated_kw, facts=known if facts is None else facts)


@asynccontextmanager
async def bench(physics, *ones, faults=None, **options):
    """A bench that serves."""
    one = ModbusBench(ones, physics, faults or FaultBoard(), LinkContext(rows={}), **options)
    await one.start()
    try:
        yield one
    finally:
        await one.close()
