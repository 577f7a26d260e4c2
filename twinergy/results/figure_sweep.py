# SPDX-License-Identifier: Apache-2.0
"""The figure of a sweep: key figures over the value that was varied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinergy.drawing import style
from twinergy.results.figure_style import save
from twinergy.results.kpi_table import DEFINITIONS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

SHOWN: Final = ("self_sufficiency", "self_consumption", "cost_eur", "peak_import_kw", "peak_export_kw", "losses_kwh")
SEED: Final = "seed"


def save_sweep(frame: pd.DataFrame, paths: Sequence[str], file: Path) -> None:
    """Save key figures over the swept value: a dot per case, a line through the means.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per case with a column per swept path and per key figure.
    paths : sequence of str
        Swept paths; the first number that varies and is no seed is the axis, others spread the dots.
    file : pathlib.Path
        SVG to write; nothing is written where nothing varies or no case has key figures.
    """
    import pandas as pd  # noqa: PLC0415 - kept out of the start of `twinergy --help`
    from matplotlib.figure import Figure  # noqa: PLC0415

    varying = [path for path in paths if frame[path].nunique() > 1 and pd.api.types.is_numeric_dtype(frame[path])]
    varying.sort(key=lambda path: path.rpartition(".")[2] == SEED)
    shown = [name for name in SHOWN if name in frame and frame[name].notna().any()]
    if not varying or not shown:
        return
    figure = Figure(figsize=(10.0, 5.6), layout="constrained")
    for place, name in enumerate(shown):
        definition = DEFINITIONS[name]
        scale, unit = (100.0, "%") if definition.style == "percent" else (1.0, definition.unit)
        axes = figure.add_subplot(2, 3, place + 1)
        style.quiet(axes)
        values = frame[name] * scale
        means = values.groupby(frame[varying[0]]).mean()
        axes.plot(frame[varying[0]], values, "o", color=style.INK, alpha=0.35, markersize=4.0)
        axes.plot(means.index, means, "-", color=style.BLUE)
        axes.set_title(f"{definition.title}, {unit}", fontsize=9, loc="left")
        axes.set_xlabel(varying[0], fontsize=8)
        axes.tick_params(labelsize=8)
    save(figure, file)
