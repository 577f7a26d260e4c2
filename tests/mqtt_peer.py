# SPDX-License-Identifier: Apache-2.0
"""A device made of mosquitto_sub and mosquitto_pub: it shares no code with the adapter that is tested."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from hardware_in_loop.mqtt import ADAPTER
from hardware_in_loop.mqtt.options import MqttOptions
from tests.mqtt_broker import program
from twinergy.adapters import Attached, Image, LinkContext

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from hardware_in_loop.mqtt.link import MqttLink
    from tests.mqtt_broker import Broker

    Answers = list[tuple[str, str]]


class Peer:
    """Listens to topics and answers what a function says."""

    def __init__(self, broker: Broker, react: Callable[[str, str], Answers]) -> None:
        self.heard: list[tuple[str, str]] = []
        self._where = ["-h", "127.0.0.1", "-p", str(broker.port), "-q", "1"]
        self._react = react

    @asynccontextmanager
    async def listening(self, *topics: str) -> AsyncIterator[Peer]:
        named = [word for topic in topics for word in ("-t", topic)]
        process = await asyncio.create_subprocess_exec(
            program("mosquitto_sub"), *self._where, "-v", *named, stdout=asyncio.subprocess.PIPE
        )
        task = asyncio.create_task(self._listen(process))
        await asyncio.sleep(0.15)
        try:
            yield self
        finally:
            process.terminate()
            await asyncio.gather(task, process.wait())

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            topic, _, payload = line.decode().rstrip("\n").partition(" ")
            self.heard.append((topic, payload))
            for answer in self._react(topic, payload):
                await self.say(*answer)

    async def say(self, topic: str, payload: object, *more: str) -> None:
        text = payload if isinstance(payload, str) else json.dumps(payload)
        body = ["-m", text] if text else ["-n"]
        command = [program("mosquitto_pub"), *self._where, "-t", topic, *body, *more]
        process = await asyncio.create_subprocess_exec(*command)
        assert await process.wait() == 0


@asynccontextmanager
async def link(broker: Broker, kind: str, folder: Path, /, **block: Any) -> AsyncIterator[tuple[MqttLink, Image]]:
    """Run one link with an image of its own."""
    options = MqttOptions.model_validate({"kind": "mqtt", "broker": broker.url, **broker.block, **block})
    attached = Attached(id="real", device="real", kind=kind, options=options)
    covers = ADAPTER.coverage(kind, options)
    image = Image([("real", port) for port in covers.reads], [options.stale_s or 3.0] * len(covers.reads))
    driver = ADAPTER.driver([attached], LinkContext(rows={"real": image.row("real")}, folder=folder))
    await driver.start()
    try:
        yield driver.links["real"], image  # type: ignore[misc]
    finally:
        await driver.close()
    assert len(asyncio.all_tasks()) <= 2, "a task was left behind"


async def until(true: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
    try:
        async with asyncio.timeout(seconds):
            while not true():  # noqa: ASYNC110 - what is waited for tells nobody
                await asyncio.sleep(0.005)
    except TimeoutError:
        message = f"waited {seconds} s for {what}"
        raise AssertionError(message) from None
