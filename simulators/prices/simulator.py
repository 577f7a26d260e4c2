# SPDX-License-Identifier: Apache-2.0
"""The device kind ``prices``: all tariffs of a community as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, cast

import numpy as np

from simulators.prices.bands import TimeOfUse
from simulators.prices.model import TariffInputs, price_parts
from simulators.prices.params import CountryCarbon, TariffOptions, TariffParams
from twinergy.errors import ScenarioError
from twinergy.kinds import DeviceKind, Fleet, Phase
from twinergy.ports import measured
from twinergy.timebase import BLOCK_S

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from simulators.prices.sources import TariffSources
    from twinergy.community.twin import BuildContext, Device, Twin
    from twinergy.errors import Finding
    from twinergy.options import Options
    from twinergy.ports import Port
    from twinergy.timebase import Block, Step

    FloatArray = NDArray[np.float64]

PORTS: Final = (
    measured("energy_eur_per_kwh", "supplier's part per imported kWh, net of VAT", precision="double"),
    measured("grid_fee_eur_per_kwh", "grid operator's part per imported kWh, net of VAT", precision="double"),
    measured("levy_eur_per_kwh", "taxes and levies per imported kWh, net of VAT", precision="double"),
    measured("vat_eur_per_kwh", "value added tax on the three parts", precision="double"),
    measured("buy_eur_per_kwh", "what the customer pays per imported kWh, the sum of the four parts", precision="double"),
    measured("feed_in_eur_per_kwh", "what the customer receives per exported kWh; negative: pays", precision="double"),
    measured("co2_g_per_kwh", "carbon intensity of imported energy, CO2 equivalent"),
)
"""Money in double precision, so that the audit holds to rounding when it is repeated from a run folder."""


_NAMES: Final = tuple(port.name for port in PORTS)
_WEEKS_KEPT: Final = 3


class PricesFleet(Fleet):
    """All tariffs of a run, arrays of shape ``(n_tariffs,)`` in the order of `ids`.

    Attributes
    ----------
    standing_eur_per_year : ndarray, shape (n_tariffs,)
        Standing charge, net of VAT. [EUR/a]
    vat_percent : ndarray, shape (n_tariffs,)
        Value added tax. [%]
    """

    def __init__(self, ids: Sequence[str], params: TariffParams, sources: Sequence[TariffSources], step_s: int) -> None:
        self.ids = tuple(ids)
        self.standing_eur_per_year = params.standing_eur_per_year
        self.vat_percent = params.vat_percent
        self._params = params
        self._sources = tuple(sources)
        self._step_s = step_s
        self._weeks: dict[tuple[int, int], FloatArray] = {}
        self._table: FloatArray = np.empty((0, len(PORTS), len(self.ids)))

    def prepare(self, block: Block) -> None:
        """Compute the prices of a block."""
        self._table = self._rows(block.epoch_s, block.step_s)

    def step(self, step: Step, inputs: Mapping[str, FloatArray]) -> dict[str, FloatArray]:  # noqa: ARG002 - a tariff needs nothing
        """Return the prices of a step, each of shape (n_tariffs,)."""
        rows = self._table[step.offset].copy()
        return dict(zip(_NAMES, rows, strict=True))

    def series(self, epoch_s: NDArray[np.int64], step_s: int | None = None) -> dict[str, FloatArray]:
        """Return prices at any times, inside the run or after it, for agents that plan ahead.

        Whoever hands them to an agent cuts them at `known_until_s`, for later prices are not published yet.

        Parameters
        ----------
        epoch_s : ndarray of int64, shape (n_steps,)
            Start of each step, multiples of the step. [s]
        step_s : int, optional
            Length of a step, the run's if not given. [s]

        Returns
        -------
        dict of str to ndarray, shape (n_steps, n_tariffs)
            By port name; NaN where a file does not reach. [EUR/kWh], [g/kWh]

        Raises
        ------
        ValueError
            If a time is not a multiple of the step, or the step does not divide a week.
        """
        length_s = self._step_s if step_s is None else step_s
        off = (epoch_s % length_s > 0) if BLOCK_S % length_s == 0 else np.ones(len(epoch_s), dtype=bool)
        if off.any():
            message = (
                f"times must be multiples of a step that divides a week, got {int(epoch_s[np.argmax(off)])} s with {length_s} s"
            )
            raise ValueError(message)
        rows = self._rows(epoch_s, length_s)
        return {name: rows[:, place] for place, name in enumerate(_NAMES)}

    def _rows(self, epoch_s: NDArray[np.int64], step_s: int) -> FloatArray:
        """Return prices at times of a raster as a new array of shape (n_steps, n_ports, n_tariffs)."""
        weeks, place = np.divmod(epoch_s, BLOCK_S)
        rows = np.empty((len(epoch_s), len(PORTS), len(self.ids)))
        for week in np.unique(weeks):
            here = weeks == week
            rows[here] = self._week(int(week), step_s)[place[here] // step_s]
        return rows

    def _week(self, number: int, step_s: int) -> FloatArray:
        """Return the prices of a whole week, from memory if it was asked for lately: agents look ahead at every step."""
        table = self._weeks.pop((number, step_s), None)
        if table is None:
            table = self._computed(np.arange(number * BLOCK_S, (number + 1) * BLOCK_S, step_s, dtype=np.int64), step_s)
        self._weeks[number, step_s] = table
        if len(self._weeks) > _WEEKS_KEPT:
            del self._weeks[next(iter(self._weeks))]
        return table

    def _computed(self, epoch_s: NDArray[np.int64], step_s: int) -> FloatArray:
        from simulators.prices.series import mean_over_steps  # noqa: PLC0415 - only runs need it

        values = np.empty((4, len(epoch_s), len(self.ids)))
        for row, sources in enumerate(self._sources):
            for part, source in enumerate(sources):
                values[part, :, row] = mean_over_steps(source, epoch_s, step_s)
        inputs = TariffInputs(
            energy_eur_per_kwh=values[0], grid_fee_eur_per_kwh=values[1], feed_in_eur_per_kwh=values[2], co2_g_per_kwh=values[3]
        )
        parts = price_parts(self._params, inputs)
        return np.stack([parts[name] for name in _NAMES], axis=1)

    def known_until_s(self, epoch_s: int) -> int:
        """Return until when day-ahead prices are published at an instant, in epoch seconds, end not included."""
        from simulators.prices.local_time import day_ahead_known_until_s  # noqa: PLC0415

        return day_ahead_known_until_s(epoch_s)


class PricesKind(DeviceKind):
    """Tariffs: what importing costs, what exporting earns, and how much carbon an imported kWh carries."""

    name: ClassVar[str] = "prices"
    title: ClassVar[str] = "Tariffs: price parts, feed-in and carbon intensity over time"
    phase: ClassVar[Phase] = Phase.AMBIENT
    ports: ClassVar[tuple[Port, ...]] = PORTS
    options: ClassVar[type[Options]] = TariffOptions

    def build(self, devices: Sequence[Device], context: BuildContext) -> PricesFleet:
        """Build the fleet; reads the files that the tariffs name.

        Raises
        ------
        ScenarioError
            If prices cannot be had; the findings of all tariffs at once.
        """
        from simulators.prices.sources import build_sources  # noqa: PLC0415 - reads files, only runs need it

        pairs = [(device, cast("TariffOptions", device.options)) for device in devices]
        sources = build_sources(pairs, context)
        return PricesFleet([device.id for device in devices], TariffParams.of(devices), sources, context.axis.step_s)

    def check(self, devices: Sequence[Device], twin: Twin) -> list[Finding]:
        """Return what the country of the site makes impossible: holidays or a carbon intensity that nobody knows."""
        from simulators.prices.carbon import country_findings  # noqa: PLC0415
        from simulators.prices.local_time import holiday_days  # noqa: PLC0415

        findings: list[Finding] = []
        by_kind_of_day = False
        for device in devices:
            options = cast("TariffOptions", device.options)
            if isinstance(options.carbon, CountryCarbon):
                findings += country_findings(options.carbon, twin.site.country, device.path or device.id)
            by_kind_of_day |= any(_looks_at_days(part) for part in (options.energy, options.grid_fee))
        if by_kind_of_day:
            try:
                holiday_days(twin.site.country, range(2024, 2025))
            except ScenarioError as error:
                findings += error.findings
        return findings


def _looks_at_days(part: object) -> bool:
    return isinstance(part, TimeOfUse) and any("all" not in band.days for band in part.bands)


KIND: Final = PricesKind()
