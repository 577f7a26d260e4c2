# SPDX-License-Identifier: Apache-2.0
"""The scenario's schema, version 1: what a scenario file may say. Plug-in options are validated by the plug-ins themselves."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, field_validator, model_validator

from twinergy.options import Fraction, NonNegative, Options, Positive
from twinergy.units import SECONDS_PER_DAY

SCHEMA_VERSION: Final = 1
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]*$", max_length=80)]
Phases = Literal["abc", "a", "b", "c"]
GRID_PHASES: Final = "grid"
"""What a generated home says to be connected to the phases that the network's own data give for its bus."""


class CurrencyBlock(Options):
    """Money of a place outside the euro. Prices may be written as ``_gbp_per_kwh``; inside everything is in euro."""

    code: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    """ISO 4217, for example GBP."""
    eur_per_unit: Positive
    """Price of one unit in euro, fixed for the run."""


def _several(given: Any) -> Any:
    return () if given is None else given if isinstance(given, list | tuple) else (given,)


AdapterBlocks = Annotated[tuple[dict[str, Any], ...], BeforeValidator(_several)]
"""Adapter blocks, one or a list; validated by the adapters themselves."""


class SiteBlock(Options):
    """Where the community lies."""

    name: str
    latitude_deg: Annotated[float, Field(ge=-66.0, le=66.0)]
    """North positive. The models are not meant for polar day and night."""
    longitude_deg: Annotated[float, Field(ge=-180.0, le=180.0)]
    """East positive."""
    altitude_m: Annotated[float, Field(ge=-430.0, le=5000.0)]
    timezone: str
    """IANA name, for example Europe/Berlin."""
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]
    """ISO 3166, with a subdivision for its holidays (DE-NW)."""
    albedo: Fraction = 0.2
    currency: CurrencyBlock | None = None
    """Money that tariffs may be written in and that results are shown in; euro where it is left out."""

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            message = f"{value!r} is no IANA time zone, write for example Europe/Berlin"
            raise ValueError(message) from error
        return value


class RunBlock(Options):
    """What time is simulated, and how finely."""

    start: date | datetime
    """First local day, or an exact time (local unless it has an offset)."""
    days: Annotated[int, Field(ge=1, le=36_600)] | None = None
    """Number of local days; without `days` and `end` it is one week."""
    end: date | datetime | None = None
    """Local day or time up to which to run, not included."""
    step_s: Annotated[int, Field(ge=1, le=3600)] = 900
    """Length of a step, a divisor of a day."""
    seed: Annotated[int, Field(ge=0)] = 1
    remote: dict[str, Annotated[str, Field(pattern=r"^[^\s:]+:[0-9]{1,5}$")]] = Field(default_factory=dict)
    """Kinds of devices that step in another process: ``battery: host:port``, where ``twinergy simulator`` listens."""
    strict: bool = False
    """Whether a diverged power flow, a missing reading or a limit that could not be met fails the run."""

    @field_validator("step_s")
    @classmethod
    def _divides_a_day(cls, value: int) -> int:
        if SECONDS_PER_DAY % value:
            message = f"a step of {value} s does not divide a day; use for example 60, 300, 900 or 3600"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _one_end(self) -> RunBlock:
        if self.days is not None and self.end is not None:
            message = "give either days or end, not both"
            raise ValueError(message)
        return self


class ConnectionBlock(Options):
    """A point of connection with its billing meter."""

    id: Id
    bus: str
    phases: Phases = "abc"
    limit_kw: Positive = 30.0
    """Contracted or fused power."""
    tariff: str


class DwellingBlock(Options):
    """A home or another building."""

    id: Id
    connection: str
    residents: Annotated[int, Field(ge=0, le=500)] = 2
    floor_area_m2: Positive = 120.0
    roof_area_m2: NonNegative = 80.0


class HubBlock(Options):
    """Charging points that share one connection."""

    id: Id
    connection: str
    limit_kw: Positive
    access: Literal["private", "semi_public", "public"] = "public"


class DeviceBlock(Options):
    """A device: where it is, and the options of its kind beside them."""

    id: Id
    kind: str
    connection: str = ""
    dwelling: str = ""
    hub: str = ""
    heat_network: str = ""
    """Name shared by all that hang on the same pipes."""
    phases: Phases | Literal[""] = ""
    """Phases it is connected to; those of its connection where it is not given."""
    adapter: AdapterBlocks = ()
    """What makes it real: the block of one adapter, or of several that each serve a part of it."""
    options: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _collect_options(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        own = {key: value for key, value in data.items() if key in PLACEMENT_KEYS}
        return {**own, "options": {key: value for key, value in data.items() if key not in PLACEMENT_KEYS}}


PLACEMENT_KEYS: Final = frozenset({"id", "kind", "connection", "dwelling", "hub", "heat_network", "phases", "adapter"})


class GeneratedConnection(Options):
    """Connection of every generated home; values may be distributions."""

    phases: Phases | Literal["grid"] | dict[str, Any] = "abc"
    """``grid`` takes the phases that the network's own data give for the bus."""
    limit_kw: float | dict[str, Any] = 30.0
    tariff: str | dict[str, Any]


class GeneratedDwelling(Options):
    """Dwelling of every generated home; values may be distributions."""

    residents: int | dict[str, Any] = 2
    floor_area_m2: float | dict[str, Any] = 120.0
    roof_area_m2: float | dict[str, Any] = 80.0


class GeneratedDevice(Options):
    """A device that a share of the generated homes has."""

    kind: str = ""
    """Kind of device; the key of the block where it is not given."""
    share: Fraction = 1.0
    """Share of homes that have it: of all homes, or of those that have what it `needs`."""
    needs: str = ""
    """Key of another block a home must have first."""
    heat_network: str = ""
    phases: Phases | Literal[""] = ""
    """Phases of the device; those of the home where it is not given."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Options of the kind; values may be distributions."""


class CommunityBlock(Options):
    """Homes that are drawn instead of listed. Each home's draws depend on the seed and its id only."""

    homes: Annotated[int, Field(ge=1, le=100_000)]
    prefix: Id = "home"
    seed: Annotated[int, Field(ge=0)] | None = None
    """Seed of the composition; the run's seed where it is not given."""
    connection: GeneratedConnection
    dwelling: GeneratedDwelling = GeneratedDwelling()
    devices: dict[str, GeneratedDevice] = Field(default_factory=dict)


class MeterRule(Options):
    """Meters, or sensors, on every place of a sort."""

    kind: str = "meter"
    """Observing kind of device: ``meter``, ``sensor``, ``heat_meter``."""
    of: Literal["connections", "transformers", "lines"] | dict[Literal["kind"], str]
    options: dict[str, Any] = Field(default_factory=dict)


class ScenarioFile(Options):
    """A whole scenario."""

    schema_version: Literal[1]
    name: Id
    title: str = ""
    description: str = ""
    site: SiteBlock
    run: RunBlock
    weather: dict[str, Any]
    grid: dict[str, Any]
    tariffs: dict[Id, dict[str, Any]]
    community: CommunityBlock | None = None
    connections: list[ConnectionBlock] = Field(default_factory=list)
    dwellings: list[DwellingBlock] = Field(default_factory=list)
    hubs: list[HubBlock] = Field(default_factory=list)
    devices: list[DeviceBlock] = Field(default_factory=list)
    meters: list[MeterRule] = Field(default_factory=list)
    adapters: dict[str, AdapterBlocks] = Field(default_factory=dict)
    """Adapter blocks by device, for devices that are generated and so have no block of their own; null for none."""
    overrides: dict[str, dict[str, Any] | None] = Field(default_factory=dict)
    """Options by device that take the place of those it has, for devices that are generated; null leaves the device as it is."""
    controllers: dict[Id, dict[str, Any] | None] = Field(default_factory=dict)
    """Agents by name; `type` names the plug-in where it differs from the key, null leaves one out of an extended scenario."""
    outlets: dict[Id, dict[str, Any] | None] = Field(default_factory=dict)
    """Systems of somebody else in which devices of a paced run appear, by name; `type` names the plug-in where it differs."""
    record: dict[str, list[str]] = Field(default_factory=dict)
    """Ports to store by table; a table that is not named stores all its ports, an empty list stores none."""
