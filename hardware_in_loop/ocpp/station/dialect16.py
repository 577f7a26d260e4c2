# SPDX-License-Identifier: Apache-2.0
"""OCPP 1.6J as a charge point speaks it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hardware_in_loop.ocpp.errors import CallError, Code
from hardware_in_loop.ocpp.station import commands, service
from hardware_in_loop.ocpp.station.dialect import Dialect
from hardware_in_loop.ocpp.station.events import Happening
from hardware_in_loop.ocpp.station.profile import Purpose
from hardware_in_loop.ocpp.station.reservations import Reservation
from hardware_in_loop.ocpp.station.settings import VARIABLES, change, text_of
from hardware_in_loop.ocpp.station.snapshot import meter_value
from hardware_in_loop.ocpp.station.times import format_time, parse_time

if TYPE_CHECKING:
    from hardware_in_loop.ocpp.station.dialect import Message, Payload
    from hardware_in_loop.ocpp.station.events import Event
    from hardware_in_loop.ocpp.station.evse import Evse
    from hardware_in_loop.ocpp.station.profile import Profile
    from hardware_in_loop.ocpp.station.station import Station

_REASONS: Final = {"ImmediateReset": "SoftReset", "Reboot": "Reboot", "UnlockCommand": "UnlockCommand"}
_KNOWN_REASONS: Final = frozenset({"EVDisconnected", "Remote", "DeAuthorized", "Other", "HardReset", "Local", "PowerLoss"})
SHORT: Final = 20
ACCEPTED, REJECTED = "Accepted", "Rejected"


def _status(*, good: bool) -> dict[str, Any]:
    return {"status": ACCEPTED if good else REJECTED}


class Dialect16(Dialect):
    """Version 1.6."""

    def __init__(self, station: Station) -> None:
        super().__init__(station)
        self.handlers = {
            "SetChargingProfile": self.set_charging_profile,
            "ClearChargingProfile": self.clear_charging_profile,
            "GetCompositeSchedule": self.get_composite_schedule,
            "ReserveNow": self.reserve_now,
            "CancelReservation": lambda payload: _status(good=commands.cancel(station, payload["reservationId"])),
            "RemoteStartTransaction": self.remote_start,
            "RemoteStopTransaction": lambda payload: _status(good=commands.stop(station, str(payload["transactionId"]))),
            "TriggerMessage": self.trigger_message,
            "GetConfiguration": self.get_configuration,
            "ChangeConfiguration": self.change_configuration,
            "Reset": self.reset,
            "ChangeAvailability": self.change_availability,
            "UnlockConnector": self.unlock_connector,
            "DataTransfer": lambda _: {"status": "UnknownVendorId"},
            "ClearCache": lambda _: {"status": ACCEPTED},
        }

    # --- what it says ---

    def boot(self, reason: str) -> Message:  # noqa: ARG002 - 1.6 gives no reason
        """Return a BootNotification."""
        spec = self.station.spec
        names = {"chargePointVendor": spec.vendor[:SHORT], "chargePointModel": spec.model[:SHORT]}
        return "BootNotification", {**names, "chargePointSerialNumber": spec.station[:25]}

    def status(self, evse: Evse, status: str) -> Message:
        """Return a StatusNotification."""
        error = "InternalError" if status == "Faulted" else "NoError"
        payload = {"connectorId": evse.number, "errorCode": error, "status": status}
        return "StatusNotification", payload | {"timestamp": format_time(self.station.now())}

    def authorize(self, token: str) -> Message:
        """Return an Authorize."""
        return "Authorize", {"idTag": token[:SHORT]}

    def is_accepted(self, answer: Payload) -> bool:
        """Return whether the tag is accepted."""
        return bool(answer.get("idTagInfo", {}).get("status") == ACCEPTED)

    def render(self, event: Event) -> Message | None:
        """Return StartTransaction, StopTransaction or MeterValues; 1.6 says the rest by StatusNotification."""
        evse = self.station.evses[event.evse]
        values = meter_value(event.shown, event.measurands, event.context, first_version=True) if event.context else []
        running = event.transaction
        if event.happening is Happening.STARTED and running is not None:
            payload = {"connectorId": evse.number, "idTag": running.token[:SHORT], "meterStart": event.shown.register_wh}
            payload |= {} if running.reservation is None else {"reservationId": running.reservation}
            return "StartTransaction", payload | {"timestamp": format_time(event.time_s)}
        if event.happening is Happening.ENDED and running is not None:
            return "StopTransaction", self._stop(event, values)
        if not values or event.context == "Other":
            return None
        known = {} if running is None or running.number is None else {"transactionId": running.number}
        return "MeterValues", {"connectorId": evse.number, **known, "meterValue": values}

    def _stop(self, event: Event, values: list[dict[str, Any]]) -> Payload:
        running = event.transaction
        number = -1 if running is None or running.number is None else running.number
        reason = _REASONS.get(event.reason, event.reason)
        payload: Payload = {"meterStop": event.shown.register_wh, "timestamp": format_time(event.time_s), "transactionId": number}
        if reason in _KNOWN_REASONS or reason in _REASONS.values():
            payload["reason"] = reason
        return payload | ({"transactionData": values} if values else {})

    def took(self, event: Event, answer: Payload) -> None:
        """Take the number of a transaction; end it where its tag is refused."""
        running = event.transaction
        if event.happening is not Happening.STARTED or running is None:
            return
        running.number = answer["transactionId"]
        evse = self.station.evses[event.evse]
        if not self.is_accepted(answer) and evse.transaction is running:
            evse.end("Deauthorized", "DeAuthorized", self.station.now())

    # --- what it is asked ---

    def set_charging_profile(self, payload: Payload) -> Payload:
        """Install a profile."""
        reason = commands.set_profile(self.station, payload["connectorId"], payload["csChargingProfiles"])
        if reason is not None:
            self.station.told(f"SetChargingProfile refused: {reason.code}: {reason.text}")
        return _status(good=reason is None)

    def clear_charging_profile(self, payload: Payload) -> Payload:
        """Delete profiles by id, else by whatever is given."""

        def wanted(profile: Profile) -> bool:
            if "id" in payload:
                return bool(profile.id == payload["id"])
            purpose = payload.get("chargingProfilePurpose", profile.purpose).replace("ChargePointMaxProfile", Purpose.STATION_MAX)
            same = (payload.get("connectorId", profile.evse), purpose, payload.get("stackLevel", profile.stack_level))
            return bool(same == (profile.evse, profile.purpose, profile.stack_level))

        return {"status": ACCEPTED if commands.clear_profiles(self.station, wanted) else "Unknown"}

    def get_composite_schedule(self, payload: Payload) -> Payload:
        """Return what all profiles together allow."""
        number, unit = payload["connectorId"], payload.get("chargingRateUnit", "")
        found = commands.composite_schedule(self.station, number, payload["duration"], unit)
        if found is None:
            return {"status": REJECTED}
        start = format_time(found["start_s"])
        schedule = {"duration": found["duration"], "startSchedule": start, "chargingRateUnit": found["unit"]}
        schedule["chargingSchedulePeriod"] = found["periods"]
        return {"status": ACCEPTED, "connectorId": number, "scheduleStart": start, "chargingSchedule": schedule}

    def reserve_now(self, payload: Payload) -> Payload:
        """Keep a connector for a tag."""
        try:
            expiry_s = parse_time(payload["expiryDate"])
        except ValueError as error:
            raise CallError(Code.PROPERTY, str(error)) from None
        group = payload.get("parentIdTag", "")
        wanted = Reservation(payload["reservationId"], payload["idTag"], expiry_s, payload["connectorId"], group)
        return {"status": commands.reserve(self.station, wanted)}

    def remote_start(self, payload: Payload) -> Payload:
        """Start a transaction."""
        number, profile = payload.get("connectorId"), payload.get("chargingProfile")
        if number == 0:
            return {"status": REJECTED}
        return _status(good=commands.start(self.station, number, payload["idTag"], None, profile) is None)

    def trigger_message(self, payload: Payload) -> Payload:
        """Send a message now."""
        station, wanted, number = self.station, payload["requestedMessage"], payload.get("connectorId", 0)
        chosen = [evse for evse in station.evses if number in {0, evse.number}]
        if not chosen:
            return {"status": REJECTED}
        if wanted == "BootNotification":
            station.later(station.call(*self.boot("Triggered")))
        elif wanted == "Heartbeat":
            station.later(station.call("Heartbeat", {}))
        elif wanted == "StatusNotification":
            station.later(service.repeat_status(chosen))
        elif wanted == "MeterValues":
            station.later(service.meter_now(chosen))
        else:
            return {"status": "NotImplemented"}
        return {"status": ACCEPTED}

    def get_configuration(self, payload: Payload) -> Payload:
        """Return settings."""
        served = {variable.key: variable for variable in VARIABLES if variable.key}
        asked = payload.get("key") or list(served)
        found = [served[key] for key in asked if key in served]
        rows = [
            {"key": one.key, "readonly": not one.writable, "value": text_of(self.station.settings, one)[:500]} for one in found
        ]
        unknown = [key for key in asked if key not in served]
        return {"configurationKey": rows} | ({"unknownKey": unknown} if unknown else {})

    def change_configuration(self, payload: Payload) -> Payload:
        """Change a setting."""
        found = next((variable for variable in VARIABLES if variable.key and variable.key == payload["key"]), None)
        if found is None:
            return {"status": "NotSupported"}
        wrong = change(self.station.settings, found, payload["value"])
        if wrong:
            self.station.told(f"ChangeConfiguration refused: {wrong}")
        return _status(good=not wrong)

    def reset(self, payload: Payload) -> Payload:
        """End all transactions and restart."""
        reason = "HardReset" if payload["type"] == "Hard" else "ImmediateReset"
        self.station.later(service.reset(self.station, reason))
        return {"status": ACCEPTED}

    def change_availability(self, payload: Payload) -> Payload:
        """Take a connector out of use, or back."""
        operative = payload["type"] == "Operative"
        return {"status": commands.set_operative(self.station, payload["connectorId"], operative=operative)}

    def unlock_connector(self, payload: Payload) -> Payload:
        """Unlock a connector, which ends its transaction."""
        evse = self.station.evse(payload["connectorId"])
        if evse is None:
            return {"status": "NotSupported"}
        if evse.transaction is not None:
            self.station.later(service.end(evse, "UnlockCommand", "UnlockCommand"))
        return {"status": "Unlocked"}
