# SPDX-License-Identifier: Apache-2.0
"""The 31 use cases of the TwinERGY project (deliverable D4.4), and the command that shows each."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
FILE: Final = ROOT / "data" / "use_cases.csv"
PAGES: Final = ROOT / "docs" / "use_cases"


@dataclass(frozen=True, slots=True)
class UseCase:
    """One primary use case.

    Attributes
    ----------
    id : str
        Number in D4.4, such as ``PUC01.01``.
    high_level : str
        High-level use case it belongs to.
    title : str
        Title in D4.4.
    command : str
        Command line that shows it; empty where nothing does yet.
    """

    id: str
    high_level: str
    title: str
    command: str


def use_cases() -> tuple[UseCase, ...]:
    """Return all use cases in the order of the deliverable."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return tuple(UseCase(**row) for row in csv.DictReader(file))


def markdown() -> str:
    """Return the table of use cases that stands in ``docs/use_cases.md``."""
    rows = [f"| {_linked(case)} | {case.high_level} | {case.title} | {_shown(case)} |" for case in use_cases()]
    what = "The 31 use cases of TwinERGY deliverable D4.4, generated from `data/use_cases.csv`. "
    head = f"# Use cases\n\n{what}Numbers lead to pages with the messages that flowed.\n\n"
    return head + "\n".join(["| id | high-level use case | title | shown by |", "|---|---|---|---|", *rows]) + "\n"


def _linked(case: UseCase) -> str:
    """Return the number, with a link to the page of the use case where there is one."""
    page = PAGES / f"{case.id}.md"
    return f"[{case.id}]({PAGES.name}/{page.name})" if page.is_file() else case.id


def _shown(case: UseCase) -> str:
    return f"`{case.command}`" if case.command else "not yet"
