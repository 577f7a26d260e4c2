# SPDX-License-Identifier: Apache-2.0
"""The standard load profile of a home in local clock time, on quarter hours of UTC.

H0 is the profile of the German association of utilities of 1999 with its dynamisation, H25 its successor of 2025. Both are
tables of local clock time, so on the day of 25 hours the values of the doubled hour are used twice and on the day of 23
hours one hour is left out; each calendar year is normalised afterwards. Holidays count as Sundays. Outside Germany the
shape is an assumption: local clock and local holidays apply, the habits stay German.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal
from zoneinfo import ZoneInfo

import numpy as np

from twinergy.errors import Finding, ScenarioError
from twinergy.timebase import local_midnight
from twinergy.units import HOURS_PER_YEAR

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

BIN_S: Final = 900
BINS_PER_DAY: Final = 96
Shape = Literal["h0", "h25"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardLoad:
    """Load of a mean home relative to its mean power over a year of 8760 hours.

    Attributes
    ----------
    shape : {"h0", "h25"}
        Which profile.
    timezone : str
        IANA name of the zone whose clock people follow.
    country : str
        ISO 3166-1 code with an optional subdivision, whose holidays count as Sundays.
    """

    shape: Shape
    timezone: str
    country: str

    def relative(self, epoch_s: int, n_bins: int) -> FloatArray:
        """Return the relative load of consecutive quarter hours.

        Parameters
        ----------
        epoch_s : int
            Start of the first quarter hour, on the raster of 900 s. [s]
        n_bins : int
            Number of quarter hours.

        Returns
        -------
        ndarray, shape (n_bins,)
            ``p_kw * 8760 / annual_kwh``; its integral over a local calendar year is 8760 h. [-]

        Raises
        ------
        ScenarioError
            If the holidays of the country are not known.
        """
        values = np.empty(n_bins)
        end_s = epoch_s + n_bins * BIN_S
        for year in range(self._year(epoch_s), self._year(end_s - BIN_S) + 1):
            first_s, table = _year_of(self.shape, self.timezone, self.country, year)
            begin, end = max(epoch_s, first_s), min(end_s, first_s + len(table) * BIN_S)
            values[(begin - epoch_s) // BIN_S : (end - epoch_s) // BIN_S] = table[
                (begin - first_s) // BIN_S : (end - first_s) // BIN_S
            ]
        return values

    def local_hours(self, epoch_s: int, n_bins: int) -> FloatArray:
        """Return the local clock time at the start of consecutive quarter hours, shape (n_bins,). [h]."""
        local = _local(epoch_s, n_bins, self.timezone)
        return np.asarray(local.hour + local.minute / 60.0, dtype=np.float64)

    def _year(self, epoch_s: int) -> int:
        return datetime.fromtimestamp(epoch_s, tz=UTC).astimezone(ZoneInfo(self.timezone)).year


@lru_cache(maxsize=8)
def _year_of(shape: Shape, timezone: str, country: str, year: int) -> tuple[int, FloatArray]:
    first_s = int(local_midnight(date(year, 1, 1), timezone).timestamp())
    end_s = int(local_midnight(date(year + 1, 1, 1), timezone).timestamp())
    local = _local(first_s, (end_s - first_s) // BIN_S, timezone)
    row = (local.dayofyear - 1) * BINS_PER_DAY + local.hour * 4 + local.minute // 15
    values = _clock_table(shape, country, year)[row.to_numpy()]
    return first_s, values * (HOURS_PER_YEAR / (values.sum() * BIN_S / 3600.0))


def _local(epoch_s: int, n_bins: int, timezone: str) -> pd.DatetimeIndex:
    import pandas as pd  # noqa: PLC0415 - kept out of the import of the plug-in

    return pd.to_datetime(epoch_s + BIN_S * np.arange(n_bins), unit="s", utc=True).tz_convert(timezone)


def _clock_table(shape: Shape, country: str, year: int) -> FloatArray:
    """Return the profile of every quarter hour of a year's clock, as if no clock were ever changed, unscaled."""
    import pandas as pd  # noqa: PLC0415
    from demandlib import bdew  # noqa: PLC0415

    days = _holidays(country, year)
    with warnings.catch_warnings():  # ElecSlp turns every later warning of the process into an error
        if shape == "h0":
            table = bdew.ElecSlp(year, holidays=days).get_profiles("h0_dyn")["h0_dyn"]
        else:
            clock = pd.date_range(f"{year}-01-01", f"{year + 1}-01-01", freq="15min", inclusive="left")
            table = bdew.H25(clock, holidays=days)
    return np.asarray(table, dtype=np.float64)


@lru_cache(maxsize=8)
def holidays_of(country: str, year: int) -> frozenset[date]:
    """Return the holidays of a country's year, none where they are not known."""
    try:
        return frozenset(_holidays(country, year))
    except ScenarioError:
        return frozenset()


def _holidays(country: str, year: int) -> list[date]:
    import holidays  # noqa: PLC0415

    nation, _, subdivision = country.partition("-")
    try:
        return sorted(holidays.country_holidays(nation, subdiv=subdivision or None, years=year))
    except NotImplementedError as error:
        allowed = "an ISO 3166-1 code such as DE, GR, IT or GB, with a subdivision where holidays differ: DE-NW"
        finding = Finding(message=f"no holidays known: {error}", path="site.country", value=country, allowed=allowed)
        raise ScenarioError([finding], "households") from error
