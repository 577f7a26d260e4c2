# SPDX-License-Identifier: Apache-2.0
"""The adapter's links against software devices over real sockets: readings, set-points, fallback, every fault."""

from __future__ import annotations

import asyncio
import json
import math
import sys
import time
from contextlib import asynccontextmanager

import pytest

from hardware_in_loop.bench.table import TablePhysics
from hardware_in_loop.modbus import ADAPTER
from tests.modbus_bench_case import attached, run, until
from twinergy.adapters import Fault, FaultBoard, Image, LinkContext, Quality
from twinergy.errors import DeviceError

PHYSICS = {
    "battery": {"p_kw": -1.234, "q_kvar": 0.321, "soc": 0.654, "soh": 0.93, "energy_kwh": 6.54},
    "pv": {"p_kw": -3.21, "q_kvar": -0.4, "p_available_kw": -3.5},
    "meter": {
        "p_kw": 2.345, "q_kvar": -0.5, "voltage_v": 231.5, "frequency_hz": 49.98, "energy_import_kwh": 1234.567,
        "energy_export_kwh": 89.01,
    },
    "building": {"p_kw": 2.1, "p_heat_pump_kw": 1.9, "temp_indoor_degc": 21.3, "temp_tank_degc": 48.2},
    "charging": {"p_kw": 7.36, "state": 3.0, "energy_kwh": 123.456, "session_kwh": 4.5},
    "sensor": {"temp_indoor_degc": -3.4, "humidity_percent": 45.6, "co2_ppm": 812.0, "illuminance_lx": 320.0, "noise_dba": 38.5},
    "household": {"p_other_kw": 0.0601},
}  # fmt: skip
COUNT = {"p": 0.001, "q": 0.001, "soc": 0.001, "soh": 0.001, "energy": 0.01, "voltage": 0.1, "frequency": 0.01, "temp": 0.1,
         "humidity": 0.1, "noise": 0.1}  # fmt: skip
"""One count of the profiles that come along, in the ports' units, by the beginning of the port's name."""
COUNTERS = {"energy_import_kwh", "energy_export_kwh"}
CONSTANT = {"sensor": {"valid": 1.0, "age_s": 0.0}}
FAST = {"timeout_s": 0.3, "safe": {"within_s": 2.0}}


class Swap:
    """Links, and the software devices that they talk to."""

    def __init__(self, ones, faults=None, models=None, **physics):
        self.faults = faults or FaultBoard()
        self.physics = TablePhysics({one.device: PHYSICS[one.kind] for one in ones}, **physics)
        ports = {one.id: sorted(ADAPTER.coverage(one.kind, one.options).reads) for one in ones}
        self.keys = [(link, port) for link, names in ports.items() for port in names]
        self.image = Image(self.keys, [1.0] * len(self.keys))
        context = LinkContext(rows={one.id: self.image.row(one.id) for one in ones})
        self.bench = ADAPTER.bench(ones, self.physics, self.faults, context)
        if models:
            self.bench = type(self.bench)(ones, self.physics, self.faults, context, models=models)
        self.driver = ADAPTER.driver(ones, context)
        self.links = self.driver.links

    async def sample(self, *, good=None, within_s=5.0, link="it", port=None):
        """Sample as a run does, every 50 ms, until a port's quality is as wanted; return how long that took."""
        port = port or next(name for one, name in sorted(self.keys, key=lambda key: key[1] != "p_kw") if one == link)
        start_s = time.monotonic()
        while True:
            await asyncio.gather(*(one.sample() for one in self.links.values()))
            reading = self.image.reading(link, port)
            if good is None or reading.quality in good:
                return time.monotonic() - start_s
            assert time.monotonic() - start_s < within_s, reading
            await asyncio.sleep(0.05)

    def read(self, port, link="it"):
        return self.image.reading(link, port)

    async def arm(self, link="it"):
        await self.sample(good={Quality.GOOD}, link=link)
        await self.links[link].arm()


@asynccontextmanager
async def swap(*ones, **options):
    one = Swap(ones, **options)
    await one.bench.start()
    await one.driver.start()
    try:
        yield one
    finally:
        await one.driver.close()
        await one.bench.close()


def one_count(port):
    return next((count for start, count in COUNT.items() if port.startswith(start)), 1.0)


DEVICES = [
    ("battery", "sunspec"), ("pv", "sunspec"), ("meter", "sunspec"), ("battery", "battery_registers"), ("pv", "pv_registers"),
    ("meter", "sdm630"), ("meter", "transformer_rtu"), ("building", "heat_pump"), ("charging", "wallbox"),
    ("sensor", "room_sensor"), ("household", "relay_plug"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "profile"), DEVICES)
def test_readings_equal_the_physics_to_one_count(kind, profile):
    async def main():
        async with swap(attached(kind=kind, profile=profile, rated_kw=11.0, **FAST)) as it:
            await it.sample(good={Quality.GOOD})
            for _ in range(3):
                await it.sample()
            return {port: it.read(port) for _, port in it.keys}

    read = run(main)
    expected = PHYSICS[kind] | CONSTANT.get(kind, {})
    shown = {port for port, one in read.items() if one.quality is Quality.GOOD}
    assert shown >= set(read) & set(expected), {port: one.reason for port, one in read.items()}
    for port in shown & set(expected):
        want = 0.0 if port in COUNTERS or (kind, port) == ("charging", "energy_kwh") else expected[port]
        assert read[port].value == pytest.approx(want, abs=one_count(port)), port


# ---- set-points ------------------------------------------------------------------------------------------------------

COMMANDS = [
    ("battery", "sunspec", {"p_set_kw": 2.0}),
    ("battery", "sunspec", {"p_set_kw": -2.345}),
    ("battery", "sunspec", {"p_min_kw": -3.3, "p_max_kw": 1.1}),
    ("battery", "battery_registers", {"p_set_kw": 1.5}),
    ("pv", "sunspec", {"p_min_kw": -2.2}),
    ("pv", "sunspec", {"q_set_kvar": 0.5}),
    ("pv", "pv_registers", {"p_min_kw": -4.4}),
    ("building", "heat_pump", {"temp_set_degc": 19.5, "p_max_kw": 1.2}),
    ("building", "heat_pump", {"tank_temp_set_degc": 55.0}),
    ("charging", "wallbox", {"p_max_kw": 8.28}),
    ("household", "relay_plug", {"other_on": 0.0}),
]
WRITTEN_COUNT = {"wallbox": 0.1 * 0.69, "pv_registers": 0.011, "sunspec": 0.0022, "heat_pump": 0.1}
"""What one count of the register that takes the set-point is worth: 0.1 A at 3 x 230 V, 0.1 % of 11 kW, 0.01 % of 11 kW twice."""


async def commanded(kind, profile, values):
    """Arm for a second, command, renew at half of it, vanish; return what arrived, early reverts, and when it was over."""
    async with swap(attached(kind=kind, profile=profile, rated_kw=11.0, timeout_s=0.3, safe={"within_s": 1.0})) as it:
        await it.arm()
        await it.links["it"].command(values)
        arrived = {port: it.physics.last("it", port) for port in values}
        for _ in range(3):
            await asyncio.sleep(0.5)
            await it.links["it"].command(values)
        renewed = list(it.bench.reverted)
        last_s = time.monotonic()
        await it.driver.close()
        await until(lambda: all(math.isnan(it.physics.last("it", port)) for port in values), 4.0)
        return arrived, renewed, time.monotonic() - last_s


def test_commands_arrive_renew_and_revert():
    async def main():
        return await asyncio.gather(*(commanded(*one) for one in COMMANDS))

    for (kind, profile, values), (arrived, renewed, took_s) in zip(COMMANDS, run(main), strict=True):
        assert arrived == pytest.approx(values, abs=WRITTEN_COUNT.get(profile, 0.001)), (kind, profile)
        assert renewed == [], (kind, profile)
        assert 0.4 < took_s <= 1.2, (kind, profile)


@pytest.mark.parametrize(
    ("kind", "models", "signs", "values"),
    [
        ("battery", None, {"p_kw": "load", "q_kvar": "load", "p_set_kw": "load"}, {"p_set_kw": 1.5}),
        ("battery", (1, 103, 124, 802), {"p_kw": "load"}, {"p_set_kw": -1.5}),
        ("battery", (1, 103, 124, 802), {"p_set_kw": "load"}, {"p_set_kw": 1.5}),
        ("pv", None, {"p_kw": "load", "q_set_kvar": "load"}, {"q_set_kvar": 0.5}),
        ("meter", None, {"p_kw": "generation"}, {}),
    ],
)
def test_a_device_that_counts_the_other_way_round_is_turned_once(kind, models, signs, values):
    async def main():
        async with swap(attached(kind=kind, signs=signs, **FAST), models={"it": models} if models else None) as it:
            await it.sample(good={Quality.GOOD})
            if values:
                await it.links["it"].arm()
                await it.links["it"].command(values)
            return {port: it.read(port).value for port in ("p_kw", "q_kvar")}, {
                port: it.physics.last("it", port) for port in values
            }

    read, arrived = run(main)
    assert read == pytest.approx({port: PHYSICS[kind][port] for port in read}, abs=0.001)
    assert arrived == pytest.approx(values, abs=0.001)


def test_letting_go_and_release():
    async def main():
        async with swap(attached(**FAST)) as it:
            await it.arm()
            link = it.links["it"]
            await link.command({"p_set_kw": 2.0})
            await link.command({"p_set_kw": math.nan})
            let_go = it.physics.last("it", "p_set_kw")
            await link.command({"p_set_kw": -1.0})
            await link.release()
            return let_go, it.physics.last("it", "p_set_kw"), it.bench.reverted

    let_go, released, reverted = run(main)
    assert math.isnan(let_go)
    assert math.isnan(released)
    assert reverted == []


def test_a_device_that_was_silent_a_moment_ago_is_released_all_the_same():
    """It is asked seldom while it keeps silent, but the emergency stop does not wait for that."""

    async def main():
        battery = attached("battery-1", timeout_s=0.2, safe={"within_s": 60.0})
        other = attached("meter-1", "meter", port=battery.options.port, host="127.0.0.1", unit=2, timeout_s=0.2, mode="monitor")
        async with swap(battery, other) as it:
            await it.arm("battery-1")
            await it.sample(good={Quality.GOOD}, link="meter-1")
            await it.links["battery-1"].command({"p_set_kw": 2.0})
            it.faults.set("battery-1", Fault.SILENT)
            for _ in range(4):
                await it.links["battery-1"].sample()
            it.faults.clear("battery-1")
            await it.links["battery-1"].release()
            return it.physics.last("battery-1", "p_set_kw")

    assert math.isnan(run(main))


async def fallen_back(profile):
    """Vanish after a command; return how long it took to the safe value, and all that the physics was told."""
    async with swap(attached(profile=profile, timeout_s=0.3, safe={"within_s": 1.0, "set": {"p_set_kw": 0.5}})) as it:
        await it.arm()
        await it.links["it"].command({"p_set_kw": -3.0})
        last_s = time.monotonic()
        await it.driver.close()
        await until(lambda: it.physics.last("it", "p_set_kw") == 0.5, 4.0)
        return time.monotonic() - last_s, [one.value for one in it.physics.writes]


def test_fallback_to_a_value_within_its_time():
    """The laboratory is gone from one moment to the next: within a second the device has its safe value, not just any."""

    async def main():
        return await asyncio.gather(*(fallen_back(profile) for profile in ("sunspec", "battery_registers")))

    for took_s, values in run(main):
        assert 0.4 < took_s <= 1.1
        assert values == [-3.0, 0.5]


def test_hybrid_shares_a_unit():
    async def main():
        battery = attached("battery-1", profile="sunspec_hybrid", **FAST)
        pv = attached("pv-1", "pv", profile="sunspec_hybrid", port=battery.options.port, host="127.0.0.1", **FAST)
        async with swap(battery, pv) as it:
            await it.arm("battery-1")
            await it.arm("pv-1")
            await it.links["battery-1"].command({"p_set_kw": 1.5})
            await it.links["pv-1"].command({"p_min_kw": -2.0})
            read = it.read("p_kw", "battery-1").value, it.read("p_kw", "pv-1").value
            return read, it.physics.last("battery-1", "p_set_kw"), it.physics.last("pv-1", "p_min_kw")

    (battery_kw, pv_kw), target, limit = run(main)
    assert (battery_kw, pv_kw) == pytest.approx((-1.234, -3.21), abs=0.001)
    assert target == pytest.approx(1.5, abs=0.001)
    assert limit == pytest.approx(-2.0, abs=0.0011)


def test_older_device_with_models_120_to_124():
    async def main():
        async with swap(attached(**FAST), models={"it": (1, 103, 120, 121, 123, 124)}) as it:
            await it.arm()
            await it.links["it"].command({"p_set_kw": 2.5})
            charging = it.physics.last("it", "p_set_kw")
            await it.links["it"].command({"p_set_kw": -1.25})
            return charging, it.physics.last("it", "p_set_kw"), it.read("soc").value

    assert run(main) == pytest.approx((2.5, -1.25, 0.654), abs=0.001)


# ---- faults ----------------------------------------------------------------------------------------------------------


FAULTS = [
    # What it is, the quality that it leads to, how long that may take.
    (Fault.SILENT, Quality.STALE, 1.5),
    (Fault.OFFLINE, Quality.STALE, 0.5),
    (Fault.FLAPPING, Quality.STALE, 1.0),
    (Fault.GARBAGE, Quality.STALE, 1.5),
    (Fault.LATE, Quality.STALE, 1.5),
    (Fault.FROZEN, Quality.STALE, 4.5),
    (Fault.LOCAL, Quality.LOCAL, 0.5),
]


async def suffered(fault, wanted, within_s, **options):
    """Return the reading under a fault, how long it took to be seen and to be mended, and the reading after it."""
    async with swap(attached(**FAST, **options)) as it:
        await it.sample(good={Quality.GOOD})
        it.faults.set("it", fault)
        seen_s = await it.sample(good={wanted}, within_s=within_s + 1.0)
        during = it.read("p_kw")
        await asyncio.sleep(0.5)
        it.physics.set("it", "p_kw", -0.777)
        it.faults.clear("it")
        mended_s = await it.sample(good={Quality.GOOD})
        return during, seen_s, mended_s, it.read("p_kw")


def test_faults_are_seen_and_good_again_within_a_second():
    async def main():
        return await asyncio.gather(*(suffered(*one) for one in FAULTS))

    for (fault, _, within_s), (during, seen_s, mended_s, after) in zip(FAULTS, run(main), strict=True):
        assert seen_s <= within_s, fault
        assert during.value == pytest.approx(-1.234), "the last good value stands"
        assert during.reason, fault
        assert mended_s <= 1.0, fault
        assert after.value == pytest.approx(-0.777), fault


def test_faults_on_a_serial_line(tmp_path):
    faults = (Fault.SILENT, Fault.OFFLINE, Fault.FLAPPING, Fault.GARBAGE)

    async def main():
        lines = [{"transport": "rtu", "serial_port": str(tmp_path / f"tty{fault}"), "baud_rate": 115200} for fault in faults]
        return await asyncio.gather(
            *(suffered(fault, Quality.STALE, 2.0, **line) for fault, line in zip(faults, lines, strict=True))
        )

    for fault, (during, _, mended_s, after) in zip(faults, run(main), strict=True):
        assert during.value == pytest.approx(-1.234), fault
        assert mended_s <= 1.0, fault
        assert after.value == pytest.approx(-0.777), fault


def test_device_that_says_everything_twice_shows_no_wrong_value():
    async def main():
        async with swap(attached(**FAST)) as it:
            await it.sample(good={Quality.GOOD})
            it.faults.set("it", Fault.DOUBLE)
            values = set()
            for step in range(40):
                it.physics.set("it", "p_kw", -step / 10)
                await it.sample()
                reading = it.read("p_kw")
                if reading.quality is Quality.GOOD:
                    values.add(abs(reading.value + step / 10) <= 0.001)
                await asyncio.sleep(0.01)
            it.faults.clear("it")
            return values, await it.sample(good={Quality.GOOD})

    values, mended_s = run(main)
    assert values == {True}
    assert mended_s <= 1.0


@pytest.mark.parametrize(("fault", "match"), [(Fault.REJECT, "exception 4"), (Fault.IGNORE, "acknowledged, but not done")])
def test_commands_that_are_not_done_are_failures(fault, match):
    async def main():
        async with swap(attached(**FAST)) as it:
            await it.arm()
            it.faults.set("it", fault)
            with pytest.raises(DeviceError, match=match):
                await it.links["it"].command({"p_set_kw": 2.0})
            writes = list(it.physics.writes)
            it.faults.clear("it")
            await it.links["it"].arm()
            await it.links["it"].command({"p_set_kw": 2.0})
            await it.sample(good={Quality.GOOD}, within_s=1.0)
            return writes, it.physics.last("it", "p_set_kw")

    assert run(main) == ([], 2.0)


def test_restarted_meter_loses_and_doubles_no_energy():
    async def main():
        async with swap(attached(kind="meter", **FAST)) as it:
            begin = PHYSICS["meter"]["energy_import_kwh"]
            await it.sample(good={Quality.GOOD})
            it.physics.set("it", "energy_import_kwh", begin + 0.4)
            await it.sample()
            before = it.read("energy_import_kwh").value
            it.faults.set("it", Fault.RESTART)
            await asyncio.sleep(0.1)
            it.physics.set("it", "energy_import_kwh", begin + 0.65)
            await it.sample(good={Quality.STALE})
            await it.sample(good={Quality.GOOD}, port="energy_import_kwh")
            # A register that has fallen is believed once it goes on counting.
            it.physics.set("it", "energy_import_kwh", begin + 0.7)
            await it.sample()
            return before, it.read("energy_import_kwh").value

    assert run(main) == pytest.approx((0.4, 0.7), abs=0.0011)


def test_counter_that_wraps_loses_nothing():
    async def main():
        async with swap(attached(kind="meter", **FAST)) as it:
            it.physics.set("it", "energy_import_kwh", 0.0)
            it.bench.near_wrap("it", 100)
            await it.sample(good={Quality.GOOD})
            totals = []
            for kwh in (0.05, 0.099, 0.102, 0.3):
                it.physics.set("it", "energy_import_kwh", kwh)
                await it.sample()
                totals.append(it.read("energy_import_kwh").value)
            return totals

    assert run(main) == pytest.approx([0.05, 0.099, 0.102, 0.3], abs=0.0011)


def test_scale_factors_that_move_do_not_move_values():
    async def main():
        async with swap(attached(**FAST)) as it:
            await it.sample(good={Quality.GOOD})
            values = []
            for step in (1, 1, -3, 1):
                it.bench.move_scale_factors("it", step)
                await it.sample()
                values.append(it.read("p_kw").value)
            return values

    assert run(main) == pytest.approx([-1.23, -1.2, -1.234, -1.234], abs=0.0001)


@pytest.mark.parametrize("transport", ["rtu", "rtu_over_tcp", "tls"])
def test_other_lines(transport, tmp_path):
    options = {"transport": transport}
    if transport == "rtu":
        options |= {"serial_port": str(tmp_path / "ttyS9"), "baud_rate": 115200}
    elif transport == "tls":
        trustme = pytest.importorskip("trustme")
        authority = trustme.CA()
        authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(tmp_path / "bench-server.pem")
        authority.issue_cert("lab").private_key_and_cert_chain_pem.write_to_path(tmp_path / "lab.pem")
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        options |= {"ca_file": str(tmp_path / "ca.pem"), "certificate_file": str(tmp_path / "lab.pem")}

    async def main():
        async with swap(attached(**FAST, **options)) as it:
            await it.arm()
            await it.links["it"].command({"p_set_kw": 2.0})
            return it.read("p_kw").value, it.physics.last("it", "p_set_kw")

    assert run(main) == pytest.approx((-1.234, 2.0), abs=0.001)


@pytest.mark.parametrize("transport", ["tcp", "rtu"])
def test_a_scan_proposes_blocks_that_a_scenario_takes(transport, tmp_path):
    serial = {"transport": "rtu", "serial_port": str(tmp_path / "ttyUSB7"), "baud_rate": 115200, "parity": "N"}

    async def main():
        battery = attached("battery-1", profile="sunspec_hybrid", unit=3, **(serial if transport == "rtu" else {}))
        place = serial if transport == "rtu" else {"host": "127.0.0.1", "port": battery.options.port}
        pv = attached("pv-1", "pv", profile="sunspec_hybrid", unit=3, **place)
        async with swap(battery, pv) as it:
            await it.driver.close()
            where = f"{serial['serial_port']}@115200N" if transport == "rtu" else f"127.0.0.1:{battery.options.port}"
            found = await ADAPTER.scan(where)
        assert {one["adapter"].pop("kind") for one in found} == {"modbus"}
        again = [attached(one["kind"], one["kind"], **one["adapter"]) for one in found]
        async with swap(*again) as it:
            assert {one.options.mode for one in again} == {"monitor"}, "what is found is not commanded before somebody says so"
            for one in again:
                await it.sample(good={Quality.GOOD}, link=one.id)
            return {one.id: (one.options.unit, it.read("p_kw", one.id).value) for one in again}

    read = run(main)
    assert read == {"battery": (3, pytest.approx(-1.234, abs=0.001)), "pv": (3, pytest.approx(-3.21, abs=0.001))}


# ---- kill -9 ---------------------------------------------------------------------------------------------------------

LABORATORY = """
import asyncio, json, sys
from hardware_in_loop.modbus import ADAPTER
from hardware_in_loop.modbus.options import ModbusOptions
from twinergy.adapters import Attached, Image, LinkContext

async def main():
    ones = [
        Attached(id=name, device=name, kind="battery", options=ModbusOptions(**block), rated_kw=5.0, facts={"capacity_kwh": 10.0})
        for name, block in json.loads(sys.argv[1]).items()
    ]
    image = Image([(one.id, "p_kw") for one in ones], [1.0] * len(ones))
    driver = ADAPTER.driver(ones, LinkContext(rows={one.id: image.row(one.id) for one in ones}))
    await driver.start()
    links = driver.links.values()
    for link in links:
        while True:
            await link.sample()
            if not (reading := image.reading(link.id, "p_kw")).quality:
                break
            await asyncio.sleep(0.02)
        await link.arm()
    for turn in range(1000):
        await asyncio.gather(*(link.command({"p_set_kw": 2.0}) for link in links))
        print("commanded", flush=True)
        await asyncio.sleep(0.5)

asyncio.run(main())
"""
DEVICES_KILLED = 10


async def killed(count, within_s=1.0):
    """Kill a laboratory that controls so many batteries; return how long after that each was in its safe state."""
    common = {"timeout_s": 2.0, "safe": {"within_s": within_s, "set": {"p_set_kw": -0.5}}}
    ones = [attached(f"battery-{place}", **common) for place in range(count)]
    physics = TablePhysics({one.id: PHYSICS["battery"] for one in ones})
    devices = ADAPTER.bench(ones, physics, FaultBoard(), LinkContext(rows={}))
    await devices.start()
    blocks = {one.id: one.options.model_dump(mode="json", exclude_unset=True) for one in ones}
    command = sys.executable, "-c", LABORATORY, json.dumps(blocks)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        for _ in range(3):
            line = await process.stdout.readline()
            assert line == b"commanded\n", line
        assert all(physics.last(one.id, "p_set_kw") == 2.0 for one in ones)
        early = list(devices.reverted)
        killed_s = asyncio.get_running_loop().time()
        process.kill()
        await process.wait()
        await until(lambda: len(devices.reverted) >= count, within_s + 3.0)
        assert all(physics.last(one.id, "p_set_kw") == -0.5 for one in ones)
        return early, [one.at_s - killed_s for one in devices.reverted]
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        process._transport.close()
        await devices.close()


def test_laboratory_is_killed_and_every_device_is_safe_in_time():
    early, took_s = run(lambda: killed(DEVICES_KILLED))
    assert early == []
    assert len(took_s) == DEVICES_KILLED
    assert max(took_s) <= 1.0 + 0.2
