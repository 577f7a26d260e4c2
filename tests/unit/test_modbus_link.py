# SPDX-License-Identifier: Apache-2.0
"""A link on units written down by hand: what its readings are, which registers it writes in which order, what it proves."""

from __future__ import annotations

import asyncio
import math
import time
from typing import TYPE_CHECKING, Any

import pytest

from hardware_in_loop.modbus.command import TooSoonError, UnprovenError
from hardware_in_loop.modbus.errors import ExceptionReplyError, NotConnectedError
from hardware_in_loop.modbus.heartbeat import Beater, Watcher
from hardware_in_loop.modbus.memory import TRUSTED_S
from hardware_in_loop.modbus.registers import Kind, Point
from hardware_in_loop.modbus.sunspec.models import models
from tests.modbus_fake import Rig
from twinergy.adapters import LinkState
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

SAFE = {"within_s": 60.0, "set": {"p_set_kw": 0.0}}


def run(steps: Callable[[], Awaitable[None]]) -> None:
    """Run the steps of a test, never for longer than a few seconds."""

    async def limited() -> None:
        async with asyncio.timeout(10):
            await steps()

    asyncio.run(limited())


class Storage(Rig):
    """A battery with models 701, 702, 704, 713, 715; powers in tens of watts (W_SF 1), the set-point in watts."""

    def __init__(self, **adapter: Any) -> None:
        super().__init__("battery", "sunspec", **{"safe": SAFE, **adapter})
        self.at = self.connection.sunspec([1, 701, 702, 704, 713, 715])
        self.connection.put(self.at, m701_W=-150, m701_W_SF=1, m701_Var=20, m701_Var_SF=0, m701_InvSt=3)
        self.connection.put(self.at, m702_WMax=5000, m702_W_SF=0)
        self.connection.put(self.at, m704_WSet=0, m704_WSet_SF=0, m704_WSetEna=0, m704_WSetMod=0, m704_WSetRvrtTms=0)
        self.connection.put(self.at, m704_WSetRvrt=0, m704_WSetEnaRvrt=0)
        self.connection.put(self.at, m713_SoC=655, m713_SoH=98, m713_Pct_SF=-1, m713_WHAvail=65, m713_WH_SF=2)
        self.connection.put(self.at, m715_LocRemCtl=0, m715_DERHb=1, m715_ControllerHb=0)

    def wrote(self, *names: str) -> dict[str, int]:
        return {name: self.connection.shows(self.at, name) for name in names}


class Mapped(Rig):
    """The battery with registers of its own: words swapped, delivered-positive."""

    def __init__(self, **adapter: Any) -> None:
        super().__init__("battery", "battery_registers", **{"safe": SAFE, **adapter})
        # 1500 W delivered, 20 var absorbed; 65.5 %, 98.0 %, on, alive; low word first.
        self.connection.hold(100, 1500, 0, -20, -1, 655, 980, 1, 7)
        self.connection.hold(120, 6550, 0)
        self.connection.hold(200, *[0] * 8)
        self.connection.hold(300, 0)


def test_a_sunspec_battery() -> None:
    rig = Storage()

    async def steps() -> None:
        await rig.unit.prepare()
        await rig.link.sample()

    run(steps)
    # 701 W counts what is delivered: -150 tens of watts are 1.5 kW drawn.
    assert rig.reading("p_kw") == (1.5, "GOOD", "")
    assert rig.reading("q_kvar")[0] == pytest.approx(-0.02)
    assert rig.reading("soc")[0] == pytest.approx(0.655)
    assert rig.reading("soh")[0] == pytest.approx(0.098)
    assert rig.reading("energy_kwh")[0] == pytest.approx(6.5)
    assert rig.link.state is LinkState.UP
    assert "SunSpec models 1, 701, 702, 704, 713, 715 from 40000" in rig.link.said


def test_a_register_map() -> None:
    rig = Mapped()

    async def steps() -> None:
        await rig.unit.prepare()
        await rig.link.sample()

    run(steps)
    assert rig.reading("p_kw") == (-1.5, "GOOD", "")
    assert rig.reading("q_kvar")[0] == pytest.approx(0.02)
    assert rig.reading("soc")[0] == pytest.approx(0.655)
    assert rig.reading("energy_kwh")[0] == pytest.approx(6.55)


def test_one_read_per_block() -> None:
    rig = Mapped()

    async def steps() -> None:
        await rig.unit.prepare()
        rig.connection.reads.clear()
        await asyncio.gather(rig.link.sample(), rig.link.sample())

    run(steps)
    assert rig.connection.reads == [(100, 8), (120, 2)]


def test_a_scale_factor_that_moves_between_two_samples() -> None:
    rig = Storage()

    async def steps() -> None:
        await rig.unit.prepare()
        rig.connection.put(rig.at, m701_W=-1500, m701_W_SF=0)
        await rig.link.sample()

    run(steps)
    assert rig.reading("p_kw") == (1.5, "GOOD", "")


@pytest.mark.parametrize(
    ("points", "quality", "reason"),
    [
        ({"m701_W": -0x8000}, "MISSING", "not implemented"),
        ({"m701_W_SF": 11}, "MISSING", "the scale factor 701:W_SF is not implemented or out of range"),
        ({"m701_W_SF": 3}, "BAD", "150 kW is more than 2 times the rating of 5 kW"),
        ({"m715_LocRemCtl": 1}, "LOCAL", "715:LocRemCtl says local"),
        ({"m701_InvSt": 6}, "BAD", "701:InvSt says fault"),
    ],
)
def test_quality(points: dict[str, int], quality: str, reason: str) -> None:
    rig = Storage()

    async def steps() -> None:
        await rig.unit.prepare()
        rig.connection.put(rig.at, **points)
        await rig.link.sample()

    run(steps)
    _, found, why = rig.reading("p_kw")
    assert reason in why
    assert found == ("BAD" if quality == "MISSING" else quality)


def test_the_last_good_value_stays_beside_a_bad_one() -> None:
    rig = Storage()

    async def steps() -> None:
        await rig.unit.prepare()
        await rig.link.sample()
        rig.connection.put(rig.at, m701_W=-32_000)
        await rig.link.sample()

    run(steps)
    value, quality, reason = rig.reading("p_kw")
    assert (value, quality) == (1.5, "BAD")
    assert "320 kW is more than 2 times the rating" in reason


def test_signs_of_the_scenario() -> None:
    rig = Storage(signs={"p_kw": "load"})

    async def steps() -> None:
        await rig.unit.prepare()
        await rig.link.sample()

    run(steps)
    assert rig.reading("p_kw")[0] == -1.5


def test_the_first_alternative_that_is_implemented() -> None:
    rig = Storage()
    rig.connection.put(rig.at, m713_SoC=0xFFFF)

    async def steps() -> None:
        await rig.unit.prepare()
        await rig.link.sample()

    run(steps)
    # There is neither 802 nor 124, so 713 is waited for.
    assert rig.reading("soc")[1:] == ("BAD", "713:SoC shows that it is not implemented, or has no value now")
    assert rig.reading("p_kw")[1] == "GOOD"


def test_arming_writes_the_revert_timer_and_value() -> None:
    rig = Storage(safe={"within_s": 60.0, "set": {"p_set_kw": -0.5}})

    async def steps() -> None:
        await rig.link.arm()

    run(steps)
    # -0.5 kW asked for in the load frame is 500 W delivered.
    names = ("704_WSetRvrtTms", "704_WSetRvrt", "704_WSetEnaRvrt", "704_WSetEna")
    assert rig.wrote(*names) == {"704_WSetRvrtTms": 60, "704_WSetRvrt": 500, "704_WSetEnaRvrt": 1, "704_WSetEna": 0}


def test_arming_to_local_mode() -> None:
    rig = Storage(safe={"within_s": 60.0})

    async def steps() -> None:
        rig.connection.put(rig.at, m704_WSetEnaRvrt=1)
        await rig.link.arm()

    run(steps)
    assert rig.wrote("704_WSetRvrtTms", "704_WSetEnaRvrt") == {"704_WSetRvrtTms": 60, "704_WSetEnaRvrt": 0}


def test_a_command_writes_values_first_and_what_enables_them_last() -> None:
    rig = Storage()

    async def steps() -> None:
        await rig.link.arm()
        rig.connection.writes.clear()
        await rig.link.command({"p_set_kw": 2.5})

    run(steps)
    assert rig.wrote("704_WSetEna", "704_WSetMod", "704_WSet") == {"704_WSetEna": 1, "704_WSetMod": 1, "704_WSet": -2500}
    start = rig.at[704]
    # Mode and value stand side by side (23 to 25), the timer at 31; what enables them (22) comes last.
    assert rig.connection.writes == [(start + 23, (1, 0xFFFF, 0xF63C)), (start + 31, (0, 60)), (start + 22, (1,))]


def test_neighbours_go_in_one_request() -> None:
    rig = Mapped()

    async def steps() -> None:
        await rig.link.command({"p_set_kw": -1.5})

    run(steps)
    assert rig.connection.writes == [(200, (1500, 0, 60)), (206, (1,))]


def test_nan_lets_go() -> None:
    rig = Storage()

    async def steps() -> None:
        await rig.link.command({"p_set_kw": 1.0})
        rig.connection.writes.clear()
        await rig.link.command({"p_set_kw": math.nan})

    run(steps)
    assert rig.connection.writes == [(rig.at[704] + 22, (0,))]


def test_writes_follow_the_scale_factor_that_stands_now() -> None:
    rig = Storage()

    async def steps() -> None:
        await rig.link.arm()
        rig.connection.put(rig.at, m704_WSet_SF=2)
        await rig.link.command({"p_set_kw": -2.46})

    run(steps)
    # 2460 W in hundreds of watts: 25 is the nearest count.
    assert rig.wrote("704_WSet") == {"704_WSet": 25}


def test_what_was_read_back_a_moment_ago_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Storage()
    order: list[str] = []

    async def steps() -> None:
        await rig.link.arm()
        await rig.link.command({"p_set_kw": 1.0})
        kinds = {"read": rig.connection.read, "write": rig.connection.write}
        for kind, done in kinds.items():

            def noted(*given: Any, _kind: str = kind, _done: Any = done, **more: Any) -> Any:
                order.append(_kind)
                return _done(*given, **more)

            monkeypatch.setattr(rig.connection, kind, noted)
        await rig.link.command({"p_set_kw": 2.0})
        assert order == ["write", "write", "write", "read"]
        # Too long ago, on another connection, after another look at the unit, after a failure: it is read first.
        for change in (_later, _reconnected, _looked_again, _failed):
            await rig.link.command({"p_set_kw": 1.0})
            await change(rig, monkeypatch)
            order.clear()
            await rig.link.command({"p_set_kw": 2.0})
            assert order == ["read", "write", "write", "write", "read"], change

    run(steps)
    assert rig.wrote("704_WSet", "704_WSetEna") == {"704_WSet": -2000, "704_WSetEna": 1}


async def _later(rig: Rig, _monkeypatch: pytest.MonkeyPatch) -> None:
    memory = rig.link._control._memory
    assert memory._kept is not None
    memory._kept = memory._kept._replace(began_s=memory._kept.began_s - TRUSTED_S)


async def _reconnected(rig: Rig, _monkeypatch: pytest.MonkeyPatch) -> None:
    rig.connection.generation += 1
    await rig.unit.prepare()


async def _looked_again(rig: Rig, _monkeypatch: pytest.MonkeyPatch) -> None:
    await rig.unit.prepare(anew=True)


async def _failed(rig: Rig, _monkeypatch: pytest.MonkeyPatch) -> None:
    rig.connection.silent = True
    with pytest.raises(DeviceError, match="no answer"):
        await rig.link.command({"p_set_kw": 2.0})
    rig.connection.silent = False


def test_on_a_serial_line_everything_is_read_before_it_is_written() -> None:
    rig = Mapped(transport="rtu", host="", serial_port="/dev/ttyS9")

    async def steps() -> None:
        await rig.link.command({"p_set_kw": 1.0})
        rig.connection.reads.clear()
        await rig.link.command({"p_set_kw": 2.0})

    run(steps)
    assert len(rig.connection.reads) == 2


@pytest.mark.parametrize(("exponent", "raw"), [(1, -250), (2, -25), (-1, -25000)])
def test_a_scale_factor_that_moves_between_two_commands_is_put_right_at_once(exponent: int, raw: int) -> None:
    rig = Storage(safe={"within_s": 60.0, "set": {"p_set_kw": -0.5}})

    async def steps() -> None:
        await rig.link.arm()
        await rig.link.command({"p_set_kw": 1.0})
        # The device keeps its power and shows it in other counts: 1 kW drawn, 500 W to fall back to.
        rig.connection.put(rig.at, m704_WSet_SF=exponent, m704_WSet=round(-1000 / 10**exponent))
        rig.connection.put(rig.at, m704_WSetRvrt=round(500 / 10**exponent))
        await rig.link.command({"p_set_kw": 2.5})

    run(steps)
    # By hand: 2500 W in counts of 10, 100 and 0.1 W; 500 W to fall back to likewise.
    assert rig.wrote("704_WSet", "704_WSetEna", "704_WSetRvrt") == {
        "704_WSet": raw, "704_WSetEna": 1, "704_WSetRvrt": round(500 / 10**exponent),
    }  # fmt: skip


def test_a_fallback_whose_scale_factor_moves_is_written_again() -> None:
    rig = Storage(safe={"within_s": 60.0, "set": {"p_set_kw": -0.5}})

    async def steps() -> None:
        await rig.link.arm()
        await rig.link.command({"p_set_kw": 1.0})
        rig.connection.put(rig.at, m704_WSet_SF=1)  # the counts stay: the fallback would be 5 kW
        await rig.link.command({"p_set_kw": 2.5})

    run(steps)
    assert rig.wrote("704_WSet", "704_WSetRvrt") == {"704_WSet": -250, "704_WSetRvrt": 50}


def test_a_scale_factor_that_moves_with_every_write_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Storage()
    write = rig.connection.write

    async def moving(*given: Any, **more: Any) -> None:
        await write(*given, **more)
        rig.connection.put(rig.at, m704_WSet_SF=1 + rig.connection.shows(rig.at, "704_WSet_SF"))

    async def steps() -> None:
        await rig.link.arm()
        await rig.link.command({"p_set_kw": 1.0})
        await rig.link.sample()
        monkeypatch.setattr(rig.connection, "write", moving)
        with pytest.raises(UnprovenError, match=r"704:WSet was written -\d+ and shows -\d+; .*has changed meanwhile"):
            await rig.link.command({"p_set_kw": 2.0})

    run(steps)
    assert rig.reading("p_kw")[1] == "BAD"


def test_the_same_command_again_refreshes_timer_and_enable() -> None:
    rig = Storage()

    async def steps() -> None:
        await rig.link.arm()
        await rig.link.command({"p_set_kw": 2.5})
        rig.connection.writes.clear()
        await rig.link.command({"p_set_kw": 2.5})

    run(steps)
    start = rig.at[704]
    assert rig.connection.writes == [(start + 23, (1, 0xFFFF, 0xF63C)), (start + 31, (0, 60)), (start + 22, (1,))]


class Both(Storage):
    """The battery with model 124 as well, whose limits share a point for their bits."""

    def __init__(self) -> None:
        super().__init__()
        self.at = self.connection.sunspec([1, 701, 704, 124])
        self.connection.put(self.at, m701_W=0, m701_W_SF=0, m701_InvSt=3)
        for name in ("WSet", "WSet_SF", "WSetEna", "WSetMod", "WSetRvrtTms", "WSetRvrt", "WSetEnaRvrt"):
            self.connection.put(self.at, **{f"m704_{name}": 0})
        for name in ("WChaMax_SF", "StorCtl_Mod", "InOutWRte_RvrtTms", "ChaGriSet"):
            self.connection.put(self.at, **{f"m124_{name}": 0})
        self.connection.put(self.at, m124_WChaMax=4000, m124_InWRte=1000, m124_OutWRte=1000, m124_InOutWRte_SF=-1)


def test_bits_that_nobody_wants_and_nobody_set_are_left_alone() -> None:
    rig = Both()

    async def steps() -> None:
        await rig.link.arm()
        rig.connection.writes.clear()
        await rig.link.command({"p_set_kw": 1.0})
        await rig.link.command({"p_set_kw": 2.0})

    run(steps)
    assert rig.at[124] + models()[124].points["StorCtl_Mod"].at not in {address for address, _ in rig.connection.writes}
    assert rig.wrote("124_StorCtl_Mod", "704_WSet") == {"124_StorCtl_Mod": 0, "704_WSet": -2000}


def test_limits_that_somebody_else_set_are_taken_away_and_foreign_bits_stay() -> None:
    rig = Both()

    async def steps() -> None:
        await rig.link.arm()
        await rig.link.command({"p_set_kw": 1.0})
        rig.connection.put(rig.at, m124_StorCtl_Mod=0b111)
        await rig.link.command({"p_set_kw": 2.0})

    run(steps)
    assert rig.wrote("124_StorCtl_Mod", "704_WSet") == {"124_StorCtl_Mod": 0b100, "704_WSet": -2000}


def test_foreign_bits_that_come_between_two_commands_stay() -> None:
    rig = Limited()

    async def steps() -> None:
        await rig.link.command({"p_max_kw": 1.0})
        rig.connection.put(rig.at, m124_StorCtl_Mod=5)
        await rig.link.command({"p_max_kw": 2.0})

    run(steps)
    assert rig.shown() == (5, 500, 1000, 60)


def test_a_write_that_is_not_done_is_found() -> None:
    rig = Storage()

    async def steps() -> None:
        await rig.unit.prepare()
        await rig.link.sample()
        rig.connection.ignores = True
        with pytest.raises(UnprovenError, match=r"acknowledged, but not done: .*704:WSet was written -1000 and shows 0"):
            await rig.link.command({"p_set_kw": 1.0})
        await rig.link.sample()
        assert rig.reading("p_kw")[:2] == (1.5, "BAD")
        rig.connection.ignores = False
        await rig.link.command({"p_set_kw": 1.0})
        await rig.link.sample()

    run(steps)
    assert rig.reading("p_kw")[:2] == (1.5, "GOOD")


def test_a_write_that_is_refused() -> None:
    rig = Storage()

    async def steps() -> None:
        await rig.unit.prepare()
        rig.connection.refused[rig.at[704] + 22] = 3
        with pytest.raises(ExceptionReplyError, match="illegal data value"):
            await rig.link.command({"p_set_kw": 1.0})

    run(steps)


def test_release_goes_to_the_safe_state() -> None:
    rig = Storage(safe={"within_s": 60.0, "set": {"p_set_kw": -0.5}})

    async def steps() -> None:
        await rig.link.command({"p_set_kw": 3.0})
        await rig.link.release()

    run(steps)
    assert rig.wrote("704_WSet", "704_WSetEna") == {"704_WSet": 500, "704_WSetEna": 1}


def test_nothing_is_written_in_other_modes() -> None:
    rig = Storage(mode="shadow")

    async def steps() -> None:
        with pytest.raises(DeviceError, match="d: its mode is shadow, so nothing is written"):
            await rig.link.command({"p_set_kw": 3.0})
        with pytest.raises(DeviceError, match="its mode is shadow"):
            await rig.link.arm()
        await rig.link.release()

    run(steps)
    assert rig.connection.writes == []


class Limited(Rig):
    """A battery with model 124 in percent of 4 kW, tenths."""

    def __init__(self, **adapter: Any) -> None:
        super().__init__("battery", "sunspec", **{"safe": {"within_s": 60.0}, **adapter})
        self.at = self.connection.sunspec([1, 103, 124])
        self.connection.put(self.at, m103_W=0, m103_W_SF=0, m103_St=4, m124_WChaMax=4000, m124_WChaMax_SF=0, m124_StorCtl_Mod=0)
        self.connection.put(
            self.at, m124_InWRte=1000, m124_OutWRte=1000, m124_InOutWRte_SF=-1, m124_InOutWRte_RvrtTms=0, m124_ChaGriSet=0
        )

    def shown(self) -> tuple[int, int, int, int]:
        raws = (
            self.connection.shows(self.at, f"124_{name}") for name in ("StorCtl_Mod", "InWRte", "OutWRte", "InOutWRte_RvrtTms")
        )
        return tuple(raw - 0x10000 if raw > 0x7FFF else raw for raw in raws)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        # In percent of 4 kW, tenths: what it may draw, what it may deliver; a negative limit forces the other direction.
        ({"p_set_kw": 2.0}, (3, 500, -500, 60)),
        ({"p_set_kw": -1.0}, (3, -250, 250, 60)),
        ({"p_max_kw": 1.0}, (1, 250, 1000, 60)),
        ({"p_min_kw": -1.0}, (2, 1000, 250, 60)),
        ({"p_min_kw": -1.0, "p_max_kw": 0.0}, (3, 0, 250, 60)),
        # The target is held within the limits, for they have the same registers.
        ({"p_set_kw": 3.0, "p_max_kw": 1.0}, (3, 250, -250, 60)),
        # A limit is rounded to its safe side: 1.2345 kW are 30.8625 %.
        ({"p_max_kw": 1.2345}, (1, 308, 1000, 60)),
        ({"p_min_kw": -1.2345}, (2, 1000, 308, 60)),
        ({"p_set_kw": 9.0}, (3, 1000, -1000, 60)),
    ],
)
def test_storage_by_limits(asked: dict[str, float], shown: tuple[int, ...]) -> None:
    rig = Limited()

    async def steps() -> None:
        await rig.link.command(asked)

    run(steps)
    assert rig.shown() == shown


def test_bits_of_others_stay() -> None:
    rig = Limited()

    async def steps() -> None:
        await rig.unit.prepare()
        rig.connection.put(rig.at, m124_StorCtl_Mod=4)
        await rig.link.command({"p_max_kw": 1.0})
        assert rig.shown()[0] == 5
        await rig.link.command({"p_min_kw": -1.0})
        assert rig.shown()[0] == 7
        await rig.link.command({"p_max_kw": math.nan})
        assert rig.shown()[0] == 6

    run(steps)


def test_a_safe_value_that_the_device_cannot_fall_back_to() -> None:
    rig = Limited(safe={"within_s": 60.0, "set": {"p_set_kw": 0.0}})

    async def steps() -> None:
        with pytest.raises(DeviceError, match=r"goes to its local mode, not to a value; remove safe.set.p_set_kw .*got 0"):
            await rig.link.arm()

    run(steps)


@pytest.mark.parametrize("within_s", [0.4, 70_000.0])
def test_a_time_that_the_timer_cannot_count(within_s: float) -> None:
    rig = Limited(safe={"within_s": within_s})

    async def steps() -> None:
        if within_s < 1:
            with pytest.raises(DeviceError, match=r"the device's timer cannot count 0\.4 s"):
                await rig.link.arm()
        else:
            await rig.link.arm()
            # It ends sooner, which is safe: 65534 is the longest that is not a code.
            assert rig.connection.shows(rig.at, "124_InOutWRte_RvrtTms") == 65_534

    run(steps)


BARE = """\
title: bare
stands_on: a device without any fallback, for this test
points:
  p: {address: 0, type: int16, unit: W}
  p_set: {address: 1, type: int16, unit: W, access: rw}
  eeprom: {address: 2, type: uint16, unit: W, access: rw, min_interval_s: 60}
  beat: {address: 3, access: rw}
devices:
  battery:
    reads:
      p_kw: [{point: p}]
    writes:
      p_set_kw: [{values: [{point: p_set}]}]
      p_max_kw: [{values: [{point: eeprom}]}]
"""


@pytest.fixture
def bare(tmp_path: Path) -> Callable[..., Rig]:
    def made(text: str = BARE, **adapter: Any) -> Rig:
        (tmp_path / "bare.yaml").write_text(text, encoding="utf-8")
        rig = Rig("battery", "bare.yaml", folder=tmp_path, **adapter)
        rig.connection.hold(0, 100, 0, 0, 0)
        return rig

    return made


def test_no_fallback_no_control(bare: Callable[..., Rig]) -> None:
    rig = bare(safe={"within_s": 5.0})

    async def steps() -> None:
        with pytest.raises(DeviceError, match=r"nothing in the device ends p_set_kw within 5 s .*or take the risk knowingly"):
            await rig.link.arm()
        assert rig.connection.writes == []

    run(steps)


def test_the_risk_can_be_taken_knowingly(bare: Callable[..., Rig]) -> None:
    rig = bare(safe={"within_s": 5.0, "fallback": "none"})

    async def steps() -> None:
        await rig.link.arm()
        await rig.link.command({"p_set_kw": 0.25})

    run(steps)
    assert rig.connection.writes == [(1, (250,))]


def test_a_heartbeat_that_the_device_watches_is_a_fallback(bare: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch) -> None:
    """The step loop hangs while this one lives: the heartbeat ends so early that the device falls back in time all the same."""
    rig = bare(BARE + "    beat: [{point: beat, within_s: 5}]\n", safe={"within_s": 20.0})

    def beats() -> list[int]:
        return [words[0] for address, words in rig.connection.writes if address == 3]

    async def steps() -> None:
        await rig.link.arm()
        for _ in range(3):
            await rig.keeper._beat()
        assert beats() == [1, 2, 3]
        await rig.link.command({"p_set_kw": 0.1})
        now_s = time.monotonic()
        for later_s, count in ((14.9, 4), (15.1, 4), (60.0, 4)):
            monkeypatch.setattr(time, "monotonic", lambda later_s=later_s: now_s + later_s)
            await rig.keeper._beat()
            assert beats()[-1] == count, later_s
        await rig.link.command({"p_set_kw": 0.1})
        await rig.keeper._beat()
        assert beats() == [1, 2, 3, 4, 5]

    run(steps)


def test_a_device_that_is_as_patient_as_we_promise_gets_its_heartbeat_with_commands_only(bare: Callable[..., Rig]) -> None:
    rig = bare(BARE + "    beat: [{point: beat, within_s: 5}]\n", safe={"within_s": 5.0})

    async def steps() -> None:
        await rig.link.arm()
        for _ in range(3):
            await rig.keeper._beat()
        await rig.link.command({"p_set_kw": 0.25})
        await rig.link.command({"p_set_kw": 0.25})

    run(steps)
    assert [words for address, words in rig.connection.writes if address == 3] == [(1,), (2,), (3,)]


def test_a_hybrid_gets_one_heartbeat_that_goes_on_counting() -> None:
    """Two links of one unit, and a unit that is looked at again: what the device sees always rises by one (model 715)."""
    rig, other = (Rig(kind, "sunspec_hybrid", safe={"within_s": 60.0}) for kind in ("battery", "pv"))
    at = rig.connection.sunspec([1, 103, 123, 124, 715])
    rig.connection.put(at, m103_W=0, m103_W_SF=0, m103_St=4, m124_WChaMax=4000, m124_WChaMax_SF=0, m124_StorCtl_Mod=0)
    rig.connection.put(at, m124_InWRte=100, m124_OutWRte=100, m124_InOutWRte_SF=0, m124_InOutWRte_RvrtTms=0, m124_ChaState=50)
    rig.connection.put(at, m123_WMaxLimPct=100, m123_WMaxLimPct_SF=0, m123_WMaxLimPct_RvrtTms=0, m123_WMaxLim_Ena=0)
    rig.connection.put(at, m715_ControllerHb=0, m715_LocRemCtl=0)
    other.link.unit = other.link._control._unit = other.link._control._writer._unit = rig.unit
    rig.unit.users.append(other.link)
    rig.keeper.links.append(other.link)

    async def steps() -> None:
        await rig.unit.prepare()
        await rig.link.arm()
        await rig.keeper._beat()
        await other.link.arm()
        await rig.keeper._beat()
        await rig.unit.prepare(anew=True)
        await rig.keeper._beat()
        await other.link.release()
        await rig.keeper._beat()

    run(steps)
    beats = [words[1] for address, words in rig.connection.writes if address == at[715] + models()[715].points["ControllerHb"].at]
    assert beats == [1, 2, 3, 4]


def test_what_a_device_forgot_that_it_was_armed_with_is_written_again() -> None:
    """It restarted behind a gateway: the connection stayed, no reading was missed, but its revert value is gone."""
    rig = Storage(safe={"within_s": 60.0, "set": {"p_set_kw": -1.0}})

    async def steps() -> None:
        await rig.link.arm()
        await rig.link.command({"p_set_kw": 2.0})
        rig.connection.put(rig.at, m704_WSet=0, m704_WSetEna=0, m704_WSetRvrtTms=0, m704_WSetRvrt=0, m704_WSetEnaRvrt=0)
        await rig.link.command({"p_set_kw": 2.0})

    run(steps)
    assert rig.wrote("704_WSet", "704_WSetRvrt", "704_WSetEnaRvrt", "704_WSetEna") == {
        "704_WSet": -2000, "704_WSetRvrt": 1000, "704_WSetEnaRvrt": 1, "704_WSetEna": 1,
    }  # fmt: skip


def test_a_slow_line_gives_a_command_the_time_that_its_frames_travel() -> None:
    line = {"transport": "rtu", "host": "", "serial_port": "/dev/ttyS9", "baud_rate": 2400, "timeout_s": 0.5}
    # By hand: 256 characters of 11 bits at 2400 baud take 1.1733 s; eight times that and the time-out, and 0.3 s to settle.
    assert Rig("battery", "battery_registers", **line).link.patience_s == pytest.approx(8 * (0.5 + 1.1733) + 0.3, abs=1e-3)
    assert Rig("battery", "battery_registers", timeout_s=0.5).link.patience_s == pytest.approx(4.3)


def test_memory_that_wears_out(bare: Callable[..., Rig]) -> None:
    rig = bare()

    async def steps() -> None:
        await rig.link.command({"p_max_kw": 3.0})
        await rig.link.command({"p_max_kw": 3.0})
        assert rig.connection.writes == [(2, (3000,))]
        with pytest.raises(TooSoonError, match=r"eeprom wears out and may change every 60 s only; the next time in 60\.0 s"):
            await rig.link.command({"p_max_kw": 2.0})
        assert rig.connection.writes == [(2, (3000,))]

    run(steps)


def test_what_the_device_cannot_set(bare: Callable[..., Rig]) -> None:
    rig = bare()

    async def steps() -> None:
        with pytest.raises(DeviceError, match="d: the device has no way to set p_min_kw; it has p_set_kw, p_max_kw"):
            await rig.link.command({"p_min_kw": 0.0})
        # With a target there is a way: the target is held within the limit.
        await rig.link.command({"p_set_kw": -2.0, "p_min_kw": -1.0})

    run(steps)
    assert rig.connection.writes == [(1, (0x10000 - 1000,))]


def test_what_the_device_refuses_to_show_is_left_out_and_the_rest_goes_on() -> None:
    rig = Mapped()
    for address in (120, 121):
        del rig.connection.registers[3, address]

    async def steps() -> None:
        await rig.unit.prepare()
        rig.connection.reads.clear()
        await rig.link.sample()

    run(steps)
    assert rig.connection.reads == [(100, 8)]
    assert rig.reading("p_kw")[:2] == (-1.5, "GOOD")
    assert rig.reading("energy_kwh")[1:] == ("MISSING", "the device has none of stored")


def test_a_block_that_is_refused_later_is_split_and_remembered() -> None:
    rig = Mapped()

    async def steps() -> None:
        await rig.unit.prepare()
        del rig.connection.registers[3, 105]
        await rig.link.sample()
        rig.connection.reads.clear()
        await rig.link.sample()

    run(steps)
    assert rig.reading("p_kw")[:2] == (-1.5, "GOOD")
    assert rig.reading("soh")[1] == "BAD"
    assert all(not start <= 105 < start + count for start, count in rig.connection.reads)


def test_silence_and_coming_back() -> None:
    rig = Mapped()

    async def steps() -> None:
        await rig.unit.prepare()
        await rig.link.sample()
        rig.connection.silent = True
        await rig.link.sample()
        assert rig.link.state is LinkState.DOWN
        assert rig.reading("p_kw") == (-1.5, "STALE", "no answer within 0.5 s")
        rig.connection.silent = False
        await rig.link.sample()

    run(steps)
    assert rig.link.state is LinkState.UP
    assert rig.reading("p_kw")[:2] == (-1.5, "GOOD")


def test_a_connection_that_is_down() -> None:
    rig = Mapped()
    rig.connection.connected, rig.connection.reason, rig.connection.generation = False, "refused", 0

    async def steps() -> None:
        await rig.link.sample()
        assert rig.link.state is LinkState.DOWN
        assert "192.0.2.1:502: refused" in rig.link.said
        with pytest.raises(NotConnectedError):
            await rig.link.command({"p_set_kw": 1.0})
        with pytest.raises(NotConnectedError):
            await rig.link.release()

    run(steps)


def test_after_a_reconnect_the_same_device_is_used_at_once() -> None:
    rig = Storage()

    async def steps() -> None:
        await rig.unit.prepare()
        rig.connection.generation += 1
        rig.connection.reads.clear()
        await rig.link.sample()
        assert rig.link.state is LinkState.DOWN
        await rig.unit.prepare()
        # Its common model is compared, nothing else is read.
        assert rig.connection.reads == [(40_002, 68)]
        await rig.link.sample()

    run(steps)
    assert rig.reading("p_kw")[1] == "GOOD"


def test_after_a_reconnect_that_no_reading_saw_the_device_is_armed_anew() -> None:
    """The connection was away for less than a step; the device may have restarted."""
    rig = Storage()

    async def steps() -> None:
        await rig.unit.prepare()
        await rig.link.sample()
        await rig.link.arm()
        session = rig.link.session
        rig.connection.generation += 1
        await rig.unit.prepare()
        assert not rig.link.armed
        await rig.link.sample()
        assert (rig.link.state, rig.link.session) == (LinkState.UP, session + 1)

    run(steps)


def test_looking_again_does_not_change_the_way_in_which_a_device_is_controlled() -> None:
    rig = Rig("battery", "sunspec", safe={"within_s": 60.0})
    at = rig.connection.sunspec([1, 701, 704, 124])
    rig.connection.put(at, m701_W=0, m701_W_SF=0, m704_WSet=0, m704_WSet_SF=0, m704_WSetEna=0, m704_WSetMod=0, m704_WSetRvrtTms=0)
    rig.connection.put(at, m124_WChaMax=4000, m124_WChaMax_SF=0, m124_StorCtl_Mod=0, m124_InWRte=0, m124_OutWRte=0)
    rig.connection.put(at, m124_InOutWRte_SF=0, m124_InOutWRte_RvrtTms=0)

    async def steps() -> None:
        await rig.unit.prepare()
        await rig.link.arm()
        held = rig.connection.registers.pop((3, at[704] + models()[704].points["WSetEna"].at))  # refused for once
        await rig.unit.prepare(anew=True)
        rig.connection.registers[3, at[704] + models()[704].points["WSetEna"].at] = held
        rig.unit.absent.clear()
        await rig.link.command({"p_set_kw": 2.0})

    run(steps)
    assert rig.connection.shows(at, "704_WSet") == -2000
    assert rig.connection.shows(at, "124_StorCtl_Mod") == 0


def test_after_a_reconnect_another_device_is_found_out_anew() -> None:
    rig = Storage()

    async def steps() -> None:
        await rig.unit.prepare()
        rig.connection.generation += 1
        rig.connection.hold(40_004, 0x4F54, 0x4845)
        await rig.unit.prepare()
        assert rig.unit.replaced
        assert rig.link.said.startswith("OTHE")

    run(steps)


class Counting(Rig):
    """A meter with a counter of 32 bits."""

    def __init__(self) -> None:
        super().__init__("meter", "sunspec", rated_kw=0.0, mode="monitor")
        self.at = self.connection.sunspec([1, 203])
        self.connection.put(self.at, m203_W=-250, m203_W_SF=1, m203_TotWhImp=0xFFFF_FF00, m203_TotWh_SF=0, m203_TotWhExp=5)


def test_energy_over_a_wrap_and_a_scale_factor_that_moves() -> None:
    rig = Counting()
    values = []

    async def steps() -> None:
        await rig.unit.prepare()
        for raw, factor in ((0xFFFF_FF00, 0), (0x100, 0), (0x100, 0), (0, 0), (0x200, 0), (0x33, 1)):
            rig.connection.put(rig.at, m203_TotWhImp=raw, m203_TotWh_SF=factor)
            await rig.link.sample()
            values.append(rig.reading("energy_import_kwh")[0])

    run(steps)
    # 0x200 counts of 1 Wh over the wrap; 0 means "not implemented" in SunSpec; 51 counts of 10 Wh are 512 of 1 Wh, rounded.
    assert values == pytest.approx([0.0, 0.512, 0.512, 0.512, 0.768, 0.768])
    assert rig.reading("p_kw")[0] == -2.5


def test_frozen_within_three_seconds() -> None:
    watcher = Watcher("Hb", 2.5)
    times = [0.0, 1.0, 2.0, 3.0, 4.0]
    assert [watcher.see(raw, now_s) for raw, now_s in zip([1, 2, 2, 2, 2], times, strict=True)] == [
        "", "", "", "", "the heartbeat Hb has stood still for 3.0 s",
    ]  # fmt: skip
    assert watcher.see(3, 5.0) == ""
    assert watcher.see(None, 50.0) == ""


def test_the_link_says_that_readings_are_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Storage()
    now = [100.0]
    monkeypatch.setattr("hardware_in_loop.modbus.link.time.monotonic", lambda: now[0])

    async def steps() -> None:
        await rig.unit.prepare()
        for _ in range(4):
            await rig.link.sample()
            now[0] += 1.0

    run(steps)
    assert rig.reading("p_kw")[1:] == ("STALE", "the heartbeat 715:DERHb has stood still for 3.0 s")


def test_our_heartbeat_skips_what_means_not_implemented() -> None:
    beater = Beater(Point(name="CtrlHb", address=0, kind=Kind.UINT16, void=(0xFFFF,)))
    beater._count = 0xFFFD
    assert [beater.next() for _ in range(3)] == [0xFFFE, 0, 1]


def test_two_links_of_a_hybrid_share_their_reads() -> None:
    rig = Rig("battery", "sunspec_hybrid", mode="monitor")
    other = Rig("pv", "sunspec_hybrid", mode="monitor")
    at = rig.connection.sunspec([1, 103, 160])
    rig.connection.put(at, m160_DCW_SF=0, m103_W=1000, m103_W_SF=0, m103_St=4)
    # Four modules: two strings of 700 W and 800 W, the battery takes 0 W and gives 500 W (Fronius GEN24's order).
    module = at[160] + 10
    rig.connection.hold(at[160] + 1, 88)
    for number, watts in enumerate((700, 800, 0, 500)):
        rig.connection.hold(module + 20 * number, *[0] * 20)
        rig.connection.hold(module + 20 * number + 11, watts)
    rig.connection.hold(module + 80, 0xFFFF, 0)
    other.link.unit = rig.unit
    rig.unit.users.append(other.link)

    async def steps() -> None:
        await rig.unit.prepare()
        rig.connection.reads.clear()
        await asyncio.gather(rig.link.sample(), other.link.sample())

    run(steps)
    assert rig.reading("p_kw")[0] == -0.5
    assert other.reading("p_kw")[0] == -1.5
    assert len(rig.connection.reads) == 1


def test_the_keeper_says_what_is_wrong_and_goes_on_until_it_is_right() -> None:
    rig = Storage()
    held = dict(rig.connection.registers)
    rig.connection.registers.clear()

    async def steps() -> None:
        rig.keeper.start()
        await asyncio.sleep(0.05)
        await rig.link.sample()
        assert rig.link.state is LinkState.DOWN
        assert "no letters 'SunS' at 40000, 0, 50000" in rig.link.said
        rig.connection.registers.update(held)
        while rig.link.state is not LinkState.UP:
            await asyncio.sleep(0.05)
            await rig.link.sample()
        await rig.keeper.close()

    run(steps)
    assert rig.reading("p_kw") == (1.5, "GOOD", "")


def test_the_heartbeat_counts_only_while_armed() -> None:
    rig = Storage()

    async def steps() -> None:
        await rig.unit.prepare()
        await rig.keeper._beat()
        assert rig.wrote("715_ControllerHb") == {"715_ControllerHb": 0}
        await rig.link.arm()
        await rig.keeper._beat()
        await rig.keeper._beat()
        assert rig.wrote("715_ControllerHb") == {"715_ControllerHb": 2}
        await rig.link.release()
        await rig.keeper._beat()

    run(steps)
    assert rig.wrote("715_ControllerHb") == {"715_ControllerHb": 2}


def test_a_driver_that_closes_ends_nobody_who_waits_for_a_reading() -> None:
    rig = Mapped()

    async def steps() -> None:
        await rig.unit.prepare()
        answered = asyncio.Event()

        async def never(*_: object, **__: object) -> tuple[int, ...]:
            await answered.wait()
            return ()

        rig.connection.read = never  # type: ignore[method-assign, assignment]
        sampling = asyncio.create_task(rig.link.sample())
        await asyncio.sleep(0.01)
        await rig.unit.close()
        await sampling

    run(steps)


def test_a_counter_that_shows_nonsense_is_bad_and_ends_nothing() -> None:
    rig = Rig("meter", "sdm630", rated_kw=0.0, mode="monitor")
    rig.connection.hold(0, *[0] * 76, function=4)
    # 230.2 V is 43663333 in IEEE 754; the counter shows -1 kWh.
    rig.connection.hold(0, 0x4366, 0x3333, function=4)
    rig.connection.hold(70, 0x4248, 0x0000, function=4)
    rig.connection.hold(72, 0xBF80, 0x0000, function=4)

    async def steps() -> None:
        await rig.unit.prepare()
        await rig.link.sample()

    run(steps)
    assert rig.reading("voltage_v")[0] == pytest.approx(230.2)
    assert rig.reading("frequency_hz")[0] == 50.0
    assert rig.reading("energy_import_kwh")[1:] == ("BAD", "imported: a counter cannot show -1.0")
    # Fifty registers in between are cheaper left out.
    assert rig.connection.reads[-2:] == [(0, 2), (52, 24)]


LOW = """\
title: low
stands_on: a device with registers that may wait, for this test
points:
  p: {address: 0, type: int16, unit: W}
  import: {address: 10, type: uint32, unit: Wh, poll: low}
  export: {address: 20, type: uint32, unit: Wh, poll: low}
devices:
  meter:
    reads:
      p_kw: [{point: p}]
      energy_import_kwh: [{point: import, counter: true}]
      energy_export_kwh: [{point: export, counter: true}]
"""


def test_what_may_wait_is_read_in_turn(tmp_path: Path) -> None:
    (tmp_path / "low.yaml").write_text(LOW, encoding="utf-8")
    rig = Rig("meter", "low.yaml", folder=tmp_path, rated_kw=0.0, mode="monitor")
    for address in (0, 10, 11, 20, 21):
        rig.connection.hold(address, 0)

    async def steps() -> None:
        await rig.unit.prepare()
        rig.connection.reads.clear()
        for _ in range(3):
            await rig.link.sample()

    run(steps)
    first, second = rig.connection.reads[1], rig.connection.reads[3]
    assert {first, second} == {(10, 2), (20, 2)}
    assert rig.connection.reads == [(0, 1), first, (0, 1), second, (0, 1), first]


def test_a_charging_point_pauses_below_six_amperes_and_falls_back_to_a_value() -> None:
    rig = Rig("charging", "wallbox", rated_kw=11.0, safe={"within_s": 30.0, "set": {"p_max_kw": 4.2}})
    rig.connection.hold(0, *[3, 0, 3450, 0, 0, 0, 0], function=4)
    rig.connection.hold(10, 320, 0, 320, 0)

    async def steps() -> None:
        await rig.link.arm()
        # 4.2 kW over three phases of 230 V are 6.087 A, rounded down to 6.0 A.
        assert [rig.connection.registers[3, address] for address in (10, 11, 12, 13)] == [320, 30, 60, 0]
        await rig.link.command({"p_max_kw": 8.0})
        assert [rig.connection.registers[3, address] for address in (10, 13)] == [115, 1]
        await rig.link.command({"p_max_kw": 4.0})
        assert rig.connection.registers[3, 10] == 0
        await rig.link.sample()

    run(steps)
    assert rig.reading("p_kw")[0] == 3.45
    assert rig.reading("state")[0] == 3.0


def test_a_point_with_one_phase_takes_three_times_the_current() -> None:
    rig = Rig("charging", "wallbox", rated_kw=7.4, facts={"phases_count": 1.0}, safe={"fallback": "none"})
    rig.connection.hold(0, *[3, 0, 0, 0, 0, 0, 0], function=4)
    rig.connection.hold(10, 320, 0, 320, 0)
    run(lambda: rig.link.command({"p_max_kw": 3.68}))
    assert rig.connection.registers[3, 10] == 160


def test_a_heat_pump_keeps_the_bits_of_each_set_point() -> None:
    rig = Rig("building", "heat_pump", safe={"within_s": 900.0})
    rig.connection.hold(10, 213, 502, 1100, 1250, 1)
    rig.connection.hold(40, 200, 500, 0, 0, 0)

    async def steps() -> None:
        await rig.link.arm()
        await rig.link.command({"temp_set_degc": 20.5, "p_max_kw": 2.0})
        assert [rig.connection.registers[3, address] for address in range(40, 45)] == [205, 500, 2000, 900, 3]
        await rig.link.command({"temp_set_degc": math.nan})
        assert rig.connection.registers[3, 44] == 2
        await rig.link.sample()

    run(steps)
    assert rig.reading("temp_indoor_degc")[0] == pytest.approx(21.3)


def test_a_relay_takes_only_on_and_off() -> None:
    rig = Rig("household", "relay_plug", safe={"within_s": 60.0})
    rig.connection.hold(0, 0, 0)
    rig.connection.hold(0, 1, function=1)
    rig.connection.hold(0, 123, function=4)

    async def steps() -> None:
        await rig.link.command({"other_on": 0.0})
        assert rig.connection.registers[1, 0] == 0
        with pytest.raises(DeviceError, match=r"other_on: 0\.5 is not one of what the device takes: 0, 1"):
            await rig.link.command({"other_on": 0.5})
        await rig.link.release()

    run(steps)
    assert rig.connection.registers[1, 0] == 1


def test_releasing_forgets_limits_that_have_no_registers_of_their_own() -> None:
    rig = Storage(safe={"within_s": 60.0})

    async def steps() -> None:
        # Without model 124 the target is held within the limit.
        await rig.link.command({"p_set_kw": 2.0, "p_max_kw": 1.0})
        assert rig.wrote("704_WSet") == {"704_WSet": -1000}
        await rig.link.command({"p_set_kw": math.nan})
        await rig.link.command({"p_set_kw": 2.0})
        await rig.link.release()

    run(steps)
    assert rig.wrote("704_WSetEna") == {"704_WSetEna": 0}


def test_one_set_point_without_fallback_is_barred_and_the_others_work(bare: Callable[..., Rig]) -> None:
    text = BARE.replace(
        "[{values: [{point: p_set}]}]", "[{values: [{point: p_set}], release: {p_set: 0}, revert: {seconds: beat}}]"
    )
    rig = bare(text, safe={"within_s": 5.0})

    async def steps() -> None:
        await rig.link.arm()
        await rig.link.command({"p_set_kw": 0.25})
        with pytest.raises(DeviceError, match="nothing in the device ends p_max_kw within 5 s"):
            await rig.link.command({"p_max_kw": 1.0})

    run(steps)
    assert rig.connection.registers[3, 2] == 0
    assert rig.connection.registers[3, 1] == 250


def test_what_cannot_be_let_go_is_said(bare: Callable[..., Rig]) -> None:
    rig = bare(safe={"fallback": "none"})

    async def steps() -> None:
        await rig.link.command({"p_set_kw": 0.25})
        with pytest.raises(DeviceError, match="nothing lets go of p_set_kw; give the profile registers for it"):
            await rig.link.release()

    run(steps)
