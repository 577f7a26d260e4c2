# SPDX-License-Identifier: Apache-2.0
"""What the module says of itself in the report."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from controllers.home_energy.anomalies import FALSE_ALARMS_PER_HOME_YEAR
from controllers.home_energy.ledger import HABIT_ROW as HABIT
from controllers.home_energy.ledger import REAL_ROW as REAL
from twinergy.agents import Account
from twinergy.units import UNIT_OF_SUFFIX

if TYPE_CHECKING:
    from controllers.home_energy.agent import HomeEnergy


def accounts(agent: HomeEnergy) -> tuple[Account, ...]:
    """Return the savings per home, what became of the plans, and the scores of the forecasts."""
    return tuple(each for each in (_savings(agent), _plans(agent), _anomalies(agent), _scores(agent)) if each.rows)


def _savings(agent: HomeEnergy) -> Account:
    totals = agent.ledger.totals
    rows: list[tuple[str | float | None, ...]] = []
    everyone = [row for row in range(len(agent.homes)) if agent.homes[row].tariff >= 0]
    for name, chosen in [("all homes", everyone), *((agent.homes[row].dwelling.id, [row]) for row in everyone)]:
        cost, bought, sold, co2, pv = (
            getattr(totals, each)[:, chosen].sum(axis=1) for each in ("cost_eur", "import_kwh", "export_kwh", "co2_kg", "pv_kwh")
        )
        held = agent.ledger.held_kwh[:, chosen].sum(axis=1)
        used = [100.0 * (1.0 - sold[case] / pv[case]) if pv[case] > 1.0 else None for case in (REAL, HABIT)]
        rows.append(
            (
                name,
                cost[HABIT],
                cost[REAL],
                cost[HABIT] - cost[REAL],
                bought[HABIT] - bought[REAL],
                co2[HABIT] - co2[REAL],
                used[HABIT],
                used[REAL],
                float(held[REAL] - held[HABIT]),
            )
        )
    return Account(
        title="Against the habit",
        columns=(
            "Home",
            "Bill by habit, EUR",
            "Bill, EUR",
            "Saved, EUR",
            "Import saved, kWh",
            "CO₂ saved, kg",
            "Own use by habit, %",
            "Own use, %",
            "Held more, kWh",
        ),
        rows=tuple(rows) if everyone and totals.import_kwh.any() else (),
        note="Energy part of the bill, reckoned from the gateways' readings: the same runs and charges, at the time at which the "
        "home would have made them by itself, and a battery that only follows its own surplus. The last day is not in it; held "
        "more: energy left in batteries at its end.",
    )


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
