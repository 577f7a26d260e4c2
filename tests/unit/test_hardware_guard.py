# SPDX-License-Identifier: Apache-2.0
"""Nothing beyond the limits reaches a device, whatever is asked."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.memory_adapter import MemoryOptions
from twinergy.adapters import Attached, Quality, Reading
from twinergy.adapters.guard import Guard, fold, same

NAN = math.nan
NOON = datetime(2024, 6, 3, 10, 0, tzinfo=UTC).timestamp()  # 12:00 in Berlin


def guard(limit_kw: float = 11.0, rated_kw: float = 5.0, **limits) -> Guard:
    options = MemoryOptions(kind="memory", mode="control", limits=limits)
    return Guard(
        Attached(
            id="d", device="d", kind="battery", options=options, rated_kw=rated_kw, limit_kw=limit_kw, timezone="Europe/Berlin"
        )
    )


def seen(soc: float = 0.5, p_kw: float = 0.0, quality: Quality = Quality.GOOD) -> dict[str, Reading]:
    return {"soc": Reading(soc, quality, 0.0, NAN, ""), "p_kw": Reading(p_kw, Quality.GOOD, 0.0, NAN, "")}


def judged(
    one: Guard,
    now_s: float = 0.0,
    epoch_s: float = NOON,
    others_kw: float | tuple[float, float] = 0.0,
    soc: dict | None = None,
    reserve: float = NAN,
    **asked: float,
):
    both_kw = others_kw if isinstance(others_kw, tuple) else (others_kw, others_kw)
    return one.judge(asked, seen(**(soc or {})), now_s=now_s, epoch_s=epoch_s, others_kw=both_kw, reserve=reserve)


def test_limits_of_the_options_come_before_the_rating():
    verdict = judged(guard(p_max_kw=3.0, p_min_kw=-2.0), p_set_kw=4.0)
    assert verdict.values == {"p_set_kw": 3.0}
    assert verdict.reasons == ("p_set_kw 4 kW is not within -2 to 3 kW",)
    assert judged(guard(p_min_kw=-2.0), p_set_kw=-9.0).values == {"p_set_kw": -2.0}


def test_the_connection_counts_with_what_else_is_behind_it():
    """11 kW of contract, 8 kW drawn by others: 3 kW are left; with 8 kW fed in by others, 3 kW may be fed in."""
    assert judged(guard(), others_kw=8.0, p_set_kw=5.0).values == {"p_set_kw": 3.0}
    assert judged(guard(), others_kw=-8.0, p_set_kw=-5.0).values == {"p_set_kw": -3.0}
    assert judged(guard(contract=False), others_kw=8.0, p_set_kw=5.0).values == {"p_set_kw": 5.0}


def test_the_window_of_charge_allows_the_way_back():
    one = guard(soc_min=0.1, soc_max=0.9)
    assert judged(one, soc={"soc": 0.9}, p_set_kw=2.0).values == {"p_set_kw": 0.0}
    assert judged(one, soc={"soc": 0.9}, p_set_kw=-2.0).values == {"p_set_kw": -2.0}
    assert judged(one, soc={"soc": 0.1}, p_set_kw=-2.0).values == {"p_set_kw": 0.0}
    unknown = judged(one, soc={"soc": 0.5, "quality": Quality.STALE}, p_set_kw=2.0)
    assert unknown.values == {"p_set_kw": 0.0}
    assert "not known" in unknown.reasons[0]


def test_a_ramp_moves_from_what_the_device_does():
    one = guard(ramp_kw_per_s=0.5)
    first = judged(one, soc={"p_kw": 1.0}, p_set_kw=5.0)
    assert first.values == {"p_set_kw": 1.0}  # no time has passed that could have been used
    one.sent(first.values, now_s=0.0, epoch_s=NOON)
    assert judged(one, now_s=1.0, p_set_kw=5.0).values == {"p_set_kw": 1.5}


def test_a_limit_moves_as_slowly_where_it_is_all_that_a_device_takes():
    one = guard(ramp_kw_per_s=0.5)
    first = judged(one, soc={"p_kw": 3.0}, p_max_kw=1.0)
    assert first.values == {"p_max_kw": 3.0}
    one.sent(first.values, now_s=0.0, epoch_s=NOON)
    assert judged(one, now_s=1.0, p_max_kw=1.0).values == {"p_max_kw": 2.5}


def test_hours_are_local_and_may_go_over_midnight():
    one = guard(allowed_hours=("22:00-06:00",))
    assert judged(one, p_set_kw=1.0).reasons == ("outside of the hours in which it may be controlled",)
    night = datetime(2024, 6, 3, 21, 30, tzinfo=UTC).timestamp()  # 23:30 in Berlin
    assert judged(one, epoch_s=night, p_set_kw=1.0).values == {"p_set_kw": 1.0}


def test_shortest_times_and_the_daily_count_of_a_switch():
    one = guard(min_on_s=60.0, min_off_s=30.0, switches_per_day=2)
    for now_s, wanted, gets in ((0, 1, 1), (10, 0, 1), (60, 0, 0), (70, 1, 0), (90, 1, 1), (200, 0, 0), (300, 1, 0)):
        verdict = judged(one, now_s=now_s, epoch_s=NOON + now_s, other_on=float(wanted))
        assert verdict.values == {"other_on": float(gets)}, now_s
        one.sent(verdict.values, now_s=now_s, epoch_s=NOON + now_s)
    assert judged(one, now_s=90_000, epoch_s=NOON + 90_000, other_on=1.0).values == {"other_on": 1.0}  # the next day


def test_a_full_battery_stops_charging_even_within_its_shortest_time_on():
    one = guard(min_on_s=600.0, soc_max=0.9)
    one.sent(judged(one, p_set_kw=3.0).values, now_s=0.0, epoch_s=NOON)
    assert judged(one, now_s=1.0, soc={"soc": 0.95}, p_set_kw=3.0).values == {"p_set_kw": 0.0}


def test_registers_that_wear_out_are_written_seldom():
    one = guard(min_interval_s=10.0)
    one.sent(judged(one, p_set_kw=1.0).values, now_s=0.0, epoch_s=NOON)
    assert judged(one, now_s=5.0, p_set_kw=2.0).values == {"p_set_kw": 1.0}
    assert judged(one, now_s=10.0, p_set_kw=2.0).values == {"p_set_kw": 2.0}


def test_limits_do_not_wait_for_the_shortest_time_between_writes():
    """3 kW are asked for every hour at most; a battery that is full, or a connection that is, stops them at once."""
    one = guard(min_interval_s=3600.0, soc_max=0.9)
    one.sent(judged(one, p_set_kw=3.0).values, now_s=0.0, epoch_s=NOON)
    assert judged(one, now_s=1.0, soc={"soc": 0.95}, p_set_kw=3.0).values == {"p_set_kw": 0.0}
    assert judged(one, now_s=1.0, others_kw=10.0, p_set_kw=3.0).values == {"p_set_kw": 1.0}
    waits = judged(one, now_s=1.0, p_set_kw=2.0)
    assert waits.values == {"p_set_kw": 3.0}
    assert waits.reasons == ("the last command is too recent, the newest one waits",)


def test_a_connection_that_others_fill_alone_turns_no_device_round():
    """15 kW of others at 11 kW of contract: nothing may be drawn, but nobody asked this one to feed in."""
    assert judged(guard(), others_kw=15.0, p_set_kw=3.0).values == {"p_set_kw": 0.0}
    assert judged(guard(), others_kw=15.0, p_max_kw=3.0).values == {"p_max_kw": 0.0}
    assert judged(guard(), others_kw=15.0, p_set_kw=-2.0).values == {"p_set_kw": -2.0}
    assert judged(guard(), others_kw=-15.0, p_set_kw=-3.0).values == {"p_set_kw": 0.0}


def test_what_others_may_draw_and_feed_in_counts_in_both_directions():
    assert judged(guard(), others_kw=(8.0, -8.0), p_set_kw=5.0).values == {"p_set_kw": 3.0}
    assert judged(guard(), others_kw=(8.0, -8.0), p_set_kw=-5.0).values == {"p_set_kw": -3.0}


def test_a_reserve_that_a_controller_wants_is_kept_by_devices_that_take_none():
    assert judged(guard(), soc={"soc": 0.3}, reserve=0.4, p_set_kw=-2.0).values == {"p_set_kw": 0.0}
    assert judged(guard(), soc={"soc": 0.5}, reserve=0.4, p_set_kw=-2.0).values == {"p_set_kw": -2.0}
    assert judged(guard(soc_min=0.6), soc={"soc": 0.5}, reserve=0.4, p_set_kw=-2.0).values == {"p_set_kw": 0.0}


def test_after_a_device_was_away_its_ramp_begins_where_it_is():
    one = guard(ramp_kw_per_s=0.5)
    one.sent({"p_set_kw": 4.0}, now_s=0.0, epoch_s=NOON)
    one.forget()
    assert judged(one, now_s=100.0, soc={"p_kw": 0.0}, p_set_kw=4.0).values == {"p_set_kw": 0.0}


def test_a_switch_counts_when_it_was_tried_whether_or_not_it_said_so():
    one = guard(min_on_s=60.0)
    one.tried({"other_on": 1.0}, now_s=0.0, epoch_s=NOON)
    one.forget()
    assert judged(one, now_s=10.0, other_on=0.0).values == {"other_on": 1.0}
    assert judged(one, now_s=60.0, other_on=0.0).values == {"other_on": 0.0}


def test_hours_hold_by_the_clock_on_the_wall_when_it_is_put_back():
    """27 October 2024, Berlin: 02:30 comes twice, at 00:30 and 01:30 UTC; the night rate ends at 03:00, which is 02:00 UTC."""
    one = guard(allowed_hours=("02:00-03:00",))
    for hour, minute, allowed in ((23, 59, False), (0, 0, True), (0, 30, True), (1, 30, True), (1, 59, True), (2, 0, False)):
        day = 26 if hour == 23 else 27
        epoch_s = datetime(2024, 10, day, hour, minute, tzinfo=UTC).timestamp()
        assert (judged(one, epoch_s=epoch_s, p_set_kw=1.0).values == {"p_set_kw": 1.0}) is allowed, (hour, minute)


def test_nobody_asks_is_handed_on():
    verdict = judged(guard(p_max_kw=1.0), p_set_kw=NAN)
    assert math.isnan(verdict.values["p_set_kw"])
    assert verdict.reasons == ()


@pytest.mark.parametrize(
    ("asked", "writes", "gets"),
    [
        ({"p_set_kw": 5.0, "p_max_kw": 3.0, "p_min_kw": -1.0}, {"p_set_kw"}, {"p_set_kw": 3.0}),
        ({"p_max_kw": 3.0}, {"p_set_kw"}, {"p_set_kw": 0.0}),
        ({"p_min_kw": 1.0}, {"p_set_kw"}, {"p_set_kw": 1.0}),
        ({"p_set_kw": 2.0}, {"p_max_kw"}, {"p_max_kw": 2.0}),
        ({"p_set_kw": 2.0, "p_max_kw": 1.0}, {"p_max_kw"}, {"p_max_kw": 1.0}),
        ({"p_set_kw": -3.0}, {"p_min_kw"}, {"p_min_kw": -3.0}),
        ({"p_set_kw": 2.0, "p_max_kw": 1.0}, {"p_set_kw", "p_max_kw"}, {"p_set_kw": 1.0, "p_max_kw": 1.0}),
        ({"p_max_kw": 1.0}, {"p_set_kw", "p_max_kw"}, {"p_set_kw": NAN, "p_max_kw": 1.0}),
    ],
)
def test_wishes_in_terms_of_what_a_device_takes(asked, writes, gets):
    assert same(fold(asked, writes), gets)


POWERS = st.floats(-100.0, 100.0)
NUMBERS = st.one_of(st.just(NAN), POWERS)


@given(
    st.lists(st.tuples(NUMBERS, st.floats(0.0, 1.0), st.floats(-15.0, 15.0), st.floats(0.01, 30.0)), min_size=1, max_size=40),
    st.floats(0.05, 5.0),
)
def test_no_course_of_wishes_breaks_a_limit(course, ramp):
    one = guard(p_min_kw=-2.0, p_max_kw=3.0, soc_min=0.2, soc_max=0.8, ramp_kw_per_s=ramp, contract=False)
    now_s, last, changed_s, let_go = 0.0, 0.0, 0.0, True
    for wanted, soc, others_kw, passes_s in course:
        now_s += passes_s
        value = judged(one, now_s=now_s, others_kw=others_kw, soc={"soc": soc, "p_kw": last}, p_set_kw=wanted).values["p_set_kw"]
        if math.isnan(value):
            assert math.isnan(wanted)
            one.sent({"p_set_kw": value}, now_s=now_s, epoch_s=NOON + now_s)
            changed_s, let_go = changed_s if let_go else now_s, True
            continue
        assert (0.0 if soc <= 0.2 else -2.0) <= value <= (0.0 if soc >= 0.8 else 3.0)
        since_s = min(now_s - changed_s, 1.0)  # one second's worth at most, however long nothing was asked
        assert abs(value - last) <= ramp * since_s + 1e-9 or value in {-2.0, 0.0, 3.0}
        one.sent({"p_set_kw": value}, now_s=now_s, epoch_s=NOON + now_s)
        changed_s = now_s if value != last or let_go else changed_s
        last, let_go = value, False
