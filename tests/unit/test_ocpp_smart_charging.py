# SPDX-License-Identifier: Apache-2.0
"""Limits in amperes and watts, what a composite schedule proves, and how a point is steered. Numbers are worked out by hand."""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hardware_in_loop.ocpp.central.abilities import Abilities
from hardware_in_loop.ocpp.central.books import Books, Settings
from hardware_in_loop.ocpp.central.dialect import Place
from hardware_in_loop.ocpp.central.metering import Meters
from hardware_in_loop.ocpp.central.obedience import Obedience
from hardware_in_loop.ocpp.central.point import Value
from hardware_in_loop.ocpp.central.scheme import Steered
from hardware_in_loop.ocpp.central.smart_charging import Composite, Rate, Wish, limit_period, prove, v2x_period
from hardware_in_loop.ocpp.central.steering import Steering
from hardware_in_loop.ocpp.central.transactions import Event, Happening
from hardware_in_loop.ocpp.central.v16 import DialectV16
from hardware_in_loop.ocpp.central.v21 import DialectV21
from hardware_in_loop.ocpp.central.v201 import DialectV201
from hardware_in_loop.ocpp.errors import CallError
from hardware_in_loop.ocpp.schemas import violations
from hardware_in_loop.ocpp.versions import Version
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from hardware_in_loop.ocpp.central.dialect import Dialect

NAN = math.nan


@pytest.mark.parametrize(
    ("rate", "p_kw", "limit"),
    [
        (Rate("A"), 11.04, 16.0),  # 16 A * 230 V * 3
        (Rate("A"), 4.2, 6.0),  # § 14a EnWG grants 4.2 kW: 6.09 A, and never more than asked
        (Rate("A"), 4.13, 0.0),  # below 6 A: a pause
        (Rate("A", phases=1), 3.68, 16.0),
        (Rate("A", switches=True), 2.0, 8.6),  # one phase: 8.69 A
        (Rate("W"), 4.2, 4200.0),
        (Rate("W"), 4.1399, 0.0),
        (Rate("W", phases=0), 0.5, 500.0),  # direct current has no least current
        (Rate("W", least_a=0.0), -3.0, -3000.0),
        (Rate("A"), 0.0, 0.0),
    ],
)
def test_powers_are_written_as_limits(rate: Rate, p_kw: float, limit: float) -> None:
    assert rate.write(p_kw) == limit


def test_every_tenth_of_an_ampere_is_one_by_schema() -> None:
    """OCPP 1.6 demands multiples of 0.1, which floats are not: all limits up to 63 A must pass the validator."""
    for tenths in range(60, 631):
        limit = Rate("A").write(tenths * 0.069 + 1e-9)
        profile = {
            "chargingProfileId": 1, "stackLevel": 0, "chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Absolute",
            "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}]},
        }  # fmt: skip
        assert limit == tenths / 10
        assert violations(Version.V16, "SetChargingProfile", "request", {"connectorId": 1, "csChargingProfiles": profile}) is None


def test_feeding_back_needs_21() -> None:
    with pytest.raises(DeviceError, match=r"-3 kW: only OCPP 2\.1"):
        limit_period(-3.0, Rate())


def test_a_set_point_of_21_for_each_phase() -> None:
    """-6 kW over three phases are -2000 W on each."""
    period = v2x_period(Wish(set_kw=-6.0, min_kw=-9.0, max_kw=11.0), Rate(least_a=0.0), per_phase=True)
    assert [period[f"setpoint{phase}"] for phase in ("", "_L2", "_L3")] == [-2000.0] * 3
    assert [period[f"dischargeLimit{phase}"] for phase in ("", "_L2", "_L3")] == [-3000.0] * 3
    assert period["operationMode"] == "CentralSetpoint"


@pytest.mark.parametrize(
    ("wish", "mode"),
    [
        (Wish(set_kw=3.0), "CentralSetpoint"),
        (Wish(max_kw=11.0), "ChargingOnly"),
        (Wish(min_kw=-5.0, max_kw=11.0), "ExternalLimits"),
        (Wish(min_kw=2.0, max_kw=11.0), "ChargingOnly"),
    ],
)
def test_modes_of_21(wish: Wish, mode: str) -> None:
    period = v2x_period(wish, Rate(least_a=0.0))
    assert period["operationMode"] == mode
    assert period.get("dischargeLimit", 0.0) <= 0.0


@pytest.mark.parametrize(
    ("found", "unit", "holds", "lower"),
    [
        ([{"startPeriod": 0, "limit": 7400.0}], "W", True, False),
        ([{"startPeriod": 0, "limit": 10.7}], "A", True, False),  # 7.383 kW
        ([{"startPeriod": 0, "limit": 32.2, "numberPhases": 1}], "A", True, False),  # 7.406 kW
        ([{"startPeriod": 0, "limit": 11040.0}], "W", False, False),
        ([{"startPeriod": 0, "limit": 4200.0}], "W", True, True),
        (
            [{"startPeriod": 0, "limit": 11040.0}, {"startPeriod": 5, "limit": 7400.0}],
            "W",
            True,
            False,
        ),  # the second applies by now
        ([], "W", False, False),
    ],
)
def test_what_a_composite_schedule_proves(found: list[dict[str, Any]], unit: str, holds: bool, lower: bool) -> None:
    proof = prove({"startPeriod": 0, "limit": 7400.0}, "W", Composite(unit, 1000.0, found), 1006.0, Rate())
    assert (proof.holds, proof.lower) == (holds, lower)


def test_a_set_point_must_be_met_exactly() -> None:
    asked = {"startPeriod": 0, "setpoint": -3000.0}
    same, less = ({"startPeriod": 0, "setpoint": value} for value in (-3000.0, -1000.0))
    assert prove(asked, "W", Composite("W", NAN, [same]), 0.0, Rate()).holds
    assert not prove(asked, "W", Composite("W", NAN, [less]), 0.0, Rate()).holds
    assert "no setpoint" in prove(asked, "W", Composite("W", NAN, [{"startPeriod": 0, "limit": 1.0}]), 0.0, Rate()).why


class Peer:
    """A station that takes profiles as it is told to and evaluates those without an end or with a duration."""

    def __init__(self, version: Version, **ways: Any) -> None:
        self.version, self.ways, self.profiles, self.asked = version, ways, {}, []
        self.transaction = ""

    async def ask(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        assert violations(self.version, action, "request", payload) is None, action
        self.asked.append((action, payload))
        answer: dict[str, Any] = getattr(self, f"on_{action}")(payload)
        return answer

    def on_SetChargingProfile(self, payload: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        profile = payload.get("csChargingProfiles") or payload["chargingProfile"]
        purpose = profile["chargingProfilePurpose"]
        if purpose in self.ways.get("refuses", ()) or (purpose == "TxProfile" and not self.transaction):
            return {"status": "Rejected"}
        number = profile.get("chargingProfileId", profile.get("id"))
        same = [
            key
            for key, one in self.profiles.items()
            if (one["chargingProfilePurpose"], one["stackLevel"]) == (purpose, profile["stackLevel"])
        ]
        if same and same != [number]:
            return {"status": "Rejected"}
        if not self.ways.get("ignores"):
            self.profiles[number] = profile
        return {"status": "Accepted"}

    def on_ClearChargingProfile(self, payload: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        number = payload.get("id", payload.get("chargingProfileId"))
        wanted = payload.get("chargingProfileCriteria", payload)
        if number is None:
            found = [
                key
                for key, one in self.profiles.items()
                if all(one[name] == wanted[name] for name in ("chargingProfilePurpose", "stackLevel"))
            ]
        else:
            found = [number] if number in self.profiles else []
        for key in found:
            del self.profiles[key]
        return {"status": "Accepted" if found else "Unknown"}

    def on_GetCompositeSchedule(self, payload: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if self.ways.get("composite") is False:
            raise CallError("NotImplemented")
        ranks = {"TxProfile": 2, "TxDefaultProfile": 1, "ChargePointMaxProfile": 0, "ChargingStationMaxProfile": 0}
        best = max(
            self.profiles.values(), key=lambda one: (ranks[one["chargingProfilePurpose"]], one["stackLevel"]), default=None
        )
        schedules = best["chargingSchedule"] if best else {}
        schedule = schedules[0] if isinstance(schedules, list) else schedules
        periods = schedule.get("chargingSchedulePeriod", [])
        unit = schedule.get("chargingRateUnit", "W")
        if self.version is Version.V16:
            return {
                "status": "Accepted",
                "connectorId": 1,
                "chargingSchedule": {"chargingRateUnit": unit, "chargingSchedulePeriod": periods},
            }
        if not periods:
            return {"status": "Rejected"}
        return {"status": "Accepted", "schedule": {"evseId": 1, "duration": 60, "scheduleStart": "2024-01-01T00:00:00Z",
                "chargingRateUnit": unit, "chargingSchedulePeriod": periods}}  # fmt: skip

    def on_RemoteStopTransaction(self, payload: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"status": "Accepted"}

    @property
    def sent(self) -> list[dict[str, Any]]:
        return [
            payload.get("csChargingProfiles") or payload["chargingProfile"]
            for action, payload in self.asked
            if action == "SetChargingProfile"
        ]


DIALECTS: dict[Version, type[Dialect]] = {Version.V16: DialectV16, Version.V201: DialectV201, Version.V21: DialectV21}
STEERED = Steered(place=Place(), safe=Wish(max_kw=4.2), within_s=60.0, rated_kw=11.0)


def steering(version: Version, peer: Peer, steered: Steered = STEERED, **abilities: Any) -> Steering:
    books = Books("CP-1", Settings())
    made = Steering(books.point(1), steered)
    made.connected(DIALECTS[version](books, peer.ask), Abilities(**{"units": frozenset("AW"), "level": 3} | abilities))
    return made


def begin(made: Steering, peer: Peer, transaction: str = "5") -> None:
    peer.transaction = transaction
    made.point.ledger.record(Event(Happening.STARTED, transaction, 1, time.time()))


@pytest.mark.parametrize("version", list(Version))
def test_a_safe_limit_and_a_set_point_over_it_that_ends(version: Version) -> None:
    peer = Peer(version)
    made = steering(version, peer)

    async def main() -> None:
        await made.arm()
        begin(made, peer)
        await made.command(Wish(max_kw=7.4))

    asyncio.run(main())
    safe, wish = peer.sent
    schedules = [one["chargingSchedule"] if version is Version.V16 else one["chargingSchedule"][0] for one in (safe, wish)]
    assert [one["chargingProfilePurpose"] for one in (safe, wish)] == ["TxDefaultProfile", "TxProfile"]
    assert [one["chargingSchedulePeriod"][0]["limit"] for one in schedules] == [4200, 7400]
    assert wish["stackLevel"] > safe["stackLevel"]
    assert "duration" not in schedules[0]
    assert 60 <= schedules[1]["duration"] <= 60 + 31  # from up to 31 s ago until 60 s from now
    assert str(wish["transactionId"]) == "5"
    assert wish.get("maxOfflineDuration") == (60 if version is Version.V21 else None)


def test_without_a_transaction_a_default_profile_carries_the_set_point_and_a_tx_profile_follows() -> None:
    peer = Peer(Version.V201)
    made = steering(Version.V201, peer)

    async def main() -> None:
        await made.arm()
        await made.command(Wish(max_kw=7.4))
        begin(made, peer)
        await made.follow()

    asyncio.run(main())
    assert [one["chargingProfilePurpose"] for one in peer.sent] == ["TxDefaultProfile", "TxDefaultProfile", "TxProfile"]


def test_a_station_with_one_level_keeps_its_safe_limit_until_a_transaction() -> None:
    peer = Peer(Version.V16)
    made = steering(Version.V16, peer, level=0)

    async def main() -> None:
        await made.arm()
        await made.command(Wish(max_kw=7.4))

    asyncio.run(main())
    assert len(peer.sent) == 1
    assert made.counts["kept_for_later"] == 1


def test_a_station_that_takes_only_a_maximum() -> None:
    peer = Peer(Version.V16, refuses=("TxDefaultProfile", "TxProfile"))
    made = steering(Version.V16, peer)

    async def main() -> None:
        await made.arm()
        begin(made, peer)
        await made.command(Wish(max_kw=7.4))

    asyncio.run(main())
    assert [one["chargingProfilePurpose"] for one in peer.sent[1:]] == ["ChargePointMaxProfile", "ChargePointMaxProfile"]
    assert peer.sent[-1]["stackLevel"] == 1


def test_a_profile_of_somebody_else_in_the_way_is_cleared() -> None:
    peer = Peer(Version.V201)
    peer.profiles[999] = {"chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 0}
    made = steering(Version.V201, peer)
    asyncio.run(made.arm())
    assert made.counts["cleared"] == 1
    assert 999 not in peer.profiles


def test_a_station_without_smart_charging_is_not_steered() -> None:
    with pytest.raises(DeviceError, match="no smart charging"):
        asyncio.run(steering(Version.V16, Peer(Version.V16), smart=False).arm())


def test_a_station_that_takes_no_safe_limit_is_not_steered_unless_that_is_wanted() -> None:
    peer = Peer(Version.V16, refuses=("TxDefaultProfile", "ChargePointMaxProfile"))
    with pytest.raises(DeviceError, match=r"takes no safe limit.*TxDefault|safe limit"):
        asyncio.run(steering(Version.V16, peer).arm())
    daring = steering(Version.V16, peer, replace(STEERED, must_fall_back=False))
    asyncio.run(daring.arm())
    assert daring.armed


def test_an_acknowledged_safe_limit_that_cannot_be_shown_is_none() -> None:
    with pytest.raises(DeviceError, match="no GetCompositeSchedule"):
        asyncio.run(steering(Version.V16, Peer(Version.V16, composite=False)).arm())


def test_an_acknowledged_write_without_effect_is_found_out() -> None:
    with pytest.raises(DeviceError, match=r"accepted 4\.2 kW and did not do it"):
        asyncio.run(steering(Version.V16, Peer(Version.V16, ignores=True)).arm())


def test_a_set_point_above_the_safe_limit_that_has_no_effect_is_found_out_too() -> None:
    peer = Peer(Version.V201)
    made = steering(Version.V201, peer)

    async def main() -> None:
        await made.arm()
        begin(made, peer)
        peer.ways["ignores"] = True
        await made.command(Wish(max_kw=7.4))

    with pytest.raises(DeviceError, match=r"accepted 7\.4 kW, and its safe limit of 4\.2 kW still applies"):
        asyncio.run(main())


def test_nothing_is_asked_of_a_point_that_is_not_armed() -> None:
    with pytest.raises(DeviceError, match="not armed"):
        asyncio.run(steering(Version.V16, Peer(Version.V16)).command(Wish(max_kw=7.4)))


def test_a_point_that_was_away_for_a_moment_is_armed_again_by_the_next_command() -> None:
    peer = Peer(Version.V16)
    made = steering(Version.V16, peer)

    async def main() -> None:
        await made.arm()
        dialect = made.dialect
        assert dialect is not None
        made.gone()
        peer.profiles.clear()  # it restarted
        made.connected(dialect, Abilities(level=3))
        begin(made, peer)
        await made.command(Wish(max_kw=7.4))

    asyncio.run(main())
    assert [one["chargingProfilePurpose"] for one in peer.sent[1:]] == ["TxDefaultProfile", "TxProfile"]


def test_letting_go_leaves_the_point_to_itself_up_to_its_rating() -> None:
    peer = Peer(Version.V16)
    made = steering(Version.V16, peer)

    async def main() -> None:
        await made.arm()
        begin(made, peer)
        await made.command(Wish())

    asyncio.run(main())
    assert peer.sent[-1]["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] == 11000


def test_release_takes_the_set_point_back_and_shows_the_safe_limit() -> None:
    peer = Peer(Version.V201)
    made = steering(Version.V201, peer)

    async def main() -> None:
        await made.arm()
        begin(made, peer)
        await made.command(Wish(max_kw=7.4))
        await made.release()

    asyncio.run(main())
    assert [one["chargingProfilePurpose"] for one in peer.profiles.values()] == ["TxDefaultProfile"]
    assert peer.asked[-1][0] == "GetCompositeSchedule"


def test_release_of_what_is_not_connected_says_that_it_ends_by_itself() -> None:
    made = steering(Version.V16, Peer(Version.V16))
    made.gone()
    with pytest.raises(DeviceError, match="ends within 60 s by itself"):
        asyncio.run(made.release())


def test_charging_on_at_a_limit_of_0_is_counted_and_ended_as_the_last_resort() -> None:
    peer = Peer(Version.V16)
    made = steering(Version.V16, peer, replace(STEERED, stops=True, settle_s=0.05))

    async def main() -> None:
        await made.arm()
        begin(made, peer)
        await made.command(Wish(max_kw=0.0))
        await asyncio.sleep(0.06)
        made.point.measure([Meters(time_s=time.time(), p_kw=3.6)])
        await made.command(Wish(max_kw=0.0))

    with pytest.raises(DeviceError, match=r"charges with 3\.60 kW at a limit of 0 kW; its transaction was ended"):
        asyncio.run(main())
    assert (made.counts["disobeyed"], peer.asked[-1]) == (1, ("RemoteStopTransaction", {"transactionId": 5}))


def test_a_point_that_lies_about_its_schedule_is_found_out_by_its_meter() -> None:
    made = steering(Version.V16, Peer(Version.V16), replace(STEERED, settle_s=0.05))

    async def main() -> None:
        await made.arm()
        for limit_kw in (11.0, 7.4, 7.4):
            await made.command(Wish(max_kw=limit_kw))
            made.point.measure([Meters(time_s=time.time(), p_kw=11.0)])  # within its time to follow
            await asyncio.sleep(0.03)
        await asyncio.sleep(0.03)
        made.point.measure([Meters(time_s=time.time(), p_kw=10.5)])
        await made.command(Wish(max_kw=7.4))

    with pytest.raises(DeviceError, match=r"charges with 10\.50 kW at a limit of 7\.4 kW"):
        asyncio.run(main())
    assert made.counts["disobeyed"] == 1


def test_a_car_that_follows_within_its_time_and_tolerance_obeys() -> None:
    made = Obedience(settle_s=10.0)
    made.asked(11.0, now_s=0.0)
    made.asked(4.2, now_s=100.0)
    assert made.excess_kw(Value(11.0, 0.0, 105.0)) == 0.0  # it has ten seconds
    assert made.excess_kw(Value(4.4, 0.0, 120.0)) == 0.0  # a rounding
    assert made.excess_kw(Value(6.9, 0.0, 120.0)) == pytest.approx(2.7)
    made.forget()
    assert made.excess_kw(Value(22.0, 0.0, 200.0)) == 0.0


def test_a_station_of_21_that_cannot_feed_back_is_not_steered_so() -> None:
    made = steering(Version.V21, Peer(Version.V21), replace(STEERED, both_ways=True), steers_both_ways=False)
    with pytest.raises(DeviceError, match="cannot feed back"):
        asyncio.run(made.arm())


def test_feeding_back_over_201_is_refused_before_anything_is_sent() -> None:
    peer = Peer(Version.V201)
    with pytest.raises(DeviceError, match=r"-5 kW: only OCPP 2\.1"):
        asyncio.run(steering(Version.V201, peer).command(Wish(set_kw=-5.0)))
    assert peer.asked == []


def test_a_point_that_feeds_back_follows_a_set_point() -> None:
    peer = Peer(Version.V21)
    made = steering(Version.V21, peer, replace(STEERED, both_ways=True, per_phase=True))

    async def main() -> None:
        await made.arm()
        begin(made, peer)
        await made.command(Wish(set_kw=-6.0))

    asyncio.run(main())
    period = peer.sent[-1]["chargingSchedule"][0]["chargingSchedulePeriod"][0]
    assert (period["setpoint"], period["setpoint_L3"], period["operationMode"]) == (-2000.0, -2000.0, "CentralSetpoint")
