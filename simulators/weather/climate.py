# SPDX-License-Identifier: Apache-2.0
"""A stochastic year with given monthly means: hourly weather drawn month by month.

Each calendar month (UTC) is one block of random numbers; the day-to-day dependence crosses its borders because the
chain of a month starts in the draws of the month before and ends in those of the month after. So the weather of a week
depends on seed, device and date only. Monthly means are those of the figures in every year: the generator gives typical
years with realistic days, not good and bad summers. Cloudiness and temperature are independent of each other.

- Daily clearness: distribution of Bendt et al. (1981) in the closed form of Duffie and Beckman, *Solar Engineering of
  Thermal Processes*, 4th ed. (2013), eqs. 2.9.4 to 2.9.7, with the day-to-day correlation of 0.29 of Graham, Hollands,
  Huget, "A time series model for Kt with application to global synthetic weather generation", Solar Energy 40 (1988) 83-92.
- Hourly clearness: TAG model of Aguiar and Collares-Pereira, "TAG: a time-dependent, autoregressive, Gaussian model for
  generating synthetic hourly radiation", Solar Energy 49 (1992) 167-174. Diffuse share: Erbs (`model.diffuse_fraction`).
- Temperature: monthly mean, first-order autoregressive daily departures, and the daily course of Erbs, Klein, Beckman,
  "Estimation of degree-days and ambient temperature bin data from monthly-average temperatures", ASHRAE Journal 25 (1983)
  60-65, wider on clear days.
- Humidity: vapour pressure that follows the day's mean temperature; wind: Rayleigh distribution (IEC 61400-12-1, annual
  reference), hourly autoregressive.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simulators.weather.air import pressure_hpa, saturation_vapour_pressure_hpa
from simulators.weather.climate_clearness import CLEAREST_MONTH, DARKEST_MONTH, daily_clearness, hourly_clearness, scaled_to_mean
from simulators.weather.model import diffuse_fraction, interval_means
from simulators.weather.quarter_hours import QUARTER_S, chained
from simulators.weather.resample import sun_at
from simulators.weather.series import STATE
from twinergy.errors import Finding
from twinergy.randomness import device_generator
from twinergy.units import SECONDS_PER_DAY, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from simulators.weather.climate_figures import ClimateFigures
    from twinergy.community.twin import Site

    FloatArray = NDArray[np.float64]
    Instants = NDArray[np.floating[Any]]

SLOTS: Final = 31
HOURS: Final = 24
CORRELATION_OF_DAYS: Final = {"clearness": 0.29, "temperature": 0.7}
CORRELATION_OF_WIND: Final = 0.9
HOUR_S: Final = int(SECONDS_PER_HOUR)
MONTHS_KEPT: Final = 4
SUB_HOURLY: Final = 4


@dataclass(frozen=True)
class Draws:
    """Standard normal numbers of one month: three sets of days, two of hours."""

    clearness: FloatArray
    temperature: FloatArray
    hourly_clearness: FloatArray
    wind: FloatArray

    @classmethod
    def of(cls, seed: int, device_id: str, month: int) -> Draws:
        """Return the numbers of a month counted from January 1970."""
        numbers = device_generator(seed, device_id, "climate", month).standard_normal(2 * SLOTS + 2 * SLOTS * HOURS)
        return cls(*np.split(numbers, [SLOTS, 2 * SLOTS, 2 * SLOTS + SLOTS * HOURS]))


def chain(noise: FloatArray, correlation: float) -> FloatArray:
    """Return a first-order autoregressive series of unit variance driven by standard normal noise, same shape."""
    innovation = (1.0 - correlation**2) ** 0.5
    return np.fromiter(accumulate(noise[1:], lambda last, new: correlation * last + innovation * new, initial=noise[0]), float)


class ClimateSource:
    """Hourly weather drawn from climate figures, any month at any time.

    Parameters
    ----------
    figures : ClimateFigures
        Monthly figures.
    site : Site
        Place; sun, pressure and albedo are its.
    seed : int
        Seed of the run.
    device_id : str
        Id of the weather device.
    intra_hour : bool
        Whether irradiance varies inside the hour (`simulators.weather.quarter_hours`).
    """

    interval_s = HOUR_S
    origin_s = 0

    def __init__(self, figures: ClimateFigures, site: Site, seed: int, device_id: str, *, intra_hour: bool = False) -> None:
        self.figures, self.site, self.seed, self.device_id = figures, site, seed, device_id
        self._months: dict[int, dict[str, FloatArray]] = {}
        self.intra_hour = intra_hour
        self._quarters: dict[int, FloatArray] = {}

    def window(self, first: int, count: int) -> Mapping[str, FloatArray]:
        """Return consecutive hours, counted from the epoch."""
        hours = np.array([first, first + count - 1]) * HOUR_S
        begin, end = (int(month) for month in hours.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64))
        parts = [self.month(number) for number in range(begin, end + 1)]
        offset = first - month_start_s(begin) // HOUR_S
        return {name: np.concatenate([part[name] for part in parts])[offset : offset + count] for name in parts[0]}

    def month(self, number: int) -> dict[str, FloatArray]:
        """Return the hours of a month counted from January 1970, arrays of shape (24 days,)."""
        if number not in self._months:
            self._months = dict(list(self._months.items())[1 - MONTHS_KEPT :])
            self._months[number] = self._generate(number)
        return self._months[number]

    def noise(self, begin_s: int, count: int) -> FloatArray | None:
        """Return the noise of consecutive quarters of an hour from an instant on, shape (count,); None without variation."""
        if not self.intra_hour:
            return None
        ends = np.array([begin_s, begin_s + (count - 1) * QUARTER_S])
        first, last = (int(month) for month in ends.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64))
        parts = [self._noise_of(number) for number in range(first, last + 1)]
        offset = (begin_s - month_start_s(first)) // QUARTER_S
        return np.concatenate(parts)[offset : offset + count]

    def _noise_of(self, number: int) -> FloatArray:
        """Return the noise of the quarters of an hour of a month; the month before runs it in."""
        if number not in self._quarters:
            lengths = [(month_start_s(number + k + 1) - month_start_s(number + k)) // QUARTER_S for k in (-1, 0)]
            draws = (device_generator(self.seed, self.device_id, "climate quarter hours", number + k) for k in (-1, 0))
            before, now = (draw.standard_normal(length) for draw, length in zip(draws, lengths, strict=True))
            self._quarters = dict(list(self._quarters.items())[1 - MONTHS_KEPT :])
            self._quarters[number] = chained(np.concatenate([before[-HOURS:], now]))[HOURS:]
        return self._quarters[number]

    def _generate(self, number: int) -> dict[str, FloatArray]:
        start_s, end_s = month_start_s(number), month_start_s(number + 1)
        n_days = (end_s - start_s) // SECONDS_PER_DAY
        before, now, after = (Draws.of(self.seed, self.device_id, month) for month in (number - 1, number, number + 1))
        irradiance, relative = self._irradiance(start_s, n_days, number, before, now)
        temperature, daily = self._temperature(start_s, n_days, number, (before, now, after), relative)
        humidity = self._humidity(number, temperature, daily)
        wind = self._wind(n_days, number, before, now)
        constant = (np.full(wind.shape, pressure_hpa(self.site.altitude_m)), np.full(wind.shape, self.site.albedo))
        return irradiance | dict(zip(STATE, (temperature, humidity, wind, *constant), strict=True))

    def _irradiance(
        self, start_s: int, n_days: int, number: int, before: Draws, now: Draws
    ) -> tuple[dict[str, FloatArray], FloatArray]:
        """Return global and diffuse irradiance of each hour, and each day's clearness over the month's."""
        n = n_days * HOURS
        middle_s = start_s + (np.arange(n * SUB_HOURLY) + 0.5) * (HOUR_S / SUB_HOURLY)
        sun = sun_at(self.site, middle_s, method="ephemeris")
        outside = interval_means(sun.extra_horizontal, np.arange(n * SUB_HOURLY) // SUB_HOURLY, n)
        mean = self.figures.ghi_kwh_per_m2[number % 12] * 1000.0 / n
        monthly = mean / outside.mean()
        daily = daily_clearness(
            chain(np.concatenate([before.clearness, now.clearness[:n_days]]), CORRELATION_OF_DAYS["clearness"])[SLOTS:], monthly
        )
        sine = outside / sun.dni_extra[::SUB_HOURLY]
        noise = np.concatenate([before.hourly_clearness[-HOURS:], now.hourly_clearness[:n]])
        hourly = hourly_clearness(noise, HOURS, daily, sine, outside)
        hourly = scaled_to_mean(hourly, outside, mean)
        ghi = hourly * outside
        return {"ghi_w_per_m2": ghi, "dhi_w_per_m2": ghi * diffuse_fraction(hourly)}, daily / monthly

    def _temperature(
        self, start_s: int, n_days: int, number: int, draws: tuple[Draws, Draws, Draws], relative: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the temperature of each hour, with and without its daily course."""
        hour = np.arange(n_days * HOURS) + 0.5
        before, now, after = (draw.temperature for draw in draws)
        lengths = [(month_start_s(number + k + 1) - month_start_s(number + k)) // SECONDS_PER_DAY for k in (-1, 0)]
        noise = np.concatenate([before[: lengths[0]], now[:n_days], after[:1]])
        departure = chain(noise, CORRELATION_OF_DAYS["temperature"])[lengths[0] - 1 :]
        spread = self._between_months(hour, number, "temp_day_std_degc")
        slow = self._between_months(hour, number, "temp_degc")
        slow += spread * np.interp(hour, (np.arange(n_days + 2) - 0.5) * HOURS, departure)
        width = np.concatenate([[1.0], np.clip(1.0 + 0.5 * (relative - 1.0), 0.5, 1.5), [1.0]])
        at = np.concatenate([[0.0], (np.arange(n_days) + 0.5) * HOURS, [n_days * HOURS]])
        course = daily_course(start_s, hour, self.site.longitude_deg)
        swing = self._between_months(hour, number, "temp_range_degc") * np.interp(hour, at, width) * course
        bump = 2.0 * np.sin(np.pi * hour / (n_days * HOURS)) ** 2
        slow += (self.figures.temp_degc[number % 12] - (slow + swing).mean()) * bump
        return slow + swing, slow

    def _humidity(self, number: int, temperature: FloatArray, slow: FloatArray) -> FloatArray:
        target = self.figures.humidity_percent[number % 12]
        ratio = 100.0 * saturation_vapour_pressure_hpa(slow) / saturation_vapour_pressure_hpa(temperature)
        factor = target / 100.0
        for _ in range(8):
            factor *= target / np.clip(factor * ratio, 5.0, 100.0).mean()
        return np.asarray(np.clip(factor * ratio, 5.0, 100.0))

    def _wind(self, n_days: int, number: int, before: Draws, now: Draws) -> FloatArray:
        from scipy.special import ndtr  # noqa: PLC0415

        memory = 4 * HOURS
        noise = np.concatenate([before.wind[-memory:], now.wind[: n_days * HOURS]])
        wind = np.sqrt(-2.0 * np.log(np.clip(ndtr(-chain(noise, CORRELATION_OF_WIND)[memory:]), 1e-9, 1.0)))
        return np.asarray(wind * self.figures.wind_m_per_s[number % 12] / wind.mean())

    def _between_months(self, hour: Instants, number: int, name: str) -> FloatArray:
        """Return a monthly figure, linear between the middles of the months, at hours of a month."""
        values = [getattr(self.figures, name)[(number + k) % 12] for k in (-1, 0, 1)]
        starts = np.array([month_start_s(number + k) for k in (-1, 0, 1, 2)])
        middles = ((starts[:-1] + starts[1:]) / 2.0 - starts[1]) / HOUR_S
        return np.asarray(np.interp(hour, middles, values), dtype=np.float64)


def unreachable(figures: ClimateFigures, site: Site) -> list[Finding]:
    """Return a finding for each month whose irradiation is too high or too low for the latitude of a site."""
    findings = []
    for number in range(12):
        n_hours = (month_start_s(number + 1) - month_start_s(number)) // HOUR_S
        noon_s = month_start_s(number) + 15 * SECONDS_PER_DAY
        outside = sun_at(site, noon_s + (np.arange(2 * HOURS) + 0.5) * (HOUR_S / 2.0), method="ephemeris").extra_horizontal.mean()
        clearness = figures.ghi_kwh_per_m2[number] * 1000.0 / n_hours / max(float(outside), 1e-3)
        if not DARKEST_MONTH <= clearness <= CLEAREST_MONTH:
            path = f"ghi_kwh_per_m2[{number}]"
            message = f"at this latitude the climate of {figures.place!r} would have a clearness index of"
            allowed = f"{DARKEST_MONTH} to {CLEAREST_MONTH}; choose a place nearer to the site"
            findings.append(Finding(message=message, path=path, value=round(clearness, 2), allowed=allowed))
    return findings


def month_start_s(number: int) -> int:
    """Return the start of a month counted from January 1970 in epoch seconds."""
    return int(np.datetime64(number, "M").astype("datetime64[s]").astype(np.int64))


def daily_course(start_s: int, hour: Instants, longitude_deg: float) -> FloatArray:
    """Return the departure from the day's mean over the day's range, at hours after an instant, by mean solar time.

    Erbs, Klein, Beckman (1983); between -0.41 and 0.53, highest at three in the afternoon, same shape. [-]
    """
    solar = start_s / HOUR_S + hour + longitude_deg / 15.0
    angle = 2.0 * np.pi * (solar - 1.0) / 24.0
    return np.asarray(
        0.4632 * np.cos(angle - 3.805)
        + 0.0984 * np.cos(2.0 * angle - 0.360)
        + 0.0168 * np.cos(3.0 * angle - 0.822)
        + 0.0138 * np.cos(4.0 * angle - 3.513)
    )
