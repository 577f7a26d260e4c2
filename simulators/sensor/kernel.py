# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of `simulators.sensor.model`, compiled: there a call of numpy would cost more than what it does."""

from __future__ import annotations

import math
from typing import Any

from twinergy.compiling import compiled

GAIN, OFFSET, NOISE, LOW, HIGH = range(5)
"""First index of `simulators.sensor.params.SensorParams.table`."""
VALID, AGE = 5, 6
"""Rows of a report after those of the five quantities."""


@compiled
def _followed(before: float, truth: float, keep: float) -> float:
    """Return where a sensing element has come to; one that knew nothing begins at the truth."""
    left = (before - truth) * keep
    return truth if math.isnan(left) else left + truth


@compiled
def _within(value: float, low: float, high: float) -> float:
    """Return a value within a range, NaN where it is not known."""
    if value <= low:
        return low
    return high if value >= high else value


@compiled
def sense(
    table: Any,
    keep: Any,
    normal: Any,
    temp: Any,
    humidity: Any,
    co2: Any,
    light: Any,
    sound: Any,
    before: Any,
    level: Any,
    report: Any,
) -> None:
    """Write where the sensing elements have come to, and what they would report now, not yet rounded; its age is zero."""
    for i in range(report.shape[1]):
        truth = temp[i], humidity[i], co2[i], light[i], sound[i]
        for row in range(VALID):
            level[row, i] = _followed(before[row, i], truth[row], keep[row, i])
            reading = normal[row, i] * table[NOISE, row, i] + table[GAIN, row, i] * level[row, i] + table[OFFSET, row, i]
            report[row, i] = _within(reading, table[LOW, row, i], table[HIGH, row, i])
        report[VALID, i] = 1.0
        report[AGE, i] = 0.0
