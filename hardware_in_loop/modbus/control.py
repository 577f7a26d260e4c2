# SPDX-License-Identifier: Apache-2.0
"""What is asked of one device, and how it lets go: set-points, fallback, safe state."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Final

from hardware_in_loop.modbus.command import UnprovenError, Writer, advised, differences, once_each
from hardware_in_loop.modbus.memory import Memory, Needs
from hardware_in_loop.modbus.writing import bits_of, choose_writer, is_proven
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from hardware_in_loop.modbus.layout import Layout
    from hardware_in_loop.modbus.options import ModbusOptions
    from hardware_in_loop.modbus.profile import DeviceSpec
    from hardware_in_loop.modbus.sample import Sample
    from hardware_in_loop.modbus.shared import SharedUnit
    from hardware_in_loop.modbus.writing import Job, PortWriter
    from twinergy.adapters import Attached

TARGET: Final = "p_set_kw"
LIMITS: Final = ("p_min_kw", "p_max_kw")
ATTEMPTS: Final = 2
"""How often one command is written: once more where a scale factor has moved meanwhile, or the device forgot its fallback."""


class Control:
    """Writes set-points of one device.

    Parameters
    ----------
    attached : Attached
        Device of the scenario.
    options : ModbusOptions
        Its adapter block.
    unit : SharedUnit
        Unit.
    spec : DeviceSpec
        What the profile says about this kind.
    """

    def __init__(self, attached: Attached, options: ModbusOptions, unit: SharedUnit, spec: DeviceSpec) -> None:
        self._attached = attached
        self._options = options
        self._spec = spec
        self._unit = unit
        self._writer = Writer(unit)
        self._writers: dict[str, PortWriter] = {}
        self._known_needs: dict[tuple[str, ...], Needs] = {}
        self._timers: dict[str, list[Job]] = {}
        self._memory = Memory(unit)
        self._barred: dict[str, str] = {}
        self._asked: dict[str, float] = {}
        self._promised: dict[str, list[Job]] = {}

    def choose(self, layout: Layout, probed: Mapping[str, Sample]) -> None:
        """Decide how each set-point is written, now that it is known what the device has."""
        phases = int(self._attached.facts.get("phases_count", 0)) or None
        writers = {
            port: choose_writer(
                port,
                ways,
                layout,
                probed,
                sign=self._options.signs.get(port),
                rated_kw=self._attached.rated_kw,
                phases=phases,
            )
            for port, ways in self._spec.writes.items()
        }
        self._writers = {port: writer for port, writer in writers.items() if writer is not None}
        self._known_needs, self._timers = {}, {}

    async def arm(self, beating: Collection[str]) -> None:
        """Write the revert timers and what they lead to, and prove them; forget what was asked before.

        Parameters
        ----------
        beating : collection of str
            Heartbeats that the device gets.

        Raises
        ------
        DeviceError
            If nothing that can be set is given up by the device itself. A single set-point for which that is so is barred.
        """
        self._barred = self._without_fallback(beating) if self._options.safe.fallback == "required" else {}
        writers = {port: writer for port, writer in self._writers.items() if port not in self._barred}
        if not writers:
            none = f"the device has none of the registers by which the profile {self._options.profile} sets anything"
            raise DeviceError("; ".join(self._barred.values()) or f"{self._attached.id}: {none}")
        self._memory.forget()
        now = await self._unit.read(name for writer in writers.values() for name in writer.names)
        promised = {port: writer.fallback(self._safe_value(port, writer), now) for port, writer in writers.items()}
        jobs: list[Job] = []
        for port, writer in writers.items():
            jobs += [*promised[port], *writer.timer(self._options.safe.within_s)]
        await self._writer.do(jobs, now)
        self._promised = promised
        # What was asked before the device was away is over; whoever still wants it asks again.
        self._asked = {}

    async def release(self) -> None:
        """Write the safe state, whatever was asked before."""
        self._asked = dict.fromkeys(self._asked, math.nan)
        self._barred = {}
        self._memory.forget()
        await self.command({port: self._options.safe.set.get(port, math.nan) for port in self._writers})

    async def command(self, values: Mapping[str, float]) -> None:
        """Write set-points, NaN to let go of one, with those that were asked for before and still stand.

        Raises
        ------
        DeviceError
            If the device cannot, refused, did not answer, or does not do what it acknowledged.
        """
        asked = {**self._asked, **values}
        standing = {port: value for port, value in asked.items() if not math.isnan(value)}
        active = self._active(standing, values)
        gone = [port for port in values if port not in active and port in self._writers]
        await self._bring(active, gone)
        stuck = [port for port in gone if port in self._asked and port not in standing and not _lets_go(self._writers[port])]
        self._asked = standing
        if stuck:
            message = (
                f"{self._attached.id}: nothing lets go of {', '.join(stuck)}; give the profile registers for it (release), "
                "or the scenario a value in safe.set"
            )
            raise DeviceError(message)

    async def _bring(self, active: Mapping[str, float], gone: Collection[str]) -> None:
        """Write and prove; again where a scale factor has moved, bits have come, or the device forgot how it was armed."""
        needs = self._needs((*active, *gone))
        began_s = time.monotonic()
        now, wrong = self._memory.take(needs.all, began_s), ""
        for _ in range(1 if needs.wearing else ATTEMPTS):
            now, wrong = await self._attempt(active, gone, needs, now)
            if not wrong and not any(self._forgot(port, now) for port in active):
                self._memory.keep(needs.all, now, began_s)
                return
        if wrong:
            message = f"{advised(wrong)} (its scale factor or its mode has changed meanwhile)"
            raise UnprovenError(message)

    async def _attempt(
        self, active: Mapping[str, float], gone: Collection[str], needs: Needs, known: Mapping[str, Sample] | None
    ) -> tuple[Mapping[str, Sample], str]:
        """Write once; return what stands there now, and what is wrong with it.

        Values come first, for they are what is waited for; what enables them, and the bits that set-points share, after all of
        them. Bits are read right before they are written: they may have changed by another hand.
        """
        now = await self._unit.read(needs.all if needs.wearing else needs.own) if known is None or needs.wearing else known
        jobs = once_each([*self._let_go(gone, active), *self._ask(active, now)])
        early = [] if needs.wearing else [job for job in jobs if job.stage == 0]
        await self._writer.write(early, now)
        bits = self._bits(active, now)
        if needs.bits and not needs.wearing and not (known is not None and all(_stands(job, now) for job in bits)):
            now = {**now, **await self._unit.read(needs.bits)}
            bits = self._bits(active, now)
        left = [job for job in bits if _stands(job, now)]
        written = once_each([*jobs, *(job for job in bits if job not in left)])
        await self._writer.write(written if needs.wearing else [job for job in written if job.stage > 0], now)
        now, wrong = await self._writer.prove(written, needs.all)
        return now, wrong or differences(left, now)

    def _bits(self, active: Mapping[str, float], now: Mapping[str, Sample]) -> list[Job]:
        return bits_of(self._writers.values(), [self._writers[port] for port in active], now)

    def _needs(self, ports: tuple[str, ...]) -> Needs:
        """Return what must be read to write some set-points."""
        if ports not in self._known_needs:
            own = tuple(dict.fromkeys(name for port in ports for name in self._writers[port].names))
            bits = tuple(dict.fromkeys(name for writer in self._writers.values() for name in writer.way.bits))
            every = tuple(dict.fromkeys((*own, *bits)))
            layout = self._unit.layout
            points = [layout.point(name) for name in every] if layout is not None else []
            wearing = any(point is not None and point.min_interval_s for point in points)
            self._known_needs[ports] = Needs(own, bits, every, wearing)
        return self._known_needs[ports]

    def _timer(self, port: str) -> list[Job]:
        if port not in self._timers:
            self._timers[port] = self._writers[port].timer(self._options.safe.within_s)
        return self._timers[port]

    def _let_go(self, gone: Collection[str], active: Mapping[str, float]) -> list[Job]:
        kept = {name for port in active for name in self._writers[port].way.enable}
        return [job for port in gone for job in self._writers[port].let_go() if job.point.name not in kept]

    def _ask(self, active: Mapping[str, float], now: Mapping[str, Sample]) -> list[Job]:
        jobs: list[Job] = []
        for port, value in active.items():
            writer = self._writers[port]
            jobs += [*self._kept(port, writer, now), *writer.ask(value, now), *self._timer(port)]
        return jobs

    def _kept(self, port: str, writer: PortWriter, now: Mapping[str, Sample]) -> list[Job]:
        """Return what the device was armed with, where it no longer shows that: it may have restarted behind a gateway unseen."""
        return writer.fallback(self._safe_value(port, writer), now) if self._forgot(port, now) else []

    def _forgot(self, port: str, now: Mapping[str, Sample]) -> bool:
        promised = self._promised.get(port, [])
        return not all(job.point.name not in now or is_proven(job, now[job.point.name]) for job in promised if job.point.readable)

    def _active(self, standing: Mapping[str, float], values: Mapping[str, float]) -> dict[str, float]:
        """Return what to write: a target is held within limits that have no registers, or only the target's."""
        active = dict(standing)
        if TARGET in active and TARGET in self._writers:
            taken = self._writers[TARGET].shared
            for port in LIMITS:
                if port in active and (port not in self._writers or self._writers[port].shared & taken):
                    limit, target = active.pop(port), active[TARGET]
                    active[TARGET] = max(target, limit) if port == "p_min_kw" else min(target, limit)
        barred = [self._barred[port] for port in active if port in self._barred]
        unknown = [port for port in active if port not in self._writers and port in values]
        if unknown:
            has = ", ".join(self._writers) or "none"
            barred.append(f"{self._attached.id}: the device has no way to set {', '.join(unknown)}; it has {has}")
        if barred:
            raise DeviceError("; ".join(barred))
        return {port: value for port, value in active.items() if port in self._writers}

    def _safe_value(self, port: str, writer: PortWriter) -> float | None:
        """Return the value to fall back to; who takes the risk knowingly gets the local mode where the device has no better."""
        revert = writer.way.revert
        if self._options.safe.fallback == "none" and revert is not None and not revert.value:
            return None
        return self._options.safe.set.get(port)

    def _without_fallback(self, beating: Collection[str]) -> dict[str, str]:
        """Return, for every set-point that the device would not give up by itself, what to do about it."""
        safe = self._options.safe
        heartbeat = any(one.within_s and one.within_s <= safe.within_s for one in self._spec.beat if one.point in beating)
        advice = "give its profile a revert register or a heartbeat, or take the risk knowingly with safe.fallback: none"
        return {
            port: (
                f"{self._attached.id}: nothing in the device ends {port} within {safe.within_s:g} s "
                f"when the laboratory is gone; {advice}"
            )
            for port, writer in self._writers.items()
            if writer.way.revert is None and (not heartbeat or port in safe.set)
        }


def _stands(job: Job, now: Mapping[str, Sample]) -> bool:
    """Return whether bits need not be written: none of them is wanted, and none is there."""
    sample = now.get(job.point.name)
    return not int(job.raw) & (job.mask or 0) and sample is not None and is_proven(job, sample)


def _lets_go(writer: PortWriter) -> bool:
    return bool(writer.way.release or writer.way.bits)
