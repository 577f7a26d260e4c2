# SPDX-License-Identifier: Apache-2.0
"""How big things are, place by place."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.drawing import style
from twinergy.planning.report import facts
from twinergy.planning.report.words import COLOUR_OF_KIND, KINDS, UNITS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from twinergy.planning.plan import Plan


BINS: Final = 12


def sizes_by_place(plan: Plan) -> dict[tuple[str, str], list[float]]:
    """Return what is added at each place of more than one, by kind and name of the size. [unit of the size]."""
    found: defaultdict[tuple[str, str], defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for unit in facts.built(plan):
        name = facts.main_size(unit)
        meters = unit.facts.get("connection")
        for place, share in unit.share.items():
            meter = meters.get(place, place) if isinstance(meters, dict) else place
            found[unit.kind, name][str(meter)] += share * unit.added.get(name, 0.0)
    return {key: [size for size in places.values() if size > facts.BUILT] for key, places in found.items() if len(places) > 1}


def figure_sizes(plan: Plan) -> Figure:
    """Draw how many places get how much of each thing."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - kept out of the start of `twinergy --help`
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415

    several = {key: sizes for key, sizes in sizes_by_place(plan).items() if sizes}
    figure = Figure(figsize=(10.0, 3.1), layout="constrained", facecolor="none")
    for place, ((kind, name), sizes) in enumerate(several.items()):
        axes = figure.add_subplot(1, len(several), place + 1, facecolor="none")
        style.quiet(axes)
        same = max(sizes) - min(sizes) < 1e-3 * max(sizes)
        edges = np.array([0.0, 2.0 * max(sizes)]) if same else np.linspace(0.0, max(sizes), BINS + 1)
        counts, edges = np.histogram(sizes, bins=edges)
        width = 0.2 if same else 0.9
        axes.bar(
            (edges[:-1] + edges[1:]) / 2.0, counts, width=width * np.diff(edges), color=COLOUR_OF_KIND.get(kind, style.MUTED)
        )
        axes.set_xlim(edges[0], edges[-1])
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_title(f"{KINDS.get(kind, kind)}: {len(sizes)} places", color=style.INK, fontsize=10.5, loc="left")
        axes.set_xlabel(f"new, {UNITS.get(name, name)} at a place", loc="left")
        axes.set_ylabel("places" if not place else "")
    return figure
