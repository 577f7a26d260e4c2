# SPDX-License-Identifier: Apache-2.0
"""What ``show``, ``compare`` and the end of ``run`` print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.table import Table

from twinergy.results.reader import find_run

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
    console.print(
        f"{run.status}, {manifest.get('start', '?')} to {manifest.get('end', '?')}, step {manifest.get('step_s', '?')} s, "
        f"seed {manifest.get('seed', '?')}, {manifest.get('wall_s', 0.0):.1f} s",
        highlight=False,
    )
    table = Table("", "value", "where and when")
    group = ""
    for figure in run.kpis.values():
        if figure.definition.group != group:
            group = figure.definition.group
            table.add_section()
            table.add_row(f"[bold]{group}[/bold]", "", "")
        table.add_row(figure.definition.title, _marked(figure), f"{figure.where} {figure.when}".strip())
    console.print(table)
    for file in ("report.html", "figures", "series"):
        if (run.path / file).exists():
            console.print(f"{run.path / file}", soft_wrap=True, highlight=False)


def compare_runs(console: Console, base: Path, names: list[str], *, everything: bool) -> None:
    """Print key figures side by side with their differences to the first run."""
    from twinergy.results.compare import compare  # noqa: PLC0415 - pandas

    runs = [find_run(base, name) for name in names]
    frame = compare(runs)
    table = Table("", *(column for run in runs for column in ([run.name] if run is runs[0] else [run.name, "difference", ""])))
    for name, row in frame.iterrows():
        values = [row[run.name] for run in runs]
        if not everything and all(value == values[0] or value != value for value in values):  # noqa: PLR0124 - NaN
            continue
        table.add_row(*_compared(str(name), row, runs))
    console.print(table)


def _compared(name: str, row: Any, runs: list[Run]) -> list[str]:
    figures = [run.kpis.get(name) for run in runs]
    first = figures[0]
    title = next(figure.definition.title for figure in figures if figure is not None)
    cells = [title, first.text if first else "–"]
    for run, figure in zip(runs[1:], figures[1:], strict=True):
        cells.append(figure.text if figure else "–")
        if first is None or figure is None:
            cells += ["", ""]
            continue
        cells.append(_signed(figure, row[f"{run.name} difference"]))
        relative = row[f"{run.name} relative"]
        cells.append(f"{100.0 * relative:+.1f} %" if relative == relative else "")  # noqa: PLR0124 - NaN
    return cells


def _signed(figure: Kpi, value: float) -> str:
    return f"{'+' if value > 0.0 else ''}{figure.definition.text(value)}"


def _marked(figure: Kpi) -> str:
    return figure.text if figure.clean else f"[yellow]{figure.text}[/yellow]"
