# SPDX-License-Identifier: Apache-2.0
"""All software Modbus devices of a bench: one server per address, faults that come and go."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from ipaddress import ip_address
from random import Random
from typing import TYPE_CHECKING, Final

from hardware_in_loop.modbus.bench.device import SoftwareDevice
from hardware_in_loop.modbus.bench.mapped_controls import options_of
from hardware_in_loop.modbus.bench.rtu import SerialServer
from hardware_in_loop.modbus.bench.server import SocketServer
from hardware_in_loop.modbus.bench.station import FLAP_S, Member, Station
from hardware_in_loop.modbus.library import load
from twinergy.adapters import Bench, Fault, Way
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hardware_in_loop.modbus.bench.desk import Reverted
    from hardware_in_loop.modbus.endpoint import Endpoint
    from twinergy.adapters import Attached, FaultBoard, LinkContext, Physics

WATCH_S: Final = 0.02
LOOPBACK: Final = "127.0.0.1"
CERTIFICATE: Final = "bench-server.pem"
"""Certificate and key of software devices, beside the ``ca_file`` of the scenario."""


@dataclass
class _Place:
    """A server, the units behind it, and what was wrong with them when it was last looked at."""

    server: SocketServer | SerialServer
    devices: dict[int, SoftwareDevice]
    was: set[tuple[str, Fault]] = field(default_factory=set)
    flapped_s: float = float("-inf")
    trouble: str = ""


class ModbusBench(Bench):
    """Software devices that speak Modbus where the real ones would.

    Addresses on the loopback are served as they are; for any other host, which this machine is not, a free port of the loopback
    is taken, and `start` says which. A serial port that does not exist is made as a pseudo-terminal.

    Parameters
    ----------
    attached : sequence of Attached
        Devices; those with the same address share a server, those with the same unit as well share their registers.
    physics : Physics
        Behind them.
    faults : FaultBoard
        What is wrong with them.
    context : LinkContext
        Folder and journal.
    models : mapping of str to sequence of int, optional
        SunSpec models by link, where it has not what is usual for its kind.

    Attributes
    ----------
    devices : dict of str to SoftwareDevice
        By link.
    servers : dict of str to SocketServer or SerialServer
        By link.
    """

    def __init__(
        self,
        attached: Sequence[Attached],
        physics: Physics,
        faults: FaultBoard,
        context: LinkContext,
        *,
        models: Mapping[str, Sequence[int]] | None = None,
    ) -> None:
        self._context = context
        self._faults = faults
        self.devices: dict[str, SoftwareDevice] = {}
        self.servers: dict[str, SocketServer | SerialServer] = {}
        self._units: dict[str, int] = {}
        self._places: list[_Place] = []
        self._watch: asyncio.Task[None] | None = None
        by_key: dict[str, dict[int, list[Attached]]] = {}
        for one in attached:
            options = options_of(one)
            by_key.setdefault(options.endpoint.key, {}).setdefault(options.unit, []).append(one)
        for units in by_key.values():
            self._add(units, physics, models or {})

    async def start(self) -> Mapping[str, str]:
        """Begin to serve; return the address of each link.

        Raises
        ------
        DeviceError
            If an address cannot be served.
        """
        try:
            for place in self._places:
                await place.server.open()
        except DeviceError:
            await self.close()
            raise
        self._watch = asyncio.create_task(self._watching(), name="modbus bench")
        return {link: f"{self.servers[link].address} unit {self._units[link]}" for link in self.devices}

    async def close(self) -> None:
        """End; nothing more reaches the physics."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
            self._watch = None
        for place in self._places:
            await place.server.shut()
            for device in place.devices.values():
                device.stop()

    @property
    def reverted(self) -> list[Reverted]:
        """Every timer that has ended so far, in order of time."""
        desks = {id(desk): desk for device in self.devices.values() for desk in device.desks.values()}
        return sorted((one for desk in desks.values() for one in desk.reverted), key=lambda one: one.at_s)

    def move_scale_factors(self, link: str, step: int = 1) -> None:
        """Move the scale factors of a device, as some do at sunrise."""
        self.devices[link].move_scale_factors(step)

    def near_wrap(self, link: str, counts_left: int = 10) -> None:
        """Bring the registers of energy of a device so close to where they begin again."""
        self.devices[link].near_wrap(counts_left)

    def _add(self, units: dict[int, list[Attached]], physics: Physics, models: Mapping[str, Sequence[int]]) -> None:
        devices: dict[int, SoftwareDevice] = {}
        for unit, ones in units.items():
            known = [(one, options_of(one), load(options_of(one).profile, self._context.folder)) for one in ones]
            own = next((models[one.id] for one in ones if one.id in models), None)
            devices[unit] = SoftwareDevice(known, physics, self._faults, self._context.journal, models=own)
        first = next(iter(units.values()))[0]
        # Each address has a generator of its own, so that what one says under faults does not depend on the others.
        random = Random(f"{self._context.seed} {first.id}")  # noqa: S311 - garbage, no secret
        members = {unit: Member(device.page, device.links) for unit, device in devices.items()}
        station = Station(members, self._faults, random, self._context.journal)
        place = _Place(self._server(options_of(first).endpoint, station), devices)
        self._places.append(place)
        for unit, device in devices.items():
            for link in device.links:
                self.devices[link], self.servers[link], self._units[link] = device, place.server, unit

    def _server(self, endpoint: Endpoint, station: Station) -> SocketServer | SerialServer:
        name, journal = f"bench {endpoint.key}", self._context.journal
        if endpoint.transport == "rtu":
            return SerialServer(station, endpoint.serial_port, journal=journal, name=name)
        host, port = (endpoint.host, endpoint.port) if _is_loopback(endpoint.host) else (LOOPBACK, 0)
        serial_frames = endpoint.transport == "rtu_over_tcp"
        return SocketServer(station, host, port, serial_frames=serial_frames, tls=self._tls(endpoint), journal=journal, name=name)

    def _tls(self, endpoint: Endpoint) -> ssl.SSLContext | None:
        """Return the server's side of TLS; it asks for a certificate where the scenario has one to show."""
        if endpoint.transport != "tls":
            return None
        authority = self._context.folder / endpoint.ca_file
        path = (authority.parent if endpoint.ca_file else self._context.folder) / CERTIFICATE
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(path)
            if endpoint.certificate_file:
                context.load_verify_locations(authority)
                context.verify_mode = ssl.CERT_REQUIRED
        except OSError as error:
            message = (
                f"software device at {endpoint.key}: its certificate cannot be read ({error}); put certificate and key, signed by"
                f" the ca_file of the scenario, into {path}"
            )
            raise DeviceError(message) from error
        return context

    async def _watching(self) -> None:
        while True:
            await asyncio.sleep(WATCH_S)
            for place in self._places:
                try:
                    await self._look(place)
                except Exception as error:  # noqa: BLE001 - a supervisor goes on; it looks again at once, and says what once
                    # The port may be taken for a moment while the device was away.
                    if str(error) != place.trouble:
                        place.trouble = str(error)
                        self._context.journal.event(
                            Way.EVENT, f"bench {place.server.address}", text=f"{type(error).__name__}: {error}"
                        )

    async def _look(self, place: _Place) -> None:
        """Do what faults do by themselves, without being asked."""
        server, now_s = place.server, asyncio.get_running_loop().time()
        if server.station.offline:
            await server.shut()
        elif not server.listening:
            await server.open()
        if server.station.flapping and now_s - place.flapped_s >= FLAP_S:
            place.flapped_s = now_s
            server.hang_up()
        for device in place.devices.values():
            self._events(place, device)

    def _events(self, place: _Place, device: SoftwareDevice) -> None:
        for link in device.links:
            for fault in (Fault.LOCAL, Fault.RESTART):
                key, present = (link, fault), self._faults.has(link, fault)
                if present and key not in place.was:
                    place.was.add(key)
                    if fault is Fault.LOCAL:
                        device.let_go()
                    else:
                        device.restart()
                        place.server.hang_up()
                elif not present:
                    place.was.discard(key)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
