# SPDX-License-Identifier: Apache-2.0
"""Unique, readable names for the elements of a pandapower network, which itself asks for none."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

PREFIX_OF_TABLE: Final = {"bus": "bus", "line": "line", "trafo": "transformer", "switch": "switch"}


def give_names(net: Any) -> None:
    """Write unique names into the buses, lines, transformers and switches of a network, in place.

    A name the network brings is kept. Where there is none it becomes ``bus-12``, with the element's index; where
    several elements share one, the index is appended to each.
    """
    for table, prefix in PREFIX_OF_TABLE.items():
        frame = net[table]
        frame["name"] = unique_names(list(frame["name"]), list(frame.index), prefix)


def unique_names(names: list[Any], index: list[int], prefix: str) -> list[str]:
    """Return one name per element, unique.

    >>> unique_names(["a", None, "b", "b"], [0, 1, 2, 3], "line")
    ['a', 'line-1', 'b-2', 'b-3']
    """
    plain = [name.strip() if isinstance(name, str) else "" for name in names]
    count = Counter(plain)
    given = [
        f"{prefix}-{number}" if not name else f"{name}-{number}" if count[name] > 1 else name
        for name, number in zip(plain, index, strict=True)
    ]
    if len(set(given)) < len(given):  # a made-up name met a given one: fall back to what cannot collide
        return [f"{prefix}-{number}" for number in index]
    return given
