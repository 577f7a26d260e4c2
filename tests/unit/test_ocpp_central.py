# SPDX-License-Identifier: Apache-2.0
"""What the central system answers, and what it takes from what stations say. Every message here is held against its schema."""

from __future__ import annotations

import asyncio
import math
import time
from typing import TYPE_CHECKING, Any

import pytest

from hardware_in_loop.ocpp.central.books import Books, Settings
from hardware_in_loop.ocpp.central.clock import text
from hardware_in_loop.ocpp.central.dialect import Place, RefusedError
from hardware_in_loop.ocpp.central.reservations import Reservation, Standing
from hardware_in_loop.ocpp.central.store import Store
from hardware_in_loop.ocpp.central.v16 import DialectV16
from hardware_in_loop.ocpp.central.v21 import DialectV21
from hardware_in_loop.ocpp.central.v201 import DialectV201
from hardware_in_loop.ocpp.errors import CallError
from hardware_in_loop.ocpp.schemas import SEND_ONLY, actions, violations
from hardware_in_loop.ocpp.versions import Version
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from pathlib import Path

    from hardware_in_loop.ocpp.central.dialect import Dialect

V16, V201, V21 = Version.V16, Version.V201, Version.V21
DIALECTS: dict[Version, type[Dialect]] = {V16: DialectV16, V201: DialectV201, V21: DialectV21}
SETTINGS = Settings(tokens=frozenset({"card-1", "twinergy-lab"}), most_kw=22.0)


async def nobody(action: str, payload: dict[str, Any]) -> dict[str, Any]:
    raise AssertionError(action)


class Desk:
    """A central system that is told things."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self.books = Books("CP-1", SETTINGS)
        self.dialect = DIALECTS[version](self.books, nobody)

    def told(self, action: str, **payload: Any) -> dict[str, Any]:
        assert violations(self.version, action, "request", payload) is None
        answer = asyncio.run(self.dialect.handle(action, payload))
        if action not in SEND_ONLY:
            assert violations(self.version, action, "response", answer) is None
        return answer


def transaction(seq: int, kind: str, register_wh: float | None = None, at_s: float = 0.0, **more: Any) -> dict[str, Any]:
    stamp = text(1704067200.0 + at_s)
    meter = [{"timestamp": stamp, "sampledValue": [{"value": register_wh}]}]
    info = {"transactionId": "T-1"} | more.pop("info", {})
    payload = {
        "eventType": kind,
        "timestamp": stamp,
        "triggerReason": "Trigger",
        "seqNo": seq,
        "transactionInfo": info,
        "evse": {"id": 1},
    }
    return payload | ({"meterValue": meter} if register_wh is not None else {}) | more


def test_handlers_exist_for_actions_of_the_version_only() -> None:
    for version, dialect in DIALECTS.items():
        assert set(dialect(Books("X", SETTINGS), nobody).handlers) <= actions(version)


def test_a_boot_is_accepted_and_says_who_it_is() -> None:
    desk = Desk(V16)
    answer = desk.told("BootNotification", chargePointVendor="ACME", chargePointModel="Wallbox", firmwareVersion="1.2")
    assert (answer["status"], answer["interval"], desk.books.said) == ("Accepted", 10, "ACME Wallbox 1.2")
    new = Desk(V201)
    new.told("BootNotification", reason="PowerUp", chargingStation={"vendorName": "ACME", "model": "Hub"})
    assert (new.books.said, new.books.booted, new.books.boots) == ("ACME Hub", True, 1)


def test_what_is_not_served_is_not_supported() -> None:
    with pytest.raises(CallError, match="NotSupported"):
        asyncio.run(Desk(V201).dialect.handle("SignCertificate", {}))


@pytest.mark.parametrize(
    ("status", "state", "closed"),
    [
        ("Available", 0.0, 0.0), ("Reserved", 1.0, 0.0), ("Preparing", 2.0, 0.0), ("Charging", 3.0, 1.0),
        ("SuspendedEV", 5.0, 1.0),
        ("SuspendedEVSE", 2.0, 0.0), ("Finishing", 5.0, 0.0), ("Unavailable", 0.0, 0.0), ("Faulted", 6.0, 0.0),
    ],
)  # fmt: skip
def test_states_of_16(status: str, state: float, closed: float) -> None:
    desk = Desk(V16)
    desk.told("StatusNotification", connectorId=1, errorCode="GroundFailure" if status == "Faulted" else "NoError", status=status)
    point = desk.books.point(1)
    assert (point.state, point.closed) == (state, closed)
    assert point.error == ("GroundFailure" if status == "Faulted" else "")


@pytest.mark.parametrize(("version", "state"), [(V201, 3.0), (V21, 3.0)])
def test_states_of_2x(version: Version, state: float) -> None:
    desk = Desk(version)
    desk.told("StatusNotification", timestamp=text(time.time()), connectorStatus="Occupied", evseId=1, connectorId=1)
    assert desk.books.point(1).state == 2.0
    desk.told("TransactionEvent", **transaction(0, "Started", info={"chargingState": "Charging"}))
    assert desk.books.point(1).state == state
    desk.told("TransactionEvent", **transaction(1, "Updated", at_s=1.0, info={"chargingState": "SuspendedEVSE"}))
    assert (desk.books.point(1).state, desk.books.point(1).closed) == (2.0, 0.0)


def test_feeding_back_is_a_state_of_its_own() -> None:
    desk = Desk(V21)
    desk.told("StatusNotification", timestamp=text(time.time()), connectorStatus="Occupied", evseId=1, connectorId=1)
    now = text(time.time())
    meter = [{"timestamp": now, "sampledValue": [{"value": 4000.0, "measurand": "Power.Active.Export"}]}]
    desk.told(
        "TransactionEvent",
        **transaction(0, "Started", info={"chargingState": "Charging"}) | {"meterValue": meter, "timestamp": now},
    )
    assert (desk.books.point(1).state, desk.books.point(1).values["p_kw"].value) == (4.0, -4.0)


def test_availability_that_comes_as_an_event() -> None:
    desk = Desk(V21)
    data = {
        "eventId": 1, "timestamp": text(time.time()), "trigger": "Delta", "actualValue": "Faulted",
        "techInfo": "welded contactor",
        "eventNotificationType": "HardWiredNotification", "component": {"name": "EVSE", "evse": {"id": 1}},
        "variable": {"name": "AvailabilityState"},
    }  # fmt: skip
    desk.told("NotifyEvent", generatedAt=text(time.time()), seqNo=0, eventData=[data])
    assert (desk.books.point(1).state, desk.books.point(1).error) == (6.0, "welded contactor")


def test_known_tokens_may_charge_whatever_their_case_and_unknown_ones_not() -> None:
    desk = Desk(V16)
    assert desk.told("Authorize", idTag="CARD-1") == {"idTagInfo": {"status": "Accepted"}}
    assert desk.told("Authorize", idTag="card-2") == {"idTagInfo": {"status": "Invalid"}}
    new = Desk(V201)
    assert new.told("Authorize", idToken={"idToken": "Card-1", "type": "ISO14443"}) == {"idTokenInfo": {"status": "Accepted"}}
    assert new.told("Authorize", idToken={"idToken": "card-2", "type": "ISO14443"}) == {"idTokenInfo": {"status": "Unknown"}}
    assert new.told("Authorize", idToken={"idToken": "", "type": "NoAuthorization"}) == {"idTokenInfo": {"status": "Accepted"}}
    assert (desk.books.counts["tokens_refused"], new.books.counts["tokens_refused"]) == (1, 1)


def test_a_session_of_16_from_start_to_stop() -> None:
    """7 kWh from the registers 50000 to 57000 Wh; both messages twice."""
    desk = Desk(V16)
    start = {"connectorId": 1, "idTag": "CARD-1", "meterStart": 50000, "timestamp": "2024-01-01T00:00:00Z"}
    answers = [desk.told("StartTransaction", **start) for _ in range(2)]
    assert answers[0] == answers[1]
    number = answers[0]["transactionId"]
    sample = [{"value": "53.5", "unit": "kWh"}]
    desk.told(
        "MeterValues",
        connectorId=1,
        transactionId=number,
        meterValue=[{"timestamp": "2024-01-01T00:30:00Z", "sampledValue": sample}],
    )
    assert desk.books.point(1).session_kwh == pytest.approx(3.5)
    for _ in range(2):
        stop = desk.told(
            "StopTransaction", transactionId=number, meterStop=57000, timestamp="2024-01-01T01:00:00Z", idTag="CARD-1"
        )
        assert stop == {"idTagInfo": {"status": "Accepted"}}
    point = desk.books.point(1)
    assert (point.session_kwh, point.drawn.energy_kwh) == (pytest.approx(7.0), pytest.approx(7.0))
    assert desk.books.ledger.active(1) is None
    assert desk.books.ledger.duplicates == 2


def test_a_start_of_an_unknown_card_is_refused_and_still_counted() -> None:
    desk = Desk(V16)
    answer = desk.told("StartTransaction", connectorId=1, idTag="X", meterStart=0, timestamp="2024-01-01T00:00:00Z")
    assert answer["idTagInfo"]["status"] == "Invalid"
    assert desk.books.ledger.active(1) is not None


def test_token_info_comes_only_where_a_token_came() -> None:
    desk = Desk(V201)
    assert desk.told("TransactionEvent", **transaction(0, "Started")) == {}
    token = {"idToken": {"idToken": "card-1", "type": "ISO14443"}}
    assert desk.told("TransactionEvent", **transaction(1, "Updated"), **token) == {"idTokenInfo": {"status": "Accepted"}}


def test_an_offline_queue_after_live_events_is_counted_once() -> None:
    """Live: 50.0, then 57.5 kWh; the queue between them, one of it twice, arrives last."""
    desk = Desk(V201)
    queue = [transaction(seq, "Updated", 50000.0 + 2500.0 * seq, 1200.0 * seq, offline=True) for seq in (1, 2, 2)]
    for payload in [transaction(0, "Started", 50000.0), transaction(3, "Updated", 57500.0, 3600.0), *queue]:
        desk.told("TransactionEvent", **payload)
    assert desk.books.point(1).drawn.energy_kwh == pytest.approx(7.5)
    assert (desk.books.ledger.missing, desk.books.ledger.duplicates) == (0, 1)


def test_a_queued_power_does_not_replace_a_newer_one() -> None:
    desk = Desk(V201)
    now_s = time.time()

    def told(seq: int, at_s: float, watts: float, **more: Any) -> None:
        meter = [{"timestamp": text(at_s), "sampledValue": [{"value": watts, "measurand": "Power.Active.Import"}]}]
        desk.told("TransactionEvent", **transaction(seq, "Updated", **more) | {"meterValue": meter, "timestamp": text(at_s)})

    told(2, now_s, 7000.0)
    told(1, now_s - 600.0, 11000.0, offline=True)
    power = desk.books.point(1).values["p_kw"]
    assert (power.value, power.delay_s) == (7.0, 0.0)


def test_a_queued_power_is_as_old_as_it_is() -> None:
    desk = Desk(V16)
    stamp = text(time.time() - 600.0)
    value = {"timestamp": stamp, "sampledValue": [{"value": "11000", "measurand": "Power.Active.Import", "unit": "W"}]}
    desk.told("MeterValues", connectorId=1, transactionId=4, meterValue=[value])
    assert desk.books.point(1).values["p_kw"].delay_s == pytest.approx(600.0, abs=2.0)


def test_what_the_car_wants_counts_down() -> None:
    """20 kWh wanted when the register showed 50 kWh; 3 kWh later 17 are missing."""
    desk = Desk(V201)
    now_s = time.time() - 1704067200.0
    desk.told("TransactionEvent", **transaction(0, "Started", 50000.0, now_s))
    needs = {
        "requestedEnergyTransfer": "AC_three_phase", "departureTime": text(time.time() + 3600.0),
        "acChargingParameters": {"energyAmount": 20000, "evMinCurrent": 6, "evMaxCurrent": 16, "evMaxVoltage": 400},
    }  # fmt: skip
    assert desk.told("NotifyEVChargingNeeds", evseId=1, chargingNeeds=needs) == {"status": "Accepted"}
    point = desk.books.point(1)
    assert point.departure_in_s == pytest.approx(3600.0, abs=2.0)
    desk.told("TransactionEvent", **transaction(1, "Updated", 53000.0, now_s + 1800.0))
    assert point.energy_wanted_kwh == pytest.approx(17.0)
    desk.told("TransactionEvent", **transaction(2, "Ended", 53000.0, now_s + 1900.0))
    assert math.isnan(point.energy_wanted_kwh)


def test_a_transaction_uses_its_reservation_up_and_the_station_ends_others() -> None:
    for version, told in (
        (V201, ("TransactionEvent", transaction(0, "Started", reservationId=1))),
        (
            V16,
            (
                "StartTransaction",
                {"connectorId": 1, "idTag": "card-1", "meterStart": 0, "timestamp": text(0), "reservationId": 1},
            ),
        ),
    ):
        desk = Desk(version)
        reservation = desk.books.reservations[1] = Reservation(id=1, hold_s=900.0, wanted=True, standing=Standing.STANDS)
        desk.told(told[0], **told[1])
        assert reservation.standing is Standing.USED
    desk = Desk(V201)
    reservation = desk.books.reservations[1] = Reservation(id=1, hold_s=900.0, wanted=True, standing=Standing.STANDS)
    desk.told("ReservationStatusUpdate", reservationId=1, reservationUpdateStatus="Expired")
    assert reservation.standing is Standing.EXPIRED


def test_somebody_elses_limit_is_taken_note_of() -> None:
    desk = Desk(V21)
    desk.told("NotifyChargingLimit", evseId=1, chargingLimit={"chargingLimitSource": "SO"})
    assert desk.books.point(1).limited_by == "SO"
    desk.told("ClearedChargingLimit", evseId=1, chargingLimitSource="SO")
    assert desk.books.point(1).limited_by == ""


def test_a_transaction_whose_end_is_lost_does_not_hold_its_point() -> None:
    desk = Desk(V201)
    now_s = time.time() - 1704067200.0
    desk.told("TransactionEvent", **transaction(0, "Started", 50000.0, now_s, info={"chargingState": "Charging"}))
    desk.told("StatusNotification", timestamp=text(time.time()), connectorStatus="Occupied", evseId=1, connectorId=1)
    assert desk.books.point(1).state == 3.0
    desk.told("StatusNotification", timestamp=text(time.time()), connectorStatus="Available", evseId=1, connectorId=1)
    assert (desk.books.point(1).state, desk.books.point(1).idle) == (0.0, True)
    desk.told("TransactionEvent", **transaction(2, "Ended", 54000.0, now_s + 60.0, offline=True))  # from the queue
    assert desk.books.point(1).session_kwh == pytest.approx(4.0)


def test_numbers_of_points_that_make_no_sense_take_no_room() -> None:
    desk = Desk(V16)
    for connector in (*range(100), 10**9):
        desk.told("StatusNotification", connectorId=connector, errorCode="NoError", status="Available")
    assert len(desk.books.points) == 64
    assert desk.books.counts["unknown_point"] == 37


class Configured:
    """A station of 1.6 that refuses whatever it does not have."""

    def __init__(self, keys: dict[str, str], *, takes: tuple[str, ...] = ()) -> None:
        self.keys, self.takes = keys, takes

    async def ask(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        if action == "GetConfiguration":
            return {
                "configurationKey": [
                    {"key": key, "readonly": True, "value": self.keys[key]} for key in payload["key"] if key in self.keys
                ]
            }
        assert action == "ChangeConfiguration"
        if payload["key"] == "MeterValueSampleInterval":
            return {"status": "Accepted" if "interval" in self.takes else "Rejected"}
        return {"status": "Accepted" if set(payload["value"].split(",")) <= set(self.takes) else "Rejected"}


def test_a_station_of_16_is_asked_what_it_can_do() -> None:
    keys = {
        "SupportedFeatureProfiles": "Core,SmartCharging",
        "ChargingScheduleAllowedChargingRateUnit": "Current",
        "ChargeProfileMaxStackLevel": "5",
    }
    peer = Configured(keys, takes=("Power.Active.Import", "SoC"))
    found = asyncio.run(DialectV16(Books("CP-1", SETTINGS), peer.ask).probe(Place()))
    assert (found.units, found.level, found.smart, found.reserves, found.triggers) == (frozenset("A"), 5, True, False, False)
    assert (found.measurands, found.interval) == (("Power.Active.Import", "SoC"), False)
    assert "without reservations, TriggerMessage" in found.text


def test_a_station_that_says_nothing_of_itself_is_tried() -> None:
    found = asyncio.run(DialectV16(Books("CP-1", SETTINGS), Configured({}).ask).probe(Place()))
    assert (found.units, found.level, found.smart, found.composite) == (frozenset(), None, None, None)


class Variables:
    """A station of 2.0.1 that takes one variable at a time."""

    def __init__(self, known: dict[str, str], most: int) -> None:
        self.known, self.most = known, most

    async def ask(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        if action == "SetVariables":
            one = payload["setVariableData"][0]
            return {
                "setVariableResult": [{"attributeStatus": "Accepted", "component": one["component"], "variable": one["variable"]}]
            }
        if len(payload["getVariableData"]) > self.most:
            raise CallError("OccurenceConstraintViolation", "too many")
        results = []
        for one in payload["getVariableData"]:
            value = self.known.get(f"{one['component']['name']}.{one['variable']['name']}")
            results.append(
                one
                | (
                    {"attributeStatus": "UnknownVariable"}
                    if value is None
                    else {"attributeStatus": "Accepted", "attributeValue": value}
                )
            )
        return {"getVariableResult": results}


@pytest.mark.parametrize("most", [1, 50])
def test_a_station_of_2x_is_asked_what_it_can_do(most: int) -> None:
    known = {
        "SmartChargingCtrlr.RateUnit": "A,W",
        "SmartChargingCtrlr.ProfileStackLevel": "2",
        "V2XChargingCtrlr.Enabled": "true",
    }
    found = asyncio.run(DialectV21(Books("CP-1", SETTINGS), Variables(known, most).ask).probe(Place()))
    assert (found.units, found.level, found.smart, found.steers_both_ways, found.interval) == (
        frozenset("AW"),
        2,
        None,
        True,
        True,
    )


@pytest.mark.parametrize("version", list(Version))
def test_requests_are_what_the_schemas_allow(version: Version) -> None:
    async def ask(action: str, payload: dict[str, Any]) -> dict[str, Any]:
        assert violations(version, action, "request", payload) is None
        asked.append(action)
        return {"status": "Accepted"}

    async def main() -> None:
        dialect = DIALECTS[version](Books("CP-1", SETTINGS), ask)
        assert await dialect.reserve(Place(), 1, "TWINERGY-LAB", time.time() + 900.0) == "Accepted"
        assert await dialect.cancel(1) == "Accepted"
        await dialect.start(Place(), "TWINERGY-LAB", 5)
        await dialect.stop("17")
        for message in ("MeterValues", "StatusNotification", "BootNotification"):
            await dialect.trigger(Place(), message)

    asked: list[str] = []
    asyncio.run(main())
    assert len(asked) == 7


def test_a_refusal_names_the_station_and_its_reason() -> None:
    async def ask(action: str, payload: dict[str, Any]) -> dict[str, Any]:
        return {"status": "Rejected", "statusInfo": {"reasonCode": "TxNotFound", "additionalInfo": "17"}}

    with pytest.raises(RefusedError, match=r"CP-1: RequestStopTransaction: Rejected \(TxNotFound 17\)"):
        asyncio.run(DialectV201(Books("CP-1", SETTINGS), ask).stop("17"))


def test_a_store_outlives_us(tmp_path: Path) -> None:
    def desk() -> tuple[Desk, Store]:
        made, store = Desk(V16), Store(tmp_path / "ocpp.json")
        store.keep(made.books)
        store.open()
        return made, store

    before, _ = desk()
    start = {"connectorId": 1, "idTag": "CARD-1", "meterStart": 50000, "timestamp": "2024-01-01T00:00:00Z"}
    given = before.told("StartTransaction", **start)  # written at once: nobody closes anything here
    after, _ = desk()
    assert after.told("StartTransaction", **start) == given
    after.told("StopTransaction", transactionId=given["transactionId"], meterStop=57000, timestamp="2024-01-01T01:00:00Z")
    assert after.books.point(1).drawn.energy_kwh == pytest.approx(7.0)


def test_a_store_that_is_none_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "ocpp.json"
    path.write_text("[]")
    with pytest.raises(DeviceError, match="holds no transactions"):
        Store(path).open()
    assert path.read_text() == "[]"


def test_a_store_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    why: list[str] = []
    Store(tmp_path / "missing" / "ocpp.json", why.append).write()
    assert "cannot be kept" in why[0]
