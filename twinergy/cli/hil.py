# SPDX-License-Identifier: Apache-2.0
"""The tester's commands, ``twinergy hil``; what they do stands in `twinergy.cli.hil_work`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twinergy.cli.shared import console

app = typer.Typer(help="Real devices in the loop: find, check, watch, rehearse, stop.", no_args_is_help=True)

ScenarioName = Annotated[str, typer.Argument(help="Name of a pilot or path of a scenario file with adapters.")]
Assignments = Annotated[list[str] | None, typer.Option("--set", metavar="A.B=C", help="Override a value; may be repeated.")]
Runs = Annotated[Path, typer.Option("--out", help="Folder that holds the run folders.")]
Seconds = Annotated[float | None, typer.Option("--for", min=0.0, help="End after so many seconds; until Ctrl-C if not given.")]


@app.command()
def scan(
    where: Annotated[str, typer.Argument(help="host:port, a serial port, or a broker: mqtt://host:1883.")],
    adapter: Annotated[list[str] | None, typer.Option("--adapter", help="Only these: modbus, ocpp, mqtt.")] = None,
) -> None:
    """Look for devices at an address and propose an adapter block for each."""
    from twinergy.cli.hil_work import scan_command  # noqa: PLC0415 - heavy

    scan_command(console, where, tuple(adapter or ()))


@app.command()
def check(
    scenario: ScenarioName,
    device: Annotated[str, typer.Argument(help="Id of a device of the scenario that is real.")],
    assign: Assignments = None,
    report: Annotated[Path | None, typer.Option("--report", help="Markdown file to write.")] = None,
    reads: Annotated[int, typer.Option("--reads", min=1, help="How often it is read.")] = 100,
    *,
    arm: Annotated[bool, typer.Option("--arm", help="Also write to it, in a harmless window, and let it fall back.")] = False,
) -> None:
    """Check one real device: what it says, how fast, whether it does what it is told, and whether it falls back."""
    from twinergy.cli.hil_work import check_command  # noqa: PLC0415 - heavy

    if check_command(console, scenario, assign or [], device, reads=reads, arm=arm, report=report):
        raise typer.Exit(1)


@app.command()
def watch(
    what: Annotated[
        str, typer.Argument(help="Run folder or its name, `latest`, or a scenario whose devices to read.")
    ] = "latest",
    out: Runs = Path("runs"),
    assign: Assignments = None,
    seconds: Seconds = None,
    *,
    once: Annotated[bool, typer.Option("--once", help="Print the table once and end.")] = False,
) -> None:
    """Show every link live: state, readings with quality and age, commands."""
    from twinergy.cli.hil_work import watch_command  # noqa: PLC0415 - heavy

    watch_command(console, what, out, assign or [], seconds=0.0 if once else seconds)


@app.command()
def stop(
    run: Annotated[str, typer.Argument(help="Run folder, its name, or `latest`.")] = "latest",
    out: Runs = Path("runs"),
    why: Annotated[str, typer.Option("--why", help="Reason, for the log.")] = "stopped by hand",
) -> None:
    """Emergency stop: put every controlled device of a run into its safe state, and end the run."""
    from twinergy.cli.hil_work import stop_command  # noqa: PLC0415 - heavy

    if stop_command(console, run, out, why):
        raise typer.Exit(1)


@app.command()
def fit(
    run: Annotated[str, typer.Argument(help="Run with real devices: folder, its name, or `latest`.")],
    link: Annotated[str, typer.Argument(help="Link whose twin to fit; all that can be if not given.")] = "",
    out: Runs = Path("runs"),
) -> None:
    """Fit the parameters of twins to what real devices did in a run, and print them as scenario blocks."""
    from twinergy.cli.hil_work import fit_command  # noqa: PLC0415 - heavy

    fit_command(console, run, link, out)


@app.command()
def bench(
    scenario: ScenarioName,
    assign: Assignments = None,
    pace: Annotated[float, typer.Option("--pace", help="Simulated seconds per second; as the run that uses it.")] = 1.0,
    fault: Annotated[
        list[str] | None, typer.Option("--fault", metavar="LINK:FAULT@START+LENGTH", help="May be repeated.")
    ] = None,
    seconds: Seconds = None,
    log: Annotated[Path | None, typer.Option("--log", help="File to append every frame to.")] = None,
) -> None:
    """Serve software devices for the real ones of a scenario, with physics from its simulators."""
    from twinergy.cli.hil_work import bench_command  # noqa: PLC0415 - heavy

    bench_command(console, scenario, assign or [], pace, fault or [], seconds, log)


@app.command()
def replay(
    log: Annotated[Path, typer.Argument(help="hardware.jsonl of a run.")],
    scenario: ScenarioName,
    assign: Assignments = None,
    speed: Annotated[float, typer.Option("--speed", help="How fast to play it.")] = 1.0,
    seconds: Seconds = None,
) -> None:
    """Play a recorded log as devices that speak the real protocols."""
    from twinergy.cli.hil_work import replay_command  # noqa: PLC0415 - heavy

    replay_command(console, log, scenario, assign or [], speed, seconds)
