# SPDX-License-Identifier: Apache-2.0
"""Errors are grouped by who must act, carry their facts as attributes and say what to do next."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class TwinergyError(Exception):
    """Root of every error the laboratory raises on purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong with an input, complete enough to be mended without reading code.

    Attributes
    ----------
    message : str
        What is wrong.
    path : str
        Where inside the document, for example ``devices[3].soc``.
    file : str
        File that holds the value, empty for a value from the command line.
    line : int
        Line in that file, counted from 1; 0 where there is none.
    value : Any
        The offending value; None where something is missing.
    allowed : str
        What would be accepted.
    """

    message: str
    path: str = ""
    file: str = ""
    line: int = 0
    value: Any = None
    allowed: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        where = " ".join(part for part in (place, self.path) if part)
        value = f" (got {self.value!r})" if self.value is not None else ""
        allowed = f"; allowed: {self.allowed}" if self.allowed else ""
        return f"{where}: {self.message}{value}{allowed}" if where else f"{self.message}{value}{allowed}"


class ScenarioError(TwinergyError):
    """The author of a scenario or of an input file must act. Holds every finding, not just the first.

    Parameters
    ----------
    findings : sequence of Finding
        At least one.
    subject : str
        What was read, named in the first line.
    """

    def __init__(self, findings: Sequence[Finding], subject: str = "scenario") -> None:
        self.findings = tuple(findings)
        self.subject = subject
        count = len(self.findings)
        head = f"{subject}: {count} finding{'s' if count != 1 else ''}"
        super().__init__("\n".join([head, *(f"  - {finding}" for finding in self.findings)]))


class PluginError(TwinergyError):
    """The author of a plug-in must act.

    Parameters
    ----------
    message : str
        What is wrong and what to do.
    plugin : str
        Name of the plug-in.
    """

    def __init__(self, message: str, *, plugin: str = "") -> None:
        self.plugin = plugin
        super().__init__(message)


class ModelError(TwinergyError):
    """A physical model or a solver was asked for something it cannot do."""


class DeviceError(TwinergyError):
    """A real device, its connection or what it said needs attention."""


class RunError(TwinergyError):
    """A run could not go on; what it computed before stays readable in its folder."""


MOST_NAMED = 12


def closest(name: str, known: Iterable[str]) -> str:
    """Return a sentence that names what exists and the closest match to an unknown name; of many, the most similar.

    >>> closest("baterry", ["battery", "pv"])
    "did you mean 'battery'? known: battery, pv"
    """
    names = sorted(known)
    match = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean {match[0]!r}? " if match else ""
    if len(names) <= MOST_NAMED:
        return f"{hint}known: {', '.join(names) if names else 'none'}"
    similar = difflib.get_close_matches(name, names, n=MOST_NAMED, cutoff=0.0)
    return f"{hint}known: {', '.join(similar)} … ({len(names)} in all)"
