# SPDX-License-Identifier: Apache-2.0
"""The envelope every message shares, and the register of all types of message."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Final

from pydantic import AwareDatetime, ConfigDict, Field

from twinergy.options import Options

MODEL_OF_THE_LABORATORY: Final = "Laboratory"
"""Data model of messages that deliverable D4.4 does not know."""

LONGEST_S: Final = 1e9
"""Some thirty years: longer times are a mistake, and would overflow the arithmetic of who adds them up."""
Instant = Annotated[AwareDatetime, Field(ge=datetime(1970, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC))]
"""A time with its zone, within what every table and library can hold."""

_TYPES: dict[str, type[Message]] = {}
_NO_TOKEN: Final = re.compile(r"[.*>\s\x00-\x1f\x7f]")


class Message(Options):
    """A typed, immutable message.

    The subject is ``twinergy.<pilot>.<module>.<information object>``; id and time are the sender's, so a deterministic
    sender gives deterministic messages. A subclass that names its information object is registered by that name, which is
    all it takes to be encoded, decoded and documented. Numbers are finite; what was not measured is None.
    """

    model_config = ConfigDict(defer_build=True, ser_json_inf_nan="null")

    information_object: ClassVar[str] = ""
    """Last part of the subject; every message type names its own."""
    data_model: ClassVar[str] = MODEL_OF_THE_LABORATORY
    """Data model that deliverable D4.4 gives the information object."""
    use_cases: ClassVar[tuple[str, ...]] = ()
    """Use cases of D4.4 that exchange it."""
    schema_version: ClassVar[int] = 1
    """Raised when a field goes, or changes its meaning, unit or sign."""

    id: str
    """Unique within the source."""
    source: str
    """Name of the agent or device that says it."""
    pilot: str
    """Name of the scenario."""
    sent: Instant
    """Start of the step in which it was said, UTC."""
    valid_s: float = Field(default=3600.0, ge=0.0, le=LONGEST_S)
    """For how long it holds."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Register the type by its information object."""
        name = cls.__dict__.get("information_object")
        if not name:
            return
        known = _TYPES.get(name)
        if known is not None and (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            message = f"information object {name!r} is taken by {known.__module__}.{known.__qualname__}; choose another name"
            raise TypeError(message)
        _TYPES[name] = cls

    @property
    def subject(self) -> str:
        """Where it is published."""
        return subject_of(self.pilot, self.source, self.information_object)


@lru_cache(maxsize=4096)
def subject_of(pilot: str, source: str, information_object: str) -> str:
    """Return a subject of exactly four parts; what separates or matches parts becomes ``_``.

    >>> subject_of("athens.v2", "home_energy", "sensor_status")
    'twinergy.athens_v2.home_energy.sensor_status'
    """
    return ".".join(("twinergy", *(_NO_TOKEN.sub("_", part) or "_" for part in (pilot, source, information_object))))


def registered() -> dict[str, type[Message]]:
    """Return the types of message that have been imported, by information object, in alphabetical order."""
    return dict(sorted(_TYPES.items()))


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
