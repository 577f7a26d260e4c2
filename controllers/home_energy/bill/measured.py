# SPDX-License-Identifier: Apache-2.0
"""What was measured at home: energy of every step, and what is known of the steps whose reading is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Gap:
    """Consecutive steps without a reading.

    Attributes
    ----------
    first, end : int
        First step, and the step after the last.
    kwh : float or None
        Energy of them all where the registers before and after tell it. [kWh]
    """

    first: int
    end: int
    kwh: float | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """Energy in one direction.

    Attributes
    ----------
    kwh : ndarray, shape (n_steps,)
        Energy of each step, NaN in a gap. [kWh]
    gaps : tuple of Gap
        All gaps.
    """

    kwh: FloatArray
    gaps: tuple[Gap, ...]

    @classmethod
    def of_energy(cls, kwh: FloatArray) -> Self:
        """Return a flow from the energy of each step, NaN where it is missing."""
        values = np.asarray(kwh, dtype=np.float64)
        return cls(values, tuple(Gap(first, end) for first, end in _runs(np.isnan(values))))

    @classmethod
    def of_register(cls, register_kwh: FloatArray) -> Self:
        """Return a flow from a register at the end of each step and, first, at the start; NaN where it was not read.

        Raises
        ------
        ValueError
            If it runs backwards: a meter was changed, and the parts must be checked by themselves.
        """
        register = np.asarray(register_kwh, dtype=np.float64)
        known = np.flatnonzero(~np.isnan(register))
        steps = np.diff(register[known])
        if (steps < 0.0).any():
            place = int(known[int(np.argmax(steps < 0.0))])
            fall = f"the register falls after reading {place} from {register[place]:g} kWh"
            message = f"{fall}: was the meter changed? check each part by itself"
            raise ValueError(message)
        kwh = np.diff(register)
        gaps = []
        for first, end in _runs(np.isnan(kwh)):
            before, after = register[first], register[end]
            gaps.append(Gap(first, end, None if np.isnan(before) or np.isnan(after) else float(after - before)))
        return cls(kwh, tuple(gaps))


@dataclass(frozen=True, slots=True)
class Measured:
    """Imported and exported energy of contiguous steps.

    Attributes
    ----------
    start_epoch_s, step_s : int
        Start of the first step and length of each. [s]
    imported, exported : Flow
        Energy by step.
    """

    start_epoch_s: int
    step_s: int
    imported: Flow
    exported: Flow

    @classmethod
    def of_registers(cls, start_epoch_s: int, step_s: int, import_kwh: FloatArray, export_kwh: FloatArray) -> Self:
        """Return what registers say: at `start_epoch_s` and after each step, shape (n_steps + 1,), NaN where not read."""
        return cls(start_epoch_s, step_s, Flow.of_register(import_kwh), Flow.of_register(export_kwh))

    @classmethod
    def of_energy(cls, start_epoch_s: int, step_s: int, import_kwh: FloatArray, export_kwh: FloatArray) -> Self:
        """Return what was measured as energy of each step, shape (n_steps,), NaN where missing."""
        return cls(start_epoch_s, step_s, Flow.of_energy(import_kwh), Flow.of_energy(export_kwh))

    @property
    def missing_steps(self) -> int:
        """Number of steps without a reading of the imported energy."""
        return int(np.isnan(self.imported.kwh).sum())


@dataclass(frozen=True, slots=True)
class Quantity:
    """Energy of some steps, as far as it is known.

    Attributes
    ----------
    kwh : float
        Best estimate: missing steps count like the mean of the known ones, or by what the registers say. [kWh]
    low, high : float
        Bounds; equal where nothing is missing. [kWh]
    missing : int
        Steps without a reading.
    steps : int
        Steps in all.
    """

    kwh: float
    low: float
    high: float
    missing: int
    steps: int


def quantity_of(flow: Flow, first: int, chosen: Mask, step_kwh: float) -> Quantity:
    """Return the energy of some steps.

    Parameters
    ----------
    flow : Flow
        What was measured.
    first : int
        Step of the flow at which the period begins; may lie outside of it.
    chosen : ndarray of bool, shape (n,)
        Which steps of the period count.
    step_kwh : float
        Most that a step can carry; infinite where that is not known. [kWh]
    """
    count = len(chosen)
    lead, tail = min(count, max(0, -first)), max(0, first + count - len(flow.kwh))
    inside = flow.kwh[max(0, first) : max(0, first + count)][: count - lead]
    values = np.concatenate([np.full(lead, np.nan), inside, np.full(min(tail, count - lead), np.nan)])[:count]
    known = chosen & ~np.isnan(values)
    total = float(values[known].sum())
    low = high = best = total
    told = np.zeros(count, dtype=np.bool_)
    for gap in flow.gaps:
        if gap.kwh is None:
            continue
        here = np.zeros(count, dtype=np.bool_)
        here[max(0, gap.first - first) : max(0, min(count, gap.end - first))] = True
        within, whole = int((here & chosen).sum()), gap.end - gap.first
        if within:
            told |= here
            low += max(0.0, gap.kwh - (whole - within) * step_kwh) if within < whole else gap.kwh
            high += min(gap.kwh, within * step_kwh) if within < whole else gap.kwh
            best += gap.kwh * within / whole
    blind = int((chosen & np.isnan(values) & ~told).sum())
    mean = total / int(known.sum()) if known.any() else 0.0
    high += blind * step_kwh if blind else 0.0
    missing = int((chosen & np.isnan(values)).sum())
    return Quantity(best + blind * mean, low, high, missing, int(chosen.sum()))


def _runs(mask: Mask) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(mask.astype(np.int8), prepend=0, append=0))
    return [(int(first), int(end)) for first, end in zip(edges[::2], edges[1::2], strict=True)]
