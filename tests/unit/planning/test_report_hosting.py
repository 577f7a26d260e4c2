# SPDX-License-Identifier: Apache-2.0
"""What a page says of hosting capacity and of what is available to the network."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from tests.unit.planning.report_sample import village
from twinergy.planning.report import beyond, write_report

if TYPE_CHECKING:
    from pathlib import Path

    from twinergy.planning.plan import Plan

HIGH = {"what": "voltage high", "where": "bus-7", "step": 4000, "weight": 0.3}
LOADED = {"what": "loading", "where": "line-1", "step": 4001, "weight": 0.4}


def case(**changed: Any) -> dict[str, Any]:
    usual = {"what": "where it is best for the sum", "kwp": 738.0, "factor": 0.964, "agreed": True, "curtailed_share": 0.0}
    return {**usual, "binding": [HIGH, LOADED, {**HIGH, "step": 4100}], **changed}


def with_extras(**extras: Any) -> Plan:
    plan = village()
    return dataclasses.replace(plan, extras={**plan.extras, **extras})


def test_what_stands_in_the_way_is_the_place_that_weighs_most_over_all_hours() -> None:
    (row,) = beyond.hosting(with_extras(hosting=[case()])).rows
    assert row == ["where it is best for the sum", "voltage high at bus-7 and 1 more", "yes", "738", "96.4", "0"]


def test_full_roofs_have_nothing_in_the_way_and_a_power_flow_that_was_not_asked_is_not_known() -> None:
    full = case(factor=1.0, agreed=None, curtailed_share=0.0123)
    (row,) = beyond.hosting(with_extras(hosting=[full])).rows
    assert row[1:3] == ["nothing: roofs are full", "–"]
    assert row[-1] == "1.23"


def test_the_page_has_both_tables_where_there_is_something_to_say(tmp_path: Path) -> None:
    firm = {f"{name}_{which}_kw": 1.0 for name in ("renewable", "up", "down") for which in ("mean", "most", "firm")}
    told = with_extras(hosting=[case()], available={**firm, "up_firm_kw": 12.5})
    text = write_report(told, tmp_path / "told").read_text(encoding="utf-8")
    assert 'id="hosting"' in text
    assert 'id="available"' in text
    assert "12.5" in text
    silent = write_report(village(), tmp_path / "silent").read_text(encoding="utf-8")
    assert 'id="hosting"' not in silent
    assert 'id="available"' not in silent
