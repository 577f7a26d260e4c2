# SPDX-License-Identifier: Apache-2.0
"""The commands ``plan`` and ``verify``."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.table import Table

from twinergy.cosim.planning.around import Around
from twinergy.cosim.planning.scenario import scenario_of
from twinergy.cosim.planning.study import Study
from twinergy.cosim.planning.verify import verify
from twinergy.planning import folder as folders
from twinergy.planning.report import write_report, write_verification

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from twinergy.cosim.planning.verify import Verification
    from twinergy.planning.plan import Plan

LATEST: Final = "latest"
EUR: Final = "{:,.0f}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wish:
    """What the command line asks for beside the optimum."""

    front: int = 0
    sensitivity: bool = False
    alternatives: float = 0.0
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
    wish: Wish,
) -> Path:
    """Plan for somebody at a terminal and return the folder of the plan."""
    study = Study.of(
        scenario,
        file=file,
        assignments=assignments,
        scenario_assignments=scenario_assignments,
        fresh=fresh,
        say=lambda text: console.print(text, style="dim", highlight=False, markup=False),
    )
    plan = study.answer(f"{study.scenario.name}-{study.request.question}-{study.request.goal}", Around(study, **dataclasses.asdict(wish)))
    place = folders.write(plan, _fresh(out, plan.name))
    scenario_of(plan, study.scenario, place)
    topology = study.grid.ac.model.topology() if study.grid else None  # type: ignore[attr-defined]
    report = write_report(plan, place, courses=study.courses, topology=topology)
    show(console, plan)
    console.print(f"plan in {place}, report {report}; prove it with: twinergy verify {place}", soft_wrap=True, highlight=False)
    return place


def verify_command(
    console: Console,
    place: str,
    out: Path,
    *,
    year: bool,
    weeks: Sequence[int] | None,
    explain: bool,
    improve: bool,
    workers: int,
    cluster: str | None,
) -> int:
    """Prove a plan in the twin and return 0."""
    folder = latest(out) if place == LATEST else Path(place)
    plan = folders.read(folder)
    say = lambda text: console.print(text, style="dim", highlight=False, markup=False)  # noqa: E731
    options: dict[str, Any] = {"year": year, "weeks": weeks or None, "explain": explain, "workers": workers, "cluster": cluster}
    proof = verify(plan, folder, progress=say, **options)
    report = write_verification(plan, proof.rows(), proof.gap.rows(), folder)
    _show_proof(console, proof)
    console.print(f"report {report}", soft_wrap=True, highlight=False)
    return 0
