# SPDX-License-Identifier: Apache-2.0
"""The bench of stations with its faults, and simulated points attached to somebody's central system."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from contextlib import asynccontextmanager

import pytest

from hardware_in_loop.ocpp.bench import OcppBench
from hardware_in_loop.ocpp.options import OcppOptions
from hardware_in_loop.ocpp.station.attach import AttachedStations
from hardware_in_loop.ocpp.station.build import bench_security
from hardware_in_loop.ocpp.versions import Version
from tests.unit.test_ocpp_station_limits import set_limit
from tests.unit.test_ocpp_station_world import Central, Toy, until
from twinergy.adapters import Attached, Fault, FaultBoard, Image, Journal, LinkContext
from twinergy.errors import DeviceError

V16, V201, V21 = Version.V16, Version.V201, Version.V21
ALL = pytest.mark.parametrize("version", [V16, V201, V21])
ENDS = pytest.mark.parametrize("version", [V16, V21])
SECURITY = {"profile": 0}


def attached_of(port, version, device="cp", evse=1, **more):
    options = OcppOptions(listen=f"127.0.0.1:{port}", station="CP-1", evse=evse, versions=(version,), security=SECURITY, **more)
    facts = {"connector_phases": 3.0}
    return Attached(id=device, device=device, kind="charging", options=options, rated_kw=22.0, limit_kw=11.0, facts=facts)


@asynccontextmanager
async def bench(version, tmp_path, *devices):
    """Give a central system, a bench of one station with an EVSE per device, its physics and its board of faults."""
    central, names = Central(), devices or ("cp",)
    toy, board = Toy(*names), FaultBoard()
    with Journal(tmp_path / "journal.jsonl") as journal:
        async with asyncio.timeout(12.0):
            await central.open([version])
            blocks = [attached_of(central.port, version, name, place + 1) for place, name in enumerate(names)]
            software = OcppBench(blocks, toy, board, LinkContext(rows={}, journal=journal), facts={"tick_s": 0.01})
            where = await software.start()
            assert where[names[0]] == f"ws://127.0.0.1:{central.port}/CP-1 EVSE 1"
            try:
                await central.wait("StatusNotification", len(names))
                for name in names:
                    toy.plugged[name] = True
                station = software.stations[0]
                await until(lambda: all(evse.key and toy.power(evse.spec.device) > 0.0 for evse in station.evses))
                await until(lambda: all(evse.transaction.state == "Charging" for evse in station.evses))
                await until(lambda: not station.outbox.waiting)
                yield central, station, toy, board
            finally:
                await software.close()
                await central.shut()


def run(main):
    asyncio.run(main)


def test_blocks_of_one_station_are_its_evses(tmp_path):
    async def main():
        async with bench(V201, tmp_path, "a", "b") as (central, station, toy, _):
            assert [evse.number for evse in station.evses] == [1, 2]
            assert station.evses[0].spec.rated_kw == 11.0  # the connection's limit
            await central.rpc.call("SetChargingProfile", set_limit(V201, 1, 0, 4200.0, evse=2))
            assert (toy.power("a"), toy.power("b")) == (11.0, pytest.approx(4.2))

    run(main())


@ALL
def test_silent_then_well_again(version, tmp_path):
    async def main():
        async with bench(version, tmp_path) as (central, station, toy, board):
            board.set("cp", Fault.SILENT)
            with pytest.raises(DeviceError, match="no answer"):
                await central.rpc.call("SetChargingProfile", set_limit(version, 1, 0, 4200.0), timeout_s=0.2)
            heard = len(central.heard)
            toy.plugged["cp"] = False
            await asyncio.sleep(0.1)
            assert len(central.heard) == heard
            board.clear("cp")
            begun_s = time.monotonic()
            await until(lambda: len(central.heard) > heard and not station.outbox.waiting)
            assert time.monotonic() - begun_s < 1.0
            assert central.connections == 1

    run(main())


@ALL
def test_offline_then_back(version, tmp_path):
    async def main():
        async with bench(version, tmp_path) as (central, station, toy, board):
            board.set("cp", Fault.OFFLINE)
            await until(lambda: not station.online)
            toy.plugged["cp"] = False
            await until(lambda: station.evses[0].transaction is None)
            await asyncio.sleep(0.1)
            assert central.connections == 1
            board.clear("cp")
            begun_s = time.monotonic()
            if version is V16:
                await central.wait("StopTransaction")
            else:
                assert (await central.wait("TransactionEvent", eventType="Ended"))["offline"] is True
            assert time.monotonic() - begun_s < 1.0
            assert len(central.all("BootNotification")) == 1  # it did not restart

    run(main())


def test_flapping(tmp_path):
    async def main():
        async with bench(V201, tmp_path) as (central, station, _, board):
            board.set("cp", Fault.FLAPPING)
            await until(lambda: central.connections >= 3)
            board.clear("cp")
            await until(lambda: station.online)

    run(main())


@ENDS
def test_garbage(version, tmp_path):
    """The other side turns it away and keeps the connection; afterwards everything works again."""

    async def main():
        async with bench(version, tmp_path) as (central, _station, toy, board):
            board.set("cp", Fault.GARBAGE)
            with pytest.raises(DeviceError, match="no answer"):
                await central.rpc.call("TriggerMessage", {"requestedMessage": "Heartbeat"}, timeout_s=0.3)
            await asyncio.sleep(0.3)
            assert sum(central.rpc.counts.values()) > central.rpc.counts["sent"] + central.rpc.counts["received"]
            board.clear("cp")
            await central.rpc.call("SetChargingProfile", set_limit(version, 1, 0, 4200.0))
            assert toy.power("cp") == pytest.approx(4.2)

    run(main())


def test_late(tmp_path):
    async def main():
        async with bench(V201, tmp_path) as (central, _, _, board):
            board.set("cp", Fault.LATE)
            begun_s = time.monotonic()
            await central.rpc.call("GetTransactionStatus", {})
            assert 1.0 <= time.monotonic() - begun_s < 1.5

    run(main())


@ENDS
def test_frozen(version, tmp_path):
    async def main():
        async with bench(version, tmp_path) as (central, station, toy, board):
            station.settings.heartbeat_s = 0.1
            await central.wait("Heartbeat")
            station.evses[0].readings.read("p_kw")
            board.set("cp", Fault.FROZEN)
            await asyncio.sleep(0.05)
            toy.energy["cp"][0] += 5.0
            beats = len(central.all("Heartbeat"))
            toy.plugged["cp"] = False
            await asyncio.sleep(0.3)
            assert len(central.all("Heartbeat")) <= beats + 1
            assert station.evses[0].transaction is not None
            assert station.evses[0].snapshot(0.0).energy_kwh < 1.0
            board.clear("cp")
            await until(lambda: station.evses[0].transaction is None)

    run(main())


@ENDS
@pytest.mark.parametrize(("fault", "status"), [(Fault.REJECT, "Rejected"), (Fault.IGNORE, "Accepted")])
def test_commands_that_are_refused_or_ignored(version, fault, status, tmp_path):
    async def main():
        async with bench(version, tmp_path) as (central, station, toy, board):
            board.set("cp", fault)
            answer = await central.rpc.call("SetChargingProfile", set_limit(version, 1, 0, 4200.0))
            assert answer["status"] == status
            await asyncio.sleep(0.1)
            assert toy.power("cp") == 11.0
            assert not station.profiles.installed

    run(main())


@ENDS
def test_somebody_at_the_panel(version, tmp_path):
    async def main():
        async with bench(version, tmp_path) as (central, _station, toy, board):
            await central.rpc.call("SetChargingProfile", set_limit(version, 1, 0, 4200.0))
            board.set("cp", Fault.LOCAL)
            await until(lambda: toy.power("cp") == 11.0)
            name = "status" if version is V16 else "connectorStatus"
            await central.wait("StatusNotification", **{name: "Unavailable"})
            board.clear("cp")
            await until(lambda: toy.power("cp") == pytest.approx(4.2))

    run(main())


@ALL
def test_everything_twice(version, tmp_path):
    async def main():
        async with bench(version, tmp_path) as (central, _station, toy, board):
            board.set("cp", Fault.DOUBLE)
            toy.plugged["cp"] = False
            if version is V16:
                await central.wait("StopTransaction", 2)
                one, two = central.all("StopTransaction")
            else:
                await central.wait("TransactionEvent", 2, eventType="Ended")
                one, two = [event for event in central.all("TransactionEvent") if event["eventType"] == "Ended"]
            assert one == two

    run(main())


@ALL
def test_restart_keeps_transaction_counters_and_profiles(version, tmp_path):
    async def main():
        async with bench(version, tmp_path) as (central, station, toy, board):
            await central.rpc.call("SetChargingProfile", set_limit(version, 1, 0, 4200.0))
            await until(lambda: not station.outbox.waiting)
            key, seq = station.evses[0].key, station.evses[0].transaction.seq
            board.set("cp", Fault.RESTART)
            await central.wait("BootNotification", 2)
            await until(lambda: station.online and not station.outbox.waiting)
            assert station.evses[0].key == key
            assert toy.power("cp") == pytest.approx(4.2)
            if version is V21:
                event = await central.wait("TransactionEvent", triggerReason="TxResumed")
                assert event["seqNo"] == seq
            toy.plugged["cp"] = False
            if version is V16:
                assert (await central.wait("StopTransaction"))["transactionId"] == int(key)
            else:
                assert (await central.wait("TransactionEvent", eventType="Ended"))["transactionInfo"]["transactionId"] == key
                numbers = [event["seqNo"] for event in central.all("TransactionEvent")]
                assert numbers == list(range(len(numbers)))
            assert len(central.all("BootNotification")) == 2  # once, though the fault is still there

    run(main())


def test_frames_and_limits_are_in_the_journal(tmp_path):
    async def main():
        async with bench(V16, tmp_path) as (central, *_):
            await central.rpc.call("SetChargingProfile", set_limit(V16, 1, 0, 4200.0))

    run(main())
    lines = [json.loads(line) for line in (tmp_path / "journal.jsonl").read_text().splitlines()]
    assert any(line.get("limit_kw") == 4.2 and line["link"] == "cp" for line in lines)
    frames = [line["data"] for line in lines if line["way"] in {"sent", "received"}]
    assert any("SetChargingProfile" in frame for frame in frames)
    assert any("StartTransaction" in frame for frame in frames)


def test_a_simulated_point_at_somebodys_central_system():
    """Readings go out, the charging profile comes back as a limit."""

    async def main():
        central = Central()
        async with asyncio.timeout(8.0):
            await central.open([V201])
            block = attached_of(1, V201, dial=f"ws://127.0.0.1:{central.port}")
            stations = AttachedStations([block], LinkContext(rows={}))
            readings = {"p_kw": 0.0, "state": 0.0, "energy_kwh": 3.0, "energy_out_kwh": 0.0}
            stations.update("cp", readings)
            await stations.start()
            await central.wait("StatusNotification", connectorStatus="Available")
            stations.update("cp", readings | {"state": 3.0, "p_kw": 7.0})
            event = await central.wait("TransactionEvent", eventType="Started")
            values = {row["measurand"]: row["value"] for row in event["meterValue"][0]["sampledValue"]}
            assert values["Power.Active.Import"] == 7000.0
            assert values["Energy.Active.Import.Register"] == 3000.0
            await central.rpc.call("SetChargingProfile", set_limit(V201, 1, 0, 4200.0))
            assert stations.limits()["cp"]["p_max_kw"] == pytest.approx(4.2)
            assert stations.said() == {"CP-1": "connected with ocpp2.0.1"}
            await stations.close()
            await central.shut()

    run(main())


def test_what_cannot_be_built_is_said(monkeypatch):
    with pytest.raises(DeviceError, match="cp: there is no dial"):
        AttachedStations([attached_of(1, V201)], LinkContext(rows={}))
    certificate = {"chain": "server.pem", "key": "server.key"}
    three = OcppOptions(station="CP-9", security={"profile": 3, "certificates": [certificate], "ca": "ca.pem"})
    with pytest.raises(DeviceError, match="CP-9: security profile 3 needs the station's own certificate"):
        bench_security(three)
    monkeypatch.setenv("POINT", "secret")
    two = OcppOptions(station="CP", security={"profile": 2, "certificates": [certificate], "password": {"env": "POINT"}})
    assert bench_security(two).ca == "server.pem"
    assert not bench_security(two).certificates


@ALL
def test_no_energy_is_lost_or_counted_twice(version, monkeypatch):
    """Our own central system counts what the meter counted, over every fault of the way (11 MW, so that 1 Wh is 0.3 ms)."""
    from hardware_in_loop.ocpp import ADAPTER

    monkeypatch.setenv("POINT_PASSWORD", "of the point, 16+ characters")
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    security = {"profile": 1, "password": {"env": "POINT_PASSWORD"}}
    options = OcppOptions(listen=f"127.0.0.1:{port}", station="CP-1", versions=(version,), security=security, timeout_s=1.0)
    block = Attached(id="cp", device="cp", kind="charging", options=options, rated_kw=11.0)
    reads = ADAPTER.coverage("charging", options).reads
    image, toy, board = Image([("cp", port) for port in reads], [9.0] * len(reads)), Toy("cp", rated_kw=11_000.0), FaultBoard()
    ways = [None, Fault.OFFLINE, Fault.DOUBLE, Fault.RESTART, Fault.SILENT, Fault.GARBAGE]

    async def main():
        driver = ADAPTER.driver([block], LinkContext(rows={"cp": image.row("cp")}))
        software = ADAPTER.bench([block], toy, board, LinkContext(rows={}))
        await driver.start()
        await software.start()
        station = software.stations[0]
        async with asyncio.timeout(20.0):
            await until(lambda: station.online)
            for way in ways:
                if way is not None:
                    board.set("cp", way)
                toy.plugged["cp"] = not toy.plugged["cp"]
                await asyncio.sleep(0.15)
                board.clear("cp")
                await until(lambda: station.online)
            toy.plugged["cp"] = False
            await until(lambda: station.evses[0].transaction is None and station.online and not station.outbox.waiting)
            counted = toy.energy["cp"][0]
            await until(lambda: image.reading("cp", "energy_kwh").value == pytest.approx(counted, abs=1e-3))
            assert counted > 0.5
            await asyncio.sleep(0.2)  # nothing comes on top of it
            assert image.reading("cp", "energy_kwh").value == pytest.approx(counted, abs=1e-3)
            await driver.close()
            await software.close()

    asyncio.run(main())


def test_over_tls_with_a_password(tmp_path, monkeypatch):
    """Security profile 2: the stations trust the root that the adapter block names."""
    trustme = pytest.importorskip("trustme", reason="makes the certificates")
    from hardware_in_loop.ocpp import ADAPTER

    root = trustme.CA()
    certificate = root.issue_cert("127.0.0.1")
    root.cert_pem.write_to_path(tmp_path / "ca.pem")
    certificate.private_key_pem.write_to_path(tmp_path / "server.key")
    (tmp_path / "server.key").chmod(0o600)
    (tmp_path / "server.pem").write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    monkeypatch.setenv("POINT_PASSWORD", "of the point, 16+ characters")
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    chain = {"chain": "server.pem", "key": "server.key"}
    security = {"profile": 2, "password": {"env": "POINT_PASSWORD"}, "certificates": [chain], "ca": "ca.pem"}
    options = OcppOptions(listen=f"127.0.0.1:{port}", station="CP-1", security=security)
    block = Attached(id="cp", device="cp", kind="charging", options=options, rated_kw=11.0)

    async def main():
        reads = ADAPTER.coverage("charging", options).reads
        image = Image([("cp", name) for name in reads], [9.0] * len(reads))
        driver = ADAPTER.driver([block], LinkContext(rows={"cp": image.row("cp")}, folder=tmp_path))
        software = ADAPTER.bench([block], Toy("cp"), FaultBoard(), LinkContext(rows={}, folder=tmp_path))
        await driver.start()
        where = await software.start()
        assert where["cp"].startswith("wss://")
        async with asyncio.timeout(10.0):
            await until(lambda: software.stations[0].online)
        await software.close()
        await driver.close()

    asyncio.run(main())
