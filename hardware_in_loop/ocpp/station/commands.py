# SPDX-License-Identifier: Apache-2.0
"""What a central system may ask of a station, whatever version it says it in."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hardware_in_loop.ocpp.station import readings as ports
from hardware_in_loop.ocpp.station.composite import LONGEST_S, Situation, composite
from hardware_in_loop.ocpp.station.profile import VOLTAGE_V, read_profile
from hardware_in_loop.ocpp.station.service import end
from hardware_in_loop.ocpp.station.validation import Abilities, Reason, refusal
from hardware_in_loop.ocpp.versions import Version
from twinergy.adapters import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hardware_in_loop.ocpp.station.composite import Slot
    from hardware_in_loop.ocpp.station.evse import Evse
    from hardware_in_loop.ocpp.station.profile import Profile
    from hardware_in_loop.ocpp.station.reservations import Reservation
    from hardware_in_loop.ocpp.station.rule import Rate
    from hardware_in_loop.ocpp.station.station import Station

REFUSED = Reason("InternalError", "the station refuses every command")


def abilities(station: Station) -> Abilities:
    """Return what a station can do with profiles now."""
    settings = station.settings
    return Abilities(
        evses=tuple(evse.number for evse in station.evses),
        transactions={evse.number: evse.key for evse in station.evses if evse.transaction is not None},
        first_version=station.first_version,
        two_way=station.version is Version.V21,
        stack_levels=int(settings.stack_levels),
        periods_most=int(settings.periods_most),
        profiles_most=int(settings.profiles_most),
        units=tuple(settings.units.split(",")),
    )


def _links(station: Station, number: int) -> list[str]:
    return [evse.spec.link for evse in station.evses if number in {0, evse.number}]


def _troubled(station: Station, number: int, fault: Fault) -> bool:
    return any(station.trouble(link, fault) for link in _links(station, number))


def set_profile(station: Station, number: int, wire: Mapping[str, Any]) -> Reason | None:
    """Install a profile and act on it at once; return why not."""
    if _troubled(station, number, Fault.REJECT):
        return REFUSED
    if _troubled(station, number, Fault.IGNORE):
        return None
    now_s = station.now()
    reason = station.profiles.add(wire, number, abilities(station), now_s)
    if reason is None:
        station.follow(now_s)
    return reason


def update_profile(station: Station, profile_id: int, wire: Mapping[str, Any]) -> Reason | None:
    """Change a dynamic profile (2.1); return why not."""
    old = next((profile for profile in station.profiles.installed if profile.id == profile_id), None)
    number = old.evse if old is not None else 0
    if _troubled(station, number, Fault.REJECT):
        return REFUSED
    if _troubled(station, number, Fault.IGNORE):
        return None
    reason = station.profiles.update(profile_id, wire, station.now())
    station.follow(station.now())
    return reason


def clear_profiles(station: Station, wanted: Callable[[Profile], bool]) -> bool:
    """Delete profiles; return whether there were any."""
    if any(station.trouble(evse.spec.link, Fault.IGNORE) for evse in station.evses):
        return True
    gone = station.profiles.clear(wanted)
    station.follow(station.now())
    return bool(gone)


def _parts(name: str, rate: Rate | None, unit: str, digits: int) -> dict[str, float]:
    """Return one quantity of a period as the wire has it, by phase where phases differ."""
    if rate is None:
        return {}
    if rate.parts_w:
        scale = VOLTAGE_V if unit == "A" else 1.0
        names = (name, f"{name}_L2", f"{name}_L3")
        return {key: round(part / scale, digits) for key, part in zip(names, rate.parts_w, strict=True)}
    return {name: round(rate.current_a if unit == "A" else rate.total_w, digits)}


def _period(slot: Slot, unit: str, rated_kw: float, phases: int, version: Version) -> dict[str, Any]:
    rule, digits = slot.rule, 1 if version is Version.V16 else 3
    period: dict[str, Any] = {"startPeriod": slot.offset_s}
    if rule.limit is None and rule.setpoint is None:  # no profile says anything: what the point can do
        amount = rated_kw * 1e3 / (phases * VOLTAGE_V if unit == "A" else 1.0)
        return period | {"limit": round(amount, digits), "numberPhases": phases}
    period |= _parts("limit", rule.limit, unit, digits)
    if version is Version.V21:
        period |= _parts("dischargeLimit", rule.discharge, unit, digits) | _parts("setpoint", rule.setpoint, unit, digits)
        period |= {"operationMode": rule.mode} if rule.mode else {}
    elif rule.limit is None:
        period["limit"] = 0.0
    if rule.limit is not None:
        period["numberPhases"] = rule.limit.phases
    if rule.phase_to_use is not None and version is not Version.V16:
        period["phaseToUse"] = rule.phase_to_use
    return period


def composite_schedule(station: Station, number: int, duration_s: int, unit: str) -> dict[str, Any] | None:
    """Return start, length, unit and periods of a composite schedule, None for an EVSE that there is not.

    Returns
    -------
    dict or None
        ``start_s``, ``duration``, ``unit``, ``periods`` (as the wire has them).
    """
    evse = station.evse(number)
    if evse is None and number != 0:
        return None
    now_s = station.now()
    situation = replace(evse.limits.situation(now_s), offline_s=math.inf) if evse else Situation(evse=0)
    rated_kw = evse.spec.rated_kw if evse else sum(one.spec.rated_kw for one in station.evses)
    slots = composite(station.profiles.installed, now_s, duration_s, situation)
    slots = slots[: int(station.settings.periods_most)]
    return {
        "start_s": now_s,
        "duration": min(duration_s, LONGEST_S),
        "unit": unit or "W",
        "periods": [_period(slot, unit or "W", rated_kw, situation.phases, station.version) for slot in slots],
    }


def reserve(station: Station, wanted: Reservation) -> str:
    """Keep an EVSE for somebody; return the status of the answer."""
    chosen = [evse for evse in station.evses if wanted.evse in {0, evse.number}]
    if not chosen or wanted.expiry_s <= station.now() or _troubled(station, wanted.evse, Fault.REJECT):
        return "Rejected"
    if _troubled(station, wanted.evse, Fault.IGNORE):
        return "Accepted"
    before = station.keeper.reservations.standing.pop(wanted.id, None)
    status = _reservable(station, chosen)
    if status == "Accepted":
        station.keeper.reservations.standing[wanted.id] = wanted
        station.keeper.keep()
    elif before is not None:
        station.keeper.reservations.standing[before.id] = before
    return status


def _reservable(station: Station, chosen: list[Evse]) -> str:
    if any(_possible(station, evse) for evse in chosen):
        return "Accepted"
    if all(evse.state == ports.FAULT for evse in chosen):
        return "Faulted"
    if all(evse.state == ports.FAULT or not evse.operative or evse.local for evse in chosen):
        return "Unavailable"
    return "Occupied"


def _possible(station: Station, evse: Evse) -> bool:
    """Whether an EVSE can be kept: free, kept for nobody, and not the last one for those who reserved any."""
    unreserved = station.keeper.unreserved()
    return evse in unreserved and len(unreserved) > len(station.keeper.reservations.for_any)


def cancel(station: Station, reservation: int) -> bool:
    """Give up a reservation; return whether there was one."""
    if any(station.trouble(evse.spec.link, Fault.IGNORE) for evse in station.evses):
        return True
    found = station.keeper.reservations.standing.pop(reservation, None)
    station.keeper.keep()
    return found is not None


def _free_for(station: Station, number: int | None, token: str) -> Evse | None:
    """Return the EVSE to charge at: the one that was asked for, else one with a car, else any."""
    chosen = [evse for evse in station.evses if number in {None, 0, evse.number}]
    usable = [
        evse
        for evse in chosen
        if evse.transaction is None and evse.pending is None and evse.operative and not evse.local and evse.state != ports.FAULT
    ]
    usable = [evse for evse in usable if not station.keeper.kept_for_others(evse, token)]
    return min(usable, key=lambda evse: not evse.plugged, default=None)


def start(
    station: Station, number: int | None, token: str, remote_start: int | None, profile: dict[str, Any] | None
) -> Reason | None:
    """Start a transaction from afar, after the answer; return why not."""
    if _troubled(station, number or 0, Fault.REJECT):
        return REFUSED
    evse = _free_for(station, number, token)
    if evse is None:
        return Reason("TxInProgress", "no EVSE here is free for this token")
    if profile is not None:
        reason = _unfit(station, evse, profile)
        if reason is not None:
            return reason
    if not station.trouble(evse.spec.link, Fault.IGNORE):
        station.later(_present(evse, token, remote_start, profile))
    return None


async def _present(evse: Evse, token: str, remote_start: int | None, profile: dict[str, Any] | None) -> None:
    if evse.transaction is None:
        evse.present(token, evse.station.now(), -1 if remote_start is None else remote_start, profile)


def _unfit(station: Station, evse: Evse, wire: dict[str, Any]) -> Reason | None:
    """Return why a profile cannot be that of a transaction that is to be started."""
    if wire["chargingProfilePurpose"] != "TxProfile":
        return Reason("InvalidProfile", f"a transaction starts with a TxProfile, not a {wire['chargingProfilePurpose']}")
    if "transactionId" in wire:
        return Reason("InvalidProfile", "a profile of a transaction to be started cannot have its transactionId")
    can = replace(abilities(station), transactions={evse.number: "to come"})
    try:
        profile = read_profile({**wire, "transactionId": "to come"}, evse.number, station.now())
    except ValueError as error:
        return Reason("InvalidValue", str(error))
    return refusal(profile, can, station.profiles.installed)


def stop(station: Station, key: str) -> bool:
    """End a transaction from afar, after the answer; return whether it runs here."""
    evse = next((evse for evse in station.evses if evse.transaction is not None and evse.key == key), None)
    if evse is None or station.trouble(evse.spec.link, Fault.REJECT):
        return False
    if not station.trouble(evse.spec.link, Fault.IGNORE):
        station.later(end(evse, "RemoteStop", "Remote"))
    return True


def set_operative(station: Station, number: int, *, operative: bool) -> str:
    """Take EVSEs out of use, or back; return the status of the answer."""
    chosen = [evse for evse in station.evses if number in {0, evse.number}]
    if not chosen:
        return "Rejected"
    status = "Accepted"
    for evse in chosen:
        if not operative and evse.transaction is not None:
            evse.closing, status = True, "Scheduled"
        else:
            evse.operative, evse.closing = operative, False
    return status
