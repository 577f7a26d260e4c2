# SPDX-License-Identifier: Apache-2.0
"""From set-points to registers: which ones, in which order, and what must be read back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from hardware_in_loop.modbus import quantities
from hardware_in_loop.modbus.layout import has_reference, names_of_write, references_of
from hardware_in_loop.modbus.registers import FLOATS, Point, Raw, count_of, raw_for, value_of
from twinergy.errors import DeviceError
from twinergy.signs import generation_from_load

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hardware_in_loop.modbus.layout import Layout
    from hardware_in_loop.modbus.profile import Sign, Value, Write
    from hardware_in_loop.modbus.sample import Sample

_ROUNDING: Final = {"p_max_kw": -1, "p_min_kw": 1}
"""A limit is rounded to its safe side, in the load frame; everything else to the nearest count."""
_FLOAT_PLACES: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Job:
    """One point to write.

    Attributes
    ----------
    point : Point
        Point.
    raw : int or float
        What to write.
    exponent : int or None
        Power of ten with which it was scaled.
    stage : int
        0 for values and revert times, 1 for what enables them.
    mask : int or None
        Only these bits must show when it is read back.
    timer : bool
        Whether it counts down by itself.
    exact : bool
        Whether it must show to the count: a mode, a switch.
    """

    point: Point
    raw: int | float
    exponent: int | None = 0
    stage: int = 0
    mask: int | None = None
    timer: bool = False
    exact: bool = False

    @property
    def is_scaled(self) -> bool:
        """Whether what it means depends on a scale factor of the device."""
        return bool(self.point.factor) and not (self.exact or self.timer) and self.mask is None


@dataclass(frozen=True)
class PortWriter:
    """Writes one set-point in one way.

    Attributes
    ----------
    port : str
        Port.
    way : Write
        How.
    layout : Layout
        Where the points are.
    sign : {"load", "generation"} or None
        What the scenario says about the sign on the wire, in place of the profile.
    rated_kw : float
        Rating. [kW]
    phases : int or None
        Phases of the device, where the scenario knows them.
    """

    port: str
    way: Write
    layout: Layout
    sign: Sign | None = None
    rated_kw: float = 0.0
    phases: int | None = None

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Points that must be read before it can be written: scales, references, what stands there now."""
        references = [point.name for value in self.way.values for point in references_of(value, self.layout)]
        revert = self.way.revert
        others = (revert.value, *revert.enable, *revert.local) if revert else ()
        names = (*names_of_write(self.way), *self.way.set, *self.way.release, *others, *references)
        return tuple(dict.fromkeys(name for name in names if name))

    @cached_property
    def shared(self) -> frozenset[str]:
        """Points that take its value."""
        return frozenset(value.point for value in self.way.values)

    def ask(self, value: float, now: Mapping[str, Sample]) -> list[Job]:
        """Return what to write for a set-point, without bits that it may share with others."""
        jobs = [Job(point, raw, exact=True) for point, raw in self._plain(self.way.set) if _implemented(now, point)]
        jobs += [self._value(one, value, now) for one in self.way.values]
        return jobs + [Job(point, raw, stage=1, exact=True) for point, raw in self._plain(self.way.enable)]

    def let_go(self) -> list[Job]:
        """Return what to write so that the device goes back to its local mode, without bits."""
        return [Job(point, raw, stage=1, exact=True) for point, raw in self._plain(self.way.release)]

    def timer(self, within_s: float) -> list[Job]:
        """Return what to write so that the device's own timer runs.

        Raises
        ------
        DeviceError
            If the timer cannot count that.
        """
        if self.way.revert is None:
            return []
        point = self._point(self.way.revert.seconds)
        raw = raw_for(point, within_s / quantities.in_seconds(point.unit), toward=-1)
        if raw < 1 or value_of(point, raw) * quantities.in_seconds(point.unit) > within_s + _FLOAT_PLACES:
            message = f"{point.name}: the device's timer cannot count {within_s:g} s; ask for a safe.within_s of whole counts"
            raise DeviceError(message)
        return [Job(point, raw, timer=True)]

    def fallback(self, safe: float | None, now: Mapping[str, Sample]) -> list[Job]:
        """Return what to write so that the device takes a safe value (local mode for None) when its timer ends.

        Raises
        ------
        DeviceError
            If it has a timer, but cannot take that value.
        """
        revert = self.way.revert
        if revert is None:
            return []
        if safe is None:
            return [Job(point, raw, exact=True) for point, raw in self._plain(revert.local) if _implemented(now, point)]
        if not revert.value:
            message = (
                f"{self.port}: when its timer ends this device goes to its local mode, not to a value; "
                f"remove safe.set.{self.port} (got {safe:g}) if that is safe, or use a device that can"
            )
            raise DeviceError(message)
        like = self.way.values[0].model_copy(update={"point": revert.value})
        return [self._value(like, safe, now), *(Job(point, raw, exact=True) for point, raw in self._plain(revert.enable))]

    def _plain(self, raws: Mapping[str, int]) -> list[tuple[Point, int]]:
        return [(self._point(name), raw) for name, raw in raws.items()]

    def _point(self, name: str) -> Point:
        point = self.layout.point(name)
        if point is None:
            message = f"{self.port}: the device has no {name}"
            raise DeviceError(message)
        return point

    def _value(self, how: Value, asked: float, now: Mapping[str, Sample]) -> Job:
        point = self._point(how.point)
        exponent = now[point.name].exponent if point.name in now else 0
        if how.codes:
            if asked not in how.codes:
                allowed = ", ".join(f"{one:g}" for one in how.codes)
                message = f"{self.port}: {asked:g} is not one of what the device takes: {allowed}"
                raise DeviceError(message)
            return Job(point, how.codes[asked], exact=True)
        if exponent is None:
            message = f"{point.name}: the device shows no scale factor {point.factor}, so nothing can be written"
            raise DeviceError(message)
        # What the scenario says is about the first point; of several, such as one for each direction, all are turned with it.
        otherwise = self.sign is not None and self.sign != self.way.values[0].sign
        turned = (how.sign == "generation") != otherwise
        wanted = self._in_unit(how, point, generation_from_load(asked) if turned else asked, now)
        wanted = min(max(wanted, -math.inf if how.min is None else how.min), math.inf if how.max is None else how.max)
        wanted = 0.0 if abs(wanted) < how.least else wanted
        toward = _ROUNDING.get(self.port, 0)
        return Job(point, raw_for(point, wanted, exponent, toward=-toward if turned else toward), exponent)

    def _in_unit(self, how: Value, point: Point, asked: float, now: Mapping[str, Sample]) -> float:
        """Return a set-point in the unit of the point: as a share of something, or converted."""
        if not how.of:
            phases = self.phases or how.phases
            return asked * quantities.per_port(point.unit, self.port, voltage_v=how.voltage_v, phases=phases)
        whole = self._whole(how, now)
        if not whole > 0:
            message = f"{point.name} is a percentage of {' or '.join(how.of)}, which is not known (got {whole:g} kW)"
            raise DeviceError(message)
        return asked / whole / quantities.to_port(point.unit, "soc")

    def _whole(self, how: Value, now: Mapping[str, Sample]) -> float:
        """Return that of which a value is a percentage: the first that the device shows, else the rating. [kW]."""
        for reference in references_of(how, self.layout):
            sample = now.get(reference.name)
            whole = sample.value * quantities.to_port(reference.unit, self.port) if sample else math.nan
            if whole > 0:
                return whole
        return self.rated_kw if "rated" in how.of else math.nan


def choose_writer(
    port: str,
    ways: Sequence[Write],
    layout: Layout,
    probed: Mapping[str, Sample],
    *,
    sign: Sign | None = None,
    rated_kw: float = 0.0,
    phases: int | None = None,
) -> PortWriter | None:
    """Return the first way that the device has and implements, None if there is none."""
    # A way without its timer is better than none: whether that may be risked is decided when it is armed.
    for way in (*ways, *(way.model_copy(update={"revert": None}) for way in ways)):
        if _is_possible(way, layout, probed):
            return PortWriter(port, way, layout, sign, rated_kw, phases)
    return None


def _is_possible(way: Write, layout: Layout, probed: Mapping[str, Sample]) -> bool:
    names = names_of_write(way)
    if not layout.has(names) or not all(has_reference(value, layout) for value in way.values):
        return False
    # A value may well be void before anything was ever written; what enables it may not.
    values = {value.point for value in way.values}
    return all(
        _shown(probed, layout.point(name)) and (name in values or _implemented(probed, layout.point(name))) for name in names
    )


def _implemented(now: Mapping[str, Sample], point: Point | None) -> bool:
    if point is None:
        return False
    return not point.readable or (point.name in now and now[point.name].raw is not None)


def _shown(now: Mapping[str, Sample], point: Point | None) -> bool:
    if point is None:
        return False
    return not point.readable or (point.name in now and now[point.name].shown and now[point.name].exponent is not None)


def bits_of(writers: Iterable[PortWriter], active: Iterable[PortWriter], now: Mapping[str, Sample]) -> list[Job]:
    """Return the points of which several set-points have bits, with the bits of those that are active; others' bits stay."""
    masks: dict[str, tuple[Point, int]] = {}
    for writer in writers:
        for name, bits in writer.way.bits.items():
            point = writer.layout.point(name)
            if point is not None:
                masks[name] = (point, masks[name][1] | bits if name in masks else bits)
    wanted = dict.fromkeys(masks, 0)
    for writer in active:
        for name, bits in writer.way.bits.items():
            wanted[name] |= bits
    jobs = []
    for name, (point, mask) in masks.items():
        standing = now[name].raw if name in now else 0
        other = int(standing) & ~mask if isinstance(standing, int) else 0
        jobs.append(Job(point, other | wanted[name], stage=1, mask=mask))
    return jobs


def is_proven(job: Job, sample: Sample) -> bool:
    """Return whether what was read back is what was written, to one count."""
    raw = sample.raw
    if raw is None or isinstance(raw, str):
        return False
    if job.mask is not None:
        return int(raw) & job.mask == int(job.raw) & job.mask
    if job.timer:
        # It may already have counted down, but a timer at 0 never ends.
        return 0 < raw <= job.raw
    return _close(job, raw, sample.exponent)


def _close(job: Job, raw: Raw, exponent: int | None) -> bool:
    if raw == job.raw and exponent == job.exponent:  # nearly always; the rest tells what a difference is worth
        return True
    asked, shown = value_of(job.point, job.raw, job.exponent), value_of(job.point, raw, exponent)
    if job.point.kind in FLOATS:
        return math.isclose(asked, shown, rel_tol=_FLOAT_PLACES, abs_tol=_FLOAT_PLACES)
    count = 0.0 if job.exact else max(count_of(job.point, exponent), count_of(job.point, job.exponent))
    return abs(asked - shown) <= count * (1.0 + _FLOAT_PLACES)
