# SPDX-License-Identifier: Apache-2.0
"""Simulated devices of a run in systems of somebody else: Home Assistant behind a real broker, and a central system over OCPP."""

from __future__ import annotations

import asyncio
import json
import subprocess
import threading
import time
from datetime import UTC, datetime

import pytest
from websockets.asyncio.server import serve

from tests.mqtt_broker import broker, free_port, program
from tests.scenario_files import every_kind, small
from twinergy.community.scenario import load
from twinergy.cosim.pace import Pacer
from twinergy.cosim.platform import Platform
from twinergy.cosim.runner import run
from twinergy.errors import ScenarioError

SHORT = ["run.start=2024-06-03T10:00", "run.days=null", "run.end=2024-06-03T20:00"]


def ran(scenario, tmp_path, wall_s=0.2):
    return run(scenario, out=tmp_path / "runs", platform=Platform(pacer=Pacer(900 / wall_s, 900)), report=False)


def test_a_battery_appears_in_home_assistant_and_is_operated_there(tmp_path):
    with broker(tmp_path) as running:
        block = f"{{broker: '{running.url}', devices: [battery-a], commands: true}}"
        scenario = load(small(tmp_path, extra=f"outlets:\n  home_assistant: {block}\n"), SHORT)
        listening = [program("mosquitto_sub"), "-h", "127.0.0.1", "-p", str(running.port), "-v", "-t", "#"]
        with subprocess.Popen(listening, stdout=subprocess.PIPE, text=True) as peer:
            pressing = threading.Timer(3.0, lambda: running.publish("twinergy/small/battery-a/p_set_kw/set", "-1.25"))
            pressing.start()
            finished = ran(scenario, tmp_path)
            pressing.join()
            time.sleep(0.3)
            peer.terminate()
            said = peer.communicate()[0].splitlines()
    config = next(line for line in said if line.startswith("homeassistant/device/") and '"cmps"' in line)
    assert '"battery-a"' in config
    assert any(line.startswith("twinergy/small/battery-a/state ") and '"soc"' in line for line in said)
    p_kw = finished.frame("battery", ["battery-a"], ["p_kw"])["p_kw"].to_numpy()
    assert p_kw[0] != pytest.approx(-1.25)
    assert (abs(p_kw + 1.25) < 1e-6).any()
    facts = finished.manifest["outlets"]["home_assistant"]
    assert facts["published"] > 5
    asked = (finished.path / "outlets.jsonl").read_text(encoding="utf-8").splitlines()
    assert {"battery-a.p_set_kw": -1.25} in [json.loads(line).get("asked") for line in asked]


class Central:
    """A central system by hand: accepts everything of OCPP 1.6, and limits the point to 5 kW once it charges."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict]] = []
        self.answers: list[object] = []

    async def talk(self, socket) -> None:
        async for text in socket:
            frame = json.loads(text)
            if frame[0] != 2:
                self.answers.append(frame)
                continue
            _, number, action, payload = frame
            self.heard.append((action, payload))
            await socket.send(json.dumps([3, number, self.answer(action)]))
            if action == "StartTransaction":
                await socket.send(json.dumps([2, "limit", "SetChargingProfile", self.limit()]))

    def answer(self, action: str) -> dict:
        now = datetime.now(UTC).isoformat()
        accepted = {"status": "Accepted"}
        return {
            "BootNotification": {"currentTime": now, "interval": 60, "status": "Accepted"},
            "Heartbeat": {"currentTime": now},
            "Authorize": {"idTagInfo": accepted},
            "StartTransaction": {"transactionId": 7, "idTagInfo": accepted},
        }.get(action, {})

    def limit(self) -> dict:
        schedule = {"chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 5000.0}]}
        profile = {"chargingProfileId": 1, "stackLevel": 0, "chargingProfilePurpose": "TxProfile", "transactionId": 7}
        return {
            "connectorId": 1,
            "csChargingProfiles": {**profile, "chargingProfileKind": "Relative", "chargingSchedule": schedule},
        }


def test_a_charging_point_hangs_at_somebodys_central_system(tmp_path):
    central, port = Central(), free_port()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serving() -> None:
        async with serve(central.talk, "127.0.0.1", port, subprotocols=["ocpp1.6"]):
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serving(),))
    thread.start()
    try:
        point = f"{{kind: ocpp, dial: 'ws://127.0.0.1:{port}', station: CP-1, versions: [ocpp1.6], security: {{profile: 0}}}}"
        file = every_kind(tmp_path)
        text = file.read_text(encoding="utf-8") + f"outlets:\n  ocpp: {{points: {{point-a: {point}}}}}\n"
        file.write_text(text, encoding="utf-8")
        finished = ran(load(file, ["run.start=2024-06-03T17:00", "run.days=null", "run.end=2024-06-04T05:00"]), tmp_path, 0.15)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
    actions = [action for action, _ in central.heard]
    assert actions[0] == "BootNotification"
    assert "StatusNotification" in actions
    if "StartTransaction" not in actions:
        pytest.fail(f"the car never came: {actions}")
    assert any(frame[0] == 3 and frame[1] == "limit" and frame[2]["status"] == "Accepted" for frame in central.answers)
    p_kw = finished.frame("charging", ["point-a"], ["p_kw"])["p_kw"].to_numpy()
    assert p_kw.max() > 0.0
    assert (abs(p_kw - 5.0) < 0.05).any(), p_kw.tolist()


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("home_assistnt: {}", "there is no such outlet"),
        ("home_assistant: {devices: [batery]}", "neither a kind nor a device"),
        ("ocpp: {points: {point-x: {kind: ocpp, station: CP-1, security: {profile: 0}}}}", "no such charging point"),
        ("ocpp: {points: {point-x: {kind: ocpp, station: CP-1, security: {profile: 0}}}}", "whose central system"),
    ],
)
def test_what_is_wrong_with_an_outlet_is_found(tmp_path, block, said):
    with pytest.raises(ScenarioError, match=said):
        load(small(tmp_path, extra=f"outlets:\n  {block}\n"))


def test_a_fast_run_has_no_outlets(tmp_path):
    scenario = load(small(tmp_path, extra="outlets:\n  home_assistant: {broker: 'mqtt://127.0.0.1:1'}\n"), SHORT)
    assert "outlets" not in run(scenario, out=tmp_path / "runs", report=False).manifest
