# SPDX-License-Identifier: Apache-2.0
"""Errors, noise and frequency against their stated distributions; tolerances are four standard errors."""

from __future__ import annotations

import numpy as np
import pytest

from simulators.meter.frequency import draw_frequency
from simulators.meter.options import MeterOptions
from simulators.meter.params import params_of
from tests.unit.test_meter import WEEK, readings
from twinergy.timebase import TimeAxis

HOME = {"of": {"connection": "home"}}
LIMIT = {"A": 0.02, "B": 0.01, "C": 0.005}
"""kind: standard. EN 50470-3, limits of percentage error between transitional and maximum current, power factor 1."""


@pytest.mark.parametrize("name", LIMIT)
def test_systematic_errors_fill_the_class_and_stay_in_it(name):
    options = MeterOptions.model_validate(HOME | {"accuracy_class": name})
    error = params_of([f"m{row}" for row in range(2000)], [options] * 2000, 7).gain[0] - 1.0
    sd = LIMIT[name] / np.sqrt(3.0)  # rectangular distribution
    assert np.abs(error).max() <= LIMIT[name]
    assert error.mean() == pytest.approx(0.0, abs=4 * sd / np.sqrt(2000))
    assert error.std() == pytest.approx(sd, rel=4 * np.sqrt(0.8 / (4 * 2000)))  # kurtosis of a rectangle: 1.8


def test_reading_noise_is_relative_with_an_offset():
    truth = np.full((672 * 4, 1), 5.0)
    change = {"accuracy_class": "B", "noise_relative": 0.004, "noise_kw": 0.01}
    reading = readings(truth, change)["p_kw"][:, 0]
    register = readings(truth, change)["energy_import_kwh"][-1, 0]
    gain = register / (5.0 * 672)
    assert reading.mean() == pytest.approx(5.0 * gain, abs=4 * 0.03 / np.sqrt(672 * 4))
    assert reading.std() == pytest.approx(0.03, rel=4 / np.sqrt(2 * 672 * 4))  # 0.004 * 5 kW + 10 W


@pytest.mark.parametrize("step_s", [60, 900])
def test_frequency_is_stationary_around_fifty_hertz(step_s):
    hertz = np.concatenate([draw_frequency(7, block) for block in TimeAxis(WEEK, step_s, 8 * 604_800 // step_s).blocks()])
    memory = np.exp(-step_s / 300)
    independent = len(hertz) * (1 - memory) / (1 + memory)
    assert hertz.mean() == pytest.approx(50.0, abs=4 * 0.02 / np.sqrt(independent))
    assert hertz.std() == pytest.approx(0.02, rel=4 / np.sqrt(2 * independent))
    assert np.corrcoef(hertz[1:], hertz[:-1])[0, 1] == pytest.approx(memory, abs=4 / np.sqrt(len(hertz)))


def test_frequency_meets_the_quality_target_of_the_system_operation_guideline():
    """kind: standard. Regulation (EU) 2017/1485 annex III: at most 15 000 minutes a year outside 50 Hz +- 50 mHz."""
    hertz = np.concatenate([draw_frequency(7, block) for block in TimeAxis(WEEK, 900, 20 * 672).blocks()])
    minutes = (np.abs(hertz - 50.0) > 0.05).mean() * 525_600
    assert 3_000 < minutes < 15_000  # a normal distribution of 20 mHz gives 1.24 %, 6 530 minutes


def test_all_meters_see_one_frequency_to_ten_millihertz():
    hertz = readings(np.ones((50, 3)), HOME, HOME, HOME)["frequency_hz"]
    assert (hertz == hertz[:, :1]).all()
    np.testing.assert_allclose(hertz * 100, np.rint(hertz * 100), atol=1e-9)
    assert len(np.unique(hertz)) > 3
