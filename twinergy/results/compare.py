# SPDX-License-Identifier: Apache-2.0
"""Key figures of several runs side by side."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from twinergy.results.kpi_table import DEFINITIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from twinergy.results.reader import Run


def compare(runs: Sequence[Run]) -> pd.DataFrame:
    """Return the key figures of runs beside each other, with differences to the first.

    Parameters
    ----------
    runs : sequence of Run
        At least one; the first is the reference.

    Returns
    -------
    pandas.DataFrame
        One row per key figure (index: name) with ``title``, ``unit`` and, per run, its value under the run's name, for every run
        but the first also ``<name> difference`` (in the unit) and ``<name> change`` (difference over the absolute value of the
        reference [-], NaN where that is 0). A figure a run does not have is NaN.

    Raises
    ------
    ValueError
        If there is no run.
    UnreadableError
        If a run has no key figures.
    """
    import pandas as pd  # noqa: PLC0415 - kept out of the start of `twinergy --help`

    if not runs:
        message = "nothing to compare: give at least one run"
        raise ValueError(message)
    found = [{name: figure.value for name, figure in run.kpis.items()} for run in runs]
    known = [name for name in DEFINITIONS if any(name in values for values in found)]
    columns: dict[str, list[str] | list[float]] = {
        "title": [DEFINITIONS[name].title for name in known],
        "unit": [DEFINITIONS[name].unit for name in known],
    }
    reference = [found[0].get(name, math.nan) for name in known]
    for position, (label, values) in enumerate(zip(_labels(runs), found, strict=True)):
        own = [values.get(name, math.nan) for name in known]
        columns[label] = own
        if position:
            difference = [value - first for value, first in zip(own, reference, strict=True)]
            columns[f"{label} difference"] = difference
            columns[f"{label} change"] = [_change(delta, first) for delta, first in zip(difference, reference, strict=True)]
    return pd.DataFrame(columns, index=pd.Index(known, name="kpi"))


def _labels(runs: Sequence[Run]) -> list[str]:
    """Return the names of runs, numbered where one occurs twice."""
    names = [run.name for run in runs]
    return [name if names.count(name) == 1 else f"{name} ({position + 1})" for position, name in enumerate(names)]


def _change(difference: float, reference: float) -> float:
    return difference / abs(reference) if reference else math.nan
