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
MEAN_VOLTAGE: Final = "vm_pu"
PHASE_VOLTAGES: Final = ("vm_a_pu", "vm_b_pu", "vm_c_pu")
_MANY_BUSES: Final = 100
_LOADED: Final = ("line", "transformer")


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
        for table in _LOADED
        if run.has(table, "loading_percent")
    )
    voltage = " UNION ALL ".join(
        f"SELECT time, device, abs({port} - 1) / {VOLTAGE_SPAN_PU} AS stress, {port} AS value, '{port}' AS what "  # noqa: S608
        f"FROM bus WHERE NOT isnan({port})"
        for port in voltage_ports(run)
    )
    both = f"{voltage} UNION ALL {loading}" if loading else voltage
    found = run.sql(f"SELECT * FROM ({both}) ORDER BY stress DESC, time, device LIMIT 1")  # noqa: S608 - own names
    if found.empty:
        return None
    row = found.iloc[0]
    what = str(row["what"])
    reason = f"{row['device']} at {row['value']:.3f} of its nominal voltage"
    if what in _LOADED:
        reason = f"{row['device']} at {row['value']:.0f} % of its rating"
    elif what != MEAN_VOLTAGE:
        reason += f" on phase {what[3]}"
    return WorstHour(row["time"], float(row["stress"]), str(row["device"]), reason)


def voltage_ports(run: Run) -> tuple[str, ...]:
    """Return the voltages a run has of each bus: of three phases, or one."""
    return PHASE_VOLTAGES if all(run.has("bus", port) for port in PHASE_VOLTAGES) else (MEAN_VOLTAGE,)


def network(run: Run) -> Figure:
    """Draw the network in its worst hour; one map per phase where the grid has voltages of three phases.

    Raises
    ------
    UnreadableError
        If the run has no grid.
    """
    topology, worst = run.topology, worst_hour(run)
    if topology is None or worst is None:
        figure, axes = style.new_figure((10.0, 5.6))
        axes.set_axis_off()
        axes.text(0.5, 0.5, "no power flow result", ha="center", color=style.MUTED, transform=axes.transAxes)
        return figure
    voltages = {port: _at(run, "bus", port, worst.time) for port in voltage_ports(run)}
    loading = {table: _at(run, table, "loading_percent", worst.time) for table in _LOADED}
    figure = _maps(topology, worst, voltages, loading)
    local = worst.time.tz_convert(run.timezone)
    when = f"{local:%A}, {local.day} {local:%B %Y, %H:%M} local time"
    figure.suptitle(f"{when}: {worst.reason}", x=0.01, ha="left", color=style.INK, fontsize=11)
    return figure


def _maps(
    topology: GridTopology, worst: WorstHour, voltages: dict[str, dict[str, float]], loading: dict[str, dict[str, float]]
) -> Figure:
    from matplotlib.figure import Figure  # noqa: PLC0415 - kept out of the start of `twinergy --help`

    figure = Figure(figsize=(10.0, 5.6 if len(voltages) == 1 else 4.6), layout="constrained", facecolor="none")
    every = [value for voltage in voltages.values() for value in _known(list(voltage.values()))]
    span = max([VOLTAGE_SPAN_PU, *(abs(value - 1.0) for value in every)])
    maps: list[Axes] = []
    drawn: tuple[Any, Any] = (None, None)
    for number, (port, voltage) in enumerate(voltages.items()):
        axes = figure.add_subplot(1, len(voltages), number + 1, facecolor="none")
        axes.set_axis_off()
        lines = _draw_lines(axes, topology, loading["line"])
        _draw_transformers(axes, topology, loading["transformer"], named=len(voltages) == 1)
        drawn = (lines, _draw_buses(axes, topology, voltage, span, 70.0 / len(voltages)))
        _draw_ring(axes, topology, worst.device)
        axes.set_aspect("equal", adjustable="datalim")
        axes.margins(0.04)
        if len(voltages) > 1:
            axes.set_title(_phase_title(port, voltage), color=style.MUTED, fontsize=9.5)
        maps.append(axes)
    for part, label in zip(drawn, ("loading of lines, %", "voltage / nominal"), strict=True):
        _colour_bar(figure, maps, part, label)
    return figure


def _phase_title(port: str, voltage: dict[str, float]) -> str:
    known = _known(list(voltage.values()))
    return f"phase {port[3]}: {min(known):.3f} to {max(known):.3f}" if known else f"phase {port[3]}"


def _at(run: Run, table: str, port: str, time: pd.Timestamp) -> dict[str, float]:
    if not run.has(table, port):
        return {}
    import pandas as pd  # noqa: PLC0415 - kept out of the start of `twinergy --help`

    frame = run.frame(table, ports=[port], start=time, end=time + pd.Timedelta(milliseconds=1))
    return dict(zip(frame["device"].astype(str), frame[port].astype(float), strict=True))


def _draw_lines(axes: Axes, topology: GridTopology, loading: dict[str, float]) -> Any:
    from matplotlib.collections import LineCollection  # noqa: PLC0415

    segments = [[topology.buses[one], topology.buses[other]] for one, other in topology.lines.values()]
    values = [loading.get(name, float("nan")) for name in topology.lines]
    top = max([LOADING_SPAN_PERCENT, *_known(values)])
    widths = [1.8 + 3.2 * min(1.0, value / LOADING_SPAN_PERCENT) if math.isfinite(value) else 1.0 for value in values]
    lines = LineCollection(segments, array=values, cmap=_loading_colours(), linewidths=widths, capstyle="round", zorder=1)
    lines.set_clim(0.0, top)
    axes.add_collection(lines)
    return lines


def _draw_transformers(axes: Axes, topology: GridTopology, loading: dict[str, float], *, named: bool) -> None:
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


def _draw_buses(axes: Axes, topology: GridTopology, voltage: dict[str, float], span: float, size: float) -> Any:
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
