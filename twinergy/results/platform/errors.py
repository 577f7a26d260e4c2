# SPDX-License-Identifier: Apache-2.0
"""What can go wrong when a store is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinergy.errors import closest
from twinergy.results.errors import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class UnknownNameError(UnreadableError):
    """Somebody asked for a table, device, port or resolution that does not exist.

    Parameters
    ----------
    path : pathlib.Path
        The data set.
    what : str
        ``table``, ``device``, ``port`` or ``resolution``.
    name : str
        The name that was asked for.
    known : iterable of str
        The names that exist.

    Attributes
    ----------
    what, name : str
        See above.
    """

    def __init__(self, path: Path, what: str, name: str, known: Iterable[str]) -> None:
        self.what, self.name = what, name
        super().__init__(path, f"{path.name} has no {what} {name!r}: {closest(name, known)}")


class BadQueryError(UnreadableError):
    """A question makes no sense: wrong SQL, a limit that is not positive, an end before the start."""
