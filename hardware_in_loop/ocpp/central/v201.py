# SPDX-License-Identifier: Apache-2.0
"""OCPP 2.0.1: EVSEs, transactions told by the station with sequence numbers, a device model of components and variables."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from hardware_in_loop.ocpp.central import metering, needs
from hardware_in_loop.ocpp.central.abilities import Abilities
from hardware_in_loop.ocpp.central.clock import epoch, text
from hardware_in_loop.ocpp.central.dialect import Dialect, unsupported
from hardware_in_loop.ocpp.central.point import Status
from hardware_in_loop.ocpp.central.smart_charging import Composite, Purpose
from hardware_in_loop.ocpp.central.transactions import Event, Happening
from hardware_in_loop.ocpp.errors import CallError

if TYPE_CHECKING:
    from hardware_in_loop.ocpp.central.books import Books
    from hardware_in_loop.ocpp.central.dialect import Ask, Payload, Place
    from hardware_in_loop.ocpp.central.smart_charging import Profile

VARIABLES: Final = (
    ("SmartChargingCtrlr", "Enabled"), ("SmartChargingCtrlr", "RateUnit"), ("SmartChargingCtrlr", "ProfileStackLevel"),
    ("SmartChargingCtrlr", "Phases3to1"), ("ReservationCtrlr", "Enabled"),
)  # fmt: skip
TAKEN: Final = frozenset({"Accepted", "RebootRequired"})
NO_CARD: Final = "NoAuthorization"
"""Type of token with which a station says that nobody had to show one."""
SILENT: Final = (
    "ClearedChargingLimit", "FirmwareStatusNotification", "LogStatusNotification", "NotifyCustomerInformation",
    "NotifyDisplayMessages", "NotifyMonitoringReport", "NotifyReport", "PublishFirmwareStatusNotification",
    "ReportChargingProfiles", "SecurityEventNotification",
)  # fmt: skip
"""Messages that are taken note of in the journal, by their frame, and nowhere else."""


class DialectV201(Dialect):
    """OCPP 2.0.1, edition 3."""

    variables: tuple[tuple[str, str], ...] = VARIABLES

    def __init__(self, books: Books, ask: Ask) -> None:
        super().__init__(books, ask)
        self.handlers = {
            "BootNotification": self._boot,
            "Heartbeat": lambda _: {"currentTime": text(time.time())},
            "StatusNotification": self._status_now,
            "NotifyEvent": self._event,
            "Authorize": lambda payload: {"idTokenInfo": self._token(payload["idToken"])},
            "TransactionEvent": self._transaction,
            "MeterValues": self._meter_values,
            "NotifyEVChargingNeeds": self._needs,
            "NotifyEVChargingSchedule": lambda _: {"status": "Accepted"},
            "NotifyChargingLimit": self._charging_limit,
            "ReservationStatusUpdate": self._reservation,
            "DataTransfer": lambda _: {"status": "UnknownVendorId"},
            **{action: lambda _: {} for action in SILENT},
        }
        self.handlers["ClearedChargingLimit"] = self._limit_cleared

    # --- what it says ---

    def _boot(self, payload: Payload) -> Payload:
        station = payload["chargingStation"]
        self.books.booting(
            " ".join(str(station[name]) for name in ("vendorName", "model", "firmwareVersion") if station.get(name))
        )
        return {"status": "Accepted", "currentTime": text(time.time()), "interval": self.books.settings.heartbeat_s}

    def _status_now(self, payload: Payload) -> Payload:
        self.books.clock.see(epoch(payload["timestamp"]))
        self.books.point(payload["evseId"]).is_now(Status(payload["connectorStatus"]), error="Faulted")
        return {}

    def _event(self, payload: Payload) -> Payload:
        """Take in the availability and problems of EVSEs, which newer stations tell this way."""
        for one in payload["eventData"]:
            evse = (one["component"].get("evse") or {}).get("id", 0)
            name, value = one["variable"]["name"], one["actualValue"]
            if evse and name == "AvailabilityState" and value in list(Status):
                self.books.point(evse).is_now(Status(value), error=one.get("techInfo", "Faulted"))
            elif evse and name == "Problem" and value.lower() == "true":
                self.books.point(evse).is_now(Status.FAULTED, error=one.get("techInfo") or one["component"]["name"])
        return {}

    def _token(self, token: Payload) -> Payload:
        accepted = token["type"] == NO_CARD or self.books.may_charge(token["idToken"])
        if not accepted:
            self.books.counts["tokens_refused"] += 1
            self.books.note(token_refused=token["idToken"])
        return {"status": "Accepted" if accepted else "Unknown"}

    def _transaction(self, payload: Payload) -> Payload:
        info, token = payload["transactionInfo"], payload.get("idToken")
        self.books.record(
            Event(
                Happening(payload["eventType"]),
                info["transactionId"],
                (payload.get("evse") or {}).get("id", 0),
                epoch(payload["timestamp"]),
                payload["seqNo"],
                info.get("chargingState", ""),
                info.get("stoppedReason") or payload["triggerReason"],
                (token or {}).get("idToken", ""),
                payload.get("reservationId"),
                offline=bool(payload.get("offline", False)),
                readings=tuple(metering.read_all(payload.get("meterValue") or ())),
            )
        )
        return {} if token is None else {"idTokenInfo": self._token(token)}

    def _meter_values(self, payload: Payload) -> Payload:
        readings = metering.read_all(payload["meterValue"])
        for meters in readings:
            self.books.clock.see(meters.time_s, punctual=True)
        self.books.point(payload["evseId"]).measure(readings, live=True)
        self.books.changed()
        return {}

    def _needs(self, payload: Payload) -> Payload:
        self.books.point(payload["evseId"]).wants(needs.read(payload["chargingNeeds"], self.books.clock))
        return {"status": "Accepted"}

    def _charging_limit(self, payload: Payload) -> Payload:
        source = str(payload["chargingLimit"].get("chargingLimitSource", "?"))
        self.books.point(payload.get("evseId", 0)).limited_by = source
        self.books.note(charging_limit=source)
        return {}

    def _limit_cleared(self, payload: Payload) -> Payload:
        self.books.point(payload.get("evseId", 0)).limited_by = ""
        return {}

    def _reservation(self, payload: Payload) -> Payload:
        self.books.reservation_ended(payload["reservationId"], payload["reservationUpdateStatus"])
        return {}

    # --- what it is asked ---

    async def probe(self, place: Place) -> Abilities:  # noqa: ARG002 - the variables are the station's
        """Read variables and ask for meter values; what is refused is left as it is."""
        found = await self._variables()
        level = found.get("SmartChargingCtrlr.ProfileStackLevel", "")
        units = {unit.strip() for unit in found.get("SmartChargingCtrlr.RateUnit", "").split(",")}
        return Abilities(
            units=frozenset(units & {"A", "W"}),
            level=int(level) if level.isdigit() else None,
            smart=_flag(found, "SmartChargingCtrlr.Enabled"),
            reserves=_flag(found, "ReservationCtrlr.Enabled"),
            switches_phases=_flag(found, "SmartChargingCtrlr.Phases3to1"),
            steers_both_ways=_flag(found, "V2XChargingCtrlr.Enabled") if self.feeds_back else False,
            interval=await self._set("SampledDataCtrlr", "TxUpdatedInterval", str(self.books.settings.meter_s)),
            measurands=await self._measurands(),
            maker=self.books.said,
        )

    async def _variables(self) -> dict[str, str]:
        try:
            return await self._get(self.variables)
        except CallError as error:  # more than it takes at a time
            self.books.note(probe="GetVariables", refused=str(error))
        found: dict[str, str] = {}
        for variable in self.variables:
            try:
                found |= await self._get((variable,))
            except CallError as error:
                if unsupported(error):
                    break
        return found

    async def _get(self, variables: tuple[tuple[str, str], ...]) -> dict[str, str]:
        asked = [{"component": {"name": component}, "variable": {"name": name}} for component, name in variables]
        answer = await self._ask("GetVariables", {"getVariableData": asked})
        return {
            f"{one['component']['name']}.{one['variable']['name']}": str(one.get("attributeValue", ""))
            for one in answer["getVariableResult"]
            if one["attributeStatus"] == "Accepted"
        }

    async def _set(self, component: str, name: str, value: str) -> bool:
        data = {"attributeValue": value, "component": {"name": component}, "variable": {"name": name}}
        try:
            answer = await self._ask("SetVariables", {"setVariableData": [data]})
        except CallError as error:
            self.books.note(probe=f"{component}.{name}", refused=str(error))
            return False
        status = answer["setVariableResult"][0]["attributeStatus"]
        self.books.note(probe=f"{component}.{name}", value=value, status=status)
        return status in TAKEN

    async def _measurands(self) -> tuple[str, ...]:
        taken = await self._measurands_of("SampledDataCtrlr", "TxUpdatedMeasurands", self.books.settings.measurands)
        if taken:  # the same for what is triggered, and at the ends of transactions, so that no register is missing
            await self._set("AlignedDataCtrlr", "Measurands", ",".join(taken))
            await self._set("SampledDataCtrlr", "TxStartedMeasurands", ",".join(taken))
            await self._set("SampledDataCtrlr", "TxEndedMeasurands", ",".join(taken))
        return taken

    async def _measurands_of(self, component: str, name: str, wanted: tuple[str, ...]) -> tuple[str, ...]:
        if await self._set(component, name, ",".join(wanted)):
            return wanted
        taken = tuple([measurand for measurand in wanted if await self._set(component, name, measurand)])
        return taken if not taken or await self._set(component, name, ",".join(taken)) else taken[-1:]

    def _purpose(self, purpose: str) -> str:
        return "ChargingStationMaxProfile" if purpose == Purpose.MAX else str(purpose)

    def _schedule(self, profile: Profile) -> Payload:
        schedule: Payload = {
            "id": profile.id, "startSchedule": text(profile.start_s), "chargingRateUnit": profile.unit,
            "chargingSchedulePeriod": [dict(profile.period)],
        }  # fmt: skip
        if profile.duration_s is not None:
            schedule["duration"] = max(int(profile.duration_s), 1)
        if profile.least is not None:
            schedule["minChargingRate"] = profile.least
        return schedule

    def _profile(self, profile: Profile) -> Payload:
        written: Payload = {
            "id": profile.id, "stackLevel": profile.level, "chargingProfilePurpose": self._purpose(profile.purpose),
            "chargingProfileKind": "Absolute", "chargingSchedule": [self._schedule(profile)],
        }  # fmt: skip
        if profile.purpose is Purpose.TX:
            written["transactionId"] = profile.transaction
        return written

    async def set_profile(self, place: Place, profile: Profile) -> None:
        """Send a charging profile."""
        evse = 0 if profile.purpose is Purpose.MAX else place.evse
        await self._status("SetChargingProfile", {"evseId": evse, "chargingProfile": self._profile(profile)})

    async def clear_profile(self, place: Place, profile_id: int) -> bool:  # noqa: ARG002
        """Take a profile back by its id."""
        return await self._status("ClearChargingProfile", {"chargingProfileId": profile_id}, "Accepted", "Unknown") == "Accepted"

    async def clear_level(self, place: Place, purpose: str, level: int) -> bool:
        """Take back what has a purpose and a level."""
        evse = 0 if purpose == Purpose.MAX else place.evse
        criteria: dict[str, Any] = {"evseId": evse, "chargingProfilePurpose": self._purpose(purpose), "stackLevel": level}
        return (
            await self._status("ClearChargingProfile", {"chargingProfileCriteria": criteria}, "Accepted", "Unknown") == "Accepted"
        )

    async def composite(self, place: Place, duration_s: int, unit: str) -> Composite | None:
        """Return what will apply."""
        request = {"evseId": place.evse, "duration": duration_s, "chargingRateUnit": unit}
        try:
            answer = await self._ask("GetCompositeSchedule", request)
        except CallError as error:
            if unsupported(error):
                return None
            raise
        if answer["status"] != "Accepted":
            return None
        schedule = answer.get("schedule") or {}
        periods = schedule.get("chargingSchedulePeriod") or ()
        return Composite(schedule.get("chargingRateUnit", unit), epoch(schedule.get("scheduleStart")), periods)

    async def reserve(self, place: Place, reservation_id: int, token: str, until_s: float) -> str:
        """Ask for a reservation."""
        request = {"id": reservation_id, "expiryDateTime": text(until_s), "idToken": self._own(token), "evseId": place.evse}
        return str((await self._ask("ReserveNow", request))["status"])

    @staticmethod
    def _own(token: str) -> Payload:
        return {"idToken": token, "type": "Central"}

    async def cancel(self, reservation_id: int) -> str:
        """Cancel a reservation."""
        return str((await self._ask("CancelReservation", {"reservationId": reservation_id}))["status"])

    async def start(self, place: Place, token: str, remote_id: int) -> None:
        """Start a transaction."""
        await self._status(
            "RequestStartTransaction", {"idToken": self._own(token), "remoteStartId": remote_id, "evseId": place.evse}
        )

    async def stop(self, transaction: str) -> None:
        """End a transaction."""
        await self._status("RequestStopTransaction", {"transactionId": transaction})

    async def trigger(self, place: Place, message: str) -> None:
        """Ask for a message now."""
        request: Payload = {"requestedMessage": message}
        if message == "MeterValues":
            request["evse"] = {"id": place.evse}
        elif message == "StatusNotification":  # F06.FR.12: of a connector
            request["evse"] = {"id": place.evse, "connectorId": place.connector}
        await self._status("TriggerMessage", request)


def _flag(found: dict[str, str], name: str) -> bool | None:
    value = found.get(name, "").lower()
    return {"true": True, "false": False}.get(value)
