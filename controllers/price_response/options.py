# SPDX-License-Identifier: Apache-2.0
"""Options of the price response agent."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from twinergy.options import Fraction, NonNegative, Options, Positive


class PriceResponseOptions(Options):
    """Whose batteries answer to which prices; homes with a gateway are left to their own management."""

    tariffs: tuple[str, ...] = Field(min_length=1)
    """Tariffs whose customers take part; every battery behind such a connection that has a meter ``meter-<id>`` does."""
    horizon_h: Annotated[float, Field(ge=2.0, le=48.0)] = 24.0
    """How far ahead published prices are looked at."""
    cheap_share: Fraction = 0.2
    """Share of the horizon's steps in which to charge from the grid, the cheapest."""
    dear_share: Fraction = 0.25
    """Share of the horizon's steps in which to discharge, the dearest; in between the battery only takes up surplus."""
    power_share: Fraction = 0.5
    """Part of the rated power to charge with."""
    full_soc: Fraction = 0.9
    """State of charge that bought energy and tomorrow's own surplus together are to reach."""
    round_trip_efficiency: Annotated[float, Field(gt=0.3, le=1.0)] = 0.85
    """Of terminal energy, so that what is bought pays for its losses."""
    memory_days: Annotated[int, Field(ge=1, le=14)] = 3
    """Over how many days need and surplus of a home are averaged to expect the next day's; until then it only watches."""
    period_s: Positive = 3600.0
    """How often it decides: markets trade hours."""
    min_spread_eur_per_kwh: NonNegative = 0.02
    """Least gain per kWh for which a battery is worn."""
