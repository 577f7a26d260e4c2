# SPDX-License-Identifier: Apache-2.0
"""Where the shared reference data lies; tests that need it skip with a reason where it is absent."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared_data(*parts: str) -> Path:
    """Return the path of a shared data file, or skip the test that asks for it."""
    path = SHARED_DATA.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"reference data {'/'.join(parts)} is not beside this repository")
    return path
