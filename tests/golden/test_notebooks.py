# SPDX-License-Identifier: Apache-2.0
"""Every notebook is executed as it stands, in a folder of its own; notebooks are kept without outputs."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NEEDS = {"30_hardware_in_the_loop": "mosquitto"}
"""Programs that notebooks need and no package brings."""
NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::RuntimeWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_notebook_runs(file, tmp_path):
    program = NEEDS.get(file.stem)
    if program and not (shutil.which(program) or shutil.which(program, path="/usr/sbin")):
        pytest.skip(f"{program} is not installed: apt-get install {program}")
    folder = tmp_path / "notebooks"
    folder.mkdir()
    copy = shutil.copy(file, folder)
    notebook = nbformat.read(copy, as_version=4)
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert any("image/png" in output.get("data", {}) for output in outputs)


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_notebook_is_kept_without_outputs(file):
    notebook = nbformat.read(file, as_version=4)
    assert all(not cell.outputs and cell.execution_count is None for cell in notebook.cells if cell.cell_type == "code")
