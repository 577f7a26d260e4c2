# SPDX-License-Identifier: Apache-2.0
"""Software devices of a scenario in a thread of the test, in step with the run that uses them."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from twinergy.adapters import FaultBoard, LinkContext
from twinergy.community.real import adapter_kind
from twinergy.cosim.hardware.bench import ScenarioPhysics

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinergy.adapters import Bench
    from twinergy.community.scenario import Scenario


class BenchThread:
    """A bench whose physics moves on when it is told to."""

    def __init__(self, scenario: Scenario) -> None:
        self.physics = ScenarioPhysics(scenario)
        self.faults = FaultBoard()
        self.loop = asyncio.new_event_loop()
        self._scenario = scenario
        self._benches: list[Bench] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._failed: BaseException | None = None

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    async def _start(self) -> None:
        context = LinkContext(rows={}, folder=self._scenario.document.folder)
        kinds = sorted({one.options.kind for one, _ in self._scenario.real})
        for kind in kinds:
            attached = [one for one, _ in self._scenario.real if one.options.kind == kind]
            bench = adapter_kind(kind).bench(attached, self.physics, self.faults, context)
            self._benches.append(bench)
            await bench.start()

    async def _close(self) -> None:
        for bench in self._benches:
            await bench.close()

    def start(self) -> None:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self.loop).result(20)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self.loop).result(20)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()

    def advance(self) -> None:
        """Let the physics make a step, and wait for it."""

        async def once() -> None:
            self.physics.advance()

        asyncio.run_coroutine_threadsafe(once(), self.loop).result(10)


@contextmanager
def bench_of(scenario: Scenario) -> Iterator[BenchThread]:
    """Serve the real devices of a scenario while the test runs."""
    bench = BenchThread(scenario)
    bench.start()
    try:
        yield bench
    finally:
        bench.close()
