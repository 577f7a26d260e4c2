# SPDX-License-Identifier: Apache-2.0
"""Who connects to an address: charging stations come to a central system, it cannot go and look for them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from hardware_in_loop.ocpp.central.books import Books, Settings
from hardware_in_loop.ocpp.central.dialect import Place
from hardware_in_loop.ocpp.central.station import Station
from hardware_in_loop.ocpp.driver import split
from hardware_in_loop.ocpp.listen import Listener, ListenOptions
from hardware_in_loop.ocpp.security import SecurityOptions
from twinergy.adapters import Journal
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from hardware_in_loop.ocpp.central.abilities import Abilities
    from hardware_in_loop.ocpp.central.dialect import Dialect
    from hardware_in_loop.ocpp.listen import Station as Connection
    from hardware_in_loop.ocpp.versions import Version

LISTEN_S: Final = 10.0


class _Seen:
    """A station that came."""

    def __init__(self, name: str) -> None:
        self.place = Place()
        self.station = Station(Books(name, Settings()), Journal(None))
        self.station.watchers.append(self)
        self.version: Version | None = None

    def up(self, dialect: Dialect, abilities: Abilities) -> None:
        """Nothing more is asked of it."""

    def down(self, why: str) -> None:
        """Take in that it left; it may come again."""


async def scan(where: str, duration_s: float = LISTEN_S) -> list[dict[str, object]]:
    """Listen at ``host:port`` without security for a while and propose an adapter block for each EVSE that came.

    Raises
    ------
    DeviceError
        If the address is none or taken, or nobody came.
    """
    try:
        host, port = split(where)
        options = ListenOptions(host=host, port=port, security=SecurityOptions(profile=0, lab_only=True))
    except ValueError as error:
        message = f"{where!r} is no address to listen at; write host:port, such as 192.168.1.10:9000"
        raise DeviceError(message) from error
    seen: dict[str, _Seen] = {}

    async def on_station(connection: Connection) -> None:
        one = seen.setdefault(connection.id, _Seen(connection.id))
        one.version = connection.version
        await one.station.serve(connection)

    listener = Listener(options, on_station)
    await listener.start()
    try:
        await asyncio.sleep(duration_s)
    finally:
        await listener.close()
    if not seen:
        message = f"no charging station came to {where} within {duration_s:g} s; is ws://{where}/ set in it, without TLS?"
        raise DeviceError(message)
    return [block for name, one in sorted(seen.items()) for block in _blocks(name, one, where)]


def _blocks(name: str, one: _Seen, where: str) -> list[dict[str, object]]:
    books = one.station.books
    numbers = [number for number in sorted(books.points) if number > 0] or [1]
    return [
        {
            "found": f"{name} EVSE {number}: {books.abilities.text or books.said}, {one.version}",
            "kind": "charging",
            "adapter": {
                "kind": "ocpp", "listen": where, "station": name, "evse": number, "mode": "monitor",
                "security": {"profile": 1, "password": {"env": _variable(name)}},
            },
        }
        for number in numbers
    ]  # fmt: skip


def _variable(name: str) -> str:
    return f"OCPP_{''.join(letter if letter.isalnum() else '_' for letter in name).upper()}"
