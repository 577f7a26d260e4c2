# SPDX-License-Identifier: Apache-2.0
"""What a plan changes in a scenario, collected while its units are put where they belong."""

from __future__ import annotations

import copy
import math
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from twinergy import plugins

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinergy.community.scenario import Scenario
    from twinergy.community.twin import Device
    from twinergy.planning.plan import Unit

PREFIX: Final = "plan-"
LISTS: Final = ("connections", "dwellings", "devices", "meters")
LEAST: Final = 0.05
"""Smaller than this nothing is put into a scenario: a share of a group's size that no shop sells. [kW], [kWh], [kWp]"""


@dataclass
class Changes:
    """A scenario in the making: what the base lists, with what a plan adds.

    Attributes
    ----------
    base : Scenario
        What the plan was made for.
    connections, dwellings, devices, meters : list of dict
        Lists of the new scenario, whole, for an extended scenario's lists are replaced.
    overrides : dict
        Options of generated devices that change.
    controllers : dict
        Controllers that are new or differ.
    generated_limit_kw : float
        Limit of the generated homes' connections, where it has to rise; 0 where it has not. [kW]
    lines, notes : list of str
        What is added and changed, like a diff; what could not be told in a scenario and what was assumed.
    """

    base: Scenario
    connections: list[dict[str, Any]] = field(default_factory=list)
    dwellings: list[dict[str, Any]] = field(default_factory=list)
    devices: list[dict[str, Any]] = field(default_factory=list)
    meters: list[dict[str, Any]] = field(default_factory=list)
    overrides: dict[str, dict[str, Any]] = field(default_factory=dict)
    controllers: dict[str, Any] = field(default_factory=dict)
    generated_limit_kw: float = 0.0
    lines: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, base: Scenario) -> Changes:
        """Return no changes yet."""
        data = base.document.data
        lists: dict[str, Any] = {name: copy.deepcopy(data.get(name) or []) for name in LISTS}
        return cls(base, **lists)

    @cached_property
    def dwelling_at(self) -> dict[str, str]:
        """The dwelling of each connection that has exactly one."""
        counts = Counter(dwelling.connection for dwelling in self.base.twin.dwellings)
        return {one.connection: one.id for one in self.base.twin.dwellings if counts[one.connection] == 1}

    def device(self, name: str, kind: str, connection: str, **options: Any) -> str:
        """Add a device behind a meter, in its dwelling where there is one, and return its id."""
        known = {one["id"] for one in self.devices}
        base_id = f"{PREFIX}{name.removeprefix(PREFIX)}"
        own_id, number = base_id, 2
        while own_id in known:
            own_id, number = f"{base_id}-{number}", number + 1
        dwelling = self.dwelling_at.get(connection)
        place = {"dwelling": dwelling} if dwelling else {"connection": connection}
        self.devices.append({"id": own_id, "kind": kind, **place, **options})
        said = ", ".join(f"{key} {value:g}" for key, value in options.items() if isinstance(value, float))
        self.lines.append(f"+ {kind} {own_id} at {connection}: {said}")
        self._make_room(connection, kind, options, own_id)
        return own_id

    def change(self, device: Device, **options: Any) -> None:
        """Give a device of the base other options."""
        listed = next((one for one in self.devices if one["id"] == device.id), None)
        if listed is None:
            self.overrides[device.id] = {**self.overrides.get(device.id, {}), **options}
        else:
            listed.update(options)
        said = ", ".join(f"{key} {value:g}" if isinstance(value, float) else f"{key} {value}" for key, value in options.items())
        self.lines.append(f"~ {device.kind} {device.id}: {said}")
        self._make_room(device.connection, device.kind, self.options(device), device.id)

    def options(self, device: Device) -> dict[str, Any]:
        """Return the options of a device of the base with what has been changed so far."""
        listed = next((one for one in self.devices if one["id"] == device.id), None)
        changed = self.overrides.get(device.id, {}) if listed is None else listed
        own = device.options.model_dump(exclude_unset=True)
        return own | {key: value for key, value in changed.items() if key in type(device.options).model_fields}

    def connect(self, connection: str, bus: str, tariff: str, limit_kw: float) -> None:
        """Add a connection."""
        self.connections.append({"id": connection, "bus": bus, "phases": "abc", "limit_kw": limit_kw, "tariff": tariff})
        self.lines.append(f"+ connection {connection} at {bus}: {limit_kw:g} kW, tariff {tariff}")

    def allow(self, connection: str, limit_kw: float, why: str) -> None:
        """Raise the limit of a connection where it is lower."""
        listed = next((one for one in self.connections if one["id"] == connection), None)
        needed = float(math.ceil(limit_kw))
        if listed is not None:
            before = float(listed.get("limit_kw", 30.0))
            if limit_kw > before:
                listed["limit_kw"] = needed
                self.lines.append(f"~ connection {connection}: limit_kw {before:g} -> {needed:g}")
                self.notes.append(f"{connection} gets a connection of {needed:g} kW instead of {before:g} kW: {why}")
            return
        before = self.base.twin.connection_by_id[connection].limit_kw
        if limit_kw > max(before, self.generated_limit_kw):
            self.generated_limit_kw = needed
            self.lines.append(f"~ connections of generated homes: limit_kw {before:g} -> {needed:g}")
            self.notes.append(f"all generated homes get connections of {needed:g} kW: {why}")

    def exists(self, connection: str) -> bool:
        """Whether there is such a connection by now."""
        return connection in self.base.twin.connection_by_id or any(one["id"] == connection for one in self.connections)

    def bus_of(self, connection: str) -> str:
        """Return the bus of a connection, of the base or new."""
        listed = next((one for one in self.connections if one["id"] == connection), None)
        return str(listed["bus"]) if listed else self.base.twin.connection_by_id[connection].bus

    def places(self, unit: Unit, size: str) -> Iterator[tuple[str, float]]:
        """Yield the places of a unit and what is added there, leaving out and noting what is too small."""
        total = float(unit.added.get(size, 0.0))
        left = 0.0
        for place, share in sorted(unit.share.items()):
            added = total * share
            if added >= LEAST:
                yield place, added
            else:
                left += added
        if left >= LEAST:
            self.notes.append(f"{unit.block}: {left:.2f} of {total:.2f} in {size} is spread too thinly to be built")

    def _make_room(self, connection: str, kind: str, options: dict[str, Any], device: str) -> None:
        known = plugins.device_kind(kind)
        rated_kw = known.rated_kw(known.options.model_validate(options, context={"folder": self.base.document.folder}))
        limit_kw = next((one.get("limit_kw", 30.0) for one in self.connections if one["id"] == connection), None)
        if limit_kw is None:
            limit_kw = max(self.base.twin.connection_by_id[connection].limit_kw, self.generated_limit_kw)
        if rated_kw > limit_kw:
            self.allow(connection, rated_kw, f"{device} is rated {rated_kw:.1f} kW")
