# SPDX-License-Identifier: Apache-2.0
"""Every benchmark still runs: a smoke run of each. Its figures are for a quiet machine, not for here."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = sorted((Path(__file__).resolve().parents[2] / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("file", BENCHMARKS, ids=lambda file: file.stem)
def test_benchmark_runs(file, tmp_path):
    done = subprocess.run(
        [sys.executable, str(file), "--smoke"], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"\d+(?:\.\d+)?", done.stdout)) > 5
