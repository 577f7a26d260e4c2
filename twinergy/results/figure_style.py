# SPDX-License-Identifier: Apache-2.0
"""Figures of a run into pages and files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinergy.drawing import style
from twinergy.results.folder import write_text

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure


def svg(figure: Figure, name: str, paper: Path | None = None) -> str:
    """Return a figure as SVG to be put into HTML: ids of its own, colours of the page, no fixed size.

    Parameters
    ----------
    figure : Figure
        The figure.
    name : str
        Prefix of its ids; unique on the page.
    paper : pathlib.Path, optional
        Where to save it on white paper as well; drawing it is what takes the time, and it is drawn once.
    """
    text = style.drawn(figure, name)
    if paper is not None:
        write_text(paper, style.on_paper(text))
    return style.inline(text, name)


def save(figure: Figure, path: Path) -> None:
    """Save a figure as SVG on white paper."""
    write_text(path, style.on_paper(style.drawn(figure, path.stem)))
