# SPDX-License-Identifier: Apache-2.0
"""How comfortable and healthy a home is."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from twinergy.messages.parts import IntervalMessage, NonNegative, Percent, Reading

Category = Literal["I", "II", "III", "IV"]
Pmv = Annotated[float, Field(ge=-3.0, le=3.0)]


class ComfortWellBeingEvaluation(IntervalMessage):
    """Conditions indoors over an interval, judged."""

    information_object: ClassVar[str] = "comfort_well_being_evaluation"
    data_model: ClassVar[str] = "Comfort Well-Being"
    use_cases: ClassVar[tuple[str, ...]] = ("PUC01.04", "PUC08.01", "PUC08.03")

    temp_indoor_degc: Reading = None
    """Mean indoor temperature."""
    temp_low_degc: Reading = None
    """Lower edge of the band the household wants."""
    temp_high_degc: Reading = None
    """Upper edge of the band the household wants."""
    humidity_percent: Percent | None = None
    """Mean relative humidity."""
    co2_ppm: NonNegative | None = None
    """Mean carbon dioxide."""
    illuminance_lx: NonNegative | None = None
    """Mean illuminance."""
    noise_dba: Reading = None
    """Mean A-weighted sound pressure level."""
    outside_band_s: NonNegative | None = None
    """Time outside the wanted band."""
    pmv: Pmv | None = None
    """Predicted mean vote, ISO 7730: -3 cold to 3 hot."""
    ppd_percent: Percent | None = None
    """Predicted percentage of dissatisfied, ISO 7730."""
    category: Category | None = None
    """Category of the indoor environment, EN 16798-1: I is the best."""
