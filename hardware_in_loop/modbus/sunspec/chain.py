# SPDX-License-Identifier: Apache-2.0
"""Finding the models of a SunSpec unit, and the registers that its points stand in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from hardware_in_loop.modbus.errors import ExceptionReplyError
from hardware_in_loop.modbus.registers import SUNSPEC_VOID, Point
from hardware_in_loop.modbus.sunspec.models import HEADER, models
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hardware_in_loop.modbus.sunspec.models import Model, SunSpecPoint

BASES: Final = (40_000, 0, 50_000)
"""Addresses at which a chain may begin."""
MARK: Final = (0x5375, 0x6E53)
"""The letters SunS."""
END: Final = 0xFFFF
MOST_MODELS: Final = 64
_NAME: Final = re.compile(r"^(?P<models>[0-9|]+)(#(?P<nth>[1-9]))?:((?P<group>\w+)(\[(?P<index>\d+)\])?\.)?(?P<point>\w+)$")
_ILLEGAL: Final = frozenset({1, 2, 3})


class Reader(Protocol):
    """Whatever reads registers."""

    async def read(
        self, unit: int, address: int, count: int, *, function: int = 3, timeout_s: float | None = None
    ) -> tuple[int, ...]:
        """Return registers."""


@dataclass(frozen=True, slots=True)
class Found:
    """One model of a unit.

    Attributes
    ----------
    model : int
        Number.
    address : int
        Of the register that holds the number, counted from 0.
    length : int
        Registers after its header, as the device says.
    """

    model: int
    address: int
    length: int

    @property
    def end(self) -> int:
        """Address after its last register."""
        return self.address + HEADER + self.length


@dataclass(frozen=True, slots=True)
class Chain:
    """All models of a unit, in order.

    Attributes
    ----------
    base : int
        Address of the letters SunS.
    found : tuple of Found
        Models.
    """

    base: int
    found: tuple[Found, ...]
    _points: dict[str, Point | None] = field(default_factory=dict, repr=False, compare=False)

    @property
    def end(self) -> int:
        """Address after the last model."""
        return self.found[-1].end if self.found else self.base + len(MARK)

    def point(self, name: str) -> Point | None:
        """Return where a point stands, or None where the unit has no such model or its model is too short for it.

        Parameters
        ----------
        name : str
            ``701:W``, ``101|103:W`` for whichever model there is, ``160:module[2].DCW``, ``203#2:W`` for the second of two.
        """
        if name not in self._points:
            self._points[name] = self._find(name)
        return self._points[name]

    def _find(self, name: str) -> Point | None:
        match = _NAME.match(name)
        if match is None:
            return None
        for number in (int(text) for text in match["models"].split("|")):
            ours = [one for one in self.found if one.model == number]
            nth = int(match["nth"] or 1)
            if number in models() and len(ours) >= nth:
                return _located(name, models()[number], ours[nth - 1], match)
        return None


def is_name(name: str) -> bool:
    """Return whether a name means a SunSpec point."""
    return _NAME.match(name) is not None


def problem(name: str) -> str:
    """Return what is wrong with the name of a SunSpec point, empty for nothing."""
    match = _NAME.match(name)
    if match is None:
        return "is no SunSpec point; write 701:W or 160:module[0].DCW"
    for number in (int(text) for text in match["models"].split("|")):
        model = models().get(number)
        if model is None:
            return f"SunSpec model {number} is not known; known: {', '.join(str(one) for one in sorted(models()))}"
        group = model.groups.get(match["group"] or "")
        if (match["group"] and group is None) or match["point"] not in (group.points if group else model.points):
            return f"SunSpec model {number} has no such point"
    return ""


def _located(name: str, model: Model, found: Found, match: re.Match[str]) -> Point | None:
    start = 0
    points = model.points
    if match["group"]:
        group = model.groups.get(match["group"])
        if group is None:
            return None
        start, points = group.at + group.length * int(match["index"] or 0), group.points
    point = points.get(match["point"])
    if point is None or start + point.at + point.count > HEADER + found.length:
        return None
    factor = point.factor if point.factor in model.points else ""
    if factor:
        nth = f"#{match['nth']}" if match["nth"] else ""
        factor = f"{found.model}{nth}:{factor}"
    return point_of(name, found.address + start + point.at, point, factor)


def point_of(name: str, address: int, point: SunSpecPoint, factor: str) -> Point:
    """Return a point of a model as registers at an address."""
    return Point(
        name=name,
        address=address,
        count=point.count,
        kind=point.kind,
        factor=factor,
        unit=point.unit,
        void=(SUNSPEC_VOID[point.kind],) if point.kind in SUNSPEC_VOID else (),
        writable=point.writable,
    )


async def walk(reader: Reader, unit: int, bases: Sequence[int] = BASES) -> Chain:
    """Find the models of a unit.

    Raises
    ------
    DeviceError
        If there is no chain at any of the addresses, or it does not end.
    ModbusError
        If the device does not answer.
    """
    for base in bases:
        words = await _try(reader, unit, base, len(MARK))
        if words == MARK:
            return Chain(base, await _models_from(reader, unit, base + len(MARK)))
    places = ", ".join(str(base) for base in bases)
    message = (
        f"unit {unit}: no letters 'SunS' at {places}: not a SunSpec device, or SunSpec is switched off in its menu; switch it on "
        "or use a register-map profile"
    )
    raise DeviceError(message)


async def _models_from(reader: Reader, unit: int, address: int) -> tuple[Found, ...]:
    found: list[Found] = []
    while len(found) <= MOST_MODELS:
        header = await _try(reader, unit, address, HEADER)
        # Some devices refuse to be read after their last model instead of showing an end.
        if header is None or header[0] == END:
            return tuple(found)
        found.append(Found(header[0], address, header[1]))
        address = found[-1].end
        if address > END:
            return tuple(found)
    message = f"unit {unit}: more than {MOST_MODELS} SunSpec models: the chain has no end, so its lengths cannot be believed"
    raise DeviceError(message)


async def _try(reader: Reader, unit: int, address: int, count: int) -> tuple[int, ...] | None:
    """Return registers, or None where the device says that there are none."""
    try:
        return await reader.read(unit, address, count)
    except ExceptionReplyError as error:
        if error.code in _ILLEGAL:
            return None
        raise
