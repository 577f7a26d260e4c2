# SPDX-License-Identifier: Apache-2.0
"""From a plan to a scenario that has what was chosen: it extends the one the plan was made for."""

from __future__ import annotations

import copy
import io
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from twinergy.community.document import COMMAND_LINE, SCENARIOS, pilots
from twinergy.cosim.planning import electric, thermal
from twinergy.cosim.planning.chosen import Changes
from twinergy.cosim.planning.steering import steer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twinergy.community.scenario import Scenario
    from twinergy.planning.plan import Plan, Unit

FILE: Final = "scenario.yaml"
LONGEST_NAME: Final = 80
MOST_LINES: Final = 6
"""Of more changes of one kind the rest is counted."""
ADD: Final[dict[str, Callable[[Changes, Unit], None]]] = {
    "pv": electric.add_pv,
    "wind": electric.add_wind,
    "battery": electric.add_battery,
    "ev": electric.add_cars,
    "tariff": electric.add_limit,
}


def changes_of(plan: Plan, base: Scenario) -> Changes:
    """Return what a plan changes in the scenario it was made for.

    Parameters
    ----------
    plan : Plan
        The plan.
    base : Scenario
        The scenario it was made for.

    Raises
    ------
    ScenarioError
        If a unit is at a place that the scenario does not have.
    """
    changes = Changes.of(base)
    for unit in plan.units:
        if unit.kind in ADD:
            ADD[unit.kind](changes, unit)
    for network in sorted({thermal.network_of(unit) for unit in plan.units} - {""}):
        thermal.add_network(changes, network, [unit for unit in plan.units if thermal.network_of(unit) == network])
    for unit in plan.units:
        if unit.kind == "heat_pump":
            thermal.add_heat_pumps(changes, unit, _boilers_kw(plan, unit.node))
        elif unit.kind in {"boiler", "heat_buffer"} and not thermal.network_of(unit) and any(unit.added.values()):
            changes.notes.append(f"{unit.block}: boilers and buffers of single homes are left as they are")
    steer(changes, plan)
    return changes


def scenario_of(plan: Plan, base: Scenario, folder: Path) -> Path:
    """Write the scenario of a plan into a folder and return its file.

    Lists of an extended scenario are replaced, so connections, dwellings, devices and meters are written whole; generated homes
    stay generated, and what a plan changes in them stands under ``overrides``. What was added stands at the head of the file.
    Where the command line has changed the base, all of it is written out, for its file does not know of that.

    Parameters
    ----------
    plan : Plan
        The plan.
    base : Scenario
        The scenario it was made for.
    folder : pathlib.Path
        Where it is written; made where it is missing. Files that the base names are copied beside it.

    Raises
    ------
    ScenarioError
        If a unit is at a place that the scenario does not have.
    """
    changes = changes_of(plan, base)
    folder.mkdir(parents=True, exist_ok=True)
    _copy_files(base, folder)
    file = folder / FILE
    file.write_text(_text(_data(plan, changes, folder), _head(plan, changes)), encoding="utf-8")
    return file


def summary(changes: Changes) -> str:
    """Return what is added and changed, a line each, and what to know about it."""
    sorts: dict[tuple[str, ...], list[str]] = {}
    for line in changes.lines:
        sorts.setdefault(tuple(line.split()[:2]), []).append(line)
    lines = []
    for several in sorts.values():
        short = len(several) > MOST_LINES
        lines += several[: MOST_LINES - 1] if short else several
        if short:
            lines.append(f"{several[0][0]} … and {len(several) - MOST_LINES + 1} more of the kind {several[0].split()[1]}")
    return "\n".join([*(lines or ["nothing: the plan builds nothing"]), *(f"! {note}" for note in changes.notes)])


def _boilers_kw(plan: Plan, node: str) -> float:
    return sum(float(unit.existing.get("size_kw", 0.0)) for unit in plan.units if unit.kind == "boiler" and unit.node == node)


def _data(plan: Plan, changes: Changes, folder: Path) -> dict[str, Any]:
    base = changes.base
    edited = any(file == COMMAND_LINE for file, _ in base.document.origin.values())
    data: dict[str, Any] = copy.deepcopy(base.document.data) if edited else {"extends": _extends(base, folder)}
    slug = re.sub(r"[^A-Za-z0-9_.-]+", "-", plan.name).strip("-") or "plan"
    name = slug if slug.startswith(base.name) else f"{base.name}-{slug}"
    data |= {"name": name[:LONGEST_NAME], "title": f"{base.file.title or base.name}, as planned"}
    for part in ("connections", "dwellings", "devices", "meters"):
        if getattr(changes, part):
            data[part] = getattr(changes, part)
    overrides = {**(base.document.data.get("overrides") or {})}
    for device, options in changes.overrides.items():
        overrides[device] = {**(overrides.get(device) or {}), **options}
    if overrides:
        data["overrides"] = overrides
    if changes.controllers:
        data["controllers"] = {**(data.get("controllers") or {}), **changes.controllers}
    if changes.generated_limit_kw:
        community = data.get("community") or {}
        connection = {**(community.get("connection") or {}), "limit_kw": changes.generated_limit_kw}
        data["community"] = {**community, "connection": connection}
    return data


def _extends(base: Scenario, folder: Path) -> str:
    file = base.document.files[-1].resolve()
    known = {path.resolve(): name for name, path in pilots().items()}
    if file in known and SCENARIOS in file.parents:
        return known[file]
    return Path(os.path.relpath(file, folder.resolve())).as_posix()


def _copy_files(base: Scenario, folder: Path) -> None:
    """Copy what the base names beside itself: paths in a scenario start where the outermost file is."""
    home = base.document.folder
    if home.resolve() == folder.resolve():
        return
    for text in _texts(base.document.data):
        named = Path(text)
        if 0 < len(text) < 256 and not named.is_absolute() and ".." not in named.parts and (home / named).is_file():  # noqa: PLR2004
            target = folder / named
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(home / named, target)


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for value in node.values():
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)
    elif isinstance(node, str) and "\n" not in node:
        yield node


def _head(plan: Plan, changes: Changes) -> str:
    lines = [
        f"What the plan {plan.name!r} makes of {changes.base.name}: {plan.question}, goal {plan.goal}.",
        *summary(changes).splitlines(),
    ]
    return "".join(f"# {line}\n" for line in lines)


def _text(data: dict[str, Any], head: str) -> str:
    from ruamel.yaml import YAML  # noqa: PLC0415

    stream = io.StringIO()
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.allow_unicode = True
    writer.width = 130
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    writer.dump(data, stream)
    return head + stream.getvalue()
