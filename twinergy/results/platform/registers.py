# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: S608 - every name is quoted and every value is a literal made here or quoted
"""SQL that turns readings of registers into increments.

A single reading outside its neighbours is passed over. A fall to a lower value is a reset and counts from zero, unless the
reading before stood within 1 % below a power of ten: then the counter rolled over and goes on from there. An increment belongs to
the step of the later reading, so a gap puts its energy into the step that ends it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinergy.results.platform.sql import name_sql

if TYPE_CHECKING:
    from collections.abc import Sequence

ROLLOVER: Final = 0.99
"""Share of a power of ten above which a falling register has rolled over."""
_OVER: Final = "OVER (PARTITION BY device ORDER BY time)"


def increments_sql(rows: str, registers: Sequence[str]) -> str:
    """Return rows with ``<register>:d`` beside each register: the energy since the reading before, NULL for the first."""
    beside = ", ".join(part for port in registers for part in _neighbours(port))
    plain = ", ".join(_plain(port) for port in registers)
    before = ", ".join(f"lag({name_sql(port + ':v')} IGNORE NULLS) {_OVER} AS {name_sql(port + ':p')}" for port in registers)
    counted = ", ".join(_counted(port) for port in registers)
    known = f"SELECT *, {plain} FROM (SELECT *, {beside} FROM ({rows}))"
    return f"SELECT *, {counted} FROM (SELECT *, {before} FROM ({known}))"


def _neighbours(port: str) -> tuple[str, str]:
    value = name_sql(port)
    return (
        f"lag({value} IGNORE NULLS) {_OVER} AS {name_sql(port + ':b')}",
        f"lead({value} IGNORE NULLS) {_OVER} AS {name_sql(port + ':a')}",
    )


def _plain(port: str) -> str:
    value, before, after = (name_sql(port + end) for end in ("", ":b", ":a"))
    outlier = f"{before} <= {after} AND ({value} < {before} OR {value} > {after})"
    return f"CASE WHEN {outlier} THEN NULL ELSE {value} END AS {name_sql(port + ':v')}"


def _counted(port: str) -> str:
    value, before = name_sql(port + ":v"), name_sql(port + ":p")
    top = f"pow(10, ceil(log10({before})))"
    fall = f"CASE WHEN {before} > {ROLLOVER} * {top} THEN {value} + {top} - {before} ELSE {value} END"
    rise = f"WHEN {value} >= {before} THEN {value} - {before}"
    return f"CASE {rise} WHEN {value} < {before} THEN {fall} END AS {name_sql(port + ':d')}"
