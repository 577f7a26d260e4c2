# SPDX-License-Identifier: Apache-2.0
"""What plans mean for devices: a battery is only bounded, a machine held and started, heat stored but never taken away."""

from __future__ import annotations

import numpy as np
import pytest

from controllers.home_energy.cars import Cars
from controllers.home_energy.optimum import Room
from controllers.home_energy.plans import Plans
from controllers.home_energy.steering import Steering
from controllers.home_energy.thermal import COLD, HOT, NOTHING, Thermal, told_degc
from tests.home_energy_case import homes, reading


@pytest.fixture
def place(tmp_path):
    village = homes(tmp_path)
    plans = Plans(village, 4, 900)
    plans.made_s[:] = 0
    return village, plans, Steering(village, 900.0)


def asked(place, seen, epoch_s=0, thermals=(NOTHING, NOTHING), cars=None):
    village, plans, steering = place
    cars = cars or Cars(village, 900)
    said = {(each.table, each.port): each for each in steering.set_points(plans, seen, cars, thermals, epoch_s)}
    return {f"{table}.{port}": dict(zip(each.ids, each.value, strict=True)) for (table, port), each in said.items()}


def value(said, place, device):
    """Return what a device was asked for, NaN for nothing."""
    return said.get(place, {}).get(device, np.nan)


@pytest.mark.parametrize(
    ("wanted_kw", "alone_kw", "low_kw", "high_kw"),
    [
        (-1.0, -1.0, np.nan, np.nan),  # it would do that by itself
        (-1.02, -1.0, np.nan, np.nan),  # within the noise of a forecast
        (0.0, -1.0, 0.0, np.nan),  # keep it for later
        (3.0, -1.0, 3.0, np.nan),  # charge from the grid
        (1.0, 3.0, np.nan, 1.0),  # leave room for later
        (-3.0, -1.0, np.nan, -3.0),  # feed in
    ],
)
def test_a_battery_is_bounded_only_where_the_plan_differs_from_its_own_mode(place, wanted_kw, alone_kw, low_kw, high_kw):
    _, plans, _ = place
    plans.battery_kw[0, 0], plans.alone_kw[0, 0] = wanted_kw, alone_kw
    said = asked(place, reading(-900))
    np.testing.assert_array_equal(value(said, "battery.p_min_kw", "battery-a"), low_kw)
    np.testing.assert_array_equal(value(said, "battery.p_max_kw", "battery-a"), high_kw)


def test_a_plan_that_has_run_out_asks_for_nothing(place):
    _, plans, _ = place
    plans.battery_kw[:, 0], plans.alone_kw[:, 0] = 3.0, 0.0
    assert "battery.p_min_kw" not in asked(place, reading(0), epoch_s=4 * 900)


def test_a_loaded_machine_waits_for_its_time_and_is_then_started(place):
    _, plans, _ = place
    plans.start_s[0] = [-1, 1800, -1]
    waiting = reading(-900, dishwasher_pending=1.0)
    held, started = (value(asked(place, waiting, epoch_s), "household.dishwasher_on", "load-a") for epoch_s in (900, 1800))
    assert (held, started) == (0.0, 1.0)
    assert value(asked(place, reading(-900), 1800), "household.dishwasher_on", "load-a") == 0.0


def test_a_car_charges_by_its_plan_and_is_left_to_trickle(place):
    village, plans, _ = place
    plans.car_kw[:, 0] = 4.2
    cars = Cars(village, 900)
    limits = []
    course = [(np.nan, np.nan, 0.0), (1.0, 9e4, 0.0), (0.0, 9e4, 11.0), (0.0, 9e4, 11.0), (0.0, 9e4, 0.3), (np.nan, np.nan, 0.0)]
    for number, (wanted, leaves_s, p_kw) in enumerate(course):
        seen = reading(900 * (number - 1), car_wanted_kwh=wanted, car_departure_s=leaves_s, p_charging_kw=p_kw)
        cars.observe(seen)
        limits.append(float(value(asked(place, seen, 0, cars=cars), "charging.p_max_kw", "point-a")))
    np.testing.assert_array_equal(limits, [np.nan, 4.2, 4.2, 4.2, np.nan, np.nan])


def test_the_top_up_of_a_car_is_learned(place):
    """By hand: 11 kW for half an hour and 0.9 into the battery make 4.95 kWh, of which 0.3 replaces as much of the 10 assumed."""
    cars = Cars(place[0], 900)
    for number, (leaves_s, p_kw) in enumerate([(9e4, 11.0), (9e4, 11.0), (9e4, 0.0), (np.nan, 0.0), (9e4, 0.0)]):
        cars.observe(reading(900 * number, car_wanted_kwh=0.0, car_departure_s=leaves_s, p_charging_kw=p_kw))
    assert cars.wanted_kwh[0] == pytest.approx(10.0 + 0.3 * (4.95 - 10.0))


def test_heat_is_stored_beyond_the_thermostat_and_never_taken_away(place):
    _, plans, _ = place
    room = Room(keep=0.99, gain_k_per_kw=0.1, leak=0.01, p_max_kw=3.0)
    warm = Thermal(room=room, mode=HOT, set_degc=20.0, night_degc=18.0, band_k=1.0)
    for planned, told in ((20.8, 20.8), (20.1, np.nan), (18.0, np.nan)):
        plans.temp_room_degc[0, 0], plans.heat_kw[0, 0] = planned, 1.0
        said = asked(place, reading(-900), thermals=(warm, NOTHING))
        np.testing.assert_array_equal(value(said, "building.temp_set_degc", "building-a"), told)


def test_a_room_that_the_sun_warms_is_not_kept_warm(place):
    _, plans, _ = place
    room = Room(keep=0.99, gain_k_per_kw=0.1, leak=0.01, p_max_kw=3.0)
    warm = Thermal(room=room, mode=HOT, set_degc=20.0, night_degc=18.0, band_k=1.0)
    plans.temp_room_degc[0, 0], plans.heat_kw[0, 0] = 22.0, 0.0
    assert "building.temp_set_degc" not in asked(place, reading(-900), thermals=(warm, NOTHING))


def test_water_is_not_heated_beyond_the_usual_while_the_room_is_cold(place):
    _, plans, _ = place
    plans.temp_tank_degc[0, 0], plans.tank_kw[0, 0] = 58.0, 1.0
    warm, cold = (
        value(asked(place, reading(-900, temp_indoor_degc=degc)), "building.tank_temp_set_degc", "building-a")
        for degc in (20.0, 18.5)
    )
    assert warm == 58.0
    assert np.isnan(cold)


def test_cooling_is_stored_downwards():
    told = told_degc(np.array([24.9, 25.9, 27.0]), np.full(3, 26.0), heats=False)
    np.testing.assert_array_equal(told, [24.9, np.nan, np.nan])


def test_the_comfort_band_begins_at_the_own_set_point(tmp_path):
    hours = np.array([3.0, 12.0])
    heats = Thermal(room=Room(keep=0.9, gain_k_per_kw=1, leak=0.1, p_max_kw=1), mode=HOT, set_degc=20, night_degc=18, band_k=1.5)
    fields = heats.outlook(hours, np.zeros(2), np.zeros(2))
    assert fields["comfort_low_degc"].tolist() == [18.0, 20.0]
    assert fields["comfort_high_degc"].tolist() == [21.5, 21.5]
    cools = Thermal(room=heats.room, mode=COLD, set_degc=26, night_degc=26, band_k=1.5)
    fields = cools.outlook(hours, np.zeros(2), np.zeros(2))
    assert fields["comfort_low_degc"].tolist() == [24.5, 24.5]
    assert fields["comfort_high_degc"].tolist() == [26.0, 26.0]


def test_sun_is_held_down_where_the_plan_does(place):
    _, plans, _ = place
    for planned_kw, told in ((-1.0, -1.0), (-3.0, np.nan)):
        plans.pv_kw[0, 0], plans.sun_kw[0, 0] = planned_kw, -3.0
        np.testing.assert_array_equal(value(asked(place, reading(-900)), "pv.p_min_kw", "pv-a"), told)
