# SPDX-License-Identifier: Apache-2.0
"""OCPP 1.6J. It has connectors instead of EVSEs, transaction ids that we give, and numbers as strings."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from hardware_in_loop.ocpp.central import metering
from hardware_in_loop.ocpp.central.abilities import Abilities
from hardware_in_loop.ocpp.central.clock import epoch, measured, text
from hardware_in_loop.ocpp.central.dialect import Dialect, unsupported
from hardware_in_loop.ocpp.central.metering import Meters
from hardware_in_loop.ocpp.central.point import State, Status
from hardware_in_loop.ocpp.central.smart_charging import Composite, Purpose
from hardware_in_loop.ocpp.central.transactions import Event, Happening
from hardware_in_loop.ocpp.errors import CallError

if TYPE_CHECKING:
    from hardware_in_loop.ocpp.central.books import Books
    from hardware_in_loop.ocpp.central.dialect import Ask, Payload, Place
    from hardware_in_loop.ocpp.central.smart_charging import Profile

STATES: Final = {
    "Available": (Status.AVAILABLE, State.NONE), "Preparing": (Status.OCCUPIED, State.CONNECTED),
    "Charging": (Status.OCCUPIED, State.CHARGING), "SuspendedEV": (Status.OCCUPIED, State.BY_CAR),
    "SuspendedEVSE": (Status.OCCUPIED, State.BY_POINT), "Finishing": (Status.OCCUPIED, State.DONE),
    "Reserved": (Status.RESERVED, State.NONE), "Unavailable": (Status.UNAVAILABLE, State.NONE),
    "Faulted": (Status.FAULTED, State.NONE),
}  # fmt: skip
KEYS: Final = (
    "SupportedFeatureProfiles",
    "ChargingScheduleAllowedChargingRateUnit",
    "ChargeProfileMaxStackLevel",
    "ConnectorSwitch3to1PhaseSupported",
)
TAKEN: Final = frozenset({"Accepted", "RebootRequired"})


class DialectV16(Dialect):
    """OCPP 1.6J, edition 2."""

    def __init__(self, books: Books, ask: Ask) -> None:
        super().__init__(books, ask)
        self.handlers = {
            "BootNotification": self._boot,
            "Heartbeat": lambda _: {"currentTime": text(time.time())},
            "StatusNotification": self._status_now,
            "Authorize": lambda payload: {"idTagInfo": self._token(payload["idTag"])},
            "StartTransaction": self._start_transaction,
            "StopTransaction": self._stop_transaction,
            "MeterValues": self._meter_values,
            "DataTransfer": lambda _: {"status": "UnknownVendorId"},
            "DiagnosticsStatusNotification": lambda _: {},
            "FirmwareStatusNotification": lambda _: {},
        }

    # --- what it says ---

    def _boot(self, payload: Payload) -> Payload:
        names = ("chargePointVendor", "chargePointModel", "firmwareVersion")
        self.books.booting(" ".join(str(payload[name]) for name in names if payload.get(name)))
        return {"status": "Accepted", "currentTime": text(time.time()), "interval": self.books.settings.heartbeat_s}

    def _status_now(self, payload: Payload) -> Payload:
        self.books.clock.see(epoch(payload.get("timestamp")))
        status, state = STATES[payload["status"]]
        error = " ".join(str(payload[name]) for name in ("errorCode", "vendorErrorCode", "info") if payload.get(name))
        self.books.point(self.books.evse(payload["connectorId"])).is_now(status, state, error)
        return {}

    def _token(self, token: str) -> Payload:
        accepted = self.books.may_charge(token)
        if not accepted:
            self.books.counts["tokens_refused"] += 1
            self.books.note(token_refused=token)
        return {"status": "Accepted" if accepted else "Invalid"}

    def _start_transaction(self, payload: Payload) -> Payload:
        connector, stamp, register = self.books.evse(payload["connectorId"]), payload["timestamp"], payload["meterStart"]
        given, _ = self.books.ledger.number(connector, payload["idTag"], stamp, register)
        meters = Meters(time_s=measured(stamp), energy_kwh=register / 1e3)
        self.books.record(
            Event(Happening.STARTED, given, connector, meters.time_s, token=payload["idTag"],
                  reservation=payload.get("reservationId"), readings=(meters,))
        )  # fmt: skip
        return {"transactionId": int(given), "idTagInfo": self._token(payload["idTag"])}

    def _stop_transaction(self, payload: Payload) -> Payload:
        meters = Meters(time_s=measured(payload["timestamp"]), energy_kwh=payload["meterStop"] / 1e3)
        readings = (*metering.read_all(payload.get("transactionData") or ()), meters)
        self.books.record(
            Event(Happening.ENDED, str(payload["transactionId"]), time_s=meters.time_s, reason=payload.get("reason", "Local"),
                  token=payload.get("idTag", ""), readings=readings)
        )  # fmt: skip
        return {"idTagInfo": self._token(payload["idTag"])} if "idTag" in payload else {}

    def _meter_values(self, payload: Payload) -> Payload:
        readings = metering.read_all(payload["meterValue"])
        connector, transaction = self.books.evse(payload["connectorId"]), payload.get("transactionId")
        triggered = any(sample.get("context") == "Trigger" for value in payload["meterValue"] for sample in value["sampledValue"])
        for meters in readings:
            self.books.clock.see(meters.time_s, punctual=triggered or transaction is None)
        if transaction is None or transaction <= 0:
            self.books.point(connector).measure(readings, live=True)
            self.books.changed()
        else:
            time_s = readings[-1].time_s if readings else float("nan")
            self.books.record(Event(Happening.UPDATED, str(transaction), connector, time_s, readings=tuple(readings)))
        return {}

    # --- what it is asked ---

    async def probe(self, place: Place) -> Abilities:  # noqa: ARG002 - the configuration is the station's
        """Read the configuration and ask for meter values; what is refused is left as it is."""
        keys = await self._configuration()
        features = keys.get("SupportedFeatureProfiles")
        has = {name.strip() for name in features.split(",")} if features else None
        level = keys.get("ChargeProfileMaxStackLevel", "")
        units = {unit.strip() for unit in keys.get("ChargingScheduleAllowedChargingRateUnit", "").split(",")}
        return Abilities(
            units=_units(units),
            level=int(level) if level.isdigit() else None,
            smart=None if has is None else "SmartCharging" in has,
            reserves=None if has is None else "Reservation" in has,
            triggers=None if has is None else "RemoteTrigger" in has,
            switches_phases=keys.get("ConnectorSwitch3to1PhaseSupported", "").lower() == "true",
            interval=await self._change("MeterValueSampleInterval", str(self.books.settings.meter_s)),
            measurands=await self._measurands(),
            maker=self.books.said,
        )

    async def _configuration(self) -> dict[str, str]:
        try:
            answer = await self._ask("GetConfiguration", {"key": list(KEYS)})
        except CallError as error:
            self.books.note(probe="GetConfiguration", refused=str(error))
            return {}
        return {one["key"]: str(one.get("value") or "") for one in answer.get("configurationKey") or ()}

    async def _change(self, key: str, value: str) -> bool:
        try:
            answer = await self._ask("ChangeConfiguration", {"key": key, "value": value})
        except CallError as error:
            self.books.note(probe=key, refused=str(error))
            return False
        self.books.note(probe=key, value=value, status=answer["status"])
        return answer["status"] in TAKEN

    async def _measurands(self) -> tuple[str, ...]:
        key = "MeterValuesSampledData"
        wanted = self.books.settings.measurands
        if await self._change(key, ",".join(wanted)):
            return wanted
        taken = tuple([name for name in wanted if await self._change(key, name)])
        return taken if not taken or await self._change(key, ",".join(taken)) else taken[-1:]

    async def set_profile(self, place: Place, profile: Profile) -> None:
        """Send a charging profile."""
        purpose = "ChargePointMaxProfile" if profile.purpose is Purpose.MAX else str(profile.purpose)
        schedule: dict[str, Any] = {
            "chargingRateUnit": profile.unit,
            "chargingSchedulePeriod": [dict(profile.period)],
            "startSchedule": text(profile.start_s),
        }
        if profile.duration_s is not None:
            schedule["duration"] = max(int(profile.duration_s), 1)
        if profile.least is not None:
            schedule["minChargingRate"] = profile.least
        written: dict[str, Any] = {
            "chargingProfileId": profile.id, "stackLevel": profile.level, "chargingProfilePurpose": purpose,
            "chargingProfileKind": "Absolute", "chargingSchedule": schedule,
        }  # fmt: skip
        if profile.transaction and profile.purpose is Purpose.TX:
            written["transactionId"] = int(profile.transaction)
        connector = 0 if profile.purpose is Purpose.MAX else place.old_connector
        await self._status("SetChargingProfile", {"connectorId": connector, "csChargingProfiles": written})

    async def clear_profile(self, place: Place, profile_id: int) -> bool:  # noqa: ARG002
        """Take a profile back by its id."""
        return await self._status("ClearChargingProfile", {"id": profile_id}, "Accepted", "Unknown") == "Accepted"

    async def clear_level(self, place: Place, purpose: str, level: int) -> bool:
        """Take back what has a purpose and a level."""
        name, connector = (purpose, place.old_connector) if purpose != Purpose.MAX else ("ChargePointMaxProfile", 0)
        criteria = {"connectorId": connector, "chargingProfilePurpose": name, "stackLevel": level}
        return await self._status("ClearChargingProfile", criteria, "Accepted", "Unknown") == "Accepted"

    async def composite(self, place: Place, duration_s: int, unit: str) -> Composite | None:
        """Return what will apply."""
        request = {"connectorId": place.old_connector, "duration": duration_s, "chargingRateUnit": unit}
        try:
            answer = await self._ask("GetCompositeSchedule", request)
        except CallError as error:
            if unsupported(error):
                return None
            raise
        if answer["status"] != "Accepted":
            return None
        schedule = answer.get("chargingSchedule") or {}
        start_s = epoch(answer.get("scheduleStart") or schedule.get("startSchedule"))
        return Composite(schedule.get("chargingRateUnit", unit), start_s, schedule.get("chargingSchedulePeriod") or ())

    async def reserve(self, place: Place, reservation_id: int, token: str, until_s: float) -> str:
        """Ask for a reservation."""
        request = {
            "connectorId": place.old_connector,
            "expiryDate": text(until_s),
            "idTag": token,
            "reservationId": reservation_id,
        }
        return str((await self._ask("ReserveNow", request))["status"])

    async def cancel(self, reservation_id: int) -> str:
        """Cancel a reservation."""
        return str((await self._ask("CancelReservation", {"reservationId": reservation_id}))["status"])

    async def start(self, place: Place, token: str, remote_id: int) -> None:  # noqa: ARG002 - 1.6 has no id for it
        """Start a transaction."""
        await self._status("RemoteStartTransaction", {"connectorId": place.old_connector, "idTag": token})

    async def stop(self, transaction: str) -> None:
        """End a transaction."""
        await self._status("RemoteStopTransaction", {"transactionId": int(transaction)})

    async def trigger(self, place: Place, message: str) -> None:
        """Ask for a message now."""
        request: dict[str, Any] = {"requestedMessage": message}
        if message in {"MeterValues", "StatusNotification"}:
            request["connectorId"] = place.old_connector
        await self._status("TriggerMessage", request)


def _units(names: set[str]) -> frozenset[str]:
    return frozenset(unit for unit, name in (("A", "Current"), ("W", "Power")) if name in names)
