# SPDX-License-Identifier: Apache-2.0
"""Points as they were read: what the registers held, what it means, and why not where it means nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardware_in_loop.modbus.registers import Raw, power_of_ten, raw_of, value_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hardware_in_loop.modbus.blocks import Block
    from hardware_in_loop.modbus.registers import Point


@dataclass(frozen=True, slots=True)
class Sample:
    """A point as it was read.

    Attributes
    ----------
    raw : int, float, str or None
        What the registers held; None for not implemented, or not readable.
    exponent : int or None
        Power of ten that came in the same answer; None where it is not implemented or impossible.
    value : float
        Value in the point's unit, NaN where there is none.
    received_s : float
        When the answer arrived, on the monotonic clock. [s]
    problem : str
        Why there is no value.
    shown : bool
        Whether the device showed the registers at all.
    """

    raw: Raw | None
    exponent: int | None
    value: float
    received_s: float
    problem: str = ""
    shown: bool = True


def samples_of(block: Block, answer: Sequence[int]) -> dict[str, Sample]:
    """Return the points of a block by name, each with the scale factor of the same answer."""
    now_s = time.monotonic()
    samples = {}
    for item in block.items:
        point, *factors = item.points
        raw = raw_of(point, block.words(answer, point))
        exponent = power_of_ten(raw_of(factors[0], block.words(answer, factors[0]))) if factors else 0
        samples[point.name] = Sample(raw, exponent, value_of(point, raw, exponent), now_s, _why_none(point, raw, exponent))
    return samples


def _why_none(point: Point, raw: Raw | None, exponent: int | None) -> str:
    if raw is None:
        return f"{point.name} shows that it is not implemented, or has no value now"
    return f"{point.name}: the scale factor {point.factor} is not implemented or out of range" if exponent is None else ""


def hopeless(fresh: Mapping[str, Sample]) -> str:
    """Return the reason if the device refused everything, empty if it did not."""
    refused = [sample.problem for sample in fresh.values() if not sample.shown]
    return refused[0] if fresh and len(refused) == len(fresh) else ""
