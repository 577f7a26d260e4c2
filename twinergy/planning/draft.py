# SPDX-License-Identifier: Apache-2.0
"""A plan being written: blocks add variables and limits, say what they feed and draw where, and what that costs.

Balances are closed when all blocks have spoken. What a variable costs and emits is kept beside the model, as arrays: so the same
matrix serves least cost, least CO2 and everything between.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyomo.core.base.constraint as templating
import pyomo.environ as pyo

from twinergy.errors import ScenarioError, closest
from twinergy.planning.blocks.agreeing import disagreements, room_name
from twinergy.planning.blocks.block import Block
from twinergy.planning.horizon import HOURS_PER_WEEK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from twinergy.kinds import FloatArray
    from twinergy.planning.horizon import Horizon
    from twinergy.planning.size import Size

ELECTRICITY: Final = "electricity"
HEAT: Final = "heat"
GRAMS_PER_KG: Final = 1000.0


@dataclass(frozen=True, slots=True)
class Term:
    """What a variable costs and emits in a year.

    Attributes
    ----------
    block : str
        Block it belongs to.
    purpose : str
        What it is paid for: ``investment``, ``import``, ``export``, ``fuel`` …
    variable : str
        Name of the variable.
    eur : ndarray, shape (n,) or (1,)
        Euro per unit of the variable and year. [EUR/unit/a]
    co2_kg : ndarray, shape (n,) or (1,)
        Greenhouse gases per unit of the variable and year. [kg CO2e/unit/a]
    """

    block: str
    purpose: str
    variable: str
    eur: FloatArray
    co2_kg: FloatArray


@dataclass(frozen=True, slots=True)
class Choice:
    """A size that is chosen: whose, which, its variable and its limits."""

    block: str
    name: str
    variable: str
    size: Size


@dataclass(frozen=True, slots=True)
class Flow:
    """What a variable feeds into a node, negative for what it draws.

    Attributes
    ----------
    node, carrier : str
        Where, and of what.
    block : str
        Whose.
    variable : str
        Name of the variable. [kW]
    factor : ndarray, shape (n_steps,) or (1,)
        What of it arrives. [-]
    """

    node: str
    carrier: str
    block: str
    variable: str
    factor: FloatArray


@dataclass(frozen=True, slots=True)
class Investment:
    """What a unit of a variable costs at once, for a budget: whose, which variable. [EUR/unit]."""

    block: str
    variable: str
    eur: float


class Draft:
    """A plan being written.

    Parameters
    ----------
    horizon : Horizon
        Steps.

    Attributes
    ----------
    model : pyomo.environ.ConcreteModel
        The model; each block has a Pyomo block of its own in it.
    terms, choices, flows, investments : list
        What was said so far.
    """

    def __init__(self, horizon: Horizon) -> None:
        self.horizon = horizon
        self.model: Any = pyo.ConcreteModel()
        self.model.steps = pyo.RangeSet(0, horizon.n_steps - 1)
        self.model.previous = pyo.Param(self.model.steps, initialize=dict(enumerate(horizon.previous.tolist())), within=pyo.Any)
        self.terms: list[Term] = []
        self.choices: list[Choice] = []
        self.flows: list[Flow] = []
        self.investments: list[Investment] = []
        self._variables: dict[str, Any] = {}
        self._rooms: dict[str, Any] = {}
        self._demand: dict[tuple[str, str], FloatArray] = {}

    @classmethod
    def of(cls, blocks: Sequence[Block], horizon: Horizon, *, expanded: bool = False) -> Draft:
        """Return the closed draft of some blocks.

        Parameters
        ----------
        blocks : sequence of Block
            What the plan is made of; their order does not matter.
        horizon : Horizon
            Steps.
        expanded : bool
            Whether each limit is kept step by step, as Pyomo's writers want it, instead of as one template for all steps.

        Raises
        ------
        ScenarioError
            If two blocks have the same name, or data differ in length or are too short for the horizon.
        """
        findings = disagreements(blocks, horizon)
        if findings:
            raise ScenarioError(findings, "blocks of the plan")
        draft = cls(horizon)
        with nullcontext() if expanded else templates():
            for block in blocks:
                block.add(draft)
            for block in blocks:
                block.link(draft)
            draft._close()
        return draft

    def room(self, name: str) -> Any:
        """Return a new Pyomo block, the room of one block of the plan."""
        room = pyo.Block()
        self.model.add_component(room_name(name), room)
        self._rooms[name] = room
        return room

    def room_of(self, block: str) -> Any:
        """Return the room that a block has taken."""
        return self._rooms[block]

    def variable_of(self, block: str, name: str) -> Any:
        """Return the variable of a block by the block's id and the name in it, for rules over several blocks.

        Raises
        ------
        KeyError
            If there is none; the message names what there is.
        """
        own = f"{room_name(block)}."
        found = self._variables.get(own + name)
        if found is None:
            known = [key.removeprefix(own) for key in self._variables if key.startswith(own)]
            there = closest(name, known) if block in self._rooms else closest(block, self._rooms)
            message = f"no variable {name!r} of a block {block!r}: {there}"
            raise KeyError(message)
        return found

    def power(self, room: Any, name: str, most_kw: FloatArray | float | None = None) -> Any:
        """Add a power of each step, at least 0 and at most what is given. [kW]."""
        if most_kw is None:
            variable = pyo.Var(self.model.steps, bounds=(0.0, None))
        else:
            bound = self.horizon.of(most_kw)
            variable = pyo.Var(self.model.steps, bounds=lambda _, step: (0.0, float(bound[step])))
        return self._known(room, name, variable)

    def size(self, room: Any, name: str, block: Block, size: Size) -> Any:
        """Add a size that is chosen, and what it costs; returns what is added to what exists. [unit]."""
        variable = self._known(room, name, pyo.Var(bounds=(size.least, None if np.isinf(size.most) else size.most)))
        self.choices.append(Choice(block.id, name, variable.name, size))
        self.yearly(block, "investment", variable, eur=size.annual_eur, co2_kg=size.embodied_kg)
        self._invested(block, variable, size.invest_eur)
        if size.step:
            packs = self._known(room, f"{name}_packs", pyo.Var(domain=pyo.NonNegativeIntegers, bounds=(0, size.most_packs)))
            room.add_component(f"{name}_is_sold_in_packs", pyo.Constraint(rule=lambda _: variable == size.step * packs))
        if size.once:
            built = self._known(room, f"{name}_built", pyo.Var(domain=pyo.Binary))
            room.add_component(f"{name}_only_if_built", pyo.Constraint(rule=lambda _: variable <= size.most * built))
            self.yearly(block, "investment", built, eur=size.once_annual_eur)
            self._invested(block, built, size.once_invest_eur)
        return variable

    def variable(self, room: Any, name: str, variable: Any) -> Any:
        """Add any other variable of Pyomo and return it."""
        return self._known(room, name, variable)

    def course(self, room: Any, name: str, values: FloatArray | float) -> Any:
        """Add data of each step, cut from the whole data."""
        cut = dict(enumerate(self.horizon.of(values).tolist()))
        room.add_component(name, pyo.Param(self.model.steps, initialize=cut, within=pyo.Any))
        return getattr(room, name)

    def feeds(self, block: Block, node: str, carrier: str, variable: Any, factor: FloatArray | float = 1.0) -> None:
        """Say that a power, times a factor, arrives at a node."""
        cut = np.array([float(factor)]) if np.ndim(factor) == 0 else self.horizon.of(factor)
        self.flows.append(Flow(node, carrier, block.id, variable.name, cut))

    def draws(self, block: Block, node: str, carrier: str, variable: Any, factor: FloatArray | float = 1.0) -> None:
        """Say that a power, times a factor, is taken from a node."""
        self.feeds(block, node, carrier, variable, -np.asarray(factor, dtype=np.float64))

    def demand(self, node: str, carrier: str, demand_kw: FloatArray | float) -> None:
        """Say what a node needs. [kW]."""
        cut = self.horizon.of(demand_kw)
        self._demand[node, carrier] = self._demand.get((node, carrier), np.zeros(self.horizon.n_steps)) + cut

    def yearly(self, block: Block, purpose: str, variable: Any, *, eur: float = 0.0, co2_kg: float = 0.0) -> None:
        """Book what one unit of a variable without steps costs and emits in a year."""
        self.terms.append(Term(block.id, purpose, variable.name, np.array([eur]), np.array([co2_kg])))

    def stepwise(self, block: Block, purpose: str, variable: Any, *, eur: float) -> None:
        """Book what a unit of a variable costs in every step, however long a step is: starts of a machine. [EUR/unit]."""
        weight = self.horizon.weight
        self.terms.append(Term(block.id, purpose, variable.name, eur * weight, np.zeros(len(weight))))

    def hourly(
        self,
        block: Block,
        purpose: str,
        variable: Any,
        *,
        eur_per_kwh: FloatArray | float = 0.0,
        co2_g_per_kwh: FloatArray | float = 0.0,
    ) -> None:
        """Book what a power costs and emits by its energy; every step counts as often as it stands for one of the year."""
        self.hourly_of_steps(
            block, purpose, variable, eur_per_kwh=self.horizon.of(eur_per_kwh), co2_g_per_kwh=self.horizon.of(co2_g_per_kwh)
        )

    def hourly_of_steps(
        self,
        block: Block,
        purpose: str,
        variable: Any,
        *,
        eur_per_kwh: FloatArray | float = 0.0,
        co2_g_per_kwh: FloatArray | float = 0.0,
    ) -> None:
        """Book as `hourly` does, from values that have been cut to the steps of the plan already."""
        hours = self.horizon.hours
        eur, co2_kg = eur_per_kwh * hours, co2_g_per_kwh * hours / GRAMS_PER_KG
        self.terms.append(Term(block.id, purpose, variable.name, eur, co2_kg))

    def weeks(self, count: int) -> Horizon:
        """Return some weeks of a horizon of a whole year: evenly spread ones, and those in which most is needed of something."""
        length = round(HOURS_PER_WEEK / self.horizon.step_h)
        most = self.horizon.n_steps // length
        spread = [int((number + 0.5) * most / count) for number in range(count)]
        extreme = {min(int(np.argmax(needed)) // length, most - 1) for needed in self._demand.values()}
        extreme -= set(spread)
        share = (self.horizon.weight.sum() / length - len(extreme)) / count
        firsts = [week * length for week in (*spread, *sorted(extreme))]
        weights = np.array([share] * count + [1.0] * len(extreme))
        return self.horizon.periods(firsts, length, weights, self.horizon.step_h)

    def named(self, variable: str) -> Any:
        """Return a variable by its name."""
        return self._variables[variable]

    @property
    def variables(self) -> dict[str, Any]:
        """All variables by name."""
        return self._variables

    def with_objective(self) -> Any:
        """Return the model with its cost as a Pyomo objective, to be written out and read by people; from an expanded draft."""
        total = 0.0
        for term in self.terms:
            variable = self._variables[term.variable]
            entries = [variable] if not variable.is_indexed() else [variable[step] for step in self.model.steps]
            total += sum(float(eur) * entry for eur, entry in zip(np.broadcast_to(term.eur, len(entries)), entries, strict=True))
        self.model.cost = pyo.Objective(expr=total)
        return self.model

    def _known(self, room: Any, name: str, variable: Any) -> Any:
        room.add_component(name, variable)
        self._variables[variable.name] = variable
        return variable

    def _invested(self, block: Block, variable: Any, eur: float) -> None:
        if eur:
            self.investments.append(Investment(block.id, variable.name, eur))

    def _close(self) -> None:
        from twinergy.planning.blocks.balance import close  # noqa: PLC0415 - the balance is a block as well

        close(self, self._demand)


@contextmanager
def templates() -> Iterator[None]:
    """Have Pyomo keep one expression for all steps of a limit instead of one for each: a third of the time, half the memory."""
    before = templating.TEMPLATIZE_CONSTRAINTS
    templating.TEMPLATIZE_CONSTRAINTS = True
    try:
        yield
    finally:
        templating.TEMPLATIZE_CONSTRAINTS = before


__all__ = ["ELECTRICITY", "GRAMS_PER_KG", "HEAT", "Block", "Choice", "Draft", "Flow", "Investment", "Term", "templates"]
