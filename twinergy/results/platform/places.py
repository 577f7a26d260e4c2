# SPDX-License-Identifier: Apache-2.0
"""Which dwelling a device belongs to, and the devices of each table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twinergy.results.tables import read_table, write_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twinergy.community.twin import Twin
    from twinergy.results.folder import RunFolder


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """One device of one table.

    Attributes
    ----------
    device, table : str
        Id of the device and table that holds its series.
    dwelling : str
        Dwelling it belongs to, empty where it belongs to none or that is not known.
    ports : tuple of str
        What is recorded.
    units : dict of str to str
        Unit of each port.
    """

    device: str
    table: str
    dwelling: str
    ports: tuple[str, ...]
    units: dict[str, str] = field(hash=False)


def write_devices(folder: RunFolder, twin: Twin) -> None:
    """Keep which dwelling each device and connection of a run belongs to: its own, or the only one behind its connection.

    Raises
    ------
    StorageError
        If it cannot be written.
    """
    behind: dict[str, list[str]] = {}
    for dwelling in twin.dwellings:
        behind.setdefault(dwelling.connection, []).append(dwelling.id)
    alone = {connection: names[0] for connection, names in behind.items() if len(names) == 1}
    homes = {device.id: device.dwelling or alone.get(device.connection or "", "") for device in twin.devices}
    for device in twin.devices:
        if not homes[device.id] and (point := getattr(device.options, "of", None)) is not None:
            sort, name = point.target
            homes[device.id] = homes.get(name, "") if sort == "device" else alone.get(name, "")
    homes |= {connection.id: alone.get(connection.id, "") for connection in twin.connections}
    write_table(folder.table("devices"), {"device": list(homes), "dwelling": list(homes.values())})


def dwelling_of(folder: RunFolder, devices: Iterable[str]) -> dict[str, str]:
    """Return the dwelling of each device that has one.

    The summary table ``devices`` (columns ``device`` and ``dwelling``) says so where a data set has one. Else an id that is a
    dwelling's or its connection's, begins with it and a hyphen, or ends with it after one, belongs to that dwelling:
    ``home-0005-battery``, ``meter-home-0005``.
    """
    stated = read_table(folder.table("devices"))
    if {"device", "dwelling"} <= set(stated.columns):
        known = dict(zip(stated["device"].astype(str), stated["dwelling"].fillna("").astype(str), strict=True))
        return {device: known[device] for device in devices if known.get(device)}
    homes = read_table(folder.table("dwellings"))
    if "dwelling" not in homes.columns:
        return {}
    names = {str(name): str(name) for name in homes["dwelling"]}
    if "connection" in homes.columns:
        shared = homes["connection"].value_counts()
        alone = homes[homes["connection"].map(shared) == 1]
        names = dict(zip(alone["connection"].astype(str), alone["dwelling"].astype(str), strict=True)) | names
    found = {device: _match(device, names) for device in devices}
    return {device: home for device, home in found.items() if home}


def _match(device: str, names: dict[str, str]) -> str:
    parts = device.split("-")
    for length in range(len(parts), 0, -1):
        for candidate in ("-".join(parts[:length]), "-".join(parts[len(parts) - length :])):
            if candidate in names:
                return names[candidate]
    return ""
