# SPDX-License-Identifier: Apache-2.0
"""What the module says of itself in the report."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from controllers.home_energy.analysis import Likeness, compare
from controllers.home_energy.anomalies import FALSE_ALARMS_PER_HOME_YEAR
from controllers.home_energy.ledger import HABIT_ROW as HABIT
from controllers.home_energy.ledger import REAL_ROW as REAL
from controllers.home_energy.ledger import Totals
from twinergy.agents import Account
from twinergy.units import UNIT_OF_SUFFIX

if TYPE_CHECKING:
    from controllers.home_energy.agent import HomeEnergy
    from controllers.home_energy.ledger import Ledger

SHOWN_HOMES: Final = 20
"""As many homes have a row of their own among the savings."""
LEARNED: Final = (
    *("Home", "Use, kWh/d", "More than similar, kWh/d", "Similar that use less, %", "Similar by"),
    *("Base load, W", "Can wait, %", "Self-sufficiency, %"),
)
LEAST_DAYS: Final = 3.0
"""Before so much was seen nothing is said of how a home lives (assumption). [d]"""
LEAST_KNOWN: Final = 0.5
"""Share of the time for which a gateway must have spoken for a share of its PV to mean something (assumption). [-]"""


def accounts(agent: HomeEnergy) -> tuple[Account, ...]:
    """Return the savings per home, what became of the plans, and the scores of the forecasts."""
    told = (_savings(agent), _plans(agent), _learned(agent), _anomalies(agent), _scores(agent))
    return tuple(each for each in told if each.rows)


def _savings(agent: HomeEnergy) -> Account:
    ledger, site = agent.ledger, agent.context.twin.site
    everyone = [row for row in range(len(agent.homes)) if agent.homes[row].tariff >= 0]
    saved_eur = ledger.totals.cost_eur[HABIT] - ledger.totals.cost_eur[REAL]
    largest = sorted(everyone, key=lambda row: -abs(saved_eur[row]))[:SHOWN_HOMES]
    named = [("all homes", everyone), *((agent.homes[row].dwelling.id, [row]) for row in largest)]
    others = len(everyone) - len(largest)
    return Account(
        title="Against the habit",
        columns=(
            "Home",
            f"Bill by habit, {site.currency}",
            f"Bill, {site.currency}",
            f"Saved, {site.currency}",
            "Import saved, kWh",
            "CO₂ saved, kg",
            "Own use by habit, %",
            "Own use, %",
            "Held more, kWh",
        ),
        rows=tuple((name, *_saved(ledger, rows, site.eur_per_unit)) for name, rows in named)
        if everyone and ledger.totals.import_kwh.any()
        else (),
        note="Energy part of the bill, reckoned from the gateways' readings: the same runs and charges, at the time at which the "
        "home would have made them by itself, and a battery that only follows its own surplus. The last day is not in it; held "
        "more: energy left in batteries at its end; what a car still waits for counts once it has it. No own use is stated "
        "where the gateway was silent for more than half of the time."
        + (f" Shown are the {len(largest)} homes with the largest differences; {others} others are in the sum." * (others > 0)),
    )


def _saved(ledger: Ledger, rows: list[int], eur_per_unit: float) -> tuple[float | None, ...]:
    """Return the figures of some homes together: bills and saving in the site's currency, kWh, kg, own use in percent."""
    sums = {name: getattr(ledger.totals, name)[:, rows].sum(axis=1) for name in Totals.__dataclass_fields__}
    cost, bought, co2, pv, fed = (
        sums["cost_eur"] / eur_per_unit,
        *(sums[name] for name in ("import_kwh", "co2_kg", "pv_kwh", "fed_kwh")),
    )
    held = ledger.held_kwh[:, rows].sum(axis=1)
    known = ledger.known_share[rows].mean() >= LEAST_KNOWN
    used = [float(100.0 * (1.0 - fed[case] / pv[case])) if known and pv[case] > 1.0 else None for case in (HABIT, REAL)]
    saved = (cost[HABIT], cost[REAL], cost[HABIT] - cost[REAL], bought[HABIT] - bought[REAL], co2[HABIT] - co2[REAL])
    return (*map(float, saved), *used, float(held[REAL] - held[HABIT]))


def _plans(agent: HomeEnergy) -> Account:
    planner, commands = agent.planner, agent.commands
    made = float(planner.counts["plans"])
    rows: list[tuple[str, float]] = [("plans", made)] if made else []
    rows += [(f"plans that ended as {status}", float(n)) for status, n in sorted(planner.counts.items()) if status != "plans"]
    rows += [
        (f"plans in which not all could be met: {name.replace('_', ' ')}", float(n)) for name, n in sorted(planner.unmet.items())
    ]
    rows += [(f"commands {state}", float(n)) for state, n in sorted(commands.counts.items())]
    return Account(title="Plans and commands", columns=("What", "Number"), rows=tuple(rows))


def _learned(agent: HomeEnergy) -> Account:
    """Return how homes live and where they stand among similar ones; nothing before some days were seen."""
    homes = [agent.homes[row] for row in range(len(agent.homes))]
    seen = agent.learning.portraits() if agent.learning.history.days >= LEAST_DAYS else ()
    alike = [
        Likeness(each.dwelling.residents, each.dwelling.floor_area_m2, each.option("building", "heating", "")) for each in homes
    ]
    beside = compare(np.array([each.day_kwh for each in seen]), alike) if seen else None
    rows = [
        (
            each.dwelling,
            each.day_kwh,
            float(beside.difference_kwh[row]),
            float(100.0 * beside.percentile[row]),
            beside.basis[row] or "too few",
            1000.0 * each.base_load_kw,
            100.0 * each.shiftable_share,
            100.0 * each.self_sufficiency,
        )
        for row, each in enumerate(seen)
        if beside is not None
    ]
    return Account(
        title="What was learned of the homes",
        columns=LEARNED,
        rows=tuple(rows[:SHOWN_HOMES]),
        note="From the last four weeks of readings alone; use is the household's, without heating and car. Similar homes are at "
        "least five that share residents, floor area and heating, or as much of that as five do; no single one's use is shown.",
    )


def _anomalies(agent: HomeEnergy) -> Account:
    zone = ZoneInfo(agent.context.twin.site.timezone)
    rows = tuple(
        (
            each.dwelling,
            each.plug.replace("_", " "),
            each.kind.value,
            f"{datetime.fromtimestamp(each.since_epoch_s, UTC).astimezone(zone):%Y-%m-%d %H:%M}",
            ", ".join(_in_words(name, value) for name, value in each.evidence),
            each.action,
        )
        for each in agent.learning.found
    )
    blind = "; ".join(str(each) for each in agent.learning.watch.cannot_tell)
    return Account(
        title="Anomalies of appliances",
        columns=("Home", "Plug", "What", "Since", "Evidence", "What to do"),
        rows=rows or (("none found", "", "", "", "", ""),),
        note=f"At most {sum(FALSE_ALARMS_PER_HOME_YEAR.values()):.2g} false alarms per home and year are expected. {blind}",
    )


def _in_words(name: str, value: float) -> str:
    """Return a figure with its unit behind it.

    >>> _in_words("mean_p_kw", 1.25)
    'mean p 1.25 kW'
    """
    ending = next((ending for ending in UNIT_OF_SUFFIX if name.endswith(ending)), "")
    return f"{name.removesuffix(ending).replace('_', ' ')} {value:.3g} {UNIT_OF_SUFFIX.get(ending, '')}".rstrip()


def _scores(agent: HomeEnergy) -> Account:
    names = ("nrmse", "mae_kw", "bias_kw", "pinball_kw", "coverage_0.1", "coverage_0.9")
    rows = tuple(
        (name, _provider(agent, name), found["horizon_h"], *(found.get(each) for each in names))
        for name, provider in agent.expectation.providers.items()
        for found in provider.scores.table()
    )
    return Account(
        title="Forecasts",
        columns=("Of", "By", "Up to, h", "nRMSE", "MAE, kW", "Bias, kW", "Pinball loss, kW", "Below 10 %", "Below 90 %"),
        rows=rows,
        note="Mean over the homes, by lead time. nRMSE: root mean square error over the mean power. Below 10 % and 90 %: share "
        "of the truth that stayed below these quantiles; 0.1 and 0.9 would be right.",
    )


def _provider(agent: HomeEnergy, name: str) -> str:
    chosen = getattr(agent.options, f"{name}_forecast", None)
    return "persistence" if chosen is None else str(chosen.kind)
