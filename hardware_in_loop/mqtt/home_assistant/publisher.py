# SPDX-License-Identifier: Apache-2.0
"""Shows the laboratory's devices in Home Assistant while a run goes on."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Final

from hardware_in_loop.mqtt.client import Connection, Will
from hardware_in_loop.mqtt.home_assistant.discovery import Topics, payload, safe
from hardware_in_loop.mqtt.home_assistant.looks import is_switch, look
from twinergy.adapters import Journal, Way
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from hardware_in_loop.mqtt.client import Incoming
    from hardware_in_loop.mqtt.home_assistant.discovery import Table
    from hardware_in_loop.mqtt.home_assistant.options import HomeAssistantOptions
    from twinergy.ports import Port

    Asked = Callable[[str, str, float], None]

PLACES: Final = 6
CLOSE_S: Final = 2.0
RETRY_S: Final = 1.0
AT_ONCE: Final = 10
"""Devices whose states are said without a pause; others share the loop."""


class HomeAssistantPublisher:
    """Announces devices, and says how they are.

    Parameters
    ----------
    options : HomeAssistantOptions
        Broker and what to show.
    tables : sequence of Table
        The devices, by kind.
    folder : pathlib.Path
        Paths of the options are relative to it.
    pilot : str
        Name of the scenario, part of all topics and ids.
    on_command : callable, optional
        Called with device, port and value (NaN lets go) of a set-point that somebody asked for; only with ``commands``.
    journal : Journal, optional
        Where commands and failures go.

    Attributes
    ----------
    published : int
        States so far.
    missed : int
        States that nobody could be told of, for the connection was down.
    refused : int
        Commands that made no sense.
    """

    def __init__(
        self,
        options: HomeAssistantOptions,
        tables: Sequence[Table],
        *,
        folder: Path,
        pilot: str,
        on_command: Asked | None = None,
        journal: Journal | None = None,
    ) -> None:
        self.options, self.tables = options, tuple(tables)
        self.topics = Topics(options.base, pilot, options.prefix)
        self.published = self.missed = self.refused = 0
        self._on_command, self._journal = on_command, journal or Journal(None)
        self._table_of = {table.kind: table for table in self.tables}
        self._states: dict[str, bytes] = {}
        self._asked: dict[str, dict[str, float]] = {}
        self._again, self._announced = asyncio.Event(), asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        will = Will(self.topics.availability, b"offline", retain=True)
        self.connection = Connection(options.settings(folder), f"ha-{pilot}", will=will)
        self.connection.on(f"{options.prefix}/status", self._birth)
        self.connection.watch(self._changed)
        if options.commands:
            self._devices = {safe(device): (table, device) for table in self.tables for device in table.ids}
            self.connection.on(self.topics.command("+", "+"), self._command)

    async def start(self) -> None:
        """Begin to connect and announce in the background.

        Raises
        ------
        DeviceError
            If a certificate cannot be read.
        """
        self.connection.start()
        self._task = asyncio.create_task(self._announce_for_ever(), name="home assistant")

    async def announced(self, timeout_s: float) -> bool:
        """Wait until all devices have been announced, at most so long; return whether they have."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._announced.wait()
        return self._announced.is_set()

    async def update(self, kind: str, values: Mapping[str, NDArray[np.float64]]) -> None:
        """Say how the devices of a kind are; those of which nothing has changed are left out.

        Parameters
        ----------
        kind : str
            Kind of a table; one that is not shown is ignored.
        values : mapping of str to ndarray
            Measured ports, shape ``(n_devices,)`` each, in the units of the ports; missing ones and NaN are unknown.
        """
        table = self._table_of.get(kind)
        if table is None:
            return
        columns = [(port.name, values[port.name], look(kind, port).factor) for port in table.shown if port.name in values]
        lists = [(name, (column * factor).round(PLACES).tolist()) for name, column, factor in columns]
        for place, device in enumerate(table.ids):
            if place % AT_ONCE == AT_ONCE - 1:
                await asyncio.sleep(0)
            known = {name: _or_none(column[place]) for name, column in lists}
            await self._say(device, known | self._shown_asked(table, device))

    async def remove(self) -> None:
        """Delete all devices from Home Assistant.

        Raises
        ------
        DeviceError
            If the broker cannot be told.
        """
        for table in self.tables:
            for device in table.ids:
                await self.connection.publish(self.topics.config(device), b"", retain=True)

    async def close(self) -> None:
        """Say that the laboratory is gone, delete its devices unless they are kept, and disconnect."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        with contextlib.suppress(DeviceError, TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                if self.connection.up:
                    await self.connection.publish(self.topics.availability, b"offline", retain=True)
                    if not self.options.keep:
                        await self.remove()
        await self.connection.close()

    async def _announce_for_ever(self) -> None:
        while True:
            await self._again.wait()
            self._again.clear()
            try:
                await self._announce()
                self._announced.set()
            except Exception as error:  # noqa: BLE001 - the supervisor: whatever went wrong is told and tried again
                self._journal.event(Way.FAILED, "home assistant", error=str(error))
                await asyncio.sleep(RETRY_S)
                if self.connection.up:
                    self._again.set()

    async def _announce(self) -> None:
        commands, expire_s = self.options.commands, self.options.expire_s
        for table in self.tables:
            for device in table.ids:
                config = payload(self.topics, table, device, _version(), commands=commands, expire_s=expire_s)
                await self.connection.publish(self.topics.config(device), _json(config), retain=True)
        await self.connection.publish(self.topics.availability, b"online", retain=True)
        for device, state in list(self._states.items()):
            await self.connection.publish(self.topics.state(device), state, qos=0)

    async def _say(self, device: str, values: Mapping[str, float | None]) -> None:
        state = _json(values)
        if self._states.get(device) == state and self.options.expire_s is None:
            return
        self._states[device] = state
        try:
            await self.connection.publish(self.topics.state(device), state, qos=0)
            self.published += 1
        except DeviceError:
            self.missed += 1

    def _shown_asked(self, table: Table, device: str) -> dict[str, float | None]:
        if not self.options.commands:
            return {}
        asked = self._asked.get(device, {})
        return {port.name: _or_none(asked.get(port.name, math.nan) * look(table.kind, port).factor) for port in table.asked}

    def _changed(self, up: bool, _reason: str) -> None:
        if up:
            self._again.set()

    def _birth(self, message: Incoming) -> None:
        """Announce again once Home Assistant has started; a retained message is not its start."""
        if message.payload == b"online" and not message.retain:
            self._again.set()

    def _command(self, message: Incoming) -> None:
        *_, node, name, _ = message.topic.split("/")
        found = self._devices.get(node)
        port = next((port for port in found[0].asked if port.name == name), None) if found else None
        value = None if port is None or found is None else _value(message.payload, port, look(found[0].kind, port).factor)
        if found is None or value is None or message.retain:
            self.refused += 1
            self._journal.event(Way.FAILED, "home assistant", topic=message.topic, data=message.payload[:100].hex())
            return
        device = found[1]
        self._asked.setdefault(device, {})[name] = value
        self._journal.event(Way.ASKED, "home assistant", device=device, port=name, value=value)
        if self._on_command is not None:
            self._on_command(device, name, value)


def _value(data: bytes, port: Port, factor: float) -> float | None:
    """Return what somebody asked for, NaN to let go, None for what is no value."""
    text = data.decode(errors="replace").strip()
    if text in {"", "None"}:
        return math.nan
    if is_switch(port):
        return {"ON": 1.0, "OFF": 0.0}.get(text)
    try:
        value = float(text)
    except ValueError:
        return None
    return value / factor if math.isfinite(value) else None


def _or_none(value: float) -> float | None:
    return round(value, PLACES) + 0.0 if math.isfinite(value) else None


def _json(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _version() -> str:
    try:
        return version("twinergy-lab")
    except PackageNotFoundError:
        return "0"
