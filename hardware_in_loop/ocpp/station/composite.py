# SPDX-License-Identifier: Apache-2.0
"""What all charging profiles together allow at a moment, and the composite schedule of a window.

Within one purpose the leading profile is the one of the highest stack level that is valid and has a period at that moment; a
transaction's profile replaces the default one; the lowest of what is left of the purposes holds [1]_.

References
----------
.. [1] Open Charge Alliance, "OCPP 2.0.1 edition 2, part 2", functional block K, sections 3.5 "Stacking charging profiles" and 3.6
       "Combining charging profile purposes"; OCPP 1.6 edition 2, section 3.13 "Smart charging". From memory.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hardware_in_loop.ocpp.station.profile import Kind, Purpose
from hardware_in_loop.ocpp.station.rule import NO_RULE, Rule, clipped, make_rule, tighter
from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hardware_in_loop.ocpp.station.profile import Period, Profile

LONGEST_S: Final = 31 * SECONDS_PER_DAY
"""Longest window of a composite schedule; a longer one is answered with this."""
_CEILINGS: Final = (Purpose.STATION_MAX, Purpose.EXTERNAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What profiles are evaluated for.

    Attributes
    ----------
    evse : int
        EVSE (connector in 1.6); 0 for the station's connection.
    phases : int
        Phases of the EVSE. [-]
    transaction : str
        Running transaction, empty for none.
    relative_s : float
        Start of what is relative: of the transaction, or of the window where there is none. [s]
    offline_s : float
        Since when the central system is away, infinite while it is there. [s]
    specific_first : bool
        Whether an EVSE's own default profile counts before one for all of them whatever the stack levels, as 1.6 has it.
    """

    evse: int = 1
    phases: int = 3
    transaction: str = ""
    relative_s: float = 0.0
    offline_s: float = float("inf")
    specific_first: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """A part of a composite schedule, until the next one begins."""

    offset_s: int
    rule: Rule


def _begin(profile: Profile, time_s: float, situation: Situation) -> float:
    """Return when the schedule that may hold at a time began; infinite for never. [s]."""
    if profile.kind is Kind.RELATIVE:
        return situation.relative_s
    if profile.kind is Kind.DYNAMIC:
        return profile.updated_s
    start_s = profile.schedule.start_s
    if start_s is None:
        return math.inf
    if profile.kind is Kind.RECURRING and time_s > start_s:
        return start_s + (time_s - start_s) // profile.recurrence_s * profile.recurrence_s
    return start_s


def applies(profile: Profile, situation: Situation) -> bool:
    """Return whether a profile concerns an EVSE and its transaction at all."""
    if profile.evse not in {0, situation.evse}:
        return False
    if profile.purpose is Purpose.TX:
        return bool(situation.transaction) and profile.transaction in {"", situation.transaction}
    return True


def period_at(profile: Profile, time_s: float, situation: Situation) -> Period | None:
    """Return the period of a profile that holds at a time, None for none."""
    if not profile.valid_from_s <= time_s < profile.valid_to_s:
        return None
    if time_s - situation.offline_s >= profile.max_offline_s:
        return None
    offset_s = time_s - _begin(profile, time_s, situation)
    if not 0.0 <= offset_s < profile.schedule.duration_s:
        return None
    place = bisect_right(profile.schedule.periods, offset_s, key=lambda period: period.start_s)
    return profile.schedule.periods[place - 1] if place else None


def _leading(profiles: Iterable[Profile], purpose: Purpose, time_s: float, situation: Situation) -> tuple[Profile, Period] | None:
    best: tuple[Profile, Period] | None = None
    rank = (-1, -1)
    for profile in profiles:
        if profile.purpose is not purpose or not applies(profile, situation):
            continue
        period = period_at(profile, time_s, situation)
        level, specific = profile.stack_level, int(profile.evse > 0)
        own = (specific, level) if situation.specific_first else (level, specific)
        if period is not None and own > rank:
            best, rank = (profile, period), own
    return best


def rule_at(profiles: Sequence[Profile], time_s: float, situation: Situation) -> Rule:
    """Return what all profiles together allow an EVSE at a time.

    Parameters
    ----------
    profiles : sequence of Profile
        All profiles of the station.
    time_s : float
        Seconds since 1970. [s]
    situation : Situation
        EVSE, transaction, connection.
    """
    leaders = []
    if situation.evse:
        own = _leading(profiles, Purpose.TX, time_s, situation) or _leading(profiles, Purpose.TX_DEFAULT, time_s, situation)
        leaders.append(own)
    leaders += [_leading(profiles, purpose, time_s, situation) for purpose in _CEILINGS]
    rules = [make_rule(*leader, situation.phases) for leader in leaders if leader is not None]
    if not rules:
        return NO_RULE
    combined = rules[0]
    for rule in rules[1:]:
        combined = tighter(combined, rule)
    return clipped(combined)


def _edges(profile: Profile, start_s: float, end_s: float, situation: Situation) -> Iterator[float]:
    """Give every time at which a profile may begin, change or end within a window."""
    yield profile.valid_from_s
    yield profile.valid_to_s
    yield situation.offline_s + profile.max_offline_s
    begin_s = _begin(profile, start_s, situation)
    while begin_s < end_s:
        yield begin_s + profile.schedule.duration_s
        for period in profile.schedule.periods:
            yield begin_s + period.start_s
        if profile.kind is not Kind.RECURRING:
            return
        begin_s += profile.recurrence_s


def composite(profiles: Sequence[Profile], start_s: float, duration_s: float, situation: Situation) -> list[Slot]:
    """Return the composite schedule of a window.

    Parameters
    ----------
    profiles : sequence of Profile
        All profiles of the station.
    start_s : float
        Start of the window, since 1970. [s]
    duration_s : float
        Its length; what goes beyond `LONGEST_S` is cut off. [s]
    situation : Situation
        EVSE, transaction, connection.

    Returns
    -------
    list of Slot
        By rising whole seconds from the start, the first at 0, neighbours different; `NO_RULE` where no profile says anything.
    """
    length_s = int(min(duration_s, LONGEST_S))
    offsets = {0}
    for profile in profiles:
        if applies(profile, situation):
            edges = _edges(profile, start_s, start_s + length_s, situation)
            offsets.update(math.ceil(edge - start_s - 1e-6) for edge in edges if start_s < edge < start_s + length_s)
    slots: list[Slot] = []
    for offset_s in sorted(offset for offset in offsets if offset < max(length_s, 1)):
        rule = rule_at(profiles, start_s + offset_s, situation)
        if not slots or slots[-1].rule != rule:
            slots.append(Slot(offset_s, rule))
    return slots
