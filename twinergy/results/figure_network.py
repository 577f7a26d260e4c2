# SPDX-License-Identifier: Apache-2.0
"""A map of the network in its worst hour: buses coloured by voltage, lines by loading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinergy.drawing import style
from twinergy.drawing.network import VOLTAGE_SPAN_PU, maps

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from twinergy.results.reader import Run

MEAN_VOLTAGE: Final = "vm_pu"
PHASE_VOLTAGES: Final = ("vm_a_pu", "vm_b_pu", "vm_c_pu")
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
    figure = maps(topology, worst.device, voltages, loading)
    local = worst.time.tz_convert(run.timezone)
    when = f"{local:%A}, {local.day} {local:%B %Y, %H:%M} local time"
    figure.suptitle(f"{when}: {worst.reason}", x=0.01, ha="left", color=style.INK, fontsize=11)
    return figure


def _at(run: Run, table: str, port: str, time: pd.Timestamp) -> dict[str, float]:
    if not run.has(table, port):
        return {}
    import pandas as pd  # noqa: PLC0415 - kept out of the start of `twinergy --help`

    frame = run.frame(table, ports=[port], start=time, end=time + pd.Timedelta(milliseconds=1))
    return dict(zip(frame["device"].astype(str), frame[port].astype(float), strict=True))
