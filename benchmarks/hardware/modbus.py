# SPDX-License-Identifier: Apache-2.0
"""How long a poll of 10 registers takes, against a raw asyncio echo in the same run, and what 50 devices at 10 Hz cost.

The peers run in a process of their own; rounds of both kinds alternate, so that a busy machine slows both down. Quiet machine:

    python -m benchmarks.hardware.modbus [--quick]
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import statistics
import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from hardware_in_loop.modbus.connection import Connection
from hardware_in_loop.modbus.endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from multiprocessing.connection import Connection as Pipe

REGISTERS = 10
GOAL_TIME_RATIO, GOAL_CPU_RATIO, GOAL_CORE_PERCENT = 1.25, 1.5, 8.0
ASKED = struct.Struct(">BBHH")


class Echo(asyncio.Protocol):
    """Returns what comes: the floor of any request over asyncio."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Send it back."""
        self.transport.write(data)


class Device(Echo):
    """The least that answers reads of registers, whose values are their addresses; remembers its answers."""

    def __init__(self) -> None:
        self.known: dict[bytes, bytes] = {}

    def data_received(self, data: bytes) -> None:
        """Answer one read."""
        asked = data[6:]
        if asked not in self.known:
            unit, function, address, count = ASKED.unpack(asked)
            head = struct.pack(">HHBBB", 0, 3 + 2 * count, unit, function, 2 * count)
            self.known[asked] = head + struct.pack(f">{count}H", *range(address, address + count))
        self.transport.write(data[:2] + self.known[asked])


class RawClient(asyncio.Protocol):
    """Sends bytes, waits for bytes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[bytes] = self.loop.create_future()

    def data_received(self, data: bytes) -> None:
        """Hand over what has come."""
        self.future.set_result(data)

    async def ask(self, data: bytes) -> bytes:
        """Return the answer to some bytes."""
        self.future = self.loop.create_future()
        self.transport.write(data)
        return await self.future


async def _serve(pipe: Pipe) -> None:
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(peer, "127.0.0.1", 0) for peer in (Echo, Device)]
    pipe.send([server.sockets[0].getsockname()[1] for server in servers])
    await asyncio.Event().wait()


def _peers(pipe: Pipe) -> None:
    asyncio.run(_serve(pipe))


class Peers:
    """The peers' process, as a context: gives the ports of echo and device."""

    def __enter__(self) -> tuple[int, int]:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self.process = context.Process(target=_peers, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()
        echo, device = ours.recv()
        ours.close()
        return echo, device

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.join()
        self.process.close()


@dataclass(frozen=True)
class Row:
    """Times of one kind of request. [us]."""

    median_us: float
    p99_us: float
    cpu_us: float


@dataclass(frozen=True)
class Comparison:
    """Poll against echo; ratios are medians over the rounds. [-]."""

    echo: Row
    poll: Row
    time_ratio: float
    cpu_ratio: float


Round = tuple[list[float], float]


def _row(rounds: list[Round]) -> Row:
    times_us = [one for times, _ in rounds for one in times]
    return Row(statistics.median(times_us), float(np.percentile(times_us, 99)), statistics.median(cpu for _, cpu in rounds))


async def _round(once: Callable[[], Awaitable[object]], count: int) -> Round:
    """Return the time of each, and processor time of one. [us]."""
    times_us = []
    cpu_s = time.process_time()
    for _ in range(count):
        began_s = time.perf_counter()
        await once()
        times_us.append(1e6 * (time.perf_counter() - began_s))
    return times_us, 1e6 * (time.process_time() - cpu_s) / count


async def compare(echo_port: int, device_port: int, rounds: int, count: int) -> Comparison:
    """Measure polls and echoes in turn."""
    loop = asyncio.get_running_loop()
    _, raw = await loop.create_connection(RawClient, "127.0.0.1", echo_port)
    connection = Connection(Endpoint(host="127.0.0.1", port=device_port))
    await connection.start()
    await connection.wait_connected(2.0)
    payload = bytes(9 + 2 * REGISTERS)
    echoes, polls = [], []
    for _ in range(rounds):
        echoes.append(await _round(lambda: raw.ask(payload), count))
        polls.append(await _round(lambda: connection.read(1, 100, REGISTERS), count))
        if await connection.read(1, 100, REGISTERS) != tuple(range(100, 100 + REGISTERS)):
            message = "wrong values"
            raise SystemExit(message)
    await connection.close()
    raw.transport.close()
    both = list(zip(echoes, polls, strict=True))
    return Comparison(
        echo=_row(echoes),
        poll=_row(polls),
        time_ratio=statistics.median(statistics.median(poll[0]) / statistics.median(echo[0]) for echo, poll in both),
        cpu_ratio=statistics.median(poll[1] / echo[1] for echo, poll in both),
    )


async def fleet(device_port: int, devices: int, rate_hz: float, seconds: float) -> tuple[float, list[float]]:
    """Poll many devices, each over a connection of its own, all at the same moments.

    Returns
    -------
    core_percent : float
        Processor time of this process over wall time. [%]
    polled_ms : list of float
        Time until all of a round had answered. [ms]
    """
    connections = [Connection(Endpoint(host="127.0.0.1", port=device_port)) for _ in range(devices)]
    for connection in connections:
        await connection.start()
    for connection in connections:
        await connection.wait_connected(5.0)
    loop = asyncio.get_running_loop()
    polled_ms = []
    cpu_s, began_s = time.process_time(), loop.time()
    for number in range(1, round(seconds * rate_hz) + 1):
        await asyncio.sleep(max(began_s + number / rate_hz - loop.time(), 0.0))
        round_s = loop.time()
        await asyncio.gather(*(connection.read(1, 100, REGISTERS) for connection in connections))
        polled_ms.append(1e3 * (loop.time() - round_s))
    core_percent = 100.0 * (time.process_time() - cpu_s) / (loop.time() - began_s)
    for connection in connections:
        await connection.close()
    return core_percent, polled_ms


def report(found: Comparison) -> Iterator[str]:
    """Yield lines for people."""
    for name, row in (("raw asyncio echo", found.echo), (f"poll of {REGISTERS} registers", found.poll)):
        yield f"{name:<21} median {row.median_us:6.1f} us, p99 {row.p99_us:6.1f} us, processor {row.cpu_us:5.1f} us"
    times = f"ratio of times {found.time_ratio:.2f} (goal {GOAL_TIME_RATIO})"
    yield f"{times}, of processor times {found.cpu_ratio:.2f} (goal {GOAL_CPU_RATIO})"


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a little of each, to see that it runs")
    quick = parser.parse_args().quick
    with Peers() as (echo, device):
        for line in report(asyncio.run(compare(echo, device, 3 if quick else 20, 200 if quick else 1000))):
            print(line)
        for devices, rate_hz in ((50, 10.0), (200, 1.0)):
            core_percent, polled_ms = asyncio.run(fleet(device, devices, rate_hz, 1.0 if quick else 10.0))
            p50, p99 = np.percentile(polled_ms, [50, 99])
            goal = GOAL_CORE_PERCENT if devices == 50 else 5.0
            print(f"{devices} devices x {rate_hz:g} Hz: {core_percent:.1f} % of a core (goal {goal:g} %)", end="; ")
            print(f"a round {p50:.1f} ms, p99 {p99:.1f} ms")


if __name__ == "__main__":
    main()
