# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from controllers.price_response.decision import Mood, mood
from controllers.price_response.expectation import LastDays
from tests.scenario_files import small
from twinergy.community.scenario import load
from twinergy.cosim.runner import run
from twinergy.errors import ScenarioError

SHARES = {"cheap_share": 0.25, "dear_share": 0.25, "efficiency": 0.8, "min_spread": 0.02}


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        pytest.param([0.20, 0.30, 0.30, 0.40, 0.40], Mood.CHARGE, id="0.40 - 0.20/0.8 = 0.15 gained"),
        pytest.param([0.31, 0.35, 0.35, 0.40, 0.40], Mood.KEEP, id="0.40 - 0.31/0.8 = 0.0125 is too little, but worth keeping"),
        pytest.param([0.40, 0.30, 0.30, 0.20, 0.40], Mood.DISCHARGE, id="dear now"),
        pytest.param([0.30, 0.20, 0.20, 0.40, 0.40], Mood.KEEP, id="neither cheap nor dear"),
        pytest.param([0.39, 0.395, 0.395, 0.40, 0.40], Mood.FREE, id="flat"),
    ],
)
def test_moods_by_hand(prices, expected):
    assert mood(np.array(prices), **SHARES) is expected


def test_the_last_day_of_a_home():
    """One reading every 6 h. Net registers 0, 18, 18 (missing), 0, 6: the home took 18, gave back 18 and took 6 kWh."""
    day = LastDays(1, 6 * 3600.0, 1)
    for register_kwh in (0.0, 18.0, np.nan, 0.0, 6.0):
        assert not day.complete
        day.add(np.array([register_kwh]))
    assert day.complete
    assert day.need_kwh()[0] == pytest.approx(18.0 + 6.0)
    assert day.surplus_kwh()[0] == pytest.approx(18.0)


NIGHT = (
    "energy: {kind: fixed, price_eur_per_kwh: 0.2}",
    "energy: {kind: day_night, day_eur_per_kwh: 0.5, night_eur_per_kwh: 0.1, night_from: \"22:00\", night_to: \"06:00\"}",
)  # fmt: skip


def test_with_a_cheap_night_a_winter_home_pays_less(tmp_path):
    winter = ["run.start=2024-01-08", "run.days=4", "devices.3.p_dc_kwp=0.5"]
    agent = "controllers: {price_response: {tariffs: [household], power_share: 1.0, memory_days: 1}}\n"
    cost = {}
    for label, extra in (("without", ""), ("with", agent)):
        finished = run(load(small(tmp_path, NIGHT, extra=extra), winter), out=tmp_path / "runs", report=False)
        rows = {row["connection"]: row for row in finished.kpi_document["per_connection"]}
        cost[label] = rows["home-a"]["cost_eur"]
    assert cost["with"] < 0.95 * cost["without"]
    charged = finished.set_points()
    assert {"granted"} == set(charged["outcome"])


def test_an_unknown_tariff_is_a_finding(tmp_path):
    with pytest.raises(ScenarioError, match=r"no tariff of this name \(got 'hausehold'\).*did you mean 'household'"):
        load(small(tmp_path, extra="controllers: {price_response: {tariffs: [hausehold]}}\n"))
