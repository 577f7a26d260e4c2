# SPDX-License-Identifier: Apache-2.0
"""Homes without residents: holiday homes and empty ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simulators.household import KIND
from tests.unit.test_household_fleet import STEINHEIM, WEEK, devices_of, fleet_of, run
from twinergy.community.twin import BuildContext, Connection, Dwelling, Twin
from twinergy.ports import Direction

EMPTY = {"residents": 0, "profile": {"kind": "appliances"}}
LIVED = {"residents": 2, "profile": {"kind": "appliances"}}
OFF = {"refrigerator": False, "freezer": False}
PEOPLE = ("occupants", "active_occupants", "hot_water_kw")


def ports(fleet):
    """Return all measured ports of the first steps of a week, each of shape (n_steps, n_homes)."""
    block = WEEK.block(0)
    fleet.prepare(block)
    rows = [fleet.step(WEEK.step(block, block.first + row), {}) for row in range(len(block))]
    return {port.name: np.array([row[port.name] for row in rows]) for port in KIND.ports if port.direction is Direction.MEASURED}


@pytest.mark.parametrize("profile", [{"kind": "appliances"}, {"kind": "stochastic"}], ids=["appliances", "stochastic"])
def test_nobody_is_in_and_draws_water(profile):
    found = ports(fleet_of(devices_of([{"annual_kwh": 300.0, "residents": 0, "profile": profile}]), WEEK))
    for name in PEOPLE:
        assert not found[name].any(), name
    assert found["p_kw"].mean() > 0.0
    assert all(np.isfinite(values).all() for values in found.values())


def test_an_empty_home_keeps_compressors_and_standby_alone():
    """Once the compressors are off, what is left does not change in a week."""
    found = ports(fleet_of(devices_of([EMPTY, {**EMPTY, "profile": {"kind": "appliances", "owns": OFF}}, LIVED]), WEEK))
    annual_kwh = found["p_kw"].mean(axis=0) * 8760.0
    assert annual_kwh[1] < annual_kwh[0] < 0.5 * annual_kwh[2]
    assert np.ptp(found["p_kw"][:, 1]) < 1e-12
    assert 0.0 < annual_kwh[1] < 400.0
    for group in ("wet", "cooking", "lighting", "hot_water", "other"):
        assert not found[f"p_{group}_kw"][:, :2].any(), group
    assert np.ptp(found["p_electronics_kw"][:, 0]) < 1e-12  # standby


def test_a_storage_heater_in_an_empty_home_is_off():
    profile = {"kind": "appliances", "hot_water": "electric", "owns": OFF}
    electric, other = ports(fleet_of(devices_of([{**EMPTY, "profile": profile}]), WEEK))["p_kw"], EMPTY["profile"]
    plain = ports(fleet_of(devices_of([{**EMPTY, "profile": {**other, "owns": OFF}}]), WEEK))["p_kw"]
    np.testing.assert_array_equal(electric, plain)


def test_people_next_door_change_nothing_and_are_not_changed():
    together = run(fleet_of(devices_of([LIVED, EMPTY, {**LIVED, "residents": 4}]), WEEK), WEEK)
    for row, options in enumerate([LIVED, EMPTY, {**LIVED, "residents": 4}]):
        alone = run(fleet_of(devices_of([options], first=row), WEEK), WEEK)
        np.testing.assert_array_equal(together[:, row], alone[:, 0])


def test_an_empty_dwelling_is_an_empty_home():
    (device,) = devices_of([{"profile": {"kind": "appliances"}}])
    home = Dwelling(id="h", connection="c", residents=0, floor_area_m2=90.0, roof_area_m2=0.0)
    connection = Connection(id="c", bus="b", phases="abc", limit_kw=10.0, tariff="t")
    lived_in = replace(device, dwelling="h", connection="c")
    twin = Twin(site=STEINHEIM, connections=(connection,), dwellings=(home,), devices=(lived_in,))
    fleet = KIND.build((lived_in,), BuildContext(twin=twin, axis=WEEK, seed=7, folder=Path()))
    assert not ports(fleet)["occupants"].any()
