# SPDX-License-Identifier: Apache-2.0
"""Whether a run is believable: its specific figures beside what was measured elsewhere."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinergy.results.kpi import Kpi
    from twinergy.results.reader import Run

WHOLE_YEAR_DAYS: Final = 360.0


@dataclass(frozen=True, slots=True)
class Benchmark:
    """What a specific figure usually is.

    Attributes
    ----------
    low, high : float
        Usual range, in the unit of the key figure; NaN where there is none to give.
    of_a_year : bool
        Whether the range holds for a whole year only.
    source : str
        Where the range comes from.
    """

    low: float
    high: float
    of_a_year: bool
    source: str


BENCHMARKS: Final[dict[str, Benchmark]] = {
    "pv_yield_kwh_per_kwp": Benchmark(
        700.0, 1600.0, True, "roofs from northern Europe to its south, PVGIS; each pilot's page has the figure of its place"
    ),
    "heat_pump_spf": Benchmark(
        2.6, 5.4, True, "77 heat pumps in existing houses, air and ground: WP-QS im Bestand, Fraunhofer ISE"
    ),
    "temp_indoor_degc": Benchmark(
        18.0, 25.5, False, "18 °C: WHO Housing and health guidelines 2018; 25.5 °C: EN 16798-1, category I"
    ),
    "ev_kwh_per_100km": Benchmark(
        13.0, 28.0, False, "ADAC Ecotest: 14.7 to 28.1 from the socket, 19.7 on average in 2023; a tenth less from the battery"
    ),
    "dwelling_peak_kw": Benchmark(math.nan, math.nan, False, "grows with cars and heat pumps, falls with the length of a step"),
    "diversified_peak_kw": Benchmark(
        math.nan, math.nan, False, "what a planner sizes a feeder for; falls with the number of homes"
    ),
    "wind_full_load_h": Benchmark(1000.0, 3500.0, True, "onshore, from sheltered small turbines to good sites; assumption"),
    "chp_full_load_h": Benchmark(3000.0, 7000.0, True, "units sized for base load; assumption"),
}
"""Specific figures in the order they are shown."""


@dataclass(frozen=True, slots=True)
class Plausible:
    """One specific figure of a run beside what is usual.

    Attributes
    ----------
    title, value, usual : str
        For people; `usual` is empty where there is no range.
    remark : str
        Source of the range, or why it does not apply.
    outside : bool
        Whether the value lies outside a range that applies.
    """

    title: str
    value: str
    usual: str
    remark: str
    outside: bool


def plausible(run: Run, kpis: Mapping[str, Kpi]) -> list[Plausible]:
    """Return the specific figures a run has, each beside its usual range.

    A range that holds for a year is given but not applied to a shorter run.
    """
    whole = run.days >= WHOLE_YEAR_DAYS
    rows = []
    if run.homes and "consumption_kwh" in kpis:
        rows.append(_per_home(run, kpis["consumption_kwh"]))
    for name, benchmark in BENCHMARKS.items():
        figure = kpis.get(name)
        if figure is None or math.isnan(figure.value):
            continue
        applies = math.isfinite(benchmark.low) and (whole or not benchmark.of_a_year)
        outside = applies and not benchmark.low <= figure.value <= benchmark.high
        rows.append(Plausible(figure.title, figure.text, _range(benchmark), benchmark.source, outside))
    return rows


def _per_home(run: Run, consumption: Kpi) -> Plausible:
    value = consumption.value / run.homes
    note = "electricity of a dwelling, heat pump and car included where it has them"
    return Plausible("Consumption of a dwelling", f"{value:,.0f} kWh in {run.days:,.0f} days", "", note, outside=False)


def _range(benchmark: Benchmark) -> str:
    if math.isnan(benchmark.low):
        return ""
    return f"{benchmark.low:,g} to {benchmark.high:,g}{' in a year' if benchmark.of_a_year else ''}"
