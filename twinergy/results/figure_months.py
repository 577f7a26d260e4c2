# SPDX-License-Identifier: Apache-2.0
"""Months of a run: yield of PV, efficiency of heat pumps, indoor temperatures."""

from __future__ import annotations

import math
from calendar import monthrange
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from twinergy.drawing import style
from twinergy.results.comfort import CATEGORIES_DEGC

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from twinergy.results.reader import Run

FEWEST: Final = 2
"""Months from which on there is something to compare."""
PANELS: Final = ("pv_yield_kwh_per_kwp", "heat_pump_cop", "temp_indoor_degc")
ROOM: Final = 6
"""Months there is room for in the figure of a shorter run, so that bars stay bars."""


def has_months(run: Run) -> bool:
    """Whether a run covers several months and has something to show of them."""
    months = run.months
    return len(months) >= FEWEST and any(name in months for name in PANELS)


def by_month(run: Run) -> Figure:
    """Draw what a run has of PV yield, COP and indoor temperature, month by month, one below the other."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - kept out of the start of `twinergy --help`

    months = run.months
    panels = [name for name in PANELS if name in months]
    figure = Figure(figsize=(10.0, 0.6 + 2.1 * len(panels)), layout="constrained", facecolor="none")
    for number, name in enumerate(panels):
        axes = figure.add_subplot(len(panels), 1, number + 1, facecolor="none")
        style.quiet(axes)
        {PANELS[0]: _yield, PANELS[1]: _cop, PANELS[2]: _temperature}[name](axes, months)
        axes.set_xticks(range(len(months)), _names(months) if number == len(panels) - 1 else [""] * len(months))
        axes.set_xlim(-0.6, max(len(months), ROOM) - 0.4)
    return figure


def _names(months: pd.DataFrame) -> list[str]:
    """Return the names of months, with the days of those that the run covers in part, and the year where it is not clear."""
    several_years = len({month[:4] for month in months["month"]}) > 1
    names = []
    for month, days in zip(months["month"], months["days"], strict=True):
        first = datetime.fromisoformat(f"{month}-01")
        whole = days > monthrange(first.year, first.month)[1] - 1.0
        name = f"{first:%b %Y}" if several_years else f"{first:%b}"
        names.append(name if whole else f"{name}\n({days:.0f} days)")
    return names


def _yield(axes: Axes, months: pd.DataFrame) -> None:
    _bars(axes, months[PANELS[0]], style.ORANGE, digits=0)
    axes.set_ylabel("PV, kWh/kWp")


def _cop(axes: Axes, months: pd.DataFrame) -> None:
    _bars(axes, months[PANELS[1]], style.GREEN, digits=1)
    axes.set_ylabel("heat / electricity\nof heat pumps")


def _bars(axes: Axes, values: pd.Series[float], colour: str, *, digits: int) -> None:
    """Draw a bar per month with its value; a month without one stays empty."""
    axes.bar(range(len(values)), values.fillna(0.0), width=0.7, color=colour)
    look: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "color": style.MUTED, "fontsize": 8}
    for place, value in enumerate(values):
        if math.isfinite(value):
            axes.annotate(f"{value:.{digits}f}", (place, value), xytext=(0, 2), **look)
    axes.margins(y=0.18)


def _temperature(axes: Axes, months: pd.DataFrame) -> None:
    places = range(len(months))
    low, high = months["temp_indoor_low_degc"], months["temp_indoor_high_degc"]
    axes.bar(places, high - low, bottom=low, width=0.7, color=style.SKY, label="middle 90 % of all hours")
    axes.plot(places, months[PANELS[2]], "o", color=style.BLUE, markersize=5.0, label="mean")
    for limit, label in zip(CATEGORIES_DEGC["2"], ("category II of EN 16798-1", None), strict=True):
        axes.axhline(limit, color=style.VERMILION, lw=1.0, ls=(0, (5, 3)), label=label)
    axes.set_ylim(min(18.0, float(low.min()) - 1.0), max(28.0, float(high.max()) + 1.0))
    axes.set_ylabel("indoor, °C")
    style.legend(axes)
