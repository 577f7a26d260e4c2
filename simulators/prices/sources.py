# SPDX-License-Identifier: Apache-2.0
"""From the options of a tariff to its values over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulators.prices.bands import DayNight, TimeOfUse, price_table
from simulators.prices.carbon import country_findings, country_intensities, country_of, course_of
from simulators.prices.checks import CARBON, PRICE
from simulators.prices.entsoe_client import EntsoeMonths
from simulators.prices.files import SUBJECT, SeriesFile, read_series
from simulators.prices.italian_bands import ItalianBands
from simulators.prices.month_hour import MonthHour, Statistics
from simulators.prices.params import (
    EUR_PER_KWH,
    CarbonFile,
    DayAhead,
    DynamicEnergy,
    EntsoeEnergy,
    FixedCarbon,
    FixedPrice,
)
from simulators.prices.series import Banded, Constant, Sampled, Scaled, Source
from twinergy.cache import cache_folder
from twinergy.errors import Finding, ScenarioError

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulators.prices.params import TariffOptions
    from twinergy.community.twin import BuildContext, Device


class TariffSources(NamedTuple):
    """Values of one tariff over time, in the order of `simulators.prices.model.TariffInputs`."""

    energy: Source
    grid_fee: Source
    feed_in: Source
    carbon: Source


@dataclass(frozen=True, slots=True)
class SourceBuilder:
    """Builds the sources of one tariff.

    Attributes
    ----------
    options : TariffOptions
        Options of the tariff.
    path : str
        Where the tariff stands in the scenario, for messages.
    context : BuildContext
        Site, steps, seed and folder of the run.
    """

    options: TariffOptions
    path: str
    context: BuildContext

    def energy(self) -> Source:
        """Return the supplier's price [EUR/kWh]."""
        options = self.options.energy
        if isinstance(options, EntsoeEnergy):
            return Scaled(self._market(options, "energy"), offset=options.margin_eur_per_kwh)
        if isinstance(options, DynamicEnergy):
            cap = np.inf if options.cap_eur_per_kwh is None else options.cap_eur_per_kwh
            market = self._market(options, "energy")
            return Scaled(market, factor=options.factor, offset=options.margin_eur_per_kwh, cap=cap)
        return self._by_clock(options)

    def grid_fee(self) -> Source:
        """Return the grid operator's price [EUR/kWh]."""
        return self._by_clock(self.options.grid_fee)

    def feed_in(self) -> Source:
        """Return what an exported kWh earns [EUR/kWh]."""
        options = self.options.feed_in
        if isinstance(options, FixedPrice):
            return Constant(options.price_eur_per_kwh)
        if options.given:
            return Scaled(self._market(options, "feed_in"), factor=options.factor)
        energy = self.options.energy
        if not isinstance(energy, DynamicEnergy | EntsoeEnergy):  # TariffOptions has refused it
            raise TypeError(energy.kind)
        return Scaled(self._market(energy, "energy"), factor=options.factor)

    def carbon(self) -> Source:
        """Return the carbon intensity of imported energy [g/kWh]."""
        options = self.options.carbon
        if isinstance(options, FixedCarbon):
            return Constant(options.intensity_g_per_kwh)
        if isinstance(options, CarbonFile):
            path = f"{self.path}.carbon"
            file = SeriesFile(
                file=self.context.folder / options.path,
                time_column=options.time_column,
                value_column=options.intensity_column,
                path=path,
            )
            return self._covering(read_series(file, CARBON), str(file.file), path)
        site = self.context.twin.site
        findings = country_findings(options, site.country, self.path)
        if findings:
            raise ScenarioError(findings, SUBJECT)
        country = country_of(options, site.country)
        mean = country_intensities()[country]
        if options.course == "flat":
            return Constant(mean)
        return Banded.of(mean * course_of(country), site.timezone, country)

    def _by_clock(self, options: FixedPrice | DayNight | TimeOfUse | ItalianBands) -> Source:
        if isinstance(options, FixedPrice):
            return Constant(options.price_eur_per_kwh)
        bands = options.bands if isinstance(options, TimeOfUse) else options.bands()
        site = self.context.twin.site
        country = "IT" if isinstance(options, ItalianBands) else site.country
        return Banded.of(price_table(bands), site.timezone, country, options.clock)

    def _market(self, options: DayAhead | EntsoeEnergy, block: str) -> Source:
        path = f"{self.path}.{block}"
        if isinstance(options, EntsoeEnergy):
            months = EntsoeMonths(zone=options.zone, key_variable=options.key_variable, folder=cache_folder("entsoe"), path=path)
            return self._covering(months.read(self.context.axis), f"day-ahead prices of {options.zone}", path)
        if options.statistics is not None:
            return MonthHour(options.statistics, Statistics.of(options.statistics), self.context.seed, options.noise)
        if options.path is None or options.unit is None:  # DayAhead has refused it
            raise TypeError(path)
        file = SeriesFile(
            file=self.context.folder / options.path,
            time_column=options.time_column,
            value_column=options.price_column,
            factor=EUR_PER_KWH[options.unit],
            path=path,
        )
        return self._covering(read_series(file, PRICE), str(file.file), path)

    def _covering(self, series: Sampled, name: str, path: str) -> Sampled:
        """Return the series if it knows every moment of the run."""
        axis = self.context.axis
        known = np.flatnonzero(~np.isnan(series.values))
        first = series.start_epoch_s + int(known[0]) * series.cell_s
        end = series.start_epoch_s + (int(known[-1]) + 1) * series.cell_s
        whole = len(known) == known[-1] - known[0] + 1
        if first <= axis.start_epoch_s and end >= axis.end_epoch_s and whole:
            return series
        finding = Finding(
            message="does not cover the run" if whole else "has gaps",
            path=path,
            file=name,
            value=f"{_iso(first)} to {_iso(end)}",
            allowed=f"{axis.start.isoformat()} to {axis.end.isoformat()} and more; or another period of the run",
        )
        raise ScenarioError([finding], SUBJECT)


def _iso(epoch_s: int) -> str:
    return str(np.datetime64(epoch_s, "s")) + "Z"


def build_sources(devices: list[tuple[Device, TariffOptions]], context: BuildContext) -> list[TariffSources]:
    """Return the sources of all tariffs.

    Raises
    ------
    ScenarioError
        With the findings of all tariffs, if any has one.
    """
    findings: list[Finding] = []
    built: list[TariffSources] = []
    for device, options in devices:
        builder = SourceBuilder(options, device.path or device.id, context)
        parts = [_try(part, findings) for part in (builder.energy, builder.grid_fee, builder.feed_in, builder.carbon)]
        built.append(TariffSources(*(part if part is not None else Constant(np.nan) for part in parts)))
    if findings:
        raise ScenarioError(list(dict.fromkeys(findings)), SUBJECT)
    return built


def _try(part: Callable[[], Source], findings: list[Finding]) -> Source | None:
    try:
        return part()
    except ScenarioError as error:
        findings.extend(error.findings)
        return None
