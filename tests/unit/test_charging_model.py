# SPDX-License-Identifier: Apache-2.0
"""Power of charging points: connectors, pilot signal, modes, limits, hubs."""

from __future__ import annotations

import numpy as np
import pytest

from simulators.charging.model import Cars, ChargingInputs, codes, power
from simulators.charging.options import ChargingOptions
from simulators.charging.params import HubParams, params_of
from simulators.charging.sharing import share

NAN = float("nan")


def draw(option, *, accept=11.0, release=0.0, phases=3.0, net=0.0, wanted=0.0, left_h=9.0, **asked):
    """Return the power of one point."""
    inputs = ChargingInputs(np.array([net]), **{f"p_{name}_kw": np.array([value]) for name, value in asked.items()})
    cars = Cars(
        np.array([accept]), np.array([release]), np.array([phases]), np.zeros(1), np.array([wanted]), np.array([left_h * 3600])
    )
    return float(power(params_of([ChargingOptions.model_validate(option)]), cars, inputs)[0])


@pytest.mark.parametrize(
    ("option", "accept", "phases", "expected"),
    [
        ({}, 22.0, 3.0, 11.04),  # 3 * 16 A * 230 V
        ({"limit_a": 32.0}, 22.0, 3.0, 22.0),
        ({"limit_a": 32.0}, 7.4, 1.0, 7.36),  # a single-phase car uses one phase: 32 A * 230 V
        ({}, 7.4, 1.0, 3.68),
        ({}, 7.2, 2.0, 7.2),  # two phases carry 7.36 kW
        ({"connector_phases": 1}, 11.0, 3.0, 3.68),
        ({}, 0.0, 3.0, 0.0),
        ({}, 0.8, 3.0, 0.8),  # near full a car takes less than it is offered
        ({"dc_kw": 150.0}, 90.0, 3.0, 90.0),
    ],
)
def test_the_connector(option, accept, phases, expected):
    assert draw(option, accept=accept, phases=phases) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("net", "phases", "expected"),
    [
        (-5.0, 3.0, 5.0),
        (-4.14, 3.0, 4.14),  # 6 A on three phases
        (-4.13, 3.0, 0.0),  # IEC 61851-1: the pilot signal cannot offer less than 6 A
        (-1.38, 1.0, 1.38),  # 6 A on one phase
        (-1.37, 1.0, 0.0),
        (-30.0, 3.0, 11.0),
        (2.0, 3.0, 0.0),
        (NAN, 3.0, 0.0),
    ],
)
def test_self_consumption_follows_the_surplus_from_six_ampere_on(net, phases, expected):
    assert draw({"mode": "self_consumption"}, net=net, phases=phases) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("net", "phases", "expected"),
    [
        (-5.0, 3.0, 5.0),
        (-4.0, 3.0, 3.68),  # too little for three phases, and more than one carries
        (-2.0, 3.0, 2.0),
        (-1.3, 3.0, 0.0),
        (-2.0, 1.0, 2.0),
    ],
)
def test_phase_switching_goes_on_with_one_phase(net, phases, expected):
    option = {"mode": "self_consumption", "phase_switching": True}
    assert draw(option, net=net, phases=phases) == pytest.approx(expected)
    assert draw({**option, "mode": "uncontrolled"}, phases=phases, max=-net) == pytest.approx(expected)


def test_a_point_that_keeps_the_wish_stops_waiting_for_the_sun_in_time():
    """20 kWh at 11 kW and 0.85 take 2.14 h, with a quarter of an hour to spare 2.39 h."""
    option = {"mode": "self_consumption", "keeps_wish": True}
    assert draw(option, wanted=20.0, left_h=2.4) == 0.0
    assert draw(option, wanted=20.0, left_h=2.3) == 11.0
    assert draw(option, wanted=20.0, left_h=2.3, max=5.0) == 5.0
    assert draw(option, wanted=0.0, left_h=0.1) == 0.0


def test_self_consumption_with_v2g_covers_the_home():
    assert draw({"mode": "self_consumption", "v2g": True}, net=3.0, release=10.0) == -3.0
    assert draw({"mode": "self_consumption", "v2g": True}, net=3.0, release=2.0) == -2.0


@pytest.mark.parametrize(
    ("option", "asked", "expected"),
    [
        ({}, {"set": 5.0}, 11.0),  # an uncontrolled point does not listen to set-points
        ({}, {"max": 5.0}, 5.0),  # but to limits
        ({}, {"max": 0.0}, 0.0),
        ({}, {"max": 4.0}, 0.0),  # less than 6 A on three phases is a pause
        ({"mode": "set_point"}, {"set": 5.0}, 5.0),
        ({"mode": "set_point"}, {"set": NAN}, 11.0),
        ({"mode": "set_point", "safe_mode": "pause"}, {"set": NAN}, 0.0),
        ({"mode": "set_point", "safe_mode": "pause"}, {}, 0.0),
        ({"mode": "set_point", "safe_mode": "self_consumption"}, {"set": NAN}, 6.0),
        ({"mode": "set_point", "safe_mode": "pause"}, {"min": 5.0}, 5.0),
        ({"mode": "set_point"}, {"set": 9.0, "max": 7.0}, 7.0),
        ({"mode": "set_point"}, {"set": 5.0, "min": 8.0, "max": 6.0}, 6.0),  # the upper limit wins
        ({"mode": "self_consumption"}, {"set": 9.0}, 9.0),
        ({"mode": "set_point"}, {"set": -5.0}, 0.0),  # no V2G
        ({"mode": "set_point", "v2g": True}, {"set": -5.0}, -5.0),
        ({"mode": "set_point", "v2g": True}, {"set": -5.0, "min": -3.0}, -3.0),
        ({"mode": "set_point", "v2g": True}, {"set": -50.0}, -8.0),  # what the car releases
    ],
)
def test_set_points_and_limits(option, asked, expected):
    assert draw(option, net=-6.0, release=8.0, **asked) == pytest.approx(expected)


def test_reactive_power_and_rated_power():
    assert ChargingOptions().rated_kw == pytest.approx(11.04)
    assert ChargingOptions(dc_kw=94.0).rated_kw == pytest.approx(100.0)
    assert params_of([ChargingOptions(cos_phi=0.8)]).tan_phi == pytest.approx(0.75)


def test_codes():
    p_kw, plugged = np.array([0.0, 0.0, 0.0, 5.0, -5.0, 0.0]), np.array([0.0, 0.0, 1.0, 1.0, 1.0, 1.0])
    accept, reserved = np.array([0.0, 0.0, 9.0, 9.0, 9.0, 0.0]), np.array([0.0, 1.0, 0.0, 0.0, 0.0, 0.0])
    np.testing.assert_array_equal(codes(p_kw, plugged, accept, reserved), [0, 1, 2, 3, 4, 5])


ONE = np.zeros(3, dtype=np.int64)


@pytest.mark.parametrize(
    ("wanted", "limit", "expected"),
    [
        ([11.0, 11.0, 11.0], 33.0, [11.0, 11.0, 11.0]),
        ([11.0, 11.0, 11.0], 21.0, [7.0, 7.0, 7.0]),
        ([11.0, 5.0, 11.0], 21.0, [8.0, 5.0, 8.0]),  # max-min fair
        ([11.0, 11.0, 11.0], 10.0, [5.0, 5.0, 0.0]),  # 4.14 kW fit twice; the last one pauses
        ([11.0, 11.0, 11.0], 4.0, [0.0, 0.0, 0.0]),
        ([0.0, 0.5, 11.0], 6.0, [0.0, 0.5, 5.5]),
    ],
)
def test_a_hub_shares_its_limit(wanted, limit, expected):
    got = share(np.array(wanted), np.full(3, 4.14), np.arange(3.0), ONE, np.array([limit]))
    np.testing.assert_allclose(got, expected)


def test_who_came_first_is_served_first():
    got = share(np.full(3, 11.0), np.full(3, 4.14), np.array([3.0, 1.0, 2.0]), ONE, np.array([9.0]))
    np.testing.assert_allclose(got, [0.0, 4.5, 4.5])


def test_hubs_do_not_see_each_other():
    hub = np.array([1, 0, 1, 0])
    got = share(np.full(4, 11.0), np.full(4, 1.38), np.arange(4.0), hub, np.array([12.0, 100.0]))
    np.testing.assert_allclose(got, [11.0, 6.0, 11.0, 6.0])


def test_feeding_back_keeps_to_the_limit_of_the_hub_too():
    hubs = HubParams(rows=np.arange(2), hub=np.zeros(2, dtype=np.int64), limit_kw=np.array([12.0]))
    params = params_of([ChargingOptions(v2g=True, mode="set_point")] * 2, hubs)
    cars = Cars(np.full(2, 11.0), np.full(2, 11.0), np.full(2, 3.0), *[np.zeros(2)] * 3)
    p_kw = power(params, cars, ChargingInputs(np.zeros(2), np.array([-10.0, -10.0])))
    np.testing.assert_allclose(p_kw, [-6.0, -6.0])
