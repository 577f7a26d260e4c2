# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of `simulators.meter.model`, compiled: there a call of numpy would cost more than what it does."""

from __future__ import annotations

from typing import Any, Final

from twinergy.compiling import compiled
from twinergy.signs import generation_from_load

GAIN, NOISE_RELATIVE, NOISE_OFFSET = range(3)
"""First index of `simulators.meter.params.MeterParams.table`."""
MEANS: Final = 3
"""Rows of a telegram that are means: active power, reactive power, voltage."""
FREQUENCY, SOC, IMPORT, EXPORT, AGE = range(3, 8)

_from_load = compiled(generation_from_load)


@compiled
def _counted(kwh: float) -> float:
    """Return what a register counts: nothing in the other direction, nor of what is not known."""
    return kwh if kwh > 0.0 else 0.0


@compiled
def _noisy(table: Any, row: int, i: int, reading: float, normal: float) -> Any:
    return (abs(reading) * table[NOISE_RELATIVE, row, i] + table[NOISE_OFFSET, row, i]) * normal + reading


@compiled
def measure(
    table: Any, p: Any, q: Any, v: Any, soc: Any, hz: float, hours: float, before: Any, registers: Any, telegram: Any
) -> None:
    """Write import and export up to now, and what a telegram would say without noise and resolution; its age is zero."""
    for i in range(len(p)):
        reading = table[GAIN, 0, i] * p[i]
        registers[0, i] = _counted(hours * reading) + before[0, i]
        registers[1, i] = _counted(_from_load(hours) * reading) + before[1, i]
        telegram[0, i] = reading
        telegram[1, i] = table[GAIN, 1, i] * q[i]
        telegram[2, i] = table[GAIN, 2, i] * v[i]
        telegram[FREQUENCY, i] = hz
        telegram[SOC, i] = soc[i]
        telegram[IMPORT, i] = registers[0, i]
        telegram[EXPORT, i] = registers[1, i]
        telegram[AGE, i] = 0.0


@compiled
def disturb(table: Any, normal: Any, means: Any, telegram: Any) -> None:
    """Write means with noise into a telegram."""
    for row in range(MEANS):
        for i in range(telegram.shape[1]):
            telegram[row, i] = _noisy(table, row, i, means[row, i], normal[row, i])
