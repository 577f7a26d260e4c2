# SPDX-License-Identifier: Apache-2.0
"""How fast OCPP is: heartbeats against a raw websocket echo, the events of many stations, a thousand stations that boot.

The central system runs in a process of its own, the stations in this one, both on the loopback. Everything is validated by schema
on both sides. ``--quick`` ends within 5 s and shows only that it runs.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from hardware_in_loop.ocpp.dial import dial
from hardware_in_loop.ocpp.listen import Listener, ListenOptions, Station
from hardware_in_loop.ocpp.rpc import Rpc
from hardware_in_loop.ocpp.security import SecurityOptions
from hardware_in_loop.ocpp.versions import Version

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

NOW: Final = "2026-01-01T00:00:00Z"
BOOT: Final = {"reason": "PowerUp", "chargingStation": {"model": "Bench", "vendorName": "TwinERGY"}}
OPEN: Final = SecurityOptions(profile=0)
CONNECTING_AT_ONCE: Final = 100
MEASURANDS: Final = ("Energy.Active.Import.Register", "Power.Active.Import", "Current.Import", "SoC")


def event(number: int) -> dict[str, Any]:
    """Return a TransactionEvent with four sampled values."""
    values = [{"value": 1.5 + number, "measurand": name, "context": "Sample.Periodic"} for name in MEASURANDS]
    return {
        "eventType": "Updated",
        "timestamp": NOW,
        "triggerReason": "MeterValuePeriodic",
        "seqNo": number,
        "transactionInfo": {"transactionId": "transaction-1", "chargingState": "Charging"},
        "evse": {"id": 1, "connectorId": 1},
        "meterValue": [{"timestamp": NOW, "sampledValue": values}],
    }


# --- the process of the central system ---


async def answer(action: str, payload: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001
    """Answer as a central system does."""
    if action == "BootNotification":
        return {"currentTime": NOW, "interval": 300, "status": "Accepted"}
    return {"currentTime": NOW} if action == "Heartbeat" else {}


async def on_station(station: Station) -> None:
    """Talk to one station."""
    await Rpc(station.socket, station.version, answer, name=station.id).serve()


async def echo(socket: Any) -> None:
    """Send everything back."""
    with suppress(ConnectionClosed):
        while True:
            await socket.send(await socket.recv(decode=False), text=True)


async def serving() -> None:
    """Serve both until standard input ends; the ports go to standard output."""
    listener = Listener(ListenOptions(port=0, security=OPEN), on_station)
    await listener.start()
    async with serve(echo, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        print(listener.port, next(iter(server.sockets)).getsockname()[1], flush=True)
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        await reader.read()
    await listener.close()


# --- this process: stations ---


@asynccontextmanager
async def servers(loop: str) -> AsyncIterator[tuple[int, int]]:
    """Start the other process; gives the ports of the central system and of the echo."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.hardware.ocpp", "--serve", "--loop", loop, stdin=pipe, stdout=pipe
    )
    if process.stdout is None or process.stdin is None:
        raise RuntimeError
    try:
        ports = (await process.stdout.readline()).split()
        yield int(ports[0]), int(ports[1])
    finally:
        process.stdin.close()
        await process.wait()


@dataclass
class Stations:
    """Open conversations of charging stations."""

    rpcs: list[Rpc]
    tasks: list[asyncio.Task[None]]

    @classmethod
    async def come(cls, port: int, count: int, version: Version = Version.V201, *, boot: bool = False) -> Stations:
        """Connect stations, a hundred at a time, and let them boot."""
        found = cls([], [])
        gate = asyncio.Semaphore(CONNECTING_AT_ONCE)

        async def one(number: int) -> None:
            async with gate:
                socket, spoken = await dial(
                    f"ws://127.0.0.1:{port}/ocpp", f"CP-{number}", (version,), ping_s=None, timeout_s=30.0
                )
                rpc = Rpc(socket, spoken, answer, name=f"CP-{number}")
                found.rpcs.append(rpc)
                found.tasks.append(asyncio.create_task(rpc.serve()))
                if boot:
                    await rpc.call("BootNotification", BOOT)

        await asyncio.gather(*(one(number) for number in range(count)))
        return found

    async def go(self) -> None:
        """Disconnect all."""
        await asyncio.gather(*(rpc.close() for rpc in self.rpcs))
        await asyncio.gather(*self.tasks)


async def timed(work: Callable[[], Coroutine[Any, Any, Any]], count: int) -> list[float]:
    """Return how long each of some calls takes. [s]."""
    took = []
    for _ in range(count):
        began_s = time.perf_counter()
        await work()
        took.append(time.perf_counter() - began_s)
    return took


async def heartbeats(port: int, echo_port: int, rounds: int, each: int = 50) -> dict[str, float]:
    """Measure heartbeats and the raw echo of a frame of the same size in turns."""
    stations = await Stations.come(port, 1)
    frame = b'[2,"0123456789ab-1234","Heartbeat",{}]'
    took: dict[str, list[float]] = {"heartbeat": [], "echo": []}
    async with connect(f"ws://127.0.0.1:{echo_port}/", compression=None, proxy=None, ping_interval=None) as socket:

        async def there_and_back() -> None:
            await socket.send(frame, text=True)
            await socket.recv(decode=False)

        for number in range(rounds):
            beat = await timed(lambda: stations.rpcs[0].call("Heartbeat", {}), each)
            raw = await timed(there_and_back, each)
            if number:  # the first round warms up
                took["heartbeat"] += beat
                took["echo"] += raw
    await stations.go()
    beat_us, echo_us = (np.asarray(took[name]) * 1e6 for name in ("heartbeat", "echo"))
    return {
        "heartbeat_median_us": float(np.median(beat_us)),
        "heartbeat_p99_us": float(np.percentile(beat_us, 99)),
        "echo_median_us": float(np.median(echo_us)),
        "echo_p99_us": float(np.percentile(echo_us, 99)),
        "ratio": float(np.median(beat_us) / np.median(echo_us)),
    }


async def events(port: int, stations_count: int, each: int) -> dict[str, float]:
    """Measure TransactionEvents of many stations, each waiting for its answers."""
    stations = await Stations.come(port, stations_count)
    took: list[float] = []

    async def one(rpc: Rpc) -> None:
        for number in range(each):
            began_s = time.perf_counter()
            await rpc.call("TransactionEvent", event(number))
            took.append(time.perf_counter() - began_s)

    began_s = time.perf_counter()
    await asyncio.gather(*(one(rpc) for rpc in stations.rpcs))
    duration_s = time.perf_counter() - began_s
    await stations.go()
    took_ms = np.asarray(took) * 1e3
    return {
        "events_per_s": len(took) / duration_s,
        "median_ms": float(np.median(took_ms)),
        "p99_ms": float(np.percentile(took_ms, 99)),
    }


async def boots(port: int, stations_count: int) -> dict[str, float]:
    """Measure how long stations take to connect and boot, all at once."""
    began_s = time.perf_counter()
    stations = await Stations.come(port, stations_count, boot=True)
    duration_s = time.perf_counter() - began_s
    await stations.go()
    return {"stations": float(stations_count), "duration_s": duration_s}


async def measure(loop: str, *, quick: bool) -> dict[str, dict[str, float]]:
    """Run everything once."""
    async with servers(loop) as (port, echo_port):
        return {
            "heartbeat": await heartbeats(port, echo_port, 4 if quick else 60),
            "events": await events(port, 10 if quick else 100, 5 if quick else 300),
            "boots": await boots(port, 20 if quick else 1000),
        }


def runner(loop: str) -> asyncio.Runner:
    """Return what runs a main function on a kind of loop."""
    if loop == "uvloop":
        import uvloop  # noqa: PLC0415 - not everywhere

        return asyncio.Runner(loop_factory=uvloop.new_event_loop)
    return asyncio.Runner()


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--serve", action="store_true", help="be the process of the central system")
    parser.add_argument("--loop", choices=("asyncio", "uvloop"), default="asyncio")
    parser.add_argument("--repeat", type=int, default=1)
    options = parser.parse_args()
    with runner(options.loop) as one:
        if options.serve:
            one.run(serving())
            return
        for _ in range(options.repeat):
            for name, values in one.run(measure(options.loop, quick=options.quick)).items():
                print(f"{name:10}", ", ".join(f"{key} {value:.4g}" for key, value in values.items()))


if __name__ == "__main__":
    main()
