# SPDX-License-Identifier: Apache-2.0
"""How long a command takes until a device shows it (QoS 1), against the broker's self-loop, and how many messages are taken in.

A mosquitto of its own with ``set_tcp_nodelay true``; device and publisher run in processes of their own; rounds of both kinds
alternate, so that a busy machine slows both down. Quiet machine:

    python -m benchmarks.hardware.mqtt [--quick]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import socket
import statistics
import struct
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiomqtt
import numpy as np

from hardware_in_loop.mqtt import ADAPTER
from hardware_in_loop.mqtt.bench.broker import OwnBroker
from hardware_in_loop.mqtt.client import NODELAY, Connection, Settings
from hardware_in_loop.mqtt.options import MqttOptions
from twinergy.adapters import Attached, Image, LinkContext

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hardware_in_loop.mqtt.client import Incoming
    from hardware_in_loop.mqtt.driver import MqttDriver

HOST = "127.0.0.1"
GOAL_P99_MS, GOAL_RATIO, GOAL_PER_S = 5.0, 1.5, 10_000.0
DEVICES = 50
BATCH = 100
STEADY_PER_S, ALL_AT_ONCE = 12_000.0, 1e9
PLUG = {"state": "ON", "power": 42.5, "voltage": 231.2, "current": 0.19, "energy": 3.71, "linkquality": 120}


@dataclass(frozen=True)
class Figures:
    """What was measured."""

    command_ms: tuple[float, ...]
    loop_ms: tuple[float, ...]
    sent: int
    taken: int
    """Of those sent at a steady rate above the goal: a broker drops what is too much for a reader (QoS 0)."""
    most_per_s: float
    """Taken in per second while more waits. [1/s]"""
    cpu_us: float
    """Time of this process for each. [us]"""

    @property
    def ratio(self) -> float:
        """Median command over twice the median self-loop: a command has four hops, a self-loop two."""
        return statistics.median(self.command_ms) / (2.0 * statistics.median(self.loop_ms))


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def device(port: int) -> None:
    """Be a battery that shows what it was asked for."""
    asyncio.run(_device(port))


async def _device(port: int) -> None:
    answers: set[asyncio.Task[None]] = set()
    async with aiomqtt.Client(HOST, port, socket_options=NODELAY) as client:
        await client.subscribe("battery/set", qos=1)
        await client.publish("battery/state", b'{"p_w": 0, "soc_percent": 50, "p_set_w": 0}', qos=1)
        async for message in client.messages:
            asked = json.loads(bytes(message.payload))["p_set_w"]  # type: ignore[arg-type]
            state = {"p_w": asked, "soc_percent": 50, "p_set_w": asked}
            answer = asyncio.create_task(client.publish("battery/state", json.dumps(state), qos=1))
            answers.add(answer)
            answer.add_done_callback(answers.discard)


def publisher(port: int, count: int, per_s: float) -> None:
    """Publish states of plugs, QoS 0, so many a second."""
    with socket.create_connection((HOST, port)) as line:
        name = b"publisher"
        body = b"\x00\x04MQTT\x04\x02\x00\x3c" + struct.pack(">H", len(name)) + name
        line.sendall(bytes([0x10, len(body)]) + body)
        line.recv(4)
        packets = [_packet(number, number % DEVICES) for number in range(count)]
        start_s = time.perf_counter()
        for start in range(0, count, BATCH):
            time.sleep(max(start_s + start / per_s - time.perf_counter(), 0.0))
            line.sendall(b"".join(packets[start : start + BATCH]))
        line.sendall(b"\xe0\x00")


def _packet(number: int, place: int) -> bytes:
    topic = f"zigbee2mqtt/plug{place}".encode()
    body = struct.pack(">H", len(topic)) + topic + json.dumps({**PLUG, "power": number % 1000}).encode()
    return b"\x30" + bytes([len(body) & 0x7F | 0x80, len(body) >> 7] if len(body) > 0x7F else [len(body)]) + body


@asynccontextmanager
async def driver(port: int, blocks: list[dict[str, object]], kind: str) -> AsyncIterator[tuple[MqttDriver, Image]]:
    """Run links with an image."""
    attached = [
        Attached(id=str(block["topic"]), device="d", kind=kind,
                 options=MqttOptions.model_validate({"kind": "mqtt", "broker": f"mqtt://{HOST}:{port}", **block}))
        for block in blocks
    ]  # fmt: skip
    covers = ADAPTER.coverage(kind, attached[0].options)
    keys = [(each.id, name) for each in attached for name in covers.reads]
    image = Image(keys, [3.0] * len(keys))
    running = ADAPTER.driver(attached, LinkContext(rows={each.id: image.row(each.id) for each in attached}))
    await running.start()
    try:
        yield running, image  # type: ignore[misc]
    finally:
        await running.close()


class SelfLoop:
    """A message to oneself over the broker, QoS 1."""

    def __init__(self, port: int) -> None:
        self.connection = Connection(Settings(HOST, port), "loop")
        self.connection.on("loop", self._take)
        self._future: asyncio.Future[None] | None = None

    def _take(self, _message: Incoming) -> None:
        if self._future is not None and not self._future.done():
            self._future.set_result(None)

    async def once(self) -> float:
        """Return how long one takes. [s]."""
        self._future = asyncio.get_running_loop().create_future()
        start_s = time.perf_counter()
        await self.connection.publish("loop", b'{"p_set_w": 1000}')
        await self._future
        return time.perf_counter() - start_s


async def latency(port: int, rounds: int) -> tuple[list[float], list[float]]:
    """Return durations of commands with proof and of self-loops. [ms]."""
    loop = SelfLoop(port)
    loop.connection.start()
    await loop.connection.connected(5.0)
    block: dict[str, object] = {"profile": "json_battery", "topic": "battery", "mode": "control"}
    commands, loops = [], []
    async with driver(port, [block], "battery") as (running, _):
        link = running.links["battery"]
        process = multiprocessing.get_context("spawn").Process(target=device, args=(port,), daemon=True)
        process.start()
        try:
            while link.state != "up":  # noqa: ASYNC110 - a link tells nobody
                await asyncio.sleep(0.01)
            for number in range(rounds):
                start_s = time.perf_counter()
                await link.command({"p_set_kw": 1.0 + (number % 100) * 0.01})
                commands.append(1e3 * (time.perf_counter() - start_s))
                loops.append(1e3 * await loop.once())
        finally:
            process.terminate()
            process.join()
    await loop.connection.close()
    return commands, loops


async def ingest(port: int, count: int, sent_per_s: float) -> tuple[int, float, float]:
    """Return messages taken into the image, messages per second, and the time of this process for each. [us]."""
    blocks: list[dict[str, object]] = [
        {"profile": "zigbee2mqtt_plug", "topic": f"plug{place}", "part": "other"} for place in range(DEVICES)
    ]
    async with driver(port, blocks, "household") as (running, _):
        links = [link.intake for link in running.links.values()]  # type: ignore[attr-defined]
        connection = next(iter(running.links.values())).connection  # type: ignore[attr-defined]
        await connection.connected(5.0)
        process = multiprocessing.get_context("spawn").Process(target=publisher, args=(port, count, sent_per_s), daemon=True)
        process.start()
        while sum(each.counts.messages for each in links) == 0:  # noqa: ASYNC110 - an intake tells nobody
            await asyncio.sleep(0.001)
        start_s, cpu_s = time.perf_counter(), time.process_time()
        before = sum(each.counts.messages for each in links)
        taken, changed_s = before, start_s
        while taken < count and time.perf_counter() - changed_s < 1.0:
            await asyncio.sleep(0.02)
            if (now := sum(each.counts.messages for each in links)) != taken:
                taken, changed_s = now, time.perf_counter()
        process.join()
    return taken, (taken - before) / (changed_s - start_s), 1e6 * (time.process_time() - cpu_s) / max(taken - before, 1)


async def measure(*, quick: bool) -> Figures:
    """Run everything once."""
    broker = OwnBroker(HOST, free_port(), {})
    await broker.start()
    try:
        commands, loops = await latency(broker.port, 200 if quick else 3000)
        count = 5_000 if quick else 100_000
        taken, _, cpu_us = await ingest(broker.port, count, STEADY_PER_S)
        _, most_per_s, _ = await ingest(broker.port, count, ALL_AT_ONCE)
    finally:
        await broker.close()
    return Figures(tuple(commands), tuple(loops), count, taken, most_per_s, cpu_us)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few seconds, for a smoke run")
    figures = asyncio.run(measure(quick=parser.parse_args().quick))
    for name, values in (("command -> state", figures.command_ms), ("self-loop", figures.loop_ms)):
        p50, p99 = np.percentile(values, [50, 99])
        print(f"{name:18} median {p50:7.3f} ms  p99 {p99:7.3f} ms")
    print(f"ratio to two self-loops {figures.ratio:5.2f} (goal <= {GOAL_RATIO}; p99 of commands <= {GOAL_P99_MS} ms)")
    print(
        f"ingest at {STEADY_PER_S:,.0f} messages/s: {figures.taken:,} of {figures.sent:,} taken in, {figures.cpu_us:.0f} us each"
    )
    print(f"ingest at most {figures.most_per_s:,.0f} messages/s (goal >= {GOAL_PER_S:,.0f})")


if __name__ == "__main__":
    main()
