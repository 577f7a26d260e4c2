# SPDX-License-Identifier: Apache-2.0
"""Figures of what there is to choose from: the front, what if, what else, which future, how big at each home."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.drawing import style
from twinergy.planning.report import facts
from twinergy.planning.report.words import KG_PER_T, USABLE, number, quantity, real, title

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from twinergy.planning.plan import Plan

FAR: Final = 0.8
"""Spans of the front beyond which a point would squeeze it, and is told instead of drawn."""
_LABEL: Final[dict[str, Any]] = {"textcoords": "offset points", "fontsize": 9}


def figure_front(points: Sequence[Mapping[str, Any]], plan: Plan | None = None) -> Figure:
    """Draw cost over greenhouse gases, each point with its price of carbon.

    Parameters
    ----------
    points : sequence of dict
        ``eur``, ``co2_kg``, ``eur_per_t``. [EUR/a], [kg CO2e/a], [EUR/t]
    plan : Plan, optional
        To show beside them: what was planned, and the community as it is.
    """
    figure, axes = style.new_figure((10.0, 4.4))
    co2, eur = (np.array([real(one.get(name)) for one in points]) for name in ("co2_kg", "eur"))
    axes.plot(
        co2 / KG_PER_T,
        eur / KG_PER_T,
        "o-",
        color=style.BLUE,
        lw=1.6,
        ms=6,
        label="least cost for these greenhouse gases",
        zorder=3,
    )
    for one, x, y in zip(points, co2 / KG_PER_T, eur / KG_PER_T, strict=True):
        axes.annotate(f"{number(one.get('eur_per_t'), 0)} EUR/t", (x, y), xytext=(4, 6), color=style.MUTED, rotation=30, **_LABEL)
    if plan is not None:
        _beside(axes, plan, co2, eur)
    axes.margins(x=0.1, y=0.22)
    axes.set_xlabel("greenhouse gases, t CO₂e a year", loc="left")
    axes.set_ylabel("cost, thousand EUR a year")
    axes.grid(axis="x", color=style.RULE, linewidth=0.8)
    style.legend(axes)
    return figure


def _beside(axes: Axes, plan: Plan, co2: np.ndarray[Any, Any], eur: np.ndarray[Any, Any]) -> None:
    if plan.status in USABLE:
        look: dict[str, Any] = {"mfc": "none", "mec": style.VERMILION, "mew": 2.0, "ls": "none"}
        axes.plot([plan.co2_kg / KG_PER_T], [plan.eur / KG_PER_T], "o", ms=14, label="this plan", zorder=4, **look)
    if not plan.reference:
        return
    x, y = facts.co2_kg(plan.reference), facts.eur(plan.reference)
    near = all(
        low - FAR * (high - low) <= value <= high + FAR * (high - low)
        for value, low, high in ((x, co2.min(), co2.max()), (y, eur.min(), eur.max()))
    )
    if near:
        axes.plot([x / KG_PER_T], [y / KG_PER_T], "D", ms=8, color=style.ORANGE, ls="none", label="as it is", zorder=4)
    else:
        said = f"as it is, far outside: {quantity(x / KG_PER_T, 't')}, {number(y / KG_PER_T)} thousand EUR"
        axes.text(0.99, 0.98, said, transform=axes.transAxes, ha="right", va="top", color=style.MUTED, fontsize=9)


def figure_tornado(sensitivity: Mapping[str, Any], most: int = 12) -> Figure:
    """Draw how much another assumption moves the cost, the strongest on top.

    Parameters
    ----------
    sensitivity : dict
        ``rows``: ``name``, ``level``, ``status``, ``eur``, ``why``.
    most : int
        Assumptions that are drawn.
    """
    bars: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in sensitivity.get("rows") or []:
        bars[str(row.get("name"))].append(row)
    shown = dict(sorted(bars.items(), key=lambda bar: -_span(bar[1]))[:most])
    figure, axes = style.new_figure((10.0, 0.9 + 0.46 * len(shown)))
    axes.set_ylim(len(shown) - 0.5, -0.5)
    values = [real(row.get("eur")) for rows in shown.values() for row in rows]
    span = max([abs(value) for value in values if math.isfinite(value)], default=1.0) or 1.0
    for place, rows in enumerate(shown.values()):
        _bar(axes, place, rows, span)
    axes.axvline(0.0, color=style.INK, lw=1.0)
    axes.set_yticks(range(len(shown)), list(shown))
    axes.tick_params(axis="y", labelcolor=style.INK)
    axes.grid(visible=False, axis="y")
    axes.grid(axis="x", color=style.RULE, linewidth=0.8)
    axes.spines["bottom"].set_visible(False)
    axes.set_xlim(-1.3 * span, 1.3 * span)
    axes.xaxis.set_major_formatter(lambda value, _: ("+" if value > 0.0 else "") + (number(value) if value else "0"))
    axes.set_xlabel("cost of a year more or less than as assumed, EUR", loc="left")
    return figure


def _span(rows: Sequence[Mapping[str, Any]]) -> float:
    """Return how far apart the costs of an assumption's changes are; a plan that cannot be is the farthest."""
    values = [0.0, *(real(row.get("eur")) for row in rows)]
    return math.inf if any(math.isnan(value) for value in values) else max(values) - min(values)


def _bar(axes: Axes, place: int, rows: Sequence[Mapping[str, Any]], span: float) -> None:
    """Draw the changes of one assumption; those to one side in each other, the farthest outermost."""
    ordered = sorted(rows, key=lambda row: -abs(real(row.get("eur"))))
    told = [str(row.get("level")) for row in ordered if row.get("status") not in USABLE]
    sides: set[bool] = set()
    for row in ordered:
        value = real(row.get("eur"))
        if row.get("status") not in USABLE or not math.isfinite(value):
            continue
        right, outermost = value > 0.0, (value > 0.0) not in sides
        sides.add(right)
        axes.barh(place, value, height=0.62, color=style.VERMILION if right else style.GREEN, alpha=1.0 if outermost else 0.55)
        if outermost:
            side: dict[str, Any] = {"xytext": (5 if right else -5, 0), "ha": "left" if right else "right"}
            axes.annotate(str(row.get("level")), (value, place), va="center", color=style.MUTED, **side, **_LABEL)
    if told:
        axes.text(1.28 * span, place, f"no plan: {', '.join(told)}", va="center", ha="right", color=style.VERMILION, fontsize=9)


def figure_ranges(alternatives: Mapping[str, Any]) -> Figure:
    """Draw how much of each thing there may be among plans that cost hardly more.

    Parameters
    ----------
    alternatives : dict
        ``ranges``: ``name``, ``unit``, ``least``, ``best``, ``most``.
    """
    several = list(alternatives.get("ranges") or [])
    figure, axes = style.new_figure((10.0, 0.9 + 0.5 * len(several)))
    for row, one in enumerate(several):
        least, best, most = (real(one.get(end)) for end in ("least", "best", "most"))
        top = max([value for value in (least, best, most) if math.isfinite(value)], default=0.0) or 1.0
        axes.barh(row, 1.0, height=0.5, color=style.RULE)
        axes.barh(row, (most - least) / top, left=least / top, height=0.5, color=style.SKY)
        axes.plot([best / top], [row], "o", color=style.BLUE, ms=9, zorder=3)
        axes.annotate(_ends(one), (1.0, row), xytext=(8, 0), va="center", color=style.INK, **_LABEL)
    axes.set_yticks(range(len(several)), [title(str(one.get("name"))) for one in several])
    axes.tick_params(axis="y", labelcolor=style.INK)
    axes.set_xticks([])
    axes.invert_yaxis()
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    axes.set_xlim(0.0, 1.42)
    return figure


def _ends(one: Mapping[str, Any]) -> str:
    unit = str(one.get("unit", ""))
    return f"{number(one.get('least'))} to {quantity(one.get('most'), unit)}, best {number(one.get('best'))}"


def figure_futures(uncertain: Mapping[str, Any]) -> Figure:
    """Draw what each future costs with common sizes and with sizes for it alone.

    Parameters
    ----------
    uncertain : dict
        ``eur`` and ``alone_eur`` by future. [EUR/a]
    """
    cost, alone = uncertain.get("eur") or {}, uncertain.get("alone_eur") or {}
    figure, axes = style.new_figure((10.0, 1.1 + 0.5 * len(cost)))
    for row, name in enumerate(cost):
        one, own = real(cost[name]) / KG_PER_T, real(alone.get(name)) / KG_PER_T
        axes.plot([own, one], [row, row], color=style.RULE, lw=6.0, solid_capstyle="round", zorder=1)
        axes.plot([own], [row], "o", color=style.MINT, ms=9, label="sizes for it alone" if not row else None)
        axes.plot([one], [row], "o", color=style.BLUE, ms=9, label="common sizes" if not row else None)
    axes.set_yticks(range(len(cost)), list(cost))
    axes.tick_params(axis="y", labelcolor=style.INK)
    axes.set_ylim(len(cost) - 0.5, -0.5)
    axes.margins(x=0.08)
    axes.grid(axis="x", color=style.RULE, linewidth=0.8)
    axes.set_xlabel("cost of a year, thousand EUR", loc="left")
    style.legend(axes)
    return figure
