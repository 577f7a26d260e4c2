# SPDX-License-Identifier: Apache-2.0
"""Power curves: those a scenario writes, and the table of turbine types in ``data/wind``."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import Field, TypeAdapter, model_validator

from twinergy.options import NonNegative, Options, Positive

TABLE: Final = Path(__file__).resolve().parents[2] / "data" / "wind" / "turbines.yaml"
HIGHEST_WIND_M_PER_S: Final = 60.0
"""No curve and no cut-out lies above: 50 m/s is the reference wind of class I (IEC 61400-1:2019, table 1)."""

CurveWind = Annotated[float, Field(ge=0.0, le=HIGHEST_WIND_M_PER_S)]


class PowerCurve(Options):
    """Electrical power of one turbine over the wind speed at hub height, at the standard air density of 1.225 kg/m3."""

    wind_m_per_s: Annotated[tuple[CurveWind, ...], Field(min_length=2)]
    """Wind speeds, strictly increasing; below the first one the turbine stands still, in between the power is linear. [m/s]"""
    p_kw: Annotated[tuple[NonNegative, ...], Field(min_length=2)]
    """Power at each wind speed, counted positive. [kW]"""

    @model_validator(mode="after")
    def _is_a_curve(self) -> Self:
        if len(self.wind_m_per_s) != len(self.p_kw):
            message = f"a curve needs as many wind speeds as powers (got {len(self.wind_m_per_s)} and {len(self.p_kw)})"
            raise ValueError(message)
        for before, after in pairwise(self.wind_m_per_s):
            if after <= before:
                message = f"wind_m_per_s must increase strictly (got {after:g} m/s after {before:g} m/s)"
                raise ValueError(message)
        if max(self.p_kw) <= 0.0:
            message = "a curve needs a power above 0 kW somewhere (got 0 kW everywhere)"
            raise ValueError(message)
        return self

    @property
    def rated_kw(self) -> float:
        """Highest power of the curve, which the connection must carry. [kW]."""
        return max(self.p_kw)

    @property
    def last_wind_m_per_s(self) -> float:
        """Highest wind speed with a power above zero. [m/s]."""
        return max(wind for wind, p_kw in zip(self.wind_m_per_s, self.p_kw, strict=True) if p_kw > 0.0)


class TurbineType(PowerCurve):
    """A type of turbine in the table that the project carries."""

    title: str
    """Manufacturer and model."""
    source: str
    """Collection (see the table's README) and name there."""
    rotor_diameter_m: Positive
    """Rotor diameter. [m]"""


@cache
def turbine_types() -> dict[str, TurbineType]:
    """Return the turbine types that a scenario may name.

    >>> turbine_types()["v82"].rated_kw
    1650.0
    """
    from ruamel.yaml import YAML  # noqa: PLC0415 - only scenarios that name a type need the table

    table = YAML(typ="safe").load(TABLE.read_text(encoding="utf-8"))
    return TypeAdapter(dict[str, TurbineType]).validate_python(table)
