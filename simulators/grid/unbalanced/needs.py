# SPDX-License-Identifier: Apache-2.0
"""What a network must bring, and must not, to be solved with three phases of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from simulators.grid.unbalanced.zero_sequence import MODELLED, vector_groups
from twinergy.errors import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUPS: Final = "Dyn, Yzn, YNyn; Dd, Yd, YNd for three-wire networks"
BALANCED_ONLY: Final = ("gen", "trafo3w", "impedance", "ward", "xward", "shunt")
"""Tables of pandapower whose elements have a model in the balanced power flow alone."""


def unsuited(net: Any) -> list[Finding]:
    """Return a finding for everything that keeps a network from an unbalanced power flow, empty if nothing does."""
    return [*_without_model(net), *_transformers(net), *_between_phases(net)]


def _without_model(net: Any) -> Iterator[Finding]:
    for table in BALANCED_ONLY:
        if table in net and len(net[table]):
            yield _finding(f"{len(net[table])} x {table}: no model of it with three phases of their own", table, allowed="none")


def _transformers(net: Any) -> Iterator[Finding]:
    for row, group in enumerate(vector_groups(net.trafo)):
        name = net.trafo["name"].iloc[row]
        path = f"trafo[{name}]"
        if group not in MODELLED:
            shown = net.trafo["vector_group"].iloc[row]
            yield _finding("a vector group whose zero sequence has no model", f"{path}.vector_group", shown, GROUPS)
        elif group == "yzn" and not _has(net.trafo, "vk0_percent", row):
            yield _finding("a zigzag winding needs its zero-sequence impedance", f"{path}.vk0_percent", allowed="a value in %")


def _between_phases(net: Any) -> Iterator[Finding]:
    for table in ("asymmetric_load", "asymmetric_sgen"):
        kinds = set(net[table]["type"]) - {"wye"} if len(net[table]) and "type" in net[table] else set()
        if kinds & {"delta"}:
            yield _finding("loads between two phases have no model", f"{table}.type", "delta", "wye")


def _has(table: Any, column: str, row: int) -> bool:
    return column in table and bool(table[column].notna().iloc[row])


def _finding(message: str, path: str, value: object = None, allowed: str = "") -> Finding:
    return Finding(message=f"unbalanced: {message}", path=f"grid.{path}", value=value, allowed=allowed)
