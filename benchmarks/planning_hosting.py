# SPDX-License-Identifier: Apache-2.0
"""Hosting capacity of several networks: linear model, linear model with the power flow's corrections, bisection with power flow.

Every network gets the same made-up year: households with an evening peak, roofs of equal size at every connection, half of them
facing south, a quarter each east and west, yields of a clear or cloudy sky by a formula. The answer is the share of the roofs'
room that the network takes; the bisection looks at every sunny hour. Power flows are those of the laboratory's grids, balanced,
or in three phases for the IEEE feeder. Times are wall times; the power flow's kernels are compiled before the clock starts.

    python benchmarks/planning_hosting.py [--quick | --smoke] [--networks village cigre_lv ...]
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simulators.grid import KIND
from twinergy.community.twin import BuildContext, Connection, Site, Twin
from twinergy.planning.network.ac import AcCheck
from twinergy.planning.network.bisection import bisect
from twinergy.planning.network.case import HostingCase, tan_of
from twinergy.planning.network.hosting import hosting
from twinergy.planning.network.linear import LinearFlow
from twinergy.planning.request import GridRules
from twinergy.timebase import TimeAxis

if TYPE_CHECKING:
    from twinergy.kinds import FloatArray, GridModel

HOURS, QUICK_HOURS, SMOKE_HOURS = 8760, 24 * 14, 24 * 3
SMOKED = ("village", "landnetz")
FIRST_OF_QUICK = 24 * 160
LATITUDE_DEG = 50.0


@dataclass(frozen=True)
class Net:
    """A network to ask, what a home on it draws and how much room a roof has."""

    options: dict[str, Any]
    home_kw: float = 0.5
    roof_kwp: float = 10.0
    cos_phi: float = 1.0
    vm_max_pu: float = 1.06


NETWORKS = {
    "village": Net({"source": "kerber_dorfnetz", "stations": 1, "slack_vm_pu": 1.02}),
    "cigre_lv": Net({"source": "pandapower", "function": "create_cigre_network_lv"}, home_kw=3.0, roof_kwp=40.0),
    "landnetz": Net({"source": "pandapower", "function": "create_kerber_landnetz_freileitung_1", "slack_vm_pu": 1.0}),
    "landnetz_0.95": Net(
        {"source": "pandapower", "function": "create_kerber_landnetz_freileitung_1", "slack_vm_pu": 1.0}, cos_phi=0.95
    ),
    "ieee_balanced": Net({"source": "ieee_european_lv", "unbalanced": False, "slack_vm_pu": 0.98}),
    "ieee_phases": Net({"source": "ieee_european_lv", "slack_vm_pu": 0.98}, vm_max_pu=1.1),
    "oberrhein": Net({"source": "pandapower", "function": "mv_oberrhein", "slack_vm_pu": 1.0}, home_kw=100.0, roof_kwp=1000.0),
}


@dataclass(frozen=True)
class Row:
    """What was found for a network: shares of the room, their time, and what binds."""

    name: str
    connections: int
    linear: float
    linear_s: float
    corrected: float
    corrected_s: float
    rounds: int
    bisected: float
    bisected_s: float
    flows: int
    binding: str

    @property
    def error(self) -> float:
        """Relative error of the linear answer."""
        return self.linear / self.bisected - 1.0

    @property
    def corrected_error(self) -> float:
        """Relative error of the corrected answer."""
        return self.corrected / self.bisected - 1.0


def prepared(net: Net, hours: int) -> tuple[HostingCase, AcCheck]:
    """Return a network's question and its power flow."""
    options = KIND.options.model_validate(net.options)
    described = KIND.describe(options, Path(), 1)
    buses = described.connection_buses
    phases = described.connection_phases if options.unbalanced else ("abc",) * len(buses)
    model = _model(options, buses, phases)
    linear = LinearFlow.of(model.network(), buses, phases)
    load_kw, yields = _year(len(buses), net.home_kw, hours)
    limits = GridRules(vm_min_pu=0.8, vm_max_pu=net.vm_max_pu)
    numbers = np.arange(len(buses))
    case = HostingCase(
        linear=linear,
        limits=limits,
        load_kw=load_kw,
        q_kvar=0.2 * load_kw,
        yields_kw_per_kwp=yields,
        connection=numbers,
        orientation=np.array([(0, 0, 1, 2)[number % 4] for number in numbers]),
        existing_kwp=np.zeros(len(buses)),
        room_kwp=np.full(len(buses), net.roof_kwp),
        tan_phi=tan_of(net.cos_phi),
    )
    ac = AcCheck(model, linear, phases)
    ac.once(case.load_kw[:, :1], case.q_kvar[:, :1])
    return case, ac


def measured(name: str, hours: int) -> Row:
    """Return what all three ways say of a network."""
    case, ac = prepared(NETWORKS[name], hours)
    plain = hosting(case, most_share=1000.0)
    corrected = hosting(case, ac=ac, most_share=1000.0)
    exact = bisect(case, ac)
    first = corrected.binding[0]
    return Row(
        name, case.load_kw.shape[0], plain.factor, plain.seconds, corrected.factor, corrected.seconds, len(corrected.rounds),
        exact.factor, exact.seconds, exact.flows, f"{first.what} at {first.where}, hour {first.step} ({exact.step})",
    )  # fmt: skip


def _model(options: Any, buses: tuple[str, ...], phases: tuple[str, ...]) -> GridModel:
    connections = tuple(
        Connection(id=f"c{row}", bus=bus, phases=own, limit_kw=30.0, tariff="")
        for row, (bus, own) in enumerate(zip(buses, phases, strict=True))
    )
    site = Site(name="", latitude_deg=LATITUDE_DEG, longitude_deg=8.0, altitude_m=0.0, timezone="UTC", country="DE")
    twin = Twin(site=site, connections=connections)
    return KIND.build(options, BuildContext(twin=twin, axis=TimeAxis(0, 3600, 1), seed=0, folder=Path()))


def _year(homes: int, home_kw: float, hours: int) -> tuple[FloatArray, FloatArray]:
    """Return loads and yields (south, east, west) of an hourly year, or of two weeks of June."""
    rng = np.random.default_rng(2024)
    hour = np.arange(HOURS)
    evening = 1.0 + 0.8 * np.exp(-(((hour % 24 - 19.0) / 2.5) ** 2)) - 0.4 * np.exp(-(((hour % 24 - 3.0) / 3.0) ** 2))
    load_kw = home_kw * evening * rng.gamma(4.0, 0.25, (homes, HOURS))
    declination = np.radians(23.45) * np.sin(2 * np.pi * (hour / 24.0 - 81.0) / 365.0)
    angle, latitude = np.radians(15.0 * (hour % 24 - 12.0)), np.radians(LATITUDE_DEG)
    height = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(angle)
    up = np.clip(height, 0.0, None)
    cloud = np.repeat(rng.uniform(0.25, 1.0, HOURS // 24), 24)
    beam = cloud * np.where(up > 0.0, 0.75 ** (1.0 / np.maximum(up, 0.05)), 0.0)
    east, south = (
        -np.cos(declination) * np.sin(angle),
        np.cos(angle) * np.cos(declination) * np.sin(latitude) - np.sin(declination) * np.cos(latitude),
    )
    tilt = np.radians(35.0)
    faces = [np.clip(np.cos(tilt) * height + np.sin(tilt) * side, 0.0, None) for side in (south, east, -east)]
    yields = np.stack([np.where(up > 0.0, beam * face + 0.1 * up, 0.0) for face in faces]) * 0.9
    cut = slice(0, HOURS) if hours == HOURS else slice(FIRST_OF_QUICK, FIRST_OF_QUICK + hours)
    return load_kw[:, cut], yields[:, cut]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="two weeks of June instead of a year")
    parser.add_argument("--smoke", action="store_true", help="three days and two networks, to see that it runs")
    parser.add_argument("--networks", nargs="*", default=list(NETWORKS), choices=list(NETWORKS))
    given = parser.parse_args()
    print("network          conn.   linear  error     s   corrected  error rounds     s   bisection  flows      s   binding")
    for name in SMOKED if given.smoke else given.networks:
        row = measured(name, SMOKE_HOURS if given.smoke else QUICK_HOURS if given.quick else HOURS)
        print(
            f"{row.name:16s} {row.connections:4d} {row.linear:9.4f} {row.error:+6.2%} {row.linear_s:5.1f} "
            f"{row.corrected:10.4f} {row.corrected_error:+6.2%} {row.rounds:4d} {row.corrected_s:7.1f} "
            f"{row.bisected:10.4f} {row.flows:7d} {row.bisected_s:6.1f}   {row.binding}",
            flush=True,
        )


if __name__ == "__main__":
    begun = time.perf_counter()
    main()
    print(f"{time.perf_counter() - begun:.1f} s")
