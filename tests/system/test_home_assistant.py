# SPDX-License-Identifier: Apache-2.0
"""The laboratory's devices in Home Assistant, over a real broker, seen by mosquitto's own clients."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hardware_in_loop.mqtt import ADAPTER
from hardware_in_loop.mqtt.home_assistant import HomeAssistantOptions, HomeAssistantPublisher, Table, discovered
from hardware_in_loop.mqtt.options import MqttOptions
from tests.mqtt_broker import SECRET, Broker, broker, program, with_password
from tests.system.test_mqtt_bench_peers import PATIENCE_S, Peer, true
from twinergy.adapters import Attached, Image, LinkContext, LinkState, Quality, Secret
from twinergy.plugins import device_kind

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

BATTERY = "homeassistant/device/twinergy_hagedorn_bat-1/config"
STATE = "twinergy/hagedorn/bat-1/state"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with broker(tmp_path_factory.mktemp("broker")) as running:
        yield running


def tables() -> list[Table]:
    return [
        Table("battery", ("bat-1", "bat-2"), tuple(device_kind("battery").ports)),
        Table("sensor", ("home-001.air",), tuple(device_kind("sensor").ports)),
    ]


@asynccontextmanager
async def publishing(where: Broker, asked: list[Any] | None = None, **more: Any) -> AsyncIterator[HomeAssistantPublisher]:
    options = HomeAssistantOptions(broker=where.url, **more)
    note = (lambda *what: asked.append(what)) if asked is not None else None
    publisher = HomeAssistantPublisher(options, tables(), folder=Path(), pilot="hagedorn", on_command=note)
    async with asyncio.timeout(2.0 * PATIENCE_S):
        await publisher.start()
        try:
            assert await publisher.announced(PATIENCE_S)
            yield publisher
        finally:
            await publisher.close()


def powers(*p_kw: float) -> dict[str, np.ndarray]:
    return {"p_kw": np.array(p_kw), "soc": np.array([0.55, np.nan]), "energy_kwh": np.array([5.5, 2.0])}


def kept(peer: Peer, topic: str) -> list[str]:
    return [payload for _, name, retained, payload in peer.said if name == topic and retained]


def test_devices_appear_with_their_states(shared: Broker) -> None:
    async def main() -> None:
        async with publishing(shared) as publisher, Peer(shared.port).listening() as peer:
            (config,) = [json.loads(text) for text in kept(peer, BATTERY)]
            assert config["dev"] == {
                "ids": ["twinergy_hagedorn_bat-1"],
                "name": "bat-1",
                "mf": "TwinERGY Lab",
                "mdl": "battery",
            } | {"sw": config["dev"]["sw"]}
            power, soc, energy = (config["cmps"][name] for name in ("p_kw", "soc", "energy_kwh"))
            assert (power["p"], power["unit_of_meas"], power["dev_cla"], power["stat_cla"]) == (
                "sensor",
                "kW",
                "power",
                "measurement",
            )
            assert (soc["unit_of_meas"], soc["dev_cla"]) == ("%", "battery")
            assert (energy["unit_of_meas"], energy["dev_cla"], energy["stat_cla"]) == ("kWh", "energy_storage", "measurement")
            assert kept(peer, "twinergy/hagedorn/availability") == ["online"]
            assert not any("cmd_t" in entity for entity in config["cmps"].values()), "nothing can be operated unless asked for"
            wait = asyncio.create_task(peer.until(config["stat_t"]))
            await asyncio.sleep(0)
            await publisher.update("battery", powers(-1.25, 0.0))
            assert json.loads(await wait) == {"p_kw": -1.25, "soc": 55.0, "energy_kwh": 5.5}
            other = (
                json.loads(await peer.until("twinergy/hagedorn/bat-2/state"))
                if not peer.of("twinergy/hagedorn/bat-2/state")
                else None
            )
            other = other or json.loads(peer.of("twinergy/hagedorn/bat-2/state")[-1])
            assert other["soc"] is None, "not a number is unknown"

    asyncio.run(main())


def test_only_what_changed_is_said_again(shared: Broker) -> None:
    async def main() -> None:
        async with publishing(shared) as publisher, Peer(shared.port).listening() as peer:
            for p_kw in (1.0, 1.0, 1.0, 2.0):
                await publisher.update("battery", powers(p_kw, 3.0))
            await publisher.update("unknown kind", powers(1.0, 2.0))
            await asyncio.sleep(0.2)
            assert len(peer.of(STATE)) == 2
            assert len(peer.of("twinergy/hagedorn/bat-2/state")) == 1
            assert publisher.published == 3

    asyncio.run(main())


def test_home_assistant_that_starts_later_is_told_again(shared: Broker) -> None:
    async def main() -> None:
        async with publishing(shared) as publisher, Peer(shared.port).listening() as peer:
            await publisher.update("battery", powers(1.0, 2.0))
            await asyncio.sleep(0.1)
            before = len(peer.of(BATTERY))
            wait = asyncio.create_task(peer.until(STATE))
            await peer.publish("homeassistant/status", "online")
            await wait
            assert len(peer.of(BATTERY)) == before + 1
            await peer.publish("homeassistant/status", "offline")
            await asyncio.sleep(0.2)
            assert len(peer.of(BATTERY)) == before + 1

    asyncio.run(main())


@pytest.mark.parametrize("keep", [False, True])
def test_devices_are_deleted_after_the_run_unless_they_are_kept(shared: Broker, keep: bool) -> None:
    async def main() -> None:
        async with publishing(shared, keep=keep):
            pass
        async with Peer(shared.port).listening() as peer:
            await asyncio.sleep(0.1)
            assert bool(kept(peer, BATTERY)) is keep
            assert kept(peer, "twinergy/hagedorn/availability") == ["offline"]

    asyncio.run(main())


def test_a_laboratory_that_is_killed_is_not_available(shared: Broker) -> None:
    """Its last will says so; here its socket is shut without a goodbye."""

    async def main() -> None:
        async with publishing(shared) as publisher, Peer(shared.port).listening() as peer:
            wait = asyncio.create_task(peer.until("twinergy/hagedorn/availability", lambda text: text == "offline"))
            await asyncio.sleep(0)
            client = publisher.connection._client
            assert client is not None
            client._client.socket().shutdown(2)
            await wait
            await peer.until("twinergy/hagedorn/availability", lambda text: text == "online")

    asyncio.run(main())


def test_set_points_can_be_operated_if_the_scenario_says_so(shared: Broker) -> None:
    asked: list[Any] = []

    async def main() -> None:
        async with publishing(shared, asked, commands=True) as publisher, Peer(shared.port).listening() as peer:
            number = json.loads(kept(peer, BATTERY)[0])["cmps"]["p_set_kw"]
            assert (number["p"], number["unit_of_meas"]) == ("number", "kW")
            assert number["min"] < -5.0 < 5.0 < number["max"]
            await peer.publish(number["cmd_t"], "-2.5")
            await peer.publish("twinergy/hagedorn/bat-1/min_soc/set", "20")
            await peer.publish("twinergy/hagedorn/bat-1/p_set_kw/set", "None")
            for topic, text in (
                ("bat-1/p_set_kw", "much"),
                ("bat-1/p_kw", "1"),
                ("bat-9/p_set_kw", "1"),
                ("bat-1/p_set_kw", "inf"),
            ):
                await peer.publish(f"twinergy/hagedorn/{topic}/set", text)
            await true(lambda: publisher.refused == 4)
            wait = asyncio.create_task(peer.until(STATE))
            await asyncio.sleep(0)
            await publisher.update("battery", powers(1.0, 2.0))
            shown = json.loads(await wait)
            assert (shown["min_soc"], shown["p_set_kw"]) == (20.0, None)

    asyncio.run(main())
    assert asked[:2] == [("bat-1", "p_set_kw", -2.5), ("bat-1", "min_soc", 0.2)]
    assert asked[2][:2] == ("bat-1", "p_set_kw")
    assert np.isnan(asked[2][2])
    assert len(asked) == 3


def test_broker_that_dies_delays_no_step_and_is_found_again(tmp_path: Path) -> None:
    async def main(where: Broker) -> None:
        async with publishing(where) as publisher:
            where.kill()
            await asyncio.sleep(0.2)
            begun = time.monotonic()
            await publisher.update("battery", powers(1.0, 2.0))
            assert time.monotonic() - begun < 0.1
            assert publisher.missed == 2
            await asyncio.to_thread(where.start)
            async with Peer(where.port).listening() as peer:
                await true(lambda: bool(peer.of(BATTERY)))  # a broker that forgot everything is told again
                assert json.loads(await peer.until(STATE) if not peer.of(STATE) else peer.of(STATE)[-1])["p_kw"] == 1.0

    with broker(tmp_path) as where:
        asyncio.run(main(where))


def test_wrong_password_is_told_and_nothing_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program("mosquitto_passwd")
    monkeypatch.setenv("LAB_MQTT_PASSWORD", SECRET + "!")

    async def main(where: Broker) -> None:
        options = HomeAssistantOptions(broker=where.url, user="lab", password=Secret(env="LAB_MQTT_PASSWORD"))
        publisher = HomeAssistantPublisher(options, tables(), folder=Path(), pilot="hagedorn")
        async with asyncio.timeout(10.0):
            await publisher.start()
            assert not await publisher.announced(0.5)
            assert "password" in publisher.connection.reason
            await publisher.close()

    with broker(tmp_path, *with_password(tmp_path)) as where:
        asyncio.run(main(where))


def test_what_announces_itself_can_be_read_and_asked_by_the_adapter(shared: Broker, tmp_path: Path) -> None:
    """Both ways in a circle: our battery announces itself, a profile is made of that, and the adapter reads and asks it."""
    asked: list[Any] = []

    async def main() -> None:
        async with publishing(shared, asked, commands=True) as publisher, Peer(shared.port).listening() as peer:
            (found,) = discovered([(BATTERY, kept(peer, BATTERY)[0])])
            assert found.kind == "battery"
            (tmp_path / "found.yaml").write_text(found.text(), encoding="utf-8")
            options = MqttOptions(profile=str(tmp_path / "found.yaml"), broker=shared.url, timeout_s=PATIENCE_S)
            attached = Attached(id="real", device="real", kind="battery", options=options)
            image = Image([("real", "p_kw"), ("real", "soc")], [PATIENCE_S, PATIENCE_S])
            driver = ADAPTER.driver([attached], LinkContext(rows={"real": image.row("real")}, folder=tmp_path))
            await driver.start()
            try:
                link = driver.links["real"]
                await true(lambda: link.connection.up)  # type: ignore[attr-defined]
                assert link.state is LinkState.CONNECTING, "it is there, and has not said how it is"
                await publisher.update("battery", powers(-1.25, 0.0))
                await true(lambda: link.state is LinkState.UP)
                await true(lambda: image.reading("real", "soc").quality is Quality.GOOD)
                assert image.reading("real", "p_kw").value == -1.25
                assert image.reading("real", "soc").value == pytest.approx(0.55)
                command = asyncio.create_task(link.command({"p_set_kw": -2.5}))
                await true(lambda: bool(asked))
                await publisher.update("battery", powers(-2.5, 0.0))
                await command
            finally:
                await driver.close()

    asyncio.run(main())
    assert asked == [("bat-1", "p_set_kw", -2.5)]


def test_every_topic_stays_below_its_own_base() -> None:
    options = HomeAssistantOptions(base="lab")
    publisher = HomeAssistantPublisher(options, tables(), folder=Path(), pilot="a/b #+")
    for table in publisher.tables:
        for device in table.ids:
            for topic in (
                publisher.topics.state(device),
                publisher.topics.command(device, "p_set_kw"),
                publisher.topics.config(device),
            ):
                assert not set(topic) & set("#+ ")
                assert topic.count("/") in {3, 4}
