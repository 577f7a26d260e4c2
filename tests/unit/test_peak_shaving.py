# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.peak_shaving.decision import shaving_kw
from tests.scenario_files import small
from twinergy.community.scenario import load
from twinergy.cosim.runner import run
from twinergy.errors import ScenarioError

POWER = st.floats(-500.0, 500.0)


@given(others_kw=POWER, growth_kw=POWER, soc=st.floats(0.0, 1.0), target_soc=st.floats(0.0, 1.0))
def test_the_sum_stays_within_the_limit_whatever_the_storage_wishes(others_kw, growth_kw, soc, target_soc):
    power = shaving_kw(others_kw=others_kw, growth_kw=growth_kw, soc=soc, limit_kw=100.0, target_soc=target_soc, recharge_kw=30.0)
    assert abs(others_kw + growth_kw + power) <= 100.0 + 1e-9


@pytest.mark.parametrize(
    ("others_kw", "soc", "expected_kw"),
    [
        pytest.param(130.0, 0.5, -30.0, id="import above the limit: deliver the excess"),
        pytest.param(-130.0, 0.5, 30.0, id="export above the limit: take the excess"),
        pytest.param(40.0, 0.2, 20.0, id="room under the limit: return to the target"),
        pytest.param(90.0, 0.2, 10.0, id="little room: recharge with what there is"),
        pytest.param(40.0, 0.5, 0.0, id="at the target: rest"),
    ],
)
def test_by_hand(others_kw, soc, expected_kw):
    power = shaving_kw(others_kw=others_kw, growth_kw=0.0, soc=soc, limit_kw=100.0, target_soc=0.5, recharge_kw=20.0)
    assert power == pytest.approx(expected_kw)


AGENT = """\
controllers:
  peak_shaving: {batteries: [battery-a], transformer: s1-trafo, limit_kw: 2, margin_kw: 0.3, target_soc: 0.5, recharge_kw: 0.5}
"""


def test_in_a_run_the_transformer_keeps_its_limit_more_often(tmp_path):
    """A cloudless day of 8 kWp behind three homes exceeds 2 kW for hours; the battery of 4 kW and 40 kWh takes it."""
    changes = [("capacity_kwh: 8", "capacity_kwh: 40"), ("mode: x", "mode: x")][:1]
    plain = load(small(tmp_path, *changes))
    over = {}
    for label, scenario in (("without", plain), ("with", load(small(tmp_path, *changes, extra=AGENT)))):
        finished = run(
            scenario.with_set("devices.4.mode=set_point", "devices.4.safe_mode=idle"), out=tmp_path / "runs", report=False
        )
        over[label] = int((finished.wide("transformer", "p_kw")["s1-trafo"].abs() > 2.0).sum())
    assert over["without"] >= 20
    assert over["with"] <= over["without"] / 2
    assert finished.kpis["set_points_granted"].value == 96
    assert set(finished.messages()["source"]) == {"peak_shaving"}
    assert np.isclose(finished.frame("battery")["p_kw"].iloc[0], 0.015, atol=0.01), "the first decision acts in the second step"


def test_what_does_not_exist_is_a_finding(tmp_path):
    wrong = AGENT.replace("battery-a", "battery-x").replace("s1-trafo", "s9-trafo")
    with pytest.raises(ScenarioError) as caught:
        load(small(tmp_path, extra=wrong))
    said = str(caught.value)
    assert "no battery of this name (got 'battery-x')" in said
    assert "'s9-trafo' has no meter" in said
