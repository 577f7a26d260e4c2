# SPDX-License-Identifier: Apache-2.0
"""Prices against figures from outside: Ember's day-ahead prices, an ENTSO-E document, the German levels of grid fees."""

from __future__ import annotations

import csv
import sys
from datetime import UTC, date, datetime

import numpy as np
import pytest

from simulators.prices.month_hour import MonthHour, Statistics
from tests.shared_data import shared_data
from tests.unit.test_prices_support import column, day_axis

UTC_HOURS = np.arange(24) * 3600


def rows(name):
    with shared_data("prices_carbon", name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("country", "zone", "tolerance"),
    [
        pytest.param("Greece", "GR", 2.0, id="Greece, one zone"),
        pytest.param("Germany", "DE_LU", 3.0, id="Germany, other auction"),
    ],
)
def test_monthly_means_agree_with_ember(country, zone, tolerance):
    # Ember, "European wholesale electricity price data", monthly, CC BY 4.0. Months of which both years
    # are known to at least 29 days.
    months = [3, 5, 6, 7]
    mean = {
        row["month"]: float(row["price_eur_mwh"])
        for row in rows("ember_monthly_dayahead_price_eu.csv")
        if row["country"] == country
    }
    ember = [(mean[f"2023-{month:02d}-01"] + mean[f"2024-{month:02d}-01"]) / 2 for month in months]
    carried = Statistics.of(zone).mean[np.array(months) - 1].mean(axis=1) * 1000.0
    np.testing.assert_allclose(carried, ember, atol=tolerance)


def test_the_hours_of_the_day_agree_with_ember():
    # Ember's hourly sample of Germany, 2025-08-26 to 09-04, in UTC. If the statistics' hours were CET all year instead of local
    # time, the morning peak in August would come an hour later.
    sample = [row for row in rows("ember_hourly_dayahead_samples_gb_de_2025.csv") if row["country"] == "DE"]
    hour = np.array([datetime.fromisoformat(row["time_utc"]).hour for row in sample])
    price = np.array([float(row["price_eur_mwh"]) for row in sample])
    ember = np.array([price[hour == number].mean() for number in range(24)])
    midnight = int(datetime(2024, 8, 20, tzinfo=UTC).timestamp())
    carried = MonthHour("DE_LU", Statistics.of("DE_LU"), seed=1, noise=0.0).at(midnight + UTC_HOURS)
    assert np.argmax(carried[2:10]) == np.argmax(ember[2:10])
    assert abs(int(np.argmin(carried[6:16])) - int(np.argmin(ember[6:16]))) <= 1


def british_sample() -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation by hour of the day (UTC) of Ember's hourly sample, 2025-11-09 to 11-18."""
    sample = [row for row in rows("ember_hourly_dayahead_samples_gb_de_2025.csv") if row["country"] == "GB"]
    price = np.array([float(row["price_eur_mwh"]) for row in sample]).reshape(-1, 24)
    return price.mean(axis=0), price.std(axis=0, ddof=1)


def test_british_months_are_those_of_ember():
    table = [row for row in rows("ember_monthly_dayahead_price_eu.csv") if row["country"] == "United Kingdom"]
    ember = [float(row["price_eur_mwh"]) for row in table if row["month"][:4] in {"2023", "2024"}]
    carried = Statistics.of("GB").mean.mean(axis=1) * 1000.0
    np.testing.assert_allclose(carried, np.reshape(ember, (2, 12)).mean(axis=0), rtol=0.01)


def test_british_hours_are_those_of_ember():
    # The course comes from load, wind and sun of 2016; of the sample it knows one number, the size of its swing.
    mean, std = british_sample()
    midnight = int(datetime(2024, 11, 12, tzinfo=UTC).timestamp())
    market = MonthHour("GB", Statistics.of("GB"), seed=1, noise=0.0)
    carried = market.at(midnight + UTC_HOURS)
    assert np.corrcoef(carried, mean)[0, 1] > 0.9
    assert abs(int(carried.argmax()) - int(mean.argmax())) <= 1
    assert np.ptp(carried) / carried.mean() == pytest.approx(np.ptp(mean) / mean.mean(), rel=0.15)
    noon, night = slice(9, 20), slice(1, 6)
    spread = Statistics.of("GB").std[10] / Statistics.of("GB").mean[10]
    for part in (noon, night):
        assert spread[part].mean() == pytest.approx((std / mean)[part].mean(), abs=0.15)
    assert spread[night].mean() > spread[noon].mean()


def document(prices: dict[int, float], start: datetime, end: datetime) -> str:
    """A day-ahead document (A44) with curve type A03: positions that repeat the price before them are left out."""
    points = "".join(
        f"<Point><position>{position}</position><price.amount>{price}</price.amount></Point>"
        for position, price in prices.items()
    )
    times = f"<start>{start:%Y-%m-%dT%H:%MZ}</start><end>{end:%Y-%m-%dT%H:%MZ}</end>"
    period = f"<Period><timeInterval>{times}</timeInterval><resolution>PT60M</resolution>{points}</Period>"
    return f"<Publication_MarketDocument><TimeSeries><curveType>A03</curveType>{period}</TimeSeries></Publication_MarketDocument>"


def test_the_entsoe_package_reads_a_document_into_prices(monkeypatch, tmp_path):
    # ENTSO-E, "Introduction of different timeseries possibilities (curveType)", A03: hours 1 to 10 cost 50 EUR/MWh, others 20.
    pytest.importorskip("entsoe")
    import requests

    start, end = datetime(2024, 5, 31, 22, tzinfo=UTC), datetime(2024, 6, 30, 22, tzinfo=UTC)

    def answer(self, url, params, **_):
        reply = requests.Response()
        reply.status_code, reply.headers["content-type"] = 200, "text/xml"
        reply._content = (
            document({1: 50.0, 11: 20.0}, start, end) if params["offset"] == 0 else "No matching data found"
        ).encode()
        return reply

    monkeypatch.setattr(requests.Session, "get", answer)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("ENTSOE_API_KEY", "key")
    energy = column(day_axis(date(2024, 6, 1)), "energy_eur_per_kwh", {"energy": {"kind": "entsoe", "zone": "DE_LU"}})
    np.testing.assert_allclose(energy, [0.05] * 10 + [0.02] * 14, rtol=1e-12)
