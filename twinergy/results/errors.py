# SPDX-License-Identifier: Apache-2.0
"""What can go wrong with a run folder, with the facts kept as attributes."""

from __future__ import annotations

import errno
import shutil
from typing import TYPE_CHECKING, Final

from twinergy.errors import RunError

if TYPE_CHECKING:
    from pathlib import Path

MEGABYTE: Final = 1e6


class StorageError(RunError):
    """A run folder could not be written. What was written before is whole and readable.

    Parameters
    ----------
    path : pathlib.Path
        What should have been written.
    cause : str
        What the operating system said.
    free_bytes : int, optional
        Room left on that file system; looked up if not given, -1 where it cannot be known.
    full : bool
        Whether the cause is a lack of room.

    Attributes
    ----------
    path : pathlib.Path
        What should have been written.
    free_bytes : int
        Room left on that file system, -1 where it cannot be known.
    """

    def __init__(self, path: Path, cause: str, *, free_bytes: int | None = None, full: bool = False) -> None:
        self.path = path
        self.free_bytes = _free_bytes(path) if free_bytes is None else free_bytes
        room = f" ({self.free_bytes / MEGABYTE:.1f} MB free on that file system)" if self.free_bytes >= 0 else ""
        advice = "free some space or choose another folder for the runs" if full else "check the folder and its permissions"
        message = f"cannot write {path}: {cause}{room}; {advice}. What was written before stays readable"
        super().__init__(message)

    @classmethod
    def of(cls, path: Path, error: OSError) -> StorageError:
        """Return the error for what the operating system, or pyarrow in its name, reported."""
        full = error.errno in {errno.ENOSPC, errno.EDQUOT} or "No space left" in str(error)
        cause = "no space left on device" if full else (error.strerror or str(error))
        return cls(path, cause, full=full)


class UnreadableError(RunError):
    """A run folder, or a file in it, cannot be read.

    Parameters
    ----------
    path : pathlib.Path
        What should have been read.
    message : str
        What is wrong and what to do.
    """

    def __init__(self, path: Path, message: str) -> None:
        self.path = path
        super().__init__(message)


def _free_bytes(path: Path) -> int:
    for folder in path.absolute().parents:
        try:
            return shutil.disk_usage(folder).free
        except OSError:
            continue
    return -1
