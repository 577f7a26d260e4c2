# SPDX-License-Identifier: Apache-2.0
"""Outlets of a run: a thread with an event loop in which devices are shown to systems of somebody else."""

from __future__ import annotations

import asyncio
import math
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.adapters import Journal, Way
from twinergy.adapters.outlet import OutletContext
from twinergy.agents import Rank, SetPoint
from twinergy.errors import TwinergyError
from twinergy.ports import Direction

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from twinergy.adapters.outlet import Asked, Outlet
    from twinergy.community.scenario import OutletSpec, Scenario
    from twinergy.cosim.arbiter import Arbiter
    from twinergy.kinds import Table, TableValues
    from twinergy.timebase import Step

JOURNAL: Final = "outlets.jsonl"
START_S: Final = 10.0
CLOSE_S: Final = 5.0
"""How long an outlet may take to say goodbye; all do so at the same time. [s]"""
LAST_S: Final = 1.0
VALID_STEPS: Final = 2.0
"""What somebody outside asks for is asked again in every step; an outlet that hangs or fails asks for nothing after so many. One
that merely lost its connection says itself how long what was asked for stands."""


class Outlets:
    """All outlets of a run.

    Parameters
    ----------
    scenario : Scenario
        A scenario with outlets.
    tables : mapping of str to Table
        Tables of its devices.
    folder : pathlib.Path, optional
        The run folder, for a log of what was asked.
    """

    def __init__(self, scenario: Scenario, tables: Mapping[str, Table], folder: Path | None = None) -> None:
        self._specs = scenario.outlets
        self._ports = {name: {port.name for port in table.of(Direction.SET_POINT)} for name, table in tables.items()}
        self._journal = Journal(folder / JOURNAL if folder else None, frames=False)
        context = OutletContext(
            tables=tables, journal=self._journal, folder=scenario.document.folder, pilot=scenario.context.pilot
        )
        self._outlets = {spec.name: spec.kind.build(spec.options, context) for spec in self._specs}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="outlets", daemon=True)
        self._showing: dict[str, asyncio.Task[None]] = {}
        self._left_out = dict.fromkeys(self._outlets, 0)
        self._behind = dict.fromkeys(self._outlets, 0)
        self._asked: dict[str, Asked] = {}

    def _run(self) -> None:
        loop = self._loop
        asyncio.set_event_loop(loop)
        loop.run_forever()
        tasks = asyncio.all_tasks(loop)  # of libraries too, which somebody's silence may have kept from ending
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.wait(tasks, timeout=LAST_S))
        loop.run_until_complete(loop.shutdown_asyncgens())
        asyncio.set_event_loop(None)
        loop.close()

    def start(self) -> None:
        """Begin to connect.

        Raises
        ------
        DeviceError
            If something on this side is wrong.
        """
        self._thread.start()

        async def begin() -> None:
            for outlet in self._outlets.values():
                await outlet.start()

        asyncio.run_coroutine_threadsafe(begin(), self._loop).result(START_S)

    def show(self, values: TableValues) -> None:
        """Hand over what a step has measured; returns at once. An outlet that is still busy is left out."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._show, values)

    def _show(self, values: TableValues) -> None:
        for name, outlet in self._outlets.items():
            self._behind[name] += 1
            busy = self._showing.get(name)
            if busy is not None and not busy.done():
                self._left_out[name] += 1
                continue
            self._showing[name] = asyncio.ensure_future(self._shown(name, outlet, values))

    async def _shown(self, name: str, outlet: Outlet, values: TableValues) -> None:
        try:
            await outlet.show(values)
            self._note(name, outlet.asked())
        except (TwinergyError, OSError) as error:
            self._journal.event(Way.FAILED, name, error=str(error))
        except Exception as error:  # noqa: BLE001 - somebody else's system must not end a run
            self._journal.event(Way.FAILED, name, error=repr(error))

    def _note(self, name: str, asked: Asked) -> None:
        if asked != self._asked.get(name, {}):
            plain = {f"{device}.{port}": value for (_, device, port), value in asked.items()}
            self._journal.event(Way.ASKED, name, asked=plain)
        self._asked[name] = asked
        self._behind[name] = 0

    def ask(self, arbiter: Arbiter, step: Step) -> None:
        """Hand to the arbiter what is asked for outside, but not what an outlet said that hangs or fails since."""
        for spec in self._specs:
            if self._behind[spec.name] > VALID_STEPS:
                continue
            for (kind, device, port), value in self._asked.get(spec.name, {}).items():
                if port in self._ports.get(kind, ()) and not math.isnan(value):
                    arbiter.ask(spec.name, _wish(spec, kind, device, port, value, step), step)

    def close(self) -> None:
        """Say goodbye and end the thread."""
        if self._thread.is_alive():
            with suppress(TimeoutError):
                asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(2.0 * CLOSE_S)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(CLOSE_S)
        elif not self._loop.is_running():
            self._loop.close()
        self._journal.close()

    async def _end(self) -> None:
        for task in self._showing.values():
            task.cancel()
        await asyncio.gather(*self._showing.values(), return_exceptions=True)
        await asyncio.gather(*(self._closed(name, outlet) for name, outlet in self._outlets.items()))

    async def _closed(self, name: str, outlet: Outlet) -> None:
        try:
            async with asyncio.timeout(CLOSE_S):
                await outlet.close()
        except Exception as error:  # noqa: BLE001 - somebody else's system must not keep a run from ending
            self._journal.event(Way.FAILED, name, what="closing", error=str(error) or repr(error))

    def facts(self) -> dict[str, Any]:
        """Return how it went, for a manifest."""
        return {name: {**outlet.said(), "left_out": self._left_out[name]} for name, outlet in self._outlets.items()}


def _wish(spec: OutletSpec, kind: str, device: str, port: str, value: float, step: Step) -> SetPoint:
    return SetPoint(
        table=kind,
        port=port,
        ids=(device,),
        value=np.float64(value),
        rank=Rank[spec.kind.rank],
        valid_s=VALID_STEPS * step.duration_s,
        reason=f"asked for at {spec.name}",
    )
