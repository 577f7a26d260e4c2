# SPDX-License-Identifier: Apache-2.0
"""A map of a network: buses coloured by voltage, lines by loading."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from twinergy.drawing import style

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from twinergy.community.topology import GridTopology

VOLTAGE_SPAN_PU: Final = 0.10
LOADING_SPAN_PERCENT: Final = 100.0
_MANY_BUSES: Final = 100


def maps(
    topology: GridTopology, worst: str, voltages: Mapping[str, Mapping[str, float]], loading: Mapping[str, Mapping[str, float]]
) -> Figure:
    """Draw a network at one moment.

    Parameters
    ----------
    topology : GridTopology
        Where everything lies; must be drawable.
    worst : str
        Bus, line or transformer that gets a ring; empty for none.
    voltages : dict of str to dict of str to float
        Voltage by bus, a map for each; those of several phases are named after their ports, ``vm_a_pu``. [pu]
    loading : dict of str to dict of str to float
        Of each ``line`` and ``transformer``. [%]
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - kept out of the start of `twinergy --help`

    figure = Figure(figsize=(10.0, 5.6 if len(voltages) == 1 else 4.6), layout="constrained", facecolor="none")
    every = [value for voltage in voltages.values() for value in _known(list(voltage.values()))]
    span = max([VOLTAGE_SPAN_PU, *(abs(value - 1.0) for value in every)])
    every_map: list[Axes] = []
    drawn: tuple[Any, Any] = (None, None)
    for number, (port, voltage) in enumerate(voltages.items()):
        axes = figure.add_subplot(1, len(voltages), number + 1, facecolor="none")
        axes.set_axis_off()
        lines = _draw_lines(axes, topology, loading["line"])
        _draw_transformers(axes, topology, loading["transformer"], named=len(voltages) == 1)
        drawn = (lines, _draw_buses(axes, topology, voltage, span, 70.0 / len(voltages)))
        _draw_ring(axes, topology, worst)
        axes.set_aspect("equal", adjustable="datalim")
        axes.margins(0.04)
        if len(voltages) > 1:
            axes.set_title(_phase_title(port, voltage), color=style.MUTED, fontsize=9.5)
        every_map.append(axes)
    for part, label in zip(drawn, ("loading of lines, %", "voltage / nominal"), strict=True):
        _colour_bar(figure, every_map, part, label)
    return figure


def _phase_title(port: str, voltage: Mapping[str, float]) -> str:
    known = _known(list(voltage.values()))
    return f"phase {port[3]}: {min(known):.3f} to {max(known):.3f}" if known else f"phase {port[3]}"


def _draw_lines(axes: Axes, topology: GridTopology, loading: Mapping[str, float]) -> Any:
    from matplotlib.collections import LineCollection  # noqa: PLC0415

    segments = [[topology.buses[one], topology.buses[other]] for one, other in topology.lines.values()]
    values = [loading.get(name, float("nan")) for name in topology.lines]
    top = max([LOADING_SPAN_PERCENT, *_known(values)])
    widths = [1.8 + 3.2 * min(1.0, value / LOADING_SPAN_PERCENT) if math.isfinite(value) else 1.0 for value in values]
    lines = LineCollection(segments, array=values, cmap=_loading_colours(), linewidths=widths, capstyle="round", zorder=1)
    lines.set_clim(0.0, top)
    axes.add_collection(lines)
    return lines


def _draw_transformers(axes: Axes, topology: GridTopology, loading: Mapping[str, float], *, named: bool) -> None:
    for name, (high, low) in topology.transformers.items():
        (x0, y0), (x1, y1) = topology.buses[high], topology.buses[low]
        axes.plot([x0, x1], [y0, y1], color=style.MUTED, lw=1.4, ls=(0, (2, 2)), zorder=1)
        axes.plot([x1], [y1], marker="s", ms=13, mfc="none", mec=style.INK, mew=1.5, zorder=4)
        size = [f"{loading[name]:.0f} %"] if name in loading else []
        text = "\n".join([name, *size] if named else size)
        place: dict[str, Any] = {"xytext": (12, 10), "textcoords": "offset points", "va": "bottom"}
        back = {"facecolor": style.PAPER, "edgecolor": "none", "alpha": 0.75, "pad": 1.0}
        axes.annotate(text, (x1, y1), color=style.INK, fontsize=9, zorder=5, bbox=back, **place)


def _draw_ring(axes: Axes, topology: GridTopology, device: str) -> None:
    """Draw a ring around the element that was closest to its limit."""
    ends = topology.lines.get(device) or topology.transformers.get(device, [device])[-1:]
    places = [topology.buses[bus] for bus in ends if bus in topology.buses]
    if places:
        x, y = (sum(place[axis] for place in places) / len(places) for axis in (0, 1))
        axes.plot([x], [y], marker="o", ms=21, mfc="none", mec=style.VERMILION, mew=2.0, zorder=6)


def _draw_buses(axes: Axes, topology: GridTopology, voltage: Mapping[str, float], span: float, size: float) -> Any:
    x, y = zip(*topology.buses.values(), strict=True)
    values = [voltage.get(name, float("nan")) for name in topology.buses]
    size *= min(1.0, _MANY_BUSES / len(values))
    options: dict[str, Any] = {"vmin": 1.0 - span, "vmax": 1.0 + span, "edgecolors": style.INK, "linewidths": 0.7, "zorder": 3}
    return axes.scatter(x, y, c=values, s=size, cmap=_voltage_colours(), plotnonfinite=True, **options)


def _known(values: list[float]) -> list[float]:
    return [value for value in values if math.isfinite(value)]


def _colour_bar(figure: Figure, axes: list[Axes], drawn: Any, label: str) -> None:
    bar = figure.colorbar(drawn, ax=axes, shrink=0.62, pad=0.01, aspect=22)
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=style.MUTED, labelcolor=style.MUTED, length=0)
    bar.set_label(label, color=style.MUTED)


def _loading_colours() -> Any:
    from matplotlib.colors import LinearSegmentedColormap  # noqa: PLC0415

    return LinearSegmentedColormap.from_list("loading", ["#b9c4cc", "#e3b04b", style.VERMILION, "#8a1c00"])


def _voltage_colours() -> Any:
    from matplotlib.colors import LinearSegmentedColormap  # noqa: PLC0415

    colours: Any = LinearSegmentedColormap.from_list("voltage", ["#08306b", "#4a98c9", "#f7f7f7", "#c877b5", "#6b1566"])
    return colours.with_extremes(bad="#888888")
