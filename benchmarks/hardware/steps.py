# SPDX-License-Identifier: Apache-2.0
"""How well a run with real devices keeps time: lateness, age of readings, acknowledgement, and what one faulty device costs.

``python -m benchmarks.hardware.steps`` serves batteries over Modbus (SunSpec) with ``twinergy hil bench`` in a process of its own
and runs a scenario that controls all of them; ``--fault`` repeats the run with one device silent, flapping and answering garbage;
``--minutes 60`` looks for drift over an hour.
"""

from __future__ import annotations

import argparse
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from twinergy.agents import Agent, Decision, SetPoint
from twinergy.community.scenario import ControllerSpec, Scenario, load
from twinergy.cosim.pace import Pacer
from twinergy.cosim.platform import Platform
from twinergy.cosim.runner import run
from twinergy.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from twinergy.agents import Observation
    from twinergy.results.reader import Run

HEAD = """\
schema_version: 1
name: steps
site: {name: Test, latitude_deg: 51.87, longitude_deg: 9.09, altitude_m: 140, timezone: Europe/Berlin, country: DE-NW}
run: {start: 2024-06-03T10:00, end: 2024-06-03T22:00, step_s: 1, seed: 7}
weather: {source: try, region: 7}
grid: {source: kerber_dorfnetz, stations: 1}
tariffs:
  household:
    energy: {kind: fixed, price_eur_per_kwh: 0.2}
    feed_in: {kind: fixed, price_eur_per_kwh: 0.08}
"""


class EverybodyOptions(Options):
    """None."""


class Everybody(Agent):
    """Asks every battery for another power in every step."""

    options_model: ClassVar[type[Options]] = EverybodyOptions

    def decide(self, observation: Observation) -> Decision:
        """Return a power that no two steps in a row share."""
        ids = tuple(device.id for device in self.context.twin.of_kind("battery"))
        value = 0.5 + 0.01 * (observation.step.index % 100)
        return Decision(set_points=(SetPoint(table="battery", port="p_set_kw", ids=ids, value=value, valid_s=3600.0),))


def scenario(folder: Path, devices: int, steps: int, ports: Sequence[int], *, asked: bool = True) -> Scenario:
    """Return a scenario with so many real batteries, spread over servers."""
    from twinergy import plugins  # noqa: PLC0415

    kind = plugins.load(plugins.SIMULATORS, "grid")
    grid = kind.options.model_validate({"source": "kerber_dorfnetz", "stations": 1})
    buses = kind.describe(grid, folder, devices).connection_buses
    connections = "".join(f"  - {{id: c{n}, bus: {buses[n % len(buses)]}, tariff: household}}\n" for n in range(devices))
    batteries = "".join(
        f"  - {{id: b{n}, kind: battery, connection: c{n}, capacity_kwh: 10, p_charge_kw: 5, adapter: {{kind: modbus, "
        f"profile: sunspec, host: 127.0.0.1, port: {ports[n]}, unit: 1, mode: control, safe: {{within_s: 10}}}}}}\n"
        for n in range(devices)
    )
    file = folder / "scenario.yaml"
    file.write_text(f"{HEAD}connections:\n{connections}devices:\n{batteries}", encoding="utf-8")
    hours, seconds = divmod(steps, 3600)
    until = f"run.end=2024-06-03T{10 + hours:02d}:{seconds // 60:02d}:{seconds % 60:02d}"
    made = load(file, [until])
    from dataclasses import replace  # noqa: PLC0415

    agents = (ControllerSpec("everybody", "everybody", Everybody, EverybodyOptions()),) if asked else ()
    return replace(made, controllers=agents)


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens at."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@contextmanager
def bench(folder: Path, faults: Sequence[str] = ()) -> Iterator[None]:
    """Serve the software devices of the scenario in a process of its own."""
    options = [part for fault in faults for part in ("--fault", fault)]
    command = [sys.executable, "-m", "twinergy.cli", "hil", "bench", str(folder / "scenario.yaml"), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as serving:
        for line in serving.stdout or ():
            if line.startswith("Ctrl-C"):
                break
        try:
            yield
        finally:
            serving.terminate()
            serving.wait(10)


def timed(folder: Path, made: Scenario, wall_s: float) -> Run:
    """Run the scenario in so many seconds a step."""
    platform = Platform(pacer=Pacer(made.axis.step_s / wall_s, made.axis.step_s), armed=True)
    return run(made, out=folder / "runs", platform=platform, report=False)


def figures(finished: Run, but: Sequence[str] = ()) -> dict[str, float]:
    """Return lateness, age and acknowledgement of a run in milliseconds, without the first steps and without some devices."""
    late = finished.frame("hardware_clock", ["run"], ["lateness_s"])["lateness_s"].to_numpy(dtype=float)[3:] * 1e3
    ages = finished.frame("hardware_reading", None, ["age_s"])
    mine = ~ages["device"].astype(str).str.split(".").str[0].isin(but)
    ages = ages[mine & (ages["time"] > ages["time"].iloc[0] + np.timedelta64(3, "s"))]["age_s"].to_numpy(dtype=float) * 1e3
    over = _over_lead(finished, but)
    links = [link for name, link in finished.manifest["hardware"]["links"].items() if name not in but]
    acknowledged = [
        link[f"acknowledged_{name}_s"] * 1e3 for name in ("p50", "p99") for link in links if "acknowledged_p50_s" in link
    ]
    half = len(late) // 2
    return {
        "lateness median": float(np.median(late)),
        "lateness p99": float(np.percentile(late, 99)),
        "lateness drift (second half less first)": float(np.median(late[half:]) - np.median(late[:half])),
        "age median": float(np.median(ages)),
        "age p99": float(np.percentile(ages, 99)),
        "age beyond the lead, p99": float(np.percentile(over, 99)),
        "acknowledged median": float(np.median(acknowledged[: len(acknowledged) // 2])) if acknowledged else float("nan"),
        "acknowledged p99": float(np.max(acknowledged[len(acknowledged) // 2 :])) if acknowledged else float("nan"),
        "failed": float(sum(link["failed"] for link in links)),
        "slipped s": float(finished.manifest["pace"]["slipped_s"]),
    }


def _over_lead(finished: Run, but: Sequence[str]) -> np.ndarray:
    """Return by how much readings were older than the time before the step at which they were asked for, in milliseconds."""
    ages = finished.frame("hardware_reading", None, ["age_s"])
    ages = ages[ages["device"].astype(str).str.endswith(".p_kw")]
    leads = finished.frame("hardware_link", None, ["lead_s"])
    ages["link"] = ages["device"].astype(str).str.removesuffix(".p_kw")
    both = ages.merge(leads.assign(link=leads["device"].astype(str)), on=["time", "link"])
    both = both[~both["link"].isin(but) & (both["time"] > both["time"].iloc[0] + np.timedelta64(3, "s"))]
    return ((both["age_s"] - both["lead_s"]).to_numpy(dtype=float)) * 1e3


def measure(devices: int, steps: int, wall_s: float, fault: str = "") -> dict[str, float]:
    """Run with so many devices, the first one faulty from the fifth second of the bench on if a fault is named."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = scenario(folder, devices, steps, free_ports(devices))
        cpu = time.process_time()
        with bench(folder, [f"b0:{fault}@5"] if fault else []):
            finished = timed(folder, made, wall_s)
        found = figures(finished, but=["b0"] if fault else [])
        return found | {"lab CPU, % of a core": 100.0 * (time.process_time() - cpu) / (steps * wall_s)}


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=50)
    parser.add_argument("--step", type=float, default=0.1, help="wall time of a step in seconds")
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--fault", action="store_true", help="also with one faulty device")
    parser.add_argument("--quick", "--smoke", action="store_true")
    given = parser.parse_args(arguments)
    devices, steps = (5, 30) if given.quick else (given.devices, round(60 * given.minutes / given.step))
    for fault in ["", *(["silent", "flapping", "garbage", "offline"] if given.fault else [])]:
        print(f"{devices} devices, {steps} steps of {given.step:g} s{', one ' + fault if fault else ''}; ms")
        for name, value in measure(devices, steps, given.step, fault).items():
            print(f"  {name:42s}{value:10.3f}")


if __name__ == "__main__":
    main()
