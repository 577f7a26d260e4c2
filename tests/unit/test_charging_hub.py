# SPDX-License-Identifier: Apache-2.0
"""What happens at a hub, event by event."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import simpy

from simulators.charging.hub import Hub, Registers
from simulators.charging.options import VisitorOptions
from simulators.charging.visitor import EFFICIENCY, Places, Visitor
from tests.unit.test_charging_world import THURSDAY, World, twin_of

CAR = Visitor(
    arrives_s=0.0,
    stay_s=3600.0,
    capacity_kwh=50.0,
    energy_kwh=20.0,
    wish_kwh=29.0,
    ac_kw=11.0,
    dc_kw=100.0,
    phases=3,
    v2g_kw=0.0,
    patience_s=float("inf"),
    leaves_when_done=False,
)


def hub(points=1, **options):
    places, registers = Places(np.zeros(points, dtype=bool), np.ones(points)), Registers(points)
    return Hub(simpy.Environment(), list(range(points)), places, registers, VisitorOptions(**options))


def after(place, until_s):
    place.env.run(until=until_s)
    return place


def came(at_s, **changes):
    return replace(CAR, arrives_s=at_s, **changes)


def test_first_come_first_served():
    place = hub(queue_length=None)
    place.expect([came(0.0), came(600.0), came(1200.0)])
    assert after(place, 1300.0).queue(1300.0) == 2
    assert after(place, 3601.0).queue(3601.0) == 1
    after(place, 20_000.0)
    assert place.registers.sessions[0] == 3
    assert place.registers.waited_h[0] == pytest.approx((3000.0 + 6000.0) / 3600.0)
    assert place.free == {0}


def test_who_finds_the_queue_full_drives_on():
    place = hub(queue_length=1)
    place.expect([came(0.0), came(1.0), came(2.0), came(3.0)])
    after(place, 10_000.0)
    assert (place.registers.sessions[0], place.registers.refused[0]) == (2, 2)
    assert place.registers.refused_kwh[0] == pytest.approx(18.0)


def test_who_loses_patience_leaves_the_queue():
    place = hub(queue_length=5)
    place.expect([came(0.0), came(60.0, patience_s=600.0), came(120.0)])
    assert after(place, 661.0).queue(661.0) == 1
    after(place, 10_000.0)
    assert (place.registers.sessions[0], place.registers.refused[0]) == (2, 1)


def test_a_reservation_keeps_a_point_until_its_owner_comes():
    place = hub(hold_s=900.0)
    place.expect([came(3600.0, booked=True), came(3000.0, patience_s=60.0)])
    assert after(place, 2699.0).places.reserved[0] == 0
    assert after(place, 2701.0).places.reserved[0] == 1
    assert after(place, 3601.0).places.present[0] == 1
    assert place.registers.refused[0] == 1  # the one who just came by waits a minute before a locked point


def test_a_reservation_nobody_comes_for_is_released_after_fifteen_minutes():
    place = hub(hold_s=900.0, queue_length=None)
    place.expect([came(3600.0, booked=True, shows=False), came(3000.0)])
    assert after(place, 4499.0).places.reserved[0] == 1
    assert place.queue(4499.0) == 1
    after(place, 4501.0)
    assert (place.places.reserved[0], place.places.present[0], place.registers.no_shows[0]) == (0, 1, 1)


def test_a_cancelled_reservation_locks_nothing():
    place = hub()
    place.expect([came(3600.0, booked=True, cancels=True)])
    after(place, 3000.0)
    assert (place.registers.cancelled[0], place.free) == (1, {0})


def test_who_has_reserved_goes_before_those_who_wait_but_counts_as_waiting_only_once_there():
    place = hub(queue_length=None, hold_s=900.0)
    place.expect([came(0.0, stay_s=4000.0), came(600.0), came(3600.0, booked=True)])
    assert after(place, 3000.0).queue(3000.0) == 1
    assert place.queue(3700.0) == 2
    after(place, 4001.0)
    assert place.registers.waited_h[0] == pytest.approx(400.0 / 3600.0)


def test_a_locked_point_is_given_to_nobody():
    place = hub(points=2, queue_length=None)
    place.lock(0)
    place.expect([came(0.0), came(1.0)])
    after(place, 10.0)
    assert place.places.present.tolist() == [0, 1]
    place.unlock(0)
    after(place, 11.0)
    assert place.places.present.tolist() == [1, 1]


def test_who_leaves_when_done_frees_the_point():
    place = hub()
    place.expect([came(0.0, leaves_when_done=True)])
    after(place, 60.0)
    place.finish(0)
    assert after(place, 61.0).free == {0}


def test_energy_missing_at_departure_is_counted_by_hand():
    """An hour at 3.68 kW (one phase of 16 A) brings 3.68 * 0.9 = 3.312 kWh; 9 kWh were wanted."""
    places = Places(np.zeros(1, dtype=bool), np.ones(1))
    places.plug(0, CAR, 0.0)
    places.move(np.array([3.68]), 1.0)
    assert places.soc(np.array([True]))[0] == pytest.approx(0.46624)
    assert places.unplug(0) == pytest.approx(29.0 - 20.0 - 3.68 * EFFICIENCY)
    assert np.isnan(places.soc(np.array([True]))[0])


def test_what_a_visitor_feeds_back_costs_the_battery_more():
    """With 0.9 each way, 3.6 kWh delivered take 4 kWh, and 4 / 0.9 kWh drawn bring them back; the floor is 30 % of 50 kWh."""
    places = Places(np.zeros(1, dtype=bool), np.ones(1))
    places.plug(0, replace(CAR, v2g_kw=11.0), 0.0)
    assert places.release_kw(np.array([1.0]))[0] == pytest.approx((20.0 - 15.0) * 0.9)
    places.move(np.array([-3.6]), 1.0)
    assert places.energy_kwh[0] == pytest.approx(16.0)
    places.move(np.array([4.0 / 0.9]), 1.0)
    assert places.energy_kwh[0] == pytest.approx(20.0)


def test_a_visitor_who_leaves_within_a_step_charges_until_then():
    places = Places(np.zeros(1, dtype=bool), np.ones(1))
    places.plug(0, CAR, 0.0)
    np.testing.assert_allclose(places.connected(3000.0, 900.0), [600.0 / 900.0])
    assert places.accept_kw(np.array([0.25]))[0] == pytest.approx(11.0)
    assert places.accept_kw(np.array([0.0]))[0] == 0.0


POINTS = ["p", "q", "r"]


def world(steps=672, limit_kw=60.0, **visitors):
    return World(twin_of({}, {name: {"visitors": visitors} for name in POINTS}, {"hub": (limit_kw, POINTS)}), steps=steps)


def test_a_busy_hub_has_a_queue_and_keeps_its_limit():
    run = world(limit_kw=20.0, arrivals={"sessions_per_day": 6.0}, queue_length=4, booked_share=0.3).run()["charging"]
    assert run["p_kw"].sum(axis=1).max() == pytest.approx(20.0)
    assert 1 <= run["queue"].max() <= 5  # a reservation may stand there on top
    assert (run["p_ev_kw"] == 0).all()
    assert (run["unserved_kwh"][-1] > 0).all()
    assert {0, 1, 2, 3, 5} <= set(np.unique(run["state"]))
    for register in ("energy_kwh", "unserved_kwh", "sessions_count", "no_show_count", "refused_count", "waited_h"):
        assert (np.diff(run[register], axis=0) >= 0).all(), register


def test_the_queue_goes_on_beyond_the_end_of_a_week():
    """Everybody stays for two days in the mean and waits for ever: who is there on Wednesday night is there on Thursday."""
    run = world(steps=680, arrivals={"sessions_per_day": 3.0}, stay_mean_h=48.0, patience_s=None).run()["charging"]
    last, next_ = ({port: values[step] for port, values in run.items()} for step in (671, 672))
    stayed = last["sessions_count"] == next_["sessions_count"]
    assert stayed.any()
    np.testing.assert_allclose(next_["departure_s"][stayed], last["departure_s"][stayed] - 900.0)
    assert last["queue"][0] > 0
    assert next_["queue"][0] > 0


def test_a_controller_may_keep_a_point():
    run = world(arrivals={"sessions_per_day": 5.0}).run(reserved=np.array([1.0, np.nan, np.nan]))["charging"]
    assert run["sessions_count"][-1].tolist()[0] == 0
    assert run["sessions_count"][-1][1:].min() > 5
    assert (run["state"][:, 0] == 1).all()


def test_overstaying_and_leaving_when_done():
    stays = world(arrivals={"sessions_per_day": 2.0}).run()["charging"]
    leaves = world(arrivals={"sessions_per_day": 2.0}, leaves_when_done=1.0).run()["charging"]
    assert (stays["state"] == 5).mean() > 0.2
    assert (leaves["state"] == 5).mean() < 0.01  # who comes without a wish stays for a step
    assert leaves["sessions_count"][-1].sum() >= stays["sessions_count"][-1].sum()


def test_a_hub_behind_the_homes_serves_their_cars_within_its_limit():
    cars = {name: {"soc": 0.1, "plug_in_below_soc": 1.0} for name in "abc"}
    twin = twin_of(cars, {name: {} for name in cars}, {})
    shared = [replace(d, hub="garage") if d.kind == "charging" else d for d in twin.devices]
    twin = replace(twin, devices=tuple(shared), hubs=twin_of({}, {}, {"garage": (15.0, [])}).hubs)
    run = World(twin, steps=30, start_s=THURSDAY).run()
    assert run["charging"]["p_kw"].sum(axis=1).max() == pytest.approx(15.0)
    np.testing.assert_array_equal(run["charging"]["p_kw"], run["ev"]["p_ac_kw"])


def test_the_same_seed_gives_the_same_hub_and_another_seed_another():
    again, once, other = (
        World(twin_of({}, {n: {} for n in POINTS}, {"hub": (60.0, POINTS)}), steps=300, seed=seed).run()["charging"]["p_kw"]
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(again, once)
    assert not np.array_equal(again, other)
