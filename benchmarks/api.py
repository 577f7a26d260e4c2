# SPDX-License-Identifier: Apache-2.0
"""Seconds in which the data service answers a year of one device's quarter hours, over a real connection on loopback.

A run of a whole year is written, part by part as a run does it: the meters of a community, all their ports. Then the service
starts in a process of its own, and is asked for the 35,040 powers of one meter. *Cold* is the first request after the start of
that process; *warm* the median of those after it. What is measured ends when the answer has been read and decoded.

    python benchmarks/api.py [--meters N] [--days N] [--repeat N] [--smoke]
"""

from __future__ import annotations

import argparse
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from twinergy.kinds import Table
from twinergy.ports import measured
from twinergy.results.block import ResultBlock, TableBlock
from twinergy.results.writer import RunFolder, RunWriter
from twinergy.serve.tokens import new_token
from twinergy.timebase import TimeAxis

if TYPE_CHECKING:
    from collections.abc import Callable

START = datetime(2023, 1, 1, tzinfo=UTC)
STEP_S = 900
LIMIT_S = 0.5
PORTS = ("p_kw", "q_kvar", "voltage_v", "energy_import_kwh", "energy_export_kwh", "age_s")
SERVE = """
import sys
from pathlib import Path
from rich.console import Console
from twinergy.cli.serving import serve_command
serve_command(Console(width=300), Path(sys.argv[1]), ["year"], port=0, requests_per_s=1000.0)
"""


def _rows_of_parquet(body: bytes) -> int:
    import pyarrow.parquet as pq  # noqa: PLC0415

    return int(pq.read_table(io.BytesIO(body)).num_rows)


def _rows_of_arrow(body: bytes) -> int:
    import pyarrow as pa  # noqa: PLC0415

    return int(pa.ipc.open_stream(body).read_all().num_rows)


DECODERS: dict[str, Callable[[bytes], int]] = {
    "json": lambda body: len(json.loads(body)["data"]["p_kw"]),
    "csv": lambda body: body.count(b"\n") - 1,
    "parquet": _rows_of_parquet,
    "arrow": _rows_of_arrow,
}


def write_year(base: Path, meters: int, days: int) -> RunFolder:
    """Write the meters of a community as a run of some days does, a part per week."""
    axis = TimeAxis(int(START.timestamp()), STEP_S, days * 86_400 // STEP_S)
    ids = tuple(f"meter-home-{number:04d}" for number in range(meters))
    table = Table("meter", ids, tuple(measured(name, name) for name in PORTS))
    rng = np.random.default_rng(1)
    folder = RunFolder.create(base, "year", START)
    with RunWriter(folder) as writer:
        writer.write_manifest(scenario="year", timezone="Europe/Berlin", step_s=STEP_S, start=axis.start.isoformat())
        for block in axis.blocks():
            values = {name: rng.gamma(2.0, 0.3, (len(block), meters)) for name in PORTS}
            writer.write_block(ResultBlock(block.epoch_s, STEP_S, {"meter": TableBlock(table, values)}))
    return folder


def started(base: Path, token: str) -> tuple[subprocess.Popen[str], str]:
    """Start the service and return it with its address."""
    environment = os.environ | {"TWINERGY_API_TOKEN": token, "PYTHONUNBUFFERED": "1"}
    root = Path(__file__).resolve().parents[1]
    command = [sys.executable, "-c", SERVE, str(base)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=root)
    said = process.stdout.readline() if process.stdout else ""
    return process, next(word for word in said.split() if word.startswith("http://"))


def timed(address: str, token: str, form: str) -> tuple[float, int, int]:
    """Return seconds, rows and bytes of one request."""
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})  # noqa: S310 - loopback
    begin = time.perf_counter()
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        body = answer.read()
    rows = DECODERS[form](body)
    return time.perf_counter() - begin, rows, len(body)


def measure(base: Path, name: str, form: str, repeat: int) -> dict[str, Any]:
    """Return what a format takes, cold and warm, for a service of its own."""
    token = new_token()
    process, root = started(base, token)
    address = f"{root}/runs/{name}/tables/meter/series?device=meter-home-0000&port=p_kw&limit=50000&format={form}"
    try:
        cold, rows, size = timed(address, token, form)
        warm = [timed(address, token, form)[0] for _ in range(repeat)]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    return {"cold": cold, "warm": median(warm), "rows": rows, "bytes": size}


def main() -> None:
    """Write the year, measure every format, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--meters", type=int, default=116, help="meters in the run, as many as Hagedorn has homes")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--repeat", type=int, default=9)
    parser.add_argument("--smoke", action="store_true", help="as small as it gets, to see that it runs")
    given = parser.parse_args()
    meters, days, repeat = (5, 14, 1) if given.smoke else (given.meters, given.days, given.repeat)
    forms = ("json", "arrow") if given.smoke else tuple(DECODERS)
    with tempfile.TemporaryDirectory() as scratch:
        folder = write_year(Path(scratch), meters, days)
        print(f"{meters} meters, {days} days of {STEP_S} s, {len(PORTS)} ports; wanted: below {LIMIT_S} s")
        for form in forms:
            found = measure(Path(scratch), folder.path.name, form, repeat)
            expected = days * 86_400 // STEP_S
            if found["rows"] != expected:
                message = f"{form}: {found['rows']} rows in place of {expected}"
                raise SystemExit(message)
            times = f"cold {1000 * found['cold']:7.1f} ms  warm {1000 * found['warm']:7.1f} ms"
            print(f"{form:8} {found['rows']:6} rows  {found['bytes'] / 1e6:6.2f} MB  {times}")


if __name__ == "__main__":
    main()
