# SPDX-License-Identifier: Apache-2.0
"""An environment of their own for the tools that plans are compared with."""

from __future__ import annotations

import subprocess
import venv
from pathlib import Path

REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def python_of(folder: Path) -> Path:
    """Return the interpreter of the environment; makes the environment where there is none (a few minutes, needs the network)."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--requirement", REQUIREMENTS], check=True)
    return python
