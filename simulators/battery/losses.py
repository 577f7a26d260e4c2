# SPDX-License-Identifier: Apache-2.0
"""Conversion losses of a battery system: a polynomial in the terminal power per direction, and a cell efficiency."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from twinergy.options import NonNegative, Options

MOST_LOSS_AT_RATED_POWER: Final = 0.5


class LossCurve(Options):
    """Loss of one direction of the power electronics, as a share of its rated power.

    With x the terminal power over the rated power, the loss is ``a x**2 + b x + c`` of the rated power.
    """

    a: Annotated[float, Field(ge=0.0, le=0.25)] = 0.0
    """Quadratic part: ohmic. [-]"""
    b: Annotated[float, Field(ge=-0.1, le=0.25)] = 0.0
    """Linear part: switching; a fit may make it slightly negative. [-]"""
    c: NonNegative = 0.0
    """Constant part, drawn whenever the converter runs. [-]"""

    @model_validator(mode="after")
    def _is_physical(self) -> Self:
        if self.b < 0 and self.b**2 > 4 * self.a * self.c:
            message = f"loss a={self.a:g}, b={self.b:g}, c={self.c:g} is negative at part load; b must be at least -2*sqrt(a*c)"
            raise ValueError(message)
        if self.at(1.0) >= MOST_LOSS_AT_RATED_POWER:
            message = (
                f"loss at rated power a+b+c = {self.at(1.0):g} is half of the power or more; "
                "coefficients are shares of the rated power, not watts"
            )
            raise ValueError(message)
        return self

    def at(self, x: float) -> float:
        """Return the loss at a terminal power, both as shares of the rated power."""
        return self.a * x**2 + self.b * x + self.c


class PolynomialLosses(Options):
    """Own coefficients."""

    model: Literal["polynomial"] = "polynomial"
    charge: LossCurve = LossCurve()
    """Loss while charging, over the power drawn at the terminals."""
    discharge: LossCurve = LossCurve()
    """Loss while discharging, over the power delivered at the terminals."""
    cells: Annotated[float, Field(ge=0.5, le=1.0)] = 1.0
    """Round-trip efficiency of the cells; its square root applies in each direction. [-]"""

    def losses(self) -> PolynomialLosses:
        """Return these losses as polynomials."""
        return self


class ConstantEfficiency(Options):
    """The same efficiency at every power."""

    model: Literal["constant"] = "constant"
    round_trip: Annotated[float, Field(ge=0.5, le=1.0)]
    """Energy delivered at the terminals over energy drawn there; its square root applies in each direction. [-]"""

    def losses(self) -> PolynomialLosses:
        """Return these losses as polynomials."""
        return PolynomialLosses(cells=self.round_trip)


class MeasuredSystem(Options):
    """A system of the bslib database: losses fitted to laboratory measurements of AC-coupled systems.

    Coefficients in watts, each fitted over the power normalised to the rated power of its direction [1]_; here they scale with
    the rated power of the battery at hand.

    References
    ----------
    .. [1] bslib 0.7 (MIT licence), ``bslib_database.csv``, columns ``AC2BAT_*_in``, ``BAT2AC_*_out`` and ``eta_BAT``; method:
       J. Weniger, T. Tjaden, N. Orth, S. Maier, "Performance Simulation Model for PV-Battery Systems (PerModPAC)", HTW Berlin.
    """

    model: Literal["bslib"] = "bslib"
    system: Literal["SG1", "S2"] = "S2"
    """S2: Siemens Junelight Smart Battery 9,9, 3.5 kW, as measured; SG1: generic AC-coupled system with a higher no-load loss."""

    def losses(self) -> PolynomialLosses:
        """Return these losses as polynomials."""
        return MEASURED[self.system]


def _measured(
    rated_w: tuple[float, float], charge_w: tuple[float, ...], discharge_w: tuple[float, ...], cells: float
) -> PolynomialLosses:
    per_unit = [
        LossCurve(a=a / rated, b=b / rated, c=c / rated)
        for rated, (a, b, c) in zip(rated_w, (charge_w, discharge_w), strict=True)
    ]
    return PolynomialLosses(charge=per_unit[0], discharge=per_unit[1], cells=cells)


MEASURED: Final[dict[str, PolynomialLosses]] = {
    "SG1": _measured((1000.0, 1000.0), (35.52, -3.09, 18.23), (37.57, -3.56, 19.31), 0.95),
    "S2": _measured((3572.0, 3507.0), (107.9, 34.85, 35.85), (151.06, 22.76, 37.42), 0.9687),
}

Efficiency = Annotated[MeasuredSystem | ConstantEfficiency | PolynomialLosses, Field(discriminator="model")]
"""The three ways to state losses, told apart by ``model``."""
