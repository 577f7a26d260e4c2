# SPDX-License-Identifier: Apache-2.0
"""Reads of two registers in turn from a serial device that answers some requests too late: how many values are wrong.

Answers on a serial line carry no number. The device here keeps every answer that it owes and sends it when it is due, also in the
middle of, or after, answers to later requests. The high byte of a value says which register it is, the low byte may count up.

    python -m benchmarks.hardware.late_rtu [--reads 10000] [--quick]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from benchmarks.hardware.fuzz_modbus import crc
from hardware_in_loop.modbus.connection import Connection
from hardware_in_loop.modbus.endpoint import Endpoint
from hardware_in_loop.modbus.errors import ModbusError, NoAnswerError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

UNIT = 1
REGISTERS = (20, 30)
REQUEST_SIZE = 8
BAUD_RATE = 115200
SETTINGS = {"baud_rate": BAUD_RATE, "timeout_s": 0.03, "turnaround_s": 0.01, "late_s": 0.3}
ANSWER_S = 0.002
"""How long the device takes in general. [s]"""
LATE_S = (0.03, 0.25)
"""Range of the delay of a late answer, from about the time-out to shortly before `late_s` after it. [s]"""


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How the device behaves.

    Attributes
    ----------
    moving : bool
        Whether each answer has another value.
    alone : bool
        Whether the two registers are the only ones: a longer read is refused.
    share : float
        Share of late answers. [-]
    """

    moving: bool = False
    alone: bool = False
    share: float = 0.01


class Device:
    """Answers reads of registers, some too late."""

    def __init__(self, manner: Manner, send: Callable[[bytes], object], seed: int = 1) -> None:
        self.manner = manner
        self.late = 0
        self._send = send
        self._draw = random.Random(seed)  # noqa: S311 - nothing secret
        self._heap = b""
        self._asked = 0

    def feed(self, data: bytes) -> None:
        """Take bytes; answer whole requests."""
        self._heap += data
        while len(self._heap) >= REQUEST_SIZE:
            request, self._heap = self._heap[:REQUEST_SIZE], self._heap[REQUEST_SIZE:]
            if crc(request[:-2]) != int.from_bytes(request[-2:], "little"):
                self._heap = b""
                return
            self._answer(int.from_bytes(request[2:4]), int.from_bytes(request[4:6]))

    def _answer(self, address: int, count: int) -> None:
        self._asked += 1
        if self.manner.alone and (address not in REGISTERS or count > 1):
            body = bytes([UNIT, 0x83, 2])
        else:
            low = self._asked % 256 if self.manner.moving else 7
            values = b"".join(bytes([(address + place) & 0xFF, low]) for place in range(count))
            body = bytes([UNIT, 3, 2 * count]) + values
        frame = body + crc(body).to_bytes(2, "little")
        if self._draw.random() < self.manner.share:
            self.late += 1
            delay_s = self._draw.uniform(*LATE_S)
        else:
            delay_s = ANSWER_S
        asyncio.get_running_loop().call_later(delay_s, self._send, frame)


@contextlib.asynccontextmanager
async def over_tcp(manner: Manner) -> AsyncIterator[tuple[Endpoint, Device]]:
    """Serve the device behind a transparent converter."""
    loop = asyncio.get_running_loop()
    writers: list[asyncio.Transport] = []
    device = Device(manner, lambda frame: writers[-1].write(frame))  # noqa: PLW0108 - the latest one, which is not there yet

    class Converter(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            writers.append(cast("asyncio.Transport", transport))

        def data_received(self, data: bytes) -> None:
            device.feed(data)

    server = await loop.create_server(Converter, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield Endpoint.model_validate({"transport": "rtu_over_tcp", "host": "127.0.0.1", "port": port, **SETTINGS}), device
    finally:
        server.close()
        for writer in writers:
            writer.close()
        await server.wait_closed()


@contextlib.contextmanager
def serial_pair() -> Iterator[tuple[str, str]]:
    """Give the names of two serial ports that are connected with each other, by socat."""
    with tempfile.TemporaryDirectory() as folder:
        names = [str(Path(folder) / name) for name in ("ours", "theirs")]
        process = subprocess.Popen(["socat", *(f"pty,raw,echo=0,link={name}" for name in names)])
        try:
            until_s = time.monotonic() + 5.0
            while not all(Path(name).exists() for name in names):
                if time.monotonic() > until_s:
                    message = "socat did not make its serial ports within 5 s"
                    raise TimeoutError(message)
                time.sleep(0.01)
            yield names[0], names[1]
        finally:
            process.terminate()
            process.wait()


@contextlib.asynccontextmanager
async def over_serial(manner: Manner) -> AsyncIterator[tuple[Endpoint, Device]]:
    """Serve the device on one end of a pair of serial ports."""
    loop = asyncio.get_running_loop()
    with serial_pair() as (ours, theirs):
        file = os.open(theirs, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        device = Device(manner, lambda frame: os.write(file, frame))
        loop.add_reader(file, lambda: device.feed(os.read(file, 256)))
        try:
            yield Endpoint.model_validate({"transport": "rtu", "serial_port": ours, **SETTINGS}), device
        finally:
            loop.remove_reader(file)
            await asyncio.sleep(LATE_S[1])  # what is owed goes out before the port is closed
            os.close(file)


@dataclass
class Outcome:
    """What came of alternating reads."""

    reads: int = 0
    right: int = 0
    wrong: int = 0
    silent: int = 0
    failed: int = 0
    late: int = 0
    taken_s: float = 0.0


async def alternate(endpoint: Endpoint, device: Device, reads: int) -> Outcome:
    """Read the two registers in turn and judge every value."""
    outcome = Outcome()
    connection = Connection(endpoint)
    await connection.start()
    await connection.wait_connected(5.0)
    began_s = time.perf_counter()
    while outcome.reads < reads:
        register = REGISTERS[outcome.reads % 2]
        while not connection.may_ask(UNIT):  # noqa: ASYNC110 - it is a matter of time
            await asyncio.sleep(0.01)
        outcome.reads += 1
        try:
            (value,) = await connection.read(UNIT, register, 1)
        except NoAnswerError:
            outcome.silent += 1
            await asyncio.sleep(ANSWER_S)
        except ModbusError:
            outcome.failed += 1
        else:
            outcome.right += value >> 8 == register
            outcome.wrong += value >> 8 != register
    outcome.taken_s = time.perf_counter() - began_s
    outcome.late = device.late
    await connection.close()
    return outcome


async def measure(manner: Manner, reads: int, *, serial: bool, careless: bool = False) -> Outcome:
    """Return what came of alternating reads from one device; careless: late answers are not remembered."""
    async with (over_serial if serial else over_tcp)(manner) as (endpoint, device):
        used = endpoint.model_copy(update={"late_s": 0.0}) if careless else endpoint
        return await alternate(used, device, reads)


def describe(manner: Manner) -> str:
    """Return a manner for people."""
    return f"values {'move' if manner.moving else 'stand'}, {'no ' if manner.alone else ''}registers beside"


def main() -> None:
    """Measure all manners over both kinds of line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reads", type=int, default=10_000)
    parser.add_argument("--quick", action="store_true", help="a few, to see that it runs")
    arguments = parser.parse_args()
    reads = 200 if arguments.quick else arguments.reads
    wrong = 0
    for serial in (False, True):
        if serial and shutil.which("socat") is None:
            print("serial ports: not measured, there is no socat here")
            continue
        for manner in (Manner(), Manner(moving=True), Manner(alone=True), Manner(moving=True, alone=True)):
            got = asyncio.run(measure(manner, reads, serial=serial))
            wrong += got.wrong
            kind = "serial ports" if serial else "RTU over TCP"
            said = f"{got.wrong} wrong, {got.right} right, {got.silent} without answer, {got.failed} refused as bad"
            print(f"{kind}, {describe(manner)}: {got.reads} reads, {got.late} answers late: {said}; {got.taken_s:.0f} s")
    got = asyncio.run(measure(Manner(), reads, serial=False, careless=True))
    print(f"the same with late answers not remembered (late_s 0): {got.wrong} wrong of {got.late} late")
    if wrong:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
