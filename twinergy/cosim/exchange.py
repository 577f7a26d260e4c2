# SPDX-License-Identifier: Apache-2.0
"""Tables between processes: lists on the wire, arrays on both sides, and only what the far side reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twinergy.cosim.wiring import CONNECTION, PHASE_LOAD, POINT
from twinergy.ports import LAST, NET, Direction

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from twinergy.kinds import DeviceKind, TableValues

Wanted = dict[str, list[str]]
"""Ports by table."""


def wanted_by(kinds: Iterable[DeviceKind], *, phases: bool) -> Wanted:
    """Return the columns that the inputs of some kinds read, the load at the connections always among them."""
    wanted: dict[str, set[str]] = {CONNECTION: {"p_kw", "q_kvar", *(PHASE_LOAD if phases else ())}}
    for kind in kinds:
        for port in kind.ports:
            table, _, name = port.source.removeprefix(f"{LAST}.").partition(".")
            if table and table not in {NET, POINT}:
                wanted.setdefault(table, set()).add(name)
    return {table: sorted(names) for table, names in wanted.items()}


def as_lists(tables: TableValues, wanted: Mapping[str, Iterable[str]]) -> dict[str, dict[str, Any]]:
    """Return the wanted columns as nested lists."""
    return {
        table: {name: tables[table][name].tolist() for name in names if name in tables[table]}
        for table, names in wanted.items()
        if table in tables
    }


def as_arrays(tables: Mapping[str, Mapping[str, Any]]) -> TableValues:
    """Return tables whose columns are arrays; what is one already stays as it is.

    >>> as_arrays({"pv": {"p_kw": [0.0, float("nan")]}})
    {'pv': {'p_kw': array([ 0., nan])}}
    """
    return {
        table: {name: np.asarray(values, dtype=np.float64) for name, values in columns.items()}
        for table, columns in tables.items()
    }


def set_points_of(kinds: Iterable[DeviceKind]) -> Wanted:
    """Return the set-points of some kinds."""
    return {kind.name: [port.name for port in kind.ports if port.direction is Direction.SET_POINT] for kind in kinds}
