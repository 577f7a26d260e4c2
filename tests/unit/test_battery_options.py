# SPDX-License-Identifier: Apache-2.0
"""What a scenario may not say about a battery, and what it is told."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from simulators.battery import KIND
from simulators.battery.options import BatteryOptions
from twinergy.community.twin import Device

SIZE = {"capacity_kwh": 10.0, "p_charge_kw": 5.0}


def device(connection: str = "home-1", **options: float) -> Device:
    return Device(
        id="b1",
        kind="battery",
        options=BatteryOptions.model_validate(SIZE | options),
        connection=connection,
        path="devices[0]",
    )


@pytest.mark.parametrize("name", ["soc", "min_soc", "max_soc"])
def test_percent_is_met_with_a_hint(name):
    with pytest.raises(ValidationError, match=r"80 is too high, did you mean 0\.8\?"):
        BatteryOptions.model_validate(SIZE | {name: 80})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"soc": 101}, "less than or equal to 1"),
        ({"soc": -0.1}, "greater than or equal to 0"),
        ({"capacity_kwh": 0.0}, "greater than 0"),
        ({"min_soc": 0.6, "max_soc": 0.5}, r"min_soc=0\.6 must be below max_soc=0\.5"),
        ({"efficiency": {"model": "constant", "round_trip": 1.2}}, "less than or equal to 1"),
        ({"efficiency": {"model": "constant", "roundtrip": 0.9}}, "Extra inputs are not permitted"),
        ({"efficiency": {"model": "magic"}}, "'bslib', 'constant', 'polynomial'"),
        ({"efficiency": {"model": "polynomial", "charge": {"a": 0.2, "b": 0.2, "c": 0.2}}}, r"a\+b\+c = 0\.6 is half"),
        ({"efficiency": {"model": "polynomial", "charge": {"b": -0.1, "c": 0.01}}}, r"b=-0\.1, c=0\.01 is negative at part load"),
        ({"ageing": "nca"}, "'lfp_naumann', 'nmc_schmalstieg' or 'none'"),
    ],
)
def test_nonsense_is_refused(change, message):
    with pytest.raises(ValidationError, match=message):
        BatteryOptions.model_validate(SIZE | change)


def test_the_discharge_limit_defaults_to_the_charge_limit():
    assert BatteryOptions.model_validate(SIZE).discharge_kw == 5.0


def test_a_sound_battery_has_no_findings():
    assert KIND.check([device()], SimpleNamespace()) == []


def test_a_battery_behind_no_meter_is_a_finding():
    assert "'b1' is behind no meter" in str(KIND.check([device(connection="")], SimpleNamespace())[0])


def test_a_battery_too_fast_for_its_size_is_a_finding():
    (finding,) = KIND.check([device(p_charge_kw=5000.0)], SimpleNamespace())
    assert str(finding).startswith("devices[0].p_charge_kw: battery 'b1': 5000 kW would empty 10 kWh within six minutes")
    assert "at most 100 kW" in str(finding)


def test_the_fleet_is_built_in_the_order_given():
    context = SimpleNamespace(twin=None, axis=None, seed=1, folder=Path())
    assert KIND.build([device()], context).ids == ("b1",)
