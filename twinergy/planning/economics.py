# SPDX-License-Identifier: Apache-2.0
"""Money over time: annuities, what is bought again, what is left at the end, prices that grow.

Real money throughout: rates and growth are without inflation, a thing costs the same whenever it is bought again. The method is
that of VDI 2067 part 1: every cost becomes an equal payment at the end of each year of the horizon.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from twinergy.kinds import FloatArray
    from twinergy.planning.request import Financing

_WHOLE = 1e-9
"""A life that ends so close to the end of the horizon ends with it. [a]"""


def annuity(rate: float, years: float) -> float:
    """Return the equal yearly payment that one euro of today is worth.

    Parameters
    ----------
    rate : float
        Discount rate, above -1; 0 spreads the euro evenly. [1/a]
    years : float
        Payments, at the end of each year. [a]

    Returns
    -------
    float
        ``rate / (1 - (1 + rate) ** -years)``. [1/a]

    Raises
    ------
    ValueError
        If there are no years, or money would count more than all of itself.

    References
    ----------
    .. [1] VDI 2067 part 1:2012-09, annuity factor.

    >>> round(annuity(0.05, 20), 6)
    0.080243
    """
    if not (years > 0.0 and math.isfinite(years)):
        message = f"an annuity needs a time above 0 years, got {years} a"
        raise ValueError(message)
    if not (rate > -1.0 and math.isfinite(rate)):
        message = f"a discount rate must be above -1 1/a (0.04 is 4 %), got {rate} 1/a"
        raise ValueError(message)
    if rate == 0.0:
        return 1.0 / years
    return rate / -math.expm1(-years * math.log1p(rate))


def present_value(flows_eur: FloatArray, times_years: FloatArray, rate: float) -> float:
    """Return what payments at some times are worth today.

    Parameters
    ----------
    flows_eur, times_years : ndarray, shape (n,)
        Payments and when they fall due, counted from today. [EUR], [a]
    rate : float
        Discount rate. [1/a]
    """
    return float(np.sum(np.asarray(flows_eur) * (1.0 + rate) ** -np.asarray(times_years, dtype=np.float64)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """Something that is bought, kept in order and bought again when its life is over.

    Attributes
    ----------
    invest_eur : float
        Price of it, whoever pays; the same whenever it is bought again. [EUR]
    lifetime_years : float
        Life; need not be whole. [a]
    fixed_eur_per_year : float
        What it costs each year as long as there is one. [EUR/a]
    subsidy : float
        Share of the first purchase that somebody else pays; what is bought again is paid in full (*assumption*: programmes of
        today end). [-]
    """

    invest_eur: float
    lifetime_years: float
    fixed_eur_per_year: float = 0.0
    subsidy: float = 0.0

    def __post_init__(self) -> None:
        if not (self.lifetime_years > 0.0 and math.isfinite(self.lifetime_years)):
            message = f"a lifetime must be above 0 years, got {self.lifetime_years} a"
            raise ValueError(message)
        if not (self.invest_eur >= 0.0 and self.fixed_eur_per_year >= 0.0):
            message = f"costs must be at least 0, got {self.invest_eur} EUR and {self.fixed_eur_per_year} EUR/a"
            raise ValueError(message)
        if not 0.0 <= self.subsidy <= 1.0:
            message = f"a subsidy is a share of 0 to 1 of the investment, got {self.subsidy}"
            raise ValueError(message)

    def bought_at(self, horizon_years: float) -> FloatArray:
        """Return when it is bought within a horizon, today first, shape (n_purchases,). [a]."""
        count = max(1, math.ceil(horizon_years / self.lifetime_years - _WHOLE))
        return np.arange(count, dtype=np.float64) * self.lifetime_years

    def residual_eur(self, horizon_years: float) -> float:
        """Return what the last one is worth at the end of a horizon: its paid price, straight down to 0 over its life. [EUR].

        A subsidised share has no residual value: otherwise a subsidy could make building for its own sake pay.
        """
        last = self.bought_at(horizon_years)[-1]
        left = max(0.0, 1.0 - (horizon_years - last) / self.lifetime_years)
        paid = 1.0 - self.subsidy if last == 0.0 else 1.0
        return float(self.invest_eur * paid * left)

    def flows(self, horizon_years: int) -> tuple[FloatArray, FloatArray]:
        """Return all payments of a horizon and their times: purchases, yearly costs, the residual value as income. [EUR], [a]."""
        bought = self.bought_at(horizon_years)
        paid = np.full(len(bought), self.invest_eur)
        paid[0] *= 1.0 - self.subsidy
        years = np.arange(1.0, horizon_years + 1.0)
        flows = np.concatenate([paid, np.full(horizon_years, self.fixed_eur_per_year), [-self.residual_eur(horizon_years)]])
        return flows, np.concatenate([bought, years, [float(horizon_years)]])

    def annual_eur(self, rate: float, horizon_years: int) -> float:
        """Return the equal payment of each year of a horizon that is worth the same as all its payments. [EUR/a].

        Parameters
        ----------
        rate : float
            Discount rate. [1/a]
        horizon_years : int
            Years over which it is judged. [a]

        References
        ----------
        .. [1] VDI 2067 part 1:2012-09, annuity of the capital-related costs: purchase, replacements and residual value.

        >>> round(Purchase(invest_eur=1000.0, lifetime_years=20.0).annual_eur(0.05, 20), 2)
        80.24
        """
        flows, times = self.flows(horizon_years)
        return present_value(flows, times, rate) * annuity(rate, horizon_years)


def levelised(growth: float, rate: float, years: int) -> float:
    """Return the factor from the price of the first year to the even price that costs the same over the years.

    Parameters
    ----------
    growth : float
        Real growth of the price. [1/a]
    rate : float
        Discount rate. [1/a]
    years : int
        Horizon. [a]

    Returns
    -------
    float
        1 for a price that does not grow. [-]

    References
    ----------
    .. [1] VDI 2067 part 1:2012-09, price-dynamic cash value factor ``b = (1 - (r / q) ** T) / (q - r)`` with ``q = 1 + rate`` and
       ``r = 1 + growth``, times the annuity factor.
    """
    payments = np.power(1.0 + growth, np.arange(years, dtype=np.float64))
    return present_value(payments, np.arange(1.0, years + 1.0), rate) * annuity(rate, years)


def levelled(finance: Financing, carrier: str) -> float:
    """Return the factor that levels the price of a carrier over the horizon of a plan; 1 where no growth is assumed. [-]."""
    return levelised(finance.price_growth.get(carrier, 0.0), finance.discount_rate, finance.horizon_years)


def battery_lifetime(cycles_per_year: float, *, calendar_years: float, full_cycles: float) -> float:
    """Return how long a battery lasts that is cycled so often.

    Standing and cycling each use up a share of its life every year; the shares add up, as the losses of capacity do in the ageing
    laws of the twin.

    Parameters
    ----------
    cycles_per_year : float
        Full equivalent cycles. [1/a]
    calendar_years : float
        Life of one that only stands. [a]
    full_cycles : float
        Cycles that would use it up at once. [-]

    Returns
    -------
    float
        Lifetime. [a]

    Raises
    ------
    ValueError
        If a life is not above 0, or the cycles are negative.

    >>> battery_lifetime(250.0, calendar_years=20.0, full_cycles=5000.0)
    10.0
    """
    if not (calendar_years > 0.0 and full_cycles > 0.0 and cycles_per_year >= 0.0):
        message = (
            "a battery needs a life above 0 and cycles of at least 0, "
            f"got {calendar_years} a, {full_cycles} cycles in all, {cycles_per_year} cycles a year"
        )
        raise ValueError(message)
    return 1.0 / (1.0 / calendar_years + cycles_per_year / full_cycles)
