# SPDX-License-Identifier: Apache-2.0
"""CHP units: start, ramp, minimum times, part load, buffer, boiler, modes and limits. Expected numbers are worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.test_chp_case import TANK, WEEK, one, options, run
from twinergy.units import SECONDS_PER_DAY

DACHS = {"unit": "dachs5.5"}
"""5.5 kW and 12.5 kW out of 20.45 kW; it does not modulate."""
ASKED = {"mode": "set_point", "safe_mode": "off"}


@pytest.mark.parametrize(
    ("p_kw", "heat_kw", "fuel_lhv_kw"),
    [(24.0, 54.0, 91.0), (30.5, 61.0, 104.5), (37.0, 68.0, 118.0), (43.5, 75.0, 132.0), (50, 82, 146)],
)
def test_part_load_goes_in_straight_lines_between_the_points_of_the_data_sheet(p_kw, heat_kw, fuel_lhv_kw):
    """Sokratherm GG 50 at 50, 75 and 100 %, and half way; natural gas has 1.11 times its lower heating value."""
    result = one(options(**ASKED), demand=200.0, p_set_kw=-p_kw)
    assert result["p_kw"][0] == pytest.approx(-p_kw, rel=1e-9)
    assert result["heat_kw"][0] == pytest.approx(heat_kw, rel=1e-9)
    assert result["fuel_kw"][0] == pytest.approx(1.11 * fuel_lhv_kw, rel=1e-9)


def test_start_takes_its_time_and_ramps():
    """900 s: 60 s of start, 240 s from 0 to 50 kW, the rest at 50 kW: 50 * (840 - 120) / 900 = 40 kW; own use for 60 s."""
    result = one(options(**ASKED, start_s=60.0, ramp_s=240.0, standby_kw=0.9), n=2, step_s=900, demand=200.0, p_set_kw=-50.0)
    assert result["p_kw"] == pytest.approx([-40.0 + 0.9 * 60.0 / 900.0, -50.0])
    assert result["hours_h"] == pytest.approx([840.0 / 3600.0, 1740.0 / 3600.0])
    assert result["starts"].tolist() == [1.0, 1.0]


def test_a_ramp_over_many_steps():
    """240 s to full load in steps of 60 s: 12.5 kW more in each, means half a step behind; down again at the same rate."""
    asked = [-50.0] * 5 + [-25.0] * 3
    result = one(options(**ASKED, ramp_s=240.0), n=8, step_s=60, demand=200.0, p_set_kw=asked)
    assert result["p_kw"] == pytest.approx([-6.25, -18.75, -31.25, -43.75, -50.0, -43.75, -31.25, -25.0])


def test_a_start_longer_than_a_step():
    """150 s of start in steps of 60 s: nothing, nothing, half a step, then all of it."""
    result = one(options(**ASKED, start_s=150.0), n=4, step_s=60, demand=200.0, p_set_kw=-50.0)
    assert result["p_kw"] == pytest.approx([0.0, 0.0, -25.0, -50.0], abs=1e-6)
    assert result["on"].tolist() == [1.0] * 4


def test_minimum_times_hold_a_unit_on_and_off():
    """30 min on and 45 min off in steps of 15 min: two steps of running, then three of rest."""
    asked = [-50.0, 0.0, 0.0, -50.0, -50.0, -50.0, -50.0]
    result = one(options(**ASKED, min_on_s=1800.0, min_off_s=2700.0), n=7, step_s=900, demand=200.0, p_set_kw=asked)
    assert result["on"].tolist() == [1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0]
    assert result["starts"][-1] == 2.0


def test_a_start_burns_fuel_and_costs_money():
    """Left out, a start burns the fuel of least load, 91 kW times 1.11, for its 60 s: 1.6835 kWh."""
    unit = options(**ASKED, start_s=60.0, start_fuel_kwh=None, start_cost_eur=2.5)
    result = one(unit, n=2, demand=200.0, p_set_kw=-50.0)
    assert result["start_cost_eur"].tolist() == [2.5, 0.0]
    assert result["fuel_kw"][0] == pytest.approx(146.0 * 1.11 * 3540.0 / 3600.0 + 1.6835, rel=1e-6)
    assert result["fuel_kw"][1] == pytest.approx(146.0 * 1.11)


def test_heat_led_between_its_thresholds():
    """20 kWh, 12.5 kW of heat, 5 kW of demand: up 7.5 kWh an hour, down 5. From 11 kWh on: it rests until 6 kWh, would then fall
    below 5 and runs, would end above 19 kWh (13.5 + 7.5 = 21) and stops, would fall below 5 kWh (8.5 - 5) and runs, and so on."""
    result = one(options(**DACHS, buffer={**TANK, "soc": 0.55}), n=7, demand=5.0)
    assert result["soc"] * 20.0 == pytest.approx([6.0, 13.5, 8.5, 16.0, 11.0, 6.0, 13.5], abs=1e-6)
    assert result["on"].tolist() == [0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0]


def test_a_modulating_unit_turns_down_to_the_demand():
    """60 kW lie 6/14 of the way from 54 to 68 kW of heat, so 24 + 13 * 6/14 = 29.571 kW of power."""
    result = one(options(), n=6, demand=60.0)
    assert result["soc"][-1] == pytest.approx(0.95)
    assert result["p_kw"][-1] == pytest.approx(-29.5714, abs=1e-4)


def test_a_full_buffer_stops_a_unit_that_its_minimum_time_holds():
    """5 kWh and an hour of 12.5 kW are 17.5 kWh; the second hour has room for 2.5 kWh, a fifth of an hour."""
    result = one(options(**DACHS, **ASKED, min_on_s=7200.0), n=3, p_set_kw=[-5.5, 0.0, 0.0])
    assert result["heat_kw"] == pytest.approx([12.5, 2.5, 0.0])
    assert result["p_kw"] == pytest.approx([-5.5, -1.1, 0.0])
    assert result["soc"] == pytest.approx([0.875, 1.0, 1.0])
    assert result["hours_h"][-1] == pytest.approx(1.2)
    assert result["heat_dumped_kw"].tolist() == [0.0, 0.0, 0.0]


def test_with_an_emergency_cooler_power_comes_first():
    result = one(options(**DACHS, **ASKED, emergency_cooler=True), n=3, p_set_kw=-5.5)
    assert result["p_kw"] == pytest.approx([-5.5] * 3)
    assert result["heat_dumped_kw"] == pytest.approx([0.0, 10.0, 12.5])


def test_without_one_a_full_buffer_refuses_power():
    result = one(options(**DACHS, **ASKED, buffer={**TANK, "soc": 0.9}), p_set_kw=-5.5)
    assert result["p_kw"][0] == 0.0
    assert result["p_unserved_kw"][0] == 5.5


def test_the_boiler_helps_and_what_is_missing_is_said():
    """100 kW of demand, 5 kWh in the buffer, 12.5 kW of engine, 30 kW of boiler at 0.9: 52.5 kW are missing, then 57.5 kW."""
    result = one(options(**DACHS, boiler_kw=30.0), n=2, demand=100.0)
    assert result["heat_supplied_kw"] == pytest.approx([47.5, 42.5])
    assert result["heat_unserved_kw"] == pytest.approx([52.5, 57.5])
    assert result["boiler_heat_kw"] == pytest.approx([30.0, 30.0])
    assert result["fuel_kw"] == pytest.approx([20.45 * 1.11 + 30.0 / 0.9] * 2)


def test_buffer_losses_are_exponential():
    """1000 l hold 1.14 kWh/K; 10 W/K over them are 0.0087719 1/h, so exp(-0.210526) = 0.81016 is left after a day."""
    tank = {
        "volume_l": 1000.0,
        "loss_w_per_k": 10.0,
        "soc": 1.0,
        "ambient_degc": 40.0,
        "temp_min_degc": 40.0,
        "temp_max_degc": 70.0,
    }
    result = one(options(**ASKED, buffer=tank), n=24)
    assert result["soc"][-1] == pytest.approx(0.81016, abs=1e-5)
    assert result["temp_buffer_degc"][-1] == pytest.approx(40.0 + 30.0 * 0.81016, abs=1e-3)
    assert result["heat_loss_kw"].sum() == pytest.approx(0.18984 * 1.14 * 30.0, abs=1e-3)


def test_an_empty_buffer_loses_what_the_engine_must_make():
    """10 W/K over 35 K are 0.35 kW; the return pipe keeps an empty buffer warm only while there is no other heat."""
    tank = {"volume_l": 1000.0, "loss_w_per_k": 10.0, "soc": 0.0}
    idle = one(options(**ASKED, buffer=tank), n=2)
    heated = one(options(**ASKED, buffer=tank, boiler_kw=20.0), demand=10.0)
    assert idle["heat_loss_kw"].tolist() == [0.0, 0.0]
    assert heated["heat_loss_kw"][0] == pytest.approx(0.35, rel=0.01)
    assert heated["boiler_heat_kw"][0] == pytest.approx(10.35, rel=0.001)


@pytest.mark.parametrize(("net", "p_kw"), [(-5.0, 0.0), (10.0, 0.0), (24.0, -24.0), (30.0, -30.0), (80.0, -50.0), (np.nan, 0.0)])
def test_self_consumption_follows_the_load_behind_the_meter(net, p_kw):
    assert one(options(mode="self_consumption"), demand=200.0, net=net)["p_kw"][0] == pytest.approx(p_kw)


def test_following_within_heat_limits():
    """14 kWh of room up to the threshold and 50 kW of demand: 64 kW of heat, so 24 + 13 * 10/14 kW, however high the load."""
    assert one(options(mode="self_consumption"), demand=50.0, net=80.0)["p_kw"][0] == pytest.approx(-33.2857, abs=1e-4)


@pytest.mark.parametrize("mode", ["heat_led", "self_consumption", "set_point"])
def test_any_mode_obeys_a_set_point(mode):
    result = one(options(mode=mode), demand=200.0, net=50.0, p_set_kw=-30.0)
    assert result["p_kw"][0] == pytest.approx(-30.0)
    assert result["p_unserved_kw"][0] == pytest.approx(0.0, abs=1e-6)


def test_less_than_the_least_load_is_off():
    result = one(options(), demand=200.0, p_set_kw=-20.0)
    assert result["p_kw"][0] == 0.0
    assert result["p_unserved_kw"][0] == 20.0


@pytest.mark.parametrize(("safe_mode", "p_kw"), [("heat_led", -50.0), ("self_consumption", -30.0), ("off", 0.0)])
def test_nobody_asks_in_set_point_mode(safe_mode, p_kw):
    assert one(options(mode="set_point", safe_mode=safe_mode), demand=200.0, net=30.0)["p_kw"][0] == pytest.approx(p_kw)


def test_a_limit_is_kept_at_once_whatever_the_ramp_and_the_minimum_time():
    unit = options(ramp_s=3600.0, min_on_s=7200.0)
    result = one(unit, n=4, demand=200.0, p_min_kw=[np.nan, np.nan, -30.0, -20.0])
    assert result["p_kw"] == pytest.approx([-25.0, -50.0, -30.0, 0.0])


def test_an_upper_limit_demands_power():
    result = one(options(buffer={**TANK, "soc": 0.6}), n=2, demand=2.0, p_max_kw=[np.nan, -24.0])
    assert result["p_kw"] == pytest.approx([0.0, 0.0])  # 54 kW of heat have nowhere to go
    result = one(options(**ASKED, emergency_cooler=True), n=2, demand=2.0, p_max_kw=[np.nan, -24.0])
    assert result["p_kw"] == pytest.approx([0.0, -24.0])


@pytest.mark.parametrize(("excitation", "sign"), [("under", 1.0), ("over", -1.0)])
def test_reactive_power(excitation, sign):
    """tan(arccos 0.9) = 0.4843221; under-excited draws."""
    result = one(options(cos_phi=0.9, excitation=excitation), demand=200.0)
    assert result["q_kvar"][0] == pytest.approx(sign * 50.0 * 0.4843221)


def test_own_use_at_rest_is_load():
    assert one(options(**ASKED, standby_kw=None))["p_kw"][0] == pytest.approx(50.0 * 0.09 / 5.58)


def test_units_of_one_network_share_its_demand_by_their_heat():
    """82 kW + 18 kW of boiler and 12.5 kW: 100/112.5 and 12.5/112.5 of 45 kW; pipes lose a tenth of what the second sends."""
    units = options(boiler_kw=18.0), options(**DACHS, network_loss_share=0.1), options()
    result = run(*units, demand=45.0, networks=["a", "a", ""])
    assert result["heat_demand_kw"][0] == pytest.approx([40.0, 5.0 / 0.9, 0.0])


def test_own_demand_follows_the_seasons():
    unit = options(heat_demand={"constant_kw": 2.0, "seasonal_kwh": 100_000.0})
    result = one(unit, n=4 * 365 + 1, step_s=6 * 3600, start=WEEK)
    demand = result["heat_demand_kw"] - 2.0
    assert demand.sum() * 6.0 == pytest.approx(100_000.0, rel=2e-3)
    assert demand.min() == 0.0
    days = (WEEK + np.arange(len(demand)) * 6 * 3600) // SECONDS_PER_DAY
    month, day = np.datetime64(int(days[demand.argmax()]), "D").astype(str).split("-")[1:]
    assert (month, int(day)) == ("01", pytest.approx(20, abs=1))
