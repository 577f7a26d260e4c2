# SPDX-License-Identifier: Apache-2.0
"""Appliances that misbehave: what they draw, when, and that nobody else notices."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from pydantic import ValidationError

from simulators.household import KIND
from simulators.household.params import HouseholdOptions
from tests.unit.test_appliances_fleet import GROUP_PORTS, MEASURED, home, series
from tests.unit.test_household_fleet import STEINHEIM, days, devices_of
from twinergy.community.twin import Twin
from twinergy.errors import ScenarioError

AXIS = days(date(2024, 2, 5), 2)
"""Monday and Tuesday; 2024-02-05 00:00 in Steinheim is 2024-02-04 23:00 UTC."""
LAMP = {"kind": "left_running", "group": "lighting", "p_kw": 0.1, "from": "2024-02-05T06:00", "until": "2024-02-05T18:00"}
AMPLIFIER = {"kind": "standby_grown", "p_kw": 0.03, "from": "2024-02-06"}
CYCLING = {"kind": "short_cycling", "from": "2024-02-05", "cycle_share": 0.25, "energy_factor": 1.4}
COLD = {"refrigerator": True, "freezer": False}


def faulty(*faults, **profile):
    return home(faults=list(faults), **profile)


def both(*faults, axis=AXIS, inputs=lambda _index: {}, **profile):
    """A home with faults, and the same home without."""
    return series([faulty(*faults, **profile)], axis, inputs), series([home(**profile)], axis, inputs)


def more(port, *faults, **profile):
    with_fault, without = both(*faults, **profile)
    return (with_fault[port] - without[port])[:, 0]


def test_a_lamp_left_on_draws_its_power_from_six_to_six():
    """By hand: 0.1 kW for twelve hours are 1.2 kWh."""
    extra_kw = more("p_lighting_kw", LAMP)
    np.testing.assert_allclose(extra_kw[24:72], 0.1, rtol=1e-5)
    assert not extra_kw[:24].any()
    assert not extra_kw[72:].any()
    assert extra_kw.sum() / 4.0 == pytest.approx(1.2, rel=1e-5)
    np.testing.assert_allclose(more("p_kw", LAMP), extra_kw, atol=1e-6)
    np.testing.assert_allclose(more("heat_gain_kw", LAMP), extra_kw, atol=1e-6)  # all of it warms the home
    np.testing.assert_allclose(more("q_kvar", LAMP), 0.25 * extra_kw, atol=1e-6)


def test_part_of_a_step_counts_in_part():
    late = {**LAMP, "from": "2024-02-05T06:05", "until": "2024-02-05T06:20"}
    np.testing.assert_allclose(more("p_lighting_kw", late)[23:27], [0.0, 0.1 * 10 / 15, 0.1 * 5 / 15, 0.0], atol=1e-6)


def test_grown_standby_stays():
    extra_kw = more("p_electronics_kw", AMPLIFIER)
    assert not extra_kw[:96].any()
    np.testing.assert_allclose(extra_kw[96:], 0.03, rtol=1e-4)


def test_a_time_with_an_offset_is_that_instant():
    extra_kw = more("p_electronics_kw", {**AMPLIFIER, "from": "2024-02-05T06:00+00:00"})
    assert int(np.flatnonzero(extra_kw > 0.01)[0]) == 28  # 07:00 in Steinheim


def test_other_ports_other_homes_and_no_fault_keep_every_bit():
    with_fault, without = both(LAMP)
    touched = {"p_kw", "q_kvar", "p_lighting_kw", "heat_gain_kw"}
    for port in MEASURED - touched:
        np.testing.assert_array_equal(with_fault[port], without[port], err_msg=port)
    options = [home(), home(hot_water="electric"), {"annual_kwh": 3000.0}]
    mixed, plain = series([options[0], faulty(LAMP, CYCLING, owns=COLD), *options[1:]], AXIS), series(options[:1], AXIS)
    for port in MEASURED:
        np.testing.assert_array_equal(mixed[port][:, 0], plain[port][:, 0], err_msg=port)


def test_groups_still_sum_up_exactly():
    got = series([faulty(LAMP, AMPLIFIER, CYCLING, owns=COLD)], AXIS)
    total = got[GROUP_PORTS[0]]
    for name in GROUP_PORTS[1:]:
        total = total + got[name]
    np.testing.assert_array_equal(total, got["p_kw"])


def test_switching_its_plug_off_ends_it():
    with_fault, _ = both(LAMP, inputs=lambda _index: {"lighting_on": np.zeros(1)})
    assert not with_fault["p_lighting_kw"].any()
    assert with_fault["p_unserved_kw"][30:60].min() >= 0.1 - 1e-6


def test_a_short_cycling_compressor_runs_often_and_longer_in_all_at_its_own_power():
    """By hand: a quarter of the cycle is four times as many starts; 1.4 times the running share is 1.4 times the energy."""
    axis = days(date(2024, 2, 5), 5, 60)
    sick, sound = (got["p_cold_kw"][:, 0] for got in both(CYCLING, axis=axis, owns=COLD))
    starts_sick, starts_sound = (int((np.diff((kw > 0.0).astype(int)) == 1).sum()) for kw in (sick, sound))
    assert starts_sick / starts_sound == pytest.approx(4.0, rel=0.03)
    assert sick.sum() / sound.sum() == pytest.approx(1.4, rel=0.01)
    assert sick.max() == pytest.approx(sound.max(), rel=1e-5)
    assert sick.min() == 0.0


def test_a_compressor_cannot_run_more_than_always():
    sick, sound = (got["p_cold_kw"][:, 0] for got in both({**CYCLING, "energy_factor": 4.0}, owns=COLD))
    np.testing.assert_allclose(sick, sick.max(), rtol=1e-5)
    assert 2.0 < sick.mean() / sound.mean() < 4.0


def test_the_other_compressor_goes_on():
    two = {"refrigerator": True, "freezer": True}
    one, other = (more("p_cold_kw", {**CYCLING, "appliance": name}, owns=two) for name in ("refrigerator", "freezer"))
    assert np.abs(one - other).max() > 0.01
    assert min(one.mean(), other.mean()) > 0.0


def test_cycles_go_on_over_the_end_of_a_week_and_do_not_depend_on_the_start_of_the_run():
    whole = series([faulty(CYCLING, owns=COLD)], days(date(2024, 2, 5), 8))["p_cold_kw"]
    late = series([faulty(CYCLING, owns=COLD)], days(date(2024, 2, 7), 6))["p_cold_kw"]
    np.testing.assert_array_equal(whole[2 * 96 :], late)


def test_a_step_of_a_quarter_hour_is_the_mean_of_its_minutes():
    coarse, fine = (
        series([faulty(LAMP, AMPLIFIER, CYCLING, owns=COLD)], days(date(2024, 2, 5), 2, step_s)) for step_s in (900, 60)
    )
    for port in ("p_cold_kw", "p_electronics_kw"):
        np.testing.assert_allclose(coarse[port][:, 0], fine[port].reshape(-1, 15).mean(axis=1), atol=1e-6, err_msg=port)


def test_a_light_may_be_on_in_an_empty_home():
    got = series([{"residents": 0, **faulty(LAMP)}], AXIS)
    np.testing.assert_allclose(got["p_lighting_kw"][24:72, 0], 0.1, rtol=1e-5)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({**LAMP, "kind": "exploded"}, "'left_running', 'standby_grown', 'short_cycling'"),
        ({**LAMP, "group": "cold"}, "'cooking', 'lighting', 'electronics' or 'other'"),
        ({**LAMP, "p_kw": 0.0}, "greater than 0"),
        ({"kind": "left_running", "group": "other"}, "from"),
        ({**AMPLIFIER, "group": "electronics"}, "Extra inputs are not permitted"),
        ({**CYCLING, "appliance": "toaster"}, "'refrigerator' or 'freezer'"),
        ({**CYCLING, "energy_factor": 0.9}, "greater than or equal to 1"),
        ({**CYCLING, "from": "yesterday"}, "yesterday"),
    ],
)
def test_nonsense_is_refused(fault, message):
    with pytest.raises(ValidationError, match=message):
        HouseholdOptions.model_validate(faulty(fault))


def test_a_fault_over_before_it_begins_is_named():
    devices = devices_of([faulty(AMPLIFIER, {**LAMP, "until": "2024-02-05T05:00"})])
    (finding,) = KIND.check(devices, Twin(site=STEINHEIM, devices=devices))
    assert str(finding) == (
        "devices[0].profile.faults[1].until: fault 'left_running' of home 'home-000' is over before it begins "
        "(got '2024-02-05 05:00:00'); allowed: a time after 2024-02-05 06:00:00"
    )


def test_compressors_that_a_home_is_said_not_to_have_are_findings_of_the_check():
    devices = devices_of([faulty(CYCLING, {**CYCLING, "appliance": "freezer"}, owns=COLD)])
    (finding,) = KIND.check(devices, Twin(site=STEINHEIM, devices=devices))
    assert str(finding) == (
        "devices[0].profile.faults[1].appliance: home 'home-000' has no freezer that could cycle too often (got 'freezer'); "
        "allowed: an appliance it has, or profile.owns.freezer: true"
    )


def test_compressors_that_homes_happen_not_to_have_are_named_all_at_once():
    """About half of the homes in Germany have no freezer of their own (the table of regions: 0.486 have one)."""
    with pytest.raises(ScenarioError) as caught:
        series([faulty({**CYCLING, "appliance": "freezer"}) for _ in range(20)], AXIS)
    found = [str(finding) for finding in caught.value.findings]
    assert 2 < len(found) < 20
    assert all("profile.faults[0].appliance: home 'home-0" in each and "has no freezer" in each for each in found)
