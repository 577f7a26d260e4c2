# SPDX-License-Identifier: Apache-2.0
"""What a kWh of electricity from a CHP unit costs, earns and emits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from twinergy.errors import Finding

if TYPE_CHECKING:
    from twinergy.kinds import FloatArray
    from twinergy.planning.blocks.block import Block
    from twinergy.planning.draft import Draft


class Efficient(Protocol):
    """Efficiencies and costs by kWh of a unit."""

    @property
    def electric_efficiency(self) -> float:
        """Electricity per fuel. [-]."""

    @property
    def thermal_efficiency(self) -> float:
        """Heat per fuel. [-]."""

    @property
    def service_eur_per_kwh(self) -> float:
        """Maintenance by generated kWh. [EUR/kWh]."""


class Fuelled(Protocol):
    """Fuel and bonus of a block."""

    @property
    def fuel_eur_per_kwh(self) -> FloatArray | float:
        """Price of the fuel. [EUR/kWh]."""

    @property
    def fuel_co2_g_per_kwh(self) -> float:
        """Greenhouse gases of burning it. [g CO2e/kWh]."""

    @property
    def bonus_eur_per_kwh(self) -> float:
        """What a generated kWh earns. [EUR/kWh]."""


def burn(draft: Draft, owner: Block, power: Any, unit: Efficient, fuel: Fuelled) -> None:
    """Book fuel, maintenance and bonus of a unit's electrical power."""
    eur = draft.horizon.of(fuel.fuel_eur_per_kwh) / unit.electric_efficiency
    co2 = fuel.fuel_co2_g_per_kwh / unit.electric_efficiency
    draft.hourly_of_steps(owner, "fuel", power, eur_per_kwh=eur, co2_g_per_kwh=co2)
    if unit.service_eur_per_kwh:
        draft.hourly(owner, "operation", power, eur_per_kwh=unit.service_eur_per_kwh)
    if fuel.bonus_eur_per_kwh:
        draft.hourly(owner, "subsidy", power, eur_per_kwh=-fuel.bonus_eur_per_kwh)


def too_efficient(path: str, unit: Efficient) -> list[Finding]:
    """Return a finding if a unit gives more than it burns."""
    total = unit.electric_efficiency + unit.thermal_efficiency
    if total <= 1.0:
        return []
    return [
        Finding(
            message="electric and thermal efficiency give more than is burnt",
            path=path,
            value=total,
            allowed="at most 1 together",
        )
    ]
