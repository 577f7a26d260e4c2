# SPDX-License-Identifier: Apache-2.0
"""What a planner asks: the question, the goal, what may be built, and what is assumed of money, grid and sharing.

A request is YAML (``plan.yaml`` beside a scenario, or any file) or the defaults with ``--set``; units are in the names.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from twinergy.options import Fraction, NonNegative, Options, Positive

Question = Literal["dispatch", "storage", "hosting", "chp", "storage_and_res"]
"""PUC02.01 to PUC02.05 in this order."""


class Financing(Options):
    """Money over time."""

    discount_rate: Annotated[float, Field(ge=0.0, le=0.5)] = 0.04
    """Real rate at which a euro of next year counts less. [1/a]"""
    horizon_years: Annotated[int, Field(ge=1, le=60)] = 20
    """Years over which a plan is judged; what lives longer has a residual value, what lives shorter is bought again. [a]"""
    catalogue_year: Literal[2025, 2030, 2040] = 2025
    """Year whose costs the catalogue gives."""
    price_growth: dict[str, Annotated[float, Field(ge=-0.2, le=0.3)]] = Field(default_factory=dict)
    """Real growth a year of ``electricity``, ``feed_in``, ``natural_gas`` …, levelled over the horizon. [1/a]"""
    co2_eur_per_t: NonNegative = 0.0
    """Price on greenhouse gases on top of what prices contain already. [EUR/t]"""
    fuel_eur_per_kwh: dict[str, Positive] = Field(default_factory=dict)
    """Price of fuels, higher heating value, taxes included; the catalogue's where not given. [EUR/kWh]"""
    subsidies: dict[str, Fraction] = Field(default_factory=dict)
    """Share of the investment that somebody else pays, by technology. [-]"""


class Technology(Options):
    """What may be built of one sort. Fields left out come from the catalogue."""

    technology: str = ""
    """Name in data/technologies.yaml; the default of its sort where not given."""
    where: Literal["homes", "community", "both"] = "both"
    most: NonNegative | None = None
    """Most that may be added in the whole community. [unit of its size]"""
    most_per_home: NonNegative | None = None
    """Most for each home. [unit of its size]"""
    least: NonNegative = 0.0
    """Least that has to be added in the whole community. [unit of its size]"""
    buses: tuple[str, ...] = ()
    """Buses where a community's device may stand; the station's busbars where not given."""
    step: NonNegative | None = None
    """What is sold at a time; the catalogue's where not given, 0 for any size. [unit of its size]"""
    overrides: dict[str, float] = Field(default_factory=dict)
    """Numbers of the catalogue to replace, by their names."""

    @model_validator(mode="after")
    def _least_within_most(self) -> Technology:
        if self.most is not None and self.least > self.most:
            message = f"least {self.least:g} is above most {self.most:g}: lower the one or raise the other"
            raise ValueError(message)
        return self


class Sharing(Options):
    """What members of an energy community pay for each other's energy."""

    rule: Literal["none", "local", "incentive"] = "none"
    """``none``: everybody for himself. ``local``: shared energy saves a part of the grid fee. ``incentive``: what is fed in and
    drawn in the same hour earns a premium on top of the ordinary prices (Italian and Greek communities)."""
    fee_reduction: Fraction = 0.5
    """Part of the grid fee that shared energy does not pay, for ``local``. [-]"""
    incentive_eur_per_kwh: NonNegative = 0.11
    """Premium on shared energy, for ``incentive``. [EUR/kWh]"""


class GridRules(Options):
    """What the network may be asked to carry."""

    check: bool = True
    """Whether voltages and currents are part of the plan."""
    vm_min_pu: Annotated[float, Field(ge=0.8, le=1.0)] = 0.94
    vm_max_pu: Annotated[float, Field(ge=1.0, le=1.2)] = 1.06
    """Band at every bus; EN 50160 allows 0.9 to 1.1, planners keep a part of it for the medium voltage. *Assumption.* [pu]"""
    line_percent: Annotated[float, Field(gt=0.0, le=200.0)] = 100.0
    transformer_percent: Annotated[float, Field(gt=0.0, le=200.0)] = 100.0
    """Greatest loadings. [%]"""
    most_rounds: Annotated[int, Field(ge=1, le=50)] = 10
    """How often the plan may be corrected by the AC power flow."""


class Resolution(Options):
    """How the year is cut."""

    kind: Literal["year", "typical", "week"] = "year"
    """``year``: every step. ``typical``: periods that stand for others (tsam). ``week``: one week, for quick looks."""
    step_s: Literal[900, 1800, 3600] = 3600
    periods: Annotated[int, Field(ge=1, le=366)] = 12
    hours: Literal[24, 168] = 168
    """Typical periods: how many, and how long each is. [h]"""
    week: Annotated[int, Field(ge=0, le=51)] = 20
    """Which week of the year, counted from 0."""


class PlanRequest(Options):
    """A request."""

    question: Question = "storage_and_res"
    goal: Literal["cost", "co2"] = "cost"
    year: Annotated[int, Field(ge=1990, le=2100)] = 2024
    """Year whose calendar and weather is planned; the climate's own weather comes again in every year."""
    weather_years: tuple[int, ...] = ()
    resolution: Resolution = Resolution()
    groups: Annotated[int, Field(ge=1, le=50)] = 4
    """Homes that are alike (tariff, PV, heating) are planned as one, at most so many groups. [-]"""
    technologies: dict[str, Technology] = Field(default_factory=dict)
    """By sort: pv, wind, home_battery, community_battery, chp, boiler, heat_pump, heat_buffer, v2g. What the question implies is
    allowed without being named; ``most: 0`` forbids it."""
    finance: Financing = Financing()
    sharing: Sharing = Sharing()
    grid: GridRules = GridRules()
    embodied: bool = False
    """Whether making the devices counts as greenhouse gases."""
    export_co2_share: Fraction = 0.0
    """Share of the grid's carbon that fed-in energy is credited with. [-]"""
    most_co2_t: NonNegative | None = None
    """Limit on greenhouse gases of a year. [t/a]"""
    most_invest_eur: NonNegative | None = None
    """Limit on what is paid at once. [EUR]"""
    time_limit_s: Positive = 600.0
    gap: Annotated[float, Field(ge=0.0, le=0.2)] = 0.005
    """Relative gap that is good enough where sizes or switches are whole numbers. [-]"""

    def technology(self, sort: str) -> Technology:
        """Return what was said of a sort of technology."""
        return self.technologies.get(sort, Technology())

    def as_dict(self) -> dict[str, Any]:
        """Return the request as plain data that can be asked again."""
        return self.model_dump(mode="json", exclude_defaults=True)
