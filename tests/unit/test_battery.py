# SPDX-License-Identifier: Apache-2.0
"""What a battery does by itself, when asked, and at its limits."""

from __future__ import annotations

import numpy as np
import pytest

from simulators.battery import KIND
from simulators.battery.ageing import age
from simulators.battery.model import BatteryInputs, new_state, step
from simulators.battery.options import BatteryOptions
from simulators.battery.params import params_of
from simulators.battery.simulator import BatteryFleet
from twinergy.ports import Direction
from twinergy.timebase import Step

HOUR = Step(0, 0, 3600.0, 0)
PLAIN = {
    "capacity_kwh": 10.0,
    "p_charge_kw": 5.0,
    "efficiency": {"model": "constant", "round_trip": 0.81},
    "standby_kw": 0.0,
    "self_discharge_per_month": 0.0,
    "ageing": "none",
}


def fleet(*changes: dict) -> BatteryFleet:
    options = [BatteryOptions.model_validate(PLAIN | change) for change in changes]
    return BatteryFleet([f"b{row}" for row in range(len(options))], options)


def asked(n: int = 1, **values: float) -> dict[str, np.ndarray]:
    nobody = {port.name: np.nan for port in KIND.ports if port.direction is not Direction.MEASURED}
    return {name: np.full(n, value, dtype=float) for name, value in (nobody | {"p_net_kw": 0.0} | values).items()}


def one(change: dict, **values: float) -> dict[str, float]:
    return {name: float(value[0]) for name, value in fleet(change).step(HOUR, asked(**values)).items()}


@pytest.mark.parametrize("p_net_kw", [3.0, -3.0])
def test_self_consumption_brings_the_exchange_to_zero(p_net_kw):
    assert one({}, p_net_kw=p_net_kw)["p_kw"] == -p_net_kw


def test_self_consumption_stops_at_the_power_limit():
    assert one({"p_discharge_kw": 2.0}, p_net_kw=3.0)["p_kw"] == -2.0


@pytest.mark.parametrize(
    ("change", "p_kw"),
    [
        ({"mode": "self_consumption"}, 1.5),
        ({"mode": "set_point"}, 1.5),
        ({"mode": "idle"}, 0.0),
    ],
)
def test_a_set_point_overrides_unless_the_battery_is_out_of_service(change, p_kw):
    result = one(change, p_net_kw=3.0, p_set_kw=1.5)
    assert result["p_kw"] == p_kw
    assert result["p_unserved_kw"] == 1.5 - p_kw


@pytest.mark.parametrize(("safe_mode", "p_kw"), [("idle", 0.0), ("self_consumption", -3.0)])
def test_without_a_set_point_the_safe_mode_rules(safe_mode, p_kw):
    assert one({"mode": "set_point", "safe_mode": safe_mode}, p_net_kw=3.0)["p_kw"] == p_kw


def test_an_overridden_battery_returns_to_self_consumption():
    battery = fleet({})
    battery.step(HOUR, asked(p_net_kw=2.0, p_set_kw=1.0))
    assert battery.step(HOUR, asked(p_net_kw=2.0))["p_kw"] == -2.0


def test_an_unknown_net_load_leaves_it_idle():
    assert one({}, p_net_kw=np.nan)["p_kw"] == 0.0


@pytest.mark.parametrize(
    ("limits", "p_kw"), [({"p_max_kw": 1.0}, 1.0), ({"p_min_kw": 4.5}, 4.5), ({"p_max_kw": -2.0}, -2.0), ({"p_min_kw": 9.0}, 5.0)]
)
def test_limits_intersect_with_its_own(limits, p_kw):
    assert one({"soc": 0.4}, p_set_kw=3.0, **limits)["p_kw"] == p_kw


def test_an_upper_limit_wins_over_a_lower_one():
    assert one({}, p_set_kw=3.0, p_min_kw=2.0, p_max_kw=1.0)["p_kw"] == 1.0


def test_a_reserve_stops_the_discharge_exactly():
    result = one({"soc": 0.6}, p_set_kw=-5.0, min_soc=0.51)
    assert result["soc"] == pytest.approx(0.51, rel=1e-14)
    assert result["p_kw"] == pytest.approx(-0.9 * 0.9)


def test_a_reserve_above_the_charge_forces_nothing():
    assert one({"soc": 0.3}, p_net_kw=2.0, min_soc=0.5)["p_kw"] == 0.0


def test_standby_is_drawn_only_while_idle():
    result = fleet({"standby_kw": 0.02}, {"standby_kw": 0.02}).step(HOUR, asked(2) | {"p_net_kw": np.array([0.0, 1.0])})
    np.testing.assert_allclose(result["p_kw"], [0.02, -1.0])
    assert result["p_loss_kw"][0] == 0.02


def test_self_discharge_follows_the_exponential():
    result = one({"self_discharge_per_month": 0.02})
    assert result["energy_kwh"] == pytest.approx(5.0 * np.exp(-0.02 / (30.5 * 24)), rel=1e-14)
    assert result["p_kw"] == 0.0


def test_the_converter_does_not_start_where_most_would_be_lost():
    sg1 = {"efficiency": {"model": "bslib", "system": "SG1"}}
    assert one(sg1, p_set_kw=0.1)["p_kw"] == 0.0
    assert one(sg1, p_set_kw=0.3)["p_kw"] == 0.3


@pytest.mark.parametrize(("excitation", "sign"), [("under", 1.0), ("over", -1.0)])
def test_reactive_power_follows_the_displacement_factor(excitation, sign):
    result = one({"cos_phi": 0.8, "excitation": excitation}, p_set_kw=-4.0)
    assert result["q_kvar"] == pytest.approx(sign * 3.0)  # 3-4-5 triangle


def test_batteries_of_a_fleet_do_not_disturb_each_other():
    both = fleet({"soc": 0.2}, {"soc": 0.9, "capacity_kwh": 4.0}).step(HOUR, asked(2, p_set_kw=2.0))
    assert both["soc"][1] == one({"soc": 0.9, "capacity_kwh": 4.0}, p_set_kw=2.0)["soc"]


def test_a_full_ageing_battery_counts_what_no_longer_fits_as_loss():
    result = one({"soc": 1.0, "ageing": "lfp_naumann", "ambient_degc": 60.0})
    assert result["soc"] == 1.0
    assert result["p_loss_kw"] == pytest.approx(10.0 - result["energy_kwh"], rel=1e-9)
    assert result["soh"] < 1.0


def test_results_are_never_changed_afterwards():
    battery = fleet({"ageing": "lfp_naumann"})
    first = battery.step(HOUR, asked(p_set_kw=1.0))
    kept = {name: value.copy() for name, value in first.items()}
    battery.step(HOUR, asked(p_set_kw=-4.0))
    assert all(np.array_equal(first[name], kept[name]) for name in kept)


def test_every_measured_port_is_reported_once():
    result = fleet({}, {}).step(HOUR, asked(2))
    assert set(result) == {port.name for port in KIND.ports if port.direction is Direction.MEASURED}
    assert {value.shape for value in result.values()} == {(2,)}


def test_a_step_needs_a_duration():
    params = params_of([BatteryOptions.model_validate(PLAIN)])
    nan = np.array([np.nan])
    state = new_state(params, np.array([0.5]), np.array([1.0]))
    with pytest.raises(ValueError, match=r"positive duration, got 0\.0 s"):
        step(params, state, BatteryInputs(p_net_kw=nan, p_set_kw=nan, p_min_kw=nan, p_max_kw=nan, min_soc=nan), 0.0)


def test_nobody_asking_is_the_same_with_and_without_arrays():
    params = params_of([BatteryOptions.model_validate(PLAIN), BatteryOptions.model_validate(PLAIN | {"mode": "idle"})])
    state = new_state(params, np.array([0.5, 0.4]), np.array([1.0, 0.9]))
    net, nan = np.array([2.0, 1.0]), np.full(2, np.nan)
    (_, short), (_, long) = (
        step(params, state, inputs, 900.0) for inputs in (BatteryInputs(net), BatteryInputs(net, *[nan] * 4))
    )
    assert all(np.array_equal(one, other) for one, other in zip(short, long, strict=True))
    assert short.p_kw.tolist() == [-2.0, 0.0]


def test_a_request_written_into_the_same_array_is_seen():
    battery, inputs = fleet({}), asked(p_net_kw=2.0)
    assert battery.step(HOUR, inputs)["p_kw"] == -2.0
    inputs["p_set_kw"][0] = 1.5
    assert battery.step(HOUR, inputs)["p_kw"] == 1.5


@pytest.mark.parametrize(("rise", "counted"), [(1e-15, 0.0), (1e-9, 0.3)])
def test_a_half_cycle_does_not_grow_by_the_last_digit_of_a_sum(rise, counted):
    params = params_of([BatteryOptions.model_validate(PLAIN | {"ageing": "lfp_naumann"})])
    wear = new_state(params, np.array([0.95]), np.array([1.0])).wear
    course = np.array([[0.95 + rise], [0.3], [1.0]])
    after, _ = age(params.ageing, wear, params.ageing.calendar_per_s, np.array([0.95]), course)
    assert after.extreme[1, 0] == counted
