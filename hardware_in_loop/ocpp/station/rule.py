# SPDX-License-Identifier: Apache-2.0
"""What holds at a moment: limits and a set-point as powers, and how two rules become one."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hardware_in_loop.ocpp.station.profile import LEAST_A, VOLTAGE_V, Parts

if TYPE_CHECKING:
    from hardware_in_loop.ocpp.station.profile import Period, Profile, Schedule


@dataclass(frozen=True, slots=True)
class Rate:
    """A power with its currents.

    Attributes
    ----------
    total_w : float
        Of all phases together. [W]
    phases : int
        Phases it is spread over. [-]
    parts_w : tuple of float
        Of each phase where they differ, else empty. [W]
    """

    total_w: float
    phases: int = 3
    parts_w: Parts = ()

    @property
    def current_a(self) -> float:
        """Current per phase. [A]."""
        return self.total_w / (self.phases * VOLTAGE_V)


@dataclass(frozen=True, slots=True)
class Rule:
    """What holds at a moment.

    Attributes
    ----------
    limit : Rate or None
        Most that may be drawn; None where no profile says.
    discharge : Rate or None
        Most that may be fed back, not positive.
    setpoint : Rate or None
        What is asked for, within the limits; negative feeds back.
    paused : bool
        Whether the limit is too low to charge at all.
    mode : str
        ``operationMode`` of 2.1.
    phase_to_use : int or None
        The only phase to be used.
    leading : tuple of int
        Ids of the profiles behind it.
    """

    limit: Rate | None = None
    discharge: Rate | None = None
    setpoint: Rate | None = None
    paused: bool = False
    mode: str = ""
    phase_to_use: int | None = None
    leading: tuple[int, ...] = field(default=(), compare=False)


NO_RULE: Final = Rule()


def _rate(values: Parts | None, schedule: Schedule, period: Period, phases: int) -> Rate | None:
    if values is None:
        return None
    used = max(1, min(period.phases, phases))
    scale = VOLTAGE_V if schedule.unit == "A" else 1.0
    if len(values) == 1:
        spread = used if schedule.unit == "A" else 1
        return Rate(values[0] * scale * spread, used)
    parts = tuple(value * scale for value in values)
    return Rate(sum(parts), used, parts)


def _too_low(period: Period, schedule: Schedule) -> bool:
    """Whether a limit cannot be charged with; one in watts is left to the point, which may switch to one phase."""
    limit = period.values.get("limit")
    if limit is None:
        return False
    if max(limit) <= 0.0 or sum(limit) < schedule.least:
        return True
    return schedule.unit == "A" and max(limit) < LEAST_A


def make_rule(profile: Profile, period: Period, phases: int) -> Rule:
    """Return what one period of one profile says for an EVSE with so many phases."""
    schedule = profile.schedule
    limit, discharge, setpoint = (
        _rate(period.values.get(name), schedule, period, phases) for name in ("limit", "dischargeLimit", "setpoint")
    )
    if period.mode == "Idle":
        limit, discharge, setpoint = Rate(0.0, phases), Rate(0.0, phases), None
    elif period.mode == "ChargingOnly":
        discharge = Rate(0.0, phases)
    paused = period.mode == "Idle" or _too_low(period, schedule)
    return Rule(limit, discharge, setpoint, paused, period.mode, period.phase_to_use, (profile.id,))


def tighter(one: Rule, other: Rule) -> Rule:
    """Return two rules as one: the lower limit, the lesser discharge; who sets the limit says how many phases."""
    first = one
    if other.limit is not None:
        mine = (math.inf, math.inf) if one.limit is None else (one.limit.total_w, one.limit.current_a)
        first = other if (other.limit.total_w, other.limit.current_a) < mine else one
    discharges = [rule.discharge for rule in (one, other) if rule.discharge is not None]
    return Rule(
        first.limit,
        max(discharges, key=lambda rate: rate.total_w) if discharges else None,
        one.setpoint if one.setpoint is not None else other.setpoint,
        one.paused or other.paused,
        one.mode or other.mode,
        first.phase_to_use,
        one.leading + other.leading,
    )


def clipped(rule: Rule) -> Rule:
    """Return a rule whose set-point lies within its limits."""
    asked = rule.setpoint
    if asked is None:
        return rule
    high = math.inf if rule.limit is None else rule.limit.total_w
    low = -math.inf if rule.discharge is None else rule.discharge.total_w
    total_w = max(min(asked.total_w, high), low)
    if total_w == asked.total_w:
        return rule
    scale = total_w / asked.total_w if asked.total_w else 0.0
    within = Rate(total_w, asked.phases, tuple(part * scale for part in asked.parts_w))
    return Rule(rule.limit, rule.discharge, within, rule.paused, rule.mode, rule.phase_to_use, rule.leading)
