# SPDX-License-Identifier: Apache-2.0
"""The engine: one thread with one event loop that holds all real devices of a run.

A run hands it deadlines and commands and latches the image; it never waits for a device. Each device has its own commander, so
that one that is silent costs nobody else anything. Devices are asked for their readings so long before a step begins as they have
been seen to take.
"""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.adapters.contract import LinkContext, LinkState
from twinergy.adapters.image import Image
from twinergy.adapters.journal import Journal, Way
from twinergy.adapters.live import LOOK_S, Live
from twinergy.adapters.options import Mode
from twinergy.adapters.quality import Quality
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from twinergy.adapters.contract import AdapterKind, Attached, Coverage, Driver
    from twinergy.adapters.image import Latched
    from twinergy.adapters.live import Wish

START_S: Final = 20.0
"""How long drivers may take to begin. [s]"""
SAME_S: Final = 5.0
"""A reading that stays the same is logged again after this. [s]"""
RELEASE_S: Final = 3.0
"""How long all devices together may take to reach their safe state at the end of a run. [s]"""
CLOSE_S: Final = 5.0
"""How long a driver may take to close its connections. [s]"""


class Engine:
    """Holds the drivers of a run.

    Parameters
    ----------
    attached : sequence of (Attached, Coverage)
        The devices and what they serve.
    kinds : mapping of str to AdapterKind
        Adapters by name.
    stale_s : float
        Age from which a reading is stale where the device's options do not say. [s]
    folder : pathlib.Path
        Paths in options are relative to it.
    pilot : str
        Name of the scenario.
    seed : int
        Seed of the run.
    journal : pathlib.Path, optional
        Where every command and frame is appended.
    """

    def __init__(
        self,
        attached: Sequence[tuple[Attached, Coverage]],
        kinds: Mapping[str, AdapterKind],
        *,
        stale_s: float,
        folder: Path,
        pilot: str = "pilot",
        seed: int = 1,
        journal: Path | None = None,
    ) -> None:
        self.attached = tuple(attached)
        keys = [(one.id, port) for one, covers in attached for port in covers.reads]
        ages = [one.options.stale_s or covers.stale_s or stale_s for one, covers in attached for _ in covers.reads]
        self.image = Image(keys, ages)
        self.journal = Journal(journal)
        self.emergency = ""
        self.on_emergency: Callable[[str], None] = lambda _why: None
        self._kinds = kinds
        self._logged = self.image.latch()
        self._said_s = np.full(len(keys), -1e18)  # finite, or its difference to a never were no number
        self._context = LinkContext(
            rows={one.id: self.image.row(one.id) for one, _ in attached},
            journal=self.journal,
            folder=folder,
            pilot=pilot,
            seed=seed,
        )
        self.lives: dict[str, Live] = {}
        self._stood: dict[str, dict[str, str]] = {}
        self._drivers: list[Driver] = []
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._begun = threading.Event()
        self._failed: BaseException | None = None
        self._alive_s = float("-inf")
        self._due_s = float("-inf")
        self._releasing = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    # what a run calls, in its own thread

    def start(self) -> None:
        """Begin: connect in the background, and return when the drivers stand.

        Raises
        ------
        DeviceError
            If something on this side is wrong; devices that do not answer are not.
        """
        self._thread = threading.Thread(target=self._run, name="devices", daemon=True)
        self._thread.start()
        if not self._begun.wait(START_S):
            message = f"the drivers of real devices did not begin within {START_S:g} s"
            raise DeviceError(message)
        if self._failed is not None:
            self._thread.join()
            raise self._failed

    def wait_up(self, timeout_s: float) -> list[str]:
        """Wait until every link is up and has said something; return those that have not."""
        deadline_s = time.monotonic() + timeout_s
        while (waiting := [name for name, live in self.lives.items() if not live.ready]) and time.monotonic() < deadline_s:
            self.schedule(time.monotonic() + 0.05)
            time.sleep(0.05)
        return waiting

    def refresh(self, timeout_s: float) -> None:
        """Have every device read at once, and wait until that is done, or until time is up."""
        before = {name: live.counts.sampled for name, live in self.lives.items()}
        deadline_s = time.monotonic() + timeout_s
        self.schedule(time.monotonic())
        while time.monotonic() < deadline_s:
            if all(live.counts.sampled > before[name] and not live.sampling for name, live in self.lives.items()):
                return
            time.sleep(0.001)

    def schedule(self, deadline_s: float) -> None:
        """Have every device read shortly before a step that begins at this monotonic time; says too that the run is alive."""
        self.alive()
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._plan, deadline_s)

    def alive(self) -> None:
        """Say that the run is alive: while it waits for a step that is long, and with each step."""
        self._alive_s = time.monotonic()

    def latch(self) -> Latched:
        """Return a copy of the image."""
        return self.image.latch()

    def send(self, wishes: Mapping[str, Wish]) -> None:
        """Hand over what is asked of devices, by link; returns at once. The newest wish replaces the one before."""
        self.alive()
        if wishes and self._loop is not None and not self.emergency:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._take, dict(wishes))

    def stop(self, why: str) -> dict[str, str]:
        """Emergency stop: put every device into its safe state and ask nothing of them any more.

        Returns
        -------
        dict of str to str
            For each controlled link, empty where the safe state was shown, else what went wrong.
        """
        said: dict[str, str] = self._call(self.stop_here(why), RELEASE_S + 1.0)
        return said

    def close(self) -> dict[str, str]:
        """Put devices into their safe state, close all connections and end the thread; returns as `stop`."""
        if self._thread is None or not self._thread.is_alive() or self._loop is None:
            self.journal.close()
            return {}
        ending = asyncio.run_coroutine_threadsafe(self._end(), self._loop)
        try:
            return _patiently(ending, 2.0 * RELEASE_S + START_S)
        except TimeoutError:
            problem = "the thread of the devices does not answer: see to it by hand"
            return {name: problem for name, live in self.lives.items() if not live.released and live.touched}
        finally:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(START_S)

    def _call(self, doing: Any, timeout_s: float) -> Any:
        assert self._loop is not None  # noqa: S101 - only a started engine is asked
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result(timeout_s)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """Loop of the devices, for what else is served there.

        Raises
        ------
        DeviceError
            If the engine has not been started.
        """
        if self._loop is None:
            message = "the devices' loop is not running"
            raise DeviceError(message)
        return self._loop

    # what happens in the thread of the devices

    def _run(self) -> None:
        loop = self._loop = _new_loop()
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(self._begin())
        except BaseException as error:  # noqa: BLE001 - carried to the thread that waits
            self._failed = error
            self._begun.set()
            loop.run_until_complete(self._close_drivers())
            self._finish(loop)
            return
        self._begun.set()
        loop.run_forever()
        self._finish(loop)

    def _finish(self, loop: asyncio.AbstractEventLoop) -> None:
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        asyncio.set_event_loop(None)
        loop.close()
        self.journal.close()

    async def _begin(self) -> None:
        by_kind: dict[str, list[Attached]] = {}
        for one, _ in self.attached:
            by_kind.setdefault(one.options.kind, []).append(one)
        covers = {one.id: coverage for one, coverage in self.attached}
        for name, several in by_kind.items():
            driver = self._kinds[name].driver(several, self._context)
            self._drivers.append(driver)
            await driver.start()
            for one in several:
                self.lives[one.id] = Live(driver.links[one.id], covers[one.id], self.image, self.journal, self._is_alive)
        for live in self.lives.values():
            if live.attached.options.mode is Mode.CONTROL:
                self._keep(self._supervised(live))

    def _keep(self, doing: Any) -> None:
        task = asyncio.ensure_future(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _supervised(self, live: Live) -> None:
        """Keep a commander running whatever happens in it: a device without one would never fall back on our word."""
        while True:
            try:
                await live.command_forever()
            except Exception as error:  # noqa: BLE001 - a fault of one link must not end the others
                self.journal.event(Way.FAILED, live.id, what="commander", error=repr(error))
                live.failed(f"{type(error).__name__}: {error}")
                await asyncio.sleep(0.5)

    def _is_alive(self, within_s: float) -> bool:
        return time.monotonic() - self._alive_s <= within_s

    def _plan(self, deadline_s: float) -> None:
        loop = asyncio.get_running_loop()
        loop.call_soon(self._log_readings)
        for live in self.lives.values():
            loop.call_at(max(deadline_s - live.lead_s, loop.time()), self._sample, live)
        self._due_s = deadline_s
        self._look_between(deadline_s)

    def _look_between(self, deadline_s: float) -> None:
        """Have devices read within a long step too: their limits look at their charge."""
        loop = asyncio.get_running_loop()
        if deadline_s == self._due_s and deadline_s - loop.time() > 2.0 * LOOK_S:
            loop.call_later(LOOK_S, self._between, deadline_s)

    def _between(self, deadline_s: float) -> None:
        if deadline_s == self._due_s:
            for live in self.lives.values():
                self._sample(live)
            self._look_between(deadline_s)

    def _log_readings(self) -> None:
        """Append what has arrived since the last step, for `hil replay`: changes at once, what stays the same now and then."""
        if self.journal.path is None:
            return
        latched = self.image.latch()
        fresh = latched.received_s > self._logged.received_s
        changed = (latched.values != self._logged.values) | (latched.quality != self._logged.quality)
        due = fresh & (changed | (latched.received_s - self._said_s > SAME_S))
        for place in np.flatnonzero(due).tolist():
            link, port = self.image.keys[place]
            quality = Quality(int(latched.quality[place])).name.lower()
            self.journal.event(Way.READING, link, port=port, value=float(latched.values[place]), quality=quality)
        self._said_s[due] = latched.received_s[due]
        self._logged = latched

    def _sample(self, live: Live) -> None:
        if not live.sampling:
            self._keep(live.sample())
        else:
            live.counts.skipped += 1

    def _take(self, wishes: Mapping[str, Wish]) -> None:
        for link, wish in wishes.items():
            self.lives[link].take(wish)

    async def stop_here(self, why: str) -> dict[str, str]:
        """Do what `stop` does, from within the loop of the devices."""
        self.emergency = why
        self.journal.event(Way.EVENT, "", what="emergency stop", why=why)
        try:
            return await self._release(why)
        finally:
            self.on_emergency(why)

    async def _release(self, why: str, *, again: bool = True) -> dict[str, str]:
        """Let all controlled devices go to their safe state at the same time; with `again` those too that are there."""
        async with self._releasing:  # the end of a run waits for an emergency stop under way
            controlled = [live for live in self.lives.values() if live.attached.options.mode is Mode.CONTROL]
            due = [live for live in controlled if again or not live.released]
            said = await asyncio.gather(*(live.release(why, RELEASE_S) for live in due))
        return dict.fromkeys((live.id for live in controlled), "") | {live.id: text for live, text in zip(due, said, strict=True)}

    async def _end(self) -> dict[str, str]:
        self._stood = {name: {"state": str(live.link.state), "said": live.link.said} for name, live in self.lives.items()}
        released = await self._release("end of the run", again=False)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._close_drivers()
        return released

    async def _close_drivers(self) -> None:
        for driver in self._drivers:
            try:
                async with asyncio.timeout(CLOSE_S):
                    await driver.close()
            except Exception as error:  # noqa: BLE001 - a fault of one adapter must not keep the others open
                self.journal.event(Way.FAILED, "", what="closing", error=repr(error))
        self._drivers = []

    def facts(self) -> dict[str, Any]:
        """Return how each link fared, for a manifest."""
        links = {name: live.facts() | self._stood.get(name, {}) for name, live in self.lives.items()}
        down = [name for name, link in links.items() if link["state"] != LinkState.UP]
        facts: dict[str, Any] = {"links": links}
        if down:
            facts["down"] = down
        if self.emergency:
            facts["emergency"] = self.emergency
        if self.journal.problem:
            facts["journal"] = self.journal.problem
        return facts


def _patiently(ending: Future[dict[str, str]], timeout_s: float) -> dict[str, str]:
    """Wait until devices are released though somebody presses Ctrl-C again; that goes on its way afterwards."""
    pressed: KeyboardInterrupt | None = None
    deadline_s = time.monotonic() + timeout_s
    while True:
        try:
            released = ending.result(max(deadline_s - time.monotonic(), 0.0))
        except KeyboardInterrupt as error:
            pressed = error
            continue
        if pressed is not None:
            raise pressed
        return released


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop  # noqa: PLC0415 - not on every system
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
