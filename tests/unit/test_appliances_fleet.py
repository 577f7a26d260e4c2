# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from simulators.household import KIND
from simulators.household.appliance_options import Owned
from simulators.household.catalogue import NAMES, REGIONS, table
from simulators.household.params import HouseholdOptions
from simulators.household.switching import STORE_KWH, postponed
from tests.unit.test_household_fleet import WEEK, days, devices_of, fleet_of
from twinergy.community.twin import Site
from twinergy.errors import ScenarioError
from twinergy.ports import Direction
from twinergy.timebase import BLOCK_S, TimeAxis

GROUP_PORTS = [f"p_{name}_kw" for name in ("cold", "wet", "cooking", "lighting", "electronics", "hot_water", "other")]
MEASURED = {port.name for port in KIND.ports if port.direction is Direction.MEASURED}


def home(**profile: Any) -> dict[str, Any]:
    return {"profile": {"kind": "appliances", **profile}}


def series(options, axis: TimeAxis, inputs=lambda _index: {}, **more: Any) -> dict[str, np.ndarray]:
    """All ports of all steps, each of shape (n_steps, n_homes)."""
    fleet = fleet_of(devices_of(options), axis, **more)
    rows: dict[str, list[np.ndarray]] = {}
    for block in axis.blocks():
        fleet.prepare(block)
        for row in range(len(block)):
            for port, values in fleet.step(axis.step(block, block.first + row), inputs(block.first + row)).items():
                rows.setdefault(port, []).append(values)
    return {port: np.array(values) for port, values in rows.items()}


MIXED = [home(), {"annual_kwh": 3000.0}, home(hot_water="electric"), home(hot_water="none")]


@pytest.mark.parametrize("options", [MIXED, MIXED[1:2], MIXED[:1]], ids=["mixed", "stochastic", "appliances"])
def test_all_ports_are_there_and_groups_sum_up_exactly(options):
    got = series(options, days(date(2023, 2, 6), 2))
    assert set(got) == MEASURED
    assert all(values.dtype == np.float64 and values.shape[1] == len(options) for values in got.values())
    total = got[GROUP_PORTS[0]]
    for name in GROUP_PORTS[1:]:
        total = total + got[name]
    assert np.array_equal(total, got["p_kw"])
    assert got["p_kw"].min() > 0.0
    assert all(np.isfinite(values).all() for values in got.values())


def test_a_home_with_a_load_profile_has_all_of_it_in_the_rest():
    mixed, alone = series(MIXED, WEEK), series([MIXED[1]], WEEK)
    named = series([{"annual_kwh": 1.0}, MIXED[1]], WEEK)  # home-001 in both
    assert np.array_equal(mixed["p_other_kw"][:, 1], named["p_kw"][:, 1])
    assert np.array_equal(alone["p_other_kw"], alone["p_kw"])
    assert alone["heat_gain_kw"] == pytest.approx(0.7 * alone["p_kw"])


def test_homes_do_not_depend_on_neighbours_or_on_what_is_asked_of_them():
    alone = series([home()], WEEK)
    asked = {"washing_machine_on": np.array([np.nan, 0.0]), "other_on": np.array([np.nan, 0.0])}
    village = series([home(), home(hot_water="electric")], WEEK, lambda index: asked if index > 100 else {})
    for port, values in alone.items():
        assert np.array_equal(values[:, 0], village[port][:, 0]), port


def test_a_tuesday_does_not_depend_on_the_start_of_the_run():
    options = [home(hot_water="electric"), home()]
    whole = series(options, TimeAxis(2800 * BLOCK_S, 900, 1344))
    later = series(options, TimeAxis(2801 * BLOCK_S + 36_000, 900, 200))
    for port, values in later.items():
        assert np.array_equal(whole[port][712:912], values), port


def test_hot_water_is_heated_once():
    got = series(MIXED, days(date(2023, 2, 6), 7))
    building, plain, electric, none = got["hot_water_kw"].mean(axis=0)
    assert building > 0.05
    assert plain > 0.05
    assert electric == none == 0.0
    assert got["p_hot_water_kw"][:, [0, 1, 3]].max() == 0.0
    assert got["p_hot_water_kw"][:, 2].max() <= 2.04 + 1e-6


def test_a_switched_off_plug_keeps_its_group_back():
    axis = days(date(2023, 2, 6), 1)
    free = series(MIXED, axis)
    off = series(MIXED, axis, lambda _index: {"electronics_on": np.array([0.0, 0.0, 1.0, np.nan])})
    assert not off["p_electronics_kw"][:, 0].any()
    assert np.array_equal(off["p_unserved_kw"][:, 0], free["p_electronics_kw"][:, 0])
    assert np.array_equal(off["p_kw"][:, 1:], free["p_kw"][:, 1:])
    assert not off["p_unserved_kw"][:, 1:].any()
    assert (off["heat_gain_kw"][:, 0] < free["heat_gain_kw"][:, 0]).all()


def test_what_is_on_no_plug_does_not_obey():
    axis = days(date(2023, 2, 6), 3)
    options = [home(plugs=["dishwasher"])]
    everything = {f"{name}_on": np.array([0.0]) for name in ("washing_machine", "electronics", "other", "lighting", "hot_water")}
    held, free = series(options, axis, lambda _index: everything), series(options, axis)
    assert all(np.array_equal(held[port], free[port]) for port in free)


def test_postponed_hot_water_is_heated_later():
    axis = days(date(2023, 2, 6), 3)
    free = series([home(hot_water="electric")], axis)["p_hot_water_kw"][:, 0]
    off = series([home(hot_water="electric")], axis, lambda index: {"hot_water_on": np.array([0.0 if index < 32 else np.nan])})
    later, unserved = off["p_hot_water_kw"][:, 0], off["p_unserved_kw"][:, 0]
    assert not later[:32].any()
    assert later.sum() + unserved.sum() == pytest.approx(free.sum())
    assert later.max() <= 2.05


def test_a_cold_store_by_hand():
    # an hour at 4 kW wanted, off: the store of 3 kWh is emptied, 1 kWh is missed; then 2 kW until it is warm
    power, unserved, owed = postponed(np.array([4.0]), np.array([0.0]), np.zeros(1), np.array([2.0]), 1.0)
    assert (power[0], unserved[0], owed[0]) == (0.0, 1.0, STORE_KWH)
    power, unserved, owed = postponed(np.zeros(1), None, owed, np.array([2.0]), 1.0)
    assert (power[0], unserved[0], owed[0]) == (2.0, 0.0, 1.0)


def test_what_a_home_owns_can_be_said():
    nothing = dict.fromkeys(Owned.model_fields, False)
    got = series([home(owns=nothing), home(owns={"dishwasher": True})], days(date(2023, 2, 6), 14))
    assert not got["p_cold_kw"][:, 0].any()
    assert not got["p_wet_kw"][:, 0].any()
    assert not got["p_cooking_kw"][:, 0].any()
    assert got["dishwasher_p_kw"][:, 1].max() > 1.5


def test_annual_energy_can_be_said():
    options = [{**home(hot_water="electric"), "annual_kwh": 4000.0, "residents": 2}] * 40
    axis = TimeAxis(2770 * BLOCK_S, 3600, 168 * 52)
    fleet, energy_kwh = fleet_of(devices_of(options), axis), []
    for block in list(axis.blocks())[::4]:
        fleet.prepare(block)
        energy_kwh += [fleet.step(axis.step(block, block.first + row), {})["p_kw"].mean() for row in range(168)]
    assert np.mean(energy_kwh) * 8760.0 == pytest.approx(4000.0, rel=0.02)


def test_a_given_power_factor_holds_for_all_appliances():
    got = series([{**home(), "power_factor": 0.8}], days(date(2023, 2, 6), 1))
    assert got["q_kvar"] == pytest.approx(0.75 * got["p_kw"])


def test_the_table_has_every_appliance_of_every_region():
    assert set(table()) == {(region, name) for region in REGIONS for name in NAMES}
    assert all(0.0 <= ownership <= 1.0 and annual_kwh > 0.0 for ownership, annual_kwh in table().values())


@pytest.mark.parametrize(
    ("profile", "complaint"),
    [
        ({"region": "FR"}, "'DE', 'GB', 'GR' or 'IT'"),
        ({"owns": {"dishwascher": True}}, "dishwascher"),
        ({"hot_water": "gas"}, "'electric', 'building' or 'none'"),
        ({"plugs": ["television"]}, "'washing_machine', 'dishwasher'"),
    ],
)
def test_options_refuse(profile, complaint):
    with pytest.raises(ValidationError, match=complaint):
        HouseholdOptions.model_validate(home(**profile))


def test_unknown_regions_and_too_little_energy_are_findings_of_all_homes():
    paris = Site(name="x", latitude_deg=48.9, longitude_deg=2.3, altitude_m=50.0, timezone="Europe/Paris", country="FR")
    options = [home(), home(region="IT"), {**home(region="IT", hot_water="electric"), "annual_kwh": 900.0, "residents": 5}]
    with pytest.raises(ScenarioError) as caught:
        fleet_of(devices_of(options), WEEK, site=paris)
    assert [finding.path for finding in caught.value.findings] == ["devices[0].profile.region", "devices[2].annual_kwh"]
    assert "site's country is 'FR'" in caught.value.findings[0].allowed
    assert "hot_water: building" in caught.value.findings[1].allowed


def test_state_names_what_waits():
    axis = days(date(2023, 2, 6), 7)
    fleet = fleet_of(devices_of([home(owns={"washing_machine": True})] * 20), axis)
    block = axis.block(0)
    fleet.prepare(block)
    held = {"washing_machine_on": np.zeros(20)}
    steps = [fleet.step(axis.step(block, n), held) for n in range(60)]
    assert np.array_equal(fleet.state()["washing_machine_pending"], steps[-1]["washing_machine_pending"])
    assert steps[-1]["washing_machine_pending"].any()
