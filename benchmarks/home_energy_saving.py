# SPDX-License-Identifier: Apache-2.0
"""What home energy management is worth in Hagedorn: four weeks of winter and of summer, against the habit and the bound.

Runs of the same people and the same weather: the habit (every household has opted out), management with its real forecasts,
and the same with perfect forecasts, with and without caution, the better of which is the bound. Figures are those of the homes
with a gateway.

    python benchmarks/home_energy_saving.py [--days 28] [--smoke]

``saved`` corrects the difference of the bills for what batteries hold at the end and for what cars were charged with in all.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from twinergy.community.scenario import load
from twinergy.cosim.runner import run

SEASONS = {"winter": "2024-01-08", "summer": "2024-06-03"}
FORESEEN = "load_forecast: {kind: perfect}, pv_forecast: {kind: perfect}"
WAYS = {
    "habit": "opt_out: true",
    "managed": "",
    "perfect": f"{FORESEEN}, doubt_eur_per_kwh: 0.0005",
    "perfect, cautious": FORESEEN,
}
"""Who knows the future need not doubt it, but a little caution also makes up for what the models of home and battery miss."""
PRICE_EUR_PER_KWH = 0.3
"""What a kWh that is left in a battery or a car at the end is valued at (assumption: between the tariffs' prices)."""


@dataclass(frozen=True)
class Outcome:
    """Sums over the homes with a gateway.

    Attributes
    ----------
    cost_eur, co2_kg, self_consumption, held_kwh, comfort_h, unserved_kwh : float
        Bill, emissions of the import, share of the own generation used, energy in batteries at the end and charged into cars,
        hours outside the comfort band, and energy that cars of the whole village left without.
    """

    cost_eur: float
    co2_kg: float
    self_consumption: float
    held_kwh: float
    comfort_h: float
    unserved_kwh: float


def live(season: str, way: str, days: int, overrides: tuple[str, ...]) -> Outcome:
    """Run one way of living through one season."""
    assignments = [f"run.start={SEASONS[season]}", f"run.days={days}", f"controllers.home_energy={{{WAYS[way]}}}", *overrides]
    with tempfile.TemporaryDirectory() as folder:
        return outcome(run(load("hagedorn", assignments), out=Path(folder), report=False))


def outcome(finished: Any) -> Outcome:
    """Return the sums of a run."""
    homes = sorted({name.removesuffix("-gateway") for name in finished.frame("gateway")["device"].unique()})
    of = finished.dwellings.set_index("dwelling").loc[homes]
    carbon = finished.wide("prices", "co2_g_per_kwh")["household"]
    p_kw = finished.wide("connection", "p_kw")[homes].clip(lower=0.0)
    step_h = (p_kw.index[1] - p_kw.index[0]).total_seconds() / 3600
    return Outcome(
        cost_eur=float(of["cost_eur"].sum()),
        co2_kg=float(p_kw.mul(carbon, axis=0).to_numpy().sum() * step_h / 1000.0),
        self_consumption=1.0 - float(of["export_kwh"].sum()) / float(of["generation_kwh"].sum()),
        held_kwh=held_kwh(finished, homes),
        comfort_h=float(of["comfort_outside_h"].sum()),
        unserved_kwh=float(finished.kpis["ev_unserved_kwh"].value),
    )


def held_kwh(finished: Any, homes: list[str]) -> float:
    """Return what is in the batteries of these homes at the end, and what their cars have been charged with in all."""
    cells = finished.wide("battery", "energy_kwh").iloc[-1]
    charged = finished.dwellings.set_index("dwelling").loc[homes, "ev_kwh"].sum()
    return float(sum(cells.get(f"{home}-battery", 0.0) for home in homes)) + float(charged)


def rows(season: str, ways: dict[str, Outcome]) -> list[dict[str, Any]]:
    """Return a row per way of living."""
    habit = ways["habit"]
    found = []
    for way, one in ways.items():
        saved = habit.cost_eur - one.cost_eur - PRICE_EUR_PER_KWH * (habit.held_kwh - one.held_kwh)
        found.append(
            {
                "season": season,
                "way": way,
                "bill_eur": round(one.cost_eur, 2),
                "saved_eur": round(saved, 2),
                "co2_kg": round(one.co2_kg, 1),
                "self_consumption_percent": round(100.0 * one.self_consumption, 2),
                "comfort_outside_h": round(one.comfort_h, 1),
                "ev_unserved_kwh": round(one.unserved_kwh, 1),
            }
        )
    best = max(row["saved_eur"] for row in found if row["way"].startswith("perfect"))
    for row in found:
        row["reached_percent"] = round(100.0 * row["saved_eur"] / best, 1) if best else None
    return found


def main() -> None:
    """Print a JSON line per season and way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=28)
    parser.add_argument("--smoke", action="store_true", help="two days and a few homes, to see that it still runs")
    chosen = parser.parse_args()
    days, overrides = (4, ("community.homes=12",)) if chosen.smoke else (chosen.days, ())
    seasons = ["summer"] if chosen.smoke else list(SEASONS)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        runs = {(season, way): pool.submit(live, season, way, days, overrides) for season in seasons for way in WAYS}
        for season in seasons:
            for row in rows(season, {way: runs[season, way].result() for way in WAYS}):
                print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
