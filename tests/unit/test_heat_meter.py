# SPDX-License-Identifier: Apache-2.0
"""What a heat meter says of its pipe, and when. Expected numbers are worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.test_heat_meter_case import WEEK, meter, readings


def test_an_ideal_meter_says_the_truth():
    """23 kW at 55/35 degC: 23 / (1.15 * 20) = 1 m3/h; 5.75 kWh in a quarter of an hour."""
    result = readings(heat_space_kw=23.0)
    np.testing.assert_allclose(result["heat_kw"], 23.0, atol=1e-6)
    np.testing.assert_allclose(result["flow_m3_per_h"], 1.0)
    assert (result["temp_flow_degc"][0, 0], result["temp_return_degc"][0, 0]) == (55.0, 35.0)
    np.testing.assert_allclose(result["energy_kwh"][:, 0], [5.75, 11.5, 17.25, 23.0])
    assert np.all(result["valid"] == 1.0)
    assert np.all(result["age_s"] == 0.0)


def test_each_meter_sits_in_its_own_pipe():
    meters = [meter(quantity=name) for name in ("heat_space_kw", "heat_water_kw", "cool_kw")]
    result = readings(*meters, heat_space_kw=5.0, heat_water_kw=2.0, cool_kw=3.0)
    np.testing.assert_allclose(result["heat_kw"][0], [5.0, 2.0, 3.0])


def test_a_device_may_say_its_own_temperatures():
    """11.5 kW over 10 K in place of 20 K: 1 m3/h; NaN in the second step: the meter's own 55/35 degC, half of it."""
    result = readings(n=2, heat_space_kw=11.5, temp_flow_degc=[40.0, np.nan], temp_return_degc=[30.0, np.nan])
    np.testing.assert_allclose(result["flow_m3_per_h"][:, 0], [1.0, 0.5])
    np.testing.assert_allclose(result["temp_flow_degc"][:, 0], [40.0, 55.0])


def test_heat_without_a_difference_of_temperature_counts_at_the_least_one():
    result = readings(heat_space_kw=3.45, temp_flow_degc=30.0, temp_return_degc=30.0)
    np.testing.assert_allclose(result["flow_m3_per_h"], 1.0)  # 3.45 / (1.15 * 3 K)
    np.testing.assert_allclose(result["heat_kw"], 3.45, atol=1e-6)


@pytest.mark.parametrize(("heat_kw", "reads"), [(0.0689, 0.0), (0.0691, 0.0691)])
def test_below_its_starting_flow_it_stands_still(heat_kw, reads):
    """3 l/h of a sensor for 1.5 m3/h: 0.003 * 1.15 * 20 = 0.069 kW."""
    result = readings(meter(starts_at_share=0.002), heat_space_kw=heat_kw)
    assert result["heat_kw"][0, 0] == pytest.approx(reads, abs=1e-9)
    assert result["energy_kwh"][-1, 0] == pytest.approx(reads, abs=1e-5)


def test_resolution_rounds_the_telegram_but_not_the_register():
    result = readings(meter(resolution_kw=0.1, register_resolution_kwh=1.0), n=8, heat_space_kw=1.04)
    assert result["heat_kw"][0, 0] == 1.0
    assert result["energy_kwh"][:, 0].tolist() == [0.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0]  # 0.26 kWh a step


def test_an_interval_meter_sends_means_at_multiples_of_the_clock():
    result = readings(meter(interval_steps=4), n=8, start=WEEK + 2 * 900, heat_space_kw=np.arange(8.0))
    np.testing.assert_allclose(result["heat_kw"].ravel(), [np.nan, 0.5, 0.5, 0.5, 0.5, 3.5, 3.5, 3.5])
    np.testing.assert_array_equal(result["age_s"].ravel(), [np.nan, 0, 900, 1800, 2700, 0, 900, 1800])
    np.testing.assert_allclose(result["energy_kwh"][1:, 0], [0.25] * 4 + [3.75] * 3)


def test_a_gap_is_silence_with_an_age_and_the_register_resumes():
    result = readings(meter(gap_probability=0.3, gap_length_steps=5.0), n=672, heat_space_kw=4.0)
    lost = result["valid"][:, 0] == 0.0
    assert 0.1 < lost.mean() < 0.5
    np.testing.assert_array_equal(np.isnan(result["heat_kw"][:, 0]), lost)
    np.testing.assert_allclose(result["energy_kwh"][~lost, 0], np.arange(1.0, 673.0)[~lost])
    first = int(np.flatnonzero(~lost)[0])
    since = np.arange(672) - np.maximum.accumulate(np.where(lost, 0, np.arange(672)))
    np.testing.assert_array_equal(result["age_s"][first:, 0], 900.0 * since[first:])


def test_an_unknown_truth_is_not_counted_and_not_shown():
    result = readings(n=3, heat_space_kw=[4.0, np.nan, 4.0])
    np.testing.assert_array_equal(result["heat_kw"].ravel(), [4.0, np.nan, 4.0])
    np.testing.assert_allclose(result["energy_kwh"].ravel(), [1.0, 1.0, 2.0])


def test_noise_is_that_of_single_readings_and_not_of_the_register():
    result = readings(meter(noise_relative=0.01), n=2688, heat_space_kw=10.0)
    assert result["heat_kw"].std() == pytest.approx(0.1, rel=4 / np.sqrt(2 * 2688))
    assert result["energy_kwh"][-1, 0] == pytest.approx(6720.0)


def test_a_meter_draws_the_same_whatever_its_neighbours_and_the_day_it_begins():
    noisy = meter(accuracy_class=3, noise_relative=0.01, gap_probability=0.2)
    alone = readings(noisy, n=672, ids=["b"], heat_space_kw=5.0)
    among = readings(noisy, noisy, noisy, n=572, ids=["a", "b", "c"], start=WEEK + 100 * 900, heat_space_kw=5.0)
    np.testing.assert_array_equal(alone["heat_kw"][100:, 0], among["heat_kw"][:, 1])


def test_another_seed_makes_another_meter():
    one, two = (readings(meter(accuracy_class=3), seed=seed, heat_space_kw=5.0)["heat_kw"] for seed in (1, 2))
    assert not np.array_equal(one, two)
