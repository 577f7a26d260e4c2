# SPDX-License-Identifier: Apache-2.0
"""From a set-point to the device that has it, and to the proof: batteries over Modbus (SunSpec), all told at the same moment.

``python -m benchmarks.hardware.acknowledge`` holds software batteries in a process of its own, so that the laboratory's side is
what is measured; the moment a device has taken a set-point is read from the device's own clock, which is that of the machine.
``--every`` sets how often they are told: after more than a quarter of a second each is read before it is written. ``--apart``
gives the devices a core of their own, as real ones have; without it the scheduler often puts both sides on one.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.hardware.steps import free_ports
from hardware_in_loop.bench.table import BatteryLaw, TablePhysics
from hardware_in_loop.modbus import ADAPTER
from hardware_in_loop.modbus.options import ModbusOptions
from twinergy.adapters import Attached, FaultBoard, Image, LinkContext, LinkState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection

EVERY_S = 0.1


def attached(ports: Sequence[int]) -> list[Attached]:
    """Return so many batteries."""
    made = []
    for number, port in enumerate(ports):
        options = ModbusOptions(profile="sunspec", host="127.0.0.1", port=port, mode="control", safe={"within_s": 30})  # type: ignore[arg-type]
        made.append(Attached(id=f"b{number}", device=f"b{number}", kind="battery", options=options, rated_kw=5.0))
    return made


def _runner() -> asyncio.Runner:
    """Return what runs a loop such as the engine and ``twinergy hil bench`` use."""
    import uvloop  # noqa: PLC0415 - not on every system

    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


def devices(ports: Sequence[int], line: Connection, cores: set[int]) -> None:
    """Serve the batteries on these cores until told to end, then say when each set-point came."""
    os.sched_setaffinity(0, cores)

    async def serve() -> None:
        several = attached(ports)
        laws = {one.device: BatteryLaw(capacity_kwh=10.0, rated_kw=5.0) for one in several}
        physics = TablePhysics({one.device: {"p_kw": 0.0, "soc": 0.5} for one in several}, batteries=laws)
        bench = ADAPTER.bench(several, physics, FaultBoard(), LinkContext(rows={}))
        await bench.start()
        line.send("ready")
        while not line.poll():  # noqa: ASYNC110 - the other process knows no event of this loop
            await asyncio.sleep(0.05)
        line.send([(one.device, one.port, one.value, one.at_s) for one in physics.writes])
        await bench.close()

    with _runner() as runner:
        runner.run(serve())


async def tell(ports: Sequence[int], rounds: int, every_s: float = EVERY_S) -> list[dict[str, tuple[float, float, float]]]:
    """Tell all batteries something new at the same moment, again and again; returns value, begin and proof by device."""
    several = attached(ports)
    reads = ADAPTER.coverage("battery", several[0].options).reads
    image = Image([(one.id, port) for one in several for port in reads], [3.0] * len(several) * len(reads))
    driver = ADAPTER.driver(several, LinkContext(rows={one.id: image.row(one.id) for one in several}))
    await driver.start()
    while any(link.state is not LinkState.UP for link in driver.links.values()):
        await asyncio.gather(*(link.sample() for link in driver.links.values()))
        await asyncio.sleep(0.05)
    await asyncio.gather(*(link.arm() for link in driver.links.values()))
    told = []
    for number in range(rounds):
        value, begin_s = round(0.5 + 0.01 * (number % 100), 3), time.monotonic()
        found: dict[str, tuple[float, float, float]] = {}

        async def one(name: str, value: float = value, begin_s: float = begin_s, found: dict[str, Any] = found) -> None:
            await driver.links[name].command({"p_set_kw": value})
            found[name] = (value, begin_s, time.monotonic())

        await asyncio.gather(*map(one, driver.links))
        told.append(found)
        await asyncio.sleep(max(0.0, begin_s + every_s - time.monotonic()))
    await asyncio.gather(*(link.release() for link in driver.links.values()))
    await driver.close()
    return told


def measure(count: int, rounds: int, every_s: float = EVERY_S, *, apart: bool = False) -> dict[str, float]:
    """Return milliseconds from a set-point to the device that has it, and to its proof."""
    all_cores = os.sched_getaffinity(0)
    last = {max(all_cores)} if apart and len(all_cores) > 1 else all_cores
    os.sched_setaffinity(0, all_cores - last or all_cores)
    try:
        return _measured(count, rounds, every_s, last)
    finally:
        os.sched_setaffinity(0, all_cores)


def _measured(count: int, rounds: int, every_s: float, cores: set[int]) -> dict[str, float]:
    ports = free_ports(count)
    here, there = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=devices, args=(ports, there, cores))
    process.start()
    here.recv()
    with _runner() as runner:
        told = runner.run(tell(ports, rounds, every_s))
    here.send("end")
    taken: dict[tuple[str, float], list[float]] = {}
    for device, port, value, at_s in here.recv():
        if port == "p_set_kw":
            taken.setdefault((device, round(value, 3)), []).append(at_s)
    process.join(10)
    arrived, proven = [], []
    for found in told:
        for name, (value, begin_s, proof_s) in found.items():
            arrived += [min(at_s for at_s in taken[name, value] if at_s >= begin_s) - begin_s]
            proven.append(proof_s - begin_s)
    figures: dict[str, float] = {}
    for what, values in (("the device has it", arrived), ("proven by reading back", proven)):
        figures |= {f"{what}, {name}": float(np.percentile(values, q) * 1e3) for name, q in (("median", 50), ("p99", 99))}
    return figures


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--every", type=float, default=EVERY_S, metavar="SECONDS")
    parser.add_argument("--apart", action="store_true")
    parser.add_argument("--quick", "--smoke", action="store_true")
    given = parser.parse_args(arguments)
    for count in (1, 3) if given.quick else (1, 10, 50):
        print(f"{count} devices told at once; ms")
        for name, value in measure(count, 10 if given.quick else given.rounds, given.every, apart=given.apart).items():
            print(f"  {name:42s}{value:10.3f}")


if __name__ == "__main__":
    main()
