# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of `simulators.gateway.model`, compiled: there a call of numpy would cost more than what it does."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from twinergy.compiling import compiled

GAIN, OFFSET, NOISE_RELATIVE, NOISE, LOW, HIGH, PER_UNIT = range(7)
"""First index of `simulators.gateway.params.GatewayParams.table`."""
POWERS: Final = 16
"""Rows of powers; those of what is sensed follow up to the row of the wet machines' sum, then what is said."""
FIRST_MACHINE: Final = 7
PV, PV_AVAILABLE = 10, 11
SUMMED: Final = 23
SAID: Final = 8
VALID: Final = SUMMED + 1 + SAID


@compiled
def _within(reading: float, low: float, high: float) -> float:
    """Return a reading within a range, NaN where it is not known."""
    if reading <= low:
        return low
    return high if reading >= high else reading


@compiled
def _stepped(table: Any, row: int, i: int, reading: float) -> Any:
    """Return a reading within its range in whole steps of its resolution, never -0."""
    per_unit = table[PER_UNIT, row, i]
    return np.rint(_within(reading, table[LOW, row, i], table[HIGH, row, i]) * per_unit) / per_unit + 0.0


@compiled
def read(table: Any, normal: Any, means: Any, truth: Any, telegram: Any) -> None:
    """Write what gateways would send now into telegrams whose age is zero; `means` holds the powers of the truth."""
    n = telegram.shape[1]
    for row in range(SUMMED):
        values = means if row < POWERS else truth
        luck = PV if row == PV_AVAILABLE else row
        for i in range(n):
            reading = table[GAIN, row, i] * values[row, i] + table[OFFSET, row, i]
            spread = table[NOISE_RELATIVE, row, i] * abs(reading) + table[NOISE, row, i]
            telegram[row, i] = _stepped(table, row, i, reading + spread * normal[luck, i])
    for i in range(n):
        wet = telegram[FIRST_MACHINE, i] + telegram[FIRST_MACHINE + 1, i] + telegram[FIRST_MACHINE + 2, i]
        telegram[SUMMED, i] = _stepped(table, FIRST_MACHINE, i, wet)
    for row in range(SAID):
        for i in range(n):
            telegram[SUMMED + 1 + row, i] = truth[SUMMED + row, i]
    for i in range(n):
        telegram[VALID, i] = 1.0
        telegram[VALID + 1, i] = 0.0
