# SPDX-License-Identifier: Apache-2.0
"""One real Modbus device: readings into the image, set-points into registers, a fallback armed in the device."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from hardware_in_loop.modbus.command import UnprovenError
from hardware_in_loop.modbus.control import Control
from hardware_in_loop.modbus.errors import NoAnswerError, NotConnectedError
from hardware_in_loop.modbus.heartbeat import EVERY_S, Watcher
from hardware_in_loop.modbus.layout import names_of_device
from hardware_in_loop.modbus.reading import choose_reader
from hardware_in_loop.modbus.registers import words_of
from hardware_in_loop.modbus.state import judge
from twinergy.adapters import DeviceLink, LinkState, Mode, Quality
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

    from hardware_in_loop.modbus.heartbeat import Beater
    from hardware_in_loop.modbus.options import ModbusOptions
    from hardware_in_loop.modbus.profile import DeviceSpec, StateCheck
    from hardware_in_loop.modbus.reading import PortReader
    from hardware_in_loop.modbus.sample import Sample
    from hardware_in_loop.modbus.shared import SharedUnit
    from twinergy.adapters import Attached, Row

PATIENCE: Final = 8.0
"""A command, with everything that is read for it, takes no longer than so many time-outs."""
LONGEST_FRAME: Final = 256
"""Characters of the longest frame on a serial line (Modbus over Serial Line V1.02, section 2.5.1)."""
RELEASE_PAUSES_S: Final = (0.2, 0.4, 0.8)
"""Pauses before a device that does not answer is asked to let go once more. [s]"""
_BEGINNING: Final = frozenset({"", "connecting", "not started"})


class ModbusLink(DeviceLink):
    """One device; see `DeviceLink`.

    Parameters
    ----------
    attached : Attached
        Device of the scenario.
    row : Row
        Where its readings go.
    unit : SharedUnit
        Unit behind a connection, which other links may share.
    spec : DeviceSpec
        What the profile says about this kind.
    """

    def __init__(self, attached: Attached, row: Row, unit: SharedUnit, spec: DeviceSpec) -> None:
        super().__init__(attached, row)
        self.unit = unit
        self.spec = spec
        self.armed = False
        self.beaters: list[Beater] = []
        self._told_s = float("-inf")
        self._readers: dict[str, PortReader] = {}
        self._watchers: list[Watcher] = []
        self._checks: list[StateCheck] = []
        self._latest: dict[str, Sample] = {}
        self._put: set[str] = set()
        self._unproven = ""
        self._control = Control(attached, self.options, unit, spec)
        self._busy = asyncio.Lock()

    @property
    def is_busy(self) -> bool:
        """Whether something is being written."""
        return self._busy.locked()

    @property
    def patience_s(self) -> float:
        """Longest time that a command may take; on a serial line its frames travel for a while as well. [s]."""
        endpoint = self.unit.connection.endpoint
        travels_s = LONGEST_FRAME * endpoint.character_s if endpoint.is_serial else 0.0
        return PATIENCE * (self.options.timeout_s + travels_s) + self.unit.profile.settle_s

    @property
    def is_complete(self) -> bool:
        """Whether the device has something for every port of its profile."""
        return len(self._readers) == len(self.spec.reads)

    @property
    def options(self) -> ModbusOptions:
        """Its adapter block."""
        options: ModbusOptions = self.attached.options  # type: ignore[assignment]
        return options

    # What the unit asks of those that use it.

    def candidates(self) -> tuple[str, ...]:
        """Return every point that it may want."""
        return names_of_device(self.spec)

    def choose(self, unit: SharedUnit, probed: dict[str, Sample]) -> Iterable[str]:
        """Decide how each port is read and written, now that it is known what the device has; return what to read."""
        layout = unit.layout
        if layout is None:
            return ()
        rated_kw, signs = self.attached.rated_kw, self.options.signs
        readers: dict[str, PortReader] = {}
        for port, ways in self.spec.reads.items():
            reader = choose_reader(port, ways, layout, probed, sign=signs.get(port), rated_kw=rated_kw)
            if reader is None:
                wanted = ", ".join(dict.fromkeys(term.point for way in ways for term in way.terms))
                self.row.mark(Quality.MISSING, f"the device has none of {wanted}", port)
            else:
                readers[port] = reader.after(self._readers.get(port), replaced=unit.replaced)
        if not self.armed or unit.replaced:
            # While it is controlled the way stays as it was armed: a register that is refused for once must not change it.
            self._control.choose(layout, probed)
        self._readers = readers
        self._watchers = [Watcher(one.point, one.within_s) for one in self.spec.watch if layout.has([one.point])]
        points = [layout.point(one.point) for one in self.spec.beat]
        self.beaters = [unit.beater(point) for point in points if point is not None and _is_there(probed, point.name)]
        self.said = unit.said
        names = [name for reader in readers.values() for name in reader.names]
        self._checks = [one for one in self.spec.states if not _is_there(probed, one.unless)]
        names += [one.point for one in self._checks] + [watcher.name for watcher in self._watchers]
        return tuple(name for name in dict.fromkeys(names) if _is_there(probed, name))

    def take(self, fresh: dict[str, Sample]) -> None:
        """Put what was read into the image."""
        now_s = time.monotonic()
        self._latest.update(fresh)
        self.state, self.said = LinkState.UP, self.unit.said
        frozen = [watcher.see(fresh[watcher.name].raw, now_s) for watcher in self._watchers if watcher.name in fresh]
        reason = next(filter(None, frozen), "")
        if reason:
            self.row.mark(Quality.STALE, reason)
            return
        quality, reason = judge(self._checks, self._latest, self._unproven)
        for port, reader in self._readers.items():
            if not reader.names or any(name in fresh for name in reader.names):
                self._put_one(port, reader, quality, reason, now_s)

    def lose(self, reason: str) -> None:
        """Say that nothing could be read: what stands is old from now on."""
        beginning = self.unit.layout is None and not self.unit.trouble and self.unit.connection.reason in _BEGINNING
        self.state = LinkState.CONNECTING if beginning else LinkState.DOWN
        self.armed = False
        self.said = reason
        self.row.mark(Quality.STALE, reason)

    def _put_one(self, port: str, reader: PortReader, quality: Quality, reason: str, now_s: float) -> None:
        if not all(name in self._latest for name in reader.names):
            return
        said = reader.read(self._latest, now_s)
        if not said.problem:
            self._put.add(port)
            self.row.put(port, said.value, quality, received_s=said.received_s, reason=reason)
        elif port in self._put:
            # The last value that could be believed stays, with its age.
            self.row.mark(Quality.BAD, said.problem, port)
        else:
            self.row.put(port, said.value, Quality.BAD, received_s=said.received_s, reason=said.problem)

    # What a run asks of a link.

    async def sample(self) -> None:
        """Read the device now; see `DeviceLink.sample`."""
        await self.unit.poll()

    async def arm(self) -> None:
        """Write the revert timers and what they lead to, and prove them; see `DeviceLink.arm`."""
        self._must_control()
        async with self._turn():
            await self._control.arm([beater.point.name for beater in self.beaters])
            self.armed = True
            await self._told()

    async def command(self, values: Mapping[str, float]) -> None:
        """Write set-points and prove them; see `DeviceLink.command`."""
        self._must_control()
        async with self._turn():
            await self._control.command(values)
            await self._told()

    def beating(self, now_s: float) -> list[Beater]:
        """Return the heartbeats that are due now (monotonic): none when nobody has commanded the device for too long.

        A heartbeat says that somebody controls. It ends so early that the device has missed it, and fallen back, ``within_s``
        after the last command, however lively this loop is: what commands may hang or be dead.
        """
        return [one for one in self.beaters if self.armed and now_s - self._told_s <= self._may_beat_s(one)]

    def _may_beat_s(self, beater: Beater) -> float:
        patience_s = next((one.within_s for one in self.spec.beat if one.point == beater.point.name), None)
        return self.options.safe.within_s - (patience_s or 0.0)

    async def _told(self) -> None:
        """Note that the device was commanded; a heartbeat that it may have only then goes with the command."""
        self._told_s = time.monotonic()
        for beater in self.beaters if self.armed else ():
            if self._may_beat_s(beater) < EVERY_S:
                await self.beat(beater)

    async def beat(self, beater: Beater) -> None:
        """Write the next count of a heartbeat."""
        await self.unit.connection.write(self.unit.unit, beater.point.address, words_of(beater.point, beater.next()))

    async def release(self) -> None:
        """Put the device into its safe state now; see `DeviceLink.release`."""
        self.armed = False
        if self.options.mode is Mode.CONTROL:
            async with self._turn():
                await self._let_go()

    async def _let_go(self) -> None:
        """Release; one that keeps silent, or kept silent a moment ago, gets further chances."""
        for pause_s in RELEASE_PAUSES_S:
            try:
                await self._control.release()
            except NoAnswerError:
                await asyncio.sleep(pause_s)
            else:
                return
        await self._control.release()

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """One thing after the other, to a device that is known, and never for longer than it may take.

        What was not proven makes all readings bad until something is.
        """
        patience_s = self.patience_s
        try:
            async with asyncio.timeout(patience_s), self._busy:
                await self._ready()
                yield
        except TimeoutError as error:
            key = self.unit.connection.endpoint.key
            message = f"{self.id}: not done within {patience_s:g} s: the connection {key} is too busy"
            raise DeviceError(message) from error
        except UnprovenError as error:
            self._unproven = str(error)
            self.row.mark(Quality.BAD, self._unproven)
            raise
        self._unproven = ""

    def _must_control(self) -> None:
        if self.options.mode is not Mode.CONTROL:
            message = f"{self.id}: its mode is {self.options.mode}, so nothing is written to it; set adapter.mode: control"
            raise DeviceError(message)

    async def _ready(self) -> None:
        connection = self.unit.connection
        if not connection.connected:
            await connection.wait_connected(self.options.timeout_s)
        if not self.unit.prepared:
            await self.unit.prepare()
        if self.unit.layout is None:
            message = f"{self.id}: {self.unit.trouble}"
            raise NotConnectedError(message, where=connection.endpoint.key, unit=self.unit.unit)


def _is_there(probed: Mapping[str, Sample], name: str) -> bool:
    return name in probed and probed[name].shown
