# SPDX-License-Identifier: Apache-2.0
"""What all blocks of a plan have in common: an id, numbers that are checked, and a say in the draft."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from twinergy.errors import Finding, ScenarioError
from twinergy.planning.size import Size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from twinergy.planning.blocks.allowed import Allowed
    from twinergy.planning.draft import Draft


class Block(ABC):
    """One technology or rule at one place of a plan.

    Attributes
    ----------
    id : str
        Unique in the plan; names its variables.

    Raises
    ------
    ScenarioError
        If a number of it cannot be, with every finding: block, field, value and what is allowed.
    """

    id: str
    kind: ClassVar[str]
    """What it is: the name of its file."""
    allowed: ClassVar[Mapping[str, Allowed]] = MappingProxyType({})
    """Numbers, or courses of one number for each step, that are checked by their names."""

    def __post_init__(self) -> None:
        findings = self.findings()
        if findings:
            raise ScenarioError(findings, f"block {self.id!r} of the plan")

    @abstractmethod
    def add(self, draft: Draft) -> None:
        """Add variables, limits, flows and costs."""

    def link(self, draft: Draft) -> None:  # noqa: B027 - most blocks hang on no other
        """Add what hangs on other blocks; called when every block has added its own, in the order of the plan."""

    def findings(self) -> list[Finding]:
        """Return what is wrong with the numbers."""
        found: list[Finding] = []
        for name, value in self._numbers():
            found += self.allowed[name].findings(f"{self.id}.{name}", value)
        for name, size in self.own_sizes().items():
            found += size.findings(f"{self.id}.{name}")
        return found or self.contradictions()

    def contradictions(self) -> list[Finding]:
        """Return what cannot be together although each number may be."""
        return []

    def own_sizes(self) -> dict[str, Size]:
        """Return the sizes that may be chosen, by the field they are in."""
        return {name: value for name, value in vars(self).items() if isinstance(value, Size)}

    def own_courses(self) -> dict[str, int]:
        """Return how many steps the data of each field have that come step by step."""
        return {name: len(value) for name, value in self._numbers() if np.ndim(value) == 1}

    def _numbers(self) -> Iterator[tuple[str, Any]]:
        for name in self.allowed:
            value = getattr(self, name)
            if value is not None:
                yield name, value


def path(block: Block, field: str) -> str:
    """Return where a field is, as findings name it."""
    return f"{block.id}.{field}"


__all__ = ["Block", "Finding", "path"]
