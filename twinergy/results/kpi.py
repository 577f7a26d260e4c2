# SPDX-License-Identifier: Apache-2.0
"""Key figures: one value with its unit, where and when it occurred, and the table that defines them all.

``docs/kpis.md`` is generated from this table: ``python -m twinergy.results.kpi > docs/kpis.md``.
"""

from __future__ import annotations

import math
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from twinergy.errors import closest
from twinergy.results.currency import EURO, Currency
from twinergy.results.kpi_table import DEFINITIONS, GROUPS, KpiDefinition

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DEFINITIONS", "Kpi", "KpiDefinition", "kpi", "kpi_table_markdown", "kpis_from_document", "kpis_to_document"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """One key figure.

    Attributes
    ----------
    name : str
        Name, which also keys its definition.
    value : float
        Value in `unit`; NaN where it does not exist (a share of nothing).
    unit : str
        Unit; ``1`` for a fraction or a number.
    title : str
        Name for people.
    formula : str
        How it is computed.
    where : str
        Entity at which an extreme occurred, or empty.
    when : str
        Start of the step in which it occurred, ISO 8601 UTC, or empty.
    note : str
        What limits its meaning in this run, or empty.
    currency : Currency
        Money in which an amount is shown; the value stays in euro and the currency is not stored.
    """

    name: str
    value: float
    unit: str
    title: str
    formula: str
    where: str = ""
    when: str = ""
    note: str = ""
    currency: Currency = EURO

    @property
    def definition(self) -> KpiDefinition:
        """Its row in the table of definitions."""
        return DEFINITIONS[self.name]

    @property
    def clean(self) -> bool:
        """Whether it stays within the limit of its definition; True where there is none."""
        limit = self.definition.limit
        return limit is None or math.isnan(self.value) or self.value <= limit

    @property
    def text(self) -> str:
        """Value and unit as people write it, such as ``73.2 %`` or ``1,204 kWh``."""
        return self.definition.text(self.value, self.currency)

    @property
    def sentence(self) -> str:
        """What it says, in plain words; empty where the definition has none."""
        if math.isnan(self.value):
            return self.note
        return self.definition.sentence(self.value, self.where, self.currency)


def kpi(name: str, value: float, *, where: str = "", when: str = "", note: str = "") -> Kpi:
    """Return the key figure of this name with its unit, title and formula.

    Raises
    ------
    KeyError
        If the table has no such name; the message names the closest.
    """
    if name not in DEFINITIONS:
        message = f"no key figure {name!r}: {closest(name, DEFINITIONS)}"
        raise KeyError(message)
    known = DEFINITIONS[name]
    return Kpi(
        name=name,
        value=float(value),
        unit=known.unit,
        title=known.title,
        formula=known.formula,
        where=where,
        when=when,
        note=note,
    )


def kpis_to_document(kpis: Mapping[str, Kpi]) -> dict[str, dict[str, Any]]:
    """Return key figures as JSON objects; a value that is not finite becomes None."""
    documents = {name: asdict(figure) | {"value": finite(figure.value)} for name, figure in kpis.items()}
    for document in documents.values():
        del document["currency"]
    return documents


def kpis_from_document(document: Mapping[str, Any], currency: Currency = EURO) -> dict[str, Kpi]:
    """Return the key figures of a stored document, money shown in a currency; what this version does not define is left out."""
    stored = document.get("kpis", {})
    return {name: Kpi(**_numbered(fields), currency=currency) for name, fields in stored.items() if name in DEFINITIONS}


def _numbered(fields: Mapping[str, Any]) -> dict[str, Any]:
    return dict(fields) | {"value": math.nan if fields["value"] is None else float(fields["value"])}


def finite(value: float) -> float | None:
    """Return a number as JSON can hold it: None where it is not finite."""
    return float(value) if math.isfinite(value) else None


def kpi_table_markdown() -> str:
    """Return the reference page of all key figures, Markdown."""
    lines = [
        "# Key figures",
        "",
        "Every run writes them to `kpis.json`, rewritten after each week of simulated time, and shows them in `report.html`.",
        "Powers are in the load frame (positive draws from the grid), values at *t* are means over [t, t + Δt), sums run over",
        "all steps of the run. A step whose power flow did not converge has no voltages, loadings, losses or exchange: it is",
        "left out of those figures and counted in `non_converged_steps`. Figures whose tables a run does not have are absent.",
        "Money is stored in EUR and shown in the currency of the site. What has a source other than the laboratory names it.",
        "",
        "This page is generated from `twinergy/results/kpi_table.py`: `python -m twinergy.results.kpi > docs/kpis.md`.",
    ]
    for group in GROUPS:
        lines += ["", f"## {group}", "", "| name | unit | title | formula | source | clean if |", "|---|---|---|---|---|---|"]
        lines += [_row(known) for known in DEFINITIONS.values() if known.group == group]
    return "\n".join(lines) + "\n"


def _row(known: KpiDefinition) -> str:
    formula = known.formula.replace("|", "\\|")
    limit = "" if known.limit is None else f"≤ {known.limit:g} {known.unit}".removesuffix(" 1")
    return f"| `{known.name}` | {known.unit} | {known.title} | {formula} | {known.source} | {limit} |"


if __name__ == "__main__":
    sys.stdout.write(kpi_table_markdown())
