# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a message from outside, with the facts kept as attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from twinergy.errors import TwinergyError

if TYPE_CHECKING:
    from pydantic import ValidationError

Kind = Literal["malformed", "oversized", "unknown", "version"]
SHOWN = 5
"""Findings that the text of an error names; further ones are counted."""
LONGEST = 60
"""Characters of an offending value that the text shows."""


class MessageError(TwinergyError):
    """The sender of a message must act; the receiver counts it and goes on.

    Parameters
    ----------
    reason : str
        What is wrong, with the value and what would be accepted.
    kind : {"malformed", "oversized", "unknown", "version"}
        What to count it as.
    information_object : str
        As far as it could be read.
    """

    def __init__(self, reason: str, *, kind: Kind, information_object: str = "") -> None:
        self.kind: Kind = kind
        self.reason = reason
        self.information_object = information_object
        about = f" {information_object}" if information_object else ""
        super().__init__(f"{kind} message{about}: {reason}")


def malformed(error: ValidationError, information_object: str) -> MessageError:
    """Return the error for what validation found: all findings counted, the first ones named with their value."""
    findings = error.errors(include_url=False, include_context=False)
    told = [_told(".".join(str(part) for part in one["loc"]), one["msg"], one["input"]) for one in findings[:SHOWN]]
    more = f"; and {len(findings) - SHOWN} more" if len(findings) > SHOWN else ""
    return MessageError("; ".join(told) + more, kind="malformed", information_object=information_object)


def _told(path: str, message: str, value: object) -> str:
    where = f"{path}: " if path else ""
    shown = "" if isinstance(value, dict) else f" (got {shortened(value)})"
    return f"{where}{message}{shown}"


def shortened(value: object) -> str:
    """Return a value as text of bounded length, so that a hostile sender cannot fill a log."""
    text = repr(value[: LONGEST * 2] if isinstance(value, (str, bytes)) else value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
