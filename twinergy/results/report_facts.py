# SPDX-License-Identifier: Apache-2.0
"""What a report says, as plain values: every sentence, number and row, without any HTML."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from twinergy.results.folder import COMPLETED, FAILED
from twinergy.results.kpi_table import GROUPS
from twinergy.results.report_platform import platform_sentences

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinergy.results.kpi import Kpi
    from twinergy.results.reader import Run

HEADLINES: Final = (
    "self_sufficiency",
    "self_consumption",
    "consumption_kwh",
    "generation_kwh",
    "dwelling_cost_eur",
    "co2_total_kg",
    "transformer_loading_percent",
    "voltage_compliance",
    "comfort_outside",
    "heat_pump_spf",
    "ev_unserved_kwh",
    "unbalance_compliance",
    "peak_import_kw",
    "storage_cycles",
    "shared_kwh",
)
MOST_HEADLINES: Final = 12
CARDS_IN_A_ROW: Final = 4
HOURS_PER_DAY: Final = 24.0
_AMBIENT: Final = frozenset({"prices", "weather"})
_PLACES: Final = ("dwellings", "connections")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, and how it turned out.

    Attributes
    ----------
    clean : bool
        Whether nothing is wrong.
    text : str
        What was found, in plain words.
    """

    clean: bool
    text: str


def headlines(kpis: Mapping[str, Kpi]) -> list[Kpi]:
    """Return the key figures that stand on top, in full rows where there are enough."""
    found = [kpis[name] for name in HEADLINES if name in kpis][:MOST_HEADLINES]
    whole = len(found) // CARDS_IN_A_ROW * CARDS_IN_A_ROW
    return found[:whole] if whole else found


def grouped(kpis: Mapping[str, Kpi]) -> list[tuple[str, list[Kpi]]]:
    """Return all key figures by group, in the order of the reference page."""
    groups = [(group, [figure for figure in kpis.values() if figure.definition.group == group]) for group in GROUPS]
    return [(group, members) for group, members in groups if members]


def checks(run: Run, kpis: Mapping[str, Kpi]) -> list[Check]:
    """Return every check of a run: how it ended, what is missing, whether kWh and money add up."""
    found = [_ending(run)]
    found += [Check(figure.clean, _count_sentence(figure, run)) for figure in kpis.values() if figure.name in _COUNTS]
    found += [Check(figure.clean, _audit_sentence(figure, run.timezone)) for figure in kpis.values() if figure.name in _AUDITS]
    found += [Check(clean, text) for clean, text in platform_sentences(run.manifest)]
    return found


_COUNTS: Final = {
    "non_converged_steps": (
        "The power flow found a solution in every step.",
        "In {value} of {steps} steps the power flow found no solution; these steps are left out of all grid figures.",
    ),
    "missing_readings": ("Every meter reading arrived.", "{value} meter readings did not arrive."),
    "missing_prices": ("Every price was known.", "{value} prices are missing; bills that need them are unknown."),
    "missing_values": (
        "Every device reported its power in every step.",
        "{value} powers of devices or connections are missing and count as 0 kW.",
    ),
    "hardware_away_h": (
        "Every real device was there in every step.",
        "Something stood in for real devices for {value}, added up over them.",
    ),
    "hardware_failed_commands": ("Every command reached its real device.", "{value} commands to real devices failed."),
    "hardware_overruns": ("Every step was computed in time.", "{value} steps took longer to compute than they last."),
}

_AUDITS: Final = {
    "power_balance_max_kw": "Devices, losses and exchange with the grid above agree in every step",
    "connection_balance_max_kw": "The devices behind each meter add up to what the meter sees",
    "heat_balance_max_kw": "Heat supplied to heat networks is what the buildings took and what was lost",
    "storage_balance_max_kwh": "Every storage holds what went in less what came out and was lost",
    "money_balance_max_eur": "What the connections paid is what supplier, grid operator and state received",
}


def _count_sentence(figure: Kpi, run: Run) -> str:
    good, bad = _COUNTS[figure.name]
    steps = f"{int(run.manifest.get('steps', 0)):,}"
    return good if figure.clean else bad.format(value=figure.text, steps=steps)


def _audit_sentence(figure: Kpi, timezone: str) -> str:
    claim = _AUDITS[figure.name]
    if figure.clean:
        return f"{claim} (to within {figure.text})."
    place = ", ".join(part for part in (figure.where, local_time(figure.when, timezone)) if part)
    where = f" ({place})" if place else ""
    return f"This should hold but does not: {claim[0].lower()}{claim[1:]}. The worst step is off by {figure.text}{where}."


def _ending(run: Run) -> Check:
    done, planned = int(run.manifest.get("steps", 0)), int(run.manifest.get("n_steps", 0))
    part = f"{done:,} of {planned:,} steps" if planned else f"{done:,} steps"
    if run.status == COMPLETED:
        return Check(clean=True, text=f"The run reached its end: {part}.")
    if run.status == FAILED:
        error = str(run.manifest.get("error", "")) or "no reason was recorded"
        return Check(clean=False, text=f"The run failed after {part}: {error}")
    how = "is still under way, or was killed," if run.status == "running" else "was interrupted"
    return Check(clean=False, text=f"The run {how} after {part}; everything below covers these alone.")


def period(run: Run) -> str:
    """Return what time the results cover, in local time."""
    manifest = run.manifest
    if "start" not in manifest:
        return ""
    start = datetime.fromisoformat(manifest["start"])
    end = datetime.fromisoformat(manifest.get("written_until", manifest.get("end", manifest["start"])))
    hours = (end - start) / timedelta(hours=1)  # before the zone is known: two local times differ by what clocks show
    zone = ZoneInfo(run.timezone)
    first, last = start.astimezone(zone), (end - timedelta(seconds=1)).astimezone(zone)
    length = f"{hours / HOURS_PER_DAY:.0f} days" if hours >= 1.5 * HOURS_PER_DAY else f"{hours:.0f} hours"
    return f"{_date(first)} – {_date(last)} ({length})" if first.date() != last.date() else f"{_date(first)} ({length})"


def local_time(when: str, timezone: str) -> str:
    """Return an ISO 8601 instant as local time for people; empty for an empty one.

    >>> local_time("2024-07-02T11:15:00+00:00", "Europe/Berlin")
    '2 Jul 2024 13:15'
    """
    if not when:
        return ""
    local = datetime.fromisoformat(when).astimezone(ZoneInfo(timezone))
    return f"{local.day} {local:%b %Y %H:%M}"


def unbreakable(text: str) -> str:
    """Return a text whose numbers stay on one line with their units."""
    return re.sub(r"(?<=\d) (?=\S)", "\u00a0", text)


def _date(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def community(run: Run) -> list[str]:
    """Return how many of each there are, such as ``24 dwellings``."""
    counts = run.manifest.get("community", {})
    places = [f"{counts[name]:,} {name}" for name in _PLACES if counts.get(name)]
    kinds = [(kind, count) for kind, count in counts.items() if kind not in {*_AMBIENT, *_PLACES} and count]
    return places + [f"{count:,} × {kind.replace('_', ' ')}" for kind, count in kinds]


def facts(run: Run) -> list[tuple[str, str]]:
    """Return what was run, for the page's foot: names and values."""
    manifest = run.manifest
    step_s, wall_s = manifest.get("step_s"), manifest.get("wall_s")
    rows = [
        ("Run", run.name),
        ("Scenario", manifest.get("scenario")),
        ("Way of running", manifest.get("mode")),
        ("Status", run.status),
        ("Step", f"{step_s / 60:g} min" if step_s else None),
        ("Seed", manifest.get("seed")),
        ("Money", run.currency.sentence),
        ("Started", local_time(manifest.get("created", ""), run.timezone)),
        ("Wall time", f"{wall_s:,.1f} s" if wall_s is not None else None),
        ("Commit", manifest.get("git_commit")),
        ("Machine", manifest.get("machine")),
        ("Versions", ", ".join(f"{name} {number}" for name, number in manifest.get("versions", {}).items())),
    ]
    return [(name, str(value)) for name, value in rows if value not in {None, ""}]
