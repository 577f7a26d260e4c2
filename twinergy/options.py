# SPDX-License-Identifier: Apache-2.0
"""The base of every options model: closed, frozen, documented by its fields."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    """Closed and frozen: an unknown key is a finding, a value is never changed after loading.

    Every field carries its unit in its name and a sentence in ``Field(description=...)`` or below the field.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)


Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
NonNegative = Annotated[float, Field(ge=0.0)]
