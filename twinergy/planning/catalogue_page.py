# SPDX-License-Identifier: Apache-2.0
"""The catalogue of technologies as a page for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinergy.planning.catalogue_entries import ASSUMPTION
from twinergy.planning.catalogue_technology import converted
from twinergy.planning.catalogue_terms import FUEL_NUMBERS, NUMBERS, SORTS, YEARS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from twinergy.planning.catalogue import Catalogue
    from twinergy.planning.catalogue_entries import Entry, Figure, Money
    from twinergy.planning.catalogue_terms import Meaning

_HEAD = f"| number | unit | {' | '.join(map(str, YEARS))} | what | as given | source |"
_RULE = "|---|---|" + "---:|" * len(YEARS) + "---|---|---|"


def page(catalogue: Catalogue) -> str:
    """Return the reference page of a catalogue, Markdown."""
    lines = [
        "# Technologies",
        "",
        "What a plan may build, what it costs and how well it works: `data/technologies.yaml`, as a plan reads it. Money is in",
        f"euro of {catalogue.money.year}; efficiencies, prices and emissions of fuels are by the higher heating value;",
        "*as given* is what the source says where that differs. A number without a source is called *assumption*. Every number",
        "can be replaced by its name and in the unit of this page: `technologies: {pv: {overrides: {size_eur_per_kwp: 1100}}}`.",
        "",
        "This page is generated: `python -m twinergy.planning.catalogue > docs/technologies.md`.",
    ]
    for sort, known in SORTS.items():
        lines += ["", f"## {known.title} (`{sort}`)"]
        for technology in catalogue.of(sort):
            entry, ratio = technology.entry, technology.lower_per_higher
            told = _told(entry)
            lines += ["", f"### `{technology.name}`: {entry.title}", ""]
            lines += [told, ""] if told else []
            lines += _table(entry.numbers, NUMBERS, catalogue.money, dict.fromkeys(YEARS, ratio))
    lines += ["", "## Fuels", "", "A plan counts what burning emits (`co2_direct_g_per_kwh`), as the key figures of a run do."]
    for name, fuel in catalogue.fuels.items():
        ratios = {year: catalogue.fuel(name, year).lower_per_higher for year in YEARS}
        lines += ["", f"### `{name}`: {fuel.title}", "", *([fuel.note, ""] if fuel.note else [])]
        lines += _table(fuel.numbers, FUEL_NUMBERS, catalogue.money, ratios)
    lines += ["", "## Sources", "", *(f"* `{key}`: {text}" for key, text in catalogue.sources.items())]
    lines += ["", "## The worth of a euro", "", catalogue.money.index_source + ".", ""]
    lines += [
        "| year | index |",
        "|---|---:|",
        *(f"| {year} | {value:g} |" for year, value in sorted(catalogue.money.index.items())),
    ]
    return "\n".join(lines) + "\n"


def _told(entry: Entry) -> str:
    """Return what is to be said of a technology besides its numbers."""
    burns = f"It burns {entry.fuel.replace('_', ' ')}." if entry.fuel else ""
    simulated = f"A scenario has it as `{entry.simulated_as}`." if entry.simulated_as else ""
    return " ".join(text for text in ("The default." if entry.default else "", burns, simulated, entry.note) if text)


def _table(
    numbers: Mapping[str, Figure], meanings: Mapping[str, Meaning], money: Money, ratios: Mapping[int, float]
) -> Iterator[str]:
    yield _HEAD
    yield _RULE
    for name, figure in numbers.items():
        meaning = meanings[name]
        values = [converted(figure, meaning, year, money, ratios[year]) for year in YEARS]
        shown = " | ".join(_plain(value) for value in values)
        source = f"*{ASSUMPTION}*" if figure.source == ASSUMPTION else f"`{figure.source}`"
        told = "; ".join(text for text in (source, figure.note) if text)
        yield f"| `{name}` | {meaning.unit} | {shown} | {meaning.title} | {_as_given(figure, values)} | {told} |"


def _as_given(figure: Figure, values: list[float]) -> str:
    """Return what the source says, nothing where it is what the page shows."""
    given = list(dict.fromkeys(_plain(value) for value in figure.value.values()))
    if [_plain(value) for value in values] == [_plain(value) for value in figure.value.values()]:
        return ""
    basis = "lower heating value" if figure.heating_value == "lower" else ""
    year = f"euro of {figure.currency_year}" if figure.currency_year else ""
    return ", ".join(text for text in (" / ".join(given), year, basis) if text)


def _plain(value: float) -> str:
    """Return a number with four digits that count."""
    return f"{value:.0f}" if abs(value) >= 1000.0 else f"{value:.4g}"  # noqa: PLR2004 - four digits
