# SPDX-License-Identifier: Apache-2.0
"""Where all points of a profile stand in one unit: in its own registers, and in the SunSpec models that were found there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardware_in_loop.modbus.registers import Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hardware_in_loop.modbus.profile import Beat, DeviceSpec, Profile, Read, StateCheck, Value, Watch, Write
    from hardware_in_loop.modbus.registers import Point
    from hardware_in_loop.modbus.sunspec.chain import Chain


class Layout:
    """Points by name.

    Parameters
    ----------
    profile : Profile
        Profile.
    chain : Chain or None
        SunSpec models of the unit; None for a profile without.
    """

    def __init__(self, profile: Profile, chain: Chain | None = None) -> None:
        self.profile = profile
        self.chain = chain
        self._own = {name: profile.point(name) for name in profile.points}

    def point(self, name: str) -> Point | None:
        """Return a point, None where the unit has none of this name."""
        return self._own[name] if name in self._own else self.chain.point(name) if self.chain else None

    def has(self, names: Iterable[str]) -> bool:
        """Return whether the unit has all of these."""
        return all(self.point(name) is not None for name in names)

    def with_factors(self, names: Iterable[str]) -> dict[str, Point]:
        """Return points by name, and the scale factors that they need."""
        points: dict[str, Point] = {}
        for name in names:
            point = self.point(name)
            if point is not None:
                points[name] = point
                factor = self.point(point.factor) if point.factor else None
                if factor is not None:
                    points[point.factor] = factor
        return points

    def readable(self, table: Table) -> tuple[tuple[int, int], ...]:
        """Return parts of a table without holes: first address and address after the last.

        A chain of SunSpec models has no holes by definition: one begins where the other ends, and what a device does not
        implement shows a code. A device that refuses to be read across two models has its blocks split.
        """
        parts = self.profile.readable_on_wire(table)
        if self.chain is None or table is not Table.HOLDING:
            return parts
        return (*parts, (self.chain.base, self.chain.end))


def names_of_read(way: Read) -> tuple[str, ...]:
    """Return the points that a way to read needs."""
    return tuple(term.point for term in way.terms)


def names_of_write(way: Write) -> tuple[str, ...]:
    """Return the points without which a way to write is none."""
    revert = (way.revert.seconds,) if way.revert else ()
    return (*(value.point for value in way.values), *way.enable, *way.bits, *revert)


def references_of(value: Value, layout: Layout) -> tuple[Point, ...]:
    """Return the points of which a value may be a percentage, in order of preference."""
    points = (layout.point(name) for name in value.of if name != "rated")
    return tuple(point for point in points if point is not None)


def has_reference(value: Value, layout: Layout) -> bool:
    """Return whether there is something of which a value is a percentage, where it is one."""
    return not value.of or "rated" in value.of or bool(references_of(value, layout))


def names_of_device(spec: DeviceSpec) -> tuple[str, ...]:
    """Return every point that a kind of device may use."""
    names = [name for reads in spec.reads.values() for read in reads for name in names_of_read(read)]
    for ways in spec.writes.values():
        for way in ways:
            names += [*names_of_write(way), *way.set, *way.release, *(name for value in way.values for name in value.of)]
            names += [*way.revert.enable, *way.revert.local, way.revert.value] if way.revert else []
    checks: tuple[StateCheck | Watch | Beat, ...] = (*spec.states, *spec.watch, *spec.beat)
    names += [one.point for one in checks]
    return tuple(dict.fromkeys(name for name in names if name and name != "rated"))
