# SPDX-License-Identifier: Apache-2.0
"""What ``list`` and ``check`` print."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.table import Table

from twinergy import plugins
from twinergy.community.document import pilots
from twinergy.community.use_cases import use_cases
from twinergy.errors import Finding, ScenarioError, closest

if TYPE_CHECKING:
    from rich.console import Console

    from twinergy.community.scenario import Scenario

LISTS = ("pilots", "use-cases", "plugins", "all")


def print_lists(console: Console, what: str) -> None:
    """Print one of the lists, or all.

    Raises
    ------
    ScenarioError
        If there is no such list.
    """
    if what not in LISTS:
        raise ScenarioError([Finding(message="there is no such list", value=what, allowed=closest(what, LISTS))], "command line")
    if what in {"pilots", "all"}:
        _print_pilots(console)
    if what in {"use-cases", "all"}:
        _print_use_cases(console)
    if what in {"plugins", "all"}:
        _print_plugins(console)


def _print_pilots(console: Console) -> None:
    from twinergy.community.document import read  # noqa: PLC0415

    table = Table("pilot", "title", title="Pilots (twinergy run NAME)", title_justify="left")
    for name, file in pilots().items():
        table.add_row(name, str(read(file).data.get("title", "")))
    console.print(table)


def _print_use_cases(console: Console) -> None:
    table = Table("use case", "title", "shown by", title="Use cases of the project", title_justify="left")
    for case in use_cases():
        table.add_row(case.id, case.title, case.command or "not yet")
    console.print(table)


def _print_plugins(console: Console) -> None:
    table = Table("plug-in", "sort", "what it is", title="Plug-ins", title_justify="left")
    for group in plugins.GROUPS:
        for name in plugins.names(group):
            found = plugins.load(group, name)
            about = getattr(found, "title", "") or (found.__doc__ or "").strip().splitlines()[0]
            table.add_row(name, group.partition(".")[2].removesuffix("s"), about)
    console.print(table)


def print_summary(console: Console, scenario: Scenario) -> None:
    """Print what a checked scenario holds."""
    twin, axis = scenario.twin, scenario.axis
    local = twin.site.timezone
    table = Table(title=f"{scenario.name}: {scenario.file.title}", title_justify="left", show_header=False)
    table.add_row("site", f"{twin.site.name}, {twin.site.latitude_deg} N {twin.site.longitude_deg} E, {local}")
    table.add_row(
        "time (UTC)", f"{axis.start:%Y-%m-%d %H:%M} to {axis.end:%Y-%m-%d %H:%M}, {axis.n_steps} steps of {axis.step_s} s"
    )
    table.add_row("seed", str(scenario.context.seed))
    grid = scenario.grid
    table.add_row("grid", f"{len(grid.buses)} buses, {len(grid.lines)} lines, {len(grid.transformers)} transformers")
    table.add_row("connections", f"{len(twin.connections)}, {len(twin.dwellings)} dwellings")
    for kind, count in sorted(Counter(device.kind for device in twin.devices).items()):
        table.add_row(kind, str(count))
    for spec in scenario.controllers:
        table.add_row(f"controller {spec.name}", spec.plugin)
    console.print(table)
    console.print("[green]no findings[/green]")
