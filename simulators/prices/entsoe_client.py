# SPDX-License-Identifier: Apache-2.0
"""Day-ahead prices from the ENTSO-E Transparency Platform, kept month by month in the user's cache folder.

Needs the optional package ``entsoe-py`` (extra ``entsoe``), a key of one's own in an environment variable and a network, but
only for months that are not in the cache.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.prices.checks import PRICE
from simulators.prices.files import SUBJECT, SeriesFile, read_series
from simulators.prices.local_time import MARKET_TIMEZONE
from simulators.prices.series import Sampled
from twinergy.errors import Finding, ScenarioError
from twinergy.timebase import local_midnight

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

    from twinergy.timebase import TimeAxis

INSTEAD: Final = "use kind 'dynamic' with a file (path, unit) or with statistics DE_LU, GR or IT_SARD"
LOOK_AHEAD_S: Final = 2 * 86_400
_COLUMNS: Final = ("time", "price_eur_per_mwh")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntsoeMonths:
    """Day-ahead prices of a bidding zone.

    Attributes
    ----------
    zone : str
        Bidding zone.
    key_variable : str
        Environment variable that holds the key.
    folder : pathlib.Path
        Where months are kept.
    path : str
        Option that asks for them, for messages.
    """

    zone: str
    key_variable: str
    folder: Path
    path: str = ""

    def read(self, axis: TimeAxis) -> Sampled:
        """Return the prices of a run, and of the two days after it as far as they are published [EUR/kWh].

        Raises
        ------
        ScenarioError
            If a month is neither in the cache nor to be had: package, key or network missing, or no such prices.
        """
        parts = [self._month(first, needed=start < axis.end_epoch_s) for first, start in months(axis)]
        return joined([part for part in parts if part is not None])

    def _month(self, first: date, *, needed: bool) -> Sampled | None:
        file = self.folder / f"{self.zone}-{first:%Y-%m}.csv"
        if not file.exists():
            prices = self._download(first, needed=needed)
            if prices is None:
                return None
            complete = local_midnight(_next_month(first), MARKET_TIMEZONE) <= datetime.now(tz=UTC)
            file = _written(prices, file if complete else file.with_suffix(".part"))
        kept = SeriesFile(file=file, time_column=_COLUMNS[0], value_column=_COLUMNS[1], factor=1e-3, path=self.path)
        return read_series(kept, PRICE)

    def _download(self, first: date, *, needed: bool) -> pd.Series[float] | None:
        import pandas as pd  # noqa: PLC0415 - kept out of the import of the plug-in

        key = os.environ.get(self.key_variable, "")
        if not key:
            message = f"no key in the environment variable {self.key_variable!r}: set it, or {INSTEAD}"
            raise self._error(message)
        start, end = (pd.Timestamp(day, tz=MARKET_TIMEZONE) for day in (first, _next_month(first)))
        prices = self._asked(key, start, end)
        if prices is not None:
            return prices[prices.index < end]
        if needed:
            message = f"no day-ahead prices of {self.zone!r} in {first:%Y-%m}: mend zone or period, or {INSTEAD}"
            raise self._error(message)
        return None

    def _asked(self, key: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.Series[float] | None:
        try:
            from entsoe import EntsoePandasClient  # noqa: PLC0415 - optional
            from entsoe.exceptions import InvalidBusinessParameterError, NoMatchingDataError  # noqa: PLC0415
        except ImportError as error:
            message = f"the package entsoe-py is not installed: add the extra 'entsoe', or {INSTEAD}"
            raise self._error(message) from error
        client = EntsoePandasClient(api_key=key, retry_count=2, retry_delay=1, timeout=60)
        try:
            prices: pd.Series[float] = client.query_day_ahead_prices(self.zone, start=start, end=end)
        except (NoMatchingDataError, InvalidBusinessParameterError):
            return None
        except (OSError, ValueError) as error:
            told = str(error).replace(key, "***")  # an HTTP error quotes the address with the key in it; hence no chaining
            message = f"prices of {self.zone!r} from {start:%Y-%m} cannot be had ({told}): {INSTEAD}"
            raise self._error(message) from None
        return prices

    def _error(self, message: str) -> ScenarioError:
        return ScenarioError([Finding(message=message, path=self.path)], SUBJECT)


def _next_month(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def months(axis: TimeAxis) -> Iterator[tuple[date, int]]:
    """Yield the months of market time that a run and the two days after it touch: first day, start in epoch seconds."""
    import pandas as pd  # noqa: PLC0415

    first = pd.Timestamp(axis.start_epoch_s, unit="s", tz="UTC").tz_convert(MARKET_TIMEZONE).date().replace(day=1)
    while (start := int(local_midnight(first, MARKET_TIMEZONE).timestamp())) < axis.end_epoch_s + LOOK_AHEAD_S:
        yield first, start
        first = _next_month(first)


def joined(parts: list[Sampled]) -> Sampled:
    """Return consecutive series as one, on the finest of their rasters, NaN in between.

    The European day-ahead market went from hours to quarters of an hour on 2025-10-01.
    """
    cell_s = min(part.cell_s for part in parts)
    times = np.arange(parts[0].start_epoch_s, parts[-1].end_epoch_s, cell_s, dtype=np.int64)
    values = np.full(len(times), np.nan)
    for part in parts:
        values = np.where(np.isnan(values), part.at(times), values)
    return Sampled(int(times[0]), cell_s, values)


def _written(prices: pd.Series[float], file: Path) -> Path:
    """Write a month, whole or not at all, for several processes may do so at once."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    table = prices.tz_convert("UTC").rename(_COLUMNS[1]).rename_axis(_COLUMNS[0])
    table.to_csv(draft, date_format="%Y-%m-%dT%H:%M:%SZ")
    draft.replace(file)
    return file
