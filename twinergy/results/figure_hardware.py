# SPDX-License-Identifier: Apache-2.0
"""Figures of real devices: what they did beside what their twins computed, and how well time was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.drawing import style
from twinergy.results.hardware import CLOCK, GOOD, READINGS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from twinergy.results.reader import Run

MOST: Final = 6
"""Devices that are shown: those that moved most."""
COLOURS: Final = (style.BLUE, style.VERMILION, style.GREEN, style.PURPLE, style.ORANGE, style.TEAL)


def has_hardware(run: Run) -> bool:
    """Return whether a run recorded readings of real devices."""
    return run.has(READINGS, "reading") and run.has(CLOCK, "lateness_s")


def twins(run: Run) -> Figure:
    """Draw the power of real devices, and dashed what their twins computed."""
    frame = run.frame(READINGS, None, ["reading", "twin_reading", "quality"])
    names = [name for name in frame["device"].cat.categories if name.endswith("p_kw") or "_p_kw" in name.rpartition(".")[2]]
    shown = sorted(names, key=lambda name: _moved(frame, name), reverse=True)[:MOST]
    figure, axes = style.new_figure((10.0, 4.2))
    for name, colour in zip(sorted(shown), COLOURS, strict=False):
        one = frame[frame["device"] == name]
        local = one["time"].dt.tz_convert(run.timezone)
        said = one["reading"].where(one["quality"] <= GOOD)
        axes.step(local, said, where="post", color=colour, lw=1.4, label=name.rpartition(".")[0])
        axes.step(local, one["twin_reading"], where="post", color=colour, lw=1.0, ls=(0, (4, 3)))
    axes.plot([], [], color=style.MUTED, lw=1.0, ls=(0, (4, 3)), label="its twin")
    axes.axhline(0.0, color=style.MUTED, lw=0.8)
    axes.set_ylabel("kW, drawn from the grid")
    times = frame["time"].dt.tz_convert(run.timezone)
    style.time_axis(axes, run.timezone, times.min(), times.max())
    style.legend(axes, columns=3)
    return figure


def _moved(frame: pd.DataFrame, name: str) -> float:
    readings = frame.loc[frame["device"] == name, "reading"]
    return float(readings.max() - readings.min()) if readings.notna().any() else -1.0


def timing(run: Run) -> Figure:
    """Draw how late steps began, and how old readings were, as shares of steps."""
    late = run.frame(CLOCK, None, ["lateness_s"])["lateness_s"].to_numpy(dtype=float)[1:]
    frame = run.frame(READINGS, None, ["age_s", "quality"])
    ages = frame.loc[frame["quality"] <= GOOD, "age_s"].to_numpy(dtype=float)
    figure, axes = style.new_figure()
    _curve(axes, late, style.BLUE, "steps that began at most so late")
    _curve(axes, ages, style.VERMILION, "good readings at most so old")
    axes.set_xscale("log")
    axes.set_ylim(0.0, 1.02)
    axes.set_yticks([0.0, 0.5, 0.99], ["0", "50 %", "99 %"])
    axes.set_xlabel("milliseconds", loc="left")
    style.legend(axes)
    return figure


def _curve(axes: Axes, values_s: np.ndarray, colour: str, label: str) -> None:
    known = np.sort(np.maximum(values_s[np.isfinite(values_s)], 1e-5)) * 1e3
    if known.size:
        axes.step(known, np.arange(1, known.size + 1) / known.size, where="post", color=colour, lw=1.4, label=label)
