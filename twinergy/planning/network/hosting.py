# SPDX-License-Identifier: Apache-2.0
"""Hosting capacity: the most PV that roofs, cables, transformers and the voltage band allow, and what stands in the way.

Every limit of the year is looked at; what is broken becomes a row of a linear problem [1]_. With the grid's own power flow at
hand the rows are moved to where that finds the limits, until both agree.

References
----------
.. [1] M. Z. Ul Abideen, O. Ellabban, L. Al-Fagih, "A review of the tools and methods for distribution networks' hosting capacity
   calculation", Energies 13(11), 2020, section 4: optimisation-based methods.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from twinergy.errors import ModelError
from twinergy.planning.network.case import Help
from twinergy.planning.network.filling import Filling, Solution
from twinergy.planning.network.margins import LOADED, SORTS, Limit, Margins

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twinergy.kinds import FloatArray
    from twinergy.planning.network.ac import AcCheck, AcYear
    from twinergy.planning.network.case import HostingCase
    from twinergy.planning.solving import Answer

    ComplexArray = NDArray[np.complex128]

Rule = Literal["uniform", "free"]
MOST_ROUNDS: Final = 8
FREE_ROUNDS: Final = 3
"""From then on limits only come nearer."""
AT_ONCE: Final = 60
"""Limits of each sort that are added before the roofs are filled again: the worst, which keeps the problem small. [-]"""
STEADY: Final = 1e-4
"""Change of the sum at which the rounds end. [-]"""
SETTLED: Final = 2e-4
NOTICEABLE: Final = 1e-9
NAMED: Final = 10
WITHIN_PU: Final = 2e-4
WITHIN_PERCENT: Final = 0.1
NO_HELP: Final = Help()


@dataclass(frozen=True, slots=True)
class Binding:
    """What stands in the way of more: a limit in one step.

    Attributes
    ----------
    what, where : str
        ``voltage high``, ``voltage low`` or ``loading``; bus or branch.
    step : int
        When.
    weight : float
        Its part in stopping the last kWp, of all that bind. [-]
    """

    what: str
    where: str
    step: int
    weight: float


@dataclass(frozen=True, kw_only=True)
class Hosting:
    """An answer.

    Attributes
    ----------
    rule : str
        ``uniform``: every roof the same share of its room; ``free``: as it is best for the sum.
    kwp : ndarray, shape (n_roofs,)
        What may be added to each roof. [kWp]
    factor : float
        Share of the room that is used, of all roofs together. [-]
    bought_kwh : ndarray, shape (n_connections,) or (0,)
        Batteries that were bought for it. [kWh]
    curtailed_share : float
        Share of all generated energy that is curtailed. [-]
    taken_kwh : float
        Energy of a year that batteries and cars take in critical hours. [kWh]
    binding : tuple of Binding
        What stands in the way, the weightiest first; empty where roofs are full.
    rounds : tuple of dict
        By round of solving and asking the power flow: kWp, steps broken, worst values.
    agreed : bool or None
        Whether the power flow breaks no limit that was not broken before; None if it was not asked.
    broken_before : int
        Steps in which the network is beyond a limit without any of it; there roofs must not make it worse.
    seconds : float
        Wall time. [s]
    """

    rule: Rule
    kwp: FloatArray
    factor: float
    bought_kwh: FloatArray
    curtailed_share: float
    taken_kwh: float
    binding: tuple[Binding, ...]
    rounds: tuple[dict[str, Any], ...]
    agreed: bool | None
    broken_before: int
    seconds: float

    @property
    def total_kwp(self) -> float:
        """What may be added to all roofs. [kWp]."""
        return float(self.kwp.sum())


def hosting(
    case: HostingCase,
    *,
    rule: Rule = "uniform",
    help: Help = NO_HELP,  # noqa: A002 - what it is
    ac: AcCheck | None = None,
    most_share: float = 1.0,
) -> Hosting:
    """Return the most PV that fits in.

    Parameters
    ----------
    case : HostingCase
        Network, loads, roofs.
    rule : {'uniform', 'free'}
        Whether all roofs get the same share of their room, or each what is best for the sum.
    help : Help
        Curtailment, batteries and cars in critical hours.
    ac : AcCheck, optional
        Power flow of the same grid and connections; without it the answer is that of the linear model alone.
    most_share : float
        How much of its room a roof may use; above 1 asks what the network could take beyond the roofs. [-]

    Raises
    ------
    ModelError
        If the problem cannot be solved, which nothing that was given explains.
    """
    begin = time.perf_counter()
    search = _Search(case, rule, help, ac, most_share)
    while not search.round():
        pass
    return search.result(time.perf_counter() - begin)


class _Search:
    """The way to an answer."""

    def __init__(self, case: HostingCase, rule: Rule, own_help: Help, ac: AcCheck | None, most_share: float) -> None:
        self._case, self._rule, self._help, self._ac = case, rule, own_help, ac
        open_roofs = np.flatnonzero(case.room_kwp > 0.0)
        whole = case.room_kwp[:, None] if rule == "uniform" else np.eye(len(case.room_kwp))[:, open_roofs]
        most = np.array([most_share]) if rule == "uniform" else most_share * case.room_kwp[open_roofs]
        self._filling = Filling(case, whole, most, own_help)
        self._there = case.generated(case.existing_kwp)
        fixed = case.loads(self._there)
        self._squared, self._power = case.linear.squared(*fixed), case.linear.power(*fixed)
        self._margins = Margins(case.linear, case.limits, case.n_steps)
        self._broken_before = self._begin(ac.run(*fixed) if ac is not None else None)
        by = case.linear
        self._movable = (
            np.abs(by.by_p).max(axis=1, initial=0.0) > NOTICEABLE,
            np.asarray(abs(by.power_by_p).max(axis=1).todense()).ravel() > NOTICEABLE
            if hasattr(by.power_by_p, "todense")
            else np.abs(by.power_by_p).max(axis=1, initial=0.0) > NOTICEABLE,
        )
        self._rounds: list[dict[str, Any]] = []
        self._agreed: bool | None = None
        self._answer: Answer | None = None
        self._solution: Solution | None = None

    def round(self) -> bool:
        """Fill the roofs by the linear model, ask the power flow, and tell whether that was the last time."""
        generated, taken, share = self._fill()
        assert self._solution is not None  # noqa: S101 - `_fill` has just set it
        kwp = self._filling.shape @ self._solution.sizes
        record: dict[str, Any] = {"round": len(self._rounds) + 1, "kwp": float(kwp.sum()), "rows": len(self._filling.rows)}
        self._rounds.append(record)
        self._share = share
        if self._ac is None:
            return True
        loads = self._case.loads(generated, taken)
        year = self._ac.run(*loads)
        before = self._margins.bias(self._filling.rows)
        self._margins.learn(*self._state(loads), year, only_tighter=len(self._rounds) > FREE_ROUNDS)
        moved = float(np.abs(self._margins.bias(self._filling.rows) - before).max(initial=0.0))
        broken = self._beyond(year)
        self._agreed = not broken.any()
        record |= {"steps_broken": int(broken.sum()), "diverged": int(year.diverged.sum()), "moved_pu": moved}
        record |= {"vm_max_pu": float(np.nanmax(year.highest_pu)), "line_percent": float(np.nanmax(year.line_percent))}
        record |= {"transformer_percent": float(np.nanmax(year.transformer_percent))}
        steady = moved <= SETTLED or (len(self._rounds) > 1 and abs(self._rounds[-2]["kwp"] / record["kwp"] - 1.0) <= STEADY)
        return (self._agreed and steady) or len(self._rounds) >= MOST_ROUNDS

    def result(self, seconds: float) -> Hosting:
        """Return the answer."""
        assert self._solution is not None  # noqa: S101 - there was at least one round
        own, case = self._solution, self._case
        kwp = self._filling.shape @ own.sizes
        return Hosting(
            rule=self._rule,
            kwp=kwp,
            factor=float(kwp.sum() / case.room_kwp.sum()),
            bought_kwh=own.bought_kwh,
            curtailed_share=self._share,
            taken_kwh=float(own.taken_kw.sum() * case.step_h),
            binding=self._binding(own.duals),
            rounds=tuple(self._rounds),
            agreed=self._agreed,
            broken_before=self._broken_before,
            seconds=seconds,
        )

    def _begin(self, year: AcYear | None) -> int:
        """Note what is broken before anything is added, and return in how many steps."""
        case = self._case
        if year is None:
            voltage, loading = np.sqrt(self._squared), 100.0 * np.abs(self._power) / case.linear.limit_kva[:, None]
        else:
            self._margins.learn(self._squared, self._power, year)
            voltage, loading = year.vm_pu, year.loading_percent
        beyond = (voltage > case.limits.vm_max_pu + WITHIN_PU) | (voltage < case.limits.vm_min_pu - WITHIN_PU)
        most = max(case.limits.line_percent, case.limits.transformer_percent)
        heavy = loading > most + WITHIN_PERCENT
        self._margins.no_worse_than(voltage, loading)
        self._highest = (
            voltage.max(axis=0, initial=case.limits.vm_max_pu)
            if year is None
            else np.fmax(year.highest_pu, case.limits.vm_max_pu)
        )
        self._loaded = (
            np.full((2, case.n_steps), most)
            if year is None
            else np.stack(
                [
                    np.fmax(year.line_percent, case.limits.line_percent),
                    np.fmax(year.transformer_percent, case.limits.transformer_percent),
                ]
            )
        )
        return int((beyond.any(axis=0) | heavy.any(axis=0)).sum())

    def _fill(self) -> tuple[FloatArray, FloatArray, float]:
        """Solve and add rows until the linear model with its bias breaks nothing; return generation and what is taken."""
        known = {row.key for row in self._filling.rows}
        while True:
            answer, self._solution = self._filling.solve(self._room)
            if not answer.usable:
                count = len(self._filling.rows)
                message = (
                    f"hosting capacity: the linear problem ended {answer.status.value} with {count} limits; please report it"
                )
                raise ModelError(message)
            generated, taken, share = self._courses(self._solution)
            found = self._margins.broken(*self._state(self._case.loads(generated, taken)), self._movable, AT_ONCE)
            new = [limit for limit in found if limit.key not in known]
            if not new:  # there are only so many limits
                return generated, taken, share
            known |= {limit.key for limit in new}
            self._filling.rows += new
            self._filling.critical |= {limit.step for limit in new}

    def _room(self, limit: Limit) -> float:
        return self._margins.room(limit, self._squared, self._power)

    def _state(self, loads: tuple[FloatArray, FloatArray]) -> tuple[FloatArray, ComplexArray]:
        return self._case.linear.squared(*loads), self._case.linear.power(*loads)

    def _courses(self, own: Solution) -> tuple[FloatArray, FloatArray, float]:
        """Return generation less what is curtailed, what is taken, and the share that is curtailed."""
        generated = self._there + self._case.generated(self._filling.shape @ own.sizes)
        whole = float(generated.sum())
        taken = np.zeros(generated.shape)
        if own.curtailed_kw.size:
            generated[:, own.steps] -= own.curtailed_kw.T
        if own.taken_kw.size:
            taken[:, own.steps] = own.taken_kw.T
        return generated, taken, 1.0 - float(generated.sum()) / whole if whole else 0.0

    def _beyond(self, year: AcYear) -> NDArray[np.bool_]:
        """Return in which steps the power flow finds a limit broken that was not, or more than before."""
        limits = self._case.limits
        high = year.highest_pu > self._highest + WITHIN_PU
        low = (year.lowest_pu < limits.vm_min_pu - WITHIN_PU) & (self._case.tan_phi > 0.0) & (self._there.sum(axis=0) > 0.0)
        heavy = (year.line_percent > self._loaded[0] + WITHIN_PERCENT) | (
            year.transformer_percent > self._loaded[1] + WITHIN_PERCENT
        )
        return np.asarray(high | low | heavy | year.diverged)

    def _binding(self, duals: FloatArray) -> tuple[Binding, ...]:
        """Return the limits that stop the next kWp."""
        total = float(duals.sum())
        if not np.isfinite(total) or total <= NOTICEABLE:
            return ()
        linear = self._case.linear
        found = []
        for row in np.argsort(-duals)[:NAMED].tolist():
            if duals[row] <= NOTICEABLE * total:
                break
            sort, element, step, _ = self._filling.rows[row]
            names, phases = (linear.branches, ()) if sort == LOADED else (linear.buses, linear.phases)
            phase = f" phase {phases[element]}" if phases and phases[element] else ""
            found.append(Binding(SORTS[sort], names[element] + phase, step, float(duals[row]) / total))
        return tuple(found)
