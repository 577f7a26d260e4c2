# SPDX-License-Identifier: Apache-2.0
"""Charging profiles as the station keeps them: one form for all versions of the wire.

Limits stay in the unit of the wire, because how many watts an ampere is depends on the EVSE that obeys.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from hardware_in_loop.ocpp.station.times import parse_time
from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Mapping

VOLTAGE_V: Final = 230.0
"""Nominal phase to neutral voltage (IEC 60038) with which amperes become watts."""
LEAST_A: Final = 6.0
"""Least current a car can be offered on a phase (IEC 61851-1, table A.8); less is a pause."""
DEFAULT_PHASES: Final = 3
"""Phases of a period that does not say (OCPP 1.6 section 7.14, OCPP 2.0.1 part 2 section 2.14)."""


class Purpose(StrEnum):
    """What a profile is for."""

    EXTERNAL = "ChargingStationExternalConstraints"
    STATION_MAX = "ChargingStationMaxProfile"
    TX_DEFAULT = "TxDefaultProfile"
    TX = "TxProfile"
    PRIORITY = "PriorityCharging"
    LOCAL_GENERATION = "LocalGeneration"


class Kind(StrEnum):
    """What the start of a schedule refers to."""

    ABSOLUTE = "Absolute"
    RECURRING = "Recurring"
    RELATIVE = "Relative"
    DYNAMIC = "Dynamic"


_RECURRENCE_S: Final = {"Daily": float(SECONDS_PER_DAY), "Weekly": 7.0 * SECONDS_PER_DAY}
QUANTITIES: Final = ("limit", "dischargeLimit", "setpoint")
Parts = tuple[float, ...]
"""One number for all phases together (or for each of them in A), or three, one for each phase."""


@dataclass(frozen=True, slots=True)
class Period:
    """What holds from a moment of a schedule on.

    Attributes
    ----------
    start_s : float
        From the start of the schedule. [s]
    values : mapping of str to tuple of float
        ``limit`` (not negative), ``dischargeLimit`` (not positive), ``setpoint``, where given, in the schedule's unit. [W or A]
    phases : int
        Phases that may be used. [-]
    phase_to_use : int or None
        The only one, where there is only one. [-]
    mode : str
        ``operationMode`` of 2.1, empty where none was given.
    """

    start_s: float
    values: Mapping[str, Parts]
    phases: int = DEFAULT_PHASES
    phase_to_use: int | None = None
    mode: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Periods with a start.

    Attributes
    ----------
    unit : str
        ``W`` or ``A``.
    periods : tuple of Period
        By rising start; the first starts at 0.
    start_s : float or None
        Start since 1970; None for what is relative. [s]
    duration_s : float
        Length, infinite where it does not end. [s]
    least : float
        Below this rate charging makes no sense and pauses. [W or A]
    """

    unit: str
    periods: tuple[Period, ...]
    start_s: float | None = None
    duration_s: float = float("inf")
    least: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A charging profile at an EVSE.

    Attributes
    ----------
    evse : int
        EVSE (connector in 1.6), 0 for all of the station.
    recurrence_s : float
        Length after which a recurring schedule begins again. [s]
    transaction : str
        Transaction of a `Purpose.TX`, empty for any.
    max_offline_s : float
        How long it may hold without the central system. [s]
    gone_after_offline : bool
        Whether it is deleted after that, instead of sleeping until the central system is back.
    updated_s : float
        When a dynamic one was installed or updated, since 1970. [s]
    update_interval_s : float
        How often a dynamic one asks for an update; 0 for never. [s]
    payload : mapping
        As it came, for reports.
    """

    id: int
    stack_level: int
    purpose: Purpose
    kind: Kind
    schedule: Schedule
    evse: int = 0
    recurrence_s: float = float("inf")
    valid_from_s: float = float("-inf")
    valid_to_s: float = float("inf")
    transaction: str = ""
    max_offline_s: float = float("inf")
    gone_after_offline: bool = False
    updated_s: float = 0.0
    update_interval_s: float = 0.0
    payload: Mapping[str, Any] = field(default_factory=dict, compare=False)


def parts_of(wire: Mapping[str, Any], name: str) -> Parts | None:
    """Return the numbers of one quantity of a period, three where phases differ."""
    first = wire.get(name)
    others = [wire.get(f"{name}_L{phase}") for phase in (2, 3)]
    if all(other is None for other in others):
        return None if first is None else (float(first),)
    return tuple(0.0 if value is None else float(value) for value in (first, *others))


def _period(wire: Mapping[str, Any]) -> Period:
    found = {name: parts_of(wire, name) for name in QUANTITIES}
    values = {name: parts for name, parts in found.items() if parts is not None}
    phases = wire.get("numberPhases", DEFAULT_PHASES)
    return Period(float(wire["startPeriod"]), values, phases, wire.get("phaseToUse"), wire.get("operationMode", ""))


def _schedule(wire: Mapping[str, Any]) -> Schedule:
    start = wire.get("startSchedule")
    return Schedule(
        unit=wire["chargingRateUnit"],
        periods=tuple(_period(period) for period in wire["chargingSchedulePeriod"]),
        start_s=None if start is None else parse_time(start),
        duration_s=float(wire.get("duration", float("inf"))),
        least=float(wire.get("minChargingRate", 0.0)),
    )


def read_profile(wire: Mapping[str, Any], evse: int, now_s: float = 0.0) -> Profile:
    """Return a profile of the wire, of any version.

    Parameters
    ----------
    wire : mapping
        ``chargingProfile`` (2.x) or ``csChargingProfiles`` (1.6), valid by its schema.
    evse : int
        EVSE or connector it is for, 0 for all.
    now_s : float
        Now, since 1970. [s]

    Raises
    ------
    ValueError
        If a time is none, or a purpose is none that exists.
    """
    schedules = wire["chargingSchedule"]
    schedule = _schedule(schedules[0] if isinstance(schedules, list) else schedules)
    purpose = wire["chargingProfilePurpose"].replace("ChargePointMaxProfile", Purpose.STATION_MAX)
    kind = Kind(wire["chargingProfileKind"])
    if kind is Kind.ABSOLUTE and schedule.start_s is None:
        kind = Kind.RELATIVE  # 1.6 section 7.13: without a start a schedule is relative to the start of charging
    return Profile(
        id=wire["id"] if "id" in wire else wire["chargingProfileId"],
        stack_level=wire["stackLevel"],
        purpose=Purpose(purpose),
        kind=kind,
        schedule=schedule,
        evse=evse,
        recurrence_s=_RECURRENCE_S.get(wire.get("recurrencyKind", ""), float("inf")),
        valid_from_s=parse_time(wire["validFrom"]) if "validFrom" in wire else float("-inf"),
        valid_to_s=parse_time(wire["validTo"]) if "validTo" in wire else float("inf"),
        transaction=str(wire.get("transactionId", "")),
        max_offline_s=float(wire.get("maxOfflineDuration", float("inf"))),
        gone_after_offline=bool(wire.get("invalidAfterOfflineDuration", False)),
        updated_s=now_s,
        update_interval_s=float(wire.get("dynUpdateInterval", 0.0)),
        payload=wire,
    )
