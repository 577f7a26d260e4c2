# SPDX-License-Identifier: Apache-2.0
"""Machine code for what is done in every step; imported where a fleet is built, for numba takes a second to load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numba import njit

if TYPE_CHECKING:
    from collections.abc import Callable


def compiled(function: Callable[..., Any]) -> Any:
    """Return a function in machine code.

    It stays on disk for as long as its own file does not change: what it calls in machine code must stand there too.
    """
    try:
        return njit(cache=True, error_model="numpy")(function)
    except RuntimeError:  # nowhere to keep it: compiled anew in each run
        return njit(error_model="numpy")(function)
