# SPDX-License-Identifier: Apache-2.0
"""Definitions of the key figures of real devices in a run."""

from __future__ import annotations

from typing import Final

from twinergy.results.kpi_definition import HARDWARE, KpiDefinition

REAL_DEVICES: Final = (
    KpiDefinition(
        "hardware_good_share",
        "1",
        HARDWARE,
        "Good readings",
        "steps of all values of real devices whose reading was fresh and believable, over all of them",
        "{value} of what real devices should have said was there when it was needed.",
        "percent",
    ),
    KpiDefinition(
        "hardware_away_h",
        "h",
        HARDWARE,
        "Time without a device",
        "Σ over links of the time in which a twin, a held value or zero stood in for the device; the place is the worst link",
        "Something stood in for real devices for {value}.",
        digits=3,
        limit=0.0,
    ),
    KpiDefinition(
        "hardware_failed_commands",
        "1",
        HARDWARE,
        "Failed commands",
        "commands that a device refused, did not answer, or acknowledged without doing them",
        "",
        "count",
        limit=0.0,
    ),
    KpiDefinition(
        "hardware_age_p99_s",
        "s",
        HARDWARE,
        "Age of readings",
        "99th percentile of the age of good readings when their step took them; the place is the value with the oldest",
        "Good readings were at most {value} old in 99 of 100 steps.",
        digits=4,
    ),
    KpiDefinition(
        "hardware_lateness_p99_s",
        "s",
        HARDWARE,
        "Lateness of steps",
        "99th percentile of the time between a step's deadline and its beginning; the time is that of the latest",
        "Steps began at most {value} late in 99 of 100 cases.",
        digits=4,
    ),
    KpiDefinition(
        "hardware_overruns",
        "1",
        HARDWARE,
        "Steps that took too long",
        "steps whose computation took longer than the step",
        "",
        "count",
        limit=0.0,
    ),
)
