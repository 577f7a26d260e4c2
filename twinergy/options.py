# SPDX-License-Identifier: Apache-2.0
"""The base of every options model: closed, frozen, documented by its fields."""

from __future__ import annotations

from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Options(BaseModel):
    """Closed and frozen: an unknown key is a finding, a value is never changed after loading.

    Every field carries its unit in its name and a sentence in ``Field(description=...)`` or below the field.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)


Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
NonNegative = Annotated[float, Field(ge=0.0)]


_zones = cache(available_timezones)


def _known_zone(timezone: str) -> str:
    if timezone not in _zones():
        message = f"no time zone {timezone!r}: use an IANA name such as Europe/Berlin, Etc/GMT-1 or UTC"
        raise ValueError(message)
    return timezone


Timezone = Annotated[str, AfterValidator(_known_zone)]
"""IANA name of a time zone."""
