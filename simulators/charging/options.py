# SPDX-License-Identifier: Apache-2.0
"""What a scenario may say about a charging point and about the people who come to a hub."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from twinergy.options import Fraction, NonNegative, Options, Positive, Timezone

PHASE_KV: Final = 0.23
"""Phase to neutral. [kV]"""
LEAST_A: Final = 6.0
"""Lowest current a pilot signal can offer (IEC 61851-1:2017, annex A). [A]"""


class ArrivalOptions(Options):
    """Who comes when: drawn from a pattern, or replayed from a file of sessions."""

    pattern: Literal["public", "workplace", "private", "constant"] | None = None
    """Hours, weekdays, connection times and energies of ElaadNL; ``constant`` comes evenly and stays like ``public``.
    Left out: by the hub's access, semi-public as workplace."""
    sessions_per_day: NonNegative = 1.5
    """Arrivals per charging point and day, mean over the week. *Assumption.*"""
    file: str | None = None
    """CSV or Parquet file with one session per row, relative to the scenario, instead of a pattern; outside its own time it
    repeats by whole weeks."""
    arrival_column: str = "arrival_utc"
    """Column with the time of arrival."""
    departure_column: str = "departure_utc"
    """Column with the time of departure."""
    energy_column: str = "requested_energy_kwh"
    """Column with the energy wanted at the charging point. [kWh]"""
    where: dict[str, str] = Field(default_factory=dict)
    """Only rows in which these columns have these values, for example ``{site: caltech}``."""
    timezone: Timezone | None = None
    """IANA zone of times without offset; the site's if not given."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.file is not None and self.pattern is not None:
            message = f"give either file {self.file!r} or pattern {self.pattern!r}, not both"
            raise ValueError(message)
        return self


class VisitorOptions(Options):
    """People who come to a hub; the same for all its charging points."""

    arrivals: ArrivalOptions = ArrivalOptions()
    """Who comes when, for how long and with which wish."""
    stay_mean_h: Positive | None = None
    """Mean of an exponential stay at the point; left out: as the pattern or the file says. [h]"""
    leaves_when_done: Fraction = 0.0
    """Share of visitors who leave as soon as their wish is met; the others overstay. [-]"""
    queue_length: Annotated[int, Field(ge=0)] | None = 3
    """Most people who wait at the hub; who comes on top drives on. null: any number."""
    patience_s: NonNegative | None = 900.0
    """Mean of the exponential time after which somebody who waits gives up; null: never. [s]"""
    booked_share: Fraction = 0.0
    """Share of visitors who reserve. [-]"""
    hold_s: NonNegative = 900.0
    """A reserved point is locked that long before the booked time and released that long after it. [s]"""
    no_show_share: Fraction = 0.05
    """Share of reservations whose visitor never comes. *Assumption.* [-]"""
    cancelled_share: Fraction = 0.1
    """Share of reservations that are cancelled before the point is locked. *Assumption.* [-]"""
    v2g_share: Fraction = 0.0
    """Share of visitors whose car can feed back. [-]"""
    v2g_kw: Positive = 11.0
    """What such a car can feed back. [kW]"""

    @model_validator(mode="after")
    def _shares_fit(self) -> Self:
        if self.no_show_share + self.cancelled_share > 1.0:
            message = (
                f"no_show_share={self.no_show_share:g} and cancelled_share={self.cancelled_share:g} "
                "are more than all reservations"
            )
            raise ValueError(message)
        return self


class ChargingOptions(Options):
    """One connector: of a dwelling, for its cars, or of a hub, for visitors."""

    limit_a: Annotated[float, Field(ge=LEAST_A, le=125.0)] = 16.0
    """Current per phase the connector may carry. [A]"""
    connector_phases: Literal[1, 3] = 3
    """Phases of the connector. [-]"""
    dc_kw: Positive | None = None
    """Power of a DC connector at the battery side of a fast charger; then current and phases say nothing. [kW]"""
    dc_efficiency: Annotated[float, Field(gt=0.5, le=1.0)] = 0.94
    """From AC to DC within a fast charger. *Assumption.* [-]"""
    v2g: bool = False
    """Whether it can feed back what the car gives (ISO 15118-20)."""
    iso15118: bool = False
    """Whether it learns the car's state of charge; points with DC or V2G always do."""
    mode: Literal["uncontrolled", "self_consumption", "set_point"] = "uncontrolled"
    """What it does by itself: full power, what generation behind the meter leaves over, or the set-point. A set-point also
    overrides self-consumption while it is valid. Limits hold in every mode."""
    safe_mode: Literal["uncontrolled", "self_consumption", "pause"] = "uncontrolled"
    """What a point in set-point mode does while nobody asks."""
    phase_switching: bool = False
    """Whether a three-phase connector goes on with one phase where less than 6 A on three are on offer: from 1.4 kW on."""
    keeps_wish: bool = False
    """In self-consumption: full power once the time to the departure is only just enough for the driver's wish."""
    cos_phi: Annotated[float, Field(ge=0.8, le=1.0)] = 1.0
    """Displacement factor of the charger, inductive. [-]"""
    visitors: VisitorOptions = VisitorOptions()
    """Who comes, for a point of a hub that belongs to no dwelling."""

    @property
    def rated_kw(self) -> float:
        """Highest power at the grid, in kW."""
        if self.dc_kw is not None:
            return self.dc_kw / self.dc_efficiency
        return self.connector_phases * PHASE_KV * self.limit_a
