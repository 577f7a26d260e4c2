# SPDX-License-Identifier: Apache-2.0
"""Key figures of several runs side by side: of one community with differences, of several communities per home."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from twinergy.results.currency import EURO, Currency, common_currency
from twinergy.results.kpi_table import DEFINITIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from twinergy.results.kpi_table import KpiDefinition
    from twinergy.results.reader import Run

DAYS_PER_YEAR: Final = 365.0


def compare(runs: Sequence[Run]) -> pd.DataFrame:
    """Return the key figures of runs beside each other, with differences to the first, in euro as they are stored.

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

    found = _values(runs)
    known = [name for name in DEFINITIONS if any(name in values for values in found)]
    columns: dict[str, list[str] | list[float]] = {
        "title": [DEFINITIONS[name].title for name in known],
        "unit": [DEFINITIONS[name].unit for name in known],
    }
    reference = [found[0].get(name, math.nan) for name in known]
    for position, (label, values) in enumerate(zip(labels(runs), found, strict=True)):
        own = [values.get(name, math.nan) for name in known]
        columns[label] = own
        if position:
            difference = [value - first for value, first in zip(own, reference, strict=True)]
            columns[f"{label} difference"] = difference
            columns[f"{label} change"] = [_change(delta, first) for delta, first in zip(difference, reference, strict=True)]
    return pd.DataFrame(columns, index=pd.Index(known, name="kpi"))


def compare_texts(runs: Sequence[Run], *, everything: bool = False) -> tuple[list[str], list[list[str]]]:
    """Return a comparison as people read it: heads and rows of texts, money in the currency all sites share, else in euro.

    Parameters
    ----------
    runs : sequence of Run
        At least one; the first is the reference.
    everything : bool
        Whether to keep figures that do not differ.

    Raises
    ------
    ValueError
        If there is no run.
    UnreadableError
        If a run has no key figures.
    """
    frame, names, currency = compare(runs), labels(runs), shown_currency(runs)
    heads = ["", names[0], *(head for name in names[1:] for head in (name, "difference", ""))]
    rows = []
    for name, row in zip(frame.index, frame.to_dict("records"), strict=True):
        definition = DEFINITIONS[str(name)]
        cells = [definition.title, definition.text(row[names[0]], currency)]
        for other in names[1:]:
            difference, change = row[f"{other} difference"], row[f"{other} change"]
            sign = "+" if difference > 0.0 else ""
            share = "" if math.isnan(change) else f"{100.0 * change:+.1f} %"
            cells += [definition.text(row[other], currency), sign + definition.text(difference, currency), share]
        if everything or any(row[f"{other} difference"] != 0.0 for other in names[1:]):
            rows.append(cells)
    return heads, rows


def shown_currency(runs: Sequence[Run]) -> Currency:
    """Return the currency a comparison is shown in: that of the sites if all have the same, else euro."""
    return common_currency([run.currency for run in runs]) if runs else EURO


def per_home(runs: Sequence[Run], *, per_year: bool = False, currency: Currency | None = None) -> pd.DataFrame:
    """Return the key figures of several communities side by side, sums divided by their dwellings.

    Sums (kWh, EUR, kg, km) and peaks of the whole community become per home; everything else stays as it is.

    Parameters
    ----------
    runs : sequence of Run
        At least one, each with dwellings.
    per_year : bool
        Whether to scale what grows with time to 365 days, so that runs of different length can be compared; fifty-two times a
        week in July is no year.
    currency : Currency, optional
        Money of the result; that of the sites if all have the same, else euro.

    Returns
    -------
    pandas.DataFrame
        One row per key figure (index: name; the first rows are ``homes`` and ``days``) with ``title``, ``unit`` and one column
        per run. A figure a run does not have is NaN.

    Raises
    ------
    ValueError
        If there is no run, or one without dwellings.
    UnreadableError
        If a run has no key figures.
    """
    import pandas as pd  # noqa: PLC0415

    found = _values(runs)
    homeless = [run.name for run in runs if not run.homes]
    if homeless:
        message = f"run {homeless[0]} has no dwellings, so nothing can be given per home; leave it out or use compare"
        raise ValueError(message)
    money = shown_currency(runs) if currency is None else currency
    known = [definition for name, definition in DEFINITIONS.items() if any(name in values for values in found)]
    columns: dict[str, list[str] | list[float]] = {
        "title": ["Homes", "Days simulated", *(definition.title for definition in known)],
        "unit": ["1", "d", *(_unit(definition, money, per_year=per_year) for definition in known)],
    }
    for label, run, values in zip(labels(runs), runs, found, strict=True):
        scales = [_scale(definition, run, per_year=per_year) for definition in known]
        own = [money.shown(values.get(each.name, math.nan), each.unit)[0] for each in known]
        columns[label] = [float(run.homes), run.days, *(value * scale for value, scale in zip(own, scales, strict=True))]
    index = pd.Index(["homes", "days", *(definition.name for definition in known)], name="kpi")
    return pd.DataFrame(columns, index=index)


def by_month(runs: Sequence[Run], column: str) -> pd.DataFrame:
    """Return one column of the tables of months of several runs: a row per month, a column per run, NaN where one has none.

    Parameters
    ----------
    runs : sequence of Run
        At least one.
    column : str
        Column of `Run.months`, such as ``pv_yield_kwh_per_kwp``.
    """
    import pandas as pd  # noqa: PLC0415

    series = {}
    for label, run in zip(labels(runs), runs, strict=True):
        months = run.months
        if column in months:
            series[label] = months.set_index("month")[column]
    return pd.DataFrame(series, columns=pd.Index(labels(runs))).sort_index()


def labels(runs: Sequence[Run]) -> list[str]:
    """Return the names of runs, numbered where one occurs twice."""
    names = [run.name for run in runs]
    return [name if names.count(name) == 1 else f"{name} ({position + 1})" for position, name in enumerate(names)]


def _values(runs: Sequence[Run]) -> list[dict[str, float]]:
    if not runs:
        message = "nothing to compare: give at least one run"
        raise ValueError(message)
    return [{name: figure.value for name, figure in run.kpis.items()} for run in runs]


_PEAKS: Final = frozenset({"peak_import_kw", "peak_export_kw"})


def _unit(definition: KpiDefinition, currency: Currency, *, per_year: bool) -> str:
    unit = currency.shown(0.0, definition.unit)[1]
    per = (["home"] if _is_shared(definition) else []) + (["year"] if per_year and definition.grows else [])
    return f"{unit} per {' and '.join(per)}" if per else unit


def _scale(definition: KpiDefinition, run: Run, *, per_year: bool) -> float:
    share = 1.0 / run.homes if _is_shared(definition) else 1.0
    return share * DAYS_PER_YEAR / run.days if per_year and definition.grows and run.days else share


def _is_shared(definition: KpiDefinition) -> bool:
    return definition.is_total or definition.name in _PEAKS


def _change(difference: float, reference: float) -> float:
    return difference / abs(reference) if reference else math.nan
