# SPDX-License-Identifier: Apache-2.0
"""Branch and bound on the bounds of the relaxation, each node a few warm simplex iterations.

A home needs few binaries at a time, and what they mean is known: a programme starts early or late, the car rests or charges,
a battery charges or discharges. Inequalities (`cuts`) bring the relaxation's optimum near that of the exact programme first, a
rounded plan is then mostly within the gap; else splitting closes it within some nodes of a millisecond each; what stays open goes
to HiGHS with all binaries.
"""

from __future__ import annotations

import heapq
import math
from typing import TYPE_CHECKING

import numpy as np

from controllers.home_energy.optimum.cuts import Facets
from controllers.home_energy.optimum.envelope import Envelope
from controllers.home_energy.optimum.exclusive import NOISE, NOISE_KW, cheats
from controllers.home_energy.optimum.rounding import rounded_bounds
from controllers.home_energy.optimum.solver import Outcome
from controllers.home_energy.optimum.stake import at_stake_eur, gap_between

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controllers.home_energy.optimum.assets import HomeAssets
    from controllers.home_energy.optimum.cuts import Cuts
    from controllers.home_energy.optimum.layout import Layout
    from controllers.home_energy.optimum.numbers import Numbers
    from controllers.home_energy.optimum.outlook import HomeOutlook
    from controllers.home_energy.optimum.prices import Prices
    from controllers.home_energy.optimum.solver import Limits, Solver
    from twinergy.kinds import FloatArray

    Bounds = tuple[FloatArray, FloatArray]

ROUNDS = 12
"""So often rounding is repeated where the rounded relaxation still cheats: the car is rounded by and by."""
CUT_ROUNDS = 8
CUT_WORTH = 0.05
"""Inequalities are added as long as a round lifts the bound by this share of the gap that is good enough."""


class Branching:
    """The search for one outlook.

    Parameters
    ----------
    solver : Solver
        The relaxation, numbers up to date.
    assets, layout, outlook, prices, numbers
        What the relaxation was made from.
    """

    def __init__(
        self, solver: Solver, assets: HomeAssets, layout: Layout, outlook: HomeOutlook, prices: Prices, numbers: Numbers
    ) -> None:
        self._solver, self._assets, self._layout = solver, assets, layout
        self._outlook, self._prices, self._numbers = outlook, prices, numbers
        self.best = Outcome(None, "no plan yet")
        self.stake_eur = 0.0
        self.cuts: list[Cuts] = []

    def search(self, root: Outcome, limits: Limits) -> Outcome:
        """Return the best plan found, with its bound.

        Parameters
        ----------
        root : Outcome
            Optimum of the relaxation.
        limits : Limits
            When to stop.

        Returns
        -------
        Outcome
            Values None if no plan was found; the gap may be larger than asked for.
        """
        gap, before = limits.mip_gap, self._solver.iterations
        root = self._tightened(root, gap)
        assert root.values is not None  # noqa: S101 - of an optimum
        if not cheats(self._assets, self._layout, self._prices, root.values):
            self.best = root
            return root
        bounds = (self._numbers.lower, self._numbers.upper)
        open_nodes = [(root.objective_eur, 0, root, bounds)]
        solved, bound = 0, root.objective_eur
        while open_nodes:
            bound, _, node, bounds = heapq.heappop(open_nodes)
            if solved & (solved - 1) == 0 and self.gap(bound) > gap:
                self._round(node, bounds)
            if self.gap(bound) <= gap or solved >= limits.dive or self._solver.iterations - before >= limits.effort:
                return self.best._replace(bound_eur=min(bound, self.best.objective_eur))
            for child in self._children(node, bounds):
                solved += 1
                outcome = self._solve(child)
                if outcome.values is not None and outcome.objective_eur < self.best.objective_eur:
                    heapq.heappush(open_nodes, (outcome.objective_eur, solved, outcome, child))
        return self.best._replace(bound_eur=self.best.objective_eur)

    def gap(self, bound_eur: float) -> float:
        """Return how far the best plan may be off, relative to the money at stake."""
        return gap_between(self.best.objective_eur, bound_eur, self.stake_eur)

    def _tightened(self, root: Outcome, gap: float) -> Outcome:
        """Add violated inequalities as long as they lift the bound."""
        given = (self._assets, self._layout, self._outlook, self._prices)
        assert root.values is not None  # noqa: S101 - of an optimum
        facets, good = Facets(*given), root
        odd = {"importing", "charging"} & set(cheats(self._assets, self._layout, self._prices, root.values))
        envelope = Envelope(*given) if odd else None
        for _ in range(CUT_ROUNDS):
            assert good.values is not None  # noqa: S101
            self.stake_eur = at_stake_eur(*given, good.values)
            found = [*facets.violated(good.values)]
            if envelope is not None:
                found += envelope.violated(good.values, self._solver.duals("balance"))
            if not found or not self._solver.cut(found):
                break
            self.cuts += found
            outcome = self._solver.run()
            if outcome.values is None:
                break
            lifted, good = outcome.objective_eur - good.objective_eur, outcome
            if lifted < CUT_WORTH * gap * self.stake_eur:
                break
        return good

    def _solve(self, bounds: Bounds) -> Outcome:
        """Return the relaxation's optimum within bounds, and keep it if nothing cheats (then there is nothing to branch on)."""
        self._solver.bound(*bounds)
        outcome = self._solver.run()
        if outcome.values is None or outcome.objective_eur >= self.best.objective_eur:
            return outcome
        if cheats(self._assets, self._layout, self._prices, outcome.values):
            return outcome
        self.best = outcome
        return Outcome(None, "done")

    def _round(self, node: Outcome, bounds: Bounds) -> None:
        given = (self._assets, self._layout, self._outlook, self._prices)
        for _ in range(ROUNDS):
            if node.values is None or node.objective_eur >= self.best.objective_eur:
                return
            bounds = rounded_bounds(*given, bounds, node.values)
            node = self._solve(bounds)

    def _children(self, node: Outcome, bounds: Bounds) -> Iterator[Bounds]:
        """Split a node where its solution cheats; the child nearer to the solution first."""
        assert node.values is not None  # noqa: S101 - only solved nodes are kept
        kinds = cheats(self._assets, self._layout, self._prices, node.values)
        kind = kinds[0]
        if kind.startswith("start"):
            yield from self._split_starts(kind.removeprefix("start"), node.values, bounds)
        elif kind == "car_on":
            yield from self._split_car(node.values, bounds)
        else:
            pair = ("import", "export") if kind == "importing" else ("charge", "discharge")
            yield from self._split_pair(pair, node.values, bounds)

    def _split_starts(self, number: str, values: FloatArray, bounds: Bounds) -> Iterator[Bounds]:
        block = slice(self._layout.columns[f"start{number}"].start, self._layout.columns[f"missed{number}"].stop)
        shares = np.where(values[block] > NOISE, values[block], 0.0)
        positions = np.arange(len(shares))
        middle = math.floor(float((shares * positions).sum() / shares.sum()))
        middle = min(max(middle, int(positions[shares > 0][0])), int(positions[shares > 0][-1]) - 1)
        early, late = bounds[1].copy(), bounds[1].copy()
        early[block][middle + 1 :] = 0.0
        late[block][: middle + 1] = 0.0
        yield bounds[0], early
        yield bounds[0], late

    def _split_car(self, values: FloatArray, bounds: Bounds) -> Iterator[Bounds]:
        car, block = self._assets.car, self._layout.columns["car"]
        assert car is not None  # noqa: S101 - only a car cheats so
        p_kw = values[block]
        doubt = np.where((p_kw > NOISE_KW) & (p_kw < car.p_min_kw - NOISE_KW), np.minimum(p_kw, car.p_min_kw - p_kw), -1.0)
        step = block.start + int(doubt.argmax())
        rests, charges = bounds[1].copy(), bounds[0].copy()
        rests[step], charges[step] = 0.0, car.p_min_kw
        yield bounds[0], rests
        yield charges, bounds[1]

    def _split_pair(self, pair: tuple[str, str], values: FloatArray, bounds: Bounds) -> Iterator[Bounds]:
        forward, backward = (self._layout.columns[name] for name in pair)
        both = np.minimum(values[forward], values[backward])
        if pair[0] == "import":
            both = np.where(self._prices.fed > self._prices.drawn, both, -1.0)
        step = int(both.argmax())
        for block in (backward, forward):
            upper = bounds[1].copy()
            upper[block.start + step] = 0.0
            yield bounds[0], upper
