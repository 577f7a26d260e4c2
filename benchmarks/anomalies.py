# SPDX-License-Identifier: Apache-2.0
"""How often the anomaly detectors of home energy management are wrong, what they find and how soon, and what they cost.

    python benchmarks/anomalies.py [--smoke]

Clean series: generated homes that had no part in setting thresholds, seen through plugs with errors of 1 %, a resolution of 1 W
and gaps. Faults are put into such series after eight weeks. ``--smoke`` does a little of each, to see that it still runs.
"""

from __future__ import annotations

import argparse
import math
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from controllers.home_energy.analysis.plugs import PLUG
from controllers.home_energy.anomalies import FALSE_ALARMS_PER_HOME_YEAR, AnomalyKind, Watch
from controllers.home_energy.anomalies.watch import ALL_PLUGS, TOTAL
from simulators.household import KIND
from simulators.household.params import HouseholdOptions
from twinergy.community.twin import BuildContext, Device, Site, Twin
from twinergy.timebase import TimeAxis

if TYPE_CHECKING:
    from collections.abc import Callable

    from controllers.home_energy.anomalies import Anomaly

START_EPOCH_S = 1_704_672_000
"""2024-01-08, a Monday. [s]"""
DAY_S = 86_400
SIZES = (1,) * 4 + (2,) * 8 + (3,) * 4 + (4,) * 3 + (5,)
"""Residents of twenty homes, as often as in Germany."""
SITE = Site(name="x", latitude_deg=51.9, longitude_deg=9.1, altitude_m=140.0, timezone="Europe/Berlin", country="DE-NW")
PORTS = (*(PLUG[name].port for name in ALL_PLUGS), TOTAL)
ROW = {name: row for row, name in enumerate((*ALL_PLUGS, "total"))}
PARENT = {"washing_machine": "wet", "dishwasher": "wet", "tumble_dryer": "wet"}


class Series(NamedTuple):
    """Power of all plugs and the total, shape (n_steps, n_ports, n_homes) [kW], and the length of a step. [s]."""

    p_kw: np.ndarray
    step_s: int

    @property
    def home_years(self) -> float:
        """How much has been lived in it."""
        return len(self.p_kw) * self.step_s / (365.0 * DAY_S) * self.p_kw.shape[2]


def lived(homes: int, days: int, step_s: int, seed: int) -> Series:
    """Return what generated homes use."""
    axis = TimeAxis(START_EPOCH_S, step_s, days * DAY_S // step_s)
    devices = tuple(
        Device(
            id=f"home-{row:03d}",
            kind="household",
            options=HouseholdOptions.model_validate({"residents": SIZES[row % 20], "profile": {"kind": "appliances"}}),
        )
        for row in range(homes)
    )
    fleet = KIND.build(devices, BuildContext(twin=Twin(site=SITE, devices=devices), axis=axis, seed=seed, folder=Path()))
    p_kw = np.empty((axis.n_steps, len(PORTS), homes), dtype=np.float32)
    names = [*PORTS[:-1], "p_kw"]
    for block in axis.blocks():
        fleet.prepare(block)
        for row in range(len(block)):
            step = axis.step(block, block.first + row)
            said = fleet.step(step, {})
            p_kw[step.index] = [said[name] for name in names]
    return Series(p_kw, step_s)


def measured(series: Series, seed: int) -> Series:
    """Return what plugs and meters say: class 1 errors, 1 W, and twelve gaps a year of a gateway and as many of a single plug."""
    rng = np.random.default_rng(seed)
    n_steps, n_ports, n_homes = series.p_kw.shape
    p_kw = np.round(series.p_kw * (1.0 + rng.uniform(-0.01, 0.01, (1, n_ports, n_homes))).astype(np.float32), 3)
    for home in range(n_homes):
        for single in (False, True) * max(1, round(12 * series.home_years / n_homes)):
            first = int(rng.integers(n_steps))
            last = first + int(rng.uniform(0.5, 6.0) * 3600.0 / series.step_s)
            plug = int(rng.integers(n_ports - 1))
            p_kw[first:last, slice(plug, plug + 1) if single else slice(0, n_ports - 1), home] = np.nan
    return Series(p_kw, series.step_s)


def watched(series: Series) -> tuple[list[Anomaly], float, Watch]:
    """Return what is found, the processor time of a step [s], and the watch."""
    n_steps, _, n_homes = series.p_kw.shape
    watch, found = Watch([f"home-{row:03d}" for row in range(n_homes)], series.step_s), []
    begin = time.process_time()
    for index in range(n_steps):
        values = dict(zip(PORTS, series.p_kw[index].astype(np.float64), strict=True))
        found += watch.observe(START_EPOCH_S + index * series.step_s, values)
    return found, (time.process_time() - begin) / n_steps, watch


def add(series: Series, plug: str, home: int, first: int, steps: int, more_kw: float) -> None:
    """Let something on a plug draw more for a while, which the total and the plug around it see too."""
    for name in {plug, PARENT.get(plug, plug), "total"}:
        series.p_kw[first : first + steps, ROW[name], home] += more_kw


def left_on(plug: str, more_kw: float, hours: float) -> Callable[[Series, int, int], None]:
    """Return a fault: something stays on."""
    return lambda series, home, first: add(series, plug, home, first, round(hours * 3600.0 / series.step_s), more_kw)


def grown(plug: str, more_kw: float) -> Callable[[Series, int, int], None]:
    """Return a fault: standby grows for good."""
    return left_on(plug, more_kw, 24.0 * 60.0)


def silent(plug: str, value: float) -> Callable[[Series, int, int], None]:
    """Return a fault: a plug says zero or nothing from now on, while the total goes on."""

    def fault(series: Series, home: int, first: int) -> None:
        series.p_kw[first:, ROW[plug], home] = value

    return fault


def short_cycles(on_min: float, off_min: float, power_kw: float = 0.12) -> Callable[[Series, int, int], None]:
    """Return a fault: one compressor runs in short cycles."""

    def fault(series: Series, home: int, first: int) -> None:
        edges_s = series.step_s * np.arange(len(series.p_kw) - first + 1.0)
        period_s, on_s = 60.0 * (on_min + off_min), 60.0 * on_min
        run_s = edges_s // period_s * on_s + np.minimum(edges_s % period_s, on_s)
        now_kw = power_kw * np.diff(run_s) / series.step_s
        was_kw = series.p_kw[first:, ROW["cold"], home].copy()
        series.p_kw[first:, ROW["cold"], home] = now_kw
        series.p_kw[first:, ROW["total"], home] += now_kw - was_kw

    return fault


FAULTS: dict[str, tuple[str, AnomalyKind, Callable[[Series, int, int], None]]] = {
    "iron, 1 kW for 12 h": ("other", AnomalyKind.LEFT_RUNNING, left_on("other", 1.0, 12.0)),
    "hob, 1.2 kW for 12 h": ("cooking", AnomalyKind.LEFT_RUNNING, left_on("cooking", 1.2, 12.0)),
    "lamp, 60 W for 72 h": ("lighting", AnomalyKind.LEFT_RUNNING, left_on("lighting", 0.06, 72.0)),
    "television, 100 W for 72 h": ("electronics", AnomalyKind.LEFT_RUNNING, left_on("electronics", 0.1, 72.0)),
    "electronics, standby + 10 W": ("electronics", AnomalyKind.STANDBY_GROWN, grown("electronics", 0.01)),
    "electronics, standby + 25 W": ("electronics", AnomalyKind.STANDBY_GROWN, grown("electronics", 0.025)),
    "other, standby + 20 W": ("other", AnomalyKind.STANDBY_GROWN, grown("other", 0.02)),
    "compressor, 3 min on, 5 min off": ("cold", AnomalyKind.SHORT_CYCLING, short_cycles(3.0, 5.0)),
    "compressor, 2 min on, 3 min off": ("cold", AnomalyKind.SHORT_CYCLING, short_cycles(2.0, 3.0)),
    "plug of the refrigerator says 0": ("cold", AnomalyKind.DEAD_PLUG, silent("cold", 0.0)),
    "plug of the refrigerator is silent": ("cold", AnomalyKind.DEAD_PLUG, silent("cold", math.nan)),
    "plug of electronics says 0": ("electronics", AnomalyKind.DEAD_PLUG, silent("electronics", 0.0)),
    "plug of cooking is silent": ("cooking", AnomalyKind.DEAD_PLUG, silent("cooking", math.nan)),
}


def tried(clean: Series, name: str, first_day: float) -> tuple[float, float]:
    """Return the share of homes in which a fault is found, and the median delay. [h]."""
    plug, kind, fault = FAULTS[name]
    series = Series(clean.p_kw.copy(), clean.step_s)
    rng, begun = np.random.default_rng(1), {}
    having = [home for home in range(clean.p_kw.shape[2]) if np.nanmean(clean.p_kw[:, ROW[plug], home]) > 0.0]
    for home in having:
        first = int((first_day + rng.uniform(0.0, 1.0)) * DAY_S / series.step_s)
        begun[f"home-{home:03d}"] = START_EPOCH_S + first * series.step_s
        fault(series, home, first)
    delay_h: dict[str, float] = {}
    for found in watched(series)[0]:
        late_h = (found.found_epoch_s - begun.get(found.dwelling, math.inf)) / 3600.0
        if found.kind is kind and found.plug == plug and late_h > 0.0:
            delay_h.setdefault(found.dwelling, late_h)
    return len(delay_h) / max(1, len(having)), float(np.median(list(delay_h.values()) or [math.nan]))


def false_alarms(homes: int, days: int, step_s: int, seed: int) -> dict[str, Any]:
    """Return the false alarms of homes without faults."""
    series = measured(lived(homes, days, step_s, seed), seed)
    found, cost_s, _ = watched(series)
    counts = Counter(each.kind for each in found)
    print(f"\n{homes} homes, {days} days, {step_s} s: {series.home_years:.1f} home-years, {1e6 * cost_s:.0f} us of CPU per step")
    for kind, stated in FALSE_ALARMS_PER_HOME_YEAR.items():
        print(f"  {kind:26} {counts[kind] / series.home_years:6.3f} per home and year ({counts[kind]}), stated {stated}")
    print(f"  {'all':26} {len(found) / series.home_years:6.3f}")
    return {"rates": {kind: counts[kind] / series.home_years for kind in AnomalyKind}, "cost_s": cost_s}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="a little of each")
    smoke = parser.parse_args().smoke
    false_alarms(*((5, 21) if smoke else (100, 364)), 900, 12)
    false_alarms(*((3, 2) if smoke else (40, 120)), 60, 13)
    first_day = 15.0 if smoke else 56.0
    for step_s, homes in ((900, 3),) if smoke else ((900, 60), (60, 20)):
        clean = measured(lived(homes, round(first_day) + 14, step_s, 14), 14)
        print(f"\nfaults in {homes} homes after {first_day:g} days, steps of {step_s} s: share found, median delay")
        for name in list(FAULTS)[:: 6 if smoke else 1]:
            share, delay_h = tried(clean, name, first_day)
            print(f"  {name:36} {100.0 * share:5.0f} % {delay_h:7.1f} h")


if __name__ == "__main__":
    main()
