# SPDX-License-Identifier: Apache-2.0
"""What was agreed: prices of every step as they are published, standing charge and VAT."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final, Self
from zoneinfo import ZoneInfo

import numpy as np
from pydantic import Field

from twinergy.options import NonNegative, Options, Timezone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

PORTS: Final = ("energy", "grid_fee", "levy", "vat", "feed_in")
"""Ports of the table of prices, without ``_eur_per_kwh``."""


class Dated(Options):
    """A value from a local day on."""

    value: float
    """The value."""
    since: date = date.min
    """First local day on which it holds; from ever if not given."""


class ContractTerms(Options):
    """What the prices of single steps do not tell."""

    timezone: Timezone = "UTC"
    """Zone of the dates on the bill."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "EUR"
    """ISO 4217 code of the money of the bill."""
    eur_per_unit: Annotated[float, Field(gt=0.0)] = 1.0
    """What one unit of that money costs, as the community's prices in euro were converted [EUR]."""
    standing_eur_per_year: tuple[Dated, ...] = (Dated(value=0.0),)
    """Standing charge, net of VAT, over 365 days [EUR/a]."""
    vat_percent: tuple[Dated, ...] = ()
    """Value added tax; as the prices have it if not given [%]."""
    feed_in_vat_percent: NonNegative = 0.0
    """Value added tax on feed-in; none for a household [%]."""
    own_meter_error: NonNegative = 0.01
    """Largest relative error of what was measured at home, class B of EN 50470-3 by default [-]."""
    bill_meter_error: NonNegative = 0.01
    """Largest relative error of the supplier's meter; both are 0 if it is the same meter [-]."""
    register_resolution_kwh: NonNegative = 0.001
    """Resolution of the registers that were read [kWh]."""
    limit_kw: Annotated[float, Field(gt=0.0)] | None = None
    """What the connection can carry; bounds the energy of missing readings. Unbounded if not given [kW]."""


LEAST_NET: Final = 0.01
"""Net price from which the rate of its VAT can be told, stored in single precision as it is. [EUR/kWh]"""


@dataclass(frozen=True, slots=True)
class PriceSteps:
    """Prices of contiguous steps, in EUR/kWh, net of VAT.

    Attributes
    ----------
    start_epoch_s, step_s : int
        Start of the first step and length of each. [s]
    energy, grid_fee, levy, vat, feed_in : ndarray, shape (n_steps,)
        Ports of the published table of prices. [EUR/kWh]
    """

    start_epoch_s: int
    step_s: int
    energy: FloatArray
    grid_fee: FloatArray
    levy: FloatArray
    vat: FloatArray
    feed_in: FloatArray

    @classmethod
    def published(cls, start_epoch_s: int, step_s: int, ports: Mapping[str, FloatArray]) -> Self:
        """Return the prices of a table of prices: its columns, such as ``energy_eur_per_kwh``, one value per step.

        Raises
        ------
        ValueError
            If a port is missing or they are not equally long.
        """
        names = [f"{name}_eur_per_kwh" for name in PORTS]
        missing = [name for name in names if name not in ports]
        lengths = {len(ports[name]) for name in names if name in ports}
        if missing or len(lengths) != 1:
            message = (
                f"prices need equally long {', '.join(names)}; missing: {', '.join(missing) or 'none'}, lengths {sorted(lengths)}"
            )
            raise ValueError(message)
        return cls(start_epoch_s, step_s, *(np.asarray(ports[name], dtype=np.float64) for name in names))

    def parts(self, names: tuple[str, ...]) -> FloatArray:
        """Return the sum of some parts, shape (n_steps,). [EUR/kWh]."""
        return np.asarray(np.sum([getattr(self, name) for name in names], axis=0), dtype=np.float64)

    def at(self, values: FloatArray, start_epoch_s: int, step_s: int, n_steps: int) -> FloatArray:
        """Return values of these steps as means over other steps, shape (n_steps,), NaN where nothing is known."""
        fine = int(np.gcd(self.step_s, step_s))
        times = start_epoch_s + fine * np.arange(n_steps * (step_s // fine))
        index = (times - self.start_epoch_s) // self.step_s
        inside = (index >= 0) & (index < len(values))
        found = np.where(inside, values[np.clip(index, 0, len(values) - 1)], np.nan)
        means = found.reshape(n_steps, -1)
        return np.asarray(means[:, 0] if np.ptp(means, axis=1).max(initial=0.0) == 0.0 else means.mean(axis=1), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Contract:
    """Terms and prices of a supply contract."""

    terms: ContractTerms
    prices: PriceSteps

    def money(self, eur: float) -> float:
        """Return euro in the money of the bill."""
        return eur / self.terms.eur_per_unit

    def midnight(self, day: date) -> int:
        """Return the first instant of a local day in epoch seconds. [s]."""
        return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.terms.timezone)).timestamp())

    def standing_per_year(self, day: date) -> float:
        """Return the standing charge of a day, net, in the money of the bill per year."""
        return self.money(_at(self.terms.standing_eur_per_year, day, 0.0))

    def vat_rates(self, start: date, end: date) -> list[float]:
        """Return the rates that hold between two local days, both included. [%]."""
        dated = self.terms.vat_percent
        if dated:
            inside = [start, *(entry.since for entry in dated if start < entry.since <= end)]
            return list(dict.fromkeys(_at(dated, day, 0.0) for day in inside))
        first = max(0, (self.midnight(start) - self.prices.start_epoch_s) // self.prices.step_s)
        last = (self.midnight(end + timedelta(days=1)) - self.prices.start_epoch_s) // self.prices.step_s
        net = self.prices.parts(("energy", "grid_fee", "levy"))[first:last]
        vat = self.prices.vat[first:last]
        known = np.abs(net) > LEAST_NET  # a rate cannot be told from a price of nothing
        rates = np.round(100.0 * vat[known] / net[known], 2)
        return [float(rate) for rate in dict.fromkeys(rates.tolist())]


def _at(dated: tuple[Dated, ...], day: date, default: float) -> float:
    holding = [entry for entry in dated if entry.since <= day]
    return max(holding, key=lambda entry: entry.since).value if holding else default


def utc_text(epoch_s: int) -> str:
    """Return an instant as people read it."""
    return f"{datetime.fromtimestamp(epoch_s, tz=UTC):%Y-%m-%d %H:%M} UTC"
