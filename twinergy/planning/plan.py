# SPDX-License-Identifier: Apache-2.0
"""A plan: what was chosen, what it costs and emits, how it runs, and why it is the best; a folder that can be read again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from twinergy.kinds import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One thing of a plan, with all its sizes.

    Attributes
    ----------
    block : str
        Id of its block, unique in the plan.
    kind : str
        ``pv``, ``battery``, ``chp``, ``wind``, ``boiler``, ``heat_pump``, ``heat_buffer``, ``ev``, ``tariff``.
    node : str
        Node it is at.
    technology : str
        Name in the catalogue of technologies, empty for what is only there already.
    existing, added : dict of str to float
        By size: ``capacity_kwh``, ``power_kw``, ``size_kw``, ``size_kwp``.
    invest_eur : float
        What has to be paid at once. [EUR]
    annual_eur : float
        Annuity and fixed operation of what is added. [EUR/a]
    share : dict of str to float
        By connection (or by roof for PV), the part of it there; they add up to 1.
    facts : dict
        Numbers that a scenario needs to simulate it: efficiencies, tilt and azimuth of PV …
    """

    block: str
    kind: str
    node: str
    technology: str
    existing: Mapping[str, float]
    added: Mapping[str, float]
    invest_eur: float
    annual_eur: float
    share: Mapping[str, float]
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the yearly account: whose, what for, euro and greenhouse gases. [EUR/a], [kg CO2e/a]."""

    block: str
    purpose: str
    eur: float
    co2_kg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why the optimum is where it is: a limit that binds and what a unit more would save, or what a thing would have to cost.

    Attributes
    ----------
    what : str
        Sentence for the planner.
    block : str
        Whose.
    value : float
        Worth of one more unit of the limit, or of the cost it is short of being built.
    unit : str
        Of the value.
    """

    what: str
    block: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GridCheck:
    """What the AC power flow said of a plan.

    Attributes
    ----------
    rounds : tuple of dict
        By round of optimising and checking: violations, hours, worst values, cost.
    agreed : bool
        Whether the last round broke no limit.
    vm_min_pu, vm_max_pu, line_percent, transformer_percent : float
        Worst values of the year. [pu], [%]
    worst : dict
        Worst step: ``step``, ``what``, ``where``, voltages by bus and loadings by branch for the map.
    losses_kwh : float
        Losses of the year. [kWh]
    diverged : int
        Steps in which the power flow did not converge.
    """

    rounds: tuple[Mapping[str, Any], ...]
    agreed: bool
    vm_min_pu: float
    vm_max_pu: float
    line_percent: float
    transformer_percent: float
    worst: Mapping[str, Any]
    losses_kwh: float
    diverged: int = 0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A plan.

    Attributes
    ----------
    name, scenario, question, goal : str
        What was asked of which scenario.
    options : dict
        The whole request, as it can be asked again.
    status : str
        ``optimal``, ``good`` (gap stated), or why there is none.
    gap : float
        Relative gap to the bound. [-]
    start : datetime
        First step of `flows`, aware UTC.
    step_h : float
        Length of a step. [h]
    hours : ndarray, shape (n_steps,)
        Hours of the year that each step stands for. [h]
    units : tuple of Unit
    account, reference : tuple of Line
        Yearly account of the plan, and of the community as it is, run as well as possible with what is there.
    flows : dict of str to ndarray, shape (n_steps,)
        By ``block.variable`` as in the model, powers at least 0 [kW] and stored energy [kWh]; ``node.demand_kw`` what nodes need.
    nodes : dict of str to tuple of str
        Connections of each node.
    reasons : tuple of Reason
    grid : GridCheck or None
    seconds : dict of str to float
        Where the time went. [s]
    notes : tuple of str
        Assumptions and what the solver said.
    extras : dict
        Fronts, sensitivities, alternatives, scenarios: plain data for the report, by name.
    """

    name: str
    scenario: str
    question: str
    goal: str
    options: Mapping[str, Any]
    status: str
    gap: float
    start: datetime
    step_h: float
    hours: FloatArray
    units: tuple[Unit, ...]
    account: tuple[Line, ...]
    reference: tuple[Line, ...]
    flows: Mapping[str, FloatArray]
    nodes: Mapping[str, tuple[str, ...]]
    reasons: tuple[Reason, ...] = ()
    grid: GridCheck | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    extras: Mapping[str, Any] = field(default_factory=dict)

    @property
    def eur(self) -> float:
        """Cost of a year. [EUR/a]."""
        return sum(line.eur for line in self.account)

    @property
    def co2_kg(self) -> float:
        """Greenhouse gases of a year. [kg CO2e/a]."""
        return sum(line.co2_kg for line in self.account)
