# SPDX-License-Identifier: Apache-2.0
"""Outlets that fail, hang or do not go: a run neither waits for them nor goes on doing what they once asked for."""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from hardware_in_loop.mqtt.home_assistant.outlet import HomeAssistantBlock, HomeAssistantOutlet
from twinergy.adapters.outlet import Outlet, OutletContext
from twinergy.cosim.hardware import outlets
from twinergy.cosim.hardware.outlets import Outlets
from twinergy.kinds import Table
from twinergy.ports import measured, set_point

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = ("battery", "b", "p_set_kw")
PORTS = (measured("p_kw", "power", default=0.0), set_point("p_set_kw", "set-point"))


class Odd(Outlet):
    """Asks for 1 kW, and misbehaves as told."""

    def __init__(self) -> None:
        self.ways: set[str] = set()
        self.closed = False

    async def start(self) -> None:
        """Nothing."""

    async def show(self, values) -> None:
        if "hang" in self.ways:
            await asyncio.sleep(60.0)
        if "fail" in self.ways:
            raise ValueError("no idea")

    def asked(self):
        return {KEY: 1.0}

    def said(self):
        return {}

    async def close(self) -> None:
        self.closed = True
        if "stay" in self.ways:
            await asyncio.sleep(60.0)
        if "break" in self.ways:
            raise ValueError("no idea")


class Arbiter:
    """Counts who asks."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    def ask(self, name, wish, step) -> None:
        self.asked.append(float(wish.value))


@contextmanager
def opened(folder: Path | None, *odd: Odd) -> Iterator[Outlets]:
    specs = []
    for number, one in enumerate(odd):
        kind = SimpleNamespace(rank="USER_OVERRIDE", build=lambda _options, _context, one=one: one)
        specs.append(SimpleNamespace(name=f"odd{number}", kind=kind, options=None))
    made = SimpleNamespace(outlets=specs, document=SimpleNamespace(folder=Path()), context=SimpleNamespace(pilot="p"))
    tables = {"battery": Table("battery", ("b",), PORTS)}
    running = Outlets(made, tables, folder)
    running.start()
    try:
        yield running
    finally:
        running.close()


def asked(running: Outlets) -> int:
    arbiter = Arbiter()
    running.ask(arbiter, SimpleNamespace(duration_s=1.0))
    return len(arbiter.asked)


def show(running: Outlets, times: int = 1) -> None:
    for _ in range(times):
        running.show({})
        time.sleep(0.02)


@pytest.mark.parametrize("way", ["hang", "fail"])
def test_what_an_outlet_once_asked_for_does_not_outlive_it(way):
    odd, well = Odd(), Odd()
    with opened(None, odd, well) as running:
        show(running)
        assert asked(running) == 2
        odd.ways = {way}
        show(running, 2)
        assert asked(running) == 2  # two steps are nothing
        show(running, 2)
        assert asked(running) == 1
        if way == "fail":  # it comes back
            odd.ways = set()
            show(running)
            assert asked(running) == 2


def test_a_run_ends_though_outlets_do_not(monkeypatch, tmp_path):
    monkeypatch.setattr(outlets, "CLOSE_S", 0.2)
    odd = [Odd(), Odd(), Odd()]
    odd[0].ways, odd[1].ways = {"stay", "hang"}, {"break"}
    with opened(tmp_path, *odd) as running:
        show(running)
        begun_s = time.monotonic()
        running.close()
        assert time.monotonic() - begun_s < 2.0
    assert all(one.closed for one in odd)
    assert "no idea" in (tmp_path / "outlets.jsonl").read_text(encoding="utf-8")
    assert not running._thread.is_alive()
    assert running._loop.is_closed()


def test_what_was_set_in_home_assistant_is_forgotten_where_nobody_can_take_it_back(monkeypatch):
    context = OutletContext(tables={"battery": Table("battery", ("b",), PORTS)})
    made = HomeAssistantOutlet(HomeAssistantBlock(broker="mqtt://127.0.0.1:1", commands=True, forget_s=60.0), context)
    made._ask("b", "p_set_kw", -2.0)
    clock = [time.monotonic()]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    made._publisher.connection.up = True
    assert made.asked() == {("battery", "b", "p_set_kw"): -2.0}
    made._publisher.connection.up = False
    clock[0] += 59.0
    assert made.asked()
    clock[0] += 2.0
    assert made.asked() == {}
    made._publisher.connection.up = True
    assert made.asked() == {("battery", "b", "p_set_kw"): -2.0}
