# SPDX-License-Identifier: Apache-2.0
"""All Modbus devices of a run: one connection per endpoint, one unit per unit id, one link per device."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from hardware_in_loop.modbus import library
from hardware_in_loop.modbus.connection import Connection
from hardware_in_loop.modbus.errors import ModbusError, NotConnectedError
from hardware_in_loop.modbus.heartbeat import EVERY_S
from hardware_in_loop.modbus.link import ModbusLink
from hardware_in_loop.modbus.shared import SharedUnit
from hardware_in_loop.modbus.sunspec.chain import BASES
from twinergy.adapters import Driver, Way
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hardware_in_loop.modbus.options import ModbusOptions
    from twinergy.adapters import Attached, Journal, LinkContext

FIRST_DELAY_S: Final = 0.1
SHORT_DELAY_S: Final = 0.8
SHORT_FOR_S: Final = 60.0
"""In the first minute no attempt waits longer than `SHORT_DELAY_S`, so what comes back is used within a second. [s]"""
LONGEST_DELAY_S: Final = 10.0
LOOK_AGAIN_S: Final = 60.0
"""How often it is looked again for what a device did not have. [s]"""


class Keeper:
    """Keeps a unit known and its heartbeat going; never ends by itself.

    Parameters
    ----------
    unit : SharedUnit
        Unit.
    links : list of ModbusLink
        Links that use it.
    journal : Journal
        Gets what went wrong.
    """

    def __init__(self, unit: SharedUnit, links: list[ModbusLink], journal: Journal) -> None:
        self.unit = unit
        self.links = links
        self._journal = journal
        self._delay_s = FIRST_DELAY_S
        self._since_s = self._looked_s = time.monotonic()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._supervise(), name=f"modbus unit {self.unit.unit}")

    async def close(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _supervise(self) -> None:
        while True:
            try:
                await self._once()
            except NotConnectedError as error:
                self.unit.trouble = str(error)
                continue
            except Exception as error:  # noqa: BLE001 - a supervisor goes on whatever happens, and says what
                await self._failed(error)
                continue
            self._delay_s, self._since_s, self.unit.trouble = FIRST_DELAY_S, time.monotonic(), ""
            await self._rest()

    async def _once(self) -> None:
        await self.unit.connection.wait_connected(LONGEST_DELAY_S)
        self.unit.wanted.clear()
        if not self.unit.prepared:
            await self.unit.prepare()
        elif self._is_time_to_look():
            self._looked_s = time.monotonic()
            await self.unit.prepare(anew=True)
        await self._beat()

    def _is_time_to_look(self) -> bool:
        lacking = bool(self.unit.absent) or not all(link.is_complete for link in self.links)
        due = time.monotonic() - self._looked_s > LOOK_AGAIN_S
        return due and lacking and not any(link.is_busy for link in self.links)

    async def _beat(self) -> None:
        now_s = time.monotonic()
        due = {beater.point.name: (link, beater) for link in self.links for beater in link.beating(now_s)}
        for link, beater in due.values():
            await link.beat(beater)

    async def _failed(self, error: Exception) -> None:
        """Say what went wrong and wait before the next attempt, longer each time."""
        text = str(error) if isinstance(error, DeviceError) else f"{type(error).__name__}: {error}"
        if text != self.unit.trouble:
            for link in self.links:
                self._journal.event(Way.EVENT, link.id, event="not understood", reason=text)
        self.unit.trouble = text
        if not isinstance(error, ModbusError) or not self.unit.prepared:
            for link in self.links:
                link.lose(text)
        await asyncio.sleep(self._delay_s)
        longest_s = SHORT_DELAY_S if time.monotonic() - self._since_s < SHORT_FOR_S else LONGEST_DELAY_S
        self._delay_s = min(2.0 * self._delay_s, longest_s)

    async def _rest(self) -> None:
        """Wait until the next beat, or until somebody wants to read from a unit that is not known."""
        try:
            async with asyncio.timeout(EVERY_S):
                await self.unit.wanted.wait()
        except TimeoutError:
            return


class ModbusDriver(Driver):
    """All Modbus devices of a run.

    Parameters
    ----------
    attached : sequence of Attached
        Devices.
    context : LinkContext
        What it may use.
    """

    def __init__(self, attached: Sequence[Attached], context: LinkContext) -> None:
        self._connections: dict[str, Connection] = {}
        self._units: dict[tuple[str, int, str], SharedUnit] = {}
        self._keepers: list[Keeper] = []
        self._journal = context.journal
        self._named: dict[str, list[str]] = {}
        for one in attached:
            self._named.setdefault(one.options.endpoint.key, []).append(one.id)  # type: ignore[attr-defined]
        links: dict[str, ModbusLink] = {}
        users: dict[tuple[str, int, str], list[ModbusLink]] = {}
        for one in attached:
            options: ModbusOptions = one.options  # type: ignore[assignment]
            profile = library.load(options.profile, context.folder)
            key = (options.endpoint.key, options.unit, options.profile)
            unit = self._unit(key, options, context)
            link = ModbusLink(one, context.rows[one.id], unit, profile.devices[one.kind])
            unit.users.append(link)
            users.setdefault(key, []).append(link)
            links[one.id] = link
        self._keepers = [Keeper(unit, users[key], context.journal) for key, unit in self._units.items()]
        self.links = links

    def _unit(self, key: tuple[str, int, str], options: ModbusOptions, context: LinkContext) -> SharedUnit:
        if key not in self._units:
            connection = self._connections.get(key[0])
            if connection is None:
                # Frames are logged under the device's name, those of a shared connection under its address: they carry the unit.
                named = self._named[key[0]]
                connection = Connection(
                    options.endpoint, context.journal, named[0] if len(named) == 1 else "", folder=context.folder
                )
                self._connections[key[0]] = connection
            bases = BASES if options.sunspec_base is None else (options.sunspec_base,)
            self._units[key] = SharedUnit(connection, options.unit, library.load(options.profile, context.folder), bases)
        return self._units[key]

    async def start(self) -> None:
        """Begin to connect; see `Driver.start`."""
        for connection in self._connections.values():
            await connection.start()
        for keeper in self._keepers:
            keeper.start()

    async def close(self) -> None:
        """End all tasks and connections; see `Driver.close`."""
        for keeper in self._keepers:
            await keeper.close()
        for unit in self._units.values():
            await unit.close()
        for connection in self._connections.values():
            await connection.close()
