# SPDX-License-Identifier: Apache-2.0
"""What a scenario may say about a battery."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from simulators.battery.losses import Efficiency, MeasuredSystem
from twinergy.options import Fraction, NonNegative, Options, Positive


def _hint_at_percent(value: Any) -> Any:
    if isinstance(value, int | float) and 1.0 < value <= 100.0:  # noqa: PLR2004 - percent
        message = f"a state of charge is a fraction 0...1, not a percentage: {value:g} is too high, did you mean {value / 100:g}?"
        raise ValueError(message)
    return value


StateOfCharge = Annotated[Fraction, BeforeValidator(_hint_at_percent)]


class BatteryOptions(Options):
    """A stationary battery system, seen from its AC terminals."""

    capacity_kwh: Positive
    """Usable capacity when new. [kWh]"""
    p_charge_kw: Positive
    """Highest power drawn at the terminals. [kW]"""
    p_discharge_kw: Positive | None = None
    """Highest power delivered at the terminals; left out: the same as `p_charge_kw`. [kW]"""
    efficiency: Efficiency = MeasuredSystem()
    """Losses: a system of the bslib database, one constant round-trip efficiency, or own polynomials."""
    standby_kw: NonNegative = 0.015
    """Drawn at the terminals while neither charging nor discharging; 14.9 W for system S2 of bslib. [kW]"""
    self_discharge_per_month: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.015
    """Share of the stored energy that disappears within 30.5 days at the first moment's rate; 1.5 % as SimSES notes. [-]"""
    soc: StateOfCharge = 0.5
    """State of charge at the start. [-]"""
    min_soc: StateOfCharge = 0.0
    """Discharging stops here; a set-point may raise it as a reserve. [-]"""
    max_soc: StateOfCharge = 1.0
    """Charging stops here. [-]"""
    soh: Annotated[float, Field(ge=0.3, le=1.0)] = 1.0
    """Share of the capacity left at the start; what is missing counts as calendar ageing. [-]"""
    mode: Literal["self_consumption", "set_point", "idle"] = "self_consumption"
    """What it does by itself: follow the net load behind its meter, follow the set-point, or nothing at all.
    A set-point also overrides self-consumption while it is valid; an idle battery ignores it."""
    safe_mode: Literal["idle", "self_consumption"] = "self_consumption"
    """What a battery in set-point mode does while nobody asks."""
    ageing: Literal["lfp_naumann", "nmc_schmalstieg", "none"] = "lfp_naumann"
    """Law of capacity fade: lithium iron phosphate, nickel manganese cobalt (an older cell, pessimistic), or none."""
    ambient_degc: Annotated[float, Field(ge=-20.0, le=60.0)] = 20.0
    """Temperature of the cells, constant: a utility room. Only ageing depends on it. [degC]"""
    cos_phi: Annotated[float, Field(ge=0.8, le=1.0)] = 1.0
    """Displacement factor while charging or discharging. [-]"""
    excitation: Literal["under", "over"] = "under"
    """Under-excited draws reactive power and lowers the voltage, over-excited delivers it."""

    @model_validator(mode="after")
    def _has_a_range(self) -> Self:
        if self.min_soc >= self.max_soc:
            message = f"min_soc={self.min_soc:g} must be below max_soc={self.max_soc:g}"
            raise ValueError(message)
        return self

    @property
    def discharge_kw(self) -> float:
        """Highest power delivered at the terminals, in kW."""
        return self.p_charge_kw if self.p_discharge_kw is None else self.p_discharge_kw

    @property
    def rated_kw(self) -> float:
        """Rated power of the converter: the larger of both limits; losses are shares of it, in kW."""
        return max(self.p_charge_kw, self.discharge_kw)
