# SPDX-License-Identifier: Apache-2.0
"""Who feeds whom: sums over what shares a dwelling or a heat network, defaults, last step's values, phases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from twinergy.community.twin import BuildContext, Connection, Device, Site, Twin
from twinergy.cosim.stage import Stage
from twinergy.cosim.wiring import PHASE_LOAD, build_parts
from twinergy.errors import PluginError
from twinergy.kinds import DeviceKind, Fleet, Phase
from twinergy.options import Options
from twinergy.ports import measured, needs
from twinergy.timebase import TimeAxis

if TYPE_CHECKING:
    from pathlib import Path

SITE = Site(name="x", latitude_deg=50, longitude_deg=9, altitude_m=1, timezone="Europe/Berlin", country="DE")
AXIS = TimeAxis(0, 900, 4)


class Echo(Fleet):
    """Says its rows, or what it was fed."""

    def __init__(self, n: int, ports: tuple[str, ...]) -> None:
        self.ids, self.ports = tuple(map(str, range(n))), ports

    def step(self, step, inputs):
        own = np.arange(1.0, len(self.ids) + 1)
        return {port: inputs.get(f"fed_{port}", own + 10 * step.index) + np.zeros(len(self.ids)) for port in self.ports}


def kind_of(kind_name: str, kind_phase: Phase, *kind_ports) -> DeviceKind:
    class Made(DeviceKind):
        name, title, phase, ports, options = kind_name, "made", kind_phase, kind_ports, Options

        def build(self, devices, context):
            return Echo(len(devices), tuple(port.name for port in kind_ports if not port.source))

    return Made()


def run(devices, kinds, *, steps=1, phases=False, connections=(), folder: Path | None = None):
    twin = Twin(site=SITE, connections=tuple(connections), devices=tuple(devices))
    context = BuildContext(twin=twin, axis=AXIS, seed=1, folder=folder)
    stage = Stage(build_parts({kind.name: kind for kind in kinds}, context, ()), twin, AXIS, phases=phases)
    made = {}
    for index in range(steps):
        made = stage.step(index, {}, made, {})
    return made


def device(kind: str, number: int, **place: str) -> Device:
    return Device(id=f"{kind}-{number}", kind=kind, options=Options(), **place)


SOURCE = kind_of("source", Phase.UNCONTROLLED, measured("p_kw", "-"))


def sink(source: str = "source.p_kw", **port) -> DeviceKind:
    return kind_of("tap", Phase.FOLLOWING, measured("p_kw", "-"), needs("fed_p_kw", source, "-", **port))


def test_a_device_is_fed_by_its_own_dwelling():
    devices = [device("source", n, dwelling=home) for n, home in enumerate("abc")]
    devices += [device("tap", n, dwelling=home) for n, home in enumerate("cab")]
    np.testing.assert_array_equal(run(devices, [SOURCE, sink()])["tap"]["p_kw"], [3, 1, 2])


def test_several_in_one_dwelling_are_summed_and_strangers_left_out():
    devices = [device("source", n, dwelling=home) for n, home in enumerate("aabz")]
    devices += [device("tap", n, dwelling=home) for n, home in enumerate(["b", "a", ""])]
    np.testing.assert_array_equal(run(devices, [SOURCE, sink(default=-7.0)])["tap"]["p_kw"], [3, 1 + 2, -7])


def test_a_heat_network_is_a_group_of_its_own():
    devices = [device("source", n, heat_network="h", dwelling=str(n)) for n in range(3)]
    devices += [device("tap", 0, heat_network="h")]
    assert run(devices, [SOURCE, sink(over="heat_network")])["tap"]["p_kw"] == [1 + 2 + 3]


def test_who_has_no_source_keeps_the_default():
    devices = [device("source", 0, dwelling="a"), device("tap", 0, dwelling="b"), device("tap", 1, dwelling="a")]
    np.testing.assert_array_equal(run(devices, [SOURCE, sink(default=5.0)])["tap"]["p_kw"], [5, 1])
    np.testing.assert_array_equal(run(devices[1:], [SOURCE, sink(default=5.0)])["tap"]["p_kw"], [5, 5])


def test_without_default_the_lost_device_is_named():
    with pytest.raises(PluginError, match="tap-0 has no 'source' in its dwelling"):
        run([device("source", 0, dwelling="a"), device("tap", 0, dwelling="b")], [SOURCE, sink()])


def test_one_device_of_an_ordinary_kind_does_not_feed_other_dwellings():
    devices = [device("source", 0, dwelling="a"), device("tap", 0, dwelling="b"), device("tap", 1, dwelling="c")]
    np.testing.assert_array_equal(run(devices, [SOURCE, sink(default=0.0)])["tap"]["p_kw"], [0, 0])


def test_the_last_steps_value_of_a_kind_that_steps_later():
    early = kind_of("early", Phase.AMBIENT, measured("p_kw", "-"), needs("fed_p_kw", "last.source.p_kw", "-", default=-1.0))
    devices = [device("early", 0, dwelling="a"), device("source", 0, dwelling="a")]
    assert run(devices, [early, SOURCE], steps=1)["early"]["p_kw"] == [-1]
    assert run(devices, [early, SOURCE], steps=3)["early"]["p_kw"] == [1 + 10 * 1]  # in step 2 it sees step 1


def test_this_steps_value_of_a_later_kind_is_refused():
    early = kind_of("early", Phase.AMBIENT, measured("p_kw", "-"), needs("fed_p_kw", "source.p_kw", "-", default=0.0))
    with pytest.raises(PluginError, match=r"write 'last\.source\.p_kw'"):
        run([device("early", 0), device("source", 0)], [early, SOURCE])


def test_single_phase_devices_load_their_phase_only():
    connections = [
        Connection(id="x", bus="1", phases="abc", limit_kw=9, tariff="t"),
        Connection(id="y", bus="2", phases="c", limit_kw=9, tariff="t"),
    ]
    devices = [device("source", 0, connection="x"), device("source", 1, connection="x", phases="b")]
    devices += [device("source", 2, connection="y")]
    made = run(devices, [SOURCE], phases=True, connections=connections)["connection"]
    np.testing.assert_allclose(made[PHASE_LOAD[0]], [[1 / 3, 0], [1 / 3 + 2, 0], [1 / 3, 3]])
    np.testing.assert_allclose(made["p_kw"], made["p_a_kw"] + made["p_b_kw"] + made["p_c_kw"])
    np.testing.assert_array_equal(made[PHASE_LOAD[1]], np.zeros((3, 2)))


def test_within_a_phase_whoever_feeds_others_goes_first():
    fed = kind_of("a", Phase.UNCONTROLLED, measured("p_kw", "-"), needs("fed_p_kw", "source.p_kw", "-", default=0.0))
    devices = [device("a", 0, dwelling="x"), device("source", 0, dwelling="x")]
    assert run(devices, [fed, SOURCE], steps=2)["a"]["p_kw"] == [1 + 10 * 1]


def test_two_that_want_each_other_in_one_step_are_refused():
    first = kind_of("a", Phase.UNCONTROLLED, measured("p_kw", "-"), needs("fed_p_kw", "b.p_kw", "-", default=0.0))
    second = kind_of("b", Phase.UNCONTROLLED, measured("p_kw", "-"), needs("fed_p_kw", "a.p_kw", "-", default=0.0))
    with pytest.raises(PluginError, match=r"port 'fed_p_kw' of kind 'a' wants 'b\.p_kw' of this step, but 'b' steps later"):
        run([device("a", 0), device("b", 0)], [first, second])
