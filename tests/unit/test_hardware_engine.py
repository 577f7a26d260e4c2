# SPDX-License-Identifier: Apache-2.0
"""The thread of the devices: who is asked when, what happens to commands, and what one faulty device costs the others."""

from __future__ import annotations

import json
import math
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from tests import memory_adapter as memory
from twinergy.adapters import Attached, Coverage, Journal, Quality, Way
from twinergy.adapters.engine import Engine, _patiently
from twinergy.adapters.live import Wish
from twinergy.cosim.pace import Pacer
from twinergy.errors import DeviceError


@contextmanager
def engine(tmp_path, *names: str, **options):
    memory.DEVICES.clear()
    real = []
    for name in names:
        made = memory.MemoryOptions.model_validate({"kind": "memory", "mode": "control"} | options)
        one = Attached(id=name, device=name, kind="battery", options=made, rated_kw=5.0, limit_kw=30.0)
        real.append((one, Coverage(("p_kw", "soc"), ("p_set_kw",), falls_back=True)))
        memory.DEVICES[name] = memory.MemoryDevice()
        memory.DEVICES[name].values = {"p_kw": 0.5, "soc": 0.5}
    running = Engine(real, {"memory": memory.ADAPTER}, stale_s=1.0, folder=tmp_path, journal=tmp_path / "log.jsonl")
    running.start()
    try:
        yield running
    finally:
        running.close()


def lines(tmp_path) -> list[dict]:
    return [json.loads(line) for line in (tmp_path / "log.jsonl").read_text(encoding="utf-8").splitlines()]


def until(holds, timeout_s: float = 3.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline_s, "did not come about"
        time.sleep(0.005)


def ask(running: Engine, name: str, p_set_kw: float) -> None:
    running.send({name: Wish({"p_set_kw": p_set_kw})})


def test_devices_are_read_just_before_the_step(tmp_path):
    with engine(tmp_path, "a") as running:
        assert running.wait_up(2.0) == []
        deadline_s = time.monotonic() + 0.3
        running.schedule(deadline_s)
        time.sleep(deadline_s - time.monotonic())
        latched = running.latch()
        assert latched.quality.tolist() == [Quality.GOOD, Quality.GOOD]
        assert latched.values.tolist() == [0.5, 0.5]
        assert 0.0 < latched.age_s[0] < 0.1


def test_the_fall_back_is_armed_before_the_first_command_and_after_each_reconnect(tmp_path):
    with engine(tmp_path, "a") as running:
        running.wait_up(2.0)
        device = memory.DEVICES["a"]
        ask(running, "a", 2.0)
        until(lambda: device.told == [{"p_set_kw": 2.0}])
        assert device.armed == 1
        device.answers = False
        running.wait_up(0.1)
        running.schedule(time.monotonic())
        time.sleep(0.05)
        device.answers = True
        running.schedule(time.monotonic())
        time.sleep(0.05)
        ask(running, "a", 3.0)
        until(lambda: device.told[-1] == {"p_set_kw": 3.0})
        assert device.armed == 2
    assert device.released == 1


def test_nothing_is_asked_of_a_device_that_cannot_be_armed(tmp_path):
    with engine(tmp_path, "a") as running:
        device = memory.DEVICES["a"]
        device.refuses_arming = "it has no revert timer"
        running.wait_up(2.0)
        ask(running, "a", 2.0)
        until(lambda: running.lives["a"].counts.failed)
        assert device.told == []
        assert running.facts()["links"]["a"]["problem"] == "it has no revert timer"


def test_commands_are_repeated_at_half_the_time_in_which_the_device_falls_back(tmp_path):
    with engine(tmp_path, "a", safe={"within_s": 0.4}) as running:
        running.wait_up(2.0)
        for _ in range(20):
            ask(running, "a", 2.0)
            time.sleep(0.05)
        assert 4 <= len(memory.DEVICES["a"].told) <= 7
        counts = running.lives["a"].counts
        assert (counts.sent, counts.asked) == (1, 1)
        assert counts.refreshed == len(memory.DEVICES["a"].told) - 1


def test_a_run_that_stands_still_lets_devices_fall_back(tmp_path, monkeypatch):
    monkeypatch.setattr("twinergy.adapters.live.DEAD_MAN_S", 0.3)
    with engine(tmp_path, "a", safe={"within_s": 0.1}) as running:
        running.wait_up(2.0)
        ask(running, "a", 2.0)
        time.sleep(0.8)
        told = len(memory.DEVICES["a"].told)
        time.sleep(0.4)
        assert len(memory.DEVICES["a"].told) == told
        assert running.lives["a"].counts.withheld > 0
        ask(running, "a", 2.0)
        until(lambda: len(memory.DEVICES["a"].told) > told)


def test_limits_hold_whatever_is_asked_and_are_counted(tmp_path):
    with engine(tmp_path, "a", limits={"p_max_kw": 1.5}) as running:
        running.wait_up(2.0)
        ask(running, "a", 4.0)
        until(lambda: memory.DEVICES["a"].told)
        assert memory.DEVICES["a"].told[0] == {"p_set_kw": 1.5}
        assert running.lives["a"].counts.limited == 1
    asked = next(line for line in lines(tmp_path) if line["way"] == "asked")
    assert asked["asked"] == {"p_set_kw": 4.0}
    assert asked["values"] == {"p_set_kw": 1.5}
    assert asked["reasons"] == ["p_set_kw 4 kW is not within -5 to 1.5 kW"]


def test_letting_go_is_a_command_too_but_not_before_any_other(tmp_path):
    with engine(tmp_path, "a") as running:
        running.wait_up(2.0)
        ask(running, "a", math.nan)
        time.sleep(0.1)
        assert memory.DEVICES["a"].told == []
        ask(running, "a", 1.0)
        until(lambda: len(memory.DEVICES["a"].told) == 1)
        ask(running, "a", math.nan)
        until(lambda: len(memory.DEVICES["a"].told) == 2)
        assert math.isnan(memory.DEVICES["a"].told[1]["p_set_kw"])


def test_a_device_under_local_control_is_left_alone(tmp_path):
    with engine(tmp_path, "a") as running:
        memory.DEVICES["a"].quality = Quality.LOCAL
        running.wait_up(2.0)
        ask(running, "a", 1.0)
        until(lambda: running.lives["a"].counts.withheld)
        assert memory.DEVICES["a"].told == []


def test_the_emergency_stop_releases_everything_and_nothing_is_asked_afterwards(tmp_path):
    with engine(tmp_path, "a", "b") as running:
        running.wait_up(2.0)
        stopped = []
        running.on_emergency = stopped.append
        ask(running, "a", 1.0)
        ask(running, "b", 1.0)
        until(lambda: all(device.told for device in memory.DEVICES.values()))
        assert running.stop("somebody pressed it") == {"a": "", "b": ""}
        assert [device.released for device in memory.DEVICES.values()] == [1, 1]
        ask(running, "a", 2.0)
        time.sleep(0.1)
        assert len(memory.DEVICES["a"].told) == 1
        assert stopped == ["somebody pressed it"]
    assert any(line.get("what") == "emergency stop" for line in lines(tmp_path))
    assert [device.released for device in memory.DEVICES.values()] == [1, 1]


def test_an_adapter_that_raises_on_release_keeps_nobody_else_from_the_safe_state(tmp_path):
    with engine(tmp_path, "a", "b") as running:
        running.wait_up(2.0)
        stopped = []
        running.on_emergency = stopped.append
        ask(running, "a", 1.0)
        ask(running, "b", 1.0)
        until(lambda: all(device.told for device in memory.DEVICES.values()))
        memory.DEVICES["a"].fails_to_release = ValueError("a fault of the adapter")
        said = running.stop("pressed")
        assert said["a"] == "ValueError: a fault of the adapter; armed, it falls back by itself within 60 s"
        assert said["b"] == ""
        assert stopped == ["pressed"]
        memory.DEVICES["a"].fails_to_release = None
        assert running.close() == {"a": "", "b": ""}  # once more at the end, for the one that had failed
    assert [device.released for device in memory.DEVICES.values()] == [1, 1]


def test_a_command_that_hangs_is_broken_off_before_the_release_and_does_not_land_behind_it(tmp_path, monkeypatch):
    monkeypatch.setattr("twinergy.adapters.live.HANGING_S", 0.1)
    with engine(tmp_path, "a") as running:
        running.wait_up(2.0)
        device = memory.DEVICES["a"]
        device.commands_take_s = 1.0
        ask(running, "a", 1.0)
        until(lambda: device.armed)
        assert running.stop("pressed") == {"a": ""}
        time.sleep(1.1)
        assert device.course == ["released"]


def test_a_device_whose_arming_failed_half_way_is_released_too(tmp_path):
    with engine(tmp_path, "a") as running:
        memory.DEVICES["a"].refuses_arming = "its timer does not read back"
        running.wait_up(2.0)
        ask(running, "a", 1.0)
        until(lambda: running.lives["a"].counts.failed)
    assert memory.DEVICES["a"].released == 1


def test_what_a_device_refuses_is_not_hammered_in(tmp_path):
    with engine(tmp_path, "a") as running:
        running.wait_up(2.0)
        memory.DEVICES["a"].answers = False
        for number in range(20):
            ask(running, "a", 1.0 + 0.1 * number)
            time.sleep(0.02)
        assert running.lives["a"].counts.failed == 1
        memory.DEVICES["a"].answers = True
        until(lambda: memory.DEVICES["a"].told)  # the newest of them, a second later
        assert memory.DEVICES["a"].told == [{"p_set_kw": pytest.approx(2.9)}]
        until(lambda: "problem" not in running.facts()["links"]["a"])
        assert running.facts()["links"]["a"]["last_failure"] == "no answer"


def test_a_run_that_waits_for_a_long_step_is_alive(tmp_path, monkeypatch):
    """Steps of a quarter of an hour must not let devices fall back in between."""
    monkeypatch.setattr("twinergy.adapters.live.DEAD_MAN_S", 0.3)
    with engine(tmp_path, "a", safe={"within_s": 0.2}) as running:
        running.wait_up(2.0)
        pacer = Pacer(1.0, 1.2)
        pacer.waiting = running.alive
        pacer.anchor()
        ask(running, "a", 2.0)
        pacer.wait(1)
        assert running.lives["a"].counts.withheld == 0
        assert len(memory.DEVICES["a"].told) >= 8


def test_within_a_long_step_devices_are_read_and_limits_look_again(tmp_path, monkeypatch):
    for module in ("engine", "live"):
        monkeypatch.setattr(f"twinergy.adapters.{module}.LOOK_S", 0.1)
    with engine(tmp_path, "a", limits={"soc_max": 0.9}) as running:
        running.wait_up(2.0)
        running.schedule(time.monotonic() + 60.0)
        ask(running, "a", 2.0)
        until(lambda: memory.DEVICES["a"].told)
        memory.DEVICES["a"].values["soc"] = 0.95  # full, long before the step ends
        until(lambda: memory.DEVICES["a"].told[-1] == {"p_set_kw": 0.0})


def test_pressing_ctrl_c_again_does_not_cut_the_release_short():
    class Pressed:
        answers = iter((KeyboardInterrupt(), {"a": ""}))

        def result(self, _timeout_s):
            answer = next(self.answers)
            if isinstance(answer, BaseException):
                raise answer
            return answer

    pressed = Pressed()
    with pytest.raises(KeyboardInterrupt):
        _patiently(pressed, 1.0)
    assert next(pressed.answers, None) is None  # it was waited for


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_keeps_no_device_from_its_safe_state():
    with Journal(Path("/dev/full")) as journal:
        for _ in range(3):
            journal.event(Way.ASKED, "a")
        assert "lines are missing" in journal.problem


def test_a_slow_device_costs_the_others_nothing(tmp_path):
    with engine(tmp_path, "slow", *(f"d{number}" for number in range(9))) as running:
        running.wait_up(2.0)
        memory.DEVICES["slow"].takes_s = 0.5
        ages = []
        deadline_s = time.monotonic() + 0.1
        for _ in range(15):
            running.schedule(deadline_s)
            time.sleep(max(deadline_s - time.monotonic(), 0.0))
            ages.append(running.latch().age_s)
            deadline_s += 0.1
        ages = np.array(ages[2:])
        assert np.percentile(ages[:, 2:], 99) < 0.05
        assert ages[:, 0].max() > 0.2
        assert running.lives["slow"].counts.skipped > 0


def test_an_adapter_that_raises_is_marked_and_logged(tmp_path, monkeypatch):
    async def broken(_self):
        message = "a fault of the adapter"
        raise ValueError(message)

    with engine(tmp_path, "a") as running:
        running.wait_up(2.0)
        monkeypatch.setattr(memory.MemoryLink, "sample", broken)
        running.schedule(time.monotonic())
        until(lambda: running.image.reading("a", "p_kw").quality is Quality.BAD)
        assert running.image.reading("a", "p_kw").reason == "ValueError: a fault of the adapter"
    assert any(line["way"] == "failed" and "a fault of the adapter" in line["error"] for line in lines(tmp_path))


def test_a_driver_that_cannot_begin_says_so_and_leaves_no_thread(tmp_path, monkeypatch):
    async def taken(_self):
        message = "port 502 is taken"
        raise DeviceError(message)

    monkeypatch.setattr(memory.MemoryDriver, "start", taken)
    made = memory.MemoryOptions(kind="memory", mode="control")
    one = Attached(id="a", device="a", kind="battery", options=made)
    running = Engine([(one, Coverage(("p_kw",)))], {"memory": memory.ADAPTER}, stale_s=1.0, folder=tmp_path)
    with pytest.raises(DeviceError, match="port 502 is taken"):
        running.start()
    assert not running._thread.is_alive()
    assert running.close() == {}


def test_shadow_and_monitor_never_command(tmp_path):
    for mode in ("shadow", "monitor"):
        with engine(tmp_path, "a", mode=mode) as running:
            running.wait_up(2.0)
            ask(running, "a", 1.0)
            time.sleep(0.1)
            assert memory.DEVICES["a"].told == []
        assert memory.DEVICES["a"].released == 0
