# SPDX-License-Identifier: Apache-2.0
"""OCPP 2.0.1 and 2.1 as a charging station speaks them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from hardware_in_loop.ocpp.errors import CallError, Code
from hardware_in_loop.ocpp.station import commands, device_model, service
from hardware_in_loop.ocpp.station.dialect import Dialect
from hardware_in_loop.ocpp.station.events import Happening
from hardware_in_loop.ocpp.station.profile import VOLTAGE_V
from hardware_in_loop.ocpp.station.reservations import Reservation
from hardware_in_loop.ocpp.station.snapshot import meter_value
from hardware_in_loop.ocpp.station.times import format_time, parse_time
from hardware_in_loop.ocpp.versions import Version

if TYPE_CHECKING:
    from hardware_in_loop.ocpp.station.dialect import Message, Payload
    from hardware_in_loop.ocpp.station.events import Event
    from hardware_in_loop.ocpp.station.evse import Evse
    from hardware_in_loop.ocpp.station.profile import Profile
    from hardware_in_loop.ocpp.station.station import Station
    from hardware_in_loop.ocpp.station.validation import Reason

ACCEPTED, REJECTED = "Accepted", "Rejected"
LONGEST_INFO: Final = 512


def _status(reason: Reason | None) -> dict[str, Any]:
    """Return a status, with the reason where it is a refusal."""
    if reason is None:
        return {"status": ACCEPTED}
    info = {"reasonCode": reason.code[:20], "additionalInfo": reason.text[:LONGEST_INFO]}
    return {"status": REJECTED, "statusInfo": info}


class Dialect2(Dialect):
    """Versions 2.0.1 and 2.1."""

    def __init__(self, station: Station) -> None:
        super().__init__(station)
        self.two_way = station.version is Version.V21
        self.handlers = {
            "SetChargingProfile": self.set_charging_profile,
            "ClearChargingProfile": self.clear_charging_profile,
            "GetChargingProfiles": self.get_charging_profiles,
            "GetCompositeSchedule": self.get_composite_schedule,
            "ReserveNow": self.reserve_now,
            "CancelReservation": self.cancel_reservation,
            "RequestStartTransaction": self.request_start,
            "RequestStopTransaction": self.request_stop,
            "GetTransactionStatus": self.get_transaction_status,
            "TriggerMessage": self.trigger_message,
            "GetVariables": self.get_variables,
            "SetVariables": self.set_variables,
            "GetBaseReport": self.get_base_report,
            "Reset": self.reset,
            "ChangeAvailability": self.change_availability,
            "UnlockConnector": self.unlock_connector,
            "DataTransfer": lambda _: {"status": "UnknownVendorId"},
            "ClearCache": lambda _: {"status": ACCEPTED},
        }
        if self.two_way:
            self.handlers = {**self.handlers, "UpdateDynamicSchedule": self.update_dynamic_schedule}

    # --- what it says ---

    def boot(self, reason: str) -> Message:
        """Return a BootNotification."""
        spec = self.station.spec
        names = {"vendorName": spec.vendor[:50], "model": spec.model[:20], "serialNumber": spec.station[:25]}
        return "BootNotification", {"chargingStation": names, "reason": reason}

    def status(self, evse: Evse, status: str) -> Message:
        """Return a StatusNotification."""
        payload = {"timestamp": format_time(self.station.now()), "connectorStatus": status}
        return "StatusNotification", payload | {"evseId": evse.number, "connectorId": evse.spec.connector}

    def authorize(self, token: str) -> Message:
        """Return an Authorize."""
        return "Authorize", {"idToken": {"idToken": token[:36], "type": "ISO14443"}}

    def is_accepted(self, answer: Payload) -> bool:
        """Return whether the token is accepted."""
        return bool(answer.get("idTokenInfo", {}).get("status") == ACCEPTED)

    def render(self, event: Event) -> Message | None:
        """Return a TransactionEvent, or MeterValues outside of transactions."""
        evse = self.station.evses[event.evse]
        values = meter_value(event.shown, event.measurands, event.context, first_version=False) if event.context else []
        if event.happening is Happening.METER:
            late = event.offline and event.trigger == "MeterValueClock"  # only what belongs to a transaction must be kept
            return None if late or not values else ("MeterValues", {"evseId": evse.number, "meterValue": values})
        payload: Payload = {"eventType": event.happening.value, "timestamp": format_time(event.time_s)}
        payload |= {"triggerReason": event.trigger, "seqNo": event.seq, "transactionInfo": self._info(event)}
        payload["evse"] = {"id": evse.number, "connectorId": evse.spec.connector}
        payload |= {"offline": True} if event.offline else {}
        payload |= {"meterValue": values} if values else {}
        running = event.transaction
        if event.with_token and running is not None:
            kind = "ISO14443" if running.remote_start is None else "Central"
            payload["idToken"] = {"idToken": running.token[:36], "type": kind}
            payload |= {} if running.reservation is None else {"reservationId": running.reservation}
        return "TransactionEvent", payload

    def _info(self, event: Event) -> Payload:
        running = event.transaction
        info: Payload = {"transactionId": "" if running is None else running.id, "chargingState": event.state}
        if event.happening is Happening.ENDED:
            info["stoppedReason"] = "ImmediateReset" if event.reason == "HardReset" else event.reason
        if event.with_token and running is not None and running.remote_start is not None and running.remote_start >= 0:
            info["remoteStartId"] = running.remote_start
        if self.two_way and event.trigger == "ChargingRateChanged":
            mode = self.station.evses[event.evse].limits.rule.mode
            info |= {"operationMode": mode} if mode else {}
        return info

    def took(self, event: Event, answer: Payload) -> None:
        """End a transaction whose token is refused."""
        evse = self.station.evses[event.evse]
        refused = "idTokenInfo" in answer and not self.is_accepted(answer)
        if refused and event.happening is not Happening.ENDED and evse.transaction is event.transaction:
            evse.end("Deauthorized", "DeAuthorized", self.station.now())

    def reservation_over(self, reservation: int, status: str) -> Message | None:
        """Return a ReservationStatusUpdate."""
        return "ReservationStatusUpdate", {"reservationId": reservation, "reservationUpdateStatus": status}

    def needs(self, evse: Evse, wanted_kwh: float, departure_s: float) -> Message | None:
        """Return a NotifyEVChargingNeeds: 2.0.1 in whole numbers, 2.1 with what can be fed back."""
        spec = evse.spec
        back = spec.two_way and self.two_way
        kind = "DC" if spec.direct else ("AC_three_phase" if spec.phases > 1 else "AC_single_phase")
        needs: Payload = {"requestedEnergyTransfer": f"{kind[:2]}_BPT" if back else kind}
        if math.isfinite(departure_s):
            needs["departureTime"] = format_time(departure_s)
        rated_w, wanted_wh = spec.rated_kw * 1e3, max(0, round(wanted_kwh * 1e3))
        if spec.direct:
            soc = evse.readings.read("soc")
            dc: Payload = {"evMaxCurrent": round(rated_w / 400.0), "evMaxVoltage": 500, "energyAmount": wanted_wh}
            dc |= {"stateOfCharge": round(soc * 100.0)} if math.isfinite(soc) else {}
            needs["dcChargingParameters"] = dc | {"evMaxPower": round(rated_w)}
        else:
            most_a = round(rated_w / (VOLTAGE_V * spec.phases))
            ac = {"energyAmount": wanted_wh, "evMinCurrent": 6, "evMaxCurrent": most_a, "evMaxVoltage": 400}
            needs["acChargingParameters"] = ac
        if back:
            v2x = {"maxChargePower": rated_w, "maxDischargePower": rated_w, "evTargetEnergyRequest": wanted_kwh * 1e3}
            needs["v2xChargingParameters"] = v2x
            needs["controlMode"] = "DynamicControl"
        return "NotifyEVChargingNeeds", {"evseId": evse.number, "chargingNeeds": needs}

    def resumed(self) -> None:
        """Tell of transactions that survived a restart; only 2.1 has a word for that."""
        for evse in self.station.evses:
            if evse.transaction is not None and self.two_way:
                evse.emit(Happening.UPDATED, "TxResumed", self.station.now())

    # --- smart charging ---

    def set_charging_profile(self, payload: Payload) -> Payload:
        """Install a profile."""
        return _status(commands.set_profile(self.station, payload["evseId"], payload["chargingProfile"]))

    def update_dynamic_schedule(self, payload: Payload) -> Payload:
        """Change a dynamic profile (2.1)."""
        return _status(commands.update_profile(self.station, payload["chargingProfileId"], payload["scheduleUpdate"]))

    def clear_charging_profile(self, payload: Payload) -> Payload:
        """Delete a profile by id, else all that meet the criteria."""
        criteria = payload.get("chargingProfileCriteria", {})

        def wanted(profile: Profile) -> bool:
            if "chargingProfileId" in payload:
                return bool(profile.id == payload["chargingProfileId"])
            return _meets(profile, criteria)

        return {"status": ACCEPTED if commands.clear_profiles(self.station, wanted) else "Unknown"}

    def get_charging_profiles(self, payload: Payload) -> Payload:
        """Report installed profiles."""
        criteria, number = payload["chargingProfile"], payload.get("evseId")
        ids = criteria.get("chargingProfileId")
        found = [
            profile
            for profile in self.station.profiles.installed
            if (number is None or profile.evse == number) and (profile.id in ids if ids else _meets(profile, criteria))
        ]
        self.station.later(self._report_profiles(payload["requestId"], found))
        return {"status": ACCEPTED if found else "NoProfiles"}

    async def _report_profiles(self, request: int, found: list[Profile]) -> None:
        for place, profile in enumerate(found):
            payload: Payload = {"requestId": request, "chargingLimitSource": "CSO", "evseId": profile.evse}
            payload |= {"chargingProfile": [dict(profile.payload)], "tbc": place + 1 < len(found)}
            await self.station.call("ReportChargingProfiles", payload)

    def get_composite_schedule(self, payload: Payload) -> Payload:
        """Return what all profiles together allow."""
        number, unit = payload["evseId"], payload.get("chargingRateUnit", "")
        found = commands.composite_schedule(self.station, number, payload["duration"], unit)
        if found is None:
            return {"status": REJECTED, "statusInfo": {"reasonCode": "UnknownEvse", "additionalInfo": f"no EVSE {number}"}}
        schedule = {"evseId": number, "duration": found["duration"], "scheduleStart": format_time(found["start_s"])}
        schedule |= {"chargingRateUnit": found["unit"], "chargingSchedulePeriod": found["periods"]}
        return {"status": ACCEPTED, "schedule": schedule}

    # --- booking and sessions ---

    def reserve_now(self, payload: Payload) -> Payload:
        """Keep an EVSE for a token."""
        try:
            expiry_s = parse_time(payload["expiryDateTime"])
        except ValueError as error:
            raise CallError(Code.PROPERTY, str(error)) from None
        group = payload.get("groupIdToken", {}).get("idToken", "")
        wanted = Reservation(payload["id"], payload["idToken"]["idToken"], expiry_s, payload.get("evseId", 0), group)
        return {"status": commands.reserve(self.station, wanted)}

    def cancel_reservation(self, payload: Payload) -> Payload:
        """Give up a reservation."""
        return {"status": ACCEPTED if commands.cancel(self.station, payload["reservationId"]) else REJECTED}

    def request_start(self, payload: Payload) -> Payload:
        """Start a transaction."""
        number, token = payload.get("evseId"), payload["idToken"]["idToken"]
        return _status(commands.start(self.station, number, token, payload["remoteStartId"], payload.get("chargingProfile")))

    def request_stop(self, payload: Payload) -> Payload:
        """End a transaction."""
        return {"status": ACCEPTED if commands.stop(self.station, payload["transactionId"]) else REJECTED}

    def get_transaction_status(self, payload: Payload) -> Payload:
        """Return whether a transaction runs, and whether messages wait."""
        outbox, wanted = self.station.outbox, payload.get("transactionId")
        if wanted is None:
            return {"messagesInQueue": bool(outbox.waiting)}
        running = any(evse.transaction is not None and evse.transaction.id == wanted for evse in self.station.evses)
        return {"ongoingIndicator": running, "messagesInQueue": outbox.has(wanted)}

    def trigger_message(self, payload: Payload) -> Payload:
        """Send a message now."""
        station, wanted = self.station, payload["requestedMessage"]
        number = payload.get("evse", {}).get("id", 0)
        chosen = [evse for evse in station.evses if number in {0, evse.number}]
        if not chosen:
            return {"status": REJECTED}
        if wanted == "BootNotification":
            if station.connection.accepted:  # F06.FR.17: not once it has been accepted
                return {"status": REJECTED}
            station.later(station.call(*self.boot("Triggered")))
        elif wanted == "Heartbeat":
            station.later(station.call("Heartbeat", {}))
        elif wanted == "StatusNotification":
            station.later(service.repeat_status(chosen))
        elif wanted in {"MeterValues", "TransactionEvent"}:
            station.later(service.meter_now(chosen, in_transaction=wanted == "TransactionEvent"))
        else:
            return {"status": "NotImplemented"}
        return {"status": ACCEPTED}

    # --- device model ---

    def get_variables(self, payload: Payload) -> Payload:
        """Return values."""
        return {"getVariableResult": device_model.read(self.station.settings, payload["getVariableData"])}

    def set_variables(self, payload: Payload) -> Payload:
        """Change values."""
        return {"setVariableResult": device_model.write(self.station.settings, payload["setVariableData"])}

    def get_base_report(self, payload: Payload) -> Payload:
        """Report all variables."""
        if payload["reportBase"] == "SummaryInventory":
            return {"status": "NotSupported"}
        self.station.later(self._report(payload["requestId"]))
        return {"status": ACCEPTED}

    async def _report(self, request: int) -> None:
        rows = device_model.report(self.station.settings)
        payload = {"requestId": request, "generatedAt": format_time(self.station.now()), "seqNo": 0, "reportData": rows}
        await self.station.call("NotifyReport", payload)

    # --- service ---

    def reset(self, payload: Payload) -> Payload:
        """Restart: now, when nobody charges, or (2.1) now and go on."""
        station = self.station
        if "evseId" in payload:
            info = {"reasonCode": "UnsupportedParam", "additionalInfo": "only the station as a whole can be reset"}
            return {"status": REJECTED, "statusInfo": info}
        if payload["type"] == "OnIdle" and any(evse.transaction is not None for evse in station.evses):
            station.later(service.reset_on_idle(station))
            return {"status": "Scheduled"}
        station.later(service.reset(station, "" if payload["type"] == "ImmediateAndResume" else "ImmediateReset"))
        return {"status": ACCEPTED}

    def change_availability(self, payload: Payload) -> Payload:
        """Take an EVSE or the station out of use, or back."""
        number, operative = payload.get("evse", {}).get("id", 0), payload["operationalStatus"] == "Operative"
        return {"status": commands.set_operative(self.station, number, operative=operative)}

    def unlock_connector(self, payload: Payload) -> Payload:
        """Unlock a connector that nobody charges at."""
        evse = self.station.evse(payload["evseId"])
        if evse is None or evse.spec.connector != payload["connectorId"]:
            return {"status": "UnknownConnector"}
        return {"status": "Unlocked" if evse.transaction is None else "OngoingAuthorizedTransaction"}


def _meets(profile: Profile, criteria: Payload) -> bool:
    """Return whether a profile meets criteria; those that are missing are met."""
    wanted = (
        criteria.get("evseId", profile.evse),
        criteria.get("chargingProfilePurpose", profile.purpose),
        criteria.get("stackLevel", profile.stack_level),
    )
    return bool(wanted == (profile.evse, profile.purpose, profile.stack_level))
