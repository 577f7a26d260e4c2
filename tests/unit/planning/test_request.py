# SPDX-License-Identifier: Apache-2.0
"""A request on its own: its defaults, what it refuses, and that it can be asked again."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from twinergy.planning.request import PlanRequest, Technology


def test_a_request_of_nothing_is_the_default() -> None:
    request = PlanRequest()
    assert (request.question, request.goal, request.resolution.kind) == ("storage_and_res", "cost", "year")
    assert request.as_dict() == {}
    assert request.technology("pv") == Technology()


def test_a_request_can_be_asked_again() -> None:
    data: dict[str, Any] = {
        "question": "chp",
        "technologies": {"chp": {"technology": "chp_26kw", "most": 30.0, "buses": ["a"]}},
        "finance": {"price_growth": {"natural_gas": 0.02}},
        "resolution": {"kind": "week", "week": 3},
        "weather_years": [2010, 2011],
    }
    request = PlanRequest.model_validate(data)
    assert request.as_dict() == data
    assert PlanRequest.model_validate(request.as_dict()) == request


@pytest.mark.parametrize(
    "data",
    [
        {"year": 1989},
        {"year": 2101},
        {"groups": 0},
        {"groups": 51},
        {"question": "profit"},
        {"goal": "comfort"},
        {"gap": -0.1},
        {"time_limit_s": 0},
        {"most_invest_eur": -1},
        {"most_co2_t": -1},
        {"finance": {"discount_rate": 4}},
        {"finance": {"horizon_years": 0}},
        {"finance": {"catalogue_year": 2026}},
        {"finance": {"fuel_eur_per_kwh": {"natural_gas": 0}}},
        {"finance": {"subsidies": {"pv": 1.2}}},
        {"finance": {"co2_eur_per_t": -5}},
        {"technologies": {"pv": {"most": -1}}},
        {"technologies": {"pv": {"where": "roof"}}},
        {"technologies": {"pv": {"least": 5, "most": 4}}},
        {"resolution": {"week": 52}},
        {"resolution": {"step_s": 60}},
        {"grid": {"vm_min_pu": 1.1}},
        {"sharing": {"rule": "greek"}},
        {"export_co2_share": 1.5},
        {"colour": "green"},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PlanRequest.model_validate(data)


def test_a_least_above_the_most_says_which() -> None:
    with pytest.raises(ValidationError, match="least 5 is above most 4"):
        Technology(least=5.0, most=4.0)
    assert Technology(least=4.0, most=4.0).least == 4.0


def test_a_request_does_not_change() -> None:
    with pytest.raises(ValidationError):
        PlanRequest().groups = 3
