# SPDX-License-Identifier: Apache-2.0
"""What a scenario may say about a car, and what it is told when it says something else."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import ValidationError

from simulators.ev import KIND
from simulators.ev.options import EvOptions
from tests.unit.test_charging_world import SITE
from twinergy.community.twin import Device, Twin


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"vehicle": "vw_id33"}, r"no vehicle 'vw_id33' in the table; did you mean 'vw_id3'\?"),
        ({"soc": 80}, r"80 is too high, did you mean 0.8\?"),
        ({"soc_wish": 0.9, "soc_limit": 0.8}, "soc_wish=0.9 is never reached above soc_limit=0.8"),
        ({"p_charger_kw": 0.011}, "p_charger_kw=0.011 kW does not even feed aux_kw=0.23 kW"),
        (
            {"commute_km": 50.0, "annual_km": 9000.0},
            r"commuting alone is 16958 km a year \(170 days\), more than annual_km=9000 km",
        ),
        ({"commuter": False, "commute_km": 5.0}, "commute_km=5 km contradicts commuter: false"),
        ({"consumption_kwh_per_km": 16.6}, "less than or equal to 1"),
        ({"capacity_kwh": -58.0}, "greater than 0"),
        ({"charger_phases": 4}, "1, 2 or 3"),
        ({"anual_km": 1.0}, "Extra inputs are not permitted"),
    ],
)
def test_bad_values_are_named_with_what_is_allowed(given, message):
    with pytest.raises(ValidationError, match=message):
        EvOptions.model_validate(given)


def test_a_car_without_a_dwelling_is_a_finding_and_one_without_a_point_is_not():
    lost = Device(id="car", kind="ev", options=EvOptions(), path="devices[0]")
    home = Device(id="ok", kind="ev", options=EvOptions(), dwelling="a")
    (finding,) = KIND.check([lost, home], Twin(site=SITE, devices=(lost, home)))
    assert "ev 'car' belongs to no dwelling" in str(finding)
    assert finding.path == "devices[0].dwelling"


def test_own_figures_replace_those_of_the_table():
    options = EvOptions(vehicle="nissan_leaf", p_charger_kw=3.6)
    assert (options.charger_kw, options.row.capacity_kwh, EvOptions(vehicle="nissan_leaf").charger_kw) == (3.6, 38.0, 6.6)


@pytest.mark.parametrize("kind", ["ev", "charging"])
def test_importing_a_kind_imports_nothing_heavy(kind):
    code = f"import sys, simulators.{kind}; print(sorted({{'numba', 'pandas', 'simpy', 'scipy', 'pyarrow'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
