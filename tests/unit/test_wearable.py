# SPDX-License-Identifier: Apache-2.0
"""What a wearable says of its person, and when."""

from __future__ import annotations

import numpy as np
import pytest

from simulators.wearable.classes import CLASSES, QUANTITIES
from simulators.wearable.life import DAY_BEGINS_S, QUARTERS, Lives
from simulators.wearable.person import ACTIVITIES, LEAST_VO2MAX_MET, vo2max_met
from tests.unit.test_wearable_case import HOME, WEEK, fleet_of, readings, wearable, wearer
from twinergy.timebase import BLOCK_S, TimeAxis

INSTANT = {"heart_response_s": 0.0, "skin_response_s": 0.0}
METS = {met for met, _ in ACTIVITIES.values()}


def test_somebody_awake_does_one_of_the_activities():
    met = readings(n=672)["activity_met"].ravel()
    assert set(np.round(met, 6)) == METS
    for level, share in ACTIVITIES.values():
        assert np.mean(np.isclose(met, level)) == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / 672))


def test_nobody_awake_is_asleep():
    night = readings(wearer(**INSTANT), active_occupants=0.0)
    np.testing.assert_allclose(night["activity_met"], 0.8, atol=1e-8)
    np.testing.assert_allclose(night["heart_rate_bpm"], 57.0, atol=1e-8)
    assert np.all(night["worn"] == 1.0)


def test_of_somebody_away_nothing_is_said_and_no_telegram_is_missing():
    day = readings(n=5, occupants=[1.0, 0.0, 0.0, 0.0, 1.0], active_occupants=[1.0, 0.0, 0.0, 0.0, 1.0])
    assert day["worn"].ravel().tolist() == [1.0, 0.0, 0.0, 0.0, 1.0]
    assert np.all(day["valid"] == 1.0)
    assert np.all(day["age_s"] == 0.0)
    for name in QUANTITIES:
        np.testing.assert_array_equal(np.isnan(day[name].ravel()), [False, True, True, True, False])


def test_who_leaves_early_in_a_step_is_away_and_who_leaves_late_is_not():
    assert readings(n=2, occupants=[0.4, 0.6], active_occupants=[0.4, 0.6])["worn"].ravel().tolist() == [0.0, 1.0]


def test_a_step_half_asleep_is_the_mean():
    half = readings(wearer(**INSTANT), n=1, active_occupants=0.25)
    awake = readings(wearer(**INSTANT), n=1)
    assert half["activity_met"][0, 0] == pytest.approx(0.25 * awake["activity_met"][0, 0] + 0.75 * 0.8)
    assert half["heart_rate_bpm"][0, 0] == pytest.approx(0.25 * awake["heart_rate_bpm"][0, 0] + 0.75 * 57.0)


def test_while_it_is_not_worn_it_says_only_that():
    off = readings(wearer(off_share=1.0))
    assert np.all(off["worn"] == 0.0)
    assert np.all(off["valid"] == 1.0)
    assert all(np.isnan(off[name]).all() for name in QUANTITIES)


def test_it_is_taken_off_for_whole_nights():
    night = readings(wearer(worn_asleep=0.5), n=7 * 96, active_occupants=0.0)["worn"].ravel()
    changes = 0.25 * np.flatnonzero(np.diff(night)) + 0.25
    assert len(changes) > 0
    assert np.all(changes % 24.0 == 12.0)


def test_one_night_does_not_change_with_the_week():
    """Noon of the last day of one fixed week to noon of the first day of the next is one night."""
    worn = readings(wearer(worn_asleep=0.5), n=40 * 96, active_occupants=0.0)["worn"].reshape(-1, 48)
    assert np.all(worn == worn[:, :1])
    assert np.all(worn[1:-1:2, 0] == worn[2::2, 0])


def test_people_of_one_home_never_contradict_their_household():
    """Of three people two are in and one of them is awake: two wearables report, one of them of somebody asleep."""
    three = [wearer(n, residents=3, person=n + 1, **INSTANT) for n in range(3)]
    home = readings(*three, n=7 * 96, occupants=2.0, active_occupants=1.0)
    assert np.all(home["worn"].sum(axis=1) == 2.0)
    assert np.all(np.sum(np.isclose(home["activity_met"], 0.8), axis=1) == 1)
    order = home["worn"]
    days = np.flatnonzero(np.any(np.diff(order, axis=0) != 0.0, axis=1)) + 1
    assert len(days) > 0
    assert np.all(days % 96 == DAY_BEGINS_S // 900)


def test_days_of_people_are_local():
    pair = [wearer(n, residents=2, person=n + 1) for n in range(2)]
    worn = readings(*pair, n=7 * 96, timezone="Europe/Berlin", active_occupants=1.0)["worn"][:, 0]
    days = np.flatnonzero(np.diff(worn)) + 1
    assert len(days) > 0
    assert np.all(days % 96 == 8)  # four o'clock in Berlin in summer is two o'clock UTC


def test_the_heart_follows_in_its_response_time():
    """First order: after one time constant 63.2 % of the way from sleep, 57 / min, to the rate awake."""
    steps = readings(wearer(), n=12, step_s=60, active_occupants=[0.0] + [1.0] * 11)["heart_rate_bpm"].ravel()
    target = readings(wearer(**INSTANT), n=1)["heart_rate_bpm"][0, 0]
    assert (steps[1] - 57.0) / (target - 57.0) == pytest.approx(1.0 - np.exp(-60.0 / 55.0), rel=1e-6)


def test_nothing_is_said_of_the_skin_without_a_building():
    bare = readings(temp_indoor_degc=np.nan, temp_radiant_degc=np.nan, humidity_percent=np.nan)
    assert np.isnan(bare["skin_temp_degc"]).all()
    assert not np.isnan(bare["heart_rate_bpm"]).any()
    assert np.all(bare["valid"] == 1.0)


def test_what_was_not_known_for_a_step_spoils_nothing():
    gap = readings(n=3, temp_indoor_degc=[23.0, np.nan, 23.0])["skin_temp_degc"].ravel()
    assert np.isnan(gap).tolist() == [False, True, False]


def test_without_a_household_nothing_arrives():
    bare = readings(occupants=np.nan, active_occupants=np.nan)
    assert np.all(bare["valid"] == 0.0)
    assert np.isnan(bare["heart_rate_bpm"]).all()


def test_a_warm_room_warms_the_skin_and_a_site_has_its_own_temperature():
    cool, warm = (readings(temp_indoor_degc=t, temp_radiant_degc=t)["skin_temp_degc"] for t in (20.0, 26.0))
    assert np.all(warm > cool)
    wrist = readings(wearer(site_offset_k=-1.5))["skin_temp_degc"]
    np.testing.assert_allclose(wrist, readings()["skin_temp_degc"] - 1.5, atol=1e-8)


def test_a_quantity_can_be_taken_out_or_given_own_figures():
    coarse = {"resolution": 5.0, "low": 0.0, "high": 200.0}
    said = readings(wearer(channels={"skin_temp_degc": None, "heart_rate_bpm": coarse}))
    assert np.isnan(said["skin_temp_degc"]).all()
    assert np.all(said["heart_rate_bpm"] % 5.0 == 0.0)


def test_telegrams_come_at_multiples_of_the_clock():
    said = readings(wearer(interval_steps=4), n=9, start=WEEK + 1800)
    np.testing.assert_array_equal(said["age_s"].ravel(), [np.nan, 0, 900, 1800, 2700, 0, 900, 1800, 2700])
    assert said["valid"].ravel().tolist() == [0.0] + [1.0] * 8


def test_a_gap_is_silence_that_says_so():
    lossy = readings(wearer(gap_probability=0.3), n=672, active_occupants=0.0)
    lost = lossy["valid"].ravel() == 0.0
    assert 0.1 < lost.mean() < 0.5
    for name in (*QUANTITIES, "worn"):
        np.testing.assert_array_equal(np.isnan(lossy[name].ravel()), lost)
    first = int(np.flatnonzero(~lost)[0])
    since = np.arange(672) - np.maximum.accumulate(np.where(lost, 0, np.arange(672)))
    np.testing.assert_array_equal(lossy["age_s"].ravel()[first:], 900.0 * since[first:])


def test_what_is_not_known_and_what_is_lost_add_up():
    pair = [wearer(n, f"home-{n}", gap_probability=0.3) for n in range(2)]
    valid = readings(*pair, n=672, occupants=np.tile([1.0, np.nan], (672, 1)), active_occupants=0.0)["valid"]
    assert np.all(valid[:, 1] == 0.0)
    assert 0.1 < np.mean(valid[:, 0] == 0.0) < 0.5


@pytest.mark.parametrize(("name", "published"), [("low_cost", (0.0769 + 0.0604) / 2), ("tracker", (0.0377 + 0.0473) / 2)])
def test_heart_rates_are_as_far_off_as_the_study_found(name, published):
    """MAPE of Xiaomi Mi Band 2 and Garmin Vivosmart HR+, young and older adults (Chow and Yang 2020)."""
    many = [wearer(n, f"home-{n}", wearable_class=name, **INSTANT) for n in range(600)]
    error = readings(*many, n=60, active_occupants=0.0)["heart_rate_bpm"] / 57.0 - 1.0
    assert np.abs(error).mean() == pytest.approx(published, rel=0.03)
    assert abs(error.mean()) < 0.1 * published


def test_skin_temperatures_are_within_what_the_study_found():
    """The iButton was at most 0.4 K off, with a precision of 0.09 K at worst (van Marken Lichtenbelt et al. 2006)."""
    many = [wearer(n, f"home-{n}", wearable_class="low_cost", **INSTANT) for n in range(300)]
    error = readings(*many, n=100, active_occupants=0.0)["skin_temp_degc"] - (35.7 - 0.0275 * 0.8 * 58.15)
    assert np.abs(error.mean(axis=0)).max() < 0.4 + 4 * 0.09 / 10
    assert error.std(axis=0).mean() == pytest.approx(np.hypot(0.09, 0.1 / np.sqrt(12)), rel=0.05)


@pytest.mark.parametrize("name", CLASSES)
def test_a_person_draws_the_same_whatever_the_neighbours_and_the_day_it_begins(name):
    own = {"wearable_class": name, "gap_probability": 0.2, "off_share": 0.2, "worn_asleep": 0.5}
    alone = readings(wearer(1, "b", 2, **own), n=672, timezone="Europe/Rome")
    crowd = [wearer(0, "a", 3, **own), wearer(1, "b", 2, **own), *(wearer(n, f"c{n}", 4, **own) for n in range(2, 9))]
    among = readings(*crowd, n=572, start=WEEK + 100 * 900, timezone="Europe/Rome")
    assert np.isfinite(alone["heart_rate_bpm"]).any()
    for port, values in alone.items():
        np.testing.assert_array_equal(values[120:, 0], among[port][20:, 1], err_msg=port)


def test_another_seed_is_another_life():
    one, two = (readings(n=96, seed=seed)["activity_met"] for seed in (1, 2))
    assert not np.array_equal(one, two)


def test_the_person_lives_on_with_another_wearable():
    one, two = (readings(wearer(number), n=96)["activity_met"] for number in (1, 2))
    np.testing.assert_array_equal(one, two)


def test_a_step_of_an_hour_is_the_mean_of_its_quarters():
    hours, quarters = (readings(n=n, step_s=step_s)["activity_met"].ravel() for n, step_s in ((6, 3600), (24, 900)))
    np.testing.assert_allclose(hours, quarters.reshape(6, 4).mean(axis=1), atol=1e-8)


def test_a_step_that_does_not_fit_into_quarters_is_weighted():
    week = Lives([wearer()], 1, "UTC").week(WEEK // BLOCK_S)
    assert week.activity.shape == (QUARTERS, 1)
    first = int(np.flatnonzero(np.diff(week.activity[:, 0]))[0])  # two quarters of an hour that differ
    before, after = week.activity[first : first + 2]
    np.testing.assert_allclose(week.during(900 * first, 1200.0).activity, 0.75 * before + 0.25 * after)
    np.testing.assert_array_equal(week.during(BLOCK_S - 900, 900.0).activity, week.activity[-1])


def test_no_week_is_like_another():
    lives = Lives([wearer()], 1, "UTC")
    assert not np.array_equal(lives.week(2800).activity, lives.week(2801).activity)


def test_a_real_wearable_hands_over():
    fleet, axis = fleet_of(wearer(0), wearer(1, "other")), TimeAxis(WEEK, 900, 1)
    fleet.prepare(axis.block(0))
    fleet.step(axis.step(axis.block(0), 0), {name: np.full(2, value) for name, value in HOME.items()})
    before = fleet.state()
    fleet.adopt(np.array([1]), {"heart_rate_bpm": np.array([88.0]), "skin_temp_degc": np.array([np.nan])})
    assert fleet.state()["body_heart_rate_bpm"].tolist() == [before["body_heart_rate_bpm"][0], 88.0]
    assert np.isfinite(before["body_skin_temp_degc"]).all()
    np.testing.assert_array_equal(fleet.state()["body_skin_temp_degc"], before["body_skin_temp_degc"])


def test_the_old_and_heavy_keep_enough_to_live_at_home():
    assert vo2max_met(79.0, "female", 120.0) == LEAST_VO2MAX_MET
    assert vo2max_met(95.0, "male", 70.0) == vo2max_met(79.0, "male", 70.0)
    assert wearable(vo2max_met=11.0, resting_bpm=60.0, age_years=40.0).bpm_per_met == pytest.approx(12.0)
