# SPDX-License-Identifier: Apache-2.0
"""How fast the laboratory is: the table of docs/performance.md.

Every part is a ratio measured in one run, or a process measured from outside. Run it on a quiet machine:

    python benchmarks/laboratory.py [year] [village] [ratio] [homes] [memory] [start] [kinds] [remote] [--smoke]

without names all parts; ``--smoke`` does a little of each, to see that it still runs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twinergy.community.scenario import load
from twinergy.cosim.runner import assemble
from twinergy.cosim.world import drive

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinergy.community.scenario import Scenario
    from twinergy.results.block import ResultBlock

REPEATS = 3
"""The fastest of so many repetitions after the warm-up counts, on both sides."""

CHILD = """
import json, re, sys, time
from pathlib import Path
begin = float(sys.argv[1])
from twinergy.community.scenario import load
from twinergy.cosim.runner import RunInterruptedError, run
first = []
def progress(done, total):
    first or first.append(time.time() - begin)
stop = (lambda: bool(first)) if sys.argv[2] == "first" else None
import twinergy.cosim.runner as runner
runner.PROGRESS_STEPS = 1 if stop else runner.PROGRESS_STEPS
try:
    run(load(sys.argv[3], sys.argv[5:]), out=Path(sys.argv[4]), progress=progress, stop=stop, report=sys.argv[2] == "report")
except RunInterruptedError:
    pass
print(json.dumps({"first_s": first[0], "wall_s": time.time() - begin,
    "peak_mib": int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024}))
"""


def child(mode: str, *overrides: str, scenario: str = "hagedorn") -> dict[str, float]:
    """Run a scenario in a process of its own and return its times and its peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", CHILD, str(time.time()), mode, scenario, folder, *overrides]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def year(*, smoke: bool) -> None:
    """Time a year of Hagedorn: two agents, power flow in every step, results written."""
    days = 7 if smoke else 366
    result = child("all", "run.start=2024-01-01", f"run.days={days}")
    print(f"year     {days} days of hagedorn: {result['wall_s']:.1f} s, peak {result['peak_mib']:.0f} MiB")


def village(*, smoke: bool) -> None:
    """Time a day and a year of benetutti-full, from the start of the process; the day with and without its report."""
    for mode, days in (("all", 1), ("report", 1)) if smoke else (("all", 1), ("report", 1), ("all", 366)):
        result = child(mode, "run.start=2024-01-01", f"run.days={days}", scenario="benetutti-full")
        said = "with report, " if mode == "report" else ""
        print(f"village  {days} days of benetutti-full: {said}{result['wall_s']:.1f} s, peak {result['peak_mib']:.0f} MiB")


def drive_us(scenario: Scenario, sink: Callable[[ResultBlock], None]) -> float:
    """Return microseconds per step of everything between mosaik's first and last step."""
    built = assemble(scenario, sink)
    begin = time.perf_counter()
    drive(built.components)
    return 1e6 * (time.perf_counter() - begin) / scenario.axis.n_steps


def timeseries_us(scenario: Scenario, loads: dict[str, np.ndarray[Any, np.dtype[np.float64]]]) -> float:
    """Return microseconds per step of pandapower's run_timeseries alone, on the same net with the same loads.

    Its best options: recycling, numba, results read in one batch, lightsim2grid. The first run warms up and does not count.
    """
    import pandapower  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415
    from pandapower.control import ConstControl  # noqa: PLC0415
    from pandapower.timeseries import DFData, OutputWriter, run_timeseries  # noqa: PLC0415

    from simulators.grid.networks import load_network  # noqa: PLC0415
    from simulators.grid.tamed import quiet  # noqa: PLC0415

    times = []
    for _ in range(1 + REPEATS):
        net = load_network(scenario.grid_options, scenario.context.folder)  # type: ignore[arg-type]
        bus = {name: index for index, name in net.bus["name"].items()}
        rows = [pandapower.create_load(net, bus[place.bus], p_mw=0.0) for place in scenario.twin.connections]
        for variable, values in loads.items():
            data = DFData(pd.DataFrame(values * 1e-3, columns=rows))
            ConstControl(net, element="load", variable=variable, element_index=rows, profile_name=rows, data_source=data)
        wanted = [("res_bus", "vm_pu"), ("res_line", "loading_percent"), ("res_trafo", "loading_percent")]
        OutputWriter(net, output_path=None, log_variables=wanted)
        begin = time.perf_counter()
        with quiet():
            run_timeseries(net, range(scenario.axis.n_steps), verbose=False, numba=True, check_controllers=False)
        times.append(time.perf_counter() - begin)
    return 1e6 * min(times[1:]) / scenario.axis.n_steps


def ratio(*, smoke: bool) -> None:
    """Compare the whole laboratory with pandapower's power flow alone, in one run after warm-up."""
    scenario = load("hagedorn", [f"run.days={1 if smoke else 7}"])
    blocks: list[ResultBlock] = []
    drive_us(scenario, lambda block: blocks.append(block.copy()))
    ours = min(drive_us(scenario, lambda _block: None) for _ in range(1 if smoke else REPEATS))
    recorded = [block.tables["connection"].values for block in blocks]
    loads = {"p_mw": np.concatenate([v["p_kw"] for v in recorded]), "q_mvar": np.concatenate([v["q_kvar"] for v in recorded])}
    theirs = timeseries_us(scenario, loads)
    print(f"ratio    laboratory {ours:.0f} us/step, pandapower run_timeseries alone {theirs:.0f} us/step: {theirs / ours:.1f} x")


def homes(*, smoke: bool) -> None:
    """Measure the cost per home-step as the community grows: homes with PV and batteries, and with every kind of device.

    Two weeks that begin where a fixed week does, so that each is drawn once.
    """
    plain = [f"community.devices.{name}.share=0" for name in ("building", "ev")]
    for label, less in (("homes, PV, batteries", plain), ("every kind", [])):
        for count in (60, 80) if smoke else (100, 300, 1000, 10_000):
            days = ["run.start=2024-05-16T02:00", f"run.days={1 if smoke else 14}"]
            scenario = load("hagedorn", [f"community.homes={count}", *days, *less])
            cost = drive_us(scenario, lambda _block: None)
            print(f"homes    {label}: {count:5d} homes: {cost:7.0f} us/step, {cost / count:5.2f} us per home-step")


def memory(*, smoke: bool) -> None:
    """Measure the peak memory of a short and a long run."""
    for days in (2, 4) if smoke else (28, 112, 366):
        result = child("all", "run.start=2024-01-01", f"run.days={days}")
        print(f"memory   {days:3d} days: peak {result['peak_mib']:.0f} MiB")


def start(*, smoke: bool) -> None:
    """Time from the start of the process to the end of the first step, and to the end of ``--help``."""
    firsts = [child("first")["first_s"] for _ in range(1 if smoke else 5)]
    print(f"start    first step after {np.median(firsts):.2f} s (median of {len(firsts)})")
    helps = []
    for _ in range(1 if smoke else 5):
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-m", "twinergy.cli", "--help"], check=True, capture_output=True)
        helps.append(time.perf_counter() - begin)
    print(f"start    --help after {np.median(helps):.2f} s (median of {len(helps)})")


def kinds(*, smoke: bool) -> None:
    """Measure what each device kind, the grid and the control cost per step."""
    scenario = load("hagedorn", [f"run.days={1 if smoke else 7}"])
    built = assemble(scenario, lambda _block: None)
    parts = built.components
    spent: dict[str, float] = {}

    def timed(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def measured(*arguments: Any) -> Any:
            begin = time.perf_counter()
            result = call(*arguments)
            spent[name] = spent.get(name, 0.0) + time.perf_counter() - begin
            return result

        return measured

    for part in (*parts.plant[0][0].parts, *parts.control.meters.parts):  # type: ignore[attr-defined]
        part.fleet.step = timed(part.table.name, part.fleet.step)  # type: ignore[method-assign]
        part.fleet.prepare = timed(f"{part.table.name} prepare", part.fleet.prepare)  # type: ignore[method-assign]
    built.grid.solve = timed("grid", built.grid.solve)  # type: ignore[method-assign]
    parts.control.host.step = timed("agents", parts.control.host.step)  # type: ignore[method-assign]
    parts.control.arbiter.set_points = timed("arbiter", parts.control.arbiter.set_points)  # type: ignore[method-assign]
    parts.recorder.record = timed("recorder", parts.recorder.record)  # type: ignore[method-assign]
    begin = time.perf_counter()
    drive(parts)
    total = time.perf_counter() - begin
    steps = scenario.axis.n_steps
    for name, seconds in sorted(spent.items(), key=lambda item: -item[1]):
        print(f"kinds    {name:20s} {1e6 * seconds / steps:7.1f} us/step")
    print(f"kinds    {'mosaik and wiring':20s} {1e6 * (total - sum(spent.values())) / steps:7.1f} us/step")
    print(f"kinds    {'all':20s} {1e6 * total / steps:7.1f} us/step")


def remote(*, smoke: bool) -> None:
    """Measure what it costs per step to have the batteries of Hagedorn step in another process on this machine."""
    os.environ["TWINERGY_TOKEN"] = "benchmark"  # noqa: S105 - both sides are ours, on loopback
    command = [sys.executable, "-u", "-m", "twinergy.cli", "simulator", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"COLUMNS": "200"}) as there:
        assert there.stdout is not None  # noqa: S101 - asked for above
        address = there.stdout.readline().split()[-1]
        days = f"run.days={1 if smoke else 7}"
        for label, more in (("here", []), ("in another process", [f"run.remote.battery={address}"])):
            cost = drive_us(load("hagedorn", [days, *more]), lambda _block: None)
            print(f"remote   batteries {label}: {cost:.0f} us/step")
        there.kill()


PARTS = {
    "year": year,
    "village": village,
    "ratio": ratio,
    "homes": homes,
    "memory": memory,
    "start": start,
    "kinds": kinds,
    "remote": remote,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="parts to measure; all if none is named")
    parser.add_argument("--smoke", action="store_true", help="a little of each")
    asked = parser.parse_args()
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {Path(__file__).name}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in asked.parts or PARTS:
            PARTS[name](smoke=asked.smoke)


if __name__ == "__main__":
    main()
