# SPDX-License-Identifier: Apache-2.0
"""Where buses, lines and transformers of a grid lie: what a map of the results needs."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class GridTopology:
    """Names, places and ends of a grid's elements; names as in the result tables.

    Attributes
    ----------
    buses : dict of str to list of float
        x and y of each bus in any plane projection or degrees; NaN or an empty list where unknown.
    lines : dict of str to list of str
        From-bus and to-bus of each line.
    transformers : dict of str to list of str
        High-voltage bus and low-voltage bus of each transformer.
    """

    buses: dict[str, list[float]]
    lines: dict[str, list[str]] = field(default_factory=dict)
    transformers: dict[str, list[str]] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the topology as JSON; an unknown place becomes an empty list."""
        known = {name: (place if _known(place) else []) for name, place in self.buses.items()}
        return json.dumps(asdict(self) | {"buses": known}, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> GridTopology:
        """Return the topology that `to_json` wrote."""
        return cls(**json.loads(text))

    @property
    def drawable(self) -> bool:
        """Whether every bus has a place and not all have the same."""
        return all(_known(place) for place in self.buses.values()) and len({tuple(place) for place in self.buses.values()}) > 1


def _known(place: list[float]) -> bool:
    return len(place) == 2 and all(math.isfinite(value) for value in place)  # noqa: PLR2004 - x and y
