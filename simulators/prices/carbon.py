# SPDX-License-Identifier: Apache-2.0
"""Carbon intensity of countries: annual means, and how they vary over day and year."""

from __future__ import annotations

import csv
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.prices.month_hour import DATA
from twinergy.errors import Finding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.prices.params import CountryCarbon

CARBON_FILE: Final = DATA / "carbon_intensity_2023.csv"
COURSE_FILE: Final = DATA / "carbon_month_hour.csv"


@cache
def country_intensities() -> dict[str, float]:
    """Return the life-cycle carbon intensity of national generation in 2023 by country code [g/kWh]."""
    with CARBON_FILE.open(encoding="utf-8", newline="") as file:
        return {row["country"]: float(row["carbon_intensity_g_per_kwh"]) for row in csv.DictReader(file)}


@cache
def courses() -> dict[str, NDArray[np.float64]]:
    """Return the factors on the annual mean by country code, each of shape (12 months, 24 local hours) [-]."""
    tables: dict[str, NDArray[np.float64]] = {}
    with COURSE_FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            table = tables.setdefault(row["country"], np.full((12, 24), np.nan))
            table[int(row["month"]) - 1, int(row["hour"])] = float(row["factor"])
    return tables


def course_of(country: str) -> NDArray[np.float64]:
    """Return the factors of a country by month, kind of day and minute, shape (12, 4, 1440) [-]."""
    by_minute = np.repeat(courses()[country], 60, axis=1)
    return np.repeat(by_minute[:, None, :], 4, axis=1)


def country_of(options: CountryCarbon, site_country: str) -> str:
    """Return the country whose intensity counts; a subdivision (``DE-NW``) counts as its country.

    >>> from simulators.prices.params import CountryCarbon
    >>> country_of(CountryCarbon(), "DE-NW")
    'DE'
    """
    return options.country or site_country.partition("-")[0]


def country_findings(options: CountryCarbon, site_country: str, path: str) -> list[Finding]:
    """Return a finding if no intensity of the country is carried."""
    country, known = country_of(options, site_country), country_intensities()
    path = f"{path}.carbon".lstrip(".")
    if country in known:
        return _course_findings(options, country, path)
    message = "no carbon intensity of this country is carried; give carbon: {kind: fixed, intensity_g_per_kwh: ...} or a file"
    return [Finding(message=message, path=path, value=country, allowed=", ".join(sorted(known)))]


def _course_findings(options: CountryCarbon, country: str, path: str) -> list[Finding]:
    if options.course == "flat" or country in courses():
        return []
    message = "no course over day and year is carried for this country; leave out course, or give a file"
    return [Finding(message=message, path=f"{path}.course", value=country, allowed=", ".join(sorted(courses())))]
