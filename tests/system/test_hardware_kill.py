# SPDX-License-Identifier: Apache-2.0
"""kill -9 of a laboratory that controls a device of each kind: all of them are in their safe state in time."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.hardware import kill
from hardware_in_loop.bench.table import TablePhysics
from tests.mqtt_broker import broker

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def mosquitto() -> Iterator[str]:
    """Run a broker where there is one; without it the devices that need one are left out."""
    try:
        with tempfile.TemporaryDirectory() as name, broker(Path(name)) as running:
            yield running.url
    except pytest.skip.Exception:
        yield ""


def test_a_killed_laboratory_leaves_every_device_in_its_safe_state():
    with mosquitto() as url:
        total = asyncio.run(kill.measure(1, 1, url))
    assert {kind: outcome.late for kind, outcome in total.items()} == {kind: [] for kind in total}
    assert all(len(outcome.took_s) == 1 for outcome in total.values())
    assert {"modbus", "ocpp1.6", "ocpp2.0.1", "ocpp2.1"} <= set(total)


@pytest.mark.parametrize("kind", kill.KINDS)
def test_a_device_that_stays_as_it_was_asked_is_late(kind, monkeypatch):
    """The measurement could fail: nothing that is steered counts as safe."""
    monkeypatch.setattr(kill, "WITHIN_S", dict.fromkeys(kill.KINDS, 0.1))
    one = kill.Device("d", kind, "")
    physics = TablePhysics({"d": {"p_kw": kill.ASKED_KW}})
    wanted = {"ocpp2.1": ("p_set_kw", kill.FEED_KW), "mqtt last will": ("lighting_on", 0.0)}
    port, value = wanted.get(kind, ("p_max_kw", kill.POINT_KW))
    physics.write("d", port, value)
    assert one.steered(physics)
    outcome = asyncio.run(kill._watched(physics, [one], 0.0))[kind]
    assert (outcome.took_s, outcome.late) == ([], ["d (inf s)"])
