# SPDX-License-Identifier: Apache-2.0
"""Whole runs with a charging point over OCPP: what the results say was drawn is what the station metered, whatever went wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pytest

from tests.bench_thread import bench_of
from tests.mqtt_broker import free_port
from tests.scenario_files import every_kind
from twinergy.adapters import Fault
from twinergy.agents import Agent, Decision
from twinergy.community.scenario import ControllerSpec, load
from twinergy.cosim.pace import Pacer
from twinergy.cosim.platform import Platform
from twinergy.cosim.runner import run
from twinergy.options import Options

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from twinergy.community.scenario import Scenario

WALL_S = 0.15
POINT = "kind: charging, dwelling: home-a, phases: b"
HUB = ("hub: hall", "hubs:", "id: hall")
WAYS = {
    4: (Fault.OFFLINE, True), 9: (Fault.OFFLINE, False), 11: (Fault.RESTART, True), 13: (Fault.RESTART, False),
    14: (Fault.DOUBLE, True), 18: (Fault.DOUBLE, False), 19: (Fault.SILENT, True), 23: (Fault.SILENT, False),
}  # fmt: skip
"""What happens to the station at which step."""


class NobodyOptions(Options):
    """None."""


class Nobody(Agent):
    """Asks for nothing, and tells the test that a step is over."""

    options_model: ClassVar[type[Options]] = NobodyOptions
    decided: ClassVar[Callable[[int], None]] = staticmethod(lambda _: None)

    def decide(self, observation):
        Nobody.decided(observation.step.index)
        return Decision()


def scenario(folder: Path, version: str) -> Scenario:
    file = every_kind(folder)
    adapter = (
        f"{{kind: ocpp, listen: '127.0.0.1:{free_port()}', station: CP-1, versions: [{version}], mode: monitor, "
        "security: {profile: 0}, heartbeat_s: 1}"
    )
    text = file.read_text(encoding="utf-8")
    assert POINT in text
    lines = [
        line for line in text.replace(POINT, f"{POINT}, adapter: {adapter}").splitlines() if not any(map(line.__contains__, HUB))
    ]
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    made = load(file, ["run.start=2024-06-03T17:00", "run.days=null", "run.end=2024-06-04T01:00"])
    return replace(made, controllers=(ControllerSpec("nobody", "nobody", Nobody, NobodyOptions()),))


@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1"])
def test_the_results_hold_every_watt_hour_that_the_station_metered_and_none_twice(version, tmp_path):
    """The bench's own physics is the meter; it is read past the protocol. A register of OCPP has whole watt-hours at least."""
    made = scenario(tmp_path, version)
    metered = []
    with bench_of(made) as bench, pytest.MonkeyPatch.context() as patch:

        def decided(index: int) -> None:
            fault, begins = WAYS.get(index, (None, False))
            if fault is not None:
                bench.faults.set("point-a", fault) if begins else bench.faults.clear("point-a")
            bench.advance()
            metered.append(bench.physics.read("point-a", "energy_kwh"))

        patch.setattr(Nobody, "decided", staticmethod(decided))
        platform = Platform(pacer=Pacer(900 / WALL_S, 900))
        finished = run(made, out=tmp_path / "runs", platform=platform, report=False)
    shown = finished.frame("charging", ["point-a"], ["energy_kwh"])["energy_kwh"].to_numpy(dtype=float)
    drawn = metered[-1] - metered[0]
    assert drawn > 5.0
    assert (np.diff(shown) >= 0.0).all()
    assert shown[-1] - shown[0] == pytest.approx(drawn, abs=0.003)
    log = [json.loads(line) for line in (finished.path / "hardware.jsonl").read_text(encoding="utf-8").splitlines()]
    assert any("connection lost" in str(line.get("down")) for line in log)
