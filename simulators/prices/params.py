# SPDX-License-Identifier: Apache-2.0
"""Options of a tariff, and its constants as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self, get_args

import numpy as np
from pydantic import Field, model_validator

from simulators.prices.bands import DayNight, PriceEurPerKwh, TimeOfUse
from simulators.prices.italian_bands import ItalianBands
from twinergy.options import NonNegative, Options, Positive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twinergy.community.twin import Device

PriceUnit = Literal["eur_per_kwh", "eur_per_mwh", "ct_per_kwh"]
EUR_PER_KWH: Final[dict[PriceUnit, float]] = {"eur_per_kwh": 1.0, "eur_per_mwh": 1e-3, "ct_per_kwh": 1e-2}
Zone = Literal["DE_LU", "GB", "GR", "IT_SARD"]
ZONES: Final = ", ".join(get_args(Zone))


class FixedPrice(Options):
    """One price at all times."""

    kind: Literal["fixed"] = "fixed"
    price_eur_per_kwh: PriceEurPerKwh
    """Price, net of VAT [EUR/kWh]."""


class DayAhead(Options):
    """A day-ahead market price: a file of yours, or the statistics the laboratory carries."""

    path: str | None = None
    """CSV or Parquet file with one row per market interval, relative to the scenario; times carry their zone."""
    time_column: str = "time"
    """Column with the start of each interval, ISO 8601 with zone, such as 2024-03-31T00:00+01:00."""
    price_column: str = "price"
    """Column with the price."""
    unit: PriceUnit | None = None
    """Unit of the price column; needed with `path`."""
    statistics: Zone | None = None
    """Instead of a file: statistics by month and hour of 2023 and 2024 of this bidding zone; GB is approximated."""
    noise: NonNegative = 1.0
    """With `statistics`: how far days differ from the mean, 1 as in the statistics, 0 for mean days [-]."""

    @property
    def given(self) -> bool:
        """Whether a source is named."""
        return self.path is not None or self.statistics is not None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.path is not None and self.statistics is not None:
            message = f"both path {self.path!r} and statistics {self.statistics!r} are given; keep one"
            raise ValueError(message)
        if (self.path is None) != (self.unit is None):
            message = f"path and unit belong together: path {self.path!r}, unit {self.unit!r}; units: {', '.join(EUR_PER_KWH)}"
            raise ValueError(message)
        return self


class DynamicEnergy(DayAhead):
    """The day-ahead price times a factor plus a margin, up to a cap."""

    kind: Literal["dynamic"] = "dynamic"
    factor: Positive = 1.0
    """What the market price is multiplied by, before the margin: losses, or a supplier's formula [-]."""
    cap_eur_per_kwh: PriceEurPerKwh | None = None
    """Highest price after factor and margin; no cap if not given [EUR/kWh]."""
    margin_eur_per_kwh: PriceEurPerKwh = 0.0
    """What the supplier adds to the market price [EUR/kWh]."""

    @model_validator(mode="after")
    def _has_source(self) -> Self:
        if not self.given:
            message = f"a dynamic price needs a source: give path with unit, or statistics ({ZONES})"
            raise ValueError(message)
        return self


class EntsoeEnergy(Options):
    """The day-ahead price of a bidding zone, read from the ENTSO-E Transparency Platform, plus a margin."""

    kind: Literal["entsoe"] = "entsoe"
    zone: Annotated[str, Field(pattern=r"^[A-Z0-9_]{2,20}$")]
    """Bidding zone, for example DE_LU, GR or IT_SARD."""
    key_variable: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] = "ENTSOE_API_KEY"
    """Name of the environment variable that holds the key; never the key itself."""
    margin_eur_per_kwh: PriceEurPerKwh = 0.0
    """What the supplier adds to the market price [EUR/kWh]."""


class DynamicFeedIn(DayAhead):
    """Feed-in paid at the day-ahead price times a factor; negative prices are paid by whoever feeds in."""

    kind: Literal["dynamic"] = "dynamic"
    factor: Positive = 1.0
    """Share of the market price that is paid on [-]."""


class FixedCarbon(Options):
    """One carbon intensity at all times."""

    kind: Literal["fixed"] = "fixed"
    intensity_g_per_kwh: Annotated[float, Field(ge=0.0, le=2500.0)]
    """CO2 equivalent of imported energy [g/kWh]."""


class CarbonFile(Options):
    """Carbon intensity from a file."""

    kind: Literal["file"] = "file"
    path: str
    """CSV or Parquet file with one row per interval, relative to the scenario; times carry their zone."""
    time_column: str = "time"
    """Column with the start of each interval, ISO 8601 with zone."""
    intensity_column: str = "carbon_intensity_g_per_kwh"
    """Column with the intensity [g/kWh]."""


class CountryCarbon(Options):
    """Annual mean of a country, 2023, with or without its course over the day and the year."""

    kind: Literal["country"] = "country"
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    """ISO 3166-1 alpha-2 code; the site's country if not given."""
    course: Literal["flat", "month_hour"] = "flat"
    """flat: the annual mean at all times; month_hour: times a factor by month and local hour, where one is carried (DE, GB)."""


Energy = Annotated[FixedPrice | DayNight | TimeOfUse | ItalianBands | DynamicEnergy | EntsoeEnergy, Field(discriminator="kind")]
GridFee = Annotated[FixedPrice | DayNight | TimeOfUse, Field(discriminator="kind")]
FeedIn = Annotated[FixedPrice | DynamicFeedIn, Field(discriminator="kind")]
Carbon = Annotated[FixedCarbon | CarbonFile | CountryCarbon, Field(discriminator="kind")]


class TariffOptions(Options):
    """A tariff. Prices are net of VAT; local times follow the site's time zone."""

    currency: Literal["EUR"] = "EUR"
    """Currency of all amounts; a site with a currency of its own has them converted when the scenario is read."""
    energy: Energy
    """Supplier's part: fixed, day_night, time_of_use, italian_bands, dynamic or entsoe."""
    grid_fee: GridFee = FixedPrice(price_eur_per_kwh=0.0)
    """Grid operator's part: fixed, day_night or time_of_use."""
    levies_eur_per_kwh: PriceEurPerKwh = 0.0
    """Taxes and levies per imported kWh [EUR/kWh]."""
    vat_percent: Annotated[float, Field(ge=0.0, le=50.0)] = 0.0
    """Value added tax on energy, grid fee, levies and standing charge [%]."""
    standing_eur_per_year: NonNegative = 0.0
    """Standing charge, net of VAT, spread evenly over 365 days [EUR/a]."""
    feed_in: FeedIn = FixedPrice(price_eur_per_kwh=0.0)
    """What is paid for an exported kWh: fixed or dynamic."""
    carbon: Carbon = CountryCarbon()
    """Carbon intensity of imported energy: fixed, file or country."""

    @model_validator(mode="after")
    def _feed_in_has_a_market(self) -> Self:
        if isinstance(self.feed_in, DynamicFeedIn) and not self.feed_in.given and self.energy.kind not in {"dynamic", "entsoe"}:
            message = (
                f"feed_in follows the day-ahead price of energy, but energy is {self.energy.kind!r}; "
                f"give feed_in a path with unit, or statistics ({ZONES})"
            )
            raise ValueError(message)
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffParams:
    """Constants of tariffs, arrays of shape (n_tariffs,).

    Attributes
    ----------
    levies_eur_per_kwh : ndarray
        Taxes and levies. [EUR/kWh]
    vat_percent : ndarray
        Value added tax. [%]
    standing_eur_per_year : ndarray
        Standing charge, net of VAT. [EUR/a]
    """

    levies_eur_per_kwh: NDArray[np.float64]
    vat_percent: NDArray[np.float64]
    standing_eur_per_year: NDArray[np.float64]

    @classmethod
    def of(cls, devices: Sequence[Device]) -> TariffParams:
        """Return the constants of these devices, in their order."""
        names = ("levies_eur_per_kwh", "vat_percent", "standing_eur_per_year")
        return cls(**{name: np.array([getattr(device.options, name) for device in devices], dtype=np.float64) for name in names})
