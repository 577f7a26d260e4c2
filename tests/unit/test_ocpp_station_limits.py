# SPDX-License-Identifier: Apache-2.0
"""Charging profiles at a software station: what is refused, what reaches the physics and when, what falls back by itself."""

from __future__ import annotations

import asyncio
import math
import time

import pytest

from hardware_in_loop.ocpp.station.options import EvseSpec
from hardware_in_loop.ocpp.station.profiles import Profiles
from hardware_in_loop.ocpp.station.times import format_time
from hardware_in_loop.ocpp.station.validation import Abilities
from hardware_in_loop.ocpp.versions import Version
from tests.unit.test_ocpp_station_world import Toy, until, world

V16, V201, V21 = Version.V16, Version.V201, Version.V21
ALL = pytest.mark.parametrize("version", [V16, V201, V21])
T0 = 1_705_514_400.0
CAN = Abilities(evses=(1, 2), transactions={1: "tx-1"}, stack_levels=3, periods_most=4)


def wire(**more):
    periods = more.pop("periods", [{"startPeriod": 0, "limit": 10.0}])
    plan = {"id": 1, "chargingRateUnit": more.pop("unit", "A"), "chargingSchedulePeriod": periods}
    start = more.pop("start", format_time(T0))
    plan |= {"startSchedule": start} if start else {}
    plan |= {name: more.pop(name) for name in ("duration", "minChargingRate", "limitAtSoC") if name in more}
    base = {"id": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Absolute"}
    return {**base, **more, "chargingSchedule": [plan]}


TX = {"chargingProfilePurpose": "TxProfile", "transactionId": "tx-1"}
MAX = {"chargingProfilePurpose": "ChargingStationMaxProfile"}
REFUSED = [
    ("first startPeriod is 5", 1, wire(periods=[{"startPeriod": 5, "limit": 10.0}])),
    ("startPeriod 0 after 0", 1, wire(periods=[{"startPeriod": 0, "limit": 1.0}, {"startPeriod": 0, "limit": 2.0}])),
    ("startPeriod 5 after 9", 1, wire(periods=[{"startPeriod": at, "limit": 1.0} for at in (0, 9, 5)])),
    ("5 periods; allowed: 4", 1, wire(periods=[{"startPeriod": at, "limit": 1.0} for at in range(5)])),
    ("no EVSE 7", 7, wire()),
    ("evseId of its transaction", 0, wire(**TX)),
    ("no transaction at EVSE 2", 2, wire(**TX)),
    ("needs its transactionId", 1, wire(chargingProfilePurpose="TxProfile")),
    ("transaction other is not", 1, wire(chargingProfilePurpose="TxProfile", transactionId="other")),
    ("evseId 0, not 1", 1, wire(**MAX)),
    ("cannot be Relative", 0, wire(**MAX, chargingProfileKind="Relative", start=None)),
    ("Absolute needs a startSchedule", 1, wire(start=None)),
    ("Recurring needs a startSchedule", 1, wire(chargingProfileKind="Recurring", recurrencyKind="Daily", start=None)),
    ("needs a recurrencyKind", 1, wire(chargingProfileKind="Recurring")),
    ("must not have a startSchedule", 1, wire(chargingProfileKind="Relative")),
    ("may not come from a central system", 0, wire(chargingProfilePurpose="ChargingStationExternalConstraints")),
    ("profile 9 has stackLevel 2", 1, wire(id=2, stackLevel=2)),
    ("stackLevel 4; allowed: 0 to 3", 1, wire(stackLevel=4)),
    ("numberPhases 4", 1, wire(periods=[{"startPeriod": 0, "limit": 1.0, "numberPhases": 4}])),
    ("phaseToUse 2 needs numberPhases 1", 1, wire(periods=[{"startPeriod": 0, "limit": 1.0, "phaseToUse": 2}])),
    ("limit -1 A is negative", 1, wire(periods=[{"startPeriod": 0, "limit": -1.0}])),
    ("dischargeLimit 5 is positive", 1, wire(periods=[{"startPeriod": 0, "limit": 1.0, "dischargeLimit": 5.0}])),
    ("is not before validTo", 1, wire(validFrom=format_time(T0), validTo=format_time(T0))),
    ("limitAtSoC is not supported", 1, wire(limitAtSoC={"soc": 80, "limit": 6.0})),
    ("operationMode LocalFrequency", 1, wire(periods=[{"startPeriod": 0, "operationMode": "LocalFrequency"}])),
    ("PriorityCharging is not supported", 1, wire(chargingProfilePurpose="PriorityCharging")),
    ("Invalid isoformat string: 'soon'", 1, wire(validFrom="soon")),
]


@pytest.mark.parametrize(("text", "evse", "payload"), REFUSED, ids=[row[0] for row in REFUSED])
def test_refused_and_why(text, evse, payload):
    """The table of EVerest's "OCPP 2.0.1 smart charging in depth", and the limits of this station."""
    profiles = Profiles()
    assert profiles.add(wire(id=9, stackLevel=2), 1, CAN, T0) is None
    before = profiles.installed
    reason = profiles.add(payload, evse, CAN, T0)
    assert text in reason.text
    assert len(reason.code) <= 20
    assert profiles.installed == before


def test_everything_that_is_wrong_is_said_at_once():
    reason = Profiles().add(wire(stackLevel=9, periods=[{"startPeriod": 5, "limit": -1.0}]), 7, CAN, T0)
    assert reason.code == "UnknownEvse"
    for text in ("no EVSE 7", "startPeriod is 5", "limit -1 A", "stackLevel 9"):
        assert text in reason.text


def test_the_same_id_replaces_and_16_replaces_the_same_level():
    profiles = Profiles()
    assert profiles.add(wire(), 1, CAN, T0) is None
    assert profiles.add(wire(stackLevel=1), 1, CAN, T0) is None
    assert [profile.stack_level for profile in profiles.installed] == [1]
    old = Abilities(evses=(1,), transactions={}, first_version=True)
    assert profiles.add(wire(id=5, stackLevel=1), 1, old, T0) is None
    assert [profile.id for profile in profiles.installed] == [5]


def set_limit(version, number, level, amount, *, unit="W", purpose="TxDefaultProfile", evse=1, key="", **plan_facts):
    """Return the payload of SetChargingProfile in a version."""
    period = {"startPeriod": 0, **(amount if isinstance(amount, dict) else {"limit": amount})}
    plan = {"chargingRateUnit": unit, "chargingSchedulePeriod": [period], **plan_facts}
    profile = {"stackLevel": level, "chargingProfilePurpose": purpose, "chargingProfileKind": "Absolute"}
    plan.setdefault("startSchedule", format_time(math.floor(time.time())))
    if version is V16:
        old = purpose.replace("ChargingStationMax", "ChargePointMax")
        profile |= {"chargingProfileId": number, "chargingProfilePurpose": old, "chargingSchedule": plan}
        profile |= {"transactionId": int(key)} if key else {}
        return {"connectorId": evse, "csChargingProfiles": profile}
    profile |= {"id": number, "chargingSchedule": [{"id": 1, **plan}]}
    profile |= {"transactionId": key} if key else {}
    return {"evseId": evse, "chargingProfile": profile}


async def charging(heard, station, toy):
    """Plug a car in and wait until it charges."""
    await heard.wait("StatusNotification")
    toy.plugged["cp"] = True
    await until(lambda: toy.power("cp") > 0.0 and station.evses[0].key and not station.outbox.waiting)


@ALL
def test_a_limit_reaches_the_physics_within_100_ms_and_ends_by_itself(version):
    """TxProfile of 1 s over a TxDefaultProfile of 4.2 kW: what happens when the laboratory is killed."""

    async def main():
        async with world(version) as (heard, station, toy):
            await charging(heard, station, toy)
            lower = set_limit(version, 1, 0, 4200.0)
            assert (await heard.rpc.call("SetChargingProfile", lower))["status"] == "Accepted"
            assert toy.power("cp") == pytest.approx(4.2)
            key = station.evses[0].key
            upper = set_limit(version, 2, 1, 7000.0, purpose="TxProfile", key=key, duration=1)
            begun_s = time.time()
            assert (await heard.rpc.call("SetChargingProfile", upper))["status"] == "Accepted"
            assert time.time() - begun_s < 0.1
            assert toy.power("cp") == pytest.approx(7.0)
            heard.server.close()  # as if it were killed: nobody repeats it, the connection is gone
            await until(lambda: toy.power("cp") == pytest.approx(4.2))
            late_s = time.time() - (math.floor(begun_s) + 1.0)
            assert late_s < 0.25
            when_s, rule, why = station.evses[0].limits.changes[-1]
            assert why == "expired"
            assert rule.limit.total_w == pytest.approx(4200.0)
            assert when_s - (math.floor(begun_s) + 1.0) < 0.25
            assert [entry[2] for entry in list(station.evses[0].limits.changes)[:-1]] == ["asked", "asked"]

    run(main())


def run(main):
    asyncio.run(main)


@ALL
def test_read_back_and_cleared(version):
    async def main():
        async with world(version) as (heard, station, toy):
            await charging(heard, station, toy)
            await heard.rpc.call("SetChargingProfile", set_limit(version, 1, 0, 4200.0))
            upper = set_limit(version, 2, 1, 16.0, unit="A", purpose="TxProfile", key=station.evses[0].key, duration=60)
            await heard.rpc.call("SetChargingProfile", upper)
            number = {"connectorId": 1} if version is V16 else {"evseId": 1}

            async def periods(unit):
                answer = await heard.rpc.call("GetCompositeSchedule", {**number, "duration": 120, "chargingRateUnit": unit})
                assert answer["status"] == "Accepted"
                plan = answer["chargingSchedule"] if version is V16 else answer["schedule"]
                assert plan["duration"] == 120
                return plan["chargingSchedulePeriod"]

            watts, amps = await periods("W"), await periods("A")
            assert [row["limit"] for row in watts] == [11040.0, 4200.0]
            assert 58 <= watts[1]["startPeriod"] <= 60
            assert [row["limit"] for row in amps] == pytest.approx([16.0, 4200.0 / 690.0], abs=0.051)
            clear = {"id": 2} if version is V16 else {"chargingProfileId": 2}
            assert (await heard.rpc.call("ClearChargingProfile", clear))["status"] == "Accepted"
            assert toy.power("cp") == pytest.approx(4.2)
            assert (await heard.rpc.call("ClearChargingProfile", clear))["status"] == "Unknown"
            assert [row["limit"] for row in await periods("W")] == [4200.0]
            unknown = {"connectorId": 7} if version is V16 else {"evseId": 7}
            assert (await heard.rpc.call("GetCompositeSchedule", {**unknown, "duration": 60}))["status"] == "Rejected"
            every = {"chargingProfilePurpose": "TxDefaultProfile"}
            await heard.rpc.call("ClearChargingProfile", every if version is V16 else {"chargingProfileCriteria": every})
            await until(lambda: toy.power("cp") == pytest.approx(11.0))

    run(main())


@ALL
def test_a_limit_below_six_amperes_pauses(version):
    async def main():
        async with world(version) as (heard, station, toy):
            await charging(heard, station, toy)
            await heard.rpc.call("SetChargingProfile", set_limit(version, 1, 0, 5.9, unit="A"))
            assert toy.power("cp") == 0.0
            if version is V16:
                await heard.wait("StatusNotification", status="SuspendedEVSE")
            else:
                await until(lambda: heard.all("TransactionEvent")[-1]["transactionInfo"]["chargingState"] == "SuspendedEVSE")
            await heard.rpc.call("SetChargingProfile", set_limit(version, 1, 0, 6.0, unit="A"))
            assert toy.power("cp") == pytest.approx(4.14)

    run(main())


@ALL
def test_profiles_of_a_transaction_end_with_it(version):
    async def main():
        async with world(version) as (heard, station, toy):
            await charging(heard, station, toy)
            profile = set_limit(version, 2, 1, 3000.0, purpose="TxProfile", key=station.evses[0].key)
            await heard.rpc.call("SetChargingProfile", profile)
            toy.plugged["cp"] = False
            await until(lambda: not station.profiles.installed)
            assert (await heard.rpc.call("SetChargingProfile", profile))["status"] == "Rejected"

    run(main())


def test_the_stations_limit_is_shared():
    """12 kW for the station; one EVSE is held at 3 kW by its own profile, so the other one may take 9 kW."""

    async def main():
        toy = Toy("a", "b")
        evses = (EvseSpec(device="a", link="a", evse=1), EvseSpec(device="b", link="b", evse=2, old_connector=2))
        async with world(V201, toy=toy, evses=evses) as (heard, station, _):
            await heard.wait("StatusNotification", 2)
            toy.plugged |= {"a": True, "b": True}
            await until(lambda: all(evse.transaction for evse in station.evses))
            await heard.rpc.call(
                "SetChargingProfile", set_limit(V201, 1, 0, 12000.0, purpose="ChargingStationMaxProfile", evse=0)
            )
            assert toy.power("a") + toy.power("b") == pytest.approx(12.0)
            await heard.rpc.call("SetChargingProfile", set_limit(V201, 2, 0, 3000.0, evse=2))
            assert toy.power("a") == pytest.approx(9.0)
            assert toy.power("b") == pytest.approx(3.0)
            answer = await heard.rpc.call("GetCompositeSchedule", {"evseId": 0, "duration": 60})
            assert answer["schedule"]["chargingSchedulePeriod"][0]["limit"] == 12000.0

    run(main())


def test_feeding_back_by_phase():
    """2.1: a set-point by phase within a discharge limit; + charges, - feeds back on the wire and inside."""

    async def main():
        evses = (EvseSpec(device="cp", link="cp", two_way=True),)
        async with world(V21, evses=evses) as (heard, station, toy):
            await charging(heard, station, toy)
            key = station.evses[0].key
            period = {"setpoint": -1000.0, "setpoint_L2": -1500.0, "setpoint_L3": -2500.0, "operationMode": "CentralSetpoint"}
            period |= {"dischargeLimit": -9000.0, "limit": 11000.0}
            profile = set_limit(V21, 3, 1, period, purpose="TxProfile", key=key)
            assert (await heard.rpc.call("SetChargingProfile", profile)) == {"status": "Accepted"}
            assert toy.asked["cp"]["p_set_kw"] == pytest.approx(-5.0)
            assert toy.asked["cp"]["p_min_kw"] == pytest.approx(-9.0)
            assert toy.power("cp") == pytest.approx(-5.0)
            answer = await heard.rpc.call("GetCompositeSchedule", {"evseId": 1, "duration": 60})
            shown = answer["schedule"]["chargingSchedulePeriod"][0]
            assert (shown["setpoint"], shown["setpoint_L2"], shown["setpoint_L3"]) == (-1000.0, -1500.0, -2500.0)
            assert shown["operationMode"] == "CentralSetpoint"
            event = await heard.wait("TransactionEvent", triggerReason="ChargingRateChanged")
            assert event["transactionInfo"]["operationMode"] == "CentralSetpoint"

    run(main())


def test_a_dynamic_profile_is_updated_both_ways():
    """2.1 K28: the central system sends updates, or the station asks for them at their interval (3 kW here)."""

    async def main():
        async with world(V21) as (heard, station, toy):
            await charging(heard, station, toy)
            profile = set_limit(V21, 4, 0, 6000.0, purpose="TxProfile", key=station.evses[0].key)
            profile["chargingProfile"] |= {"chargingProfileKind": "Dynamic"}
            assert (await heard.rpc.call("SetChargingProfile", profile))["status"] == "Rejected"  # it has a startSchedule
            del profile["chargingProfile"]["chargingSchedule"][0]["startSchedule"]
            assert (await heard.rpc.call("SetChargingProfile", profile))["status"] == "Accepted"
            assert toy.power("cp") == pytest.approx(6.0)
            update = {"chargingProfileId": 4, "scheduleUpdate": {"limit": 2000.0}}
            assert (await heard.rpc.call("UpdateDynamicSchedule", update))["status"] == "Accepted"
            assert toy.power("cp") == pytest.approx(2.0)
            for wrong in ({"chargingProfileId": 5}, {"scheduleUpdate": {"limit": -1.0}}):
                assert (await heard.rpc.call("UpdateDynamicSchedule", update | wrong))["status"] == "Rejected"
            profile["chargingProfile"]["dynUpdateInterval"] = 1
            await heard.rpc.call("SetChargingProfile", profile)
            await until(lambda: toy.power("cp") == pytest.approx(3.0))
            assert heard.all("PullDynamicScheduleUpdate") == [{"chargingProfileId": 4}]

    run(main())


def test_a_profile_sleeps_or_dies_when_the_central_system_is_away_too_long():
    """2.1 maxOfflineDuration and invalidAfterOfflineDuration."""

    async def main():
        async with world(V21) as (heard, station, toy):
            await charging(heard, station, toy)
            await heard.rpc.call("SetChargingProfile", set_limit(V21, 1, 0, 4200.0))
            for number, level, gone in ((2, 1, False), (3, 2, True)):
                profile = set_limit(V21, number, level, 6000.0 + level * 1000.0, purpose="TxProfile", key=station.evses[0].key)
                profile["chargingProfile"] |= {"maxOfflineDuration": 0, "invalidAfterOfflineDuration": gone}
                await heard.rpc.call("SetChargingProfile", profile)
            assert toy.power("cp") == pytest.approx(8.0)
            port = heard.port
            await heard.shut()
            await until(lambda: toy.power("cp") == pytest.approx(4.2))
            await until(lambda: [profile.id for profile in station.profiles.installed] == [1, 2])
            await heard.open([V21], port)
            await until(lambda: toy.power("cp") == pytest.approx(7.0))

    run(main())


@ALL
def test_a_transaction_can_start_with_its_profile(version):
    async def main():
        async with world(version, autostart=False) as (heard, _station, toy):
            await heard.wait("StatusNotification")
            toy.plugged["cp"] = True
            profile = set_limit(version, 8, 0, 5000.0, purpose="TxProfile")
            plan = profile["csChargingProfiles" if version is V16 else "chargingProfile"]
            if version is V16:
                wish = {"connectorId": 1, "idTag": "T", "chargingProfile": plan}
                action, bad = "RemoteStartTransaction", {"chargingProfilePurpose": "ChargePointMaxProfile"}
            else:
                wish = {"idToken": {"idToken": "T", "type": "Central"}, "remoteStartId": 1, "evseId": 1, "chargingProfile": plan}
                action, bad = "RequestStartTransaction", {"chargingProfilePurpose": "TxDefaultProfile"}
            refused = await heard.rpc.call(action, {**wish, "chargingProfile": {**plan, **bad}})
            assert refused["status"] == "Rejected"
            assert (await heard.rpc.call(action, wish))["status"] == "Accepted"
            await until(lambda: toy.power("cp") == pytest.approx(5.0))

    run(main())


def test_profiles_are_reported():
    async def main():
        async with world(V201) as (heard, _station, _):
            await heard.wait("StatusNotification")
            await heard.rpc.call("SetChargingProfile", set_limit(V201, 1, 0, 4200.0))
            await heard.rpc.call("SetChargingProfile", set_limit(V201, 2, 1, 4300.0))
            answer = await heard.rpc.call("GetChargingProfiles", {"requestId": 3, "chargingProfile": {"stackLevel": 1}})
            assert answer == {"status": "Accepted"}
            report = await heard.wait("ReportChargingProfiles")
            assert report["chargingProfile"][0]["id"] == 2
            answer = await heard.rpc.call("GetChargingProfiles", {"requestId": 4, "chargingProfile": {"stackLevel": 9}})
            assert answer == {"status": "NoProfiles"}

    run(main())
