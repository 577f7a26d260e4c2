# SPDX-License-Identifier: Apache-2.0
"""The standard figures of a run. Each takes a run and returns a matplotlib figure; none touches pyplot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinergy.results.figure_hardware import has_hardware, timing, twins
from twinergy.results.figure_months import by_month, has_months
from twinergy.results.figure_network import network
from twinergy.results.figure_sankey import flows_of, sankey
from twinergy.results.figure_series import energy_balance, load_duration, mean_day, storage, voltage_band
from twinergy.results.figure_style import save
from twinergy.results.series import has_exchange, has_flows, state_of_charge_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from matplotlib.figure import Figure

    from twinergy.results.reader import Run

__all__ = ["FIGURES", "StandardFigure", "save_figures"]


@dataclass(frozen=True, slots=True)
class StandardFigure:
    """A figure every report shows, if the run has what it needs.

    Attributes
    ----------
    name : str
        File name without suffix.
    title : str
        Heading.
    caption : str
        How to read it.
    draw : callable
        Takes the run, returns the figure.
    possible : callable
        Takes the run, says whether it recorded what the figure needs.
    """

    name: str
    title: str
    caption: str
    draw: Callable[[Run], Figure]
    possible: Callable[[Run], bool]


def _drawable(run: Run) -> bool:
    topology = run.topology
    return topology is not None and topology.drawable and run.has("bus", "vm_pu")


FIGURES: Final = (
    StandardFigure(
        "sankey",
        "Where the energy came from, and where it went",
        "The whole run, from left to right. Electricity and heat each balance; gas counts with its higher heating value.",
        sankey,
        lambda run: bool(flows_of(run)),
    ),
    StandardFigure(
        "energy_balance",
        "Power over time",
        "Above zero: own generation, storages and the grid together cover the consumption (the line). "
        "Below zero: what was stored or fed back. What lies above the line reappears below zero.",
        energy_balance,
        has_flows,
    ),
    StandardFigure(
        "network",
        "The network in its worst hour",
        "The moment in which a voltage or a loading came closest to its limit, or went furthest beyond it; the ring marks where. "
        "Dots are buses, squares transformer stations; of an unbalanced grid, each phase has its map.",
        network,
        _drawable,
    ),
    StandardFigure(
        "months",
        "Month by month",
        "What to hold against measurements: yield of PV, efficiency of heat pumps, temperatures in homes.",
        by_month,
        has_months,
    ),
    StandardFigure(
        "voltage",
        "Voltage",
        "Band from the lowest to the highest voltage of all buses; dashed, the limits of EN 50160.",
        voltage_band,
        lambda run: run.has("bus", "vm_pu"),
    ),
    StandardFigure(
        "load_duration",
        "How long the grid carried how much",
        "All steps sorted by power, from the highest import to the highest export.",
        load_duration,
        has_exchange,
    ),
    StandardFigure(
        "mean_day",
        "An average day",
        "Mean of all days of the run by local time of day.",
        mean_day,
        has_flows,
    ),
    StandardFigure(
        "storage",
        "State of charge",
        "How full the storages were; the band holds the middle 80 % of them.",
        storage,
        lambda run: bool(state_of_charge_table(run)),
    ),
    StandardFigure(
        "hardware_twins",
        "Real devices and their twins",
        "Full lines are what devices said, dashed ones what their twins computed beside them; "
        "a gap is a time without a good reading.",
        twins,
        has_hardware,
    ),
    StandardFigure(
        "hardware_timing",
        "How well time was kept",
        "The share of steps that began at most so late, and of good readings that were at most so old when their step took them.",
        timing,
        has_hardware,
    ),
)


def save_figures(run: Run) -> list[Path]:
    """Save every possible figure of a run as SVG in its folder and return the paths."""
    paths = []
    for standard in FIGURES:
        if standard.possible(run):
            path = run.folder.figures / f"{standard.name}.svg"
            save(standard.draw(run), path)
            paths.append(path)
    return paths
