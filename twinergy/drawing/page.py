# SPDX-License-Identifier: Apache-2.0
"""The page that reports stand on: one style sheet, inside the file, light and dark, for phones and for paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


def environment(package: str) -> Environment:
    """Return where templates of a package are found, which may include ``page.css``; every text they show is escaped.

    Parameters
    ----------
    package : str
        Package with a folder ``templates``.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - kept out of the start of `twinergy --help`

    loader = ChoiceLoader([PackageLoader(package), PackageLoader("twinergy.drawing")])
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
