# SPDX-License-Identifier: Apache-2.0
"""Carbon intensity of countries, annual means."""

from __future__ import annotations

import csv
from functools import cache
from typing import TYPE_CHECKING, Final

from simulators.prices.month_hour import DATA
from twinergy.errors import Finding

if TYPE_CHECKING:
    from simulators.prices.params import CountryCarbon

CARBON_FILE: Final = DATA / "carbon_intensity_2023.csv"


@cache
def country_intensities() -> dict[str, float]:
    """Return the life-cycle carbon intensity of national generation in 2023 by country code [g/kWh]."""
    with CARBON_FILE.open(encoding="utf-8", newline="") as file:
        return {row["country"]: float(row["carbon_intensity_g_per_kwh"]) for row in csv.DictReader(file)}


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
    if country in known:
        return []
    message = "no carbon intensity of this country is carried; give carbon: {kind: fixed, intensity_g_per_kwh: ...} or a file"
    return [Finding(message=message, path=f"{path}.carbon".lstrip("."), value=country, allowed=", ".join(sorted(known)))]
