# SPDX-License-Identifier: Apache-2.0
"""Writing that is proven: values and revert times first, what enables them last, and everything read back."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from hardware_in_loop.modbus.registers import BITS, words_of
from hardware_in_loop.modbus.writing import Job, is_proven
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hardware_in_loop.modbus.sample import Sample
    from hardware_in_loop.modbus.shared import SharedUnit

PAUSES_S: Final = (0.0, 0.02, 0.08, 0.2, 0.5)
"""Pauses before what was written is read back once more, as far as the profile's ``settle_s`` allows. [s]"""


class UnprovenError(DeviceError):
    """A device acknowledged a write and does not do it."""


class TooSoonError(DeviceError):
    """A register that wears out was to be changed again too soon."""


class Writer:
    """Writes jobs to a unit.

    Parameters
    ----------
    unit : SharedUnit
        Unit.
    """

    def __init__(self, unit: SharedUnit) -> None:
        self._unit = unit
        self._changed_s: dict[str, float] = {}

    async def do(self, jobs: Iterable[Job], now: Mapping[str, Sample]) -> None:
        """Write, in order, and read everything back.

        Parameters
        ----------
        jobs : iterable of Job
            What; of several for one point the last counts.
        now : mapping of str to Sample
            What stood there a moment ago.

        Raises
        ------
        UnprovenError
            If something does not show what was written.
        TooSoonError
            If a register that wears out would be changed again too soon; nothing is written then.
        ModbusError
            If the device refused or did not answer.
        """
        once = once_each(jobs)
        await self.write(once, now)
        _, wrong = await self.prove(once, tuple(job.point.name for job in once if job.point.readable))
        if wrong:
            raise UnprovenError(advised(wrong))

    async def write(self, jobs: Sequence[Job], now: Mapping[str, Sample]) -> None:
        """Write, in order; raises as `do`, but proves nothing."""
        due = [job for job in jobs if self._is_due(job, now)]
        for stage in (0, 1):
            ordered = sorted((job for job in due if job.stage == stage), key=lambda job: (job.point.table, job.point.address))
            for run in _runs(ordered, self._unit.profile.max_write):
                await self._write(run)

    def _is_due(self, job: Job, now: Mapping[str, Sample]) -> bool:
        """Return whether to write it: what wears out is left alone where it already shows the value."""
        if not job.point.min_interval_s:
            return True
        standing = now.get(job.point.name)
        if standing is not None and is_proven(job, standing):
            return False
        wait_s = self._changed_s.get(job.point.name, float("-inf")) + job.point.min_interval_s - time.monotonic()
        if wait_s > 0:
            message = (
                f"{job.point.name} wears out and may change every {job.point.min_interval_s:g} s only; "
                f"the next time in {wait_s:.1f} s (limits.min_interval_s in the scenario makes commands wait)"
            )
            raise TooSoonError(message)
        return True

    async def _write(self, run: Sequence[Job]) -> None:
        first = run[0].point
        words = [word for job in run for word in words_of(job.point, job.raw)]
        if first.table in BITS:
            await self._unit.connection.write(self._unit.unit, first.address, words, function=5 if len(words) == 1 else 15)
        else:
            await self._unit.connection.write(self._unit.unit, first.address, words)
        for job in run:
            self._changed_s[job.point.name] = time.monotonic()

    async def prove(self, jobs: Sequence[Job], names: tuple[str, ...]) -> tuple[Mapping[str, Sample], str]:
        """Read back until everything shows, or the device has had its time; or until a scale factor is seen to have moved.

        Parameters
        ----------
        jobs : sequence of Job
            What was written.
        names : tuple of str
            What is read, at least the points of the jobs that can be.

        Returns
        -------
        now : mapping of str to Sample
            What stands there.
        wrong : str
            What does not show what was written, because it was written with another scale factor; empty for nothing.

        Raises
        ------
        UnprovenError
            If something does not show what was written, although it was scaled right.
        ModbusError
            If the device does not answer.
        """
        spent_s, wrong = 0.0, ""
        for pause_s in PAUSES_S:
            spent_s += pause_s
            if wrong and spent_s > self._unit.profile.settle_s:
                break
            await asyncio.sleep(pause_s)
            back = await self._unit.read(names)
            wrong = differences(jobs, back)
            if not wrong or _has_moved(jobs, back):
                return back, wrong
        raise UnprovenError(advised(wrong))


def once_each(jobs: Iterable[Job]) -> list[Job]:
    """Return one job for each point: of several the last counts."""
    return list({job.point.name: job for job in jobs}.values())


def _has_moved(jobs: Sequence[Job], back: Mapping[str, Sample]) -> bool:
    """Return whether something shows wrong because its scale factor is not the one with which it was written."""
    return any(
        job.is_scaled and sample is not None and sample.exponent != job.exponent and not is_proven(job, sample)
        for job in jobs
        if job.point.readable
        for sample in (back.get(job.point.name),)
    )


def differences(jobs: Sequence[Job], back: Mapping[str, Sample]) -> str:
    """Return what does not show what was written, empty for nothing; what cannot be read is left out."""
    texts = []
    for job in jobs:
        sample = back.get(job.point.name)
        if job.point.readable and (sample is None or not is_proven(job, sample)):
            shown = sample.problem or sample.raw if sample is not None else "nothing"
            texts.append(f"{job.point.name} was written {job.raw:g} and shows {shown}")
    return ", ".join(texts)


def advised(wrong: str) -> str:
    """Return the message about what does not show what was written."""
    return (
        f"acknowledged, but not done: {wrong}; is the device under local control, or is remote control switched off in its menu?"
    )


def _runs(jobs: Sequence[Job], most: int) -> list[list[Job]]:
    """Return jobs that can go in one request: neighbours in one table."""
    runs: list[list[Job]] = []
    for job in jobs:
        last = runs[-1] if runs else None
        if last is not None and _follows(last, job, most):
            last.append(job)
        else:
            runs.append([job])
    return runs


def _follows(run: Sequence[Job], job: Job, most: int) -> bool:
    before = run[-1].point
    fits = job.point.end - run[0].point.address <= most
    return before.table is job.point.table and before.end == job.point.address and fits
