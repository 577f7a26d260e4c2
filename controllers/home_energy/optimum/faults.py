# SPDX-License-Identifier: Apache-2.0
"""Wrong inputs of the optimisation, collected and told together."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from twinergy.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable


class Fault(NamedTuple):
    """One thing that is wrong with an input.

    Attributes
    ----------
    field : str
        Name of the field.
    value : str
        What it holds.
    allowed : str
        What it may hold, or what to do.
    """

    field: str
    value: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.field} (got {self.value}); allowed: {self.allowed}"


def refuse(subject: str, faults: Iterable[Fault]) -> None:
    """Raise a `ModelError` that names every fault, if there is one."""
    found = list(faults)
    if found:
        head = f"{subject}: {len(found)} finding{'s' if len(found) != 1 else ''}"
        raise ModelError("\n".join([head, *(f"  - {fault}" for fault in found)]))
