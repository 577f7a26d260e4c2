# SPDX-License-Identifier: Apache-2.0
"""What has been learned about how a household lives, from measured data alone."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from twinergy.messages.parts import DwellingMessage, Fraction, Instant, NonNegative, Part, Timezone

ByHour = Annotated[tuple[NonNegative, ...], Field(min_length=24, max_length=24)]
"""One value per local hour of the day."""
ByHourFraction = Annotated[tuple[Fraction, ...], Field(min_length=24, max_length=24)]
DayType = Literal["all", "weekday", "weekend"]
Season = Literal["all", "winter", "transition", "summer"]


class UsagePattern(Part):
    """When and how often one appliance is used."""

    appliance: str
    """Such as ``washing_machine``."""
    day_type: DayType = "all"
    """Days it holds for."""
    season: Season = "all"
    """Season it holds for: winter is December to February, summer June to August."""
    starts_per_day_count: NonNegative
    """Mean number of uses per day."""
    energy_kwh: NonNegative
    """Mean energy of one use."""
    duration_s: NonNegative
    """Mean length of one use."""
    start_share: ByHourFraction
    """Share of the uses that begin in each local hour."""


class LoadPattern(Part):
    """Mean load of the household over the day."""

    day_type: DayType = "all"
    """Days it holds for."""
    season: Season = "all"
    """Season it holds for."""
    p_kw: ByHour
    """Mean demand in each local hour."""


class DtModelOfUser(DwellingMessage):
    """Usage patterns per appliance and household, base load, and how much of the own generation is used."""

    information_object: ClassVar[str] = "dt_model_of_user"
    data_model: ClassVar[str] = "Digital Twin"
    use_cases: ClassVar[tuple[str, ...]] = ("PUC01.02", "PUC01.03", "PUC01.04", "PUC08.03")

    start: Instant
    """Start of what was learned from, UTC."""
    end: Instant
    """End of what was learned from, UTC."""
    timezone: Timezone
    """Zone of the local hours."""
    patterns: tuple[UsagePattern, ...] = ()
    """Use of appliances."""
    loads: tuple[LoadPattern, ...] = ()
    """Demand of the household."""
    base_load_kw: NonNegative | None = None
    """Demand that never ends."""
    self_consumption_share: Fraction | None = None
    """Share of the own generation that was used at home."""
    self_sufficiency_share: Fraction | None = None
    """Share of the demand that the own generation covered."""
    away_share: ByHourFraction | None = None
    """Share of days on which nobody seemed to be at home, by local hour."""
