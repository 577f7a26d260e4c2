# SPDX-License-Identifier: Apache-2.0
"""Set-points as charging schedules, and what a composite schedule proves. Nothing here talks to a station.

Amperes are per phase, watts the sum of the phases [1]_. A car is offered at least 6 A or nothing [2]_, so what is less is a
pause, in both units: otherwise a station that turns watts into amperes would round it as it likes.

References
----------
.. [1] OCPP 1.6 edition 2, 7.14 ChargingSchedulePeriod; OCPP 2.1 part 2, ChargingSchedulePeriodType.
.. [2] IEC 61851-1:2017, annex A: a duty cycle of 10 % offers 6 A, the least.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LEAST_A: Final = 6.0
COUNT: Final = {"A": 0.1, "W": 1.0}
"""Steps that limits are written in: OCPP 1.6 takes one decimal; a watt is a watt."""
SUFFIXES: Final = ("", "_L2", "_L3")


class Purpose(StrEnum):
    """What a profile is for. The last one has a name of its own in each version."""

    TX = "TxProfile"
    DEFAULT = "TxDefaultProfile"
    MAX = "MaxProfile"


@dataclass(frozen=True, slots=True)
class Rate:
    """How power is written for a point.

    Attributes
    ----------
    unit : str
        ``A`` or ``W``.
    phases : int
        Phases of the car or the connector; 0 for direct current, which has neither phases nor a least current. [-]
    voltage_v : float
        Phase to neutral. [V]
    switches : bool
        Whether it goes on with one phase where three would be less than 6 A.
    least_a : float
        Least current that can be offered; 0 where car and point speak ISO 15118-20 and agree on power, as in feeding back. [A]
    """

    unit: str = "W"
    phases: int = 3
    voltage_v: float = 230.0
    switches: bool = False
    least_a: float = LEAST_A

    def phases_for(self, p_kw: float) -> int:
        """Return the phases to use for a power."""
        if self.phases <= 1 or not self.switches:
            return self.phases
        return 1 if abs(p_kw) < self.least_kw(self.phases) else self.phases

    def least_kw(self, phases: int) -> float:
        """Return the least power but none. [kW]."""
        return self.least_a * self.voltage_v * phases / 1e3

    def write(self, p_kw: float) -> float:
        """Return a power in the unit of the schedule, never more than it is, 0 where it is less than a car can be offered.

        >>> Rate("A").write(11.04), Rate("A").write(4.0), Rate("W").write(4.2)
        (16.0, 0.0, 4200.0)
        """
        phases = self.phases_for(p_kw)
        if abs(p_kw) < self.least_kw(phases) - 1e-9:
            return 0.0
        exact = p_kw * 1e3 / (self.voltage_v * max(phases, 1) if self.unit == "A" else 1.0)
        count = COUNT[self.unit]
        return round(math.trunc(exact / count + math.copysign(1e-6, exact)) * count, 1)

    def read(self, limit: float, unit: str, phases: int | None = None) -> float:
        """Return a limit in a unit as a power. [kW]."""
        return limit / 1e3 * (self.voltage_v * (phases or max(self.phases, 1)) if unit == "A" else 1.0)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a point, load frame; NaN for what is not. [kW]."""

    set_kw: float = math.nan
    min_kw: float = math.nan
    max_kw: float = math.nan

    @staticmethod
    def of(values: Mapping[str, float]) -> Wish:
        """Return the wish that set-points by port make."""
        return Wish(*(float(values.get(port, math.nan)) for port in ("p_set_kw", "p_min_kw", "p_max_kw")))

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked."""
        return math.isnan(self.set_kw) and math.isnan(self.min_kw) and math.isnan(self.max_kw)

    @property
    def most_kw(self) -> float:
        """Upper limit that follows; NaN where there is none. A set-point is one for a point that only charges. [kW]."""
        return min((value for value in (self.set_kw, self.max_kw) if not math.isnan(value)), default=math.nan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A charging profile with one period, before a version writes it down.

    Attributes
    ----------
    id, level : int
        Its id and stack level.
    purpose : Purpose
        What it is for.
    start_s : float
        Start by the station's clock. [s]
    duration_s : float or None
        How long it holds; for good where there is none. [s]
    transaction : str
        Transaction of a `Purpose.TX`.
    unit : str
        ``A`` or ``W``.
    period : mapping
        The period, by the names of the wire.
    least : float or None
        Least rate (``minChargingRate``) in the unit.
    offline_s : float or None
        How long it may hold while the station is offline, in OCPP 2.1. [s]
    """

    id: int
    level: int
    purpose: Purpose
    start_s: float
    duration_s: float | None = None
    transaction: str = ""
    unit: str = "W"
    period: Mapping[str, Any] = field(default_factory=dict)
    least: float | None = None
    offline_s: float | None = None


@dataclass(frozen=True, slots=True)
class Composite:
    """What a station says will apply."""

    unit: str
    start_s: float
    periods: Sequence[Mapping[str, Any]]

    def at(self, station_s: float) -> Mapping[str, Any] | None:
        """Return the period that applies at a time of the station's clock, None where there is no limit."""
        offset_s = max(station_s - self.start_s, 0.0) if math.isfinite(self.start_s) else 0.0
        starts = [float(period.get("startPeriod", 0)) for period in self.periods]
        place = bisect_right(starts, offset_s)
        return self.periods[place - 1] if place else None


def limit_period(p_kw: float, rate: Rate) -> dict[str, Any]:
    """Return the period that limits charging to a power.

    Raises
    ------
    DeviceError
        If the point is to feed back.
    """
    if p_kw < 0.0:
        message = (
            f"{p_kw:g} kW: only OCPP 2.1 can ask a point to feed back; let it speak 2.1 and say v2x: true, or ask for 0 or more"
        )
        raise DeviceError(message)
    period: dict[str, Any] = {"startPeriod": 0, "limit": rate.write(p_kw)}
    if rate.phases:
        period["numberPhases"] = rate.phases_for(p_kw)
    return period


def v2x_period(wish: Wish, rate: Rate, *, per_phase: bool = False) -> dict[str, Any]:
    """Return the period of OCPP 2.1 for a point that can feed back.

    A set-point is followed (``CentralSetpoint``), limits hold in both directions; limits alone leave it to the point
    (``ExternalLimits`` where it may feed back, else ``ChargingOnly``).
    """
    parts: dict[str, float] = {}
    if not math.isnan(wish.set_kw):
        parts["setpoint"] = rate.write(wish.set_kw)
    if not math.isnan(wish.max_kw):
        parts["limit"] = max(rate.write(wish.max_kw), 0.0)
    if not math.isnan(wish.min_kw):
        parts["dischargeLimit"] = min(rate.write(wish.min_kw), 0.0)
    if "setpoint" in parts:
        mode = "CentralSetpoint"
    else:
        mode = "ExternalLimits" if parts.get("dischargeLimit", 0.0) < 0.0 else "ChargingOnly"
    period: dict[str, Any] = {"startPeriod": 0, "operationMode": mode}
    count = rate.phases if per_phase and rate.phases > 1 else 1
    for name, value in parts.items():
        share = value / count if rate.unit == "W" else value
        period |= {f"{name}{suffix}": round(share, 1) for suffix in SUFFIXES[:count]}
    if rate.phases:
        period["numberPhases"] = rate.phases
    return period


def _whole(period: Mapping[str, Any], name: str, unit: str, rate: Rate) -> float:
    """Return a value of a period as a power of all phases, NaN where it is not there. [kW]."""
    parts = [float(period[f"{name}{suffix}"]) for suffix in SUFFIXES if period.get(f"{name}{suffix}") is not None]
    if not parts:
        return math.nan
    if len(parts) > 1:  # each phase by itself
        return math.fsum(rate.read(part, unit, 1) for part in parts)
    phases = period.get("numberPhases") or max(rate.phases, 1)
    return rate.read(parts[0], unit, int(phases))


@dataclass(frozen=True, slots=True)
class Proof:
    """What a composite schedule shows of a wish.

    Attributes
    ----------
    holds : bool
        Whether nothing more is allowed than was asked for.
    found_kw : float
        The limit, or the set-point, that applies; infinite where there is none. [kW]
    asked_kw : float
        What was asked for. [kW]
    why : str
        What is wrong, for people.
    """

    holds: bool
    found_kw: float
    asked_kw: float
    why: str = ""

    @property
    def lower(self) -> bool:
        """Whether something else at the station allows less."""
        return self.holds and self.found_kw < self.asked_kw - tolerance_kw(self.asked_kw)


def tolerance_kw(asked_kw: float) -> float:
    """Return by how much a station may round: 0.1 A on three phases and a percent of its voltage. [kW]."""
    return 0.07 + 0.01 * abs(asked_kw)


def prove(asked: Mapping[str, Any], unit: str, composite: Composite, station_s: float, rate: Rate) -> Proof:
    """Hold what applies now against what was asked for.

    Parameters
    ----------
    asked : mapping
        The period that was sent.
    unit : str
        Its unit.
    composite : Composite
        What the station said.
    station_s : float
        Now, by the station's clock. [s]
    rate : Rate
        Phases and voltage.
    """
    found = composite.at(station_s)
    name = "setpoint" if "setpoint" in asked else "limit"
    asked_kw = _whole(asked, name, unit, rate)
    if found is None:
        return Proof(math.isnan(asked_kw), math.inf, asked_kw, "no limit applies")
    found_kw = _whole(found, name, composite.unit, rate)
    if math.isnan(asked_kw):
        return Proof(True, found_kw, asked_kw)
    if math.isnan(found_kw):
        return Proof(False, math.inf, asked_kw, f"no {name} applies")
    room_kw = tolerance_kw(asked_kw)
    off = abs(found_kw - asked_kw) > room_kw if name == "setpoint" else found_kw > asked_kw + room_kw
    return Proof(not off, found_kw, asked_kw, f"{found_kw:.3f} kW applies" if off else "")
