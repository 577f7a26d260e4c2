# SPDX-License-Identifier: Apache-2.0
"""The report of a run: one HTML file that needs nothing else, for people."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from twinergy.drawing import page
from twinergy.results import believable, report_facts, report_tables
from twinergy.results.folder import write_text

if TYPE_CHECKING:
    from pathlib import Path

    from twinergy.results.reader import Run

__all__ = ["render", "write_report"]


def write_report(run: Run) -> Path:
    """Write ``report.html`` and the figures of a run, and return the path of the report.

    Raises
    ------
    UnreadableError
        If the run has no key figures yet, or a part is damaged.
    StorageError
        If the report cannot be written.
    """
    write_text(run.folder.report, render(run, keep_figures=True))
    return run.folder.report


def render(run: Run, *, keep_figures: bool = False) -> str:
    """Return the report as HTML: styles and figures inside, light and dark, printable.

    Parameters
    ----------
    run : Run
        A run with key figures, finished or not.
    keep_figures : bool
        Whether to save the figures in the run's folder as well.
    """
    environment = page.environment("twinergy.results")
    return environment.get_template("report.html.j2").render(_context(run, keep_figures=keep_figures))


def _context(run: Run, *, keep_figures: bool) -> dict[str, Any]:
    document, kpis = run.kpi_document, run.kpis
    checks = report_facts.checks(run, kpis)
    return {
        "title": run.manifest.get("title") or run.name,
        "site": run.manifest.get("site", ""),
        "period": report_facts.period(run),
        "timezone": run.timezone,
        "status": run.status,
        "community": report_facts.community(run),
        "headlines": report_facts.headlines(kpis),
        "checks": checks,
        "clean": all(check.clean for check in checks),
        "figures": _figures(run, keep=keep_figures),
        "groups": report_facts.grouped(kpis),
        "local_time": report_facts.local_time,
        "unbreakable": report_facts.unbreakable,
        "plausible": believable.plausible(run, kpis),
        "months": report_tables.months(run.months, run.currency),
        "dwellings": report_tables.dwellings(run.dwellings, run.currency),
        "dwellings_csv": _csv(run),
        "foreign_money": not run.currency.is_euro,
        "connections": report_tables.connections(document.get("per_connection", []), run.currency),
        "top_rows": report_tables.TOP_ROWS,
        "most_rows": report_tables.MOST_ROWS,
        "set_points": {name: kpis[name] for name in kpis if name.startswith("set_points_")},
        "refusals": report_tables.refusals(run),
        "accounts": report_tables.accounts(run),
        "facts": report_facts.facts(run),
        "scenario": run.scenario,
    }


def _csv(run: Run) -> str:
    """Return the table of dwellings as the base64 of a CSV file; empty where there is none."""
    file = run.folder.table("dwellings").with_suffix(".csv")
    return b64encode(file.read_bytes()).decode("ascii") if file.is_file() else ""


def _figures(run: Run, *, keep: bool) -> list[dict[str, Any]]:
    from markupsafe import Markup  # noqa: PLC0415

    from twinergy.results.figure_style import svg  # noqa: PLC0415
    from twinergy.results.figures import FIGURES  # noqa: PLC0415

    shown = []
    for standard in FIGURES:
        if standard.possible(run):
            paper = run.folder.figures / f"{standard.name}.svg" if keep else None
            picture = Markup(svg(standard.draw(run), standard.name, paper))  # noqa: S704 - matplotlib escapes every text it draws
            shown.append({"name": standard.name, "title": standard.title, "caption": standard.caption, "svg": picture})
    return shown
