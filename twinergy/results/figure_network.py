# SPDX-License-Identifier: Apache-2.0
"""A map of the network in its worst hour: buses coloured by voltage, lines by loading."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from twinergy.results import figure_style as style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from twinergy.community.topology import GridTopology
    from twinergy.results.reader import Run

VOLTAGE_SPAN_PU: Final = 0.10
LOADING_SPAN_PERCENT: Final = 100.0
_MANY_BUSES: Final = 100


@dataclass(frozen=True, slots=True)
class WorstHour:
    """The step in which the network was closest to a limit.

    Attributes
    ----------
    time : pandas.Timestamp
        Start of the step, UTC.
    stress : float
        1 at a limit: deviation of voltage over 10 %, or loading over 100 %. [-]
    device : str
        The bus, line or transformer.
    reason : str
        Which of the two it was, for people.
    """

    time: pd.Timestamp
    stress: float
    device: str
    reason: str


def worst_hour(run: Run) -> WorstHour | None:
    """Return the step with the largest deviation or loading of all buses, lines and transformers; None without a result."""
    loading = " UNION ALL ".join(
        f"SELECT time, device, loading_percent / 100 AS stress, loading_percent AS value, '{table}' AS what "  # noqa: S608 - own names
        f"FROM {table} WHERE NOT isnan(loading_percent)"
        for table in ("line", "transformer")
        if run.has(table, "loading_percent")
    )
    voltage = (
        f"SELECT time, device, abs(vm_pu - 1) / {VOLTAGE_SPAN_PU} AS stress, vm_pu AS value, 'bus' AS what "  # noqa: S608
        "FROM bus WHERE NOT isnan(vm_pu)"
    )
    both = f"{voltage} UNION ALL {loading}" if loading else voltage
    found = run.sql(f"SELECT * FROM ({both}) ORDER BY stress DESC, time, device LIMIT 1")  # noqa: S608 - own names
    if found.empty:
        return None
    row = found.iloc[0]
    reason = f"{row['device']} at {row['value']:.3f} of its nominal voltage"
    if row["what"] != "bus":
        reason = f"{row['device']} at {row['value']:.0f} % of its rating"
    return WorstHour(row["time"], float(row["stress"]), str(row["device"]), reason)


def network(run: Run) -> Figure:
    """Draw the network in its worst hour.

    Raises
    ------
    UnreadableError
        If the run has no grid.
    """
    figure, axes = style.new_figure((10.0, 5.6))
    axes.set_axis_off()
    topology, worst = run.topology, worst_hour(run)
    if topology is None or worst is None:
        axes.text(0.5, 0.5, "no power flow result", ha="center", color=style.MUTED, transform=axes.transAxes)
        return figure
    _draw_lines(figure, axes, topology, _at(run, "line", "loading_percent", worst.time))
    _draw_transformers(axes, topology, _at(run, "transformer", "loading_percent", worst.time))
    _draw_buses(figure, axes, topology, _at(run, "bus", "vm_pu", worst.time))
    _draw_ring(axes, topology, worst.device)
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.04)
    local = worst.time.tz_convert(run.timezone)
    axes.set_title(
        f"{local:%A}, {local.day} {local:%B %Y, %H:%M} local time: {worst.reason}", loc="left", color=style.INK, fontsize=11
    )
    return figure


def _at(run: Run, table: str, port: str, time: pd.Timestamp) -> dict[str, float]:
    if not run.has(table, port):
        return {}
    import pandas as pd  # noqa: PLC0415 - kept out of the start of `twinergy --help`

    frame = run.frame(table, ports=[port], start=time, end=time + pd.Timedelta(milliseconds=1))
    return dict(zip(frame["device"].astype(str), frame[port].astype(float), strict=True))


def _draw_lines(figure: Figure, axes: Axes, topology: GridTopology, loading: dict[str, float]) -> None:
    from matplotlib.collections import LineCollection  # noqa: PLC0415

    segments = [[topology.buses[one], topology.buses[other]] for one, other in topology.lines.values()]
    values = [loading.get(name, float("nan")) for name in topology.lines]
    top = max([LOADING_SPAN_PERCENT, *_known(values)])
    widths = [1.8 + 3.2 * min(1.0, value / LOADING_SPAN_PERCENT) if math.isfinite(value) else 1.0 for value in values]
    lines = LineCollection(segments, array=values, cmap=_loading_colours(), linewidths=widths, capstyle="round", zorder=1)
    lines.set_clim(0.0, top)
    axes.add_collection(lines)
    _colour_bar(figure, axes, lines, "loading of lines, %")


def _draw_transformers(axes: Axes, topology: GridTopology, loading: dict[str, float]) -> None:
    for name, (high, low) in topology.transformers.items():
        (x0, y0), (x1, y1) = topology.buses[high], topology.buses[low]
        axes.plot([x0, x1], [y0, y1], color=style.MUTED, lw=1.4, ls=(0, (2, 2)), zorder=1)
        axes.plot([x1], [y1], marker="s", ms=13, mfc="none", mec=style.INK, mew=1.5, zorder=4)
        text = f"{name}\n{loading[name]:.0f} %" if name in loading else name
        place: dict[str, Any] = {"xytext": (12, 10), "textcoords": "offset points", "va": "bottom"}
        back = {"facecolor": style.PAPER, "edgecolor": "none", "alpha": 0.5, "pad": 1.0}
        axes.annotate(text, (x1, y1), color=style.INK, fontsize=9, zorder=5, bbox=back, **place)


def _draw_ring(axes: Axes, topology: GridTopology, device: str) -> None:
    """Draw a ring around the element that was closest to its limit."""
    ends = topology.lines.get(device) or topology.transformers.get(device, [device])[-1:]
    places = [topology.buses[bus] for bus in ends if bus in topology.buses]
    if places:
        x, y = (sum(place[axis] for place in places) / len(places) for axis in (0, 1))
        axes.plot([x], [y], marker="o", ms=21, mfc="none", mec=style.VERMILION, mew=2.0, zorder=6)


def _draw_buses(figure: Figure, axes: Axes, topology: GridTopology, voltage: dict[str, float]) -> None:
    x, y = zip(*topology.buses.values(), strict=True)
    values = [voltage.get(name, float("nan")) for name in topology.buses]
    span = max([VOLTAGE_SPAN_PU, *(abs(value - 1.0) for value in _known(values))])
    size = 70.0 if len(values) <= _MANY_BUSES else 70.0 * _MANY_BUSES / len(values)
    options: dict[str, Any] = {"vmin": 1.0 - span, "vmax": 1.0 + span, "edgecolors": style.INK, "linewidths": 0.7, "zorder": 3}
    buses = axes.scatter(x, y, c=values, s=size, cmap=_voltage_colours(), plotnonfinite=True, **options)
    _colour_bar(figure, axes, buses, "voltage / nominal")


def _known(values: list[float]) -> list[float]:
    return [value for value in values if math.isfinite(value)]


def _colour_bar(figure: Figure, axes: Axes, drawn: Any, label: str) -> None:
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
