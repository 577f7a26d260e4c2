# SPDX-License-Identifier: Apache-2.0
"""The central systems of a run: one for each address that its charging points name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardware_in_loop.ocpp.central.books import Books, Settings
from hardware_in_loop.ocpp.central.dialect import MEASURANDS, REACTIVE
from hardware_in_loop.ocpp.central.station import Station
from hardware_in_loop.ocpp.central.store import Store
from hardware_in_loop.ocpp.link import OcppLink
from hardware_in_loop.ocpp.listen import Listener, ListenOptions
from hardware_in_loop.ocpp.options import OcppOptions
from hardware_in_loop.ocpp.security import password_of
from twinergy.adapters import Driver, Way

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hardware_in_loop.ocpp.listen import Station as Connection
    from twinergy.adapters import Attached, LinkContext


def options_of(attached: Attached) -> OcppOptions:
    """Return the options of a charging point."""
    if not isinstance(attached.options, OcppOptions):
        message = f"{attached.id}: options of another adapter: {type(attached.options).__name__}"
        raise TypeError(message)
    return attached.options


def split(address: str) -> tuple[str, int]:
    """Return host and port of an address.

    >>> split("[::1]:9000")
    ('::1', 9000)
    """
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


class OcppDriver(Driver):
    """Central systems, stations and links of a run.

    Parameters
    ----------
    attached : sequence of Attached
        Charging points.
    context : LinkContext
        Image, journal, folder.
    """

    def __init__(self, attached: Sequence[Attached], context: LinkContext) -> None:
        self._context = context
        self._attached = [one for one in attached if not options_of(one).dial]
        self.stations: dict[tuple[str, str], Station] = {}
        """Stations by address and identity."""
        self.listeners: dict[str, Listener] = {}
        """Central systems by address, once started."""
        self._stores: dict[str, Store] = {}
        ocpp_links = {one.id: self._link(one) for one in self._attached}
        for link in ocpp_links.values():
            link.steering.alone = len(link.station.watchers) == 1
        self.links = ocpp_links
        self._ocpp_links = ocpp_links

    def _link(self, attached: Attached) -> OcppLink:
        options = options_of(attached)
        key = (options.listen, options.station)
        if key not in self.stations:
            self.stations[key] = Station(self._books(key), self._context.journal)
        return OcppLink(attached, self._context.rows[attached.id], self.stations[key], self._context.journal)

    def _books(self, key: tuple[str, str]) -> Books:
        """Return the books of a station, whose points share what is asked of it."""
        mine = [(one, options_of(one)) for one in self._attached if (options_of(one).listen, options_of(one).station) == key]
        first = mine[0][1]
        tokens = frozenset(token.casefold() for _, options in mine for token in (*options.tokens, options.token))
        settings = Settings(
            first.heartbeat_s,
            min(options.meter_s for _, options in mine),
            first.timeout_s,
            max(one.rated_kw for one, _ in mine) * 1.2,
            (*MEASURANDS, *REACTIVE) if any(options.reactive for _, options in mine) else MEASURANDS,
            tokens,
        )
        books = Books(key[1], settings, lambda **facts: self._context.journal.event(Way.EVENT, key[1], **facts))
        for file in {options.store for _, options in mine if options.store}:
            self._store(file).keep(books)
        return books

    def _store(self, file: str) -> Store:
        if file not in self._stores:
            failed = lambda why: self._context.journal.event(Way.FAILED, "ocpp", store=why)  # noqa: E731
            self._stores[file] = Store(self._context.folder / file, failed)
        return self._stores[file]

    async def start(self) -> None:
        """Listen at every address; stations come by themselves.

        Raises
        ------
        DeviceError
            If an address is taken, a secret or a certificate is missing, or a store cannot be read.
        """
        for store in self._stores.values():
            store.open()
        try:
            for address in dict.fromkeys(address for address, _ in self.stations):
                listener = self._listener(address)
                self.listeners[address] = listener
                await listener.start()
        except BaseException:
            await self.close()
            raise

    def _listener(self, address: str) -> Listener:
        mine = {options.station: options for options in map(options_of, self._attached) if options.listen == address}
        first = next(iter(mine.values()))
        host, port = split(address)

        async def on_station(connection: Connection) -> None:
            await self.stations[address, connection.id].serve(connection)

        def turned_away(reason: str, station: str, peer: str) -> None:
            for link in self._ocpp_links.values():
                if link.options.listen == address and station in {link.options.station, ""}:
                    link.refused(reason, peer)

        listener = Listener(
            ListenOptions(host=host, port=port, versions=first.versions, security=first.security),
            on_station,
            stations={station: self._password(options) for station, options in mine.items()},
            folder=self._context.folder,
            journal=self._context.journal,
        )
        listener.turned_away = turned_away
        return listener

    def _password(self, options: OcppOptions) -> bytes | None:
        security = options.security
        if not security.wants_password or security.password is None:
            return None
        return password_of(security.password, self._context.folder, is_hex=security.password_is_hex)

    async def close(self) -> None:
        """Close all connections, stop listening, keep what is to be kept."""
        for link in self._ocpp_links.values():
            await link.close()
        for listener in self.listeners.values():
            await listener.close()
        for store in self._stores.values():
            store.write()
