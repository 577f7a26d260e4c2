# SPDX-License-Identifier: Apache-2.0
"""From validation errors to findings a person can act on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from twinergy.errors import Finding, closest

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

    from twinergy.community.document import Document, KeyPath

_LIMITS = {
    "ge": "≥",
    "gt": ">",
    "le": "≤",
    "lt": "<",
    "max_length": "length ≤",
    "min_length": "length ≥",
    "multiple_of": "multiple of",
}


def from_validation(
    error: ValidationError, document: Document, model: type[BaseModel] | None = None, prefix: KeyPath = ()
) -> list[Finding]:
    """Return one finding per validation error, with file, line, path, value and what is allowed.

    Parameters
    ----------
    error : pydantic.ValidationError
        What validation said.
    document : Document
        The document that was validated.
    model : type of pydantic.BaseModel, optional
        The model, for its field names.
    prefix : tuple
        Path of the validated part inside the document.
    """
    return [_one(details, document, model, prefix) for details in error.errors(include_url=False)]


def _one(details: ErrorDetails, document: Document, model: type[BaseModel] | None, prefix: KeyPath) -> Finding:
    path = _real_path(prefix, details["loc"], document)
    value = details.get("input")
    message, allowed = _words(details, path, model)
    if isinstance(value, dict | list) or details["type"] in {"missing", "extra_forbidden"}:
        value = None
    return document.finding(message, path, value=value, allowed=allowed)


def _real_path(prefix: KeyPath, loc: tuple[int | str, ...], document: Document) -> KeyPath:
    """Leave out what pydantic adds to a location: tags of unions and names of validators."""
    path = prefix
    for position, part in enumerate(loc):
        last = position == len(loc) - 1
        here = document.value(path)
        exists = (isinstance(here, dict) and part in here) or (isinstance(here, list) and isinstance(part, int))
        if exists or (last and isinstance(here, dict)):
            path = (*path, part)
    return path


def _words(details: ErrorDetails, path: KeyPath, model: type[BaseModel] | None) -> tuple[str, str]:
    kind, context = details["type"], details.get("ctx", {})
    name = str(path[-1]) if path else ""
    if kind == "extra_forbidden":
        return f"unknown key {name!r}", closest(name, _fields(model, details["loc"])) if model else "see `twinergy docs`"
    if kind == "missing":
        return f"{name!r} is missing", ""
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        got = f", got {context['tag']!r}" if "tag" in context else ""
        return f"needs a valid {context.get('discriminator', 'tag')}{got}", str(context.get("expected_tags", ""))
    if kind in {"literal_error", "enum"}:
        return "is none of the allowed values", str(context.get("expected", ""))
    limits = ", ".join(f"{_LIMITS[key]} {context[key]}" for key in _LIMITS if key in context)
    allowed = str(context.get("expected", "")) or limits or str(context.get("pattern", ""))
    message = re.sub(r"^(Value error, |Input )", lambda match: "" if match[0].startswith("Value") else "input ", details["msg"])
    return message + _fraction_hint(name, details.get("input")), allowed


def _fraction_hint(name: str, value: Any) -> str:
    """Tell somebody who wrote percent that fractions are meant."""
    percent = isinstance(value, int | float) and 1.0 < value <= 100.0  # noqa: PLR2004 - percent
    looks = percent and (name.endswith(("soc", "share", "efficiency", "albedo")) or "soc" in name)
    return f": it is a fraction 0…1, did you mean {value / 100.0:.3g}?" if looks else ""


def _fields(model: type[BaseModel] | None, loc: tuple[int | str, ...]) -> list[str]:
    """Return the field names of the model that lies at a location, as far as it can be followed."""
    current: Any = model
    for part in loc[:-1]:
        field = getattr(current, "model_fields", {}).get(part)
        if field is None:
            continue
        current = _model_of(field.annotation) or current
    return list(getattr(current, "model_fields", {}))


def _model_of(annotation: Any) -> Any:
    """Return the model inside an annotation such as ``list[Model]`` or ``Model | None``."""
    if hasattr(annotation, "model_fields"):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _model_of(argument)
        if found is not None:
            return found
    return None
