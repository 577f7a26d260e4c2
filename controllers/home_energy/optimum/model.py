# SPDX-License-Identifier: Apache-2.0
"""The optimisation of one home: its programme is built once and re-solved for every outlook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from controllers.home_energy.optimum.branching import Branching
from controllers.home_energy.optimum.exclusive import cheats
from controllers.home_energy.optimum.finish import finished
from controllers.home_energy.optimum.habit import habit, replayed
from controllers.home_energy.optimum.layout import layout_of
from controllers.home_energy.optimum.matrix import exclusive_bounds, matrix_of
from controllers.home_energy.optimum.numbers import Numbers
from controllers.home_energy.optimum.outlook import Weights, check
from controllers.home_energy.optimum.plan import Binding, Decisions, HomePlan
from controllers.home_energy.optimum.solver import Limits, Outcome, Solver
from controllers.home_energy.optimum.stake import LEAST_EUR, gap_between

if TYPE_CHECKING:
    from controllers.home_energy.optimum.assets import HomeAssets
    from controllers.home_energy.optimum.layout import Layout
    from controllers.home_energy.optimum.outlook import HomeOutlook
    from controllers.home_energy.optimum.prices import Prices
    from twinergy.kinds import FloatArray


class HomeModel:
    """Re-plans one home.

    The relaxation is a linear programme that starts from its last basis. Only where its solution does what a real home cannot
    (see `exclusive.cheats`) it is branched on: first here, warm, then by HiGHS in a second model with binaries.

    Parameters
    ----------
    assets : HomeAssets
        What the home has.
    limits : Limits
        When the solver stops.

    Examples
    --------
    Two hours, electricity for 0.10 and then 0.30 EUR/kWh, 1 kW of load: the battery's 2 kWh are worth filling first.

    >>> import numpy as np
    >>> from controllers.home_energy.optimum import Battery, HomeAssets, HomeOutlook
    >>> battery = Battery(capacity_kwh=2.0, p_charge_kw=2.0, p_discharge_kw=2.0)
    >>> home = HomeAssets(step_s=3600, n_steps=2, import_limit_kw=10, export_limit_kw=10, battery=battery)
    >>> zero, price = np.zeros(2), np.array([0.10, 0.30])
    >>> outlook = HomeOutlook(buy_eur_per_kwh=price, feed_in_eur_per_kwh=zero, co2_g_per_kwh=zero, base_load_kw=zero + 1,
    ...                       p_pv_available_kw=zero, soc=0.0, end_value_eur_per_kwh=0.0)
    >>> HomeModel(home).solve(outlook).p_battery_kw.round(4).tolist()
    [1.108, -1.0]
    """

    def __init__(self, assets: HomeAssets, limits: Limits | None = None) -> None:
        self.assets = assets
        self.limits = limits or Limits()
        self._layout = layout_of(assets)
        self._numbers = Numbers(assets, self._layout)
        self._relaxed = self._solver(self._layout)
        self._exact: Solver | None = None
        self._last: HomePlan | None = None
        self._stake_eur = LEAST_EUR

    def solve(self, outlook: HomeOutlook, weights: Weights | None = None) -> HomePlan:
        """Return the best plan for an outlook.

        Parameters
        ----------
        outlook : HomeOutlook
            State, wishes and forecasts.
        weights : Weights, optional
            What the household cares about.

        Returns
        -------
        HomePlan
            Never infeasible: what cannot be met is in ``binding``.

        Raises
        ------
        ModelError
            If the outlook misses something; every field is named.
        """
        weights = weights or Weights()
        check(self.assets, outlook)
        prices = self._numbers.fill(outlook, weights)
        plan = self._plan(outlook, weights, self._search(outlook, prices))
        self._last = plan
        return plan

    def _search(self, outlook: HomeOutlook, prices: Prices) -> Outcome:
        """Return the relaxation's optimum if a real home can follow it, else a rounded or branched plan."""
        self._stake_eur = LEAST_EUR
        self._relaxed.update(self._numbers)
        relaxed = self._relaxed.run()
        if relaxed.values is None:
            return relaxed
        blocks = cheats(self.assets, self._layout, prices, relaxed.values)
        if not blocks:
            return relaxed
        search = Branching(self._relaxed, self.assets, self._layout, outlook, prices, self._numbers)
        near = search.search(relaxed, self.limits)
        self._stake_eur = search.stake_eur
        accept = max(self.limits.accept, self.limits.mip_gap) if _odd(outlook) else self.limits.mip_gap
        if search.gap(near.bound_eur) > accept:
            return self._branch(outlook, prices, blocks, near, search)
        return self._judged(near, "own limit of effort", search)

    def _branch(self, outlook: HomeOutlook, prices: Prices, blocks: list[str], near: Outcome, search: Branching) -> Outcome:
        """Add binaries of the kinds that are needed until nothing cheats any more."""
        if self._exact is None:
            self._exact = self._solver(layout_of(self.assets, exact=True))
        self._exact.update(self._numbers)
        self._exact.cut(search.cuts)
        self._exact.stop_at(self.limits.mip_gap * search.stake_eur)
        branched, outcome = _likely(self.assets, outlook), near
        while blocks:
            branched += [name for name in blocks if name not in branched]
            self._exact.branch_on(branched)
            if near.values is not None:
                self._exact.suggest(near.values)
            outcome = self._exact.run()
            if outcome.values is None or outcome.objective_eur >= near.objective_eur:
                break
            blocks = [name for name in cheats(self.assets, self._layout, prices, outcome.values) if name not in branched]
            if not blocks:
                near = outcome._replace(bound_eur=max(near.bound_eur, outcome.bound_eur))
        return self._judged(near._replace(bound_eur=max(near.bound_eur, outcome.bound_eur)), outcome.status, search)

    def _judged(self, near: Outcome, says: str, search: Branching) -> Outcome:
        """Return the best plan as optimal if it is within the gap, else with what stopped the search for a better one."""
        gap = gap_between(near.objective_eur, near.bound_eur, search.stake_eur)
        return near._replace(status="optimal" if gap <= self.limits.mip_gap else says)

    def _solver(self, layout: Layout) -> Solver:
        matrix = matrix_of(self.assets, layout)
        return Solver(layout, matrix, self._numbers, exclusive_bounds(self.assets, layout), self.limits)

    def _plan(self, outlook: HomeOutlook, weights: Weights, outcome: Outcome) -> HomePlan:
        says = outcome.status
        if outcome.values is not None:
            decisions = decisions_of(self.assets, self._layout, outlook, outcome.values)
            status = "optimal" if says == "optimal" else "incumbent"
            gap_eur = max(outcome.objective_eur - outcome.bound_eur, 0.0)
            notes = () if status == "optimal" else (_stopped(says, f"the best plan it had found, at most {gap_eur:.2f} EUR off"),)
            gaps = {"gap_eur": gap_eur, "stake_eur": self._stake_eur}
            return finished(self.assets, outlook, weights, decisions, status=status, **gaps, notes=notes)
        if self._last is None:
            return habit(self.assets, outlook, weights, notes=(_stopped(says, "the habit"),))
        note = _stopped(says, "what is left of the last plan")
        return replayed(self.assets, outlook, weights, self._last, notes=(note,))


def _odd(outlook: HomeOutlook) -> bool:
    """Whether buying pays or feeding in pays more than buying costs, in any step: bounds are weak there, HiGHS takes seconds."""
    buy = outlook.buy_eur_per_kwh
    return bool((buy < 0).any() or (outlook.feed_in_eur_per_kwh > buy).any())


def _likely(assets: HomeAssets, outlook: HomeOutlook) -> list[str]:
    """Return the wishes that will need binaries when one does, so that one round of branching is enough."""
    likely = [f"start{number}" for number, pending in enumerate(outlook.pending) if pending]
    car = assets.car is not None and assets.car.p_min_kw > 0 and outlook.car_wanted_kwh > 0
    return [*likely, "car_on"] if car else likely


def _stopped(says: str, instead: str) -> Binding:
    text = f"the solver stopped early ({says}); the home follows {instead}"
    return Binding("solver", 1.0, "1", text)


def decisions_of(assets: HomeAssets, layout: Layout, outlook: HomeOutlook, values: FloatArray) -> Decisions:
    """Return the decisions that are in the columns of a solution, clipped to their bounds."""
    columns, zero = layout.columns, np.zeros(assets.n_steps)

    def power(name: str, most_kw: float) -> FloatArray:
        return np.clip(values[columns[name]], 0.0, most_kw)

    battery, heat, boil, car = zero, zero, zero, zero
    if assets.battery is not None:
        battery = power("charge", assets.battery.p_charge_kw) - power("discharge", assets.battery.p_discharge_kw)
    if assets.room is not None:
        heat = power("heat", assets.room.p_max_kw)
    if assets.tank is not None:
        boil = power("boil", assets.tank.p_max_kw)
    if assets.car is not None:
        car = power("car", assets.car.p_max_kw)
    return Decisions(
        p_battery_kw=battery,
        p_heat_kw=heat,
        p_tank_kw=boil,
        p_ev_kw=car,
        p_pv_kw=np.clip(0.0 - values[columns["pv"]], outlook.p_pv_available_kw, 0.0),
        starts=tuple(_start(values[columns[f"start{number}"]]) for number in range(len(assets.machines))),
    )


def _start(values: FloatArray) -> int | None:
    best = int(values.argmax())
    return best if values[best] > 0.5 else None  # noqa: PLR2004 - of a binary
