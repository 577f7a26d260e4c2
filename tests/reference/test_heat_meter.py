# SPDX-License-Identifier: Apache-2.0
"""Heat meters against the permissible errors of EN 1434-1.

Kamstrup, ULTRAFLOW 54/34 technical description 5512-2464 (2019), section 8.12: flow sensors of class 2: +-(2 + 0.02 qp/q) %, of
class 3: +-(3 + 0.05 qp/q) %, at most 5 %. MULTICAL 803 technical description 5512-2360 (2019), section 2.3: sensor pair
+-(0.5 + 3 dTmin/dT) %, calculator +-(0.5 + dTmin/dT) %. Directive 2014/32/EU, annex VI, number 3: a complete meter has their sum.
"""

from __future__ import annotations

import numpy as np
import pytest

from simulators.heat_meter.limits import CALCULATOR, TEMPERATURES, difference_limit, flow_limit
from tests.unit.test_heat_meter_case import meter, readings

COUNT = 1000


@pytest.mark.parametrize(
    ("accuracy_class", "share", "percent"),
    [
        (2, 1.0, 2.02),
        (2, 0.1, 2.2),
        (2, 0.01, 4.0),
        (2, 0.001, 5.0),
        (3, 1.0, 3.05),
        (3, 0.1, 3.5),
        (3, 0.025, 5.0),
        (3, 0.01, 5.0),
    ],
)
def test_flow_sensors(accuracy_class, share, percent):
    assert 100.0 * flow_limit(accuracy_class, np.array([share]))[0] == pytest.approx(percent)


@pytest.mark.parametrize(("ratio", "pair", "calculator"), [(1.0, 3.5, 1.5), (2.0, 2.0, 1.0), (10.0, 0.8, 0.6)])
def test_temperature_sensors_and_calculator(ratio, pair, calculator):
    assert 100.0 * difference_limit(TEMPERATURES, np.array([ratio]))[0] == pytest.approx(pair)
    assert 100.0 * difference_limit(CALCULATOR, np.array([ratio]))[0] == pytest.approx(calculator)


@pytest.mark.parametrize(
    ("accuracy_class", "heat_kw", "flow_percent", "percent"),
    [
        (2, 34.5, 2.02, 3.62),  # qp = 1.5 m3/h at 20 K: 2.02 + (0.5 + 3 * 3/20) + (0.5 + 3/20)
        (2, 0.345, 4.0, 5.6),  # a hundredth of it
        (3, 34.5, 3.05, 4.65),
        (3, 0.345, 5.0, 6.6),  # 3 + 0.05 * 100 = 8 is capped
    ],
)
def test_meters_as_drawn_fill_the_limits_and_stay_within(accuracy_class, heat_kw, flow_percent, percent):
    """Flow: rectangular, so limit / sqrt(3) is its spread; heat: three rectangles of 2.02 or more, 0.95 and 0.65 %."""
    result = readings(*[meter(accuracy_class=accuracy_class, resolution_kw=1e-9)] * COUNT, n=1, heat_space_kw=heat_kw)
    heat = 100.0 * (result["heat_kw"][0] / heat_kw - 1.0)
    assert np.abs(heat).max() <= percent
    assert np.abs(heat).max() > 0.8 * percent
    spread = np.sqrt(flow_percent**2 + 0.95**2 + 0.65**2) / np.sqrt(3.0)
    assert heat.std() == pytest.approx(spread, rel=4 / np.sqrt(2 * COUNT))
    assert heat.mean() == pytest.approx(0.0, abs=4 * spread / np.sqrt(COUNT))


def test_registers_stay_within_the_limits_of_a_varying_load():
    """Class 3 between a tenth and all of qp at 20 K: flow at most 3.5 %, so 5.1 % in all."""
    heat = np.linspace(3.45, 34.5, 96)
    fleets = []
    readings(*[meter(accuracy_class=3, noise_relative=0.05)] * COUNT, n=96, fleets=fleets, heat_space_kw=heat)
    error = fleets[0].state()["energy_kwh"] / (heat.sum() / 4.0) - 1.0
    assert np.abs(error).max() <= 0.051
    assert np.abs(error).max() > 0.035


def test_the_difference_of_the_temperatures_read_has_the_error_of_the_pair():
    """0.95 % of 20 K; what both sensors have in common is class B of IEC 60751, 0.3 + 0.005 * 45 = 0.525 K."""
    result = readings(*[meter(accuracy_class=3)] * COUNT, n=1, heat_space_kw=10.0)
    difference = result["temp_flow_degc"][0] - result["temp_return_degc"][0]
    assert np.abs(difference - 20.0).max() <= 0.19 + 0.01
    assert np.abs(difference - 20.0).max() > 0.17
    middle = 0.5 * (result["temp_flow_degc"][0] + result["temp_return_degc"][0])
    assert np.abs(middle - 45.0).max() <= 0.525 + 0.01
