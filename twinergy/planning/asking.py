# SPDX-License-Identifier: Apache-2.0
"""Read a request: the pilot's own ``plan.yaml`` or any file, with ``--set``, every finding with file and line."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from twinergy.community import document
from twinergy.community.findings import from_validation
from twinergy.errors import Finding, ScenarioError, closest
from twinergy.planning.catalogue import load
from twinergy.planning.catalogue_terms import PLANNED
from twinergy.planning.request import PlanRequest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from twinergy.community.document import Document

OWN: Final = "plan.yaml"


def asked(scenario: Path, file: Path | None = None, assignments: Sequence[str] = ()) -> PlanRequest:
    """Return the request for a scenario.

    Parameters
    ----------
    scenario : Path
        The scenario's file; ``plan.yaml`` beside it is the request where no other is given.
    file : Path, optional
        A request of one's own.
    assignments : sequence of str
        Overrides ``a.b=c``.

    Raises
    ------
    ScenarioError
        With every finding.
    """
    own = file or scenario.parent / OWN
    source = document.read(own) if file or own.is_file() else document.Document({}, {}, ())
    return checked(document.override(source, assignments))


def checked(source: Document) -> PlanRequest:
    """Return the request that a document says.

    Raises
    ------
    ScenarioError
        With every finding.
    """
    subject = f"request {source.files[-1]}" if source.files else "request"
    request, findings = _valid(source)
    if request is not None:
        findings += [replace(finding, **_place(source, finding)) for finding in _meaningless(request)]
    if findings or request is None:
        raise ScenarioError(findings, subject)
    return request


def _valid(source: Document) -> tuple[PlanRequest | None, list[Finding]]:
    """Return the request of a document and what is wrong with its form; what is left of it where that can be looked at alone."""
    try:
        return PlanRequest.model_validate(source.data), []
    except ValidationError as error:
        findings = from_validation(error, source, PlanRequest)
        rest = copy.deepcopy(source.data)
        for one in error.errors(include_url=False):
            _leave_out(rest, one["loc"])
    try:
        return PlanRequest.model_validate(rest), findings
    except ValidationError:
        return None, findings


def _leave_out(data: Any, path: Sequence[str | int]) -> None:
    """Take what is at a path out of plain data, or the innermost mapping's entry around it."""
    place, key = data, None
    for part in path:
        if not isinstance(data, dict) or part not in data:
            break
        place, key, data = data, part, data[part]
    if key is not None:
        place.pop(key)


def _meaningless(request: PlanRequest) -> list[Finding]:
    """Return names that mean nothing; sorts that the catalogue has but no plan builds are among them."""
    planned = {sort: wish for sort, wish in request.technologies.items() if sort in PLANNED}
    unplanned = [
        Finding(message=f"{sort!r} is no sort that can be planned", path=f"technologies.{sort}", allowed=closest(sort, PLANNED))
        for sort in request.technologies
        if sort not in PLANNED
    ]
    return unplanned + load().findings(request.model_copy(update={"technologies": planned}))


def _place(source: Document, finding: Finding) -> dict[str, Any]:
    """Return file and line of what a finding is about."""
    file, line = source.where(tuple(finding.path.split(".")))
    return {"file": file, "line": line}
