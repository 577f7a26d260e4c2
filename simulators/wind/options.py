# SPDX-License-Identifier: Apache-2.0
"""What a scenario may say of a wind turbine or a farm of equal turbines."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from simulators.wind.turbines import HIGHEST_WIND_M_PER_S, PowerCurve, turbine_types
from twinergy.errors import closest
from twinergy.options import Options

ROUGHNESS_LENGTH_M: Final = 0.1
"""Roughness class 2, farmland with some houses and hedges: I. Troen, E. L. Petersen, "European Wind Atlas", Risø, 1989. [m]"""


class WindOptions(Options):
    """One wind turbine, or a farm of equal turbines. Exactly one of `turbine` and `curve` is given."""

    turbine: str | None = None
    """Type in data/wind/turbines.yaml, such as nps100c-24 or market2300."""
    curve: PowerCurve | None = None
    """Power curve of one turbine, where its type is not in the table."""
    hub_height_m: Annotated[float, Field(ge=6.0, le=250.0)]
    """Height of the hub above the ground. [m]"""
    count: Annotated[int, Field(ge=1, le=1000)] = 1
    """Number of turbines."""
    roughness_length_m: Annotated[float, Field(ge=1e-5, le=1.0)] | None = None
    """Roughness length of the logarithmic wind profile; left out: 0.1, farmland with some houses and hedges. European Wind Atlas:
    water 0.0002, open farmland 0.03, villages and many hedges 0.4. [m]"""
    shear_exponent: Annotated[float, Field(ge=0.0, le=0.6)] | None = None
    """Exponent of the power law, which takes the place of the logarithmic profile: 0.2 in IEC 61400-1 (normal wind profile)."""
    density_correction: Literal["wind", "power", "none"] = "wind"
    """How the curve follows the density of the air, IEC 61400-12-1: wind for turbines with active power control (pitch, or speed
    through a converter), power for stall at constant pitch and speed; none if the curve is meant for the site's air."""
    cut_out_m_per_s: Annotated[float, Field(gt=0.0, le=HIGHEST_WIND_M_PER_S)] | None = None
    """Wind at hub height above which the turbine stops; left out: the last point of the curve with power. Beyond the last point
    the curve's last value holds. [m/s]"""
    restart_m_per_s: Annotated[float, Field(gt=0.0, le=HIGHEST_WIND_M_PER_S)] | None = None
    """Wind at hub height at or below which a turbine starts again after a storm stop; left out: the cut-out itself. [m/s]"""
    losses_percent: Annotated[float, Field(ge=0.0, lt=100.0)] = 0.0
    """What wakes, standstill and cables take of the power of the curve; none are assumed for you. [%]"""
    cos_phi: Annotated[float, Field(ge=0.8, le=1.0)] = 1.0
    """Displacement factor, constant. [-]"""
    excitation: Literal["under", "over"] = "under"
    """Under-excited draws reactive power and lowers the voltage, over-excited delivers it."""

    @model_validator(mode="after")
    def _has_one_curve_and_one_profile(self) -> Self:
        if (self.turbine is None) == (self.curve is None):
            message = f"give either turbine or curve (got {'neither' if self.turbine is None else 'both'})"
            raise ValueError(message)
        if self.turbine is not None and self.turbine not in turbine_types():
            message = f"unknown turbine {self.turbine!r}: {closest(self.turbine, turbine_types())}"
            raise ValueError(message)
        if self.roughness_length_m is not None and self.shear_exponent is not None:
            given = f"roughness_length_m={self.roughness_length_m:g} and shear_exponent={self.shear_exponent:g}"
            message = f"one wind profile is enough: give roughness_length_m or shear_exponent (got {given})"
            raise ValueError(message)
        if self.restart_m_per_s is not None and self.restart_m_per_s > self.cut_out:
            message = f"restart_m_per_s={self.restart_m_per_s:g} must not be above the cut-out of {self.cut_out:g} m/s"
            raise ValueError(message)
        return self

    @property
    def power_curve(self) -> PowerCurve:
        """Power curve of one turbine, from the options or from the table."""
        return self.curve if self.curve is not None else turbine_types()[self.turbine or ""]

    @property
    def cut_out(self) -> float:
        """Wind at hub height above which the turbine stops. [m/s]."""
        return self.power_curve.last_wind_m_per_s if self.cut_out_m_per_s is None else self.cut_out_m_per_s

    @property
    def rated_kw(self) -> float:
        """Highest power of all turbines together, without losses. [kW]."""
        return self.count * self.power_curve.rated_kw
