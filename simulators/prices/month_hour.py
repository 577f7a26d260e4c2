# SPDX-License-Identifier: Apache-2.0
"""Day-ahead prices from statistics by month and hour: a stand-in with a real daily shape where no prices are at hand."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.prices.local_time import MARKET_TIMEZONE, LocalTimes
from twinergy.randomness import device_generator
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

DATA: Final = Path(__file__).resolve().parents[2] / "data" / "prices"
STATISTICS_FILE: Final = DATA / "dayahead_month_hour.csv"
DAYS_PER_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Statistics:
    """Day-ahead prices of a zone by month and hour of the market day, arrays of shape (12, 24) [EUR/kWh].

    Attributes
    ----------
    mean, std, low, high : ndarray
        Mean, standard deviation, minimum and maximum over the days of all years.
    """

    mean: FloatArray
    std: FloatArray
    low: FloatArray
    high: FloatArray

    @classmethod
    @cache
    def of(cls, zone: str) -> Statistics:
        """Return the carried statistics of a zone, its years pooled by their numbers of days."""
        years: defaultdict[tuple[int, int], list[dict[str, str]]] = defaultdict(list)
        with STATISTICS_FILE.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["zone"] == zone:
                    years[int(row["month"]) - 1, int(row["hour"])].append(row)
        table = np.full((4, 12, 24), np.nan)
        for (month, hour), rows in years.items():
            table[:, month, hour] = _pooled(rows)
        return cls(*(table / 1000.0))


def _pooled(years: list[dict[str, str]]) -> tuple[float, float, float, float]:
    days, mean, std, low, high = (
        np.array([float(year[name]) for year in years])
        for name in ("n_days", "mean_eur_per_mwh", "std_eur_per_mwh", "min_eur_per_mwh", "max_eur_per_mwh")
    )
    pooled = float(np.average(mean, weights=days))
    variance = float(np.average(std**2 + (mean - pooled) ** 2, weights=days))
    return pooled, variance**0.5, float(low.min()), float(high.max())


@dataclass(frozen=True, slots=True)
class MonthHour:
    """Hourly prices: the mean of month and hour plus one draw per market day times the standard deviation.

    The draw is standard normal and common to all hours of a day (a windy day is cheap around the clock); prices stay between
    minimum and maximum of their month and hour. Draws depend on seed, zone and day only, so all tariffs that follow a zone see
    the same market, whatever their names and whenever the run begins.

    Attributes
    ----------
    zone : str
        Bidding zone.
    statistics : Statistics
        Of that zone.
    seed : int
        Seed of the run.
    noise : float
        Factor on the standard deviation, 0 for mean days. [-]
    """

    zone: str
    statistics: Statistics
    seed: int
    noise: float
    raster_s: int = int(SECONDS_PER_HOUR)

    def at(self, epoch_s: NDArray[np.int64]) -> FloatArray:
        """Return the price at each instant [EUR/kWh]."""
        local = LocalTimes.of(epoch_s, MARKET_TIMEZONE)
        cell = (local.month, local.minute // 60)
        price = self.statistics.mean[cell] + self.noise * self.statistics.std[cell] * self._draws(local.day)
        return np.clip(price, self.statistics.low[cell], self.statistics.high[cell])

    def _draws(self, day: NDArray[np.int64]) -> FloatArray:
        weeks, row = np.unique(day // DAYS_PER_WEEK, return_inverse=True)
        generators = (device_generator(self.seed, f"market {self.zone}", "day-ahead day", int(week)) for week in weeks)
        draws = np.array([generator.standard_normal(DAYS_PER_WEEK) for generator in generators]).reshape(-1, DAYS_PER_WEEK)
        return draws[row, day % DAYS_PER_WEEK]
