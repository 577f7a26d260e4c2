# SPDX-License-Identifier: Apache-2.0
"""Sizes that are chosen before one knows which future comes: on average, with an eye on the dear ones, or for the worst.

Two-stage stochastic programming [1]_: sizes are common, operation follows each future. Every future is a list of blocks of its
own (prices, demand, weather, cost of technology), so anything may differ but what there is to choose. All of them are one
problem, which is what typical periods are for.

References
----------
.. [1] Birge, Louveaux, "Introduction to Stochastic Programming", 2nd edition, Springer 2011, chapter 4: the value of information
   and of the stochastic solution.
.. [2] Rockafellar, Uryasev, "Optimization of conditional value-at-risk", Journal of Risk 2 (2000) 21: the linear program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twinergy.errors import ModelError
from twinergy.planning.draft import Draft
from twinergy.planning.futures import Future, Risk, Robust, check
from twinergy.planning.program import compiled
from twinergy.planning.solving import Answer, Program
from twinergy.planning.stacked import Stack, mean, stacked, widened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.kinds import FloatArray
    from twinergy.planning.horizon import Horizon
    from twinergy.planning.program import IntArray, Matrices


def robust(futures: Sequence[Future], horizon: Horizon, risk: Risk | None = None, time_limit_s: float = 600.0) -> Robust:
    """Return the sizes that are best for several futures.

    Parameters
    ----------
    futures : sequence of Future
        Their probabilities add up to 1.
    horizon : Horizon
        Steps, the same for all.
    risk : Risk, optional
        What is least; the mean cost where not given.
    time_limit_s : float
        Wall time of one solve. [s]

    Raises
    ------
    ValueError
        If names repeat or probabilities are not above 0 or do not add up to 1.
    ModelError
        If futures offer different sizes, or some future has no plan at all.
    """
    check(futures)
    several = [compiled(Draft.of(future.blocks, horizon)) for future in futures]
    return _Choice(futures, several, risk or Risk(), time_limit_s).result()


class _Choice:
    """Problems of all futures, alone and together."""

    def __init__(self, futures: Sequence[Future], several: Sequence[Matrices], risk: Risk, time_limit_s: float) -> None:
        self.futures, self.several, self.risk, self.time_limit_s = futures, several, risk, time_limit_s
        self.shares = np.array([future.probability for future in futures])
        self.seconds = 0.0
        self.notes: list[str] = []

    def result(self) -> Robust:
        alone = np.array([self._alone(future, one) for future, one in zip(self.futures, self.several, strict=True)])
        sizes = self._together(alone)
        eur = np.array([self._with(one, sizes) for one in self.several])
        mean_sizes, dearer = self._for_the_mean(float(self.shares @ eur))
        names = [future.name for future in self.futures]
        return Robust(
            sizes=self._named(sizes),
            eur=dict(zip(names, eur.tolist(), strict=True)),
            alone_eur=dict(zip(names, alone.tolist(), strict=True)),
            mean_eur=float(self.shares @ eur),
            information_eur=float(self.shares @ (eur - alone)),
            stochastic_eur=dearer,
            mean_sizes=mean_sizes,
            seconds=self.seconds,
            notes=tuple(self.notes),
        )

    def _solve(self, matrices: Matrices, costs: FloatArray) -> Answer:
        program = Program(matrices, self.time_limit_s)
        program.goal(costs)
        answer = program.solve()
        self.seconds += answer.seconds
        return answer

    def _alone(self, future: Future, one: Matrices) -> float:
        answer = self._solve(one, one.costs(1.0, self.risk.eur_per_kg))
        if not answer.usable:
            message = f"future {future.name!r} has no plan ({answer.status.value}); twinergy.planning.conflict.explain says why"
            raise ModelError(message)
        return answer.objective

    def _together(self, alone: FloatArray) -> FloatArray:
        """Return the common sizes, in the order of the choices of the first future."""
        stack = stacked(self.several, self.risk.eur_per_kg)
        stack, costs = _with_risk(stack, self.risk, self.shares, alone)
        answer = self._solve(stack.matrices, costs)
        if not answer.usable:
            message = (
                f"no sizes serve all futures ({answer.status.value}), though each has a plan of its own: "
                "widen the bounds of sizes, or leave out the future that asks for too much"
            )
            raise ModelError(message)
        count = stack.matrices.n_columns
        self.notes.append(f"{len(self.futures)} futures in one problem of {count} columns, {answer.seconds:.2f} s")
        return np.asarray(answer.values[self._columns(self.several[0])])

    def _with(self, one: Matrices, sizes: FloatArray) -> float:
        """Return what a future costs with given sizes; infinite where they cannot serve it."""
        columns = self._columns(one)
        program = Program(one, self.time_limit_s)
        program.goal(one.costs(1.0, self.risk.eur_per_kg))
        program.bound(columns, sizes, sizes)
        answer = program.solve()
        self.seconds += answer.seconds
        return answer.objective if answer.usable else float("inf")

    def _for_the_mean(self, mean_eur: float) -> tuple[dict[str, float], float]:
        middle = mean(self.several, self.shares)
        if middle is None:
            self.notes.append("the futures are built differently, so there is no mean future to compare with")
            return {}, float("nan")
        answer = self._solve(middle, middle.costs(1.0, self.risk.eur_per_kg))
        if not answer.usable:
            self.notes.append(f"the mean future has no plan ({answer.status.value})")
            return {}, float("nan")
        sizes = answer.values[self._columns(middle)]
        eur = np.array([self._with(one, sizes) for one in self.several])
        unserved = [future.name for future, cost in zip(self.futures, eur, strict=True) if not np.isfinite(cost)]
        if unserved:
            self.notes.append(f"sizes for the mean future cannot serve {', '.join(unserved)}")
        return self._named(sizes), float(self.shares @ eur) - mean_eur

    def _columns(self, one: Matrices) -> IntArray:
        order = [choice.variable for choice in self.several[0].choices]
        return np.array([int(one.columns[variable][0]) for variable in order], dtype=np.int64)

    def _named(self, sizes: FloatArray) -> dict[str, float]:
        choices = self.several[0].choices
        return {f"{choice.block}.{choice.name}": float(size) for choice, size in zip(choices, sizes, strict=True)}


def _with_risk(stack: Stack, risk: Risk, shares: FloatArray, alone_eur: FloatArray) -> tuple[Stack, FloatArray]:
    """Return the problem with what the rule needs, and its costs."""
    expected = sum(share * costs for share, costs in zip(shares, stack.costs, strict=True))
    if risk.rule == "mean":
        return stack, np.asarray(expected)
    costs = np.array(stack.costs)
    count = len(costs)
    if risk.rule == "cvar":
        # [2]_: cost_s - eta - above_s <= 0, above_s >= 0; the dear part costs eta + sum(p_s above_s) / tail on average
        rows = np.hstack([costs, np.full((count, 1), -1.0), -np.eye(count)])
        wide = widened(stack, rows, np.zeros(count), np.array([-np.inf, *np.zeros(count)]))
        dear = np.array([1.0, *(shares / risk.tail)])
        return wide, np.concatenate([(1.0 - risk.weight) * np.asarray(expected), risk.weight * dear])
    known = alone_eur if risk.rule == "regret" else np.zeros(count)
    wide = widened(stack, np.hstack([costs, np.full((count, 1), -1.0)]), known, np.array([-np.inf]))
    return wide, np.concatenate([np.zeros(stack.matrices.n_columns), [1.0]])


__all__ = ["Future", "Risk", "Robust", "robust"]
