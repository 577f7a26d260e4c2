# SPDX-License-Identifier: Apache-2.0
"""The static twin: what exists and where it is connected, after everything in a scenario has been expanded and checked.

Every list is sorted by id, so results do not depend on the order of a file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from twinergy.adapters.options import AdapterOptions
    from twinergy.options import Options
    from twinergy.timebase import TimeAxis


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where the community lies.

    Attributes
    ----------
    name : str
        Name people use.
    latitude_deg, longitude_deg : float
        WGS 84, north and east positive. [deg]
    altitude_m : float
        Above sea level. [m]
    timezone : str
        IANA name; tariffs, habits and reports follow it.
    country : str
        ISO 3166-1 alpha-2 code, with an optional subdivision for its holidays (``DE-NW``).
    albedo : float
        Ground reflectance. [-]
    currency : str
        ISO 4217 code of the money people there see; inside everything is in euro.
    eur_per_unit : float
        Price of one unit of that money. [EUR]
    """

    name: str
    latitude_deg: float
    longitude_deg: float
    altitude_m: float
    timezone: str
    country: str
    albedo: float = 0.2
    currency: str = "EUR"
    eur_per_unit: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A point of connection with the billing meter: the place where a customer meets the grid.

    Attributes
    ----------
    id : str
        Id, unique among connections.
    bus : str
        Name of the grid bus.
    phases : str
        Connected phases, ``"abc"`` or one of ``"a"``, ``"b"``, ``"c"``.
    limit_kw : float
        Contracted or fused power. [kW]
    tariff : str
        Id of the tariff that prices it.
    """

    id: str
    bus: str
    phases: str
    limit_kw: float
    tariff: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dwelling:
    """A home or another building with people.

    Attributes
    ----------
    id : str
        Id, unique among dwellings.
    connection : str
        Id of its `Connection`.
    residents : int
        Number of people.
    floor_area_m2, roof_area_m2 : float
        Heated floor area, and roof area of which modules can cover a part. [m2]
    """

    id: str
    connection: str
    residents: int
    floor_area_m2: float
    roof_area_m2: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """Charging points that share one connection and its limit.

    Attributes
    ----------
    id : str
        Id, unique among hubs.
    connection : str
        Id of its `Connection`.
    limit_kw : float
        What all its charging points may draw together. [kW]
    access : str
        ``private``, ``semi_public`` or ``public``.
    """

    id: str
    connection: str
    limit_kw: float
    access: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Anything that is simulated or real: a device, a weather station, a tariff, a meter.

    Attributes
    ----------
    id : str
        Id, unique in the twin.
    kind : str
        Name of the device kind (`twinergy.kinds.DeviceKind`).
    connection : str
        Id of the `Connection` whose meter it sits behind; empty for what is not connected to the grid.
    dwelling, hub : str
        Id of its `Dwelling` or `Hub`, or empty.
    heat_network : str
        Name of the heat network it feeds or draws from, or empty.
    phases : str
        Phases it is connected to, those of its connection where empty.
    options : Options
        The kind's options, validated.
    path : str
        Where it stands in the scenario, for messages.
    adapters : tuple of AdapterOptions
        Blocks of the adapters that make it real, one for each part of it; empty for a simulated device.
    adapter_path : str
        Where they stand in the scenario, for messages.
    """

    id: str
    kind: str
    options: Options
    connection: str = ""
    dwelling: str = ""
    hub: str = ""
    heat_network: str = ""
    phases: str = ""
    path: str = ""
    adapters: tuple[AdapterOptions, ...] = ()
    adapter_path: str = ""


@dataclass(frozen=True)
class Twin:
    """The static twin. Lists are sorted by id.

    Attributes
    ----------
    site : Site
        Where the community lies.
    connections : tuple of Connection
        Points of connection.
    dwellings : tuple of Dwelling
        Homes and other buildings.
    hubs : tuple of Hub
        Charging hubs.
    devices : tuple of Device
        Everything with a kind.
    """

    site: Site
    connections: tuple[Connection, ...] = ()
    dwellings: tuple[Dwelling, ...] = ()
    hubs: tuple[Hub, ...] = ()
    devices: tuple[Device, ...] = field(default=())

    def of_kind(self, kind: str) -> tuple[Device, ...]:
        """Return the devices of one kind, sorted by id."""
        return self._by_kind.get(kind, ())

    def in_dwelling(self, dwelling: str) -> tuple[Device, ...]:
        """Return the devices of one dwelling, sorted by kind and id; none for the empty name."""
        return self._by_dwelling.get(dwelling, ()) if dwelling else ()

    @cached_property
    def _by_kind(self) -> dict[str, tuple[Device, ...]]:
        return _grouped(self.devices, "kind")

    @cached_property
    def _by_dwelling(self) -> dict[str, tuple[Device, ...]]:
        return _grouped(self.devices, "dwelling")

    @cached_property
    def connection_row(self) -> dict[str, int]:
        """Row of each connection in arrays over connections."""
        return {connection.id: row for row, connection in enumerate(self.connections)}

    @cached_property
    def dwelling_by_id(self) -> dict[str, Dwelling]:
        """Dwellings by id."""
        return {dwelling.id: dwelling for dwelling in self.dwellings}

    @cached_property
    def connection_by_id(self) -> dict[str, Connection]:
        """Connections by id."""
        return {connection.id: connection for connection in self.connections}

    @cached_property
    def device_by_id(self) -> dict[str, Device]:
        """Devices by id."""
        return {device.id: device for device in self.devices}


def _grouped(devices: Iterable[Device], field_name: str) -> dict[str, tuple[Device, ...]]:
    groups: dict[str, list[Device]] = {}
    for device in devices:
        groups.setdefault(getattr(device, field_name), []).append(device)
    return {key: tuple(group) for key, group in groups.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildContext:
    """What a device kind may know when it builds its fleet.

    Attributes
    ----------
    twin : Twin
        The static twin.
    axis : TimeAxis
        The steps of the run.
    seed : int
        Seed of the run; draw only through `twinergy.randomness.device_generator`.
    folder : pathlib.Path
        Paths in options are relative to it.
    pilot : str
        Name of the scenario, part of the subjects of messages.
    """

    twin: Twin
    axis: TimeAxis
    seed: int
    folder: Path
    pilot: str = "pilot"
