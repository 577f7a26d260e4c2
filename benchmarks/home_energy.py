# SPDX-License-Identifier: Apache-2.0
"""Milliseconds per re-plan of one home, against HiGHS alone on the same matrices.

A home with everything is re-planned hourly over several days; the next outlook is the last one moved by an hour, with prices,
weather and load of its own. Ours counts everything: checking, updating costs and bounds, solving, extracting the plan with
its money and what binds. HiGHS alone counts ``run()`` on the very same matrices after the same changes, nothing else: the
linear programme with its last basis, or the binaries at the same gap, 1 % of the money at stake. Both in CPU time, so that a
busy machine does not matter. Prices that make it pay to take both ways at once follow, for ours alone, because HiGHS takes
seconds for each. Two further lines re-plan many homes on one and two threads, in wall time.

    python benchmarks/home_energy.py [--hours N] [--homes N] [--smoke]
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from controllers.home_energy.optimum import (
    Battery,
    Car,
    HomeAssets,
    HomeModel,
    HomeOutlook,
    HomePlan,
    Limits,
    Machine,
    Room,
    Tank,
    Weights,
    solve_many,
)
from controllers.home_energy.optimum.layout import layout_of
from controllers.home_energy.optimum.stake import at_stake_eur

if TYPE_CHECKING:
    from twinergy.kinds import FloatArray

N, HOURS = 96, 0.25
DAY = 96
WEIGHTS = Weights(co2=0.1, self_consumption=0.01, comfort=0.5)


def home(*, machines: bool, car_min_kw: float) -> HomeAssets:
    """Return a home with battery, PV, car, tank and heat pump."""
    programmes = (
        ("washing_machine", (2.0, 0.3, 0.3, 0.2, 0.2, 0.4)),
        ("dishwasher", (1.8, 0.2, 0.1, 1.6)),
        ("tumble_dryer", (2.2,) * 5),
    )
    return HomeAssets(
        step_s=900, n_steps=N, import_limit_kw=17, export_limit_kw=17, curtailable=True,
        battery=Battery(capacity_kwh=10, p_charge_kw=5, p_discharge_kw=5, min_soc=0.05, wear_eur_per_kwh=0.02),
        car=Car(p_max_kw=11, p_min_kw=car_min_kw, capacity_kwh=60),
        tank=Tank(kwh_per_k=0.25, loss_kw_per_k=0.002, p_max_kw=1.0, cop=2.5),
        room=Room(keep=0.995, gain_k_per_kw=0.15, leak=0.005, p_max_kw=3),
        machines=tuple(Machine(name=name, programme_kw=kw) for name, kw in programmes) if machines else (),
    )  # fmt: skip


class Days:
    """Made-up days: prices, sun, load and temperature with a daily rhythm and noise; *assumptions*, only for timing."""

    def __init__(self, days: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        count = days * DAY
        hour = np.arange(count) * HOURS % 24
        hourly = np.repeat(rng.normal(0.0, 0.03, count // 4), 4)
        self.buy = 0.30 + 0.08 * np.sin((hour - 14) / 24 * 4 * np.pi) + hourly
        sky = np.repeat(rng.uniform(0.2, 1.0, days), DAY)
        self.pv = np.minimum(0.0, -7.0 * sky * np.sin((hour - 6) / 12 * np.pi))
        self.pv[(hour < 6) | (hour > 18)] = 0.0
        self.load = 0.25 + rng.gamma(0.6, 0.5, count)
        self.outdoor = 4.0 + 4.0 * np.sin((hour - 9) / 24 * 2 * np.pi) + np.repeat(rng.normal(0, 2, days), DAY)
        self.draw = np.where(rng.random(count) < 0.06, rng.uniform(0.5, 6.0, count), 0.0)
        self.low = np.where((hour > 6) & (hour < 22), 20.0, 18.0)
        self.hour = hour

    def outlook(self, first: int, state: tuple[float, float, float], *, machines: int) -> HomeOutlook:
        """Return what the home sees in a step."""
        part = slice(first, first + N)
        away = ((self.hour[part] > 8) & (self.hour[part] < 17)).copy()
        leaves = int(np.flatnonzero(away)[0])
        zero: FloatArray = np.zeros(N)
        return HomeOutlook(
            buy_eur_per_kwh=self.buy[part], feed_in_eur_per_kwh=zero + 0.08, co2_g_per_kwh=1000 * self.buy[part],
            base_load_kw=self.load[part], p_pv_available_kw=self.pv[part], index=first,
            soc=state[0], temp_indoor_degc=state[1], temp_tank_degc=state[2],
            temp_outdoor_degc=self.outdoor[part], gain_k=zero + 0.02,
            comfort_low_degc=self.low[part], comfort_high_degc=zero + 23, draw_kw=self.draw[part],
            car_present=~away, car_wanted_kwh=12.0 if leaves else 0.0, car_departure=leaves,
            pending=(True,) * machines, latest=(40,) * machines, blocked=(self.hour[part] < 6) | (self.hour[part] > 22),
        )  # fmt: skip


class Bare:
    """HiGHS alone on the matrices of a home, kept and re-solved like ours."""

    def __init__(self, assets: HomeAssets, *, exact: bool) -> None:
        model = HomeModel(assets, Limits(nodes=2000))
        layout = layout_of(assets, exact=exact)
        self._assets, self._layout, self._idle = assets, layout, np.zeros(layout.n_columns)
        self._solver, self._numbers = model._solver(layout), model._numbers  # noqa: SLF001 - what is measured is inside
        if exact:
            self._solver.branch_on([name for name in layout.columns if name.startswith(("start", "car_on"))])

    def seconds(self, outlook: HomeOutlook) -> float:
        """Return the CPU seconds of ``run()`` alone, everything prepared."""
        prices = self._numbers.fill(outlook, WEIGHTS)
        self._solver.update(self._numbers)
        self._solver.stop_at(0.01 * at_stake_eur(self._assets, self._layout, outlook, prices, self._idle))
        highs = self._solver._highs  # noqa: SLF001
        start = time.thread_time()
        highs.run()
        return time.thread_time() - start


def replan(assets: HomeAssets, hours: int, *, exact: bool) -> tuple[FloatArray, FloatArray, list[HomePlan]]:
    """Return CPU milliseconds of each hourly re-plan: everything, and HiGHS alone; and the plans."""
    model, bare, days = HomeModel(assets), Bare(assets, exact=exact), Days(hours // 24 + 3, 7)
    state, times, plans = (0.4, 20.5, 50.0), [], []
    for hour in range(hours + 2):
        outlook = days.outlook(4 * hour, state, machines=len(assets.machines))
        start = time.thread_time()
        plan = model.solve(outlook, WEIGHTS)
        ours = time.thread_time() - start
        times.append((1e3 * ours, 1e3 * bare.seconds(outlook)))
        plans.append(plan)
        state = (float(plan.soc[4]), float(plan.temp_indoor_degc[4]), float(plan.temp_tank_degc[4]))
    ours, bares = np.array(times[2:]).T
    return ours, bares, plans


def odd_prices(assets: HomeAssets, buy: float | None, feed_in: float, hours: int) -> tuple[FloatArray, list[HomePlan]]:
    """Return CPU milliseconds of re-plans five hours apart, and the plans: six hours at noon at odd prices, or always."""
    model, days, times, plans = HomeModel(assets), Days(5 * hours // 24 + 3, 7), [], []
    for number in range(hours):
        outlook = days.outlook(20 * number, (0.4, 20.5, 50.0), machines=len(assets.machines))
        noon = np.abs(days.hour[20 * number : 20 * number + N] - 14.0) < 3.0
        always = buy is None
        price = outlook.buy_eur_per_kwh if buy is None else np.where(noon, buy, outlook.buy_eur_per_kwh)
        earned = np.where(noon | always, feed_in, outlook.feed_in_eur_per_kwh)
        start = time.thread_time()
        plans.append(model.solve(replace(outlook, buy_eur_per_kwh=price, feed_in_eur_per_kwh=earned), WEIGHTS))
        times.append(1e3 * (time.thread_time() - start))
    return np.array(times), plans


def village(homes: int, hours: int, threads: int) -> tuple[float, float]:
    """Return the wall and CPU seconds for re-planning many homes hourly."""
    models = [HomeModel(home(machines=False, car_min_kw=0.0)) for _ in range(homes)]
    days = [Days(hours // 24 + 3, seed) for seed in range(homes)]
    states = [(0.4, 20.5, 50.0)] * homes
    start, start_cpu = time.perf_counter(), time.process_time()
    for hour in range(hours):
        outlooks = [day.outlook(4 * hour, state, machines=0) for day, state in zip(days, states, strict=True)]
        plans = solve_many(models, outlooks, [WEIGHTS] * homes, threads)
        states = [(float(p.soc[4]), float(p.temp_indoor_degc[4]), float(p.temp_tank_degc[4])) for p in plans]
    return time.perf_counter() - start, time.process_time() - start_cpu


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=int, default=168)
    parser.add_argument("--homes", type=int, default=100)
    parser.add_argument("--smoke", action="store_true")
    asked = parser.parse_args()
    hours, homes = (3, 2) if asked.smoke else (asked.hours, asked.homes)
    print(f"{'96 steps, battery, PV, car, tank, heat pump':46}{'ours ms':>9}{'p99':>8}{'HiGHS':>8}{'p99':>8}{'ratio':>7}")
    for label, machines, car_min_kw, share in (
        ("LP", False, 0.0, 1),
        ("MILP, car from 6 A (1.4 kW)", False, 1.4, 4),
        ("MILP, three machines pending", True, 0.0, 4),
        ("MILP, three machines and car from 6 A", True, 1.4, 4),
    ):
        exact = share > 1
        ours, bare, plans = replan(home(machines=machines, car_min_kw=car_min_kw), max(hours // share, 1), exact=exact)
        figures = (np.median(ours), np.percentile(ours, 99), np.median(bare), np.percentile(bare, 99))
        print(f"{label:46}{figures[0]:9.2f}{figures[1]:8.2f}{figures[2]:8.2f}{figures[3]:8.2f}{figures[0] / figures[2]:7.2f}")
        odd = sum(plan.status != "optimal" for plan in plans)
        print(f"{'':4}{len(plans)} re-plans, {odd} not optimal, largest gap {100 * max(plan.mip_gap for plan in plans):.2f} %")
    everything = home(machines=True, car_min_kw=1.4)
    bare_home = replace(everything, car=None, tank=None, room=None, machines=())
    for what, assets in (("battery, PV", bare_home), ("everything", everything)):
        for buy, feed_in in ((None, 0.9), (-0.05, 0.08), (-0.5, 0.08)):
            times, plans = odd_prices(assets, buy, feed_in, max(hours // 8, 1))
            label = f"{what}, " + (f"feed-in {feed_in} EUR/kWh" if buy is None else f"{buy} EUR/kWh for 6 h")
            print(f"{label:46}{np.median(times):9.2f}{np.percentile(times, 99):8.2f}")
            gaps = 100 * np.array([plan.mip_gap for plan in plans])
            print(f"{'':4}{len(plans)} re-plans, {sum(gaps > 1)} not within 1 %, largest gap {gaps.max():.2f} %")
    rounds = max(hours // 7, 1)
    for threads in (1, 2):
        wall_s, cpu_s = village(homes, rounds, threads)
        each = f"{1e3 * wall_s / homes / rounds:.2f} ms each, CPU {1e3 * cpu_s / homes / rounds:.2f} ms"
        print(f"{homes} homes, {rounds} hourly re-plans (LP), {threads} thread(s): {wall_s:.1f} s, {each}")


if __name__ == "__main__":
    main()
