# SPDX-License-Identifier: Apache-2.0
"""The adapter's links against the software devices, over a real broker: readings, commands, falling back, every fault."""

from __future__ import annotations

import asyncio
import math
import sys
import time
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hardware_in_loop.bench.table import TablePhysics
from hardware_in_loop.mqtt import ADAPTER
from hardware_in_loop.mqtt.bench import MqttBench, Timing
from hardware_in_loop.mqtt.options import MqttOptions
from tests.mqtt_broker import Broker, broker
from twinergy.adapters import Attached, Fault, FaultBoard, Image, LinkContext, LinkState, Mode, Quality, SafeOptions
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from twinergy.adapters import DeviceLink

STALE_S, SAMPLE_S, WITHIN_S = 0.6, 0.05, 1.0
VALUES = {
    "home": {"washing_machine_p_kw": 0.50043, "dishwasher_p_kw": 1.23456, "p_lighting_kw": 0.0604},
    "m1": {"p_kw": -1.5, "voltage_v": 231.2, "energy_import_kwh": 12.5, "energy_export_kwh": 3.25},
    "m2": {"p_kw": 1.0, "voltage_v": 229.0, "energy_import_kwh": 7.0, "energy_export_kwh": 0.1},
    "m3": {"p_kw": 3.0},
    "house": {"temp_indoor_degc": 19.53},
    "room": {"temp_indoor_degc": 21.341, "humidity_percent": 44.7, "co2_ppm": 620.3},
    "air": {"temp_indoor_degc": 30.84, "humidity_percent": 50.5, "co2_ppm": 1255.0},
    "raw": {"temp_indoor_degc": -1.31, "humidity_percent": 44.2, "co2_ppm": 700.0, "illuminance_lx": 300.0},
    "bat": {"p_kw": 1.2, "soc": 0.55},
    "pv": {"p_kw": -2.5},
}
MACHINE, DISHES, LAMP = "home.washing_machine", "home.dishwasher", "home.lighting"
DEVICES = [
    ("home", "household", "shelly_gen2_plug", "shellyplusplugs-a8032abe54dc", "washing_machine", Mode.CONTROL),
    ("home", "household", "shelly_gen1_plug", "shellyplug-s-040BAD", "dishwasher", Mode.CONTROL),
    ("home", "household", "zigbee2mqtt_plug", "lamp", "lighting", Mode.CONTROL),
    ("m1", "meter", "shelly_gen2_em", "shellypro3em-0cb815fc63d1", "", Mode.MONITOR),
    ("m2", "meter", "shelly_gen1_em", "shellyem-B9E5CB", "", Mode.MONITOR),
    ("m3", "meter", "shelly_gen1_3em", "shellyem3-68C63AFB5856", "", Mode.MONITOR),
    ("house", "building", "zigbee2mqtt_thermostat", "thermo", "", Mode.CONTROL),
    ("room", "sensor", "zigbee2mqtt_sensor", "room", "", Mode.MONITOR),
    ("air", "sensor", "chirpstack", "24e124707c123456", "", Mode.MONITOR),
    ("raw", "sensor", "chirpstack_raw", "24e124707c123457", "", Mode.MONITOR),
    ("bat", "battery", "json_battery", "lab/bat", "", Mode.CONTROL),
    ("pv", "pv", "json_pv", "lab/pv", "", Mode.MONITOR),
]
COUNTS = {
    (MACHINE, "washing_machine_p_kw"): 1e-4,
    (DISHES, "dishwasher_p_kw"): 1e-5,
    (LAMP, "p_lighting_kw"): 1e-4,
    ("m1", "p_kw"): 1e-6,
    ("m1", "voltage_v"): 0.1,
    ("m2", "p_kw"): 1e-5,
    ("m3", "p_kw"): 3e-5,
    ("house", "temp_indoor_degc"): 0.01,
    ("room", "temp_indoor_degc"): 0.01,
    ("room", "humidity_percent"): 0.01,
    ("room", "co2_ppm"): 1.0,
    ("air", "temp_indoor_degc"): 0.1,
    ("air", "humidity_percent"): 0.5,
    ("air", "co2_ppm"): 1.0,
    ("raw", "temp_indoor_degc"): 0.1,
    ("raw", "humidity_percent"): 1.0,
    ("bat", "p_kw"): 1e-6,
    ("bat", "soc"): 1e-8,
    ("pv", "p_kw"): 1e-6,
}
"""Last digit that each device shows, in the port's unit: what its vendor's payload can carry."""


class Lab:
    """Devices, links to them, and somebody who samples as a run does."""

    def __init__(self, url: str, only: tuple[str, ...] = ()) -> None:
        self.attached = [
            Attached(
                id=f"{device}.{part}" if part else device,
                device=device,
                kind=kind,
                options=MqttOptions(
                    profile=profile,
                    topic=topic,
                    part=part,
                    mode=mode,
                    broker=url,
                    timeout_s=0.5,
                    safe=SafeOptions(within_s=WITHIN_S),
                ),
            )
            for device, kind, profile, topic, part, mode in DEVICES
            if not only or (f"{device}.{part}" if part else device) in only
        ]
        keys = [(each.id, port) for each in self.attached for port in ADAPTER.coverage(each.kind, each.options).reads]
        self.image = Image(keys, [STALE_S] * len(keys))
        self.context = LinkContext(rows={each.id: self.image.row(each.id) for each in self.attached})
        self.physics, self.faults = TablePhysics(VALUES), FaultBoard()
        self.bench = MqttBench(self.attached, self.physics, self.faults, self.context, timing=Timing(sample_s=0.02, period_s=0.2))
        self.driver = ADAPTER.driver(self.attached, self.context)

    def link(self, name: str) -> DeviceLink:
        return self.driver.links[name]

    def quality(self, link: str, port: str) -> Quality:
        return self.image.reading(link, port).quality

    async def sampling(self) -> None:
        while True:
            await asyncio.gather(*(link.sample() for link in self.driver.links.values()), asyncio.sleep(SAMPLE_S))

    async def until(self, what: Callable[[], bool], seconds: float = 4.0) -> float:
        """Wait until something is true and return how long it took."""
        begun = time.monotonic()
        while not what():
            assert time.monotonic() - begun < seconds, f"waited {seconds} s"
            await asyncio.sleep(0.01)
        return time.monotonic() - begun

    async def ready(self, link: str) -> DeviceLink:
        """Wait until a device has spoken, and arm it."""
        port = next(port for name, port in self.image.keys if name == link)
        await self.good(link, port)
        await self.link(link).arm()
        return self.link(link)

    async def good(self, link: str, port: str, seconds: float = 4.0) -> float:
        return await self.until(
            lambda: self.quality(link, port) is Quality.GOOD and self.link(link).state is LinkState.UP, seconds
        )


@asynccontextmanager
async def lab(where: Broker, *only: str) -> AsyncIterator[Lab]:
    running = Lab(where.url, only)
    async with asyncio.timeout(25.0):
        await running.bench.start()
        try:
            await running.driver.start()
            sampling = asyncio.create_task(running.sampling())
            try:
                yield running
            finally:
                sampling.cancel()
                await asyncio.gather(sampling, return_exceptions=True)
                await running.driver.close()
        finally:
            await running.bench.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with broker(tmp_path_factory.mktemp("broker")) as running:
        yield running


def test_readings_equal_the_physics_within_one_count(shared: Broker) -> None:
    async def main() -> None:
        async with lab(shared) as running:
            for (link, port), count in COUNTS.items():
                await running.good(link, port)
                device = link.split(".", maxsplit=1)[0]
                reading = running.image.reading(link, port)
                assert reading.value == pytest.approx(VALUES[device][port], abs=count), (link, port)
            running.physics.values["bat"]["p_kw"] = -3.3
            running.physics.values["m1"]["p_kw"] = 2.25
            await running.until(lambda: running.image.reading("bat", "p_kw").value == pytest.approx(-3.3))
            await running.until(lambda: running.image.reading("m1", "p_kw").value == 2.25)

    asyncio.run(main())


CONTROLLED = [
    (MACHINE, "washing_machine_on", 0.0, 1.0),
    (DISHES, "dishwasher_on", 0.0, 1.0),
    (LAMP, "lighting_on", 0.0, 1.0),
    ("house", "temp_set_degc", 22.5, 20.0),
    ("bat", "p_set_kw", -2.5, 0.0),
]
"""Link, set-point, what is asked for, and the safe state by the profile."""
NAMES = tuple(link for link, *_ in CONTROLLED)


def asked_of(running: Lab, link: str, port: str) -> float:
    return running.physics.asked[link.split(".", maxsplit=1)[0]][port]


def test_commands_reach_the_physics_and_are_released(shared: Broker) -> None:
    async def one(running: Lab, link: str, port: str, asked: float, back: float) -> None:
        real = await running.ready(link)
        begun = time.monotonic()
        await real.command({port: asked})
        assert time.monotonic() - begun < 0.5
        assert asked_of(running, link, port) == asked
        await real.command({port: asked})
        await real.release()
        assert asked_of(running, link, port) == back

    async def main() -> None:
        async with lab(shared, *NAMES) as running:
            await asyncio.gather(*(one(running, *each) for each in CONTROLLED))

    asyncio.run(main())


def test_devices_fall_back_when_the_laboratory_is_silent(shared: Broker) -> None:
    """Nobody refreshes the command: the device's own timer ends, after the time of the scenario."""

    async def main() -> None:
        async with lab(shared, MACHINE, "bat") as running:
            for link in (MACHINE, "bat"):
                await running.ready(link)
            begun = asyncio.get_running_loop().time()
            await running.link(MACHINE).command({"washing_machine_on": 0.0})
            await running.link("bat").command({"p_set_kw": -2.5})
            await running.until(lambda: len(running.bench.fallbacks) == 2)
            for fallback in running.bench.fallbacks:
                assert WITHIN_S <= fallback.at_s - begun <= WITHIN_S + 0.3
            assert math.isnan(asked_of(running, MACHINE, "washing_machine_on"))
            assert math.isnan(asked_of(running, "bat", "p_set_kw"))

    asyncio.run(main())


def test_last_will_brings_back_what_has_no_timer(shared: Broker) -> None:
    """The laboratory vanishes (its sockets are shut without a goodbye): the broker itself gives the safe command."""

    async def main() -> None:
        async with lab(shared, DISHES, LAMP) as running:
            for link, port, asked, back in CONTROLLED[1:3]:
                real = await running.ready(link)
                await real.command({port: asked})
                assert asked_of(running, link, port) == asked
                for guard in real.setter.guards:  # type: ignore[attr-defined]
                    guard._client._client.socket().shutdown(2)
                took_s = await running.until(lambda link=link, port=port, back=back: asked_of(running, link, port) == back)  # type: ignore[misc]
                assert took_s <= WITHIN_S

    asyncio.run(main())


FAULTS = [
    (MACHINE, "washing_machine_p_kw"),
    (DISHES, "dishwasher_p_kw"),
    (LAMP, "p_lighting_kw"),
    ("m1", "p_kw"),
    ("m2", "p_kw"),
    ("room", "temp_indoor_degc"),
    ("bat", "p_kw"),
]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [(Fault.SILENT, {Quality.STALE}), (Fault.OFFLINE, {Quality.STALE}), (Fault.GARBAGE, {Quality.BAD, Quality.STALE})],
)
def test_faults_are_seen_in_the_quality_and_are_over_within_a_second(
    shared: Broker, fault: Fault, expected: set[Quality]
) -> None:
    async def main() -> None:
        async with lab(shared) as running:
            for link, port in FAULTS:
                await running.good(link, port)
                running.faults.set(link, fault)
            begun = time.monotonic()
            for link, port in FAULTS:
                await running.until(lambda link=link, port=port: running.quality(link, port) in expected)  # type: ignore[misc]
                assert math.isfinite(running.image.reading(link, port).value), "the last value stays"
            assert time.monotonic() - begun < 2.5
            assert running.quality("pv", "p_kw") is Quality.GOOD, "the others' readings stay good"
            for link, _ in FAULTS:
                running.faults.clear(link)
            took_s = [await running.good(link, port) for link, port in FAULTS]
            assert sum(took_s) <= 1.0

    asyncio.run(main())


def test_flapping_device_is_good_again_within_a_second(shared: Broker) -> None:
    async def main() -> None:
        async with lab(shared, MACHINE, LAMP) as running:
            for link, port in FAULTS[:1] + FAULTS[2:3]:
                await running.good(link, port)
                running.faults.set(link, Fault.FLAPPING)
            await asyncio.sleep(0.8)
            running.faults.clear(MACHINE)
            running.faults.clear(LAMP)
            await asyncio.sleep(0.05)
            assert await running.good(MACHINE, "washing_machine_p_kw") <= 1.0
            assert await running.good(LAMP, "p_lighting_kw") <= 1.0

    asyncio.run(main())


@pytest.mark.parametrize("fault", [Fault.REJECT, Fault.IGNORE, Fault.SILENT, Fault.LATE])
def test_command_that_has_no_effect_is_an_error_in_time(shared: Broker, fault: Fault) -> None:
    async def one(running: Lab, link: str, port: str, asked: float, _back: float) -> None:
        await running.ready(link)
        running.faults.set(link, fault)
        await asyncio.sleep(0.05)
        begun = time.monotonic()
        with pytest.raises(DeviceError, match=link):
            await running.link(link).command({port: asked})
        assert time.monotonic() - begun < 1.0
        running.faults.clear(link)
        await asyncio.sleep(1.1 if fault is Fault.LATE else 0.1)
        await running.until(lambda: running.link(link).state is LinkState.UP)
        await running.link(link).command({port: asked})

    async def main() -> None:
        async with lab(shared, *NAMES) as running:
            await asyncio.gather(*(one(running, *each) for each in CONTROLLED))

    asyncio.run(main())


def test_hand_at_the_device_is_told(shared: Broker) -> None:
    """What was asked for is not the safe state afterwards, so that it cannot be taken for having fallen back."""

    async def one(running: Lab, link: str, port: str, asked: float) -> None:
        measured = next(one for name, one in running.image.keys if name == link)
        await running.ready(link)
        await running.link(link).command({port: asked})
        running.faults.set(link, Fault.LOCAL)
        await running.until(lambda: running.quality(link, measured) is Quality.LOCAL)
        with pytest.raises(DeviceError, match=link):
            await running.link(link).command({port: asked})
        running.faults.clear(link)
        await asyncio.sleep(0.1)
        await running.link(link).command({port: asked})
        assert await running.good(link, measured) <= 1.0

    async def main() -> None:
        wanted = [(MACHINE, "washing_machine_on", 0.0), (DISHES, "dishwasher_on", 1.0), ("house", "temp_set_degc", 18.0)]
        async with lab(shared, *(link for link, *_ in wanted)) as running:
            await asyncio.gather(*(one(running, *each) for each in wanted))

    asyncio.run(main())


def test_energy_is_counted_once_over_copies_and_restarts(shared: Broker) -> None:
    """0.5 kWh before and 0.25 kWh after a restart at which the device's registers begin at zero; every message comes twice."""

    async def main() -> None:
        async with lab(shared, "m2") as running:
            await running.good("m2", "energy_import_kwh")
            first = running.image.reading("m2", "energy_import_kwh").value
            running.faults.set("m2", Fault.DOUBLE)
            running.physics.values["m2"]["energy_import_kwh"] = 7.5
            await running.until(
                lambda: running.image.reading("m2", "energy_import_kwh").value == pytest.approx(first + 0.5, abs=1e-4)
            )
            running.faults.set("m2", Fault.RESTART)
            await asyncio.sleep(0.5)
            running.faults.clear("m2")
            running.physics.values["m2"]["energy_import_kwh"] = 7.75
            await running.until(
                lambda: running.image.reading("m2", "energy_import_kwh").value == pytest.approx(first + 0.75, abs=1e-4)
            )
            await asyncio.sleep(0.3)
            assert running.image.reading("m2", "energy_import_kwh").value == pytest.approx(first + 0.75, abs=1e-4)

    asyncio.run(main())


def test_frozen_device_shows_that_its_clock_stands(shared: Broker) -> None:
    async def main() -> None:
        async with lab(shared, MACHINE) as running:
            await running.good(MACHINE, "washing_machine_p_kw")
            running.faults.set(MACHINE, Fault.FROZEN)
            await asyncio.sleep(0.4)
            before = running.image.reading(MACHINE, "washing_machine_p_kw")
            running.physics.values["home"]["washing_machine_p_kw"] = 2.0
            await asyncio.sleep(0.5)
            after = running.image.reading(MACHINE, "washing_machine_p_kw")
            assert after.value == before.value
            running.faults.clear(MACHINE)
            await running.until(lambda: running.image.reading(MACHINE, "washing_machine_p_kw").value == 2.0)

    asyncio.run(main())


LABORATORY = """
import asyncio, sys
from tests.system.test_mqtt_swap import laboratory
asyncio.run(laboratory(sys.argv[1]))
"""
PLUGS_COUNT = 20
KILLED_WITHIN_S = 2.0
PROFILES = ("shelly_gen2_plug", "shelly_gen1_plug", "zigbee2mqtt_plug", "json_battery")


def plugs(url: str) -> list[Attached]:
    safe = SafeOptions(within_s=KILLED_WITHIN_S)
    return [
        Attached(
            id=f"d{number}",
            device=f"d{number}",
            kind="battery" if number % 4 == 3 else "household",
            options=MqttOptions(
                profile=PROFILES[number % 4],
                topic=f"dev-{number}",
                part="" if number % 4 == 3 else "other",
                mode=Mode.CONTROL,
                broker=url,
                safe=safe,
            ),
        )
        for number in range(PLUGS_COUNT)
    ]


def set_point(each: Attached) -> tuple[str, float]:
    return ("p_set_kw", -2.5) if each.kind == "battery" else ("other_on", 0.0)


async def laboratory(url: str) -> None:
    """Command every device, say so, and go on as a laboratory does, until somebody kills it."""
    devices = plugs(url)
    keys = [(each.id, port) for each in devices for port in ADAPTER.coverage(each.kind, each.options).reads]
    image = Image(keys, [5.0] * len(keys))
    driver = ADAPTER.driver(devices, LinkContext(rows={each.id: image.row(each.id) for each in devices}))
    await driver.start()
    for each in devices:
        port = next(port for name, port in keys if name == each.id)
        while image.reading(each.id, port).quality is not Quality.GOOD:  # noqa: ASYNC110 - in a process of its own
            await asyncio.sleep(0.01)
        await driver.links[each.id].arm()
    await asyncio.gather(*(driver.links[each.id].command(dict([set_point(each)])) for each in devices))
    sys.stdout.write("commanded\n")
    sys.stdout.flush()
    await asyncio.sleep(60.0)


def test_killed_laboratory_leaves_every_device_in_its_safe_state_in_time(shared: Broker) -> None:
    """``kill -9`` while every device is away from its safe state; timers and last wills do the rest."""

    async def main() -> None:
        devices = plugs(shared.url)
        physics = TablePhysics({each.device: {"p_other_kw": 0.5, "p_kw": 0.0, "soc": 0.5} for each in devices})
        bench = MqttBench(devices, physics, FaultBoard(), LinkContext(rows={}), timing=Timing(sample_s=0.02, period_s=0.2))
        async with asyncio.timeout(25.0):
            await bench.start()
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", LABORATORY, shared.url, cwd=Path(__file__).parents[2], stdout=asyncio.subprocess.PIPE
            )
            try:
                assert process.stdout is not None
                assert await process.stdout.readline() == b"commanded\n"
                for each in devices:
                    port, value = set_point(each)
                    assert physics.asked[each.device][port] == value
                process.kill()
                begun = time.monotonic()
                safe = [each.device for each in devices]
                while safe:
                    safe = [
                        each.device for each in devices if physics.asked[each.device][set_point(each)[0]] == set_point(each)[1]
                    ]
                    assert time.monotonic() - begun <= KILLED_WITHIN_S + 0.1, f"not safe: {safe}"
                    await asyncio.sleep(0.01)
            finally:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
                await bench.close()

    asyncio.run(main())
