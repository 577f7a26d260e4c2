# SPDX-License-Identifier: Apache-2.0
"""The command line as somebody at a terminal uses it: real processes, exit codes, signals."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.scenario_files import small
from twinergy.results.reader import find_run

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 300.0
"""On a machine that does other things too; nothing here is a bound of the laboratory's."""


def command(*arguments):
    return [sys.executable, "-m", "twinergy.cli", *map(str, arguments)]


def twinergy(*arguments, cwd):
    environment = os.environ | {"COLUMNS": "180"}
    return subprocess.run(command(*arguments), cwd=cwd, env=environment, capture_output=True, text=True, timeout=400, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two runs that differ in their seed."""
    folder = tmp_path_factory.mktemp("cli")
    file = small(folder)
    for seed in (1, 2):
        done = twinergy("run", file, "--seed", seed, "--set", f"name=seed{seed}", cwd=folder)
        assert done.returncode == 0, done.stderr
    return folder


def test_run_says_where_and_what(folder):
    done = twinergy("run", folder / "scenario.yaml", "--days", 1, "--no-report", "--out", "elsewhere", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert re.search(r"elsewhere/small-\d+", done.stdout.replace("\n", ""))
    assert "%" in done.stdout


def test_the_report_is_one_file_without_outside_references(folder):
    report = find_run(folder / "runs", "seed1").path / "report.html"
    text = report.read_text(encoding="utf-8")
    assert len(text) > 50_000
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?:https?:|//|[^"'#d])""", text)


def test_show_and_compare(folder):
    shown = twinergy("show", "seed1", cwd=folder)
    assert shown.returncode == 0, shown.stderr
    assert "Self-sufficiency" in shown.stdout
    compared = twinergy("compare", "seed1", "seed2", cwd=folder)
    assert compared.returncode == 0, compared.stderr
    assert re.search(r"[+-]\d+\.\d %", compared.stdout)


def test_check_does_not_run(folder):
    done = twinergy("check", "hagedorn", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "no findings" in done.stdout
    assert len(list((folder / "runs").iterdir())) == 2


def test_list(folder):
    done = twinergy("list", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert all(word in done.stdout for word in ("hagedorn", "PUC01.01", "SUC05.01", "battery", "peak_shaving"))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["run", "hagedron"], 2, "did you mean 'hagedorn'"),
        (["run", "hagedorn", "--step", "700"], 2, "700 s does not divide a day"),
        (["run", "hagedorn", "--set", "community.homs=3"], 2, "unknown key 'homs'"),
        (["show", "nothing"], 1, "nothing"),
        (["list", "everything"], 2, "no such list"),
    ],
)
def test_mistakes_end_in_a_message_and_a_code(tmp_path, arguments, code, said):
    done = twinergy(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def started(folder, *arguments):
    """Start a long run and wait until its first block is on disk."""
    process = subprocess.Popen(
        command("run", small(folder), "--days", 3000, "--no-report", *arguments), cwd=folder, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + PATIENCE_S
    while not list(folder.glob("runs/*/kpis.json")):
        assert process.poll() is None, "the run ended by itself"
        assert time.monotonic() < deadline, f"no part within {PATIENCE_S:g} s"
        time.sleep(0.05)
    return process


def test_ctrl_c_ends_cleanly_with_everything_readable(tmp_path):
    process = started(tmp_path, "--quiet")
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=PATIENCE_S)[1]
    assert process.returncode == 130
    assert said.startswith("stopped after")
    assert "Task was destroyed" not in said
    left = find_run(tmp_path / "runs", "latest")
    assert left.status == "interrupted"
    assert len(left.wide("household", "p_kw")) == left.manifest["steps"] >= 200


SWALLOWED = """
import signal, sys
from twinergy.cli import main

class Finaliser:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "twinergy.cosim.runner":
            Finaliser()

sys.meta_path.insert(0, Finder())
main(sys.argv[1:])
"""


def test_ctrl_c_that_python_swallows_while_a_run_is_made_ready_is_not_lost(tmp_path):
    """What is raised in a finaliser is shown and forgotten; the run would go on for hours."""
    words = [sys.executable, "-c", SWALLOWED, "run", str(small(tmp_path)), "--days", "3000", "--quiet"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert "Exception ignored in" in done.stderr
    assert done.returncode == 130
    assert not (tmp_path / "runs").exists()


def test_kill_9_leaves_what_was_written_readable(tmp_path):
    process = started(tmp_path, "--quiet")
    process.kill()
    process.communicate(timeout=PATIENCE_S)
    left = find_run(tmp_path / "runs", "latest")
    assert left.status == "running"
    frame = left.wide("household", "p_kw")
    assert len(frame) >= 200
    assert frame.notna().all().all()
    shown = twinergy("show", "latest", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "running" in shown.stdout


def test_help_is_quick(tmp_path):
    """Help must not wait for pandas and pandapower; the figure of a second is for a quiet machine, the imports are a fact."""
    code = (
        "import sys, twinergy.cli.app as a\n"
        "try: a.main(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'pandas', 'pandapower', 'pvlib', 'matplotlib', 'mosaik', 'scipy', 'pyarrow', 'duckdb'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=tmp_path)
    assert time.perf_counter() - begin < 5.0


def test_the_door(tmp_path):
    done = subprocess.run(
        [sys.executable, str(ROOT / "run_scenario.py"), "hagedron"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "did you mean 'hagedorn'" in done.stderr
