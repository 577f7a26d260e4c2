# SPDX-License-Identifier: Apache-2.0
"""The scenario of a run with real devices, read again: to release its devices without it, or to fit its twins."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from twinergy.community import document
from twinergy.community.scenario import build

if TYPE_CHECKING:
    from twinergy.community.scenario import Scenario
    from twinergy.results.reader import Run

HOME: Final = "scenario_folder"
"""Entry of the manifest: where the scenario was, because profiles, certificates and secrets are named from there."""


def scenario_of(run: Run) -> Scenario:
    """Return the scenario of a run, with paths that start where its file was.

    Raises
    ------
    ScenarioError
        If it cannot be read any more: a file that it names is gone.
    """
    source = document.read(run.folder.scenario)
    home = Path(str(run.manifest.get(HOME, "")))
    if run.manifest.get(HOME) and home.is_dir():
        source = replace(source, files=(*source.files, home / run.folder.scenario.name))
    return build(source)
