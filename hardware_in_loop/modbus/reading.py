# SPDX-License-Identifier: Apache-2.0
"""From points to the measured ports of a device."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hardware_in_loop.counters import EnergyCounter, most_kwh
from hardware_in_loop.modbus import quantities
from hardware_in_loop.modbus.profile import counts
from hardware_in_loop.modbus.registers import FLOATS, Point, width_of
from twinergy.signs import load_from_generation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hardware_in_loop.modbus.layout import Layout
    from hardware_in_loop.modbus.profile import Read, Sign
    from hardware_in_loop.modbus.sample import Sample

PLAUSIBLE: Final = 2.0
"""A power beyond this many times the device's rating cannot be. *Assumption*; it catches values that are ten times too high."""


@dataclass(frozen=True, slots=True)
class Said:
    """A port's value.

    Attributes
    ----------
    value : float
        In the port's unit, load frame; NaN where there is none.
    received_s : float
        When the oldest part of it arrived, monotonic. [s]
    problem : str
        Why it cannot be believed, empty if it can.
    """

    value: float
    received_s: float
    problem: str = ""


@dataclass(slots=True)
class PortReader:
    """Reads one port in one way.

    Attributes
    ----------
    port : str
        Port.
    way : Read
        How.
    points : tuple of Point
        Points of the way's terms.
    sign : {"load", "generation"}
        What positive means on the wire.
    rated_kw : float
        Rating of the device, 0 for unknown. [kW]
    names : tuple of str
        Names of the points.
    """

    port: str
    way: Read
    points: tuple[Point, ...]
    sign: Sign
    rated_kw: float = 0.0
    names: tuple[str, ...] = field(init=False)
    _counter: EnergyCounter | None = field(default=None, init=False)
    _counted_s: float = field(default=math.nan, init=False)
    _factors: tuple[float, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.names = tuple(point.name for point in self.points)
        plain = not self.way.codes and not self.way.mask
        terms = zip(self.way.terms, self.points, strict=True)
        self._factors = tuple(term.weight * quantities.to_port(point.unit, self.port) for term, point in terms) if plain else ()

    def after(self, before: PortReader | None, *, replaced: bool) -> PortReader:
        """Return this reader with the count of the one before it; a device that was replaced goes on counting from there."""
        if before is not None and before._counter is not None and before.way == self.way:  # noqa: SLF001 - one of ours
            self._counter, self._counted_s = before._counter, before._counted_s  # noqa: SLF001
            if replaced:
                self._counter.rebase()
        return self

    def read(self, latest: Mapping[str, Sample], now_s: float) -> Said:
        """Return the port's value from the latest samples of its points."""
        if self.way.constant is not None:
            return Said(self.way.constant, now_s)
        samples = [latest[name] for name in self.names]
        received_s = min(sample.received_s for sample in samples)
        problem = next((sample.problem for sample in samples if sample.problem), "")
        if problem:
            return Said(math.nan, received_s, problem)
        try:
            value, problem = self._value(samples)
        except ValueError as error:
            value, problem = math.nan, f"{self.names[0]}: {error}"
        if not problem:
            problem = self._beyond(samples, value)
        return Said(value, received_s, problem)

    def _value(self, samples: Sequence[Sample]) -> tuple[float, str]:
        if self.way.codes or self.way.mask:
            return self._coded(samples[0])
        if counts(self.points[0], self.way):
            return self._counted(samples[0]), ""
        value = sum(factor * sample.value for factor, sample in zip(self._factors, samples, strict=True))
        return (load_from_generation(value) if self.sign == "generation" else value), ""

    def _coded(self, sample: Sample) -> tuple[float, str]:
        raw = int(sample.raw) if isinstance(sample.raw, (int, float)) else 0
        raw &= self.way.mask or -1
        if not self.way.codes:
            return float(raw != 0), ""
        if raw in self.way.codes:
            return self.way.codes[raw], ""
        return math.nan, f"{self.names[0]} shows {raw}, which its profile does not know"

    def _counted(self, sample: Sample) -> float:
        """Return the energy since the first reading; a scale factor that moves changes what a count is worth."""
        point = self.points[0]
        worth = point.scale * 10.0 ** (sample.exponent or 0) * quantities.to_port(point.unit, self.port)
        if self._counter is None:
            self._counter = EnergyCounter(width_of(point.kind) if point.kind not in FLOATS else None, worth)
        raw = float(sample.raw) if isinstance(sample.raw, float) else int(sample.raw or 0)
        most = math.inf if math.isnan(self._counted_s) else most_kwh(sample.received_s - self._counted_s)
        self._counted_s = sample.received_s
        return self._counter.advance(raw, worth, most)

    def _beyond(self, samples: Sequence[Sample], value: float) -> str:
        """Return why a value cannot be, empty if it can."""
        for point, sample in zip(self.points, samples, strict=True):
            if not point.low <= sample.value <= point.high:
                return f"{point.name} shows {sample.value:g} {point.unit}, outside of {point.low:g} to {point.high:g}"
        low = -math.inf if self.way.min is None else self.way.min
        high = math.inf if self.way.max is None else self.way.max
        if not low <= value <= high:
            return f"{self.port} would be {value:g}, outside of {low:g} to {high:g}"
        if self.port == "p_kw" and self.rated_kw > 0 and abs(value) > PLAUSIBLE * self.rated_kw:
            return f"{value:g} kW is more than {PLAUSIBLE:g} times the rating of {self.rated_kw:g} kW"
        return ""


def choose_reader(
    port: str, ways: Sequence[Read], layout: Layout, probed: Mapping[str, Sample], *, sign: Sign | None, rated_kw: float
) -> PortReader | None:
    """Return the first way that the device has and implements; the first that it has if it implements none now; else None."""
    second: PortReader | None = None
    for way in ways:
        points = [layout.point(term.point) for term in way.terms]
        found = tuple(point for point in points if point is not None)
        if len(found) < len(points) or not all(point.name in probed and probed[point.name].shown for point in found):
            continue
        reader = PortReader(port, way, found, sign or way.sign, rated_kw)
        if not any(probed[point.name].problem for point in found):
            return reader
        second = second or reader
    return second
