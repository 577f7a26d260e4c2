# SPDX-License-Identifier: Apache-2.0
"""The folder of a plan: ``plan.json`` and ``flows.parquet``; report, figures and scenario are written beside them by others."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from twinergy.errors import Finding, ScenarioError
from twinergy.planning.plan import GridCheck, Line, Plan, Reason, Unit

FACTS: Final = "plan.json"
FLOWS: Final = "flows.parquet"
VERSION: Final = 1
NUMBER: Final = "$number"
"""Key of what stands for a number that JSON does not have."""
PLANS: Final = Path("plans")


def write(plan: Plan, folder: Path) -> Path:
    """Write a plan into a folder, which is made where it is missing; returns the folder.

    JSON has no numbers that are not finite: they become ``{"$number": "nan"}`` and numbers again when they are read.
    """
    import pandas as pd  # noqa: PLC0415 - planning itself does without

    folder.mkdir(parents=True, exist_ok=True)
    facts = {field.name: getattr(plan, field.name) for field in dataclasses.fields(plan) if field.name not in {"flows", "hours"}}
    text = json.dumps({"version": VERSION, **_plain(facts)}, indent=1, ensure_ascii=False)
    (folder / FACTS).write_text(text + "\n", encoding="utf-8")
    pd.DataFrame({"hours": plan.hours, **dict(plan.flows)}).to_parquet(folder / FLOWS)
    return folder


def read(place: Path) -> Plan:
    """Read the plan of a folder.

    Raises
    ------
    ScenarioError
        If there is none, or it is not one that can be read.
    """
    import pandas as pd  # noqa: PLC0415

    folder = place.parent if place.name == FACTS else place
    file = folder / FACTS
    try:
        facts = json.loads(file.read_text(encoding="utf-8"), object_hook=_restored)
        flows = pd.read_parquet(folder / FLOWS)
    except FileNotFoundError as error:
        finding = Finding(
            message="is no folder of a plan", value=str(error.filename), allowed=f"a folder with {FACTS} and {FLOWS}"
        )
        raise ScenarioError([finding], f"plan {folder}") from error
    except (OSError, ValueError) as error:
        raise ScenarioError([Finding(message=f"cannot be read: {error}", file=str(folder))], f"plan {folder}") from error
    if not isinstance(facts, dict) or facts.pop("version", None) != VERSION:
        finding = Finding(message="was written by another version", file=str(file), allowed=f"version {VERSION}: plan again")
        raise ScenarioError([finding], f"plan {folder}")
    try:
        return _plan(facts, {name: flows[name].to_numpy(dtype=np.float64) for name in flows.columns})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        finding = Finding(
            message=f"lacks something or has too much: {error}", file=str(file), allowed="what `twinergy plan` wrote"
        )
        raise ScenarioError([finding], f"plan {folder}") from error


def _plan(facts: dict[str, Any], flows: dict[str, Any]) -> Plan:
    hours = flows.pop("hours")
    grid = facts.pop("grid")
    several: Mapping[str, type] = {"units": Unit, "account": Line, "reference": Line, "reasons": Reason}
    parts: dict[str, Any] = {name: tuple(kind(**one) for one in facts.pop(name)) for name, kind in several.items()}
    nodes = {name: tuple(connections) for name, connections in facts.pop("nodes").items()}
    start, notes = datetime.fromisoformat(facts.pop("start")), tuple(facts.pop("notes"))
    check = GridCheck(**{**grid, "rounds": tuple(grid["rounds"])}) if grid else None
    return Plan(**facts, **parts, nodes=nodes, start=start, notes=notes, grid=check, hours=hours, flows=flows)


def _restored(one: dict[str, Any]) -> Any:
    """Return an object of JSON, or the number that it stands for."""
    return float(one[NUMBER]) if set(one) == {NUMBER} else one


def _plain(value: Any) -> Any:
    """Return data as JSON takes it."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [_plain(one) for one in value]
    alone = value.item() if isinstance(value, np.generic) else value.isoformat() if isinstance(value, datetime) else value
    return {NUMBER: str(alone)} if isinstance(alone, float) and not math.isfinite(alone) else alone
