# SPDX-License-Identifier: Apache-2.0
"""The registers of a device that follows no standard, from its profile: what the laboratory reads is worked out backwards."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from hardware_in_loop.modbus import quantities
from hardware_in_loop.modbus.bench.codec import RANGES, arrange, pack, text, unpack
from hardware_in_loop.modbus.bench.page import FixedCell, HeldCell, LiveCell
from hardware_in_loop.modbus.bench.pdu import Table
from hardware_in_loop.modbus.profile import counts
from hardware_in_loop.modbus.registers import Kind, width_of
from hardware_in_loop.modbus.registers import Table as TheirTable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hardware_in_loop.modbus.bench.page import Cell
    from hardware_in_loop.modbus.bench.senses import Senses
    from hardware_in_loop.modbus.profile import DeviceSpec, Profile, Read, StateCheck, Term
    from hardware_in_loop.modbus.registers import Point

    Source = Callable[[], float]

TRAVELS_AS: Final = {
    "bitfield16": "uint16", "enum16": "uint16", "acc16": "uint16", "count": "uint16", "pad": "uint16", "sunssf": "int16",
    "bitfield32": "uint32", "enum32": "uint32", "acc32": "uint32", "acc64": "uint64",
}  # fmt: skip

MOST_WRAP: Final = 1 << 32
"""Wider registers of energy never wrap in a device's life."""


class MappedRegisters:
    """Cells of the registers that a profile names.

    Parameters
    ----------
    profile : Profile
        What they mean.
    senses : mapping of str to Senses
        By kind of device.
    rated_kw : mapping of str to float
        Rating by kind of device, for registers of which others are a percentage. [kW]

    Attributes
    ----------
    cells : dict of Table to list of Cell
        By table.
    factors : dict of str to int
        Powers of ten by point; changed ones count at once.
    leads : dict of str to int
        Counts that registers of energy are ahead, by point: to see them wrap.
    """

    def __init__(self, profile: Profile, senses: Mapping[str, Senses], rated_kw: Mapping[str, float]) -> None:
        self.cells: dict[Table, list[Cell]] = {table: [] for table in Table}
        self._points: dict[str, Point] = {name: point for name in profile.points if (point := profile.point(name)) is not None}
        self.factors: dict[str, int] = {point.factor: 0 for point in self._points.values() if point.factor}
        self.leads: dict[str, int] = {}
        self.live: dict[str, Source] = {}
        self._held: dict[str, HeldCell] = {}
        self._begin: dict[str, tuple[int, ...]] = {}
        self._checks: dict[str, list[tuple[StateCheck, Senses]]] = {}
        self._bits: dict[str, list[Source]] = {}
        sources: dict[str, Source] = {}
        for kind, one in senses.items():
            spec = profile.devices.get(kind)
            if spec is not None:
                self._sources(spec, one, sources)
                self._references(spec, rated_kw.get(kind, 0.0), sources)
        for name, point in self._points.items():
            self.cells[Table(point.table)].append(self._cell(name, point, sources.get(name)))
        self._fill(profile)

    def has(self, name: str) -> bool:
        """Return whether a point can be written."""
        return name in self._held

    def raw(self, name: str) -> float:
        """Return what a point holds that can be written, NaN where there is none."""
        if name not in self._held:
            return math.nan
        point, held = self._points[name], self._held[name].held
        return float(held[0]) if point.kind is Kind.BOOL else unpack(_kind(point), held, point.order)

    def put_raw(self, name: str, raw: float) -> None:
        """Set a point that can be written; nothing where there is none."""
        if name in self._held:
            point = self._points[name]
            self._held[name].held = (int(raw),) if point.kind is Kind.BOOL else pack(_kind(point), raw, point.order)

    def value(self, name: str) -> float:
        """Return a point that can be written, in its unit."""
        point = self._points[name]
        return self.raw(name) * 10.0 ** self.factors.get(point.factor, 0) * point.scale + point.offset

    def put(self, name: str, value: float) -> None:
        """Set a point that can be written, in its unit."""
        point = self._points[name]
        self.put_raw(name, (value - point.offset) / point.scale / 10.0 ** self.factors.get(point.factor, 0))

    def unit(self, name: str) -> str:
        """Return the unit of a point."""
        return self._points[name].unit

    def remember(self) -> None:
        """Take what is written now for how the device starts."""
        self._begin = {name: cell.held for name, cell in self._held.items()}

    def restart(self) -> None:
        """Put back everything that was written."""
        for name, words in self._begin.items():
            self._held[name].held = words

    def move_factors(self, step: int = 1) -> None:
        """Raise or lower the scale factors of what can only be read."""
        written = {self._points[name].factor for name in self._held}
        for name in self.factors:
            if name not in written:
                self.factors[name] += step

    def lead(self, counts_left: int) -> None:
        """Bring all registers of energy that wrap so close to their end."""
        for name in self.leads:
            self.leads[name] = (width_of(self._points[name].kind) or 0) - counts_left

    def _sources(self, spec: DeviceSpec, senses: Senses, sources: dict[str, Source]) -> None:
        for port, ways in spec.reads.items():
            for way in ways:
                for term in way.terms:
                    if term.point in self._points and (term.point not in sources or way.mask):
                        sources[term.point] = self._read(port, way, term, senses)
        for check in spec.states:
            self._checks.setdefault(check.point, []).append((check, senses))
        for name, checks in self._checks.items():
            sources.setdefault(name, lambda checks=checks: _state(checks))  # type: ignore[misc]
        for watch in spec.watch:
            sources.setdefault(watch.point, lambda: senses.heartbeat % 0xFFFF)

    def _references(self, spec: DeviceSpec, rated_kw: float, sources: dict[str, Source]) -> None:
        """Show the rating in registers of which set-points are a percentage."""
        for port, ways in spec.writes.items():
            for name in (name for way in ways for value in way.values for name in value.of if name in self._points):
                sources.setdefault(name, self._rating(self._points[name], port, rated_kw))

    def _rating(self, point: Point, port: str, rated_kw: float) -> Source:
        counted = (rated_kw / quantities.to_port(point.unit, port) - point.offset) / point.scale
        return lambda: counted / 10.0 ** self.factors.get(point.factor, 0)

    def _read(self, port: str, way: Read, term: Term, senses: Senses) -> Source:
        """Return what stands in a point: the port's value, turned, in the point's unit, before it is scaled."""
        point = self._points[term.point]
        if way.codes or way.mask:
            # Several ports may have bits of their own in one register.
            parts = self._bits.setdefault(point.name, [])
            parts.append(lambda: _code(way.codes or {0: 0.0, way.mask or 1: 1.0}, senses.read(port)))
            return lambda: float(sum(int(part()) for part in parts if math.isfinite(part())))
        sign = -1.0 if senses.signs.get(port, way.sign) == "generation" else 1.0
        per_port = quantities.to_port(point.unit, port)
        width = width_of(point.kind)
        counting = counts(point, way)
        if counting and width is not None and width <= MOST_WRAP:
            self.leads[point.name] = 0
        rising = [one for one in way.terms if one.weight > 0]
        falling = [one for one in way.terms if one.weight < 0]

        def work_out() -> float:
            share = _share(sign * (senses.count if counting else senses.read)(port), term, rising, falling)
            raw = (share / per_port - point.offset) / point.scale / 10.0 ** self.factors.get(point.factor, 0)
            if point.name in self.leads and width is not None and math.isfinite(raw):
                return float((round(raw) + self.leads[point.name]) % width)
            return raw

        return work_out

    def _cell(self, name: str, point: Point, source: Source | None) -> Cell:
        if point.writable:
            start = source() if source is not None else 0.0
            words = text("", point.count) if point.kind is Kind.STRING else self._words(point, start)
            cell = HeldCell(point.address, words, lambda words: self._outside(point, words), name)
            self._held[name], self._begin[name] = cell, words
            return cell
        if name in self.factors:
            return LiveCell(point.address, point.count, lambda: self._words(point, self.factors[name]))
        if point.kind is Kind.STRING:
            return FixedCell(point.address, text(name, point.count))
        work_out = source or (lambda: self.live[name]() if name in self.live else 0.0)
        return LiveCell(point.address, point.count, lambda: self._words(point, work_out()))

    def _words(self, point: Point, raw: float) -> tuple[int, ...]:
        if point.kind is Kind.BOOL:
            return (int(math.isfinite(raw) and raw != 0.0),)
        kind = _kind(point)
        if not math.isfinite(raw):
            raw = point.void[0] if point.void else 0.0 if kind in RANGES else math.nan
            return _exact(kind, raw, point)
        return pack(kind, raw, point.order)

    def _outside(self, point: Point, words: Sequence[int]) -> bool:
        if point.kind in {Kind.BOOL, Kind.STRING}:
            return False
        raw = unpack(_kind(point), words, point.order)
        value = raw * 10.0 ** self.factors.get(point.factor, 0) * point.scale + point.offset
        return not point.low <= value <= point.high

    def _fill(self, profile: Profile) -> None:
        """Let the parts be read through that the profile says can be."""
        for table, cells in self.cells.items():
            taken = {place for cell in cells for place in range(cell.address, cell.address + cell.size)}
            for first, end in profile.readable_on_wire(TheirTable(table)):
                cells += [FixedCell(place, (0,)) for place in range(first, end) if place not in taken]
                taken.update(range(first, end))


def _kind(point: Point) -> str:
    return TRAVELS_AS.get(point.kind, str(point.kind))


def _exact(kind: str, raw: float, point: Point) -> tuple[int, ...]:
    """Return a code that stands for "no value", which `pack` would not let through."""
    if kind not in RANGES:
        return pack(kind, raw, point.order)
    size = point.count
    words = tuple(int(raw) >> 16 * place & 0xFFFF for place in reversed(range(size)))
    return arrange(words, point.order)


def _share(value: float, term: Term, rising: Sequence[Term], falling: Sequence[Term]) -> float:
    """Return the part of a port's value that one of several points shows: phases alike, import and export each its own."""
    if not falling or not rising:
        return value / (len(rising) + len(falling)) / term.weight
    mine = max(value, 0.0) if term.weight > 0 else min(value, 0.0)
    return (mine if math.isfinite(value) else value) / len(rising if term.weight > 0 else falling) / term.weight


def _code(codes: Mapping[int, float], value: float) -> float:
    """Return the raw value that stands for a value: the closest."""
    return min(codes, key=lambda raw: abs(codes[raw] - value)) if math.isfinite(value) else math.nan


def _state(checks: Sequence[tuple[StateCheck, Senses]]) -> float:
    """Return the raw value of a point that says how the device is."""
    raw = 0
    for check, senses in checks:
        if check.mask is not None:
            raw |= check.mask if check.local and senses.local else 0
        elif check.local and senses.local:
            return float(check.local[0])
        else:
            well = [code for code in check.says if code not in (*check.local, *check.bad)]
            raw |= max(well, default=0)
    return float(raw)
