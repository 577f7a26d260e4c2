# SPDX-License-Identifier: Apache-2.0
"""The page of a proof: planned beside simulated, and the reasons of the gap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from twinergy.planning.report import writing
from twinergy.planning.report.figures_money import figure_gap
from twinergy.planning.report.tables import Table
from twinergy.planning.report.words import number, percent, real

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from twinergy.planning.plan import Plan


PROOF: Final = "verification.html"

NAMES: Final = {
    "eur": "Cost of operation",
    "co2_kg": "Greenhouse gases",
    "self_sufficiency": "Own supply, of consumption",
    "self_consumption": "Own use, of generation",
    "generated_kwh": "Generated",
    "used_kwh": "Consumed",
    "drawn_kwh": "Drawn from the grid",
    "fed_in_kwh": "Fed into the grid",
    "peak_import_kw": "Highest draw",
    "peak_export_kw": "Highest feed-in",
    "vm_min_pu": "Lowest voltage",
    "vm_max_pu": "Highest voltage",
    "line_percent": "Highest loading of a line",
    "transformer_percent": "Highest loading of a transformer",
    "charged_kwh": "Charged into batteries",
    "discharged_kwh": "Discharged from batteries",
    "cycles": "Full cycles of batteries",
    "battery_losses_kwh": "Losses of batteries",
    "curtailed_kwh": "Curtailed",
    "heat_unserved_kwh": "Heat not served",
    "hot_water_unserved_kwh": "Hot water not served",
    "too_cold_kh": "Too cold at home",
    "diverged": "Steps without a power flow",
}
"""Figures of a proof by the names it has for them, for people."""

_WORDS: Final = (("costs", "EUR a year"), ("emits", "kg of greenhouse gases a year"))


def write_verification(
    plan: Plan,
    rows: Sequence[Mapping[str, Any]],
    reasons: Sequence[Mapping[str, Any]],
    folder: Path,
    *,
    notes: Iterable[str] = (),
    adds: str = "",
) -> Path:
    """Write ``verification.html`` and the figures of the gap, and return the path of the page.

    Parameters
    ----------
    plan : Plan
        The plan that was proven.
    rows : sequence of dict
        ``what`` (or ``name``), ``unit``, ``planned``, ``simulated`` and, if known, ``base``; those called ``eur`` and ``co2_kg``
        are the ends of the gap.
    reasons : sequence of dict
        ``reason`` (or ``name``), ``eur``, ``co2_kg`` and, if known, ``what``: a sentence.
    folder : pathlib.Path
        Folder of the plan.
    notes : iterable of str
        What was left out, and why.
    adds : str
        What the scenario adds to the community, a line each.
    """
    ends = {name: _ends(rows, name, reasons) for name in ("eur", "co2_kg")}
    figures = [_gap(name, reasons, *end, folder) for name, end in ends.items() if end is not None]
    said = [[_name(one), str(one.get("what") or ""), *(number(one.get(end), 0) for end in ends)] for one in reasons]
    context = {
        "plan": plan,
        "rows": compared(rows),
        "reasons": Table(["reason", "", "EUR/a", "kg CO₂e/a"], said, texts=2),
        "figures": figures,
        "answer": [_difference(end, *words) for end, words in zip(ends.values(), _WORDS, strict=True) if end is not None],
        "notes": tuple(notes),
        "adds": adds,
    }
    return writing.written(folder / PROOF, "verification.html.j2", context)


def compared(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return figures planned and simulated: ``what`` or ``name``, ``unit``, ``planned``, ``simulated``, ``base`` if known."""
    with_base = any("base" in row for row in rows)
    cells = []
    for row in rows:
        planned, simulated = real(row.get("planned")), real(row.get("simulated"))
        digits = 3 if row.get("unit") in {"1", "pu"} else None
        name, unit = str(row.get("what") or row.get("name")), str(row.get("unit", ""))
        said = [number(value, digits) for value in (planned, simulated, simulated - planned)]
        cells.append(
            [
                NAMES.get(name, name.replace("_", " ")),
                "" if unit == "1" else unit,
                *said,
                *([number(row.get("base"), digits)] if with_base else []),
            ]
        )
    heads = ["", "unit", "planned", "simulated", "difference", *(["as it is"] if with_base else [])]
    return Table(heads, cells, texts=2)


def _name(one: Mapping[str, Any]) -> str:
    return str(one.get("name") or one.get("reason"))


def _ends(rows: Sequence[Mapping[str, Any]], name: str, reasons: Sequence[Mapping[str, Any]]) -> tuple[float, float] | None:
    """Return planned and simulated; from zero to what the reasons add up to where no row says it, None without either."""
    steps = [real(one.get(name)) for one in reasons if one.get(name) is not None]
    if not any(steps):
        return None
    row = next((row for row in rows if str(row.get("what") or row.get("name")) == name), None)
    return (0.0, sum(steps)) if row is None else (real(row.get("planned")), real(row.get("simulated")))


def _difference(ends: tuple[float, float], verb: str, unit: str) -> str:
    planned, simulated = ends
    way = "more" if simulated >= planned else "less"
    gap = number(abs(simulated - planned), 0)
    if not planned:
        return f"In the twin it {verb} {gap} {unit} {way} than planned."
    share = percent(abs(simulated - planned) / abs(planned))
    return f"In the twin it {verb} {number(simulated, 0)} {unit}, {gap} ({share}) {way} than planned."


def _gap(what: str, reasons: Sequence[Mapping[str, Any]], planned: float, simulated: float, folder: Path) -> dict[str, Any]:
    title = "The gap in cost" if what == "eur" else "The gap in greenhouse gases"
    figure = figure_gap(planned, reasons, simulated, what)
    caption = "From planned to simulated, reason by reason; the reasons add up."
    return {"title": title, "caption": caption, **writing.picture(figure, f"gap_{what}", folder / writing.FIGURES)}
