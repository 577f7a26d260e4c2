# SPDX-License-Identifier: Apache-2.0
"""Where what can be had again is kept: downloads and years of the twin."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

VARIABLE: Final = "TWINERGY_CACHE"
"""Environment variable that names another folder."""


def cache_folder(part: str) -> Path:
    """Return the folder of a part: in the one that ``TWINERGY_CACHE`` names, else in the user's cache as the system has it.

    Nothing is made here.
    """
    given = os.environ.get(VARIABLE)
    if given:
        return Path(given) / part
    if sys.platform == "win32":
        root = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        root = Path.home() / "Library" / "Caches"
    else:
        root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "twinergy-lab" / part
