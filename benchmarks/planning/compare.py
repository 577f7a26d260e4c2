# SPDX-License-Identifier: Apache-2.0
"""The same design problem in this laboratory and in PyPSA, linopy, oemof.solph, Pyomo and HiGHS: same optimum, time and memory.

``python -m benchmarks.planning.compare --environment DIR`` makes an environment for the others in DIR where there is none and
runs all of them, one after the other, ``--rounds`` times interleaved, each in a process of its own. Without ``--environment``
it runs those whose libraries are installed here; ``--quick`` takes two weeks instead of a year.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.planning.environment import python_of
from benchmarks.planning.problem import HOURS_PER_YEAR, make
from benchmarks.planning.worker import OURS, TOOLS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parents[2]
QUICK_HOURS = 336
SAME = 1e-6
"""Greatest relative difference between two objectives. [-]"""
NEEDS = {
    "laboratory": "pyomo",
    "highspy": "highspy",
    "linopy": "linopy",
    "PyPSA": "pypsa",
    "PyPSA, default": "pypsa",
    "Pyomo, appsi": "pyomo",
    "oemof": "oemof",
}
MEDIANS = ("total_s", "processor_s", "import_s", "peak_mb")


def once(python: Path, tool: str, folder: Path) -> dict[str, Any]:
    """Solve with one tool in a process of its own and return what it took."""
    command = [str(python), "-m", "benchmarks.planning.worker", tool, str(folder)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"{tool} failed:\n{done.stderr[-2000:]}"
        raise SystemExit(message)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def measure(tools: Sequence[str], pythons: Mapping[str, Path], hours: int, rounds: int) -> dict[str, dict[str, float]]:
    """Run all tools in turn, so often, and return the medians of each."""
    found: dict[str, list[dict[str, Any]]] = {tool: [] for tool in tools}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(hours).write(folder)
        for _ in range(rounds):
            for tool in tools:
                found[tool].append(once(pythons[tool], tool, folder))
    return {
        tool: {**runs[0], **{key: statistics.median(run[key] for run in runs) for key in MEDIANS}} for tool, runs in found.items()
    }


def show(found: Mapping[str, Mapping[str, float]], of: str) -> None:
    """Print the table; `of` is the tool that the others are measured against."""
    base = found[of]
    head = (
        f"{'tool':16} {'columns':>8} {'build + solve':>14} {'of it':>7} {'processor':>10} {'of it':>7} "
        f"{'import':>8} {'memory':>9} {'of it':>7}  objective"
    )
    lines = [head]
    for tool, run in found.items():
        time, busy, memory = (run[key] / base[key] for key in ("total_s", "processor_s", "peak_mb"))
        lines.append(
            f"{tool:16} {run['columns']:8.0f} {run['total_s']:12.2f} s {time:6.2f}x {run['processor_s']:8.2f} s {busy:6.2f}x "
            f"{run['import_s']:6.2f} s "
            f"{run['peak_mb']:6.0f} MB {memory:6.2f}x  {run['objective']:.6f}"
        )
    sys.stdout.write("\n".join(lines) + "\n")


def main() -> None:
    """Measure and print; fails where two tools disagree about the optimum."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--environment", type=Path, help="folder of the others' environment, made where there is none")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--hours", type=int, default=HOURS_PER_YEAR)
    parser.add_argument("--quick", action="store_true", help="two weeks, once, with what is installed here")
    parser.add_argument("--tools", nargs="+", choices=list(TOOLS), default=list(TOOLS), help="only these")
    given = parser.parse_args()
    here = Path(sys.executable)
    other = python_of(given.environment) if given.environment else None
    tools = [
        tool
        for tool, module in NEEDS.items()
        if tool in given.tools and (tool in OURS or other or importlib.util.find_spec(module))
    ]
    if given.quick and other is None:
        tools = [tool for tool in tools if tool not in {"PyPSA, default", "Pyomo, appsi"}]
    pythons = {tool: here if tool in OURS or other is None else other for tool in tools}
    found = measure(tools, pythons, QUICK_HOURS if given.quick else given.hours, 1 if given.quick else given.rounds)
    show(found, next(tool for tool in ("PyPSA", "highspy", *found) if tool in found))
    best = [run["objective"] for run in found.values()]
    spread = (max(best) - min(best)) / abs(min(best))
    sys.stdout.write(f"objectives agree within {spread:.1e}, allowed {SAME:.0e}; {len(found)} of {len(TOOLS)} tools\n")
    if spread > SAME:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
