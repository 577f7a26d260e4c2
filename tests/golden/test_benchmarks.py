# SPDX-License-Identifier: Apache-2.0
"""Every benchmark still runs: a smoke run of each. Its figures are for a quiet machine, not for here."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BENCHMARKS = sorted((ROOT / "benchmarks").glob("*.py"))
WITH_DEVICES = sorted(file for file in (ROOT / "benchmarks" / "hardware").glob("*.py") if file.stem != "__init__")
OF_PLANNING = {"compare": r"objectives agree within", "front": r"front of \d+ points"}
"""Benchmarks of planning that are run as modules, and what their quick runs have to say."""


@pytest.mark.parametrize("file", BENCHMARKS, ids=lambda file: file.stem)
def test_benchmark_runs(file, tmp_path):
    done = subprocess.run(
        [sys.executable, str(file), "--smoke"], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"\d+(?:\.\d+)?", done.stdout)) > 5


@pytest.mark.parametrize("file", WITH_DEVICES, ids=lambda file: file.stem)
def test_benchmark_with_devices_runs(file):
    if "mosquitto" in file.read_text(encoding="utf-8") and not (
        shutil.which("mosquitto") or Path("/usr/sbin/mosquitto").is_file()
    ):
        pytest.skip("mosquitto is not installed")
    command = [sys.executable, "-m", f"benchmarks.hardware.{file.stem}", "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"\d+(?:\.\d+)?", done.stdout)) > 5


@pytest.mark.parametrize(("name", "says"), OF_PLANNING.items(), ids=list(OF_PLANNING))
def test_benchmark_of_planning_runs(name, says):
    command = [sys.executable, "-m", f"benchmarks.planning.{name}", "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(says, done.stdout), done.stdout
    assert len(re.findall(r"\d+(?:\.\d+)?", done.stdout)) > 5
