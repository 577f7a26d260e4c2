# SPDX-License-Identifier: Apache-2.0
"""What a manifest says about a run: versions, commit, machine, scenario, time."""

from __future__ import annotations

import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from twinergy.community.twin import Twin
    from twinergy.timebase import TimeAxis

PACKAGES: Final = ("twinergy-lab", "mosaik", "pandapower", "lightsim2grid", "pvlib", "numpy", "pandas", "pyarrow")
"""Packages whose version can change a result."""

GIT_TIMEOUT_S: Final = 5.0


def provenance() -> dict[str, Any]:
    """Return versions, git commit (None outside a repository; ``-dirty`` if files were changed) and machine."""
    return {
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in PACKAGES if _version(name)},
        "git_commit": git_commit(Path(__file__).resolve().parents[2]),
        "machine": f"{platform.system()} {platform.machine()}",
    }


def run_facts(*, scenario: str, twin: Twin, axis: TimeAxis, seed: int, mode: str = "fast", title: str = "") -> dict[str, Any]:
    """Return what a report says about a run, for `RunWriter.write_manifest`.

    Parameters
    ----------
    scenario : str
        Name of the scenario.
    twin : Twin
        The community.
    axis : TimeAxis
        The steps.
    seed : int
        Seed of the run.
    mode : str
        Way of running: fast, sweep, paced, shadow or hardware in the loop.
    title : str
        One line for people.
    """
    kinds = sorted({device.kind for device in twin.devices})
    return {
        "scenario": scenario,
        "title": title or scenario,
        "site": twin.site.name,
        "timezone": twin.site.timezone,
        "currency": {"code": twin.site.currency, "eur_per_unit": twin.site.eur_per_unit},
        "mode": mode,
        "seed": seed,
        "start": axis.start.isoformat(),
        "end": axis.end.isoformat(),
        "step_s": axis.step_s,
        "n_steps": axis.n_steps,
        "community": {"connections": len(twin.connections), "dwellings": len(twin.dwellings)}
        | {kind: len(twin.of_kind(kind)) for kind in kinds},
    }


def git_commit(root: Path) -> str | None:
    """Return the commit of a repository whose top is `root`, None where there is no such repository or no git."""
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():  # an environment inside somebody else's repository is not ours
        return None
    command = [git, "-C", str(root), "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=GIT_TIMEOUT_S, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
