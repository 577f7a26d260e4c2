# SPDX-License-Identifier: Apache-2.0
"""How long a community's first optimum, further weights of CO2 and a limit on CO2 take.

``python -m benchmarks.planning.front --nodes 4`` plans so many nodes with PV and batteries over a year and walks along the front
of cost and greenhouse gases, point by point from the last one; wall and processor time of each. ``--pilot hagedorn --workers 2``
asks for the evenly spread front of a pilot's year instead, as ``twinergy plan`` does.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import TYPE_CHECKING

from benchmarks.planning.problem import HOURS_PER_YEAR
from benchmarks.planning.village import blocks
from twinergy.planning.front import front
from twinergy.planning.horizon import Horizon
from twinergy.planning.optimise import COST, Goal, Planner

if TYPE_CHECKING:
    from twinergy.planning.optimise import Optimum

WEIGHTS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8)
"""Prices of greenhouse gases after the cost optimum: ten points in all. [EUR/kg]"""


def timed(name: str, planner: Planner, goal: Goal) -> Optimum:
    """Ask, and print what came out and what it took."""
    wall, busy = time.perf_counter(), time.process_time()
    found = planner.ask(goal)
    wall, busy = time.perf_counter() - wall, time.process_time() - busy
    sys.stdout.write(
        f"{name:24} {wall:6.2f} s, processor {busy:6.2f} s, {found.answer.status.value}, {found.answer.iterations} iterations, "
        f"{found.eur:.0f} EUR/a, {found.co2_kg / 1000.0:.2f} t/a, gap {found.answer.gap:.1e}\n"
    )
    sys.stdout.flush()
    return found


def pilot(name: str, points: int, workers: int) -> None:
    """Ask for the front of a pilot and print its points."""
    from twinergy.cosim.planning.study import Study  # noqa: PLC0415 - only for a pilot

    planner = Study.of(name).planner
    sys.stdout.write(f"{name}: {planner.matrices.n_columns} columns, {len(planner.matrices.row_lower)} rows\n")
    begin = busy()
    found = front(planner, points, workers)
    for point in found.points:
        sys.stdout.write(
            f"{point.eur_per_t:10.1f} EUR/t {point.eur:14.2f} EUR/a {point.co2_kg / 1000.0:10.3f} t/a, "
            f"at most {point.gap_eur:.2f} EUR/a too dear\n"
        )
    sys.stdout.write("\n".join((*found.notes, "")))
    sys.stdout.write(
        f"{len(found.points)} points, {found.solves} optima of the year, {workers} processes: {found.seconds:.1f} s, "
        f"processor {busy() - begin:.1f} s\n"
    )


def busy() -> float:
    """Return processor time of this process and of those that have ended for it. [s]."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=4)
    parser.add_argument("--quick", action="store_true", help="two nodes, two weeks, three points")
    parser.add_argument("--pilot", help="the evenly spread front of a pilot instead")
    parser.add_argument("--points", type=int, default=10, help="of a pilot")
    parser.add_argument("--workers", type=int, default=1, help="processes for a pilot")
    given = parser.parse_args()
    if given.pilot:
        pilot(given.pilot, given.points, given.workers)
        return
    hours, weights, nodes = (336, WEIGHTS[2::3], 2) if given.quick else (HOURS_PER_YEAR, WEIGHTS, given.nodes)
    wall, busy = time.perf_counter(), time.process_time()
    planner = Planner(blocks(nodes, hours), Horizon.whole(hours))
    sys.stdout.write(f"{nodes} nodes, {planner.matrices.n_columns} columns, {len(planner.matrices.row_lower)} rows\n")
    ends = [timed("least cost", planner, COST)]
    ends += [timed(f"{weight:g} EUR/kg", planner, Goal(eur_per_kg=weight)) for weight in weights]
    wall, busy = time.perf_counter() - wall, time.process_time() - busy
    sys.stdout.write(f"front of {len(ends)} points, building included: {wall:.1f} s, processor {busy:.1f} s\n")
    most = 0.5 * (ends[0].co2_kg + ends[-1].co2_kg)
    timed(f"at most {most / 1000.0:.1f} t", planner, Goal(most_co2_kg=most))


if __name__ == "__main__":
    main()
