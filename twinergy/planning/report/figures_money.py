# SPDX-License-Identifier: Apache-2.0
"""Figures of what a year costs and emits: stacked by purpose, and the way from planned to simulated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from twinergy.drawing import style
from twinergy.planning.report.words import EMITTED, KG_PER_T, PURPOSES, number, real

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from twinergy.planning.plan import Line, Plan

NOTHING: Final = 1e-3
"""Part of the longest bar below which a purpose is not worth a colour of its own in the legend. [-]"""


def figure_costs(plan: Plan) -> Figure:
    """Draw what a year costs by purpose, as it is and planned; what is earned is left of zero."""
    return _stacked(plan, "eur", 1.0, "EUR a year", {})


def figure_emissions(plan: Plan) -> Figure:
    """Draw what a year emits by source, as it is and planned; credits are left of zero."""
    return _stacked(plan, "co2_kg", KG_PER_T, "t CO₂e a year", EMITTED)


def _stacked(plan: Plan, what: str, scale: float, label: str, called: Mapping[str, str]) -> Figure:
    bars = {"planned": _sums(plan.account, what, scale)}
    if plan.reference:
        bars = {"as it is": _sums(plan.reference, what, scale), **bars}
    figure, axes = style.new_figure((10.0, 1.2 + 0.65 * len(bars)))
    longest = max(sum(abs(value) for value in sums.values()) for sums in bars.values()) or 1.0
    names = [
        name
        for name in [*PURPOSES, *_unknown(bars)]
        if any(abs(sums.get(name, 0.0)) > NOTHING * longest for sums in bars.values())
    ]
    ends = {row: [0.0, 0.0] for row in range(len(bars))}
    for name in names:
        known, colour = PURPOSES.get(name, (name.replace("_", " "), style.MUTED))
        for row, sums in enumerate(bars.values()):
            side = int(sums.get(name, 0.0) > 0.0)
            axes.barh(
                row,
                sums.get(name, 0.0),
                left=ends[row][side],
                height=0.6,
                color=colour,
                label=called.get(name, known) if not row else None,
            )
            ends[row][side] += sums.get(name, 0.0)
    _totals(axes, [sum(sums.values()) for sums in bars.values()], [max(0.0, end) for _, end in ends.values()])
    axes.set_yticks(range(len(bars)), list(bars))
    axes.tick_params(axis="y", labelcolor=style.INK)
    axes.invert_yaxis()
    _lengthwise(axes, label)
    style.legend(axes, columns=5)
    return figure


def _sums(lines: Sequence[Line], what: str, scale: float) -> dict[str, float]:
    sums: dict[str, float] = {}
    for line in lines:
        sums[line.purpose] = sums.get(line.purpose, 0.0) + getattr(line, what) / scale
    return sums


def _unknown(bars: Mapping[str, Mapping[str, float]]) -> list[str]:
    return sorted({name for sums in bars.values() for name in sums} - set(PURPOSES))


def _totals(axes: Axes, sums: Sequence[float], ends: Sequence[float]) -> None:
    """Write what a bar adds up to at its end."""
    look: dict[str, Any] = {"textcoords": "offset points", "va": "center", "color": style.INK, "fontweight": "bold"}
    for row, (value, end) in enumerate(zip(sums, ends, strict=True)):
        axes.annotate(number(value), (end, row), xytext=(6, 0), **look)


def _lengthwise(axes: Axes, label: str) -> None:
    """Have values run from left to right, with room for what is written at their ends."""
    axes.grid(visible=False, axis="y")
    axes.grid(axis="x", color=style.RULE, linewidth=0.8)
    axes.axvline(0.0, color=style.MUTED, lw=0.9)
    axes.spines["bottom"].set_visible(False)
    low, high = axes.get_xlim()
    axes.set_xlim(low, high + 0.1 * (high - low))
    axes.xaxis.set_major_formatter(lambda value, _: number(value) if value else "0")
    axes.set_xlabel(label, loc="left")


def figure_gap(planned: float, reasons: Sequence[Mapping[str, Any]], simulated: float, what: str = "eur") -> Figure:
    """Draw the way from planned to simulated, reason by reason.

    Parameters
    ----------
    planned, simulated : float
        Cost or greenhouse gases of a year. [EUR/a] or [kg CO2e/a]
    reasons : sequence of dict
        ``name`` or ``reason``, and what it adds.
    what : {"eur", "co2_kg"}
        Which of the two.
    """
    names = ["planned", *(str(one.get("name") or one.get("reason")) for one in reasons)]
    steps = [real(one.get(what)) for one in reasons]
    rest = simulated - planned - sum(steps)
    if abs(rest) > 1e-6 * max(1.0, abs(simulated)):
        names, steps = [*names, "not explained"], [*steps, rest]
    begins = [planned + sum(steps[:place]) for place in range(len(steps))]
    figure, axes = style.new_figure((10.0, 1.1 + 0.36 * (len(names) + 1)))
    axes.barh(0, planned, height=0.62, color=style.BLUE)
    for row, (begin, step) in enumerate(zip(begins, steps, strict=True), start=1):
        axes.barh(row, step, left=begin, height=0.62, color=style.VERMILION if step > 0.0 else style.GREEN)
    axes.barh(len(names), simulated, height=0.62, color=style.BLUE)
    ends = [planned, *(max(begin, begin + step) for begin, step in zip(begins, steps, strict=True)), simulated]
    said = [number(planned), *(("+" if step > 0.0 else "") + number(step) for step in steps), number(simulated)]
    _zoom(axes, [planned, simulated, *begins, *ends, *(begin + step for begin, step in zip(begins, steps, strict=True))])
    for row, (end, text) in enumerate(zip(ends, said, strict=True)):
        axes.annotate(text, (end, row), xytext=(5, 0), textcoords="offset points", va="center", color=style.INK)
    axes.set_yticks(range(len(names) + 1), [*names, "simulated"])
    axes.tick_params(axis="y", labelcolor=style.INK)
    axes.invert_yaxis()
    _lengthwise(axes, "EUR a year" if what == "eur" else "kg CO₂e a year")
    return figure


def _zoom(axes: Axes, values: Sequence[float]) -> None:
    """Cut the axis where all bars are far longer than what they differ by, and say so."""
    low, high = min(values), max(values)
    if low > 0.0 and high - low < low / 2.0:
        axes.set_xlim(low - 1.2 * (high - low) - 1e-9, high)
        axes.text(
            0.0, 1.0, "the axis does not begin at zero", transform=axes.transAxes, color=style.MUTED, va="bottom", fontsize=9
        )
