# SPDX-License-Identifier: Apache-2.0
"""The charging point side against the ``ocpp`` package as central system, which shares no code with it, over real websockets."""

from __future__ import annotations

import asyncio
import importlib
import socket
import sys
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from websockets.asyncio.server import serve

from hardware_in_loop.ocpp.station.station import Station
from hardware_in_loop.ocpp.versions import Version
from tests.unit.test_ocpp_station_world import Toy, spec_of, until

pytest.importorskip("ocpp", reason="the ocpp package is not installed")

NAMES = {Version.V16: "ocpp.v16", Version.V201: "ocpp.v201"}
ROOT = Path(__file__).resolve().parents[2]
CARD = "TWINERGY-LAB"


def parts(version):
    """Return the package's ChargePoint, call and call_result of a version, and its decorator."""
    room = importlib.import_module(NAMES[version])
    call, answer = (importlib.import_module(f"{NAMES[version]}.{name}") for name in ("call", "call_result"))
    return room.ChargePoint, call, answer, importlib.import_module("ocpp.routing").on


def now_text(later_s=0.0):
    return (datetime.now(UTC) + timedelta(seconds=later_s)).isoformat()


def central_16():
    base, _, answer, on = parts(Version.V16)

    class Central(base):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.heard = []

        @on("BootNotification")
        def boot(self, **payload):
            self.heard.append(("BootNotification", payload))
            return answer.BootNotification(current_time=now_text(), interval=60, status="Accepted")

        @on("StatusNotification")
        def status(self, **payload):
            self.heard.append(("StatusNotification", payload))
            return answer.StatusNotification()

        @on("Authorize")
        def authorize(self, **payload):
            self.heard.append(("Authorize", payload))
            return answer.Authorize(id_tag_info={"status": "Accepted"})

        @on("StartTransaction")
        def started(self, **payload):
            self.heard.append(("StartTransaction", payload))
            return answer.StartTransaction(transaction_id=4711, id_tag_info={"status": "Accepted"})

        @on("StopTransaction")
        def stopped(self, **payload):
            self.heard.append(("StopTransaction", payload))
            return answer.StopTransaction()

        @on("MeterValues")
        def metered(self, **payload):
            self.heard.append(("MeterValues", payload))
            return answer.MeterValues()

    return Central


def central_201():
    base, _, answer, on = parts(Version.V201)

    class Central(base):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.heard = []

        @on("BootNotification")
        def boot(self, **payload):
            self.heard.append(("BootNotification", payload))
            return answer.BootNotification(current_time=now_text(), interval=60, status="Accepted")

        @on("StatusNotification")
        def status(self, **payload):
            self.heard.append(("StatusNotification", payload))
            return answer.StatusNotification()

        @on("Authorize")
        def authorize(self, **payload):
            self.heard.append(("Authorize", payload))
            return answer.Authorize(id_token_info={"status": "Accepted"})

        @on("TransactionEvent")
        def transaction(self, **payload):
            self.heard.append(("TransactionEvent", payload))
            return answer.TransactionEvent()

        @on("MeterValues")
        def metered(self, **payload):
            self.heard.append(("MeterValues", payload))
            return answer.MeterValues()

        @on("ReservationStatusUpdate")
        def reservation(self, **payload):
            self.heard.append(("ReservationStatusUpdate", payload))
            return answer.ReservationStatusUpdate()

        @on("NotifyEVChargingNeeds")
        def needs(self, **payload):
            self.heard.append(("NotifyEVChargingNeeds", payload))
            return answer.NotifyEVChargingNeeds(status="Accepted")

    return Central


class Peer:
    """The package's central system, and what it heard."""

    def __init__(self, version):
        self.kind = central_16() if version is Version.V16 else central_201()
        self.version = version
        self.point = None
        self.port = 0

    async def talk(self, socket):
        self.point = self.kind("CP-1", socket)
        try:
            await self.point.start()
        except Exception as error:
            if type(error).__name__ not in {"ConnectionClosedOK", "ConnectionClosedError"}:
                raise

    def all(self, action):
        return [] if self.point is None else [payload for name, payload in self.point.heard if name == action]

    async def wait(self, action, **fields):
        def found():
            return [message for message in self.all(action) if all(message.get(name) == want for name, want in fields.items())]

        await until(found)
        return found()[0]

    async def ask(self, name, **payload):
        call = parts(self.version)[1]
        return await self.point.call(getattr(call, name)(**payload), suppress=False)


@asynccontextmanager
async def world(version, **more):
    peer, toy = Peer(version), Toy("cp")
    async with asyncio.timeout(15.0), serve(peer.talk, "127.0.0.1", 0, subprotocols=[version], compression=None) as server:
        peer.port = server.sockets[0].getsockname()[1]
        station = Station(spec_of(peer, version, **more), toy)
        await station.start()
        try:
            yield peer, station, toy
        finally:
            await station.close()


def run(main):
    asyncio.run(main)


def test_a_session_in_16():
    async def main():
        async with world(Version.V16, meter_s=0.5) as (peer, _station, toy):
            await peer.wait("BootNotification", charge_point_vendor="TwinERGY")
            await peer.wait("StatusNotification", status="Available")
            toy.plugged["cp"] = True
            start = await peer.wait("StartTransaction")
            assert (start["id_tag"], start["connector_id"]) == (CARD, 1)
            await peer.wait("StatusNotification", status="Charging")
            values = await peer.wait("MeterValues", transaction_id=4711)
            rows = {row["measurand"]: row for row in values["meter_value"][0]["sampled_value"]}
            assert float(rows["Power.Active.Import"]["value"]) == 11000.0

            plan = {"charging_rate_unit": "W", "charging_schedule_period": [{"start_period": 0, "limit": 4200.0}]}
            profile = {"charging_profile_id": 1, "stack_level": 0, "charging_profile_purpose": "TxProfile"}
            profile |= {"charging_profile_kind": "Relative", "transaction_id": 4711, "charging_schedule": plan}
            answer = await peer.ask("SetChargingProfile", connector_id=1, cs_charging_profiles=profile)
            assert answer.status == "Accepted"
            assert toy.power("cp") == pytest.approx(4.2)
            shown = await peer.ask("GetCompositeSchedule", connector_id=1, duration=300, charging_rate_unit="A")
            assert shown.status == "Accepted"
            assert float(shown.charging_schedule["charging_schedule_period"][0]["limit"]) == pytest.approx(4200 / 690, abs=0.051)
            assert (await peer.ask("ClearChargingProfile", id=1)).status == "Accepted"
            assert (await peer.ask("ClearChargingProfile", id=1)).status == "Unknown"
            await until(lambda: toy.power("cp") == pytest.approx(11.0))

            assert (await peer.ask("RemoteStopTransaction", transaction_id=4711)).status == "Accepted"
            stop = await peer.wait("StopTransaction")
            assert (stop["transaction_id"], stop["reason"]) == (4711, "Remote")
            assert toy.power("cp") == 0.0

    run(main())


def test_booking_and_settings_in_16():
    async def main():
        async with world(Version.V16) as (peer, station, toy):
            await peer.wait("StatusNotification", status="Available")
            book = {"connector_id": 1, "expiry_date": now_text(60), "id_tag": "ANNA", "reservation_id": 9}
            assert (await peer.ask("ReserveNow", **book)).status == "Accepted"
            await peer.wait("StatusNotification", status="Reserved")
            assert (await peer.ask("RemoteStartTransaction", id_tag="BOB", connector_id=1)).status == "Rejected"
            assert (await peer.ask("RemoteStartTransaction", id_tag="ANNA", connector_id=1)).status == "Accepted"
            toy.plugged["cp"] = True
            assert (await peer.wait("StartTransaction"))["reservation_id"] == 9
            assert (await peer.ask("CancelReservation", reservation_id=9)).status == "Rejected"
            answer = await peer.ask("GetConfiguration", key=["ChargingScheduleAllowedChargingRateUnit"])
            assert answer.configuration_key[0]["value"] == "Current,Power"
            assert (await peer.ask("ChangeConfiguration", key="MeterValueSampleInterval", value="1")).status == "Accepted"
            assert (await peer.ask("TriggerMessage", requested_message="MeterValues", connector_id=1)).status == "Accepted"
            await peer.wait("MeterValues")
            assert station.settings.sample_s == 1.0

    run(main())


def test_a_session_in_201():
    async def main():
        async with world(Version.V201, meter_s=0.5) as (peer, _station, toy):
            await peer.wait("BootNotification", reason="PowerUp")
            await peer.wait("StatusNotification", connector_status="Available")
            toy.values["cp"] |= {"energy_wanted_kwh": 12.0, "departure_s": 7200.0}
            toy.plugged["cp"] = True
            start = await peer.wait("TransactionEvent", event_type="Started")
            key = start["transaction_info"]["transaction_id"]
            meter = await peer.wait("TransactionEvent", trigger_reason="MeterValuePeriodic")
            rows = {row["measurand"]: row for row in meter["meter_value"][0]["sampled_value"]}
            assert rows["Power.Active.Import"]["value"] == 11000.0
            needs = await peer.wait("NotifyEVChargingNeeds")
            assert needs["charging_needs"]["ac_charging_parameters"]["energy_amount"] == 12000

            plan = {"id": 1, "charging_rate_unit": "A", "charging_schedule_period": [{"start_period": 0, "limit": 8.0}]}
            profile = {"id": 1, "stack_level": 0, "charging_profile_purpose": "TxProfile", "charging_profile_kind": "Relative"}
            profile |= {"transaction_id": key, "charging_schedule": [plan]}
            begun_s = time.monotonic()
            answer = await peer.ask("SetChargingProfile", evse_id=1, charging_profile=profile)
            assert answer.status == "Accepted"
            assert toy.power("cp") == pytest.approx(8 * 0.69)
            assert time.monotonic() - begun_s < 1.0
            wrong = await peer.ask("SetChargingProfile", evse_id=0, charging_profile=profile)
            assert wrong.status == "Rejected"
            assert wrong.status_info["reason_code"] == "InvalidProfile"
            shown = await peer.ask("GetCompositeSchedule", evse_id=1, duration=300, charging_rate_unit="W")
            assert shown.schedule["charging_schedule_period"][0]["limit"] == pytest.approx(5520.0)
            assert (await peer.ask("ClearChargingProfile", charging_profile_id=1)).status == "Accepted"

            assert (await peer.ask("RequestStopTransaction", transaction_id=key)).status == "Accepted"
            end = await peer.wait("TransactionEvent", event_type="Ended")
            assert end["transaction_info"]["stopped_reason"] == "Remote"

    run(main())


def test_booking_and_variables_in_201():
    async def main():
        async with world(Version.V201) as (peer, _station, toy):
            await peer.wait("StatusNotification", connector_status="Available")
            anna, bob = ({"id_token": name, "type": "Central"} for name in ("ANNA", "BOB"))
            book = {"id": 9, "expiry_date_time": now_text(0.5), "id_token": anna, "evse_id": 1}
            assert (await peer.ask("ReserveNow", **book)).status == "Accepted"
            await peer.wait("StatusNotification", connector_status="Reserved")
            await peer.wait("ReservationStatusUpdate", reservation_id=9, reservation_update_status="Expired")
            assert (await peer.ask("ReserveNow", **{**book, "expiry_date_time": now_text(60)})).status == "Accepted"
            start = {"id_token": bob, "remote_start_id": 5, "evse_id": 1}
            assert (await peer.ask("RequestStartTransaction", **start)).status == "Rejected"
            assert (await peer.ask("RequestStartTransaction", **{**start, "id_token": anna})).status == "Accepted"
            toy.plugged["cp"] = True
            event = await peer.wait("TransactionEvent", event_type="Started")
            assert event["reservation_id"] == 9
            assert event["transaction_info"]["remote_start_id"] == 5
            row = {"component": {"name": "SmartChargingCtrlr"}, "variable": {"name": "RateUnit"}}
            answer = await peer.ask("GetVariables", get_variable_data=[row])
            assert answer.get_variable_result[0]["attribute_value"] == "A,W"

    run(main())


KILLED = """
import asyncio, sys
from websockets.asyncio.server import serve
from tests.system.test_ocpp_station_peers import Peer
from hardware_in_loop.ocpp.versions import Version

def profile(number, level, purpose, limit, **more):
    plan = {"id": 1, "charging_rate_unit": "W", "charging_schedule_period": [{"start_period": 0, "limit": limit}], **more}
    about = {"id": number, "stack_level": level, "charging_profile_purpose": purpose, "charging_profile_kind": "Absolute"}
    return {**about, "charging_schedule": [plan]}

async def main():
    from tests.system.test_ocpp_station_peers import now_text
    peer = Peer(Version.V201)
    async with serve(peer.talk, "127.0.0.1", int(sys.argv[1]), subprotocols=[Version.V201], compression=None):
        started = await peer.wait("TransactionEvent", event_type="Started")
        key = started["transaction_info"]["transaction_id"]
        lower = profile(1, 0, "TxDefaultProfile", 4200.0, start_schedule=now_text())
        await peer.ask("SetChargingProfile", evse_id=1, charging_profile=lower)
        while True:
            upper = profile(2, 1, "TxProfile", 7000.0, duration=1, start_schedule=now_text()) | {"transaction_id": key}
            await peer.ask("SetChargingProfile", evse_id=1, charging_profile=upper)
            await asyncio.sleep(0.5)

asyncio.run(main())
"""


def test_a_central_system_that_is_killed_leaves_the_point_at_its_default(unused_port):
    """kill -9: the TxProfile of 1 s is repeated every 0.5 s; 1 s after the last one the point is at its default profile."""

    async def main():
        version, toy, spot = Version.V201, Toy("cp"), Peer(Version.V201)
        spot.port = unused_port
        station = Station(spec_of(spot, version), toy)
        command = (sys.executable, "-c", KILLED, str(unused_port))
        async with asyncio.timeout(20.0):
            process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
            await station.start()
            toy.plugged["cp"] = True
            await until(lambda: toy.power("cp") == pytest.approx(7.0))
            await asyncio.sleep(1.2)  # longer than one profile lasts
            assert toy.power("cp") == pytest.approx(7.0)
            process.kill()
            killed_s = time.time()
            await process.wait()
            await until(lambda: toy.power("cp") == pytest.approx(4.2))
            assert time.time() - killed_s < 1.0 + 0.2
            when_s, rule, why = station.evses[0].limits.changes[-1]
            assert (why, rule.limit.total_w) == ("expired", 4200.0)
            assert when_s == pytest.approx(time.time(), abs=0.2)
            await station.close()

    run(main())


@pytest.fixture
def unused_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
