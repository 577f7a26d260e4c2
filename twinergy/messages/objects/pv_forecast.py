# SPDX-License-Identifier: Apache-2.0
"""What a roof will generate."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import model_validator

from twinergy.messages.parts import Fraction, NonPositive, Part, SeriesMessage


class Quantile(Part):
    """A series that the truth stays below with a given probability."""

    probability_share: Fraction
    """Probability."""
    p_kw: tuple[NonPositive | None, ...]
    """Power, load frame."""


class PvForecast(SeriesMessage):
    """Expected photovoltaic power and its quantiles."""

    information_object: ClassVar[str] = "pv_forecast"
    data_model: ClassVar[str] = "RES"
    use_cases: ClassVar[tuple[str, ...]] = ("PUC01.03",)
    series: ClassVar[tuple[str, ...]] = ("p_kw",)

    provider: str
    """Method, such as ``clear_sky``."""
    p_kw: tuple[NonPositive | None, ...]
    """Expected power, load frame."""
    quantiles: tuple[Quantile, ...] = ()
    """How uncertain it is."""

    @model_validator(mode="after")
    def _quantiles_have_the_same_length(self) -> Self:
        for quantile in self.quantiles:
            if len(quantile.p_kw) != len(self.p_kw):
                message = f"quantile {quantile.probability_share:g} has {len(quantile.p_kw)} values, p_kw {len(self.p_kw)}"
                raise ValueError(message)
        return self
