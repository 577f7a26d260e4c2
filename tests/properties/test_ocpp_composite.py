# SPDX-License-Identifier: Apache-2.0
"""The composite schedule is what a second-by-second evaluation of the payloads says, whatever is installed."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from hardware_in_loop.ocpp.station.composite import Situation, composite
from hardware_in_loop.ocpp.station.profile import read_profile
from hardware_in_loop.ocpp.station.times import format_time

NOW = 1_705_514_400
WINDOW = 240
DAY = 86_400
CEILINGS = ("ChargingStationMaxProfile", "ChargingStationExternalConstraints")

instants = st.integers(NOW - 300, NOW + 300)
short = st.integers(1, 200)


@st.composite
def periods(draw):
    starts = sorted(draw(st.sets(st.integers(1, 150), max_size=4)))
    rows = []
    for start in [0, *starts]:
        row = {"startPeriod": start, "limit": draw(st.sampled_from([0, 4, 6, 10, 16, 32])) * 1.0}
        if draw(st.booleans()):
            row["numberPhases"] = draw(st.integers(1, 3))
        rows.append(row)
    return rows


@st.composite
def payloads(draw):
    purpose = draw(st.sampled_from(["TxProfile", "TxDefaultProfile", *CEILINGS]))
    kinds = ["Absolute", "Recurring"] if purpose in CEILINGS else ["Absolute", "Recurring", "Relative"]
    kind = draw(st.sampled_from(kinds))
    unit = draw(st.sampled_from(["A", "W"]))
    rows = draw(periods())
    if unit == "W":
        rows = [{**row, "limit": row["limit"] * 230.0} for row in rows]
    plan = {"id": 1, "chargingRateUnit": unit, "chargingSchedulePeriod": rows}
    wire = {"id": draw(st.integers(0, 9)), "stackLevel": draw(st.integers(0, 3)), "chargingSchedule": [plan]}
    wire |= {"chargingProfilePurpose": purpose, "chargingProfileKind": kind}
    if kind != "Relative":
        plan["startSchedule"] = format_time(draw(instants) - (draw(st.integers(0, 20)) * DAY if kind == "Recurring" else 0))
    if kind == "Recurring":
        wire["recurrencyKind"] = draw(st.sampled_from(["Daily", "Weekly"]))
    if draw(st.booleans()):
        plan["duration"] = draw(short)
    if draw(st.booleans()):
        wire["validFrom"] = format_time(draw(instants))
    if draw(st.booleans()):
        wire["validTo"] = format_time(draw(instants))
    if purpose == "TxProfile" and draw(st.booleans()):
        wire["transactionId"] = draw(st.sampled_from(["a", "b"]))
    return wire, 0 if purpose in CEILINGS else draw(st.sampled_from([0, 1, 2]))


def seconds(text):
    from datetime import datetime

    return int(datetime.fromisoformat(text).timestamp())


def brute_limit(wire, now, begun):
    """Return (watts, phases) that one payload allows in a second, None for nothing: by walking through it, not by searching."""
    if "validFrom" in wire and now < seconds(wire["validFrom"]):
        return None
    if "validTo" in wire and now >= seconds(wire["validTo"]):
        return None
    plan = wire["chargingSchedule"][0]
    begin = seconds(plan["startSchedule"]) if "startSchedule" in plan else begun
    if now < begin:
        return None
    since = now - begin
    if wire["chargingProfileKind"] == "Recurring":
        since %= DAY if wire["recurrencyKind"] == "Daily" else 7 * DAY
    if since >= plan.get("duration", 10**9):
        return None
    answer = None
    for row in plan["chargingSchedulePeriod"]:
        if row["startPeriod"] <= since:
            phases = row.get("numberPhases", 3)
            answer = (row["limit"] * (230.0 * phases if plan["chargingRateUnit"] == "A" else 1.0), phases)
    return answer


def brute(payloads_, now, begun, transaction):
    """Return the lowest of what leads each purpose, as (watts, amperes)."""
    leading = {}
    for place, (wire, evse) in enumerate(payloads_):
        purpose = wire["chargingProfilePurpose"]
        mine = wire.get("transactionId", transaction) == transaction
        if evse == 2 or (purpose == "TxProfile" and not (transaction and mine)):
            continue
        limit = brute_limit(wire, now, begun)
        rank = (wire["stackLevel"], evse == 1, -place)
        if limit is not None and (purpose not in leading or rank > leading[purpose][0]):
            leading[purpose] = (rank, limit)
    if "TxProfile" in leading:
        leading.pop("TxDefaultProfile", None)
    limits = [(watts, watts / phases / 230.0) for _, (watts, phases) in leading.values()]
    return min(limits, default=None)


@settings(max_examples=120, deadline=None)
@given(st.lists(payloads(), max_size=6), st.integers(-200, 200), st.sampled_from(["", "a"]))
def test_every_second_of_the_window(many, begun, transaction):
    profiles = [read_profile(wire, evse) for wire, evse in many]
    around = Situation(evse=1, transaction=transaction, relative_s=NOW + begun)
    slots = composite(profiles, NOW, WINDOW, around)
    assert slots[0].offset_s == 0
    offsets = [slot.offset_s for slot in slots]
    assert offsets == sorted(set(offsets))
    assert all(one.rule != other.rule for one, other in itertools.pairwise(slots))
    for second in range(WINDOW):
        slot = [slot for slot in slots if slot.offset_s <= second][-1]
        expected = brute(many, NOW + second, NOW + begun, transaction)
        limit = slot.rule.limit
        found = None if limit is None else (round(limit.total_w, 6), round(limit.current_a, 6))
        assert found == (None if expected is None else (round(expected[0], 6), round(expected[1], 6))), second


@settings(max_examples=60, deadline=None)
@given(st.lists(payloads(), max_size=4), payloads(), st.integers(0, WINDOW - 1))
def test_one_more_ceiling_never_allows_more(many, extra, second):
    wire, _ = extra
    if wire["chargingProfileKind"] == "Relative":
        return
    wire = {**wire, "chargingProfilePurpose": CEILINGS[1]}
    others = [(each, evse) for each, evse in many if each["chargingProfilePurpose"] != CEILINGS[1]]
    around = Situation(evse=1, transaction="a", relative_s=NOW)

    def watts(pairs):
        slots = composite([read_profile(each, evse) for each, evse in pairs], NOW + second, 1, around)
        return float("inf") if slots[0].rule.limit is None else slots[0].rule.limit.total_w

    assert watts([*others, (wire, 0)]) <= watts(others)
