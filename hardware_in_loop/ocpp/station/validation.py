# SPDX-License-Identifier: Apache-2.0
"""Why a station refuses a charging profile: the requirements of functional block K, one small check each.

The list of refusals is that of OCPP 2.0.1 part 2, K01.FR.* as tabulated in EVerest's "OCPP 2.0.1 smart charging in depth"; reason
codes are those of its appendix 5. Both from memory where they go beyond the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from hardware_in_loop.ocpp.station.profile import DEFAULT_PHASES, QUANTITIES, Kind, Purpose, parts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hardware_in_loop.ocpp.station.profile import Profile


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is refused.

    Attributes
    ----------
    code : str
        ``reasonCode`` of the standard, at most 20 characters.
    text : str
        What is wrong and what is allowed, with the value.
    """

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What a station can do with profiles.

    Attributes
    ----------
    evses : tuple of int
        Ids of its EVSEs (connectors in 1.6).
    first_version : bool
        Whether it speaks 1.6, where a profile of the same level and purpose replaces the old one.
    two_way : bool
        Whether it speaks 2.1 and knows dynamic profiles and set-points.
    transactions : mapping of int to str
        Running transaction of each EVSE.
    stack_levels, periods_most, profiles_most : int
        Highest stack level, most periods of a schedule, most profiles.
    units : tuple of str
        Rate units it takes.
    """

    evses: tuple[int, ...]
    transactions: Mapping[int, str]
    first_version: bool = False
    two_way: bool = False
    stack_levels: int = 10
    periods_most: int = 1024
    profiles_most: int = 100
    units: tuple[str, ...] = ("A", "W")


_UNSUPPORTED_MODES: Final = ("CentralFrequency", "LocalFrequency")
_UNSUPPORTED: Final = ("limitAtSoC", "useLocalTime")


def _evse(profile: Profile, can: Abilities, _: Sequence[Profile]) -> Reason | None:
    if profile.evse and profile.evse not in can.evses:
        return Reason("UnknownEvse", f"no EVSE {profile.evse} here; allowed: 0, {', '.join(map(str, can.evses))}")
    return None


def _purpose(profile: Profile, _: Abilities, __: Sequence[Profile]) -> Reason | None:
    if profile.purpose is Purpose.EXTERNAL:
        return Reason("InvalidProfile", f"{profile.purpose} may not come from a central system")
    if profile.purpose in {Purpose.PRIORITY, Purpose.LOCAL_GENERATION}:
        return Reason("UnsupportedParam", f"{profile.purpose} is not supported")
    if profile.purpose is not Purpose.STATION_MAX:
        return None
    if profile.evse:
        return Reason("InvalidProfile", f"{profile.purpose} is for all of the station: evseId 0, not {profile.evse}")
    if (
        profile.kind is Kind.RELATIVE
        and profile.schedule.start_s is None
        and profile.payload["chargingProfileKind"] == "Relative"
    ):
        return Reason("InvalidProfile", f"{profile.purpose} cannot be Relative: it belongs to no transaction")
    return None


def _transaction(profile: Profile, can: Abilities, _: Sequence[Profile]) -> Reason | None:
    if profile.purpose is not Purpose.TX:
        return None
    if not profile.evse:
        return Reason("InvalidProfile", "a TxProfile needs the evseId of its transaction, not 0")
    running = can.transactions.get(profile.evse, "")
    if not running:
        return Reason("TxNotFound", f"no transaction at EVSE {profile.evse}")
    if not profile.transaction and not can.first_version:
        return Reason("MissingParam", "a TxProfile needs its transactionId")
    if profile.transaction not in {"", running}:
        return Reason("TxNotFound", f"transaction {profile.transaction} is not the one at EVSE {profile.evse} ({running})")
    return None


def _start(profile: Profile, can: Abilities, _: Sequence[Profile]) -> Reason | None:
    wire_kind, start_s = profile.payload["chargingProfileKind"], profile.schedule.start_s
    if wire_kind in {"Absolute", "Recurring"} and start_s is None and not (can.first_version and wire_kind == "Absolute"):
        return Reason("InvalidSchedule", f"{wire_kind} needs a startSchedule")
    if wire_kind in {"Relative", "Dynamic"} and start_s is not None:
        return Reason("InvalidSchedule", f"{wire_kind} must not have a startSchedule")
    if wire_kind == "Recurring" and "recurrencyKind" not in profile.payload:
        return Reason("InvalidProfile", "Recurring needs a recurrencyKind: Daily or Weekly")
    if wire_kind == "Dynamic" and len(profile.schedule.periods) != 1:
        return Reason("InvalidSchedule", f"Dynamic has one period, not {len(profile.schedule.periods)}")
    return None


def _periods(profile: Profile, can: Abilities, _: Sequence[Profile]) -> Reason | None:
    starts = [period.start_s for period in profile.schedule.periods]
    if not starts or starts[0] != 0.0:
        return Reason("InvalidSchedule", f"the first startPeriod is {starts[0] if starts else 'missing'}; allowed: 0")
    for early, late in pairwise(starts):
        if late <= early:
            return Reason("InvalidSchedule", f"startPeriod {late:g} after {early:g} does not rise")
    if len(starts) > can.periods_most:
        return Reason("InvalidSchedule", f"{len(starts)} periods; allowed: {can.periods_most}")
    return None


def _phases(profile: Profile, _: Abilities, __: Sequence[Profile]) -> Reason | None:
    for period in profile.schedule.periods:
        if not 1 <= period.phases <= DEFAULT_PHASES:
            return Reason("InvalidSchedule", f"numberPhases {period.phases}; allowed: 1 to 3")
        if period.phase_to_use is not None and (period.phases != 1 or not 1 <= period.phase_to_use <= DEFAULT_PHASES):
            return Reason("InvalidSchedule", f"phaseToUse {period.phase_to_use} needs numberPhases 1; allowed: 1 to 3")
    return None


def _numbers(profile: Profile, can: Abilities, _: Sequence[Profile]) -> Reason | None:
    for period in profile.schedule.periods:
        if min(period.values.get("limit", (0.0,))) < 0.0:
            return Reason("InvalidValue", f"limit {min(period.values['limit']):g} {profile.schedule.unit} is negative")
        if max(period.values.get("dischargeLimit", (0.0,))) > 0.0:
            return Reason("InvalidValue", f"dischargeLimit {max(period.values['dischargeLimit']):g} is positive; allowed: <= 0")
        if period.mode in _UNSUPPORTED_MODES:
            return Reason("UnsupportedParam", f"operationMode {period.mode} is not supported")
        if not period.values and period.mode != "Idle" and not can.two_way:
            return Reason("InvalidSchedule", f"the period from {period.start_s:g} s has no limit")
    return None


def _abilities(profile: Profile, can: Abilities, installed: Sequence[Profile]) -> Reason | None:
    if not 0 <= profile.stack_level <= can.stack_levels:
        return Reason("InvalidStackLevel", f"stackLevel {profile.stack_level}; allowed: 0 to {can.stack_levels}")
    if profile.schedule.unit not in can.units:
        return Reason("UnsupportedRateUnit", f"chargingRateUnit {profile.schedule.unit}; allowed: {', '.join(can.units)}")
    schedules = profile.payload["chargingSchedule"]
    if isinstance(schedules, list) and len(schedules) > 1:
        return Reason("UnsupportedParam", f"{len(schedules)} schedules need ISO 15118 schedule negotiation; allowed: 1")
    used = [name for name in _UNSUPPORTED if (schedules[0] if isinstance(schedules, list) else schedules).get(name)]
    if used:
        return Reason("UnsupportedParam", f"{', '.join(used)} is not supported")
    if len(installed) >= can.profiles_most and profile.id not in {old.id for old in installed}:
        return Reason("NoProfile", f"{len(installed)} profiles are installed already, no more fit")
    return None


def _validity(profile: Profile, _: Abilities, __: Sequence[Profile]) -> Reason | None:
    if profile.valid_from_s >= profile.valid_to_s:
        return Reason(
            "InvalidProfile", f"validFrom {profile.payload['validFrom']} is not before validTo {profile.payload['validTo']}"
        )
    return None


def _twin(profile: Profile, can: Abilities, installed: Sequence[Profile]) -> Reason | None:
    """K01.FR.06: one profile per stack level, purpose and EVSE, unless its id is replaced."""
    if can.first_version:
        return None
    mine = (profile.stack_level, profile.purpose, profile.evse)
    for old in installed:
        same = (old.stack_level, old.purpose, old.evse) == mine and old.transaction == profile.transaction
        if same and old.id != profile.id:
            return Reason("DuplicateProfile", f"profile {old.id} has stackLevel {old.stack_level} and {old.purpose} already")
    return None


CHECKS: Final[tuple[Callable[[Profile, Abilities, Sequence[Profile]], Reason | None], ...]] = (
    _evse,
    _purpose,
    _transaction,
    _start,
    _periods,
    _phases,
    _numbers,
    _abilities,
    _validity,
    _twin,
)


def refusal(profile: Profile, can: Abilities, installed: Sequence[Profile]) -> Reason | None:
    """Return why a profile cannot be installed, None where it can; all that is wrong stands in the text."""
    reasons = [reason for check in CHECKS if (reason := check(profile, can, installed)) is not None]
    if not reasons:
        return None
    return Reason(reasons[0].code, "; ".join(reason.text for reason in reasons))


def wrong_update(update: Mapping[str, Any]) -> Reason | None:
    """Return why an update of a dynamic profile cannot be taken, None where it can."""
    limit, discharge = parts_of(update, "limit"), parts_of(update, "dischargeLimit")
    if not any(parts_of(update, name) for name in QUANTITIES):
        return Reason("MissingParam", f"none of {', '.join(QUANTITIES)} is given")
    if limit is not None and min(limit) < 0.0:
        return Reason("InvalidValue", f"limit {min(limit):g} is negative")
    if discharge is not None and max(discharge) > 0.0:
        return Reason("InvalidValue", f"dischargeLimit {max(discharge):g} is positive")
    return None
