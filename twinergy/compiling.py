# SPDX-License-Identifier: Apache-2.0
"""Machine code for what is done in every step, by numba; see docs/adr/0006.

Import a module that uses it only where a fleet is built: numba takes half a second to load, and `twinergy list` need not wait.
Machine code stays on disk for as long as the file of its function does not change. What it calls and the constants it uses
are frozen into it, so they stand in the same file, or `signs` and `units` that never change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numba import njit

if TYPE_CHECKING:
    from collections.abc import Callable


def compiled(function: Callable[..., Any]) -> Any:
    """Return a function in machine code, made when it is first called."""
    return _made(function)


def compiled_for(*signature: Any) -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator that makes machine code for these arguments at once: no step waits for a compiler."""

    def decorate(function: Callable[..., Any]) -> Any:
        return _made(function, [signature])

    return decorate


def inlined(function: Callable[..., Any]) -> Any:
    """Return a part of a compiled function; a call would count references to every array it is given, which costs more."""
    return njit(error_model="numpy", inline="always")(function)


def _made(function: Callable[..., Any], *signatures: Any) -> Any:
    try:
        return njit(*signatures, cache=True, error_model="numpy")(function)
    except RuntimeError:  # nowhere to keep it: compiled anew in each run
        return njit(*signatures, error_model="numpy")(function)
