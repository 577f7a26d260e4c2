# SPDX-License-Identifier: Apache-2.0
"""What blocks of one plan have to agree on: names that differ, and data of the same steps."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

import pyomo.environ as pyo

from twinergy.errors import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.planning.blocks.block import Block
    from twinergy.planning.horizon import Horizon


def disagreements(blocks: Sequence[Block], horizon: Horizon) -> list[Finding]:
    """Return what keeps blocks from being one plan over a horizon."""
    return _names(blocks) + _lengths(blocks, horizon)


def plain(name: str) -> str:
    """Return a name of letters, digits and underscores, as Pyomo and LP files want it.

    >>> plain("homes-1")
    'homes_1'
    """
    return "".join(letter if letter.isalnum() else "_" for letter in name)


@cache
def _taken() -> frozenset[str]:
    return frozenset(dir(pyo.ConcreteModel())) | {"steps", "previous", "balance", "cost"}


def room_name(block: str) -> str:
    """Return the name of a block's room in the model, before the point in the names of its variables.

    >>> room_name("farm-1"), room_name("active")
    ('farm_1', 'active_')
    """
    word = plain(block)
    return f"{word}_" if word in _taken() else word


def _names(blocks: Sequence[Block]) -> list[Finding]:
    counts = Counter(room_name(block.id) for block in blocks)
    allowed = "ids that differ in more than signs such as - and ."
    findings = [
        Finding(message=f"is the id of {counts[room_name(name)]} blocks", path=name, allowed=allowed)
        for name in sorted({block.id for block in blocks})
        if counts[room_name(name)] > 1
    ]
    nameless = [block for block in blocks if not block.id]
    return findings + [Finding(message=f"a {block.kind} has no id", value=block.id, allowed="a name") for block in nameless]


def _lengths(blocks: Sequence[Block], horizon: Horizon) -> list[Finding]:
    lengths = {f"{block.id}.{field}": count for block in blocks for field, count in block.own_courses().items()}
    if not lengths:
        return []
    needed, usual = int(horizon.source.max()) + 1, Counter(lengths.values()).most_common(1)[0][0]
    findings = []
    for path, count in lengths.items():
        if count < needed:
            findings.append(
                Finding(message="has too few steps", path=path, value=count, allowed=f"at least {needed}, as the horizon asks")
            )
        elif count != usual:
            findings.append(
                Finding(message="has another number of steps than the rest", path=path, value=count, allowed=str(usual))
            )
    return findings
