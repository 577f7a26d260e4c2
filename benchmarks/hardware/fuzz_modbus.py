# SPDX-License-Identifier: Apache-2.0
"""Mutated answers through the parsers of Modbus/TCP and of serial lines: none may crash, hang, or become a wrong value.

An answer is accepted only if it is the right one, but for what nothing can see: on TCP, which has no checksum, other data bytes
in a frame that is right otherwise; on a serial line, a change that the 16-bit checksum does not show (one in 65,536 of them).

    python -m benchmarks.hardware.fuzz_modbus [--count 1000000] [--quick]
"""

from __future__ import annotations

import argparse
import asyncio
import random
import struct
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hardware_in_loop.modbus.endpoint import Endpoint
from hardware_in_loop.modbus.exchange import Exchange, Strays
from hardware_in_loop.modbus.frames import Request, read_request, write_request
from hardware_in_loop.modbus.serial_line import RtuLine
from hardware_in_loop.modbus.transport import TcpLine
from twinergy.adapters.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable

    from hardware_in_loop.modbus.errors import ModbusError
    from hardware_in_loop.modbus.line import Line

TCP = Endpoint(host="127.0.0.1")
RTU = Endpoint(host="127.0.0.1", transport="rtu_over_tcp", baud_rate=115200)


@dataclass
class Tally:
    """What became of the mutated answers.

    Attributes
    ----------
    count : int
        All.
    right : int
        Accepted with the right values.
    refused : int
        Ended with an error.
    waiting : int
        Still waited for: the time-out ends it.
    foreign : int
        Accepted with the values of another answer of the same shape that stood whole in what was received: not a matter of
        parsing, but of what is asked when (see `hardware_in_loop.modbus.careful`).
    unseen : int
        Accepted with other values, as nothing could show it (see above).
    wrong : list of str
        Accepted with other values although it could be seen. Must be empty.
    """

    count: int = 0
    right: int = 0
    refused: int = 0
    waiting: int = 0
    foreign: int = 0
    unseen: int = 0
    wrong: list[str] = field(default_factory=list)


class Wire:
    """Takes what is sent, and can be ended."""

    def write(self, data: bytes) -> None:
        """Keep it."""
        self.sent = data

    def abort(self) -> None:
        """Do nothing: the line forgets by itself."""

    close = abort


def crc(data: bytes) -> int:
    """Return the checksum bit by bit, sharing nothing with the client's table (Modbus over Serial Line V1.02, 6.2.2)."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return value


def some_request(draw: random.Random) -> Request:
    """Return a request."""
    unit, address = draw.randint(1, 247), draw.randint(0, 60000)
    if draw.random() < 0.8:
        function = draw.randint(1, 4)
        return read_request(unit, function, address, draw.randint(1, 40))
    values = [draw.randint(0, 65535) for _ in range(draw.randint(1, 5))]
    return write_request(unit, address, values)


def right_answer(request: Request, draw: random.Random) -> bytes:
    """Return an answer from the function on, made here."""
    if request.is_write:
        return request.pdu[:5]
    size = request.reply_size - 2
    return struct.pack(">BB", request.function, size) + draw.randbytes(size)


def flip(data: bytes, other: bytes, draw: random.Random) -> bytes:  # noqa: ARG001
    """Turn one to eight bits."""
    changed = bytearray(data)
    for _ in range(draw.randint(1, 8)):
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def truncate(data: bytes, other: bytes, draw: random.Random) -> bytes:  # noqa: ARG001
    """Lose the end, or the beginning."""
    cut = draw.randrange(1, len(data))
    return data[:cut] if draw.random() < 0.7 else data[cut:]


def double(data: bytes, other: bytes, draw: random.Random) -> bytes:
    """Say it, or a part of it, twice; or another one with it."""
    start = draw.randrange(len(data))
    end = draw.randrange(start, len(data)) + 1
    return draw.choice((data + data, data[:end] + data[start:end] + data[end:], data + other, other + data))


def splice(data: bytes, other: bytes, draw: random.Random) -> bytes:
    """Begin with one and end with another one."""
    cut = draw.randrange(len(data))
    return data[:cut] + other[draw.choice((cut, draw.randrange(len(other)))) :]


def noise(data: bytes, other: bytes, draw: random.Random) -> bytes:  # noqa: ARG001
    """Random bytes: all, inserted, or in the place of some."""
    start = draw.randrange(len(data))
    end = draw.randrange(start, len(data)) + 1
    some = draw.randbytes(draw.randint(1, 40))
    return draw.choice((some, data[:start] + some + data[start:], data[:start] + draw.randbytes(end - start) + data[end:]))


MUTATIONS: tuple[Callable[[bytes, bytes, random.Random], bytes], ...] = (flip, truncate, double, splice, noise)


def frames_of(request: Request, number: int, pdu: bytes, *, serial: bool) -> bytes:
    """Return an answer as it goes over the wire, made here."""
    body = bytes([request.unit]) + pdu
    if serial:
        return body + crc(body).to_bytes(2, "little")
    return struct.pack(">HHH", number, 0, len(body)) + body


def deceives(mutated: bytes, right: bytes, *, serial: bool) -> bool:
    """Return whether a frame that looks right in all that can be seen stands in what was received."""
    head = 3 if serial else 9
    size = len(right)
    for start in range(len(mutated) - size + 1):
        part = mutated[start : start + size]
        if part[:head] == right[:head] and (not serial or crc(part[:-2]) == int.from_bytes(part[-2:], "little")):
            return True
    return False


def _line(*, serial: bool) -> Line:
    def nothing(exchange: Exchange, error: ModbusError | None) -> None:
        """Do nothing."""

    line: Line = RtuLine(RTU, Journal(None), "", nothing, Strays(1.0)) if serial else TcpLine(TCP, Journal(None), "", nothing)
    wire: Any = Wire()
    line.connection_made(wire)
    return line


async def fuzz(count: int, seed: int, *, serial: bool) -> Tally:
    """Return what became of so many mutated answers."""
    draw = random.Random(seed)  # noqa: S311 - nothing secret
    tally = Tally()
    loop = asyncio.get_running_loop()
    for number in range(1, count + 1):
        request = some_request(draw)
        pdu = right_answer(request, draw)
        neighbour = request if draw.random() < 0.5 else some_request(draw)
        other = frames_of(neighbour, draw.choice((1, number & 0xFFFF)), right_answer(neighbour, draw), serial=serial)
        right = frames_of(request, 1, pdu, serial=serial)
        mutated = draw.choice(MUTATIONS)(right, other, draw)
        line = _line(serial=serial)
        exchange = Exchange(request, loop.create_future(), 1.0)
        line.send(exchange)
        cut = draw.randrange(len(mutated) + 1)
        for part in (mutated[:cut], mutated[cut:]):
            if part and line.usable:
                line.received(part)
        _count(tally, exchange, request.accept(request.unit, pdu), mutated, right, other, serial=serial)
    return tally


def _count(
    tally: Tally, exchange: Exchange, values: tuple[int, ...], mutated: bytes, right: bytes, other: bytes, *, serial: bool
) -> None:
    tally.count += 1
    if not exchange.future.done():
        tally.waiting += 1
        exchange.future.cancel()
    elif exchange.future.exception() is not None:
        tally.refused += 1
    elif exchange.future.result() == values and (not exchange.request.is_write or right in mutated):
        tally.right += 1
    elif other in mutated and deceives(other, right, serial=serial):
        tally.foreign += 1
    elif deceives(mutated, right, serial=serial):
        tally.unseen += 1
    else:
        tally.wrong.append(f"{exchange.request}: {mutated.hex()} instead of {right.hex()}")


def main() -> None:
    """Run both, and say what became of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000, help="answers of each protocol")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="a few, to see that it runs")
    arguments = parser.parse_args()
    count = 5_000 if arguments.quick else arguments.count
    for name, serial in (("Modbus/TCP", False), ("serial line", True)):
        began_s = time.perf_counter()
        tally = asyncio.run(fuzz(count, arguments.seed, serial=serial))
        taken_s = time.perf_counter() - began_s
        said = f"{tally.right} right, {tally.refused} refused, {tally.waiting} incomplete, {tally.foreign} foreign"
        print(f"{name}: {tally.count} mutated answers in {taken_s:.0f} s: {said}")
        print(f"  {tally.unseen} changed where nothing shows it, {len(tally.wrong)} wrong")
        for line in tally.wrong[:5]:
            print("  wrong:", line)
        if tally.wrong:
            raise SystemExit(1)


if __name__ == "__main__":
    main()
