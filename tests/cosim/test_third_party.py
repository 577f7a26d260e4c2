# SPDX-License-Identifier: Apache-2.0
"""Somebody else's package brings a device kind, a controller and an adapter; it is installed and found by entry point."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from textwrap import dedent

import pytest

from tests.scenario_files import small

MODULE = dedent(
    '''\
    """A heater with a switch, and somebody who switches it."""
    import numpy as np

    from twinergy.agents import Agent, Decision, SetPoint, Subscription
    from twinergy.kinds import DeviceKind, Fleet, Phase, column
    from twinergy.options import Options, Positive
    from twinergy.ports import measured, set_point


    class HeaterOptions(Options):
        p_rated_kw: Positive
        """Power when switched on."""


    class HeaterFleet(Fleet):
        def __init__(self, devices):
            self.ids = tuple(device.id for device in devices)
            self.p_rated_kw = column(devices, "p_rated_kw")

        def step(self, step, inputs):
            return {"p_kw": np.where(inputs["p_set_kw"] > 0.0, self.p_rated_kw, 0.0)}


    class HeaterKind(DeviceKind):
        name = "acme_heater"
        title = "An electric heater"
        phase = Phase.UNCONTROLLED
        ports = (measured("p_kw", "Power drawn"), set_point("p_set_kw", "Above zero switches it on"))
        options = HeaterOptions

        def build(self, devices, context):
            return HeaterFleet(devices)


    class SwitcherOptions(Options):
        heater: str
        """Which heater to switch on."""


    class Switcher(Agent):
        """Switches a heater on while its home draws little."""

        options_model = SwitcherOptions
        subscriptions = (Subscription(table="meter", ports=("p_kw",), ids=("meter-home-c",)),)

        def decide(self, observation):
            if observation.views[0]["p_kw"][0] > 3.0:
                return Decision()
            ids = (self.options.heater,)
            return Decision(set_points=(SetPoint(table="acme_heater", port="p_set_kw", ids=ids, value=1.0, valid_s=900.0),))


    class Adapter:
        """An adapter for heaters over carrier pigeon."""


    KIND = HeaterKind()
    '''
)
ENTRY_POINTS = dedent(
    """\
    [twinergy.simulators]
    acme_heater = acme_twinergy:KIND
    [twinergy.controllers]
    acme_switcher = acme_twinergy:Switcher
    [twinergy.adapters]
    acme_pigeon = acme_twinergy:Adapter
    """
)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Build a wheel by hand and install it with pip into a folder of its own."""
    folder = tmp_path_factory.mktemp("acme")
    wheel = folder / "acme_twinergy-1.0-py3-none-any.whl"
    info = "acme_twinergy-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("acme_twinergy.py", MODULE)
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: acme-twinergy\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/entry_points.txt", ENTRY_POINTS)
        archive.writestr(f"{info}/RECORD", "")
    target = folder / "site"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", str(target), str(wheel)]
    subprocess.run(command, check=True, capture_output=True)
    return target


def twinergy(installed, *arguments, cwd):
    environment = os.environ | {"PYTHONPATH": str(installed), "COLUMNS": "200"}
    command = [sys.executable, "-m", "twinergy.cli", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300, check=False)


def test_its_plug_ins_are_listed(installed, tmp_path):
    listed = twinergy(installed, "list", "plugins", cwd=tmp_path)
    assert listed.returncode == 0, listed.stderr
    for name in ("acme_heater", "acme_switcher", "acme_pigeon"):
        assert name in listed.stdout


def test_its_device_runs_and_its_agent_steers_it(installed, tmp_path):
    heater = ("  - {id: pv-a", "  - {id: heat, kind: acme_heater, connection: home-c, p_rated_kw: 2}\n  - {id: pv-a")
    file = small(tmp_path, heater, extra="controllers: {acme_switcher: {heater: heat}}\n")
    ran = twinergy(installed, "run", str(file), "--quiet", "--no-report", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    from twinergy.results.reader import find_run

    power = find_run(tmp_path / "runs", "latest").wide("acme_heater", "p_kw")["heat"]
    assert set(power) == {0.0, 2.0}
    assert power.iloc[0] == 0.0, "a decision acts in the next step"


def test_an_unknown_option_of_its_device_is_a_finding_like_any_other(installed, tmp_path):
    heater = ("  - {id: pv-a", "  - {id: heat, kind: acme_heater, connection: home-c, p_rated: 2}\n  - {id: pv-a")
    checked = twinergy(installed, "check", str(small(tmp_path, heater)), cwd=tmp_path)
    assert checked.returncode == 2
    assert "unknown key 'p_rated'" in checked.stderr
    assert "did you mean 'p_rated_kw'" in checked.stderr
