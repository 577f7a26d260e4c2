# SPDX-License-Identifier: Apache-2.0
"""Microseconds per step of the grid against pandapower's own time series, on the same network with the same loads.

Two Kerber villages (231 buses, 114 homes) by default. pandapower runs alone, with what makes it fast: recycling of the
admittances, numba, a warm start from the last results, lightsim2grid where it takes it, and an output writer in memory.
It is measured twice: delivering every column that our step delivers, and only those it can read in one batch at the end
(one column per table: voltage magnitudes and loadings). Building is not timed, both sides run once before the clock starts,
and the fastest of several repetitions counts.

    python benchmarks/grid_step.py [--stations N] [--steps N] [--repeat N] [--smoke]
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simulators.grid import KIND
from simulators.grid.networks import load_network
from simulators.grid.tamed import quiet
from twinergy.community.twin import BuildContext, Connection, Site, Twin
from twinergy.timebase import TimeAxis

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinergy.kinds import FloatArray

HERE = Path()
BATCH = (("res_bus", "vm_pu"), ("res_line", "loading_percent"), ("res_trafo", "loading_percent"))
ALL = (
    *BATCH,
    ("res_bus", "va_degree"),
    ("res_line", "p_from_mw"),
    ("res_line", "pl_mw"),
    ("res_trafo", "p_hv_mw"),
    ("res_trafo", "q_hv_mvar"),
    ("res_trafo", "pl_mw"),
    ("res_ext_grid", "p_mw"),
    ("res_ext_grid", "q_mvar"),
)


def loads(homes: int, steps: int) -> FloatArray:
    """Return active power of each home and step in kW: household-like, with photovoltaic export at noon."""
    rng = np.random.default_rng(2024)
    day = np.sin(np.linspace(0.0, 2 * np.pi * steps / 96, steps))[:, None]
    return np.asarray(1.0 - 1.5 * day + rng.gamma(1.0, 0.8, (steps, homes)))


def ours(stations: int, p_kw: FloatArray) -> tuple[Callable[[], None], list[Any]]:
    """Return a function that runs all steps through `simulators.grid`, and where it leaves the results."""
    options = KIND.options.model_validate({"stations": stations})
    described = KIND.describe(options, HERE, p_kw.shape[1])
    connections = tuple(Connection(id=bus, bus=bus, phases="abc", limit_kw=30.0, tariff="") for bus in described.connection_buses)
    site = Site(name="", latitude_deg=50.0, longitude_deg=8.0, altitude_m=0.0, timezone="UTC", country="DE")
    twin = Twin(site=site, connections=connections)
    grid = KIND.build(options, BuildContext(twin=twin, axis=TimeAxis(0, 900, len(p_kw)), seed=0, folder=HERE))
    q_kvar = 0.2 * p_kw
    results: list[Any] = []

    def run() -> None:
        results.clear()
        results.extend(grid.solve(p_row, q_row, {}) for p_row, q_row in zip(p_kw, q_kvar, strict=True))

    return run, results


def pandapowers(stations: int, p_kw: FloatArray, columns: tuple[tuple[str, str], ...]) -> tuple[Callable[[], None], Any]:
    """Return a function that runs all steps through ``pandapower.timeseries``, and the writer that holds its results."""
    import pandapower  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415
    from pandapower.control import ConstControl  # noqa: PLC0415
    from pandapower.timeseries import DFData, OutputWriter, run_timeseries  # noqa: PLC0415

    net = load_network(KIND.options.model_validate({"stations": stations}), HERE)
    rows = [pandapower.create_load(net, bus, p_mw=0.0) for bus in net["attachment_buses"]]
    for variable, scale in (("p_mw", 1e-3), ("q_mvar", 0.2e-3)):
        data = DFData(pd.DataFrame(p_kw * scale, columns=rows))
        ConstControl(net, element="load", variable=variable, element_index=rows, profile_name=rows, data_source=data)
    writer = OutputWriter(net, output_path=None, log_variables=list(columns))
    steps = range(len(p_kw))

    def run() -> None:
        run_timeseries(net, steps, verbose=False, numba=True, check_controllers=False)

    return run, writer


def best_us(build: Callable[[], tuple[Callable[[], None], Any]], steps: int, repeat: int) -> tuple[float, Any]:
    """Return the microseconds per step of the fastest repetition after one that does not count, and the last results."""
    times, results = [], None
    for _ in range(repeat + 1):
        run, results = build()
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return 1e6 * min(times[1:]) / steps, results


def largest_difference(results: list[Any], writer: Any) -> float:
    """Return the largest difference in voltage between both over all steps and buses, in pu."""
    voltage = np.array([values["bus"]["vm_pu"] for values in results])
    return float(np.abs(voltage - writer.output["res_bus.vm_pu"].to_numpy()).max())


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stations", type=int, default=2)
    parser.add_argument("--steps", type=int, default=672, help="quarter hours, a week by default")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--smoke", action="store_true", help="a few steps, to see that it still runs")
    asked = parser.parse_args()
    steps, repeat = (8, 1) if asked.smoke else (asked.steps, asked.repeat)
    p_kw = loads(57 * asked.stations, steps)
    own_us, results = best_us(lambda: ours(asked.stations, p_kw), steps, repeat)
    print(f"{asked.stations} stations, {115 * asked.stations + 1} buses, {steps} steps, {os.cpu_count()} cores")
    print(f"{'':44}{'us/step':>10}{'ratio':>8}{'max |dV| pu':>14}")
    print(f"{'twinergy grid, all result tables':44}{own_us:10.0f}{1.0:8.1f}{'':>14}")
    for label, columns in (("pandapower run_timeseries, the same columns", ALL), ("  only what it reads in batch", BATCH)):
        with quiet():
            their_us, writer = best_us(lambda wanted=columns: pandapowers(asked.stations, p_kw, wanted), steps, repeat)  # type: ignore[misc]
        print(f"{label:44}{their_us:10.0f}{their_us / own_us:8.1f}{largest_difference(results, writer):14.1e}")


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        main()
