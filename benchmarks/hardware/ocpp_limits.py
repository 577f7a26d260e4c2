# SPDX-License-Identifier: Apache-2.0
"""How fast a charging limit is sent, proven and seen in the meter, against a raw websocket echo measured in turns.

A software station with a car that follows at once runs in a process of its own, the central system in this one, both on the
loopback. What is measured:

* ``profile``: SetChargingProfile and its answer, and the echo of a frame of the same size;
* ``command``: what a run does with a set-point: SetChargingProfile, then GetCompositeSchedule as its proof;
* ``meter``: from the command until the meter value in the image shows the limit, with meter values every second.

``--quick`` ends within 5 s and shows only that it runs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import sys
import time
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from hardware_in_loop.ocpp import ADAPTER
from hardware_in_loop.ocpp.central.clock import text
from hardware_in_loop.ocpp.driver import OcppDriver
from hardware_in_loop.ocpp.link import OcppLink
from hardware_in_loop.ocpp.options import OcppOptions
from twinergy.adapters import Attached, FaultBoard, LinkContext, LinkState
from twinergy.adapters.image import Image

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from hardware_in_loop.ocpp.rpc import Rpc

DEVICE: Final = "wallbox"
LIMITS_KW: Final = (7.0, 9.0)
READY_S: Final = 10.0
SEEN_KW: Final = 0.05
CHARGING: Final = 3.0
PHASE_S: Final = 0.07


def attached(port: int, version: str) -> Attached:
    """Return the adapter block of the one charging point."""
    options = OcppOptions(
        listen=f"127.0.0.1:{port}", station="CP-1", security={"profile": 0}, versions=(version,),
        safe={"set": {"p_max_kw": 4.2}, "within_s": 60.0},
    )  # fmt: skip
    return Attached(id=DEVICE, device=DEVICE, kind="charging", options=options, rated_kw=11.0)


# --- the process of the station ---


class Car:
    """A car that draws what it may, and a meter."""

    def __init__(self) -> None:
        self.limit_kw = 11.0
        self.energy_kwh = 0.0

    def read(self, device: str, port: str) -> float:  # noqa: ARG002
        """Return a measured port."""
        ports = {"p_kw": self.limit_kw, "state": 3.0, "closed": 1.0, "energy_kwh": self.energy_kwh, "energy_out_kwh": 0.0}
        return ports.get(port, math.nan)

    def write(self, device: str, port: str, value: float) -> None:  # noqa: ARG002
        """Follow a limit."""
        if port == "p_max_kw":
            self.limit_kw = 11.0 if math.isnan(value) else value


async def echo(socket: Any) -> None:
    """Send everything back."""
    with suppress(ConnectionClosed):
        while True:
            await socket.send(await socket.recv(decode=False), text=True)


async def be_station(port: int, version: str) -> None:
    """Be the station, and the echo, until standard input ends; the echo's port goes to standard output."""
    bench = ADAPTER.bench([attached(port, version)], Car(), FaultBoard(), LinkContext(rows={}))
    await bench.start()
    async with serve(echo, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        await reader.read()
    await bench.close()


# --- this process: the central system ---


@asynccontextmanager
async def lab(version: str) -> AsyncIterator[tuple[OcppLink, Image, int]]:
    """Give a link that is up and armed, its image and the port of the echo."""
    listening = attached(0, version)
    ports = ADAPTER.coverage("charging", listening.options).reads
    image = Image([(DEVICE, port) for port in ports], [3.0] * len(ports))
    driver = ADAPTER.driver([listening], LinkContext(rows={DEVICE: image.row(DEVICE)}))
    link = driver.links[DEVICE]
    if not isinstance(driver, OcppDriver) or not isinstance(link, OcppLink):
        raise TypeError
    await driver.start()
    port = next(iter(driver.listeners.values())).port
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.hardware.ocpp_limits", "--station", str(port), "--version", version,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    if process.stdout is None or process.stdin is None:
        raise RuntimeError
    try:
        echo_port = int(await process.stdout.readline())
        async with asyncio.timeout(READY_S):
            while link.state is not LinkState.UP or image.reading(DEVICE, "state").value != CHARGING:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await link.arm()
        yield link, image, echo_port
    finally:
        await driver.close()
        process.stdin.close()
        await process.wait()


async def timed(work: Callable[[], Awaitable[object]], count: int) -> list[float]:
    """Return how long each of some calls takes. [s]."""
    took = []
    for _ in range(count):
        began_s = time.perf_counter()
        await work()
        took.append(time.perf_counter() - began_s)
    return took


def profile(rpc: Rpc, transaction: str) -> dict[str, Any]:
    """Return the payload of a SetChargingProfile."""
    schedule = {
        "startSchedule": text(time.time() - 30.0), "duration": 90, "chargingRateUnit": "W",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 7000, "numberPhases": 3}],
    }  # fmt: skip
    if rpc.version == "ocpp1.6":
        old = {
            "chargingProfileId": 12, "transactionId": int(transaction), "stackLevel": 1, "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Absolute", "chargingSchedule": schedule,
        }  # fmt: skip
        return {"connectorId": 1, "csChargingProfiles": old}
    new = {
        "id": 12, "transactionId": transaction, "stackLevel": 1, "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Absolute", "chargingSchedule": [{"id": 12} | schedule],
    }  # fmt: skip
    return {"evseId": 1, "chargingProfile": new}


async def round_trips(link: OcppLink, echo_port: int, rounds: int, each: int = 20) -> dict[str, float]:
    """Measure profiles, commands and the echo of a frame of the same size in turns."""
    rpc, active = link.station.rpc, link.point.ledger.active(1)
    if rpc is None or active is None:
        raise RuntimeError
    payload = profile(rpc, active.id)
    frame = json.dumps([2, "0123456789ab-1234", "SetChargingProfile", payload], separators=(",", ":")).encode()
    took: dict[str, list[float]] = {"echo": [], "profile": [], "command": []}
    async with connect(f"ws://127.0.0.1:{echo_port}/", compression=None, proxy=None, ping_interval=None) as socket:

        async def there_and_back() -> None:
            await socket.send(frame, text=True)
            await socket.recv(decode=False)

        for number in range(rounds):
            now = {
                "echo": await timed(there_and_back, each),
                "profile": await timed(lambda: rpc.call("SetChargingProfile", payload), each),
                "command": await timed(lambda: link.command({"p_max_kw": 7.0}), each),
            }
            for name in took if number else ():  # the first round warms up
                took[name] += now[name]
    return _summary(took) | {"profile_ratio": float(np.median(took["profile"]) / np.median(took["echo"]))}


async def proofs(link: OcppLink, image: Image, count: int) -> dict[str, float]:
    """Measure how long it takes from a command until the meter value in the image shows it."""
    took = []
    for number in range(count):
        limit_kw = LIMITS_KW[number % 2]
        began_s = time.perf_counter()
        await link.command({"p_max_kw": limit_kw})
        while abs(image.reading(DEVICE, "p_kw").value - limit_kw) > SEEN_KW:  # noqa: ASYNC110 - as a run looks at it
            await asyncio.sleep(0.002)
        took.append(time.perf_counter() - began_s)
        await asyncio.sleep(number * PHASE_S % 1.0 if count > len(LIMITS_KW) else 0.0)  # in all phases of the meter's second
    return _summary({"meter": took}) | {"meter_most_ms": max(took) * 1e3}


def _summary(took: dict[str, list[float]]) -> dict[str, float]:
    found = {}
    for name, values in took.items():
        found[f"{name}_median_ms"] = float(np.median(values) * 1e3)
        found[f"{name}_p99_ms"] = float(np.percentile(values, 99) * 1e3)
    return found


async def measure(version: str = "ocpp2.0.1", *, quick: bool = False) -> dict[str, float]:
    """Run everything once for a version."""
    async with lab(version) as (link, image, echo_port):
        trips = await round_trips(link, echo_port, 3 if quick else 30)
        return trips | await proofs(link, image, 2 if quick else 30)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--version", choices=("ocpp1.6", "ocpp2.0.1", "ocpp2.1"), default="ocpp2.0.1")
    parser.add_argument("--station", type=int, help="be the process of the station that connects to this port")
    options = parser.parse_args()
    if options.station:
        asyncio.run(be_station(options.station, options.version))
        return
    for name, value in asyncio.run(measure(options.version, quick=options.quick)).items():
        print(f"{name:20} {value:.4g}")


if __name__ == "__main__":
    main()
