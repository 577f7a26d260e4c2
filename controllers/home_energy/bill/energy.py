# SPDX-License-Identifier: Apache-2.0
"""Energy and prices of a period of local days: what the contract says each kWh in it costs, and how many there were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from controllers.home_energy.bill.document import PARTS, Item, half_digit
from controllers.home_energy.bill.measured import quantity_of
from controllers.home_energy.bill.verdicts import Expected

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from controllers.home_energy.bill.contract import Contract
    from controllers.home_energy.bill.document import Line
    from controllers.home_energy.bill.measured import Measured, Quantity

    FloatArray = NDArray[np.float64]
    Mask = NDArray[np.bool_]

MOST_LEVELS: Final = 6
"""More prices than this in a period are a course of prices and not bands of a tariff."""
SAME_PRICE: Final = 1e-6
"""Prices closer than this are one price [money/kWh]."""


@dataclass(frozen=True)
class Period:
    """Local days with what was measured and agreed in each of their steps.

    Attributes
    ----------
    item : Item
        What is charged for.
    price : ndarray, shape (n_steps,)
        Net price of each step; NaN where the contract's prices do not reach. [money/kWh]
    kwh : ndarray, shape (n_steps,)
        Measured energy, NaN where missing. [kWh]
    """

    item: Item
    price: FloatArray
    kwh: FloatArray
    _contract: Contract
    _measured: Measured
    _first: int

    @classmethod
    def of(cls, item: Item, start: date, after: date, measured: Measured, contract: Contract) -> Period:
        """Return the steps between the local midnights of two days, the second not included."""
        begin, end = contract.midnight(start), contract.midnight(after)
        first, last = (-((measured.start_epoch_s - moment) // measured.step_s) for moment in (begin, end))
        count = last - first
        names = PARTS[item]
        fine = contract.prices.parts(names)
        price = contract.prices.at(fine, measured.start_epoch_s + first * measured.step_s, measured.step_s, count)
        flow = measured.exported if item is Item.FEED_IN else measured.imported
        index = first + np.arange(count)
        inside = (index >= 0) & (index < len(flow.kwh))
        kwh = np.where(inside, flow.kwh[np.clip(index, 0, len(flow.kwh) - 1)], np.nan)
        return cls(item, price / contract.terms.eur_per_unit, kwh, contract, measured, first)

    @property
    def steps(self) -> int:
        """Number of steps."""
        return len(self.price)

    def levels(self) -> list[float]:
        """Return the different prices, lowest first, none if they are more than bands of a tariff could be."""
        known = self.price[~np.isnan(self.price)]
        values = np.unique(np.round(known / SAME_PRICE)) * SAME_PRICE
        return [float(value) for value in values] if len(values) <= MOST_LEVELS else []

    def at_level(self, level: float | None) -> Mask:
        """Return the steps of one price, or all."""
        if level is None:
            return np.ones(self.steps, dtype=np.bool_)
        return np.asarray(np.abs(self.price - level) < SAME_PRICE, dtype=np.bool_)

    def quantity(self, chosen: Mask) -> Quantity:
        """Return the energy of some steps, bounded by what the connection can carry where it is not known."""
        limit = self._contract.terms.limit_kw
        step_kwh = np.inf if limit is None else limit * self._measured.step_s / 3600.0
        flow = self._measured.exported if self.item is Item.FEED_IN else self._measured.imported
        return quantity_of(flow, self._first, chosen, step_kwh)

    def mean_price(self, chosen: Mask) -> tuple[float, float]:
        """Return the price of some steps, weighted by energy, and how far missing readings may move it. [money/kWh]."""
        known = chosen & ~np.isnan(self.kwh) & ~np.isnan(self.price)
        prices = self.price[chosen & ~np.isnan(self.price)]
        if not prices.size:
            return float("nan"), 0.0
        energy, weight = float(self.kwh[known] @ self.price[known]), float(self.kwh[known].sum())
        mean = energy / weight if weight > 0.0 else float(prices.mean())
        found = self.quantity(chosen)
        unknown = 1.0 - weight / found.high if found.high > 0.0 else 0.0
        return mean, min(1.0, unknown) * float(np.ptp(prices))


def expected_of(period: Period, line: Line, level: float | None, contract: Contract) -> tuple[Expected, float, Quantity]:
    """Return what a line about energy should say, how far its price may be off, and the energy measured.

    Notes
    -----
    The quantity may be off by the errors of both meters, half the last printed digit, and the resolution of a register at both
    ends; the price by half its last printed digit, and in a period of several prices by what missing readings could weigh.
    """
    chosen = period.at_level(level)
    quantity = period.quantity(chosen)
    price, spread = period.mean_price(chosen)
    terms = contract.terms
    share = terms.own_meter_error + terms.bill_meter_error
    digits = float(half_digit(line.quantity)) if line.quantity is not None else 0.0
    slack = digits + 2.0 * terms.register_resolution_kwh + 1e-9
    sign = -1.0 if line.item is Item.FEED_IN else 1.0
    expected = Expected(
        quantity=quantity.kwh,
        quantity_low=quantity.low * (1.0 - share) - slack,
        quantity_high=quantity.high * (1.0 + share) + slack,
        unit_price=price,
        amount=round(sign * quantity.kwh * price, 2) if price == price else None,  # noqa: PLR0124 - NaN
        vat_percent=_vat(line, contract),
    )
    printed = float(half_digit(line.unit_price)) if line.unit_price is not None else 0.0
    return expected, printed + spread + 1e-9, quantity


def _vat(line: Line, contract: Contract) -> tuple[float, ...]:
    if line.item is Item.FEED_IN:
        return (contract.terms.feed_in_vat_percent,)
    return tuple(contract.vat_rates(line.start, line.end))
