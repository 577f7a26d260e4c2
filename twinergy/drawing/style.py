# SPDX-License-Identifier: Apache-2.0
"""How figures look: colours that colour-blind readers can tell apart, quiet axes, local time, light and dark paper."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK: Final = "#1f2a33"
MUTED: Final = "#66737d"
RULE: Final = "#dfe4e8"
PAPER: Final = "#fefefe"
THEMED: Final = {INK: "ink", MUTED: "muted", RULE: "rule", PAPER: "paper"}
"""Colours a report replaces by variables of its style sheet, so that a figure follows light and dark."""

# Okabe and Ito, "Color Universal Design" (2008), vermilion and sky blue a little softer.
ORANGE: Final = "#e69f00"
BLUE: Final = "#0072b2"
SKY: Final = "#7cc0ea"
GREEN: Final = "#009e73"
MINT: Final = "#7fcfb7"
VERMILION: Final = "#d55e00"
PURPLE: Final = "#cc79a7"
TEAL: Final = "#56b4a4"
GENERATION: Final = ("#f0c75e", "#b98f3c", "#9a8478")
"""Plants without a colour of their own."""

WIDE: Final = (10.0, 3.7)
_TENTHS: Final = re.compile(r"(\d\.\d)\d+")  # of a pixel: fine enough for a path, and half the size
_TEXT: Final[Any] = {"svg.fonttype": "none", "font.family": "sans-serif", "font.size": 10.0, "path.simplify_threshold": 0.2}


def new_figure(size: tuple[float, float] = WIDE) -> tuple[Figure, Axes]:
    """Return a figure of its own, without pyplot, and its axes.

    Parameters
    ----------
    size : tuple of float
        Width and height in inches.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - kept out of the start of `twinergy --help`

    figure = Figure(figsize=size, layout="constrained", facecolor="none")
    axes = figure.add_subplot(facecolor="none")
    quiet(axes)
    return figure, axes


def quiet(axes: Axes) -> None:
    """Take away what distracts: frame, ticks, dark grid lines."""
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(MUTED)
    axes.tick_params(colors=MUTED, labelcolor=MUTED, length=0)
    axes.grid(axis="y", color=RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.yaxis.label.set_color(MUTED)
    axes.xaxis.label.set_color(MUTED)


def time_axis(axes: Axes, timezone: str, start: Any, end: Any) -> None:
    """Label the horizontal axis with local time."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter  # noqa: PLC0415

    zone = ZoneInfo(timezone)
    locator = AutoDateLocator(tz=zone, minticks=4, maxticks=12)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=zone))  # type: ignore[no-untyped-call]
    axes.xaxis.get_offset_text().set_color(MUTED)
    axes.set_xlim(start, end)
    axes.set_xlabel(f"local time ({timezone})", loc="left")


def legend(axes: Axes, columns: int = 8, **options: Any) -> None:
    """Put the legend above the axes, in one row, without a frame."""
    place: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0.0, 1.0), "borderaxespad": 0.2}
    axes.legend(ncols=columns, frameon=False, labelcolor=INK, handlelength=1.1, columnspacing=1.4, **(place | options))


def drawn(figure: Figure, name: str) -> str:
    """Return a figure as the text of an SVG file; drawing it is what takes the time.

    Parameters
    ----------
    figure : Figure
        The figure.
    name : str
        What its ids are made from: the same figure and name give the same text.
    """
    import matplotlib as mpl  # noqa: PLC0415

    buffer = io.StringIO()
    with mpl.rc_context({**_TEXT, "svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def inline(text: str, name: str) -> str:
    """Return a drawn figure to be put into HTML: ids of its own, colours of the page, no fixed size.

    Parameters
    ----------
    text : str
        SVG file as `drawn` returns it.
    name : str
        Prefix of its ids; unique on the page.
    """
    head, body = text[text.index("<svg") :].split(">", 1)
    body = re.sub(r' d="[^"]*"', lambda path: _TENTHS.sub(r"\1", path.group()), body)
    body = re.sub(r'\b(id="|xlink:href="#|url\(#)', rf"\g<1>{name}-", body)
    for colour, variable in THEMED.items():
        body = body.replace(colour, f"var(--{variable}, {colour})")
    return re.sub(r' (width|height)="[^"]*"', "", head) + ">" + body


def on_paper(text: str) -> str:
    """Return a drawn figure on white paper."""
    return text.replace('style="fill: none"', 'style="fill: #ffffff"', 1)  # the first patch is the figure's ground
