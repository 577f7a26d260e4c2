# SPDX-License-Identifier: Apache-2.0
"""What a scenario cannot mean although every value is well formed: ids, references, physical nonsense."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from twinergy.errors import Finding, closest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from twinergy.community.document import Document, KeyPath
    from twinergy.community.expand import Expansion
    from twinergy.community.twin import Connection, Twin
    from twinergy.kinds import DeviceKind, GridDescription


def duplicates(items: Sequence[Any], paths: Sequence[KeyPath], document: Document, what: str) -> list[Finding]:
    """Return a finding for every id that stands twice, at its later place."""
    findings: list[Finding] = []
    first: dict[str, KeyPath] = {}
    for item, path in zip(items, paths, strict=True):
        if item.id in first:
            earlier = document.where(first[item.id])
            message = f"two {what} are called {item.id!r}; the other stands in line {earlier[1]} of {earlier[0]}"
            findings.append(document.finding(message, (*path, "id"), value=item.id, allowed="an id of its own"))
        first.setdefault(item.id, path)
    return findings


def references(expansion: Expansion, document: Document, grid: GridDescription | None) -> list[Finding]:
    """Return a finding for every name that points at nothing."""
    connections = {connection.id for connection in expansion.connections}
    dwellings = {dwelling.id for dwelling in expansion.dwellings}
    hubs = {hub.id for hub in expansion.hubs}
    tariffs = {device.id for device in expansion.devices if device.path[0] == "tariffs"}
    look = _Lookup(document)
    for connection, path in zip(expansion.connections, expansion.connection_paths, strict=True):
        look.up(connection.tariff, tariffs, (*path, "tariff"), "tariff")
        if grid is not None:
            look.up(connection.bus, grid.buses, (*path, "bus"), "bus of the grid")
    for dwelling, path in zip(expansion.dwellings, expansion.dwelling_paths, strict=True):
        look.up(dwelling.connection, connections, (*path, "connection"), "connection")
    for position, hub in enumerate(expansion.hubs):
        look.up(hub.connection, connections, ("hubs", position, "connection"), "connection")
    for device in expansion.devices:
        look.up(device.connection, connections, (*device.path, "connection"), "connection")
        look.up(device.dwelling, dwellings, (*device.path, "dwelling"), "dwelling")
        look.up(device.hub, hubs, (*device.path, "hub"), "hub")
    return look.findings


class _Lookup:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.findings: list[Finding] = []

    def up(self, name: str, known: Iterable[str], path: KeyPath, what: str) -> None:
        if name and name not in known:
            said = f"there is no {what} of this name"
            self.findings.append(self.document.finding(said, path, value=name, allowed=closest(name, known)))


def phases(twin: Twin) -> list[Finding]:
    """Return a finding for every device on a phase that its connection does not have."""
    findings = []
    for device in twin.devices:
        connection = twin.connection_by_id.get(device.connection)
        if connection is not None and not set(device.phases) <= set(connection.phases):
            message = f"{device.id!r} is on phases that its connection {connection.id!r} does not have"
            place = device.path.removesuffix(".options")
            findings.append(Finding(message=message, path=f"{place}.phases", value=device.phases, allowed=connection.phases))
    return findings


def ratings(twin: Twin, kinds: dict[str, DeviceKind]) -> list[Finding]:
    """Return a finding for every device that is stronger than the connection it hangs on."""
    findings = []
    for device in twin.devices:
        connection = twin.connection_by_id.get(device.connection)
        if connection is None:
            continue
        rated_kw = kinds[device.kind].rated_kw(device.options)
        if rated_kw > connection.limit_kw:
            findings.append(_too_strong(device.path, device.id, rated_kw, connection))
    for hub in twin.hubs:
        connection = twin.connection_by_id.get(hub.connection)
        if connection is not None and hub.limit_kw > connection.limit_kw:
            findings.append(_too_strong("hubs", hub.id, hub.limit_kw, connection))
    return findings


def _too_strong(path: str, name: str, rated_kw: float, connection: Connection) -> Finding:
    message = f"{name!r} can draw or feed in more than its connection {connection.id!r} carries"
    return Finding(message=message, path=path, value=f"{rated_kw:.4g} kW", allowed=f"≤ {connection.limit_kw:.4g} kW")


def condensed(findings: Iterable[Finding], limit: int = 3) -> list[Finding]:
    """Return at most `limit` findings of one message and path, and say how many more there are.

    Generated homes share one place in the file; a hundred times the same sentence helps nobody.
    """
    counts: Counter[tuple[str, str]] = Counter()
    key: Callable[[Finding], tuple[str, str]] = lambda f: (f.path, f.message.split("'")[0])  # noqa: E731
    kept = []
    for finding in findings:
        counts[key(finding)] += 1
        if counts[key(finding)] <= limit:
            kept.append(finding)
    more = [
        Finding(message=f"… and {count - limit} more of the same kind", path=path)
        for (path, _), count in counts.items()
        if count > limit
    ]
    return kept + more
