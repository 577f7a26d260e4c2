# SPDX-License-Identifier: Apache-2.0
"""A plan for a home: powers, what becomes of its stores, what it costs, and what could not be met."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from twinergy.kinds import FloatArray


class Binding(NamedTuple):
    """A wish or limit that the plan could not meet.

    Attributes
    ----------
    name : str
        ``connection``, ``soc``, ``car``, ``hot_water``, ``comfort``, ``solver`` or the name of a machine.
    amount : float
        By how much.
    unit : str
        Of the amount.
    text : str
        The same as a sentence for the household.
    """

    name: str
    amount: float
    unit: str
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """What is decided, load frame; everything else of a plan follows from it.

    Attributes
    ----------
    p_battery_kw, p_heat_kw, p_tank_kw, p_ev_kw, p_pv_kw : array, shape (n_steps,)
        Power of battery (charging positive), heating or cooling, hot water, car and PV (never positive). [kW]
    starts : tuple
        Step in which each machine starts, or None.
    """

    p_battery_kw: FloatArray
    p_heat_kw: FloatArray
    p_tank_kw: FloatArray
    p_ev_kw: FloatArray
    p_pv_kw: FloatArray
    starts: tuple[int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePlan(Decisions):
    """Decisions and what follows from them.

    Attributes
    ----------
    p_machines_kw : array, shape (n_machines, n_steps)
        Power of each machine that is to be started. [kW]
    p_import_kw, p_export_kw : array, shape (n_steps,)
        Exchange with the grid, both counted positive. [kW]
    soc, temp_indoor_degc, temp_tank_degc : array, shape (n_steps + 1,)
        State at the start of each step and at the end; NaN where the home has no such thing. [-], [degC]
    objective_eur : float
        What the programme minimises, equation (9). [EUR]
    cost_eur : float
        Import paid less export earned. [EUR]
    wear_eur : float
        Wear of the battery. [EUR]
    end_credit_eur : float
        What the stores gained or lost until the end of the horizon counts. [EUR]
    co2_kg : float
        Of the import. [kg]
    comfort_kh : float
        Kelvin hours outside the comfort band. [K h]
    index : int
        First step, as in the outlook.
    status : str
        ``optimal``; ``incumbent`` (best found at the solver's limit), ``previous`` (the last plan, replayed), ``habit``.
    gap_eur : float
        How much the objective is off the best possible, at most; 0 for a linear programme, infinite where nobody knows. [EUR]
    mip_gap : float
        The same relative to the money at stake (`stake.at_stake_eur`). [-]
    binding : tuple of Binding
        Wishes and limits that are not met, in the order in which they count.
    limiting : tuple of str
        Hard limits at which the plan runs, with how often.
    """

    p_machines_kw: FloatArray
    p_import_kw: FloatArray
    p_export_kw: FloatArray
    soc: FloatArray
    temp_indoor_degc: FloatArray
    temp_tank_degc: FloatArray
    objective_eur: float
    cost_eur: float
    wear_eur: float
    end_credit_eur: float
    co2_kg: float
    comfort_kh: float
    index: int
    status: str
    gap_eur: float
    mip_gap: float
    binding: tuple[Binding, ...]
    limiting: tuple[str, ...]
