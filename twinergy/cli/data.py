# SPDX-License-Identifier: Apache-2.0
"""The commands of ``twinergy data``: bring data in, curate, ask, thin."""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 - typer reads annotations at run time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(
    help="The data platform: import, ingest, curate, query and thin measurements and results.", no_args_is_help=True
)
console = Console()

Folder = Annotated[str, typer.Argument(help="Data set or run folder; for runs also a name, the start of one, or `latest`.")]
Runs = Annotated[Path, typer.Option("--out", help="Folder that holds the run folders.")]
Target = Annotated[Path, typer.Option("--to", help="Folder of the data set; made if absent.")]
MappingFile = Annotated[Path, typer.Option("--mapping", help="YAML file: what the columns or fields mean.")]


@app.command(name="import")
def import_(
    files: Annotated[list[Path], typer.Argument(help="CSV or Parquet files of one kind.")],
    mapping: MappingFile,
    to: Target,
    *,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave out and count what cannot be read.")] = False,
) -> None:
    """Bring files of outside meters into a data set; all findings at once, nothing is written if there are any."""
    from twinergy.cli.data_work import import_command  # noqa: PLC0415 - heavy

    import_command(console, files, mapping, to, skip_bad=skip_bad)


@app.command()
def curate(
    data: Folder = "latest",
    out: Runs = Path("runs"),
    table: Annotated[list[str] | None, typer.Option("--table", help="Only this table; may be repeated.")] = None,
    rules: Annotated[Path | None, typer.Option("--rules", help="YAML file with thresholds.")] = None,
) -> None:
    """Flag gaps, spikes, stuck values, resets, wrong units and signs beside the data; values stay as they are."""
    from twinergy.cli.data_work import curate_command  # noqa: PLC0415 - heavy

    curate_command(console, data, out, table, rules)


@app.command()
def query(
    statement: Annotated[
        str, typer.Argument(help="One SELECT over raw_, once_, clean_, hourly_, daily_ and device_<table>, quality.")
    ],
    data: Annotated[str, typer.Option("--data", help="Data set or run.")] = "latest",
    out: Runs = Path("runs"),
    save: Annotated[Path | None, typer.Option("--save", help="Write .csv or .parquet instead of showing the first rows.")] = None,
) -> None:
    """Ask a data set or run in SQL."""
    from twinergy.cli.data_work import query_command  # noqa: PLC0415 - heavy

    query_command(console, statement, data, out, save)


@app.command()
def retain(
    data: Folder,
    policy: Annotated[Path, typer.Option("--policy", help="YAML file: tables with raw_days and hourly_days.")],
    out: Runs = Path("runs"),
    as_of: Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Local day to count back from.")] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go, and how many bytes.")] = False,
) -> None:
    """Thin old rows to hours, then to days, as a policy says; energy is kept exactly."""
    from twinergy.cli.data_work import retain_command  # noqa: PLC0415 - heavy

    day: date | None = as_of.date() if as_of else None
    retain_command(console, data, out, policy, as_of=day, dry_run=dry_run)


@app.command()
def ingest(
    mapping: MappingFile,
    to: Target,
    mqtt: Annotated[str | None, typer.Option("--mqtt", help="mqtt://user@host:1883/topic (mqtts:// with TLS).")] = None,
    bus: Annotated[str | None, typer.Option("--bus", help="nats://user@host:4222/subject.")] = None,
    block: Annotated[float, typer.Option("--block", min=0.1, help="Seconds until what has arrived is a Parquet part.")] = 60.0,
    seconds: Annotated[float | None, typer.Option("--seconds", min=0.1, help="End by itself after so long.")] = None,
) -> None:
    """Append messages of an MQTT broker or a NATS server to a data set until Ctrl-C; safe to kill, safe to start again."""
    from twinergy.cli.data_work import ingest_command  # noqa: PLC0415 - heavy

    given = [address for address in (mqtt, bus) if address]
    if len(given) != 1:
        message = "name one source: --mqtt or --bus"
        raise typer.BadParameter(message)
    ingest_command(console, given[0], mapping, to, block_s=block, seconds=seconds)
