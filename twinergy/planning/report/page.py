# SPDX-License-Identifier: Apache-2.0
"""The report of a plan: one HTML file that needs nothing else, and its figures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from twinergy.planning.report import beyond, facts, options, tables, times, writing
from twinergy.planning.report.figures import shown
from twinergy.planning.report.words import MISSING, QUESTIONS, SAID, USABLE, percent, plain, quantity, real

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from twinergy.community.topology import GridTopology
    from twinergy.planning.catalogue import Catalogue
    from twinergy.planning.courses import Courses
    from twinergy.planning.plan import Plan
    from twinergy.planning.report.figures import Shown

__all__ = ["PAGE", "write_report"]

PAGE: Final = "report.html"
TOP_ROWS: Final = 14


def write_report(
    plan: Plan,
    folder: Path,
    *,
    courses: Courses | None = None,
    topology: GridTopology | None = None,
    timezone: str = "",
    catalogue: Catalogue | None = None,
) -> Path:
    """Write ``report.html`` and ``figures/*.png`` of a plan into a folder, and return the path of the report.

    Parameters
    ----------
    plan : Plan
        A plan, or why there is none; what it has is shown, what it has not is left out.
    folder : pathlib.Path
        Its folder, which is made where it is missing.
    courses : Courses, optional
        The year it was made for: for the time zone, and for how the grid is used as it is.
    topology : GridTopology, optional
        For the map; a table stands in its place without one.
    timezone : str
        IANA name of the local time; that of the courses, or UTC, where not given.
    catalogue : Catalogue, optional
        Where the numbers of technologies are from; the laboratory's own where not given.
    """
    zone = timezone or (courses.timezone if courses is not None else "UTC")
    figures = _drawn(shown(plan, zone, courses, topology), folder / writing.FIGURES)
    context = {
        **_head(plan),
        **_choice(plan),
        **_grid(plan, zone, figures),
        **_assumed(plan, catalogue),
        "figures": figures,
        "zone": zone,
    }
    return writing.written(
        folder / PAGE, "plan.html.j2", {**context, "top_rows": TOP_ROWS, "folder": folder.name, "plain": plain}
    )


def _head(plan: Plan) -> dict[str, Any]:
    solver = SAID.get(plan.status, plan.status)
    return {
        "plan": plan,
        "usable": plan.status in USABLE,
        "question": QUESTIONS.get(plan.question, plan.question),
        "goal": facts.goal(plan),
        "status": solver,
        "answer": " ".join(facts.answer(plan)),
        "cards": facts.cards(plan),
        "clashes": beyond.clashes(plan),
        "seconds": [(name.replace("_", " "), quantity(value, "s")) for name, value in plan.seconds.items()],
        "gap": MISSING if math.isnan(real(plan.gap)) else percent(plan.gap),
        "nodes": [(name, len(several)) for name, several in plan.nodes.items()],
        "per_tonne": tables.cost_per_tonne(plan),
    }


def _choice(plan: Plan) -> dict[str, Any]:
    return {
        "options": options.options(plan),
        "apart": options.apart(plan),
        "built": tables.built(plan),
        "there": tables.there(plan),
        "account": tables.account(plan),
        "sensitivity": beyond.sensitivity(plan),
        "ranges": beyond.ranges(plan),
        "hosting": beyond.hosting(plan),
        "available": beyond.available(plan),
        "futures": beyond.futures(plan),
        "future_sentences": beyond.future_sentences(plan),
    }


def _grid(plan: Plan, zone: str, figures: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    grid = plan.grid
    if grid is None:
        return {"grid": None, "rounds": tables.rounds(()), "extremes": tables.extremes({}), "worst": ""}
    mapped = any(figure["name"] == "network" for figure in figures)
    worst = ""
    if "step" in grid.worst:
        what, where = str(grid.worst.get("what", "")), str(grid.worst.get("where", ""))
        loading = "loading" in what
        value = quantity(grid.worst.get("value"), "%" if loading else "of nominal", 1 if loading else 3)
        worst = f"{times.moment(plan, int(grid.worst['step']), zone)}: {what}{f' at {where}' if where else ''}, {value}"
    return {
        "grid": grid,
        "rounds": tables.rounds(grid.rounds),
        "extremes": tables.extremes({} if mapped else grid.worst),
        "worst": worst,
    }


def _assumed(plan: Plan, catalogue: Catalogue | None) -> dict[str, Any]:
    request = beyond.request_of(plan)
    if request is None:
        return {"finance": [], "technologies": tables.Table([], []), "money_year": "", "sources": []}
    if catalogue is None:
        from twinergy.planning.catalogue import load  # noqa: PLC0415 - takes a second to read

        catalogue = load()
    numbers = beyond.technologies(plan, request, catalogue)
    return {
        "finance": beyond.finance(request),
        "technologies": numbers,
        "sources": beyond.sources(numbers, catalogue),
        "money_year": catalogue.money.year,
    }


def _drawn(several: Iterable[Shown], folder: Path) -> list[dict[str, Any]]:
    return [{"title": one.title, "caption": one.caption, **writing.picture(one.draw(), one.name, folder)} for one in several]
