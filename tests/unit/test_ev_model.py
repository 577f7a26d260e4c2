# SPDX-License-Identifier: Apache-2.0
"""Charging and driving of a car, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simulators.ev import model
from simulators.ev.charger import accepted_kw, battery_power, released_kw
from simulators.ev.options import EvOptions
from simulators.ev.params import params_of
from simulators.ev.schedule import StepEvents

CAR = {"capacity_kwh": 50.0, "p_charger_kw": 10.0, "efficiency": 0.9, "aux_kw": 0.0, "taper_soc": 0.8}
NO_ROWS, NOTHING = np.empty(0, dtype=np.int64), np.empty(0)
QUIET = StepEvents(NO_ROWS, NOTHING, NOTHING, NO_ROWS, NO_ROWS, NOTHING, NOTHING, NOTHING)


def params(**changes):
    return params_of([EvOptions.model_validate(CAR | changes)], [True], ["home"])


def state(energy_kwh, plugged=1.0, accept_kw=99.0, release_kw=99.0):
    zero = np.zeros(1)
    status = np.array([[plugged], [1.0], [np.inf]])
    return model.EvState(np.array([energy_kwh]), status, np.array([accept_kw]), np.array([release_kw]), zero, zero, zero)


def driving(km, hours):
    return QUIET._replace(rows=np.array([0]), km=np.array([km]), hours=np.array([hours]))


def test_the_taper_by_hand():
    """50 kWh, 9 kW at the battery, knee at 40 kWh, so a time constant of 10 kWh / 9 kW = 1.11 h.

    From 38 kWh: 2 kWh in 0.2222 h at full power, then 10 * (1 - exp(-0.7778 / 1.1111)) = 5.034 kWh in the rest of the hour.
    """
    by_hand = 2.0 + 10.0 * (1.0 - math.exp(-(1.0 - 2.0 / 9.0) / (10.0 / 9.0)))
    assert by_hand == pytest.approx(7.034, abs=5e-4)
    assert accepted_kw(params(), np.array([38.0]), np.ones(1), 1.0)[0] == pytest.approx(by_hand / 0.9)


@pytest.mark.parametrize(
    ("energy_kwh", "hours", "accepted"),
    [
        (10.0, 1.0, 10.0),  # far from full: all the charger gives
        (39.0, 1.0 / 9.0, 10.0),  # to the knee exactly
        (49.5, 0.25, 1.0),  # at least a tenth of 9 kW: 0.225 kWh in a quarter hour, 1 kW at the socket; exp alone gives 0.10 kWh
        (50.0, 1.0, 0.0),
        (49.999, 1.0, 0.0),  # full within 1e-4 of the capacity
    ],
)
def test_what_a_car_accepts(energy_kwh, hours, accepted):
    assert accepted_kw(params(), np.array([energy_kwh]), np.ones(1), hours)[0] == pytest.approx(accepted)


def test_charging_stops_at_the_limit_and_not_at_the_wish():
    accept = accepted_kw(params(soc_limit=0.7, soc_wish=0.5), np.array([34.0]), np.ones(1), 1.0)
    assert accept[0] == pytest.approx(1.0 / 0.9)


def test_six_ampere_waste_most():
    """EV2Gym's table has 75 % at 1.38 kW for a Tesla Model 3 and 87 % for three phases at 4.14 kW; our line 76.3 and 87.4 %."""
    own = params_of([EvOptions(vehicle="tesla_model_3")], [True], ["home"])
    for p_ac_kw, efficiency in ((1.38, 0.75), (4.14, 0.87), (11.04, 0.90)):
        assert battery_power(own, np.array([p_ac_kw]))[0] / p_ac_kw == pytest.approx(efficiency, abs=0.015)


def test_a_trickle_below_the_own_consumption_does_not_empty_the_battery():
    own = params(aux_kw=0.3)
    assert battery_power(own, np.array([0.2]))[0] == 0.0


def test_feeding_back_by_hand():
    """From 30 to the floor of 20 kWh in an hour: (10 kW - 0.2 kW) * 0.9 = 8.82 kW at the socket."""
    own = params(v2g_kw=11.0, v2g_min_soc=0.4, aux_kw=0.2)
    assert released_kw(own, np.array([30.0]), 1.0)[0] == pytest.approx(8.82)
    after, out = model.step(own, state(30.0), model.EvInputs(np.array([-8.82]), 15.0, QUIET), 3600.0)
    assert after.energy_kwh[0] == pytest.approx(20.0)
    assert out.p_loss_kw[0] == pytest.approx(10.0 - 8.82)


@pytest.mark.parametrize(
    ("temp_degc", "kwh"),
    [
        (21.5, 8.3),  # 50 km at 0.166 kWh/km (open-ev-data, ID.3 58 kWh: 16.6 kWh per 100 km)
        (0.0, 8.3 + 20 * 0.085),  # an hour of heating with 1.7 kW
        (-10.0, 8.3 + 30 * 0.085),
        (33.0, 8.3 + 10 * 0.07),
    ],
)
def test_consumption_by_hand(temp_degc, kwh):
    own = params_of([EvOptions()], [True], ["home"])
    after, out = model.step(own, state(40.0, plugged=0.0), model.EvInputs(np.zeros(1), temp_degc, driving(50.0, 1.0)), 3600.0)
    assert 40.0 - after.energy_kwh[0] == pytest.approx(kwh)
    assert out.drive_kw[0] == pytest.approx(kwh)
    assert after.distance_km[0] == 50.0


def test_a_trip_beyond_the_battery():
    own = params_of([EvOptions()], [True], ["home"])
    after, _ = model.step(own, state(1.0, plugged=0.0), model.EvInputs(np.zeros(1), 20.0, driving(10.0, 0.2)), 900.0)
    assert after.energy_kwh[0] == 0.0
    assert after.shortfall_kwh[0] == pytest.approx(0.66)


def test_power_never_exceeds_what_the_car_said():
    after, out = model.step(params(), state(10.0, accept_kw=3.0), model.EvInputs(np.array([8.0]), 20.0, QUIET), 3600.0)
    assert out.p_ac_kw[0] == 3.0
    assert after.energy_kwh[0] == pytest.approx(12.7)


def test_a_driver_with_a_long_trip_ahead_plugs_in_whatever_the_habit():
    own = params_of([EvOptions(plug_in_below_soc=0.3)], [True], ["home"])
    energy, row, calm = np.array([40.0]), np.array([0]), np.zeros(1)
    assert model.plugs_in(own, energy, row, calm, np.array([100.0]))[0] == 0.0  # 40 kWh are more than 1.5 * 16.6
    assert model.plugs_in(own, energy, row, calm, np.array([200.0]))[0] == 1.0
    nowhere = params_of([EvOptions(plug_in_below_soc=1.0)], [False], ["home"])
    assert model.plugs_in(nowhere, energy, row, calm, np.array([200.0]))[0] == 0.0


def test_a_step_needs_a_duration():
    with pytest.raises(ValueError, match="positive duration, got 0 s"):
        model.step(params(), state(1.0), model.EvInputs(np.zeros(1), 20.0, QUIET), 0)
