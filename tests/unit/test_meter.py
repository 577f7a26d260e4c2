# SPDX-License-Identifier: Apache-2.0
"""What a meter says of its point, when, and what it says of a point it cannot see."""

from __future__ import annotations

import numpy as np
import pytest

from simulators.meter import KIND
from simulators.meter.options import MeterOptions
from simulators.meter.simulator import MeterFleet
from twinergy.ports import Direction
from twinergy.timebase import BLOCK_S, TimeAxis

WEEK = 2800 * BLOCK_S
EXACT = {"of": {"connection": "home"}, "accuracy_class": "ideal", "resolution_kw": 1e-9, "register_resolution_kwh": 1e-9}


def readings(
    truth: np.ndarray, *changes: dict, ids: tuple[str, ...] = (), seed: int = 1, start: int = WEEK, step_s: int = 900
) -> dict[str, np.ndarray]:
    """Run meters over a truth in kW of shape (n_steps, n_meters); arrays of the same shape by port."""
    options = [MeterOptions.model_validate(EXACT | change) for change in changes]
    fleet = MeterFleet(ids or tuple(f"m{row}" for row in range(len(options))), options, seed)
    axis = TimeAxis(start, step_s, len(truth))
    rows = []
    for block in axis.blocks():
        fleet.prepare(block)
        rows += [
            fleet.step(axis.step(block, index), seen(truth[index])) for index in range(block.first, block.first + len(block))
        ]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def seen(p_kw: np.ndarray) -> dict[str, np.ndarray]:
    n = len(p_kw)
    return {"true_p_kw": p_kw, "true_q_kvar": 0.5 * p_kw, "true_vm_pu": np.full(n, 1.0), "true_soc": np.full(n, 0.4567)}


def ramp(n_steps: int, n: int = 1) -> np.ndarray:
    return np.repeat(np.arange(n_steps, dtype=float)[:, None], n, axis=1)


def test_an_ideal_meter_says_the_truth():
    result = readings(ramp(8) - 4, {})
    np.testing.assert_allclose(result["p_kw"], ramp(8) - 4, atol=1e-9)
    np.testing.assert_allclose(result["q_kvar"], (ramp(8) - 4) / 2, atol=1e-9)
    assert np.all(result["age_s"] == 0.0)


def test_registers_count_each_direction_by_itself():
    result = readings(np.array([[4.0], [-2.0], [1.0]]), {})
    np.testing.assert_allclose(result["energy_import_kwh"].ravel(), [1.0, 1.0, 1.25])
    np.testing.assert_allclose(result["energy_export_kwh"].ravel(), [0.0, 0.5, 0.5])


def test_voltage_is_phase_to_neutral_and_the_charge_comes_in_percent():
    result = readings(ramp(1), {})
    assert result["voltage_v"][0, 0] == pytest.approx(230.9)  # 400 / sqrt(3) = 230.94, shown to 0.1 V
    assert result["soc"][0, 0] == pytest.approx(0.46)


def test_resolution_rounds_the_telegram_but_not_the_registers():
    result = readings(np.full((40, 1), 0.1 / 9), {"resolution_kw": 0.01, "register_resolution_kwh": 0.1})
    assert result["p_kw"][0, 0] == 0.01
    np.testing.assert_array_equal(result["energy_import_kwh"][[0, 17, 19, 39], 0], [0.0, 0.0, 0.1, 0.1])  # 1/360 kWh a step


def test_a_delayed_telegram_is_old_and_says_so():
    result = readings(ramp(6, 2), {}, {"delay_steps": 2})
    np.testing.assert_array_equal(result["p_kw"][:, 1], [np.nan, np.nan, 0.0, 1.0, 2.0, 3.0])
    np.testing.assert_array_equal(result["age_s"][:, 1], [np.nan, np.nan, 1800.0, 1800.0, 1800.0, 1800.0])
    np.testing.assert_array_equal(result["age_s"][:, 0], 0.0)


def test_an_interval_meter_sends_means_at_multiples_of_the_clock():
    result = readings(ramp(8), {"interval_steps": 4}, start=WEEK + 2 * 900)  # the hour is full after two steps
    np.testing.assert_array_equal(result["p_kw"].ravel(), [np.nan, 0.5, 0.5, 0.5, 0.5, 3.5, 3.5, 3.5])
    np.testing.assert_array_equal(result["age_s"].ravel(), [np.nan, 0.0, 900.0, 1800.0, 2700.0, 0.0, 900.0, 1800.0])


def test_a_gap_is_silence_with_an_age_and_the_registers_resume():
    result = readings(np.full((672, 1), 4.0), {"gap_probability": 0.3, "gap_length_steps": 5.0})
    lost = np.isnan(result["p_kw"][:, 0])
    first = int(np.flatnonzero(~lost)[0])
    assert 0 < lost[first:].sum() < 600
    since = np.arange(672) - np.maximum.accumulate(np.where(lost, 0, np.arange(672)))
    np.testing.assert_array_equal(result["age_s"][first:, 0], 900.0 * since[first:])
    np.testing.assert_allclose(result["energy_import_kwh"][~lost, 0], np.arange(1.0, 673.0)[~lost])
    assert np.isnan(result["energy_import_kwh"][lost]).all()


def test_a_lost_telegram_of_an_interval_meter_leaves_the_whole_interval_empty():
    result = readings(np.full((672, 1), 4.0), {"interval_steps": 4, "gap_probability": 0.5, "gap_length_steps": 1.0})
    hours = np.isnan(result["p_kw"][3:-1, 0]).reshape(-1, 4)
    assert {tuple(hour) for hour in hours} == {(True,) * 4, (False,) * 4}


def test_an_unknown_truth_is_not_counted_and_not_shown():
    result = readings(np.array([[4.0], [np.nan], [4.0]]), {})
    np.testing.assert_array_equal(result["p_kw"].ravel(), [4.0, np.nan, 4.0])
    np.testing.assert_allclose(result["energy_import_kwh"].ravel(), [1.0, 1.0, 2.0])


def test_an_unknown_truth_spoils_one_interval_only():
    result = readings(np.array([[1.0], [np.nan], [3.0], [5.0]]), {"interval_steps": 2})
    np.testing.assert_array_equal(result["p_kw"].ravel(), [np.nan, np.nan, np.nan, 4.0])


def test_readings_depend_on_nothing_beyond_their_point():
    truth = np.random.default_rng(1).normal(0, 3, (60, 2))
    other = np.column_stack([truth[:, 0], truth[::-1, 1] + 7])
    noisy = {"accuracy_class": "A", "gap_probability": 0.1, "interval_steps": 2}
    first, second = readings(truth, noisy, noisy), readings(other, noisy, noisy)
    assert all(np.array_equal(first[name][:, 0], second[name][:, 0], equal_nan=True) for name in first)


def test_a_meter_draws_the_same_whatever_its_neighbours():
    noisy = {"accuracy_class": "B", "gap_probability": 0.2}
    alone = readings(ramp(30), noisy, ids=("b",))
    among = readings(ramp(30, 3), noisy, noisy, noisy, ids=("a", "b", "c"))
    assert all(np.array_equal(alone[name][:, 0], among[name][:, 1], equal_nan=True) for name in alone)


def test_a_week_draws_the_same_whatever_the_day_it_begins():
    noisy = {"accuracy_class": "B", "gap_probability": 0.2}
    whole = readings(np.full((672, 1), 2.0), noisy)
    late = readings(np.full((572, 1), 2.0), noisy, start=WEEK + 100 * 900)
    np.testing.assert_array_equal(whole["p_kw"][100:], late["p_kw"])
    np.testing.assert_array_equal(whole["frequency_hz"][100:], late["frequency_hz"])


def test_another_seed_makes_another_meter():
    one, two = (readings(np.full((5, 1), 9.0), {"accuracy_class": "A"}, seed=seed)["p_kw"] for seed in (1, 2))
    assert not np.array_equal(one, two)


def test_telegrams_are_never_changed_afterwards():
    fleet = MeterFleet(["m"], [MeterOptions.model_validate(EXACT | {"interval_steps": 2, "delay_steps": 1})], 1)
    axis = TimeAxis(WEEK, 900, 6)
    block = axis.block(0)
    fleet.prepare(block)
    results = [fleet.step(axis.step(block, index), seen(np.array([float(index)]))) for index in range(3)]
    kept = [{name: value.copy() for name, value in row.items()} for row in results]
    for index in range(3, 6):
        fleet.step(axis.step(block, index), seen(np.array([9.0])))
    assert all(
        np.array_equal(row[name], copy[name], equal_nan=True) for row, copy in zip(results, kept, strict=True) for name in row
    )


def test_every_measured_port_is_reported_once():
    assert set(readings(ramp(1), {})) == {port.name for port in KIND.ports if port.direction is Direction.MEASURED}


def test_a_block_must_be_prepared():
    fleet = MeterFleet(["m"], [MeterOptions.model_validate(EXACT)], 1)
    axis = TimeAxis(WEEK, 900, 1)
    with pytest.raises(RuntimeError, match="prepare a block"):
        fleet.step(axis.step(axis.block(0), 0), seen(np.array([1.0])))
