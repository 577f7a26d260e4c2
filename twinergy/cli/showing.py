# SPDX-License-Identifier: Apache-2.0
"""What ``show``, ``compare`` and the end of ``run`` print."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from rich.table import Table

from twinergy.results.reader import find_run
from twinergy.results.report_facts import local_time

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from twinergy.results.kpi import Kpi
    from twinergy.results.reader import Run

HEADLINE: Final = ("consumption_kwh", "generation_kwh", "self_consumption", "self_sufficiency", "cost_eur", "peak_import_kw")


def print_headline(console: Console, run: Run) -> None:
    """Print, at the end of a run, what a person wants to know first, and what went wrong."""
    kpis = run.kpis
    shown = "  ".join(f"{kpis[name].definition.title} [bold]{kpis[name].text}[/bold]" for name in HEADLINE if name in kpis)
    console.print(shown)
    for figure in kpis.values():
        if not figure.clean:
            console.print(f"[yellow]{figure.definition.title}: {figure.text} {figure.where}[/yellow]")
    report = run.path / "report.html"
    console.print(f"{report if report.is_file() else run.path}", soft_wrap=True, highlight=False)


def show_run(console: Console, base: Path, name: str, *, again: bool) -> None:
    """Print all key figures of a run and where its files are."""
    run = find_run(base, name)
    if again:
        from twinergy.results.report import write_report  # noqa: PLC0415 - matplotlib

        write_report(run)
    manifest = run.manifest
    console.print(f"[bold]{run.name}[/bold]  {manifest.get('title', '')}", soft_wrap=True)
    begin, end = (local_time(str(manifest.get(key, "")), run.timezone) for key in ("start", "end"))
    console.print(
        f"{run.status}, {begin} to {end} ({run.timezone}), step {manifest.get('step_s', '?')} s, "
        f"seed {manifest.get('seed', '?')}, computed in {manifest.get('wall_s', 0.0):.1f} s",
        highlight=False,
        soft_wrap=True,
    )
    table = Table("", "value", "where and when")
    group = ""
    for figure in run.kpis.values():
        if figure.definition.group != group:
            group = figure.definition.group
            table.add_section()
            table.add_row(f"[bold]{group}[/bold]", "", "")
        when = local_time(figure.when, run.timezone) if figure.when else ""
        table.add_row(figure.definition.title, _marked(figure), f"{figure.where} {when}".strip())
    console.print(table)
    for file in ("report.html", "figures", "series"):
        if (run.path / file).exists():
            console.print(f"{run.path / file}", soft_wrap=True, highlight=False)


def show_use_case(base: Path, name: str, case: str) -> None:
    """Print the page of a use case, Markdown with a diagram of the messages that flowed in a run."""
    from twinergy.results.use_case_pages import use_case_page  # noqa: PLC0415 - pandas

    sys.stdout.write(use_case_page(find_run(base, name), case))


def compare_runs(console: Console, base: Path, names: list[str], *, everything: bool) -> None:
    """Print key figures side by side with their differences to the first run."""
    from twinergy.results.compare import compare_texts  # noqa: PLC0415 - pandas

    heads, rows = compare_texts([find_run(base, name) for name in names], everything=everything)
    table = Table(*heads)
    for row in rows:
        table.add_row(*row)
    console.print(table if rows else "no key figure differs")


def _marked(figure: Kpi) -> str:
    return figure.text if figure.clean else f"[yellow]{figure.text}[/yellow]"
