# SPDX-License-Identifier: Apache-2.0
"""Where things lie inside a run folder, and how a file there is replaced so that a reader never sees half of it."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from twinergy.results.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

RUNNING: Final = "running"
COMPLETED: Final = "completed"
INTERRUPTED: Final = "interrupted"
FAILED: Final = "failed"
STATUSES: Final = (RUNNING, COMPLETED, INTERRUPTED, FAILED)

PARTIAL: Final = ".tmp"
"""Suffix of a file that is still being written; whoever reads a run ignores it."""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Paths inside the folder of one run.

    Attributes
    ----------
    path : pathlib.Path
        The folder.
    """

    path: Path

    @classmethod
    def create(cls, base: Path, scenario_name: str, when: datetime) -> RunFolder:
        """Make the folder ``<base>/<scenario>-<time>``, with a number added where that exists already.

        Parameters
        ----------
        base : pathlib.Path
            Folder of all runs; made if absent.
        scenario_name : str
            Name of the scenario; what a file name cannot hold becomes ``-``.
        when : datetime
            Aware time of the start of the run on the wall clock; UTC in the name.

        Raises
        ------
        StorageError
            If the folder cannot be made.
        """
        slug = re.sub(r"[^\w.-]+", "-", scenario_name).strip("-.") or "run"
        name = f"{slug}-{when.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        number = 1
        while True:
            path = base / (name if number == 1 else f"{name}-{number}")
            try:
                path.mkdir(parents=True)
            except FileExistsError:  # another run of the same second, perhaps in another process
                if not path.is_dir():
                    raise StorageError(path, "a file of that name is in the way") from None
                number += 1
            except OSError as error:
                raise StorageError.of(path, error) from error
            else:
                return cls(path)

    @property
    def manifest(self) -> Path:
        """What was run, and how it ended."""
        return self.path / "manifest.json"

    @property
    def scenario(self) -> Path:
        """The scenario as it was run, after ``extends`` and overrides."""
        return self.path / "scenario.yaml"

    @property
    def kpis(self) -> Path:
        """The key figures."""
        return self.path / "kpis.json"

    @property
    def accounts(self) -> Path:
        """What agents say of themselves."""
        return self.path / "accounts.json"

    @property
    def topology(self) -> Path:
        """Where buses and lines lie."""
        return self.path / "topology.json"

    @property
    def report(self) -> Path:
        """The report for people."""
        return self.path / "report.html"

    @property
    def figures(self) -> Path:
        """Folder of the figures."""
        return self.path / "figures"

    def table(self, name: str) -> Path:
        """Return the path of a summary table without its suffix; it is kept as ``.parquet`` and as ``.csv``."""
        return self.path / "tables" / name

    def series(self, table: str) -> Path:
        """Return the folder with the parts of one table."""
        return self.path / "series" / table

    def events(self, name: str) -> Path:
        """Return the folder with the parts of one list of events."""
        return self.path / name


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary name to write to, and rename it to `path` once the body has succeeded.

    Raises
    ------
    StorageError
        If the file cannot be written; nothing partial stays behind and an earlier `path` is left as it was.
    """
    partial = path.with_name(path.name + PARTIAL)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):  # the first cause is the one to report
            partial.unlink(missing_ok=True)
        raise StorageError.of(path, error) from error


def write_text(path: Path, text: str) -> None:
    """Replace a text file as a whole, UTF-8."""
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_json(path: Path, document: Any) -> None:
    """Replace a JSON file as a whole; a number that is not finite must have become None before."""
    write_text(path, json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def part_name(number: int) -> str:
    """Return the file name of one part.

    >>> part_name(3)
    'part-00003.parquet'
    """
    return f"part-{number:05d}.parquet"
