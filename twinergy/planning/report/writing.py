# SPDX-License-Identifier: Apache-2.0
"""Pages and pictures into files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from twinergy.drawing import page, style

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


FIGURES: Final = "figures"

PICTURE_DPI: Final = 130


def picture(figure: Any, name: str, folder: Path) -> dict[str, Any]:
    """Draw a figure for the page and into a file; the file takes the places that drawing for the page has found."""
    from markupsafe import Markup  # noqa: PLC0415 - kept out of the start of `twinergy --help`

    text = Markup(style.inline(style.drawn(figure, name), name))  # noqa: S704 - matplotlib escapes every text it draws
    figure.set_layout_engine("none")
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / f"{name}.png", dpi=PICTURE_DPI, facecolor="white")
    return {"name": name, "svg": text}


def written(path: Path, template: str, context: Mapping[str, Any]) -> Path:
    """Write a page from a template, whole or not at all, and return its path."""
    text = page.environment("twinergy.planning.report").get_template(template).render(**context)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.part")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
    return path
