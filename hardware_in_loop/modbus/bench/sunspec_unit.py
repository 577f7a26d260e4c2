# SPDX-License-Identifier: Apache-2.0
"""The registers of a SunSpec unit: the letters, its models one after the other, and the end."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from hardware_in_loop.modbus.bench.codec import pack, sizes, text, unpack
from hardware_in_loop.modbus.bench.page import FixedCell, HeldCell, LiveCell
from hardware_in_loop.modbus.bench.sunspec_map import MODELS
from hardware_in_loop.modbus.sunspec.models import models

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from hardware_in_loop.modbus.bench.figures import Figures
    from hardware_in_loop.modbus.bench.page import Cell
    from hardware_in_loop.modbus.bench.sunspec_map import Shown, Source
    from hardware_in_loop.modbus.sunspec.models import Model, SunSpecPoint

BASE: Final = 40_000
MARK: Final = (0x5375, 0x6E53)
END: Final = (0xFFFF, 0)
HEADER: Final = 2
MOST_FACTOR: Final = 10
ROOM: Final = 2.0
"""How much more than its rating a device can show."""
_NUMBERS: Final = {
    "enum16": "uint16", "bitfield16": "uint16", "acc16": "uint16", "count": "uint16", "pad": "uint16", "sunssf": "int16",
    "enum32": "uint32", "bitfield32": "uint32", "acc32": "uint32", "acc64": "uint64",
}  # fmt: skip
"""The number that each SunSpec type travels as."""
_MEANS_POWER: Final = frozenset({"W", "VA", "var", "Var"})
_LARGEST: Final = {"int16": 0x7FFF, "uint16": 0xFFFE, "int32": 0x7FFF_FFFF, "uint32": 0xFFFF_FFFE}


def void(kind: str, size: int) -> tuple[int, ...]:
    """Return the registers of a point that is not implemented.

    >>> void("int32", 2), void("uint16", 1), void("acc32", 2), void("float32", 2)
    ((32768, 0), (65535,), (0, 0), (32704, 0))
    """
    if kind in {"int16", "int32", "int64", "sunssf", "pad"}:
        return (0x8000, *(0,) * (size - 1))
    if kind in {"float32", "float64"}:
        return pack(kind, math.nan)
    return (0,) * size if kind in {"string", "acc16", "acc32", "acc64"} else (0xFFFF,) * size


class SunSpecRegisters:
    """Cells of a SunSpec unit, and the values in those that can be written.

    Parameters
    ----------
    figures : Figures
        Numbers behind it.
    offered : iterable of int
        Models, in the order of the chain.
    live : mapping of str to callable
        Points that controls work out, such as times that remain.
    base : int
        Address of the letters SunS.

    Attributes
    ----------
    cells : list of Cell
        All of them.
    factors : dict of str to int
        Powers of ten by ``model:name``; changed ones count at once.
    leads : dict of str to int
        Counts that accumulators are ahead, by ``model:name``: to see them wrap.
    """

    def __init__(
        self, figures: Figures, offered: Iterable[int], live: Mapping[str, Callable[[], float]] | None = None, base: int = BASE
    ) -> None:
        self.cells: list[Cell] = [FixedCell(base, MARK)]
        self.factors: dict[str, int] = {}
        self.leads: dict[str, int] = {}
        self.models: tuple[int, ...] = tuple(offered)
        self._live = dict(live or {})
        self._held: dict[str, tuple[HeldCell, SunSpecPoint, str]] = {}
        self._begin: dict[str, tuple[int, ...]] = {}
        self._voids: dict[str, tuple[int, ...]] = {}
        self._rated_w = figures.rated_w()
        address = base + len(MARK)
        for number in self.models:
            address = self._model(models()[number], MODELS[number](figures), number, address)
        self.cells.append(FixedCell(address, END))

    def has(self, name: str) -> bool:
        """Return whether a point can be written."""
        return name in self._held

    def value(self, name: str, otherwise: float = math.nan) -> float:
        """Return what a point holds that can be written, in its unit; another value where there is none."""
        held = self._held.get(name)
        if held is None:
            return otherwise
        cell, point, factor = held
        if cell.held == self._voids[name]:
            return otherwise
        raw = unpack(_NUMBERS.get(point.kind, point.kind), cell.held)
        return raw * 10.0 ** self.factors.get(factor, 0)

    def put(self, name: str, value: float) -> None:
        """Set a point that can be written; nothing where there is none."""
        if name in self._held:
            cell, point, factor = self._held[name]
            cell.held = self._words(point, value, factor)

    def restart(self) -> None:
        """Put back everything that was written."""
        for name, words in self._begin.items():
            self._held[name][0].held = words

    def move_factors(self, step: int = 1) -> None:
        """Raise or lower the scale factors of what can only be read, as devices do when their range changes."""
        written = {factor for _, _, factor in self._held.values()}
        for name in self.factors:
            if name not in written:
                self.factors[name] = min(max(self.factors[name] + step, -MOST_FACTOR), MOST_FACTOR)

    def lead(self, counts_left: int) -> None:
        """Bring all accumulators of 32 bits so close to their end."""
        for name in self.leads:
            self.leads[name] = (1 << 32) - counts_left

    def _model(self, model: Model, shown: Shown, number: int, address: int) -> int:
        """Add the cells of a model and return the address after it."""
        rest = [(group, shown.groups.get(group.name, ())) for group in model.groups.values()]
        times = [len(contents) if group.times else 1 for group, contents in rest]
        length = model.length + sum(group.length * count for (group, _), count in zip(rest, times, strict=True) if group.times)
        self.cells.append(FixedCell(address, (number, length)))
        self._fit(model, shown, number)
        self._points(model.points, shown.points, number, address)
        start = address
        for (group, contents), count in zip(rest, times, strict=True):
            for index in range(count):
                content = contents[index] if index < len(contents) else {}
                self._points(group.points, content, number, start + group.at + index * group.length, f"{group.name}[{index}].")
        return address + HEADER + length

    def _fit(self, model: Model, shown: Shown, number: int) -> None:
        """Take over the scale factors, raised until everything fits."""
        for name, least in shown.factors.items():
            exponent = least
            for point in model.points.values():
                if point.factor == name:
                    while exponent < MOST_FACTOR and self._largest(point, shown) / 10.0**exponent > _LARGEST.get(
                        point.kind, math.inf
                    ):
                        exponent += 1
            self.factors[f"{number}:{name}"] = exponent

    def _largest(self, point: SunSpecPoint, shown: Shown) -> float:
        source = shown.points.get(point.name)
        if callable(source):
            return ROOM * self._rated_w if point.unit in _MEANS_POWER else 0.0
        return abs(source) if isinstance(source, (int, float)) and math.isfinite(source) else 0.0

    def _points(
        self, points: Mapping[str, SunSpecPoint], sources: Mapping[str, Source], number: int, start: int, prefix: str = ""
    ) -> None:
        for point in points.values():
            name = f"{number}:{prefix}{point.name}"
            source = self._live.get(name, sources.get(point.name))
            self.cells.append(
                self._cell(point, source, name, start + point.at, f"{number}:{point.factor}" if point.factor else "")
            )

    def _cell(self, point: SunSpecPoint, source: Source | None, name: str, address: int, factor: str) -> Cell:
        if point.kind == "sunssf" and name in self.factors:
            return LiveCell(address, 1, lambda: pack("int16", self.factors[name]))
        if source is None or (isinstance(source, float) and math.isnan(source)):
            return FixedCell(address, void(point.kind, point.count))
        if isinstance(source, str):
            return FixedCell(address, text(source, point.count))
        if callable(source):
            if point.kind == "acc32":
                self.leads[name] = 0
            return LiveCell(address, point.count, lambda: self._words(point, source(), factor, name))
        words = self._words(point, source, factor)
        if not point.writable:
            # Ratings do not move, but their scale factors may.
            return LiveCell(address, point.count, lambda: self._words(point, source, factor))
        cell = HeldCell(address, words, name=name)
        self._held[name] = (cell, point, factor)
        self._begin[name] = words
        self._voids[name] = void(point.kind, point.count)
        return cell

    def _words(self, point: SunSpecPoint, value: float, factor: str, name: str = "") -> tuple[int, ...]:
        if not math.isfinite(value):
            return void(point.kind, point.count)
        kind = _NUMBERS.get(point.kind, point.kind)
        exponent = self.factors.get(factor, 0) if factor else 0
        counts = value / 10.0**exponent if exponent >= 0 else value * 10.0**-exponent
        if point.kind in {"acc16", "acc32", "acc64"}:
            # A register of energy begins again behind its largest number; 0 would mean that there is none.
            counts = max((round(counts) + self.leads.get(name, 0)) % (1 << 16 * sizes(kind)), 1)
            return _as_words(int(counts), sizes(kind))
        return pack(kind, counts)


def _as_words(counts: int, size: int) -> tuple[int, ...]:
    return tuple(counts >> 16 * place & 0xFFFF for place in reversed(range(size)))
