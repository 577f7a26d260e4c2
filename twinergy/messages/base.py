# SPDX-License-Identifier: Apache-2.0
"""The envelope every message shares."""

from __future__ import annotations

from typing import ClassVar

from pydantic import AwareDatetime, Field

from twinergy.options import Options


class Message(Options):
    """A typed, immutable message.

    The subject is ``twinergy.<pilot>.<module>.<information object>``; id and time are the sender's, so a deterministic
    sender gives deterministic messages.
    """

    information_object: ClassVar[str] = ""
    """Last part of the subject; every message type names its own."""
    schema_version: ClassVar[int] = 1

    id: str
    """Unique within the source."""
    source: str
    """Name of the agent or device that says it."""
    pilot: str
    """Name of the scenario."""
    sent: AwareDatetime
    """Start of the step in which it was said, UTC."""
    valid_s: float = Field(default=3600.0, ge=0.0)
    """For how long it holds."""

    @property
    def subject(self) -> str:
        """Where it is published."""
        return f"twinergy.{self.pilot}.{self.source}.{self.information_object}"


def matches(pattern: str, subject: str) -> bool:
    """Tell whether a subject matches a pattern: ``*`` stands for one part, a last ``>`` for one or more.

    >>> matches("twinergy.*.peak_shaving.>", "twinergy.hagedorn.peak_shaving.control_action")
    True
    >>> matches("twinergy.*", "twinergy.hagedorn.peak_shaving")
    False
    """
    wanted, parts = pattern.split("."), subject.split(".")
    for position, part in enumerate(wanted):
        if part == ">" and position == len(wanted) - 1:
            return len(parts) > position
        if position >= len(parts) or part not in {"*", parts[position]}:
            return False
    return len(wanted) == len(parts)
