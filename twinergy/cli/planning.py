# SPDX-License-Identifier: Apache-2.0
"""The commands ``plan`` and ``verify``."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.table import Table

from twinergy.community.document import Document, pilots
from twinergy.community.scenario import find, load
from twinergy.cosim.planning.improve import improve as improved
from twinergy.cosim.planning.scenario import scenario_of
from twinergy.cosim.planning.study import Study
from twinergy.cosim.planning.told import document, text
from twinergy.cosim.planning.verify import verify
from twinergy.errors import Finding, ScenarioError
from twinergy.planning import catalogue
from twinergy.planning import folder as folders
from twinergy.planning.asking import checked
from twinergy.planning.report import write_report, write_verification
from twinergy.planning.report.words import UNITS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console

    from twinergy.community.scenario import Scenario
    from twinergy.cosim.planning.around import Around
    from twinergy.cosim.planning.verify import Verification
    from twinergy.planning.plan import Plan, Unit

CHANGED: Final = "scenario_assignments"
"""Where a plan keeps what the command line changed in its scenario, among its extras."""
LATEST: Final = "latest"
PROOF: Final = "verification.json"
"""What `verify` found, as data, in the folder of a plan."""
MOST_REASONS: Final = 6
EUR: Final = "{:,.0f}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Proving:
    """How a plan is proved; see `twinergy.cosim.planning.verify.verify`."""

    year: bool = False
    weeks: Sequence[int] | None = None
    explain: bool = True
    workers: int = 1
    cluster: str | None = None


def plan_command(
    console: Console,
    scenario: str,
    *,
    file: Path | None,
    assignments: Sequence[str],
    scenario_assignments: Sequence[str],
    out: Path,
    fresh: bool,
    around: Around,
) -> Path:
    """Plan for somebody at a terminal and return the folder of the plan."""
    study = Study.of(
        scenario,
        file=file,
        assignments=assignments,
        scenario_assignments=scenario_assignments,
        fresh=fresh,
        say=_dim(console),
    )
    plan = study.answer(f"{study.scenario.name}-{study.request.question}-{study.request.goal}", around)
    edits = {CHANGED: list(scenario_assignments)} if scenario_assignments else {}
    plan = dataclasses.replace(plan, scenario=_named(scenario), extras={**plan.extras, **edits})
    place = folders.write(plan, _fresh(out, plan.name))
    scenario_of(plan, study.scenario, place)
    topology = study.grid.ac.model.topology() if study.grid else None  # type: ignore[attr-defined]
    zone = study.scenario.twin.site.timezone
    report = write_report(plan, place, courses=study.courses, topology=topology, timezone=zone)
    show(console, plan)
    console.print(f"plan in {place}, report {report}; prove it with: twinergy verify {place}", soft_wrap=True, highlight=False)
    return place


def verify_command(
    console: Console,
    place: str,
    out: Path,
    *,
    proving: Proving,
    improve: bool,
) -> Path:
    """Prove a plan in the twin, and plan again with what it showed where that is asked for; returns the report."""
    folder = latest(out) if place == LATEST else Path(place)
    plan = folders.read(folder)
    proof, report = _proved(console, plan, folder, proving)
    if not improve:
        return report
    made: list[tuple[Plan, Path]] = []

    def again(request: dict[str, Any]) -> Plan:
        better, place = _again(console, plan, request, out)
        made.append((better, place))
        return better

    best = improved(plan, proof, again, lambda better: _proved(console, better, made[-1][1], proving)[0])
    place_of = next((place for better, place in made if better.name == best.name), folder)
    folders.write(best, place_of)
    console.print(f"{best.notes[-1]}; the cheapest in the twin is {place_of}", highlight=False, soft_wrap=True)
    return place_of / report.name


def _named(scenario: str) -> str:
    """Return a scenario as it is found again from any folder: a pilot's name, or the whole path."""
    path = find(scenario)
    return scenario if scenario in pilots() and path == pilots()[scenario] else str(path.resolve())


def _base(plan: Plan) -> Scenario:
    """Return the community that a plan was made for, with what the command line had changed in it."""
    return load(plan.scenario, plan.extras.get(CHANGED, ()))


def _proved(console: Console, plan: Plan, folder: Path, proving: Proving) -> tuple[Verification, Path]:
    """Prove a plan, show it, and leave what came of it in the plan's folder."""
    proof = verify(plan, folder, base=_base(plan), progress=_dim(console), **dataclasses.asdict(proving))
    console.print(text(proof), highlight=False, markup=False, soft_wrap=True)
    return proof, _written(plan, proof, folder)


def _written(plan: Plan, proof: Verification, folder: Path) -> Path:
    """Write a proof as data and as a page, and return the page: first the ends of the gap, to which its reasons add up."""
    ends = [
        {"name": name, "unit": unit, **{side: getattr(getattr(proof, side), name) for side in ("planned", "simulated", "base")}}
        for name, unit in (("eur", "EUR/a"), ("co2_kg", "kg/a"))
    ]
    (folder / PROOF).write_text(json.dumps(document(proof), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    notes = dict.fromkeys((*proof.notes, *proof.gap.notes))
    return write_verification(
        plan, [*ends, *_rows(proof.figures)], _rows(proof.gap.reasons), folder, notes=notes, adds=proof.adds
    )


def _again(console: Console, plan: Plan, request: dict[str, Any], out: Path) -> tuple[Plan, Path]:
    """Plan once more from a request as plain data."""
    study = Study(_base(plan), checked(Document(request, {}, ())), catalogue.load(), say=_dim(console))
    place = _fresh(out, plan.name)
    better = study.answer(place.name)
    edits = {name: plan.extras[name] for name in (CHANGED,) if name in plan.extras}
    better = dataclasses.replace(better, scenario=plan.scenario, extras={**better.extras, **edits})
    folders.write(better, place)
    return better, place


def latest(out: Path) -> Path:
    """Return the folder of the plan that was written last.

    Raises
    ------
    ScenarioError
        If there is none.
    """
    found = sorted(out.glob(f"*/{folders.FACTS}"), key=lambda file: file.stat().st_mtime)
    if not found:
        raise ScenarioError(
            [Finding(message="holds no plan yet", value=str(out), allowed="make one: twinergy plan PILOT")], "plan"
        )
    return found[-1].parent


def _fresh(out: Path, name: str) -> Path:
    """Return a new folder for a plan: its name and the time."""
    place = out / f"{name}-{datetime.now(tz=UTC):%Y%m%d-%H%M%S}"
    number = 1
    while place.exists():
        number += 1
        place = out / f"{name}-{datetime.now(tz=UTC):%Y%m%d-%H%M%S}-{number}"
    return place


def _rows(several: Sequence[Any]) -> list[dict[str, Any]]:
    return [dataclasses.asdict(one) for one in several]


def _dim(console: Console) -> Callable[[str], None]:
    return lambda text: console.print(text, style="dim", highlight=False, markup=False, soft_wrap=True)


def show(console: Console, plan: Plan) -> None:
    """Show what a plan builds and what it is worth."""
    table = Table(title=f"{plan.question}, least {plan.goal}: {plan.status}", title_justify="left")
    for name in ("what", "where", "adds", "EUR at once", "EUR a year"):
        table.add_column(name, justify="right" if name.startswith("EUR") else "left", overflow="fold")
    for (what, node), units in _by_place(plan).items():
        sizes = {name: sum(unit.added.get(name, 0.0) for unit in units) for unit in units for name in unit.added}
        added = ", ".join(f"{value:,.1f} {UNITS.get(name, name)}" for name, value in sizes.items())
        invest, annual = sum(unit.invest_eur for unit in units), sum(unit.annual_eur for unit in units)
        table.add_row(what, node, added, EUR.format(invest), EUR.format(annual))
    if table.row_count:
        console.print(table)
    else:
        console.print(f"{plan.question}, least {plan.goal}: {plan.status}; nothing is added", highlight=False)
    for name, lines in (("as it is", plan.reference), ("planned", plan.account)):
        eur, tonnes = sum(line.eur for line in lines), sum(line.co2_kg for line in lines) / 1000.0
        console.print(f"{name}: {eur:,.0f} EUR/a, {tonnes:,.1f} t CO2e/a", highlight=False)
    if plan.grid is not None:
        word = "carries it" if plan.grid.agreed else "does not carry it"
        volts = f"{plan.grid.vm_min_pu:.3f} to {plan.grid.vm_max_pu:.3f} pu"
        console.print(f"the network {word}: {volts}, {len(plan.grid.rounds)} rounds", highlight=False)
    for reason in plan.reasons[:MOST_REASONS]:
        console.print(f"- {reason.what}", highlight=False, soft_wrap=True)


def _by_place(plan: Plan) -> dict[tuple[str, str], list[Unit]]:
    """Return what is built by technology and node: roofs of all directions together."""
    found: dict[tuple[str, str], list[Unit]] = {}
    for unit in plan.units:
        if any(value > 0.0 for value in unit.added.values()):
            found.setdefault((unit.technology or unit.kind, unit.node), []).append(unit)
    return found
