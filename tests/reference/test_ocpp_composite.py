# SPDX-License-Identifier: Apache-2.0
"""Composite schedules against published cases: the standard's example, the conformance tool's cases, and hand calculation."""

from __future__ import annotations

import pytest

from hardware_in_loop.ocpp.station.composite import Situation, composite, rule_at
from hardware_in_loop.ocpp.station.profile import read_profile
from hardware_in_loop.ocpp.station.times import parse_time

TX = "f1522902"
DEFAULT_A = 48.0  # libocpp's limit where no profile says anything: 48 A on three phases, 33120 W


def schedule(unit, periods, start=None, duration=None):
    wire = {"id": 1, "chargingRateUnit": unit, "chargingSchedulePeriod": [{"startPeriod": at, **rest} for at, rest in periods]}
    wire |= {"startSchedule": start} if start else {}
    return wire | ({"duration": duration} if duration else {})


def profile(number, level, purpose, kind, plan, evse=1, **more):
    purpose_2x = {"Max": "ChargingStationMaxProfile", "Default": "TxDefaultProfile", "Tx": "TxProfile"}[purpose]
    wire = {"id": number, "stackLevel": level, "chargingProfilePurpose": purpose_2x, "chargingProfileKind": kind}
    return read_profile({**wire, "chargingSchedule": [plan], **more}, evse)


def table(profiles, start, duration_s, unit="W", phases=3, **situation):
    """Return (offset, limit, phases) of each slot, in a unit, with libocpp's default where no profile says anything."""
    start_s = parse_time(start)
    around = Situation(phases=phases, relative_s=situation.pop("relative_s", start_s), **situation)
    rows = []
    for slot in composite(profiles, start_s, duration_s, around):
        rate = slot.rule.limit
        watts, used = (DEFAULT_A * 690.0, 3) if rate is None else (rate.total_w, rate.phases)
        rows.append((slot.offset_s, pytest.approx(watts / (used * 230.0) if unit == "A" else watts), used))
    return rows


def one(limit, phases=1):
    return {"limit": limit, "numberPhases": phases}


# Profile of OCPP 2.0.1 edition 2, part 2, page 240 (as quoted by EVerest/libocpp, tests/lib/ocpp/v201/json/baseline/README.md):
# every day from 17:00, 11 kW for 8 hours, then 6 kW to 20 hours after the start, then 11 kW (there 12, to tell them apart).
SPEC = schedule("W", [(0, one(11000)), (28800, one(6000)), (72000, one(12000))], "2023-01-17T17:00:00Z", 86400)
SPEC_PROFILE = profile(100, 0, "Tx", "Recurring", SPEC, recurrencyKind="Daily", transactionId=TX)
SHORT = schedule("W", [(0, one(2000))], "2024-01-17T18:00:00Z", 1080)
SHORT_PROFILE = profile(1, 1, "Tx", "Absolute", SHORT, transactionId=TX)


def test_the_standards_example_under_a_higher_stack_level():
    """libocpp, test_composite_schedule.cpp, K08_CalculateCompositeSchedule_DemoCaseOne_17th."""
    rows = table([SPEC_PROFILE, SHORT_PROFILE], "2024-01-17T18:00:00Z", 43200, transaction=TX)
    assert rows == [(0, 2000, 1), (1080, 11000, 1), (25200, 6000, 1)]


def test_the_standards_example_alone_two_days_later():
    """libocpp, K08_CalculateCompositeSchedule_DemoCaseOne_19th: the absolute profile of the 17th is over."""
    rows = table([SPEC_PROFILE, SHORT_PROFILE], "2024-01-19T18:00:00Z", 43200, transaction=TX)
    assert rows == [(0, 11000, 1), (25200, 6000, 1)]


def test_a_transactions_profile_is_nothing_to_another_transaction():
    assert table([SPEC_PROFILE], "2024-01-19T18:00:00Z", 600, transaction="other") == [(0, 33120, 3)]


def hourly(purpose="Tx", **more):
    """libocpp's "grid" profile: 1 W in the first hour of the day, 2 W in the second, and so on."""
    plan = schedule("W", [(hour * 3600, one(hour + 1)) for hour in range(24)], "2024-01-17T00:00:00Z", 86400)
    return profile(1, 0, purpose, "Recurring", plan, recurrencyKind="Daily", **more)


def test_layers_of_a_day():
    """libocpp, LayeredTest_SameStartTime: 2 kW for 18 minutes from 18:04 over the hourly grid profile."""
    upper = profile(2, 1, "Tx", "Absolute", schedule("W", [(0, one(2000))], "2024-01-17T18:04:00Z", 1080), transactionId=TX)
    layers = [hourly(transactionId=TX), upper]
    rows = table(layers, "2024-01-17T18:04:00Z", 3600, transaction=TX)
    assert rows == [(0, 2000, 1), (1080, 19, 1), (3360, 20, 1)]
    assert table(layers, "2024-01-18T18:04:00Z", 1080, transaction=TX) == [(0, 19, 1)]


def test_layers_that_recur():
    """libocpp, LayeredRecurringTest_PreviousStartTime."""
    plan = schedule("W", [(0, one(2000))], "2024-02-17T18:04:00Z", 1080)
    upper = profile(2, 1, "Tx", "Recurring", plan, recurrencyKind="Daily", transactionId=TX)
    rows = table([hourly(transactionId=TX), upper], "2024-02-19T18:00:00Z", 3840, transaction=TX)
    assert rows == [(0, 19, 1), (240, 2000, 1), (1320, 19, 1), (3600, 20, 1)]


def test_before_its_start_a_profile_says_nothing():
    """libocpp, LayeredTest_PreviousStartTime: the default until 18:04."""
    upper = profile(2, 1, "Tx", "Absolute", schedule("W", [(0, one(2000))], "2024-01-17T18:04:00Z", 1080), transactionId=TX)
    assert table([upper], "2024-01-17T18:00:00Z", 300, transaction=TX) == [(0, 33120, 3), (240, 2000, 1)]


def test_the_stations_limit_and_the_transactions_whichever_is_lower():
    """libocpp, MaxOverridesHigherLimits and MaxOverridenByLowerLimits: 10 W more every hour against 230 W... and below."""
    ceiling_w = [10.0 * (hour + 1) for hour in range(23)] + [10.0]
    plan = schedule("W", [(hour * 3600, one(limit)) for hour, limit in enumerate(ceiling_w)], "2024-01-17T00:00:00Z", 86400)
    ceiling = profile(1, 0, "Max", "Recurring", plan, evse=0, recurrencyKind="Daily")
    car = profile(2, 0, "Tx", "Absolute", schedule("W", [(0, one(2000))], "2024-01-17T00:00:00Z"), transactionId=TX)
    assert table([ceiling, car], "2024-01-17T00:00:00Z", 7200, transaction=TX) == [(0, 10, 1), (3600, 20, 1)]
    assert table([ceiling, car], "2024-01-17T22:00:00Z", 7200, transaction=TX) == [(0, 230, 1), (3600, 10, 1)]


T0 = "2024-03-01T10:00:00Z"
MIXED = [
    profile(1, 0, "Max", "Absolute", schedule("A", [(0, {"limit": 10}), (80, one(20)), (100, one(20, 3))], T0, 200), evse=0),
    profile(
        2,
        0,
        "Default",
        "Absolute",
        schedule(
            "W",
            [(0, one(11000, 3)), (60, one(6900)), (120, {"limit": 5520}), (180, {"limit": 17250}), (260, {"limit": 5520})],
            T0,
            300,
        ),
    ),
]


def test_amperes_and_watts_over_one_and_three_phases():
    """EVerest, ocpp16/smart_charging_profiles/combined_profiles.py, comb_exp1_test1 (after the conformance tool)."""
    expected = [(0, 6900, 3), (80, 4600, 1), (100, 6900, 1), (120, 5520, 3), (180, 13800, 3), (200, 17250, 3), (260, 5520, 3)]
    assert table(MIXED, T0, 400) == [*expected, (300, 33120, 3)]


def test_the_same_in_amperes():
    """The same file, comb_exp2_test1."""
    expected = [(0, 10, 3), (80, 20, 1), (100, 30, 1), (120, 8, 3), (180, 20, 3), (200, 25, 3), (260, 8, 3), (300, 48, 3)]
    assert table(MIXED, T0, 400, unit="A") == expected


RELATIVE = schedule("A", [(0, {"limit": 32}), (3600, {"limit": 6})])
VALID = {"validFrom": "2024-01-01T12:00:00Z", "validTo": "2024-01-01T20:00:00Z"}


def amps(profile_, text, **situation):
    limit = rule_at([profile_], parse_time(text), Situation(**situation)).limit
    return None if limit is None else limit.current_a


def test_validity_and_the_start_of_a_transaction():
    """EVerest doc/smart_charging_profiles.md, "validFrom & validTo and transaction start time"."""
    rule = profile(1, 1, "Default", "Relative", RELATIVE, **VALID)
    early, late = parse_time("2024-01-01T10:00:00Z"), parse_time("2024-01-01T19:50:00Z")
    assert amps(rule, "2024-01-01T11:59:59Z", relative_s=early) is None
    assert amps(rule, "2024-01-01T12:00:00Z", relative_s=early) == pytest.approx(6.0)
    assert amps(rule, "2024-01-01T19:50:00Z", relative_s=late) == pytest.approx(32.0)
    assert amps(rule, "2024-01-01T20:00:00Z", relative_s=late) is None


def test_daily_from_noon():
    """The same page, "startSchedule and daily recurring", without and with a duration of five hours."""
    noon = RELATIVE | {"startSchedule": "2024-01-01T12:00:00Z"}
    forever = profile(1, 1, "Default", "Recurring", noon, recurrencyKind="Daily")
    assert amps(forever, "2024-01-10T11:50:00Z") == pytest.approx(6.0)
    assert amps(forever, "2024-01-10T12:00:00Z") == pytest.approx(32.0)
    more = {"validFrom": "2024-02-01T12:00:00Z", "validTo": "2024-03-01T09:00:00Z", "recurrencyKind": "Daily"}
    five = profile(1, 1, "Default", "Recurring", noon | {"duration": 18000}, **more)
    assert amps(five, "2024-02-10T11:50:00Z") is None
    assert amps(five, "2024-02-10T12:00:00Z") == pytest.approx(32.0)
    assert amps(five, "2024-02-01T11:50:00Z") is None
    assert amps(five, "2024-03-01T09:00:00Z") is None


def test_weekly_by_hand():
    """Mondays 6 to 8 o'clock: 2024-01-01 was a Monday, 2024-01-22 was, 2024-01-23 was not."""
    plan = schedule("A", [(0, {"limit": 8})], "2024-01-01T06:00:00Z", 7200)
    rule = profile(1, 0, "Default", "Recurring", plan, recurrencyKind="Weekly")
    assert amps(rule, "2024-01-22T07:59:59Z") == pytest.approx(8.0)
    assert amps(rule, "2024-01-22T08:00:00Z") is None
    assert amps(rule, "2024-01-23T07:00:00Z") is None
    assert amps(rule, "2023-12-25T07:00:00Z") is None  # before it starts


def test_a_set_point_of_three_phases_by_hand():
    """-1 kW, -2 kW and -3 kW within a limit of -3 kW for all: -3 kW, shared 1 : 2 : 3."""
    period = {"setpoint": -1000, "setpoint_L2": -2000, "setpoint_L3": -3000, "dischargeLimit": -3000, "limit": 7000}
    plan = schedule("W", [(0, {**period, "operationMode": "CentralSetpoint"})], T0)
    rule = rule_at([profile(1, 0, "Tx", "Absolute", plan, transactionId=TX)], parse_time(T0), Situation(transaction=TX))
    assert rule.setpoint.total_w == pytest.approx(-3000.0)
    assert rule.setpoint.parts_w == pytest.approx((-500.0, -1000.0, -1500.0))
    assert rule.discharge.total_w == pytest.approx(-3000.0)


@pytest.mark.parametrize(("limit", "unit", "paused"), [(5.9, "A", True), (6.0, "A", False), (0, "W", True), (1400, "W", False)])
def test_below_six_amperes_is_a_pause(limit, unit, paused):
    """IEC 61851-1: no duty cycle stands for less than 6 A; watts may still be enough for one phase."""
    plan = schedule(unit, [(0, {"limit": limit})], T0)
    assert rule_at([profile(1, 0, "Default", "Absolute", plan)], parse_time(T0), Situation()).paused is paused


def test_an_offline_station_drops_a_profile_after_its_time():
    """OCPP 2.1, maxOfflineDuration 60 s: at 59 s it holds, at 60 s the default profile does."""
    upper = profile(1, 1, "Tx", "Absolute", schedule("A", [(0, {"limit": 20})], T0), transactionId=TX, maxOfflineDuration=60)
    lower = profile(2, 0, "Default", "Absolute", schedule("A", [(0, {"limit": 8})], T0))
    away = Situation(transaction=TX, offline_s=parse_time(T0) + 100.0)
    for after_s, expected in ((159.0, 20.0), (160.0, 8.0)):
        assert rule_at([upper, lower], parse_time(T0) + after_s, away).limit.current_a == pytest.approx(expected)


def test_the_lesser_discharge_of_two_purposes_by_hand():
    """The car's profile allows 10 kW back, the station's 3 kW: 3 kW; and the set-point of -8 kW becomes -3 kW."""
    car = profile(
        1, 0, "Tx", "Absolute", schedule("W", [(0, {"dischargeLimit": -10000, "setpoint": -8000})], T0), transactionId=TX
    )
    house = profile(2, 0, "Max", "Absolute", schedule("W", [(0, {"dischargeLimit": -3000, "limit": 9000})], T0), evse=0)
    for pair in ([car, house], [house, car]):
        rule = rule_at(pair, parse_time(T0), Situation(transaction=TX))
        assert (rule.discharge.total_w, rule.setpoint.total_w, rule.limit.total_w) == (-3000.0, -3000.0, 9000.0)
