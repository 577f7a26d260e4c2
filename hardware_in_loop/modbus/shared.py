# SPDX-License-Identifier: Apache-2.0
"""One unit behind a connection, whatever number of links use it: what it has is found once, what they want is read once."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final, Protocol

from hardware_in_loop.modbus.blocks import Block, items_of, plan, too_wide
from hardware_in_loop.modbus.errors import GATEWAY, ExceptionReplyError, ModbusError
from hardware_in_loop.modbus.heartbeat import Beater
from hardware_in_loop.modbus.layout import Layout
from hardware_in_loop.modbus.registers import raw_of
from hardware_in_loop.modbus.sample import Sample, hopeless, samples_of
from hardware_in_loop.modbus.sunspec import chain as sunspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hardware_in_loop.modbus.connection import Connection
    from hardware_in_loop.modbus.profile import Profile
    from hardware_in_loop.modbus.registers import Point

ABSENT: Final = frozenset({1, 2, 3})
"""Exceptions that say that there is nothing at an address."""
TOO_MUCH: Final = ABSENT | {4}
"""Exceptions with which devices refuse a read that they would answer in parts."""
COMMON_REGISTERS: Final = 68


class User(Protocol):
    """A link that uses the unit."""

    def candidates(self) -> tuple[str, ...]:
        """Return every point it may want."""

    def choose(self, unit: SharedUnit, probed: dict[str, Sample]) -> Iterable[str]:
        """Decide, now that it is known what the unit has; return the points it wants to read with every sample."""

    def take(self, fresh: dict[str, Sample]) -> None:
        """Use what was read."""

    def lose(self, reason: str) -> None:
        """Nothing could be read."""


class SharedUnit:
    """A unit id behind a connection.

    Parameters
    ----------
    connection : Connection
        Connection.
    unit : int
        Unit id.
    profile : Profile
        What it is.
    bases : sequence of int
        Addresses at which SunSpec may begin.

    Attributes
    ----------
    layout : Layout or None
        Where its points are, once it was found out.
    said : str
        What it says of itself, for people.
    trouble : str
        Why it could not be found out what it has.
    replaced : bool
        Whether it is another device than the one before.
    wanted : asyncio.Event
        Set when somebody wants to read before it is known what the unit has.
    absent : dict of str to str
        Points that it refused to show, with the reason.
    looked : int
        How often it has been looked at what it has.
    """

    def __init__(self, connection: Connection, unit: int, profile: Profile, bases: Sequence[int] = sunspec.BASES) -> None:
        self.connection = connection
        self.unit = unit
        self.profile = profile
        self.layout: Layout | None = None
        self.said = ""
        self.absent: dict[str, str] = {}
        self.users: list[User] = []
        self.trouble = ""
        self.replaced = False
        self.looked = 0
        self._bases = bases
        self._beaters: dict[str, Beater] = {}
        self._common: tuple[int, ...] = ()
        self._generation = 0
        self._high: tuple[Block, ...] = ()
        self._low: tuple[Block, ...] = ()
        self._turn = 0
        self._planned: dict[tuple[str, ...], tuple[Block, ...]] = {}
        self._poll: asyncio.Task[None] | None = None
        self._preparing = asyncio.Lock()
        self.wanted = asyncio.Event()

    @property
    def prepared(self) -> bool:
        """Whether it is known what the unit has, on this connection."""
        return self.layout is not None and self._generation == self.connection.generation

    def beater(self, point: Point) -> Beater:
        """Return the heartbeat of a point: one for all links, which goes on counting when the unit is looked at again."""
        beater = self._beaters.setdefault(point.name, Beater(point))
        beater.point = point
        return beater

    async def prepare(self, *, anew: bool = False) -> None:
        """Find out what the unit has, and let all links choose; quick where it is the device that it was before.

        Raises
        ------
        DeviceError
            If it does not answer, or is not what the profile says.
        """
        async with self._preparing:
            generation = self.connection.generation
            if self.layout is not None and not anew and not self.prepared:
                self._been_away()
            if not anew and (self.prepared or await self._is_the_same()):
                self._generation = generation
                return
            found = await sunspec.walk(self.connection, self.unit, self._bases) if self.profile.protocol == "sunspec" else None
            layout = Layout(self.profile, found)
            await self._introduce(layout)
            self.absent = {}
            probed = await self._probe(layout)
            self.looked += 1
            self.layout, self.trouble, self._planned = layout, "", {}
            wanted = [name for user in self.users for name in user.choose(self, probed)]
            self._plan(layout, wanted)
            self._generation = generation

    def _been_away(self) -> None:
        """Tell all links that there is a new connection, even where nobody has read in between: they must be armed anew."""
        for user in self.users:
            user.lose("the connection was lost and is back")

    async def _is_the_same(self) -> bool:
        if self.layout is None or self.absent:
            return False
        if self.layout.chain is None:
            return True
        return bool(self._common) and await self._read_common(self.layout) == self._common

    async def _read_common(self, layout: Layout) -> tuple[int, ...]:
        first = layout.chain.found[0] if layout.chain and layout.chain.found else None
        if first is None:
            return ()
        return await self.connection.read(self.unit, first.address, min(first.length + 2, COMMON_REGISTERS))

    async def _introduce(self, layout: Layout) -> None:
        if layout.chain is None:
            return
        common = await self._read_common(layout)
        self.replaced = bool(self._common) and common != self._common
        self._common = common
        first = layout.chain.found[0].address if layout.chain.found else 0
        texts = []
        for name in ("1:Mn", "1:Md", "1:Vr", "1:SN"):
            point = layout.point(name)
            words = self._common[point.address - first : point.end - first] if point else ()
            texts.append(raw_of(point, words) if point and len(words) == point.count else None)
        numbers = ", ".join(str(one.model) for one in layout.chain.found)
        self.said = f"{' '.join(str(text) for text in texts if text)}; SunSpec models {numbers} from {layout.chain.base}".strip(
            "; "
        )

    async def _probe(self, layout: Layout) -> dict[str, Sample]:
        names = dict.fromkeys(name for user in self.users for name in user.candidates())
        return await self._read(self._blocks(layout, names))

    def _blocks(self, layout: Layout, names: Iterable[str]) -> tuple[Block, ...]:
        points = {name: point for name, point in layout.with_factors(names).items() if point.readable and name not in self.absent}
        items = items_of(points)
        wide = too_wide(items, self.profile.max_read)
        for item in wide:
            self.absent[item.points[0].name] = f"its scale factor is more than {self.profile.max_read} registers away"
        return plan((item for item in items if item not in wide), layout.readable, self.profile.max_read)

    def _plan(self, layout: Layout, wanted: Iterable[str]) -> None:
        names = list(dict.fromkeys(wanted))
        low = [name for name in names if _is_low(layout.point(name))]
        self._high = self._blocks(layout, [name for name in names if name not in low])
        self._low = self._blocks(layout, low)

    async def poll(self) -> None:
        """Read what all links want, once for whoever asks at the same time, and hand it to them; never raises."""
        if self._poll is None or self._poll.done():
            self._poll = asyncio.create_task(self._polled(), name=f"poll {self.connection.endpoint.key} unit {self.unit}")
        poll = self._poll
        try:
            await asyncio.shield(poll)
        except asyncio.CancelledError:
            # A poll that ends with the driver is no reason to end whoever waits for it.
            task = asyncio.current_task()
            if not poll.cancelled() or (task is not None and task.cancelling()):
                raise

    async def _polled(self) -> None:
        reason = self._silence()
        if not reason:
            try:
                fresh = await self._read(self._due(), planned=True)
                reason = hopeless(fresh)
                if not reason:
                    self._hand_out(fresh)
            except ModbusError as error:
                reason = str(error)
            except Exception as error:  # noqa: BLE001 - whatever a device says, it must not end a run
                reason = f"what it said was not understood: {type(error).__name__}: {error}"
        for user in self.users if reason else ():
            user.lose(reason)

    async def close(self) -> None:
        """End a poll that is still going on."""
        if self._poll is not None:
            self._poll.cancel()
            await asyncio.gather(self._poll, return_exceptions=True)

    def _hand_out(self, fresh: dict[str, Sample]) -> None:
        for user in self.users:
            user.take(fresh)

    def _silence(self) -> str:
        """Return why it makes no sense to ask, empty if it does."""
        if not self.connection.connected:
            return f"{self.connection.endpoint.key}: {self.connection.reason}"
        if not self.connection.may_ask(self.unit):
            return f"{self.connection.endpoint.key}: unit {self.unit} keeps silent"
        if self.prepared:
            return ""
        self.wanted.set()
        return self.trouble or f"unit {self.unit}: finding out what it has"

    def _due(self) -> tuple[Block, ...]:
        if not self._low:
            return self._high
        self._turn = (self._turn + 1) % len(self._low)
        return (*self._high, self._low[self._turn])

    async def read(self, names: Iterable[str]) -> dict[str, Sample]:
        """Read points now, each with its scale factor.

        Raises
        ------
        ModbusError
            If the device does not answer.
        """
        if self.layout is None:
            return {}
        key = tuple(names)
        blocks = self._planned.get(key)
        if blocks is None:
            blocks = self._planned[key] = self._blocks(self.layout, key)
        return await self._read(blocks)

    async def _read(self, blocks: Iterable[Block], *, planned: bool = False) -> dict[str, Sample]:
        """Read blocks; one that the device refuses is split, and what it refuses alone is absent from then on."""
        samples: dict[str, Sample] = {}
        waiting = list(blocks)
        while waiting:
            block = waiting.pop(0)
            try:
                answer = await self.connection.read(self.unit, block.start, block.count, function=block.function)
            except ExceptionReplyError as error:
                if error.code in GATEWAY:
                    raise
                waiting[:0] = self._refused(block, error, samples, planned=planned)
            else:
                samples.update(samples_of(block, answer))
        return samples

    def _refused(
        self, block: Block, error: ExceptionReplyError, samples: dict[str, Sample], *, planned: bool
    ) -> tuple[Block, ...]:
        now_s = time.monotonic()
        parts = block.split() if error.code in TOO_MUCH else ()
        for item in block.items if not parts else ():
            samples[item.points[0].name] = Sample(None, None, float("nan"), now_s, str(error), shown=False)
            if error.code in ABSENT:
                self.absent[item.points[0].name] = str(error)
        self._planned.clear()
        if planned and (parts or error.code in ABSENT):
            self._high, self._low = _replaced(self._high, block, parts), _replaced(self._low, block, parts)
        return parts


def _replaced(blocks: tuple[Block, ...], old: Block, new: tuple[Block, ...]) -> tuple[Block, ...]:
    if old not in blocks:
        return blocks
    place = blocks.index(old)
    return (*blocks[:place], *new, *blocks[place + 1 :])


def _is_low(point: Point | None) -> bool:
    return point is not None and point.poll == "low"
