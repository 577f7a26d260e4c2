# SPDX-License-Identifier: Apache-2.0
"""The adapter as a run sees it: options, coverage, readings and their quality, with a scripted station on a real websocket."""

from __future__ import annotations

import asyncio
import math
import time
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from hardware_in_loop.ocpp import ADAPTER
from hardware_in_loop.ocpp.central.clock import text
from hardware_in_loop.ocpp.dial import dial
from hardware_in_loop.ocpp.driver import OcppDriver
from hardware_in_loop.ocpp.errors import CallError, OcppError
from hardware_in_loop.ocpp.link import OcppLink
from hardware_in_loop.ocpp.options import OcppOptions
from hardware_in_loop.ocpp.rpc import Rpc
from hardware_in_loop.ocpp.scan import scan
from hardware_in_loop.ocpp.security import SecurityOptions
from hardware_in_loop.ocpp.versions import Version
from twinergy.adapters import Attached, Journal, LinkContext, LinkState, Quality, Secret
from twinergy.adapters.image import Image
from twinergy.errors import DeviceError, ScenarioError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
    from pathlib import Path

BLOCK = {"listen": "127.0.0.1:0", "station": "CP-1", "security": {"profile": 0}, "timeout_s": 1.0}


def secured(variable: str) -> dict[str, Any]:
    return {"profile": 1, "password": {"env": variable}}


def attached(name: str = "wallbox", **options: Any) -> Attached:
    return Attached(id=name, device=name, kind="charging", options=OcppOptions(**BLOCK | options), rated_kw=11.0)


def run(main: Callable[[], Awaitable[None]], within_s: float = 10.0) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(within_s):
            await main()

    asyncio.run(bounded())


async def until(true: Callable[[], object], within_s: float = 4.0) -> None:
    async with asyncio.timeout(within_s):
        while not true():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)


class Lab:
    """A central system and its image."""

    def __init__(self, devices: Iterable[Attached], journal: Journal | None = None) -> None:
        self.devices = list(devices)
        ports = ADAPTER.coverage("charging", self.devices[0].options).reads
        keys = [(one.id, port) for one in self.devices for port in ports]
        self.image = Image(keys, [0.5] * len(keys))
        rows = {one.id: self.image.row(one.id) for one in self.devices}
        driver = ADAPTER.driver(self.devices, LinkContext(rows=rows, journal=journal or Journal(None)))
        assert isinstance(driver, OcppDriver)
        self.driver = driver

    def link(self, name: str = "wallbox") -> OcppLink:
        link = self.driver.links[name]
        assert isinstance(link, OcppLink)
        return link

    def reading(self, port: str, name: str = "wallbox") -> Any:
        return self.image.reading(name, port)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{next(iter(self.driver.listeners.values())).port}"

    async def __aenter__(self) -> Lab:
        await self.driver.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.driver.close()


class Script:
    """A station of 1.6 that answers as it is told to."""

    def __init__(self, rpc: Rpc) -> None:
        self.rpc, self.asked = rpc, []
        self.silent, self.refuses_interval = False, False
        self.meter: dict[str, Any] | None = None

    async def answer(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        self.asked.append((action, payload))
        if self.silent:
            await asyncio.sleep(60.0)
        if action == "GetConfiguration":
            return {}
        if action == "ChangeConfiguration":
            return {"status": "Rejected" if self.refuses_interval and "Interval" in payload["key"] else "Accepted"}
        if action == "RemoteStartTransaction":
            return {"status": "Accepted"}
        if action == "TriggerMessage" and payload["requestedMessage"] == "MeterValues" and self.meter:
            self.sending = asyncio.create_task(self.rpc.call("MeterValues", self.meter))
            return {"status": "Accepted"}
        if action == "TriggerMessage":
            return {"status": "NotImplemented"}
        raise CallError("NotImplemented", action)

    async def boot(self) -> None:
        await self.rpc.call("BootNotification", {"chargePointVendor": "ACME", "chargePointModel": "Box"})

    async def status(self, status: str, error: str = "NoError", connector: int = 1) -> None:
        await self.rpc.call("StatusNotification", {"connectorId": connector, "status": status, "errorCode": error})

    async def begin(self) -> int:
        payload = {"connectorId": 1, "idTag": "TWINERGY-LAB", "meterStart": 1000, "timestamp": text(time.time())}
        return int((await self.rpc.call("StartTransaction", payload))["transactionId"])


@asynccontextmanager
async def scripted(lab: Lab, security: SecurityOptions | None = None, *, refuses_interval: bool = False) -> AsyncIterator[Script]:
    socket, version = await dial(lab.url, "CP-1", [Version.V16], security)

    async def answer(action: str, payload: dict[str, Any]) -> dict[str, Any]:
        return await script.answer(action, payload)

    rpc = Rpc(socket, version, answer, name="CP-1")
    script = Script(rpc)
    script.refuses_interval = refuses_interval
    serving = asyncio.create_task(rpc.serve())
    try:
        yield script
    finally:
        await socket.close()
        with suppress(OcppError):
            await serving


def test_coverage_is_that_of_a_charging_point() -> None:
    covered = ADAPTER.coverage("charging", attached().options)
    assert {"p_kw", "state", "energy_kwh", "soc", "departure_s"} <= set(covered.reads)
    assert set(covered.writes) == {"p_set_kw", "p_min_kw", "p_max_kw", "reserved"}
    assert covered.falls_back
    assert "q_kvar" in ADAPTER.coverage("charging", attached(reactive=True).options).reads
    with pytest.raises(ScenarioError, match=r"charging points only.*'battery'"):
        ADAPTER.coverage("battery", attached().options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"v2x": True, "versions": ("ocpp1.6",)}, "only OCPP 2.1"),
        ({"dial": "http://x"}, "is no ws://"),
        ({"listen": "9000"}, "listen"),
        ({"station": "a/b"}, "station"),
        ({"token": "x" * 21}, "token"),
        ({"meter_s": 0}, "meter_s"),
        ({"profil": "x"}, "profil"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        attached(**options)


@pytest.mark.parametrize(
    ("blocks", "path"),
    [
        ([{}, {}], "evse"),
        ([{}, {"evse": 2, "versions": ("ocpp1.6",)}], "versions"),
        ([{}, {"evse": 2, "security": {"profile": 1, "password": {"env": "X"}}}], "security"),
        ([{"security": {"profile": 1}}], "security.password"),
        ([{"security": secured("X")}, {"evse": 2, "security": secured("Y")}], "security.password"),
        ([{"safe": {"set": {"p_max_kw": -1.0}}}], "safe.set"),
        ([{"safe": {"set": {"p_kw": 1.0}}}], "safe.set"),
        ([{"safe": {"within_s": 1.0}}], "safe.within_s"),
    ],
)  # fmt: skip
def test_blocks_that_do_not_go_together(blocks: list[dict[str, Any]], path: str) -> None:
    findings = ADAPTER.check([attached(f"p{number}", **block) for number, block in enumerate(blocks)])
    assert [finding.path for finding in findings] == [path]


def test_blocks_that_do() -> None:
    stations = [attached("a"), attached("b", evse=2), attached("c", station="CP-2"), attached("d", listen="127.0.0.1:9001")]
    assert ADAPTER.check(stations) == []


def test_faults_are_bad_and_what_somebody_switched_off_is_local() -> None:
    async def main() -> None:
        async with Lab([attached()]) as lab, scripted(lab) as station:
            await station.boot()
            await until(lambda: lab.link().state is LinkState.UP)
            for status, error, quality, reason in (
                ("Available", "NoError", Quality.GOOD, ""),
                ("Faulted", "GroundFailure", Quality.BAD, "GroundFailure"),
                ("Unavailable", "NoError", Quality.LOCAL, "out of service"),
                ("Available", "NoError", Quality.GOOD, ""),
            ):
                await station.status(status, error)
                assert lab.reading("state").quality is quality
                assert reason in lab.reading("state").reason
            assert lab.reading("p_kw").value == 0.0

    run(main)


def test_meter_values_are_triggered_where_the_interval_was_refused() -> None:
    async def main() -> None:
        async with Lab([attached()]) as lab, scripted(lab, refuses_interval=True) as station:
            await station.boot()
            await until(lambda: lab.link().state is LinkState.UP)
            await station.status("Charging")
            number = await station.begin()
            sample = {"value": "3680", "measurand": "Power.Active.Import", "unit": "W", "context": "Trigger"}
            station.meter = {
                "connectorId": 1,
                "transactionId": number,
                "meterValue": [{"timestamp": text(time.time()), "sampledValue": [sample]}],
            }
            await lab.link().sample()
            assert (lab.reading("p_kw").value, lab.reading("p_kw").quality) == (3.68, Quality.GOOD)
            assert lab.reading("p_kw").age_s < 0.2

    run(main)


def test_a_silent_station_costs_its_own_time_only() -> None:
    async def main() -> None:
        async with Lab([attached(poll="always", timeout_s=0.2)]) as lab, scripted(lab) as station:
            await station.boot()
            await until(lambda: lab.link().state is LinkState.UP)
            await station.status("Charging")
            await station.begin()
            station.silent = True
            begun_s = time.perf_counter()
            await lab.link().sample()
            assert time.perf_counter() - begun_s < 0.5
            with pytest.raises(DeviceError, match=r"arm: not done within 0\.2 s|no answer"):
                await lab.link().arm()

    run(main)


def test_what_stands_is_fresh_as_long_as_the_station_lives_and_stale_when_it_does_not() -> None:
    async def main() -> None:
        async with Lab([attached(heartbeat_s=1, timeout_s=0.2)]) as lab, scripted(lab) as station:
            await station.boot()
            await station.status("Available")
            await until(lambda: lab.link().state is LinkState.UP)
            await asyncio.sleep(1.6)  # it keeps its heartbeats to itself, and answers when it is asked
            await lab.link().sample()
            assert lab.reading("state").quality is Quality.GOOD
            assert ("TriggerMessage", {"requestedMessage": "Heartbeat"}) in station.asked
            station.silent = True
            await asyncio.sleep(2.1)
            await lab.link().sample()
            assert lab.reading("state").quality is Quality.STALE

    run(main)


def test_a_car_is_charged_without_a_card_where_that_is_wanted() -> None:
    async def main() -> None:
        async with Lab([attached(autostart=True)]) as lab, scripted(lab) as station:
            await station.boot()
            await until(lambda: lab.link().state is LinkState.UP)
            await station.status("Preparing")
            await until(lambda: any(action == "RemoteStartTransaction" for action, _ in station.asked))
            asked = [payload for action, payload in station.asked if action == "RemoteStartTransaction"]
            assert asked == [{"connectorId": 1, "idTag": "TWINERGY-LAB"}]

    run(main)


def test_points_of_one_station_share_it() -> None:
    async def main() -> None:
        async with Lab([attached("left"), attached("right", evse=2)]) as lab, scripted(lab) as station:
            await station.boot()
            await until(lambda: lab.link("right").state is LinkState.UP)
            await station.status("Charging", connector=2)
            await station.status("Available", connector=1)
            assert (lab.reading("state", "left").value, lab.reading("state", "right").value) == (0.0, 3.0)
            assert len(lab.driver.listeners) == 1

    run(main)


def test_a_password_lets_in_and_a_wrong_one_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCPP_CP_1", "a long enough secret")
    monkeypatch.setenv("OCPP_WRONG", "another secret, wrong")

    async def main() -> None:
        async with Lab([attached(security={"profile": 1, "password": {"env": "OCPP_CP_1"}})]) as lab:
            with pytest.raises(OcppError, match="401"):
                async with scripted(lab, SecurityOptions(password=Secret(env="OCPP_WRONG"))):
                    pass
            async with scripted(lab, SecurityOptions(password=Secret(env="OCPP_CP_1"))) as station:
                await station.boot()
                await until(lambda: lab.link().state is LinkState.UP)

    run(main)


def test_a_missing_secret_is_told_before_anything_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OCPP_CP_1", raising=False)

    async def main() -> None:
        lab = Lab([attached(security={"profile": 1, "password": {"env": "OCPP_CP_1"}})])
        with pytest.raises(DeviceError, match="OCPP_CP_1 is not set"):
            await lab.driver.start()

    run(main)


def test_a_station_without_a_boot_is_asked_for_one_and_taken_without(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("hardware_in_loop.ocpp.central.station.BOOT_S", 0.1)

    async def main() -> None:
        with Journal(tmp_path / "journal.jsonl") as journal:
            async with Lab([attached()], journal) as lab, scripted(lab) as station:
                await until(lambda: lab.link().state is LinkState.UP)
                assert ("TriggerMessage", {"requestedMessage": "BootNotification"}) in station.asked
        assert '"boot":"missing"' in (tmp_path / "journal.jsonl").read_text()

    run(main)


def test_what_goes_wrong_in_the_background_is_told(tmp_path: Path) -> None:
    async def main() -> None:
        with Journal(tmp_path / "journal.jsonl") as journal:
            async with Lab([attached()], journal) as lab, scripted(lab) as station:
                await station.boot()
                await until(lambda: lab.link().state is LinkState.UP)

                async def fails() -> None:
                    raise ZeroDivisionError

                lab.link().tasks.start(fails())
                await asyncio.sleep(0.02)
        assert '"background":"ZeroDivisionError' in (tmp_path / "journal.jsonl").read_text()

    run(main)


def test_who_comes_to_an_address_is_proposed() -> None:
    async def main() -> None:
        import socket

        with socket.socket() as made:
            made.bind(("127.0.0.1", 0))
            where = f"127.0.0.1:{made.getsockname()[1]}"
        with pytest.raises(DeviceError, match="no charging station came"):
            await scan(where, 0.05)
        scanning = asyncio.create_task(scan(where, 0.6))
        await asyncio.sleep(0.1)
        client, version = await dial(f"ws://{where}", "BOX 7".replace(" ", "-"), [Version.V16])
        rpc = Rpc(client, version, Script(None).answer, name="BOX-7")
        serving = asyncio.create_task(rpc.serve())
        await rpc.call("BootNotification", {"chargePointVendor": "ACME", "chargePointModel": "Box"})
        for connector in (0, 1, 2):
            await rpc.call("StatusNotification", {"connectorId": connector, "status": "Available", "errorCode": "NoError"})
        found = await scanning
        await serving
        assert [block["adapter"]["evse"] for block in found] == [1, 2]
        assert "ACME Box" in str(found[0]["found"])
        OcppOptions(**found[0]["adapter"])

    run(main)


def test_numbers_that_are_not_there_stay_away() -> None:
    async def main() -> None:
        async with Lab([attached()]) as lab:
            assert math.isnan(lab.reading("p_kw").value)
            assert lab.reading("p_kw").quality is Quality.MISSING
            assert "waits for CP-1" in lab.link().said
            await lab.link().sample()
            with pytest.raises(DeviceError, match="not connected"):
                await lab.link().arm()

    run(main)
