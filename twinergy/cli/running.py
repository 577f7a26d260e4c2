# SPDX-License-Identifier: Apache-2.0
"""The ``run`` command: progress bar, exit codes."""

from __future__ import annotations

import sys
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from twinergy.adapters import Mode
from twinergy.cli.bussing import linked, say_how_it_was
from twinergy.cli.showing import print_headline
from twinergy.community.scenario import load
from twinergy.cosim.runner import RunInterruptedError, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rich.console import Console

    from twinergy.cli.bussing import Linking
    from twinergy.cli.stopping import Stop
    from twinergy.community.scenario import Scenario

INTERRUPTED = 130


def run_command(
    console: Console,
    errors: Console,
    scenario_name: str,
    overrides: list[str],
    out: Path,
    *,
    show_progress: bool,
    with_report: bool,
    linking: Linking,
    stop: Stop,
) -> int:
    """Run a scenario for somebody at a terminal and return the exit code."""
    scenario = load(scenario_name, overrides)
    if linking.simulated:
        scenario = scenario.simulated()
    linking = replace(linking, armed=linking.armed or _agreed(console, scenario))
    bar = _bar(console, scenario) if show_progress else nullcontext()
    with linked(linking, scenario, out) as platform, bar as progress:
        stop.ready()
        try:
            finished = run(scenario, out=out, progress=progress, stop=stop, report=with_report, platform=platform)
        except RunInterruptedError as interrupted:
            errors.print(str(interrupted), style="yellow", markup=False, highlight=False, soft_wrap=True)
            return INTERRUPTED
    print_headline(console, finished)
    say_how_it_was(console, finished.manifest)
    return 0


def _agreed(console: Console, scenario: Scenario) -> bool:
    """Ask somebody at a terminal whether real devices may be controlled; nobody there means no."""
    controlled = [one.id for one, _ in scenario.real if one.options.mode is Mode.CONTROL]
    if not controlled or not sys.stdin.isatty():
        return False
    console.print(f"This run controls real devices: {', '.join(controlled)}.", markup=False, highlight=False, soft_wrap=True)
    return console.input("Type yes to arm it: ").strip().lower() == "yes"


@contextmanager
def _bar(console: Console, scenario: Scenario) -> Iterator[Callable[[int, int], None]]:
    axis, zone = scenario.axis, ZoneInfo(scenario.twin.site.timezone)
    columns = (
        TextColumn("[bold]{task.fields[name]}"),
        TextColumn("{task.fields[date]}"),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=False) as bar:
        task = bar.add_task("run", total=axis.n_steps, name=scenario.name, date="starting", speed="")

        def update(done: int, total: int) -> None:
            date = datetime.fromtimestamp(axis.start_epoch_s + done * axis.step_s, tz=UTC).astimezone(zone)
            speed = bar.tasks[0].speed
            per_s = f"{speed:,.0f} steps/s" if speed else ""
            bar.update(task, completed=done, total=total, date=f"{date:%Y-%m-%d %H:%M}", speed=per_s)

        yield update
