# SPDX-License-Identifier: Apache-2.0
"""Software Modbus devices as a whole, without a line: what registers show, what writing them does, and what ends by itself.

Offsets of SunSpec points are written down by hand from the published models, not taken from the code that is tested.
"""

from __future__ import annotations

import asyncio
import math
import struct

import pytest

from hardware_in_loop.bench.table import TablePhysics
from hardware_in_loop.modbus.bench import ModbusBench
from hardware_in_loop.modbus.bench.pdu import Code, RefusedError, Table
from tests.modbus_bench_case import attached, bench, run, until
from twinergy.adapters import Fault, FaultBoard, LinkContext
from twinergy.errors import DeviceError, ScenarioError

VALUES = {
    "it": {
        "p_kw": -1.5,
        "q_kvar": 0.0,
        "soc": 0.5,
        "soh": 0.9,
        "energy_kwh": 5.0,
        "energy_import_kwh": 100.0,
        "energy_export_kwh": 7.0,
    },
}


class Desk:
    """A bench with one device, its registers at hand."""

    def __init__(self, one, faults, models=None):
        self.physics = TablePhysics(VALUES)
        self.faults = faults
        self.bench = ModbusBench([one], self.physics, faults, LinkContext(rows={}), models=models)
        self.device = self.bench.devices["it"]
        self.page = self.device.page

    def start_of(self, model):
        """Address of a model's ID, found as the standard says: SunS, then ID and length, to 0xFFFF."""
        assert list(self.page.read(Table.HOLDING, 40000, 2)) == [0x5375, 0x6E53]
        at = 40002
        while True:
            number, length = self.page.read(Table.HOLDING, at, 2)
            if number == 0xFFFF:
                pytest.fail(f"no model {model}")
            if number == model:
                return at
            at += 2 + length

    def read(self, model, offset, count=1):
        return list(self.page.read(Table.HOLDING, self.start_of(model) + offset, count))

    def write(self, model, offset, *words):
        self.page.write(Table.HOLDING, self.start_of(model) + offset, words)

    def asked(self, port):
        return self.physics.last("it", port)


def desk(kind="battery", *, models=None, **options):
    return Desk(attached(kind=kind, **options), FaultBoard(), models and {"it": models})


def signed(*words):
    return int.from_bytes(struct.pack(f">{len(words)}H", *words), "big", signed=True)


def words32(value):
    return struct.unpack(">HH", struct.pack(">i", value))


# ---- SunSpec ---------------------------------------------------------------------------------------------------------


def test_every_register_of_the_chain_can_be_read_and_none_behind_it():
    one = desk()
    at = one.start_of(802) + 64
    assert one.page.read(Table.HOLDING, at, 2)[0] == 0xFFFF
    for address in range(40000, at + 2):
        one.page.read(Table.HOLDING, address, 1)
    for address in (39999, at + 2):
        with pytest.raises(RefusedError):
            one.page.read(Table.HOLDING, address, 1)


def test_length_of_models():
    one = desk()
    lengths = {number: one.read(number, 1)[0] for number in (1, 103, 120, 121, 122, 123, 124, 701, 702, 704, 713, 714, 715, 802)}
    # 714 has 18 registers and 25 for its one port.
    assert lengths == {
        1: 66, 103: 50, 120: 26, 121: 30, 122: 44, 123: 24, 124: 24, 701: 153, 702: 50, 704: 65, 713: 7, 714: 43, 715: 7, 802: 62,
    }  # fmt: skip


def test_letters_at_another_base():
    one = desk(sunspec_base=0)
    assert list(one.page.read(Table.HOLDING, 0, 4)) == [0x5375, 0x6E53, 1, 66]


def test_what_is_not_there_says_so():
    one = desk()
    one.physics.set("it", "soc", math.nan)
    assert one.read(713, 4) == [0xFFFF], "uint16"
    assert one.read(701, 35) == [0x8000], "int16: no temperature of the air"
    one.physics.set("it", "p_kw", math.nan)
    assert one.read(701, 10) == [0x8000]


def test_power_and_scale_factor_belong_together():
    one = desk()
    for step in (0, 1, -2):
        one.device.move_scale_factors(step)
        (raw,), (factor,) = one.read(103, 14), one.read(103, 15)
        assert signed(raw) * 10.0 ** signed(factor) == 1500
    assert signed(*one.read(103, 15)) == -1
    assert signed(*one.read(704, 55)) == 0, "what is written keeps its scale"


def test_rating_raises_the_scale_factor():
    one = desk(rated_kw=400.0)
    # Twice 400 kW does not fit 32767 counts of 1 W or 10 W.
    assert signed(*one.read(701, 116)) == 2


def test_pv_limit_of_model_123_and_its_timer():
    async def main():
        one = desk("pv")
        one.write(123, 5, 4000, 0, 1, 0, 1)  # 40.00 %, no delay, 1 s, no ramp, enabled
        asked = one.asked("p_min_kw")
        await until(lambda: math.isnan(one.asked("p_min_kw")))
        return asked, one.read(123, 9), one.physics.writes

    asked, enabled, writes = run(main)
    assert asked == -2.0
    assert enabled == [0]
    assert 0.95 <= writes[1].at_s - writes[0].at_s <= 1.3


def test_storage_of_model_124():
    async def main():
        one = desk()
        one.write(124, 12, 5000, 5000, 0, 60, 0, 1)  # out 50 %, in 50 %, 60 s, from the grid
        assert not one.physics.writes
        one.write(124, 5, 3)
        limits = one.asked("p_min_kw"), one.asked("p_max_kw")
        one.write(124, 5, 1)
        charging = one.asked("p_min_kw"), one.asked("p_max_kw")
        one.write(124, 12, 0x10000 - 3000, 3000)  # -30 % and 30 %: charging with 1.5 kW is all that is left
        one.write(124, 5, 3)
        forced = one.asked("p_set_kw")
        one.write(124, 5, 0)
        one.device.stop()
        return limits, charging, forced, one.asked("p_set_kw")

    limits, charging, forced, released = run(main)
    assert limits == (-2.5, 2.5)
    assert str(charging) == "(nan, 2.5)"
    assert forced == pytest.approx(1.5)
    assert math.isnan(released)


def test_model_704_counts_down_and_takes_its_revert_value():
    async def main():
        one = desk()
        one.write(704, 23, 1, *words32(-3000), *words32(500))  # watts, charge 3 kW, then deliver 0.5 kW
        one.write(704, 30, 1, 0, 1)  # revert value counts, 1 s
        one.write(704, 22, 1)
        first, remaining = one.asked("p_set_kw"), one.read(704, 33, 2)
        await until(lambda: one.asked("p_set_kw") != first)
        return first, remaining, one.asked("p_set_kw"), one.read(704, 22), signed(*one.read(704, 24, 2)), one.read(704, 33, 2)

    assert run(main) == (3.0, [0, 1], -0.5, [1], 500, [0, 0])


def test_model_704_in_percent_and_reactive_power():
    async def main():
        one = desk("pv")
        one.write(704, 22, 1, 0, *words32(0), *words32(0), 2500)  # enabled, percent, 25.00 %
        one.write(704, 36, 4)
        one.write(704, 38, *words32(-700))
        one.write(704, 35, 1)
        return one.asked("p_min_kw"), one.asked("q_set_kvar")

    assert run(main) == (-1.25, 0.7)


def test_limits_of_123_and_704_hold_together():
    async def main():
        one = desk("pv")
        one.write(123, 5, 4000, 0, 0, 0, 1)
        one.write(704, 15, 6000)
        one.write(704, 14, 1)
        both = one.asked("p_min_kw")
        one.write(123, 9, 0)
        return both, one.asked("p_min_kw")

    assert run(main) == (-2.0, -3.0)


def test_renewing_keeps_the_control_alive():
    async def main():
        one = desk()
        one.write(704, 31, 0, 1)
        one.write(704, 23, 1, *words32(-1000))
        one.write(704, 22, 1)
        for _ in range(3):
            await asyncio.sleep(0.45)
            one.write(704, 31, 0, 1)
        alive = one.bench.reverted
        one.device.stop()
        return alive, [write.value for write in one.physics.writes]

    assert run(main) == ([], [1.0])


def test_heartbeat_that_stops_ends_everything():
    async def main():
        one = desk()
        one.device._controls[-1].watchdog.within_s = 0.2
        one.write(704, 23, 1, *words32(-1000))
        one.write(704, 22, 1)
        one.write(715, 5, 0, 1)
        await asyncio.sleep(0.15)
        one.write(802, 19, 1)
        await asyncio.sleep(0.15)
        before = one.asked("p_set_kw")
        await until(lambda: math.isnan(one.asked("p_set_kw")), 1.0)
        return before

    assert run(main) == 1.0


def test_written_halves_and_constants_are_refused():
    one = desk()
    for offset, words in ((24, (1,)), (33, (0, 1)), (55, (1,))):
        with pytest.raises(RefusedError):
            one.write(704, offset, *words)
    assert not one.physics.writes


# ---- faults ----------------------------------------------------------------------------------------------------------


def test_frozen_device_repeats_itself_and_still_obeys():
    async def main():
        one = desk()
        one.faults.set("it", Fault.FROZEN)
        before = one.read(701, 10), one.read(715, 3, 2), one.read(802, 18)
        one.physics.set("it", "p_kw", -3.0)
        await asyncio.sleep(1.1)
        assert (one.read(701, 10), one.read(715, 3, 2), one.read(802, 18)) == before
        one.write(704, 23, 1, *words32(-1000))
        one.write(704, 22, 1)
        one.faults.clear("it")
        return one.asked("p_set_kw"), one.read(701, 10), one.read(715, 3, 2)

    assert run(main) == (1.0, [3000], [0, 1])


def test_ignoring_device_shows_the_old_value():
    one = desk()
    one.faults.set("it", Fault.IGNORE)
    one.write(704, 22, 1)
    assert one.read(704, 22) == [0]
    assert not one.physics.writes


def test_somebody_at_the_panel():
    async def main():
        one, physics, faults = attached(), TablePhysics(VALUES), FaultBoard()
        async with bench(physics, one, faults=faults) as devices:
            page = devices.devices["it"].page
            at = Desk.start_of(type("It", (), {"page": page})(), 704)
            page.write(Table.HOLDING, at + 23, (1, *words32(-1000)))
            page.write(Table.HOLDING, at + 22, (1,))
            faults.set("it", Fault.LOCAL)
            await until(lambda: math.isnan(physics.last("it", "p_set_kw")))
            with pytest.raises(RefusedError) as caught:
                page.write(Table.HOLDING, at + 22, (1,))
            local = page.read(Table.HOLDING, Desk.start_of(type("It", (), {"page": page})(), 715) + 2, 1)[0]
            return caught.value.code, local, page.read(Table.HOLDING, at + 22, 1)[0]

    assert run(main) == (Code.FAILURE, 1, 0)


def test_restart_forgets_what_was_written_and_counted():
    async def main():
        one = desk("meter")
        imported = signed(*one.read(203, 46, 2))
        one.device.restart()
        one.physics.set("it", "energy_import_kwh", 100.25)
        return imported, signed(*one.read(203, 46, 2))

    assert run(main) == (100_000, 250)


def test_counter_begins_again_behind_its_end():
    one = desk("meter")
    one.physics.set("it", "energy_import_kwh", 0.0)
    one.device.near_wrap(10)
    before = one.read(203, 46, 2)
    one.physics.set("it", "energy_import_kwh", 0.025)
    assert before == [0xFFFF, 0xFFF6]
    assert one.read(203, 46, 2) == [0, 15], "25 Wh later"


# ---- a profile's own registers ---------------------------------------------------------------------------------------


def registers(**options):
    return desk(profile="battery_registers", **options)


def test_registers_show_the_physics():
    one = registers()
    one.physics.set("it", "p_kw", -70.001)
    # CDAB: the low word first. 70001 W delivered, which this device counts as positive.
    assert list(one.page.read(Table.HOLDING, 100, 2)) == [70001 & 0xFFFF, 1]
    assert list(one.page.read(Table.HOLDING, 104, 2)) == [500, 900]
    assert list(one.page.read(Table.HOLDING, 120, 2)) == [5000, 0]
    one.physics.set("it", "soc", math.nan)
    assert list(one.page.read(Table.HOLDING, 104, 1)) == [65535]


async def reverted(to_value):
    """Ask for 2 kW for a second; return what was asked before it was enabled, then, and after the second, and what enables it."""
    one = registers()
    for address, words in ((200, (0xF830, 0xFFFF)), (202, (1,)), (203, (500, 0)), (205, (to_value,))):  # -2000 W, 1 s, then 500 W
        one.page.write(Table.HOLDING, address, words)
    nothing = one.asked("p_set_kw")
    one.page.write(Table.HOLDING, 206, (1,))
    first = one.asked("p_set_kw")
    await until(lambda: str(one.asked("p_set_kw")) != str(first))
    return str((nothing, first, one.asked("p_set_kw"))), one.page.read(Table.HOLDING, 206, 1)[0]


def test_registers_revert_to_a_value_or_to_nothing():
    async def main():
        return await asyncio.gather(reverted(1), reverted(0))

    assert run(main) == [("(nan, 2.0, -0.5)", 1), ("(nan, 2.0, nan)", 0)]


def test_registers_refuse_what_is_beyond_the_limits():
    one = registers()
    with pytest.raises(RefusedError) as caught:
        one.page.write(Table.HOLDING, 200, (0, 0x7FFF))
    assert caught.value.code is Code.VALUE


def test_registers_of_somebody_at_the_panel_and_the_heartbeat():
    async def main():
        one = registers()
        well = one.page.read(Table.HOLDING, 106, 1)[0]
        one.faults.set("it", Fault.LOCAL)
        local, beat = one.page.read(Table.HOLDING, 106, 2)
        await asyncio.sleep(1.05)
        return well, local, one.page.read(Table.HOLDING, 107, 1)[0] - beat

    assert run(main) == (1, 2, 1)


# ---- the bench -------------------------------------------------------------------------------------------------------


def test_bench_says_where_everything_is(tmp_path):
    async def main():
        battery = attached("battery-1", unit=3)
        far = attached("far-1", "meter", host="192.168.1.9")
        serial = attached("serial-1", profile="battery_registers", transport="rtu", serial_port=str(tmp_path / "ttyS9"))
        devices = ModbusBench([battery, far, serial], TablePhysics({}), FaultBoard(), LinkContext(rows={}))
        said = await devices.start()
        await devices.close()
        return battery.options.port, said, tmp_path / "ttyS9"

    port, said, path = run(main)
    assert said["battery-1"] == f"127.0.0.1:{port} unit 3"
    assert said["far-1"].startswith("127.0.0.1:"), "the bench is not that host"
    assert said["serial-1"] == f"{path} unit 1"
    assert not path.exists()


def test_bench_without_its_certificate(tmp_path):
    one = attached(transport="tls", host="127.0.0.1", port=8021, ca_file="ca.pem")
    with pytest.raises(DeviceError, match=r"127\.0\.0\.1:8021: its certificate cannot be read .*bench-server\.pem"):
        ModbusBench([one], TablePhysics({}), FaultBoard(), LinkContext(rows={}, folder=tmp_path))


def test_bench_with_an_unknown_profile():
    with pytest.raises(ScenarioError, match="batery"):
        desk(profile="batery_registers")
