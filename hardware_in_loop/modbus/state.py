# SPDX-License-Identifier: Apache-2.0
"""What a device says about itself: whether it is well, and whether it obeys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinergy.adapters import Quality

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hardware_in_loop.modbus.profile import StateCheck
    from hardware_in_loop.modbus.sample import Sample


def judge(checks: Sequence[StateCheck], latest: Mapping[str, Sample], unproven: str = "") -> tuple[Quality, str]:
    """Return how good all readings are, by what the device says, and why.

    Parameters
    ----------
    checks : sequence of StateCheck
        Points to look at.
    latest : mapping of str to Sample
        Latest samples.
    unproven : str
        What the device acknowledged and did not do, empty for nothing.
    """
    worst, reason = (Quality.BAD, unproven) if unproven else (Quality.GOOD, "")
    for check in checks:
        sample = latest.get(check.point)
        if sample is None or not isinstance(sample.raw, int):
            continue
        quality = _of(check, sample.raw)
        if quality > worst:
            worst, reason = quality, f"{check.point} says {check.says.get(sample.raw, sample.raw)}"
    return worst, reason


def _of(check: StateCheck, raw: int) -> Quality:
    if check.mask is not None:
        hit = bool(raw & check.mask)
        return (Quality.BAD if check.bad else Quality.LOCAL) if hit else Quality.GOOD
    return Quality.BAD if raw in check.bad else Quality.LOCAL if raw in check.local else Quality.GOOD
