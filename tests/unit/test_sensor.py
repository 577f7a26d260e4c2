# SPDX-License-Identifier: Apache-2.0
"""What an environmental sensor says of a room, and when."""

from __future__ import annotations

import numpy as np
import pytest

from simulators.sensor.classes import CLASSES, QUANTITIES
from tests.unit.test_sensor_case import ROOM, WEEK, readings, sensor

QUIET = {"accuracy": 0.0, "resolution": 0.001, "low": -1e6, "high": 1e6}


def test_an_ideal_sensor_says_the_truth():
    result = readings()
    for name, value in ROOM.items():
        np.testing.assert_allclose(result[name], value, atol=1e-8)
    assert np.all(result["valid"] == 1.0)
    assert np.all(result["age_s"] == 0.0)


@pytest.mark.parametrize("name", CLASSES)
def test_a_sensor_says_nothing_of_what_it_does_not_sense(name):
    result = readings(sensor(sensor_class=name))
    assert {port for port in QUANTITIES if not np.isnan(result[port]).any()} == set(CLASSES[name])
    assert np.all(result["valid"] == 1.0)


def test_a_quantity_can_be_taken_out_or_given_own_figures():
    own = {"co2_ppm": None, "noise_dba": {**QUIET, "resolution": 5.0}}
    result = readings(sensor(channels=own), noise_dba=43.0)
    assert np.isnan(result["co2_ppm"]).all()
    assert result["noise_dba"][0, 0] == 45.0


@pytest.mark.parametrize(("steps", "share"), [(1, 0.6321), (2, 0.8647), (3, 0.9502)])
def test_after_its_response_time_63_percent_of_a_change_is_seen(steps, share):
    """First order: 1 - exp(-1) after one time constant, 1 - exp(-2) after two; the first step is before the change."""
    element = sensor(channels={"co2_ppm": {**QUIET, "response_s": 60.0}})
    truth = [400.0] + [1400.0] * steps
    assert readings(element, n=1 + steps, step_s=60, co2_ppm=truth)["co2_ppm"][-1, 0] == pytest.approx(
        400.0 + 1000.0 * share, abs=0.1
    )


@pytest.mark.parametrize(("truth", "reading"), [(20_000.0, 5000.0), (5000.0, 5000.0), (-10.0, 0.0)])
def test_beyond_its_range_a_reading_stays_at_the_end(truth, reading):
    element = sensor(channels={"co2_ppm": {**QUIET, "low": 0.0, "high": 5000.0}})
    assert readings(element, co2_ppm=truth)["co2_ppm"][0, 0] == reading


def test_a_sound_level_meter_hears_no_less_than_its_floor():
    """PCBA-DBM-r3: 35 to 116 dB(A)."""
    assert readings(sensor(sensor_class="room"), noise_dba=10.0)["noise_dba"].max() == 35.0


def test_reports_come_at_multiples_of_the_clock_and_grow_old():
    result = readings(sensor(interval_steps=4), n=9, start=WEEK + 2 * 900, co2_ppm=np.arange(9.0))
    np.testing.assert_array_equal(result["co2_ppm"].ravel(), [np.nan, 1, 1, 1, 1, 5, 5, 5, 5])
    np.testing.assert_array_equal(result["age_s"].ravel(), [np.nan, 0, 900, 1800, 2700, 0, 900, 1800, 2700])
    assert result["valid"].ravel().tolist() == [0.0] + [1.0] * 8


def test_a_gap_is_silence_that_says_so():
    result = readings(sensor(gap_probability=0.3, gap_length_steps=5.0), n=672)
    lost = result["valid"][:, 0] == 0.0
    assert 0.1 < lost.mean() < 0.5
    for name in QUANTITIES:
        np.testing.assert_array_equal(np.isnan(result[name][:, 0]), lost)
    first = int(np.flatnonzero(~lost)[0])
    since = np.arange(672) - np.maximum.accumulate(np.where(lost, 0, np.arange(672)))
    np.testing.assert_array_equal(result["age_s"][first:, 0], 900.0 * since[first:])


def test_what_is_not_known_is_not_said_and_spoils_nothing():
    result = readings(sensor(channels={"co2_ppm": {**QUIET, "response_s": 600.0}}), n=3, co2_ppm=[500.0, np.nan, 700.0])
    np.testing.assert_array_equal(result["co2_ppm"].ravel(), [500.0, np.nan, 700.0])


@pytest.mark.parametrize(
    ("name", "quantity", "limit"),
    [
        ("scd30", "co2_ppm", 30.0 + 0.03 * 800.0),
        ("scd41", "co2_ppm", 40.0 + 0.05 * 800.0),
        ("ca1510", "co2_ppm", 50.0 + 0.03 * 800.0),
        ("sht31", "temp_indoor_degc", 0.2),
        ("sht31", "humidity_percent", 2.0),
        ("scd41", "humidity_percent", 6.0),
        ("room", "noise_dba", 2.0),
    ],
)
def test_systematic_errors_fill_the_accuracy_of_the_data_sheet(name, quantity, limit):
    """Means over 400 readings of 400 sensors: within the limit save for noise and rounding, and rectangular."""
    error = readings(*[sensor(sensor_class=name)] * 400, n=400)[quantity].mean(axis=0) - ROOM[quantity]
    slack = 0.01 * limit + 4.0 * CLASSES[name][quantity].noise / 20.0
    assert np.abs(error).max() <= limit + slack
    assert error.std() == pytest.approx(limit / np.sqrt(3.0), rel=4 * np.sqrt(0.8 / (4 * 400)))


def test_noise_is_the_repeatability():
    result = readings(sensor(sensor_class="scd41"), n=2688)["co2_ppm"][:, 0]
    assert result.std() == pytest.approx(np.hypot(10.0, 1.0 / np.sqrt(12.0)), rel=4 / np.sqrt(2 * 2688))


def test_a_sensor_draws_the_same_whatever_its_neighbours_and_the_day_it_begins():
    noisy = sensor(sensor_class="room", gap_probability=0.2)
    alone = readings(noisy, n=672, ids=["b"])
    among = readings(noisy, noisy, noisy, n=572, ids=["a", "b", "c"], start=WEEK + 100 * 900)
    for name, values in alone.items():
        np.testing.assert_array_equal(values[110:, 0], among[name][10:, 1], err_msg=name)


def test_another_seed_makes_another_sensor():
    one, two = (readings(sensor(sensor_class="scd30"), seed=seed)["co2_ppm"] for seed in (1, 2))
    assert not np.array_equal(one, two)
