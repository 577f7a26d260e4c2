# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from simulators.household.params import HomeParams, HouseholdOptions, MeasuredProfile
from tests.unit.test_household_fleet import STEINHEIM, WEEK, devices_of
from twinergy.community.twin import BuildContext, Twin


def params_of(options: list[dict[str, object]], seed: int = 1) -> HomeParams:
    devices = devices_of(options)
    return HomeParams.of(devices, BuildContext(twin=Twin(site=STEINHEIM, devices=devices), axis=WEEK, seed=seed, folder=Path()))


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"annual_kwh": 0.0}, "greater than 0"),
        ({}, "annual_kwh is required with a profile of kind 'stochastic'; only 'appliances' does without"),
        ({"annual_kwh": 3000.0, "hot_water_l": -1.0}, "greater than or equal to 0"),
        ({"annual_kwh": 3000.0, "residents": -1}, "greater than or equal to 0"),
        ({"annual_kwh": 3000.0, "power_factor": 1.01}, "less than or equal to 1"),
        ({"annual_kwh": 3000.0, "anual_kwh": 1.0}, "anual_kwh"),
        ({"annual_kwh": 3000.0, "profile": {"kind": "measured"}}, "path"),
        ({"annual_kwh": 3000.0, "profile": {"kind": "measured", "path": "a", "unit": "pu"}}, "scale_to_annual"),
        ({"annual_kwh": 3000.0, "profile": {"kind": "measured", "path": "a", "timezone": "Europe/Berlni"}}, "Europe/Berlni"),
    ],
    ids=[
        "no energy",
        "no size",
        "negative water",
        "less than nobody",
        "power factor",
        "typo",
        "no path",
        "per unit without size",
        "unknown zone",
    ],
)
def test_options_refuse(options, complaint):
    with pytest.raises(ValidationError, match=complaint):
        HouseholdOptions.model_validate(options)


def test_reactive_power_in_per_unit_is_refused():
    with pytest.raises(ValidationError, match="'qcol' in 'pu' has a base of its own"):
        MeasuredProfile(path="a", unit="pu", scale_to_annual=True, q_column="qcol")


def test_a_given_power_factor_holds():
    assert params_of([{"annual_kwh": 3000.0, "power_factor": 0.8}]).tan_phi == pytest.approx([0.75])  # triangle 3, 4, 5


def test_power_factors_are_drawn_per_home_within_their_range():
    tan_phi = params_of([{"annual_kwh": 3000.0}] * 200).tan_phi
    factors = 1.0 / np.hypot(1.0, tan_phi)
    assert factors.min() >= 0.95
    assert factors.max() <= 0.99
    assert factors.mean() == pytest.approx(0.97, abs=0.003)


def test_a_home_keeps_its_power_factor_when_neighbours_come():
    assert params_of([{"annual_kwh": 3000.0}] * 2).tan_phi[0] == params_of([{"annual_kwh": 3000.0}]).tan_phi[0]
