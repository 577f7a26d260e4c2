# SPDX-License-Identifier: Apache-2.0
"""The folder of a plan: what is written is read again, and what is broken says what to do."""

from __future__ import annotations

import json
import math
from dataclasses import fields, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from twinergy.errors import ScenarioError
from twinergy.planning.folder import FACTS, FLOWS, read, write
from twinergy.planning.plan import GridCheck, Line, Plan, Reason, Unit

if TYPE_CHECKING:
    from pathlib import Path

UNIT = Unit(
    block="pv-homes-1",
    kind="pv",
    node="homes-1",
    technology="rooftop_pv",
    existing={"size_kwp": 4.0},
    added={"size_kwp": 6.5},
    invest_eur=6500.0,
    annual_eur=float("nan"),
    share={"h1": 1.0},
    facts={"tilt_deg": 30.0, "none": None, "endless": math.inf, "connection": {"Dach ü": "h1"}, "list": [1, 2.5, -math.inf]},
)
CHECK = GridCheck(
    rounds=({"round": 1, "hours": 3, "vm_min_pu": 0.93}, {"round": 2, "hours": 0}),
    agreed=True,
    vm_min_pu=0.95,
    vm_max_pu=1.04,
    line_percent=77.0,
    transformer_percent=float("nan"),
    worst={"step": 17, "where": "Straße"},
    losses_kwh=123.4,
)
PLAN = Plan(
    name="Hägedorn",
    scenario="made-up",
    question="storage",
    goal="cost",
    options={"technologies": {"pv": {"most": 5.0}}},
    status="optimal",
    gap=0.001,
    start=datetime(2024, 1, 1, tzinfo=UTC),
    step_h=1.0,
    hours=np.full(3, 2920.0),
    units=(UNIT,),
    account=(Line(block="meter", purpose="import", eur=12.5, co2_kg=3.0),),
    reference=(),
    flows={"meter.import_kw": np.array([0.1, 1.0 / 3.0, 5e-324]), "homes-1.demand_kw": np.array([1.0, np.nan, -2.0])},
    nodes={"homes-1": ("h1", "h2"), "farm": ()},
    reasons=(Reason(what="the roof is full", block="pv-homes-1", value=12.0, unit="EUR/kWp/a"),),
    grid=CHECK,
    seconds={"year": 1.5},
    notes=("≥ 1 note",),
    extras={"front": [{"eur": 1.0, "co2_kg": None}]},
)


def same(one: Plan, other: Plan) -> None:
    """Compare plans field by field; NaN is NaN."""
    for field in fields(Plan):
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        if field.name == "hours":
            np.testing.assert_array_equal(mine, theirs)
        elif field.name == "flows":
            assert list(mine) == list(theirs)
            for name in mine:
                np.testing.assert_array_equal(mine[name], theirs[name])
        else:
            assert repr(mine) == repr(theirs), field.name


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    folder = write(PLAN, tmp_path / "deep" / "plan")
    same(read(folder), PLAN)
    same(read(folder / FACTS), PLAN)


def test_a_plan_with_hardly_anything_in_it(tmp_path: Path) -> None:
    bare = replace(
        PLAN, units=(), account=(), flows={}, nodes={}, reasons=(), grid=None, seconds={}, notes=(), extras={}, gap=math.inf
    )
    same(read(write(bare, tmp_path)), bare)


def test_the_file_is_json_that_everybody_reads(tmp_path: Path) -> None:
    def refuse(word: str) -> None:
        pytest.fail(f"{word} is no JSON")

    text = (write(PLAN, tmp_path) / FACTS).read_text(encoding="utf-8")
    facts = json.loads(text, parse_constant=refuse)
    assert facts["version"] == 1
    assert facts["units"][0]["annual_eur"] == {"$number": "nan"}
    assert "Hägedorn" in text


def test_data_of_numpy_become_plain(tmp_path: Path) -> None:
    extras: dict[Any, Any] = {
        "front": np.array([[1.0, 2.0]]),
        "agreed": np.bool_(True),
        "when": datetime(2024, 5, 1, tzinfo=UTC),
        7: np.int64(3),
    }
    again = read(write(replace(PLAN, extras=MappingProxyType(extras)), tmp_path))
    assert again.extras == {"front": [[1.0, 2.0]], "agreed": True, "when": "2024-05-01T00:00:00+00:00", "7": 3}


def test_written_twice_the_later_one_stays(tmp_path: Path) -> None:
    write(PLAN, tmp_path)
    assert read(write(replace(PLAN, name="later", flows={}), tmp_path)).name == "later"


def refused(folder: Path) -> str:
    with pytest.raises(ScenarioError) as caught:
        read(folder)
    return str(caught.value)


def test_no_plan_there(tmp_path: Path) -> None:
    said = refused(tmp_path / "nowhere")
    assert "is no folder of a plan" in said
    assert "nowhere" in said
    assert f"a folder with {FACTS} and {FLOWS}" in said


def test_flows_missing(tmp_path: Path) -> None:
    (write(PLAN, tmp_path) / FLOWS).unlink()
    said = refused(tmp_path)
    assert "is no folder of a plan" in said
    assert FLOWS in said


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_another_version(tmp_path: Path, version: Any) -> None:
    file = write(PLAN, tmp_path) / FACTS
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | {"version": version}), encoding="utf-8")
    said = refused(tmp_path)
    assert "was written by another version" in said
    assert "plan again" in said


@pytest.mark.parametrize("name", [FACTS, FLOWS])
@pytest.mark.parametrize("kept", [0, 0.5, 0.99])
def test_a_file_cut_short(tmp_path: Path, name: str, kept: float) -> None:
    file = write(PLAN, tmp_path) / name
    whole = file.read_bytes()
    file.write_bytes(whole[: int(kept * len(whole))])
    said = refused(tmp_path)
    assert "cannot be read" in said
    assert str(tmp_path) in said


@pytest.mark.parametrize(
    "changed",
    [
        {"units": None},
        {"units": ["pv"]},
        {"units": [{"block": "pv"}]},
        {"nodes": ["h1"]},
        {"start": 5},
        {"start": "yesterday"},
        {"grid": {"rounds": []}},
        {"grid": [1]},
        {"surplus": 1},
        {"account": [{"block": "a", "purpose": "b", "eur": 1.0, "co2_kg": 0.0, "tax": 1.0}]},
    ],
    ids=str,
)
def test_facts_that_are_no_plan(tmp_path: Path, changed: dict[str, Any]) -> None:
    file = write(PLAN, tmp_path) / FACTS
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | changed), encoding="utf-8")
    said = refused(tmp_path)
    assert "lacks something or has too much" in said
    assert "twinergy plan" in said


@pytest.mark.parametrize("key", sorted({field.name for field in fields(Plan)} - {"hours", "flows", "extras", "seconds"}))
def test_facts_that_lack_a_key(tmp_path: Path, key: str) -> None:
    file = write(PLAN, tmp_path) / FACTS
    facts = json.loads(file.read_text(encoding="utf-8"))
    del facts[key]
    file.write_text(json.dumps(facts), encoding="utf-8")
    assert key in refused(tmp_path)


def test_flows_without_hours(tmp_path: Path) -> None:
    folder = write(PLAN, tmp_path)
    pd.DataFrame({"meter.import_kw": [1.0]}).to_parquet(folder / FLOWS)
    assert "hours" in refused(folder)


def test_a_list_is_no_plan(tmp_path: Path) -> None:
    (write(PLAN, tmp_path) / FACTS).write_text("[]", encoding="utf-8")
    assert "another version" in refused(tmp_path)
