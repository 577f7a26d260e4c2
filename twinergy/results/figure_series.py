# SPDX-License-Identifier: Apache-2.0
"""Figures over time: energy balance, load duration, voltage, mean day, state of charge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.drawing import style
from twinergy.results.series import exchange_kw, flows, hours, is_long, ranges, state_of_charge_table
from twinergy.results.voltage import ALWAYS_PU, NORMAL_PU

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from twinergy.results.reader import Run
    from twinergy.results.series import Flows


MOST_POINTS: Final = 1000
"""More points of a sorted curve cannot be told apart, and make the file large."""


def energy_balance(run: Run) -> Figure:
    """Draw what covers the load (upwards) and where the rest goes (downwards)."""
    data = flows(run)
    figure, axes = style.new_figure((10.0, 4.2))
    frame = _closed(data.frame, 24.0 if data.daily else hours(run))
    up = _stack(data, ("discharge", "import"))
    down = _stack(data, ("charge", "export"), generation=False)
    axes.stackplot(frame.index, *(frame[name] for name in up), colors=_colours(up), labels=_labels(up), step="post", lw=0.0)
    axes.stackplot(
        frame.index, *(-frame[name] for name in down), colors=_colours(down), labels=_labels(down), step="post", lw=0.0
    )
    axes.step(frame.index, frame["load"], where="post", color=style.INK, lw=1.3, label="consumption")
    axes.axhline(0.0, color=style.MUTED, lw=0.8)
    axes.set_ylabel(data.unit)
    style.time_axis(axes, run.timezone, frame.index[0], frame.index[-1])
    style.legend(axes)
    return figure


def load_duration(run: Run) -> Figure:
    """Draw the exchange with the grid above, sorted from the highest import to the highest export."""
    power = np.sort(exchange_kw(run).to_numpy())[::-1]
    shown = np.unique(np.linspace(0, len(power) - 1, min(len(power), MOST_POINTS)).round().astype(int))
    time_h = np.append(shown, len(power)) * hours(run)
    steps = np.append(power[shown], power[-1:])
    figure, axes = style.new_figure()
    for part, colour, label in ((np.maximum(steps, 0.0), style.BLUE, "import"), (np.minimum(steps, 0.0), style.SKY, "export")):
        axes.fill_between(time_h, part, step="post", color=colour, lw=0.0, label=label)
    axes.axhline(0.0, color=style.MUTED, lw=0.8)
    _note(axes, time_h[0], power[0], "left")
    _note(axes, time_h[-1], power[-1], "right")
    axes.set_xlim(0.0, time_h[-1])
    axes.margins(y=0.12)
    axes.set_xlabel("hours with at least this power", loc="left")
    axes.set_ylabel("exchange at the transformer, kW" if run.has("grid", "p_exchange_kw") else "exchange of all connections, kW")
    style.legend(axes)
    return figure


def voltage_band(run: Run) -> Figure:
    """Draw lowest, mean and highest voltage of all buses over time, with the limits of EN 50160."""
    frame = _closed(ranges(run, "bus", "vm_pu"), 24.0 if is_long(run) else hours(run))
    figure, axes = style.new_figure()
    axes.fill_between(frame.index, frame["low"], frame["high"], step="post", color=style.SKY, lw=0.0, label="all buses")
    axes.step(frame.index, frame["mean"], where="post", color=style.BLUE, lw=1.3, label="mean")
    for limit, label in ((NORMAL_PU[0], "±10 % for 95 % of a week"), (NORMAL_PU[1], "")):
        axes.axhline(limit, color=style.VERMILION, lw=1.1, ls=(0, (5, 3)), label=label or None)
    axes.set_ylim(*_voltage_limits(float(frame["low"].min()), float(frame["high"].max())))
    if axes.get_ylim()[0] < ALWAYS_PU[0]:
        axes.axhline(ALWAYS_PU[0], color=style.VERMILION, lw=1.1, label="−15 % always")
    axes.set_ylabel("voltage / nominal")
    style.time_axis(axes, run.timezone, frame.index[0], frame.index[-1])
    style.legend(axes)
    return figure


def mean_day(run: Run) -> Figure:
    """Draw the mean of all days by local time of day."""
    data = flows(run, by_day=False)
    index = data.frame.index
    minutes = index.hour * 60 + index.minute  # type: ignore[attr-defined]
    day = data.frame.groupby(minutes).mean()
    day.loc[24 * 60] = day.iloc[-1]
    figure, axes = style.new_figure()
    hour = day.index.to_numpy() / 60.0
    names = [f"from {kind}" for kind in data.sources]
    if names:
        axes.fill_between(hour, day[names].sum(axis=1), step="post", color=style.ORANGE, alpha=0.85, lw=0.0, label="generation")
    if "charge" in day:
        axes.step(hour, day["charge"] - day["discharge"], where="post", color=style.GREEN, lw=1.8, label="storage (charging up)")
    axes.step(hour, day["import"] - day["export"], where="post", color=style.BLUE, lw=1.8, label="exchange (import up)")
    axes.step(hour, day["load"], where="post", color=style.INK, lw=1.8, label="consumption")
    axes.axhline(0.0, color=style.MUTED, lw=0.8)
    axes.set_xlim(0.0, 24.0)
    axes.set_xticks(range(0, 25, 3), [f"{tick:02d}:00" for tick in range(0, 25, 3)])
    axes.set_xlabel(f"local time of day ({run.timezone})", loc="left")
    axes.set_ylabel("mean power, kW")
    style.legend(axes)
    return figure


def storage(run: Run) -> Figure:
    """Draw the state of charge of all storages over time: middle 80 % and mean."""
    table = state_of_charge_table(run)
    frame = ranges(run, table, "soc", low="quantile_cont({0}, 0.1)", high="quantile_cont({0}, 0.9)") * 100.0
    figure, axes = style.new_figure()
    axes.fill_between(frame.index, frame["low"], frame["high"], color=style.MINT, lw=0.0, label=f"middle 80 % ({table})")
    axes.plot(frame.index, frame["mean"], color=style.GREEN, lw=1.5, label="mean")
    axes.set_ylim(0.0, 100.0)
    axes.set_ylabel("state of charge, %")
    style.time_axis(axes, run.timezone, frame.index[0], frame.index[-1])
    style.legend(axes)
    return figure


def _stack(data: Flows, names: tuple[str, ...], *, generation: bool = True) -> list[str]:
    own = [f"from {kind}" for kind in data.sources] if generation else []
    return own + [name for name in names if name in data.frame]


_COLOUR: Final = {
    "from pv": style.ORANGE,
    "from wind": style.TEAL,
    "from chp": style.PURPLE,
    "discharge": style.GREEN,
    "import": style.BLUE,
    "charge": style.MINT,
    "export": style.SKY,
}
_LABEL: Final = {"from pv": "PV", "from chp": "CHP", "discharge": "storage discharges", "charge": "storage charges"}


def _colours(names: list[str]) -> list[str]:
    unknown = [name for name in names if name not in _COLOUR]
    return [_COLOUR.get(name) or style.GENERATION[unknown.index(name) % len(style.GENERATION)] for name in names]


def _labels(names: list[str]) -> list[str]:
    return [_LABEL.get(name, name.removeprefix("from ").replace("_", " ")) for name in names]


def _closed(frame: pd.DataFrame, step_h: float) -> pd.DataFrame:
    """Repeat the last row at its end, so that the last step has a width."""
    import pandas as pd  # noqa: PLC0415 - kept out of the start of `twinergy --help`

    last = frame.iloc[[-1]].copy()
    last.index = last.index + pd.Timedelta(hours=step_h)
    return pd.concat([frame, last])


def _note(axes: Axes, x: float, y: float, side: str) -> None:
    text = f" {y:,.1f} kW ".replace("-", "−")
    axes.annotate(
        text, (x, y), color=style.INK, ha=side, va="bottom" if y >= 0.0 else "top", xytext=(0, 2), textcoords="offset points"
    )


def _voltage_limits(low: float, high: float) -> tuple[float, float]:
    return min(NORMAL_PU[0] - 0.01, low - 0.01), max(NORMAL_PU[1] + 0.01, high + 0.01)
