# SPDX-License-Identifier: Apache-2.0
"""An adapter whose devices live in this process, so that what a run does with real devices can be tested without a wire."""

from __future__ import annotations

import asyncio
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, ClassVar

import pytest

from twinergy import plugins
from twinergy.adapters import (
    AdapterKind,
    AdapterOptions,
    Attached,
    Coverage,
    DeviceLink,
    Driver,
    LinkContext,
    LinkState,
    Quality,
)
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class MemoryOptions(AdapterOptions):
    """Ports of the device in memory."""

    reads: tuple[str, ...] = ("p_kw", "soc")
    writes: tuple[str, ...] = ("p_set_kw",)
    falls_back: bool = True


class MemoryDevice:
    """One device: what it says, what it was told, and how it misbehaves."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}
        self.told: list[dict[str, float]] = []
        self.obeys = True
        self.answers = True
        self.armed = 0
        self.released = 0
        self.takes_s = 0.0
        self.commands_take_s = 0.0
        self.fails_to_release: BaseException | None = None
        self.course: list[str] = []
        self.refuses_arming = ""
        self.quality = Quality.GOOD

    def do(self, values: Mapping[str, float]) -> None:
        """Obey: power at once, state of charge left as it is."""
        if self.obeys and values.get("p_set_kw") == values.get("p_set_kw"):
            self.values["p_kw"] = values["p_set_kw"]


DEVICES: dict[str, MemoryDevice] = {}
"""By link; a test empties and fills it."""


class MemoryLink(DeviceLink):
    """A link without a wire."""

    @property
    def device(self) -> MemoryDevice:
        return DEVICES.setdefault(self.id, MemoryDevice())

    async def sample(self) -> None:
        if self.device.takes_s:
            await asyncio.sleep(self.device.takes_s)
        if not self.device.answers:
            self.state = LinkState.DOWN
            self.row.mark(Quality.STALE, "it does not answer")
            return
        self.state = LinkState.UP
        for port, value in self.device.values.items():
            self.row.put(port, value, self.device.quality)

    async def arm(self) -> None:
        if self.device.refuses_arming:
            raise DeviceError(self.device.refuses_arming)
        self.device.armed += 1

    async def command(self, values: Mapping[str, float]) -> None:
        if not self.device.answers:
            message = "no answer"
            raise DeviceError(message)
        await asyncio.sleep(self.device.commands_take_s)
        self.device.course.append("told")
        self.device.told.append(dict(values))
        self.device.do(values)

    async def release(self) -> None:
        if self.device.fails_to_release is not None:
            raise self.device.fails_to_release
        self.device.course.append("released")
        self.device.released += 1
        self.device.values["p_kw"] = 0.0


class MemoryDriver(Driver):
    """All of them."""

    def __init__(self, attached: Sequence[Attached], context: LinkContext) -> None:
        self.links = {one.id: MemoryLink(one, context.rows[one.id]) for one in attached}
        self.closed = False

    async def start(self) -> None:
        """Nothing to connect."""

    async def close(self) -> None:
        self.closed = True


class MemoryKind(AdapterKind):
    """Devices in memory."""

    name: ClassVar[str] = "memory"
    title: ClassVar[str] = "Devices in this process"
    options: ClassVar[type[AdapterOptions]] = MemoryOptions

    def coverage(self, kind: str, options: AdapterOptions) -> Coverage:
        assert isinstance(options, MemoryOptions)
        return Coverage(options.reads, options.writes, options.falls_back)

    def driver(self, attached: Sequence[Attached], context: LinkContext) -> Driver:
        return MemoryDriver(attached, context)

    def bench(self, attached, physics, faults, context):
        pytest.fail("tests with devices in memory need no bench")


ADAPTER = MemoryKind()


def install(monkeypatch) -> None:
    """Make the adapter one that scenarios can name, and forget the devices of the test before."""
    DEVICES.clear()
    entries = plugins._entries
    entry = EntryPoint("memory", "tests.memory_adapter:ADAPTER", plugins.ADAPTERS)
    known = {group: dict(entries(group)) for group in plugins.GROUPS}
    known[plugins.ADAPTERS]["memory"] = entry
    monkeypatch.setattr(plugins, "_entries", known.__getitem__)
