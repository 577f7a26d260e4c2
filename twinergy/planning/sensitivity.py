# SPDX-License-Identifier: Apache-2.0
"""What if a price, a cost or a demand is another: the plan made again for each change, one at a time, as a tornado shows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from twinergy.errors import ModelError, TwinergyError, closest
from twinergy.planning.draft import Block
from twinergy.planning.many import Job, Outcome, plans
from twinergy.planning.optimise import COST, Goal
from twinergy.planning.size import Size

if TYPE_CHECKING:
    from twinergy.planning.horizon import Horizon
    from twinergy.planning.many import Workers

Apply = Callable[[Sequence[Block]], Sequence[Block]]


@dataclass(frozen=True, slots=True)
class Change:
    """One assumption at another value.

    Attributes
    ----------
    name : str
        The assumption: ``import price``. Changes of one name are one bar of the tornado.
    level : str
        Its value: ``x 0.8``.
    apply : callable
        Blocks to blocks; those given stay as they are.
    """

    name: str
    level: str
    apply: Apply


@dataclass(frozen=True)
class Row:
    """A change and what it does.

    Attributes
    ----------
    change : Change
        What was changed.
    outcome : Outcome
        The plan then.
    eur, co2_kg : float
        How much more it costs and emits than the plan without the change. [EUR/a], [kg CO2e/a]
    sizes : dict of str to float
        How much more is added of each size. [unit of the size]
    """

    change: Change
    outcome: Outcome
    eur: float
    co2_kg: float
    sizes: dict[str, float]


@dataclass(frozen=True)
class Sensitivity:
    """The plan without changes, and a row for each change."""

    base: Outcome
    rows: tuple[Row, ...]

    def tornado(self) -> list[tuple[str, tuple[Row, ...]]]:
        """Return the rows by assumption, that with the widest span of cost first; a plan that cannot be is the widest."""
        names = dict.fromkeys(row.change.name for row in self.rows)
        bars = [(name, tuple(row for row in self.rows if row.change.name == name)) for name in names]
        return sorted(bars, key=lambda bar: -_span(bar[1]))

    def as_dict(self) -> dict[str, Any]:
        """Return the table as plain data."""
        rows = [
            {
                "name": row.change.name,
                "level": row.change.level,
                "status": row.outcome.status,
                "eur": row.eur,
                "co2_kg": row.co2_kg,
                "sizes": dict(row.outcome.sizes),
                "why": row.outcome.why,
            }
            for _, bar in self.tornado()
            for row in bar
        ]
        return {"eur": self.base.eur, "co2_kg": self.base.co2_kg, "sizes": dict(self.base.sizes), "rows": rows}


def sensitivity(
    blocks: Sequence[Block], horizon: Horizon, changes: Sequence[Change], goal: Goal = COST, workers: Workers | None = None
) -> Sensitivity:
    """Plan without and with each change.

    Parameters
    ----------
    blocks : sequence of Block
        The plan as assumed.
    horizon : Horizon
        Steps.
    changes : sequence of Change
        What may be otherwise; `scaled` and `costed` make the usual ones.
    goal : Goal
        What is least.
    workers : Workers, optional
        Where to plan; see `twinergy.planning.many.plans`.

    Raises
    ------
    ModelError
        If there is no plan without changes to compare with.

    Notes
    -----
    A change that nothing can be made of, or with which there is no plan, is a row that says why.
    """
    jobs = [Job(name="as assumed", blocks=blocks, horizon=horizon, goal=goal)]
    failed: dict[int, Outcome] = {}
    for number, change in enumerate(changes):
        name = f"{change.name} {change.level}"
        try:
            jobs.append(Job(name=name, blocks=change.apply(blocks), horizon=horizon, goal=goal))
        except (TwinergyError, ValueError) as error:
            failed[number] = Outcome(name=name, status="failed", why=str(error))
    base, *others = plans(jobs, workers)
    if not base.usable:
        message = f"there is no plan to compare with: {base.why or base.status}"
        raise ModelError(message)
    made = iter(others)
    outcomes = [failed[number] if number in failed else next(made) for number in range(len(changes))]
    return Sensitivity(base, tuple(_row(change, other, base) for change, other in zip(changes, outcomes, strict=True)))


def scaled(name: str, kind: str, quantity: str, factors: Sequence[float]) -> list[Change]:
    """Return changes that multiply a quantity of all blocks of a kind: their field of that name, numbers and arrays alike.

    Parameters
    ----------
    name : str
        Of the assumption.
    kind : str
        Kind of block, ``tariff``.
    quantity : str
        Field, ``import_eur_per_kwh``; a field of a part of a block is found as well (``yield_kw_per_kwp`` of a PV's faces).
    factors : sequence of float
        One change each. [-]
    """
    return [Change(name, f"x {factor:g}", _scaling(kind, quantity, factor)) for factor in factors]


def costed(name: str, kind: str, factors: Sequence[float]) -> list[Change]:
    """Return changes that multiply what every size of all blocks of a kind costs in a year, by the unit and once."""
    return [Change(name, f"x {factor:g}", _costing(kind, factor)) for factor in factors]


def _scaling(kind: str, quantity: str, factor: float) -> Apply:
    def visit(part: Any) -> Any:
        value = getattr(part, quantity, None)
        return (
            replace(part, **{quantity: factor * np.asarray(value) if np.ndim(value) else factor * value})
            if value is not None
            else part
        )

    def apply(blocks: Sequence[Block]) -> Sequence[Block]:
        return _changed(blocks, kind, visit, quantity)

    return apply


def _costing(kind: str, factor: float) -> Apply:
    def visit(part: Any) -> Any:
        if not isinstance(part, Size):
            return part
        return replace(part, annual_eur=factor * part.annual_eur, once_annual_eur=factor * part.once_annual_eur)

    def apply(blocks: Sequence[Block]) -> Sequence[Block]:
        return _changed(blocks, kind, visit, "size")

    return apply


def _changed(blocks: Sequence[Block], kind: str, visit: Callable[[Any], Any], what: str) -> list[Block]:
    kinds = {block.kind for block in blocks}
    if kind not in kinds:
        message = f"no block of kind {kind!r} to change: {closest(kind, kinds)}"
        raise ValueError(message)
    changed = [_visited(block, visit) if block.kind == kind else block for block in blocks]
    if all(new is old for new, old in zip(changed, blocks, strict=True)):
        message = f"blocks of kind {kind!r} have no {what} to change"
        raise ValueError(message)
    return changed


def _visited(part: Any, visit: Callable[[Any], Any]) -> Any:
    """Return a dataclass with it and all its parts visited; the same object where nothing changed."""
    if isinstance(part, tuple):
        parts = tuple(_visited(one, visit) for one in part)
        return part if all(new is old for new, old in zip(parts, part, strict=True)) else parts
    if not is_dataclass(part) or isinstance(part, type):
        return part
    own = {one.name: getattr(part, one.name) for one in fields(part) if one.init}
    new = {name: value for name, old in own.items() if (value := _visited(old, visit)) is not old}
    return visit(replace(part, **new) if new else part)


def _row(change: Change, other: Outcome, base: Outcome) -> Row:
    sizes = {name: size - base.sizes.get(name, 0.0) for name, size in other.sizes.items()}
    return Row(change, other, other.eur - base.eur, other.co2_kg - base.co2_kg, sizes)


def _span(rows: Sequence[Row]) -> float:
    values = [0.0, *(row.eur for row in rows)]
    return float("inf") if np.isnan(values).any() else max(values) - min(values)


__all__ = ["Apply", "Change", "Row", "Sensitivity", "costed", "scaled", "sensitivity"]
