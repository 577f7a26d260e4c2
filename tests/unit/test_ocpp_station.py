# SPDX-License-Identifier: Apache-2.0
"""A software charging station against a central system that writes down what it hears."""

from __future__ import annotations

import asyncio
import time

import pytest

from hardware_in_loop.ocpp.station.options import Backoff, EvseSpec
from hardware_in_loop.ocpp.station.times import format_time, parse_time
from hardware_in_loop.ocpp.versions import Version
from tests.unit.test_ocpp_station_world import Central, Toy, spec_of, until, world

V16, V201, V21 = Version.V16, Version.V201, Version.V21
ALL = pytest.mark.parametrize("version", [V16, V201, V21])
NEW = pytest.mark.parametrize("version", [V201, V21])


def run(main):
    asyncio.run(main)


@ALL
def test_boot_is_tried_until_it_is_accepted(version):
    async def main():
        central = Central()
        central.boots = ["Pending", "Rejected", "Accepted"]
        async with world(version, central=central) as (heard, station, _):
            await heard.wait("BootNotification", 3)
            await heard.wait("StatusNotification")
            assert len(heard.all("BootNotification")) == 3
            assert station.settings.heartbeat_s == 100.0  # what the central system gave

    run(main())


@ALL
def test_a_heartbeat_at_the_interval(version):
    async def main():
        async with world(version) as (heard, station, _):
            await heard.wait("StatusNotification")
            station.settings.heartbeat_s = 0.1
            await heard.wait("Heartbeat", 2)

    run(main())


def test_a_transaction_of_16_follows_the_car():
    async def main():
        async with world(V16) as (heard, _station, toy):
            await heard.wait("StatusNotification", status="Available")
            toy.plugged["cp"] = True
            start = await heard.wait("StartTransaction")
            assert start["connectorId"] == 1
            assert start["idTag"] == "TWINERGY-LAB"
            assert start["meterStart"] == 0
            await heard.wait("StatusNotification", status="Charging")
            toy.energy["cp"][0] = 1.234
            toy.plugged["cp"] = False
            stop = await heard.wait("StopTransaction")
            assert stop["transactionId"] == 1
            assert stop["meterStop"] == 1234
            assert stop["reason"] == "EVDisconnected"
            await heard.wait("StatusNotification", 2, status="Available")
            assert heard.all("Authorize") == [{"idTag": "TWINERGY-LAB"}]

    run(main())


@NEW
def test_a_transaction_of_2_follows_the_car(version):
    async def main():
        async with world(version) as (heard, _station, toy):
            await heard.wait("StatusNotification", connectorStatus="Available")
            toy.plugged["cp"] = True
            start = await heard.wait("TransactionEvent", eventType="Started")
            assert start["seqNo"] == 0
            assert start["triggerReason"] == "Authorized"
            assert start["idToken"]["idToken"] == "TWINERGY-LAB"
            assert start["evse"] == {"id": 1, "connectorId": 1}
            charging = await heard.wait("TransactionEvent", eventType="Updated")
            assert charging["transactionInfo"]["chargingState"] == "Charging"
            toy.energy["cp"][0] = 2.5
            toy.plugged["cp"] = False
            end = await heard.wait("TransactionEvent", eventType="Ended")
            assert end["transactionInfo"]["stoppedReason"] == "EVDisconnected"
            values = {row["measurand"]: row["value"] for row in end["meterValue"][0]["sampledValue"]}
            assert values["Energy.Active.Import.Register"] == pytest.approx(2500.0, abs=1.0)
            assert [event["seqNo"] for event in heard.all("TransactionEvent")] == list(range(len(heard.all("TransactionEvent"))))
            assert len({event["transactionInfo"]["transactionId"] for event in heard.all("TransactionEvent")}) == 1
            await heard.wait("StatusNotification", connectorStatus="Occupied")
            await heard.wait("StatusNotification", 2, connectorStatus="Available")

    run(main())


@ALL
def test_no_energy_without_a_transaction(version):
    """A card that is refused: the point stays at 0 kW; another one that the central system sends starts it."""

    async def main():
        central = Central()
        central.tokens = {"GOOD"}
        async with world(version, central=central) as (heard, _station, toy):
            await heard.wait("StatusNotification")
            toy.plugged["cp"] = True
            await heard.wait("Authorize")
            await asyncio.sleep(0.1)
            assert toy.power("cp") == 0.0
            assert not heard.all("StartTransaction") + heard.all("TransactionEvent")
            if version is V16:
                answer = await heard.rpc.call("RemoteStartTransaction", {"connectorId": 1, "idTag": "GOOD"})
                await heard.wait("StartTransaction")
            else:
                wish = {"idToken": {"idToken": "GOOD", "type": "Central"}, "remoteStartId": 77, "evseId": 1}
                answer = await heard.rpc.call("RequestStartTransaction", wish)
                event = await heard.wait("TransactionEvent", eventType="Started")
                assert event["transactionInfo"]["remoteStartId"] == 77
                assert event["triggerReason"] == "RemoteStart"
            assert answer == {"status": "Accepted"}
            await until(lambda: toy.power("cp") == 11.0)

    run(main())


@ALL
def test_stopped_from_afar(version):
    async def main():
        async with world(version) as (heard, station, toy):
            toy.plugged["cp"] = True
            await heard.wait("StartTransaction" if version is V16 else "TransactionEvent")
            await until(lambda: toy.power("cp") > 0.0 and not station.outbox.waiting)
            key = station.evses[0].key
            if version is V16:
                assert (await heard.rpc.call("RemoteStopTransaction", {"transactionId": 99}))["status"] == "Rejected"
                assert (await heard.rpc.call("RemoteStopTransaction", {"transactionId": int(key)}))["status"] == "Accepted"
                assert (await heard.wait("StopTransaction"))["reason"] == "Remote"
                await heard.wait("StatusNotification", status="Finishing")
            else:
                assert (await heard.rpc.call("RequestStopTransaction", {"transactionId": "no"}))["status"] == "Rejected"
                assert (await heard.rpc.call("RequestStopTransaction", {"transactionId": key}))["status"] == "Accepted"
                end = await heard.wait("TransactionEvent", eventType="Ended")
                assert end["triggerReason"] == "RemoteStop"
            await until(lambda: toy.power("cp") == 0.0)

    run(main())


@ALL
def test_meter_values_periodic_and_by_the_clock(version):
    """Half of them are text with a unit (1.6), half are numbers with a unit of measure (2.x)."""

    async def main():
        async with world(version) as (heard, _station, toy):
            toy.plugged["cp"] = True
            await heard.wait("StartTransaction" if version is V16 else "TransactionEvent")
            pairs = {"MeterValueSampleInterval": "1", "ClockAlignedDataInterval": "1", "MeterValuesAlignedData": "SoC,Voltage"}
            if version is V16:
                for key, value in pairs.items():
                    answer = await heard.rpc.call("ChangeConfiguration", {"key": key, "value": value})
                    assert answer == {"status": "Accepted"}
                wrong = await heard.rpc.call("ChangeConfiguration", {"key": "MeterValuesSampledData", "value": "Mood"})
                assert wrong == {"status": "Rejected"}
            else:
                rows = [("SampledDataCtrlr", "TxUpdatedInterval", "1"), ("AlignedDataCtrlr", "Interval", "1")]
                rows += [("AlignedDataCtrlr", "Measurands", "SoC,Voltage"), ("AlignedDataCtrlr", "Measurands", "Mood")]
                data = [{"component": {"name": c}, "variable": {"name": v}, "attributeValue": text} for c, v, text in rows]
                answer = await heard.rpc.call("SetVariables", {"setVariableData": data})
                states = [row["attributeStatus"] for row in answer["setVariableResult"]]
                assert states == ["Accepted"] * 3 + ["Rejected"]
                assert "Mood" in answer["setVariableResult"][3]["attributeStatusInfo"]["additionalInfo"]

            def sampled(context):
                messages = heard.all("MeterValues") + heard.all("TransactionEvent")
                values = [row for message in messages for row in message.get("meterValue", [])]
                return [row for row in values if row["sampledValue"][0]["context"] == context]

            await until(lambda: sampled("Sample.Periodic") and sampled("Sample.Clock"))
            periodic = {row["measurand"]: row for row in sampled("Sample.Periodic")[0]["sampledValue"]}
            clock = {row["measurand"]: row for row in sampled("Sample.Clock")[0]["sampledValue"]}
            assert set(clock) == {"SoC", "Voltage"}
            if version is V16:
                assert periodic["Power.Active.Import"]["value"] == "11000"
                assert periodic["Power.Active.Import"]["unit"] == "W"
                assert clock["SoC"]["value"] == "50"
                assert heard.all("MeterValues")[0]["transactionId"] == 1
            else:
                assert periodic["Power.Active.Import"]["value"] == 11000.0
                assert periodic["Power.Active.Import"]["unitOfMeasure"] == {"unit": "W"}
            stamp = parse_time(sampled("Sample.Clock")[0]["timestamp"])
            assert stamp % 1.0 < 0.2  # on the second

    run(main())


@ALL
def test_a_session_while_the_central_system_is_away_arrives_later_with_its_own_times(version):
    """E04/E12: everything in order, with original times, marked offline; 0 Wh lost, none twice."""

    async def main():
        slow = Toy("cp", rated_kw=1.5)  # so that what it charges while this test sets its register does not count
        async with world(version, toy=slow) as (heard, station, toy):
            await heard.wait("StatusNotification")
            port = heard.port
            await heard.shut()
            await until(lambda: not station.online)
            gone_s = time.time()
            for first, second in ((0.0, 1.5), (1.5, 4.0)):
                toy.energy["cp"][0] = first
                toy.plugged["cp"] = True
                await until(lambda: station.evses[0].transaction is not None)
                toy.energy["cp"][0] = second
                toy.plugged["cp"] = False
                await until(lambda: station.evses[0].transaction is None)
            back_s = time.time()
            assert station.evses[0].status() == "Available"
            await heard.open([version], port)
            if version is V16:
                await heard.wait("StopTransaction", 2)
                await until(lambda: not station.outbox.waiting)
                starts, stops = heard.all("StartTransaction"), heard.all("StopTransaction")
                assert [stop["transactionId"] for stop in stops] == [1, 2]
            else:
                await heard.wait("TransactionEvent", 2, eventType="Ended")
                await until(lambda: not station.outbox.waiting)
                events = heard.all("TransactionEvent")
                assert all(event["offline"] for event in events)
                starts = [event for event in events if event["eventType"] == "Started"]
                stops = [event for event in events if event["eventType"] == "Ended"]
            for message in starts + stops:
                assert gone_s - 0.01 <= parse_time(message["timestamp"]) <= back_s + 0.01
            used = [wh(stop, "meterStop") - wh(start, "meterStart") for start, stop in zip(starts, stops, strict=True)]
            assert used == [pytest.approx(1500.0, abs=1.0), pytest.approx(2500.0, abs=1.0)]

    run(main())


def wh(message, key):
    if key in message:
        return message[key]
    rows = message["meterValue"][0]["sampledValue"]
    return next(row["value"] for row in rows if row["measurand"] == "Energy.Active.Import.Register")


@ALL
def test_what_is_not_acknowledged_is_sent_again_and_what_is_refused_is_given_up(version):
    async def main():
        central = Central()
        first = "StartTransaction" if version is V16 else "TransactionEvent"
        central.refuse = {first}
        async with world(version, central=central) as (heard, station, toy):
            await heard.wait("StatusNotification")
            station.settings.attempts, station.settings.attempt_s = 2.0, 0.01
            toy.plugged["cp"] = True
            await until(lambda: station.counts["given_up"] >= 1)
            assert len(heard.all(first)) >= 2
            heard.refuse.clear()
            toy.plugged["cp"] = False
            await until(lambda: not station.outbox.waiting and station.evses[0].transaction is None)

    run(main())


@ALL
def test_triggered_messages(version):
    async def main():
        async with world(version) as (heard, _station, _toy):
            await heard.wait("StatusNotification")
            number = {"connectorId": 1} if version is V16 else {"evse": {"id": 1}}
            for wanted in ("Heartbeat", "MeterValues", "StatusNotification"):
                before = len(heard.all(wanted))
                answer = await heard.rpc.call("TriggerMessage", {"requestedMessage": wanted, **number})
                assert answer == {"status": "Accepted"}
                await heard.wait(wanted, before + 1)
            unknown = {"connectorId": 9} if version is V16 else {"evse": {"id": 9}}
            answer = await heard.rpc.call("TriggerMessage", {"requestedMessage": "MeterValues", **unknown})
            assert answer == {"status": "Rejected"}
            other = await heard.rpc.call("TriggerMessage", {"requestedMessage": "FirmwareStatusNotification"})
            assert other == {"status": "NotImplemented"}

    run(main())


@ALL
def test_reset_boots_again_and_ends_what_runs(version):
    async def main():
        async with world(version) as (heard, station, toy):
            toy.plugged["cp"] = True
            await until(lambda: station.evses[0].transaction is not None and heard.all("StatusNotification"))
            answer = await heard.rpc.call("Reset", {"type": "Soft" if version is V16 else "Immediate"})
            assert answer == {"status": "Accepted"}
            boot = await heard.wait("BootNotification", 2)
            if version is V16:
                assert heard.all("StopTransaction")[0]["reason"] == "SoftReset"
            else:
                assert boot["reason"] == "RemoteReset"
                ended = [event for event in heard.all("TransactionEvent") if event["eventType"] == "Ended"]
                assert ended[0]["transactionInfo"]["stoppedReason"] == "ImmediateReset"

    run(main())


@ALL
def test_out_of_use_and_back(version):
    async def main():
        async with world(version) as (heard, station, toy):
            await heard.wait("StatusNotification")
            out = {"connectorId": 1, "type": "Inoperative"} if version is V16 else {"operationalStatus": "Inoperative"}
            name = "status" if version is V16 else "connectorStatus"
            assert (await heard.rpc.call("ChangeAvailability", out))["status"] == "Accepted"
            await heard.wait("StatusNotification", **{name: "Unavailable"})
            toy.plugged["cp"] = True
            await asyncio.sleep(0.05)
            assert station.evses[0].transaction is None
            assert toy.power("cp") == 0.0
            toy.plugged["cp"] = False
            back = {**out, "type": "Operative"} if version is V16 else {"operationalStatus": "Operative"}
            assert (await heard.rpc.call("ChangeAvailability", back))["status"] == "Accepted"
            await heard.wait("StatusNotification", 2, **{name: "Available"})

    run(main())


@ALL
def test_a_fault_is_told(version):
    async def main():
        async with world(version) as (heard, _station, toy):
            name = "status" if version is V16 else "connectorStatus"
            await heard.wait("StatusNotification", **{name: "Available"})
            toy.fault["cp"] = True
            message = await heard.wait("StatusNotification", **{name: "Faulted"})
            if version is V16:
                assert message["errorCode"] == "InternalError"

    run(main())


def test_settings_of_16():
    async def main():
        async with world(V16) as (heard, station, _):
            await heard.wait("StatusNotification")
            answer = await heard.rpc.call("GetConfiguration", {"key": ["ChargeProfileMaxStackLevel", "Nonsense"]})
            assert answer["unknownKey"] == ["Nonsense"]
            assert answer["configurationKey"] == [{"key": "ChargeProfileMaxStackLevel", "readonly": True, "value": "10"}]
            every = await heard.rpc.call("GetConfiguration", {})
            assert {"HeartbeatInterval", "MeterValueSampleInterval"} <= {row["key"] for row in every["configurationKey"]}
            for key, value, status in [
                ("Nonsense", "1", "NotSupported"),
                ("NumberOfConnectors", "4", "Rejected"),
                ("HeartbeatInterval", "-4", "Rejected"),
                ("HeartbeatInterval", "30", "Accepted"),
            ]:
                assert (await heard.rpc.call("ChangeConfiguration", {"key": key, "value": value}))["status"] == status
            assert station.settings.heartbeat_s == 30.0

    run(main())


@NEW
def test_variables_and_report_of_2(version):
    async def main():
        async with world(version) as (heard, _station, _):
            await heard.wait("StatusNotification")
            rows = [("SmartChargingCtrlr", "RateUnit"), ("SmartChargingCtrlr", "Mood"), ("MoodCtrlr", "Mood")]
            data = [{"component": {"name": c}, "variable": {"name": v}} for c, v in rows]
            answer = await heard.rpc.call("GetVariables", {"getVariableData": data})
            states = [row["attributeStatus"] for row in answer["getVariableResult"]]
            assert states == ["Accepted", "UnknownVariable", "UnknownComponent"]
            assert answer["getVariableResult"][0]["attributeValue"] == "A,W"
            await heard.rpc.call("GetBaseReport", {"requestId": 5, "reportBase": "FullInventory"})
            report = await heard.wait("NotifyReport")
            assert report["requestId"] == 5
            assert len(report["reportData"]) > 10

    run(main())


@NEW
def test_what_a_car_wants_is_passed_on(version):
    async def main():
        toy = Toy("cp")
        toy.values["cp"] |= {"energy_wanted_kwh": 20.0, "departure_s": 3600.0}
        evses = (EvseSpec(device="cp", link="cp", two_way=True),)
        async with world(version, toy=toy, evses=evses) as (heard, _station, _):
            await heard.wait("StatusNotification")
            toy.plugged["cp"] = True
            needs = (await heard.wait("NotifyEVChargingNeeds"))["chargingNeeds"]
            assert needs["acChargingParameters"]["energyAmount"] == 20000
            assert parse_time(needs["departureTime"]) == pytest.approx(time.time() + 3600.0, abs=5.0)
            if version is V21:
                assert needs["requestedEnergyTransfer"] == "AC_BPT"
                assert needs["v2xChargingParameters"]["evTargetEnergyRequest"] == 20000.0
            await asyncio.sleep(0.1)
            assert len(heard.all("NotifyEVChargingNeeds")) == 1

    run(main())


def test_waits_double_up_to_the_longest():
    waits = Backoff(first_s=0.1, most_s=1.0)
    assert [waits.wait_s(attempt, 0.0) for attempt in range(5)] == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.0])
    assert Backoff(random_s=2.0).wait_s(0, 0.5) == pytest.approx(1.1)


def test_nobody_there_is_said_and_tried_again():
    async def main():
        from hardware_in_loop.ocpp.station.station import Station

        central = Central()
        async with asyncio.timeout(8.0):
            await central.open([V21])
            await central.shut()
            station = Station(spec_of(central, V21), Toy("cp"))
            await station.start()
            await until(lambda: station.counts["not_connected"] >= 3)
            assert str(central.port) in station.said
            await central.open([V21], central.port)
            await central.wait("BootNotification")
            await station.close()
            await central.shut()

    run(main())


@ALL
def test_text_that_is_no_time_is_refused_not_a_crash(version):
    async def main():
        async with world(version) as (heard, _station, _):
            await heard.wait("StatusNotification")
            plan = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.0}]}
            wire = {"stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Relative"}
            if version is V16:
                del plan["id"]
                payload = {"connectorId": 1, "csChargingProfiles": {**wire, "chargingProfileId": 1, "chargingSchedule": plan}}
                answer = await heard.rpc.call("SetChargingProfile", payload)
            else:
                payload = {"evseId": 1, "chargingProfile": {**wire, "id": 1, "chargingSchedule": [plan]}}
                answer = await heard.rpc.call("SetChargingProfile", payload)
            assert answer["status"] == "Accepted"
            late = format_time(time.time() - 5.0)
            book = {"connectorId": 1, "expiryDate": late, "idTag": "X", "reservationId": 1}
            if version is not V16:
                book = {"id": 1, "expiryDateTime": late, "idToken": {"idToken": "X", "type": "Central"}, "evseId": 1}
            assert (await heard.rpc.call("ReserveNow", book))["status"] == "Rejected"

    run(main())
