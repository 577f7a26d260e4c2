# SPDX-License-Identifier: Apache-2.0
"""The ``sweep`` command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from twinergy.cosim.sweep import ERROR, TABLE, sweep

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console


def sweep_command(
    console: Console,
    errors: Console,
    scenario: str,
    assignments: list[str],
    out: Path,
    *,
    workers: int,
    cluster: str | None,
    keep_series: bool,
) -> int:
    """Run a sweep for somebody at a terminal and return the number of cases that failed."""
    columns = (TextColumn("[bold]sweep"), BarColumn(bar_width=None), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("sweep", total=None)
        folder = sweep(
            scenario,
            assignments,
            out=out,
            workers=workers,
            cluster=cluster,
            keep_series=keep_series,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    frame = pd.read_parquet(folder / TABLE)
    failed = frame[frame[ERROR] != ""]
    for _, row in failed.iterrows():
        errors.print(f"case {row['case']}: {row[ERROR]}", style="red", markup=False, highlight=False, soft_wrap=True)
    console.print(f"{len(frame) - len(failed)} of {len(frame)} cases in {folder / TABLE}", soft_wrap=True, highlight=False)
    return len(failed)
