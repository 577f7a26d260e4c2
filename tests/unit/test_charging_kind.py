# SPDX-License-Identifier: Apache-2.0
"""What a scenario may say about charging points and their visitors, and what it is told when it says something else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from simulators.charging import KIND
from simulators.charging.options import ChargingOptions
from tests.unit.test_charging_world import twin_of


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"limit_a": 5.0}, "greater than or equal to 6"),
        ({"limit_a": 16_000.0}, "less than or equal to 125"),
        ({"connector_phases": 2}, "1 or 3"),
        ({"mode": "full"}, "'uncontrolled', 'self_consumption' or 'set_point'"),
        ({"visitors": {"no_show_share": 0.7, "cancelled_share": 0.4}}, "no_show_share=0.7 and cancelled_share=0.4 are more than"),
        ({"visitors": {"arrivals": {"file": "x.csv", "pattern": "public"}}}, "either file 'x.csv' or pattern 'public'"),
        ({"visitors": {"arrivals": {"timezone": "Europe/Berlln"}}}, "no time zone 'Europe/Berlln'"),
        ({"visitors": {"arrivals": {"sessions_per_day": -1}}}, "greater than or equal to 0"),
        ({"visitors": {"queue": 3}}, "Extra inputs are not permitted"),
    ],
)
def test_bad_values_are_named_with_what_is_allowed(given, message):
    with pytest.raises(ValidationError, match=message):
        ChargingOptions.model_validate(given)


def findings(twin):
    return [str(finding) for finding in KIND.check(twin.of_kind("charging"), twin)]


def test_what_is_right_is_silent():
    car = {"a": {"v2g_kw": 7.0}}
    assert findings(twin_of(car, {"a": {"v2g": True}, "p": {"dc_kw": 50.0}}, {"hub": (60.0, ["p"])})) == []


def test_what_is_wrong_is_said():
    twin = twin_of({}, {"a": {}})
    point = twin.devices[0]
    nowhere = replace(twin, devices=(replace(point, dwelling="", connection=""),))
    meterless, serves_nobody = findings(nowhere)
    assert "charging point 'cp-a' is behind no meter" in meterless
    assert "charging point 'cp-a' serves nobody" in serves_nobody
    (dc,) = findings(twin_of({}, {"a": {"dc_kw": 50.0}}))
    assert "devices[a].dc_kw: charging point 'cp-a' of a dwelling has a DC connector" in dc
    assert "(got '50 kW')" in dc
    (visitors,) = findings(twin_of({}, {"a": {"visitors": {"queue_length": 1}}}))
    assert "belongs to a dwelling and takes no visitors" in visitors


def test_v2g_needs_both_sides():
    (home,) = findings(twin_of({"a": {"v2g_kw": 7.0}}, {"a": {}}))
    assert "ev 'ev-a' is to feed back 7 kW at charging point 'cp-a', which cannot" in home
    (hub,) = findings(twin_of({}, {"p": {"visitors": {"v2g_share": 0.2}}}, {"hub": (60.0, ["p"])}))
    assert "visitors of charging point 'cp-p' are to feed back, which the point cannot (got 0.2)" in hub


def test_points_of_a_hub_expect_the_same_visitors():
    points = {"p": {}, "q": {"visitors": {"queue_length": 9}}}
    (finding,) = findings(twin_of({}, points, {"hub": (60.0, ["p", "q"])}))
    assert "charging points 'cp-p' and 'cp-q' of hub 'hub' expect different visitors" in finding


def test_the_rating_is_what_the_connection_must_carry():
    assert KIND.rated_kw(ChargingOptions(limit_a=32.0)) == pytest.approx(22.08)
