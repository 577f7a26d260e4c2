# SPDX-License-Identifier: Apache-2.0
"""Operating points of CHP units: those a scenario writes, and the table of units in ``data/chp``."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import Field, TypeAdapter, model_validator

from twinergy.options import Options, Positive

TABLE: Final = Path(__file__).resolve().parents[2] / "data" / "chp" / "units.yaml"
MOST_POINTS: Final = 3

Values = Annotated[tuple[Positive, ...], Field(min_length=1, max_length=MOST_POINTS)]


class OperatingPoints(Options):
    """One to three operating points from least to full load; in between power, heat and fuel go in straight lines.

    A single point is a unit that does not modulate.
    """

    p_kw: Values
    """Electrical power at the terminals, rising, counted positive. [kW]"""
    heat_kw: Values
    """Heat to the water at each point. [kW]"""
    fuel_lhv_kw: Values
    """Fuel at each point, by lower heating value. [kW]"""

    @model_validator(mode="after")
    def _are_points(self) -> Self:
        counts = (len(self.p_kw), len(self.heat_kw), len(self.fuel_lhv_kw))
        if len(set(counts)) > 1:
            message = "p_kw, heat_kw and fuel_lhv_kw need the same number of points (got {} and {} and {})".format(*counts)
            raise ValueError(message)
        for name in ("p_kw", "heat_kw", "fuel_lhv_kw"):
            for before, after in pairwise(getattr(self, name)):
                if after <= before:
                    message = f"{name} must rise from point to point (got {after:g} kW after {before:g} kW)"
                    raise ValueError(message)
        for p_kw, heat_kw, fuel_kw in zip(self.p_kw, self.heat_kw, self.fuel_lhv_kw, strict=True):
            if p_kw + heat_kw > 1.1 * fuel_kw:  # by higher heating value, condensing units come close to it
                message = f"{p_kw:g} kW of power and {heat_kw:g} kW of heat cannot come out of {fuel_kw:g} kW of fuel"
                raise ValueError(message)
        return self

    @property
    def rated_kw(self) -> float:
        """Electrical power at full load. [kW]."""
        return self.p_kw[-1]

    @property
    def rated_heat_kw(self) -> float:
        """Heat at full load. [kW]."""
        return self.heat_kw[-1]


class UnitType(OperatingPoints):
    """A unit in the table that the project carries."""

    title: str
    """Manufacturer and model."""
    source: str
    """Collection (see the table's README) and record there."""


@cache
def unit_types() -> dict[str, UnitType]:
    """Return the units that a scenario may name.

    >>> unit_types()["gg50"].rated_kw
    50.0
    """
    from ruamel.yaml import YAML  # noqa: PLC0415 - only scenarios that name a unit need the table

    table = YAML(typ="safe").load(TABLE.read_text(encoding="utf-8"))
    return TypeAdapter(dict[str, UnitType]).validate_python(table)
