# SPDX-License-Identifier: Apache-2.0
"""Reading a catalogue of technologies: its form, then what has to hold for it; all findings at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pydantic import TypeAdapter, ValidationError

from twinergy.community.findings import from_validation
from twinergy.errors import Finding, ScenarioError, closest
from twinergy.planning.catalogue_checks import Checks
from twinergy.planning.catalogue_entries import Entry, FuelEntry, Money

if TYPE_CHECKING:
    from twinergy.community.document import Document, KeyPath

SUBJECT: Final = "catalogue of technologies"
PARTS: Final = ("money", "sources", "fuels", "technologies")


@dataclass(frozen=True)
class Reading:
    """Reads the parts of a document and gathers what is wrong with them.

    Attributes
    ----------
    document : Document
        A file in the form of ``data/technologies.yaml``.
    findings : list of Finding
        What was wrong so far.
    """

    document: Document
    findings: list[Finding] = field(default_factory=list)

    def parts(self) -> dict[str, Any]:
        """Return money, sources, fuels and entries.

        Raises
        ------
        ScenarioError
            With everything that is wrong.
        """
        self._keys()
        money = self._form(("money",), Money)
        sources = self._form(("sources",), dict[str, str])
        fuels, entries = self._entries("fuels", FuelEntry), self._entries("technologies", Entry)
        if money is not None and sources is not None and all(isinstance(self.document.data.get(part), dict) for part in PARTS):
            self._check(money, sources, fuels, entries)
        if self.findings:
            once = {str(finding): finding for finding in self.findings}  # one value for all years is wrong once
            raise ScenarioError(list(once.values()), SUBJECT)
        return {"money": money, "sources": sources, "fuels": fuels, "entries": entries}

    def _keys(self) -> None:
        data, find = self.document.data, self.document.finding
        self.findings.extend(
            [find(f"unknown key {key!r}", (key,), allowed=closest(str(key), PARTS)) for key in data if key not in PARTS]
        )
        self.findings.extend(
            [find(f"{key!r} is missing; give it, or extend technologies.yaml", ()) for key in PARTS if key not in data]
        )

    def _check(self, money: Money, sources: dict[str, str], fuels: dict[str, FuelEntry], entries: dict[str, Entry]) -> None:
        if money.year not in money.index:
            message = "the index has no value for the year of the catalogue's euro; add it"
            self.findings.append(self.document.finding(message, ("money", "year"), value=money.year))
        checks = Checks(self.document, money, sources, self.document.data["fuels"])
        self.findings.extend(finding for name, fuel in fuels.items() for finding in checks.fuel(name, fuel))
        self.findings.extend(finding for name, entry in entries.items() for finding in checks.technology(name, entry))
        self.findings.extend(checks.defaults())

    def _entries(self, part: str, model: Any) -> dict[str, Any]:
        """Return the entries of a part that have the right form."""
        raw = self.document.data.get(part, {})
        if not isinstance(raw, dict):
            self.findings.append(self.document.finding("is not a mapping of names", (part,), value=type(raw).__name__))
            return {}
        found = {name: self._form((part, name), model) for name in raw}
        return {name: entry for name, entry in found.items() if entry is not None}

    def _form(self, path: KeyPath, model: Any) -> Any:
        if path[0] not in self.document.data:
            return None
        try:
            return TypeAdapter(model).validate_python(self.document.value(path))
        except ValidationError as error:
            own = model if hasattr(model, "model_fields") else None
            self.findings.extend(from_validation(error, self.document, own, path))
            return None
