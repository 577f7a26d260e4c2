# SPDX-License-Identifier: Apache-2.0
"""Both sides over real websockets, against the ``ocpp`` package in both roles, and everybody who must not get in."""

from __future__ import annotations

import asyncio
import json
import shutil
import ssl
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import ocpp.v16
import ocpp.v201
import pytest
from ocpp.exceptions import NotSupportedError
from ocpp.routing import on
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

from benchmarks.hardware.ocpp import measure
from hardware_in_loop.ocpp import listen
from hardware_in_loop.ocpp.dial import dial
from hardware_in_loop.ocpp.errors import CallError, OcppError
from hardware_in_loop.ocpp.listen import Listener, ListenOptions, Station
from hardware_in_loop.ocpp.rpc import Rpc
from hardware_in_loop.ocpp.security import SecurityOptions, authorization
from hardware_in_loop.ocpp.versions import Version
from tests.ocpp_certificates import Authority
from tests.ocpp_sockets import HEARTBEAT
from twinergy.adapters import Journal, Secret
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

V16, V201, V21 = Version.V16, Version.V201, Version.V21
OPEN = SecurityOptions(profile=0)
BASIC = SecurityOptions(profile=1)
BOOTED = {"currentTime": "2013-02-01T20:53:32.486Z", "interval": 300, "status": "Accepted"}
RAW = b"\x00\xff:\x80" + b"x" * 16


def run(main: Callable[[], Awaitable[None]], within_s: float = 15.0) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(within_s):
            await main()

    asyncio.run(bounded())


async def answer(action: str, payload: dict[str, Any]) -> dict[str, Any]:
    if action == "BootNotification":
        return BOOTED
    if action == "Heartbeat":
        return HEARTBEAT
    raise CallError("NotSupported", f"{action} is not served here")


@asynccontextmanager
async def central(security: SecurityOptions = OPEN, **options: Any) -> AsyncIterator[tuple[Listener, dict[str, Rpc]]]:
    """A central system that answers heartbeats, and the conversations that it has."""
    calls: dict[str, Rpc] = {}

    async def on_station(station: Station) -> None:
        calls[station.id] = Rpc(station.socket, station.version, answer, name=station.id)
        await calls[station.id].serve()

    versions = options.pop("versions", (V21, V201, V16))
    listener = Listener(ListenOptions(port=0, security=security, versions=versions), on_station, **options)
    await listener.start()
    try:
        yield listener, calls
    finally:
        await listener.close()


@asynccontextmanager
async def calling(url: str, station: str = "CP-1", **options: Any) -> AsyncIterator[Rpc]:
    """A charging station of ours."""
    socket, version = await dial(url, station, **options)
    rpc = Rpc(socket, version, answer, name="central system")
    serving = asyncio.create_task(rpc.serve())
    try:
        yield rpc
    finally:
        await socket.close()
        await serving


def url(listener: Listener, scheme: str = "ws") -> str:
    return f"{scheme}://127.0.0.1:{listener.port}/ocpp"


# --- the ocpp package as a charging station ---


class Station16(ocpp.v16.ChargePoint):
    @on("GetConfiguration")
    def configuration(self, **_: Any) -> Any:
        return ocpp.v16.call_result.GetConfiguration(
            configuration_key=[{"key": "HeartbeatInterval", "readonly": False, "value": "60"}]
        )

    @on("Reset")
    def reset(self, **_: Any) -> Any:
        raise NotSupportedError


class Station201(ocpp.v201.ChargePoint):
    @on("GetBaseReport")
    def report(self, **_: Any) -> Any:
        return ocpp.v201.call_result.GetBaseReport(status="Accepted")

    @on("Reset")
    def reset(self, **_: Any) -> Any:
        raise NotSupportedError


@pytest.mark.parametrize(
    ("version", "station", "boot", "reset", "question", "expected"),
    [
        (
            V16,
            Station16,
            ocpp.v16.call.BootNotification(charge_point_model="X", charge_point_vendor="Y"),
            {"type": "Soft"},
            ("GetConfiguration", {}),
            {"configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "60"}]},
        ),
        (
            V201,
            Station201,
            ocpp.v201.call.BootNotification(charging_station={"model": "X", "vendor_name": "Y"}, reason="PowerUp"),
            {"type": "Immediate"},
            ("GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"}),
            {"status": "Accepted"},
        ),
    ],
)
def test_stations_of_the_ocpp_package(
    version: Version, station: Any, boot: Any, reset: Any, question: Any, expected: Any
) -> None:
    async def main() -> None:
        async with (
            central() as (listener, calls),
            connect(f"{url(listener)}/CP-1", subprotocols=[version], compression=None, proxy=None) as socket,
        ):
            peer = station("CP-1", socket)
            serving = asyncio.create_task(peer.start())
            booted = await peer.call(boot, suppress=False)
            assert (booted.interval, booted.status) == (300, "Accepted")
            beat = await peer.call(ocpp.v16.call.Heartbeat() if version is V16 else ocpp.v201.call.Heartbeat(), suppress=False)
            assert beat.current_time == HEARTBEAT["currentTime"]
            assert await calls["CP-1"].call(*question) == expected
            with pytest.raises(CallError, match="NotSupported"):
                await calls["CP-1"].call("Reset", reset)
            unknown = ocpp.v16.call.DataTransfer("x") if version is V16 else ocpp.v201.call.DataTransfer("x")
            with pytest.raises(NotSupportedError):
                await peer.call(unknown, suppress=False)
            serving.cancel()
            with suppress(asyncio.CancelledError, ConnectionClosed):
                await serving

    run(main)


# --- the ocpp package as a central system ---


class Central16(ocpp.v16.ChargePoint):
    @on("BootNotification")
    def boot(self, charge_point_vendor: str, charge_point_model: str, **_: Any) -> Any:
        return ocpp.v16.call_result.BootNotification(current_time=BOOTED["currentTime"], interval=300, status="Accepted")

    @on("Heartbeat")
    def beat(self) -> Any:
        return ocpp.v16.call_result.Heartbeat(current_time=HEARTBEAT["currentTime"])


class Central201(ocpp.v201.ChargePoint):
    @on("BootNotification")
    def boot(self, charging_station: Any, reason: str, **_: Any) -> Any:
        return ocpp.v201.call_result.BootNotification(current_time=BOOTED["currentTime"], interval=300, status="Accepted")

    @on("Heartbeat")
    def beat(self) -> Any:
        return ocpp.v201.call_result.Heartbeat(current_time=HEARTBEAT["currentTime"])


@pytest.mark.parametrize(
    ("version", "system", "boot"),
    [
        (V16, Central16, {"chargePointVendor": "VendorX", "chargePointModel": "SingleSocketCharger"}),
        (V201, Central201, {"reason": "PowerUp", "chargingStation": {"model": "SingleSocketCharger", "vendorName": "VendorX"}}),
    ],
)
def test_central_systems_of_the_ocpp_package(version: Version, system: Any, boot: Any) -> None:
    async def main() -> None:
        paths = []

        async def handler(socket: Any) -> None:
            paths.append(socket.request.path)
            with suppress(ConnectionClosed):
                await system("CP-1", socket).start()

        async with serve(handler, "127.0.0.1", 0, subprotocols=[version], compression=None) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            async with calling(f"ws://127.0.0.1:{port}/x/", station="CP 1") as rpc:
                assert rpc.version is version
                assert await rpc.call("BootNotification", boot) == BOOTED
                assert await rpc.call("Heartbeat", {}) == HEARTBEAT
                with pytest.raises(CallError, match=r"NotSupported|NotImplemented"):
                    await rpc.call("FirmwareStatusNotification", {"status": "Idle"})
            assert paths == ["/x/CP%201"]

    run(main)


# --- who gets in ---


@pytest.mark.parametrize(("offered", "chosen"), [((V16,), V16), ((V16, V201), V201), ((V21, V16), V21)])
def test_the_best_common_version(offered: tuple[Version, ...], chosen: Version) -> None:
    async def main() -> None:
        async with central() as (listener, _), calling(url(listener), versions=offered) as rpc:
            assert rpc.version is chosen

    run(main)


def test_no_common_version() -> None:
    """OCPP-J 1.6 section 3.3 (from memory): the handshake is finished without a subprotocol, then the connection is closed."""

    async def main() -> None:
        async with central(versions=(V16,)) as (listener, calls):
            with pytest.raises(OcppError, match=r"speaks none of ocpp2.1"):
                await dial(url(listener), "CP-1", (V21,))
            async with connect(f"{url(listener)}/CP-1", proxy=None) as socket:
                assert socket.subprotocol is None
                with pytest.raises(ConnectionClosed):
                    await socket.recv()
                assert socket.close_code == 1002
            assert listener.counts["no_common_version"] == 2
            assert not calls

    run(main)


def test_basic_authentication(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOD", RAW.hex())
    monkeypatch.setenv("BAD", "aa")
    path = tmp_path / "journal.jsonl"

    def shows(name: str) -> SecurityOptions:
        return SecurityOptions(profile=1, password=Secret(env=name), password_is_hex=True)

    async def main() -> None:
        with Journal(path) as journal:
            async with central(BASIC, stations={"CP-1": RAW, "CP-2": b"other"}, journal=journal) as (listener, _):
                async with calling(url(listener), security=shows("GOOD")) as rpc:
                    assert await rpc.call("Heartbeat", {}) == HEARTBEAT
                with pytest.raises(OcppError, match="HTTP 401; it wants another password"):
                    await dial(url(listener), "CP-1", security=shows("BAD"))
                with pytest.raises(OcppError, match="HTTP 401"):
                    await dial(url(listener), "CP-2", security=shows("GOOD"))
                with pytest.raises(OcppError, match="HTTP 401"):
                    await dial(url(listener), "CP-1")
                with pytest.raises(OcppError, match="HTTP 404; it does not know this identity"):
                    await dial(url(listener), "CP-3", security=shows("GOOD"))
                assert listener.counts["wrong_password"] == 3
                assert listener.counts["unknown_station"] == 1

    run(main)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["turned_away"] for line in lines if "turned_away" in line] == ["wrong_password"] * 3 + ["unknown_station"]
    assert {line["station"] for line in lines if "turned_away" in line} == {"CP-1", "CP-2", "CP-3"}
    assert all(line["peer"].startswith("127.0.0.1:") for line in lines if "turned_away" in line)


def test_user_name_must_be_the_identity() -> None:
    async def main() -> None:
        async with central(BASIC, stations={"CP-1": b"pw", "CP-2": b"pw"}) as (listener, _):
            headers = {"Authorization": authorization("CP-2", b"pw")}
            with pytest.raises(InvalidStatus, match="401"):
                await connect(f"{url(listener)}/CP-1", subprotocols=[V16], additional_headers=headers, proxy=None)

    run(main)


def test_a_second_one_is_refused_while_the_first_one_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOD", "pw")
    monkeypatch.setenv("BAD", "pw2")

    async def main() -> None:
        good, bad = (SecurityOptions(profile=1, password=Secret(env=name)) for name in ("GOOD", "BAD"))
        async with central(BASIC, stations={"CP-1": b"pw"}) as (listener, calls), calling(url(listener), security=good) as rpc:
            await rpc.call("Heartbeat", {})
            first = calls["CP-1"]
            with pytest.raises(OcppError, match="401"):
                await dial(url(listener), "CP-1", security=bad)
            with pytest.raises(OcppError, match="409; a station of this identity"):
                await dial(url(listener), "CP-1", security=good)
            assert await rpc.call("Heartbeat", {}) == HEARTBEAT
            assert calls["CP-1"] is first
            assert (listener.counts["wrong_password"], listener.counts["already_connected"]) == (1, 1)

    run(main)


def test_a_dead_connection_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listen, "SIGN_OF_LIFE_S", 0.1)

    async def main() -> None:
        async with central() as (listener, _):
            dead, _ = await dial(url(listener), "CP-1", ping_s=None)
            dead.transport.pause_reading()  # as if its router had gone: nothing is answered, nothing closed
            async with calling(url(listener)) as rpc:
                assert await rpc.call("Heartbeat", {}) == HEARTBEAT
                assert (listener.counts["replaced"], len(listener.stations)) == (1, 1)
            dead.transport.abort()

    run(main)


def test_two_at_the_same_moment() -> None:
    async def main() -> None:
        async with central() as (listener, _):

            async def come() -> bool:
                try:
                    async with calling(url(listener)) as rpc:
                        return await rpc.call("Heartbeat", {}) == HEARTBEAT
                except OcppError:
                    return False

            came = await asyncio.gather(*(come() for _ in range(8)))
            assert any(came)
            assert listener.counts["accepted"] + listener.counts["already_connected"] == 8

    run(main)


def test_web_pages_are_no_stations() -> None:
    async def main() -> None:
        async with central() as (listener, _):
            where = f"{url(listener)}/CP-1"
            with pytest.raises(InvalidStatus, match="403"):
                await connect(where, subprotocols=[V16], origin="https://example.org", proxy=None)
            own = f"http://127.0.0.1:{listener.port}"
            async with connect(where, subprotocols=[V16], origin=own, proxy=None) as socket:
                assert socket.subprotocol == V16
            assert listener.counts["web_page"] == 1

    run(main)


# --- encrypted ---


@pytest.mark.parametrize("cipher", ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"])
def test_profile_2_serves_stations_that_know_only_one_kind_of_key(tmp_path: Path, cipher: str) -> None:
    authority = Authority(tmp_path)
    both = (authority.issue("rsa", rsa=True), authority.issue("ec"))
    security = SecurityOptions(profile=2, certificates=both)
    context = ssl.create_default_context(cafile=str(tmp_path / authority.file))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(cipher)
    headers = {"Authorization": authorization("CP-1", b"pw")}

    async def main() -> None:
        async with central(security, stations={"CP-1": b"pw"}, folder=tmp_path) as (listener, _):
            where = f"{url(listener, 'wss')}/CP-1"
            async with connect(where, subprotocols=[V16], ssl=context, additional_headers=headers, proxy=None) as socket:
                assert socket.transport.get_extra_info("cipher")[0] == cipher

    run(main)


def test_profile_2_end_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOD", "pw")
    authority, foreign = Authority(tmp_path), Authority(tmp_path, "foreign")
    security = SecurityOptions(profile=2, certificates=(authority.issue("ec"),))
    station = SecurityOptions(profile=2, password=Secret(env="GOOD"), ca=authority.file)

    async def main() -> None:
        async with central(security, stations={"CP-1": b"pw"}, folder=tmp_path) as (listener, _):
            async with calling(url(listener, "wss"), security=station, folder=tmp_path) as rpc:
                assert await rpc.call("Heartbeat", {}) == HEARTBEAT
            trusting = station.model_copy(update={"ca": foreign.file})
            with pytest.raises(OcppError, match="certificate is not trusted"):
                await dial(url(listener, "wss"), "CP-1", security=trusting, folder=tmp_path)
            with pytest.raises(OcppError, match="profile 2 goes to wss://, this is ws"):
                await dial(url(listener), "CP-1", security=station, folder=tmp_path)

    run(main)


def test_profile_3_asks_for_the_certificate_of_the_station(tmp_path: Path) -> None:
    authority, foreign = Authority(tmp_path), Authority(tmp_path, "foreign")
    security = SecurityOptions(profile=3, certificates=(authority.issue("central"),), ca=authority.file)

    def shows(certificate: Any) -> SecurityOptions:
        return SecurityOptions(profile=3, certificates=(certificate,), ca=authority.file)

    good = shows(authority.issue("cp1", common_name="CP-1"))
    others = shows(authority.issue("cp2", common_name="CP-2", rsa=True))
    from_elsewhere = shows(foreign.issue("cp1-foreign", common_name="CP-1"))

    async def main() -> None:
        async with central(security, stations={"CP-1": None, "CP-2": None}, folder=tmp_path) as (listener, _):
            where = url(listener, "wss")
            async with calling(where, security=good, folder=tmp_path) as rpc:
                assert await rpc.call("Heartbeat", {}) == HEARTBEAT
            with pytest.raises(OcppError, match="403; it refuses this station: does its certificate"):
                await dial(where, "CP-1", security=others, folder=tmp_path)
            with pytest.raises(OcppError, match=r"encrypted|another client certificate"):
                await dial(where, "CP-1", security=from_elsewhere, folder=tmp_path)
            context = ssl.create_default_context(cafile=str(tmp_path / authority.file))
            with pytest.raises((OSError, InvalidMessage)):
                await connect(f"{where}/CP-1", subprotocols=[V16], ssl=context, proxy=None)
            assert listener.counts["wrong_certificate"] == 1
            assert listener.counts["tls_failed"] == 2

    run(main)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_old_tls_is_refused(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    security = SecurityOptions(profile=2, certificates=(authority.issue("ec"),))

    async def shake(port: int, version: str) -> bool:
        command = ("openssl", "s_client", "-connect", f"127.0.0.1:{port}", version, "-cipher", "ALL:@SECLEVEL=0", "-brief")
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe)
        out, err = await process.communicate()
        return b"CONNECTION ESTABLISHED" in out + err

    async def main() -> None:
        async with central(security, stations={"CP-1": b"pw"}, folder=tmp_path) as (listener, _):
            assert [await shake(listener.port, version) for version in ("-tls1_1", "-tls1_2")] == [False, True]
            assert listener.counts["tls_failed"] == 1

    run(main)


# --- what else comes over a network ---


def test_garbage_on_the_port_disturbs_nobody() -> None:
    async def main() -> None:
        async with central() as (listener, _), calling(url(listener)) as rpc:
            for data in (
                b"\x00" * 100,
                b"GET / HTTP/1.1\r\n\r\n",
                b"GET /CP-2 HTTP/1.1\r\nHost: x\r\n\r\n",
                b"\x16\x03\x01\x02\x00",
            ):
                reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
                writer.write(data)
                writer.write_eof()
                with suppress(OSError):
                    await reader.read()
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()
            assert await rpc.call("Heartbeat", {}) == HEARTBEAT

    run(main)


def test_oversized_frames_close_the_connection() -> None:
    async def main() -> None:
        async with central() as (listener, calls):
            async with connect(
                f"{url(listener)}/CP-1", subprotocols=[V201], compression=None, proxy=None, max_size=None
            ) as socket:
                await socket.send("[" + " " * (1 << 20) + "]")
                with pytest.raises(ConnectionClosed):
                    await socket.recv()
                assert socket.close_code == 1009
            await asyncio.wait_for(calls["CP-1"].closed.wait(), 2.0)
            assert calls["CP-1"].counts["oversized"] == 1

    run(main)


def test_a_handler_that_fails_closes_its_station_only(tmp_path: Path) -> None:
    async def main() -> None:
        async def on_station(station: Station) -> None:
            if station.id == "bad":
                message = "broken"
                raise ValueError(message)
            await Rpc(station.socket, station.version, answer).serve()

        with Journal(tmp_path / "journal.jsonl") as journal:
            listener = Listener(ListenOptions(port=0, security=OPEN), on_station, journal=journal)
            await listener.start()
            async with calling(url(listener)) as rpc:
                bad, _ = await dial(url(listener), "bad")
                with pytest.raises(ConnectionClosed):
                    await bad.recv()
                assert bad.close_code == 1011
                assert await rpc.call("Heartbeat", {}) == HEARTBEAT
            await listener.close()

    run(main)
    assert "ValueError: broken" in (tmp_path / "journal.jsonl").read_text()


def test_a_port_that_is_taken() -> None:
    async def main() -> None:
        async with central() as (listener, _):
            second = Listener(ListenOptions(port=listener.port, security=OPEN), lambda _: asyncio.sleep(0))
            with pytest.raises(DeviceError, match=f"127.0.0.1 port {listener.port}.*another central system"):
                await second.start()

    run(main)


def test_nobody_there() -> None:
    async def main() -> None:
        async with central() as (listener, _):
            port = listener.port
        with pytest.raises(OcppError, match="nobody listens there"):
            await dial(f"ws://127.0.0.1:{port}/", "CP-1")

    run(main)


def test_no_websocket_there() -> None:
    async def main() -> None:
        async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        async def http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
            writer.close()

        for server, words in ((mute, "no answer within 0.2 s"), (http, "another client certificate")):
            listening = await asyncio.start_server(server, "127.0.0.1", 0)
            port = listening.sockets[0].getsockname()[1]
            with pytest.raises(OcppError, match=words):
                await dial(f"ws://127.0.0.1:{port}/", "CP-1", timeout_s=0.2)
            listening.close()
            await listening.wait_closed()

    run(main)


def test_closing_waits_for_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listen, "CLOSE_TIMEOUT_S", 0.1)

    async def main() -> None:
        async def stubborn(station: Station) -> None:
            await asyncio.sleep(3600)

        with Journal(tmp_path / "journal.jsonl") as journal:
            listener = Listener(ListenOptions(port=0, security=OPEN), stubborn, journal=journal)
            await listener.start()
            socket, _ = await dial(url(listener), "CP-1")
            _, half_open = await asyncio.open_connection("127.0.0.1", listener.port)
            await asyncio.sleep(0.05)
            began_s = asyncio.get_running_loop().time()
            await listener.close()
            assert asyncio.get_running_loop().time() - began_s < 3.0
            half_open.close()
            await socket.close()
            assert not listener.stations

    run(main)
    assert "handlers did not end: CP-1" in (tmp_path / "journal.jsonl").read_text()


def test_closing_in_the_middle_of_a_tls_handshake(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    security = SecurityOptions(profile=2, certificates=(authority.issue("ec"),))

    async def main() -> None:
        async with central(security, stations={"CP-1": b"pw"}, folder=tmp_path) as (listener, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
            writer.write(b"\x16\x03\x01")
            await asyncio.sleep(0.05)
        assert await reader.read() == b""  # it was hung up on
        writer.close()

    run(main, within_s=3.0)


def test_the_benchmark_runs() -> None:
    measured: dict[str, dict[str, float]] = {}

    async def main() -> None:
        measured.update(await measure("asyncio", quick=True))

    run(main)
    assert measured["heartbeat"]["heartbeat_median_us"] > measured["heartbeat"]["echo_median_us"] > 0.0
    assert measured["events"]["events_per_s"] > 0.0
    assert measured["boots"]["stations"] == 20
