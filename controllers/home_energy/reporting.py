# SPDX-License-Identifier: Apache-2.0
"""What the module says of itself in the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controllers.home_energy.ledger import HABIT_ROW as HABIT
from controllers.home_energy.ledger import REAL_ROW as REAL
from twinergy.agents import Account

if TYPE_CHECKING:
    from controllers.home_energy.agent import HomeEnergy


def accounts(agent: HomeEnergy) -> tuple[Account, ...]:
    """Return the savings per home, what became of the plans, and the scores of the forecasts."""
    return tuple(each for each in (_savings(agent), _plans(agent), _scores(agent)) if each.rows)


def _savings(agent: HomeEnergy) -> Account:
    totals = agent.ledger.totals
    rows: list[tuple[str | float | None, ...]] = []
    everyone = [row for row in range(len(agent.homes)) if agent.homes[row].tariff >= 0]
    for name, chosen in [("all homes", everyone), *((agent.homes[row].dwelling.id, [row]) for row in everyone)]:
        cost, bought, sold, co2, pv = (
            getattr(totals, each)[:, chosen].sum(axis=1) for each in ("cost_eur", "import_kwh", "export_kwh", "co2_kg", "pv_kwh")
        )
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
        ),
        rows=tuple(rows) if everyone and totals.import_kwh.any() else (),
        note="Energy part of the bill, reckoned from the gateways' readings: the same runs and charges, at the time at which the home would have "
        "made them by itself, and a battery that only follows its own surplus. The last day is not in it.",
    )


def _plans(agent: HomeEnergy) -> Account:
    counts = agent.planner.counts
    rows = tuple((name.replace("_", " "), float(count)) for name, count in counts.items()) if counts["plans"] else ()
    return Account(
        title="Plans",
        columns=("What", "Number"),
        rows=rows,
        note="Best effort: a wish could not be met, and the plan says which.",
    )


def _scores(agent: HomeEnergy) -> Account:
    names = ("nrmse", "mae_kw", "bias_kw", "pinball_kw")
    rows = []
    for name, provider in agent.expectation.providers.items():
        kind = getattr(agent.options, f"{name}_forecast").kind if name != "heating" else "persistence"
        for found in provider.scores.table():
            rows.append(
                (
                    name,
                    kind,
                    found["horizon_h"],
                    *(found[each] for each in names),
                    found.get("coverage_0.1"),
                    found.get("coverage_0.9"),
                )
            )
    return Account(
        title="Forecasts",
        columns=("Of", "By", "Up to, h", "nRMSE", "MAE, kW", "Bias, kW", "Pinball loss, kW", "Below 10 %", "Below 90 %"),
        rows=tuple(rows),
        note="Mean over the homes, by lead time. nRMSE: root mean square error over the mean power. Below 10 % and 90 %: share of the truth that "
        "stayed below these quantiles; 0.1 and 0.9 would be right.",
    )
