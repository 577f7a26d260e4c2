# SPDX-License-Identifier: Apache-2.0
"""What a home gateway says of its dwelling, and when."""

from __future__ import annotations

import numpy as np
import pytest

from simulators.gateway import kernel
from simulators.gateway.layout import GROUPS, MACHINES, POWERS, READ, ROWS, SAID, STATES, SUMMED, plug_rows
from tests.unit.test_gateway_case import HOME, WEEK, gateway, readings

NAMES = [each.name for each in POWERS]


def test_an_ideal_gateway_says_the_truth():
    result = readings()
    for name, value in HOME.items():
        np.testing.assert_allclose(result[name], value, atol=1e-6, err_msg=name)
    assert np.all(result["valid"] == 1.0)
    assert np.all(result["age_s"] == 0.0)


def test_the_compiled_kernel_knows_the_rows():
    assert len(POWERS) == kernel.POWERS
    assert NAMES[kernel.FIRST_MACHINE :][:3] == [f"{name}_p_kw" for name in MACHINES]
    assert (NAMES[kernel.PV], NAMES[kernel.PV_AVAILABLE]) == ("p_pv_kw", "p_pv_available_kw")
    assert ROWS[kernel.SUMMED] == SUMMED
    assert (len(SAID), len(POWERS) + len(STATES)) == (kernel.SAID, kernel.SUMMED)
    assert ROWS[kernel.VALID :] == ("valid", "age_s")
    assert set(HOME) == {each.name for each in READ}


def test_the_wet_machines_plugs_add_up():
    """By hand: 120 W and 30 W are 150 W."""
    assert readings()["p_wet_kw"][0, 0] == pytest.approx(0.15, abs=1e-9)


@pytest.mark.parametrize(("truth_kw", "reading_kw"), [(0.0004, 0.0), (0.0006, 0.001), (1.23449, 1.234), (-2.9996, -3.0)])
def test_powers_come_in_whole_watts(truth_kw, reading_kw):
    assert readings(gateway(resolution_kw=0.001), p_battery_kw=truth_kw)["p_battery_kw"][0, 0] == reading_kw


def test_nothing_drawn_reads_nothing_whatever_the_class():
    result = readings(gateway(accuracy_relative=0.02, noise_relative=0.01), p_household_kw=0.0, p_pv_kw=0.0, n=50)
    assert not result["p_household_kw"].any()
    assert not np.signbit(result["p_pv_kw"]).any()


def test_the_error_of_a_plug_spreads_over_its_class_and_its_noise_as_told():
    """Rectangular from -1 to 1 %: a standard deviation of 1 / sqrt(3) % between plugs; 0.3 % within one."""
    many = [gateway(accuracy_relative=0.01, noise_relative=0.003)] * 300
    reading = readings(*many, n=600, p_charging_kw=10.0)["p_charging_kw"]
    assert reading.mean(axis=0).std() / 10.0 == pytest.approx(0.01 / np.sqrt(3.0), rel=0.1)
    assert reading.std(axis=0).mean() / 10.0 == pytest.approx(0.003, rel=0.02)


@pytest.mark.parametrize(
    ("name", "truth", "limit"),
    [
        ("co2_ppm", 400.0, 30.0 + 0.03 * 400.0),  # Sensirion SCD30 data sheet: 30 ppm + 3 %
        ("temp_indoor_degc", 21.0, 0.2),  # Sensirion SHT31 data sheet
        ("humidity_percent", 50.0, 2.0),  # Sensirion SHT31 data sheet
        ("noise_dba", 60.0, 2.0),  # PCB Artists DBM-r3
    ],
)
def test_room_sensors_keep_what_their_data_sheets_promise(name, truth, limit):
    reading = readings(*[gateway(sensors="room")] * 200, n=400, **{name: truth})[name].mean(axis=0)
    off = np.abs(reading - truth).max()
    assert 0.9 * limit < off < 1.05 * limit


def test_a_battery_says_its_charge_in_percent_and_never_beyond_its_range():
    charge = readings(gateway(sensors="room"), n=3, soc=[0.424, 0.426, 1.0])["soc"].ravel()
    np.testing.assert_array_equal(charge, [0.42, 0.43, 1.0])


def test_an_inverter_measures_what_it_does_and_what_it_could_with_one_error():
    result = readings(*[gateway(accuracy_relative=0.05, noise_relative=0.01)] * 40, p_pv_kw=-2.0, p_pv_available_kw=-2.0)
    np.testing.assert_array_equal(result["p_pv_kw"], result["p_pv_available_kw"])
    assert result["p_pv_kw"].std() > 0.01


def test_what_a_home_has_not_reads_nothing_and_disturbs_nothing_else():
    lacking = dict.fromkeys(("p_pv_kw", "soc", "temp_tank_degc", "car_wanted_kwh", "washing_machine_pending"), np.nan)
    result, whole = readings(**lacking), readings()
    assert all(np.isnan(result[name]).all() for name in lacking)
    for name in set(whole) - set(lacking):
        np.testing.assert_array_equal(result[name], whole[name], err_msg=name)


def test_without_plug_no_reading_of_the_group_but_of_the_whole_household():
    result = readings(gateway(plugs=["wet", "electronics"]))
    assert np.isnan(result["p_cold_kw"]).all()
    assert np.isnan(result["p_other_kw"]).all()
    assert result["p_electronics_kw"][0, 0] == pytest.approx(0.129)
    assert result["p_household_kw"][0, 0] == pytest.approx(1.234)
    unplugged = readings(gateway(plugs=["cold"]))
    assert np.isnan(unplugged["p_wet_kw"]).all()
    assert np.isnan(unplugged["washing_machine_p_kw"]).all()
    assert unplugged["washing_machine_pending"][0, 0] == 1.0  # the machine says so itself


def test_every_group_has_its_plug_and_wet_has_three():
    assert [len(plug_rows(group)) for group in GROUPS] == [1, 3, 1, 1, 1, 1, 1]


def test_a_dead_plug_reads_nothing_from_then_until_it_is_replaced():
    """From 00:15 to 00:37:30 UTC: the step from 00:30 is half dead."""
    plug = {"group": "electronics", "from": "2023-08-31T00:15", "until": "2023-08-31T00:37:30"}
    reading = readings(gateway(dead_plugs=[plug]), p_electronics_kw=0.2)
    np.testing.assert_allclose(reading["p_electronics_kw"].ravel(), [0.2, 0.0, 0.1, 0.2])
    np.testing.assert_allclose(reading["p_cold_kw"], HOME["p_cold_kw"])


def test_a_plug_dies_by_the_clock_on_the_wall():
    dead = gateway(dead_plugs=[{"group": "cold", "from": "2023-08-31T02:30"}])  # 00:30 UTC in summer
    np.testing.assert_allclose(readings(dead, timezone="Europe/Berlin")["p_cold_kw"].ravel(), [0.045, 0.045, 0.0, 0.0])
    exact = gateway(dead_plugs=[{"group": "cold", "from": "2023-08-31T00:15+00:00"}])
    np.testing.assert_allclose(readings(exact, timezone="Europe/Berlin")["p_cold_kw"].ravel(), [0.045, 0.0, 0.0, 0.0])


def test_one_machine_or_all_three_may_lose_their_plugs():
    one, all_three = (gateway(dead_plugs=[{"group": name, "from": "2023-01-01"}]) for name in ("dishwasher", "wet"))
    result = readings(one, all_three)
    np.testing.assert_allclose(result["p_wet_kw"][0], [0.12, 0.0])
    np.testing.assert_allclose(result["washing_machine_p_kw"][0], [0.12, 0.0])


def test_a_plug_stays_dead_in_the_next_week():
    dead = gateway(dead_plugs=[{"group": "cold", "from": "2023-09-06T23:45"}])
    reading = readings(dead, n=6, start=WEEK + 7 * 86_400 - 3 * 900)["p_cold_kw"].ravel()
    np.testing.assert_allclose(reading, [0.045, 0.045, 0.0, 0.0, 0.0, 0.0])


def test_powers_are_means_and_states_the_last_of_an_interval():
    result = readings(gateway(interval_steps=4), n=8, p_cold_kw=np.arange(8) / 10.0, temp_indoor_degc=20.0 + np.arange(8))
    np.testing.assert_allclose(result["p_cold_kw"].ravel(), [np.nan] * 3 + [0.15] * 4 + [0.55])
    np.testing.assert_allclose(result["temp_indoor_degc"].ravel(), [np.nan] * 3 + [23.0] * 4 + [27.0])
    np.testing.assert_array_equal(result["age_s"].ravel(), [np.nan, np.nan, np.nan, 0, 900, 1800, 2700, 0])
    assert result["valid"].ravel().tolist() == [0.0] * 3 + [1.0] * 5


def test_a_gap_is_silence_that_says_so():
    result = readings(gateway(gap_probability=0.3, gap_length_steps=5.0), n=672)
    lost = result["valid"][:, 0] == 0.0
    assert 0.1 < lost.mean() < 0.5
    for name in set(result) - {"valid", "age_s"}:
        np.testing.assert_array_equal(np.isnan(result[name][:, 0]), lost, err_msg=name)
    first = int(np.flatnonzero(~lost)[0])
    since = np.arange(672) - np.maximum.accumulate(np.where(lost, 0, np.arange(672)))
    np.testing.assert_array_equal(result["age_s"][first:, 0], 900.0 * since[first:])


def test_a_gateway_says_the_same_alone_and_in_a_fleet():
    some = gateway(accuracy_relative=0.02, noise_relative=0.01, sensors="room", gap_probability=0.2)
    alone = readings(some, ids=["mine"], n=100)
    among = readings(gateway(), some, gateway(gap_probability=0.5), ids=["a", "mine", "z"], n=100)
    for name, values in alone.items():
        np.testing.assert_array_equal(values[:, 0], among[name][:, 1], err_msg=name)


def test_the_day_does_not_depend_on_the_start_of_the_run():
    some = gateway(noise_relative=0.01, gap_probability=0.2)
    whole, late = readings(some, n=200), readings(some, n=100, start=WEEK + 100 * 900)
    np.testing.assert_array_equal(whole["p_charging_kw"][100:], late["p_charging_kw"])


def test_the_seed_decides():
    some = gateway(accuracy_relative=0.02)
    first, again, other = (readings(some, seed=seed)["p_charging_kw"] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()
