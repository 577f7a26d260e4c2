# SPDX-License-Identifier: Apache-2.0
"""A choice of CHP unit from a catalogue: one of several as they are sold, or none."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pyomo.environ as pyo

from twinergy.errors import Finding
from twinergy.planning.blocks.agreeing import plain
from twinergy.planning.blocks.allowed import CARBON, COST, EFFICIENCY, Allowed
from twinergy.planning.blocks.block import Block
from twinergy.planning.blocks.fuelled import burn, too_efficient
from twinergy.planning.blocks.switching import starts
from twinergy.planning.draft import ELECTRICITY, HEAT
from twinergy.planning.size import Size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinergy.kinds import FloatArray
    from twinergy.planning.draft import Draft


@dataclass(frozen=True, kw_only=True)
class ChpUnit:
    """A unit as it is sold.

    Attributes
    ----------
    name : str
        Unique in the catalogue.
    power_kw : float
        Electrical power. [kW]
    electric_efficiency, thermal_efficiency : float
        Electricity and heat per fuel by the higher heating value; together at most 1. [-]
    annual_eur : float
        Annuity and fixed operation. [EUR/a]
    invest_eur : float
        What it costs at once. [EUR]
    service_eur_per_kwh : float
        Maintenance by generated kWh. [EUR/kWh]
    least_load : float
        Share of its power below which it cannot run. [-]
    embodied_kg : float
        Greenhouse gases of making it, spread over its life. [kg CO2e/a]
    """

    name: str
    power_kw: float
    electric_efficiency: float
    thermal_efficiency: float
    annual_eur: float
    invest_eur: float = 0.0
    service_eur_per_kwh: float = 0.0
    least_load: float = 0.0
    embodied_kg: float = 0.0

    @property
    def size(self) -> Size:
        """The unit as something of which there is one or none."""
        return Size(
            unit="unit", most=1.0, step=1.0, annual_eur=self.annual_eur, invest_eur=self.invest_eur, embodied_kg=self.embodied_kg
        )

    @property
    def size_name(self) -> str:
        """Name of its size, 1 where it is chosen."""
        return f"{plain(self.name)}_built"

    def findings(self, path: str) -> list[Finding]:
        """Return what is wrong with it."""
        ranges = {
            "power_kw": Allowed(0.0, unit="kW", above=True),
            "electric_efficiency": EFFICIENCY,
            "thermal_efficiency": EFFICIENCY,
            "service_eur_per_kwh": COST,
            "least_load": Allowed(0.0, 1.0, unit="of its power"),
        }
        found: list[Finding] = []
        for name, allowed in ranges.items():
            found += allowed.findings(f"{path}.{name}", getattr(self, name))
        return found or too_efficient(path, self)


@dataclass(frozen=True, kw_only=True)
class ChpUnits(Block):
    """A choice among units, at most one of them.

    Attributes
    ----------
    id, node : str
        Name and place of its heat.
    electric_node : str
        Node its electricity goes to.
    units : tuple of ChpUnit
        What is sold, at least one.
    fuel_eur_per_kwh : ndarray, shape (n,), or float
        Price of the fuel by the higher heating value. [EUR/kWh]
    fuel_co2_g_per_kwh : float
        Greenhouse gases of burning it. [g CO2e/kWh]
    bonus_eur_per_kwh : float
        What a generated kWh earns whatever becomes of it. [EUR/kWh]
    start_eur : float
        What a start costs. [EUR]

    Notes
    -----
    With ``built`` of each unit 0 or 1: ``sum(built) <= 1``; ``power_kw <= power * built``. Where some unit has a least load or
    starts cost, one switch ``runs`` of each step (0 or 1) is shared out among the units, ``sum(unit runs) = runs`` and ``unit
    runs <= built``: only the unit that is built can have a share, so its own is whole; ``least_load * power * unit runs <=
    power_kw <= power * unit runs``. So the choice costs one whole number a step, not one for each unit.
    """

    id: str
    node: str
    electric_node: str
    units: tuple[ChpUnit, ...]
    fuel_eur_per_kwh: FloatArray | float
    fuel_co2_g_per_kwh: float = 0.0
    bonus_eur_per_kwh: float = 0.0
    start_eur: float = 0.0
    kind: ClassVar[str] = "chp"
    allowed: ClassVar = {
        "fuel_eur_per_kwh": COST,
        "fuel_co2_g_per_kwh": CARBON,
        "bonus_eur_per_kwh": COST,
        "start_eur": Allowed(0.0, unit="EUR"),
    }

    def add(self, draft: Draft) -> None:
        """Add the units, of which one may be built."""
        room, built, shares = draft.room(self.id), [], []
        for unit in self.units:
            chosen = draft.size(room, unit.size_name, self, unit.size)
            built.append(chosen)
            shares.append(self._unit(draft, room, unit, chosen))
        room.one_unit_at_most = pyo.Constraint(expr=sum(built) <= 1.0)
        if self._switched:
            self._switch(draft, room, shares)

    def chosen(self, sizes: Mapping[tuple[str, str], float]) -> ChpUnit | None:
        """Return the unit that an optimum has chosen, from `Optimum.sizes`; None for none of them."""
        half = 0.5
        return next((unit for unit in self.units if sizes[self.id, unit.size_name] > half), None)

    def own_sizes(self) -> dict[str, Size]:
        """Return the units as sizes."""
        return {f"units.{unit.name}": unit.size for unit in self.units}

    def findings(self) -> list[Finding]:
        """Return what is wrong with the units."""
        if not self.units:
            return [Finding(message="has no unit to choose", path=f"{self.id}.units", allowed="at least one")]
        found = super().findings()
        for unit in self.units:
            found += unit.findings(f"{self.id}.units.{unit.name}")
        twice = [name for name, count in Counter(unit.size_name for unit in self.units).items() if count > 1]
        return found + [Finding(message="is the size of several units", path=f"{self.id}.units", value=name) for name in twice]

    @property
    def _switched(self) -> bool:
        return bool(self.start_eur or any(unit.least_load for unit in self.units))

    def _unit(self, draft: Draft, room: Any, unit: ChpUnit, built: Any) -> Any:
        """Add a unit and return the share that it has of the switch, or None without one."""
        own, steps, most_kw = pyo.Block(), draft.model.steps, unit.power_kw
        room.add_component(f"unit_{plain(unit.name)}", own)
        power = draft.power(own, "power_kw")
        draft.feeds(self, self.electric_node, ELECTRICITY, power)
        draft.feeds(self, self.node, HEAT, power, unit.thermal_efficiency / unit.electric_efficiency)
        burn(draft, self, power, unit, self)
        if not self._switched:
            own.power_if_built = pyo.Constraint(steps, rule=lambda _, step: power[step] <= most_kw * built)
            return None
        runs, least_kw = draft.power(own, "runs"), unit.least_load * unit.power_kw
        own.runs_if_built = pyo.Constraint(steps, rule=lambda _, step: runs[step] <= built)
        own.power_if_running = pyo.Constraint(steps, rule=lambda _, step: power[step] <= most_kw * runs[step])
        if least_kw:
            own.least_load_if_running = pyo.Constraint(steps, rule=lambda _, step: power[step] >= least_kw * runs[step])
        return runs

    def _switch(self, draft: Draft, room: Any, shares: list[Any]) -> None:
        runs = draft.variable(room, "runs", pyo.Var(draft.model.steps, domain=pyo.Binary))

        def shared_out(step: Any) -> Any:
            total = 0.0
            for share in shares:
                total += share[step]
            return total

        room.one_unit_runs = pyo.Constraint(draft.model.steps, rule=lambda _, step: shared_out(step) == runs[step])
        starts(draft, room, self, runs, self.start_eur)
