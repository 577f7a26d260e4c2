# SPDX-License-Identifier: Apache-2.0
"""Figures of a plan beside those of its twin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinergy.planning.plan import Plan

UNITS: Final = (
    ("self_sufficiency", "1"),
    ("self_consumption", "1"),
    ("generated_kwh", "kWh/a"),
    ("used_kwh", "kWh/a"),
    ("drawn_kwh", "kWh/a"),
    ("fed_in_kwh", "kWh/a"),
    ("peak_import_kw", "kW"),
    ("peak_export_kw", "kW"),
    ("vm_min_pu", "pu"),
    ("vm_max_pu", "pu"),
    ("line_percent", "%"),
    ("transformer_percent", "%"),
    ("charged_kwh", "kWh/a"),
    ("discharged_kwh", "kWh/a"),
    ("cycles", "1/a"),
    ("battery_losses_kwh", "kWh/a"),
    ("curtailed_kwh", "kWh/a"),
    ("heat_unserved_kwh", "kWh/a"),
    ("hot_water_unserved_kwh", "kWh/a"),
    ("too_cold_kh", "K h/a"),
    ("diverged", "steps"),
)
"""Figures that are compared, and their units."""
_LEAST: Final = frozenset({"vm_min_pu"})
_MOST: Final = frozenset({"vm_max_pu", "line_percent", "transformer_percent", "peak_import_kw", "peak_export_kw"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One figure: planned, simulated, and of the community as it is; NaN where there is none."""

    name: str
    unit: str
    planned: float
    simulated: float
    base: float


def compared(plan: Plan, sides: Mapping[str, Sequence[Mapping[str, float]]], weights: Sequence[float]) -> tuple[Compared, ...]:
    """Return figures of a year, planned, simulated and of the base.

    Parameters
    ----------
    plan : Plan
        Its own check of the network stands for planned voltages and loadings, of the whole year.
    sides : dict of str to sequence of dict
        Figures of each span for ``planned``, ``simulated`` and ``base``.
    weights : sequence of float
        How many of each span a year has. [-]
    """
    found = {side: summed(figures, weights) for side, figures in sides.items()}
    found["planned"] |= _of_grid(plan)
    names = [(name, unit) for name, unit in UNITS if any(name in one for one in found.values())]
    nan = float("nan")
    return tuple(
        Compared(name=name, unit=unit, **{side: one.get(name, nan) for side, one in found.items()}) for name, unit in names
    )


def summed(figures: Sequence[Mapping[str, float]], weights: Sequence[float]) -> dict[str, float]:
    """Return figures of a year from those of its spans: extremes as they are, the rest weighted."""
    found: dict[str, float] = {}
    for name in sorted({name for one in figures for name in one}):
        values = [one[name] for one in figures if name in one]
        if name in _LEAST:
            found[name] = min(values)
        elif name in _MOST:
            found[name] = max(values)
        elif name == "diverged":
            found[name] = sum(values)
        else:
            found[name] = sum(one.get(name, 0.0) * weight for one, weight in zip(figures, weights, strict=True))
    if found.get("used_kwh", 0.0) > 0.0:
        found["self_sufficiency"] = 1.0 - found["drawn_kwh"] / found["used_kwh"]
    if found.get("generated_kwh", 0.0) > 0.0:
        found["self_consumption"] = 1.0 - found["fed_in_kwh"] / found["generated_kwh"]
    return found


def _of_grid(plan: Plan) -> dict[str, float]:
    """Return the worst values of the year that the plan's own AC check found."""
    names = ("vm_min_pu", "vm_max_pu", "line_percent", "transformer_percent")
    return {name: float(getattr(plan.grid, name)) for name in names} if plan.grid else {}
