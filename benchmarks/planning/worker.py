# SPDX-License-Identifier: Apache-2.0
"""One tool, one solve, one process: prints what it took as JSON.

``python -m benchmarks.planning.worker TOOL FOLDER`` reads the site that `benchmarks.planning.problem` wrote.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time
from pathlib import Path

import numpy as np  # noqa: F401 - every tool has it; not part of anybody's import time

from benchmarks.planning.problem import Site

TOOLS = {
    "laboratory": ("laboratory", ""),
    "highspy": ("bare", ""),
    "linopy": ("linopy_site", "direct"),
    "PyPSA": ("pypsa_site", "direct"),
    "PyPSA, default": ("pypsa_site", "lp"),
    "Pyomo, appsi": ("pyomo_site", ""),
    "oemof": ("oemof_site", "highs"),
}
OURS = {"laboratory"}
"""Runs where the laboratory is installed."""
KB_PER_MB = 1024.0


def main(tool: str, folder: Path) -> None:
    """Solve and print."""
    site = Site.read(folder)
    module, option = TOOLS[tool]
    begin = time.perf_counter()
    solver = importlib.import_module(f"benchmarks.planning.tools.{module}")
    imported, busy = time.perf_counter(), time.process_time()
    objective, columns = solver.solve(site, option)
    solved = time.perf_counter()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KB_PER_MB
    used = {"processor_s": time.process_time() - busy, "peak_mb": peak_mb}
    line = {"objective": objective, "columns": columns, "import_s": imported - begin, "total_s": solved - imported}
    sys.stdout.write("\n" + json.dumps({**line, **used}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
