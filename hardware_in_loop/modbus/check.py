# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a profile beyond the types of its fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardware_in_loop.modbus import quantities
from hardware_in_loop.modbus.registers import BITS, Kind
from hardware_in_loop.modbus.sunspec.chain import is_name, problem
from hardware_in_loop.modbus.sunspec.models import models
from twinergy.errors import PluginError, closest
from twinergy.plugins import device_kind
from twinergy.ports import Direction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardware_in_loop.modbus.profile import DeviceSpec, Profile, Read, Value, Write

Loc = tuple[str | int, ...]
Problem = tuple[Loc, str, object]
"""Where, what, and the value."""


def problems(profile: Profile) -> list[Problem]:
    """Return everything that is wrong."""
    found = list(_of_points(profile))
    for kind, spec in profile.devices.items():
        loc: Loc = ("devices", kind)
        found += _of_ports(kind, spec, loc)
        found += _of_reads(profile, spec, loc)
        found += _of_writes(profile, spec, loc)
        found += _of_states(profile, spec, loc)
    return found


def _of_points(profile: Profile) -> Iterator[Problem]:
    for name, spec in profile.points.items():
        loc: Loc = ("points", name)
        if profile.protocol == "sunspec" and is_name(name):
            yield loc, "this is the name of a SunSpec point; call the register otherwise", name
        if (spec.table or profile.table) in BITS and spec.type is not Kind.BOOL:
            yield (*loc, "type"), f"a {spec.table or profile.table} holds a bit: type bool", str(spec.type)
        if not quantities.is_known(spec.unit):
            yield (*loc, "unit"), f"unit is not known; known: {quantities.known()}", spec.unit
        if spec.factor:
            yield from _reference(profile, spec.factor, (*loc, "factor"))
        try:
            point = profile.point(name)
        except ValueError as error:
            yield (*loc, "address"), str(error), spec.address
        else:
            if point is not None and point.end > 1 << 16:
                yield (*loc, "address"), "the last register lies beyond 65535", spec.address


def _reference(profile: Profile, name: str, loc: Loc, *, written: bool = False) -> Iterator[Problem]:
    if profile.protocol == "sunspec" and name not in profile.points:
        wrong = problem(name)
        if wrong:
            yield loc, wrong, name
        return
    if name not in profile.points:
        yield loc, f"no such point; {closest(name, profile.points)}", name
    elif written and "w" not in profile.points[name].access:
        yield loc, "this point may not be written: its access is r", name


def _of_ports(kind: str, spec: DeviceSpec, loc: Loc) -> Iterator[Problem]:
    try:
        ports = {port.name: port.direction for port in device_kind(kind).ports}
    except PluginError as error:
        yield loc, str(error), kind
        return
    for part, names, wanted in (("reads", spec.reads, Direction.MEASURED), ("writes", spec.writes, Direction.SET_POINT)):
        known = [name for name, direction in ports.items() if direction is wanted]
        for name in names:
            if name not in known:
                yield (*loc, part, name), f"{kind} has no {wanted} port of this name; {closest(name, known)}", name


def _of_reads(profile: Profile, spec: DeviceSpec, loc: Loc) -> Iterator[Problem]:
    for port, ways in spec.reads.items():
        for place, way in enumerate(ways):
            here: Loc = (*loc, "reads", port, place)
            for term in way.terms:
                yield from _reference(profile, term.point, here)
                yield from _unit(profile, term.point, port, way, here)


def _unit(profile: Profile, name: str, port: str, way: Read, loc: Loc) -> Iterator[Problem]:
    unit = unit_at(profile, name)
    if way.codes or way.mask or unit is None or not quantities.is_known(unit) or not quantities.is_port(port):
        return
    try:
        quantities.to_port(unit, port)
    except ValueError as error:
        yield loc, str(error), name


def unit_at(profile: Profile, name: str) -> str | None:
    """Return the unit of a point by its name alone, None where there is no such point."""
    if name in profile.points:
        return profile.points[name].unit
    if profile.protocol != "sunspec" or problem(name):
        return None
    numbers, _, rest = name.partition(":")
    model = models()[int(numbers.split("|")[0].split("#")[0])]
    group, _, point = rest.rpartition(".")
    return (model.groups[group.split("[")[0]].points if group else model.points)[point].unit


def _of_writes(profile: Profile, spec: DeviceSpec, loc: Loc) -> Iterator[Problem]:
    for port, ways in spec.writes.items():
        for place, way in enumerate(ways):
            yield from _of_write(profile, port, way, (*loc, "writes", port, place))


def _of_write(profile: Profile, port: str, way: Write, loc: Loc) -> Iterator[Problem]:
    for place, value in enumerate(way.values):
        yield from _of_value(profile, port, value, (*loc, "values", place))
    for part in ("set", "enable", "bits", "release"):
        for name in getattr(way, part):
            yield from _reference(profile, name, (*loc, part, name), written=True)
    if way.revert:
        for name in filter(None, (way.revert.seconds, way.revert.value, *way.revert.enable, *way.revert.local)):
            yield from _reference(profile, name, (*loc, "revert"), written=True)
        try:
            quantities.in_seconds(unit_at(profile, way.revert.seconds) or "")
        except ValueError as error:
            yield (*loc, "revert", "seconds"), str(error), way.revert.seconds


def _of_value(profile: Profile, port: str, value: Value, loc: Loc) -> Iterator[Problem]:
    yield from _reference(profile, value.point, loc, written=True)
    for other in value.of:
        if other != "rated":
            yield from _reference(profile, other, (*loc, "of"))
    unit = unit_at(profile, value.point)
    known = unit is not None and quantities.is_known(unit) and quantities.is_port(port)
    if unit is not None and known and not value.of and not value.codes:
        try:
            quantities.per_port(unit, port, voltage_v=value.voltage_v, phases=value.phases)
        except ValueError as error:
            yield loc, str(error), value.point


def _of_states(profile: Profile, spec: DeviceSpec, loc: Loc) -> Iterator[Problem]:
    for part, written in (("states", False), ("watch", False), ("beat", True)):
        for place, one in enumerate(getattr(spec, part)):
            yield from _reference(profile, one.point, (*loc, part, place), written=written)
    for place, check in enumerate(spec.states):
        if check.unless:
            yield from _reference(profile, check.unless, (*loc, "states", place, "unless"))
